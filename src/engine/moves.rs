//! The moves of a poll from its schedule to its end, by people and by the clock.
//!
//! Which moves a phase allows is one table ([`Phase::after`]).
//!
//! Opening and closing follow the stated times by [`Office::tick`]. Casting needs neither: every
//! ballot is compared with the stated times when it arrives, so a poll whose clock is late counts
//! nothing that came late. A poll is closed a stated grace after its time, so that ballots which
//! reached the server in time and wait in the queue are counted, and only when the wall clock has
//! held (R16): to close is for good.

use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;

use super::decide::{Inside, Write};
use super::{EngineError, Office};
use crate::audit::{Actor, Event, Hash};
use crate::ground::clock::Stopwatch;
use crate::ground::limits::CLOSE_GRACE;
use crate::poll::{CloseReason, Move, Phase, Poll, PollId, Violation, ZonedTime, check_reason};
use crate::staff::{Act, Denied, Permit, acts};

/// Between two lines of the log that say that a poll does not open.
const COMPLAINTS_APART: Duration = Duration::from_secs(60);

/// Why a poll does not move to another phase.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// No such poll.
    #[error("no such poll")]
    Unknown,
    /// No issuer is configured for the poll's subject space, so that nobody could take part.
    #[error("no issuer is configured for the poll's subject space")]
    NoIssuer,
    /// Its closing time has passed.
    #[error("the poll's closing time has passed")]
    ClosingTimePast,
    /// Not a move from the phase it is in.
    #[error("the poll is {}", .0.name())]
    Phase(Phase),
    /// The consent is withdrawn too late: a release stands.
    #[error("the results are published already")]
    Released,
    /// A field breaks a rule.
    #[error("{0}")]
    Field(Violation),
    /// Not for this account.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Office {
    /// Lets an approved poll open at its time; at once, when that has come.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn schedule_poll(
        &self,
        permit: &Permit<acts::SchedulePoll>,
        id: PollId,
    ) -> Result<Poll, MoveError> {
        let inside = self.enter(permit).await?;
        let poll = self.movable(permit, id, Move::Schedule)?;
        let now = self.clock.now();
        if poll.closes_at <= now {
            return Err(MoveError::ClosingTimePast);
        }
        let space = &poll.definition.order().participants.subject_space;
        self.authenticator.space(space).ok_or(MoveError::NoIssuer)?;
        let (opens_at, closes_at) = (poll.opens_at(), poll.closes_at);
        let event = Event::PollScheduled { poll: id, opens_at, closes_at };
        let poll = poll.scheduled();
        inside.decide(permit.actor(), event, Write::poll(&poll)).await?;
        let calm = self.look_at_clocks()?.calm;
        if calm && opens_at <= now { self.open(&inside, poll).await } else { Ok(poll) }
    }

    /// Counts no ballot of a poll from the return on.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn suspend_poll(
        &self,
        permit: &Permit<acts::SuspendPoll>,
        id: PollId,
        reason: String,
    ) -> Result<Poll, MoveError> {
        let reason = bounded("reason", reason)?;
        let inside = self.enter(permit).await?;
        let poll = self.movable(permit, id, Move::Suspend)?;
        Ok(self.suspend(&inside, permit.actor(), poll, reason).await?)
    }

    /// Suspends every open poll within the permit's reach (L9); those that were open.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn suspend_all(
        &self,
        permit: &Permit<acts::SuspendPoll>,
        reason: String,
    ) -> Result<Vec<PollId>, MoveError> {
        let reason = bounded("reason", reason)?;
        let inside = self.enter(permit).await?;
        let mut suspended = Vec::new();
        for poll in self.counting.polls() {
            let open = poll.phase.after(Move::Suspend).is_some();
            if open && permit.covers(&poll.definition.order().initiator.code).is_ok() {
                suspended.push(poll.id());
                self.suspend(&inside, permit.actor(), poll, reason.clone()).await?;
            }
        }
        Ok(suspended)
    }

    async fn suspend(
        &self,
        inside: &Inside<'_>,
        by: &Actor,
        poll: Poll,
        reason: String,
    ) -> Result<Poll, EngineError> {
        let (id, before) = (poll.id(), poll.phase);
        let event = Event::PollSuspended { poll: id, reason: reason.clone(), before };
        let poll = poll.suspended(self.clock.now(), reason);
        inside.decide(by, event, Write::gate(&poll)).await?;
        Ok(poll)
    }

    /// Counts the ballots of a suspended poll again.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn resume_poll(
        &self,
        permit: &Permit<acts::ResumePoll>,
        id: PollId,
        reason: String,
    ) -> Result<Poll, MoveError> {
        let reason = bounded("reason", reason)?;
        let inside = self.enter(permit).await?;
        let poll = self.movable(permit, id, Move::Resume)?;
        let poll = poll.resumed();
        let event = Event::PollResumed { poll: id, reason };
        inside.decide(permit.actor(), event, Write::gate(&poll)).await?;
        Ok(poll)
    }

    /// Moves the closing time of a poll forward.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn extend_poll(
        &self,
        permit: &Permit<acts::ExtendPoll>,
        id: PollId,
        closes_at: &str,
        reason: String,
    ) -> Result<Poll, MoveError> {
        let after = ZonedTime::parse(closes_at)
            .map_err(|rule| MoveError::Field(Violation::new("closes_at", rule)))?
            .instant();
        let reason = bounded("reason", reason)?;
        let inside = self.enter(permit).await?;
        let poll = self.movable(permit, id, Move::Extend)?;
        poll.check_extension(after, &reason).map_err(MoveError::Field)?;
        let now = self.clock.now();
        if after <= now {
            return Err(MoveError::ClosingTimePast);
        }
        let before = poll.closes_at;
        let event = Event::PollExtended { poll: id, before, after, reason: reason.clone() };
        let poll = poll.extended(now, after, reason);
        inside.decide(permit.actor(), event, Write::poll(&poll)).await?;
        Ok(poll)
    }

    /// Ends a poll before its time and publishes what its rules allow. A poll that is past that is
    /// returned as it is.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn end_poll(
        &self,
        permit: &Permit<acts::EndPoll>,
        id: PollId,
        reason: CloseReason,
        note: String,
    ) -> Result<Poll, MoveError> {
        let note = if note.is_empty() { None } else { Some(bounded("note", note)?) };
        let inside = self.enter(permit).await?;
        let poll = self.counting.poll(id).ok_or(MoveError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        if poll.phase > Phase::Suspended {
            return Ok(poll);
        }
        if poll.phase.after(Move::EndEarly).is_none() {
            return Err(MoveError::Phase(poll.phase));
        }
        if !poll.definition.profile().early_end.contains(&reason) {
            let rule = "must be a reason for which the poll's procedure lets it end early";
            return Err(MoveError::Field(Violation::new("reason", rule)));
        }
        // Not before the opening, whatever the clock says: the grace period begins here.
        let now = self.clock.now();
        let at = poll.opened_at.map_or(now, |opened| opened.max(now));
        Ok(self.close(&inside, permit.actor(), poll, at, reason, note).await?)
    }

    /// Lets every poll follow the clock. Called several times a second.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn tick(&self) -> Result<(), EngineError> {
        let Believed { wall: now, calm, steady } = self.look_at_clocks()?;
        // One whose whole time passed while nobody was there stays scheduled: to extend it, or to
        // give it back, is for people to decide.
        let opens = |poll: &Poll| {
            let in_time = poll.opens_at() <= now && now < poll.closes_at;
            calm && poll.phase == Phase::Scheduled && in_time
        };
        let closes = |poll: &Poll| {
            let running = matches!(poll.phase, Phase::Open | Phase::Suspended);
            steady && running && is_over(poll.closes_at, CLOSE_GRACE, now)
        };
        // Openings first, and each under a lock of its own: a close is a fold and takes its time,
        // and staff must come in between.
        for id in self.counting.those(opens) {
            let inside = self.turn().await;
            if let Some(poll) = self.counting.poll(id).filter(opens) {
                self.open_by_time(&inside, poll).await?;
            }
        }
        for id in self.counting.those(closes) {
            let inside = self.turn().await;
            if let Some(poll) = self.counting.poll(id).filter(closes) {
                // The time that was stated, not the moment at which the engine came to it.
                let (at, reason) = (poll.closes_at, CloseReason::AsPlanned);
                self.close(&inside, &Actor::engine(), poll, at, reason, None).await?;
            }
        }
        // A release cannot be taken back.
        if steady {
            self.release_live(now).await?;
        }
        self.expire_proposals().await
    }

    /// How far the wall clock is believed; a jump is an entry of the log.
    pub(super) fn look_at_clocks(&self) -> Result<Believed, EngineError> {
        let (jump, believed) = {
            let mut clockwork = self.clockwork.lock().unwrap_or_else(PoisonError::into_inner);
            let monotonic = self.clock.monotonic();
            let wall = self.clock.now();
            let jump = clockwork.look(wall, monotonic);
            let (calm, steady) = (clockwork.is_calm(monotonic), clockwork.is_steady(monotonic));
            (jump, Believed { wall, calm, steady })
        };
        if let Some(jump) = jump {
            let seconds = jump.as_secs();
            tracing::warn!(seconds, "the wall clock has jumped: what cannot be undone waits");
            self.record(&Actor::engine(), Event::ClockJumped { seconds })?;
        }
        Ok(believed)
    }

    /// A poll that cannot open, because its issuers are gone from the configuration, stays scheduled.
    async fn open_by_time(&self, inside: &Inside<'_>, poll: Poll) -> Result<(), EngineError> {
        let id = poll.id();
        match self.open(inside, poll).await {
            Ok(_) => Ok(()),
            Err(MoveError::Engine(error)) => Err(error),
            Err(error) => {
                let mut said = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
                if said.as_ref().is_none_or(|said| said.elapsed() >= COMPLAINTS_APART) {
                    tracing::error!(poll = %id, %error, "a scheduled poll does not open");
                    *said = Some(Stopwatch::start());
                }
                Ok(())
            }
        }
    }

    /// Opens a scheduled poll: from the return on ballots are counted.
    async fn open(&self, inside: &Inside<'_>, poll: Poll) -> Result<Poll, MoveError> {
        let id = poll.id();
        let space = &poll.definition.order().participants.subject_space;
        let space = self.authenticator.space(space).ok_or(MoveError::NoIssuer)?;
        let definition_hash = Hash::from_bytes(poll.definition.hash().0);
        let event = Event::PollOpened { poll: id, definition_hash };
        inside.decide(&Actor::engine(), event, Write::Opening(Box::new(poll), space)).await?;
        Ok(self.counting.poll(id).expect("it is served from its opening on"))
    }

    async fn close(
        &self,
        inside: &Inside<'_>,
        by: &Actor,
        poll: Poll,
        at: Timestamp,
        reason: CloseReason,
        note: Option<String>,
    ) -> Result<Poll, EngineError> {
        let event = Event::PollClosing { poll: poll.id(), reason, note: note.clone() };
        let poll = poll.closing(at, reason, note);
        inside.decide(by, event, Write::poll(&poll)).await?;
        self.freeze(inside, poll).await
    }

    /// From `closing` to the end.
    pub(super) async fn freeze(
        &self,
        inside: &Inside<'_>,
        poll: Poll,
    ) -> Result<Poll, EngineError> {
        let poll = inside.freeze(poll).await?;
        self.release(inside, poll, &[], false).await
    }

    /// The poll, if its phase allows this move and the permit covers its body.
    pub(super) fn movable<A: Act>(
        &self,
        permit: &Permit<A>,
        id: PollId,
        mv: Move,
    ) -> Result<Poll, MoveError> {
        let poll = self.counting.poll(id).ok_or(MoveError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        match poll.phase.after(mv) {
            Some(_) => Ok(poll),
            None => Err(MoveError::Phase(poll.phase)),
        }
    }
}

/// For what the wall clock is believed.
pub(super) struct Believed {
    /// The time that was judged; a second reading may be another.
    pub(super) wall: Timestamp,
    /// For the opening of polls.
    pub(super) calm: bool,
    /// For what cannot be undone.
    pub(super) steady: bool,
}

/// Whether this much time has passed since a moment.
pub(super) fn is_over(since: Timestamp, span: Duration, now: Timestamp) -> bool {
    since.checked_add(span).is_ok_and(|end| end <= now)
}

fn bounded(field: &str, text: String) -> Result<String, MoveError> {
    check_reason(field, &text).map_err(MoveError::Field)?;
    Ok(text)
}
