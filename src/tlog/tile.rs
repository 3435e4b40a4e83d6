//! Tiles: the files that hold the tree's hashes and the entries, 256 in each (C2SP tlog-tiles).
//!
//! Only names and bytes; [`holos::publog::files`] writes them, [`super::offline`] checks them.

use super::checkpoint::number;
use super::merkle::{Hash, Tree, leaf_hash};

/// Hashes or entries in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Levels of the tree between two levels of tiles: a tile has eight.
const TILE_HEIGHT: usize = 8;

/// Bytes of an entry, most: its length has two bytes.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// Bytes of a file, most: a bundle of 256 of the longest entries.
#[expect(clippy::cast_possible_truncation, reason = "256")]
pub const TILE_BYTES_MAX: usize = TILE_WIDTH as usize * (2 + ENTRY_BYTES_MAX);

/// Bytes of a hash.
const HASH_BYTES: usize = size_of::<Hash>();

/// The level above which no tree of 2^64 leaves has a hash.
const LEVELS: u8 = 8;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The entries themselves: a bundle.
    Entries,
    /// Roots of complete subtrees, of `256^level` entries each: hashes of entries on level 0.
    Hashes {
        /// The level of the tile.
        level: u8,
    },
}

/// Which tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// What it holds.
    pub content: Content,
    /// The how manyth of its level.
    pub index: u64,
    /// How many it holds: [`TILE_WIDTH`] when it is full, fewer at the right edge, never none.
    pub width: u64,
}

impl Tile {
    /// All tiles of a log of `size` entries, bundles first, that hold something past the first
    /// `known` entries.
    pub fn all(known: u64, size: u64) -> impl Iterator<Item = Self> {
        let hashes = (0..LEVELS).map(|level| Content::Hashes { level });
        std::iter::once(Content::Entries).chain(hashes).flat_map(move |content| {
            let (known, held) = (known >> content.shift(), size >> content.shift());
            // If nothing new is held on this level, the right edge is as it was.
            let first = if known == held { held.div_ceil(TILE_WIDTH) } else { known / TILE_WIDTH };
            (first..held.div_ceil(TILE_WIDTH)).map(move |index| {
                let width = (held - index * TILE_WIDTH).min(TILE_WIDTH);
                Self { content, index, width }
            })
        })
    }

    /// Whether it will never grow.
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The full tile that this one is a part of.
    pub fn full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// How many entries a log must have for it; `None` if more than can be counted.
    pub fn entries_needed(&self) -> Option<u64> {
        let held = self.index.checked_mul(TILE_WIDTH)?.checked_add(self.width)?;
        held.checked_mul(1 << self.content.shift())
    }

    /// Its place below the log.
    pub fn path(&self) -> String {
        let content = match self.content {
            Content::Entries => "entries".to_owned(),
            Content::Hashes { level } => level.to_string(),
        };
        let mut number = format!("{:03}", self.index % 1_000);
        let mut rest = self.index / 1_000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1_000);
            rest /= 1_000;
        }
        let part = if self.is_full() { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{content}/{number}{part}")
    }

    /// Reads a path in its one spelling.
    pub fn parse(path: &str) -> Option<Self> {
        let (content, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let content = match content {
            "entries" => Content::Entries,
            level => Content::Hashes { level: level.parse().ok().filter(|&l| l < LEVELS)? },
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, number(width).filter(|w| (1..TILE_WIDTH).contains(w))?),
            None => (rest, TILE_WIDTH),
        };
        let mut joined: u64 = 0;
        for element in index.split('/') {
            let digits = element.trim_start_matches('x');
            joined = joined.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
        }
        let tile = Self { content, index: joined, width };
        // Where there is an `x` and where a zero, a sign or nothing, is for the printer to say.
        (tile.path() == path).then_some(tile)
    }

    /// The hashes that it holds, or that its entries have; `None` if the tree does not reach there.
    fn hashes<'a>(&self, tree: &'a Tree) -> Option<&'a [Hash]> {
        let level = match self.content {
            Content::Entries => 0,
            Content::Hashes { level } => usize::from(level) * TILE_HEIGHT,
        };
        let first = usize::try_from(self.index.checked_mul(TILE_WIDTH)?).ok()?;
        let end = first.checked_add(usize::try_from(self.width).ok()?)?;
        tree.level(level).get(first..end)
    }

    /// The bytes of a tile of hashes; `None` for a bundle, or if the tree does not reach there.
    pub fn encode_hashes(&self, tree: &Tree) -> Option<Vec<u8>> {
        match self.content {
            Content::Entries => None,
            Content::Hashes { .. } => Some(self.hashes(tree)?.iter().flat_map(|h| h.0).collect()),
        }
    }

    /// The bytes of this tile, out of those of the full one; `None` if that is torn.
    pub fn cut(&self, full: &[u8]) -> Option<Vec<u8>> {
        let width = usize::try_from(self.width).ok()?;
        match self.content {
            Content::Entries => {
                Some(encode_bundle(decode_bundle(full)?.get(..width)?.iter().copied()))
            }
            Content::Hashes { .. } => full.get(..width * HASH_BYTES).map(<[u8]>::to_vec),
        }
    }

    /// Whether `bytes` are this tile of that tree, to the last byte.
    pub fn is_of(&self, tree: &Tree, bytes: &[u8]) -> bool {
        let Content::Entries = self.content else {
            return self.encode_hashes(tree).is_some_and(|encoded| encoded == bytes);
        };
        match (self.hashes(tree), decode_bundle(bytes)) {
            (Some(hashes), Some(entries)) => {
                entries.iter().map(|entry| leaf_hash(entry)).eq(hashes.iter().copied())
            }
            _ => false,
        }
    }
}

impl Content {
    /// The hashes of the entries.
    pub const LEAVES: Self = Self::Hashes { level: 0 };

    /// How many bits of an entry's number lie below one hash.
    fn shift(self) -> u32 {
        match self {
            Self::Entries => 0,
            Self::Hashes { level } => u32::from(level) * 8,
        }
    }
}

/// The bytes of a bundle: each entry after its length.
///
/// # Panics
/// If an entry is longer than [`ENTRY_BYTES_MAX`], which the log does not take.
pub fn encode_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).expect("no longer entry is taken");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    bytes
}

/// The entries of a bundle; `None` if it is torn.
pub fn decode_bundle(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        entries.push(entry);
        bytes = rest;
    }
    Some(entries)
}

#[cfg(test)]
mod tests;
