//! What a voter may ask: about the own participation, and which polls are open to them (L6).
//!
//! A question is answered for the subject of its own credential and leaves nothing behind.

use std::sync::Arc;

use super::Counting;
use crate::count::authenticate::{Caller, Conduct, Credential, Occasion, Voter};
use crate::count::check::{is_of_space, may_take_part};
use crate::count::deidentify::inquire;
use crate::engine::EngineError;
use crate::engine::board::Served;
use crate::outcome::Rejection;
use crate::poll::{Needs, Phase, PollId};
use crate::publish::PublicPoll;

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

impl Counting {
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
        let served = self.board.get(poll).ok_or(Rejection::PollUnknown)?;
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
    ) -> Result<Vec<Arc<PublicPoll>>, AskError> {
        if matches!(credential, Credential::Missing) {
            return Err(Rejection::CredentialMissing.into());
        }
        let mut open = self.open_polls();
        // Only what some open poll needs is read.
        let mut needs = Needs::default();
        open.iter().for_each(|served| needs.add(served.poll.definition.needs()));
        let voter = self.asker(caller, conduct, Occasion::AnyPoll, &needs, credential).await?;
        let now = self.clock.now();
        let bound_to = voter.poll();
        open.retain(|served| bound_to.is_none_or(|bound| bound == served.poll.id()));
        open.retain(|served| may_take_part(&voter, &served.poll, now).is_ok());
        Ok(open.iter().filter_map(|served| served.public.clone()).collect())
    }

    fn open_polls(&self) -> Vec<Arc<Served>> {
        let polls = self.board.all();
        let open = polls.values().filter(|served| served.poll.phase == Phase::Open);
        let mut open: Vec<_> = open.map(Arc::clone).collect();
        open.sort_unstable_by_key(|served| std::cmp::Reverse(served.poll.id()));
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
