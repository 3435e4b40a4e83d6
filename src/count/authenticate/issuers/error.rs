//! Why an issuer cannot be trusted as it is configured.

use std::io;
use std::path::PathBuf;

use crate::jose::JwksError;
use crate::jose::KeyFlaw;

/// Why the issuers cannot be loaded. Never holds a key or a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuersError {
    /// An id that is empty, too long, or not visible ASCII.
    #[error("issuers[{issuer}].id: 1 to 128 visible ASCII characters are needed")]
    Id {
        /// The issuer's id.
        issuer: String,
    },
    /// A subject space that no order could name.
    #[error("issuers[{issuer}].subject_space: 1 to 64 characters of [a-z0-9-] are needed")]
    Space {
        /// The issuer's id.
        issuer: String,
    },
    /// A pseudonym key id that no token could name.
    #[error("issuers[{issuer}].pseudonym_key: 1 to 64 characters of [a-z0-9-] are needed")]
    PseudonymKey {
        /// The issuer's id.
        issuer: String,
    },
    /// Two issuers of one space that would give one person two subjects.
    #[error(
        "issuers[{one}] and issuers[{two}] share a subject_space: their pseudonym_key and subjects must be the same, \
         or one person could be counted twice"
    )]
    SpaceSplit {
        /// An issuer's id.
        one: String,
        /// The other's.
        two: String,
    },
    /// A vouched connection that could not show whose it is.
    #[error("issuers[{issuer}].vouched: needs secret_file, certificate_names or both")]
    Vouched {
        /// The issuer's id.
        issuer: String,
    },
    /// A certificate name that cannot be one, or stands twice.
    #[error(
        "issuers[{issuer}].vouched.certificate_names: each is 1 to 253 visible ASCII characters and stands with one \
         issuer, once"
    )]
    CertificateName {
        /// The issuer's id.
        issuer: String,
    },
    /// A key set's place that is none.
    #[error(
        "issuers[{issuer}].jwks: needs file or url, not both; ca_file only with url; refresh_seconds from 60 to 86400"
    )]
    Jwks {
        /// The issuer's id.
        issuer: String,
    },
    /// An address that keys are not fetched from.
    #[error(
        "issuers[{issuer}].jwks.url: an https address is needed, or an http one of this machine itself"
    )]
    Url {
        /// The issuer's id.
        issuer: String,
    },
    /// Certificates that nothing can be trusted by.
    #[error("issuers[{issuer}].jwks: {} holds no certificates to trust", path.display())]
    Roots {
        /// The issuer's id.
        issuer: String,
        /// The file.
        path: PathBuf,
    },
    /// A key set that must not be trusted.
    #[error("issuers[{issuer}].jwks: {flaw}")]
    KeySet {
        /// The issuer's id.
        issuer: String,
        /// What is wrong with it.
        flaw: JwksError,
    },
    /// Two issuers of one id.
    #[error("issuers[{issuer}]: this id stands twice")]
    Repeated {
        /// The issuer's id.
        issuer: String,
    },
    /// A file that cannot be read.
    #[error("{}: cannot be read: {kind}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// A secret's file that others may read.
    #[error("{}: a secret must be readable by its owner only (chmod 600)", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// A connection secret that is too short, too long, or of other characters.
    #[error(
        "issuers[{issuer}].vouched.secret_file: the secret must be 32 to 256 visible ASCII characters without a full \
         stop"
    )]
    Secret {
        /// The issuer's id.
        issuer: String,
    },
    /// A token key that cannot be trusted.
    #[error("issuers[{issuer}].keys[{kid}]: {flaw}")]
    Key {
        /// The issuer's id.
        issuer: String,
        /// The key's id.
        kid: String,
        /// What is wrong with it.
        flaw: KeyFlaw,
    },
}
