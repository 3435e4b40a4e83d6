use proptest::prelude::*;

use super::*;
use crate::tests::{entries, tree};

fn paths(known: u64, size: u64) -> Vec<String> {
    Tile::all(known, size).map(|tile| tile.path()).collect()
}

#[test]
fn a_small_log_has_one_bundle_and_one_tile() {
    assert!(paths(0, 0).is_empty());
    assert_eq!(paths(0, 1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
    assert_eq!(paths(0, 255), ["tile/entries/000.p/255", "tile/0/000.p/255"]);
}

#[test]
fn the_specifications_examples_hold() {
    assert_eq!(paths(0, 256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    let all = paths(0, 70_000);
    let of = |start: &str, part: bool| {
        all.iter().filter(|path| path.starts_with(start) && path.contains(".p/") == part).count()
    };
    assert_eq!((of("tile/0/", false), of("tile/0/", true)), (273, 1));
    assert_eq!((of("tile/entries/", false), of("tile/entries/", true)), (273, 1));
    for partial in ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"] {
        assert!(all.iter().any(|path| path == partial), "{partial}");
    }
    assert_eq!(all.len(), 2 * 274 + 2 + 1);
    let tile = Tile { content: Content::LEAVES, index: 1_234_067, width: TILE_WIDTH };
    assert_eq!(tile.path(), "tile/0/x001/x234/067");
}

#[test]
fn growth_writes_only_the_right_edge() {
    assert!(paths(300, 300).is_empty());
    assert_eq!(paths(300, 301), ["tile/entries/001.p/45", "tile/0/001.p/45"]);
    assert_eq!(
        paths(255, 257),
        [
            "tile/entries/000",
            "tile/entries/001.p/1",
            "tile/0/000",
            "tile/0/001.p/1",
            "tile/1/000.p/1"
        ]
    );
    let mut past = paths(65_535, 65_536);
    past.retain(|path| !path.contains("entries"));
    assert_eq!(past, ["tile/0/255", "tile/1/000", "tile/2/000.p/1"]);
}

#[test]
fn a_path_has_one_spelling() {
    for path in [
        "tile/0/000",
        "tile/0/000.p/1",
        "tile/7/x001/000",
        "tile/entries/x001/x234/067.p/255",
        "tile/entries/x018/x446/x744/x073/x709/x551/615",
    ] {
        assert_eq!(Tile::parse(path).unwrap().path(), path);
    }
    for path in [
        "",
        "checkpoint",
        "/tile/0/000",
        "tile/0/000/",
        "tile//0/000",
        "tile/00/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/data/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/1000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/xx001/002",
        "tile/0/x001/x002",
        "tile/0/+01",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1.p/1",
        "tile/0/000.p/1/..",
        "tile/0/..",
        "tile/../0/000",
        "tile/0/x001/../000",
        "tile/0/000\0",
        "tile/entries/x018/x446/x744/x073/x709/x551/616",
        "tile/entries/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(Tile::parse(path), None, "{path}");
    }
}

#[test]
fn a_tile_says_how_many_entries_it_needs() {
    let needed = |path| Tile::parse(path).unwrap().entries_needed();
    assert_eq!(needed("tile/entries/001.p/44"), Some(300));
    assert_eq!(needed("tile/1/000.p/1"), Some(256));
    assert_eq!(needed("tile/2/001"), Some(512 * 65_536));
    assert_eq!(needed("tile/7/x001/000"), None);
    assert_eq!(needed("tile/entries/x018/x446/x744/x073/x709/x551/615"), None);
}

#[test]
fn a_higher_tile_holds_the_roots_of_full_tiles_below() {
    let tree = tree(600);
    let tile = Tile::parse("tile/1/000.p/2").unwrap();
    let bytes = tile.encode_hashes(&tree).unwrap();
    let mut second = Tree::default();
    entries(256..512).iter().for_each(|entry| second.push(leaf_hash(entry)));
    assert_eq!(bytes.len(), 64);
    assert_eq!(bytes[..32], tree.root(256).unwrap().0);
    assert_eq!(bytes[32..], second.root(256).unwrap().0);
}

proptest! {
    #[test]
    fn bundles_hold_what_was_put_in_and_no_torn_one_is_read(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..20),
    ) {
        let bytes = encode_bundle(entries.iter().map(Vec::as_slice));
        prop_assert_eq!(decode_bundle(&bytes).unwrap(), entries.clone());
        let mut read = 0;
        for end in 0..bytes.len() {
            read += usize::from(decode_bundle(&bytes[..end]).is_some());
        }
        // Only where an entry ends.
        prop_assert_eq!(read, entries.len());
    }

    #[test]
    fn every_tile_path_reads_as_it_was_printed(level in 0_u8..8, index: u64, width in 1_u64..=256) {
        for content in [Content::Entries, Content::Hashes { level }] {
            let tile = Tile { content, index, width };
            prop_assert_eq!(Tile::parse(&tile.path()), Some(tile));
        }
    }

    #[test]
    fn no_text_makes_the_path_reader_stop(path in "tile/(entries|[0-9])/[x0-9/.p]{0,30}") {
        if let Some(tile) = Tile::parse(&path) {
            prop_assert_eq!(tile.path(), path);
        }
    }
}

#[test]
fn the_longest_entry_has_65_535_bytes() {
    let longest = vec![7; ENTRY_BYTES_MAX];
    let bytes = encode_bundle([longest.as_slice(), b""]);
    assert_eq!(decode_bundle(&bytes).unwrap(), [longest.as_slice(), b""]);
    assert_eq!(&bytes[..2], [0xff, 0xff]);
}
