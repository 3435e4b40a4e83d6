//! The register of datasets that a publisher keeps by Resolution No. 835, with the columns of the
//! national portal: one row a poll with releases.

use super::csv::{finish, guard, write, writer};
use super::names::landing_url;
use super::passport::FORMATS;
use super::publisher::Publisher;
use super::{Dataset, words};

/// The columns.
const COLUMNS: [&str; 12] = [
    "identifier",
    "title",
    "description",
    "accrualPeriodicity",
    "keyword",
    "purpose",
    "landingPage",
    "distributionFormat",
    "publisherPrefLabel",
    "publisherIdentifier",
    "contactPointFn",
    "contactPointHasEmail",
];

/// The register.
pub fn register(datasets: &[Dataset<'_>], publisher: &Publisher) -> Vec<u8> {
    let mut table = writer(&COLUMNS);
    for dataset in datasets {
        let latest = dataset.latest().statement;
        let row: [String; COLUMNS.len()] = [
            latest.poll.to_string(),
            words::title(latest).uk,
            words::description(dataset).uk,
            words::frequency(dataset).to_owned(),
            words::keyword_line(),
            words::purpose(latest),
            landing_url(publisher, latest.poll),
            FORMATS.to_owned(),
            publisher.name.uk.clone(),
            publisher.code.clone(),
            publisher.contact_name.clone(),
            publisher.contact_email.clone(),
        ];
        let row = row.map(|cell| guard(&cell));
        write(&mut table, &row.each_ref().map(String::as_str));
    }
    finish(table)
}
