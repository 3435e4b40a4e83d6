//! The key store: poll keys, the engine's signing key, and the stored head of the audit log, in the
//! generation that rules.
//!
//! Threads share it: one lock holds the ruling generation, and whoever writes or changes it has the
//! lock for the whole of that. Does not hold epoch keys ([`super::slots`]), knows files only
//! through `generation`, and changes generations in [`super::rekey`].

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use ed25519_dalek::SigningKey;
use tracing::warn;

use super::generation::{Contents, Draft, Generation};
use super::provider::{KekId, KeyEncryption};
use super::{AuditHead, Item, KekError, KeyError, PollKeys, Secret, WrappingKey, files};
use crate::ground::faults::{Faults, Point};
use crate::poll::PollId;

/// The open key store. The data folder's lock keeps other processes out.
pub struct KeyStore {
    pub(super) folder: PathBuf,
    /// None: opened to be looked at.
    pub(super) provider: Option<Arc<dyn KeyEncryption>>,
    pub(super) faults: Faults,
    signing: SigningKey,
    ruling: Mutex<Ruling>,
}

/// The generation that rules.
pub(super) struct Ruling {
    pub(super) generation: Generation,
    /// Nothing may be written: the disk may be ahead of this process, or is not ours to change.
    pub(super) stopped: bool,
}

impl Ruling {
    pub(super) fn writable(&self) -> Result<&Generation, KeyError> {
        if self.stopped { Err(KeyError::Stopped) } else { Ok(&self.generation) }
    }
}

impl KeyStore {
    /// As [`Self::open_existing`]; a new key store is made, with a signing key, where there is none.
    ///
    /// Only where nothing else speaks of an earlier store: see [`Self::open_existing`].
    ///
    /// # Errors
    /// As [`Self::open_existing`]; [`KeyError::Foreign`] if there are files and no generation, so
    /// that a lost one is not replaced in silence; [`KekError::Several`].
    pub fn open(
        folder: &Path,
        provider: Arc<dyn KeyEncryption>,
        faults: Faults,
    ) -> Result<Self, KeyError> {
        files::make_folder(folder).map_err(KeyError::in_folder)?;
        let contents = Contents::of(folder)?;
        match contents.generations.last() {
            Some(number) => Self::settled(folder, *number, provider, faults),
            None if contents.foreign => Err(KeyError::Foreign),
            None => {
                look_after(&*provider);
                shred_all(&contents.unfinished)?;
                let first = || first(folder, &*provider);
                let generation = faults.durable(Point::PollKeys, first)?;
                Self::ruled_by(generation, folder, provider, faults)
            }
        }
    }

    /// Opens the key store in `folder`; none is made, because a database or a log beside it says
    /// that there must be one.
    ///
    /// What an earlier process left in the page cache is synced first, its unfinished files are
    /// removed, and a change of generations that it did not bring to its end is finished or undone.
    /// Where the operator has put a newer key into the environment, the store is rekeyed under it.
    ///
    /// A provider whose key cannot be replaced, or that does not destroy a key which nothing uses
    /// any more, is no error: it is in the log, and erasures wait until it is mended.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Missing`] of [`Item::Folder`] if there is no generation.
    pub fn open_existing(
        folder: &Path,
        provider: Arc<dyn KeyEncryption>,
        faults: Faults,
    ) -> Result<Self, KeyError> {
        let missing = || KeyError::Missing { item: Item::Folder };
        let there = folder.try_exists().map_err(KeyError::in_folder)?;
        let contents = there.then(|| Contents::of(folder)).transpose()?.ok_or_else(missing)?;
        let newest = contents.generations.last().ok_or_else(missing)?;
        Self::settled(folder, *newest, provider, faults)
    }

    fn settled(
        folder: &Path,
        number: u64,
        provider: Arc<dyn KeyEncryption>,
        faults: Faults,
    ) -> Result<Self, KeyError> {
        // The folder's own name too may be in the page cache only.
        files::make_folder(folder).map_err(KeyError::in_folder)?;
        let generation = Generation::open(folder, number, &*provider)?;
        look_after(&*provider);
        Self::ruled_by(generation, folder, provider, faults)
    }

    fn ruled_by(
        generation: Generation,
        folder: &Path,
        provider: Arc<dyn KeyEncryption>,
        faults: Faults,
    ) -> Result<Self, KeyError> {
        generation.settle()?;
        let signing = generation.signing_key()?;
        let ruling = Mutex::new(Ruling { generation, stopped: false });
        let store =
            Self { folder: folder.into(), provider: Some(provider), faults, signing, ruling };
        store.finish_rekey()?;
        Ok(store)
    }

    /// Opens the key store for the auditor: makes, syncs and removes nothing, and refuses to write.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Missing`] if there is no generation.
    pub fn inspect(folder: &Path, provider: &dyn KeyEncryption) -> Result<Self, KeyError> {
        let contents = Contents::of(folder)?;
        let newest =
            contents.generations.last().ok_or(KeyError::Missing { item: Item::RootKey })?;
        let generation = Generation::open(folder, *newest, provider)?;
        let signing = generation.signing_key()?;
        let ruling = Mutex::new(Ruling { generation, stopped: true });
        let faults = Faults::none();
        Ok(Self { folder: folder.into(), provider: None, faults, signing, ruling })
    }

    pub(super) fn ruling(&self) -> MutexGuard<'_, Ruling> {
        self.ruling.lock().expect("nothing panics under this lock")
    }

    /// The engine's signing key, the same in all generations. Every message signed with it begins
    /// with its own purpose and version.
    pub fn signing_key(&self) -> &SigningKey {
        &self.signing
    }

    /// What wraps the epoch keys of the ruling generation.
    pub fn wrapping(&self) -> Arc<WrappingKey> {
        Arc::clone(&self.ruling().generation.root)
    }

    /// The epoch keys' slot file of the ruling generation.
    pub fn slots_path(&self) -> PathBuf {
        self.ruling().generation.slots_path()
    }

    /// Which of the provider's keys wraps the root key now.
    pub fn kek(&self) -> KekId {
        self.ruling().generation.kek
    }

    /// Whether the provider holds now a key whose id is shown as `name`. Blocks for the provider.
    ///
    /// # Errors
    /// [`KeyError::Kek`]; [`KeyError::Stopped`] where it was opened to be looked at.
    pub fn still_holds(&self, name: &str) -> Result<bool, KeyError> {
        let _one_call_at_a_time = self.ruling();
        let provider = self.provider.as_deref().ok_or(KeyError::Stopped)?;
        Ok(provider.keys()?.iter().any(|key| key.to_string() == name))
    }

    /// Whether nothing may be written any more, because a rekey failed after its switch; a rekey
    /// that failed and left this false has changed nothing. Waits for a rekey that is under way.
    pub fn is_stopped(&self) -> bool {
        self.ruling().stopped
    }

    /// Whether only the operator can replace that key.
    pub fn only_operator_replaces(&self) -> bool {
        self.provider.as_deref().is_some_and(KeyEncryption::is_the_operators)
    }

    /// Makes the keys of a poll, durable on return. A poll that has keys keeps them: they are
    /// returned.
    ///
    /// # Errors
    /// [`KeyError`]. Repeating is harmless.
    pub fn create_poll_keys(&self, poll: PollId) -> Result<PollKeys, KeyError> {
        let ruling = self.ruling();
        let generation = ruling.writable()?;
        match generation.poll_keys(poll) {
            // Seen is not yet durable: its folder may not have been synced when an earlier attempt
            // failed.
            Ok(keys) => {
                generation.sync_polls()?;
                return Ok(keys);
            }
            Err(KeyError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        let keys = PollKeys { tag: Secret::random(), data: Secret::random() };
        self.faults.durable(Point::PollKeys, || generation.put_poll_keys(poll, &keys))?;
        Ok(keys)
    }

    /// The keys of a poll.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Missing`] if the poll has none.
    pub fn poll_keys(&self, poll: PollId) -> Result<PollKeys, KeyError> {
        self.ruling().generation.poll_keys(poll)
    }

    /// Whether there are keys of a poll, readable or not.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn has_poll_keys(&self, poll: PollId) -> Result<bool, KeyError> {
        self.ruling().generation.has_poll_keys(poll)
    }

    /// The polls that have keys, in order.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn list(&self) -> Result<Vec<PollId>, KeyError> {
        self.ruling().generation.list()
    }

    /// The stored head of the audit log; `None` before its first entry.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Damaged`] if somebody without the root key wrote it.
    pub fn audit_head(&self) -> Result<Option<AuditHead>, KeyError> {
        self.ruling().generation.audit_head()
    }

    /// Puts a new head in place of the stored one, durable on return.
    ///
    /// # Errors
    /// [`KeyError::File`]: stop, which of the two is stored is unknown.
    pub fn replace_audit_head(&self, head: &AuditHead) -> Result<(), KeyError> {
        let ruling = self.ruling();
        let generation = ruling.writable()?;
        self.faults.durable(Point::AuditHead, || generation.put_audit_head(head))
    }
}

/// What a provider leaves undone stands in the way of erasures, not of serving: it is said, and a
/// rekey says it again.
fn look_after(provider: &dyn KeyEncryption) {
    let looked = provider.discard_leftovers().and_then(|()| provider.check_replaceable());
    if let Err(error) = looked {
        let reason = reason(&error);
        warn!(reason, "the wrapping key cannot be replaced: erasures wait until that is mended");
    }
}

/// An error with what lies under it.
pub(super) fn reason(error: &KekError) -> String {
    let under = error.source().map(|source| format!(": {source}"));
    format!("{error}{}", under.unwrap_or_default())
}

/// Overwrites and removes these folders.
pub(super) fn shred_all(folders: &[PathBuf]) -> Result<(), KeyError> {
    folders.iter().try_for_each(|folder| files::shred_folder(folder)).map_err(KeyError::in_folder)
}

/// The first generation, with a signing key.
///
/// 1. The provider's key, where the operator has not made one. Crash: it is there, and used.
/// 2. The generation, whole or not there. Crash: done again, with another signing key, which nobody
///    has seen.
fn first(store: &Path, provider: &dyn KeyEncryption) -> Result<Generation, KeyError> {
    let kek = match provider.keys()?[..] {
        [] => provider.create()?,
        [kek] => kek,
        // Whichever is taken, the others would be destroyed, and may be another store's.
        _ => return Err(KekError::Several.into()),
    };
    let draft = Draft::new(store, 1, provider, kek)?;
    draft.signing_key(&SigningKey::from_bytes(Secret::random().expose()))?;
    draft.sync()?;
    draft.finish()
}

#[cfg(test)]
mod tests;
