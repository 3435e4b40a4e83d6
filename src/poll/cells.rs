//! The cells of a poll: every ballot is a short list of cells it adds one to.

use std::ops::Range;

use smallvec::SmallVec;

use super::breakdown::Breakdown;
use super::eligibility::Eligibility;
use super::order::{OPTIONS_MAX, QUESTIONS_MAX, Question};

/// The cells that one checked ballot adds one to: in place for a question and its breakdowns.
pub type Cells = SmallVec<[u16; 4]>;

const _: () = {
    let strata = Breakdown::Region.strata_max()
        + Breakdown::AgeBand.strata_max()
        + Breakdown::Group.strata_max();
    assert!(Breakdown::ALL.len() == 3, "the sum above is over all of them");
    let cells = QUESTIONS_MAX * OPTIONS_MAX * (1 + strata);
    assert!(cells <= u16::MAX as usize, "the largest poll's cells are numbered with 16 bits");
    assert!(QUESTIONS_MAX * (1 + Breakdown::ALL.len()) <= 4, "a ballot allocates no list");
};

/// Where each question's options stand in the vector of sums.
///
/// Instruments differ only in their layout: the ledger adds cells and knows nothing of questions.
///
/// ```text
/// own cells       question 0: option 0 | option 1 | ...    question 1: ...
/// each breakdown  the same options, each with one cell a stratum in place of its own
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellLayout {
    /// First own cell of each question, and one past the last.
    bounds: Vec<u16>,
    breakdowns: Vec<BreakdownCells>,
    length: u16,
}

/// Where the cells of one breakdown stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BreakdownCells {
    pub(super) by: Breakdown,
    first: u16,
    strata: u16,
}

impl CellLayout {
    /// The layout of single-choice questions: one cell an option, and one for each option and
    /// stratum.
    pub(super) fn single_choice(
        questions: &[Question],
        breakdowns: &[Breakdown],
        eligibility: &Eligibility,
    ) -> Self {
        let mut bounds = Vec::with_capacity(questions.len() + 1);
        let mut next = 0_u16;
        bounds.push(next);
        for question in questions {
            next += small(question.options.len());
            bounds.push(next);
        }
        let own = next;
        let mut starts = Vec::with_capacity(breakdowns.len());
        for breakdown in breakdowns {
            let strata = small(breakdown.strata(eligibility).len());
            starts.push(BreakdownCells { by: *breakdown, first: next, strata });
            next += own * strata;
        }
        Self { bounds, breakdowns: starts, length: next }
    }

    /// The cell of an option, both by position.
    pub(super) fn cell(&self, question: usize, option: usize) -> u16 {
        let cell = self.bounds[question] + small(option);
        assert!(cell < self.bounds[question + 1], "option outside its question's cells");
        cell
    }

    /// The cell of a stratum, beside the own cell of the same option.
    pub(super) fn stratum_cell(&self, own_cell: u16, held: BreakdownCells, stratum: usize) -> u16 {
        assert!(usize::from(own_cell) < self.own().len(), "a question's own cell");
        assert!(stratum < usize::from(held.strata), "stratum outside its breakdown");
        held.first + own_cell * held.strata + small(stratum)
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cells of each question, in the order of the definition; without breakdowns.
    pub fn questions(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.bounds.windows(2).map(|pair| usize::from(pair[0])..usize::from(pair[1]))
    }

    /// The own cells of all questions together: what stands before the breakdowns.
    pub fn own(&self) -> Range<usize> {
        0..usize::from(*self.bounds.last().expect("bounds hold at least the zero"))
    }

    /// The breakdowns in the order of the definition.
    pub(super) fn breakdowns(&self) -> impl Iterator<Item = BreakdownCells> + '_ {
        self.breakdowns.iter().copied()
    }

    /// The cells of a question in a breakdown: for each option in turn, one for each stratum.
    /// `None` when the poll has no such breakdown.
    ///
    /// # Panics
    ///
    /// When the poll has no such question.
    pub fn breakdown(&self, question: usize, breakdown: Breakdown) -> Option<Range<usize>> {
        let held = self.breakdowns.iter().find(|held| held.by == breakdown)?;
        let strata = usize::from(held.strata);
        let place = |own: u16| usize::from(held.first) + usize::from(own) * strata;
        Some(place(self.bounds[question])..place(self.bounds[question + 1]))
    }

    /// The cell of an option and a stratum, both by position. `None` when the poll has no such
    /// breakdown.
    ///
    /// # Panics
    ///
    /// When the poll has no such question, option or stratum.
    pub fn breakdown_cell(
        &self,
        question: usize,
        option: usize,
        breakdown: Breakdown,
        stratum: usize,
    ) -> Option<usize> {
        let held = self.breakdowns.iter().copied().find(|held| held.by == breakdown)?;
        let own = self.cell(question, option);
        Some(usize::from(self.stratum_cell(own, held, stratum)))
    }
}

fn small(count: usize) -> u16 {
    u16::try_from(count).expect("the cells of a checked order are numbered with 16 bits")
}
