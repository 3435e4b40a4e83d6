//! The regions of Ukraine as a grid of tiles, one of a size for each: area is not people, and a small
//! region is read as easily as a large one.

use super::words::Words;

/// Width and height of a tile with the gap beside it.
const PITCH: u32 = 72;
/// Width and height of a tile.
pub(super) const TILE: u32 = 68;
/// Size of the whole grid.
pub(super) const WIDTH: u32 = 9 * PITCH - (PITCH - TILE);
/// See [`WIDTH`].
pub(super) const HEIGHT: u32 = 5 * PITCH - (PITCH - TILE);

/// A region on the grid: its ISO code, column and row. Names are messages of the languages.
const PLACES: [(&str, u32, u32); 27] = [
    ("UA-05", 3, 1),
    ("UA-07", 1, 0),
    ("UA-09", 8, 1),
    ("UA-12", 6, 2),
    ("UA-14", 8, 2),
    ("UA-18", 3, 0),
    ("UA-21", 0, 2),
    ("UA-23", 7, 2),
    ("UA-26", 1, 2),
    ("UA-30", 4, 1),
    ("UA-32", 4, 0),
    ("UA-35", 5, 2),
    ("UA-40", 6, 4),
    ("UA-43", 7, 4),
    ("UA-46", 0, 1),
    ("UA-48", 5, 3),
    ("UA-51", 4, 3),
    ("UA-53", 6, 1),
    ("UA-56", 2, 0),
    ("UA-59", 6, 0),
    ("UA-61", 1, 1),
    ("UA-63", 7, 1),
    ("UA-65", 6, 3),
    ("UA-68", 2, 1),
    ("UA-71", 5, 1),
    ("UA-74", 5, 0),
    ("UA-77", 2, 2),
];

/// Where the tile of a region stands: its left and its upper edge.
pub(super) fn place(iso: &str) -> Option<(u32, u32)> {
    let (_, column, row) = PLACES.iter().find(|(held, ..)| *held == iso)?;
    Some((column * PITCH, row * PITCH))
}

/// The name of a region.
pub(super) fn name(words: Words, iso: &str) -> String {
    words.say(&format!("region-{iso}"))
}

/// The name of a region, short enough for its tile.
pub(super) fn short_name(words: Words, iso: &str) -> String {
    words.say(&format!("tile-{iso}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::Region;
    use crate::publish::Language;

    #[test]
    fn every_region_has_a_tile_of_its_own_and_names() {
        let mut taken = Vec::new();
        for iso in Region::ISO {
            let place = place(iso).unwrap();
            assert!(!taken.contains(&place), "{iso}");
            assert!(place.0 + TILE <= WIDTH && place.1 + TILE <= HEIGHT, "{iso}");
            taken.push(place);
            for language in Language::ALL {
                let words = Words::new(language);
                assert!(!name(words, iso).is_empty());
                assert!(short_name(words, iso).chars().count() <= 6, "{iso}");
            }
        }
        assert_eq!(taken.len(), PLACES.len());
    }
}
