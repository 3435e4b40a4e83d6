//! Small files that are either whole and durable, or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::ground::random;

/// Suffix of a file that is still being written: worth nothing after a crash.
pub(crate) const UNFINISHED: &str = "tmp";

/// Bytes overwritten with one call.
const OVERWRITTEN_AT_ONCE: usize = 4096;

/// Only the engine's own account reads or writes what is made here.
const MODE_FILE: u32 = 0o600;
const MODE_FOLDER: u32 = 0o700;

/// Puts `bytes` at `path`, durably, in place of what was there.
///
/// 1. What an earlier call left beside it is discarded, and the bytes go to a new file there, synced.
///    Crash: the old content stands; the leftover is discarded next time.
/// 2. Renamed over `path`. Crash: old or new content, whole in either case.
/// 3. The folder is synced. Crash: new content. Only now does the caller hear of success.
///
/// # Errors
/// Any I/O error; whether the new content will be there after a crash is then unknown.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = unfinished(path);
    discard(&unfinished)?;
    write_new(&unfinished, bytes)?;
    fs::rename(&unfinished, path)?;
    sync_parent(path)
}

/// Removes what may lie at `path`, its bytes overwritten first. What a link points to is somebody
/// else's and stays.
///
/// # Errors
/// Any I/O error but "not found".
pub(crate) fn discard(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if kind.is_file() {
        overwrite(&options().open(path)?)?;
    }
    fs::remove_file(path)
}

/// Whether [`replace`] would find a place to write at, beside `path`: tried with an empty file of a
/// name of its own, so that it does not disturb a process that is replacing `path`.
///
/// # Errors
/// Any I/O error.
pub(crate) fn try_beside(path: &Path) -> io::Result<()> {
    let probe = unfinished(&path.with_added_extension("probe"));
    // Left by a crash, or of another probe, which does not need it any more.
    discard(&probe)?;
    write_new(&probe, &[])?;
    discard(&probe)
}

/// The content of `path`, `None` if there is no such file.
///
/// # Errors
/// Any I/O error but "not found".
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the folder, and those above it, for this account only; durable on return, also if it was
/// there already.
///
/// # Errors
/// Any I/O error.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(MODE_FOLDER).create(path)?;
    sync_folder(path)?;
    sync_parent(path)
}

/// Writes a file that was not there. Its bytes are durable on return; its name only with its folder.
///
/// # Errors
/// Any I/O error, also if there is such a file.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = options().create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Overwrites all bytes of an open file where they lie, and syncs. Hygiene: file systems and disks
/// may keep what was there.
///
/// # Errors
/// Any I/O error.
pub(crate) fn overwrite(file: &File) -> io::Result<()> {
    let (length, mut at) = (file.metadata()?.len(), 0);
    while at < length {
        let bytes: [u8; OVERWRITTEN_AT_ONCE] = random::bytes();
        let left = usize::try_from(length - at).unwrap_or(usize::MAX).min(bytes.len());
        file.write_all_at(&bytes[..left], at)?;
        at += left as u64;
    }
    file.sync_all()
}

/// Overwrites and removes everything in `folder`, then the folder. After a crash in here it can be
/// done again; the folder's own absence becomes durable with the folder above it.
///
/// # Errors
/// Any I/O error.
pub(crate) fn shred_folder(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            shred_folder(&path)?;
            continue;
        }
        discard(&path)?;
    }
    fs::remove_dir(folder)
}

/// Why a file that its owner alone may read is not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It cannot be.
    Io(io::Error),
    /// Others may read or write it.
    Exposed {
        /// Its permission bits.
        mode: u32,
    },
}

/// Reads a file that its owner alone may read: at most `bytes_max` bytes, and one more where it has
/// more; `None` where there is no such file.
///
/// # Errors
/// [`Unread`].
pub(crate) fn read_private(
    path: &Path,
    bytes_max: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, Unread> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Unread::Io(error)),
    };
    // Asked of the open file, not of the name: the name may be another file by now.
    let mode = file.metadata().map_err(Unread::Io)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Unread::Exposed { mode });
    }
    // Room for all of it: a growing vector would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(bytes_max + 1));
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(Unread::Io)?;
    Ok(Some(bytes))
}

/// How files for this account only are opened; the caller adds what it needs.
pub(crate) fn options() -> OpenOptions {
    let mut options = File::options();
    options.write(true).mode(MODE_FILE);
    options
}

/// Makes the names in the folder of `path` durable.
///
/// # Errors
/// Any I/O error.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync_folder(folder.unwrap_or(Path::new(".")))
}

/// Makes the names in `folder` durable.
///
/// # Errors
/// Any I/O error.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The name under which `path` is written before it is renamed.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    path.with_added_extension(UNFINISHED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_holds_the_new_bytes_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/file.key");
        make_folder(path.parent().unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), None);
        replace(&path, b"a long first content").unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"second");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE_FILE);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_leftover_of_a_crash_is_overwritten_and_nothing_of_it_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(unfinished(&path), b"half of something longer").unwrap();
        fs::set_permissions(unfinished(&path), fs::Permissions::from_mode(0o644)).unwrap();
        let mut leftover = File::open(unfinished(&path)).unwrap();
        replace(&path, b"whole").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"whole");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE_FILE);
        let mut left = Vec::new();
        leftover.read_to_end(&mut left).unwrap();
        assert_eq!(left.len(), 24, "not cut, which would leave its blocks as they are");
        assert_ne!(left, b"half of something longer");
    }

    #[test]
    fn a_link_where_the_new_file_is_written_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        fs::write(&other, b"of somebody else").unwrap();
        std::os::unix::fs::symlink(&other, unfinished(&path)).unwrap();
        replace(&path, b"whole").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"whole");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(read(&other).unwrap().unwrap(), b"of somebody else");
    }

    #[test]
    fn a_try_beside_a_file_leaves_nothing_and_needs_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(unfinished(&path), b"being written").unwrap();
        fs::write(folder.path().join("file.probe.tmp"), b"").unwrap();
        try_beside(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read(unfinished(&path)).unwrap(), b"being written");
        assert!(try_beside(&folder.path().join("none/file")).is_err());
    }

    #[test]
    fn a_shredded_folder_is_gone_and_its_bytes_were_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("1/polls");
        make_folder(&deep).unwrap();
        let (path, other) = (deep.join("a.key"), folder.path().join("other"));
        let secret = [0x41; 3 * OVERWRITTEN_AT_ONCE / 2];
        write_new(&path, &secret).unwrap();
        write_new(&other, b"of somebody else").unwrap();
        std::os::unix::fs::symlink(&other, deep.join("link")).unwrap();
        let still_open = File::open(&path).unwrap();
        shred_folder(&folder.path().join("1")).unwrap();
        assert!(!folder.path().join("1").exists());
        let mut left = vec![0; secret.len()];
        still_open.read_exact_at(&mut left, 0).unwrap();
        assert!(!left.array_windows().any(|window| *window == [0x41; 8]));
        assert_eq!(read(&other).unwrap().unwrap(), b"of somebody else");
    }
}
