//! One table against every table that could have been published the same.

use super::*;

fn assert_exact(table: &Table, pattern: &Pattern) {
    let sheet = Sheet::new(table, pattern);
    let ours = intervals(&sheet.published()).unwrap();
    let brute = spread(sheet.fills().into_iter());
    let (rows, columns) = (table.rows(), table.columns());
    for (arc, brute) in brute.iter().enumerate() {
        let ours = match arc < rows * columns {
            true => ours.cell(arc / columns, arc % columns),
            false => ours.column_total(arc - rows * columns),
        };
        assert_eq!(ours, *brute, "arc {arc} of {table:?} {pattern:?}");
    }
}

fn assert_safe(k: u64, table: &Table) {
    let pattern = protect(k, table, &[]);
    let Some(pattern) = pattern else {
        assert_eq!(table.columns(), 1, "with two strata all can be hidden");
        return;
    };
    let sheet = Sheet::new(table, &pattern);
    for (arc, interval) in spread(sheet.fills().into_iter()).into_iter().enumerate() {
        match pattern.hidden[arc] {
            true => assert!(interval.width() >= needed(k, table, arc), "{table:?} {pattern:?}"),
            false => assert!(interval.least >= k, "{table:?} {pattern:?}"),
        }
    }
    audit(k, &sheet.published()).unwrap();
}

#[test]
fn intervals_are_those_of_brute_force_for_every_pattern_of_small_tables() {
    for table in all_tables(2, 2, 4) {
        for mask in 0..1_u32 << 6 {
            let hidden = (0..6).map(|arc| mask >> arc & 1 == 1).collect();
            assert_exact(&table, &Pattern { columns: 2, hidden });
        }
    }
    for (step, table) in all_tables(2, 3, 3).enumerate() {
        for mask in (step % 7..1 << 9).step_by(7) {
            let hidden = (0..9).map(|arc| mask >> arc & 1 == 1).collect();
            assert_exact(&table, &Pattern { columns: 3, hidden });
        }
    }
}

#[test]
fn no_small_table_gives_a_hidden_number_away() {
    for k in [1, 2, 3] {
        all_tables(2, 1, 4).for_each(|table| assert_safe(k, &table));
        all_tables(1, 3, 5).for_each(|table| assert_safe(k, &table));
        all_tables(2, 2, 5).for_each(|table| assert_safe(k, &table));
        all_tables(2, 3, 4).for_each(|table| assert_safe(k, &table));
        all_tables(3, 2, 3).for_each(|table| assert_safe(k, &table));
        all_tables(3, 3, 4).step_by(1009).for_each(|table| assert_safe(k, &table));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_chosen_passes_the_audit_of_what_is_published(
        table in tables(10, 33, 60), k in 2_u64..15,
    ) {
        match protect(k, &table, &[]) {
            Some(pattern) => {
                let sheet = Sheet::new(&table, &pattern);
                prop_assert_eq!(audit(k, &sheet.published()), Ok(()));
                prop_assert_eq!(protect(k, &table, &[]), Some(pattern));
            }
            None => prop_assert_eq!(table.columns(), 1),
        }
    }

    #[test]
    fn the_order_of_strata_does_not_matter(table in tables(6, 9, 40), k in 2_u64..12) {
        let (rows, columns) = (table.rows(), table.columns());
        let turned = (0..rows * columns)
            .map(|at| table.cell(at / columns, columns - 1 - at % columns));
        let turned = Table::new(columns, turned.collect());
        if let Some(pattern) = protect(k, &turned, &[]) {
            prop_assert_eq!(audit(k, &Sheet::new(&turned, &pattern).published()), Ok(()));
        }
    }

    #[test]
    fn intervals_are_those_of_brute_force(table in tables(3, 3, 3), seed in 0_u64..1 << 16) {
        let hidden = (0..table.arcs().len()).map(|arc| seed >> arc & 1 == 1).collect();
        assert_exact(&table, &Pattern { columns: table.columns(), hidden });
    }

    #[test]
    fn numbers_that_no_table_has_are_refused(table in tables(3, 3, 3), seed in any::<u64>()) {
        let hidden = (0..table.arcs().len()).map(|arc| seed >> arc & 1 == 1).collect();
        let mut sheet = Sheet::new(&table, &Pattern { columns: table.columns(), hidden });
        let row = usize::try_from(seed >> 32).unwrap() % table.rows();
        sheet.row_totals[row] = (seed >> 20) % 12;
        let found = intervals(&sheet.published());
        prop_assert_eq!(found.is_err(), sheet.fills().is_empty(), "{:?}", found);
    }
}
