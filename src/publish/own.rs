//! What staff may see of a poll's counts: the same gate as the public's, less what only concerns
//! publishing. Pure.

use super::file::Publication;
use super::release::questions;
use super::statement::{QuestionTotals, ReleaseKind};
use crate::poll::{Crowd, Poll, WithheldReason};
use crate::tally::Sums;

/// Answers to one option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionCount {
    /// The question.
    pub question: String,
    /// The option.
    pub option: String,
    /// Number of answers.
    pub count: u64,
}

/// The totals of a closed poll, for the initiator who owns them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnResult {
    /// Total number of answers.
    pub total: u64,
    /// Totals by question and option.
    pub options: Vec<OptionCount>,
}

/// The totals of a closed poll for its initiator: whether they are published, consented to or a
/// test's does not matter; how few answers there are does, and whether they are held back, because
/// an initiator is no less able to recognise people than the public. `shown` is the poll's release
/// in force.
///
/// It is the exact part of a release; breakdown tables are in published releases only.
///
/// # Errors
///
/// Fewer answers than the poll's rules ask before anything is seen, or too close to what was seen.
pub fn own_result(
    poll: &Poll,
    tally: &Sums,
    shown: Option<&Publication>,
) -> Result<OwnResult, WithheldReason> {
    // What the public sees, its owner sees.
    if let Some(shown) = shown.filter(|shown| shown.statement.kind == ReleaseKind::Final) {
        let questions = &shown.statement.questions;
        return Ok(of(shown.statement.total.unwrap_or_default(), questions));
    }
    if tally.ballots < poll.definition.order().publication.minimum_answers {
        return Err(WithheldReason::TooFewAnswers);
    }
    // Decided when the poll was closed, and at each excision; it holds after the erasure too, when
    // nothing is left to compare with.
    if poll.is_held_back() {
        return Err(WithheldReason::TooClose);
    }
    Ok(of(tally.ballots, &questions(&poll.definition, tally)))
}

fn of(total: u64, questions: &[QuestionTotals]) -> OwnResult {
    let counts = questions.iter().flat_map(|question| {
        question.options.iter().map(|option| OptionCount {
            question: question.id.clone(),
            option: option.id.clone(),
            count: option.count,
        })
    });
    OwnResult { total, options: counts.collect() }
}

/// How many ballots a poll has, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turnout {
    /// At least this many, a multiple of `step`.
    pub at_least: u64,
    /// The step.
    pub step: u64,
}

/// The smallest step of a turnout.
const TURNOUT_STEP_MIN: u64 = 100;

/// The turnout of an open or closed poll with so many ballots, in steps of ten times k, of 100 and of
/// B at least, and of the poll's own minimum, below which not even the number of answers is said:
/// whoever looks again and again sees that a crowd of that many has come, and never that somebody
/// has.
pub fn turnout(ballots: u64, crowd: Crowd, least: u64) -> Turnout {
    let Crowd { k, ballots_apart } = crowd;
    let step = k.saturating_mul(10).max(TURNOUT_STEP_MIN).max(ballots_apart).max(least);
    Turnout { at_least: ballots - ballots % step, step }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turnout_is_told_in_crowds() {
        let crowd = |k, ballots_apart| Crowd { k, ballots_apart };
        for (ballots, at_least) in [(0, 0), (1, 0), (99, 0), (100, 100), (199, 100), (250, 200)] {
            assert_eq!(turnout(ballots, crowd(10, 100), 10), Turnout { at_least, step: 100 });
        }
        assert_eq!(turnout(12_345, crowd(50, 100), 10), Turnout { at_least: 12_000, step: 500 });
        assert_eq!(turnout(999, crowd(10, 100), 1_000), Turnout { at_least: 0, step: 1_000 });
        assert_eq!(turnout(1_000, crowd(10, 700), 10), Turnout { at_least: 700, step: 700 });
    }
}
