//! How totals lie to those that were shown.

use super::Sums;

/// How a poll's folded totals lie to what was shown of it.
#[derive(Default)]
pub struct Standing {
    /// The fewest ballots, at least one, that what was shown would tell of together with them;
    /// `None`: nothing was shown, or they tell nothing new.
    pub nearest: Option<u64>,
    /// Whether ballots that were shown last are taken out since.
    pub is_corrected: bool,
    /// Totals of the closed poll as releases of these numbers showed them, oldest first.
    pub(crate) tallies: Vec<(u32, Sums)>,
}
