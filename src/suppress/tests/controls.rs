//! The attacker must succeed where a rule is switched off.

use super::*;

#[test]
fn without_complementary_cells_the_small_ones_are_computed() {
    let rules = Rules { complementary: false, ..Rules::default() };
    let mut dice = Dice(7);
    let mut leaks = 0;
    for _ in 0..200 {
        let table = dice.table(4, 8, 60);
        let pattern = protect_with(rules, 10, &table, &[]).unwrap();
        let sheet = Sheet::new(&table, &pattern);
        let found = audit(10, &sheet.published());
        leaks += usize::from(matches!(found, Err(AuditError::Narrow { .. })));
    }
    println!("tables that leak without complementary cells: {leaks} of 200");
    assert!(leaks > 100);
}

#[test]
fn without_the_check_for_unanimity_a_stratum_is_told_how_it_voted() {
    let rules = Rules { unanimity: false, ..Rules::default() };
    let mut dice = Dice(11);
    let mut leaks = 0;
    for _ in 0..200 {
        let large: Vec<u64> = (0..6).map(|_| 20 + dice.roll(80)).collect();
        // Options that a single voter chose each: where, is as uncertain as one vote can be.
        let mut cells = [large, vec![0; 24]].concat();
        for row in 1..5 {
            let column = dice.index(6);
            cells[row * 6 + column] = 1;
        }
        let table = Table::new(6, cells);
        let pattern = protect_with(rules, 10, &table, &[]).unwrap();
        let sheet = Sheet::new(&table, &pattern);
        let found = audit(10, &sheet.published());
        leaks += usize::from(matches!(found, Err(AuditError::Unanimous(_))));
    }
    println!("tables that tell of a stratum without the check: {leaks} of 200");
    assert!(leaks > 20);
}

#[test]
fn without_the_earlier_release_a_difference_is_one_voter() {
    let rules = Rules { earlier: false, ..Rules::default() };
    let mut dice = Dice(13);
    let mut leaks = 0;
    for _ in 0..100 {
        let before = Table::new(4, (0..12).map(|_| 12 + dice.roll(50)).collect());
        let left = before.cells.iter().map(|held| held - dice.roll(2));
        let after = Table::new(4, left.collect());
        let first = protect(10, &before, &[]).unwrap();
        let shown = [Shown { table: before.clone(), pattern: first.clone() }];
        let second = protect_with(rules, 10, &after, &shown).unwrap();
        let (old, new) = (Sheet::new(&before, &first), Sheet::new(&after, &second));
        leaks += usize::from(audit_pair(10, &old.published(), &new.published()).is_err());
        if let Some(pattern) = protect(10, &after, &shown) {
            let new = Sheet::new(&after, &pattern);
            assert_eq!(audit_pair(10, &old.published(), &new.published()), Ok(()));
        }
    }
    println!("pairs that leak without the earlier release: {leaks} of 100");
    assert!(leaks > 90);
}
