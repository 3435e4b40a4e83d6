//! The start of the engine, and what every act of it uses: the audit entry first, then the effect,
//! then what is served.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::clockwork::Clockwork;
use super::registers::Registers;
use super::{Engine, EngineParts, Polls, Served};
use crate::deidentify::TagKey;
use crate::keys::{KeyError, PollKeys};
use crate::ledger::Stopped;
use crate::log::{Actor, AuditError, Event};
use crate::poll::{Phase, Poll};
use crate::publish::{Publication, VerifyError};
use crate::store::StoreError;

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
    /// A register whose entries contradict each other.
    #[error("a register contradicts itself")]
    Register,
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
        let registers = Registers::load(&parts.ledger)?;
        let clockwork = Clockwork::new(parts.procedure.hold, parts.clock.monotonic());
        let engine = Self {
            authenticator: parts.authenticator,
            ledger: parts.ledger,
            keys: parts.keys,
            audit: parts.audit,
            clock: parts.clock,
            k: parts.k,
            profiles: parts.profiles,
            polls: ArcSwap::from_pointee(served),
            office: tokio::sync::Mutex::new(()),
            registers,
            procedure: parts.procedure,
            clockwork: Mutex::new(clockwork),
            complained: Mutex::default(),
            released: watch::Sender::new(0),
            changed: watch::Sender::new(0),
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
                Phase::Draft
                | Phase::Filed
                | Phase::Approved
                | Phase::Scheduled
                | Phase::Open
                | Phase::Suspended
                | Phase::Published
                | Phase::Withheld
                | Phase::Erasing
                | Phase::Erased
                | Phase::Expired => {}
            }
        }
        engine.publish_consented().await?;
        engine.check_publications()?;
        engine.resume_erasures().await?;
        Ok(engine)
    }

    /// An entry of the audit log, durable on return: before what it says takes effect.
    pub(super) fn record(&self, by: &Actor, event: Event) -> Result<(), EngineError> {
        self.record_line(by, event).map(drop)
    }

    /// As [`Self::record`]; the signed line that now stands in the log.
    pub(super) fn record_line(&self, by: &Actor, event: Event) -> Result<Vec<u8>, EngineError> {
        // A file sync of a fraction of a millisecond, a few times in the life of a poll.
        let append = || self.audit.append(self.clock.now(), by, event);
        let appended = tokio::task::block_in_place(append);
        appended.map_err(|error| self.fail(error.into()))
    }

    /// Any storage error is fatal, also one beside the ledger.
    pub(super) fn fail(&self, error: EngineError) -> EngineError {
        self.ledger.stop(&error.to_string());
        error
    }

    /// Serves a poll that has lost its keys, with the publication it had.
    pub(super) fn serve_without_keys(&self, poll: &Poll) {
        let publication = self.publication(poll.id());
        self.serve(Served { poll: poll.clone(), tag_key: None, publication });
    }

    /// Serves a poll whose keys are known already.
    pub(super) fn replace(&self, poll: &Poll, publication: Option<Arc<Publication>>) {
        let held = self.polls.load().get(&poll.id()).map(Arc::clone);
        let tag_key = held.and_then(|served| served.tag_key.clone());
        self.serve(Served { poll: poll.clone(), tag_key, publication });
    }

    pub(super) fn serve(&self, served: Served) {
        let served = Arc::new(served);
        self.polls.rcu(|polls| {
            let mut polls = Polls::clone(polls);
            polls.insert(served.poll.id(), Arc::clone(&served));
            polls
        });
        self.changed.send_modify(|changes| *changes += 1);
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

pub(super) fn tag_key(keys: &PollKeys, poll: &Poll) -> TagKey {
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
