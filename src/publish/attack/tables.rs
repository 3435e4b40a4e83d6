//! The attack on breakdown tables: all of them together, by linear algebra and by linear programs.
//!
//! What the rules promise (see `suppress`), of the releases of one table, oldest first:
//!
//! - a number shown is true and at least k, in a release and in the difference of two;
//! - what is hidden stays hidden in later releases;
//! - what is hidden keeps an interval of k, or of as many as the option has (for a stratum's total:
//!   as all have), in each release and in each difference, with everything known that was
//!   published. Where an earlier release showed the number it keeps as much as the option has lost
//!   since;
//! - no stratum is shown in which all but fewer than k chose the same; nor is that of the ballots
//!   taken out between two releases.
//!
//! Where that leaves nothing to hide (an option that nobody chose) a hidden number may be computed.

use super::bounds::width;
use super::field::{Row, reduce, residue};
use super::truth::Set;
use super::world::World;
use super::{Finding, statement};
use crate::poll::Breakdown;
use crate::publish::{BreakdownTable, Statement};

/// One table as the public reads it, and the truth beside it.
pub(super) struct Read {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_totals: Vec<u64>,
    /// The cells row-major, then the column totals; `None`: hidden.
    pub(super) numbers: Vec<Option<u64>>,
    truth: Vec<u64>,
}

impl Read {
    fn new(statement: &Statement, table: &BreakdownTable, truth: &[Vec<u64>]) -> Self {
        let question = &statement.questions[0];
        let columns = table.strata.len();
        let mut numbers = Vec::new();
        for option in &question.options {
            match table.options.iter().find(|row| row.id == option.id) {
                Some(row) => numbers.extend_from_slice(&row.counts),
                None => numbers.resize(numbers.len() + columns, None),
            }
        }
        numbers.extend(table.strata.iter().map(|stratum| stratum.answers));
        let mut true_numbers: Vec<u64> =
            truth.iter().flat_map(|row| &row[..columns]).copied().collect();
        let totals = (0..columns).map(|column| truth.iter().map(|row| row[column]).sum::<u64>());
        true_numbers.extend(totals);
        Self {
            rows: question.options.len(),
            columns,
            row_totals: question.options.iter().map(|option| option.count).collect(),
            numbers,
            truth: true_numbers,
        }
    }

    pub(super) fn cells(&self) -> usize {
        self.rows * self.columns
    }

    pub(super) fn is_hidden(&self, arc: usize) -> bool {
        self.numbers[arc].is_none()
    }

    /// Whether each cell is hidden, and what it truly holds.
    pub(super) fn each_cell(&self) -> impl Iterator<Item = (bool, u64)> + '_ {
        (0..self.cells()).map(|arc| (self.is_hidden(arc), self.truth[arc]))
    }

    /// What a number could be at most.
    fn whole(&self, arc: usize) -> u64 {
        match arc < self.cells() {
            true => self.row_totals[arc / self.columns],
            false => self.row_totals.iter().sum(),
        }
    }
}

/// What an attacker wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A number of this table.
    Number { table: usize, arc: usize },
    /// How many of the ballots taken out after this table were counted in a number.
    Lost { table: usize, arc: usize },
}

/// All that is found in the tables of a poll. Linear programs look at this many numbers a table.
pub(super) fn attack(world: &World, looks: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    for by in &world.terms.breakdowns {
        let series = series(world, *by);
        let k = world.crowds.k;
        series.iter().for_each(|read| shown(k, read, &mut found));
        series.windows(2).for_each(|pair| difference(k, &pair[0], &pair[1], &mut found));
        hidden(k, &series, looks, &mut found);
    }
    found
}

/// The tables by one fact of all releases that have one, oldest first.
pub(super) fn series(world: &World, by: Breakdown) -> Vec<Read> {
    let read = |file, ballots: &Set| {
        let statement = statement(file);
        let table = statement.breakdowns.iter().find(|table| table.by == by && !table.withheld)?;
        Some(Read::new(&statement, table, &world.count(ballots, by)))
    };
    let seen = world.seen.iter();
    seen.filter_map(|seen| read(seen.file.as_ref()?, seen.ballots.as_ref()?)).collect()
}

fn shown(k: u64, read: &Read, found: &mut Vec<Finding>) {
    for (number, truth) in read.numbers.iter().zip(&read.truth) {
        match *number {
            Some(shown) if shown != *truth => found.push(Finding::Untrue),
            Some(shown) if shown < k => found.push(Finding::BelowK { shown }),
            _ => {}
        }
    }
    found.extend(unanimous(k, read, &read.numbers));
}

/// A stratum whose voters all but a few chose the same, and the table says so.
fn unanimous(k: u64, read: &Read, numbers: &[Option<u64>]) -> Option<Finding> {
    if read.rows < 2 {
        return None;
    }
    let tells = |arc: usize| {
        let (cell, total) = (numbers[arc], numbers[read.cells() + arc % read.columns]);
        matches!((cell, total), (Some(cell), Some(total)) if cell > 0 && total - cell < k)
    };
    (0..read.cells()).any(tells).then_some(Finding::Unanimous)
}

/// What subtraction of two tables gives.
fn difference(k: u64, old: &Read, new: &Read, found: &mut Vec<Finding>) {
    assert_eq!(old.numbers.len(), new.numbers.len(), "a column that was shown stays");
    let taken: Vec<Option<u64>> =
        old.numbers.iter().zip(&new.numbers).map(|(old, new)| Some((*old)? - (*new)?)).collect();
    for (arc, lost) in taken.iter().enumerate() {
        let whole = old.whole(arc) - new.whole(arc);
        match *lost {
            Some(lost) if lost < k && whole > 0 => found.push(Finding::BelowK { shown: lost }),
            _ if old.is_hidden(arc) && !new.is_hidden(arc) => found.push(Finding::Uncovered),
            _ => {}
        }
    }
    found.extend(unanimous(k, old, &taken));
}

fn hidden(k: u64, series: &[Read], looks: usize, found: &mut Vec<Finding>) {
    let determined: Vec<Vec<bool>> = series.iter().map(determined).collect();
    let wanted = wanted(k, series);
    for (wanted, needed) in &wanted {
        // No equation joins two tables: a difference is known where both numbers are.
        let is_known = match *wanted {
            Wanted::Number { table, arc } => determined[table][arc],
            Wanted::Lost { table, arc } => determined[table][arc] && determined[table + 1][arc],
        };
        if is_known && *needed > 0 {
            found.push(Finding::Computed { wanted: *wanted });
        }
    }
    // All of a small table, else some from everywhere in it.
    let step = wanted.len().div_ceil(looks.max(1)).max(1);
    for (wanted, needed) in wanted.into_iter().step_by(step) {
        let width = width(series, wanted);
        if width < needed {
            found.push(Finding::Narrow { wanted, width, needed });
        }
    }
}

/// Everything hidden, with the width that it was promised.
fn wanted(k: u64, series: &[Read]) -> Vec<(Wanted, u64)> {
    let mut wanted = Vec::new();
    let Some(newest) = series.last() else { return wanted };
    for arc in 0..newest.numbers.len() {
        let Some(first) = series.iter().position(|read| read.is_hidden(arc)) else { continue };
        let lost = |table: usize| series[table].whole(arc) - series[table + 1].whole(arc);
        for (table, read) in series.iter().enumerate().skip(first) {
            let whole = if first == 0 { read.whole(arc) } else { lost(first - 1) };
            wanted.push((Wanted::Number { table, arc }, k.min(whole)));
        }
        for table in first.max(1)..series.len() {
            let wanted_of = Wanted::Lost { table: table - 1, arc };
            wanted.push((wanted_of, k.min(lost(table - 1))));
        }
    }
    wanted
}

/// Which numbers of a table follow from its equations.
fn determined(read: &Read) -> Vec<bool> {
    let length = read.numbers.len();
    let hidden: Vec<usize> = (0..length).filter(|arc| read.is_hidden(*arc)).collect();
    let place = |arc: usize| hidden.binary_search(&arc).ok();
    let row = |arcs: &mut dyn Iterator<Item = (usize, i64)>| -> Row {
        let mut row = vec![0; hidden.len()];
        for (arc, sign) in arcs {
            if let Some(place) = place(arc) {
                row[place] = residue(sign);
            }
        }
        row
    };
    let (rows, columns) = (read.rows, read.columns);
    let mut system: Vec<Row> = Vec::with_capacity(rows + columns);
    for option in 0..rows {
        system.push(row(&mut (0..columns).map(|column| (option * columns + column, 1))));
    }
    for column in 0..columns {
        let cells = (0..rows).map(|option| (option * columns + column, 1));
        system.push(row(&mut cells.chain([(rows * columns + column, -1)])));
    }
    let order: Vec<usize> = (0..hidden.len()).collect();
    let mut determined: Vec<bool> = read.numbers.iter().map(Option::is_some).collect();
    for (pivot, row) in reduce(system, &order) {
        let alone = row.iter().filter(|weight| **weight != 0).count() == 1;
        determined[hidden[pivot]] = alone;
    }
    determined
}
