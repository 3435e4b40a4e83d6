//! The formats, byte by byte: a change of any of them is seen in a review.
//!
//! `HOLOS_WRITE_GOLDEN=1` writes the files anew.

use std::fs;
use std::path::Path;

use super::samples::{at, dataset, facts, publisher, samples};
use crate::publish::open::{csv, csvw, dcat, passport_csv, passport_json, register};

#[test]
fn the_files_of_each_release_are_as_they_were() {
    let publisher = publisher();
    for (name, releases) in samples() {
        let facts = facts(&releases);
        let dataset = dataset(&facts);
        let latest = releases.last().unwrap();
        let files = [
            ("statement.json", latest.file.clone()),
            ("results.csv", csv(&latest.statement)),
            ("results.csv-metadata.json", csvw(&latest.statement, &publisher)),
            ("passport.json", passport_json(&dataset, &publisher)),
            ("passport.csv", passport_csv(&dataset, &publisher)),
        ];
        for (file, bytes) in files {
            same(&format!("{name}/{file}"), &bytes);
        }
    }
}

#[test]
fn the_catalogue_and_the_register_are_as_they_were() {
    let publisher = publisher();
    let samples = samples();
    let facts: Vec<_> = samples.iter().map(|(_, releases)| facts(releases)).collect();
    let datasets: Vec<_> = facts.iter().map(|facts| dataset(facts)).collect();
    same("catalog.jsonld", &dcat(&datasets, &publisher, at("2026-12-09T10:00:00Z")));
    same("datasets.csv", &register(&datasets, &publisher));
}

fn same(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/open").join(name);
    if std::env::var_os("HOLOS_WRITE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
    }
    let golden = fs::read(&path).unwrap_or_default();
    let (golden, bytes) = (String::from_utf8(golden).unwrap(), str::from_utf8(bytes).unwrap());
    assert!(golden == bytes, "{name} differs from tests/data/open; if meant so, write it anew");
}
