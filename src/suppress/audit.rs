//! What anybody can compute from a published table, and whether that is too much.
//!
//! Starts from the published numbers alone: it finds one table that agrees with them and pushes
//! each hidden number as far up and down as it goes (why that is exact: `network.rs`). So it can
//! run offline, on a file, by somebody who does not trust the publisher.

use std::fmt;

use super::network::{Family, Graph, Layers, Push, UNBOUNDED, Way};

/// More votes than people by far, and sums of them still fit.
const VOTES_MAX: u64 = 1 << 48;

/// One table as published: `None` is hidden.
#[derive(Clone, Copy, Debug)]
pub struct Published<'a> {
    /// Each option's answers.
    pub row_totals: &'a [u64],
    /// Row-major.
    pub cells: &'a [Option<u64>],
    /// Each stratum's answers.
    pub column_totals: &'a [Option<u64>],
}

/// All the whole numbers that a hidden one can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The smallest.
    pub least: u64,
    /// The largest.
    pub most: u64,
}

impl Interval {
    /// How far apart the ends are.
    pub fn width(self) -> u64 {
        self.most - self.least
    }
}

/// A number of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An option's total.
    RowTotal {
        /// The option.
        row: usize,
    },
    /// A stratum's total.
    ColumnTotal {
        /// The stratum.
        column: usize,
    },
    /// An option in a stratum.
    Cell {
        /// The option.
        row: usize,
        /// The stratum.
        column: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RowTotal { row } => write!(f, "total of row {row}"),
            Self::ColumnTotal { column } => write!(f, "total of column {column}"),
            Self::Cell { row, column } => write!(f, "cell in row {row}, column {column}"),
        }
    }
}

/// Why a published table does not pass. Rows and columns count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// Not a rectangle, or two tables of different shape.
    #[error("the table is not a rectangle of its totals")]
    Shape,
    /// Beyond what is counted with.
    #[error("the {0} is too large")]
    TooLarge(Place),
    /// No table agrees with the numbers.
    #[error("the numbers contradict each other at the {0}")]
    Contradiction(Place),
    /// A hidden number can be computed too closely.
    #[error("the {place} can be computed to within {}, less than the rule asks", interval.width())]
    Narrow {
        /// Where.
        place: Place,
        /// What it can be.
        interval: Interval,
    },
    /// A number too small to be shown.
    #[error("the {0} is shown and below the minimum")]
    BelowK(Place),
    /// All but a few in a stratum chose one option, and the table shows it.
    #[error("the {0} is shown beside a total that it almost reaches")]
    Unanimous(Place),
    /// Hidden in one release, shown in the next.
    #[error("the {0} was hidden before and is shown now")]
    Uncovered(Place),
    /// Larger than in the release before it.
    #[error("the {0} grew")]
    Grew(Place),
}

/// What each number of a table can be; a visible one only itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervals {
    columns: usize,
    /// Cells row-major, then column totals.
    arcs: Vec<Interval>,
}

impl Intervals {
    /// What a cell can be.
    pub fn cell(&self, row: usize, column: usize) -> Interval {
        assert!(column < self.columns, "a column of the table");
        self.arcs[row * self.columns + column]
    }

    /// What a stratum's total can be.
    pub fn column_total(&self, column: usize) -> Interval {
        assert!(column < self.columns, "a column of the table");
        self.arcs[self.arcs.len() - self.columns + column]
    }
}

/// The exact integer interval of every cell and column total.
pub fn intervals(published: &Published<'_>) -> Result<Intervals, AuditError> {
    let (graph, open, layers) = published.fill()?;
    let family = Family { first: 0, last: 0 };
    let width = |arc, way| {
        let mut used = vec![false; open.len()];
        let push = Push { family, arc, way };
        graph.push(&mut layers.clone(), push, UNBOUNDED, &open, &mut used)
    };
    let arcs = layers[0].iter().enumerate().map(|(arc, &held)| match open[arc] {
        true => {
            Interval { least: held - width(arc, Way::Lower), most: held + width(arc, Way::Raise) }
        }
        false => Interval { least: held, most: held },
    });
    Ok(Intervals { columns: graph.columns, arcs: arcs.collect() })
}

/// Is what a table shows and hides enough for a minimum of `k`?
///
/// No number below `k` is shown; every hidden one can be anything in an interval at least `k` wide,
/// or as wide as the option (for a stratum's total: the table) has votes if those are fewer; and no
/// stratum is shown in which all but fewer than `k` chose one option.
pub fn audit(k: u64, published: &Published<'_>) -> Result<(), AuditError> {
    let intervals = intervals(published)?;
    for (arc, number) in published.numbers().enumerate() {
        if number.is_some_and(|shown| shown < k) {
            return Err(AuditError::BelowK(published.place(arc)));
        }
    }
    published.unanimous(k)?;
    published.narrow(k, &intervals)
}

/// Do two releases of one table, the later with ballots taken out, tell too much together?
///
/// Checks that the later hides what the earlier hid, that nothing grew, that no difference below
/// `k` is known of an option that lost votes, and that what is known of the differences (the table
/// of the ballots taken out) leaves the hidden ones as wide as a table's. This is what subtracting
/// one release from the other gives. It is not all: that a vote is in the later table only if it
/// was in the earlier one bounds both a little more. With the counts at hand [`protect`] allows for
/// that too; from the published numbers alone it is no flow in one network.
///
/// [`protect`]: super::protect
pub fn audit_pair(
    k: u64,
    earlier: &Published<'_>,
    later: &Published<'_>,
) -> Result<(), AuditError> {
    if earlier.row_totals.len() != later.row_totals.len()
        || earlier.column_totals.len() != later.column_totals.len()
    {
        return Err(AuditError::Shape);
    }
    audit(k, earlier)?;
    audit(k, later)?;
    let less = |old: u64, new: u64, place| old.checked_sub(new).ok_or(AuditError::Grew(place));
    let mut row_totals = Vec::new();
    for (row, (&old, &new)) in earlier.row_totals.iter().zip(later.row_totals).enumerate() {
        row_totals.push(less(old, new, Place::RowTotal { row })?);
    }
    let mut taken = Vec::new();
    for (arc, pair) in earlier.numbers().zip(later.numbers()).enumerate() {
        taken.push(match pair {
            (Some(old), Some(new)) => Some(less(old, new, earlier.place(arc))?),
            (None, Some(_)) => return Err(AuditError::Uncovered(earlier.place(arc))),
            (_, None) => None,
        });
    }
    let (cells, column_totals) = taken.split_at(earlier.cells.len());
    let taken = Published { row_totals: &row_totals, cells, column_totals };
    let intervals = intervals(&taken)?;
    for (arc, number) in taken.numbers().enumerate() {
        if number.is_some_and(|shown| shown < k) && taken.whole(arc) > 0 {
            return Err(AuditError::BelowK(taken.place(arc)));
        }
    }
    taken.unanimous(k)?;
    taken.narrow(k, &intervals)
}

impl<'a> Published<'a> {
    fn numbers(&self) -> impl Iterator<Item = Option<u64>> + use<'a> {
        self.cells.iter().chain(self.column_totals).copied()
    }

    fn place(&self, arc: usize) -> Place {
        let columns = self.column_totals.len();
        match arc.checked_sub(self.cells.len()) {
            Some(column) => Place::ColumnTotal { column },
            None => Place::Cell { row: arc / columns, column: arc % columns },
        }
    }

    /// What a number could be at most: the option's votes, or for a stratum's total all.
    fn whole(&self, arc: usize) -> u64 {
        match arc < self.cells.len() {
            true => self.row_totals[arc / self.column_totals.len()],
            false => self.row_totals.iter().sum(),
        }
    }

    fn unanimous(&self, k: u64) -> Result<(), AuditError> {
        if self.row_totals.len() < 2 {
            return Ok(());
        }
        for (arc, cell) in self.cells.iter().enumerate() {
            let total = self.column_totals[arc % self.column_totals.len()];
            if let (Some(cell), Some(total)) = (*cell, total)
                && cell > 0
                && total.saturating_sub(cell) < k
            {
                return Err(AuditError::Unanimous(self.place(arc)));
            }
        }
        Ok(())
    }

    fn narrow(&self, k: u64, intervals: &Intervals) -> Result<(), AuditError> {
        for ((arc, number), &interval) in self.numbers().enumerate().zip(&intervals.arcs) {
            if number.is_none() && interval.width() < k.min(self.whole(arc)) {
                return Err(AuditError::Narrow { place: self.place(arc), interval });
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), AuditError> {
        let columns = self.column_totals.len();
        if columns == 0 || self.row_totals.len().checked_mul(columns) != Some(self.cells.len()) {
            return Err(AuditError::Shape);
        }
        let rows = self.row_totals.iter().enumerate();
        let large = rows.filter(|(_, votes)| **votes > VOTES_MAX).map(|(row, _)| row).next();
        if let Some(row) = large {
            return Err(AuditError::TooLarge(Place::RowTotal { row }));
        }
        let mut numbers = self.numbers().enumerate();
        match numbers.find(|(_, number)| number.is_some_and(|votes| votes > VOTES_MAX)) {
            Some((arc, _)) => Err(AuditError::TooLarge(self.place(arc))),
            None => Ok(()),
        }
    }

    /// One table that agrees with all that is shown, and which of its numbers are open.
    fn fill(&self) -> Result<(Graph, Vec<bool>, Layers), AuditError> {
        self.check()?;
        let (rows, columns) = (self.row_totals.len(), self.column_totals.len());
        let graph = Graph::new(rows, columns);
        let open: Vec<bool> = self.numbers().map(|number| number.is_none()).collect();
        let mut layers = vec![self.numbers().map(Option::unwrap_or_default).collect::<Vec<u64>>()];
        let contradiction = AuditError::Contradiction;
        let mut excess = vec![0; rows];
        let mut lack = vec![0; graph.nodes()];
        for (row, &total) in self.row_totals.iter().enumerate() {
            let shown: u64 = layers[0][row * columns..][..columns].iter().sum();
            let place = Place::RowTotal { row };
            excess[row] = total.checked_sub(shown).ok_or(contradiction(place))?;
        }
        for column in 0..columns {
            let shown: u64 = (0..rows).map(|row| layers[0][row * columns + column]).sum();
            let place = Place::ColumnTotal { column };
            match self.column_totals[column] {
                Some(total) => {
                    lack[rows + column] = total.checked_sub(shown).ok_or(contradiction(place))?;
                }
                // What is shown in a column is part of its total, shown or not.
                None => layers[0][graph.cells() + column] = shown,
            }
        }
        // Strata whose totals are hidden hold what the others leave.
        let lacking: u64 = lack.iter().sum();
        let rest = excess.iter().sum::<u64>().checked_sub(lacking);
        let all = contradiction(Place::RowTotal { row: 0 });
        lack[graph.root()] = rest.ok_or(all)?;
        graph
            .fill(&mut layers, &open, &mut excess, &mut lack)
            .map_err(|row| contradiction(Place::RowTotal { row }))?;
        Ok((graph, open, layers))
    }
}
