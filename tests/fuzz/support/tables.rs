//! What a published breakdown table lets anybody compute, by trying every table that agrees with it.
//!
//! Slow, and only for small tables: an oracle for the engine's own check, which solves a flow.

use holos::publish::{BreakdownTable, QuestionTotals, Statement};

/// Ways to fill in a table that are tried, most.
const WAYS_MAX: u64 = 20_000;
/// Votes of an option from which on the engine does not count with them.
const VOTES_MAX: u64 = 1 << 48;

/// Whether a statement's tables may be shown by its own bounds; `None` where that takes too long.
pub fn hold(statement: &Statement) -> Option<bool> {
    let mut sure = true;
    for (at, table) in statement.breakdowns.iter().enumerate() {
        let same =
            |other: &BreakdownTable| other.by == table.by && other.question == table.question;
        if statement.breakdowns[..at].iter().any(same) {
            return Some(false);
        }
        let question = statement.questions.iter().find(|held| held.id == table.question);
        match question.map(|question| holds(table, question, statement.bounds.k)) {
            None | Some(Some(false)) => return Some(false),
            Some(Some(true)) => {}
            Some(None) => sure = false,
        }
    }
    sure.then_some(true)
}

fn holds(table: &BreakdownTable, question: &QuestionTotals, k: u64) -> Option<bool> {
    if table.withheld {
        return Some(table.strata.is_empty() && table.options.is_empty());
    }
    let columns = table.strata.len();
    let doubled = (1..columns)
        .any(|at| table.strata[..at].iter().any(|other| other.id == table.strata[at].id));
    // The rows are those of the question's options that have one, in their order.
    let mut rest = table.options.as_slice();
    let mut cells: Vec<Vec<Option<u64>>> = Vec::new();
    for option in &question.options {
        match rest.split_first() {
            Some((row, after)) if row.id == option.id => {
                if row.counts.len() != columns || option.count < k {
                    return Some(false);
                }
                cells.push(row.counts.clone());
                rest = after;
            }
            _ => cells.push(vec![None; columns]),
        }
    }
    if doubled || columns == 0 || !rest.is_empty() {
        return Some(false);
    }
    let totals: Vec<u64> = question.options.iter().map(|option| option.count).collect();
    let answers: Vec<Option<u64>> = table.strata.iter().map(|stratum| stratum.answers).collect();
    let shown = || cells.iter().flatten().chain(&answers).flatten();
    if totals.iter().chain(shown()).any(|votes| *votes > VOTES_MAX) || shown().any(|n| *n < k) {
        return Some(false);
    }
    if totals.len() > 1 && is_unanimous(&cells, &answers, k) {
        return Some(false);
    }
    Table { totals, cells, answers }.is_wide(k)
}

/// Whether a shown cell stands beside a shown total that it almost reaches.
fn is_unanimous(cells: &[Vec<Option<u64>>], answers: &[Option<u64>], k: u64) -> bool {
    let pairs = cells.iter().flat_map(|row| row.iter().zip(answers));
    pairs.into_iter().any(|pair| match pair {
        (Some(cell), Some(total)) => *cell > 0 && total.saturating_sub(*cell) < k,
        _ => false,
    })
}

struct Table {
    totals: Vec<u64>,
    cells: Vec<Vec<Option<u64>>>,
    answers: Vec<Option<u64>>,
}

impl Table {
    /// Whether every hidden number can be anything in an interval of k, or of all the votes it
    /// could be of, if those are fewer; and whether there is a table at all.
    fn is_wide(&self, k: u64) -> Option<bool> {
        let columns = self.answers.len();
        let mut rows = Vec::new();
        let mut ways = 1_u64;
        for (total, cells) in self.totals.iter().zip(&self.cells) {
            let shown: u64 = cells.iter().flatten().sum();
            let hidden = cells.iter().filter(|cell| cell.is_none()).count();
            let Some(left) = total.checked_sub(shown) else { return Some(false) };
            if hidden == 0 && left > 0 {
                return Some(false);
            }
            ways = ways.checked_mul(parted(left, hidden)?)?;
            if ways > WAYS_MAX {
                return None;
            }
            rows.push(fillings(cells, left));
        }
        let mut seen = Bounds::new(self.totals.len(), columns);
        let mut chosen = vec![0; rows.len()];
        loop {
            let filled: Vec<&Vec<u64>> =
                rows.iter().zip(&chosen).map(|(row, way)| &row[*way]).collect();
            let sums: Vec<u64> =
                (0..columns).map(|column| filled.iter().map(|row| row[column]).sum()).collect();
            let agrees =
                self.answers.iter().zip(&sums).all(|(shown, sum)| shown.is_none_or(|n| n == *sum));
            if agrees {
                seen.note(&filled, &sums);
            }
            let Some(next) = (0..rows.len()).find(|row| chosen[*row] + 1 < rows[*row].len()) else {
                break;
            };
            chosen[..next].fill(0);
            chosen[next] += 1;
        }
        let all: u64 = self.totals.iter().sum();
        let wide = |(least, most): (u64, u64), whole: u64| most - least >= k.min(whole);
        let is_wide = seen.any
            && (0..self.totals.len()).all(|row| {
                (0..columns).all(|column| {
                    self.cells[row][column].is_some()
                        || wide(seen.cells[row * columns + column], self.totals[row])
                })
            })
            && (0..columns)
                .all(|column| self.answers[column].is_some() || wide(seen.sums[column], all));
        Some(is_wide)
    }
}

/// In how many ways so many votes lie in so many cells; `None`: too many.
fn parted(votes: u64, cells: usize) -> Option<u64> {
    let mut ways = 1_u64;
    for step in 1..u64::try_from(cells).ok()? {
        ways = ways.checked_mul(votes.checked_add(step)?)? / step;
        if ways > WAYS_MAX {
            return None;
        }
    }
    Some(ways)
}

/// All the rows that agree with what is shown of one.
fn fillings(cells: &[Option<u64>], left: u64) -> Vec<Vec<u64>> {
    let Some((first, rest)) = cells.split_first() else {
        return if left == 0 { vec![Vec::new()] } else { Vec::new() };
    };
    let last = !rest.iter().any(Option::is_none);
    let values = match first {
        Some(shown) => *shown..=*shown,
        None if last => left..=left,
        None => 0..=left,
    };
    let mut all = Vec::new();
    for value in values {
        let left = if first.is_some() { left } else { left - value };
        for tail in fillings(rest, left) {
            all.push([&[value], &tail[..]].concat());
        }
    }
    all
}

struct Bounds {
    any: bool,
    cells: Vec<(u64, u64)>,
    sums: Vec<(u64, u64)>,
}

impl Bounds {
    fn new(rows: usize, columns: usize) -> Self {
        let none = (u64::MAX, 0);
        Self { any: false, cells: vec![none; rows * columns], sums: vec![none; columns] }
    }

    fn note(&mut self, rows: &[&Vec<u64>], sums: &[u64]) {
        self.any = true;
        let widen = |held: &mut (u64, u64), n: u64| *held = (held.0.min(n), held.1.max(n));
        let cells = rows.iter().flat_map(|row| row.iter());
        self.cells.iter_mut().zip(cells).for_each(|(held, n)| widen(held, *n));
        self.sums.iter_mut().zip(sums).for_each(|(held, n)| widen(held, *n));
    }
}
