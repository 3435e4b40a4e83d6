//! The issuers that the operator trusts, and their keys: one snapshot of them.
//!
//! Refuses a key or a secret that would weaken what is built on it. A snapshot never changes; when
//! files or key sets do, a new one is made from it, which must agree with it: a key id never comes
//! to name another key while the process lives, as the ledger keeps groups by it. Does not fetch
//! keys over the network.

use std::collections::HashMap;
use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use subtle::ConstantTimeEq;
use tokio::sync::Notify;

mod config;
mod error;
mod files;
mod rules;

use crate::jose::KeyFlaw;
use crate::poll::IssuerKeyId;
pub use config::{IssuerConfig, IssuerKeyConfig, JwksConfig, SubjectKind, VouchedConfig};
pub use error::IssuersError;

use crate::ground::follow::Stamp;
use crate::ground::limits::{ISSUER_KEYS_REMEMBERED_MAX, KEY_ID_BYTES_MAX};
use crate::jose::jwks::NamedKey;
use crate::jose::key::PublicKey;
use files::{read, secret_hash, set};
use rules::{agree, check, named};

/// The key id that names an issuer's connections with a secret among its keys; no token key may
/// bear it.
const VOUCHED: &str = "vouched";
/// Context of the hash that tells two keys apart.
const MATERIAL_CONTEXT: &str = "holos v1 issuer key material";

/// What is true of an issuer as long as the process lives.
pub(super) struct Terms {
    pub(super) config: IssuerConfig,
    pub(super) space: Arc<str>,
    pub(super) pseudonym_key: Arc<str>,
    rate: Option<DefaultDirectRateLimiter>,
    /// Told when a token names a key that is not there.
    pub(super) key_missed: Notify,
}

impl Terms {
    /// Takes one ballot from the issuer's share of this second.
    pub(super) fn admits(&self) -> bool {
        self.rate.as_ref().is_none_or(|rate| rate.check().is_ok())
    }
}

impl SpaceInfo {
    /// The number of their kind, as it stands in tags.
    pub fn kind_number(&self) -> u8 {
        super::Subject::number_of(self.subjects)
    }
}

/// What the subjects of one space are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceInfo {
    /// The id of the pseudonym key under which they are made.
    pub pseudonym_key: Arc<str>,
    /// Their kind.
    pub subjects: SubjectKind,
}

/// An issuer as a vouched connection shows it. No `Debug`: it stands for a credential.
pub struct VouchedIssuer {
    pub(super) issuer_key: IssuerKeyId,
    pub(super) terms: Arc<Terms>,
}

impl VouchedIssuer {
    /// The issuer's id.
    pub fn issuer(&self) -> &str {
        &self.terms.config.id
    }

    /// What its voters come under.
    pub fn issuer_key(&self) -> IssuerKeyId {
        self.issuer_key
    }

    /// Whether it may ask on a voter's behalf.
    pub fn may_ask(&self) -> bool {
        self.terms.config.vouched.as_ref().is_some_and(|vouched| vouched.may_ask)
    }
}

/// A connection secret, as its hash. No `Debug`.
#[derive(Clone)]
struct Secret {
    hash: [u8; 32],
    issuer: Arc<VouchedIssuer>,
}

/// A key that may sign tokens.
pub(super) struct IssuerKey {
    kid: String,
    pub(super) id: IssuerKeyId,
    pub(super) key: PublicKey,
    /// From the issuer's URL: kept when files are read again.
    fetched: bool,
}

/// One issuer.
#[derive(Clone)]
pub(super) struct Issuer {
    pub(super) terms: Arc<Terms>,
    secret: Option<Secret>,
    keys: Vec<Arc<IssuerKey>>,
}

impl Issuer {
    /// Its key with this id. An issuer has a few keys: a walk is cheaper than a hash.
    pub(super) fn key(&self, kid: &str) -> Option<&IssuerKey> {
        self.keys.iter().find(|key| key.kid == kid).map(Arc::as_ref)
    }

    /// Whether it signs tokens at all.
    pub(super) fn signs(&self) -> bool {
        !self.keys.is_empty() || self.terms.config.jwks.is_some()
    }
}

/// All trusted issuers.
#[derive(Clone, Default)]
pub struct Issuers {
    by_id: HashMap<String, Issuer>,
    order: Arc<[Arc<Terms>]>,
    by_certificate: Arc<HashMap<String, Arc<Terms>>>,
    /// Every key id that the process has known, and what it named.
    known: HashMap<IssuerKeyId, [u8; 32]>,
    stamps: Vec<Option<Stamp>>,
}

impl Issuers {
    /// Reads the issuers' keys and secrets. Keys at a URL come later.
    ///
    /// # Errors
    /// [`IssuersError`] for the first issuer that cannot be trusted as it is configured.
    pub fn load(configs: &[IssuerConfig]) -> Result<Self, IssuersError> {
        let mut by_certificate = HashMap::new();
        let mut order: Vec<Arc<Terms>> = Vec::with_capacity(configs.len());
        for config in configs {
            check(config)?;
            let terms = Arc::new(Terms::new(config));
            for other in &order {
                agree(&other.config, config)?;
            }
            for name in config.certificate_names() {
                if by_certificate.insert(name.clone(), Arc::clone(&terms)).is_some() {
                    return Err(IssuersError::CertificateName { issuer: config.id.clone() });
                }
            }
            order.push(terms);
        }
        let (order, by_certificate) = (order.into(), Arc::new(by_certificate));
        Self { order, by_certificate, ..Self::default() }.reread()
    }

    /// The same issuers with their files read again, and the fetched keys as they were.
    pub(super) fn reread(&self) -> Result<Self, IssuersError> {
        // Before the files: a change while they are read is seen as one.
        let stamps = self.look();
        let mut issuers = Self { by_id: HashMap::new(), stamps, ..self.clone() };
        for terms in self.order.iter() {
            let issuer = issuers.read(terms, self.by_id.get(&terms.config.id))?;
            issuers.by_id.insert(terms.config.id.clone(), issuer);
        }
        Ok(issuers)
    }

    /// The same issuers with these as the fetched keys of one of them.
    pub(super) fn with_fetched(
        &self,
        terms: &Arc<Terms>,
        keys: Vec<NamedKey>,
    ) -> Result<Self, IssuersError> {
        let mut issuers = self.clone();
        let mut issuer = issuers.by_id[&terms.config.id].clone();
        issuer.keys.retain(|key| !key.fetched);
        for key in keys {
            let key = issuers.key(terms, key, true)?;
            place(&mut issuer.keys, key, terms)?;
        }
        issuers.by_id.insert(terms.config.id.clone(), issuer);
        Ok(issuers)
    }

    /// The issuer with this id.
    pub(super) fn get(&self, id: &str) -> Option<&Issuer> {
        self.by_id.get(id)
    }

    /// The issuers in the order of the configuration.
    pub(super) fn all(&self) -> &Arc<[Arc<Terms>]> {
        &self.order
    }

    /// The vouched issuer that has this id and this connection secret. The secret is hashed first
    /// and compared in constant time, so that neither its length nor a common beginning shows in
    /// the time it takes.
    pub(super) fn vouched(&self, id: &str, secret: &str) -> Option<&Arc<VouchedIssuer>> {
        let known = self.by_id.get(id)?.secret.as_ref()?;
        let holds: bool = blake3::hash(secret.as_bytes()).as_bytes().ct_eq(&known.hash).into();
        holds.then_some(&known.issuer)
    }

    /// The issuer whose certificates bear this name.
    pub(super) fn named(&self, certificate_name: &str) -> Option<&Arc<Terms>> {
        self.by_certificate.get(certificate_name)
    }

    /// The issuer that has this key or connection secret.
    pub(super) fn owner(&self, key: IssuerKeyId) -> Option<&Arc<Terms>> {
        let has = |issuer: &&Issuer| {
            issuer.keys.iter().any(|own| own.id == key)
                || issuer.secret.as_ref().is_some_and(|secret| secret.issuer.issuer_key == key)
        };
        self.by_id.values().find(has).map(|issuer| &issuer.terms)
    }

    /// What the subjects of this space are, if there is such a space.
    pub fn space(&self, name: &str) -> Option<SpaceInfo> {
        let terms = self.order.iter().find(|terms| &*terms.space == name)?;
        let pseudonym_key = Arc::clone(&terms.pseudonym_key);
        Some(SpaceInfo { pseudonym_key, subjects: terms.config.subjects })
    }

    /// What the files were like when this snapshot was read.
    pub(super) fn stamps(&self) -> &[Option<Stamp>] {
        &self.stamps
    }

    /// What the files are like now.
    pub(super) fn look(&self) -> Vec<Option<Stamp>> {
        files::look(&self.order)
    }

    /// Reads the files of one issuer; `before` is how it was.
    fn read(
        &mut self,
        terms: &Arc<Terms>,
        before: Option<&Issuer>,
    ) -> Result<Issuer, IssuersError> {
        let config = &terms.config;
        let secret_file = config.vouched.as_ref().and_then(|vouched| vouched.secret_file.as_ref());
        let secret = match secret_file {
            Some(file) => {
                let hash = secret_hash(&config.id, file)?;
                // The secret may change; what came under it stays one group.
                let issuer_key = self.remember(terms, VOUCHED, &[])?;
                let issuer = VouchedIssuer { issuer_key, terms: Arc::clone(terms) };
                Some(Secret { hash, issuer: Arc::new(issuer) })
            }
            None => None,
        };
        let kept = before.map_or(&[][..], |issuer| &issuer.keys).iter().filter(|key| key.fetched);
        let mut keys: Vec<_> = kept.cloned().collect();
        for IssuerKeyConfig { kid, public_key_file } in &config.keys {
            let flawed = |flaw| key_error(terms, kid, flaw);
            let key = PublicKey::from_pem(&read(public_key_file)?).map_err(flawed)?;
            let key = self.key(terms, NamedKey { kid: kid.clone(), key }, false)?;
            place(&mut keys, key, terms)?;
        }
        for key in set(terms)? {
            let key = self.key(terms, key, false)?;
            place(&mut keys, key, terms)?;
        }
        Ok(Issuer { terms: Arc::clone(terms), secret, keys })
    }

    fn key(
        &mut self,
        terms: &Terms,
        key: NamedKey,
        fetched: bool,
    ) -> Result<IssuerKey, IssuersError> {
        let NamedKey { kid, key } = key;
        if !named(&kid, KEY_ID_BYTES_MAX) || kid == VOUCHED {
            return Err(key_error(terms, &kid, KeyFlaw::Name));
        }
        let id = self.remember(terms, &kid, key.material())?;
        Ok(IssuerKey { kid, id, key, fetched })
    }

    /// Reserves the id of a key. Two keys under one id could not be taken out apart: neither two
    /// whose ids collide, nor one after the other under one name.
    fn remember(
        &mut self,
        terms: &Terms,
        kid: &str,
        material: &[u8],
    ) -> Result<IssuerKeyId, IssuersError> {
        let issuer = &terms.config.id;
        let id = IssuerKeyId::of(issuer, kid);
        let mut hasher = blake3::Hasher::new_derive_key(MATERIAL_CONTEXT);
        for part in [issuer.as_bytes(), kid.as_bytes(), material] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        let named = *hasher.finalize().as_bytes();
        if id == IssuerKeyId::REST {
            return Err(key_error(terms, kid, KeyFlaw::IdTaken));
        }
        if !self.known.contains_key(&id) && self.known.len() >= ISSUER_KEYS_REMEMBERED_MAX {
            return Err(key_error(terms, kid, KeyFlaw::TooMany));
        }
        if *self.known.entry(id).or_insert(named) == named {
            Ok(id)
        } else {
            Err(key_error(terms, kid, KeyFlaw::Changed))
        }
    }
}

impl Terms {
    fn new(config: &IssuerConfig) -> Self {
        let rate = config.rate_per_second.map(|rate| RateLimiter::direct(Quota::per_second(rate)));
        Self {
            space: config.subject_space.as_str().into(),
            pseudonym_key: config.pseudonym_key.as_str().into(),
            config: config.clone(),
            rate,
            key_missed: Notify::new(),
        }
    }
}

fn key_error(terms: &Terms, kid: &str, flaw: KeyFlaw) -> IssuersError {
    // A name out of bounds is somebody else's text, of any length.
    let kid = if flaw == KeyFlaw::Name {
        kid.chars().take(KEY_ID_BYTES_MAX).collect()
    } else {
        kid.to_owned()
    };
    IssuersError::Key { issuer: terms.config.id.clone(), kid, flaw }
}

/// Adds a key to an issuer's, among which no two may have one name.
fn place(
    keys: &mut Vec<Arc<IssuerKey>>,
    key: IssuerKey,
    terms: &Terms,
) -> Result<(), IssuersError> {
    if keys.iter().any(|other| other.kid == key.kid) {
        return Err(key_error(terms, &key.kid, KeyFlaw::IdTaken));
    }
    keys.push(Arc::new(key));
    Ok(())
}

#[cfg(test)]
mod tests;
