//! What the tests of the public log share: a fixed key, entries, a log with so many of them.

use std::path::Path;

use ed25519_dalek::SigningKey;

use super::files::PublicLog;
use holos_tlog::merkle::{Tree, leaf_hash};
use holos_tlog::note::VerifierKey;

pub(super) const ORIGIN: &str = "polls.example/log";

pub(super) fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(super) fn verifier() -> VerifierKey {
    VerifierKey::new(ORIGIN, key().verifying_key()).unwrap()
}

pub(super) fn entry(index: u64) -> Vec<u8> {
    format!(r#"{{"entry":{index}}}"#).into_bytes()
}

pub(super) fn entries(range: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    range.map(entry).collect()
}

pub(super) fn tree(size: u64) -> Tree {
    let mut tree = Tree::default();
    entries(0..size).iter().for_each(|entry| tree.push(leaf_hash(entry)));
    tree
}

pub(super) fn open(folder: &Path) -> PublicLog {
    PublicLog::open(folder, ORIGIN, key(), None).unwrap()
}

/// A log with so many public entries.
pub(super) fn log(folder: &Path, size: u64) -> PublicLog {
    let log = open(folder);
    log.append(&entries(0..size)).unwrap();
    log.publish().unwrap();
    log
}
