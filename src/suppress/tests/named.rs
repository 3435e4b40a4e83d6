//! Each rule by its name, on a table one can read.

use super::*;

const K: u64 = 10;

#[test]
fn a_table_without_a_small_cell_loses_none() {
    let cells = (0..270).map(|at| K + at * 7 % 90).collect();
    assert_eq!(protect(K, &Table::new(27, cells), &[]), Some(all(false, 10, 27)));
}

#[test]
fn a_stratum_that_chose_the_same_is_not_shown_as_such() {
    let table = Table::new(4, vec![50, 60, 70, 80, 0, 60, 70, 80, 3, 60, 70, 80]);
    let pattern = protect(K, &table, &[]).unwrap();
    assert!(pattern.is_hidden(0, 0) || pattern.is_total_hidden(0));
}

#[test]
fn nor_is_it_when_all_others_are_few_in_the_whole_country() {
    let table = Table::new(3, vec![50, 60, 70, 2, 0, 1, 1, 1, 0]);
    let pattern = protect(K, &table, &[]).unwrap();
    for column in 0..3 {
        assert!(pattern.is_hidden(0, column) || pattern.is_total_hidden(column));
    }
}

#[test]
fn an_option_below_k_is_hidden_in_every_stratum() {
    let table = Table::new(3, vec![50, 60, 70, 55, 65, 75, 3, 3, 3]);
    let pattern = protect(K, &table, &[]).unwrap();
    assert!((0..3).all(|column| pattern.is_hidden(2, column)));
}

#[test]
fn an_empty_stratum_looks_like_a_small_one() {
    let table = |held| Table::new(4, vec![50, 60, 70, held, 55, 65, 75, 0]);
    let pattern = protect(K, &table(0), &[]).unwrap();
    assert!(pattern.is_total_hidden(3));
    assert_eq!(Some(pattern), protect(K, &table(4), &[]));
}

#[test]
fn with_a_single_option_strata_are_shown() {
    let table = Table::new(3, vec![50, 60, 70]);
    assert_eq!(protect(K, &table, &[]), Some(all(false, 1, 3)));
}

#[test]
fn a_single_stratum_that_must_be_hidden_cannot_be() {
    assert_eq!(protect(K, &Table::new(1, vec![50, 3]), &[]), None);
}

#[test]
fn a_file_of_any_numbers_gets_an_answer() {
    let huge = Published { row_totals: &[u64::MAX], cells: &[None], column_totals: &[None] };
    let place = Place::RowTotal { row: 0 };
    assert_eq!(intervals(&huge).unwrap_err(), AuditError::TooLarge(place));
    let bent = Published { row_totals: &[1, 2], cells: &[None], column_totals: &[None] };
    assert_eq!(intervals(&bent).unwrap_err(), AuditError::Shape);
    let none = Published { row_totals: &[], cells: &[], column_totals: &[] };
    assert_eq!(intervals(&none).unwrap_err(), AuditError::Shape);
    let empty = Published { row_totals: &[], cells: &[], column_totals: &[None, Some(0)] };
    assert_eq!(intervals(&empty).unwrap().column_total(0), Interval { least: 0, most: 0 });
}

#[test]
fn the_audit_names_what_is_wrong() {
    let sheet = |cells: &[Option<u64>], totals: &[Option<u64>]| {
        audit(K, &Published { row_totals: &[40, 40, 40], cells, column_totals: totals })
    };
    let hidden = [None; 6];
    assert_eq!(sheet(&hidden, &[None, None]), Ok(()));
    assert_eq!(sheet(&hidden, &[Some(60), Some(60)]), Ok(()));
    let small = Place::ColumnTotal { column: 0 };
    assert_eq!(sheet(&hidden, &[Some(4), None]), Err(AuditError::BelowK(small)));
    let all = [Some(20), Some(20), Some(20), Some(20), Some(20), None];
    let narrow = sheet(&all, &[Some(60), Some(60)]);
    let place = Place::Cell { row: 2, column: 1 };
    let interval = Interval { least: 20, most: 20 };
    assert_eq!(narrow, Err(AuditError::Narrow { place, interval }));
    let wrong = sheet(&[Some(50), None, None, None, None, None], &[None, None]);
    assert_eq!(wrong, Err(AuditError::Contradiction(Place::RowTotal { row: 0 })));
}
