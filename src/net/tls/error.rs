//! Why a listener's TLS cannot be used as it is configured.

use std::fmt;
use std::io;

/// Names the field and what is wrong with its file. Never holds a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{section}.tls.{field}: {flaw}")]
pub struct TlsError {
    /// The listener's section of the configuration.
    pub section: &'static str,
    /// The field below `tls`.
    pub field: String,
    /// What is wrong.
    pub flaw: TlsFlaw,
}

/// What is wrong with a file of a listener's TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFlaw {
    /// The system does not let us read it.
    Unreadable(io::ErrorKind),
    /// A private key's file that others may read.
    Exposed,
    /// No PEM object of the kind that belongs there.
    NotPem,
    /// PEM, and what it holds is malformed or of a kind that is not supported.
    Malformed,
    /// The private key of another certificate.
    OtherKey,
}

impl fmt::Display for TlsFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(kind) => write!(f, "the file cannot be read: {kind}"),
            Self::Exposed => f.write_str("must be readable by its owner only (chmod 600)"),
            Self::NotPem => f.write_str("holds no PEM object of the kind that belongs there"),
            Self::Malformed => f.write_str("what the file holds is malformed or not supported"),
            Self::OtherKey => f.write_str("is not the key of the certificate in certificate_file"),
        }
    }
}
