//! JSON Web Key Sets (RFC 7517): the keys that an issuer publishes for its tokens.
//!
//! Keys that are not for us are skipped, as section 5 of the RFC asks: of another kind, for another
//! use, of another algorithm. A set that names a secret, names a key twice, or holds a key that
//! should be for us and cannot be trusted is refused whole. Does not fetch anything.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::key::{Algorithm, PublicKey};
use crate::ground::limits::{JWKS_BYTES_MAX, JWKS_KEYS_MAX};
use crate::jose::KeyFlaw;

/// Why a key set is refused. Never holds a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// More bytes than are read.
    #[error("the key set is larger than 65536 bytes")]
    TooLarge,
    /// No JSON object with a list of `keys`.
    #[error("not a JSON Web Key Set (RFC 7517)")]
    Malformed,
    /// More keys than are looked at.
    #[error("the key set holds more than 32 keys")]
    TooMany,
    /// A member that only a secret key has.
    #[error("the key set holds a secret key, which is no secret any more: replace it")]
    Secret,
    /// A key without a name.
    #[error("a key of the set has no kid")]
    KidMissing,
    /// A key that cannot be trusted.
    #[error("a key of the set cannot be trusted: {0}")]
    Key(KeyFlaw),
}

/// A key of a set, with its name.
pub(crate) struct NamedKey {
    pub(crate) kid: String,
    pub(crate) key: PublicKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    // What only a secret key has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1). Present with any
    // value, `null` too.
    #[serde(default, deserialize_with = "present")]
    d: bool,
    #[serde(default, deserialize_with = "present")]
    k: bool,
    #[serde(default, deserialize_with = "present")]
    p: bool,
    #[serde(default, deserialize_with = "present")]
    q: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(from).map(|_| true)
}

/// The keys of a set that are for us.
///
/// # Errors
/// [`JwksError`] for a set that must not be trusted.
pub(crate) fn read(json: &[u8]) -> Result<Vec<NamedKey>, JwksError> {
    if json.len() > JWKS_BYTES_MAX {
        return Err(JwksError::TooLarge);
    }
    // serde would also fill the struct from an array, by position.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(JwksError::Malformed);
    }
    let set: Set = serde_json::from_slice(json).map_err(|_| JwksError::Malformed)?;
    if set.keys.len() > JWKS_KEYS_MAX {
        return Err(JwksError::TooMany);
    }
    if set.keys.iter().any(|key| key.d || key.k || key.p || key.q) {
        return Err(JwksError::Secret);
    }
    let mut keys: Vec<NamedKey> = Vec::new();
    for key in &set.keys {
        let Some(algorithm) = key.algorithm() else { continue };
        let kid = key.kid.clone().ok_or(JwksError::KidMissing)?;
        if keys.iter().any(|earlier| earlier.kid == kid) {
            return Err(JwksError::Key(KeyFlaw::IdTaken));
        }
        keys.push(NamedKey { kid, key: key.material(algorithm)? });
    }
    Ok(keys)
}

impl Jwk {
    /// The algorithm that it is for; `None` when it is not for us.
    fn algorithm(&self) -> Option<Algorithm> {
        let algorithm = match (self.kty.as_str(), self.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => Algorithm::EdDsa,
            ("EC", Some("P-256")) => Algorithm::Es256,
            ("RSA", _) => Algorithm::Rs256,
            _ => return None,
        };
        // RFC 9864 gives Ed25519 a name of its own; tokens still say `EdDSA`.
        let named = match self.alg.as_deref() {
            Some("Ed25519") => Some(Algorithm::EdDsa),
            Some(name) => Some(Algorithm::named(name)?),
            None => None,
        };
        if named.is_some_and(|named| named != algorithm) {
            return None;
        }
        // A key has to say that it signs: by its use, its operations or its algorithm.
        let signs = match (self.purpose.as_deref(), &self.key_ops) {
            (Some(purpose), _) => purpose == "sig",
            (None, Some(operations)) => operations.iter().any(|name| name == "verify"),
            (None, None) => named.is_some(),
        };
        signs.then_some(algorithm)
    }

    fn material(&self, algorithm: Algorithm) -> Result<PublicKey, JwksError> {
        let bytes = |member: &Option<String>| {
            let text = member.as_ref().ok_or(JwksError::Malformed)?;
            URL_SAFE_NO_PAD.decode(text).map_err(|_| JwksError::Malformed)
        };
        let key = match algorithm {
            Algorithm::EdDsa => PublicKey::ed25519(&bytes(&self.x)?),
            Algorithm::Es256 => PublicKey::p256(&bytes(&self.x)?, &bytes(&self.y)?),
            Algorithm::Rs256 => PublicKey::rsa(&bytes(&self.n)?, &bytes(&self.e)?),
        };
        key.map_err(JwksError::Key)
    }
}

#[cfg(test)]
mod tests;
