//! Nothing else: every number in every file is a published one or a documented fact.

use std::collections::BTreeSet;

use super::samples::{Release, at, dataset, facts, publisher, samples};
use crate::poll::{LocalizedText, kyiv};
use crate::publish::open::{csv, csvw, dcat, passport_csv, passport_json, register};
use crate::publish::statement::Statement;

/// Names that have digits in them and count nothing.
const NAMES: [&str; 18] = [
    "/api/v1/",
    "BLAKE3",
    "blake3",
    "rfc8785",
    "CC-BY-4.0",
    "CC_BY_4_0",
    "/by/4.0/",
    "ISO 3166-2",
    "https://www.w3.org/2001/",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/2001/XMLSchema#",
    "http://www.w3.org/2004/02/skos/core#",
    "http://www.w3.org/2006/vcard/ns#",
    "http://xmlns.com/foaf/0.1/",
    "http://data.europa.eu/r5r/",
    "label_uk",
    "utf-8",
    "43220851",
];

/// Facts of a release that are no numbers of answers.
fn texts(release: &Release) -> Vec<String> {
    let statement = &release.statement;
    let mut texts = vec![
        statement.poll.to_string(),
        release.hash.clone(),
        blake3::hash(&csv(statement)).to_hex().to_string(),
        statement.initiator.code.clone(),
        statement.legal_ground.clone(),
    ];
    let localized = |text: &LocalizedText| [text.uk.clone(), text.en.clone()];
    texts.extend(localized(&statement.title));
    let moments = [statement.opened_at, statement.as_of, statement.published_at];
    for moment in moments.into_iter().chain([at("2026-12-09T10:00:00Z")]).chain(statement.closed_at)
    {
        texts.push(moment.to_string());
        texts.push(moment.to_zoned_datetime(kyiv()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
    }
    texts.push(dataset(&[]).closes_at.to_string());
    texts
}

/// Release, length and bound: the only numbers outside the tables of results.
fn numbers(release: &Release) -> Vec<u64> {
    let length = |bytes: usize| u64::try_from(bytes).unwrap();
    vec![
        release.statement.release.into(),
        release.statement.bounds.k,
        length(release.file.len()),
        length(csv(&release.statement).len()),
    ]
}

fn counts(statement: &Statement) -> BTreeSet<u64> {
    let questions = statement.questions.iter().flat_map(|question| &question.options);
    let tables = &statement.breakdowns;
    let cells = tables.iter().flat_map(|table| &table.options).flat_map(|row| &row.counts);
    let strata = tables.iter().flat_map(|table| &table.strata).map(|stratum| stratum.answers);
    let mut counts: BTreeSet<_> = questions.map(|option| option.count).collect();
    counts.extend(cells.copied().chain(strata).flatten());
    counts.extend(statement.total);
    counts
}

/// Every run of digits that is in none of the texts.
fn numbers_in(file: &[u8], texts: &[String]) -> Vec<u64> {
    let mut file = str::from_utf8(file).unwrap().to_owned();
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).chain(NAMES).collect();
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    for text in texts {
        file = file.replace(text, " ");
    }
    let runs = file.split(|each: char| !each.is_numeric()).filter(|run| !run.is_empty());
    runs.map(|run| run.parse().unwrap()).collect()
}

#[test]
fn no_number_of_answers_is_outside_the_tables_of_results() {
    let publisher = publisher();
    let samples = samples();
    let all: Vec<_> = samples.iter().map(|(_, releases)| facts(releases)).collect();
    let datasets: Vec<_> = all.iter().map(|facts| dataset(facts)).collect();
    let releases = || samples.iter().flat_map(|(_, releases)| releases);
    let texts: Vec<_> = releases().flat_map(texts).collect();
    let allowed: BTreeSet<_> = releases().flat_map(numbers).collect();
    let counted: BTreeSet<_> = releases().filter_map(|each| each.statement.total).collect();
    assert!(allowed.is_disjoint(&counted), "samples by which nothing can be told");

    let mut files = vec![
        dcat(&datasets, &publisher, at("2026-12-09T10:00:00Z")),
        register(&datasets, &publisher),
    ];
    for dataset in &datasets {
        files.push(passport_json(dataset, &publisher));
        files.push(passport_csv(dataset, &publisher));
        files.extend(dataset.releases.iter().map(|each| csvw(each.statement, &publisher)));
    }
    for file in files {
        for number in numbers_in(&file, &texts) {
            assert!(allowed.contains(&number), "{number} in {}", str::from_utf8(&file).unwrap());
        }
    }
}

#[test]
fn a_table_of_results_has_the_published_numbers_and_no_other() {
    for (_, releases) in samples() {
        for release in &releases {
            let table = csv(&release.statement);
            let mut texts = texts(release);
            let tables = &release.statement.breakdowns;
            texts.extend(tables.iter().flat_map(|table| &table.strata).map(|each| each.id.clone()));
            texts.push(",q1,".to_owned());
            let mut allowed = counts(&release.statement);
            allowed.insert(release.statement.release.into());
            for number in numbers_in(&table, &texts) {
                assert!(allowed.contains(&number), "{number}");
            }
        }
    }
}
