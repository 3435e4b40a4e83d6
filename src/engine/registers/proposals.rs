//! Acts of two people: one proposes, another confirms within a day, and then it is done.
//!
//! A confirmation has three steps:
//!
//! 1. The audit entry: who confirms. *Crash after*: the proposal waits, and nothing is done; it is
//!    confirmed again.
//! 2. The act, with its own entries and order of writes. *Crash after*: the act is done, or its
//!    restart finishes it, and the proposal waits. Confirming again is harmless: an erasure answers
//!    the poll as it is, an excision takes out nothing more, or finds that the key has no sums left
//!    and the proposal runs out. The log tells both, under the proposal's number.
//! 3. The row: confirmed.
//!
//! An act that is refused at step 2 leaves its proposal waiting; what can be known before step 1 is
//! looked at before it.

use jiff::Timestamp;

use crate::audit::{Actor, Event};
use crate::engine::decide::{Entered, Entry, Write};
use crate::engine::{
    EngineError, EraseError, ExciseError, Excised, IssuerKeyName, Office, ReleaseError,
};
use crate::poll::{ErasureGround, Move, Phase, Poll, PollId, Violation};
use crate::staff::{
    Account, Action, Denied, OfTwo, Permit, Proposal, ProposalError, ProposedAct, acts,
    permit as permit_of,
};

/// Proposals that wait at a time, and proposals in one answer: what nobody sees in the list nobody
/// confirms.
const PROPOSALS_MAX: usize = 200;

/// Why an act is not proposed.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// Fields that break a rule; never empty.
    #[error("the act breaks {} rules", .0.len())]
    Fields(Vec<Violation>),
    /// The poll cannot be erased.
    #[error(transparent)]
    Erase(EraseError),
    /// The key's ballots cannot be taken out.
    #[error(transparent)]
    Excise(ExciseError),
    /// There are no totals that wait.
    #[error(transparent)]
    Release(ReleaseError),
    /// As many proposals wait as can.
    #[error("200 proposals wait")]
    Full,
    /// Who asks has no access any more.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Why a proposal is not confirmed or declined.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// No such proposal.
    #[error("no such proposal")]
    Unknown,
    /// Who proposed an act cannot confirm it.
    #[error("who proposed an act cannot confirm it")]
    SamePerson,
    /// It ended before.
    #[error("the proposal has ended")]
    Ended,
    /// Nobody confirmed it in time.
    #[error("the proposal has expired")]
    Expired,
    /// The poll cannot be erased.
    #[error(transparent)]
    Erase(EraseError),
    /// The key's ballots cannot be taken out.
    #[error(transparent)]
    Excise(ExciseError),
    /// There are no totals that wait.
    #[error(transparent)]
    Release(ReleaseError),
    /// Who confirms must be allowed to do this act alone, but for the second person.
    #[error("{denied}")]
    Denied {
        /// Why not.
        denied: Denied,
        /// What: the act's own action, or the confirmation.
        action: Action,
    },
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<ProposalError> for ConfirmError {
    fn from(error: ProposalError) -> Self {
        match error {
            ProposalError::SamePerson => Self::SamePerson,
            ProposalError::Expired => Self::Expired,
            ProposalError::Ended | ProposalError::NotExpired => Self::Ended,
        }
    }
}

/// An act of two people that is done.
pub struct Confirmed {
    /// Its proposal, confirmed.
    pub proposal: Proposal,
    /// The poll after it.
    pub poll: Poll,
    /// The signed erasure record, of an erasure that is complete.
    pub record: Option<Vec<u8>>,
    /// Of an excision: whether anything had come under the key.
    pub taken_out: bool,
}

impl Office {
    /// Proposes to erase a closed poll before its time. An equal proposal that waits is answered as
    /// it is.
    ///
    /// # Errors
    ///
    /// See [`ProposeError`].
    pub async fn propose_erasure(
        &self,
        permit: &Permit<acts::ErasePoll>,
        poll: PollId,
        ground: ErasureGround,
        reference: String,
    ) -> Result<Proposal, ProposeError> {
        self.propose(permit, ProposedAct::ErasePoll { poll, ground, reference }).await
    }

    /// Proposes to take out of a poll all that came under a revoked key. An equal proposal that
    /// waits is answered as it is.
    ///
    /// # Errors
    ///
    /// See [`ProposeError`].
    pub async fn propose_excision(
        &self,
        permit: &Permit<acts::ExciseIssuerKey>,
        poll: PollId,
        key: IssuerKeyName,
        reference: String,
    ) -> Result<Proposal, ProposeError> {
        let IssuerKeyName { issuer, key_id } = key;
        let act = ProposedAct::ExciseIssuerKey { poll, issuer, key_id, reference };
        self.propose(permit, act).await
    }

    /// Proposes to show newer totals of a poll that lie close to what was shown before. An equal
    /// proposal that waits is answered as it is.
    ///
    /// # Errors
    ///
    /// See [`ProposeError`].
    pub async fn propose_release(
        &self,
        permit: &Permit<acts::ReleaseHeldBack>,
        poll: PollId,
        reference: String,
    ) -> Result<Proposal, ProposeError> {
        self.propose(permit, ProposedAct::ReleaseHeldBack { poll, reference }).await
    }

    async fn propose<A: OfTwo>(
        &self,
        permit: &Permit<A>,
        act: ProposedAct,
    ) -> Result<Proposal, ProposeError> {
        let _one_act_at_a_time = self.locks.two_people().await;
        let inside = self.enter(permit).await?;
        let now = self.clock.now();
        let number = self.registers().proposals().next_number();
        let (name, poll) = (act.action().name().to_owned(), act.poll());
        let proposal =
            Proposal::new(number, act, permit.account(), now).map_err(ProposeError::Fields)?;
        match self.can_be_done(&proposal.act).await {
            Ok(Progress::ToDo) => {}
            // Under way, or done: there is nothing left to agree on.
            Ok(Progress::Begun(phase)) => {
                return Err(ProposeError::Erase(EraseError::Phase(phase)));
            }
            Err(ActError::Erase(error)) => return Err(ProposeError::Erase(error)),
            Err(ActError::Excise(error)) => return Err(ProposeError::Excise(error)),
            Err(ActError::Release(error)) => return Err(ProposeError::Release(error)),
        }
        let waiting = self.waiting_proposals(now);
        // What somebody proposed whose access has ended nobody can confirm.
        let equal = |waiting: &&Proposal| {
            waiting.act == proposal.act
                && self.has_access(&waiting.proposed_by)
                && !self.is_overtaken(waiting)
        };
        if let Some(equal) = waiting.iter().find(equal) {
            return Ok(equal.clone());
        }
        if waiting.len() >= PROPOSALS_MAX {
            return Err(ProposeError::Full);
        }
        let reference = proposal.act.reference().to_owned();
        let event = Event::ActProposed { proposal: number, act: name, poll: Some(poll), reference };
        let write = Write::entry(Entry::Proposal(proposal.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(proposal)
    }

    /// Does what another person proposed. Whoever confirms must have permission for the act itself.
    ///
    /// # Errors
    ///
    /// See [`ConfirmError`].
    ///
    /// # Panics
    ///
    /// When the permit is not this account's: an edge that mixed them up has a bug.
    pub async fn confirm_proposal(
        &self,
        permit: &Permit<acts::ConfirmProposal>,
        account: &Account,
        number: u64,
    ) -> Result<Confirmed, ConfirmError> {
        assert_eq!(permit.account(), account.id(), "the permit of whoever confirms");
        let _one_act_at_a_time = self.locks.two_people().await;
        let (entered, proposal, act) = self.enter_confirmation(permit, account, number).await?;
        // The act takes the office's lock itself.
        let (poll, record, taken_out) = self.carry_out(act).await?;
        let write = Write::entry(Entry::Proposal(proposal.clone()));
        self.turn().await.write(entered, write).await?;
        Ok(Confirmed { proposal, poll, record, taken_out })
    }

    /// Step 1: its entry, the proposal as it is then, and its act.
    async fn enter_confirmation(
        &self,
        permit: &Permit<acts::ConfirmProposal>,
        account: &Account,
        number: u64,
    ) -> Result<(Entered, Proposal, PermittedAct), ConfirmError> {
        let denied = |action| move |denied| ConfirmError::Denied { denied, action };
        let inside = self.enter(permit).await.map_err(denied(Action::ConfirmProposal))?;
        let held = self.registers().proposals().get(number).ok_or(ConfirmError::Unknown)?;
        let own = held.act.action();
        let act = PermittedAct::of(account, &held.act).map_err(denied(own))?;
        let confirmed = held.confirm(permit.account(), self.clock.now())?;
        // What somebody proposed whose access has ended since is nobody's proposal; and what is held
        // back may have changed, so that nobody proposed to show this.
        if !self.has_access(&held.proposed_by) || self.is_overtaken(&held) {
            return Err(ConfirmError::Ended);
        }
        if self.is_same_person(&held.proposed_by, permit.account()) {
            return Err(ConfirmError::SamePerson);
        }
        match self.can_be_done(&held.act).await {
            Ok(Progress::ToDo | Progress::Begun(_)) => {}
            Err(ActError::Erase(error)) => return Err(ConfirmError::Erase(error)),
            Err(ActError::Excise(error)) => return Err(ConfirmError::Excise(error)),
            Err(ActError::Release(error)) => return Err(ConfirmError::Release(error)),
        }
        let event = Event::ActConfirmed { proposal: number, poll: held.act.poll() };
        Ok((inside.enter(permit.actor(), event)?, confirmed, act))
    }

    /// Step 2: the poll after it, the erasure's record, whether anything was taken out.
    async fn carry_out(
        &self,
        act: PermittedAct,
    ) -> Result<(Poll, Option<Vec<u8>>, bool), ConfirmError> {
        match act {
            PermittedAct::Erase { permit, poll, ground, reference } => {
                let erased = self.erase_poll_confirmed(&permit, poll, ground, reference).await;
                let (poll, record) = erased.map_err(ConfirmError::Erase)?;
                Ok((poll, record, false))
            }
            PermittedAct::Excise { permit, poll, key, reference } => {
                let excised = self.excise_confirmed(&permit, poll, key, reference).await;
                let Excised { poll, taken_out } = excised.map_err(ConfirmError::Excise)?;
                Ok((poll, None, taken_out))
            }
            PermittedAct::Release { permit, poll, reference } => {
                let released = self.release_close_confirmed(&permit, poll, reference).await;
                Ok((released.map_err(ConfirmError::Release)?, None, false))
            }
        }
    }

    /// Ends a proposal without doing it; also for whoever proposed it.
    ///
    /// # Errors
    ///
    /// See [`ConfirmError`].
    pub async fn decline_proposal(
        &self,
        permit: &Permit<acts::DeclineProposal>,
        account: &Account,
        number: u64,
    ) -> Result<Proposal, ConfirmError> {
        let _one_act_at_a_time = self.locks.two_people().await;
        let inside = self.enter(permit).await;
        let inside = inside
            .map_err(|denied| ConfirmError::Denied { denied, action: Action::DeclineProposal })?;
        let held = self.registers().proposals().get(number).ok_or(ConfirmError::Unknown)?;
        if held.proposed_by != permit.account() {
            let action = held.act.action();
            PermittedAct::of(account, &held.act)
                .map_err(|denied| ConfirmError::Denied { denied, action })?;
        }
        let declined = held.decline(permit.account(), self.clock.now())?;
        let event = Event::ActDeclined { proposal: number, poll: held.act.poll() };
        let write = Write::entry(Entry::Proposal(declined.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(declined)
    }

    /// Ends the proposals whose time is over. Called every few seconds; while an act of two people
    /// is under way it waits for the next call.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn expire_proposals(&self) -> Result<(), EngineError> {
        let Some(_one_act_at_a_time) = self.locks.try_two_people() else { return Ok(()) };
        let overdue = |proposal: &Proposal| proposal.is_overdue(self.clock.now());
        if self.registers().proposals().find(overdue).is_none() {
            return Ok(());
        }
        let inside = self.turn().await;
        let now = self.clock.now();
        for held in self.registers().proposals().newest(usize::MAX, |held| held.is_overdue(now)) {
            // Only a clock that went back in between makes one not expire.
            let Ok(expired) = held.expire(now) else { continue };
            let poll = held.act.poll();
            let event = Event::ActExpired { proposal: held.number, poll };
            let write = Write::entry(Entry::Proposal(expired));
            inside.decide(&Actor::engine(), event, write).await?;
        }
        Ok(())
    }

    /// Proposals, newest first; `ended`: also those that have ended. One whose time is over has
    /// ended, whether or not that is recorded yet.
    pub fn proposals(&self, _: &Permit<acts::ListProposals>, ended: bool) -> Vec<Proposal> {
        let now = self.clock.now();
        let asked = |proposal: &Proposal| ended || proposal.is_open(now);
        self.registers().proposals().newest(PROPOSALS_MAX, asked)
    }

    /// Whether what it is about has changed since it was proposed.
    fn is_overtaken(&self, proposal: &Proposal) -> bool {
        let ProposedAct::ReleaseHeldBack { poll, .. } = &proposal.act else { return false };
        let since = self.counting.poll(*poll).and_then(|poll| poll.held_back_at);
        since.is_none_or(|since| since > proposal.proposed_at)
    }

    fn waiting_proposals(&self, now: Timestamp) -> Vec<Proposal> {
        self.registers().proposals().newest(usize::MAX, |proposal| proposal.is_open(now))
    }

    /// What can be said of an act before it is decided.
    async fn can_be_done(&self, act: &ProposedAct) -> Result<Progress, ActError> {
        match act {
            ProposedAct::ErasePoll { poll, .. } => {
                let poll = self.counting.poll(*poll).ok_or(ActError::Erase(EraseError::Unknown))?;
                match poll.phase {
                    phase if phase.after(Move::Erase).is_some() => Ok(Progress::ToDo),
                    Phase::Erasing | Phase::Erased => Ok(Progress::Begun(poll.phase)),
                    other => Err(ActError::Erase(EraseError::Phase(other))),
                }
            }
            ProposedAct::ExciseIssuerKey { poll, issuer, key_id, .. } => {
                let key = IssuerKeyName { issuer: issuer.clone(), key_id: key_id.clone() };
                let excisable = self.excisable(*poll, &key).await;
                excisable.map(|_| Progress::ToDo).map_err(ActError::Excise)
            }
            ProposedAct::ReleaseHeldBack { poll, .. } => {
                let held = self.held_back(*poll);
                held.map(|_| Progress::ToDo).map_err(ActError::Release)
            }
        }
    }
}

/// A proposed act, with the permit of a second person for that very act.
enum PermittedAct {
    Erase {
        permit: Permit<acts::ErasePoll>,
        poll: PollId,
        ground: ErasureGround,
        reference: String,
    },
    Excise {
        permit: Permit<acts::ExciseIssuerKey>,
        poll: PollId,
        key: IssuerKeyName,
        reference: String,
    },
    Release {
        permit: Permit<acts::ReleaseHeldBack>,
        poll: PollId,
        reference: String,
    },
}

impl PermittedAct {
    /// The act, if this account may do it alone but for the second person.
    fn of(account: &Account, act: &ProposedAct) -> Result<Self, Denied> {
        match act.clone() {
            ProposedAct::ErasePoll { poll, ground, reference } => {
                let permit = permit_of(account, acts::ErasePoll)?;
                Ok(Self::Erase { permit, poll, ground, reference })
            }
            ProposedAct::ExciseIssuerKey { poll, issuer, key_id, reference } => {
                let permit = permit_of(account, acts::ExciseIssuerKey)?;
                let key = IssuerKeyName { issuer, key_id };
                Ok(Self::Excise { permit, poll, key, reference })
            }
            ProposedAct::ReleaseHeldBack { poll, reference } => {
                let permit = permit_of(account, acts::ReleaseHeldBack)?;
                Ok(Self::Release { permit, poll, reference })
            }
        }
    }
}

/// How far an act is already.
enum Progress {
    /// Nothing is done.
    ToDo,
    /// It is under way, or done.
    Begun(Phase),
}

/// Why an act cannot be done.
enum ActError {
    Erase(EraseError),
    Excise(ExciseError),
    Release(ReleaseError),
}
