//! Those who sign staff's tokens, and their keys: one snapshot of them.
//!
//! A snapshot never changes; when its files do, a new one is read. Keys come from files only: staff
//! are few, and a provider out of reach must not keep them out. Refuses a key that would weaken
//! what is built on it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::rules::is_visible;
use crate::ground::follow::Stamp;
use crate::ground::limits::{
    ISSUER_ID_BYTES_MAX, JWKS_BYTES_MAX, KEY_FILE_BYTES_MAX, KEY_ID_BYTES_MAX, STAFF_ISSUERS_MAX,
    STAFF_KEYS_MAX,
};
use crate::jose::key::PublicKey;
use crate::jose::{JwksError, KeyFlaw, jwks};

/// Somebody who signs staff's tokens: a `[[staff.issuers]]` of the configuration. It needs `keys`,
/// `jwks_file` or both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StaffIssuerConfig {
    /// The `iss` of its tokens: 1 to 128 visible ASCII characters.
    pub id: String,
    /// The `aud` that its tokens must have: 1 to 128 visible ASCII characters.
    #[serde(default = "audience")]
    pub audience: String,
    /// The keys that sign its tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<StaffKeyConfig>,
    /// File with a JSON Web Key Set (RFC 7517) with more such keys; read again when it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
}

/// A key that signs staff's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StaffKeyConfig {
    /// The `kid` in its tokens' header: 1 to 64 visible ASCII characters.
    pub kid: String,
    /// File with the public key as PEM (`openssl pkey -pubout`): Ed25519, P-256, or RSA of 2,048
    /// to 4,096 bits.
    pub public_key_file: PathBuf,
}

fn audience() -> String {
    "holos-staff".to_owned()
}

impl StaffIssuerConfig {
    /// An issuer for the usual audience that has no keys yet.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), audience: audience(), keys: Vec::new(), jwks_file: None }
    }

    /// Its files, for a configuration that makes their paths absolute.
    pub fn files_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.keys.iter_mut().map(|key| &mut key.public_key_file).chain(&mut self.jwks_file)
    }

    fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.keys.iter().map(|key| &key.public_key_file).chain(&self.jwks_file)
    }
}

/// Why the staff issuers cannot be loaded. Never holds a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StaffIssuersError {
    /// An id or audience that is empty, too long, or not visible ASCII.
    #[error("staff.issuers[{index}]: id and audience need 1 to 128 visible ASCII characters")]
    Name {
        /// Its place in the configuration, from 0.
        index: usize,
    },
    /// Two issuers of one id.
    #[error("staff.issuers[{issuer}]: this id stands twice")]
    Repeated {
        /// The issuer's id.
        issuer: String,
    },
    /// More issuers than a configuration may name.
    #[error("staff.issuers: at most 64")]
    TooMany,
    /// No key, or more than an issuer may have.
    #[error("staff.issuers[{issuer}]: needs jwks_file or 1 to 32 keys")]
    Keys {
        /// The issuer's id.
        issuer: String,
    },
    /// A key that cannot be trusted.
    #[error("staff.issuers[{issuer}].keys[{index}]: {flaw}")]
    Key {
        /// The issuer's id.
        issuer: String,
        /// Its place among the configured keys, from 0; after them come those of the set.
        index: usize,
        /// What is wrong with it.
        flaw: KeyFlaw,
    },
    /// A key set that must not be trusted.
    #[error("staff.issuers[{issuer}].jwks_file: {flaw}")]
    KeySet {
        /// The issuer's id.
        issuer: String,
        /// What is wrong with it.
        flaw: JwksError,
    },
    /// A file that cannot be read.
    #[error("{}: cannot be read: {kind}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        kind: io::ErrorKind,
    },
}

/// One issuer with its keys. No `Debug`.
pub(super) struct StaffIssuer {
    audience: String,
    keys: BTreeMap<String, PublicKey>,
}

impl StaffIssuer {
    pub(super) fn key(&self, kid: &str) -> Option<&PublicKey> {
        self.keys.get(kid)
    }

    pub(super) fn audience(&self) -> &str {
        &self.audience
    }
}

/// All staff issuers, as their files were. No `Debug`.
#[derive(Default)]
pub struct StaffIssuers {
    configs: Vec<StaffIssuerConfig>,
    by_id: BTreeMap<String, StaffIssuer>,
    stamps: Vec<Option<Stamp>>,
}

impl StaffIssuers {
    /// Reads the issuers' keys.
    ///
    /// # Errors
    /// [`StaffIssuersError`] for the first issuer that cannot be trusted as it is configured.
    pub fn load(configs: &[StaffIssuerConfig]) -> Result<Self, StaffIssuersError> {
        if configs.len() > STAFF_ISSUERS_MAX {
            return Err(StaffIssuersError::TooMany);
        }
        // Before the files: a change while they are read is seen as one.
        let stamps = look(configs);
        let mut by_id = BTreeMap::new();
        for (index, config) in configs.iter().enumerate() {
            if ![&config.id, &config.audience]
                .iter()
                .all(|name| is_visible(name, ISSUER_ID_BYTES_MAX))
            {
                return Err(StaffIssuersError::Name { index });
            }
            if by_id.insert(config.id.clone(), read_issuer(config)?).is_some() {
                return Err(StaffIssuersError::Repeated { issuer: config.id.clone() });
            }
        }
        Ok(Self { configs: configs.to_vec(), by_id, stamps })
    }

    /// The same issuers with their files read again.
    ///
    /// # Errors
    /// [`StaffIssuersError`], and this snapshot still serves.
    pub fn reread(&self) -> Result<Self, StaffIssuersError> {
        Self::load(&self.configs)
    }

    /// What the files were like when this snapshot was read.
    pub(crate) fn stamps(&self) -> &[Option<Stamp>] {
        &self.stamps
    }

    /// What the files are like now.
    pub(crate) fn look(&self) -> Vec<Option<Stamp>> {
        look(&self.configs)
    }

    pub(super) fn get(&self, id: &str) -> Option<&StaffIssuer> {
        self.by_id.get(id)
    }
}

fn look(configs: &[StaffIssuerConfig]) -> Vec<Option<Stamp>> {
    configs.iter().flat_map(StaffIssuerConfig::files).map(|path| Stamp::of(path)).collect()
}

fn read_issuer(config: &StaffIssuerConfig) -> Result<StaffIssuer, StaffIssuersError> {
    let issuer = || config.id.clone();
    if config.keys.len() > STAFF_KEYS_MAX || (config.keys.is_empty() && config.jwks_file.is_none())
    {
        return Err(StaffIssuersError::Keys { issuer: issuer() });
    }
    let mut keys = BTreeMap::new();
    let mut place = |index, kid: String, key| {
        let flawed = |flaw| StaffIssuersError::Key { issuer: issuer(), index, flaw };
        if !is_visible(&kid, KEY_ID_BYTES_MAX) {
            return Err(flawed(KeyFlaw::Name));
        }
        match keys.insert(kid, key) {
            None => Ok(()),
            Some(_) => Err(flawed(KeyFlaw::IdTaken)),
        }
    };
    for (index, key) in config.keys.iter().enumerate() {
        let flawed = |flaw| StaffIssuersError::Key { issuer: issuer(), index, flaw };
        let pem = read(&key.public_key_file, KEY_FILE_BYTES_MAX)?;
        let pem = str::from_utf8(&pem).map_err(|_| flawed(KeyFlaw::NotPublicKey))?;
        place(index, key.kid.clone(), PublicKey::from_pem(pem).map_err(flawed)?)?;
    }
    if let Some(path) = &config.jwks_file {
        let flawed = |flaw| StaffIssuersError::KeySet { issuer: issuer(), flaw };
        let set = jwks::read(&read(path, JWKS_BYTES_MAX)?).map_err(flawed)?;
        for (index, key) in (config.keys.len()..).zip(set) {
            place(index, key.kid, key.key)?;
        }
    }
    Ok(StaffIssuer { audience: config.audience.clone(), keys })
}

/// A file's bytes; one more than `max` when it is longer, for its reader to refuse.
fn read(path: &Path, max: usize) -> Result<Vec<u8>, StaffIssuersError> {
    let mut bytes = Vec::new();
    let bound = max as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(bound).read_to_end(&mut bytes));
    read.map_err(|error| StaffIssuersError::Unreadable {
        path: path.to_owned(),
        kind: error.kind(),
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
