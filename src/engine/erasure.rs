//! Erasure: what is left of a closed poll can tell who took part no more. Step 10 of the order of
//! writes.
//!
//! 1. The decision: audit entry, then phase `erasing` on disk, with the name of the wrapping key.
//!    From here the poll has no tag key in memory and the writer forgets its index. *Crash*: the
//!    restart finds `erasing` and goes on.
//! 2. [`crate::keys::KeyStore::rekey`]: a new root key under a new wrapping key, the survivors
//!    sealed anew without the poll's keys, the old wrapping key destroyed. From here no copy of the
//!    poll's rows opens, in no backup. *Crash*: the key store finishes or undoes; the poll's keys
//!    say which, and the restart goes on from there.
//! 3. Where only the operator can replace the wrapping key, the poll waits in `erasing` until the
//!    operator has done so and says that the old one is destroyed.
//! 4. Rows deleted and their files rewritten: hygiene, because step 2 has done it. Again is
//!    harmless.
//! 5. The erasure record in the audit log, then phase `erased` on disk. *Crash between*: the record
//!    is written again; both say the same.
//!
//! The poll keeps its totals and its publications.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::{Engine, EngineError};
use crate::keys::Rekeyed;
use crate::log::{Event, Hash};
use crate::poll::{ErasureGround, Phase, Poll, PollId};
use crate::service::clock::Stopwatch;

/// When closed polls are erased by themselves.
#[derive(Clone, Copy, Debug)]
pub struct ErasureRules {
    /// From the close to the erasure.
    pub grace: Duration,
    /// How long the engine must have seen a poll due before it acts, by a clock that does not jump:
    /// a wall clock that is wrong for a while must not destroy keys.
    pub hold: Duration,
}

/// Since when polls are seen to be due.
pub(super) type DueSince = HashMap<PollId, Stopwatch>;

/// Why a poll is not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// No such poll.
    #[error("no such poll")]
    Unknown,
    /// A poll that is not closed, or not decided on.
    #[error("the poll is {}", .0.name())]
    Phase(Phase),
    /// Erasures wait for a new wrapping key, and the engine works under the one that they name.
    #[error("the engine still works under the wrapping key that must be destroyed")]
    KeyUnchanged,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// An erased poll, or one that waits for the operator, and the signed record if it is complete.
pub type ErasedPoll = (Poll, Option<Vec<u8>>);

impl Engine {
    /// Erases the polls whose grace period is over. Called every few seconds.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn erase_due(&self) -> Result<(), EngineError> {
        let _one_at_a_time = self.staff.lock().await;
        let due = self.due_for_erasure();
        if due.is_empty() {
            return Ok(());
        }
        let mut erasing = Vec::with_capacity(due.len());
        for poll in due {
            erasing.push(self.decide_erasure(poll, ErasureGround::GracePeriodOver, None).await?);
        }
        // All at once: each replaces the wrapping key.
        self.finish_erasures(erasing).await?;
        Ok(())
    }

    /// Erases a closed poll before its time.
    ///
    /// # Errors
    ///
    /// See [`EraseError`].
    pub async fn erase_poll(
        &self,
        id: PollId,
        ground: ErasureGround,
        reference: String,
    ) -> Result<ErasedPoll, EraseError> {
        let _one_at_a_time = self.staff.lock().await;
        let poll = self.poll(id).ok_or(EraseError::Unknown)?;
        let erasing = match poll.phase {
            Phase::Published | Phase::Withheld => {
                self.decide_erasure(poll, ground, Some(reference)).await?
            }
            // Waiting for the operator.
            Phase::Erasing => return Ok((poll, None)),
            Phase::Erased => return Ok((poll, None)),
            other => return Err(EraseError::Phase(other)),
        };
        let mut erased = self.finish_erasures(vec![erasing]).await?;
        Ok(erased.pop().expect("one poll was given"))
    }

    /// Completes the erasures that wait for the operator, who says that the old wrapping key is
    /// destroyed.
    ///
    /// # Errors
    ///
    /// [`EraseError::KeyUnchanged`] while the engine still works under that key.
    pub async fn confirm_erasures(&self, reference: String) -> Result<Vec<Poll>, EraseError> {
        let _one_at_a_time = self.staff.lock().await;
        let waiting = self.erasing();
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let current = self.keys.kek().to_string();
        let names = |poll: &Poll| poll.pending_key() == Some(current.as_str());
        if waiting.iter().any(names) {
            return Err(EraseError::KeyUnchanged);
        }
        self.record(Event::ErasuresConfirmed { reference })?;
        let mut erased = Vec::with_capacity(waiting.len());
        for poll in waiting {
            erased.push(self.complete_erasure(poll).await?.0);
        }
        Ok(erased)
    }

    /// Erasures that the last process left undone.
    pub(super) async fn resume_erasures(&self) -> Result<(), EngineError> {
        let erasing = self.erasing();
        if !erasing.is_empty() {
            self.finish_erasures(erasing).await?;
        }
        Ok(())
    }

    fn erasing(&self) -> Vec<Poll> {
        self.polls().into_iter().filter(|poll| poll.phase == Phase::Erasing).collect()
    }

    /// Step 1.
    async fn decide_erasure(
        &self,
        poll: Poll,
        ground: ErasureGround,
        reference: Option<String>,
    ) -> Result<Poll, EngineError> {
        let id = poll.id();
        self.record(Event::ErasureDecided { poll: id, ground, reference: reference.clone() })?;
        let poll = poll.erasing(self.clock.now(), ground, reference, self.keys.kek().to_string());
        self.ledger.put_poll(&poll).await?;
        self.serve_without_keys(&poll);
        Ok(poll)
    }

    /// Steps 2 to 5, for polls in phase `erasing`.
    async fn finish_erasures(&self, polls: Vec<Poll>) -> Result<Vec<ErasedPoll>, EngineError> {
        let mut with_keys = Vec::new();
        for poll in &polls {
            self.ledger.drop_index(poll.id()).await?;
            let has_keys = tokio::task::block_in_place(|| self.keys.has_poll_keys(poll.id()));
            if has_keys.map_err(|error| self.fail(error.into()))? {
                with_keys.push(poll.id());
            }
        }
        if !with_keys.is_empty() {
            self.replace_wrapping_key(with_keys).await?;
        }
        let mut ended = Vec::with_capacity(polls.len());
        for poll in polls {
            // The process destroyed the key that the poll names, or only the operator can.
            let waits = self.keys.only_operator_replaces()
                || poll.pending_key() == Some(self.keys.kek().to_string().as_str());
            ended.push(if waits {
                self.await_operator(poll).await?
            } else {
                self.complete_erasure(poll).await?
            });
        }
        Ok(ended)
    }

    /// Replaces the key that wraps all others, by decision of the operator.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn rotate_wrapping_key(&self, reference: String) -> Result<Rekeyed, EngineError> {
        let _one_at_a_time = self.staff.lock().await;
        self.record(Event::WrappingKeyRotation { reference })?;
        self.replace_wrapping_key(Vec::new()).await
    }

    /// Replaces the key that wraps all others, and destroys the keys of these polls with it.
    pub(super) async fn replace_wrapping_key(
        &self,
        erased: Vec<PollId>,
    ) -> Result<Rekeyed, EngineError> {
        let rekeyed = self.ledger.rekey(erased).await?;
        let (previous_key, key) = (rekeyed.old.to_string(), rekeyed.new.to_string());
        self.record(Event::WrappingKeyReplaced { previous_key, key })?;
        Ok(rekeyed)
    }

    /// Step 3.
    async fn await_operator(&self, poll: Poll) -> Result<ErasedPoll, EngineError> {
        self.ledger.drop_blocks(poll.id()).await?;
        let key = poll.pending_key().unwrap_or_default().to_owned();
        self.record(Event::ErasurePending { poll: poll.id(), key })?;
        tracing::warn!(
            poll = %poll.id(),
            "an erasure waits: replace the wrapping key in the environment, restart, confirm"
        );
        Ok((poll, None))
    }

    /// Steps 4 and 5.
    async fn complete_erasure(&self, poll: Poll) -> Result<ErasedPoll, EngineError> {
        self.ledger.drop_blocks(poll.id()).await?;
        let publication = self.publication(poll.id());
        let publication_hash = publication.map(|held| Hash::from(blake3::hash(&held.bytes())));
        let ground = poll.erasure.as_ref().map(|erasure| erasure.ground);
        let ground = ground.expect("a poll in phase erasing says on what ground");
        let record =
            self.record_line(Event::PollErased { poll: poll.id(), ground, publication_hash })?;
        let poll = poll.erased(self.clock.now());
        self.ledger.put_poll(&poll).await?;
        self.serve_without_keys(&poll);
        self.due_since.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&poll.id());
        Ok((poll, Some(record)))
    }

    /// Polls that are due, and have been for as long as the rules ask.
    fn due_for_erasure(&self) -> Vec<Poll> {
        let now = self.clock.now();
        let mut since = self.due_since.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut due = Vec::new();
        for poll in self.polls() {
            if !is_due(&poll, self.erasure.grace, now) {
                since.remove(&poll.id());
                continue;
            }
            if since.entry(poll.id()).or_insert_with(Stopwatch::start).elapsed()
                >= self.erasure.hold
            {
                due.push(poll);
            }
        }
        due
    }
}

fn is_due(poll: &Poll, grace: Duration, now: Timestamp) -> bool {
    let ended = matches!(poll.phase, Phase::Published | Phase::Withheld);
    let over =
        |closed_at: Timestamp| closed_at.checked_add(grace).is_ok_and(|erased_at| erased_at <= now);
    ended && poll.closed_at.is_some_and(over)
}
