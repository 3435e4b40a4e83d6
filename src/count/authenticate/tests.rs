//! The step as a whole: whom it believes, and whom it does not.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bytes::Bytes;
use proptest::prelude::*;
use tokio::runtime;

use super::issuers::{IssuerConfig, IssuerKeyConfig, VouchedConfig};
use super::mint::{Claims, TestIssuer};
use super::*;

mod claims;
mod connections;
mod refused;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const AUDIENCE: &str = "holos-test";
/// An id with full stops and slashes, as issuers like them.
pub(super) const ISSUER: &str = "https://id.example.gov";
const PSEUDONYM_KEY: &str = "person-1";
pub(super) const POLL: PollId = PollId::from_bytes([0x5a; 16]);
pub(super) const SUBJECT: [u8; 32] = [0xc3; 32];
/// 8 March 2023, 08:00 UTC.
pub(super) const NOW: i64 = 1_678_262_400;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn signer() -> TestIssuer {
    TestIssuer::new(ISSUER, "k1", [1; 32])
}

/// An engine's authenticator that trusts `signer()` and, in another space, a second issuer without
/// tokens.
pub(super) fn authenticator() -> Authenticator {
    let folder = tempfile::tempdir().unwrap();
    let secret_file = folder.path().join("secret");
    fs::write(&secret_file, SECRET).unwrap();
    fs::set_permissions(&secret_file, fs::Permissions::from_mode(0o600)).unwrap();
    let key = |kid: &str, seed| {
        let public_key_file = folder.path().join(kid);
        fs::write(&public_key_file, TestIssuer::new(ISSUER, kid, [seed; 32]).public_key_pem())
            .unwrap();
        IssuerKeyConfig { kid: kid.to_owned(), public_key_file }
    };
    let vouched = Some(VouchedConfig::by_secret(secret_file));
    let configs = [
        IssuerConfig {
            vouched: vouched.clone(),
            keys: vec![key("k1", 1), key("k2", 2)],
            ..IssuerConfig::new(ISSUER, "ua", PSEUDONYM_KEY)
        },
        IssuerConfig { vouched, ..IssuerConfig::new("city", "lviv", "city-1") },
    ];
    let threads = NonZeroUsize::new(2).unwrap();
    Authenticator::start(Issuers::load(&configs).unwrap(), AUDIENCE.to_owned(), threads).unwrap()
}

fn run(
    authenticator: &Authenticator,
    caller: &Caller,
    credentials: Vec<Credential>,
) -> Vec<Result<Voter, Rejection>> {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let (conduct, needs) = (Conduct::new(), Needs::default());
    let occasion = Occasion::Poll(POLL);
    runtime.block_on(authenticator.authenticate(
        caller,
        &conduct,
        occasion,
        &needs,
        credentials,
        at(NOW),
    ))
}

fn tokens(texts: &[String]) -> Vec<Credential> {
    texts.iter().cloned().map(Credential::Token).collect()
}

pub(super) fn claims(subject: &[u8]) -> Claims<'_> {
    Claims {
        audience: AUDIENCE,
        subject,
        poll: POLL,
        issued_at: at(NOW - 10),
        lifetime_seconds: 300,
        pseudonym_key: PSEUDONYM_KEY,
        more: &[],
    }
}

fn outcome(answer: &Result<Voter, Rejection>) -> Option<Rejection> {
    answer.as_ref().err().copied()
}

#[test]
fn a_token_names_its_voter_issuer_key_and_space() {
    let token = signer().mint(&claims(&SUBJECT));
    let answers = run(&authenticator(), &Caller::Anonymous, tokens(&[token]));
    let voter = answers[0].as_ref().ok().unwrap();
    assert_eq!(voter.subject().as_bytes(), SUBJECT);
    assert_eq!(voter.subject().kind(), 1);
    assert_eq!(voter.issuer_key(), IssuerKeyId::of(ISSUER, "k1"));
    assert_eq!(voter.space(), "ua");
}

#[test]
fn a_vouched_connection_states_its_voters() {
    let authenticator = authenticator();
    let caller = authenticator.caller(Some(&format!("Bearer city.{SECRET}")), None).ok().unwrap();
    let stated = |length: usize| Credential::Stated(Stated::of(Bytes::from(vec![7; length])));
    let lengths = [15, 16, 64, 65, 0];
    let answers = run(&authenticator, &caller, lengths.map(stated).into());
    for (length, answer) in lengths.iter().zip(&answers) {
        let expected = (!(16..=64).contains(length)).then_some(Rejection::SubjectInvalid);
        assert_eq!(outcome(answer), expected, "{length}");
    }
    let voter = answers[1].as_ref().ok().unwrap();
    assert_eq!(voter.subject().as_bytes(), [7; 16]);
    assert_eq!((voter.issuer_key(), voter.space()), (IssuerKeyId::of("city", "vouched"), "lviv"));
}

#[test]
fn a_voter_is_the_same_by_token_and_by_the_connections_word() {
    let authenticator = authenticator();
    let caller =
        authenticator.caller(Some(&format!("Bearer {ISSUER}.{SECRET}")), None).ok().unwrap();
    let token = Credential::Token(signer().mint(&claims(&SUBJECT)));
    let answers = run(
        &authenticator,
        &caller,
        vec![token, Credential::Stated(Stated::of(Bytes::copy_from_slice(&SUBJECT)))],
    );
    let [by_token, by_word] = [0, 1].map(|at| answers[at].as_ref().ok().unwrap());
    assert!(by_token.subject().as_bytes() == by_word.subject().as_bytes());
    assert_eq!(by_token.space(), by_word.space());
    assert_ne!(
        by_token.issuer_key(),
        by_word.issuer_key(),
        "but what came under the key can be taken out"
    );
}

#[test]
fn a_connection_without_the_exact_header_of_a_vouched_issuer_is_refused() {
    let authenticator = authenticator();
    assert!(matches!(authenticator.caller(None, None), Ok(Caller::Anonymous)));
    for header in [
        "",
        "Bearer ",
        "Bearer .",
        "Bearer city",
        "Bearer city.",
        &format!("Bearer .{SECRET}"),
        &format!("Bearer {SECRET}"),
        &format!("Bearer nobody.{SECRET}"),
        &format!("bearer city.{SECRET}"),
        &format!("Bearer  city.{SECRET}"),
        &format!("Bearer city.{SECRET} "),
        &format!("Bearer city.{SECRET}0"),
        &format!("Bearer city.{}", &SECRET[1..]),
        &format!("Bearer city.{}", SECRET.to_uppercase()),
        &format!("Basic city.{SECRET}"),
    ] {
        assert_eq!(
            authenticator.caller(Some(header), None).err(),
            Some(Rejection::CallerUnknown),
            "{header}"
        );
    }
}

#[test]
fn nobody_states_voters_over_an_anonymous_connection_and_no_ballot_goes_without() {
    let credentials =
        vec![Credential::Stated(Stated::of(Bytes::from_static(&[7; 16]))), Credential::Missing];
    let answers = run(&authenticator(), &Caller::Anonymous, credentials);
    assert_eq!(outcome(&answers[0]), Some(Rejection::ConnectionNotVouched));
    assert_eq!(outcome(&answers[1]), Some(Rejection::CredentialMissing));
}

#[test]
fn answers_stand_in_the_order_of_a_call_of_any_size() {
    let authenticator = authenticator();
    let caller = authenticator.caller(Some(&format!("Bearer city.{SECRET}")), None).ok().unwrap();
    for count in [0_u16, 1, 255, 256, 257, 1_000] {
        let credential = |number: u16| match number % 5 {
            0 => Credential::Missing,
            1 => Credential::Stated(Stated::of(Bytes::from(subject(number).to_vec()))),
            2 => Credential::Token(number.to_string()),
            _ => Credential::Token(signer().mint(&claims(&subject(number)))),
        };
        let answers = run(&authenticator, &caller, (0..count).map(credential).collect());
        assert_eq!(answers.len(), usize::from(count));
        for (number, answer) in (0..count).zip(&answers) {
            match (number % 5, answer) {
                (0, Err(Rejection::CredentialMissing)) | (2, Err(Rejection::TokenMalformed)) => {}
                (_, Ok(voter)) => {
                    assert_eq!(voter.subject().as_bytes(), subject(number), "{number}");
                }
                (_, Err(other)) => panic!("{number}: {}", other.reason()),
            }
        }
    }
}

fn subject(number: u16) -> [u8; 16] {
    let mut bytes = [0x11; 16];
    bytes[..2].copy_from_slice(&number.to_le_bytes());
    bytes
}

/// A ballot's credential and what must become of it, whatever stands beside it.
fn any_token() -> impl Strategy<Value = (String, Option<Rejection>)> {
    (0_u8..8, any::<u16>()).prop_map(|(kind, number)| {
        let bytes = subject(number);
        let good = signer().mint(&claims(&bytes));
        let stranger = TestIssuer::new(ISSUER, "k1", [9; 32]);
        match kind {
            0 => (stranger.mint(&claims(&bytes)), Some(Rejection::TokenSignature)),
            1 => (good[1..].to_owned(), Some(Rejection::TokenMalformed)),
            2 => {
                let late = Claims { issued_at: at(NOW - 400), ..claims(&bytes) };
                (signer().mint(&late), Some(Rejection::TokenExpired))
            }
            3 => (TestIssuer::new(ISSUER, "k2", [2; 32]).mint(&claims(&bytes)), None),
            _ => (good, None),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_token_gets_the_same_answer_alone_and_in_any_company(
        company in prop::collection::vec(any_token(), 1..80),
    ) {
        let authenticator = authenticator();
        let texts: Vec<String> = company.iter().map(|(token, _)| token.clone()).collect();
        let together = run(&authenticator, &Caller::Anonymous, tokens(&texts));
        for (((_, expected), text), answer) in company.iter().zip(&texts).zip(&together) {
            prop_assert_eq!(outcome(answer), *expected);
            let alone = run(&authenticator, &Caller::Anonymous, tokens(std::slice::from_ref(text)));
            prop_assert_eq!(outcome(&alone[0]), *expected);
        }
    }
}

#[test]
fn the_signature_of_rfc_8037_is_ours_too() {
    let seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    let mut bytes = [0; 32];
    base64::Engine::decode_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        seed,
        &mut bytes,
    )
    .unwrap();
    let jws = TestIssuer::new("a", "b", bytes)
        .mint_raw(r#"{"alg":"EdDSA"}"#, "Example of Ed25519 signing");
    assert_eq!(
        jws,
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijc\
         NR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}
