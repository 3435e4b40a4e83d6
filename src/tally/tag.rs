//! The tag that stands for a voter in one poll.

use std::cmp::Ordering;

/// Keyed hash of a voter in one poll: 16 bytes, so that 2^64 voters would be needed before two are
/// likely to share one. Not comparable between polls, because each poll has its own key.
///
/// No `Debug`, `Display` or `Serialize`: a tag is never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag([u8; 16]);

impl Tag {
    /// Bytes of a tag, on disk and in memory.
    pub const LEN: usize = 16;

    /// A tag read back from the store.
    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The tag's bytes, for the store.
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

// As a number, because a fold sorts half a million of them, and comparing bytes one by one costs
// several times as much.
impl Ord for Tag {
    fn cmp(&self, other: &Self) -> Ordering {
        u128::from_be_bytes(self.0).cmp(&u128::from_be_bytes(other.0))
    }
}

impl PartialOrd for Tag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
