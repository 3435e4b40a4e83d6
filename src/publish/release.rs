//! Whether a poll's totals may be published, and what the publication says. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::file::Publication;
use crate::poll::{
    Body, CloseReason, LocalizedText, Poll, PollId, PublicationMode, WithheldReason,
};
use crate::store::Sums;

/// Totals of one option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionTotal {
    /// The option.
    pub id: String,
    /// Its label.
    pub label: LocalizedText,
    /// Number of answers, at most 2^53 - 1.
    pub count: u64,
}

/// Totals of one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionTotals {
    /// The question.
    pub id: String,
    /// What it asks.
    pub text: LocalizedText,
    /// One row an option, in the order of the definition.
    pub options: Vec<OptionTotal>,
}

/// What a publication states. Serialised by RFC 8785, then signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Always `holos-publication-1`.
    pub format: String,
    /// The poll.
    pub poll: PollId,
    /// Number of this release of the poll, from 1.
    pub release: u32,
    /// BLAKE3 hash of the frozen definition's canonical JSON, 64 hexadecimal digits.
    pub definition_hash: String,
    /// The poll's title.
    pub title: LocalizedText,
    /// Who ordered it and owns the results.
    pub initiator: Body,
    /// The initiator's own number of the order.
    pub reference: String,
    /// The legal ground.
    pub legal_ground: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// Why it ended.
    pub close_reason: CloseReason,
    /// Which release it takes the place of, and why; an earlier release is never changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
    /// When this release was made.
    pub published_at: Timestamp,
    /// Total number of answers (Resolution No. 90, point 20), at most 2^53 - 1.
    pub total: u64,
    /// Totals a question.
    pub questions: Vec<QuestionTotals>,
}

/// What a corrected release takes the place of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Number of the release before.
    pub release: u32,
    /// BLAKE3 hash of its file, 64 hexadecimal digits.
    pub hash: String,
    /// Why.
    pub reason: CorrectionReason,
}

/// Why a release is corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorrectionReason {
    /// Ballots that came under a revoked issuer key were taken out.
    IssuerKeyExcised,
}

/// The format's name.
pub(super) const FORMAT: &str = "holos-publication-1";

/// What the rules say about a closed poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// These totals may be published.
    Publish(Box<Statement>),
    /// They may not.
    Withhold(WithheldReason),
}

/// Decides about a closed poll with this frozen tally; `previous` is the release that this one
/// corrects.
///
/// Totals of the question are exact, as the procedure asks; with fewer answers than the poll's
/// minimum nothing is said, because the total itself would tell who took part.
///
/// # Panics
///
/// When the tally contradicts itself: then no total may be published.
pub fn decide(
    poll: &Poll,
    tally: &Sums,
    previous: Option<&Publication>,
    now: Timestamp,
) -> Decision {
    let order = poll.definition.order();
    if order.test {
        return Decision::Withhold(WithheldReason::TestPoll);
    }
    match order.publication.mode {
        PublicationMode::Never => return Decision::Withhold(WithheldReason::NeverPublished),
        PublicationMode::AtClose => {}
    }
    if tally.ballots < order.publication.minimum_answers {
        return Decision::Withhold(WithheldReason::TooFewAnswers);
    }
    if poll.lacks_consent() {
        return Decision::Withhold(WithheldReason::NoConsent);
    }
    let layout = poll.definition.layout();
    assert_eq!(layout.len(), tally.cells.len(), "a tally has the layout of its poll");
    let questions = order.questions.iter().zip(layout.questions()).map(|(question, cells)| {
        let counts = &tally.cells[cells];
        let answers: u64 = counts.iter().sum();
        assert_eq!(answers, tally.ballots, "a single-choice question has one answer a ballot");
        let options = question.options.iter().zip(counts);
        QuestionTotals {
            id: question.id.clone(),
            text: question.text.clone(),
            options: options
                .map(|(option, count)| OptionTotal {
                    id: option.id.clone(),
                    label: option.label.clone(),
                    count: *count,
                })
                .collect(),
        }
    });
    Decision::Publish(Box::new(Statement {
        format: FORMAT.to_owned(),
        poll: poll.id(),
        release: previous.map_or(1, |previous| previous.statement.release + 1),
        definition_hash: poll.definition.hash().to_string(),
        title: order.title.clone(),
        initiator: order.initiator.clone(),
        reference: order.reference.clone(),
        legal_ground: order.legal_ground.clone(),
        opened_at: poll.opened_at.expect("a closed poll was opened"),
        closed_at: poll.closed_at.expect("a closed poll was closed"),
        close_reason: poll.close_reason.expect("a poll is closed for a reason"),
        correction: previous.map(|previous| Correction {
            release: previous.statement.release,
            hash: previous.hash.clone(),
            reason: CorrectionReason::IssuerKeyExcised,
        }),
        published_at: now,
        total: tally.ballots,
        questions: questions.collect(),
    }))
}
