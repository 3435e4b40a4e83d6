//! Hides the small cells of a breakdown, and as many others as it takes that none can be computed.
//!
//! Pure: counts in, a pattern out, the same each time. Decides nothing about when or whether a
//! table is published, and reads no ballots.
//!
//! A table has a question's options as rows and the strata of one fact as columns (the last may be
//! the voters in none). An option's total is public whatever is hidden here: the law wants the
//! question's result exact. A stratum's total is published unless it is hidden too.
//!
//! What the attacker gets is everything published of the poll:
//! - *This table*: every hidden number keeps an interval at least k wide, or as wide as the option
//!   has votes if those are fewer (see [`audit()`]). An option below k is hidden in every stratum.
//! - *Earlier releases of this table*: the numbers of all of them and their differences, see
//!   [`protect`].
//! - *A release without this table* says only how many votes each option had by then. Any table
//!   between its neighbours can be filled in with those totals (of the votes an option lost, any may
//!   have gone first), so it narrows nothing, and withholding a table is always safe.
//! - *Tables by other facts* share nothing but the options' totals. Any way to fill one of them and
//!   any way to fill another are both true of some set of ballots (pair the strata within each
//!   option as you like), so joining them narrows nothing; each is checked alone.

mod audit;
mod network;
mod pattern;
mod reach;
#[cfg(test)]
mod tests;

pub use audit::{AuditError, Interval, Intervals, Place, Published, audit, audit_pair, intervals};
pub use pattern::{Rules, protect, protect_with};

/// Rows are options, columns strata; row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    columns: usize,
    cells: Vec<u64>,
}

impl Table {
    /// # Panics
    /// When the cells do not make a rectangle.
    pub fn new(columns: usize, cells: Vec<u64>) -> Self {
        assert!(columns > 0 && cells.len().is_multiple_of(columns), "a table is a rectangle");
        Self { columns, cells }
    }

    /// Options.
    pub fn rows(&self) -> usize {
        self.cells.len() / self.columns
    }

    /// Strata.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Answers for one option in one stratum.
    pub fn cell(&self, row: usize, column: usize) -> u64 {
        assert!(column < self.columns, "a column of the table");
        self.cells[row * self.columns + column]
    }

    /// Answers for an option.
    pub fn row_total(&self, row: usize) -> u64 {
        self.cells[row * self.columns..][..self.columns].iter().sum()
    }

    /// Answers in a stratum.
    pub fn column_total(&self, column: usize) -> u64 {
        (0..self.rows()).map(|row| self.cell(row, column)).sum()
    }

    /// The cells, then the column totals.
    fn arcs(&self) -> Vec<u64> {
        let totals = (0..self.columns).map(|column| self.column_total(column));
        self.cells.iter().copied().chain(totals).collect()
    }
}

/// Which cells and which column totals are not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    columns: usize,
    /// The cells row-major, then the column totals.
    hidden: Vec<bool>,
}

impl Pattern {
    /// What is hidden in a published table: cells row-major, and column totals.
    ///
    /// # Panics
    /// When the cells do not make a rectangle above the totals.
    pub fn from_parts(cells: &[bool], totals: &[bool]) -> Self {
        assert!(
            !totals.is_empty() && cells.len().is_multiple_of(totals.len()),
            "a pattern is a rectangle"
        );
        Self { columns: totals.len(), hidden: [cells, totals].concat() }
    }

    /// Is this cell left out?
    pub fn is_hidden(&self, row: usize, column: usize) -> bool {
        assert!(row < self.rows() && column < self.columns, "a cell of the table");
        self.hidden[row * self.columns + column]
    }

    /// Is the number of answers in this stratum left out?
    pub fn is_total_hidden(&self, column: usize) -> bool {
        assert!(column < self.columns, "a column of the table");
        self.hidden[self.rows() * self.columns + column]
    }

    /// How many cells are left out; column totals are not counted.
    pub fn hidden_cells(&self) -> usize {
        self.hidden[..self.rows() * self.columns].iter().filter(|&&hidden| hidden).count()
    }

    /// How many column totals are left out.
    pub fn hidden_totals(&self) -> usize {
        self.hidden[self.rows() * self.columns..].iter().filter(|&&hidden| hidden).count()
    }

    /// Options.
    pub fn rows(&self) -> usize {
        self.hidden.len() / self.columns - 1
    }

    /// Strata.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// A table that was shown before, with what was hidden of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The counts.
    pub table: Table,
    /// What of them was not published.
    pub pattern: Pattern,
}
