//! The data folder: where everything lies, and the lock that keeps a second process out.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
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

/// Only the engine's own account has anything to do in it.
const MODE: u32 = 0o700;

/// A data folder, locked by this process.
#[derive(Debug)]
pub struct DataFolder {
    root: PathBuf,
    // Held for its lock; the kernel frees it when the process ends, however it ends.
    _lock: File,
}

impl DataFolder {
    /// Locks the folder for a server, making it where it is missing, for this account only. One that
    /// is there and open to others is taken as it is, with a warning: who gave it that mode may
    /// have had a reason.
    ///
    /// # Errors
    ///
    /// See [`FolderError`].
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        DirBuilder::new().recursive(true).mode(MODE).create(root)?;
        warn_if_exposed(root)?;
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

    /// Whether there is a database, whole or not: `CURRENT` is the file by which one is found.
    ///
    /// # Errors
    ///
    /// The system cannot tell.
    pub fn has_database(&self) -> io::Result<bool> {
        self.database().join("CURRENT").try_exists()
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

fn warn_if_exposed(root: &Path) -> io::Result<()> {
    let mode = root.metadata()?.permissions().mode() & 0o777;
    if mode & !MODE != 0 {
        tracing::warn!(
            mode = format!("{mode:03o}"),
            "the data folder is open to others than the engine's account: chmod 700 closes it"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_data_folder_is_for_its_owner_only_and_one_that_is_there_stays_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let data = home.path().join("a/data");
        drop(DataFolder::open(&data).unwrap());
        assert_eq!((mode(&data), mode(data.parent().unwrap())), (0o700, 0o700));
        std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).unwrap();
        drop(DataFolder::open(&data).unwrap());
        assert_eq!(mode(&data), 0o755);
    }

    #[test]
    fn a_database_is_known_by_its_current_file() {
        let home = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(home.path()).unwrap();
        std::fs::create_dir(folder.database()).unwrap();
        assert!(!folder.has_database().unwrap(), "a crash before the first write");
        std::fs::write(folder.database().join("CURRENT"), b"x").unwrap();
        assert!(folder.has_database().unwrap());
    }
}
