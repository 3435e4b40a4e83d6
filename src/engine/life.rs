//! The start of the engine, and what every act of it uses: the audit entry first, then the effect,
//! then what is served.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::clockwork::Clockwork;
use super::registers::Registers;
use super::{Engine, EngineParts, Polls, Served};
use crate::audit::{Actor, AuditError, Event};
use crate::count::deidentify::TagKey;
use crate::count::ledger::Stopped;
use crate::keys::{KeyError, PollKeys};
use crate::poll::{Phase, Poll};
use crate::publish::{Publication, VerifyError};
use crate::publog::PublicLogError;
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
    /// The public log failed.
    #[error(transparent)]
    PublicLog(#[from] PublicLogError),
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
            floors: parts.floors,
            public_log: parts.public_log,
            faults: parts.faults,
            release_slots: Mutex::default(),
            profiles: parts.profiles,
            polls: ArcSwap::from_pointee(served),
            office: tokio::sync::Mutex::new(()),
            retaining: tokio::sync::Mutex::new(()),
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
        // First of all: what follows may be cut off too, and one act at most is missing in the log.
        engine.complete_public_log()?;
        engine.finish_excisions().await?;
        for poll in parts.polls {
            match poll.phase {
                Phase::Closing => {
                    engine.freeze(poll).await?;
                }
                Phase::Closed => {
                    engine.release(poll, &[], false).await?;
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

    /// Serves a poll that has lost its keys, with the releases it had.
    pub(super) fn serve_without_keys(&self, poll: &Poll) {
        let releases = self.releases(poll.id());
        self.serve(Served::new(poll.clone(), None, releases));
    }

    /// Serves a poll as it is now, with the keys and releases it had.
    pub(super) fn replace(&self, poll: &Poll) {
        self.replace_with(poll, self.releases(poll.id()));
    }

    /// Serves a poll with these releases and the keys it had.
    pub(super) fn replace_with(&self, poll: &Poll, releases: Vec<Arc<Publication>>) {
        let held = self.polls.load().get(&poll.id()).map(Arc::clone);
        let tag_key = held.and_then(|served| served.tag_key.clone());
        self.serve(Served::new(poll.clone(), tag_key, releases));
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
    let releases = stored_releases(parts, poll)?;
    if poll.is_published() && releases.is_empty() {
        return Err(EngineError::PublicationMissing);
    }
    Ok(Served::new(poll.clone(), tag_key, releases))
}

pub(super) fn tag_key(keys: &PollKeys, poll: &Poll) -> TagKey {
    TagKey::new(&keys.tag, poll.id(), &poll.definition.order().participants.subject_space)
}

/// A poll's releases as they are stored: signed by this engine is not enough, each must be this
/// poll's, and follow from the one before.
fn stored_releases(parts: &EngineParts, poll: &Poll) -> Result<Vec<Arc<Publication>>, EngineError> {
    let key = parts.keys.signing_key().verifying_key();
    let definition_hash = poll.definition.hash().to_string();
    let mut releases: Vec<Arc<Publication>> = Vec::new();
    for (release, file) in parts.ledger.publications(poll.id())? {
        let publication = Publication::read(&file, &key)?;
        let statement = &publication.statement;
        let previous = releases.last();
        let own = statement.poll == poll.id()
            && statement.release == release
            && statement.release == previous.map_or(1, |last| last.statement.release + 1)
            && statement.previous.as_ref() == previous.map(|last| &last.hash)
            && statement.definition_hash == definition_hash;
        if !own {
            return Err(EngineError::PublicationWrong);
        }
        releases.push(Arc::new(publication));
    }
    Ok(releases)
}
