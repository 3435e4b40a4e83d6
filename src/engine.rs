//! The engine, in two: counting, and the office over it.
//!
//! ```text
//! Credential --authenticate--> Voter --check--> EligibleBallot --deidentify--> AnonymousBallot --ledger--> Outcome
//! Poll --close--> frozen tally --decide--> Statement --sign--> Publication
//! ```
//!
//! The first line is [`Counting::cast`]; the second is the office's ([`Office`]), which decides
//! everything by one function (`engine/decide.rs`), under one order of locks (`engine/locks.rs`).
//! The public sees the polls that both serve through [`PublicView`].

use std::sync::Arc;

use crate::audit::AuditLog;
use crate::count::authenticate::Authenticator;
use crate::count::ledger::Ledger;
use crate::ground::clock::Clock;
use crate::ground::faults::Faults;
use crate::keys::KeyStore;
use crate::poll::Poll;
use crate::publog::PublicLog;

mod board;
mod clockwork;
mod counting;
mod custody;
mod decide;
mod erasure;
mod error;
mod locks;
mod moves;
mod office;
mod orders;
mod registers;
mod release;
mod retention;
mod start;
mod view;

pub use counting::{AskError, Ballot, Counting, Followed};
pub use custody::{ExciseError, Excised, IssuerKeyName, KeyRoomError, Revoked};
pub use erasure::{EraseError, ErasedPoll, ErasureRules};
pub use error::EngineError;
pub use moves::MoveError;
pub use office::{Office, OfficeRules, ProcedureRules};
pub use orders::{Filing, OrderError, Revision};
pub use registers::*;
pub use release::{LookError, ReleaseError};
pub use view::PublicView;

/// What the engine is made of.
pub struct EngineParts {
    /// Step 1.
    pub authenticator: Arc<Authenticator>,
    /// Step 4.
    pub ledger: Ledger,
    /// Polls read back from the store.
    pub polls: Vec<Poll>,
    /// The polls' keys, and the key that signs.
    pub keys: Arc<KeyStore>,
    /// The private log of decisions.
    pub audit: Arc<AuditLog>,
    /// The clock.
    pub clock: Clock,
    /// The public log of definitions, releases and erasures.
    pub public_log: PublicLog,
    /// Faults that a test armed.
    pub faults: Faults,
    /// The rules that the office works by.
    pub rules: OfficeRules,
}

/// A running engine: its three faces, each for those who need no other.
pub struct Engine {
    /// For what casts and asks.
    pub counting: Arc<Counting>,
    /// For staff and the timers.
    pub office: Arc<Office>,
    /// For everybody.
    pub public: Arc<PublicView>,
}

/// Looks of a test at what only a permit shows.
#[cfg(feature = "faults")]
impl Engine {
    /// A poll as it stands.
    pub fn poll(&self, id: crate::poll::PollId) -> Option<Poll> {
        self.counting.poll(id)
    }

    /// All polls, newest first.
    pub fn polls(&self) -> Vec<Poll> {
        self.counting.polls()
    }

    /// The rules that orders are checked by.
    pub fn rules(&self) -> crate::poll::Rules<'_> {
        self.office.order_rules()
    }
}
