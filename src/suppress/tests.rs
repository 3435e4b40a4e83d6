//! The attacker, with nothing but what is published: enumerates, solves, compares.

mod controls;
mod cost;
mod golden;
mod named;
mod pairs;
mod second_opinion;
mod single;

use proptest::prelude::*;

use super::*;

/// Everything of a table hidden, or nothing.
fn all(hidden: bool, rows: usize, columns: usize) -> Pattern {
    Pattern::from_parts(&vec![hidden; rows * columns], &vec![hidden; columns])
}

/// All answers of a table.
fn total(table: &Table) -> u64 {
    (0..table.columns()).map(|column| table.column_total(column)).sum()
}

/// A table as published, owning its numbers.
pub(super) struct Sheet {
    row_totals: Vec<u64>,
    cells: Vec<Option<u64>>,
    column_totals: Vec<Option<u64>>,
}

impl Sheet {
    fn new(table: &Table, pattern: &Pattern) -> Self {
        let (rows, columns) = (table.rows(), table.columns());
        let cells = (0..rows * columns).map(|at| (at / columns, at % columns));
        Self {
            row_totals: (0..rows).map(|row| table.row_total(row)).collect(),
            cells: cells
                .map(|(row, column)| {
                    (!pattern.is_hidden(row, column)).then(|| table.cell(row, column))
                })
                .collect(),
            column_totals: (0..columns)
                .map(|column| {
                    (!pattern.is_total_hidden(column)).then(|| table.column_total(column))
                })
                .collect(),
        }
    }

    fn published(&self) -> Published<'_> {
        Published {
            row_totals: &self.row_totals,
            cells: &self.cells,
            column_totals: &self.column_totals,
        }
    }

    /// Every table that agrees with what is published, cells then column totals.
    fn fills(&self) -> Vec<Vec<u64>> {
        let columns = self.column_totals.len();
        let mut fills = vec![Vec::new()];
        for (row, &total) in self.row_totals.iter().enumerate() {
            let ways = row_fills(&self.cells[row * columns..][..columns], total);
            fills = fills
                .iter()
                .flat_map(|fill: &Vec<u64>| ways.iter().map(move |way| [&fill[..], way].concat()))
                .filter(|fill| self.columns_fit(fill))
                .collect();
        }
        let whole = |fill: Vec<u64>| Table::new(columns, fill).arcs();
        let fills = fills.into_iter().map(whole);
        let shown = |fill: &Vec<u64>| {
            let totals = &fill[self.cells.len()..];
            totals
                .iter()
                .zip(&self.column_totals)
                .all(|(held, shown)| shown.is_none_or(|s| s == *held))
        };
        fills.filter(shown).collect()
    }

    fn columns_fit(&self, fill: &[u64]) -> bool {
        self.column_totals.iter().enumerate().all(|(column, total)| {
            let held: u64 = fill.iter().skip(column).step_by(self.column_totals.len()).sum();
            total.is_none_or(|total| held <= total)
        })
    }
}

fn row_fills(cells: &[Option<u64>], total: u64) -> Vec<Vec<u64>> {
    let Some((first, rest)) = cells.split_first() else {
        return if total == 0 { vec![Vec::new()] } else { Vec::new() };
    };
    let choices = match *first {
        Some(shown) if shown > total => return Vec::new(),
        Some(shown) => shown..=shown,
        None => 0..=total,
    };
    choices
        .flat_map(|held| {
            let rests = row_fills(rest, total - held);
            rests.into_iter().map(move |rest| [&[held][..], &rest].concat())
        })
        .collect()
}

/// Least and most of each number over all fills.
fn spread(mut fills: impl Iterator<Item = Vec<u64>>) -> Vec<Interval> {
    let first = fills.next().expect("the true table agrees with what is published");
    let mut spread: Vec<_> = first.iter().map(|&n| Interval { least: n, most: n }).collect();
    for fill in fills {
        for (interval, held) in spread.iter_mut().zip(fill) {
            interval.least = interval.least.min(held);
            interval.most = interval.most.max(held);
        }
    }
    spread
}

/// All tables of this size with counts below `base`.
fn all_tables(rows: usize, columns: usize, base: u64) -> impl Iterator<Item = Table> {
    let size = u32::try_from(rows * columns).expect("small");
    (0..base.pow(size)).map(move |number| {
        let digit = |place| number / base.pow(place) % base;
        Table::new(columns, (0..size).map(digit).collect())
    })
}

/// Tables as polls make them: sparse, one dominant stratum, unanimous and empty strata.
fn tables(rows: usize, columns: usize, most: u64) -> impl Strategy<Value = Table> {
    let size = (1..=rows, 1..=columns);
    size.prop_flat_map(move |(rows, columns)| {
        let cells = proptest::collection::vec(
            prop_oneof![3 => 0..=most, 2 => 0..=most / 8, 1 => Just(0_u64)],
            rows * columns,
        );
        let kinds = proptest::collection::vec(0..8_u8, columns);
        (cells, kinds, 0..rows).prop_map(move |(mut cells, kinds, only)| {
            for (at, cell) in cells.iter_mut().enumerate() {
                *cell = match kinds[at % columns] {
                    0 => 0,
                    1 if at / columns != only => 0,
                    2 => *cell * 40,
                    3 => *cell / 10,
                    _ => *cell,
                };
            }
            Table::new(columns, cells)
        })
    })
}

/// The same numbers each run, where figures are printed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % below
    }

    fn index(&mut self, below: u64) -> usize {
        usize::try_from(self.roll(below)).expect("small")
    }

    fn table(&mut self, rows: usize, columns: usize, most: u64) -> Table {
        let cells = (0..rows * columns).map(|_| {
            let below = 1 + self.roll(most);
            self.roll(below)
        });
        Table::new(columns, cells.collect())
    }
}

/// What rule a hidden number of one table must keep.
fn needed(k: u64, table: &Table, arc: usize) -> u64 {
    match arc < table.cells.len() {
        true => k.min(table.row_total(arc / table.columns())),
        false => k.min(total(table)),
    }
}
