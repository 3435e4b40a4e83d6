//! The breakdown tables of a final release: from raw cells to what may be seen of them. Pure.
//!
//! Which cells are hidden is decided in [`holos_suppress`], for one table and all that was shown of
//! it before. Tables by different facts need no look at each other: they share the option totals,
//! which are public and exact, and whatever fills the hidden cells of one goes together with
//! whatever fills those of the other.

use std::sync::Arc;

use super::file::Publication;
use super::statement::{BreakdownTable, NOT_STATED, OptionRow, StratumTotal};
use crate::poll::{Breakdown, Definition, QUESTIONS_MAX};
use crate::tally::Sums;
use holos_suppress::{Pattern, Shown, Table, protect};

// Tables of two questions by one fact share their strata, and would have to be looked at together.
const _: () = assert!(QUESTIONS_MAX == 1, "each table is protected alone");

/// The tables that the order asks for. `shown` are the tallies of earlier releases with these
/// numbers.
pub(super) fn tables(
    definition: &Definition,
    tally: &Sums,
    shown: &[(u32, Sums)],
    releases: &[Arc<Publication>],
) -> Vec<BreakdownTable> {
    let order = definition.order();
    let mut tables = Vec::with_capacity(order.breakdowns.len() * order.questions.len());
    for question in 0..order.questions.len() {
        for by in &order.breakdowns {
            let split = Split { definition, question, by: *by };
            tables.push(split.publish(tally, shown, releases));
        }
    }
    tables
}

/// One question by one fact.
struct Split<'a> {
    definition: &'a Definition,
    question: usize,
    by: Breakdown,
}

impl Split<'_> {
    fn publish(
        &self,
        tally: &Sums,
        shown: &[(u32, Sums)],
        releases: &[Arc<Publication>],
    ) -> BreakdownTable {
        let earlier: Vec<_> = shown
            .iter()
            .filter_map(|(release, sums)| Some((self.published_in(*release, releases)?, sums)))
            .collect();
        // A column that nobody is in tells of nobody, so it need not be there; but one that was
        // shown stays.
        let unstated = self.unstated(tally) > 0
            || earlier.iter().any(|(table, _)| is_unstated(table.strata.last()));
        let table = self.table(tally, unstated);
        let earlier: Vec<_> = earlier
            .into_iter()
            .map(|(published, sums)| Shown {
                table: self.table(sums, unstated),
                pattern: self.pattern(published, unstated),
            })
            .collect();
        match protect(self.definition.crowd().k, &table, &earlier) {
            Some(pattern) if shows_something(&pattern) => self.show(&table, &pattern, unstated),
            Some(_) | None => self.withheld(),
        }
    }

    /// What an earlier release showed of this table.
    fn published_in<'a>(
        &self,
        release: u32,
        releases: &'a [Arc<Publication>],
    ) -> Option<&'a BreakdownTable> {
        let held = releases.iter().find(|held| held.statement.release == release)?;
        let question = &self.definition.order().questions[self.question].id;
        let mut tables = held.statement.breakdowns.iter();
        tables.find(|table| table.by == self.by && table.question == *question && !table.withheld)
    }

    /// The raw cells, with those in no stratum as the last column if they are to have one.
    fn table(&self, sums: &Sums, unstated: bool) -> Table {
        let strata = self.definition.strata(self.by).len();
        let options = self.definition.order().questions[self.question].options.len();
        let mut cells = Vec::with_capacity(options * (strata + 1));
        for option in 0..options {
            let mut rest = self.own(sums, option);
            for stratum in 0..strata {
                let count = self.cell(sums, option, stratum);
                rest = rest.checked_sub(count).expect("nobody is in two strata");
                cells.push(count);
            }
            if unstated {
                cells.push(rest);
            }
        }
        Table::new(strata + usize::from(unstated), cells)
    }

    fn own(&self, sums: &Sums, option: usize) -> u64 {
        let mut questions = self.definition.layout().questions();
        let own = questions.nth(self.question).expect("a question of the poll");
        sums.cells[own][option]
    }

    fn cell(&self, sums: &Sums, option: usize, stratum: usize) -> u64 {
        let layout = self.definition.layout();
        let cell = layout.breakdown_cell(self.question, option, self.by, stratum);
        sums.cells[cell.expect("a breakdown of the order has its cells")]
    }

    /// Voters in no stratum.
    fn unstated(&self, sums: &Sums) -> u64 {
        let layout = self.definition.layout();
        let cells = layout.breakdown(self.question, self.by).expect("a breakdown of the order");
        let stated: u64 = sums.cells[cells].iter().sum();
        sums.ballots - stated
    }

    fn show(&self, table: &Table, pattern: &Pattern, unstated: bool) -> BreakdownTable {
        let k = self.definition.crowd().k;
        let question = &self.definition.order().questions[self.question];
        let names = self.names(unstated);
        let strata = names.iter().enumerate().map(|(column, name)| StratumTotal {
            id: (*name).to_owned(),
            answers: (!pattern.is_total_hidden(column)).then(|| table.column_total(column)),
        });
        let row = |row: usize| OptionRow {
            id: question.options[row].id.clone(),
            counts: (0..table.columns())
                .map(|column| (!pattern.is_hidden(row, column)).then(|| table.cell(row, column)))
                .collect(),
        };
        let shown = (0..table.rows()).filter(|row| table.row_total(*row) >= k);
        BreakdownTable {
            question: question.id.clone(),
            by: self.by,
            withheld: false,
            strata: strata.collect(),
            options: shown.map(row).collect(),
        }
    }

    fn withheld(&self) -> BreakdownTable {
        let question = self.definition.order().questions[self.question].id.clone();
        let (strata, options) = (Vec::new(), Vec::new());
        BreakdownTable { question, by: self.by, withheld: true, strata, options }
    }

    fn names(&self, unstated: bool) -> Vec<&str> {
        let mut names = self.definition.strata(self.by);
        names.extend(unstated.then_some(NOT_STATED));
        names
    }

    /// Which cells a published table hid: also those of options that it left out, and of a column
    /// that it did not have.
    fn pattern(&self, published: &BreakdownTable, unstated: bool) -> Pattern {
        let options = &self.definition.order().questions[self.question].options;
        let columns = self.names(unstated).len();
        let mut hidden = Vec::with_capacity(options.len() * columns);
        for option in options {
            let row = published.options.iter().find(|row| row.id == option.id);
            let is_shown = |column: usize| row.is_some_and(|row| is_some_at(&row.counts, column));
            hidden.extend((0..columns).map(|column| !is_shown(column)));
        }
        let answers: Vec<_> = published.strata.iter().map(|stratum| stratum.answers).collect();
        let totals: Vec<_> = (0..columns).map(|column| !is_some_at(&answers, column)).collect();
        Pattern::from_parts(&hidden, &totals)
    }
}

fn shows_something(pattern: &Pattern) -> bool {
    let numbers = (pattern.rows() + 1) * pattern.columns();
    pattern.hidden_cells() + pattern.hidden_totals() < numbers
}

fn is_some_at(counts: &[Option<u64>], at: usize) -> bool {
    counts.get(at).copied().flatten().is_some()
}

fn is_unstated(stratum: Option<&StratumTotal>) -> bool {
    stratum.is_some_and(|stratum| stratum.id == NOT_STATED)
}
