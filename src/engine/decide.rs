//! One function by which everything is decided: [`Inside::decide`].
//!
//! Whatever an act or the clock decides about a poll or a register is first an entry of the audit
//! log, then a row, then what memory answers, then told to those who watch. [`Records`] has the only
//! way to the rows and to the maps, and keeps it to itself; [`Inside`] holds the office's lock. So no
//! act can write a row without its entry, nor beside another act, nor show what is not on disk.
//!
//! It does not say who may: a permit did; nor what a row holds: [`crate::poll`] and
//! [`crate::staff`] do.

use std::sync::Arc;

use super::EngineError;
use super::board::Board;
use super::locks::Turn;
use crate::audit::{Actor, AuditLog, Event};
use crate::count::authenticate::Authenticator;
use crate::count::authenticate::issuers::SpaceInfo;
use crate::count::ledger::{Ledger, RekeyError, Shown};
use crate::ground::clock::Clock;
use crate::ground::faults::Faults;
use crate::keys::{KeyStore, Rekeyed};
use crate::poll::{Phase, Poll, PollId, Revocation};
use crate::publish::Publication;
use crate::publog::PublicLog;
use crate::store::StoreError;
use crate::tally::GroupId;

mod public_log;
mod registers;
mod rows;

pub(super) use registers::{Entry, Registers};
pub(super) use rows::tag_key;
use rows::{Key, Releases, Seen};

/// The audit log, the rows, and what memory answers from them.
pub(super) struct Records {
    audit: Arc<AuditLog>,
    public_log: Arc<PublicLog>,
    keys: Arc<KeyStore>,
    ledger: Arc<Ledger>,
    authenticator: Arc<Authenticator>,
    clock: Clock,
    faults: Faults,
    board: Arc<Board>,
    registers: Registers,
}

/// What [`Records`] is made of.
pub(super) struct RecordsParts {
    pub(super) audit: Arc<AuditLog>,
    pub(super) public_log: Arc<PublicLog>,
    pub(super) keys: Arc<KeyStore>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) clock: Clock,
    pub(super) faults: Faults,
    pub(super) board: Arc<Board>,
}

/// The office while it is somebody's: its lock is held until this goes.
#[must_use]
pub(super) struct Inside<'a> {
    records: &'a Records,
    _turn: Turn<'a>,
}

/// The entries of one decision: one, or two in this order.
pub(super) struct Entries(Event, Option<Event>);

impl From<Event> for Entries {
    fn from(event: Event) -> Self {
        Self(event, None)
    }
}

impl Entries {
    pub(super) fn two(first: Event, second: Option<Event>) -> Self {
        Self(first, second)
    }
}

/// That an entry stands in the log. Good for one [`Write`].
#[must_use]
pub(super) struct Entered {
    line: Vec<u8>,
}

/// What a decision writes after its entry.
pub(super) enum Write {
    /// A poll's row.
    Poll(Box<Poll>),
    /// As [`Self::Poll`]; what is said beside its results is another.
    BesideResults(Box<Poll>),
    /// A poll's row with the revision of its order that it now has, in one batch.
    Order(Box<Poll>, Vec<u8>),
    /// A poll's row through the writer's queue: ballots that stood before it are decided by the
    /// phase before, ballots behind it by the new one.
    Gate(Box<Poll>),
    /// A scheduled poll that opens for the voters of its subject space. Between the entry and the
    /// row its keys become durable.
    Opening(Box<Poll>, SpaceInfo),
    /// A poll's row with what is shown of its totals, in one batch.
    Release(Release),
    /// A poll's row without its results, in one batch with their end.
    Expiry(Box<Poll>),
    /// A poll whose tag key leaves the memory: from here on it is being erased.
    Erasing(Box<Poll>),
    /// A poll whose keys are destroyed.
    Erased(Box<Poll>),
    /// An issuer's key that is trusted no more.
    Revocation(Revocation),
    /// What came under an issuer's key goes from a poll. Its mark, the row, stays until
    /// [`Release::excised`] or [`Inside::end_excisions`].
    Excision(GroupId),
    /// An entry of a register.
    Entry(Box<Entry>),
}

impl Write {
    pub(super) fn poll(poll: &Poll) -> Self {
        Self::Poll(Box::new(poll.clone()))
    }

    pub(super) fn gate(poll: &Poll) -> Self {
        Self::Gate(Box::new(poll.clone()))
    }

    pub(super) fn entry(entry: Entry) -> Self {
        Self::Entry(Box::new(entry))
    }
}

/// What is shown of a poll's totals, and the poll after it.
pub(super) struct Release {
    pub(super) poll: Box<Poll>,
    /// What goes out, if anything does.
    pub(super) publication: Option<Arc<Publication>>,
    /// The ballots that it shows.
    pub(super) shown: Shown,
    /// Excisions that are done with it.
    pub(super) excised: Vec<GroupId>,
}

/// A decision that is done.
pub(super) struct Done {
    /// The signed line of its entry, the last if there are two.
    pub(super) line: Vec<u8>,
    /// Of an excision: whether anything had come under the key.
    pub(super) taken_out: bool,
}

impl Inside<'_> {
    /// Decides. Four lines, and what a crash after each means:
    ///
    /// 1. The entry, synced. *Crash after*: a decision without effect. It is made again; a register
    ///    uses the same number then, and of two entries with one number the later one counts.
    /// 2. The row, synced. *Crash after*: in force from the restart on, though nobody was told.
    ///    Some rows have something beside them. An opening's keys come before its row: after a crash
    ///    between them they have sealed nothing, and the next opening uses them. What everybody is
    ///    told for good, a definition, a release, an erasure, goes into the public log after the
    ///    row: the restart adds what the log lacks.
    /// 3. The memory that answers. Nothing is seen before it is on disk.
    /// 4. Those who watch are told.
    ///
    /// A write that fails stops the engine.
    pub(super) async fn decide(
        &self,
        by: &Actor,
        entries: impl Into<Entries>,
        write: Write,
    ) -> Result<Done, EngineError> {
        let entered = self.enter(by, entries)?;
        self.write(entered, write).await
    }

    /// Line 1 alone, for a decision whose row comes after another act.
    pub(super) fn enter(
        &self,
        by: &Actor,
        entries: impl Into<Entries>,
    ) -> Result<Entered, EngineError> {
        let Entries(first, second) = entries.into();
        let mut line = self.records.append(by, first)?;
        if let Some(second) = second {
            line = self.records.append(by, second)?;
        }
        Ok(Entered { line })
    }

    /// Lines 2 to 4 of what was entered.
    pub(super) async fn write(&self, entered: Entered, write: Write) -> Result<Done, EngineError> {
        let seen = self.records.row(write).await?;
        let (results, taken_out) = self.records.show(seen);
        if let Some(results) = results {
            self.records.board.tell(results);
        }
        Ok(Done { line: entered.line, taken_out })
    }

    /// Goes on with a close that the poll's row tells of: the fold that freezes the tally writes the
    /// phase `closed` with it. *Crash before*: the restart finds `closing` and comes here.
    pub(super) async fn freeze(&self, poll: Poll) -> Result<Poll, EngineError> {
        assert_eq!(poll.phase, Phase::Closing, "its close is entered, and on disk");
        self.records.ledger.close_poll(poll.clone()).await?;
        let poll = poll.closed();
        let (key, releases) = (Key::Keep, Releases::Keep);
        self.shown(Seen::Poll { poll: Box::new(poll.clone()), key, releases, results: false });
        Ok(poll)
    }

    /// Goes on with an erasure that the poll's row tells of: the row names the wrapping key that
    /// seals its keys now. The operator may have put another one in its place since the decision.
    pub(super) async fn name_wrapping_key(&self, poll: Poll) -> Result<Poll, EngineError> {
        assert_eq!(poll.phase, Phase::Erasing, "its erasure is entered, and on disk");
        let key = self.records.keys.kek().to_string();
        if poll.pending_key() == Some(key.as_str()) {
            return Ok(poll);
        }
        let poll = poll.waiting_for(key);
        self.records.ledger.put_poll(&poll).await?;
        let (key, releases) = (Key::Drop, Releases::Keep);
        self.shown(Seen::Poll { poll: Box::new(poll.clone()), key, releases, results: false });
        Ok(poll)
    }

    /// Goes on with an excision whose mark was found. Again is harmless.
    pub(super) async fn excise_again(&self, marked: GroupId) -> Result<(), EngineError> {
        self.records.ledger.excise(marked).await?;
        Ok(())
    }

    /// Takes the marks of excisions away for which there is nothing to correct.
    pub(super) async fn end_excisions(&self, marked: &[GroupId]) -> Result<(), EngineError> {
        Ok(self.records.ledger.excision_done(marked).await?)
    }

    /// Replaces the key that wraps all others, and destroys these polls' keys with it; entered when
    /// it is done. *Crash before the entry*: by the polls' keys the restart sees what is done.
    pub(super) async fn rekey(&self, erased: Vec<PollId>) -> Result<Rekeyed, EngineError> {
        let rekeyed = self.records.ledger.rekey(erased).await.map_err(|error| match error {
            RekeyError::Refused(error) => EngineError::Keys(error),
            RekeyError::Stopped(stopped) => stopped.into(),
        })?;
        let event = Event::WrappingKeyReplaced {
            previous_key: rekeyed.old.to_string(),
            previous_destroyed: rekeyed.old_destroyed,
            key: rekeyed.new.to_string(),
        };
        self.records.record(&Actor::engine(), event)?;
        Ok(rekeyed)
    }

    /// The writer forgets the tags of a poll that is being erased.
    pub(super) async fn drop_index(&self, poll: PollId) -> Result<(), EngineError> {
        Ok(self.records.ledger.drop_index(poll).await?)
    }

    /// The tag blocks of an erased poll are deleted: hygiene, and harmless again.
    pub(super) async fn drop_blocks(&self, poll: PollId) -> Result<(), EngineError> {
        Ok(self.records.ledger.drop_blocks(poll).await?)
    }

    /// Adds to the public log what a crash kept from it.
    pub(super) fn complete_public_log(&self) -> Result<(), EngineError> {
        self.records.complete_public_log()
    }

    fn shown(&self, seen: Seen) {
        if let (Some(results), _) = self.records.show(seen) {
            self.records.board.tell(results);
        }
    }
}

impl Records {
    pub(super) fn new(parts: RecordsParts) -> Result<Self, EngineError> {
        let registers = Registers::load(&parts.ledger)?;
        let RecordsParts { audit, public_log, keys, ledger, authenticator, clock, faults, board } =
            parts;
        Ok(Self { audit, public_log, keys, ledger, authenticator, clock, faults, board, registers })
    }

    /// What is decided from now on is decided by whoever holds the turn.
    pub(super) fn inside<'a>(&'a self, turn: Turn<'a>) -> Inside<'a> {
        Inside { records: self, _turn: turn }
    }

    /// The registers as they stand.
    pub(super) fn registers(&self) -> &Registers {
        &self.registers
    }

    /// An entry that nothing else follows: something was read, or seen.
    pub(super) fn record(&self, by: &Actor, event: Event) -> Result<(), EngineError> {
        self.append(by, event).map(drop)
    }

    /// The revisions of a poll's order, oldest first, as JSON.
    pub(super) fn revisions(&self, poll: PollId) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        self.ledger.revisions(poll)
    }

    /// The keys of issuers that are trusted no more.
    pub(super) fn revocations(&self) -> Result<Vec<Revocation>, StoreError> {
        self.ledger.revocations()
    }

    /// Excisions whose mark stands.
    pub(super) fn unfinished_excisions(&self) -> Result<Vec<GroupId>, StoreError> {
        self.ledger.unfinished_excisions()
    }

    /// Whether a group of a closed poll has sums of its own.
    pub(super) async fn stands_apart(&self, group: GroupId) -> Result<bool, EngineError> {
        Ok(self.ledger.stands_apart(group).await?)
    }

    /// Any storage error is fatal, also one beside the ledger.
    fn fail(&self, error: EngineError) -> EngineError {
        self.ledger.stop(&error.to_string());
        error
    }

    /// An entry of the audit log, durable on return; the signed line that now stands there.
    fn append(&self, by: &Actor, event: Event) -> Result<Vec<u8>, EngineError> {
        // A file sync of a fraction of a millisecond, a few times in the life of a poll.
        let append = || self.audit.append(self.clock.now(), by, event);
        let appended = tokio::task::block_in_place(append);
        appended.map_err(|error| self.fail(error.into()))
    }
}
