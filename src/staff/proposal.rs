//! Acts that need two people: one proposes, another confirms within a day.
//!
//! What is here says who took part; the act itself is done elsewhere, once, after the confirmation
//! is durable. Whether the two may propose and confirm at all is in [`super::permissions`].

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::permissions::Action;
use super::rules::Broken;
use crate::ground::limits::{
    DOCUMENT_CHARACTERS_MAX, ISSUER_ID_BYTES_MAX, LEDGER_KEY_ID_BYTES_MAX, PROPOSAL_HOURS,
};
use crate::poll::{ErasureGround, PollId, Violation};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProposedAct {
    /// A poll is erased before its time.
    ErasePoll {
        /// The poll.
        poll: PollId,
        /// Why.
        ground: ErasureGround,
        /// Number of the decision or demand behind it, 1 to 100 characters.
        reference: String,
    },
    /// What came under a revoked key of an issuer is taken out of a poll.
    ExciseIssuerKey {
        /// The poll.
        poll: PollId,
        /// The issuer's id.
        issuer: String,
        /// The key's id among the issuer's.
        key_id: String,
        /// Number of the act behind it, 1 to 100 characters.
        reference: String,
    },
    /// Newer totals of a poll are shown although they lie close to what was shown before.
    ReleaseHeldBack {
        /// The poll.
        poll: PollId,
        /// Number of the decision behind it, 1 to 100 characters.
        reference: String,
    },
}

impl ProposedAct {
    /// The action that it takes permission for.
    pub const fn action(&self) -> Action {
        match self {
            Self::ErasePoll { .. } => Action::ErasePoll,
            Self::ExciseIssuerKey { .. } => Action::ExciseIssuerKey,
            Self::ReleaseHeldBack { .. } => Action::ReleaseHeldBack,
        }
    }

    /// The poll that it is about.
    pub const fn poll(&self) -> PollId {
        match self {
            Self::ErasePoll { poll, .. }
            | Self::ExciseIssuerKey { poll, .. }
            | Self::ReleaseHeldBack { poll, .. } => *poll,
        }
    }

    /// Number of the document behind it.
    pub fn reference(&self) -> &str {
        match self {
            Self::ErasePoll { reference, .. }
            | Self::ExciseIssuerKey { reference, .. }
            | Self::ReleaseHeldBack { reference, .. } => reference,
        }
    }

    /// All rules that are broken.
    pub fn check(&self) -> Vec<Violation> {
        let mut broken = Broken::default();
        match self {
            // The engine erases by itself then; a proposal on that ground would hide the real one.
            Self::ErasePoll { ground: ErasureGround::GracePeriodOver, .. } => {
                broken.add("ground", "must be COURT_ORDER or AUTHORITY_DEMAND");
            }
            Self::ErasePoll { .. } | Self::ReleaseHeldBack { .. } => {}
            Self::ExciseIssuerKey { issuer, key_id, .. } => {
                broken.visible("issuer", issuer, ISSUER_ID_BYTES_MAX);
                broken.visible("key_id", key_id, LEDGER_KEY_ID_BYTES_MAX);
            }
        }
        broken.line("reference", self.reference(), DOCUMENT_CHARACTERS_MAX);
        broken.into_vec()
    }
}

/// How a proposal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalEnd {
    /// A second person confirmed it.
    Confirmed,
    /// Somebody declined it, or who proposed it took it back.
    Declined,
    /// Nobody did anything in time.
    Expired,
}

/// The end of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// The account that ended it; `engine` when its time ran out.
    pub by: String,
    /// How.
    pub how: ProposalEnd,
}

/// A proposed act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Its number, from 1.
    pub number: u64,
    /// What is to be done.
    pub act: ProposedAct,
    /// The account that proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Timestamp,
    /// From when on nobody can confirm it.
    pub expires_at: Timestamp,
    /// Its end, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// Why a proposal cannot be ended so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposalError {
    /// Who proposed it cannot be the second person.
    #[error("who proposed an act cannot confirm it: a second person is needed")]
    SamePerson,
    /// It ended before.
    #[error("the proposal has ended")]
    Ended,
    /// Its time is over.
    #[error("the proposal has expired: propose the act again")]
    Expired,
    /// Its time is not over.
    #[error("the proposal has not expired")]
    NotExpired,
}

impl Proposal {
    /// Proposes an act.
    ///
    /// # Errors
    /// All rules that the act breaks.
    pub fn new(
        number: u64,
        act: ProposedAct,
        by: &str,
        now: Timestamp,
    ) -> Result<Self, Vec<Violation>> {
        let broken = act.check();
        if !broken.is_empty() {
            return Err(broken);
        }
        let expires_at = now
            .saturating_add(SignedDuration::from_hours(PROPOSAL_HOURS))
            .expect("a length of hours can always be added, up to the last moment");
        let proposed_by = by.to_owned();
        Ok(Self { number, act, proposed_by, proposed_at: now, expires_at, ended: None })
    }

    /// Whether it waits for a second person at this moment.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires_at
    }

    /// Whether its time is over and nothing says so yet.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now >= self.expires_at
    }

    /// The proposal, confirmed by a second person: the act may be done.
    ///
    /// # Errors
    /// [`ProposalError`], and it stays as it was.
    pub fn confirm(&self, by: &str, now: Timestamp) -> Result<Self, ProposalError> {
        self.must_be_open(now)?;
        if by == self.proposed_by {
            return Err(ProposalError::SamePerson);
        }
        Ok(self.end(by, now, ProposalEnd::Confirmed))
    }

    /// The proposal, declined by anybody who may, or taken back by who made it.
    ///
    /// # Errors
    /// [`ProposalError`], and it stays as it was.
    pub fn decline(&self, by: &str, now: Timestamp) -> Result<Self, ProposalError> {
        self.must_be_open(now)?;
        Ok(self.end(by, now, ProposalEnd::Declined))
    }

    /// The proposal, ended by its time.
    ///
    /// # Errors
    /// [`ProposalError`], and it stays as it was.
    pub fn expire(&self, now: Timestamp) -> Result<Self, ProposalError> {
        match self.must_be_open(now) {
            Err(ProposalError::Expired) => Ok(self.end("engine", now, ProposalEnd::Expired)),
            Err(other) => Err(other),
            Ok(()) => Err(ProposalError::NotExpired),
        }
    }

    fn must_be_open(&self, now: Timestamp) -> Result<(), ProposalError> {
        if self.ended.is_some() {
            Err(ProposalError::Ended)
        } else if now >= self.expires_at {
            Err(ProposalError::Expired)
        } else {
            Ok(())
        }
    }

    fn end(&self, by: &str, at: Timestamp, how: ProposalEnd) -> Self {
        let ended = Ended { at, by: by.to_owned(), how };
        Self { ended: Some(ended), ..self.clone() }
    }
}

#[cfg(test)]
mod tests;
