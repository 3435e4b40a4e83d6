//! What becomes of a closed poll's totals: published, withheld, corrected; and who may see what of
//! them before.
//!
//! Counts leave by [`crate::publish`] alone, which decides by the poll's rules.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::decide::{Entries, Inside, Release, Write};
use super::{EngineError, MoveError, Office};
use crate::audit::{Actor, Event};
use crate::count::ledger::Shown;
use crate::ground::limits::RELEASE_WINDOW_SECONDS;
use crate::ground::metrics::{self, Ended};
use crate::poll::{
    AttachedDecision, Consent, Move, Phase, Poll, PollId, PublicationMode, Violation,
    WithheldReason, date_in_kyiv,
};
use crate::publish::{
    Decision, OwnResult, Publication, ResultsState, Statement, Turnout, VerifyError, verify,
    withdraw,
};
use crate::staff::{Denied, Permit, acts};
use crate::tally::GroupId;

/// Why somebody does not see a poll's totals.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// No such poll.
    #[error("no such poll")]
    Unknown,
    /// There is nothing to see in this phase.
    #[error("the poll is {}", .0.name())]
    Phase(Phase),
    /// The poll's rules hide them.
    #[error("the totals are withheld")]
    Withheld(WithheldReason),
    /// Not for this account.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Why totals that were held back are not shown.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// No such poll.
    #[error("no such poll")]
    Unknown,
    /// There are no newer totals that wait.
    #[error("the poll is {} and holds nothing back", .0.name())]
    NothingHeld(Phase),
    /// Not for this account.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Office {
    /// Records the initiator's consent to publication; a poll that waits for it is published.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn give_consent(
        &self,
        permit: &Permit<acts::GiveConsent>,
        id: PollId,
        reference: String,
    ) -> Result<Poll, MoveError> {
        let inside = self.enter(permit).await?;
        let poll = self.movable(permit, id, Move::GiveConsent)?;
        if poll.consent.is_some() {
            return Ok(poll);
        }
        let event = Event::ConsentGiven { poll: id, reference: reference.clone() };
        let by = permit.account().to_owned();
        let poll = poll.with_consent(Consent { by, at: self.clock.now(), reference });
        inside.decide(permit.actor(), event, Write::poll(&poll)).await?;
        if !waits_for_consent(&poll) {
            return Ok(poll);
        }
        // Crash before: the consent stands, and the restart publishes what waits for it.
        Ok(self.release(&inside, poll, &[], false).await?)
    }

    /// Takes the initiator's consent back, until the first release.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn withdraw_consent(
        &self,
        permit: &Permit<acts::WithdrawConsent>,
        id: PollId,
        reference: String,
    ) -> Result<Poll, MoveError> {
        let inside = self.enter(permit).await?;
        let poll = self.counting.poll(id).ok_or(MoveError::Unknown)?;
        if !self.counting.releases(id).is_empty() {
            permit.covers(&poll.definition.order().initiator.code)?;
            return Err(MoveError::Released);
        }
        let poll = self.movable(permit, id, Move::WithdrawConsent)?;
        let event = Event::ConsentWithdrawn { poll: id, reference };
        let poll = poll.without_consent();
        inside.decide(permit.actor(), event, Write::poll(&poll)).await?;
        Ok(poll)
    }

    /// Attaches a decision that was taken after a poll.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn attach_decision(
        &self,
        permit: &Permit<acts::AttachDecision>,
        id: PollId,
        decision: AttachedDecision,
    ) -> Result<Poll, MoveError> {
        let inside = self.enter(permit).await?;
        let poll = self.movable(permit, id, Move::AttachDecision)?;
        let today = date_in_kyiv(self.clock.now());
        let future = decision.date > today;
        let future = future.then(|| Violation::new("date", "must not be in the future"));
        let mut flaws = future.into_iter().chain(poll.check_decision(&decision));
        if let Some(flaw) = flaws.next() {
            let field = format!("decision.{}", flaw.field);
            return Err(MoveError::Field(Violation { field, ..flaw }));
        }
        let event = Event::DecisionAttached {
            poll: id,
            reference: decision.reference.clone(),
            date: decision.date,
        };
        let poll = poll.with_decision(decision);
        let write = Write::BesideResults(Box::new(poll.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(poll)
    }

    /// The totals of an own closed poll, published or not, through the gate of every publication.
    ///
    /// # Errors
    ///
    /// See [`LookError`].
    pub async fn own_result(
        &self,
        permit: &Permit<acts::ReadOwnResult>,
        id: PollId,
    ) -> Result<OwnResult, LookError> {
        // While a group is taken out there is a new tally, and nothing is decided about it yet.
        let _one_at_a_time = self.enter(permit).await?;
        let poll = self.counting.poll(id).ok_or(LookError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        if poll.phase <= Phase::Closed {
            return Err(LookError::Phase(poll.phase));
        }
        let result = self.counting.own_result(&poll).ok_or(LookError::Phase(poll.phase))?;
        let result = result.map_err(LookError::Withheld)?;
        self.record(permit.actor(), Event::ResultRead { poll: id })?;
        Ok(result)
    }

    /// What the answer sheet of a poll is printed from: the poll, and what may be said of its
    /// results.
    ///
    /// # Errors
    ///
    /// See [`LookError`].
    pub fn sheet(
        &self,
        permit: &Permit<acts::ReadSheet>,
        id: PollId,
    ) -> Result<(Poll, ResultsState), LookError> {
        let poll = self.counting.poll(id).ok_or(LookError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        // Staff know of polls that the public does not know of yet.
        let results = self.counting.public_poll(id);
        let results =
            results.map_or(ResultsState::NotPublished(poll.phase), |poll| poll.results.clone());
        Ok((poll, results))
    }

    /// How many ballots a poll has, in coarse steps, as of the last fold.
    ///
    /// # Errors
    ///
    /// See [`LookError`].
    pub fn turnout(
        &self,
        permit: &Permit<acts::ReadTurnout>,
        id: PollId,
    ) -> Result<Turnout, LookError> {
        let poll = self.counting.poll(id).ok_or(LookError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        if poll.phase < Phase::Open || poll.phase == Phase::Expired {
            return Err(LookError::Phase(poll.phase));
        }
        Ok(self.counting.turnout(&poll))
    }

    /// Polls whose consent came, and whose publication a crash cut off.
    pub(super) async fn publish_consented(&self, inside: &Inside<'_>) -> Result<(), EngineError> {
        for poll in self.counting.polls().into_iter().filter(waits_for_consent) {
            self.release(inside, poll, &[], false).await?;
        }
        Ok(())
    }

    /// From `closed` to published or withheld, from withheld to published when the consent comes
    /// later, and from a published tally to a corrected one. `agreed`: two people have decided that
    /// it is shown although it lies close to what was shown before.
    pub(super) async fn release(
        &self,
        inside: &Inside<'_>,
        poll: Poll,
        excised: &[GroupId],
        agreed: bool,
    ) -> Result<Poll, EngineError> {
        let (id, now) = (poll.id(), self.clock.now());
        match self.counting.judge(&poll, agreed, now).await? {
            Decision::Publish(statement) => {
                metrics::publication(Ended::Published);
                self.publish(inside, poll.published(), *statement, Shown::Tally, excised).await
            }
            Decision::Withhold { reason, own, withdrawal } => {
                metrics::publication(Ended::Withheld);
                let shown = if own { Shown::Tally } else { Shown::Nothing };
                let poll = poll.withheld(reason);
                // What not even the initiator may see waits for two people, whatever the public's
                // reason is; too few answers are for nobody.
                let waits = !own && reason != WithheldReason::TooFewAnswers;
                let poll = if waits { poll.held_back(now) } else { poll };
                let event = Event::PollWithheld { poll: id, reason };
                self.withhold(inside, event, poll, withdrawal, shown, excised).await
            }
            Decision::HoldBack => {
                metrics::publication(Ended::HeldBack);
                let (event, poll) = (Event::CorrectionHeldBack { poll: id }, poll.held_back(now));
                self.withhold(inside, event, poll, None, Shown::Nothing, excised).await
            }
        }
    }

    /// Shows totals that lie close to what was shown before, because two people have decided so.
    pub(super) async fn release_close_confirmed(
        &self,
        permit: &Permit<acts::ReleaseHeldBack>,
        id: PollId,
        reference: String,
    ) -> Result<Poll, ReleaseError> {
        let inside = self.enter(permit).await?;
        let poll = self.held_back(id)?;
        // What is agreed is entered, and then decided: a crash between leaves it to be agreed again.
        self.record(permit.actor(), Event::CloseReleaseAgreed { poll: id, reference })?;
        Ok(self.release(&inside, poll, &[], true).await?)
    }

    /// Takes a release back that is known to be wrong before the poll is erased: after that nobody can
    /// decide about the totals that are held back.
    pub(super) async fn withdraw_before_erasure(
        &self,
        inside: &Inside<'_>,
        poll: Poll,
    ) -> Result<Poll, EngineError> {
        let Some(at) = poll.held_back_at.filter(|_| poll.phase == Phase::Published) else {
            return Ok(poll);
        };
        let (reason, now) = (WithheldReason::TooClose, self.clock.now());
        let statement = withdraw(&poll, &self.counting.releases(poll.id()), reason, now);
        let event = Event::PollWithheld { poll: poll.id(), reason };
        let poll = poll.withheld(reason).held_back(at);
        self.withhold(inside, event, poll, statement.map(Box::new), Shown::Nothing, &[]).await
    }

    /// The poll, if newer totals of it wait for two people.
    pub(super) fn held_back(&self, id: PollId) -> Result<Poll, ReleaseError> {
        let poll = self.counting.poll(id).ok_or(ReleaseError::Unknown)?;
        let held = poll.is_held_back() && matches!(poll.phase, Phase::Published | Phase::Withheld);
        if held { Ok(poll) } else { Err(ReleaseError::NothingHeld(poll.phase)) }
    }

    /// Makes the live releases whose time has come, of polls that have a cut to show.
    pub(super) async fn release_live(&self, now: Timestamp) -> Result<(), EngineError> {
        for id in self.counting.those(|poll| self.is_release_due(poll, now)) {
            let inside = self.turn().await;
            let Some(poll) = self.counting.poll(id).filter(|poll| poll.phase == Phase::Open) else {
                continue;
            };
            self.looked_for_release(&poll, now);
            if let Some(statement) = self.counting.live(&poll, now).await? {
                metrics::publication(Ended::Live);
                self.publish(&inside, poll, statement, Shown::Cut, &[]).await?;
            }
        }
        Ok(())
    }

    /// Whether this is one of a poll's times for a live release, and it was not looked at yet. The
    /// times are fixed, so that they say nothing about when the ballots came.
    fn is_release_due(&self, poll: &Poll, now: Timestamp) -> bool {
        let live = poll.definition.order().publication.mode == PublicationMode::Live;
        let Some(slot) = release_slot(poll, now).filter(|_| live && poll.phase == Phase::Open)
        else {
            return false;
        };
        let looked = self.release_slots.lock().unwrap_or_else(PoisonError::into_inner);
        looked.get(&poll.id()).is_none_or(|last| *last < slot)
    }

    fn looked_for_release(&self, poll: &Poll, now: Timestamp) {
        let Some(slot) = release_slot(poll, now) else { return };
        let mut looked = self.release_slots.lock().unwrap_or_else(PoisonError::into_inner);
        looked.insert(poll.id(), slot);
    }

    /// Signs a release and lets it out.
    async fn publish(
        &self,
        inside: &Inside<'_>,
        poll: Poll,
        statement: Statement,
        shown: Shown,
        excised: &[GroupId],
    ) -> Result<Poll, EngineError> {
        let publication = self.sign(statement)?;
        let event = published(&publication);
        let write = release_of(&poll, Some(publication), shown, excised);
        inside.decide(&Actor::engine(), event, write).await?;
        Ok(poll)
    }

    /// Lets totals stay where they are, or takes the release back that showed them.
    async fn withhold(
        &self,
        inside: &Inside<'_>,
        event: Event,
        poll: Poll,
        withdrawal: Option<Box<Statement>>,
        shown: Shown,
        excised: &[GroupId],
    ) -> Result<Poll, EngineError> {
        let withdrawal = withdrawal.map(|statement| self.sign(*statement)).transpose()?;
        let entries = Entries::two(event, withdrawal.as_ref().map(published));
        let write = release_of(&poll, withdrawal, shown, excised);
        inside.decide(&Actor::engine(), entries, write).await?;
        Ok(poll)
    }

    /// Signs a release that passes the check that anybody can make of it. A table that does not is
    /// withheld: then the choice of what to hide was wrong, and nobody but us must find out.
    fn sign(&self, mut statement: Statement) -> Result<Arc<Publication>, EngineError> {
        let key = self.keys.signing_key();
        loop {
            let signed = Publication::sign(statement, key);
            match verify(&signed.bytes(), &key.verifying_key()) {
                Ok(_) => return Ok(Arc::new(signed)),
                Err(VerifyError::Table { table, flaw }) => {
                    tracing::error!(%flaw, "a table is withheld: its check refuses it");
                    statement = signed.statement;
                    statement.breakdowns[table].withhold();
                }
                Err(error) => return Err(self.fail(error.into())),
            }
        }
    }

    /// Every publication that is served states what is stored. Excisions are finished by then, so
    /// any difference is damage, or somebody's doing.
    pub(super) fn check_publications(&self) -> Result<(), EngineError> {
        for poll in self.counting.polls().iter().filter(|poll| poll.is_published()) {
            if !self.counting.publication_is_right(poll)? {
                return Err(EngineError::PublicationWrong);
            }
        }
        Ok(())
    }
}

fn published(publication: &Arc<Publication>) -> Event {
    let publication_hash = blake3::hash(&publication.bytes()).into();
    Event::PollPublished { poll: publication.statement.poll, publication_hash }
}

fn release_of(
    poll: &Poll,
    publication: Option<Arc<Publication>>,
    shown: Shown,
    excised: &[GroupId],
) -> Write {
    let (poll, excised) = (Box::new(poll.clone()), excised.to_vec());
    Write::Release(Release { poll, publication, shown, excised })
}

/// The number of the release time that this moment belongs to, from 1: every so many minutes after
/// the stated opening.
fn release_slot(poll: &Poll, now: Timestamp) -> Option<i64> {
    let every = 60 * i64::from(poll.definition.order().publication.release_minutes());
    let since = poll.opens_at().duration_until(now).as_secs();
    let is_time = since >= every && since % every < RELEASE_WINDOW_SECONDS;
    is_time.then_some(since / every)
}

/// Whether a poll is withheld only because the consent was missing that it has now.
fn waits_for_consent(poll: &Poll) -> bool {
    poll.phase == Phase::Withheld
        && poll.withheld_reason == Some(WithheldReason::NoConsent)
        && poll.consent.is_some()
}
