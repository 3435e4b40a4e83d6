//! The phases of a poll's life, and why it ended or is withheld.
//!
//! Which phase follows which is in [`super::moves`] alone.

use serde::{Deserialize, Serialize};

/// The life of a poll, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its order is being written, or was returned.
    Draft,
    /// Its order is filed and waits for the organiser's decision.
    Filed,
    /// Its order is approved.
    Approved,
    /// It opens by itself at its time; no ballot is taken and no key exists.
    Scheduled,
    /// Ballots are counted.
    Open,
    /// No ballot is counted until it is resumed.
    Suspended,
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
    /// The term of its results is over: they are no longer kept.
    Expired,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 13] = [
        Self::Draft,
        Self::Filed,
        Self::Approved,
        Self::Scheduled,
        Self::Open,
        Self::Suspended,
        Self::Closing,
        Self::Closed,
        Self::Published,
        Self::Withheld,
        Self::Erasing,
        Self::Erased,
        Self::Expired,
    ];

    /// The phase in words, for messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Filed => "filed",
            Self::Approved => "approved",
            Self::Scheduled => "scheduled",
            Self::Open => "open",
            Self::Suspended => "suspended",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Published => "published",
            Self::Withheld => "withheld",
            Self::Erasing => "erasing",
            Self::Erased => "erased",
            Self::Expired => "expired",
        }
    }

    /// The phase as the API spells it.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Filed => "FILED",
            Self::Approved => "APPROVED",
            Self::Scheduled => "SCHEDULED",
            Self::Open => "OPEN",
            Self::Suspended => "SUSPENDED",
            Self::Closing => "CLOSING",
            Self::Closed => "CLOSED",
            Self::Published => "PUBLISHED",
            Self::Withheld => "WITHHELD",
            Self::Erasing => "ERASING",
            Self::Erased => "ERASED",
            Self::Expired => "EXPIRED",
        }
    }

    /// Whether the poll has keys, so that a tag can be known.
    pub const fn has_keys(self) -> bool {
        match self {
            Self::Open
            | Self::Suspended
            | Self::Closing
            | Self::Closed
            | Self::Published
            | Self::Withheld => true,
            Self::Draft
            | Self::Filed
            | Self::Approved
            | Self::Scheduled
            | Self::Erasing
            | Self::Erased
            | Self::Expired => false,
        }
    }
}

/// Why a poll ended: planned, or one of the grounds for an early end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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

impl CloseReason {
    /// The grounds for an early end.
    pub const EARLY: [Self; 3] =
        [Self::RelevanceLost, Self::TechnicalError, Self::InitiatorDecision];
}

/// Why totals are not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WithheldReason {
    /// The publication rule says never.
    NeverPublished,
    /// Fewer answers than the rule's minimum.
    TooFewAnswers,
    /// The initiator has not consented to the publication.
    NoConsent,
    /// It was a test.
    TestPoll,
    /// It ended before its time, and its order asks to withhold the totals then.
    EndedEarly,
    /// The totals lie too close to what was shown before: two people decide.
    TooClose,
}

impl WithheldReason {
    /// The machine-readable reason.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NeverPublished => "NEVER_PUBLISHED",
            Self::TooFewAnswers => "TOO_FEW_ANSWERS",
            Self::NoConsent => "NO_CONSENT",
            Self::TestPoll => "TEST_POLL",
            Self::EndedEarly => "ENDED_EARLY",
            Self::TooClose => "TOO_CLOSE",
        }
    }
}
