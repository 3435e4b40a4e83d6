//! The state machine of a poll: every move, and the phase after it.
//!
//! Who may make a move is decided elsewhere, and so is whether its time has come; here is only what
//! can follow what. Whatever is not in this table cannot happen.
//!
//! ```text
//! draft      (stays)    CORRECT, GIVE_CONSENT, WITHDRAW_CONSENT
//! draft      filed      FILE
//! filed      draft      RETURN, WITHDRAW
//! filed      (stays)    GIVE_CONSENT, WITHDRAW_CONSENT
//! filed      approved   APPROVE
//! approved   draft      RETURN, WITHDRAW
//! approved   (stays)    GIVE_CONSENT, WITHDRAW_CONSENT
//! approved   scheduled  SCHEDULE
//! scheduled  draft      RETURN, WITHDRAW
//! scheduled  (stays)    EXTEND, GIVE_CONSENT, WITHDRAW_CONSENT
//! scheduled  open       OPEN
//! open       (stays)    EXTEND, GIVE_CONSENT, WITHDRAW_CONSENT
//! open       suspended  SUSPEND
//! open       closing    END_EARLY, CLOSE
//! suspended  open       RESUME
//! suspended  (stays)    EXTEND, GIVE_CONSENT, WITHDRAW_CONSENT
//! suspended  closing    END_EARLY, CLOSE
//! closing    (stays)    GIVE_CONSENT, WITHDRAW_CONSENT
//! closing    closed     FREEZE
//! closed     (stays)    GIVE_CONSENT, WITHDRAW_CONSENT, ATTACH_DECISION
//! closed     published  PUBLISH
//! closed     withheld   WITHHOLD
//! published  (stays)    PUBLISH, GIVE_CONSENT, ATTACH_DECISION
//! published  withheld   WITHHOLD
//! published  erasing    ERASE
//! withheld   published  PUBLISH
//! withheld   (stays)    WITHHOLD, GIVE_CONSENT, WITHDRAW_CONSENT, ATTACH_DECISION
//! withheld   erasing    ERASE
//! erasing    (stays)    ATTACH_DECISION
//! erasing    erased     COMPLETE_ERASURE
//! erased     (stays)    ATTACH_DECISION
//! erased     expired    EXPIRE
//! ```

use serde::{Deserialize, Serialize};

use super::phase::Phase;

/// What can be done to a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Move {
    /// Replace its order.
    Correct,
    /// File its order.
    File,
    /// Return its order, with reasons.
    Return,
    /// Take its order back.
    Withdraw,
    /// Approve its order.
    Approve,
    /// Let it open at its time.
    Schedule,
    /// Open it: its time has come.
    Open,
    /// Stop counting for a while.
    Suspend,
    /// Count again.
    Resume,
    /// Close it later.
    Extend,
    /// Close it before its time.
    EndEarly,
    /// Close it: its time is over.
    Close,
    /// Freeze its tally: every ballot that came in time is in it.
    Freeze,
    /// Publish its totals, or a correction of them.
    Publish,
    /// Withhold its totals.
    Withhold,
    /// Consent to the publication.
    GiveConsent,
    /// Take the consent back.
    WithdrawConsent,
    /// Attach the decision that was taken after it.
    AttachDecision,
    /// Decide that its tags and keys are destroyed.
    Erase,
    /// Say that nothing is left of them.
    CompleteErasure,
    /// Let its results go: their term is over.
    Expire,
}

impl Move {
    /// Every move.
    pub const ALL: [Self; 21] = [
        Self::Correct,
        Self::File,
        Self::Return,
        Self::Withdraw,
        Self::Approve,
        Self::Schedule,
        Self::Open,
        Self::Suspend,
        Self::Resume,
        Self::Extend,
        Self::EndEarly,
        Self::Close,
        Self::Freeze,
        Self::Publish,
        Self::Withhold,
        Self::GiveConsent,
        Self::WithdrawConsent,
        Self::AttachDecision,
        Self::Erase,
        Self::CompleteErasure,
        Self::Expire,
    ];

    /// The move as the API spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Correct => "CORRECT",
            Self::File => "FILE",
            Self::Return => "RETURN",
            Self::Withdraw => "WITHDRAW",
            Self::Approve => "APPROVE",
            Self::Schedule => "SCHEDULE",
            Self::Open => "OPEN",
            Self::Suspend => "SUSPEND",
            Self::Resume => "RESUME",
            Self::Extend => "EXTEND",
            Self::EndEarly => "END_EARLY",
            Self::Close => "CLOSE",
            Self::Freeze => "FREEZE",
            Self::Publish => "PUBLISH",
            Self::Withhold => "WITHHOLD",
            Self::GiveConsent => "GIVE_CONSENT",
            Self::WithdrawConsent => "WITHDRAW_CONSENT",
            Self::AttachDecision => "ATTACH_DECISION",
            Self::Erase => "ERASE",
            Self::CompleteErasure => "COMPLETE_ERASURE",
            Self::Expire => "EXPIRE",
        }
    }

    /// Whether the engine makes the move by itself, never a person.
    pub const fn by_engine(self) -> bool {
        match self {
            Self::Open
            | Self::Close
            | Self::Freeze
            | Self::Publish
            | Self::Withhold
            | Self::CompleteErasure
            | Self::Expire => true,
            Self::Correct
            | Self::File
            | Self::Return
            | Self::Withdraw
            | Self::Approve
            | Self::Schedule
            | Self::Suspend
            | Self::Resume
            | Self::Extend
            | Self::EndEarly
            | Self::GiveConsent
            | Self::WithdrawConsent
            | Self::AttachDecision
            | Self::Erase => false,
        }
    }
}

impl Phase {
    /// The phase after a move; `None` when the move is not legal.
    pub const fn after(self, mv: Move) -> Option<Self> {
        let next = match (mv, self) {
            (Move::Correct, Self::Draft) => Self::Draft,
            (Move::File, Self::Draft) => Self::Filed,
            (Move::Return | Move::Withdraw, Self::Filed | Self::Approved | Self::Scheduled) => {
                Self::Draft
            }
            (Move::Approve, Self::Filed) => Self::Approved,
            (Move::Schedule, Self::Approved) => Self::Scheduled,
            (Move::Open, Self::Scheduled) | (Move::Resume, Self::Suspended) => Self::Open,
            (Move::Suspend, Self::Open) => Self::Suspended,
            (Move::Extend, Self::Scheduled | Self::Open | Self::Suspended) => self,
            (Move::EndEarly | Move::Close, Self::Open | Self::Suspended) => Self::Closing,
            (Move::Freeze, Self::Closing) => Self::Closed,
            // A withheld poll is published when the consent comes, a published one again when a
            // correction is due.
            (Move::Publish, Self::Closed | Self::Published | Self::Withheld) => Self::Published,
            // A withheld one stays so for another reason when what is left of it has become too few.
            (Move::Withhold, Self::Closed | Self::Published | Self::Withheld) => Self::Withheld,
            (Move::GiveConsent, Self::Published) => self,
            // What is published stays published: a consent ends before it is made use of.
            (
                Move::GiveConsent | Move::WithdrawConsent,
                Self::Draft
                | Self::Filed
                | Self::Approved
                | Self::Scheduled
                | Self::Open
                | Self::Suspended
                | Self::Closing
                | Self::Closed
                | Self::Withheld,
            ) => self,
            (
                Move::AttachDecision,
                Self::Closed | Self::Published | Self::Withheld | Self::Erasing | Self::Erased,
            ) => self,
            (Move::Erase, Self::Published | Self::Withheld) => Self::Erasing,
            (Move::CompleteErasure, Self::Erasing) => Self::Erased,
            (Move::Expire, Self::Erased) => Self::Expired,
            (
                Move::Correct
                | Move::File
                | Move::Return
                | Move::Withdraw
                | Move::Approve
                | Move::Schedule
                | Move::Open
                | Move::Suspend
                | Move::Resume
                | Move::Extend
                | Move::EndEarly
                | Move::Close
                | Move::Freeze
                | Move::Publish
                | Move::Withhold
                | Move::GiveConsent
                | Move::WithdrawConsent
                | Move::AttachDecision
                | Move::Erase
                | Move::CompleteErasure
                | Move::Expire,
                _,
            ) => return None,
        };
        Some(next)
    }

    /// The moves that people can make in this phase: what an illegal one is answered with.
    pub fn moves_of_people(self) -> Vec<Move> {
        self.moves().into_iter().filter(|mv| !mv.by_engine()).collect()
    }

    /// The moves that are legal in this phase.
    pub fn moves(self) -> Vec<Move> {
        Move::ALL.into_iter().filter(|mv| self.after(*mv).is_some()).collect()
    }
}

#[cfg(test)]
mod tests;
