//! Why an issuer cannot be trusted as it is configured.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why the issuers cannot be loaded. Never holds a key or a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
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

/// What is wrong with a token key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFlaw {
    /// Its key id is empty, too long, not visible ASCII, or reserved.
    Name,
    /// The file holds no Ed25519 public key.
    NotEd25519,
    /// Another encoding of the same point would be shorter.
    NotCanonical,
    /// The point lies, wholly or in part, in the small subgroup: signatures without a secret would
    /// hold.
    Weak,
    /// Another key has the same [`IssuerKeyId`].
    IdTaken,
}

impl fmt::Display for KeyFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "kid must be 1 to 64 visible ASCII characters and not `vouched`",
            Self::NotEd25519 => {
                "public_key_file is not an Ed25519 public key in PEM (\"BEGIN PUBLIC KEY\")"
            }
            Self::NotCanonical => "the public key is not canonically encoded",
            Self::Weak => "the public key is weak: it is not of the prime-order group",
            Self::IdTaken => {
                "the key stands twice, or its id collides with another key's: rename it"
            }
        })
    }
}
