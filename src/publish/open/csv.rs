//! A release as a tidy table: one row a number, hidden ones too.
//!
//! RFC 4180 and UTF-8. Every cell that the poll's rules could have shown is there, whether a table
//! names it or not: an option left out of a table has hidden cells like any other, so a row that is
//! missing says nothing. A withdrawal has the header and no rows; why is in the signed file and in
//! the table's description.

use csv::{Terminator, Writer, WriterBuilder};

use super::spelling;
use crate::poll::LocalizedText;
use crate::publish::statement::{BreakdownTable, OptionTotal, QuestionTotals, Statement};

/// The columns.
pub(super) const COLUMNS: [&str; 12] = [
    "poll",
    "release",
    "kind",
    "as_of",
    "question",
    "option",
    "label_uk",
    "label_en",
    "breakdown",
    "stratum",
    "value",
    "status",
];

/// The number is the number of answers.
pub(super) const EXACT: &str = "exact";
/// There is no number: it is zero, small, or would give away another.
pub(super) const HIDDEN: &str = "hidden";

/// The table of a release.
pub fn csv(statement: &Statement) -> Vec<u8> {
    let mut table = Table::new(statement);
    if let Some(total) = statement.total {
        table.row(&Cell { label: Some(&statement.title), value: Some(total), ..Cell::EMPTY });
    }
    for question in &statement.questions {
        for option in &question.options {
            table.row(&Cell { value: Some(option.count), ..Cell::of(question, Some(option)) });
        }
        for breakdown in statement.breakdowns.iter().filter(|table| table.question == question.id) {
            table.breakdown(question, breakdown);
        }
    }
    finish(table.writer)
}

/// What a row counts, and the number.
struct Cell<'a> {
    question: &'a str,
    option: &'a str,
    /// Of the option; of the question, without one; of the poll, without either.
    label: Option<&'a LocalizedText>,
    breakdown: &'a str,
    stratum: &'a str,
    value: Option<u64>,
}

impl<'a> Cell<'a> {
    const EMPTY: Self =
        Self { question: "", option: "", label: None, breakdown: "", stratum: "", value: None };

    fn of(question: &'a QuestionTotals, option: Option<&'a OptionTotal>) -> Self {
        Self {
            question: &question.id,
            option: option.map_or("", |option| &option.id),
            label: Some(option.map_or(&question.text, |option| &option.label)),
            ..Self::EMPTY
        }
    }
}

/// The rows of one release.
struct Table {
    writer: Writer<Vec<u8>>,
    /// The columns that are the same in every row.
    release: [String; 4],
}

impl Table {
    fn new(statement: &Statement) -> Self {
        let release = [
            statement.poll.to_string(),
            statement.release.to_string(),
            spelling(statement.kind),
            statement.as_of.to_string(),
        ];
        Self { writer: writer(&COLUMNS), release }
    }

    fn breakdown(&mut self, question: &QuestionTotals, table: &BreakdownTable) {
        let by = spelling(table.by);
        for stratum in &table.strata {
            let cell = Cell { breakdown: &by, stratum: &stratum.id, ..Cell::of(question, None) };
            self.row(&Cell { value: stratum.answers, ..cell });
        }
        // The options of the question, not the rows of the table: those lack some.
        for option in &question.options {
            let row = table.options.iter().find(|row| row.id == option.id);
            for (column, stratum) in table.strata.iter().enumerate() {
                let value = row.and_then(|row| *row.counts.get(column)?);
                let cell = Cell::of(question, Some(option));
                self.row(&Cell { breakdown: &by, stratum: &stratum.id, value, ..cell });
            }
        }
    }

    fn row(&mut self, cell: &Cell<'_>) {
        let [poll, release, kind, as_of] = &self.release;
        let value = cell.value.map(|value| value.to_string()).unwrap_or_default();
        let row: [&str; COLUMNS.len()] = [
            poll,
            release,
            kind,
            as_of,
            &guard(cell.question),
            &guard(cell.option),
            &guard(cell.label.map_or("", |label| &label.uk)),
            &guard(cell.label.map_or("", |label| &label.en)),
            cell.breakdown,
            &guard(cell.stratum),
            &value,
            if cell.value.is_some() { EXACT } else { HIDDEN },
        ];
        write(&mut self.writer, &row);
    }
}

/// A table with this header.
pub(super) fn writer(header: &[&str]) -> Writer<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    write(&mut writer, header);
    writer
}

/// Adds a row.
pub(super) fn write(writer: &mut Writer<Vec<u8>>, row: &[&str]) {
    writer.write_record(row).expect("memory takes all, and every row has as many cells");
}

/// The table's bytes.
pub(super) fn finish(writer: Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().expect("memory takes all")
}

/// Text that no spreadsheet takes for a formula: an apostrophe goes before text that could begin
/// one, and before text that begins with an apostrophe, so that taking one away gives the text back.
pub(super) fn guard(text: &str) -> String {
    let formula = |first: char| matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let risky =
        text.starts_with(['\'', '\t', '\r', '\n']) || text.trim_start().starts_with(formula);
    if risky { format!("'{text}") } else { text.to_owned() }
}
