//! What can go wrong in the key store.

use std::fmt;
use std::io;

use super::SlotsError;
use super::provider::KekError;
use crate::ground::faults::InjectedFault;
use crate::poll::PollId;

/// What a file of the key store is, for errors: never which poll's voters or what key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The folder itself, or that of a generation.
    Folder,
    /// The wrapped root key.
    RootKey,
    /// The keys of a poll.
    PollKeys(PollId),
    /// The engine's signing key.
    SigningKey,
    /// The audit log's head.
    AuditHead,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder => f.write_str("folder"),
            Self::RootKey => f.write_str("root key"),
            Self::PollKeys(poll) => write!(f, "keys of poll {poll}"),
            Self::SigningKey => f.write_str("signing key"),
            Self::AuditHead => f.write_str("audit head"),
        }
    }
}

/// Why the key store cannot give or keep something.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written. After a failed write its content is unknown: stop.
    #[error("key store: {item}")]
    File {
        /// Which file.
        item: Item,
        /// What the system says.
        source: io::Error,
    },
    /// A file that must be there is not.
    #[error("key store: {item} missing")]
    Missing {
        /// Which file.
        item: Item,
    },
    /// A file that was changed, that belongs elsewhere, or that another root key made.
    #[error("key store: {item} damaged, or made under another root key")]
    Damaged {
        /// Which file.
        item: Item,
    },
    /// There are files where a new key store was to be made, and none of them is a key store's.
    #[error("key store: the folder holds files and no generation of keys")]
    Foreign,
    /// It was opened to be looked at, or a change of generations failed: nothing may be written.
    #[error("key store: not open for writing, or stopped after a failed rekey")]
    Stopped,
    /// The keys that wrap the root key.
    #[error(transparent)]
    Kek(#[from] KekError),
    /// The epoch keys, while they were taken into a new generation.
    #[error(transparent)]
    Slots(#[from] SlotsError),
    /// A test's fault.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

impl KeyError {
    pub(super) fn in_folder(source: io::Error) -> Self {
        Self::File { item: Item::Folder, source }
    }
}
