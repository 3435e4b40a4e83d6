//! What the tests of the log share: a fixed key, and a tree of so many entries.

use ed25519_dalek::SigningKey;

use crate::merkle::{Tree, leaf_hash};
use crate::note::VerifierKey;

pub(super) const ORIGIN: &str = "polls.example/log";

pub(super) fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(super) fn verifier() -> VerifierKey {
    VerifierKey::new(ORIGIN, key().verifying_key()).unwrap()
}

fn entry(index: u64) -> Vec<u8> {
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
