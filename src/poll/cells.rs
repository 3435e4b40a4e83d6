//! The cells of a poll: every ballot is a short list of cells it adds one to.

use smallvec::SmallVec;

use super::order::Question;

/// The cells that one checked ballot adds one to.
pub type Cells = SmallVec<[u16; 4]>;

/// Where each question's options stand in the vector of sums.
///
/// Instruments differ only in their layout: the ledger adds cells and knows nothing of questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellLayout {
    /// First cell of each question, and one past the last cell.
    bounds: Vec<u16>,
}

impl CellLayout {
    /// The layout of single-choice questions: one cell an option.
    pub(super) fn single_choice(questions: &[Question]) -> Self {
        let mut bounds = Vec::with_capacity(questions.len() + 1);
        let mut next = 0_u16;
        bounds.push(next);
        for question in questions {
            next += u16::try_from(question.options.len()).expect("an order holds few options");
            bounds.push(next);
        }
        Self { bounds }
    }

    /// The cell of an option, both by position.
    pub(super) fn cell(&self, question: usize, option: usize) -> u16 {
        let cell = self.bounds[question] + u16::try_from(option).expect("few options");
        assert!(cell < self.bounds[question + 1], "option outside its question's cells");
        cell
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        usize::from(*self.bounds.last().expect("bounds hold at least the zero"))
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cells of each question, in the order of the definition.
    pub fn questions(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.bounds.windows(2).map(|pair| usize::from(pair[0])..usize::from(pair[1]))
    }
}
