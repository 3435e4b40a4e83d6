//! Publication: only depersonalised totals leave, and only when the poll's rules allow it.
//!
//! The one place besides `ledger/` that sees raw cells. Every way out (gRPC, HTTP, open data, the
//! initiator's own view) reads a release; none reads a tally.
//!
//! - [`statement`]: what a release says;
//! - [`release`]: whether there is one; which ballots it may show was decided in [`crate::count::ledger`]
//!   before;
//! - [`tables`], [`holos_suppress`]: breakdowns, and what of them is hidden;
//! - [`file`], [`audit`]: the signed file, and its check by anybody;
//! - [`open`]: the same release for the open-data portals;
//! - [`public`]: a poll as the public may know it;
//! - [`own`], [`sheet`]: what staff may see;
//! - [`language`]: the languages of all that.

#[cfg(test)]
mod attack;
mod audit;
mod file;
pub mod open;
mod own;
mod public;
mod release;
mod sheet;
mod statement;
mod tables;
#[cfg(test)]
mod tests;

pub use audit::TableFlaw;
pub use file::{Checked, Publication, SignedRelease, VerifyError, verify};
pub use holos_reasons::Language;
pub use own::{OptionCount, OwnResult, Turnout, own_result, turnout};
pub use public::{PollState, PublicPoll, Stage, in_force};
pub use release::{Case, Decision, decide, is_too_close, live, withdraw};
pub use sheet::sheet;
pub use statement::{
    Bounds, BreakdownTable, Correction, CorrectionReason, NOT_STATED, OptionRow, OptionTotal,
    QuestionTotals, ReleaseKind, Statement, StratumTotal,
};

use bytes::Bytes;

use crate::poll::{Phase, WithheldReason};
use crate::publog::PublicEntry;

/// What may be said of a poll's results at this moment; all that any way out is given.
#[derive(Clone, Debug)]
pub enum ResultsState {
    /// There is no such poll.
    Unknown,
    /// Not yet.
    NotPublished(Phase),
    /// Never.
    Withheld(WithheldReason),
    /// Public.
    Published(std::sync::Arc<Publication>),
}

impl Publication {
    /// The file, to be sent as it is.
    pub fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// What the public log says of it.
    pub fn public_entry(&self) -> PublicEntry {
        PublicEntry::release(self.statement.poll, self.statement.release, &self.hash)
    }
}
