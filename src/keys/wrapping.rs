//! The wrapping key: the one key that is not stored in the data folder, and under which all others
//! are.
//!
//! It comes from a file of 64 lower-case hex digits and a newline, readable by the engine's account
//! only, best kept on another medium than the data. Does not rotate it: that belongs to erasure.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::files;
use super::seal::SealKey;
use super::secret::Secret;

/// Digits of the file, without its newline.
const HEX: usize = 64;

/// The key-encryption key, split at once into one key a purpose.
pub struct WrappingKey {
    seal: SealKey,
    head: Secret<32>,
}

/// Why there is no wrapping key.
#[derive(Debug, thiserror::Error)]
pub enum WrappingKeyError {
    /// The file cannot be read, or made.
    #[error("wrapping key file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others than the owner may read or write the file.
    #[error("wrapping key file {}: mode is {mode:03o}, not 600 or 400", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not hold a key.
    #[error("wrapping key file {}: not 64 lower-case hex digits and a newline", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

impl WrappingKey {
    /// Reads the key file.
    ///
    /// # Errors
    /// [`WrappingKeyError`]: no file, a file that others may read, or one that holds no key.
    pub fn load(path: &Path) -> Result<Self, WrappingKeyError> {
        let at = |source| WrappingKeyError::File { path: path.into(), source };
        let file = File::open(path).map_err(at)?;
        // Asked of the open file, not of the name: the name may be another file by now.
        let mode = file.metadata().map_err(at)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(WrappingKeyError::Exposed { path: path.into(), mode });
        }
        let mut text = Zeroizing::new(Vec::with_capacity(HEX + 2));
        file.take(HEX as u64 + 2).read_to_end(&mut text).map_err(at)?;
        let digits = text.strip_suffix(b"\n").unwrap_or(&text);
        let secret =
            decode(digits).ok_or_else(|| WrappingKeyError::Malformed { path: path.into() })?;
        Ok(Self::new(&secret))
    }

    /// Makes a new random key in a new file, durable on return, for its owner only.
    ///
    /// A crash in here can leave a file without a key in it: [`Self::load`] says so, and it may be
    /// deleted, because nothing is wrapped under it yet.
    ///
    /// # Errors
    /// [`WrappingKeyError::File`], also if the file exists: a wrapping key is never overwritten.
    pub fn create(path: &Path) -> Result<Self, WrappingKeyError> {
        let secret = Secret::random();
        let text = encode(&secret);
        let write = || {
            let mut file = files::options().create_new(true).open(path)?;
            file.write_all(&text)?;
            file.sync_all()?;
            files::sync_parent(path)
        };
        write().map_err(|source| WrappingKeyError::File { path: path.into(), source })?;
        Ok(Self::new(&secret))
    }

    /// The wrapping key made of `secret`: derived keys, so that no two purposes share one.
    pub(crate) fn new(secret: &Secret<32>) -> Self {
        let derive = |context: &str| Secret::new(blake3::derive_key(context, secret.expose()));
        Self {
            seal: SealKey::new(&derive("holos v1 wrapping key: seal")),
            head: derive("holos v1 wrapping key: head"),
        }
    }

    /// The key under which keys are sealed.
    pub(super) fn seal(&self) -> &SealKey {
        &self.seal
    }

    /// The key that vouches for the stored head of the audit log.
    pub(super) fn head(&self) -> &Secret<32> {
        &self.head
    }
}

fn encode(secret: &Secret<32>) -> Zeroizing<Vec<u8>> {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    let mut text = Zeroizing::new(Vec::with_capacity(HEX + 1));
    text.extend(secret.expose().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text.push(b'\n');
    text
}

fn decode(digits: &[u8]) -> Option<Secret<32>> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut key = Zeroizing::new([0; 32]);
    if digits.len() != HEX {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(Secret::new(*key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrapping.key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_created_key_is_loaded_as_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrapping.key");
        let made = WrappingKey::create(&path).unwrap();
        let loaded = WrappingKey::load(&path).unwrap();
        let sealed = made.seal().seal([0; 24], b"", b"x");
        assert!(loaded.seal().open(b"", &sealed).is_ok());
        assert_eq!(made.head().expose(), loaded.head().expose());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&path).unwrap().len(), 65);
    }

    #[test]
    fn an_existing_key_is_never_overwritten() {
        let (_folder, path) = file("precious", 0o600);
        assert!(matches!(WrappingKey::create(&path), Err(WrappingKeyError::File { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let text = format!("{}\n", "0a".repeat(32));
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644] {
            let (_folder, path) = file(&text, mode);
            let Err(WrappingKeyError::Exposed { mode: found, .. }) = WrappingKey::load(&path)
            else {
                panic!("mode {mode:03o} was let through");
            };
            assert_eq!(found, mode);
        }
        let (_folder, path) = file(&text, 0o400);
        assert!(WrappingKey::load(&path).is_ok());
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
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
        ];
        for text in bad {
            let (_folder, path) = file(&text, 0o600);
            assert!(
                matches!(WrappingKey::load(&path), Err(WrappingKeyError::Malformed { .. })),
                "{text:?}"
            );
        }
        let (folder, path) = file(&good, 0o600);
        assert!(WrappingKey::load(&path).is_ok(), "the newline may be missing");
        drop(folder);
        assert!(matches!(WrappingKey::load(&path), Err(WrappingKeyError::File { .. })));
    }
}
