#![no_main]
//! Public keys in PEM: any bytes as a key's file.
//!
//! A key that is accepted says the same when it is read again.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use holos::count::authenticate::issuers::{IssuerConfig, IssuerKeyConfig};
use holos::count::authenticate::{Authenticator, Issuers};
use holos_fuzz::issuers::AUDIENCE;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(holos_fuzz::folder);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let public_key_file = FOLDER.path().join("key.pem");
    std::fs::write(&public_key_file, data).expect("a file can be written");
    let key = IssuerKeyConfig { kid: "k1".to_owned(), public_key_file };
    let config = IssuerConfig { keys: vec![key], ..IssuerConfig::new("wallet", "people", "p-1") };
    let Ok(issuers) = Issuers::load(std::slice::from_ref(&config)) else { return };
    let text = str::from_utf8(data).expect("an accepted key is text");
    assert!(text.contains("-----BEGIN PUBLIC KEY-----"));
    let authenticator = Authenticator::start(issuers, AUDIENCE.to_owned(), NonZeroUsize::MIN);
    let authenticator = authenticator.expect("a thread starts");
    authenticator.reload().expect("the same file says the same");
});
