//! Tokens that must not make a voter, each for its own reason (threat T1).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::*;
use Rejection::{
    PseudonymKey, SubjectInvalid, TokenAlgorithm, TokenAudience, TokenExpired, TokenIssuerUnknown,
    TokenKeyUnknown, TokenLifetime, TokenMalformed, TokenNotYetValid, TokenPoll, TokenSignature,
    TokenTooLarge,
};

const HEADER: &str = r#"{"alg":"EdDSA","kid":"k1"}"#;

fn object() -> Map<String, Value> {
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": URL_SAFE_NO_PAD.encode(SUBJECT), "poll": POLL.to_string(),
        "pkid": PSEUDONYM_KEY,
        "iat": NOW, "exp": NOW + 300,
    });
    claims.as_object().unwrap().clone()
}

fn payload() -> String {
    Value::from(object()).to_string()
}

fn good() -> String {
    signer().mint_raw(HEADER, &payload())
}

/// Well signed, with one claim of another value.
fn with(claim: &str, value: impl Into<Value>) -> String {
    let mut claims = object();
    claims.insert(claim.to_owned(), value.into());
    signer().mint_raw(HEADER, &Value::from(claims).to_string())
}

/// Well signed, without a claim.
fn without(claim: &str) -> String {
    let mut claims = object();
    claims.remove(claim).unwrap();
    signer().mint_raw(HEADER, &Value::from(claims).to_string())
}

/// Well signed, with another header.
fn headed(header: &str) -> String {
    signer().mint_raw(header, &payload())
}

/// Well signed, with text put in place of some of the payload's.
fn replaced(from: &str, to: &str) -> String {
    assert!(payload().contains(from));
    signer().mint_raw(HEADER, &payload().replacen(from, to, 1))
}

fn parts() -> [String; 3] {
    let token = good();
    let mut parts = token.split('.').map(str::to_owned);
    std::array::from_fn(|_| parts.next().unwrap())
}

/// The good token with its parts spelt in another way.
fn respelt(change: impl FnOnce(&mut [String; 3])) -> String {
    let mut parts = parts();
    change(&mut parts);
    parts.join(".")
}

/// The good token with other bytes as its signature.
fn signed_by(change: impl FnOnce(&mut Vec<u8>)) -> String {
    respelt(|parts| {
        let mut signature = URL_SAFE_NO_PAD.decode(&parts[2]).unwrap();
        change(&mut signature);
        parts[2] = URL_SAFE_NO_PAD.encode(signature);
    })
}

/// Adds the group's order to a signature's second half: the same number, were it not for the rule
/// that it be reduced.
fn add_order(signature: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
}

/// The last character of base64url text with its unused bits set: the same bytes, were the decoder
/// lenient.
fn stray_bits(text: &mut String) {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(text.len() % 4, 0, "no bits are unused");
    let last = text.pop().unwrap();
    let value = ALPHABET.iter().position(|&letter| char::from(letter) == last).unwrap();
    text.push(char::from(ALPHABET[value | 1]));
}

fn by_header() -> Vec<(&'static str, String, Rejection)> {
    let bare = URL_SAFE_NO_PAD.encode(HEADER);
    vec![
        ("alg none", headed(r#"{"alg":"none","kid":"k1"}"#), TokenAlgorithm),
        (
            "alg none, unsigned",
            respelt(|p| {
                p[0] = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"k1"}"#);
                p[2].clear();
            }),
            TokenAlgorithm,
        ),
        ("alg None", headed(r#"{"alg":"None","kid":"k1"}"#), TokenAlgorithm),
        ("alg empty", headed(r#"{"alg":"","kid":"k1"}"#), TokenAlgorithm),
        ("alg HS256 keyed by the public key", hs256(), TokenAlgorithm),
        ("alg RS256", headed(r#"{"alg":"RS256","kid":"k1"}"#), TokenAlgorithm),
        ("alg PS256", headed(r#"{"alg":"PS256","kid":"k1"}"#), TokenAlgorithm),
        ("alg ES384", headed(r#"{"alg":"ES384","kid":"k1"}"#), TokenAlgorithm),
        ("alg Ed25519", headed(r#"{"alg":"Ed25519","kid":"k1"}"#), TokenAlgorithm),
        (
            "alg twice, once escaped",
            headed(r#"{"alg":"EdDSA","\u0061lg":"EdDSA","kid":"k1"}"#),
            TokenMalformed,
        ),
        ("alg ES256", headed(r#"{"alg":"ES256","kid":"k1"}"#), TokenAlgorithm),
        ("alg in other case", headed(r#"{"alg":"EDDSA","kid":"k1"}"#), TokenAlgorithm),
        ("alg missing", headed(r#"{"kid":"k1"}"#), TokenMalformed),
        ("alg null", headed(r#"{"alg":null,"kid":"k1"}"#), TokenMalformed),
        ("alg twice", headed(r#"{"alg":"EdDSA","alg":"EdDSA","kid":"k1"}"#), TokenMalformed),
        ("alg list", headed(r#"{"alg":["EdDSA"],"kid":"k1"}"#), TokenMalformed),
        ("kid missing", headed(r#"{"alg":"EdDSA"}"#), TokenMalformed),
        ("kid number", headed(r#"{"alg":"EdDSA","kid":1}"#), TokenMalformed),
        ("kid twice", headed(r#"{"alg":"EdDSA","kid":"k1","kid":"k1"}"#), TokenMalformed),
        ("kid unknown", headed(r#"{"alg":"EdDSA","kid":"k9"}"#), TokenKeyUnknown),
        (
            "kid of the vouched connection",
            headed(r#"{"alg":"EdDSA","kid":"vouched"}"#),
            TokenKeyUnknown,
        ),
        ("kid empty", headed(r#"{"alg":"EdDSA","kid":""}"#), TokenKeyUnknown),
        ("kid of another key", headed(r#"{"alg":"EdDSA","kid":"k2"}"#), TokenSignature),
        ("crit", headed(r#"{"alg":"EdDSA","kid":"k1","crit":["exp"]}"#), TokenMalformed),
        ("jwk", headed(r#"{"alg":"EdDSA","kid":"k1","jwk":{"kty":"OKP"}}"#), TokenMalformed),
        (
            "jku",
            headed(r#"{"alg":"EdDSA","kid":"k1","jku":"https://evil.example"}"#),
            TokenMalformed,
        ),
        (
            "x5u",
            headed(r#"{"alg":"EdDSA","kid":"k1","x5u":"https://evil.example"}"#),
            TokenMalformed,
        ),
        ("b64", headed(r#"{"alg":"EdDSA","kid":"k1","b64":false}"#), TokenMalformed),
        ("zip", headed(r#"{"alg":"EdDSA","kid":"k1","zip":"DEF"}"#), TokenMalformed),
        ("cty", headed(r#"{"alg":"EdDSA","kid":"k1","cty":"JWT"}"#), TokenMalformed),
        (
            "typ of another kind",
            headed(r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt"}"#),
            TokenMalformed,
        ),
        ("typ null", headed(r#"{"alg":"EdDSA","kid":"k1","typ":null}"#), TokenMalformed),
        ("header an array", headed(r#"["EdDSA","k1"]"#), TokenMalformed),
        ("header a string", headed(r#""EdDSA""#), TokenMalformed),
        ("header empty", respelt(|p| p[0].clear()), TokenMalformed),
        ("header cut", respelt(|p| p[0] = bare[..bare.len() - 2].to_owned()), TokenMalformed),
        ("header with a byte after it", headed(&format!("{HEADER}x")), TokenMalformed),
        ("header with a byte order mark", headed(&format!("\u{feff}{HEADER}")), TokenMalformed),
    ]
}

fn by_claims() -> Vec<(&'static str, String, Rejection)> {
    [by_issuer_and_audience(), by_times_and_subject()].concat()
}

fn by_issuer_and_audience() -> Vec<(&'static str, String, Rejection)> {
    let twice = |member: &str| replaced("{", &format!("{{{member},"));
    vec![
        ("iss unknown", with("iss", "https://evil.example"), TokenIssuerUnknown),
        ("iss with a slash more", with("iss", format!("{ISSUER}/")), TokenIssuerUnknown),
        ("iss without keys", with("iss", "city"), TokenIssuerUnknown),
        ("iss missing", without("iss"), TokenMalformed),
        ("iss twice", twice(&format!(r#""iss":"{ISSUER}""#)), TokenMalformed),
        ("aud of another engine", with("aud", "other"), TokenAudience),
        ("aud longer", with("aud", format!("{AUDIENCE}2")), TokenAudience),
        ("aud a list of others", with("aud", vec!["other", "third"]), TokenAudience),
        ("aud an empty list", with("aud", json!([])), TokenMalformed),
        ("aud a list of nine", with("aud", vec![AUDIENCE; 9]), TokenMalformed),
        ("aud a list with a number", with("aud", json!([AUDIENCE, 1])), TokenMalformed),
        ("aud nested", with("aud", json!([[AUDIENCE]])), TokenMalformed),
        ("aud a number", with("aud", 1), TokenMalformed),
        ("aud an object", with("aud", json!({ AUDIENCE: AUDIENCE })), TokenMalformed),
        ("aud null", with("aud", Value::Null), TokenMalformed),
        ("aud twice", twice(&format!(r#""aud":"{AUDIENCE}""#)), TokenMalformed),
        ("aud missing", without("aud"), TokenMalformed),
        ("poll of another poll", with("poll", PollId::from_bytes([1; 16]).to_string()), TokenPoll),
        ("poll in capitals", with("poll", POLL.to_string().to_uppercase()), TokenPoll),
        ("poll without hyphens", with("poll", POLL.to_string().replace('-', "")), TokenPoll),
        ("poll missing", without("poll"), TokenMalformed),
        ("poll twice", twice(&format!(r#""poll":"{POLL}""#)), TokenMalformed),
        ("sub short", with("sub", URL_SAFE_NO_PAD.encode([1; 15])), SubjectInvalid),
        ("sub long", with("sub", URL_SAFE_NO_PAD.encode([1; 65])), SubjectInvalid),
        ("sub very long", with("sub", URL_SAFE_NO_PAD.encode([1; 600])), SubjectInvalid),
        ("sub empty", with("sub", ""), SubjectInvalid),
        ("sub padded", with("sub", "AQEBAQEBAQEBAQEBAQEBAQ=="), SubjectInvalid),
        ("sub with stray bits", with("sub", "AQEBAQEBAQEBAQEBAQEBAR"), SubjectInvalid),
        ("sub in the other alphabet", with("sub", STANDARD.encode([0xff; 18])), SubjectInvalid),
        ("sub missing", without("sub"), TokenMalformed),
        ("sub twice", twice(r#""sub":"AQEBAQEBAQEBAQEBAQEBAQ""#), TokenMalformed),
        ("expired", with("exp", NOW - 5), TokenExpired),
        ("expired long ago", with("exp", 1), TokenExpired),
        ("exp least", with("exp", i64::MIN), TokenExpired),
        ("exp missing", without("exp"), TokenMalformed),
        ("exp null", with("exp", Value::Null), TokenMalformed),
        ("exp text", with("exp", (NOW + 300).to_string()), TokenMalformed),
        (
            "exp broken",
            replaced(&(NOW + 300).to_string(), &format!("{}.5", NOW + 300)),
            TokenMalformed,
        ),
        ("exp with exponent", replaced(&(NOW + 300).to_string(), "17e8"), TokenMalformed),
        (
            "exp past all numbers",
            replaced(&(NOW + 300).to_string(), "99999999999999999999"),
            TokenMalformed,
        ),
        ("exp twice", twice(&format!(r#""exp":{}"#, NOW + 300)), TokenMalformed),
        ("iat ahead", with("iat", NOW + 6), TokenNotYetValid),
    ]
}

fn by_times_and_subject() -> Vec<(&'static str, String, Rejection)> {
    let twice = |member: &str| replaced("{", &format!("{{{member},"));
    vec![
        ("iat missing", without("iat"), TokenMalformed),
        ("iat text", with("iat", NOW.to_string()), TokenMalformed),
        ("nbf ahead", with("nbf", NOW + 6), TokenNotYetValid),
        ("nbf greatest", with("nbf", i64::MAX), TokenNotYetValid),
        ("nbf null", with("nbf", Value::Null), TokenMalformed),
        ("nbf text", with("nbf", NOW.to_string()), TokenMalformed),
        ("lives too long", with("exp", NOW + 601), TokenLifetime),
        ("lives for no second", with("exp", NOW), TokenLifetime),
        ("lives for ever", with("exp", i64::MAX), TokenLifetime),
        ("lives since ever", with("iat", i64::MIN), TokenLifetime),
        ("never lives", with("exp", NOW), TokenLifetime),
        ("pkid missing", without("pkid"), TokenMalformed),
        ("pkid of another key", with("pkid", "person-2"), PseudonymKey),
        ("pkid empty", with("pkid", ""), PseudonymKey),
        ("pkid number", with("pkid", 1), TokenMalformed),
        ("pkid null", with("pkid", Value::Null), TokenMalformed),
        ("pkid twice", twice(&format!(r#""pkid":"{PSEUDONYM_KEY}""#)), TokenMalformed),
        ("iss twice, once escaped", twice(&format!(r#""\u0069ss":"{ISSUER}""#)), TokenMalformed),
        ("exp twice, once escaped", twice(&format!(r#""e\u0078p":{}"#, NOW + 300)), TokenMalformed),
        ("name with half a surrogate", twice(r#""\ud800":1"#), TokenMalformed),
        ("skipped claim cut", twice(r#""x":{"#), TokenMalformed),
        ("skipped claim of garbage", twice(r#""x":nul"#), TokenMalformed),
        (
            "skipped claim nested deeply",
            twice(&format!(r#""x":{}1{}"#, "[".repeat(200), "]".repeat(199))),
            TokenMalformed,
        ),
        (
            "skipped claim of no UTF-8",
            signer().mint_bytes(HEADER, &no_utf8("\"x\":\"~\"")),
            TokenMalformed,
        ),
        ("sub of no UTF-8", signer().mint_bytes(HEADER, &no_utf8("\"sub\":\"~\"")), TokenMalformed),
        ("name of no UTF-8", signer().mint_bytes(HEADER, &no_utf8("\"~\":1")), TokenMalformed),
        ("claim in other case", replaced(r#""sub""#, r#""Sub""#), TokenMalformed),
        ("payload an array", signer().mint_raw(HEADER, &by_position()), TokenMalformed),
        ("payload no JSON", signer().mint_raw(HEADER, "sub"), TokenMalformed),
        ("payload empty", signer().mint_raw(HEADER, ""), TokenMalformed),
        ("payload twice", signer().mint_raw(HEADER, &payload().repeat(2)), TokenMalformed),
        (
            "payload cut",
            signer().mint_raw(HEADER, &payload()[..payload().len() - 1]),
            TokenMalformed,
        ),
        ("payload nested deeply", signer().mint_raw(HEADER, &"[".repeat(1_200)), TokenMalformed),
        (
            "payload with a comment",
            signer().mint_raw(HEADER, &format!("/**/{}", payload())),
            TokenMalformed,
        ),
    ]
}

fn by_spelling() -> Vec<(&'static str, String, Rejection)> {
    let stranger = TestIssuer::new(ISSUER, "k1", [9; 32]);
    let padding = good().len() - good().split('.').nth(1).unwrap().len();
    let filler = |length: usize| {
        let text = format!("{}{}", payload(), " ".repeat(length));
        signer().mint_raw(HEADER, &text)
    };
    let spare = ((TOKEN_BYTES_MAX - padding) / 4 * 3).saturating_sub(payload().len());
    assert!(filler(spare).len() <= TOKEN_BYTES_MAX, "the longest token is within the bound");
    vec![
        ("empty", String::new(), TokenMalformed),
        ("full stops only", "..".to_owned(), TokenMalformed),
        ("no full stop", good().replace('.', ""), TokenMalformed),
        ("one full stop", good().rsplit_once('.').unwrap().0.to_owned(), TokenMalformed),
        ("three full stops", format!("{}.", good()), TokenMalformed),
        ("a part in front", format!(".{}", good()), TokenMalformed),
        ("encrypted form", format!("{}.x.x", good()), TokenMalformed),
        ("cut by one", good()[..good().len() - 1].to_owned(), TokenMalformed),
        ("a character after it", format!("{}A", good()), TokenMalformed),
        ("a newline after it", format!("{}\n", good()), TokenMalformed),
        ("a blank before it", format!(" {}", good()), TokenMalformed),
        ("Bearer before it", format!("Bearer {}", good()), TokenMalformed),
        ("a zero byte after it", format!("{}\0", good()), TokenMalformed),
        ("not ASCII", good().replacen('.', "․", 1), TokenMalformed),
        ("signature padded", format!("{}==", good()), TokenMalformed),
        ("header padded", respelt(|p| p[0].push('=')), TokenMalformed),
        ("header with stray bits", respelt(|p| stray_bits(&mut p[0])), TokenMalformed),
        ("signature with stray bits", respelt(|p| stray_bits(&mut p[2])), TokenMalformed),
        ("signature in the other alphabet", respelt(|p| p[2] = "+".repeat(86)), TokenMalformed),
        ("signature empty", respelt(|p| p[2].clear()), TokenMalformed),
        ("signature of 63 bytes", signed_by(|bytes| bytes.truncate(63)), TokenMalformed),
        ("signature of 65 bytes", signed_by(|bytes| bytes.push(0)), TokenMalformed),
        ("signature zero", signed_by(|bytes| bytes.fill(0)), TokenSignature),
        ("signature of ones", signed_by(|bytes| bytes.fill(0xff)), TokenSignature),
        ("signature with s + L", signed_by(|bytes| add_order(bytes)), TokenSignature),
        (
            "signature with R the identity",
            signed_by(|bytes| {
                bytes.fill(0);
                bytes[0] = 1;
            }),
            TokenSignature,
        ),
        (
            "signature of another token",
            respelt(|p| {
                let other = with("exp", NOW + 299);
                p[2] = other.rsplit_once('.').unwrap().1.to_owned();
            }),
            TokenSignature,
        ),
        ("signed by a stranger", stranger.mint_raw(HEADER, &payload()), TokenSignature),
        (
            "payload of another token",
            respelt(|p| {
                p[1] = URL_SAFE_NO_PAD
                    .encode(payload().replace(&URL_SAFE_NO_PAD.encode(SUBJECT), &"A".repeat(43)));
            }),
            TokenSignature,
        ),
        ("one byte too long", "x".repeat(TOKEN_BYTES_MAX + 1), TokenTooLarge),
        ("well signed, but too long", filler(spare + 4), TokenTooLarge),
    ]
}

/// The payload with a member more, in which `~` stands for a byte that is no UTF-8.
fn no_utf8(member: &str) -> Vec<u8> {
    let text = payload().replacen('{', &format!("{{{member},"), 1);
    text.bytes().map(|byte| if byte == b'~' { 0xff } else { byte }).collect()
}

/// The claims by position: what serde would take for the struct.
fn by_position() -> String {
    let claims = object();
    let order = ["iss", "aud", "sub", "poll", "pkid", "iat", "exp"];
    Value::from_iter(order.map(|name| claims[name].clone())).to_string()
}

/// Signed with BLAKE3 in place of HMAC, under the public key: only the header's `alg` can refuse
/// it.
fn hs256() -> String {
    respelt(|parts| {
        parts[0] = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"k1"}"#);
        let key = *blake3::hash(signer().public_key_pem().as_bytes()).as_bytes();
        let mac = blake3::keyed_hash(&key, format!("{}.{}", parts[0], parts[1]).as_bytes());
        parts[2] = URL_SAFE_NO_PAD.encode(mac.as_bytes());
    })
}

#[test]
fn every_forged_or_unfit_token_is_refused_for_its_own_reason() {
    let cases = [by_header(), by_claims(), by_spelling()].concat();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let authenticator = authenticator();
    // With good ones between them, which must not suffer, nor lend their header.
    let texts: Vec<String> =
        cases.iter().flat_map(|(_, token, _)| [good(), token.clone()]).collect();
    let answers = run(&authenticator, &Caller::Anonymous, tokens(&texts));
    for ((name, _, expected), pair) in cases.iter().zip(answers.chunks(2)) {
        assert_eq!(outcome(&pair[0]), None, "the good token beside: {name}");
        assert_eq!(outcome(&pair[1]).map(Rejection::reason), Some(expected.reason()), "{name}");
    }
}

#[test]
fn tokens_at_the_edge_of_the_profile_are_accepted() {
    let edge = [
        ("typ JWT", headed(r#"{"alg":"EdDSA","kid":"k1","typ":"JWT"}"#)),
        ("header spaced", headed("{ \"kid\": \"k1\",\n\"alg\" : \"EdDSA\" }")),
        ("iss with escapes, as PHP writes it", replaced("https://", r"https:\/\/")),
        ("iat within the leeway", with("iat", NOW + 5)),
        ("nbf within the leeway", with("nbf", NOW + 5)),
        ("unknown claim", with("jti", "1")),
        ("unknown claim of an object", with("x", json!({ "sub": "y", "z": [null, {}] }))),
        ("unknown claim twice", replaced("{", r#"{"x":1,"x":2,"#)),
        ("claim that nothing needs, twice", replaced("{", r#"{"region":1,"region":[],"#)),
        ("name with escapes", replaced(r#""iss""#, r#""\u0069ss""#)),
        ("aud a list", with("aud", vec![AUDIENCE])),
        ("aud among eight", with("aud", vec!["1", "2", "3", "4", "5", "6", "7", AUDIENCE])),
        ("longest life", with("exp", NOW + 600)),
        ("shortest life", with("exp", NOW + 1)),
        ("shortest subject", with("sub", URL_SAFE_NO_PAD.encode([1; 16]))),
        ("longest subject", with("sub", URL_SAFE_NO_PAD.encode([1; 64]))),
    ];
    let authenticator = authenticator();
    for (name, token) in edge {
        let answers = run(&authenticator, &Caller::Anonymous, tokens(&[token]));
        assert_eq!(outcome(&answers[0]).map(Rejection::reason), None, "{name}");
    }
}

#[test]
fn a_flip_of_any_bit_of_a_token_refuses_it() {
    let good = good().into_bytes();
    let mut flipped = Vec::new();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            // What is no text never comes this far: protobuf refuses it.
            flipped.extend(String::from_utf8(bytes));
        }
    }
    assert!(flipped.len() > good.len() * 6);
    let answers = run(&authenticator(), &Caller::Anonymous, tokens(&flipped));
    for (token, answer) in flipped.iter().zip(&answers) {
        assert!(answer.is_err(), "{token}");
    }
}

#[test]
fn a_token_dies_with_time_and_not_before() {
    let authenticator = authenticator();
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    // iat = NOW, exp = NOW + 300, leeway 5.
    for (second, expected) in [
        (NOW - 6, Some(TokenNotYetValid)),
        (NOW - 5, None),
        (NOW + 304, None),
        (NOW + 305, Some(TokenExpired)),
    ] {
        let (conduct, needs, caller) = (Conduct::new(), Needs::default(), Caller::Anonymous);
        let (occasion, credentials) = (Occasion::Poll(POLL), tokens(&[good()]));
        let ballot = authenticator.authenticate(
            &caller,
            &conduct,
            occasion,
            &needs,
            credentials,
            at(second),
        );
        assert_eq!(outcome(&runtime.block_on(ballot)[0]), expected, "{}", second - NOW);
    }
}
