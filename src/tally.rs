//! Sums, tags, marks and cuts: what the ledger, the auditor, the publication and every store speak of.
//!
//! Pure values and their rules; knows no database, no key and no clock.
//!
//! - [`Sums`], [`Joint`]: how many ballots, and how many of them a cell holds;
//! - [`GroupId`]: what they are kept by;
//! - [`Tag`]: who was counted already;
//! - [`Cuts`]: which totals were shown and which wait; [`differencing`] has the rule, and its proof.

mod cuts;
mod differencing;
mod group;
mod standing;
mod sums;
mod tag;

pub use cuts::{ByGroup, Cut, Cuts, Mark};
pub use differencing::{CutRules, MARKS_MAX};
pub use group::GroupId;
pub use standing::Standing;
pub use sums::{Joint, Sums};
pub use tag::Tag;
