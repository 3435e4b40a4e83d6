//! Why a store fails. No type of a database library leaves the store.

use std::io;

use super::keys::{FORMAT_VERSION, Family};
use crate::ground::faults::InjectedFault;

/// What the database library says of itself. It names files and offsets, never what a row holds.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DatabaseError(pub(super) String);

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder holds another version of the schema.
    #[error(
        "the data folder has format version {found}, this program reads version {FORMAT_VERSION}"
    )]
    Format {
        /// The version found.
        found: u32,
    },
    /// The folder holds something that is no store of ours.
    #[error("the data folder holds a database that is not a store of holos")]
    Foreign,
    /// The database is empty or gone, while the keys or the audit log know of ballots.
    #[error("the database is empty, but its keys or its audit log are not")]
    Emptied,
    /// The database does not open.
    #[error("the database does not open")]
    Database(#[source] DatabaseError),
    /// A file operation failed.
    #[error("the database folder cannot be used")]
    Io(#[from] io::Error),
    /// The first rows cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A read or a write that failed. Every one is fatal to the engine.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database reports a failure of the disk or of itself.
    #[error("the database failed")]
    Database(#[source] DatabaseError),
    /// The database reports damaged data.
    #[error("the database is damaged")]
    Corruption(#[source] DatabaseError),
    /// A sealed record does not open: damaged, moved, or under another key.
    #[error("a {0:?} record does not open")]
    Seal(Family),
    /// A record opens or stands there, and is no record of its family.
    #[error("a {0:?} record does not decode")]
    Decode(Family),
    /// A row that must exist does not.
    #[error("the {0:?} record is missing")]
    Missing(Family),
    /// A test made a write fail.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

impl StoreError {
    /// Whether the data is damaged, so that a blind restart must not follow.
    pub fn is_corruption(&self) -> bool {
        match self {
            Self::Corruption(_) | Self::Seal(_) | Self::Decode(_) | Self::Missing(_) => true,
            Self::Database(_) | Self::Injected(_) => false,
        }
    }
}
