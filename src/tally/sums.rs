//! Sums, and sums with their tags.

use super::{GroupId, Tag};

/// How many ballots, and how many of them a cell holds. Absolute values, never increments on disk:
/// a log record that is replayed twice must not count twice.
#[derive(Clone, PartialEq, Eq)]
pub struct Sums {
    /// Number of ballots.
    pub ballots: u64,
    /// One sum a cell.
    pub cells: Vec<u64>,
}

impl Sums {
    /// No ballots, this many cells.
    pub fn zero(cells: usize) -> Self {
        Self { ballots: 0, cells: vec![0; cells] }
    }

    /// Adds one ballot.
    pub fn add_ballot(&mut self, cells: &[u16]) {
        self.ballots += 1;
        for cell in cells {
            self.cells[usize::from(*cell)] += 1;
        }
    }

    /// Adds other sums of the same poll.
    pub fn add(&mut self, other: &Self) {
        assert_eq!(self.cells.len(), other.cells.len(), "sums of one poll have one length");
        self.ballots += other.ballots;
        for (cell, more) in self.cells.iter_mut().zip(&other.cells) {
            *cell += more;
        }
    }
}

/// Tags and sums side by side: what could join a person with a choice. It exists in memory, and on
/// disk only under an epoch key.
pub struct Joint {
    /// The group.
    pub group: GroupId,
    /// The sums of these ballots.
    pub sums: Sums,
    /// Their tags.
    pub tags: Vec<Tag>,
}

impl Joint {
    /// An empty joint.
    pub fn empty(group: GroupId, cells: usize) -> Self {
        Self { group, sums: Sums::zero(cells), tags: Vec::new() }
    }

    /// Adds the ballots of another joint of the same group.
    pub fn absorb(&mut self, other: &Self) {
        assert_eq!(self.group, other.group, "joints of one group");
        self.sums.add(&other.sums);
        self.tags.extend_from_slice(&other.tags);
    }
}
