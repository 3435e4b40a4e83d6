//! What becomes of a closed poll's totals: published, withheld, corrected; and who may see what of
//! them before.
//!
//! Counts leave by [`crate::publish`] alone, which decides by the poll's rules.

use std::sync::Arc;

use super::{Engine, EngineError, MoveError};
use crate::log::{Actor, Event};
use crate::poll::{
    AttachedDecision, Consent, Move, Phase, Poll, PollId, Violation, WithheldReason, date_in_kyiv,
};
use crate::publish::{Decision, OwnResult, Publication, Turnout, decide, own_result, turnout};
use crate::service::metrics::{self, Ended};
use crate::staff::{Action, Denied, Permit};
use crate::store::GroupId;

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
        self.serve_as_it_is(&poll);
        Ok(if waits_for_consent(&poll) { self.release(poll, &[]).await? } else { poll })
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
        let released = self.ledger.last_publication(id).map_err(|error| self.fail(error.into()))?;
        if released.is_some() {
            permit.covers(&poll.definition.order().initiator.code)?;
            return Err(MoveError::Released);
        }
        let poll = self.movable(permit, id, Move::WithdrawConsent)?;
        self.record(permit.actor(), Event::ConsentWithdrawn { poll: id, reference })?;
        let poll = poll.without_consent();
        self.ledger.put_poll(&poll).await.map_err(EngineError::from)?;
        self.serve_as_it_is(&poll);
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
        self.serve_as_it_is(&poll);
        self.released.send_modify(|releases| *releases += 1);
        Ok(poll)
    }

    /// The totals of an own closed poll, published or not, through the gate of every publication.
    ///
    /// # Errors
    ///
    /// See [`LookError`].
    pub fn own_result(&self, permit: &Permit, id: PollId) -> Result<OwnResult, LookError> {
        permit.expect(Action::ReadOwnResult);
        let poll = self.poll(id).ok_or(LookError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        let tally = self.ledger.tally(id).ok_or(LookError::Phase(poll.phase))?;
        let result = own_result(&poll, &tally).map_err(LookError::Withheld)?;
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
        Ok(turnout(self.ledger.folded_ballots(id), self.k, least))
    }

    /// A poll whose publication and keys stay as they are.
    fn serve_as_it_is(&self, poll: &Poll) {
        self.replace(poll, self.publication(poll.id()));
    }

    /// Polls whose consent came, and whose publication a crash cut off.
    pub(super) async fn publish_consented(&self) -> Result<(), EngineError> {
        for poll in self.polls().into_iter().filter(waits_for_consent) {
            self.release(poll, &[]).await?;
        }
        Ok(())
    }

    /// From `closed` to published or withheld, from withheld to published when the consent comes
    /// later, and from a published tally to a corrected one. Crash before the write: done again
    /// with another time of publication, which nobody has seen. After it: done.
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
                self.record(
                    &Actor::engine(),
                    Event::PollPublished { poll: poll.id(), publication_hash },
                )?;
                let poll = poll.published();
                let file = publication.bytes();
                let release = publication.statement.release;
                self.ledger.put_publication(&poll, release, &file, excised).await?;
                (poll, Some(Arc::new(publication)))
            }
            Decision::Withhold(reason) => {
                self.record(&Actor::engine(), Event::PollWithheld { poll: poll.id(), reason })?;
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
    pub(super) fn check_publications(&self) -> Result<(), EngineError> {
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
}

/// Whether a poll is withheld only because the consent was missing that it has now.
fn waits_for_consent(poll: &Poll) -> bool {
    poll.phase == Phase::Withheld
        && poll.withheld_reason == Some(WithheldReason::NoConsent)
        && poll.consent.is_some()
}
