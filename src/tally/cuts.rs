//! Totals that were shown, and totals that wait to be.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Sums;
use crate::poll::IssuerKeyId;

/// Ballots of each group.
pub type ByGroup = BTreeMap<IssuerKeyId, u64>;

/// Ballots that were shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct Mark {
    /// How many they were, by group.
    pub by_group: ByGroup,
}

/// Totals that wait to be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Cut {
    /// When it was taken, to the millisecond.
    pub at: Timestamp,
    /// Its totals.
    pub sums: Sums,
    /// Its ballots by group.
    pub by_group: ByGroup,
}

/// The marks and the waiting cut of one poll.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cuts {
    /// What was shown, oldest first.
    pub marks: Vec<Mark>,
    /// The groups that were taken out, each with the number of marks that there were then.
    pub taken_out: BTreeMap<IssuerKeyId, u16>,
    /// Totals of the closed poll as releases of these numbers showed them, oldest first: a
    /// correction's tables are checked together with theirs.
    pub tallies: Vec<(u32, Sums)>,
    /// What waits.
    pub pending: Option<Cut>,
}
