//! The dataset of a poll as CKAN takes it: the body of `package_create` or `package_update`.
//!
//! The national portal runs CKAN. Which organisation there owns the dataset is added by whoever
//! sends it: it is an account's fact, not a poll's.

use serde_json::{Value, json};

use super::names::{landing_url, release_url, results_csv_url};
use super::publisher::Publisher;
use super::{Dataset, csv, json_bytes, words};

/// The body.
pub fn ckan(dataset: &Dataset<'_>, publisher: &Publisher) -> Vec<u8> {
    let release = dataset.latest();
    let latest = release.statement;
    let tags = words::keywords().map(|keyword| json!({ "name": keyword.uk }));
    let table = csv(latest, false);
    let hash = blake3::hash(&table).to_hex();
    let (poll, number) = (latest.poll, latest.release);
    let files = [
        ("JSON", "application/json", release_url(publisher, poll, number), release.bytes),
        ("CSV", "text/csv", results_csv_url(publisher, poll, number), table.len()),
    ];
    let resources: Vec<Value> = files
        .into_iter()
        .zip([release.hash, hash.as_str()])
        .map(|((format, mimetype, url, size), hash)| {
            json!({
                "name": format!("{} ({format})", words::title(latest).uk),
                "description": words::note(latest).uk,
                "url": url,
                "format": format,
                "mimetype": mimetype,
                "size": size,
                "hash": format!("blake3:{hash}"),
                "last_modified": latest.published_at.to_string(),
            })
        })
        .collect();
    json_bytes(&json!({
        "name": format!("poll-{poll}"),
        "title": words::title(latest).uk,
        "notes": words::description(dataset).uk,
        "url": landing_url(publisher, poll),
        "version": number.to_string(),
        "license_id": publisher.licence.ckan(),
        "maintainer": publisher.contact_name,
        "maintainer_email": publisher.contact_email,
        "tags": tags,
        "resources": resources,
        "extras": [
            { "key": "accrualPeriodicity", "value": words::frequency(dataset) },
            { "key": "purpose", "value": words::purpose(latest) },
            { "key": "publisherIdentifier", "value": publisher.code },
            { "key": "source", "value": words::source(latest, publisher).uk },
        ],
    }))
}
