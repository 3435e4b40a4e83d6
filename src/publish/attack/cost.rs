//! What suppression costs: the share of cells that are published. `--nocapture` prints the figures.

use super::dice::Dice;
use super::world::World;
use super::{seeds, tables};
use holos_suppress::{Table, protect};

#[test]
fn figures_of_the_polls_that_are_attacked() {
    let (mut cells, mut shown, mut large, mut large_shown, mut withheld) = (0, 0, 0, 0, 0);
    for seed in seeds() {
        let world = World::play(seed, None);
        withheld += world.withheld_tables();
        for by in &world.terms.breakdowns {
            for read in tables::series(&world, *by) {
                for (hidden, truth) in read.each_cell() {
                    cells += 1;
                    shown += usize::from(!hidden);
                    large += usize::from(truth >= world.crowds.k);
                    large_shown += usize::from(!hidden && truth >= world.crowds.k);
                }
            }
        }
    }
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    println!(
        "small polls: {cells} cells, {:.1} % shown; of the {large} that hold k or more {:.1} %; \
         {withheld} tables withheld whole",
        share(shown, cells),
        share(large_shown, large),
    );
    assert!(shown > 0 && large_shown == shown);
}

#[test]
fn figures_of_tables_as_a_country_makes_them() {
    for (answers, k) in
        [(10_000, 10), (100_000, 10), (1_000_000, 10), (2_000_000, 10), (100_000, 50)]
    {
        let table = country(&mut Dice::new(answers), answers);
        let pattern = protect(k, &table, &[]).expect("many strata");
        let cells = table.rows() * table.columns();
        let places = (0..table.rows()).flat_map(|row| (0..table.columns()).map(move |c| (row, c)));
        let small = places.filter(|(row, column)| table.cell(*row, *column) < k).count();
        let hidden = pattern.hidden_cells();
        println!(
            "27 regions x 10 options, {answers} answers, k {k}: {:.1} % of {cells} cells shown \
             ({small} below k, {} hidden besides, {} region totals hidden)",
            100.0 * (cells - hidden) as f64 / cells as f64,
            hidden - small,
            pattern.hidden_totals(),
        );
        assert!(hidden * 2 < cells);
    }
}

/// Regions and options by Zipf's law, every cell up to a third off.
fn country(dice: &mut Dice, answers: u64) -> Table {
    const REGIONS: u64 = 27;
    const OPTIONS: u64 = 10;
    let weight = |rank: u64| 10_000 / rank;
    let whole = (1..=REGIONS).map(weight).sum::<u64>() * (1..=OPTIONS).map(weight).sum::<u64>();
    let mut cells = Vec::new();
    for option in 1..=OPTIONS {
        for region in 1..=REGIONS {
            let percent = 67 + dice.below(67);
            cells.push(answers * weight(region) * weight(option) / whole * percent / 100);
        }
    }
    Table::new(27, cells)
}
