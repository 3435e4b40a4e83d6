//! An issuer for the demo, the tests and the benches.
//!
//! Makes the tokens that [`super::Authenticator`] reads. Not a way to run a real issuer: its key
//! comes from a seed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::poll::PollId;

/// Signs tokens under one key. No `Debug`: it holds a secret key.
pub struct TestIssuer {
    key: SigningKey,
    header: String,
    issuer: String,
}

/// What a token says, besides its issuer.
pub struct Claims<'a> {
    /// The engine that it is for.
    pub audience: &'a str,
    /// The voter's pseudonym: 16 to 64 bytes for a token that is accepted.
    pub subject: &'a [u8],
    /// The poll that it is for.
    pub poll: PollId,
    /// `iat`, in whole seconds.
    pub issued_at: Timestamp,
    /// Seconds from `iat` to `exp`.
    pub lifetime_seconds: i64,
}

impl TestIssuer {
    /// The issuer `id` with the key `kid`, whose secret is `seed`.
    pub fn new(id: &str, kid: &str, seed: [u8; 32]) -> Self {
        let header = json!({ "alg": "EdDSA", "kid": kid, "typ": "JWT" }).to_string();
        Self {
            key: SigningKey::from_bytes(&seed),
            header: URL_SAFE_NO_PAD.encode(header),
            issuer: Value::from(id).to_string(),
        }
    }

    /// The public key, as an issuer's `public_key_file` holds it.
    ///
    /// # Panics
    /// Never: a public key always has a PEM form.
    pub fn public_key_pem(&self) -> String {
        let pem = self.key.verifying_key().to_public_key_pem(LineEnding::LF);
        pem.expect("32 bytes always fit into a SubjectPublicKeyInfo")
    }

    /// A token of these claims.
    pub fn mint(&self, claims: &Claims<'_>) -> String {
        let Claims { audience, subject, poll, issued_at, lifetime_seconds } = claims;
        let issued = issued_at.as_second();
        let expires = issued.saturating_add(*lifetime_seconds);
        let issuer = &self.issuer;
        let audience = Value::from(*audience);
        let subject = URL_SAFE_NO_PAD.encode(subject);
        let payload = format!(
            r#"{{"iss":{issuer},"aud":{audience},"sub":"{subject}","poll":"{poll}","iat":{issued},"exp":{expires}}}"#
        );
        self.sign(self.header.clone(), &payload)
    }

    /// A well-signed token of any header and payload: for what the profile must refuse.
    pub fn mint_raw(&self, header: &str, payload: &str) -> String {
        self.sign(URL_SAFE_NO_PAD.encode(header), payload)
    }

    fn sign(&self, mut token: String, payload: &str) -> String {
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.key.sign(token.as_bytes()).to_bytes();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }
}
