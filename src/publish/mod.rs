//! Publication: only depersonalised totals leave, and only when the poll's rules allow it.
//!
//! The one place besides `ledger/` that sees raw cells. Every way out (gRPC, HTTP, the demo) reads
//! a [`Publication`]; none reads a tally.

mod file;
mod own;
mod release;
mod sheet;

pub use file::{Checked, Publication, VerifyError, verify};
pub use own::{OptionCount, OwnResult, Turnout, own_result, turnout};
pub use release::{
    Correction, CorrectionReason, Decision, OptionTotal, QuestionTotals, Statement, decide,
};
pub use sheet::{Language, sheet};

use bytes::Bytes;

use crate::poll::{Phase, WithheldReason};

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
}
