//! The totals of the release in force, or why there are none.

use super::super::forms::thousandths;
use super::super::words::Words;
use crate::poll::{CloseReason, PublicationMode, WithheldReason};
use crate::publish::{PollState, PublicPoll, QuestionTotals, ReleaseKind, ResultsState, Statement};

/// What there is to say of a poll's totals.
pub(super) enum Outcome {
    /// They are published.
    Totals(Totals),
    /// They are not, for this reason.
    Nothing {
        why: String,
        /// What is asked, without numbers.
        questions: Vec<Asked>,
    },
}

pub(super) struct Asked {
    pub(super) text: String,
    pub(super) options: Vec<String>,
}

/// Published totals.
pub(super) struct Totals {
    pub(super) provisional: bool,
    /// What kind of release it is, and of which moment.
    pub(super) kind: String,
    /// What is unusual about it: an early end, a correction.
    pub(super) notes: Vec<String>,
    pub(super) total: String,
    /// The total with what is counted.
    pub(super) total_said: String,
    pub(super) questions: Vec<Question>,
}

pub(super) struct Question {
    pub(super) text: String,
    /// What the numbers say, in a sentence.
    pub(super) finding: String,
    pub(super) options: Vec<OptionRow>,
}

pub(super) struct OptionRow {
    pub(super) label: String,
    pub(super) count: String,
    pub(super) share: String,
    /// Length of its bar, of a thousand.
    pub(super) bar: u32,
    /// Whether no other option has more.
    pub(super) first: bool,
}

impl Outcome {
    /// The outcome in a sentence.
    pub(super) fn finding(&self) -> String {
        match self {
            Self::Totals(totals) => {
                let findings = totals.questions.iter().map(|question| question.finding.as_str());
                let findings: Vec<_> = findings.collect();
                format!("{} {}", findings.join(" "), totals.total_said)
            }
            Self::Nothing { why, .. } => why.clone(),
        }
    }
}

/// What there is to say of the poll's totals.
pub(super) fn outcome(words: Words, poll: &PublicPoll) -> Outcome {
    let withheld = |reason| words.say(withheld_text(reason));
    let why = match &poll.results {
        ResultsState::Published(publication) => {
            return Outcome::Totals(totals(words, poll, &publication.statement));
        }
        ResultsState::Withheld(reason) if poll.releases.is_empty() => withheld(*reason),
        ResultsState::Withheld(reason) => {
            format!("{} {}", words.say("withdrawn"), withheld(*reason))
        }
        ResultsState::NotPublished(_) | ResultsState::Unknown => unpublished(words, poll),
    };
    let questions = poll.definition.order().questions.iter().map(|question| Asked {
        text: question.text.of(words.language).to_owned(),
        options: question
            .options
            .iter()
            .map(|option| option.label.of(words.language).to_owned())
            .collect(),
    });
    Outcome::Nothing { why, questions: questions.collect() }
}

fn unpublished(words: Words, poll: &PublicPoll) -> String {
    let order = poll.definition.order();
    let rules = &order.publication;
    match poll.state {
        PollState::Expired => words.say("nothing-expired"),
        PollState::Counting => words.say("nothing-counting"),
        PollState::Upcoming
        | PollState::Open
        | PollState::Suspended
        | PollState::Published
        | PollState::Withheld => {
            let name = match rules.mode {
                _ if order.test => "nothing-test",
                PublicationMode::Never => "nothing-never",
                PublicationMode::AtClose => "nothing-at-close",
                PublicationMode::Live => "nothing-live",
            };
            words.counted(name, rules.minimum_answers)
        }
    }
}

const fn withheld_text(reason: WithheldReason) -> &'static str {
    match reason {
        WithheldReason::NeverPublished => "withheld-never",
        WithheldReason::TooFewAnswers => "withheld-too-few",
        WithheldReason::NoConsent => "withheld-no-consent",
        WithheldReason::TestPoll => "withheld-test",
        WithheldReason::EndedEarly => "withheld-ended-early",
        WithheldReason::TooClose => "withheld-too-close",
    }
}

fn totals(words: Words, poll: &PublicPoll, statement: &Statement) -> Totals {
    let total = statement.total.unwrap_or_default();
    let as_of = words.moment(statement.as_of).text;
    let provisional = statement.kind == ReleaseKind::Live;
    let kind = if provisional { "release-live" } else { "release-final" };
    let mut notes = Vec::new();
    // What the poll is now may be later than its last release.
    let reason = poll.close_reason.or(statement.close_reason);
    notes.extend(reason.and_then(early_end).map(|name| words.say(name)));
    if let Some(correction) = &statement.correction {
        notes.push(words.with("corrects", [("release", correction.release.into())]));
    }
    Totals {
        provisional,
        kind: words.with(kind, [("moment", as_of.into())]),
        notes,
        total: words.count(total),
        total_said: words.counted("total-answers", total),
        questions: statement.questions.iter().map(|held| question(words, held, total)).collect(),
    }
}

const fn early_end(reason: CloseReason) -> Option<&'static str> {
    match reason {
        CloseReason::AsPlanned => None,
        CloseReason::RelevanceLost => Some("early-relevance-lost"),
        CloseReason::TechnicalError => Some("early-technical-error"),
        CloseReason::InitiatorDecision => Some("early-initiator"),
    }
}

fn question(words: Words, question: &QuestionTotals, total: u64) -> Question {
    let most = question.options.iter().map(|option| option.count).max().unwrap_or_default();
    let options = question.options.iter().map(|option| OptionRow {
        label: option.label.of(words.language).to_owned(),
        count: words.count(option.count),
        share: words.share(option.count, total).unwrap_or_default(),
        bar: thousandths(option.count, total),
        first: option.count == most && most > 0,
    });
    let options: Vec<_> = options.collect();
    let text = question.text.of(words.language).to_owned();
    Question { text, finding: finding(words, &options), options }
}

/// What most people chose, in words: the chart says nothing else.
fn finding(words: Words, options: &[OptionRow]) -> String {
    let first: Vec<_> = options.iter().filter(|option| option.first).collect();
    match first.as_slice() {
        [] => String::new(),
        [one] => {
            let parts =
                [("label", one.label.as_str().into()), ("share", one.share.as_str().into())];
            words.with("finding", parts)
        }
        [one, ..] => words.with("finding-tie", [("share", one.share.as_str().into())]),
    }
}
