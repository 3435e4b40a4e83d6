//! Signatures of orders that hold, and all that must not.

use serde_json::json;

use super::*;
use crate::count::authenticate::mint::TestIssuer;

/// The key pair of RFC 8410, section 10.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
    -----END PUBLIC KEY-----\n";
const ORDER: &[u8] = r#"{"reference":"12-н","title":"Назва"}"#.as_bytes();

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn key_of(kid: &str, pem: &str) -> BodyKey {
    BodyKey::new("43220851", kid, pem, at(0), "staff-1").unwrap()
}

fn key() -> BodyKey {
    key_of("mdt-1", PUBLIC)
}

fn signed() -> String {
    sign_detached(PRIVATE, "mdt-1", ORDER).unwrap()
}

fn revocation() -> BodyKeyRevoked {
    BodyKeyRevoked {
        at: at(60),
        by: "staff-1".to_owned(),
        reason: BodyKeyReason::Compromised,
        reference: "лист 5".to_owned(),
    }
}

/// A detached signature of any header, by the signer's key.
fn headed(signer: &TestIssuer, header: &str) -> String {
    let jws = signer.mint_bytes(header, ORDER);
    let [header, _, signature] = segments(&jws).unwrap();
    format!("{header}..{signature}")
}

#[test]
fn what_a_body_signs_holds_for_its_key() {
    assert_eq!(kid_of(&signed()), Ok("mdt-1".to_owned()));
    assert_eq!(verify_detached(&signed(), ORDER, &key()), Ok(()));
    assert!(signed().starts_with("eyJhbGciOiJFZERTQSIsImtpZCI6Im1kdC0xIn0.."));
    let empty = sign_detached(PRIVATE, "mdt-1", b"").unwrap();
    assert_eq!(verify_detached(&empty, b"", &key()), Ok(()));
}

#[test]
fn a_signature_holds_for_one_order_and_one_key() {
    let mut other = ORDER.to_vec();
    for place in 0..other.len() {
        other[place] ^= 1;
        assert_eq!(verify_detached(&signed(), &other, &key()), Err(JwsFlaw::Signature));
        other[place] ^= 1;
    }
    let longer = [ORDER, b" "].concat();
    assert_eq!(verify_detached(&signed(), &longer, &key()), Err(JwsFlaw::Signature));
    let stranger = key_of("mdt-1", &TestIssuer::new("x", "y", [7; 32]).public_key_pem());
    assert_eq!(verify_detached(&signed(), ORDER, &stranger), Err(JwsFlaw::Signature));
    let renamed = key_of("mdt-2", PUBLIC);
    assert_eq!(verify_detached(&signed(), ORDER, &renamed), Err(JwsFlaw::KeyUnknown));
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let jws = signed();
    for place in 0..jws.len() {
        for bit in 0..8 {
            let mut bytes = jws.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            assert!(verify_detached(&flipped, ORDER, &key()).is_err(), "bit {bit} of byte {place}");
        }
        assert!(verify_detached(&jws[..place], ORDER, &key()).is_err(), "{place}");
    }
}

#[test]
fn every_algorithm_of_a_key_is_taken_and_no_other() {
    let signers = [
        ("EdDSA", TestIssuer::new("x", "k", [5; 32])),
        ("ES256", TestIssuer::es256("x", "k")),
        ("RS256", TestIssuer::rs256("x", "k", false)),
        ("RS256", TestIssuer::rs256("x", "k", true)),
    ];
    for (own, signer) in &signers {
        let key = key_of("k", &signer.public_key_pem());
        for alg in ["EdDSA", "ES256", "RS256", "none", "HS256", "PS256", ""] {
            let jws = headed(signer, &json!({ "alg": alg, "kid": "k" }).to_string());
            let expected = if alg == *own { Ok(()) } else { Err(JwsFlaw::Algorithm) };
            assert_eq!(verify_detached(&jws, ORDER, &key), expected, "{alg} by {own}");
        }
    }
}

#[test]
fn a_header_holds_alg_and_kid_and_at_most_typ() {
    let signer = TestIssuer::new("x", "k", [5; 32]);
    let key = key_of("k", &signer.public_key_pem());
    let typed = headed(&signer, r#"{"alg":"EdDSA","kid":"k","typ":"JOSE"}"#);
    assert_eq!(verify_detached(&typed, ORDER, &key), Ok(()));
    for header in [
        r#"{"alg":"EdDSA","kid":"k","typ":"JWT"}"#,
        r#"{"alg":"EdDSA","kid":"k","typ":null}"#,
        r#"{"alg":"EdDSA","kid":"k","crit":["b64"],"b64":false}"#,
        r#"{"alg":"EdDSA","kid":"k","b64":false}"#,
        r#"{"alg":"EdDSA","kid":"k","jwk":{"kty":"OKP"}}"#,
        r#"{"alg":"EdDSA","kid":"k","x5c":[]}"#,
        r#"{"alg":"EdDSA","kid":"k","kid":"k"}"#,
        r#"{"alg":"EdDSA","\u0061lg":"EdDSA","kid":"k"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"kid":"k"}"#,
        r#"{"alg":"EdDSA","kid":""}"#,
        r#"{"alg":"EdDSA","kid":"a b"}"#,
        r#"["EdDSA","k"]"#,
        r#"{"alg":"EdDSA","kid":"k"}x"#,
        "",
    ] {
        let jws = headed(&signer, header);
        assert_eq!(verify_detached(&jws, ORDER, &key), Err(JwsFlaw::Malformed), "{header}");
        assert_eq!(kid_of(&jws), Err(JwsFlaw::Malformed), "{header}");
    }
}

#[test]
fn only_the_detached_form_is_read() {
    let signer = TestIssuer::new("x", "k", [5; 32]);
    let key = key_of("k", &signer.public_key_pem());
    let whole = signer.mint_bytes(r#"{"alg":"EdDSA","kid":"k"}"#, ORDER);
    assert_eq!(verify_detached(&whole, ORDER, &key), Err(JwsFlaw::Malformed));
    for bad in ["", ".", "..", "...", "a..b", &format!("{}.", signed()), &format!(".{}", signed())]
    {
        assert_eq!(verify_detached(bad, ORDER, &key), Err(JwsFlaw::Malformed), "{bad}");
    }
    let long = format!("{}{}", signed(), "A".repeat(DETACHED_JWS_BYTES_MAX));
    assert_eq!(kid_of(&long), Err(JwsFlaw::TooLarge));
}

#[test]
fn a_revoked_key_signs_no_more_and_stays_revoked() {
    let revoked = key().revoked(revocation()).unwrap();
    assert_eq!(verify_detached(&signed(), ORDER, &revoked), Err(JwsFlaw::KeyRevoked));
    let later = BodyKeyRevoked { at: at(90), ..revocation() };
    assert_eq!(revoked.revoked(later).unwrap(), revoked, "the first record stands");
    let unfounded = BodyKeyRevoked { reference: String::new(), ..revocation() };
    let violation = key().revoked(unfounded).unwrap_err();
    assert_eq!(violation.to_string(), "reference: must hold 1 to 100 characters");
}

#[test]
fn a_key_that_cannot_be_trusted_is_not_registered() {
    let said = |body: &str, kid: &str, pem: &str| {
        BodyKey::new(body, kid, pem, at(0), "staff-1").unwrap_err().to_string()
    };
    assert_eq!(said("4322085", "k", PUBLIC), "body: must hold 8 digits");
    let rule = "kid: must hold 1 to 64 visible ASCII characters";
    assert_eq!(said("43220851", "", PUBLIC), rule);
    assert_eq!(said("43220851", &"k".repeat(65), PUBLIC), rule);
    let rule = "public_key_pem: must not hold a private key";
    assert_eq!(said("43220851", "k", PRIVATE), rule);
    assert_eq!(said("43220851", "k", &format!("{PRIVATE}{PUBLIC}")), rule);
    let rule = "public_key_pem: not a public key for EdDSA";
    assert!(said("43220851", "k", "").starts_with(rule));
    let rule = "public_key_pem: must hold at most 8192 bytes";
    assert_eq!(said("43220851", "k", &format!("{PUBLIC}{}", "\n".repeat(9_000))), rule);
    // The neutral point: a signature of zeros would hold for every order.
    let neutral = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
        -----END PUBLIC KEY-----\n";
    assert!(said("43220851", "k", neutral).starts_with("public_key_pem: the public key is weak"));
}

#[test]
fn what_is_no_ed25519_key_signs_nothing_and_is_not_repeated() {
    for bad in ["", PUBLIC, "secret", &PRIVATE[..60]] {
        let flaw = sign_detached(bad, "k", ORDER).unwrap_err();
        assert_eq!(flaw, SignError::PrivateKey);
        assert!(!flaw.to_string().contains("secret"));
    }
    assert_eq!(sign_detached(PRIVATE, "a b", ORDER), Err(SignError::Kid));
    let quoted = sign_detached(PRIVATE, r#"a"\"#, ORDER).unwrap();
    assert_eq!(kid_of(&quoted), Ok(r#"a"\"#.to_owned()));
}

#[test]
fn a_key_is_stored_as_it_is_read_and_without_room_for_more() {
    for key in [key(), key().revoked(revocation()).unwrap()] {
        let stored = serde_json::to_value(&key).unwrap();
        assert_eq!(serde_json::from_value::<BodyKey>(stored.clone()).unwrap(), key);
        let mut more = stored;
        more["private"] = "1".into();
        assert!(serde_json::from_value::<BodyKey>(more).is_err());
    }
    for reason in BodyKeyReason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.wire_name());
    }
}
