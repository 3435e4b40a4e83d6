//! Key-encryption keys in a file, for its owner only, best kept on another medium than the data.
//!
//! One line of 64 lower-case hex digits; two between the making of a new key and the destruction of
//! the old one, newest last. Keeps no key in memory: each call reads the file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{KekError, KekId, KeyEncryption, read_private, software};
use crate::keys::{Secret, files};

const WHAT: &str = "wrapping key";
/// Only while one takes the other's place.
const KEYS_MAX: usize = 2;
const LINE: usize = software::HEX + 1;

/// The keys of one file.
pub struct FileProvider {
    path: PathBuf,
}

impl FileProvider {
    /// The keys in this file, which need not be there yet. Its folder must be writable for keys to
    /// be made and destroyed.
    pub fn new(path: &Path) -> Self {
        Self { path: path.into() }
    }

    fn at(&self, source: io::Error) -> KekError {
        KekError::File { what: WHAT, path: self.path.clone(), source }
    }

    fn read(&self) -> Result<Vec<Secret<32>>, KekError> {
        let Some(text) = read_private(WHAT, &self.path, KEYS_MAX * LINE)? else {
            return Ok(Vec::new());
        };
        // The last newline may be missing: people make this file with an editor.
        let lines = text.strip_suffix(b"\n").unwrap_or(&text).split(|byte| *byte == b'\n');
        let keys: Option<Vec<_>> = lines.map(software::decode).collect();
        keys.filter(|keys| keys.len() <= KEYS_MAX)
            .ok_or_else(|| KekError::Malformed { path: self.path.clone() })
    }

    /// The file itself, where the configured name is a link: the keys must die where they lie.
    fn target(&self) -> io::Result<PathBuf> {
        match fs::canonicalize(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(self.path.clone()),
            target => target,
        }
    }

    /// Puts these keys in place of those in the file, or removes it where none is left.
    ///
    /// 1. The new content is written beside the old, renamed over it and synced. Crash before: the
    ///    old keys; after: the new ones, whole in either case.
    /// 2. The old content is overwritten where it lay, through a handle that was opened before.
    ///    Crash before: the old bytes stay in blocks that no file names; the disk may use them
    ///    again at any time.
    fn store(&self, keys: &[&Secret<32>]) -> io::Result<()> {
        let path = self.target()?;
        // A file that is only readable is replaced all the same; its blocks are then left as they
        // are.
        let before = files::options().open(&path).ok();
        if keys.is_empty() {
            fs::remove_file(&path)?;
            files::sync_parent(&path)?;
        } else {
            let mut text = Zeroizing::new(Vec::with_capacity(keys.len() * LINE));
            for key in keys {
                software::encode(key, &mut text);
                text.push(b'\n');
            }
            files::replace(&path, &text)?;
        }
        before.map_or(Ok(()), |before| files::overwrite(&before))
    }

    /// What an earlier process wrote may be in the page cache only.
    fn make_durable(&self) -> io::Result<()> {
        let path = self.target()?;
        File::open(&path)?.sync_all()?;
        files::sync_parent(&path)
    }
}

impl KeyEncryption for FileProvider {
    fn keys(&self) -> Result<Vec<KekId>, KekError> {
        Ok(self.read()?.iter().map(software::id).collect())
    }

    fn wrap(&self, key: &KekId, secret: &Secret<32>) -> Result<Vec<u8>, KekError> {
        let wrapped = software::wrap(software::find(&self.read()?, key)?, secret);
        self.make_durable().map_err(|error| self.at(error))?;
        Ok(wrapped)
    }

    fn unwrap(&self, key: &KekId, wrapped: &[u8]) -> Result<Secret<32>, KekError> {
        software::unwrap(software::find(&self.read()?, key)?, wrapped)
    }

    fn create(&self) -> Result<KekId, KekError> {
        let held = self.read()?;
        if held.len() == KEYS_MAX {
            return Err(KekError::Full);
        }
        let new = Secret::random();
        let keys: Vec<_> = held.iter().chain([&new]).collect();
        self.store(&keys).map_err(|error| self.at(error))?;
        Ok(software::id(&new))
    }

    fn discard_leftovers(&self) -> Result<(), KekError> {
        let discard = || {
            let path = self.target()?;
            files::discard(&files::unfinished(&path))
        };
        discard().map_err(|error| self.at(error))
    }

    fn check_replaceable(&self) -> Result<(), KekError> {
        let beside = |path: PathBuf| files::try_beside(&path);
        self.target().and_then(beside).map_err(|error| self.at(error))
    }

    fn destroy(&self, key: &KekId) -> Result<(), KekError> {
        let held = self.read()?;
        let left: Vec<_> = held.iter().filter(|held| software::id(held) != *key).collect();
        let destroyed = if left.len() < held.len() {
            self.store(&left)
        } else if held.is_empty() {
            files::sync_parent(&self.path)
        } else {
            // Gone from what this process sees; the disk may not know yet.
            self.make_durable()
        };
        destroyed.map_err(|error| self.at(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, FileProvider) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrapping.key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, FileProvider::new(&path))
    }

    fn good() -> String {
        format!("{}\n", "0a".repeat(32))
    }

    #[test]
    fn a_key_is_made_wraps_and_is_read_back_by_another_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrapping.key");
        let provider = FileProvider::new(&path);
        assert_eq!(provider.keys().unwrap(), []);
        let made = provider.create().unwrap();
        let wrapped = provider.wrap(&made, &Secret::new([5; 32])).unwrap();
        let again = FileProvider::new(&path);
        assert_eq!(again.keys().unwrap(), [made]);
        assert_eq!(again.unwrap(&made, &wrapped).unwrap().expose(), &[5; 32]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&path).unwrap().len(), 65);
        assert_eq!(made.to_string().len(), 16);
    }

    #[test]
    fn a_new_key_stands_beside_the_old_until_that_is_destroyed() {
        let (folder, provider) = file(&good(), 0o600);
        let old = provider.keys().unwrap()[0];
        let wrapped = provider.wrap(&old, &Secret::new([5; 32])).unwrap();
        let new = provider.create().unwrap();
        assert_eq!(provider.keys().unwrap(), [old, new]);
        assert!(provider.unwrap(&old, &wrapped).is_ok());
        assert!(matches!(provider.unwrap(&new, &wrapped), Err(KekError::Damaged)));
        assert!(matches!(provider.create(), Err(KekError::Full)));
        for _ in 0..2 {
            provider.destroy(&old).unwrap();
            assert_eq!(provider.keys().unwrap(), [new]);
        }
        let gone = provider.unwrap(&old, &wrapped).err().unwrap();
        assert!(matches!(gone, KekError::Unknown { key } if key == old));
        assert!(!fs::read_to_string(&provider.path).unwrap().contains(good().trim()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        provider.destroy(&new).unwrap();
        assert_eq!(provider.keys().unwrap(), []);
        provider.destroy(&new).unwrap();
    }

    #[test]
    fn the_bytes_of_a_destroyed_key_are_overwritten_also_behind_a_link() {
        let (folder, provider) = file(&good(), 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&provider.path, &link).unwrap();
        let mut before = File::open(&provider.path).unwrap();
        let linked = FileProvider::new(&link);
        let old = linked.keys().unwrap()[0];
        linked.create().unwrap();
        linked.destroy(&old).unwrap();
        let mut left = Vec::new();
        before.read_to_end(&mut left).unwrap();
        assert_eq!(left.len(), good().len());
        assert!(!left.array_windows().any(|window| window == b"0a0a0a0a"));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(provider.keys().unwrap(), linked.keys().unwrap());
    }

    #[test]
    fn what_a_crash_left_beside_the_file_is_overwritten_also_behind_a_link() {
        let (folder, provider) = file(&good(), 0o600);
        fs::create_dir(folder.path().join("elsewhere")).unwrap();
        let link = folder.path().join("elsewhere/link");
        std::os::unix::fs::symlink(&provider.path, &link).unwrap();
        let leftover = files::unfinished(&provider.path);
        fs::write(&leftover, good()).unwrap();
        let mut before = File::open(&leftover).unwrap();
        FileProvider::new(&link).discard_leftovers().unwrap();
        let mut left = Vec::new();
        before.read_to_end(&mut left).unwrap();
        assert!(!leftover.exists() && left.len() == good().len());
        assert!(!left.array_windows().any(|window| window == b"0a0a0a0a"));
        provider.discard_leftovers().unwrap();
        assert_eq!(fs::read_to_string(&provider.path).unwrap(), good());
    }

    #[test]
    fn whether_a_key_can_be_replaced_is_told_without_touching_it() {
        let (folder, provider) = file(&good(), 0o600);
        provider.check_replaceable().unwrap();
        assert_eq!(fs::read_to_string(&provider.path).unwrap(), good());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let nowhere = FileProvider::new(&folder.path().join("none/wrapping.key"));
        assert!(matches!(nowhere.check_replaceable(), Err(KekError::File { .. })));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644] {
            let (_folder, provider) = file(&good(), mode);
            let Err(KekError::Exposed { mode: found, .. }) = provider.keys() else {
                panic!("mode {mode:03o} was let through");
            };
            assert_eq!(found, mode);
            assert!(matches!(provider.create(), Err(KekError::Exposed { .. })));
        }
        let (_folder, provider) = file(&good(), 0o400);
        assert_eq!(provider.keys().unwrap().len(), 1);
    }

    #[test]
    fn what_is_not_a_key_is_refused_and_never_overwritten() {
        let good = "0a".repeat(32);
        let bad = [
            String::new(),
            "\n".into(),
            good[1..].into(),
            format!("{good}0"),
            format!("{good}\n\n"),
            format!("{good}\r\n"),
            format!(" {good}"),
            good.to_uppercase(),
            good.replacen('0', "g", 1),
            format!("{good}\n{good}\n{good}"),
        ];
        for text in bad {
            let (_folder, provider) = file(&text, 0o600);
            assert!(matches!(provider.keys(), Err(KekError::Malformed { .. })), "{text:?}");
            assert!(provider.create().is_err());
            assert_eq!(fs::read_to_string(&provider.path).unwrap(), text);
        }
        let (_folder, provider) = file(&good, 0o600);
        assert_eq!(provider.keys().unwrap().len(), 1, "the newline may be missing");
        let (_folder, provider) = file(&format!("{good}\n{}", "0b".repeat(32)), 0o600);
        assert_eq!(provider.keys().unwrap().len(), 2);
    }

    #[test]
    fn every_changed_byte_of_a_wrapped_key_is_found() {
        let (_folder, provider) = file(&good(), 0o600);
        let key = provider.keys().unwrap()[0];
        let wrapped = provider.wrap(&key, &Secret::new([5; 32])).unwrap();
        for at in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(matches!(provider.unwrap(&key, &changed), Err(KekError::Damaged)));
            assert!(matches!(provider.unwrap(&key, &wrapped[..at]), Err(KekError::Damaged)));
        }
    }
}
