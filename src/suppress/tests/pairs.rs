//! Two and three releases of one table, against every history that could have been published so.

use super::*;

/// What must stay hidden of two releases; see `protect`.
fn assert_pair_safe(k: u64, first: &Shown, second: &Shown) {
    let (old, new) =
        (Sheet::new(&first.table, &first.pattern), Sheet::new(&second.table, &second.pattern));
    let taken: Vec<u64> =
        first.table.cells.iter().zip(&second.table.cells).map(|(a, b)| a - b).collect();
    let taken = Table::new(first.table.columns(), taken);
    let (old, new) = (old.fills(), new.fills());
    let joint = old.iter().flat_map(|old| {
        let below = new.iter().filter(move |new| old.iter().zip(*new).all(|(a, b)| a >= b));
        below.map(move |new| {
            let taken = old.iter().zip(new).map(|(a, b)| a - b);
            old.iter().chain(new).copied().chain(taken).collect::<Vec<u64>>()
        })
    });
    let spread = spread(joint);
    let arcs = first.pattern.hidden.len();
    for arc in 0..arcs {
        let [x1, x2, d] = [spread[arc], spread[arcs + arc], spread[2 * arcs + arc]];
        let lost = needed(k, &taken, arc);
        let was = (first.pattern.hidden[arc], second.pattern.hidden[arc]);
        let say = format!("arc {arc}, k {k}: {first:?} {second:?} {x1:?} {x2:?} {d:?}");
        if was.0 {
            assert!(was.1, "{say}");
            assert!(x1.width() >= needed(k, &first.table, arc), "{say}");
            assert!(x2.width() >= needed(k, &second.table, arc), "{say}");
        } else if was.1 {
            assert!(x2.width() >= lost, "{say}");
        }
        match was.1 {
            true => assert!(d.width() >= lost, "{say}"),
            false => assert!(d.least >= k || lost == 0, "{say}"),
        }
    }
}

/// A table and what is left of it.
fn excised(rows: usize, columns: usize, most: u64) -> impl Strategy<Value = (Table, Table)> {
    tables(rows, columns, most).prop_flat_map(|table| {
        let parts = proptest::collection::vec((0..4_u8, any::<u64>()), table.cells.len());
        parts.prop_map(move |parts| {
            let left = table.cells.iter().zip(parts).map(|(&held, (kind, part))| match kind {
                0 => part % (held + 1),
                1 => held - part % (held.min(2) + 1),
                _ => held,
            });
            (table.clone(), Table::new(table.columns(), left.collect()))
        })
    })
}

fn small(most: u64) -> impl Strategy<Value = (Table, Table)> {
    prop_oneof![excised(2, 2, most), excised(2, 3, most), excised(3, 2, most)]
        .prop_filter("few ways to fill", |(table, _)| total(table) <= 24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn two_releases_keep_what_each_hides((before, after) in small(5), k in 1_u64..4) {
        let Some(pattern) = protect(k, &before, &[]) else { return Ok(()) };
        let first = Shown { table: before, pattern };
        let Some(pattern) = protect(k, &after, std::slice::from_ref(&first)) else { return Ok(()) };
        assert_pair_safe(k, &first, &Shown { table: after, pattern });
    }

    #[test]
    fn the_auditor_finds_nothing_in_two_releases((before, after) in excised(8, 12, 60), k in 2_u64..12) {
        let Some(pattern) = protect(k, &before, &[]) else { return Ok(()) };
        let first = Shown { table: before, pattern };
        let Some(pattern) = protect(k, &after, std::slice::from_ref(&first)) else { return Ok(()) };
        let (old, new) = (Sheet::new(&first.table, &first.pattern), Sheet::new(&after, &pattern));
        prop_assert_eq!(audit_pair(k, &old.published(), &new.published()), Ok(()));
    }

    #[test]
    fn of_three_releases_any_two_keep_what_they_hide(
        (before, middle) in small(4), parts in proptest::collection::vec(0..3_u64, 6), k in 1_u64..4,
    ) {
        let left = middle.cells.iter().zip(parts).map(|(held, part)| held - part.min(*held));
        let after = Table::new(middle.columns(), left.collect());
        let mut shown: Vec<Shown> = Vec::new();
        for table in [before, middle, after] {
            let Some(pattern) = protect(k, &table, &shown) else { return Ok(()) };
            shown.push(Shown { table, pattern });
        }
        assert_pair_safe(k, &shown[0], &shown[1]);
        assert_pair_safe(k, &shown[1], &shown[2]);
    }
}

#[test]
fn a_release_with_nothing_taken_out_is_the_same_release() {
    let mut dice = Dice(17);
    for _ in 0..50 {
        let table = dice.table(6, 8, 60);
        let pattern = protect(10, &table, &[]).unwrap();
        let first = Shown { table: table.clone(), pattern: pattern.clone() };
        assert_eq!(protect(10, &table, &[first]), Some(pattern));
    }
}

#[test]
fn most_second_releases_have_a_table() {
    let mut dice = Dice(23);
    for percent in [1, 5, 20] {
        let (mut shown, mut hidden) = (0, 0);
        for _ in 0..12 {
            let before = dice.table(4, 12, 900);
            let pattern = protect(10, &before, &[]).unwrap();
            let left = before.cells.iter().enumerate().map(|(at, &held)| match at < 24 {
                true => held - dice.roll(held * percent / 100 + 1),
                false => held,
            });
            let after = Table::new(12, left.collect());
            let first = Shown { table: before, pattern };
            if let Some(pattern) = protect(10, &after, &[first]) {
                shown += 1;
                hidden += pattern.hidden_cells();
            }
        }
        println!(
            "up to {percent} %: {shown} of 12 have a table, hidden {hidden} of {}",
            shown * 48
        );
        assert!(shown >= 6);
    }
}

#[test]
fn tables_that_do_not_follow_each_other_are_withheld() {
    let table = Table::new(2, vec![20, 30, 40, 50]);
    let grown = Table::new(2, vec![21, 30, 40, 50]);
    let shown = |table: &Table, pattern| Shown { table: table.clone(), pattern };
    let earlier = shown(&table, all(false, 2, 2));
    assert_eq!(protect(10, &grown, &[earlier]), None);
    let uncovered = [shown(&table, all(true, 2, 2)), shown(&table, all(false, 2, 2))];
    assert_eq!(protect(10, &table, &uncovered), None);
    let other = shown(&Table::new(4, vec![20; 4]), all(false, 1, 4));
    assert_eq!(protect(10, &table, &[other]), None);
}
