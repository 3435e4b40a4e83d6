//! One generation of the key store: a folder with its own root key and all that is sealed under it.
//!
//! ```text
//! keys/<n>/root.key          the root key, wrapped by the provider's key
//!          slots             epoch keys, overwritten in place (super::slots)
//!          polls/<uuid>.key  poll keys
//!          signing.key       the engine's signing key
//!          audit.head        the end of the audit log
//! ```
//!
//! A folder of that name is whole and durable: it is made as `<n>.tmp` and renamed. Each file in it
//! is replaced whole. Caches nothing: what is read is what is on the disk. Does not decide which
//! generation rules.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::SigningKey;

use super::provider::{KekId, KeyEncryption};
use super::root::Envelope;
use super::{AuditHead, Item, KeyError, PollKeys, Secret, WrappingKey, files, items};
use crate::poll::PollId;

const KEY_SUFFIX: &str = "key";

/// A generation whose root key is open.
pub(super) struct Generation {
    pub(super) number: u64,
    folder: PathBuf,
    pub(super) kek: KekId,
    pub(super) root: Arc<WrappingKey>,
}

impl Generation {
    /// Opens generation `number` of the store in `store`. Writes nothing.
    pub(super) fn open(
        store: &Path,
        number: u64,
        provider: &dyn KeyEncryption,
    ) -> Result<Self, KeyError> {
        let folder = path(store, number);
        let item = Item::RootKey;
        let bytes = read(&root_path(&folder), item)?;
        let envelope = Envelope::decode(&bytes).ok_or(KeyError::Damaged { item })?;
        let secret = provider.unwrap(&envelope.kek, &envelope.wrapped)?;
        let root = Arc::new(WrappingKey::new(&secret));
        Ok(Self { number, folder, kek: envelope.kek, root })
    }

    /// Makes durable what an earlier process left in the page cache, and removes its unfinished
    /// files.
    pub(super) fn settle(&self) -> Result<(), KeyError> {
        let settle = |folder: &Path| {
            files::sync_folder(folder)?;
            remove_unfinished(folder)
        };
        settle(&polls(&self.folder))
            .and_then(|()| settle(&self.folder))
            .map_err(KeyError::in_folder)
    }

    pub(super) fn slots_path(&self) -> PathBuf {
        self.folder.join("slots")
    }

    pub(super) fn signing_key(&self) -> Result<SigningKey, KeyError> {
        let item = Item::SigningKey;
        let sealed = read(&signing_path(&self.folder), item)?;
        items::open_signing_key(&self.root, &sealed).ok_or(KeyError::Damaged { item })
    }

    pub(super) fn poll_keys(&self, poll: PollId) -> Result<PollKeys, KeyError> {
        let item = Item::PollKeys(poll);
        let sealed = read(&poll_path(&self.folder, poll), item)?;
        items::open_poll_keys(&self.root, poll, &sealed).ok_or(KeyError::Damaged { item })
    }

    pub(super) fn has_poll_keys(&self, poll: PollId) -> Result<bool, KeyError> {
        let there = fs::exists(poll_path(&self.folder, poll));
        there.map_err(|source| KeyError::File { item: Item::PollKeys(poll), source })
    }

    /// Durable on return.
    pub(super) fn put_poll_keys(&self, poll: PollId, keys: &PollKeys) -> Result<(), KeyError> {
        let sealed = items::seal_poll_keys(&self.root, poll, keys);
        replace(&poll_path(&self.folder, poll), &sealed, Item::PollKeys(poll))
    }

    /// Makes durable what was seen of the poll keys' names.
    pub(super) fn sync_polls(&self) -> Result<(), KeyError> {
        files::sync_folder(&polls(&self.folder)).map_err(KeyError::in_folder)
    }

    pub(super) fn list(&self) -> Result<Vec<PollId>, KeyError> {
        let list = || {
            let mut ids = Vec::new();
            for entry in fs::read_dir(polls(&self.folder))? {
                ids.extend(poll_of(&entry?.path()));
            }
            ids.sort_unstable();
            Ok(ids)
        };
        list().map_err(KeyError::in_folder)
    }

    pub(super) fn audit_head(&self) -> Result<Option<AuditHead>, KeyError> {
        let item = Item::AuditHead;
        let bytes = files::read(&head_path(&self.folder))
            .map_err(|source| KeyError::File { item, source })?;
        let decode = |bytes: Vec<u8>| items::decode_head(&self.root, &bytes);
        bytes.map(|bytes| decode(bytes).ok_or(KeyError::Damaged { item })).transpose()
    }

    /// Durable on return.
    pub(super) fn put_audit_head(&self, head: &AuditHead) -> Result<(), KeyError> {
        let bytes = items::encode_head(&self.root, head);
        replace(&head_path(&self.folder), &bytes, Item::AuditHead)
    }
}

/// A generation in the making: worth nothing until it is whole and has its name.
///
/// Everything in it is new, so each file is written once and synced, and each folder once, at the
/// end.
pub(super) struct Draft {
    store: PathBuf,
    folder: PathBuf,
    number: u64,
    kek: KekId,
    pub(super) root: Arc<WrappingKey>,
}

impl Draft {
    /// Begins generation `number` with a fresh root key, wrapped under the provider's key `kek`.
    pub(super) fn new(
        store: &Path,
        number: u64,
        provider: &dyn KeyEncryption,
        kek: KekId,
    ) -> Result<Self, KeyError> {
        let secret = Secret::random();
        let envelope = Envelope { kek, wrapped: provider.wrap(&kek, &secret)? };
        let folder = files::unfinished(&path(store, number));
        files::make_folder(&polls(&folder)).map_err(KeyError::in_folder)?;
        write_new(&root_path(&folder), &envelope.encode(), Item::RootKey)?;
        let root = Arc::new(WrappingKey::new(&secret));
        Ok(Self { store: store.into(), folder, number, kek, root })
    }

    pub(super) fn slots_path(&self) -> PathBuf {
        self.folder.join("slots")
    }

    pub(super) fn signing_key(&self, key: &SigningKey) -> Result<(), KeyError> {
        let sealed = items::seal_signing_key(&self.root, key);
        write_new(&signing_path(&self.folder), &sealed, Item::SigningKey)
    }

    pub(super) fn poll_keys(&self, poll: PollId, keys: &PollKeys) -> Result<(), KeyError> {
        let sealed = items::seal_poll_keys(&self.root, poll, keys);
        write_new(&poll_path(&self.folder, poll), &sealed, Item::PollKeys(poll))
    }

    pub(super) fn audit_head(&self, head: &AuditHead) -> Result<(), KeyError> {
        let bytes = items::encode_head(&self.root, head);
        write_new(&head_path(&self.folder), &bytes, Item::AuditHead)
    }

    /// Makes the folders durable; the name is still that of something unfinished.
    pub(super) fn sync(&self) -> Result<(), KeyError> {
        let folders = [&polls(&self.folder), &self.folder, &self.store];
        folders
            .into_iter()
            .try_for_each(|folder| files::sync_folder(folder))
            .map_err(KeyError::in_folder)
    }

    /// Gives it its name: whole from one moment to the next, durable on return.
    pub(super) fn finish(&self) -> Result<Generation, KeyError> {
        let folder = path(&self.store, self.number);
        fs::rename(&self.folder, &folder)
            .and_then(|()| files::sync_folder(&self.store))
            .map_err(KeyError::in_folder)?;
        let root = Arc::clone(&self.root);
        Ok(Generation { number: self.number, folder, kek: self.kek, root })
    }
}

/// What lies in a key store.
#[derive(Default)]
pub(super) struct Contents {
    /// Whole generations, oldest first.
    pub(super) generations: Vec<u64>,
    /// Folders of generations that were never finished.
    pub(super) unfinished: Vec<PathBuf>,
    /// Whether there is anything else.
    pub(super) foreign: bool,
}

impl Contents {
    pub(super) fn of(store: &Path) -> Result<Self, KeyError> {
        let mut contents = Self::default();
        let mut look = || {
            for entry in fs::read_dir(store)? {
                let path = entry?.path();
                if let Some(number) = number_of(&path) {
                    contents.generations.push(number);
                } else if is_unfinished(&path) && number_of(&path.with_extension("")).is_some() {
                    contents.unfinished.push(path);
                } else {
                    contents.foreign = true;
                }
            }
            Ok(())
        };
        look().map_err(KeyError::in_folder)?;
        contents.generations.sort_unstable();
        Ok(contents)
    }
}

/// The folder of a generation.
pub(super) fn path(store: &Path, number: u64) -> PathBuf {
    store.join(number.to_string())
}

fn number_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let number: u64 = name.parse().ok()?;
    // One name a number: "+1" and "01" are not ours.
    (number > 0 && number.to_string() == name).then_some(number)
}

fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|suffix| suffix == files::UNFINISHED)
}

fn root_path(folder: &Path) -> PathBuf {
    folder.join("root.key")
}

fn polls(folder: &Path) -> PathBuf {
    folder.join("polls")
}

pub(super) fn poll_path(folder: &Path, poll: PollId) -> PathBuf {
    polls(folder).join(format!("{poll}.{KEY_SUFFIX}"))
}

pub(super) fn signing_path(folder: &Path) -> PathBuf {
    folder.join("signing.key")
}

pub(super) fn head_path(folder: &Path) -> PathBuf {
    folder.join("audit.head")
}

fn poll_of(path: &Path) -> Option<PollId> {
    if path.extension()? != KEY_SUFFIX {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

fn read(path: &Path, item: Item) -> Result<Vec<u8>, KeyError> {
    let bytes = files::read(path).map_err(|source| KeyError::File { item, source })?;
    bytes.ok_or(KeyError::Missing { item })
}

fn replace(path: &Path, bytes: &[u8], item: Item) -> Result<(), KeyError> {
    files::replace(path, bytes).map_err(|source| KeyError::File { item, source })
}

fn write_new(path: &Path, bytes: &[u8], item: Item) -> Result<(), KeyError> {
    files::write_new(path, bytes).map_err(|source| KeyError::File { item, source })
}

fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_unfinished(&path) {
            files::discard(&path)?;
        }
    }
    Ok(())
}
