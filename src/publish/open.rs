//! Open data: releases in the formats that journalists, catalogues and the national portal read.
//!
//! It writes, and decides nothing: what it is given has been released. It sees no sums, so it cannot
//! say more than the signed file does; that file is the JSON form, and is served as it is.

mod csv;
mod csvw;
mod dcat;
mod names;
mod passport;
mod publisher;
mod register;
mod words;

pub use csv::csv;
pub use csvw::csvw;
pub use dcat::dcat;
pub use names::{
    catalogue_url, landing_url, latest_url, proof_url, release_url, results_csv_url,
    results_csvw_url,
};
pub use passport::{passport_csv, passport_json};
pub use publisher::{Licence, Publisher};
pub use register::register;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::statement::{ReleaseKind, Statement};

/// One release as open data sees it.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseFacts<'a> {
    /// What it says.
    pub statement: &'a Statement,
    /// BLAKE3 hash of its file, 64 hexadecimal digits.
    pub hash: &'a str,
    /// Length of its file.
    pub bytes: usize,
}

/// The dataset of one poll: all its releases.
///
/// A release takes the place of the one before; so they are versions of one dataset, not members of
/// a series.
#[derive(Clone, Copy, Debug)]
pub struct Dataset<'a> {
    /// Its releases, oldest first; at least one.
    pub releases: &'a [ReleaseFacts<'a>],
    /// The community that was asked.
    pub community: &'a str,
    /// When the poll closes, or would have closed.
    pub closes_at: Timestamp,
}

impl<'a> Dataset<'a> {
    fn first(&self) -> ReleaseFacts<'a> {
        *self.releases.first().expect("a poll without a release has no dataset")
    }

    fn latest(&self) -> ReleaseFacts<'a> {
        *self.releases.last().expect("a poll without a release has no dataset")
    }

    fn is_live(&self) -> bool {
        self.latest().statement.kind == ReleaseKind::Live
    }
}

/// The one word by which the signed file spells a value, so that all forms of a release agree.
fn spelling(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        _ => unreachable!("only variants without fields are spelled"),
    }
}

/// JSON for people and machines, with a line end.
fn json_bytes(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("keys of a JSON value are strings");
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests;
