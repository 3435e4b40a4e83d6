//! A poll and the phases of its life.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::definition::Definition;
use super::erasure::{Erasure, ErasureGround};
use super::id::PollId;

/// The life of a poll, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its order is accepted; no ballot is taken and no key exists.
    Approved,
    /// Ballots are counted.
    Open,
    /// No new ballot is counted; the tally is being frozen.
    Closing,
    /// The tally is frozen, and not yet published or withheld.
    Closed,
    /// The totals are published.
    Published,
    /// The rules forbid publishing the totals.
    Withheld,
    /// Its tags and keys are being destroyed.
    Erasing,
    /// Nothing is left but the definition and what was published.
    Erased,
}

impl Phase {
    /// The phase in words, for messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Published => "published",
            Self::Withheld => "withheld",
            Self::Erasing => "erasing",
            Self::Erased => "erased",
        }
    }

    /// The phase as the API spells it.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Open => "OPEN",
            Self::Closing => "CLOSING",
            Self::Closed => "CLOSED",
            Self::Published => "PUBLISHED",
            Self::Withheld => "WITHHELD",
            Self::Erasing => "ERASING",
            Self::Erased => "ERASED",
        }
    }

    /// Whether the poll has keys, so that a tag can be known.
    pub const fn has_keys(self) -> bool {
        !matches!(self, Self::Approved | Self::Erasing | Self::Erased)
    }
}

/// Why a poll ended: planned, or one of the grounds for an early end (Resolution No. 90).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CloseReason {
    /// Its time is over.
    AsPlanned,
    /// It lost its relevance.
    RelevanceLost,
    /// A technical error occurred.
    TechnicalError,
    /// The initiator decided so.
    InitiatorDecision,
}

/// Why totals are not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WithheldReason {
    /// The publication rule says never.
    NeverPublished,
    /// Fewer answers than the rule's minimum.
    TooFewAnswers,
}

impl WithheldReason {
    /// The machine-readable reason.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NeverPublished => "NEVER_PUBLISHED",
            Self::TooFewAnswers => "TOO_FEW_ANSWERS",
        }
    }
}

/// A poll as it is kept: what it asks and where it stands. It holds no count of anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// What it asks, of whom, under which rules.
    pub definition: Arc<Definition>,
    /// Where it stands.
    pub phase: Phase,
    /// When it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// When the decision to close it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_reason: Option<CloseReason>,
    /// Why its totals are withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld_reason: Option<WithheldReason>,
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
}

impl Poll {
    /// A new poll, waiting to be opened.
    pub fn approved(definition: Definition) -> Self {
        Self {
            definition: Arc::new(definition),
            phase: Phase::Approved,
            opened_at: None,
            closed_at: None,
            close_reason: None,
            withheld_reason: None,
            pseudonym_key: None,
            subject_kind: None,
            erasure: None,
        }
    }

    /// The poll's identifier.
    pub fn id(&self) -> PollId {
        self.definition.poll
    }

    /// Whether its totals were published; also after the erasure, which leaves what is public.
    pub fn is_published(&self) -> bool {
        match self.phase {
            Phase::Published => true,
            Phase::Erasing | Phase::Erased => self.withheld_reason.is_none(),
            Phase::Approved | Phase::Open | Phase::Closing | Phase::Closed | Phase::Withheld => {
                false
            }
        }
    }

    /// The same poll, opened for subjects of this kind under this pseudonym key.
    pub fn opened(&self, now: Timestamp, pseudonym_key: &str, subject_kind: u8) -> Self {
        Self {
            phase: Phase::Open,
            opened_at: Some(now),
            pseudonym_key: Some(pseudonym_key.to_owned()),
            subject_kind: Some(subject_kind),
            ..self.clone()
        }
    }

    /// The same poll, with no new ballot counted from here on.
    pub fn closing(&self, now: Timestamp, reason: CloseReason) -> Self {
        Self {
            phase: Phase::Closing,
            closed_at: Some(now),
            close_reason: Some(reason),
            ..self.clone()
        }
    }

    /// The same poll, its tally frozen.
    pub fn closed(&self) -> Self {
        Self { phase: Phase::Closed, ..self.clone() }
    }

    /// The same poll, its totals published.
    pub fn published(&self) -> Self {
        Self { phase: Phase::Published, ..self.clone() }
    }

    /// The same poll, its totals withheld.
    pub fn withheld(&self, reason: WithheldReason) -> Self {
        Self { phase: Phase::Withheld, withheld_reason: Some(reason), ..self.clone() }
    }

    /// The same poll, its tags and keys to be destroyed, together with the wrapping key of this
    /// name.
    ///
    /// # Panics
    ///
    /// When it is neither published nor withheld: until its totals are decided on, an erasure would
    /// take them too, and afterwards nobody could say whether they are public.
    pub fn erasing(
        &self,
        now: Timestamp,
        ground: ErasureGround,
        reference: Option<String>,
        wrapping_key: String,
    ) -> Self {
        let decided = matches!(self.phase, Phase::Published | Phase::Withheld);
        assert!(decided, "a poll is erased after its totals are published or withheld");
        let pending_key = Some(wrapping_key);
        let erasure = Erasure { ground, reference, decided_at: now, erased_at: None, pending_key };
        Self { phase: Phase::Erasing, erasure: Some(erasure), ..self.clone() }
    }

    /// The same poll, its erasure waiting for the end of this wrapping key.
    ///
    /// # Panics
    ///
    /// When its erasure was not decided.
    pub fn waiting_for(&self, wrapping_key: String) -> Self {
        let erasure = self.erasure.clone().expect("an erasure is decided before it is done");
        let erasure = Erasure { pending_key: Some(wrapping_key), ..erasure };
        Self { erasure: Some(erasure), ..self.clone() }
    }

    /// Name of the wrapping key that must be destroyed before the poll is erased.
    pub fn pending_key(&self) -> Option<&str> {
        self.erasure.as_ref()?.pending_key.as_deref()
    }

    /// The same poll, erased: nothing opens its tags any more.
    ///
    /// # Panics
    ///
    /// When its erasure was not decided.
    pub fn erased(&self, now: Timestamp) -> Self {
        let erasure = self.erasure.clone().expect("an erasure is decided before it is done");
        let erasure = Erasure { erased_at: Some(now), pending_key: None, ..erasure };
        Self { phase: Phase::Erased, erasure: Some(erasure), ..self.clone() }
    }
}

#[cfg(test)]
mod tests;
