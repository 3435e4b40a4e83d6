//! What a voter may ask: about the own participation, and which polls are open to them (L6).
//!
//! A question is answered for the subject of its own credential and leaves nothing behind.

use super::{Engine, EngineError};
use crate::count::authenticate::{Caller, Conduct, Credential, Occasion, Voter};
use crate::count::check::{is_of_space, may_take_part};
use crate::count::deidentify::inquire;
use crate::outcome::Rejection;
use crate::poll::{Needs, Phase, Poll, PollId};

/// Why a question is not answered.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The question is refused.
    #[error("the question is refused")]
    Refused(Rejection),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<Rejection> for AskError {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

impl Engine {
    /// Whether a tag of this voter is processed in a poll: from the ballot to the erasure.
    ///
    /// Whatever the answer, the question takes one way: the same credential check, one keyed hash,
    /// one place in the writer's queue, one look into the index.
    ///
    /// # Errors
    ///
    /// See [`AskError`].
    pub async fn participates(
        &self,
        caller: &Caller,
        conduct: &Conduct,
        poll: PollId,
        credential: Credential,
    ) -> Result<bool, AskError> {
        let served = self.polls.load().get(&poll).map(std::sync::Arc::clone);
        let served = served.ok_or(Rejection::PollUnknown)?;
        let occasion = Occasion::Poll(poll);
        let voter = self.asker(caller, conduct, occasion, &Needs::default(), credential).await?;
        // Not opened yet, or erased: nobody's tag is there.
        let Some(key) = &served.tag_key else { return Ok(false) };
        is_of_space(&voter, &served.poll)?;
        let inquiry = inquire(voter, key);
        let known = self.ledger.knows(poll, inquiry).await.map_err(EngineError::from)?;
        Ok(known.ok_or(Rejection::Overloaded)?)
    }

    /// The open polls that this voter may answer, newest first. Says nothing of whether it has.
    ///
    /// # Errors
    ///
    /// See [`AskError`].
    pub async fn eligible_polls(
        &self,
        caller: &Caller,
        conduct: &Conduct,
        credential: Credential,
    ) -> Result<Vec<Poll>, AskError> {
        if matches!(credential, Credential::Missing) {
            return Err(Rejection::CredentialMissing.into());
        }
        let mut open = self.open_polls();
        // Only what some open poll needs is read.
        let mut needs = Needs::default();
        open.iter().for_each(|poll| needs.add(poll.definition.needs()));
        let voter = self.asker(caller, conduct, Occasion::AnyPoll, &needs, credential).await?;
        let now = self.clock.now();
        let bound_to = voter.poll();
        open.retain(|poll| bound_to.is_none_or(|bound| bound == poll.id()));
        open.retain(|poll| may_take_part(&voter, poll, now).is_ok());
        Ok(open)
    }

    fn open_polls(&self) -> Vec<Poll> {
        let polls = self.polls.load();
        let open = polls.values().filter(|served| served.poll.phase == Phase::Open);
        let mut open: Vec<_> = open.map(|served| served.poll.clone()).collect();
        open.sort_unstable_by_key(|poll| std::cmp::Reverse(poll.id()));
        open
    }

    async fn asker(
        &self,
        caller: &Caller,
        conduct: &Conduct,
        occasion: Occasion,
        needs: &Needs,
        credential: Credential,
    ) -> Result<Voter, Rejection> {
        if matches!(credential, Credential::Stated(_)) && !caller.may_ask() {
            return Err(Rejection::AskForbidden);
        }
        let now = self.clock.now();
        let credentials = vec![credential];
        let mut voters = self
            .authenticator
            .authenticate(caller, conduct, occasion, needs, credentials, now)
            .await;
        voters.pop().expect("one credential was given")
    }
}
