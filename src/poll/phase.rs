//! A poll and the phases of its life.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::definition::Definition;
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
        }
    }

    /// Whether the poll has keys, so that a tag can be known.
    pub const fn has_keys(self) -> bool {
        !matches!(self, Self::Approved)
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
        }
    }

    /// The poll's identifier.
    pub fn id(&self) -> PollId {
        self.definition.poll
    }

    /// The same poll, opened.
    pub fn opened(&self, now: Timestamp) -> Self {
        Self { phase: Phase::Open, opened_at: Some(now), ..self.clone() }
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
}
