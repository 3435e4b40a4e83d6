//! The patterns on file, which an independent solver has checked (`tests/independent`).
//! `HOLOS_WRITE_GOLDEN=1` writes the file anew.

use serde_json::{Value, json};

use super::*;

const K: u64 = 10;

fn path() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/suppress.json")
}

fn bits(hidden: &[bool]) -> String {
    hidden.iter().map(|&hidden| if hidden { 'x' } else { '.' }).collect()
}

fn document() -> String {
    let mut dice = Dice(29);
    let sizes =
        [(2, 4), (3, 4), (3, 5), (4, 5), (2, 8), (8, 3), (5, 8), (10, 8), (5, 27), (10, 27)];
    let tables = sizes.iter().flat_map(|size| [(size, 60), (size, 400)]).map(|(size, most)| {
        let mut table = dice.table(size.0, size.1, most);
        if most == 400 {
            // The reference tool takes an empty cell as known, so half the tables have none.
            table.cells.iter_mut().for_each(|cell| *cell = 1.max(*cell));
        }
        let pattern = protect(K, &table, &[]).unwrap();
        let (cells, totals) = pattern.hidden.split_at(table.cells.len());
        json!({
            "columns": table.columns,
            "cells": table.cells,
            "hidden": bits(cells),
            "hidden_totals": bits(totals),
        })
    });
    let tables: Vec<Value> = tables.collect();
    let lines: Vec<String> = tables.iter().map(Value::to_string).collect();
    format!("{{\"k\":{K},\"tables\":[\n{}\n]}}\n", lines.join(",\n"))
}

#[test]
fn patterns_are_those_on_file() {
    if std::env::var_os("HOLOS_WRITE_GOLDEN").is_some() {
        std::fs::write(path(), document()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path()).unwrap(), document());
}
