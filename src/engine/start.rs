//! The start of the engine: what is stored is read back, and what the last process left undone is
//! finished.

use std::sync::Arc;

use super::board::{Board, Polls, Served};
use super::counting::Counting;
use super::decide::{Records, RecordsParts, tag_key};
use super::office::Office;
use super::view::PublicView;
use super::{Engine, EngineError, EngineParts};
use crate::poll::{Phase, Poll};
use crate::publish::Publication;

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
        let EngineParts {
            authenticator,
            ledger,
            polls,
            keys,
            audit,
            clock,
            public_log,
            faults,
            rules,
        } = parts;
        let (board, ledger) = (Arc::new(Board::new(served)), Arc::new(ledger));
        let public_log = Arc::new(public_log);
        let public = PublicView::new(
            Arc::clone(&board),
            Arc::clone(&ledger),
            Arc::clone(&public_log),
            Arc::clone(&keys),
            clock.clone(),
        );
        let counting = Arc::new(Counting::new(
            Arc::clone(&authenticator),
            Arc::clone(&ledger),
            clock.clone(),
            Arc::clone(&board),
        ));
        let records = Records::new(RecordsParts {
            audit: Arc::clone(&audit),
            public_log,
            keys: Arc::clone(&keys),
            ledger,
            authenticator: Arc::clone(&authenticator),
            clock: clock.clone(),
            faults,
            board,
        })?;
        let office =
            Office::new(Arc::clone(&counting), authenticator, keys, audit, clock, records, rules);
        office.finish(polls).await?;
        Ok(Self { counting, office: Arc::new(office), public: Arc::new(public) })
    }
}

impl Office {
    /// Finishes what the last process left undone.
    async fn finish(&self, polls: Vec<Poll>) -> Result<(), EngineError> {
        let inside = self.turn().await;
        // First of all: what follows may be cut off too, and one act at most is missing in the log.
        inside.complete_public_log()?;
        self.finish_excisions(&inside).await?;
        for poll in polls {
            match poll.phase {
                Phase::Closing => {
                    self.freeze(&inside, poll).await?;
                }
                Phase::Closed => {
                    self.release(&inside, poll, &[], false).await?;
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
        self.publish_consented(&inside).await?;
        self.check_publications()?;
        self.resume_erasures(&inside).await
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
