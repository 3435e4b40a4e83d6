//! The check of what a release says, with nothing but the release: by the engine when it reads one
//! back, and by anybody else.
//!
//! For every hidden number it computes the interval that follows from all the public ones, and
//! compares it with the release's own bounds. What earlier releases add to it is checked where those
//! are at hand.

use super::file::VerifyError;
use super::statement::{BreakdownTable, QuestionTotals, ReleaseKind, Statement};
use holos_suppress::{AuditError, Published, audit};

/// What is wrong with a breakdown table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableFlaw {
    /// It names a question or an option that the release does not have, or an option or a stratum
    /// twice.
    #[error("it is of no question of the release, or of none of its options")]
    Foreign,
    /// There is one of the same question by the same fact before it.
    #[error("it stands twice")]
    Twice,
    /// A row is longer or shorter than the list of strata.
    #[error("options[{option}]: not one count a stratum")]
    Shape {
        /// Position of the option's row.
        option: usize,
    },
    /// A withheld table with rows.
    #[error("it is withheld and has rows or strata")]
    NotWithheld,
    /// An option with too few answers has a row.
    #[error("options[{option}]: an option with fewer than k answers is left out")]
    RowBelowK {
        /// Position of the option's row.
        option: usize,
    },
    /// A number that may not be seen can be seen or computed, or the numbers contradict each other.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

pub(super) fn check(statement: &Statement) -> Result<(), VerifyError> {
    kind(statement)?;
    for (question, totals) in statement.questions.iter().enumerate() {
        if statement.questions[..question].iter().any(|other| other.id == totals.id) {
            return Err(VerifyError::Kind("questions: one stands twice"));
        }
        let mut counts = totals.options.iter().map(|option| option.count);
        let sum = counts.try_fold(0_u64, u64::checked_add);
        if sum != statement.total {
            return Err(VerifyError::Sum { question });
        }
    }
    for (position, table) in statement.breakdowns.iter().enumerate() {
        // Two that hide different cells of the same would show each other's.
        let same =
            |other: &BreakdownTable| (other.by, &other.question) == (table.by, &table.question);
        if statement.breakdowns[..position].iter().any(same) {
            return Err(VerifyError::Table { table: position, flaw: TableFlaw::Twice });
        }
        check_table(table, &statement.questions, statement.bounds.k)
            .map_err(|flaw| VerifyError::Table { table: position, flaw })?;
    }
    Ok(())
}

fn kind(statement: &Statement) -> Result<(), VerifyError> {
    let Statement { kind, closed_at, close_reason, total, questions, .. } = statement;
    let is_closed = closed_at.is_some() && close_reason.is_some();
    let is_open = closed_at.is_none() && close_reason.is_none();
    let stated = total.is_some() && !questions.is_empty();
    let flaw = match kind {
        ReleaseKind::Live if !is_open => "closed_at: a live release is of an open poll",
        ReleaseKind::Final if !is_closed => "closed_at: a final release is of a closed poll",
        ReleaseKind::Live | ReleaseKind::Final if !stated => "total: it states none",
        ReleaseKind::Live | ReleaseKind::Withdrawal if !statement.breakdowns.is_empty() => {
            "breakdowns: only a final release has them"
        }
        ReleaseKind::Withdrawal if total.is_some() || !questions.is_empty() => {
            "total: a withdrawal states none"
        }
        ReleaseKind::Withdrawal if statement.correction.is_none() => {
            "correction: a withdrawal names the release that holds no more"
        }
        _ if (statement.release == 1) != statement.previous.is_none() => {
            "previous: every release but the first names the one before it"
        }
        ReleaseKind::Live | ReleaseKind::Final | ReleaseKind::Withdrawal => return Ok(()),
    };
    Err(VerifyError::Kind(flaw))
}

fn check_table(
    table: &BreakdownTable,
    questions: &[QuestionTotals],
    k: u64,
) -> Result<(), TableFlaw> {
    let question = questions.iter().find(|question| question.id == table.question);
    let question = question.ok_or(TableFlaw::Foreign)?;
    if table.withheld {
        let empty = table.strata.is_empty() && table.options.is_empty();
        return if empty { Ok(()) } else { Err(TableFlaw::NotWithheld) };
    }
    let columns = table.strata.len();
    let mut names = std::collections::BTreeSet::new();
    if !table.strata.iter().all(|stratum| names.insert(&stratum.id)) {
        return Err(TableFlaw::Foreign);
    }
    let mut rows = table.options.iter().enumerate().peekable();
    let mut cells = Vec::with_capacity(question.options.len() * columns);
    let mut totals = Vec::with_capacity(question.options.len());
    for option in &question.options {
        totals.push(option.count);
        match rows.next_if(|(_, row)| row.id == option.id) {
            Some((position, row)) if row.counts.len() != columns => {
                return Err(TableFlaw::Shape { option: position });
            }
            Some((position, _)) if option.count < k => {
                return Err(TableFlaw::RowBelowK { option: position });
            }
            Some((_, row)) => cells.extend_from_slice(&row.counts),
            None => cells.resize(cells.len() + columns, None),
        }
    }
    // In the order of the options, each once: what is left belongs to none.
    if rows.next().is_some() {
        return Err(TableFlaw::Foreign);
    }
    let answers: Vec<_> = table.strata.iter().map(|stratum| stratum.answers).collect();
    let published = Published { row_totals: &totals, cells: &cells, column_totals: &answers };
    Ok(audit(k, &published)?)
}
