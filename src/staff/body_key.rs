//! Keys with which bodies sign their orders, and those signatures.
//!
//! A signature is a detached JWS (RFC 7515, appendix F) over an order's canonical JSON: the order
//! travels beside it, and is not copied into it. A revoked key signs no more; what it signed before
//! was accepted then, and the audit log says so. Does not say what an order may hold.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rules::{Broken, is_visible};
use super::signature::{holds, object_text, present, segments};
use crate::ground::limits::{
    DETACHED_JWS_BYTES_MAX, DOCUMENT_CHARACTERS_MAX, KEY_FILE_BYTES_MAX, KEY_ID_BYTES_MAX,
};
use crate::jose::key::{Algorithm, PublicKey};
use crate::poll::Violation;

/// Why a body's key is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BodyKeyReason {
    /// It was stolen, or may have been (L9).
    Compromised,
    /// Another key took its place.
    Superseded,
    /// The body orders no polls any more.
    BodyLeft,
}

impl BodyKeyReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Compromised, Self::Superseded, Self::BodyLeft];

    /// The reason as the API spells it.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Compromised => "COMPROMISED",
            Self::Superseded => "SUPERSEDED",
            Self::BodyLeft => "BODY_LEFT",
        }
    }
}

/// A revocation; it is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyKeyRevoked {
    /// When.
    pub at: Timestamp,
    /// The account that recorded it.
    pub by: String,
    /// Why.
    pub reason: BodyKeyReason,
    /// Number of the letter or act behind it, 1 to 100 characters.
    pub reference: String,
}

/// A key of a body. Within a body no two have one `kid`, ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyKey {
    /// The body's registry code: 8 digits.
    pub body: String,
    /// The key's name in its signatures: 1 to 64 visible ASCII characters.
    pub kid: String,
    /// The public key as PEM.
    pub public_key_pem: String,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The account that registered it.
    pub registered_by: String,
    /// Its revocation, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<BodyKeyRevoked>,
}

impl BodyKey {
    /// A key that can be trusted: Ed25519, P-256, or RSA of 2,048 to 4,096 bits.
    ///
    /// # Errors
    /// The first field that breaks its rule.
    pub fn new(
        body: &str,
        kid: &str,
        public_key_pem: &str,
        at: Timestamp,
        by: &str,
    ) -> Result<Self, Violation> {
        let mut broken = Broken::default();
        broken.code("body", body);
        broken.visible("kid", kid, KEY_ID_BYTES_MAX);
        if public_key_pem.len() > KEY_FILE_BYTES_MAX {
            broken.add("public_key_pem", "must hold at most 8192 bytes");
        } else if public_key_pem.contains("PRIVATE") {
            // Text around a public key would be stored with it.
            broken.add("public_key_pem", "must not hold a private key");
        } else if let Err(flaw) = PublicKey::from_pem(public_key_pem) {
            broken.add("public_key_pem", flaw.to_string());
        }
        match broken.into_vec().into_iter().next() {
            Some(violation) => Err(violation),
            None => Ok(Self {
                body: body.to_owned(),
                kid: kid.to_owned(),
                public_key_pem: public_key_pem.to_owned(),
                registered_at: at,
                registered_by: by.to_owned(),
                revoked: None,
            }),
        }
    }

    /// The key, revoked. One that was revoked before stays as it was: the first record stands.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn revoked(&self, revocation: BodyKeyRevoked) -> Result<Self, Violation> {
        let mut broken = Broken::default();
        broken.line("reference", &revocation.reference, DOCUMENT_CHARACTERS_MAX);
        match broken.into_vec().into_iter().next() {
            Some(violation) => Err(violation),
            None => {
                let revoked = self.revoked.clone().or(Some(revocation));
                Ok(Self { revoked, ..self.clone() })
            }
        }
    }
}

/// Why a detached signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum JwsFlaw {
    /// More bytes than are read.
    #[error("signature: at most 2048 bytes")]
    TooLarge,
    /// Not `header..signature` with a header of `alg`, `kid` and at most `typ`.
    #[error("signature: not a detached JWS (RFC 7515, appendix F) with alg and kid")]
    Malformed,
    /// An algorithm that is none of ours, or not the key's.
    #[error("signature: alg is not the algorithm of the key")]
    Algorithm,
    /// Another key's name.
    #[error("signature: kid is not this key")]
    KeyUnknown,
    /// A key that was revoked.
    #[error("signature: the key is revoked")]
    KeyRevoked,
    /// It does not hold.
    #[error("signature: does not hold for this order and key")]
    Signature,
}

/// Why nothing is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// No Ed25519 key.
    #[error("not an Ed25519 private key in PKCS #8 PEM (\"BEGIN PRIVATE KEY\")")]
    PrivateKey,
    /// A name that no key can have.
    #[error("kid must hold 1 to 64 visible ASCII characters")]
    Kid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    typ: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct NewHeader<'a> {
    alg: &'a str,
    kid: &'a str,
}

/// A detached signature in its parts, not checked.
struct Detached<'a> {
    header: &'a str,
    signature: &'a str,
    algorithm: Algorithm,
    kid: String,
}

fn read(jws: &str) -> Result<Detached<'_>, JwsFlaw> {
    if jws.len() > DETACHED_JWS_BYTES_MAX {
        return Err(JwsFlaw::TooLarge);
    }
    let [header, payload, signature] = segments(jws).ok_or(JwsFlaw::Malformed)?;
    let text = object_text(header).ok_or(JwsFlaw::Malformed)?;
    let read: Header<'_> = serde_json::from_str(&text).map_err(|_| JwsFlaw::Malformed)?;
    // A token of the same key must not pass for a signature of something else.
    if !payload.is_empty() || read.typ.is_some_and(|typ| typ != "JOSE") {
        return Err(JwsFlaw::Malformed);
    }
    let algorithm = Algorithm::named(&read.alg).ok_or(JwsFlaw::Algorithm)?;
    if !is_visible(&read.kid, KEY_ID_BYTES_MAX) {
        return Err(JwsFlaw::Malformed);
    }
    Ok(Detached { header, signature, algorithm, kid: read.kid.into_owned() })
}

/// The name of the key that a detached signature claims: to find the key by, not proven.
///
/// # Errors
/// [`JwsFlaw`] for what is no such signature.
pub fn kid_of(jws: &str) -> Result<String, JwsFlaw> {
    read(jws).map(|read| read.kid)
}

/// Checks a detached signature of these bytes by this key.
///
/// # Errors
/// [`JwsFlaw`] for the first thing that does not fit.
pub fn verify_detached(jws: &str, payload: &[u8], key: &BodyKey) -> Result<(), JwsFlaw> {
    let read = read(jws)?;
    if read.kid != key.kid {
        return Err(JwsFlaw::KeyUnknown);
    }
    if key.revoked.is_some() {
        return Err(JwsFlaw::KeyRevoked);
    }
    // It was checked when it was registered; one that is not what it was signs nothing.
    let public = PublicKey::from_pem(&key.public_key_pem).map_err(|_| JwsFlaw::Signature)?;
    if public.algorithm() != read.algorithm {
        return Err(JwsFlaw::Algorithm);
    }
    if holds(&public, signing_input(read.header, payload).as_bytes(), read.signature) {
        Ok(())
    } else {
        Err(JwsFlaw::Signature)
    }
}

/// Signs these bytes with an Ed25519 key, as [`verify_detached`] checks it.
///
/// # Errors
/// [`SignError`] for a key or a name that cannot sign.
///
/// # Panics
/// Never: a name always has a JSON form.
pub fn sign_detached(
    private_key_pem: &str,
    kid: &str,
    payload: &[u8],
) -> Result<String, SignError> {
    if !is_visible(kid, KEY_ID_BYTES_MAX) {
        return Err(SignError::Kid);
    }
    let key = SigningKey::from_pkcs8_pem(private_key_pem).map_err(|_| SignError::PrivateKey)?;
    let header = serde_json::to_string(&NewHeader { alg: "EdDSA", kid }).expect("two strings");
    let header = URL_SAFE_NO_PAD.encode(header);
    let signature = key.sign(signing_input(&header, payload).as_bytes());
    Ok(format!("{header}..{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
}

fn signing_input(header: &str, payload: &[u8]) -> String {
    let mut input = format!("{header}.");
    URL_SAFE_NO_PAD.encode_string(payload, &mut input);
    input
}

#[cfg(test)]
mod tests;
