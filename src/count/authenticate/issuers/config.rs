//! How the operator names an issuer: the `[[issuers]]` of the configuration.
//!
//! Only what the file says, and which of its values can never be right. Reads no key.

use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Somebody who vouches for voters: by signed tokens, by its own connection, or both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// The `iss` of its tokens and the name of its connections: 1 to 128 visible ASCII characters.
    pub id: String,
    /// In which space a person is one subject: 1 to 64 characters of `[a-z0-9-]`. Issuers that
    /// share a space must give a person the same subject, or the person could vote once with each;
    /// so they share `pseudonym_key` and `subjects` too.
    pub subject_space: String,
    /// The id of the pseudonym key under which its subjects are made, the `pkid` of its tokens: 1
    /// to 64 characters of `[a-z0-9-]`.
    pub pseudonym_key: String,
    /// What its subjects are.
    #[serde(default, skip_serializing_if = "is_opaque")]
    pub subjects: SubjectKind,
    /// Allows it to state voters over its own connections, without a token each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched: Option<VouchedConfig>,
    /// The keys that sign its tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<IssuerKeyConfig>,
    /// A JSON Web Key Set (RFC 7517) with more keys that sign its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwksConfig>,
    /// Most ballots a second over all its connections; without it there is no such bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<NonZeroU32>,
    /// Most ballots of one poll under one of its keys: what a stolen key could bring at the worst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_ballots_max: Option<u64>,
}

impl IssuerConfig {
    /// An issuer that proves nothing yet: it needs `vouched`, `keys` or `jwks`.
    pub fn new(id: &str, subject_space: &str, pseudonym_key: &str) -> Self {
        Self {
            id: id.to_owned(),
            subject_space: subject_space.to_owned(),
            pseudonym_key: pseudonym_key.to_owned(),
            subjects: SubjectKind::Opaque,
            vouched: None,
            keys: Vec::new(),
            jwks: None,
            rate_per_second: None,
            poll_ballots_max: None,
        }
    }

    /// The names of the client certificates that are its own.
    pub(crate) fn certificate_names(&self) -> &[String] {
        self.vouched.as_ref().map_or(&[], |vouched| &vouched.certificate_names)
    }
}

/// What an issuer's subjects are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// 16 to 64 bytes that say nothing by themselves: an HMAC under the pseudonym key.
    #[default]
    Opaque,
    /// A taxpayer's number of ten digits. Few enough to be tried one by one by whoever has a
    /// poll's tag key; for issuers that can give nothing better.
    Rnokpp,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_opaque(kind: &SubjectKind) -> bool {
    *kind == SubjectKind::Opaque
}

/// How a vouched connection shows whose it is: by a secret, by its client certificate, or by
/// either.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VouchedConfig {
    /// File with the connection's secret, readable by its owner only: 32 to 256 visible ASCII
    /// characters without a full stop, then a newline or nothing. For example the output of
    /// `openssl rand -hex 32`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// DNS names or URIs of its client certificates' subjectAltName.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificate_names: Vec<String>,
    /// Whether its connections may ask on a voter's behalf.
    #[serde(default)]
    pub may_ask: bool,
}

impl VouchedConfig {
    /// By the secret in this file.
    pub fn by_secret(secret_file: PathBuf) -> Self {
        Self { secret_file: Some(secret_file), ..Self::default() }
    }
}

/// A key that signs tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerKeyConfig {
    /// The `kid` in its tokens' header: 1 to 64 visible ASCII characters, not `vouched`.
    pub kid: String,
    /// File with the public key as PEM (`openssl pkey -pubout`): Ed25519, P-256, or RSA of 2,048
    /// to 4,096 bits.
    pub public_key_file: PathBuf,
}

/// Where an issuer's key set is: `file` or `url`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct JwksConfig {
    /// A file, read again when it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// An `https` address; `http` only to this machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// File with the certificates (PEM) that the address is trusted by, instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Seconds from one fetch to the next, 60 to 86,400.
    #[serde(default = "refresh_seconds")]
    pub refresh_seconds: u32,
}

fn refresh_seconds() -> u32 {
    300
}

impl JwksConfig {
    /// A key set in a file.
    pub fn file(file: PathBuf) -> Self {
        Self { file: Some(file), url: None, ca_file: None, refresh_seconds: refresh_seconds() }
    }

    /// A key set at an address.
    pub fn url(url: &str) -> Self {
        let url = Some(url.to_owned());
        Self { file: None, url, ca_file: None, refresh_seconds: refresh_seconds() }
    }
}
