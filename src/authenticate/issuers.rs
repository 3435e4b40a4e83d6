//! The issuers that the operator trusts, and their keys.
//!
//! Loads them once, at the start, and refuses a key or a secret that would weaken what is built on
//! it. Does not fetch keys over the network and does not change while the engine runs.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_zebra::VerificationKeyBytes;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

mod error;

pub use error::{IssuersError, KeyFlaw};

/// The key id that names an issuer's vouched connections among its keys; no token key may bear it.
const VOUCHED: &str = "vouched";
/// Context of [`IssuerKeyId`]'s hash; ids are on disk, so it never changes.
const KEY_ID_CONTEXT: &str = "holos v1 issuer key";
/// Bytes of an issuer's id, most: a URL fits.
const ID_BYTES_MAX: usize = 128;
/// Bytes of a key id or a subject space, most; the tag's input reserves this much for the space.
const NAME_BYTES_MAX: usize = 64;
/// Characters of a connection secret, least: 128 bits as hexadecimal digits.
const SECRET_CHARS_MIN: usize = 32;
/// Characters of a connection secret, most: it travels in a header.
const SECRET_CHARS_MAX: usize = 256;

/// Somebody who vouches for voters: by signed tokens, by its own connection, or both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// The `iss` of its tokens and the name of its connections: 1 to 128 visible ASCII characters.
    pub id: String,
    /// Under which pseudonym key its subjects are made: 1 to 64 characters of `[a-z0-9-]`. Issuers
    /// that share a space must give a person the same subject, or the person could vote once with
    /// each.
    pub subject_space: String,
    /// Allows it to state voters over its own connections, without a token each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched: Option<VouchedConfig>,
    /// The keys that sign its tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<IssuerKeyConfig>,
}

/// How a vouched connection shows whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VouchedConfig {
    /// File with the connection's secret, readable by its owner only: 32 to 256 visible ASCII
    /// characters without a full stop, then a newline or nothing. For example the output of
    /// `openssl rand -hex 32`.
    pub secret_file: PathBuf,
}

/// A key that signs tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerKeyConfig {
    /// The `kid` in its tokens' header: 1 to 64 visible ASCII characters, not `vouched`.
    pub kid: String,
    /// File with the Ed25519 public key as PEM (`openssl pkey -pubout`).
    pub public_key_file: PathBuf,
}

/// What a ballot's voter came under: one key of one issuer, or an issuer's vouched connections.
///
/// Tags and sums are kept by it, so that what came under a stolen key can be taken out together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IssuerKeyId(u64);

impl IssuerKeyId {
    /// No key: groups too small to be told apart, merged at the close.
    pub const REST: Self = Self(0);

    /// The id of an issuer's key. Names have their lengths hashed, so that no byte moves between
    /// the two.
    pub fn of(issuer: &str, kid: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(KEY_ID_CONTEXT);
        for name in [issuer, kid] {
            let length = u32::try_from(name.len()).expect("names are at most 128 bytes long");
            hasher.update(&length.to_le_bytes()).update(name.as_bytes());
        }
        let hash = hasher.finalize();
        let first = hash.as_bytes().first_chunk().expect("a hash has 32 bytes");
        Self(u64::from_le_bytes(*first))
    }

    /// The id with this number, as it was stored.
    pub const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// The number to store.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// An issuer as a vouched connection shows it. No `Debug`: it knows the secret's hash.
pub struct VouchedIssuer {
    pub(super) issuer_key: IssuerKeyId,
    pub(super) space: Arc<str>,
    secret_hash: [u8; 32],
}

impl VouchedIssuer {
    /// Whether `secret` is the connection's secret. Hashed first and compared in constant time, so
    /// that neither its length nor a common beginning shows in the time it takes.
    fn admits(&self, secret: &str) -> bool {
        blake3::hash(secret.as_bytes()).as_bytes().ct_eq(&self.secret_hash).into()
    }
}

/// A key that may sign tokens.
pub(super) struct IssuerKey {
    kid: String,
    pub(super) id: IssuerKeyId,
    pub(super) key: VerificationKeyBytes,
}

/// One issuer.
pub(super) struct Issuer {
    pub(super) space: Arc<str>,
    vouched: Option<Arc<VouchedIssuer>>,
    keys: Vec<IssuerKey>,
}

impl Issuer {
    /// Its key with this id. An issuer has a few keys: a walk is cheaper than a hash.
    pub(super) fn key(&self, kid: &str) -> Option<&IssuerKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// Whether it signs tokens at all.
    pub(super) fn signs(&self) -> bool {
        !self.keys.is_empty()
    }
}

/// All trusted issuers.
#[derive(Default)]
pub struct Issuers {
    by_id: HashMap<String, Issuer>,
    key_ids: HashSet<IssuerKeyId>,
}

impl Issuers {
    /// Reads the issuers' keys and secrets.
    ///
    /// # Errors
    /// [`IssuersError`] for the first issuer that cannot be trusted as it is configured.
    pub fn load(configs: &[IssuerConfig]) -> Result<Self, IssuersError> {
        let mut issuers = Self::default();
        for config in configs {
            issuers.add(config)?;
        }
        Ok(issuers)
    }

    /// The issuer with this id.
    pub(super) fn get(&self, id: &str) -> Option<&Issuer> {
        self.by_id.get(id)
    }

    /// The vouched issuer that has this id and this connection secret.
    pub(super) fn vouched(&self, id: &str, secret: &str) -> Option<&Arc<VouchedIssuer>> {
        let vouched = self.by_id.get(id)?.vouched.as_ref()?;
        vouched.admits(secret).then_some(vouched)
    }

    fn add(&mut self, config: &IssuerConfig) -> Result<(), IssuersError> {
        let at = || config.id.clone();
        named(&config.id, ID_BYTES_MAX, || IssuersError::Id { issuer: at() })?;
        if !is_space(&config.subject_space) {
            return Err(IssuersError::Space { issuer: at() });
        }
        let space: Arc<str> = config.subject_space.as_str().into();
        let vouched = match &config.vouched {
            Some(vouched) => {
                let secret_hash = secret_hash(&config.id, &vouched.secret_file)?;
                let issuer_key = self.key_id(&config.id, VOUCHED)?;
                Some(Arc::new(VouchedIssuer { issuer_key, space: Arc::clone(&space), secret_hash }))
            }
            None => None,
        };
        let mut keys = Vec::with_capacity(config.keys.len());
        for IssuerKeyConfig { kid, public_key_file } in &config.keys {
            let error = |flaw| IssuersError::Key { issuer: at(), kid: kid.clone(), flaw };
            named(kid, NAME_BYTES_MAX, || error(KeyFlaw::Name))?;
            if kid == VOUCHED {
                return Err(error(KeyFlaw::Name));
            }
            let key = verification_key(&read(public_key_file)?).map_err(error)?;
            keys.push(IssuerKey { kid: kid.clone(), id: self.key_id(&config.id, kid)?, key });
        }
        let issuer = Issuer { space, vouched, keys };
        match self.by_id.insert(config.id.clone(), issuer) {
            None => Ok(()),
            Some(_) => Err(IssuersError::Repeated { issuer: at() }),
        }
    }

    /// Reserves the id of a key. Two keys under one id could not be taken out apart.
    fn key_id(&mut self, issuer: &str, kid: &str) -> Result<IssuerKeyId, IssuersError> {
        let id = IssuerKeyId::of(issuer, kid);
        if id != IssuerKeyId::REST && self.key_ids.insert(id) {
            return Ok(id);
        }
        let flaw = KeyFlaw::IdTaken;
        Err(IssuersError::Key { issuer: issuer.to_owned(), kid: kid.to_owned(), flaw })
    }
}

fn named(name: &str, max: usize, error: impl FnOnce() -> IssuersError) -> Result<(), IssuersError> {
    let fits = (1..=max).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(()) } else { Err(error()) }
}

/// As in a poll's order, which names the space it admits.
fn is_space(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn read(path: &Path) -> Result<String, IssuersError> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> IssuersError {
    IssuersError::Unreadable { path: path.to_owned(), kind: error.kind() }
}

/// BLAKE3 of a connection's secret: the secret itself is not kept.
fn secret_hash(issuer: &str, path: &Path) -> Result<[u8; 32], IssuersError> {
    let mode = fs::metadata(path).map_err(|error| unreadable(path, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(IssuersError::Exposed { path: path.to_owned() });
    }
    let text = zeroize::Zeroizing::new(read(path)?);
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let length = (SECRET_CHARS_MIN..=SECRET_CHARS_MAX).contains(&secret.len());
    // The full stop parts id and secret in the header.
    if !length || !secret.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.') {
        return Err(IssuersError::Secret { issuer: issuer.to_owned() });
    }
    Ok(blake3::hash(secret.as_bytes()).into())
}

/// Signatures are checked by ZIP 215, which lets any point be a key. What it lets pass is refused
/// here, once, so that a signature that holds was made by whoever has the secret.
fn verification_key(pem: &str) -> Result<VerificationKeyBytes, KeyFlaw> {
    let key = VerifyingKey::from_public_key_pem(pem).map_err(|_| KeyFlaw::NotEd25519)?;
    let point = key.to_edwards();
    if point.compress().to_bytes() != key.to_bytes() {
        return Err(KeyFlaw::NotCanonical);
    }
    if key.is_weak() || !point.is_torsion_free() {
        return Err(KeyFlaw::Weak);
    }
    Ok(VerificationKeyBytes::from(key.to_bytes()))
}

#[cfg(test)]
mod tests;
