//! Step 2: do the poll's rules allow this ballot?
//!
//! Turns a [`Voter`] and raw answers into an [`EligibleBallot`]. It decides nothing about
//! repetition: only the store knows who was first.

use crate::authenticate::Voter;
use crate::outcome::Rejection;
use crate::poll::{Answer, Cells, Phase, Poll};

/// What a ballot says, apart from who casts it. No `Debug`: it holds a choice.
pub struct Paper {
    /// Version of the processing notice that the voter accepted.
    pub notice_version: u32,
    /// The answers, not checked.
    pub answers: Vec<Answer>,
}

/// A ballot that the poll's rules allow, still with its voter. Only [`check`] makes one.
///
/// ```compile_fail,E0451
/// fn forge(voter: holos::authenticate::Voter) -> holos::check::EligibleBallot {
///     holos::check::EligibleBallot { voter, cells: Default::default(), late: None }
/// }
/// ```
pub struct EligibleBallot {
    voter: Voter,
    cells: Cells,
    late: Option<Rejection>,
}

impl EligibleBallot {
    /// Takes the ballot apart, for the step that removes the person.
    pub(crate) fn into_parts(self) -> (Voter, Cells, Option<Rejection>) {
        (self.voter, self.cells, self.late)
    }
}

/// Checks a ballot against the poll's rules.
///
/// A refusal that depends on time (phase, notice) does not end the way here: it travels with the
/// ballot, because a voter who was counted and lost the answer must hear `ALREADY_COUNTED` until
/// the poll is erased, whatever the phase.
///
/// # Errors
///
/// The first rule that the ballot breaks.
pub fn check(voter: Voter, paper: &Paper, poll: &Poll) -> Result<EligibleBallot, Rejection> {
    let order = poll.definition.order();
    if !poll.phase.has_keys() {
        return Err(Rejection::PollNotOpen);
    }
    if voter.space() != order.participants.subject_space {
        return Err(Rejection::SubjectSpace);
    }
    let cells = poll.definition.cells(&paper.answers)?;
    let late = if poll.phase != Phase::Open {
        Some(Rejection::PollClosed)
    } else if paper.notice_version != order.notice_version {
        Some(Rejection::NoticeStale)
    } else {
        None
    };
    Ok(EligibleBallot { voter, cells, late })
}
