//! The office: what people and the clock decide about polls and registers.
//!
//! It stands on [`Counting`] and casts nothing. Each act and each read takes the permit of its own
//! action, and an act that was let in decides by [`Inside::decide`]:
//!
//! - orders, moves, releases, custody, erasure, retention: about polls and keys;
//! - registers: staff, bodies' keys, acts of two people, incidents, requests; reading the audit log.
//!
//! An act without a permit does not compile,
//!
//! ```compile_fail,E0061
//! use holos::engine::Office;
//! use holos::poll::PollId;
//! async fn suspend(office: &Office, poll: PollId) {
//!     let _ = office.suspend_poll(poll, String::new()).await;
//! }
//! ```
//!
//! nor one with the permit of another action,
//!
//! ```compile_fail,E0308
//! use holos::engine::Office;
//! use holos::poll::PollId;
//! use holos::staff::{Permit, acts};
//! async fn suspend(office: &Office, permit: &Permit<acts::ResumePoll>, poll: PollId) {
//!     let _ = office.suspend_poll(permit, poll, String::new()).await;
//! }
//! ```
//!
//! where its own permit does:
//!
//! ```
//! use holos::engine::Office;
//! use holos::poll::PollId;
//! use holos::staff::{Permit, acts};
//! async fn suspend(office: &Office, permit: &Permit<acts::SuspendPoll>, poll: PollId) {
//!     let _ = office.suspend_poll(permit, poll, String::new()).await;
//! }
//! ```
//!
//! So with a read:
//!
//! ```compile_fail,E0061
//! use holos::engine::Office;
//! use holos::poll::PollId;
//! fn read(office: &Office, poll: PollId) {
//!     let _ = office.order(poll);
//! }
//! ```
//!
//! ```compile_fail,E0308
//! use holos::engine::Office;
//! use holos::poll::PollId;
//! use holos::staff::{Permit, acts};
//! fn read(office: &Office, permit: &Permit<acts::ReadTurnout>, poll: PollId) {
//!     let _ = office.order(permit, poll);
//! }
//! ```
//!
//! ```
//! use holos::engine::Office;
//! use holos::poll::PollId;
//! use holos::staff::{Permit, acts};
//! fn read(office: &Office, permit: &Permit<acts::ReadOrders>, poll: PollId) {
//!     let _ = office.order(permit, poll);
//! }
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::clockwork::Clockwork;
use super::counting::Counting;
use super::decide::{Inside, Records, Registers};
use super::erasure::DueSince;
use super::locks::Locks;
use super::{EngineError, ErasureRules};
use crate::audit::{Actor, AuditLog, Event};
use crate::count::authenticate::Authenticator;
use crate::ground::clock::{Clock, Stopwatch};
use crate::keys::KeyStore;
use crate::poll::{Floors, PollId, Profiles};
use crate::staff::{Act, Denied, Permit};

/// How the procedure is run.
#[derive(Clone, Debug)]
pub struct ProcedureRules {
    /// How long the wall clock must have held before what cannot be undone follows it.
    pub hold: Duration,
    /// From the announcement of what expires to its end.
    pub expiry_notice: Duration,
    /// Days that are no working days, besides Saturdays and Sundays.
    pub holidays: Arc<[Date]>,
}

/// The rules that the office works by.
pub struct OfficeRules {
    /// What orders must ask at least.
    pub floors: Floors,
    /// The procedures that orders can name.
    pub profiles: Arc<Profiles>,
    /// When closed polls are erased.
    pub erasure: ErasureRules,
    /// How the procedure is run.
    pub procedure: ProcedureRules,
}

/// Where people and the clock decide.
pub struct Office {
    pub(super) counting: Arc<Counting>,
    /// For what is known of issuers; nobody signs in here.
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) keys: Arc<KeyStore>,
    /// To be read, and cut when its entries expire.
    pub(super) audit: Arc<AuditLog>,
    pub(super) clock: Clock,
    pub(super) records: Records,
    pub(super) locks: Locks,
    pub(super) rules: OfficeRules,
    pub(super) clockwork: Mutex<Clockwork>,
    /// When it was last said that a poll does not open.
    pub(super) complained: Mutex<Option<Stopwatch>>,
    /// The last release time of each live poll that was looked at.
    pub(super) release_slots: Mutex<HashMap<PollId, i64>>,
    pub(super) due_since: Mutex<DueSince>,
    /// When the wrapping key could not be replaced for an erasure.
    pub(super) rekey_tried: Mutex<Option<Stopwatch>>,
}

impl Office {
    pub(super) fn new(
        counting: Arc<Counting>,
        authenticator: Arc<Authenticator>,
        keys: Arc<KeyStore>,
        audit: Arc<AuditLog>,
        clock: Clock,
        records: Records,
        rules: OfficeRules,
    ) -> Self {
        let clockwork = Clockwork::new(rules.procedure.hold, clock.monotonic());
        Self {
            counting,
            authenticator,
            keys,
            audit,
            clock,
            records,
            locks: Locks::default(),
            rules,
            clockwork: Mutex::new(clockwork),
            complained: Mutex::default(),
            release_slots: Mutex::default(),
            due_since: Mutex::default(),
            rekey_tried: Mutex::default(),
        }
    }

    /// The engine's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Stops the engine for good: nothing is acknowledged any more.
    pub fn stop(&self, reason: &str) {
        self.counting.stop(reason);
    }

    /// The office's turn, for somebody who still has access: it may have ended while the request
    /// waited, and from a withdrawal's answer on nothing more is done for that person (L8, L9).
    ///
    /// # Errors
    ///
    /// [`Denied::Withdrawn`].
    pub(super) async fn enter<A: Act>(&self, permit: &Permit<A>) -> Result<Inside<'_>, Denied> {
        let inside = self.turn().await;
        let accounts = self.registers().staff();
        let mut ended = accounts.all().filter(|account| account.withdrawn.is_some());
        if ended.any(|account| account.id() == permit.account()) {
            return Err(Denied::Withdrawn);
        }
        Ok(inside)
    }

    /// The office's turn, for the clock, and for the end of an act that was let in.
    pub(super) async fn turn(&self) -> Inside<'_> {
        self.records.inside(self.locks.office().await)
    }

    pub(super) fn registers(&self) -> &Registers {
        self.records.registers()
    }

    /// An entry that nothing else follows.
    pub(super) fn record(&self, by: &Actor, event: Event) -> Result<(), EngineError> {
        self.records.record(by, event)
    }

    /// Any storage error is fatal, also one beside the ledger.
    pub(super) fn fail(&self, error: EngineError) -> EngineError {
        self.counting.fail(error)
    }
}
