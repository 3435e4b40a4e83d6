//! The bounds, held against the source: each is read by somebody, and stands once.

use std::collections::BTreeMap;
use std::fs;

use crate::walls::{Source, names, root, sources};

const STAND_IN: &str = "src/ground/limits.rs";

#[test]
fn every_limit_is_read_by_the_code_that_it_bounds() {
    let text = fs::read_to_string(root().join(STAND_IN)).unwrap();
    let limits = constants(&text);
    assert!(limits.len() > 100, "the limits were found");
    let sources = sources();
    let others: Vec<_> = sources.iter().filter(|source| source.path != STAND_IN).collect();
    assert_eq!(unread(&limits, &others), [""; 0]);

    let without = |word: &str| -> Vec<&Source> {
        others.iter().copied().filter(|source| !names(&source.code, word)).collect()
    };
    assert_eq!(unread(&["DRAIN_DEADLINE"], &without("DRAIN_DEADLINE")), ["DRAIN_DEADLINE"]);
}

/// A length in two places becomes two lengths: it has happened to a certificate's name and to an
/// audit page.
#[test]
fn no_bound_stands_in_two_places() {
    let sources = sources();
    assert_eq!(twice(sources.iter().map(|source| (&*source.path, &*source.code))), [""; 0]);
    let page = "const PAGE_MAX: usize = 500;";
    let files = [("a.rs", page), ("b.rs", page), ("c.rs", "pub const PAGE_MIN: usize = 1;")];
    assert_eq!(twice(files), ["PAGE_MAX: a.rs, b.rs"]);
}

/// Limits that no code names.
fn unread<'l>(limits: &[&'l str], others: &[&Source]) -> Vec<&'l str> {
    let is_read = |limit: &&&str| others.iter().any(|source| names(&source.code, limit));
    limits.iter().filter(|limit| !is_read(limit)).copied().collect()
}

/// Bounds by whose name more than one file declares a number.
fn twice<'s>(files: impl IntoIterator<Item = (&'s str, &'s str)>) -> Vec<String> {
    let mut places = BTreeMap::<&str, Vec<&str>>::new();
    for (path, code) in files {
        let bound = |name: &&str| {
            ["_MAX", "_MIN", "_TIMEOUT", "_INTERVAL"].iter().any(|end| name.ends_with(end))
        };
        for name in constants(code).into_iter().filter(bound) {
            places.entry(name).or_default().push(path);
        }
    }
    let twice = places.into_iter().filter(|(_, paths)| paths.len() > 1);
    twice.map(|(name, paths)| format!("{name}: {}", paths.join(", "))).collect()
}

/// The names of the constants that a file declares.
fn constants(code: &str) -> Vec<&str> {
    let name = |line: &'_ str| -> bool {
        let Some((before, rest)) = line.split_once("const ") else { return false };
        let is_item = before.trim().is_empty() || before.trim().starts_with("pub");
        is_item && rest.split_once(": ").is_some_and(|(name, _)| name.chars().all(is_of_name))
    };
    let lines = code.lines().filter(|line| name(line));
    lines.filter_map(|line| Some(line.split_once("const ")?.1.split_once(": ")?.0)).collect()
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
}
