//! The life of a poll: created, opened, closed, published or withheld.
//!
//! Each decision is an audit entry before it takes effect: a crash between the two leaves a
//! decision without effect, which is repeated, never an effect that nobody decided.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::{Engine, EngineParts, Polls, Served};
use crate::deidentify::TagKey;
use crate::keys::{KeyError, PollKeys};
use crate::ledger::Stopped;
use crate::log::{AuditError, Event, Hash};
use crate::poll::{CloseReason, Definition, Order, Phase, Poll, PollId, Violation};
use crate::publish::{Decision, Publication, VerifyError, decide};
use crate::service::metrics::{self, Ended};
use crate::store::{GroupId, StoreError};

/// Draws for an identifier greater than the newest: each has a fair chance within a millisecond.
const POLL_ID_DRAWS: usize = 32;

/// Why a poll is not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Fields that break a rule; never empty.
    #[error("the order breaks {} rules", .0.len())]
    Order(Vec<Violation>),
    /// The initiator has filed an order under this reference.
    #[error("the initiator has an order with this reference already")]
    Exists(PollId),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Why a poll does not move to another phase.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// No such poll.
    #[error("no such poll")]
    Unknown,
    /// No issuer is configured for the poll's subject space, so that nobody could take part.
    #[error("no issuer is configured for the poll's subject space")]
    NoIssuer,
    /// Not a move from the phase it is in.
    #[error("the poll is {}", .0.name())]
    Phase(Phase),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A failure of the engine itself, not of a request.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The ledger has stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The key store failed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The audit log failed.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored publication does not hold.
    #[error("a stored publication does not hold")]
    Publication(#[from] VerifyError),
    /// A published poll without its publication.
    #[error("the publication of a published poll is missing")]
    PublicationMissing,
    /// A publication that belongs elsewhere, or that states other totals than are stored.
    #[error("a stored publication is not its poll's, or states other totals than are stored")]
    PublicationWrong,
    /// A closed poll without its tally.
    #[error("the tally of a closed poll is missing")]
    TallyMissing,
}

impl Engine {
    /// Puts the engine together and finishes what the last process left undone: closes and
    /// publications.
    ///
    /// # Errors
    ///
    /// Anything stored that does not hold.
    pub async fn start(parts: EngineParts) -> Result<Self, EngineError> {
        let mut served = Polls::new();
        for poll in &parts.polls {
            served.insert(poll.id(), Arc::new(restore(&parts, poll)?));
        }
        for revocation in parts.ledger.revocations()? {
            parts.authenticator.revoke(revocation.id());
        }
        let engine = Self {
            authenticator: parts.authenticator,
            ledger: parts.ledger,
            keys: parts.keys,
            audit: parts.audit,
            clock: parts.clock,
            k: parts.k,
            polls: ArcSwap::from_pointee(served),
            staff: tokio::sync::Mutex::new(()),
            released: watch::Sender::new(0),
            erasure: parts.erasure,
            due_since: Mutex::default(),
            rekey_tried: Mutex::default(),
        };
        engine.finish_excisions().await?;
        for poll in parts.polls {
            match poll.phase {
                Phase::Closing => {
                    engine.freeze(poll).await?;
                }
                Phase::Closed => {
                    engine.release(poll, &[]).await?;
                }
                Phase::Approved
                | Phase::Open
                | Phase::Published
                | Phase::Withheld
                | Phase::Erasing
                | Phase::Erased => {}
            }
        }
        engine.check_publications()?;
        engine.resume_erasures().await?;
        Ok(engine)
    }

    /// Creates a poll from an order.
    ///
    /// # Errors
    ///
    /// See [`CreateError`].
    pub async fn create_poll(&self, order: Order) -> Result<Poll, CreateError> {
        let order = order.check(self.k).map_err(CreateError::Order)?;
        let _one_at_a_time = self.staff.lock().await;
        let definition = Definition::new(self.new_poll_id(), order);
        if let Some(id) = self.find_order(definition.order()) {
            return Err(CreateError::Exists(id));
        }
        let poll = Poll::approved(definition);
        let reference = poll.definition.order().reference.clone();
        self.record(Event::PollCreated { poll: poll.id(), reference })?;
        self.ledger.put_poll(&poll).await.map_err(EngineError::from)?;
        self.serve(Served { poll: poll.clone(), tag_key: None, publication: None });
        Ok(poll)
    }

    /// Opens an approved poll: its keys are durable first, then its phase; from then on ballots are
    /// counted.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn open_poll(&self, id: PollId) -> Result<Poll, MoveError> {
        let _one_at_a_time = self.staff.lock().await;
        let poll = self.poll(id).ok_or(MoveError::Unknown)?;
        if poll.phase != Phase::Approved {
            return Err(MoveError::Phase(poll.phase));
        }
        let space = &poll.definition.order().participants.subject_space;
        let space = self.authenticator.space(space).ok_or(MoveError::NoIssuer)?;
        let definition_hash = Hash::from_bytes(poll.definition.hash().0);
        self.record(Event::PollOpened { poll: id, definition_hash })?;
        // Crash before: no keys, the poll is approved. After: keys that sealed nothing yet; the
        // next opening uses them.
        let keys = tokio::task::block_in_place(|| self.keys.create_poll_keys(id));
        let keys = keys.map_err(|error| self.fail(error.into()))?;
        // Pinned: under another pseudonym key one person would be two tags.
        let poll = poll.opened(self.clock.now(), &space.pseudonym_key, space.kind_number());
        self.ledger.open_poll(poll.clone()).await.map_err(EngineError::from)?;
        let tag_key = Some(Arc::new(tag_key(&keys, &poll)));
        self.serve(Served { poll: poll.clone(), tag_key, publication: None });
        Ok(poll)
    }

    /// Closes an open poll and publishes what its rules allow. A poll that is past that is returned
    /// as it is.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn close_poll(&self, id: PollId, reason: CloseReason) -> Result<Poll, MoveError> {
        let _one_at_a_time = self.staff.lock().await;
        let poll = self.poll(id).ok_or(MoveError::Unknown)?;
        match poll.phase {
            Phase::Approved => Err(MoveError::Phase(poll.phase)),
            Phase::Open => Ok(self.close(poll, reason).await?),
            // The process would have died, or the close be under way.
            Phase::Closing
            | Phase::Closed
            | Phase::Published
            | Phase::Withheld
            | Phase::Erasing
            | Phase::Erased => Ok(poll),
        }
    }

    async fn close(&self, poll: Poll, reason: CloseReason) -> Result<Poll, EngineError> {
        self.record(Event::PollClosing { poll: poll.id(), reason })?;
        // Not before the opening, whatever the clock says: the grace period begins here.
        let now = self.clock.now();
        let poll = poll.closing(poll.opened_at.map_or(now, |opened| opened.max(now)), reason);
        // Crash before: still open. After: the restart closes it.
        self.ledger.put_poll(&poll).await?;
        self.replace(&poll, None);
        self.freeze(poll).await
    }

    /// From `closing` to the end. The fold that freezes the tally writes the phase `closed` with
    /// it.
    async fn freeze(&self, poll: Poll) -> Result<Poll, EngineError> {
        self.ledger.close_poll(poll.clone()).await?;
        let poll = poll.closed();
        self.replace(&poll, None);
        self.release(poll, &[]).await
    }

    /// From `closed` to published or withheld, and from a published tally to a corrected one. Crash before the write: done again with another time
    /// of publication, which nobody has seen. After it: done.
    pub(super) async fn release(
        &self,
        poll: Poll,
        excised: &[GroupId],
    ) -> Result<Poll, EngineError> {
        let tally = self.ledger.tally(poll.id()).ok_or(EngineError::TallyMissing)?;
        let previous = self.publication(poll.id());
        let now = self.clock.now();
        let (poll, publication) = match decide(&poll, &tally, previous.as_deref(), now) {
            Decision::Publish(statement) => {
                let publication = Publication::sign(*statement, self.keys.signing_key());
                let publication_hash = blake3::hash(&publication.bytes()).into();
                self.record(Event::PollPublished { poll: poll.id(), publication_hash })?;
                let poll = poll.published();
                let file = publication.bytes();
                let release = publication.statement.release;
                self.ledger.put_publication(&poll, release, &file, excised).await?;
                (poll, Some(Arc::new(publication)))
            }
            Decision::Withhold(reason) => {
                self.record(Event::PollWithheld { poll: poll.id(), reason })?;
                let poll = poll.withheld(reason);
                self.ledger.put_withheld(&poll, excised).await?;
                (poll, None)
            }
        };
        let ended = if publication.is_some() { Ended::Published } else { Ended::Withheld };
        metrics::publication(ended);
        self.replace(&poll, publication);
        self.released.send_modify(|releases| *releases += 1);
        Ok(poll)
    }

    /// Every publication that is served states what is stored. Excisions are finished by then, so
    /// any difference is damage, or somebody's doing.
    fn check_publications(&self) -> Result<(), EngineError> {
        for poll in self.polls().iter().filter(|poll| poll.is_published()) {
            if !self.publication_is_right(poll)? {
                return Err(EngineError::PublicationWrong);
            }
        }
        Ok(())
    }

    /// Whether the poll's publication states what is stored.
    pub(super) fn publication_is_right(&self, poll: &Poll) -> Result<bool, EngineError> {
        let tally = self.ledger.tally(poll.id()).ok_or(EngineError::TallyMissing)?;
        Ok(self.publication(poll.id()).is_some_and(|held| held.states(&tally)))
    }

    /// The publication that is served.
    pub(super) fn publication(&self, id: PollId) -> Option<Arc<Publication>> {
        self.polls.load().get(&id)?.publication.clone()
    }

    pub(super) fn record(&self, event: Event) -> Result<(), EngineError> {
        self.record_line(event).map(drop)
    }

    /// As [`Self::record`]; the signed line that now stands in the log.
    pub(super) fn record_line(&self, event: Event) -> Result<Vec<u8>, EngineError> {
        // A file sync of a fraction of a millisecond, a few times in the life of a poll.
        let appended = tokio::task::block_in_place(|| self.audit.append(self.clock.now(), event));
        appended.map_err(|error| self.fail(error.into()))
    }

    /// Any storage error is fatal, also one beside the ledger.
    pub(super) fn fail(&self, error: EngineError) -> EngineError {
        self.ledger.stop(&error.to_string());
        error
    }

    /// An identifier greater than every other, so that "newest first" holds within a millisecond
    /// too. After the wall clock went back it does not, and the order of a list is no more than a
    /// convenience.
    fn new_poll_id(&self) -> PollId {
        let newest = self.polls.load().keys().max().copied();
        let mut drawn = std::iter::repeat_with(|| self.clock.new_poll_id()).take(POLL_ID_DRAWS);
        let greater = drawn.find(|id| newest.is_none_or(|newest| *id > newest));
        greater.unwrap_or_else(|| self.clock.new_poll_id())
    }

    fn find_order(&self, order: &Order) -> Option<PollId> {
        let same = |poll: &Poll| {
            let held = poll.definition.order();
            held.initiator.code == order.initiator.code && held.reference == order.reference
        };
        self.polls.load().values().find(|served| same(&served.poll)).map(|served| served.poll.id())
    }

    /// Serves a poll that has lost its keys, with the publication it had.
    pub(super) fn serve_without_keys(&self, poll: &Poll) {
        let publication = self.publication(poll.id());
        self.serve(Served { poll: poll.clone(), tag_key: None, publication });
    }

    /// Serves a poll whose keys are known already.
    fn replace(&self, poll: &Poll, publication: Option<Arc<Publication>>) {
        let held = self.polls.load().get(&poll.id()).map(Arc::clone);
        let tag_key = held.and_then(|served| served.tag_key.clone());
        self.serve(Served { poll: poll.clone(), tag_key, publication });
    }

    fn serve(&self, served: Served) {
        let served = Arc::new(served);
        self.polls.rcu(|polls| {
            let mut polls = Polls::clone(polls);
            polls.insert(served.poll.id(), Arc::clone(&served));
            polls
        });
    }
}

fn restore(parts: &EngineParts, poll: &Poll) -> Result<Served, EngineError> {
    let tag_key = if poll.phase.has_keys() {
        let keys = parts.keys.poll_keys(poll.id())?;
        Some(Arc::new(tag_key(&keys, poll)))
    } else {
        None
    };
    let publication =
        if poll.is_published() { Some(Arc::new(stored_publication(parts, poll)?)) } else { None };
    Ok(Served { poll: poll.clone(), tag_key, publication })
}

fn tag_key(keys: &PollKeys, poll: &Poll) -> TagKey {
    TagKey::new(&keys.tag, poll.id(), &poll.definition.order().participants.subject_space)
}

fn stored_publication(parts: &EngineParts, poll: &Poll) -> Result<Publication, EngineError> {
    let stored = parts.ledger.last_publication(poll.id())?;
    let (release, file) = stored.ok_or(EngineError::PublicationMissing)?;
    let publication = Publication::read(&file, &parts.keys.signing_key().verifying_key())?;
    // Signed by this engine is not enough: it must be this poll's, and this release.
    let statement = &publication.statement;
    let own = statement.poll == poll.id()
        && statement.release == release
        && statement.definition_hash == poll.definition.hash().to_string();
    if own { Ok(publication) } else { Err(EngineError::PublicationWrong) }
}
