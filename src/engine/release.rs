//! What becomes of a closed poll's totals: published, withheld, corrected; and who may see what of
//! them before.
//!
//! Counts leave by [`crate::publish`] alone, which decides by the poll's rules.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::{Engine, EngineError, MoveError};
use crate::audit::{Actor, Event};
use crate::count::ledger::{Showing, Shown};
use crate::ground::limits::RELEASE_WINDOW_SECONDS;
use crate::ground::metrics::{self, Ended};
use crate::poll::{
    AttachedDecision, Consent, Move, Phase, Poll, PollId, PublicationMode, Violation,
    WithheldReason, date_in_kyiv,
};
use crate::publish::{
    Case, Decision, OwnResult, Publication, Statement, Turnout, VerifyError, decide, in_force,
    live, own_result, turnout, verify, withdraw,
};
use crate::staff::{Action, Denied, Permit};
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

impl Engine {
    /// Records the initiator's consent to publication; a poll that waits for it is published.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn give_consent(
        &self,
        permit: &Permit,
        id: PollId,
        reference: String,
    ) -> Result<Poll, MoveError> {
        permit.expect(Action::GiveConsent);
        let _one_at_a_time = self.enter_office(permit).await?;
        let poll = self.movable(permit, id, Move::GiveConsent)?;
        if poll.consent.is_some() {
            return Ok(poll);
        }
        let event = Event::ConsentGiven { poll: id, reference: reference.clone() };
        self.record(permit.actor(), event)?;
        let by = permit.account().to_owned();
        let poll = poll.with_consent(Consent { by, at: self.clock.now(), reference });
        // Crash after: the consent stands, and the restart publishes what waits for it.
        self.ledger.put_poll(&poll).await.map_err(EngineError::from)?;
        self.replace(&poll);
        Ok(if waits_for_consent(&poll) { self.release(poll, &[], false).await? } else { poll })
    }

    /// Takes the initiator's consent back, until the first release.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn withdraw_consent(
        &self,
        permit: &Permit,
        id: PollId,
        reference: String,
    ) -> Result<Poll, MoveError> {
        permit.expect(Action::WithdrawConsent);
        let _one_at_a_time = self.enter_office(permit).await?;
        let poll = self.poll(id).ok_or(MoveError::Unknown)?;
        if !self.releases(id).is_empty() {
            permit.covers(&poll.definition.order().initiator.code)?;
            return Err(MoveError::Released);
        }
        let poll = self.movable(permit, id, Move::WithdrawConsent)?;
        self.record(permit.actor(), Event::ConsentWithdrawn { poll: id, reference })?;
        let poll = poll.without_consent();
        self.ledger.put_poll(&poll).await.map_err(EngineError::from)?;
        self.replace(&poll);
        Ok(poll)
    }

    /// Attaches a decision that was taken after a poll.
    ///
    /// # Errors
    ///
    /// See [`MoveError`].
    pub async fn attach_decision(
        &self,
        permit: &Permit,
        id: PollId,
        decision: AttachedDecision,
    ) -> Result<Poll, MoveError> {
        permit.expect(Action::AttachDecision);
        let _one_at_a_time = self.enter_office(permit).await?;
        let poll = self.movable(permit, id, Move::AttachDecision)?;
        let today = date_in_kyiv(self.clock.now());
        let future = decision.date > today;
        let future = future.then(|| Violation::new("date", "must not be in the future"));
        let mut flaws = future.into_iter().chain(poll.check_decision(&decision));
        if let Some(flaw) = flaws.next() {
            let field = format!("decision.{}", flaw.field);
            return Err(MoveError::Field(Violation { field, ..flaw }));
        }
        self.record(
            permit.actor(),
            Event::DecisionAttached {
                poll: id,
                reference: decision.reference.clone(),
                date: decision.date,
            },
        )?;
        let poll = poll.with_decision(decision);
        self.ledger.put_poll(&poll).await.map_err(EngineError::from)?;
        self.replace(&poll);
        self.released.send_modify(|releases| *releases += 1);
        Ok(poll)
    }

    /// The totals of an own closed poll, published or not, through the gate of every publication.
    ///
    /// # Errors
    ///
    /// See [`LookError`].
    pub async fn own_result(&self, permit: &Permit, id: PollId) -> Result<OwnResult, LookError> {
        permit.expect(Action::ReadOwnResult);
        // While a group is taken out there is a new tally, and nothing is decided about it yet.
        let _one_at_a_time = self.enter_office(permit).await?;
        let poll = self.poll(id).ok_or(LookError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        if poll.phase <= Phase::Closed {
            return Err(LookError::Phase(poll.phase));
        }
        let tally = self.ledger.tally(id).ok_or(LookError::Phase(poll.phase))?;
        let shown = self.publication(id);
        let result = own_result(&poll, &tally, shown.as_deref()).map_err(LookError::Withheld)?;
        self.record(permit.actor(), Event::ResultRead { poll: id })?;
        Ok(result)
    }

    /// How many ballots a poll has, in coarse steps, as of the last fold.
    ///
    /// # Errors
    ///
    /// See [`LookError`].
    pub fn turnout(&self, permit: &Permit, id: PollId) -> Result<Turnout, LookError> {
        permit.expect(Action::ReadTurnout);
        let poll = self.poll(id).ok_or(LookError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        if poll.phase < Phase::Open || poll.phase == Phase::Expired {
            return Err(LookError::Phase(poll.phase));
        }
        let least = poll.definition.order().publication.minimum_answers;
        Ok(turnout(self.ledger.folded_ballots(id), poll.definition.crowd(), least))
    }

    /// Polls whose consent came, and whose publication a crash cut off.
    pub(super) async fn publish_consented(&self) -> Result<(), EngineError> {
        for poll in self.polls().into_iter().filter(waits_for_consent) {
            self.release(poll, &[], false).await?;
        }
        Ok(())
    }

    /// From `closed` to published or withheld, from withheld to published when the consent comes
    /// later, and from a published tally to a corrected one. `agreed`: two people have decided that
    /// it is shown although it lies close to what was shown before.
    pub(super) async fn release(
        &self,
        poll: Poll,
        excised: &[GroupId],
        agreed: bool,
    ) -> Result<Poll, EngineError> {
        let id = poll.id();
        let tally = self.ledger.tally(id).ok_or(EngineError::TallyMissing)?;
        let standing = self.ledger.standing(id).await?;
        let (releases, now) = (self.releases(id), self.clock.now());
        let case = Case {
            poll: &poll,
            tally: &tally,
            standing: &standing,
            releases: &releases,
            agreed,
            now,
        };
        match decide(&case) {
            Decision::Publish(statement) => {
                metrics::publication(Ended::Published);
                self.show(poll.published(), Some(statement), Shown::Tally, excised).await
            }
            Decision::Withhold { reason, own, withdrawal } => {
                self.record(&Actor::engine(), Event::PollWithheld { poll: id, reason })?;
                metrics::publication(Ended::Withheld);
                let shown = if own { Shown::Tally } else { Shown::Nothing };
                let poll = poll.withheld(reason);
                // What not even the initiator may see waits for two people, whatever the public's
                // reason is; too few answers are for nobody.
                let waits = !own && reason != WithheldReason::TooFewAnswers;
                let poll = if waits { poll.held_back(now) } else { poll };
                self.show(poll, withdrawal, shown, excised).await
            }
            Decision::HoldBack => {
                self.record(&Actor::engine(), Event::CorrectionHeldBack { poll: id })?;
                metrics::publication(Ended::HeldBack);
                self.show(poll.held_back(now), None, Shown::Nothing, excised).await
            }
        }
    }

    /// Shows totals that lie close to what was shown before, because two people have decided so.
    pub(super) async fn release_close_confirmed(
        &self,
        permit: &Permit,
        id: PollId,
        reference: String,
    ) -> Result<Poll, ReleaseError> {
        let _one_at_a_time = self.enter_office(permit).await?;
        let poll = self.held_back(id)?;
        self.record(permit.actor(), Event::CloseReleaseAgreed { poll: id, reference })?;
        Ok(self.release(poll, &[], true).await?)
    }

    /// Takes a release back that is known to be wrong before the poll is erased: after that nobody can
    /// decide about the totals that are held back.
    pub(super) async fn withdraw_before_erasure(&self, poll: Poll) -> Result<Poll, EngineError> {
        let Some(at) = poll.held_back_at.filter(|_| poll.phase == Phase::Published) else {
            return Ok(poll);
        };
        let (reason, now) = (WithheldReason::TooClose, self.clock.now());
        let statement = withdraw(&poll, &self.releases(poll.id()), reason, now);
        self.record(&Actor::engine(), Event::PollWithheld { poll: poll.id(), reason })?;
        let poll = poll.withheld(reason).held_back(at);
        self.show(poll, statement.map(Box::new), Shown::Nothing, &[]).await
    }

    /// The poll, if newer totals of it wait for two people.
    pub(super) fn held_back(&self, id: PollId) -> Result<Poll, ReleaseError> {
        let poll = self.poll(id).ok_or(ReleaseError::Unknown)?;
        let held = poll.is_held_back() && matches!(poll.phase, Phase::Published | Phase::Withheld);
        if held { Ok(poll) } else { Err(ReleaseError::NothingHeld(poll.phase)) }
    }

    /// Makes the live releases whose time has come, of polls that have a cut to show.
    pub(super) async fn release_live(&self, now: Timestamp) -> Result<(), EngineError> {
        for id in self.those(|poll| self.is_release_due(poll, now)) {
            let _one_at_a_time = self.office.lock().await;
            let Some(poll) = self.poll(id).filter(|poll| poll.phase == Phase::Open) else {
                continue;
            };
            self.looked_for_release(&poll, now);
            let Some(cut) = self.ledger.ready(id).await? else { continue };
            let standing = self.ledger.standing(id).await?;
            if let Some(statement) = live(&poll, &cut, &standing, &self.releases(id), now) {
                metrics::publication(Ended::Live);
                self.show(poll, Some(Box::new(statement)), Shown::Cut, &[]).await?;
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

    /// Signs a release, if there is one, and writes it with the poll as it is then and with the mark
    /// of the ballots that it shows; then it goes into the public log and is served. Crash before
    /// the write: done again with another time of publication, which nobody has seen. After it: the
    /// restart serves it, and adds what the log lacks.
    async fn show(
        &self,
        poll: Poll,
        statement: Option<Box<Statement>>,
        shown: Shown,
        excised: &[GroupId],
    ) -> Result<Poll, EngineError> {
        let id = poll.id();
        let signed = statement.map(|statement| self.sign(*statement)).transpose()?;
        if let Some(publication) = &signed {
            let publication_hash = blake3::hash(&publication.bytes()).into();
            let event = Event::PollPublished { poll: id, publication_hash };
            self.record(&Actor::engine(), event)?;
        }
        let file =
            |publication: &Arc<Publication>| (publication.statement.release, publication.bytes());
        let publication = signed.as_ref().map(file);
        let (showing, excised) = (poll.clone(), excised.to_vec());
        self.ledger.show(Showing { poll: showing, publication, shown, excised }).await?;
        let mut releases = self.releases(id);
        if let Some(publication) = signed {
            self.log_publicly(&[publication.public_entry()])?;
            releases.push(publication);
        }
        self.replace_with(&poll, releases);
        self.released.send_modify(|releases| *releases += 1);
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
        for poll in self.polls().iter().filter(|poll| poll.is_published()) {
            if !self.publication_is_right(poll)? {
                return Err(EngineError::PublicationWrong);
            }
        }
        Ok(())
    }

    /// Whether the poll's publication states what is stored, or what is stored is held back.
    pub(super) fn publication_is_right(&self, poll: &Poll) -> Result<bool, EngineError> {
        let tally = self.ledger.tally(poll.id()).ok_or(EngineError::TallyMissing)?;
        let states = self.publication(poll.id()).is_some_and(|held| held.states(&tally));
        Ok(states || poll.is_held_back())
    }

    /// The release that is in force.
    pub(super) fn publication(&self, id: PollId) -> Option<Arc<Publication>> {
        in_force(&self.polls.load().get(&id)?.releases).map(Arc::clone)
    }

    /// The releases of a poll, oldest first.
    pub(super) fn releases(&self, id: PollId) -> Vec<Arc<Publication>> {
        self.polls.load().get(&id).map(|served| served.releases.clone()).unwrap_or_default()
    }
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
