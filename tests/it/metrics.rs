//! The metrics that are declared, held against the source: what nobody records is an alert that
//! never fires.

use std::fs;

use crate::walls::{Source, root, sources};

const DECLARED_IN: &str = "src/ground/metrics.rs";

#[test]
fn every_declared_metric_is_recorded_where_its_work_is_done() {
    let sources = sources();
    let text = fs::read_to_string(root().join(DECLARED_IN)).unwrap();
    let declared = declared(&text);
    assert_eq!(declared.len(), holos::ground::metrics::TABLE.len(), "all of them were found");
    let callers: Vec<_> = sources.iter().filter(|source| source.path != DECLARED_IN).collect();
    assert_eq!(unrecorded(&text, &callers), [""; 0]);

    // Without the callers nothing is recorded but what the recorder says of itself.
    let without = |word: &str| -> Vec<&Source> {
        callers.iter().copied().filter(|source| !source.code.contains(word)).collect()
    };
    assert_eq!(unrecorded(&text, &[]).len(), declared.len() - 1);
    assert_eq!(unrecorded(&text, &without("metrics::read_shed")), ["READS_SHED"]);
}

/// The names of the constants in the table of metrics.
fn declared(text: &str) -> Vec<&str> {
    let (_, table) = text.split_once("\nmetrics! {\n").unwrap();
    let (table, _) = table.split_once("\n}\n").unwrap();
    let name = |line: &'_ str| -> bool {
        line.split_once(", \"holos_").is_some_and(|(name, _)| !name.trim().contains(' '))
    };
    table
        .lines()
        .filter(|line| name(line))
        .map(|line| line.split(',').next().unwrap().trim())
        .collect()
}

/// The metrics that no function records which somebody else calls.
fn unrecorded<'t>(text: &'t str, callers: &[&Source]) -> Vec<&'t str> {
    let items = items(text);
    let is_called = |item: &str| {
        let calls = [format!("metrics::{item}("), "OpenConnection::new(".to_owned()];
        let calls = if item == "OpenConnection" { &calls[1..] } else { &calls[..1] };
        // The recorder says of itself which version it is of.
        item == "declare"
            || callers.iter().any(|source| calls.iter().any(|call| source.code.contains(call)))
    };
    let is_recorded = |name: &&str| {
        let mention = format!("!({name}");
        let by_call = format!("add({name}");
        items.iter().any(|(item, body)| {
            // Beginning at zero is not recording.
            *item != "start_at_zero"
                && (body.contains(&mention) || body.contains(&by_call))
                && is_called(item)
        })
    };
    declared(text).into_iter().filter(|name| !is_recorded(name)).collect()
}

/// The functions and types with functions at the top level of a file, by name, with their text.
fn items(text: &str) -> Vec<(&str, &str)> {
    let mut items = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find("\n}\n") {
        let item = &rest[..end];
        rest = &rest[end + 3..];
        for start in ["fn ", "impl Drop for ", "impl "] {
            let begins = |line: &&str| line.strip_prefix("pub ").unwrap_or(line).starts_with(start);
            let Some(line) = item.lines().find(begins) else { continue };
            let (_, name) = line.split_once(start).unwrap();
            let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            items.push((name, item));
            break;
        }
    }
    items
}
