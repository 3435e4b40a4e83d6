//! A poll as it is kept, and what each move makes of it.
//!
//! Each method makes one [`Move`] and returns the poll after it. A move that the state machine does
//! not know is a mistake of the caller, who asks [`Phase::after`] first: it stops the engine.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::calendar::years_later;
use super::definition::Definition;
use super::erasure::{Erasure, ErasureGround};
use super::id::PollId;
use super::moves::Move;
use super::period::PERIOD_DAYS_MAX;
use super::phase::{CloseReason, Phase, WithheldReason};
use super::steps::{AttachedDecision, Consent, Extension, Returned, Suspension, check_reason};
use super::violation::Violation;

mod end;
mod filing;

/// Decisions attached to one poll: those of the body, its appeal and its courts.
const DECISIONS_MAX: usize = 16;
/// Extensions of one poll: an outage a day for two months.
const EXTENSIONS_MAX: usize = 64;

/// A poll as it is kept: what it asks and where it stands. It holds no count of anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// What it asks, of whom, under which rules.
    pub definition: Arc<Definition>,
    /// Where it stands.
    pub phase: Phase,
    /// Which revision of its order this is, from 1.
    pub revision: u32,
    /// The account that wrote this revision.
    pub drafted_by: String,
    /// The account that filed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed_by: Option<String>,
    /// When it was filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed_at: Option<Timestamp>,
    /// The account that approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// Why an order of this poll was returned, last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    /// When it closes: as planned, then as extended.
    pub closes_at: Timestamp,
    /// Every time its closing was moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// When it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// Why it counts nothing, while it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
    /// When the decision to close it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_reason: Option<CloseReason>,
    /// What was said about an early end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_end_note: Option<String>,
    /// The initiator's consent to publish its totals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Why its totals are withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld_reason: Option<WithheldReason>,
    /// Since when there are newer totals than were shown, that lie too close to those: they wait until
    /// two people decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back_at: Option<Timestamp>,
    /// The decisions that were taken after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<AttachedDecision>,
    /// The pseudonym key of its subject space, pinned at the opening: subjects under another key
    /// would be other tags for the same people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonym_key: Option<String>,
    /// The kind of its subjects by its number in tags, pinned with it and for the same reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_kind: Option<u8>,
    /// Its erasure, once decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Erasure>,
    /// When it was announced that its results expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_announced_at: Option<Timestamp>,
    /// When its results expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<Timestamp>,
}

/// What can be asked of a poll.
impl Poll {
    /// The poll's identifier.
    pub fn id(&self) -> PollId {
        self.definition.poll
    }

    /// When it opens, as its order states.
    pub fn opens_at(&self) -> Timestamp {
        self.definition.period().opens_at.instant()
    }

    /// Whether the public may know of it: an order is its initiator's and the organiser's matter
    /// until its poll is scheduled.
    pub fn is_public(&self) -> bool {
        self.phase >= Phase::Scheduled
    }

    /// Whether its totals were published; also after the erasure, which leaves what is public.
    pub fn is_published(&self) -> bool {
        match self.phase {
            Phase::Published => true,
            Phase::Erasing | Phase::Erased => self.withheld_reason.is_none(),
            Phase::Draft
            | Phase::Filed
            | Phase::Approved
            | Phase::Scheduled
            | Phase::Open
            | Phase::Suspended
            | Phase::Closing
            | Phase::Closed
            | Phase::Withheld
            // What was public is gone too.
            | Phase::Expired => false,
        }
    }

    /// Whether newer totals wait for two people.
    pub fn is_held_back(&self) -> bool {
        self.held_back_at.is_some()
    }

    /// Whether its tags and keys are gone, or on their way.
    pub fn is_erased_or_about_to_be(&self) -> bool {
        matches!(self.phase, Phase::Erasing | Phase::Erased | Phase::Expired)
    }

    /// Whether the profile asks for the initiator's consent and there is none.
    pub fn lacks_consent(&self) -> bool {
        self.definition.profile().initiator_consent && self.consent.is_none()
    }

    /// When its results expire: the order's term after the close, in calendar years in Kyiv. `None`
    /// until it is closed.
    pub fn results_expire_at(&self) -> Option<Timestamp> {
        years_later(self.closed_at?, self.definition.order().retention_years)
    }

    /// Name of the wrapping key that must be destroyed before the poll is erased.
    pub fn pending_key(&self) -> Option<&str> {
        self.erasure.as_ref()?.pending_key.as_deref()
    }

    /// Whether the poll may be extended to this time, for this reason.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn check_extension(&self, to: Timestamp, reason: &str) -> Result<(), Violation> {
        let opens_at = self.opened_at.unwrap_or(self.definition.period().opens_at.instant());
        if to <= self.closes_at {
            return Err(Violation::new("closes_at", "must be later than the present closing time"));
        }
        if opens_at.duration_until(to) > SignedDuration::from_hours(24 * PERIOD_DAYS_MAX) {
            let rule = format!("must be at most {PERIOD_DAYS_MAX} days after the opening");
            return Err(Violation::new("closes_at", rule));
        }
        if self.extensions.len() >= EXTENSIONS_MAX {
            let rule = format!("must hold at most {EXTENSIONS_MAX}");
            return Err(Violation::new("extensions", rule));
        }
        check_reason("reason", reason)
    }

    /// Every rule that this decision would break.
    pub fn check_decision(&self, decision: &AttachedDecision) -> Vec<Violation> {
        let mut found = decision.check();
        if self.decisions.len() >= DECISIONS_MAX {
            let rule = format!("must hold at most {DECISIONS_MAX}");
            found.push(Violation::new("decisions", rule));
        }
        found
    }

    /// The same poll after a move.
    fn after(&self, mv: Move) -> Self {
        let Some(phase) = self.phase.after(mv) else {
            panic!("{} is no move of a poll that is {}", mv.name(), self.phase.name());
        };
        Self { phase, ..self.clone() }
    }
}

/// Where a poll begins.
impl Poll {
    /// A new poll with the first revision of its order, written by this account.
    pub fn draft(definition: Definition, by: impl Into<String>) -> Self {
        Self {
            closes_at: definition.period().closes_at.instant(),
            definition: Arc::new(definition),
            phase: Phase::Draft,
            revision: 1,
            drafted_by: by.into(),
            filed_by: None,
            filed_at: None,
            approved_by: None,
            returned: None,
            extensions: Vec::new(),
            opened_at: None,
            suspended: None,
            closed_at: None,
            close_reason: None,
            early_end_note: None,
            consent: None,
            withheld_reason: None,
            held_back_at: None,
            decisions: Vec::new(),
            pseudonym_key: None,
            subject_kind: None,
            erasure: None,
            expiry_announced_at: None,
            expired_at: None,
        }
    }
}

/// From the opening to its totals.
impl Poll {
    /// The same poll, opened for subjects of this kind under this pseudonym key.
    ///
    /// # Panics
    ///
    /// When it is not scheduled.
    pub fn opened(&self, now: Timestamp, pseudonym_key: &str, subject_kind: u8) -> Self {
        Self {
            opened_at: Some(now),
            pseudonym_key: Some(pseudonym_key.to_owned()),
            subject_kind: Some(subject_kind),
            ..self.after(Move::Open)
        }
    }

    /// The same poll, counting nothing for a while.
    ///
    /// # Panics
    ///
    /// When it is not open.
    pub fn suspended(&self, at: Timestamp, reason: impl Into<String>) -> Self {
        let suspended = Some(Suspension { at, reason: reason.into() });
        Self { suspended, ..self.after(Move::Suspend) }
    }

    /// The same poll, counting again.
    ///
    /// # Panics
    ///
    /// When it is not suspended.
    pub fn resumed(&self) -> Self {
        Self { suspended: None, ..self.after(Move::Resume) }
    }

    /// The same poll, closing later. [`Poll::check_extension`] has passed.
    ///
    /// # Panics
    ///
    /// When it has closed or is not scheduled, or the check would not pass.
    pub fn extended(&self, at: Timestamp, to: Timestamp, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        assert!(self.check_extension(to, &reason).is_ok(), "an extension is checked before");
        let mut extensions = self.extensions.clone();
        extensions.push(Extension { at, before: self.closes_at, after: to, reason });
        Self { closes_at: to, extensions, ..self.after(Move::Extend) }
    }

    /// The same poll, with no new ballot counted from here on.
    ///
    /// # Panics
    ///
    /// When it is neither open nor suspended, or its profile does not know this early end.
    pub fn closing(&self, now: Timestamp, reason: CloseReason, note: Option<String>) -> Self {
        let mv = match reason {
            CloseReason::AsPlanned => Move::Close,
            early => {
                let known = self.definition.profile().early_end.contains(&early);
                assert!(known, "the profile does not know this early end");
                Move::EndEarly
            }
        };
        Self {
            suspended: None,
            closed_at: Some(now),
            close_reason: Some(reason),
            early_end_note: note,
            ..self.after(mv)
        }
    }

    /// The same poll, its tally frozen.
    ///
    /// # Panics
    ///
    /// When it is not closing.
    pub fn closed(&self) -> Self {
        self.after(Move::Freeze)
    }

    /// The same poll, its totals published.
    ///
    /// # Panics
    ///
    /// When its tally is not frozen, or it is being erased.
    pub fn published(&self) -> Self {
        Self { withheld_reason: None, held_back_at: None, ..self.after(Move::Publish) }
    }

    /// The same poll, its newer totals held back: they lie too close to what was shown.
    ///
    /// # Panics
    ///
    /// When nothing of it was decided on, or it is being erased.
    pub fn held_back(&self, at: Timestamp) -> Self {
        let decided = matches!(self.phase, Phase::Published | Phase::Withheld);
        assert!(decided, "what is held back would be shown else");
        Self { held_back_at: Some(at), ..self.clone() }
    }

    /// The same poll, its totals withheld.
    ///
    /// # Panics
    ///
    /// When its tally is not frozen, or they are withheld already, or it is being erased.
    pub fn withheld(&self, reason: WithheldReason) -> Self {
        let withheld_reason = Some(reason);
        Self { withheld_reason, held_back_at: None, ..self.after(Move::Withhold) }
    }

    /// The same poll, with the initiator's consent to publish its totals.
    ///
    /// # Panics
    ///
    /// When its erasure was decided.
    pub fn with_consent(&self, consent: Consent) -> Self {
        Self { consent: Some(consent), ..self.after(Move::GiveConsent) }
    }

    /// The same poll, without the initiator's consent.
    ///
    /// # Panics
    ///
    /// When its totals are published, or its erasure was decided.
    pub fn without_consent(&self) -> Self {
        Self { consent: None, ..self.after(Move::WithdrawConsent) }
    }

    /// The same poll, with a decision that was taken after it. [`Poll::check_decision`] has passed.
    ///
    /// # Panics
    ///
    /// When it is not closed or has expired, or the check would not pass.
    pub fn with_decision(&self, decision: AttachedDecision) -> Self {
        assert!(self.check_decision(&decision).is_empty(), "a decision is checked before");
        let mut decisions = self.decisions.clone();
        decisions.push(decision);
        Self { decisions, ..self.after(Move::AttachDecision) }
    }
}

#[cfg(test)]
mod tests;
