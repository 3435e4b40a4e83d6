//! Step 2: do the poll's rules allow this ballot?
//!
//! Turns a [`Voter`] and raw answers into an [`EligibleBallot`]. It decides nothing about
//! repetition: only the store knows who was first.

use jiff::Timestamp;

use crate::count::authenticate::Voter;
use crate::outcome::Rejection;
use crate::poll::{Answer, Cells, Claims, Phase, Poll, year_in_kyiv};

/// What a ballot says, apart from who casts it. No `Debug`: it holds a choice.
pub struct Paper {
    /// Version of the processing notice that the voter accepted.
    pub notice_version: u32,
    /// The voter's reservation: only the question's own totals may count this ballot.
    pub decline_breakdowns: bool,
    /// The answers, not checked.
    pub answers: Vec<Answer>,
}

/// A ballot that the poll's rules allow, still with its voter. Only [`check`] makes one.
///
/// ```compile_fail,E0451
/// fn forge(voter: holos::count::authenticate::Voter) -> holos::count::check::EligibleBallot {
///     holos::count::check::EligibleBallot { voter, cells: Default::default(), late: None }
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
/// The refusal of a closed poll does not end the way here: it travels with the ballot, because a
/// voter who was counted and lost the answer must hear `ALREADY_COUNTED` until the poll is erased.
/// A stale notice does end it: the version is frozen with the definition, so a ballot that was
/// counted had the right one, and one with a wrong one could only be sent to learn who was.
///
/// # Errors
///
/// The first rule that the ballot breaks.
pub fn check(
    voter: Voter,
    paper: &Paper,
    poll: &Poll,
    now: Timestamp,
) -> Result<EligibleBallot, Rejection> {
    let cells = allowed_cells(&Person::of(&voter), paper, poll, now)?;
    let late = late_refusal(poll, now);
    Ok(EligibleBallot { voter, cells, late })
}

/// Whether a voter may take part in a poll that is open, whatever the answer would be.
///
/// # Errors
///
/// The first rule that the voter does not meet.
pub fn may_take_part(voter: &Voter, poll: &Poll, now: Timestamp) -> Result<(), Rejection> {
    may(&Person::of(voter), poll, year_in_kyiv(now))
}

/// Whether a voter is told apart in this poll: the subject is of its space and pseudonym key.
///
/// # Errors
///
/// The space or the key is another.
pub fn is_of_space(voter: &Voter, poll: &Poll) -> Result<(), Rejection> {
    of_space(&Person::of(voter), poll)
}

/// What the rules ask about a voter: never the pseudonym.
struct Person<'a> {
    space: &'a str,
    pseudonym_key: &'a str,
    /// The number of the pseudonym's kind.
    kind: u8,
    claims: &'a Claims,
}

impl<'a> Person<'a> {
    fn of(voter: &'a Voter) -> Self {
        Self {
            space: voter.space(),
            pseudonym_key: voter.pseudonym_key(),
            kind: voter.subject().kind(),
            claims: voter.claims(),
        }
    }
}

/// The rules that do not depend on when a ballot comes in the life of its poll, in this order: who
/// may take part comes before what was answered.
fn allowed_cells(
    person: &Person<'_>,
    paper: &Paper,
    poll: &Poll,
    now: Timestamp,
) -> Result<Cells, Rejection> {
    let year = year_in_kyiv(now);
    may(person, poll, year)?;
    if paper.notice_version != poll.definition.order().notice_version {
        return Err(Rejection::NoticeStale);
    }
    poll.definition.cells(&paper.answers, person.claims, paper.decline_breakdowns, year)
}

fn may(person: &Person<'_>, poll: &Poll, year: i16) -> Result<(), Rejection> {
    if !poll.phase.has_keys() {
        return Err(without_keys(poll.phase));
    }
    of_space(person, poll)?;
    let eligibility = poll.definition.eligibility();
    if eligibility.admits(person.claims, year) { Ok(()) } else { Err(Rejection::NotEligible) }
}

fn of_space(person: &Person<'_>, poll: &Poll) -> Result<(), Rejection> {
    if person.space != poll.definition.order().participants.subject_space {
        return Err(Rejection::SubjectSpace);
    }
    let pinned = poll.pseudonym_key.as_deref() == Some(person.pseudonym_key)
        && poll.subject_kind == Some(person.kind);
    if !pinned {
        return Err(Rejection::PseudonymKey);
    }
    Ok(())
}

/// The stated times hold whatever the phase says: the phase follows them a moment later, and after
/// a jump of the clock it may be wrong for a while (`closes_at` is the moment from which a ballot is
/// late).
fn late_refusal(poll: &Poll, now: Timestamp) -> Option<Rejection> {
    match poll.phase {
        Phase::Open if now < poll.opens_at() => Some(Rejection::PollNotOpen),
        Phase::Open if now < poll.closes_at => None,
        Phase::Suspended if now < poll.closes_at => Some(Rejection::PollSuspended),
        _ => Some(Rejection::PollClosed),
    }
}

/// Why a poll takes no ballot in a phase without keys: it has none yet, or none any more.
pub(crate) fn without_keys(phase: Phase) -> Rejection {
    if phase < Phase::Open { Rejection::PollNotOpen } else { Rejection::PollClosed }
}

#[cfg(test)]
mod tests;
