//! The key store: poll keys, the engine's signing key, and the stored head of the audit log.
//!
//! Each is one small file, replaced whole. Keys are sealed under the wrapping key, bound to their
//! purpose and poll. Does not hold epoch keys ([`super::slots`]) and caches nothing: what is read
//! is what is on the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::{Secret, WrappingKey, files};
use crate::poll::PollId;
use crate::service::faults::{Faults, InjectedFault, Point};
use crate::service::random;

const POLL_PLACE: &[u8] = b"holos v1 poll keys";
const SIGNING_PLACE: &[u8] = b"holos v1 signing key";
const KEY_SUFFIX: &str = "key";

/// The two keys of a poll. Both die with the poll's erasure.
#[derive(Debug)]
pub struct PollKeys {
    /// Makes a subject's tag.
    pub tag: Secret<32>,
    /// Seals the poll's tag blocks.
    pub data: Secret<32>,
}

/// Where the audit log ended when its last entry was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last entry, from 0.
    pub sequence: u64,
    /// Hash of the last line.
    pub hash: [u8; 32],
}

/// What a file of the key store is, for errors: never which poll's voters or what key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The folder itself.
    Folder,
    /// The keys of a poll.
    PollKeys(PollId),
    /// The engine's signing key.
    SigningKey,
    /// The audit log's head.
    AuditHead,
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder => f.write_str("folder"),
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
    /// A file that was changed, that belongs elsewhere, or that another wrapping key made.
    #[error("key store: {item} damaged, or made under another wrapping key")]
    Damaged {
        /// Which file.
        item: Item,
    },
    /// A test's fault.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

/// The open key store. The data folder's lock keeps other processes out.
pub struct KeyStore {
    folder: PathBuf,
    wrapping: Arc<WrappingKey>,
    signing: SigningKey,
    faults: Faults,
    /// Two callers must not write one poll's keys at once: they share the unfinished file's name.
    creating: Mutex<()>,
}

impl KeyStore {
    /// Opens the key store in `folder`; a new one is made, with a signing key, where there is none.
    ///
    /// What an earlier process left in the page cache is synced first, and its unfinished files are
    /// removed.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Missing`] if the signing key is gone from a store that has other
    /// things in it.
    pub fn open(
        folder: &Path,
        wrapping: Arc<WrappingKey>,
        faults: Faults,
    ) -> Result<Self, KeyError> {
        let prepare = || {
            files::make_folder(&polls(folder))?;
            files::sync_folder(folder)?;
            remove_unfinished(&polls(folder))
        };
        prepare().map_err(in_folder)?;
        let signing = match read_signing_key(folder, &wrapping) {
            Err(KeyError::Missing { .. }) if is_new(folder)? => {
                make_signing_key(folder, &wrapping, &faults)?
            }
            read => read?,
        };
        Ok(Self { folder: folder.into(), wrapping, signing, faults, creating: Mutex::new(()) })
    }

    /// Opens the key store for the auditor: makes, syncs and removes nothing.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Missing`] if there is no signing key.
    pub fn inspect(folder: &Path, wrapping: Arc<WrappingKey>) -> Result<Self, KeyError> {
        let signing = read_signing_key(folder, &wrapping)?;
        Ok(Self {
            folder: folder.into(),
            wrapping,
            signing,
            faults: Faults::none(),
            creating: Mutex::new(()),
        })
    }

    /// The engine's signing key. Every message signed with it begins with its own purpose and
    /// version.
    pub fn signing_key(&self) -> &SigningKey {
        &self.signing
    }

    /// Makes the keys of a poll, durable on return. A poll that has keys keeps them: they are
    /// returned.
    ///
    /// # Errors
    /// [`KeyError`]. Repeating is harmless.
    pub fn create_poll_keys(&self, poll: PollId) -> Result<PollKeys, KeyError> {
        let _turn = self.creating.lock().expect("nothing panics under this lock");
        match self.poll_keys(poll) {
            // Seen is not yet durable: its folder may not have been synced when an earlier attempt
            // failed.
            Ok(keys) => {
                files::sync_folder(&polls(&self.folder)).map_err(in_folder)?;
                return Ok(keys);
            }
            Err(KeyError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        let keys = PollKeys { tag: Secret::random(), data: Secret::random() };
        let plain = Zeroizing::new([*keys.tag.expose(), *keys.data.expose()]);
        let sealed =
            self.wrapping.seal().seal(random::bytes(), &poll_place(poll), plain.as_flattened());
        self.faults.durable(Point::PollKeys, || {
            write(&self.poll_path(poll), &sealed, Item::PollKeys(poll))
        })?;
        Ok(keys)
    }

    /// The keys of a poll.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Missing`] if the poll has none.
    pub fn poll_keys(&self, poll: PollId) -> Result<PollKeys, KeyError> {
        let item = Item::PollKeys(poll);
        let sealed = read(&self.poll_path(poll), item)?;
        let plain = self.wrapping.seal().open(&poll_place(poll), &sealed);
        let plain = plain.map_err(|_| KeyError::Damaged { item })?;
        let keys: &[[u8; 32]; 2] =
            plain.as_chunks().0.try_into().map_err(|_| KeyError::Damaged { item })?;
        Ok(PollKeys { tag: Secret::new(keys[0]), data: Secret::new(keys[1]) })
    }

    /// The polls that have keys, in order.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn list(&self) -> Result<Vec<PollId>, KeyError> {
        let list = || {
            let mut ids = Vec::new();
            for entry in fs::read_dir(polls(&self.folder))? {
                ids.extend(poll_of(&entry?.path()));
            }
            ids.sort_unstable();
            Ok(ids)
        };
        list().map_err(in_folder)
    }

    /// The stored head of the audit log; `None` before its first entry.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Damaged`] if somebody without the wrapping key wrote it.
    pub fn audit_head(&self) -> Result<Option<AuditHead>, KeyError> {
        let item = Item::AuditHead;
        let bytes = files::read(&head_path(&self.folder))
            .map_err(|source| KeyError::File { item, source })?;
        let decode = |bytes: Vec<u8>| decode_head(&bytes, self.wrapping.head());
        bytes.map(|bytes| decode(bytes).ok_or(KeyError::Damaged { item })).transpose()
    }

    /// Puts a new head in place of the stored one, durable on return.
    ///
    /// # Errors
    /// [`KeyError::File`]: stop, which of the two is stored is unknown.
    pub fn replace_audit_head(&self, head: &AuditHead) -> Result<(), KeyError> {
        let bytes = encode_head(head, self.wrapping.head());
        self.faults
            .durable(Point::AuditHead, || write(&head_path(&self.folder), &bytes, Item::AuditHead))
    }

    fn poll_path(&self, poll: PollId) -> PathBuf {
        polls(&self.folder).join(format!("{poll}.{KEY_SUFFIX}"))
    }
}

fn polls(folder: &Path) -> PathBuf {
    folder.join("polls")
}

fn signing_path(folder: &Path) -> PathBuf {
    folder.join("signing.key")
}

fn head_path(folder: &Path) -> PathBuf {
    folder.join("audit.head")
}

fn poll_place(poll: PollId) -> Vec<u8> {
    [POLL_PLACE, poll.as_bytes()].concat()
}

fn poll_of(path: &Path) -> Option<PollId> {
    if path.extension()? != KEY_SUFFIX {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

fn in_folder(source: io::Error) -> KeyError {
    KeyError::File { item: Item::Folder, source }
}

fn read(path: &Path, item: Item) -> Result<Vec<u8>, KeyError> {
    let bytes = files::read(path).map_err(|source| KeyError::File { item, source })?;
    bytes.ok_or(KeyError::Missing { item })
}

fn write(path: &Path, bytes: &[u8], item: Item) -> Result<(), KeyError> {
    files::replace(path, bytes).map_err(|source| KeyError::File { item, source })
}

fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|suffix| suffix == files::UNFINISHED) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Whether nothing was ever kept here: only then is a missing signing key no loss.
fn is_new(folder: &Path) -> Result<bool, KeyError> {
    let look = || {
        let has_polls = fs::read_dir(polls(folder))?.next().is_some();
        Ok(!has_polls && !fs::exists(head_path(folder))?)
    };
    look().map_err(in_folder)
}

fn read_signing_key(folder: &Path, wrapping: &WrappingKey) -> Result<SigningKey, KeyError> {
    let item = Item::SigningKey;
    let sealed = read(&signing_path(folder), item)?;
    let damaged = KeyError::Damaged { item };
    let Ok(plain) = wrapping.seal().open(SIGNING_PLACE, &sealed) else { return Err(damaged) };
    let Ok(seed) = plain[..].try_into() else { return Err(damaged) };
    Ok(SigningKey::from_bytes(seed))
}

fn make_signing_key(
    folder: &Path,
    wrapping: &WrappingKey,
    faults: &Faults,
) -> Result<SigningKey, KeyError> {
    let seed = Secret::random();
    let sealed = wrapping.seal().seal(random::bytes(), SIGNING_PLACE, seed.expose());
    faults.durable(Point::PollKeys, || write(&signing_path(folder), &sealed, Item::SigningKey))?;
    Ok(SigningKey::from_bytes(seed.expose()))
}

/// ```text
///  0      4                 12         44             76
///  +------+-----------------+----------+--------------+
///  | HLAH | sequence u64 LE | hash     | keyed BLAKE3 |
///  +------+-----------------+----------+--------------+
/// ```
const HEAD_MAGIC: [u8; 4] = *b"HLAH";
const HEAD_MAC_AT: usize = 44;
const HEAD_BYTES: usize = HEAD_MAC_AT + blake3::OUT_LEN;

fn encode_head(head: &AuditHead, key: &Secret<32>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES);
    bytes.extend_from_slice(&HEAD_MAGIC);
    bytes.extend_from_slice(&head.sequence.to_le_bytes());
    bytes.extend_from_slice(&head.hash);
    let mac = blake3::keyed_hash(key.expose(), &bytes);
    bytes.extend_from_slice(mac.as_bytes());
    bytes
}

fn decode_head(bytes: &[u8], key: &Secret<32>) -> Option<AuditHead> {
    let (content, mac) = bytes.split_at_checked(HEAD_MAC_AT)?;
    let mac = blake3::Hash::from_bytes(mac.try_into().ok()?);
    // `Hash` compares in constant time.
    if blake3::keyed_hash(key.expose(), content) != mac || !content.starts_with(&HEAD_MAGIC) {
        return None;
    }
    let sequence = u64::from_le_bytes(content[4..12].try_into().ok()?);
    Some(AuditHead { sequence, hash: content[12..].try_into().ok()? })
}

#[cfg(test)]
mod tests;
