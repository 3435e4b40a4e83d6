//! Tokens at the door, through its public face: algorithms, mutations, and another library's word.
//!
//! A token that was touched anywhere is refused, whatever it was signed with; and whatever is
//! accepted, a strict reader of another making accepts too.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512,
    RSA_PSS_SHA256,
};
use aws_lc_rs::{encoding::AsDer, hmac, rsa};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use holos::count::authenticate::issuers::{IssuerConfig, JwksConfig};
use holos::count::authenticate::mint::{Claims, TestIssuer};
use holos::count::authenticate::{Authenticator, Caller, Conduct, Credential, Issuers, Occasion};
use holos::outcome::Rejection;
use holos::poll::{Needs, PollId};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use Rejection::{TokenAlgorithm, TokenKeyUnknown, TokenMalformed, TokenSignature, TokenTooLarge};

const POLL: PollId = PollId::from_bytes([7; 16]);
/// A whole second long past, for tokens that the engine's `now` agrees with.
const NOW: Timestamp = Timestamp::constant(1_678_262_400, 0);
/// Mutations for each algorithm, unless `HOLOS_DOOR_CASES` says how many.
const CASES: usize = 10_000;

/// The issuer's keys, and another issuer's: RSA keys take long to make.
struct World {
    ed25519: TestIssuer,
    es256: TestIssuer,
    rs256: TestIssuer,
    large: TestIssuer,
    other: TestIssuer,
    /// Keys of the issuer's whose secrets the test has.
    raw_ec: EcdsaKeyPair,
    raw_rsa: rsa::KeyPair,
}

static WORLD: LazyLock<World> = LazyLock::new(|| World {
    ed25519: TestIssuer::new("wallet", "ed", [1; 32]),
    es256: TestIssuer::es256("wallet", "ec"),
    rs256: TestIssuer::rs256("wallet", "rsa", false),
    large: TestIssuer::rs256("wallet", "large", true),
    other: TestIssuer::new("other", "theirs", [2; 32]),
    raw_ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
    raw_rsa: rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap(),
});

impl World {
    fn mine(&self) -> [&TestIssuer; 4] {
        [&self.ed25519, &self.es256, &self.rs256, &self.large]
    }

    /// The raw keys as the issuer publishes them: by their SubjectPublicKeyInfo in PEM.
    fn raw_pems(&self) -> [(&'static str, String); 2] {
        let pem = |der: &[u8]| {
            let text = base64::prelude::BASE64_STANDARD.encode(der);
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", wrapped(&text))
        };
        let ec = self.raw_ec.public_key().as_der().unwrap();
        let rsa = self.raw_rsa.public_key().as_der().unwrap();
        [("raw-ec", pem(ec.as_ref())), ("raw-rsa", pem(rsa.as_ref()))]
    }
}

fn wrapped(text: &str) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    lines.join("\n")
}

fn door() -> Authenticator {
    let folder = tempfile::tempdir().unwrap();
    let jwks = |name: &str, issuers: &[&TestIssuer]| {
        let keys: Vec<Value> = issuers.iter().map(|issuer| issuer.jwk()).collect();
        let file = folder.path().join(name);
        fs::write(&file, json!({ "keys": keys }).to_string()).unwrap();
        Some(JwksConfig::file(file))
    };
    let keys = WORLD.raw_pems().into_iter().map(|(kid, pem)| {
        let public_key_file = folder.path().join(kid);
        fs::write(&public_key_file, pem).unwrap();
        holos::count::authenticate::issuers::IssuerKeyConfig {
            kid: kid.to_owned(),
            public_key_file,
        }
    });
    let wallet = IssuerConfig {
        keys: keys.collect(),
        jwks: jwks("wallet", &WORLD.mine()),
        ..IssuerConfig::new("wallet", "ua", "p")
    };
    let other = IssuerConfig {
        jwks: jwks("other", &[&WORLD.other]),
        ..IssuerConfig::new("other", "ua", "p")
    };
    let issuers = Issuers::load(&[wallet, other]).unwrap();
    Authenticator::start(issuers, "holos".to_owned(), NonZeroUsize::new(2).unwrap()).unwrap()
}

/// Each token's refusal, if it is refused; each call over a connection of its own.
fn ask(door: &Authenticator, tokens: &[String]) -> Vec<Option<Rejection>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (caller, needs, occasion) = (Caller::Anonymous, Needs::default(), Occasion::Poll(POLL));
    let mut answers = Vec::new();
    for call in tokens.chunks(1_000) {
        let credentials = call.iter().cloned().map(Credential::Token).collect();
        let conduct = Conduct::new();
        let voters = door.authenticate(&caller, &conduct, occasion, &needs, credentials, NOW);
        answers.extend(runtime.block_on(voters).into_iter().map(Result::err));
    }
    answers
}

fn payload() -> String {
    let (iat, sub) = (NOW.as_second(), BASE64.encode([9; 32]));
    json!({
        "iss": "wallet", "aud": "holos", "sub": sub, "poll": POLL.to_string(), "pkid": "p",
        "iat": iat, "exp": iat + 300,
    })
    .to_string()
}

fn mint(issuer: &TestIssuer, subject: u64) -> String {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&subject.to_le_bytes());
    issuer.mint(&Claims {
        audience: "holos",
        subject: &bytes,
        pseudonym_key: "p",
        poll: POLL,
        issued_at: NOW,
        lifetime_seconds: 300,
        more: &[],
    })
}

/// A token of any header whose signature is whatever `sign` makes.
fn signed(header: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let text = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(payload()));
    let signature = sign(text.as_bytes());
    format!("{text}.{}", BASE64.encode(signature))
}

fn header(alg: &str, kid: &str) -> Value {
    json!({ "alg": alg, "kid": kid })
}

/// A signature by the raw EC key as two numbers of 32 bytes.
fn fixed(der: &[u8]) -> Vec<u8> {
    // SEQUENCE { INTEGER r, INTEGER s }, each at most 33 bytes long.
    let number = |at: usize| {
        let length = usize::from(der[at + 1]);
        let digits: Vec<u8> =
            der[at + 2..at + 2 + length].iter().copied().skip_while(|byte| *byte == 0).collect();
        let mut number = vec![0; 32 - digits.len()];
        number.extend(digits);
        (number, at + 2 + length)
    };
    let (mut r, next) = number(2);
    r.extend(number(next).0);
    r
}

fn ec(text: &[u8]) -> Vec<u8> {
    WORLD.raw_ec.sign(&SystemRandom::new(), text).unwrap().as_ref().to_vec()
}

fn rsa_with(
    padding: &'static dyn aws_lc_rs::signature::RsaEncoding,
) -> impl FnOnce(&[u8]) -> Vec<u8> {
    move |text| {
        let mut signature = vec![0; WORLD.raw_rsa.public_modulus_len()];
        WORLD.raw_rsa.sign(padding, &SystemRandom::new(), text, &mut signature).unwrap();
        signature
    }
}

#[test]
fn an_honest_token_of_each_algorithm_is_accepted() {
    let mut tokens: Vec<String> = WORLD.mine().into_iter().map(|issuer| mint(issuer, 1)).collect();
    tokens.push(mint(&WORLD.other, 1));
    tokens.push(signed(&header("ES256", "raw-ec"), |text| fixed(&ec(text))));
    tokens.push(signed(&header("RS256", "raw-rsa"), rsa_with(&RSA_PKCS1_SHA256)));
    assert_eq!(ask(&door(), &tokens), vec![None; tokens.len()]);
}

#[test]
fn the_longest_signature_leaves_room_for_all_claims() {
    let more = [
        ("age_over_16", true.into()),
        ("age_over_18", true.into()),
        ("birth_year", 1990.into()),
        ("region", "UA46060250010015970".into()),
        ("citizenship", "UA".into()),
        ("groups", json!(["students", "veterans", "residents-of-the-old-town"])),
        ("nbf", NOW.as_second().into()),
    ];
    let token = WORLD.large.mint(&Claims {
        audience: "holos.polls.example.gov",
        subject: &[9; 64],
        pseudonym_key: "person-2026-1",
        poll: POLL,
        issued_at: NOW,
        lifetime_seconds: 600,
        more: &more,
    });
    assert!(token.len() <= 2_048, "{} bytes", token.len());
}

type Case = (&'static str, String, Rejection);

/// Tokens under a key of another algorithm or of another issuer.
fn under_other_keys() -> Vec<Case> {
    let hmac_with = |secret: Vec<u8>| {
        move |text: &[u8]| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), text).as_ref().to_vec()
        }
    };
    let [(_, ec_pem), (_, rsa_pem)] = WORLD.raw_pems();
    let raw = |alg: &str, kid: &str, issuer: &TestIssuer| {
        issuer.mint_raw(&header(alg, kid).to_string(), &payload())
    };
    let World { ed25519, es256, rs256, other, .. } = &*WORLD;
    vec![
        (
            "HS256 by the RSA key's PEM",
            signed(&header("HS256", "raw-rsa"), hmac_with(rsa_pem.into())),
            TokenAlgorithm,
        ),
        (
            "HS256 by the EC key's PEM",
            signed(&header("HS256", "raw-ec"), hmac_with(ec_pem.into())),
            TokenAlgorithm,
        ),
        (
            "HS256 called RS256",
            signed(&header("RS256", "raw-rsa"), hmac_with(vec![1])),
            TokenMalformed,
        ),
        (
            "none with an RSA key",
            signed(&header("none", "raw-rsa"), |_| Vec::new()),
            TokenAlgorithm,
        ),
        ("EdDSA token called ES256", raw("ES256", "ed", ed25519), TokenAlgorithm),
        ("ES256 token called EdDSA", raw("EdDSA", "ec", es256), TokenAlgorithm),
        ("RS256 token called PS256", raw("PS256", "rsa", rs256), TokenAlgorithm),
        ("EdDSA under an EC key", raw("EdDSA", "ec", ed25519), TokenAlgorithm),
        ("ES256 under an EdDSA key", raw("ES256", "ed", es256), TokenAlgorithm),
        ("RS256 under an EC key", raw("RS256", "ec", rs256), TokenAlgorithm),
        ("ES256 under another EC key", raw("ES256", "raw-ec", es256), TokenSignature),
        ("RS256 under another RSA key", raw("RS256", "raw-rsa", rs256), TokenSignature),
        ("RS256 under a longer key", raw("RS256", "large", rs256), TokenMalformed),
        ("another issuer's kid", raw("EdDSA", "theirs", other), TokenKeyUnknown),
        ("another issuer's key", raw("EdDSA", "ed", other), TokenSignature),
    ]
}

fn with_bad_es256() -> Vec<Case> {
    let zero = |half: usize| {
        signed(&header("ES256", "raw-ec"), move |text| {
            let mut signature = fixed(&ec(text));
            signature[32 * half..32 * (half + 1)].fill(0);
            signature
        })
    };
    let as_is = |signature: Vec<u8>| move |_: &[u8]| signature;
    vec![
        ("ES256 as DER", signed(&header("ES256", "raw-ec"), ec), TokenMalformed),
        ("ES256 with r = 0", zero(0), TokenSignature),
        ("ES256 with s = 0", zero(1), TokenSignature),
        ("ES256 of zeros", signed(&header("ES256", "raw-ec"), as_is(vec![0; 64])), TokenSignature),
        (
            "ES256 of ones",
            signed(&header("ES256", "raw-ec"), as_is(vec![0xff; 64])),
            TokenSignature,
        ),
        (
            "ES256 with r and s exchanged",
            signed(&header("ES256", "raw-ec"), |text| {
                let mut signature = fixed(&ec(text));
                signature.rotate_left(32);
                signature
            }),
            TokenSignature,
        ),
        (
            "ES256 of 63 bytes",
            signed(&header("ES256", "raw-ec"), |text| fixed(&ec(text))[1..].to_vec()),
            TokenMalformed,
        ),
        (
            "ES256 of another text",
            signed(&header("ES256", "raw-ec"), |_| fixed(&ec(b"x"))),
            TokenSignature,
        ),
    ]
}

fn with_bad_rs256() -> Vec<Case> {
    let spoilt = |change: fn(&mut Vec<u8>)| {
        signed(&header("RS256", "raw-rsa"), move |text| {
            let mut signature = rsa_with(&RSA_PKCS1_SHA256)(text);
            change(&mut signature);
            signature
        })
    };
    let as_is = |signature: Vec<u8>| move |_: &[u8]| signature;
    vec![
        (
            "RS256 with SHA-512",
            signed(&header("RS256", "raw-rsa"), rsa_with(&RSA_PKCS1_SHA512)),
            TokenSignature,
        ),
        (
            "RS256 by PSS",
            signed(&header("RS256", "raw-rsa"), rsa_with(&RSA_PSS_SHA256)),
            TokenSignature,
        ),
        (
            "RS256 of zeros",
            signed(&header("RS256", "raw-rsa"), as_is(vec![0; 256])),
            TokenSignature,
        ),
        (
            "RS256 of one",
            signed(&header("RS256", "raw-rsa"), as_is([vec![0; 255], vec![1]].concat())),
            TokenSignature,
        ),
        (
            "RS256 of ones",
            signed(&header("RS256", "raw-rsa"), as_is(vec![0xff; 256])),
            TokenSignature,
        ),
        ("RS256 cut", spoilt(|bytes| bytes.truncate(255)), TokenMalformed),
        ("RS256 with a zero in front", spoilt(|bytes| bytes.insert(0, 0)), TokenMalformed),
        ("RS256 with a byte after it", spoilt(|bytes| bytes.push(0)), TokenMalformed),
        ("RS256 with a bit flipped", spoilt(|bytes| bytes[128] ^= 1), TokenSignature),
        (
            "RS256 past the limit",
            signed(&header("RS256", "raw-rsa"), as_is(vec![1; 2_000])),
            TokenTooLarge,
        ),
    ]
}

#[test]
fn a_token_is_bound_to_its_keys_algorithm_and_to_its_issuers_keys() {
    let cases = [under_other_keys(), with_bad_es256(), with_bad_rs256()].concat();
    let tokens: Vec<String> = cases.iter().map(|(_, token, _)| token.clone()).collect();
    for ((name, _, expected), answer) in cases.iter().zip(ask(&door(), &tokens)) {
        assert_eq!(answer.map(Rejection::reason), Some(expected.reason()), "{name}");
    }
}

/// A change of a token such as a careless proxy or a careful attacker could make.
fn mutated(token: &str, other: &str, random: &mut StdRng) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let at = random.random_range(0..bytes.len());
    match random.random_range(0..8) {
        0 => bytes[at] ^= 1 << random.random_range(0..7),
        1 => bytes[at] = random.random_range(0..128),
        2 => bytes.truncate(at),
        3 => bytes.insert(at, b"ABCDabcd0189-_.=+/ \n"[random.random_range(0..20)]),
        4 => {
            // One token's beginning with another's end.
            let from = random.random_range(0..other.len());
            bytes.truncate(at);
            bytes.extend(&other.as_bytes()[from..]);
        }
        5 => {
            let mut mine: Vec<&str> = token.split('.').collect();
            let theirs: Vec<&str> = other.split('.').collect();
            let part = random.random_range(0..3);
            mine[part] = theirs[random.random_range(0..3)];
            bytes = mine.join(".").into_bytes();
        }
        6 => {
            let byte = bytes[at];
            let swapped = if byte.is_ascii_lowercase() {
                byte.to_ascii_uppercase()
            } else {
                byte.to_ascii_lowercase()
            };
            bytes[at] = swapped;
        }
        _ => {
            let to = random.random_range(0..bytes.len());
            bytes.swap(at, to);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn no_mutation_of_a_token_is_accepted_and_none_stops_the_engine() {
    let seed = super::support::seed();
    let cases = std::env::var("HOLOS_DOOR_CASES").map_or(CASES, |text| text.parse().unwrap());
    let mut random = StdRng::seed_from_u64(seed);
    let door = door();
    for issuer in WORLD.mine() {
        let honest: Vec<String> = (0..20).map(|subject| mint(issuer, subject)).collect();
        let tokens: Vec<String> = (0..cases)
            .map(|_| {
                let [one, two] = [0; 2].map(|_| random.random_range(0..honest.len()));
                mutated(&honest[one], &honest[two], &mut random)
            })
            .collect();
        let mut reasons = BTreeMap::new();
        for (token, answer) in tokens.iter().zip(ask(&door, &tokens)) {
            // A change that changed nothing, or led to another honest token.
            let same = honest.contains(token);
            assert_eq!(answer.is_none(), same, "{token}");
            *reasons.entry(answer.map_or("accepted, unchanged", Rejection::reason)).or_insert(0) +=
                1;
        }
        println!("{}: {reasons:?}", issuer.jwk()["kid"]);
        assert!(reasons.len() > 4, "the mutations reach many rules");
        assert!(reasons.contains_key("TOKEN_SIGNATURE"));
    }
}

/// What a strict reader of another making says of a token.
fn accepted_elsewhere(token: &str) -> bool {
    let Ok(head) = jsonwebtoken::decode_header(token) else { return false };
    let Some(issuer) = WORLD
        .mine()
        .into_iter()
        .find(|issuer| issuer.jwk()["kid"] == head.kid.clone().unwrap_or_default())
    else {
        return false;
    };
    let algorithm = match issuer.jwk()["alg"].as_str().unwrap() {
        "EdDSA" => Algorithm::EdDSA,
        "ES256" => Algorithm::ES256,
        _ => Algorithm::RS256,
    };
    let key = DecodingKey::from_jwk(&serde_json::from_value(issuer.jwk()).unwrap());
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&["holos"]);
    validation.set_issuer(&["wallet"]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    // The tokens live in the past; both readers' times are compared elsewhere.
    validation.validate_exp = false;
    jsonwebtoken::decode::<Value>(token, &key.unwrap(), &validation).is_ok()
}

#[test]
fn what_is_accepted_here_is_accepted_by_another_library() {
    let seed = super::support::seed();
    let mut random = StdRng::seed_from_u64(seed);
    let door = door();
    let mut accepted = 0;
    for issuer in WORLD.mine() {
        let honest: Vec<String> = (0..20).map(|subject| mint(issuer, subject)).collect();
        let mut tokens = honest.clone();
        for token in &honest {
            tokens.extend((0..20).map(|_| mutated(token, &honest[0], &mut random)));
        }
        let claim = |member: &str| {
            let kid = issuer.jwk()["kid"].as_str().unwrap().to_owned();
            let alg = issuer.jwk()["alg"].as_str().unwrap().to_owned();
            let text = payload().replacen('{', &format!("{{{member},"), 1);
            issuer.mint_raw(&header(&alg, &kid).to_string(), &text)
        };
        let members = [
            r#""x":1"#,
            r#""x":{"iss":"evil"}"#,
            r#""jti":"a","jti":"b""#,
            r#""iss":"wallet""#,
            r#""\u0069ss":"wallet""#,
            r#""aud":["holos"]"#,
            r#""nbf":null"#,
            r#""x":[[[1e3,"\u0041"]]]"#,
        ];
        tokens.extend(members.map(claim));
        for (token, answer) in tokens.iter().zip(ask(&door, &tokens)) {
            if answer.is_none() {
                accepted += 1;
                assert!(accepted_elsewhere(token), "{token}");
            }
        }
    }
    assert!(accepted >= 80, "{accepted}: the honest ones at least");
}
