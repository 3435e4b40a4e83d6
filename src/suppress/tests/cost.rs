//! What hiding costs, beside the best that a search of all patterns finds.

use super::*;

fn safe(k: u64, table: &Table, pattern: &Pattern) -> bool {
    audit(k, &Sheet::new(table, pattern).published()).is_ok()
}

/// The fewest cells and totals that make a safe pattern, looked for below `ours`.
fn fewest(k: u64, table: &Table, ours: usize) -> usize {
    let arcs = table.arcs();
    let forced: Vec<bool> = arcs.iter().map(|&held| held < k).collect();
    let free: Vec<usize> = (0..arcs.len()).filter(|&arc| !forced[arc]).collect();
    let base = arcs.len() - free.len();
    let mut masks: Vec<u32> = (0..1_u32 << free.len()).collect();
    masks.retain(|mask| base + (mask.count_ones() as usize) < ours);
    masks.sort_by_key(|mask| mask.count_ones());
    let found = masks.into_iter().find(|mask| {
        let mut hidden = forced.clone();
        for (bit, &arc) in free.iter().enumerate() {
            hidden[arc] |= mask >> bit & 1 == 1;
        }
        safe(k, table, &Pattern { columns: table.columns(), hidden })
    });
    found.map_or(ours, |mask| base + mask.count_ones() as usize)
}

#[test]
fn little_more_is_hidden_than_must_be() {
    let mut dice = Dice(3);
    let (mut ours, mut best, mut worst) = (0, 0, 1.0_f64);
    for _ in 0..60 {
        let (rows, columns) = (2 + dice.index(2), 2 + dice.index(3));
        let table = dice.table(rows, columns, 60);
        let pattern = protect(10, &table, &[]).unwrap();
        let hidden = pattern.hidden_cells() + pattern.hidden_totals();
        let fewest = fewest(10, &table, hidden);
        ours += hidden;
        best += fewest;
        if fewest > 0 {
            worst = worst.max(hidden as f64 / fewest as f64);
        }
    }
    let ratio = f64::from(u32::try_from(ours).unwrap()) / f64::from(u32::try_from(best).unwrap());
    println!("hidden {ours}, at least {best}: {ratio:.3}, worst table {worst:.2}");
    assert!(ratio <= 1.2 && worst <= 2.0);
}
