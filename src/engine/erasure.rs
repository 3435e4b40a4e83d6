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
//!    A wrapping key that cannot be replaced at the moment (a full disk, a folder that may not be
//!    written, a token that is away) leaves everything as it was; the engine goes on and tries
//!    again.
//! 3. Where only the operator can replace the wrapping key, the poll waits in `erasing` until the
//!    operator has done so and says that the old one is destroyed.
//! 4. Rows deleted and their files rewritten: hygiene, because step 2 has done it. Again is
//!    harmless.
//! 5. The erasure record in the audit log, then phase `erased` on disk. *Crash between*: the record
//!    is written again; both say the same.
//!
//! The poll keeps its totals and its publications.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;

use super::decide::{Inside, Write};
use super::moves::Believed;
use super::{EngineError, KeyRoomError, Office};
use crate::audit::{Actor, Event, Hash};
use crate::ground::clock::Stopwatch;
use crate::keys::{KeyError, Rekeyed};
use crate::poll::{ErasureGround, Phase, Poll, PollId};
use crate::staff::{Denied, Permit, acts};

/// When closed polls are erased by themselves.
#[derive(Clone, Copy, Debug)]
pub struct ErasureRules {
    /// From the close to the erasure.
    pub grace: Duration,
    /// How long the engine must have seen a poll due before it acts, by a clock that does not jump:
    /// a wall clock that is wrong for a while must not destroy keys.
    pub hold: Duration,
}

/// How long the engine waits before it tries again to replace a wrapping key that could not be.
const RETRY_REKEY: Duration = Duration::from_secs(60);

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
    /// Not for this account.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// An erased poll, or one that waits for the operator, and the signed record if it is complete.
pub type ErasedPoll = (Poll, Option<Vec<u8>>);

impl Office {
    /// Erases the polls whose grace period is over. Called every few seconds.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn erase_due(&self) -> Result<(), EngineError> {
        let inside = self.turn().await;
        let due = self.due_for_erasure()?;
        let mut erasing = self.to_be_tried_again()?;
        if due.is_empty() && erasing.is_empty() {
            return Ok(());
        }
        for poll in due {
            erasing.push(
                self.decide_erasure(
                    &inside,
                    &Actor::engine(),
                    poll,
                    ErasureGround::GracePeriodOver,
                    None,
                )
                .await?,
            );
        }
        // All at once: each replaces the wrapping key.
        self.finish_erasures(&inside, erasing).await?;
        Ok(())
    }

    /// Erases a closed poll before its time.
    ///
    /// # Errors
    ///
    /// See [`EraseError`].
    pub(super) async fn erase_poll_confirmed(
        &self,
        permit: &Permit<acts::ErasePoll>,
        id: PollId,
        ground: ErasureGround,
        reference: String,
    ) -> Result<ErasedPoll, EraseError> {
        let by = permit.actor();
        let inside = self.enter(permit).await?;
        let poll = self.counting.poll(id).ok_or(EraseError::Unknown)?;
        let erasing = match poll.phase {
            Phase::Published | Phase::Withheld => {
                self.decide_erasure(&inside, by, poll, ground, Some(reference)).await?
            }
            // Under way, or done.
            Phase::Erasing | Phase::Erased | Phase::Expired => return Ok((poll, None)),
            other => return Err(EraseError::Phase(other)),
        };
        let mut erased = self.finish_erasures(&inside, vec![erasing]).await?;
        Ok(erased.pop().expect("one poll was given"))
    }

    /// Completes the erasures that wait for the operator, who says that the old wrapping key is
    /// destroyed.
    ///
    /// # Errors
    ///
    /// [`EraseError::KeyUnchanged`] while the engine still works under that key.
    pub async fn confirm_erasures(
        &self,
        permit: &Permit<acts::ConfirmErasures>,
        reference: String,
    ) -> Result<Vec<Poll>, EraseError> {
        let inside = self.enter(permit).await?;
        let mut gone = Vec::new();
        let waiting = self.erasing();
        for poll in &waiting {
            if self.is_sealed_no_more(poll)? {
                gone.push(poll.clone());
            }
        }
        if gone.is_empty() && !waiting.is_empty() {
            return Err(EraseError::KeyUnchanged);
        }
        if gone.is_empty() {
            return Ok(gone);
        }
        self.record(permit.actor(), Event::ErasuresConfirmed { reference })?;
        let mut erased = Vec::with_capacity(gone.len());
        for poll in gone {
            erased.push(self.complete_erasure(&inside, poll).await?.0);
        }
        Ok(erased)
    }

    /// Whether neither the poll's keys are left nor, as far as this process can see, the wrapping
    /// key that they were last sealed under.
    fn is_sealed_no_more(&self, poll: &Poll) -> Result<bool, EngineError> {
        let look = || -> Result<bool, KeyError> {
            let key_is_held = match poll.pending_key() {
                Some(name) => self.keys.still_holds(name)?,
                None => true,
            };
            Ok(!key_is_held && !self.keys.has_poll_keys(poll.id())?)
        };
        tokio::task::block_in_place(look).map_err(|error| self.fail(error.into()))
    }

    /// Erasures that the last process left undone.
    pub(super) async fn resume_erasures(&self, inside: &Inside<'_>) -> Result<(), EngineError> {
        let erasing = self.erasing();
        if !erasing.is_empty() {
            self.finish_erasures(inside, erasing).await?;
        }
        Ok(())
    }

    /// Polls in `erasing` that need not wait for the operator: the wrapping key could not be
    /// replaced, or destroyed, and perhaps it can by now; at the pace of [`RETRY_REKEY`].
    fn to_be_tried_again(&self) -> Result<Vec<Poll>, EngineError> {
        let mut left = Vec::new();
        for poll in self.erasing() {
            let has_keys = tokio::task::block_in_place(|| self.keys.has_poll_keys(poll.id()));
            if has_keys.map_err(|error| self.fail(error.into()))?
                || (!self.keys.only_operator_replaces() && self.is_sealed_no_more(&poll)?)
            {
                left.push(poll);
            }
        }
        let mut retried = self.rekey_tried.lock().unwrap_or_else(PoisonError::into_inner);
        if left.is_empty() {
            *retried = None;
        } else if retried.as_ref().is_some_and(|tried| tried.elapsed() < RETRY_REKEY) {
            left.clear();
        } else {
            *retried = Some(Stopwatch::start());
        }
        Ok(left)
    }

    fn erasing(&self) -> Vec<Poll> {
        self.counting.polls().into_iter().filter(|poll| poll.phase == Phase::Erasing).collect()
    }

    /// Step 1.
    async fn decide_erasure(
        &self,
        inside: &Inside<'_>,
        by: &Actor,
        poll: Poll,
        ground: ErasureGround,
        reference: Option<String>,
    ) -> Result<Poll, EngineError> {
        let poll = self.withdraw_before_erasure(inside, poll).await?;
        let id = poll.id();
        let event = Event::ErasureDecided { poll: id, ground, reference: reference.clone() };
        let poll = poll.erasing(self.clock.now(), ground, reference, self.keys.kek().to_string());
        inside.decide(by, event, Write::Erasing(Box::new(poll.clone()))).await?;
        Ok(poll)
    }

    /// Steps 2 to 5, for polls in phase `erasing`.
    async fn finish_erasures(
        &self,
        inside: &Inside<'_>,
        polls: Vec<Poll>,
    ) -> Result<Vec<ErasedPoll>, EngineError> {
        let mut sealed = Vec::with_capacity(polls.len());
        let mut with_keys = Vec::new();
        for poll in polls {
            inside.drop_index(poll.id()).await?;
            let has_keys = tokio::task::block_in_place(|| self.keys.has_poll_keys(poll.id()));
            if has_keys.map_err(|error| self.fail(error.into()))? {
                with_keys.push(poll.id());
                sealed.push(inside.name_wrapping_key(poll).await?);
            } else {
                sealed.push(poll);
            }
        }
        if !with_keys.is_empty() {
            match inside.rekey(with_keys).await {
                Err(EngineError::Keys(error)) if !self.keys.is_stopped() => {
                    // Nothing has changed. The polls stay in `erasing`, and the next look tries
                    // again.
                    tracing::error!(%error, "an erasure waits: the wrapping key is not replaced");
                    return Ok(sealed.into_iter().map(|poll| (poll, None)).collect());
                }
                replaced => drop(replaced?),
            }
        }
        let mut ended = Vec::with_capacity(sealed.len());
        for poll in sealed {
            // The process has destroyed the key that the poll names, or only the operator can.
            let waits = self.keys.only_operator_replaces() || !self.is_sealed_no_more(&poll)?;
            ended.push(if waits {
                self.await_operator(inside, poll).await?
            } else {
                self.complete_erasure(inside, poll).await?
            });
        }
        Ok(ended)
    }

    /// Replaces the key that wraps all others, by decision of the operator.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn rotate_wrapping_key(
        &self,
        permit: &Permit<acts::RotateWrappingKey>,
        reference: String,
    ) -> Result<Rekeyed, KeyRoomError> {
        let inside = self.enter(permit).await?;
        self.record(permit.actor(), Event::WrappingKeyRotation { reference })?;
        Ok(inside.rekey(Vec::new()).await?)
    }

    /// Step 3.
    async fn await_operator(
        &self,
        inside: &Inside<'_>,
        poll: Poll,
    ) -> Result<ErasedPoll, EngineError> {
        inside.drop_blocks(poll.id()).await?;
        let key = poll.pending_key().unwrap_or_default().to_owned();
        self.record(&Actor::engine(), Event::ErasurePending { poll: poll.id(), key })?;
        tracing::warn!(
            poll = %poll.id(),
            "an erasure waits: the wrapping key that sealed the poll's keys is still there"
        );
        Ok((poll, None))
    }

    /// Steps 4 and 5.
    async fn complete_erasure(
        &self,
        inside: &Inside<'_>,
        poll: Poll,
    ) -> Result<ErasedPoll, EngineError> {
        inside.drop_blocks(poll.id()).await?;
        let publication = self.counting.publication(poll.id());
        let publication_hash = publication.map(|held| Hash::from(blake3::hash(&held.bytes())));
        let ground = poll.erasure.as_ref().map(|erasure| erasure.ground);
        let ground = ground.expect("a poll in phase erasing says on what ground");
        let event = Event::PollErased { poll: poll.id(), ground, publication_hash };
        let poll = poll.erased(self.clock.now());
        let write = Write::Erased(Box::new(poll.clone()));
        let record = inside.decide(&Actor::engine(), event, write).await?.line;
        self.due_since.lock().unwrap_or_else(PoisonError::into_inner).remove(&poll.id());
        Ok((poll, Some(record)))
    }

    /// Polls that are due, and have been for as long as the rules ask.
    fn due_for_erasure(&self) -> Result<Vec<Poll>, EngineError> {
        let Believed { wall: now, steady, .. } = self.look_at_clocks()?;
        let mut since = self.due_since.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that swings may show each poll as due at every look.
        if !steady {
            since.clear();
            return Ok(Vec::new());
        }
        let mut due = Vec::new();
        for poll in self.counting.polls() {
            if !is_due(&poll, self.rules.erasure.grace, now) {
                since.remove(&poll.id());
                continue;
            }
            if since.entry(poll.id()).or_insert_with(Stopwatch::start).elapsed()
                >= self.rules.erasure.hold
            {
                due.push(poll);
            }
        }
        Ok(due)
    }
}

fn is_due(poll: &Poll, grace: Duration, now: Timestamp) -> bool {
    let ended = matches!(poll.phase, Phase::Published | Phase::Withheld);
    let over =
        |closed_at: Timestamp| closed_at.checked_add(grace).is_ok_and(|erased_at| erased_at <= now);
    ended && poll.closed_at.is_some_and(over)
}
