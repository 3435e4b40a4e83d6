//! How closely a hidden number can be computed, by a solver that knows nothing of tables.

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome, Variable};

use super::tables::{Read, Wanted};

/// Fractions that a solver of floats may be off by.
const TOLERANCE: f64 = 1e-6;

/// The width of the interval that follows from every table of the series: they add up to the
/// public totals, nothing is negative, and what was taken out only makes numbers smaller.
pub(super) fn width(series: &[Read], wanted: Wanted) -> u64 {
    let least = bound(series, wanted, OptimizationDirection::Minimize);
    let most = bound(series, wanted, OptimizationDirection::Maximize);
    // The whole numbers between, and one that rounding lost counts as there.
    let width = (most + TOLERANCE).floor() - (least - TOLERANCE).ceil();
    // As text: a cast of a float is not checked. Nothing has more than these many digits.
    format!("{:.0}", width.clamp(0.0, 1e9)).parse().expect("a whole number")
}

fn bound(series: &[Read], wanted: Wanted, direction: OptimizationDirection) -> f64 {
    let mut problem = Problem::new(direction);
    let mut tables: Vec<Vec<Variable>> = Vec::with_capacity(series.len());
    for (at, read) in series.iter().enumerate() {
        let variables = read.numbers.iter().enumerate().map(|(arc, number)| {
            let range = number.map_or((0.0, f64::INFINITY), |held| (held as f64, held as f64));
            problem.add_var(price(wanted, at, arc), range)
        });
        let variables: Vec<_> = variables.collect();
        add_up(&mut problem, read, &variables);
        tables.push(variables);
    }
    for (pair, read) in tables.windows(2).zip(series) {
        for (before, after) in pair[0].iter().zip(&pair[1]).take(read.cells()) {
            let fall = [(*before, 1.0), (*after, -1.0)];
            problem.add_constraint(fall, ComparisonOp::Ge, 0.0);
        }
    }
    match problem.solve() {
        Ok(SolveOutcome::Solution(solution)) => solution.objective(),
        Ok(SolveOutcome::Interrupted(_)) => panic!("no limit was set"),
        Err(error) => panic!("the truth solves it: {error}"),
    }
}

fn price(wanted: Wanted, at: usize, number: usize) -> f64 {
    match wanted {
        Wanted::Number { table, arc } if (table, arc) == (at, number) => 1.0,
        Wanted::Lost { table, arc } if (table, arc) == (at, number) => 1.0,
        Wanted::Lost { table, arc } if (table + 1, arc) == (at, number) => -1.0,
        Wanted::Number { .. } | Wanted::Lost { .. } => 0.0,
    }
}

fn add_up(problem: &mut Problem, read: &Read, variables: &[Variable]) {
    let (rows, columns) = (read.rows, read.columns);
    for row in 0..rows {
        let sum: Vec<_> =
            (0..columns).map(|column| (variables[row * columns + column], 1.0)).collect();
        problem.add_constraint(&sum, ComparisonOp::Eq, read.row_totals[row] as f64);
    }
    for column in 0..columns {
        let cells = (0..rows).map(|row| (variables[row * columns + column], 1.0));
        let sum: Vec<_> = cells.chain([(variables[rows * columns + column], -1.0)]).collect();
        problem.add_constraint(&sum, ComparisonOp::Eq, 0.0);
    }
}
