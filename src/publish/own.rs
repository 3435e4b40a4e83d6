//! What staff may see of a poll's counts: the same gate as the public's, less what only concerns
//! publishing. Pure.

use crate::poll::{Poll, WithheldReason};
use crate::store::Sums;

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
/// test's does not matter; how few answers there are does, because an initiator is no less able to
/// recognise people than the public.
///
/// # Errors
///
/// Fewer answers than the poll's rules ask before anything is seen.
pub fn own_result(poll: &Poll, tally: &Sums) -> Result<OwnResult, WithheldReason> {
    let order = poll.definition.order();
    if tally.ballots < order.publication.minimum_answers {
        return Err(WithheldReason::TooFewAnswers);
    }
    let layout = poll.definition.layout();
    let mut options = Vec::new();
    for (question, cells) in order.questions.iter().zip(layout.questions()) {
        for (option, count) in question.options.iter().zip(&tally.cells[cells]) {
            let (question, option) = (question.id.clone(), option.id.clone());
            options.push(OptionCount { question, option, count: *count });
        }
    }
    Ok(OwnResult { total: tally.ballots, options })
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

/// The turnout in steps of ten times k, of 100 at least, and of the poll's own minimum, below which
/// not even the number of answers is said: whoever looks again and again sees
/// that a crowd of that many has come, and never that somebody has.
pub fn turnout(ballots: u64, k: u64, least: u64) -> Turnout {
    let step = k.saturating_mul(10).max(TURNOUT_STEP_MIN).max(least);
    Turnout { at_least: ballots - ballots % step, step }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turnout_is_told_in_crowds() {
        for (ballots, at_least) in [(0, 0), (1, 0), (99, 0), (100, 100), (199, 100), (250, 200)] {
            assert_eq!(turnout(ballots, 10, 10), Turnout { at_least, step: 100 });
        }
        assert_eq!(turnout(12_345, 50, 10), Turnout { at_least: 12_000, step: 500 });
        assert_eq!(turnout(999, 10, 1_000), Turnout { at_least: 0, step: 1_000 });
        assert_eq!(turnout(1_000, 10, 1_000), Turnout { at_least: 1_000, step: 1_000 });
    }
}
