//! A publisher of breakdown tables beside the real one, in which a rule can be switched off.
//!
//! With every rule on it must say what the real one says; that is asserted for every release.

use std::collections::HashMap;

use super::Rule;
use crate::poll::{Breakdown, Poll};
use crate::publish::{BreakdownTable, NOT_STATED, OptionRow, Statement, StratumTotal};
use crate::tally::Sums;
use holos_suppress::{Pattern, Rules, Shown, Table, protect_with};

pub(super) struct Double {
    off: Option<Rule>,
    k: u64,
    shown: HashMap<&'static str, Vec<Shown>>,
}

impl Double {
    pub(super) fn new(off: Option<Rule>, k: u64) -> Self {
        Self { off, k, shown: HashMap::new() }
    }

    /// The statement, with the tables of this publisher.
    pub(super) fn publish(&mut self, poll: &Poll, tally: &Sums, real: Statement) -> Statement {
        let asked = poll.definition.order().breakdowns.clone();
        let breakdowns = asked.into_iter().map(|by| self.table(poll, tally, by)).collect();
        if !self.off.is_some_and(Rule::is_of_tables) {
            assert_eq!(real.breakdowns, breakdowns, "the double hides what the real one hides");
        }
        Statement { breakdowns, ..real }
    }

    fn table(&mut self, poll: &Poll, tally: &Sums, by: Breakdown) -> BreakdownTable {
        let mut names: Vec<_> = poll.definition.strata(by).into_iter().map(str::to_owned).collect();
        let mut rows = rows(poll, tally, by);
        let earlier = self.shown.entry(by.name()).or_default();
        let unstated = rows.iter().any(|row| row[names.len()] > 0)
            || earlier.iter().any(|shown| shown.table.columns() > names.len());
        if unstated {
            names.push(NOT_STATED.to_owned());
        }
        rows.iter_mut().for_each(|row| row.truncate(names.len()));
        let table = Table::new(names.len(), rows.concat());
        let rules = Rules {
            complementary: self.off != Some(Rule::Complementary),
            unanimity: self.off != Some(Rule::Unanimity),
            earlier: self.off != Some(Rule::EarlierTables),
        };
        let pattern = protect_with(rules, self.k, &table, earlier);
        let question = poll.definition.order().questions[0].id.clone();
        let shows_something = |pattern: &Pattern| {
            let numbers = (pattern.rows() + 1) * pattern.columns();
            pattern.hidden_cells() + pattern.hidden_totals() < numbers
        };
        let Some(pattern) = pattern.filter(shows_something) else {
            let (strata, options) = (Vec::new(), Vec::new());
            return BreakdownTable { question, by, withheld: true, strata, options };
        };
        earlier.push(Shown { table: table.clone(), pattern: pattern.clone() });
        let strata = names.into_iter().enumerate().map(|(column, id)| {
            let answers = (!pattern.is_total_hidden(column)).then(|| table.column_total(column));
            StratumTotal { id, answers }
        });
        BreakdownTable {
            question,
            by,
            withheld: false,
            strata: strata.collect(),
            options: self.options(poll, &table, &pattern),
        }
    }

    fn options(&self, poll: &Poll, table: &Table, pattern: &Pattern) -> Vec<OptionRow> {
        let kept = self.off == Some(Rule::SmallOptions);
        let shows = |row: usize, column: usize| {
            let held = table.cell(row, column);
            let small_option = table.row_total(row) < self.k;
            !pattern.is_hidden(row, column)
                || self.off == Some(Rule::Zeros) && held == 0
                || kept && small_option
        };
        let options = &poll.definition.order().questions[0].options;
        let rows = (0..table.rows()).filter(|row| kept || table.row_total(*row) >= self.k);
        rows.map(|row| OptionRow {
            id: options[row].id.clone(),
            counts: (0..table.columns())
                .map(|column| shows(row, column).then(|| table.cell(row, column)))
                .collect(),
        })
        .collect()
    }
}

/// The counts of each option in each stratum, and last in none.
fn rows(poll: &Poll, tally: &Sums, by: Breakdown) -> Vec<Vec<u64>> {
    let layout = poll.definition.layout();
    let strata = poll.definition.strata(by).len();
    let own = layout.questions().next().expect("a question");
    let rows = own.enumerate().map(|(option, own)| {
        let cell = |stratum| layout.breakdown_cell(0, option, by, stratum).expect("its cells");
        let mut row: Vec<u64> = (0..strata).map(|stratum| tally.cells[cell(stratum)]).collect();
        row.push(tally.cells[own] - row.iter().sum::<u64>());
        row
    });
    rows.collect()
}
