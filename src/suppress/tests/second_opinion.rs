//! A solver that knows nothing of flows gets the same bounds.

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome};

use super::*;

fn bound(sheet: &Sheet, wanted: usize, direction: OptimizationDirection) -> f64 {
    let (rows, columns) = (sheet.row_totals.len(), sheet.column_totals.len());
    let mut problem = Problem::new(direction);
    let numbers: Vec<_> = sheet.cells.iter().chain(&sheet.column_totals).copied().collect();
    let variables: Vec<_> = numbers
        .iter()
        .enumerate()
        .map(|(arc, number)| {
            let range = number.map_or((0.0, f64::INFINITY), |held| (held as f64, held as f64));
            problem.add_var(if arc == wanted { 1.0 } else { 0.0 }, range)
        })
        .collect();
    for row in 0..rows {
        let sum: Vec<_> =
            (0..columns).map(|column| (variables[row * columns + column], 1.0)).collect();
        problem.add_constraint(&sum, ComparisonOp::Eq, sheet.row_totals[row] as f64);
    }
    for column in 0..columns {
        let cells = (0..rows).map(|row| (variables[row * columns + column], 1.0));
        let sum: Vec<_> = cells.chain([(variables[rows * columns + column], -1.0)]).collect();
        problem.add_constraint(&sum, ComparisonOp::Eq, 0.0);
    }
    match problem.solve().unwrap() {
        SolveOutcome::Solution(solution) => solution.objective(),
        SolveOutcome::Interrupted(_) => panic!("no limit was set"),
    }
}

#[test]
fn a_linear_solver_finds_the_same_bounds() {
    let mut dice = Dice(5);
    for _ in 0..40 {
        let (rows, columns) = (2 + dice.index(4), 2 + dice.index(6));
        let table = dice.table(rows, columns, 50);
        let pattern = match dice.roll(2) {
            0 => protect(8, &table, &[]).unwrap(),
            _ => {
                let hidden = (0..table.arcs().len()).map(|_| dice.roll(2) == 0).collect();
                Pattern { columns, hidden }
            }
        };
        let sheet = Sheet::new(&table, &pattern);
        let ours = intervals(&sheet.published()).unwrap();
        for arc in (0..pattern.hidden.len()).filter(|&arc| pattern.hidden[arc]) {
            let ours = match arc < rows * columns {
                true => ours.cell(arc / columns, arc % columns),
                false => ours.column_total(arc - rows * columns),
            };
            let least = bound(&sheet, arc, OptimizationDirection::Minimize);
            let most = bound(&sheet, arc, OptimizationDirection::Maximize);
            for (ours, theirs) in [(ours.least, least), (ours.most, most)] {
                assert!((ours as f64 - theirs).abs() < 1e-6, "{arc} of {table:?} {pattern:?}");
            }
        }
    }
}
