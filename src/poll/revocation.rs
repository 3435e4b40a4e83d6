//! The record of an issuer key that is trusted no more.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::IssuerKeyId;

/// Why a key is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RevocationReason {
    /// It was stolen, or may have been (L9).
    Compromised,
    /// Another key took its place.
    Superseded,
    /// The issuer vouches no more.
    IssuerLeft,
}

/// A revoked key of an issuer. It stays revoked for good: a key id is never used again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The issuer's id.
    pub issuer: String,
    /// The key's id among its keys: a `kid`, `vouched` for its connection secret, or `spki:` and a
    /// hash for a client certificate's key.
    pub key_id: String,
    /// When it was revoked.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
    /// Number of the act or order behind it.
    pub reference: String,
}

impl Revocation {
    /// The key's id in the ledger.
    pub fn id(&self) -> IssuerKeyId {
        IssuerKeyId::of(&self.issuer, &self.key_id)
    }
}
