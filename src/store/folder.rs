//! The data folder: where everything lies, and the lock that keeps a second process out.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process holds it.
    #[error("the data folder is in use by another process")]
    InUse,
    /// A process found damaged data in it and stopped.
    #[error(
        "the data folder is marked as damaged: run `holos fsck` on it, then restore it, or remove the file CORRUPT \
         if fsck finds it sound"
    )]
    MarkedCorrupt,
    /// There is no store in it.
    #[error("the data folder holds no store")]
    Missing,
    /// A file operation failed.
    #[error("the data folder cannot be used")]
    Io(#[from] io::Error),
}

/// A process that was killed a moment ago may hold the lock until the kernel has taken it apart;
/// a supervisor that restarts at once must not fail for that.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// A data folder, locked by this process.
#[derive(Debug)]
pub struct DataFolder {
    root: PathBuf,
    // Held for its lock; the kernel frees it when the process ends, however it ends.
    _lock: File,
}

impl DataFolder {
    /// Locks the folder for a server, making it where it is missing.
    ///
    /// # Errors
    ///
    /// See [`FolderError`].
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        std::fs::create_dir_all(root)?;
        let folder = Self::lock(root)?;
        if folder.corrupt_mark().exists() {
            return Err(FolderError::MarkedCorrupt);
        }
        Ok(folder)
    }

    /// Locks an existing folder for the auditor, marked or not.
    ///
    /// # Errors
    ///
    /// See [`FolderError`].
    pub fn open_existing(root: &Path) -> Result<Self, FolderError> {
        if !root.join("db").is_dir() {
            return Err(FolderError::Missing);
        }
        Self::lock(root)
    }

    fn lock(root: &Path) -> Result<Self, FolderError> {
        let lock =
            File::options().create(true).truncate(false).write(true).open(root.join("lock"))?;
        for _ in 0..LOCK_TRIES {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { root: root.to_owned(), _lock: lock }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(error)) => return Err(FolderError::Io(error)),
            }
        }
        Err(FolderError::InUse)
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.root.join("db")
    }

    /// The key store: outside the database and its backups.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The logs: outside the database and its backups.
    pub fn logs(&self) -> PathBuf {
        self.root.join("log")
    }

    /// The mark that damaged data leaves.
    pub fn corrupt_mark(&self) -> PathBuf {
        self.root.join("CORRUPT")
    }
}
