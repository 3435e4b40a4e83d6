//! The stable addresses of open data: once published, an address never means anything else.
//!
//! They are all here. `http/` serves those below `/api/v1`; the page about a poll is the site's whose
//! address is [`Publisher::base_url`].

use super::publisher::Publisher;
use crate::poll::PollId;

/// The page about a poll, for people.
pub fn landing_url(publisher: &Publisher, poll: PollId) -> String {
    format!("{}/polls/{poll}", publisher.base_url)
}

/// The release of a poll that is in force, signed JSON.
pub fn latest_url(publisher: &Publisher, poll: PollId) -> String {
    format!("{}/api/v1/polls/{poll}/results", publisher.base_url)
}

/// A release, signed JSON.
pub fn release_url(publisher: &Publisher, poll: PollId, release: u32) -> String {
    format!("{}/api/v1/polls/{poll}/releases/{release}", publisher.base_url)
}

/// A release as a table.
pub fn results_csv_url(publisher: &Publisher, poll: PollId, release: u32) -> String {
    format!("{}/{RESULTS_CSV}", release_url(publisher, poll, release))
}

/// What the columns of that table mean.
pub fn results_csvw_url(publisher: &Publisher, poll: PollId, release: u32) -> String {
    // A reader of CSVW looks for the description at the table's address with this ending.
    format!("{}-metadata.json", results_csv_url(publisher, poll, release))
}

/// The place of a release in the public log, with its proof.
pub fn proof_url(publisher: &Publisher, poll: PollId, release: u32) -> String {
    format!("{}/proof", release_url(publisher, poll, release))
}

/// The catalogue of all polls with releases, DCAT-AP in JSON-LD.
pub fn catalogue_url(publisher: &Publisher) -> String {
    format!("{}/api/v1/catalog.jsonld", publisher.base_url)
}

/// The table's name beside its description.
pub(super) const RESULTS_CSV: &str = "results.csv";
