//! Tokens that let nobody in, each for its own reason, and those that do.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::*;
use crate::count::authenticate::mint::TestIssuer;
use crate::staff::{StaffIssuerConfig, StaffKeyConfig};
use TokenFlaw::{
    Algorithm as WrongAlgorithm, Audience as WrongAudience, Expired, IssuerUnknown, KeyUnknown,
    Lifetime, Malformed, NotYetValid, Signature, Sub, TooLarge,
};

const ISSUER: &str = "https://id.example.gov.ua/realms/staff";
const NOW: i64 = 1_795_000_000;
const HOUR: i64 = 3_600;
const HEADER: &str = r#"{"alg":"EdDSA","kid":"k1"}"#;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn signer() -> TestIssuer {
    TestIssuer::new(ISSUER, "k1", [1; 32])
}

/// Trusts `signer()`, a second key of its issuer, and another issuer with an audience of its own.
fn issuers() -> StaffIssuers {
    let folder = tempfile::tempdir().unwrap();
    let key = |kid: &str, seed| {
        let public_key_file = folder.path().join(kid);
        let issuer = TestIssuer::new(ISSUER, kid, [seed; 32]);
        fs::write(&public_key_file, issuer.public_key_pem()).unwrap();
        StaffKeyConfig { kid: kid.to_owned(), public_key_file }
    };
    let own = StaffIssuerConfig {
        keys: vec![key("k1", 1), key("k2", 2)],
        ..StaffIssuerConfig::new(ISSUER)
    };
    let other = StaffIssuerConfig {
        audience: "polls".to_owned(),
        keys: vec![key("c1", 3)],
        ..StaffIssuerConfig::new("city")
    };
    StaffIssuers::load(&[own, other]).unwrap()
}

fn object() -> Map<String, Value> {
    let claims = json!({
        "iss": ISSUER, "aud": "holos-staff", "sub": "7f9c", "iat": NOW - 60, "exp": NOW + HOUR,
        "email": "olena@example.gov.ua", "groups": ["admins"],
    });
    claims.as_object().unwrap().clone()
}

fn payload() -> String {
    Value::from(object()).to_string()
}

fn good() -> String {
    signer().mint_raw(HEADER, &payload())
}

fn with(claim: &str, value: impl Into<Value>) -> String {
    let mut claims = object();
    claims.insert(claim.to_owned(), value.into());
    signer().mint_raw(HEADER, &Value::from(claims).to_string())
}

fn without(claim: &str) -> String {
    let mut claims = object();
    claims.remove(claim).unwrap();
    signer().mint_raw(HEADER, &Value::from(claims).to_string())
}

/// Well signed, with a member more in front.
fn twice(member: &str) -> String {
    signer().mint_raw(HEADER, &payload().replacen('{', &format!("{{{member},"), 1))
}

fn headed(header: &str) -> String {
    signer().mint_raw(header, &payload())
}

fn respelt(change: impl FnOnce(&mut [String; 3])) -> String {
    let token = good();
    let mut parts = token.split('.').map(str::to_owned);
    let mut parts = std::array::from_fn(|_| parts.next().unwrap());
    change(&mut parts);
    parts.join(".")
}

/// Signed by somebody else, or of another algorithm.
fn forged() -> Vec<(&'static str, String, TokenFlaw)> {
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"k1"}"#);
    let stranger = TestIssuer::new(ISSUER, "k1", [9; 32]);
    let second = TestIssuer::new(ISSUER, "k2", [2; 32]);
    let city = TestIssuer::new("city", "c1", [3; 32]);
    vec![
        ("alg none", headed(r#"{"alg":"none","kid":"k1"}"#), WrongAlgorithm),
        ("alg none, unsigned", respelt(|p| (p[0], p[2]) = (none, String::new())), WrongAlgorithm),
        ("alg HS256 keyed by the public key", hs256(), WrongAlgorithm),
        ("alg RS256", headed(r#"{"alg":"RS256","kid":"k1"}"#), WrongAlgorithm),
        ("alg ES256", headed(r#"{"alg":"ES256","kid":"k1"}"#), WrongAlgorithm),
        ("alg in other case", headed(r#"{"alg":"EDDSA","kid":"k1"}"#), WrongAlgorithm),
        ("kid unknown", headed(r#"{"alg":"EdDSA","kid":"k9"}"#), KeyUnknown),
        ("kid empty", headed(r#"{"alg":"EdDSA","kid":""}"#), KeyUnknown),
        ("kid of another key", headed(r#"{"alg":"EdDSA","kid":"k2"}"#), Signature),
        ("kid of another issuer", headed(r#"{"alg":"EdDSA","kid":"c1"}"#), KeyUnknown),
        ("a stranger's key", stranger.mint_raw(HEADER, &payload()), Signature),
        ("another key's name", second.mint_raw(HEADER, &payload()), Signature),
        (
            "another issuer's claims",
            city.mint_raw(r#"{"alg":"EdDSA","kid":"c1"}"#, &payload()),
            KeyUnknown,
        ),
        ("unsigned", respelt(|p| p[2].clear()), Signature),
        ("a signature cut", respelt(|p| p[2].truncate(84)), Signature),
        ("a signature padded", respelt(|p| p[2].push_str("==")), Signature),
        ("iss unknown", with("iss", "https://evil.example"), IssuerUnknown),
        ("iss with a slash more", with("iss", format!("{ISSUER}/")), IssuerUnknown),
    ]
}

fn misshapen() -> Vec<(&'static str, String, TokenFlaw)> {
    vec![
        ("nothing", String::new(), Malformed),
        ("two parts", respelt(|p| p[1] = p[1].clone() + "x").replacen('.', "", 1), Malformed),
        ("four parts", good() + ".x", Malformed),
        ("a byte behind", good() + " ", Signature),
        ("too long", with("more", "x".repeat(4_096)), TooLarge),
        ("crit", headed(r#"{"alg":"EdDSA","kid":"k1","crit":["exp"]}"#), Malformed),
        ("crit null", headed(r#"{"alg":"EdDSA","kid":"k1","crit":null}"#), Malformed),
        ("alg twice", headed(r#"{"alg":"EdDSA","alg":"EdDSA","kid":"k1"}"#), Malformed),
        (
            "alg twice, once escaped",
            headed(r#"{"alg":"EdDSA","\u0061lg":"none","kid":"k1"}"#),
            Malformed,
        ),
        ("kid twice", headed(r#"{"alg":"EdDSA","kid":"k1","kid":"k1"}"#), Malformed),
        ("kid missing", headed(r#"{"alg":"EdDSA"}"#), Malformed),
        ("kid a number", headed(r#"{"alg":"EdDSA","kid":1}"#), Malformed),
        ("typ of a logout", headed(r#"{"alg":"EdDSA","kid":"k1","typ":"logout+jwt"}"#), Malformed),
        ("typ null", headed(r#"{"alg":"EdDSA","kid":"k1","typ":null}"#), Malformed),
        ("a list as header", headed(r#"["EdDSA","k1"]"#), Malformed),
        ("a byte behind the header", headed(&format!("{HEADER}x")), Malformed),
        ("a padded header", respelt(|p| p[0].push('=')), Malformed),
        (
            "a list as claims",
            signer().mint_raw(HEADER, r#"["a","holos-staff","s",0,1]"#),
            Malformed,
        ),
        ("claims that are no text", signer().mint_bytes(HEADER, b"{\"iss\":\"\xff\"}"), Malformed),
        ("iss twice", twice(&format!(r#""iss":"{ISSUER}""#)), Malformed),
        ("aud twice", twice(r#""aud":"holos-staff""#), Malformed),
        ("sub twice", twice(r#""sub":"7f9c""#), Malformed),
        ("sub twice, once escaped", twice(r#""\u0073ub":"admin""#), Malformed),
        ("exp twice", twice(r#""exp":1"#), Malformed),
        ("iat twice", twice(r#""iat":1"#), Malformed),
        ("nbf twice", twice(r#""nbf":1,"nbf":1"#), Malformed),
        ("iss missing", without("iss"), Malformed),
        ("aud missing", without("aud"), Malformed),
        ("sub missing", without("sub"), Malformed),
        ("iat missing", without("iat"), Malformed),
        ("exp missing", without("exp"), Malformed),
        ("nbf null", with("nbf", Value::Null), Malformed),
        ("exp a text", with("exp", "9999999999"), Malformed),
        ("exp a fraction", with("exp", 1.5), Malformed),
        ("exp beyond numbers", with("exp", u64::MAX), Malformed),
        ("sub a number", with("sub", 7), Malformed),
    ]
}

fn unfit() -> Vec<(&'static str, String, TokenFlaw)> {
    let aud = |value: Value| with("aud", value);
    vec![
        ("aud of another", aud(json!("polls")), WrongAudience),
        ("aud longer", aud(json!("holos-staff2")), WrongAudience),
        ("aud a list of others", aud(json!(["polls", "account"])), WrongAudience),
        ("aud an empty list", aud(json!([])), Malformed),
        ("aud a list of nine", aud(json!(vec!["holos-staff"; 9])), Malformed),
        ("aud a list with a number", aud(json!(["holos-staff", 1])), Malformed),
        ("aud nested", aud(json!([["holos-staff"]])), Malformed),
        ("aud null", aud(Value::Null), Malformed),
        ("aud an object", aud(json!({ "holos-staff": 1 })), Malformed),
        ("sub empty", with("sub", ""), Sub),
        ("sub of 256 bytes", with("sub", "s".repeat(256)), Sub),
        ("sub with a control character", with("sub", "a\u{0}"), Sub),
        ("expired", with("exp", NOW - 5), Expired),
        ("expired long ago", with("exp", i64::MIN), Expired),
        ("issued later", with("iat", NOW + 6), NotYetValid),
        ("not before later", with("nbf", NOW + 6), NotYetValid),
        ("issued at the end of time", with("iat", i64::MAX), NotYetValid),
        ("a life of 12 hours and a second", with("exp", NOW - 60 + 12 * HOUR + 1), Lifetime),
        ("a life without end", with("exp", i64::MAX), Lifetime),
        ("no life at all", no_life(), Lifetime),
        ("issued at the beginning of time", with("iat", i64::MIN), Lifetime),
    ]
}

/// Not expired yet, within the leeway, and ending when it begins.
fn no_life() -> String {
    let mut claims = object();
    claims.insert("iat".to_owned(), NOW.into());
    claims.insert("exp".to_owned(), NOW.into());
    signer().mint_raw(HEADER, &Value::from(claims).to_string())
}

/// Signed by HMAC with the text of the public key as its secret.
fn hs256() -> String {
    let header = r#"{"alg":"HS256","kid":"k1"}"#;
    let pem = signer().public_key_pem();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, pem.as_bytes());
    let signed = [header, &payload()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn flaw(issuers: &StaffIssuers, token: &str) -> Option<TokenFlaw> {
    issuers.verify(token, at(NOW)).err()
}

#[test]
fn a_token_names_its_person() {
    let expected = Credential::Token { issuer: ISSUER.to_owned(), subject: "7f9c".to_owned() };
    assert!(issuers().verify(&good(), at(NOW)) == Ok(expected));
}

#[test]
fn what_providers_add_changes_nothing() {
    let issuers = issuers();
    for (what, token) in [
        ("an ID token", headed(r#"{"alg":"EdDSA","kid":"k1","typ":"JWT","x5t":"abc"}"#)),
        ("an access token", headed(r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt"}"#)),
        ("several audiences", with("aud", vec!["account", "holos-staff"])),
        ("nbf", with("nbf", NOW)),
        ("roles", with("roles", json!({ "holos": ["operator"] }))),
        ("a life of 12 hours", with("exp", NOW - 60 + 12 * HOUR)),
        ("a sub of 255 bytes", with("sub", "s".repeat(255))),
        ("the last second of leeway", with("exp", NOW - 4)),
        ("a clock 5 seconds ahead", with("iat", NOW + 5)),
    ] {
        assert_eq!(flaw(&issuers, &token), None, "{what}");
    }
    let second = TestIssuer::new(ISSUER, "k2", [2; 32]);
    let token = second.mint_raw(r#"{"alg":"EdDSA","kid":"k2"}"#, &payload());
    assert_eq!(flaw(&issuers, &token), None, "the issuer's second key");
}

#[test]
fn every_bad_token_is_refused_for_its_own_reason() {
    let issuers = issuers();
    let mut said = std::collections::HashSet::new();
    for (what, token, expected) in [forged(), misshapen(), unfit()].concat() {
        assert_eq!(flaw(&issuers, &token), Some(expected), "{what}");
        said.insert(expected);
    }
    assert_eq!(said.len(), TokenFlaw::ALL.len(), "each flaw has a case");
}

#[test]
fn an_issuer_speaks_for_its_own_audience_only() {
    let issuers = issuers();
    let city = TestIssuer::new("city", "c1", [3; 32]);
    let token = |audience: &str| {
        let mut claims = object();
        claims.insert("iss".to_owned(), "city".into());
        claims.insert("aud".to_owned(), audience.into());
        city.mint_raw(r#"{"alg":"EdDSA","kid":"c1"}"#, &Value::from(claims).to_string())
    };
    assert_eq!(flaw(&issuers, &token("polls")), None);
    assert_eq!(flaw(&issuers, &token("holos-staff")), Some(WrongAudience));
}

#[test]
fn every_flipped_bit_is_refused() {
    let issuers = issuers();
    let token = good();
    for place in 0..token.len() {
        for bit in 0..8 {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            // What is no text never arrives.
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            assert!(flaw(&issuers, &flipped).is_some(), "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn every_cut_is_refused() {
    let issuers = issuers();
    let token = good();
    for length in 0..token.len() {
        assert!(flaw(&issuers, &token[..length]).is_some(), "{length}");
        assert!(flaw(&issuers, &token[token.len() - length..]).is_some(), "the last {length}");
    }
}

#[test]
fn claims_of_a_token_that_is_not_signed_are_not_judged() {
    let stranger = TestIssuer::new(ISSUER, "k1", [9; 32]);
    for (claim, value) in [("exp", json!(1)), ("aud", json!("x")), ("sub", json!(""))] {
        let mut claims = object();
        claims.insert(claim.to_owned(), value);
        let token = stranger.mint_raw(HEADER, &Value::from(claims).to_string());
        assert_eq!(flaw(&issuers(), &token), Some(Signature), "{claim}");
    }
}

#[test]
fn tokens_of_every_algorithm_and_of_a_key_set_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let signers = [
        TestIssuer::new(ISSUER, "k1", [1; 32]),
        TestIssuer::es256(ISSUER, "k2"),
        TestIssuer::rs256(ISSUER, "k3", false),
    ];
    let set = json!({ "keys": signers.each_ref().map(TestIssuer::jwk) });
    fs::write(&file, set.to_string()).unwrap();
    let config = StaffIssuerConfig { jwks_file: Some(file), ..StaffIssuerConfig::new(ISSUER) };
    let issuers = StaffIssuers::load(&[config]).unwrap();
    let names = [("EdDSA", "k1"), ("ES256", "k2"), ("RS256", "k3")];
    for (signer, (own, kid)) in signers.iter().zip(names) {
        for (alg, _) in names {
            let token = signer.mint_raw(&json!({ "alg": alg, "kid": kid }).to_string(), &payload());
            let expected = (alg != own).then_some(WrongAlgorithm);
            assert_eq!(flaw(&issuers, &token), expected, "{alg} by {own}");
        }
    }
}

#[test]
fn a_refusal_repeats_nothing_of_the_token() {
    let marker = "marker-7f9c";
    let token = with("sub", marker.repeat(30));
    let said = issuers().verify(&token, at(NOW)).unwrap_err();
    let text = format!("{said} {said:?} {}", said.reason());
    for form in [marker.to_owned(), STANDARD.encode(marker), URL_SAFE_NO_PAD.encode(marker)] {
        assert!(!text.contains(&form));
    }
    let mut reasons: Vec<_> = TokenFlaw::ALL.map(TokenFlaw::reason).into();
    reasons.sort_unstable();
    reasons.dedup();
    assert_eq!(reasons.len(), TokenFlaw::ALL.len());
}
