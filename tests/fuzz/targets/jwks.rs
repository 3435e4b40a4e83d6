#![no_main]
//! Key sets: any bytes as an issuer's file.
//!
//! A set that is accepted holds no secret and no key that anybody could sign under, and says the
//! same when it is read again and when it is spelled in another way.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holos::count::authenticate::{Authenticator, Issuers};
use holos_fuzz::issuers::{AUDIENCE, config};
use holos_fuzz::json::{Json, read};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(holos_fuzz::folder);

/// Points of small order, as `x` spells them.
static SMALL: LazyLock<[String; 4]> = LazyLock::new(|| {
    let point = |first: u8, middle: u8, last: u8| {
        let mut bytes = [middle; 32];
        (bytes[0], bytes[31]) = (first, last);
        URL_SAFE_NO_PAD.encode(bytes)
    };
    [point(1, 0, 0), point(0, 0, 0), point(0, 0, 0x80), point(0xec, 0xff, 0x7f)]
});

fn member<'j>(object: &'j Json, name: &str) -> Option<&'j Json> {
    let Json::Object(members) = object else { return None };
    members.iter().find(|(own, _)| own.as_deref() == Some(name)).map(|(_, value)| value)
}

fn assert_fit(text: &str) {
    assert!(text.len() <= 64 * 1_024);
    let set = read(text).expect("an accepted set is JSON");
    let Some(Json::List(keys)) = member(&set, "keys") else { panic!("keys are a list") };
    assert!(keys.len() <= 32);
    for key in keys {
        for secret in ["d", "k", "p", "q"] {
            assert!(member(key, secret).is_none(), "a secret was accepted");
        }
        let is = |name, value| member(key, name).and_then(Json::text) == Some(value);
        let weak = SMALL.iter().any(|x| is("x", x)) || is("e", "AQ");
        let ours = is("use", "sig") && (is("alg", "EdDSA") || is("alg", "RS256"));
        let kind = is("kty", "OKP") && is("crv", "Ed25519") || is("kty", "RSA");
        let fitting = is("kty", "OKP") == is("alg", "EdDSA");
        assert!(!(weak && ours && kind && fitting), "a weak key was accepted");
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let file: PathBuf = FOLDER.path().join("set.json");
    std::fs::write(&file, data).expect("a file can be written");
    let load = || Issuers::load(&[config("wallet", &file)]);
    let Ok(issuers) = load() else { return };
    assert_fit(str::from_utf8(data).expect("an accepted set is text"));

    // A name that came to name another key would be refused here.
    let authenticator = Authenticator::start(issuers, AUDIENCE.to_owned(), NonZeroUsize::MIN);
    let authenticator = authenticator.expect("a thread starts");
    authenticator.reload().expect("the same file says the same");
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(data) else { return };
    std::fs::write(&file, value.to_string()).expect("a file can be written");
    authenticator.reload().expect("another spelling says the same");
    load().expect("another spelling is as good");
});
