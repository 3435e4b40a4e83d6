//! Which sets are read, which keys of them, and which sets are refused.

use serde_json::{Value, json};

use super::*;
use crate::count::authenticate::mint::TestIssuer;

fn kids(set: &Value) -> Result<Vec<String>, JwksError> {
    Ok(read(set.to_string().as_bytes())?.into_iter().map(|key| key.kid).collect())
}

/// A key for us, with some members changed; `null` takes one away.
fn with(changes: &Value) -> Value {
    let mut jwk = TestIssuer::new("i", "k", [1; 32]).jwk();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(jwk.as_object_mut().unwrap().remove(name)),
            value => jwk[name] = value.clone(),
        }
    }
    jwk
}

fn one(jwk: &Value) -> Result<usize, JwksError> {
    kids(&json!({ "keys": [jwk] })).map(|kids| kids.len())
}

#[test]
fn keys_of_all_three_algorithms_are_read() {
    let issuers = [
        TestIssuer::new("i", "a", [1; 32]),
        TestIssuer::es256("i", "b"),
        TestIssuer::rs256("i", "c", false),
    ];
    let set = json!({ "keys": issuers.each_ref().map(TestIssuer::jwk), "more": 1 });
    assert_eq!(kids(&set).unwrap(), ["a", "b", "c"]);
    for issuer in issuers {
        let by_set = read(issuer.jwks().as_bytes()).ok().unwrap().pop().unwrap().key;
        let by_file = PublicKey::from_pem(&issuer.public_key_pem()).ok().unwrap();
        assert!(by_set.algorithm() == by_file.algorithm());
        assert_eq!(by_set.signature_bytes(), by_file.signature_bytes());
        assert_eq!(by_set.material(), by_file.material(), "one key by either way");
    }
}

#[test]
fn the_examples_of_the_rfcs_are_read() {
    // RFC 7517, A.1: the EC key is for encryption, the RSA key names its algorithm.
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let set = json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
          "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "use": "enc", "kid": "1" },
        { "kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" },
    ]});
    assert_eq!(kids(&set).unwrap(), ["2011-04-29"]);
    let mut signing = set.clone();
    signing["keys"][0]["use"] = "sig".into();
    assert_eq!(kids(&signing).unwrap(), ["1", "2011-04-29"]);
    // RFC 8037, A.2 and A.4: the key verifies the example's signature.
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "x", "use": "sig",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let key = read(json!({ "keys": [key] }).to_string().as_bytes()).ok().unwrap().pop().unwrap();
    let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let Some(crate::jose::key::Check::Batch(item)) = key.key.check(signed.as_bytes(), &signature)
    else {
        panic!("Ed25519 is checked in batches")
    };
    assert!(item.verify_single().is_ok());
}

#[test]
fn a_key_that_is_not_for_us_is_skipped() {
    let skipped = [
        json!({ "kty": "oct?" }),
        json!({ "crv": "Ed448" }),
        json!({ "crv": "X25519" }),
        json!({ "crv": null }),
        json!({ "use": "enc" }),
        json!({ "use": "Sig" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "none" }),
        json!({ "use": null, "alg": null }),
        json!({ "use": null, "key_ops": ["sign"] }),
        json!({ "use": "enc", "kid": null }),
    ];
    for changes in skipped {
        assert_eq!(one(&with(&changes)), Ok(0), "{changes}");
    }
    let read = [
        json!({}),
        json!({ "alg": null }),
        json!({ "alg": "Ed25519" }),
        json!({ "use": null }),
        json!({ "use": null, "alg": null, "key_ops": ["verify"] }),
        json!({ "x5c": ["?"], "iat": 1, "x5t#S256": {} }),
    ];
    for changes in read {
        assert_eq!(one(&with(&changes)), Ok(1), "{changes}");
    }
    assert_eq!(kids(&json!({ "keys": [] })), Ok(Vec::new()));
}

#[test]
fn a_set_that_names_a_secret_is_refused_whole() {
    let good = with(&json!({ "kid": "good" }));
    for member in ["d", "k", "p", "q"] {
        for value in [json!("AQAB"), json!(1), json!([])] {
            let mut secret = with(&json!({ "use": "enc" }));
            secret[member] = value;
            let set = json!({ "keys": [good, secret] });
            assert_eq!(kids(&set), Err(JwksError::Secret), "{member}");
        }
    }
    let null = with(&json!({})).to_string().replacen('{', r#"{"d":null,"#, 1);
    let set = format!(r#"{{"keys":[{null}]}}"#);
    assert_eq!(read(set.as_bytes()).err(), Some(JwksError::Secret));
    let oct = json!({ "keys": [{ "kty": "oct", "kid": "s", "k": "AQAB" }] });
    assert_eq!(kids(&oct), Err(JwksError::Secret));
}

#[test]
fn a_set_that_cannot_be_trusted_is_refused_whole() {
    let weak_rsa = |n: Vec<u8>, e: &[u8]| {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "kty": "RSA", "kid": "k", "use": "sig", "n": text(&n), "e": text(e) })
    };
    let key = |flaw| Err(JwksError::Key(flaw));
    let point = |y: &str| {
        json!({ "kty": "EC", "crv": "P-256", "kid": "k", "use": "sig",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": y })
    };
    let cases = [
        (with(&json!({ "kid": null })), Err(JwksError::KidMissing)),
        (with(&json!({ "kid": 5 })), Err(JwksError::Malformed)),
        (with(&json!({ "x": null })), Err(JwksError::Malformed)),
        (with(&json!({ "x": "AQ==" })), Err(JwksError::Malformed)),
        (with(&json!({ "x": "AQ" })), key(KeyFlaw::NotPublicKey)),
        (with(&json!({ "x": "A".repeat(43) })), key(KeyFlaw::Weak)),
        (point("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyN"), Err(JwksError::Malformed)),
        (point("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyA"), key(KeyFlaw::NotPublicKey)),
        (point("AA"), key(KeyFlaw::NotPublicKey)),
        (weak_rsa(vec![0xff; 128], &[1, 0, 1]), key(KeyFlaw::RsaSize)),
        (weak_rsa([vec![0x7f], vec![0xff; 255]].concat(), &[1, 0, 1]), key(KeyFlaw::RsaSize)),
        (weak_rsa(vec![0xff; 513], &[1, 0, 1]), key(KeyFlaw::RsaSize)),
        (weak_rsa([vec![0], vec![0xff; 256]].concat(), &[1, 0, 1]), key(KeyFlaw::NotCanonical)),
        (weak_rsa(vec![], &[1, 0, 1]), key(KeyFlaw::RsaSize)),
        (weak_rsa([vec![0xff; 255], vec![0xfe]].concat(), &[1, 0, 1]), key(KeyFlaw::Weak)),
        (weak_rsa(vec![0xff; 256], &[1]), key(KeyFlaw::Weak)),
        (weak_rsa(vec![0xff; 256], &[2]), key(KeyFlaw::Weak)),
        (weak_rsa(vec![0xff; 256], &[]), key(KeyFlaw::Weak)),
        (weak_rsa(vec![0xff; 256], &[0, 3]), key(KeyFlaw::NotCanonical)),
    ];
    for (jwk, expected) in cases {
        assert_eq!(one(&jwk), expected, "{jwk}");
    }
    assert_eq!(one(&weak_rsa(vec![0xff; 256], &[3])), Ok(1));
    assert_eq!(one(&weak_rsa(vec![0xff; 512], &[1, 0, 1])), Ok(1));
    let twice = json!({ "keys": [with(&json!({})), with(&json!({}))] });
    assert_eq!(kids(&twice), Err(JwksError::Key(KeyFlaw::IdTaken)));
}

#[test]
fn a_set_has_its_bounds() {
    let keys = |count: usize| {
        let keys: Vec<_> = (0..count).map(|n| with(&json!({ "kid": n.to_string() }))).collect();
        kids(&json!({ "keys": keys })).map(|kids| kids.len())
    };
    assert_eq!(keys(32), Ok(32));
    assert_eq!(keys(33), Err(JwksError::TooMany));
    let text = TestIssuer::new("i", "k", [1; 32]).jwks();
    let filled = |length: usize| format!("{text}{}", " ".repeat(length - text.len()));
    assert!(read(filled(65_536).as_bytes()).is_ok());
    assert_eq!(read(filled(65_537).as_bytes()).err(), Some(JwksError::TooLarge));
    for text in
        ["", "{}", "[]", "[[]]", "null", "{\"keys\":{}}", "{\"keys\":[1]}", "{\"keys\":[]}x"]
    {
        assert_eq!(read(text.as_bytes()).err(), Some(JwksError::Malformed), "{text}");
    }
}
