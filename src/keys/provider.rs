//! Key-encryption keys: the keys outside the key store that wrap its root key.
//!
//! Whoever has a key store and not its provider's key opens nothing; a destroyed key takes every
//! copy of what was wrapped under it along. Does not decide when a key is made or destroyed: that
//! is [`super::rekey`]. Two engines must not share a provider's keys: each destroys those that its
//! own key store does not use.

mod environment;
mod file;
mod pkcs11;
mod software;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::Secret;
use super::files::{self, Unread};
use crate::ground::faults::InjectedFault;

pub use environment::EnvironmentProvider;
pub use file::FileProvider;
pub use pkcs11::{Pkcs11Config, Pkcs11Provider};

/// What a wrapped root key is bound to, so that nothing else wrapped under the same key passes for
/// one.
const ROOT_PLACE: &[u8] = b"holos v1 root key";

/// Keys that wrap the root key of a key store.
///
/// Calls come one at a time from a key store, and may block for as long as a device takes.
pub trait KeyEncryption: Send + Sync {
    /// The keys it holds now, newest last; the last one is for new wrappings.
    ///
    /// # Errors
    /// [`KekError`]. No keys at all is no error.
    fn keys(&self) -> Result<Vec<KekId>, KekError>;

    /// Wraps a root key. The wrapping key is durable on return, even if an earlier process had no
    /// time to make it so.
    ///
    /// # Errors
    /// [`KekError`].
    fn wrap(&self, key: &KekId, secret: &Secret<32>) -> Result<Vec<u8>, KekError>;

    /// Opens what [`Self::wrap`] returned for this key.
    ///
    /// # Errors
    /// [`KekError`]: [`KekError::Unknown`] if it does not hold the key, [`KekError::Damaged`] if it
    /// holds it and the bytes are not what it wrapped.
    fn unwrap(&self, key: &KekId, wrapped: &[u8]) -> Result<Secret<32>, KekError>;

    /// Makes a new key, durable on return; the newest from now on.
    ///
    /// # Errors
    /// [`KekError`]: [`KekError::OperatorMust`] where only the operator can.
    fn create(&self) -> Result<KekId, KekError>;

    /// Destroys a key for good, durable on return. Repeating is harmless.
    ///
    /// # Errors
    /// [`KekError`]: [`KekError::OperatorMust`] where only the operator can.
    fn destroy(&self, key: &KekId) -> Result<(), KekError>;

    /// Does away with what a crash left of the making or destroying of a key. Only for the engine that
    /// owns the keys, at its start.
    ///
    /// # Errors
    /// [`KekError`].
    fn discard_leftovers(&self) -> Result<(), KekError> {
        Ok(())
    }

    /// Whether a key could be replaced now, as far as can be told without doing it. May be asked by
    /// another process than the engine.
    ///
    /// # Errors
    /// [`KekError`]: what stands in the way.
    fn check_replaceable(&self) -> Result<(), KekError> {
        Ok(())
    }

    /// Whether only the operator makes and destroys its keys.
    fn is_the_operators(&self) -> bool {
        false
    }
}

/// Names a key of a provider; says nothing of the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KekId([u8; Self::LEN]);

impl KekId {
    /// Bytes of an id.
    pub const LEN: usize = 8;

    /// The id of these bytes.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Display for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KekId({self})")
    }
}

/// Why a provider cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum KekError {
    /// A file cannot be read or written.
    #[error("{what} file {}", path.display())]
    File {
        /// What is in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others than the owner may read or write the file.
    #[error("{what} file {}: mode is {mode:03o}, not 600 or 400", path.display())]
    Exposed {
        /// What is in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not hold keys.
    #[error("wrapping key file {}: not one or two lines of 64 lower-case hex digits", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The environment does not hold a key.
    #[error("environment variable {name}: not set to 64 lower-case hex digits")]
    Variable {
        /// The variable.
        name: String,
    },
    /// There is no key to wrap with, and the provider cannot make one.
    #[error("there is no key to wrap the root key with")]
    None,
    /// There are two keys already: a new one has no place before one of them is destroyed.
    #[error("there are two wrapping keys already")]
    Full,
    /// Several keys, and a new key store, which would take one and destroy the others.
    #[error(
        "there are several wrapping keys and no key store that uses one of them: leave the one that is meant for a \
         new store"
    )]
    Several,
    /// The key is not there.
    #[error(
        "key {key}, which wraps the root key, is not there: destroyed, lost, or of another store"
    )]
    Unknown {
        /// The key.
        key: KekId,
    },
    /// The key is there and does not open the bytes.
    #[error("the wrapped root key is damaged")]
    Damaged,
    /// Only the operator makes and destroys keys of this provider.
    #[error("only the operator can make or destroy this key")]
    OperatorMust,
    /// There is no token of that label.
    #[error("pkcs11: no token with the configured label")]
    NoToken,
    /// The token or its module fails.
    #[error("pkcs11: {what}")]
    Token {
        /// What was asked of it.
        what: &'static str,
        /// What it says.
        source: Box<cryptoki::error::Error>,
    },
    /// A test's fault.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

/// Where an operator keeps the key.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// An environment variable of this name, and `_OLD` behind it for the one before.
    Variable(String),
    /// A PKCS#11 token.
    Pkcs11(Pkcs11Config),
}

impl KeySource {
    /// The provider of these keys. Nothing is made or changed yet.
    ///
    /// # Errors
    /// [`KekError`]: the environment or the token is not as it is said to be. A missing file is no
    /// error: a new key store has one made.
    pub fn provider(&self) -> Result<Arc<dyn KeyEncryption>, KekError> {
        Ok(match self {
            Self::File(path) => Arc::new(FileProvider::new(path)),
            Self::Variable(name) => Arc::new(EnvironmentProvider::from_environment(name)?),
            Self::Pkcs11(config) => Arc::new(Pkcs11Provider::connect(config)?),
        })
    }
}

/// [`files::read_private`], for a file of a provider.
fn read_private(
    what: &'static str,
    path: &Path,
    bytes_max: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, KekError> {
    files::read_private(path, bytes_max).map_err(|unread| match unread {
        Unread::Io(source) => KekError::File { what, path: path.into(), source },
        Unread::Exposed { mode } => KekError::Exposed { what, path: path.into(), mode },
    })
}
