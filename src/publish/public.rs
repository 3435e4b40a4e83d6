//! A poll as the public may know it: the one view that every public way out is made from.
//!
//! It is made anew when the poll changes, not when somebody reads. What staff wrote without being
//! told that it would be public is not here: accounts, the reason of a suspension, the note of an
//! early end, that newer totals are held back.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Publication, ReleaseKind, ResultsState};
use crate::poll::{
    AttachedDecision, CloseReason, Definition, DefinitionHash, Extension, Phase, Poll, PollId,
};

/// What the public is told of where a poll stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PollState {
    /// It opens at its time.
    Upcoming,
    /// Ballots are counted.
    Open,
    /// No ballot is counted until it is resumed.
    Suspended,
    /// It has ended, and its totals are being made.
    Counting,
    /// Its totals are published.
    Published,
    /// Its rules forbid publishing its totals, or they were withdrawn.
    Withheld,
    /// The term of its results is over.
    Expired,
}

/// The three lists that people look for a poll in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It takes ballots, or will again.
    Open,
    /// It has not opened.
    Upcoming,
    /// It has ended.
    Closed,
}

impl Stage {
    /// Every stage, in the order in which people are shown them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Upcoming, Self::Closed];

    /// The stage as addresses spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Upcoming => "upcoming",
            Self::Closed => "closed",
        }
    }
}

impl PollState {
    /// The list in which the poll is.
    pub const fn stage(self) -> Stage {
        match self {
            Self::Upcoming => Stage::Upcoming,
            Self::Open | Self::Suspended => Stage::Open,
            Self::Counting | Self::Published | Self::Withheld | Self::Expired => Stage::Closed,
        }
    }

    /// The state as the API spells it.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Upcoming => "UPCOMING",
            Self::Open => "OPEN",
            Self::Suspended => "SUSPENDED",
            Self::Counting => "COUNTING",
            Self::Published => "PUBLISHED",
            Self::Withheld => "WITHHELD",
            Self::Expired => "EXPIRED",
        }
    }
}

/// A public poll.
#[derive(Debug)]
pub struct PublicPoll {
    /// What it asks, of whom, under which rules.
    pub definition: Arc<Definition>,
    /// The definition's hash, once it is frozen.
    pub definition_hash: Option<DefinitionHash>,
    /// Where it stands.
    pub state: PollState,
    /// When it closes, or would have closed.
    pub closes_at: Timestamp,
    /// Every time its closing was moved.
    pub extensions: Vec<Extension>,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// Since when it counts nothing, while it is suspended.
    pub suspended_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Why it ended.
    pub close_reason: Option<CloseReason>,
    /// The decisions that were taken after it.
    pub decisions: Vec<AttachedDecision>,
    /// When its keys and tags were destroyed.
    pub erased_at: Option<Timestamp>,
    /// When its results expire, or have expired.
    pub results_expire_at: Option<Timestamp>,
    /// What may be said of its results; never `Unknown`.
    pub results: ResultsState,
    /// Its releases, oldest first.
    pub releases: Vec<Arc<Publication>>,
    /// Another text whenever anything above is another: a cache can compare it.
    pub version: String,
    /// What a search looks through, in small letters.
    searched: String,
}

impl PublicPoll {
    /// The poll with its releases, if the public may know of it: an order is its initiator's and the
    /// organiser's matter until its poll is scheduled.
    pub fn of(poll: &Poll, releases: &[Arc<Publication>]) -> Option<Self> {
        if !poll.is_public() {
            return None;
        }
        let order = poll.definition.order();
        let texts = [
            &order.title.uk,
            &order.title.en,
            &order.initiator.name,
            &order.initiator.code,
            &order.reference,
            &order.community,
        ];
        Some(Self {
            definition: Arc::clone(&poll.definition),
            definition_hash: poll.opened_at.map(|_| poll.definition.hash()),
            state: state(poll),
            closes_at: poll.closes_at,
            extensions: poll.extensions.clone(),
            opened_at: poll.opened_at,
            suspended_at: poll.suspended.as_ref().map(|suspension| suspension.at),
            closed_at: poll.closed_at,
            close_reason: poll.close_reason,
            decisions: poll.decisions.clone(),
            erased_at: poll.erasure.as_ref().and_then(|erasure| erasure.erased_at),
            results_expire_at: poll.results_expire_at(),
            results: results(poll, releases),
            releases: releases.to_vec(),
            version: version(poll, releases),
            searched: texts.map(|text| text.to_lowercase()).join("\n"),
        })
    }

    /// The poll's identifier.
    pub fn id(&self) -> PollId {
        self.definition.poll
    }

    /// The release in force.
    pub fn in_force(&self) -> Option<&Arc<Publication>> {
        match &self.results {
            ResultsState::Published(publication) => Some(publication),
            ResultsState::Unknown | ResultsState::NotPublished(_) | ResultsState::Withheld(_) => {
                None
            }
        }
    }

    /// The release with this number.
    pub fn release(&self, number: u32) -> Option<&Arc<Publication>> {
        self.releases.iter().find(|held| held.statement.release == number)
    }

    /// Whether a search for these words, in small letters, finds it: each in the title, the
    /// initiator's name or code, the order's number, or the community.
    pub fn is_found_by(&self, words: &[String]) -> bool {
        words.iter().all(|word| self.searched.contains(word))
    }
}

/// What may be said of a poll's results: the gate before every way out.
fn results(poll: &Poll, releases: &[Arc<Publication>]) -> ResultsState {
    match (in_force(releases), poll.withheld_reason) {
        (Some(publication), _) => ResultsState::Published(Arc::clone(publication)),
        (None, Some(reason)) => ResultsState::Withheld(reason),
        (None, None) => ResultsState::NotPublished(poll.phase),
    }
}

/// The release that is in force, of these.
pub fn in_force(releases: &[Arc<Publication>]) -> Option<&Arc<Publication>> {
    releases.last().filter(|last| last.statement.kind != ReleaseKind::Withdrawal)
}

fn state(poll: &Poll) -> PollState {
    match poll.phase {
        Phase::Draft | Phase::Filed | Phase::Approved | Phase::Scheduled => PollState::Upcoming,
        Phase::Open => PollState::Open,
        Phase::Suspended => PollState::Suspended,
        Phase::Closing | Phase::Closed => PollState::Counting,
        Phase::Published => PollState::Published,
        Phase::Withheld => PollState::Withheld,
        Phase::Erasing | Phase::Erased if poll.withheld_reason.is_some() => PollState::Withheld,
        Phase::Erasing | Phase::Erased => PollState::Published,
        Phase::Expired => PollState::Expired,
    }
}

fn version(poll: &Poll, releases: &[Arc<Publication>]) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &str| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    };
    add(&poll.definition.hash().to_string());
    add(state(poll).wire_name());
    add(&poll.closes_at.to_string());
    add(&poll.extensions.len().to_string());
    add(&poll.decisions.len().to_string());
    add(&format!("{:?}", poll.erasure.as_ref().and_then(|erasure| erasure.erased_at)));
    add(poll.withheld_reason.map_or("", |reason| reason.reason()));
    add(releases.last().map_or("", |last| &last.hash));
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests;
