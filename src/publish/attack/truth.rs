//! What really happened: the ballots, and which of them were shown when.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::order::Facts;
use crate::poll::{Cells, IssuerKeyId};

/// A ballot as nobody but this test sees it.
pub(super) struct Ballot {
    pub(super) option: usize,
    /// Where the voter is counted; nowhere where the voter declined.
    pub(super) facts: Facts,
    pub(super) key: IssuerKeyId,
    pub(super) cells: Cells,
}

pub(super) type Set = BTreeSet<usize>;

/// What was shown once: to everybody, or to the initiator alone.
pub(super) struct Seen {
    /// The file; none where only the initiator saw the totals.
    pub(super) file: Option<Bytes>,
    /// The ballots whose totals these are; none in a withdrawal.
    pub(super) ballots: Option<Set>,
    /// Whether two people decided that it is shown although it lies close to something.
    pub(super) agreed: bool,
    /// The ballots that had been taken out by then.
    pub(super) gone: Set,
}
