//! Whether a poll's totals may be published, and what the release says. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use super::file::Publication;
use super::statement::{
    Bounds, Correction, CorrectionReason, FORMAT, OptionTotal, QuestionTotals, ReleaseKind,
    Statement,
};
use super::tables::tables;
use crate::poll::{CloseReason, Definition, EarlyEnd, Poll, PublicationMode, WithheldReason};
use crate::tally::{Cut, Standing, Sums};

/// What the rules say about a closed poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// These totals may be published.
    Publish(Box<Statement>),
    /// They may not.
    Withhold {
        /// Why.
        reason: WithheldReason,
        /// Whether the initiator may see them all the same.
        own: bool,
        /// What takes the place of a release that holds no more.
        withdrawal: Option<Box<Statement>>,
    },
    /// What was published stays, although there are newer totals: those lie too close to it.
    HoldBack,
}

/// A closed poll with all that a decision about it takes.
pub struct Case<'a> {
    /// The poll.
    pub poll: &'a Poll,
    /// Its frozen tally.
    pub tally: &'a Sums,
    /// How the tally lies to what was shown.
    pub standing: &'a Standing,
    /// The poll's releases, oldest first.
    pub releases: &'a [Arc<Publication>],
    /// Whether two people have decided that these totals are shown although they lie close to what
    /// was shown before.
    pub agreed: bool,
    /// Now.
    pub now: Timestamp,
}

/// Decides about a closed poll.
///
/// Totals of the question are exact, as the procedure asks; with fewer answers than the poll's
/// minimum nothing is said, because the total itself would tell who took part.
///
/// # Panics
///
/// When the tally contradicts itself: then no total may be published.
pub fn decide(case: &Case<'_>) -> Decision {
    let Case { poll, tally, standing, releases, agreed, now } = case;
    let last = releases.last().map(Arc::as_ref);
    let standing_release = last.filter(|last| last.statement.kind != ReleaseKind::Withdrawal);
    let too_close = !agreed && is_too_close(poll, standing);
    // What stands is wrong when ballots of it were taken out, and when a correction leaves too few
    // answers; a withdrawal says so, and tells no number.
    let wrong = |reason| {
        let is_wrong = standing.is_corrected || reason == WithheldReason::TooFewAnswers;
        let wrong = standing_release.filter(|_| is_wrong);
        wrong.map(|wrong| Box::new(withdrawal(poll, wrong, reason, *now)))
    };
    if let Some(reason) = withheld_reason(poll, tally) {
        let own = reason != WithheldReason::TooFewAnswers && !too_close;
        return Decision::Withhold { reason, own, withdrawal: wrong(reason) };
    }
    if too_close {
        let is_final = last.is_some_and(|last| last.statement.kind == ReleaseKind::Final);
        return if is_final {
            Decision::HoldBack
        } else {
            let reason = WithheldReason::TooClose;
            Decision::Withhold { reason, own: false, withdrawal: wrong(reason) }
        };
    }
    let statement = Statement {
        correction: replaced(releases)
            .filter(|wrong| {
                let is_final = wrong.statement.kind == ReleaseKind::Final;
                standing.is_corrected || is_final || standing_release.is_none()
            })
            .map(correction),
        breakdowns: tables(&poll.definition, tally, &standing.tallies, releases),
        ..statement(poll, ReleaseKind::Final, Some(tally), last, *now)
    };
    Decision::Publish(Box::new(statement))
}

/// The live release of a cut that may be shown, if the poll's rules allow one now.
///
/// It has no breakdown tables: between two releases lie B ballots, and split by strata they would
/// show few people, or nothing.
pub fn live(
    poll: &Poll,
    cut: &Cut,
    standing: &Standing,
    releases: &[Arc<Publication>],
    now: Timestamp,
) -> Option<Statement> {
    let order = poll.definition.order();
    let is_live = order.publication.mode == PublicationMode::Live && !order.test;
    let enough = cut.sums.ballots >= order.publication.minimum_answers;
    if !is_live || !enough || poll.lacks_consent() {
        return None;
    }
    let last = releases.last().map(Arc::as_ref);
    Some(Statement {
        as_of: cut.at,
        correction: replaced(releases).filter(|_| standing.is_corrected).map(correction),
        ..statement(poll, ReleaseKind::Live, Some(&cut.sums), last, now)
    })
}

/// Whether totals lie so close to what was shown that the difference would show the answers of
/// fewer than B.
pub fn is_too_close(poll: &Poll, standing: &Standing) -> bool {
    let apart = poll.definition.crowd().ballots_apart;
    standing.nearest.is_some_and(|distance| distance < apart)
}

/// The rule, if there is one, by which a closed poll's totals are not public, whatever was shown of
/// them.
fn withheld_reason(poll: &Poll, tally: &Sums) -> Option<WithheldReason> {
    let order = poll.definition.order();
    let rules = &order.publication;
    let early = poll.close_reason.is_some_and(|reason| reason != CloseReason::AsPlanned);
    if order.test {
        Some(WithheldReason::TestPoll)
    } else if rules.mode == PublicationMode::Never {
        Some(WithheldReason::NeverPublished)
    } else if tally.ballots < rules.minimum_answers {
        Some(WithheldReason::TooFewAnswers)
    } else if early && rules.early_end == EarlyEnd::Withhold {
        Some(WithheldReason::EndedEarly)
    } else if poll.lacks_consent() {
        Some(WithheldReason::NoConsent)
    } else {
        None
    }
}

/// What takes the place of a poll's release in force where nothing may; `None` without one.
pub fn withdraw(
    poll: &Poll,
    releases: &[Arc<Publication>],
    reason: WithheldReason,
    now: Timestamp,
) -> Option<Statement> {
    let last = releases.last()?;
    let stands = last.statement.kind != ReleaseKind::Withdrawal;
    stands.then(|| withdrawal(poll, last, reason, now))
}

fn withdrawal(
    poll: &Poll,
    wrong: &Publication,
    reason: WithheldReason,
    now: Timestamp,
) -> Statement {
    Statement {
        correction: Some(correction(wrong)),
        withheld_reason: Some(reason),
        ..statement(poll, ReleaseKind::Withdrawal, None, Some(wrong), now)
    }
}

/// The last release that states totals, also one that was withdrawn since: it is what a reader
/// compares the next totals with.
fn replaced(releases: &[Arc<Publication>]) -> Option<&Publication> {
    let stated = |held: &&Arc<Publication>| held.statement.kind != ReleaseKind::Withdrawal;
    releases.iter().rev().find(stated).map(Arc::as_ref)
}

fn correction(wrong: &Publication) -> Correction {
    Correction {
        release: wrong.statement.release,
        hash: wrong.hash.clone(),
        reason: CorrectionReason::IssuerKeyExcised,
    }
}

/// What every release says.
fn statement(
    poll: &Poll,
    kind: ReleaseKind,
    sums: Option<&Sums>,
    last: Option<&Publication>,
    now: Timestamp,
) -> Statement {
    let definition = &poll.definition;
    let (order, crowd) = (definition.order(), definition.crowd());
    let closed_at = poll.closed_at;
    Statement {
        format: FORMAT.to_owned(),
        poll: poll.id(),
        release: last.map_or(1, |last| last.statement.release + 1),
        kind,
        previous: last.map(|last| last.hash.clone()),
        definition_hash: definition.hash().to_string(),
        title: order.title.clone(),
        initiator: order.initiator.clone(),
        reference: order.reference.clone(),
        legal_ground: order.legal_ground.clone(),
        opened_at: poll.opened_at.expect("a poll with totals was opened"),
        closed_at,
        close_reason: poll.close_reason,
        as_of: closed_at.unwrap_or(now),
        correction: None,
        withheld_reason: None,
        published_at: now,
        bounds: Bounds {
            k: crowd.k,
            ballots_apart: crowd.ballots_apart,
            minimum_answers: order.publication.minimum_answers,
        },
        total: sums.map(|sums| sums.ballots),
        questions: sums.map(|sums| questions(definition, sums)).unwrap_or_default(),
        breakdowns: Vec::new(),
    }
}

/// Exact totals of every question.
pub(super) fn questions(definition: &Definition, sums: &Sums) -> Vec<QuestionTotals> {
    let layout = definition.layout();
    assert_eq!(layout.len(), sums.cells.len(), "sums have the layout of their poll");
    let questions = definition.order().questions.iter().zip(layout.questions());
    let totals = questions.map(|(question, cells)| {
        let counts = &sums.cells[cells];
        let answers: u64 = counts.iter().sum();
        assert_eq!(answers, sums.ballots, "a single-choice question has one answer a ballot");
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
    totals.collect()
}
