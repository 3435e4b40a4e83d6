//! An issuer for the demo, the tests and the benches.
//!
//! Makes the tokens that [`super::Authenticator`] reads. Not a way to run a real issuer: its key
//! comes from a seed, or dies with the process.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::{LineEnding, encode_string};
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::jose::key::rsa_numbers;
use crate::poll::PollId;

/// Signs tokens under one key. No `Debug`: it holds a secret key.
pub struct TestIssuer {
    key: SecretKey,
    kid: String,
    header: String,
    issuer: String,
}

enum SecretKey {
    Ed25519(Box<SigningKey>),
    P256(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

/// What a token says, besides its issuer.
pub struct Claims<'a> {
    /// The engine that it is for.
    pub audience: &'a str,
    /// The voter's pseudonym: 16 to 64 bytes for a token that is accepted.
    pub subject: &'a [u8],
    /// The id of the pseudonym key under which it is made.
    pub pseudonym_key: &'a str,
    /// The poll that it is for.
    pub poll: PollId,
    /// `iat`, in whole seconds.
    pub issued_at: Timestamp,
    /// Seconds from `iat` to `exp`.
    pub lifetime_seconds: i64,
    /// Further claims, about the person.
    pub more: &'a [(&'a str, Value)],
}

impl TestIssuer {
    /// The issuer `id` with the Ed25519 key `kid`, whose secret is `seed`.
    pub fn new(id: &str, kid: &str, seed: [u8; 32]) -> Self {
        Self::with(id, kid, SecretKey::Ed25519(Box::new(SigningKey::from_bytes(&seed))))
    }

    /// The issuer `id` with a new key `kid` for ES256.
    ///
    /// # Panics
    /// When the system gives no randomness.
    pub fn es256(id: &str, kid: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self::with(id, kid, SecretKey::P256(key.expect("the system gives randomness")))
    }

    /// The issuer `id` with a new key `kid` for RS256, of 2,048 bits; or, when `large`, of 4,096.
    ///
    /// # Panics
    /// When the system gives no randomness.
    pub fn rs256(id: &str, kid: &str, large: bool) -> Self {
        let size = if large { rsa::KeySize::Rsa4096 } else { rsa::KeySize::Rsa2048 };
        let key = rsa::KeyPair::generate(size).expect("the system gives randomness");
        Self::with(id, kid, SecretKey::Rsa(key))
    }

    fn with(id: &str, kid: &str, key: SecretKey) -> Self {
        let header = json!({ "alg": key.algorithm(), "kid": kid, "typ": "JWT" }).to_string();
        let (kid, header) = (kid.to_owned(), URL_SAFE_NO_PAD.encode(header));
        Self { key, kid, header, issuer: Value::from(id).to_string() }
    }

    /// The public key, as an issuer's `public_key_file` holds it.
    ///
    /// # Panics
    /// Never: a public key always has a PEM form.
    pub fn public_key_pem(&self) -> String {
        let der = self.key.public_der();
        encode_string("PUBLIC KEY", LineEnding::LF, &der).expect("a key fits into a PEM text")
    }

    /// The key set with the public key, as an issuer publishes it.
    pub fn jwks(&self) -> String {
        json!({ "keys": [self.jwk()] }).to_string()
    }

    /// The public key as one member of a key set.
    ///
    /// # Panics
    /// Never: a key that was made can be read.
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.key {
            SecretKey::Ed25519(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(key.verifying_key().as_bytes()) })
            }
            SecretKey::P256(key) => {
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) })
            }
            SecretKey::Rsa(key) => {
                let (n, e) = rsa_numbers(key.public_key().as_ref()).expect("a key that was made");
                json!({ "kty": "RSA", "n": text(n), "e": text(e) })
            }
        };
        jwk["kid"] = self.kid.clone().into();
        jwk["alg"] = self.key.algorithm().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A token of these claims.
    pub fn mint(&self, claims: &Claims<'_>) -> String {
        let Claims { audience, subject, pseudonym_key, poll, issued_at, lifetime_seconds, more } =
            claims;
        let issued = issued_at.as_second();
        let expires = issued.saturating_add(*lifetime_seconds);
        let issuer = &self.issuer;
        let [audience, key] = [*audience, *pseudonym_key].map(Value::from);
        let subject = URL_SAFE_NO_PAD.encode(subject);
        let mut payload = format!(
            r#"{{"iss":{issuer},"aud":{audience},"sub":"{subject}","poll":"{poll}","pkid":{key},"iat":{issued},"exp":{expires}"#
        );
        for (name, value) in *more {
            payload.push_str(&format!(",{}:{value}", Value::from(*name)));
        }
        payload.push('}');
        self.sign(self.header.clone(), payload.as_bytes())
    }

    /// A well-signed token of any header and payload: for what the profile must refuse.
    pub fn mint_raw(&self, header: &str, payload: &str) -> String {
        self.mint_bytes(header, payload.as_bytes())
    }

    /// The same, of a payload that need not even be text.
    pub fn mint_bytes(&self, header: &str, payload: &[u8]) -> String {
        self.sign(URL_SAFE_NO_PAD.encode(header), payload)
    }

    fn sign(&self, mut token: String, payload: &[u8]) -> String {
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.key.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }
}

impl SecretKey {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
            Self::Rsa(_) => "RS256",
        }
    }

    /// The SubjectPublicKeyInfo.
    fn public_der(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => {
                let der = key.verifying_key().to_public_key_der();
                der.expect("32 bytes always fit").into_vec()
            }
            Self::P256(key) => key.public_key().as_der().expect("a point fits").as_ref().to_vec(),
            Self::Rsa(key) => key.public_key().as_der().expect("a key fits").as_ref().to_vec(),
        }
    }

    fn sign(&self, signed: &[u8]) -> Vec<u8> {
        // Ignored by the library, which has its own.
        let random = SystemRandom::new();
        match self {
            Self::Ed25519(key) => key.sign(signed).to_bytes().to_vec(),
            Self::P256(key) => key.sign(&random, signed).expect("a key signs").as_ref().to_vec(),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, signed, &mut signature).expect("a key signs");
                signature
            }
        }
    }
}
