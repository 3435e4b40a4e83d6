//! A new generation of the key store, and the end of the old one.
//!
//! This is how keys are erased, and how they are rotated: what is to live on is sealed anew under a
//! fresh root key, which is wrapped under a fresh key of the provider; then the provider's old key
//! is destroyed. A copy of the old generation, wherever it lies, opens nothing from then on.
//!
//! # The order of writes
//!
//! a. *Create*: the provider's new key, durable. Crash: an unused key; the next start destroys it.
//! b. *Build*: `<n+1>.tmp` with everything in it, synced. Crash: as a; the folder is removed.
//! c. *Switch*: renamed to `<n+1>`, synced. Crash before: as b. After: two generations, the higher
//!    one rules; the next start goes on with d. From here the erased keys are in the old
//!    generation alone.
//! d. *Destroy*: the provider's old key. Crash before: the next start does it. After: nothing opens
//!    the old generation any more. A provider that refuses stops nothing: the result says that the
//!    key is still there, and the next start and the next rekey try again.
//! e. *Remove*: the old generation overwritten and removed. Crash: the next start does it again.
//!
//! Where only the operator makes and destroys keys (environment), a and d are the operator's: the
//! new root key is wrapped under the provider's newest key, and as long as that is the old one, a
//! copy of the old generation still opens. The result says so. At a start with a newer key the
//! store is rekeyed under it.
//!
//! Does not know what an erasure is for, and does not touch the database.

use tracing::warn;

use super::generation::{self, Contents, Draft, Generation};
use super::provider::{KekError, KekId, KeyEncryption};
use super::store::{Ruling, reason, shred_all};
use super::{Item, KeyError, KeyStore, Slots, files};
use crate::ground::faults::Point;
use crate::poll::PollId;

/// What a rekey did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rekeyed {
    /// The generation that rules now.
    pub generation: u64,
    /// The provider's key before.
    pub old: KekId,
    /// The provider's key now. The same as before: the operator must replace it, and start the
    /// engine with the new one; until then a copy of the old generation opens.
    pub new: KekId,
    /// Whether the old key is destroyed. False: a copy of the old generation opens until it is;
    /// [`KeyStore::still_holds`] says whether the provider has it yet.
    pub old_destroyed: bool,
}

impl KeyStore {
    /// Makes a new generation without the keys of the `erased` polls and destroys the old one.
    ///
    /// Only the ledger's folding thread calls it, because it owns the slots; on return `slots` is
    /// the open slot file of the new generation. Other users of the key store wait.
    ///
    /// # Errors
    /// [`KeyError`]. If it failed in step a or b, the old generation rules on and it may be called
    /// again. If it failed later the store has stopped, because the disk may be ahead of it: stop,
    /// the next start brings it to its end.
    pub fn rekey(&self, slots: &mut Slots, erased: &[PollId]) -> Result<Rekeyed, KeyError> {
        let mut ruling = self.ruling();
        ruling.writable()?;
        let provider = self.provider.as_deref().ok_or(KeyError::Stopped)?;
        // What an attempt before this one left.
        self.tidy(provider, &ruling.generation)?;
        let kek = self.new_kek(provider)?;
        self.succeed(provider, &mut ruling, Some(slots), kek, erased)
    }

    /// Brings to its end what an earlier process began: at the start, before anybody else has the
    /// store.
    pub(super) fn finish_rekey(&self) -> Result<(), KeyError> {
        let mut ruling = self.ruling();
        let provider = self.provider.as_deref().ok_or(KeyError::Stopped)?;
        let left = self.tidy(provider, &ruling.generation)?;
        let Some(newer) = left.newer else { return Ok(()) };
        // The operator's rotation.
        let path = ruling.generation.slots_path();
        let there = path.try_exists().map_err(KeyError::in_folder)?;
        let root = ruling.generation.root.clone();
        let mut slots = match there {
            true => Some(Slots::open(&path, root, self.faults.clone())?.0),
            // A crash in the making of the store: they are made by whoever makes them.
            false => None,
        };
        self.succeed(provider, &mut ruling, slots.as_mut(), newer, &[]).map(drop)
    }

    /// Step a. The key to wrap with: a new one, or where only the operator can make one, the newest.
    fn new_kek(&self, provider: &dyn KeyEncryption) -> Result<KekId, KeyError> {
        let create = || Ok(provider.create()?);
        match self.faults.durable(Point::RekeyCreate, create) {
            Err(KeyError::Kek(KekError::OperatorMust)) => {
                Ok(*provider.keys()?.last().ok_or(KekError::None)?)
            }
            created => created,
        }
    }

    /// Steps b to e.
    fn succeed(
        &self,
        provider: &dyn KeyEncryption,
        ruling: &mut Ruling,
        slots: Option<&mut Slots>,
        kek: KekId,
        erased: &[PollId],
    ) -> Result<Rekeyed, KeyError> {
        let (draft, new_slots) =
            self.build(provider, &ruling.generation, slots.as_deref(), kek, erased)?;
        // An error from here on leaves the store stopped: what this process holds and what the disk
        // holds may be two generations.
        ruling.stopped = true;
        let next = self.faults.durable(Point::RekeySwitch, || draft.finish())?;
        let old = std::mem::replace(&mut ruling.generation, next);
        if let (Some(slots), Some(new_slots)) = (slots, new_slots) {
            *slots = new_slots;
        }
        let left = self.tidy(provider, &ruling.generation)?;
        ruling.stopped = false;
        let old_destroyed = old.kek != kek && !left.keys.contains(&old.kek);
        let generation = ruling.generation.number;
        Ok(Rekeyed { generation, old: old.kek, new: kek, old_destroyed })
    }

    /// Step b: all that lives on, under a fresh root key.
    fn build(
        &self,
        provider: &dyn KeyEncryption,
        old: &Generation,
        slots: Option<&Slots>,
        kek: KekId,
        erased: &[PollId],
    ) -> Result<(Draft, Option<Slots>), KeyError> {
        let draft = Draft::new(&self.folder, old.number + 1, provider, kek)?;
        for poll in old.list()?.into_iter().filter(|poll| !erased.contains(poll)) {
            draft.poll_keys(poll, &old.poll_keys(poll)?)?;
        }
        draft.signing_key(self.signing_key())?;
        if let Some(head) = old.audit_head()? {
            draft.audit_head(&head)?;
        }
        let rewrap = |slots: &Slots| slots.rewrap(&draft.slots_path(), draft.root.clone());
        let slots = slots.map(rewrap).transpose()?;
        draft.sync()?;
        Ok((draft, slots))
    }

    /// Undoes a and b of a rekey that ended there, does d and e of one that came further: only the
    /// ruling generation and its key are left. Does nothing where there is nothing else.
    fn tidy(&self, provider: &dyn KeyEncryption, ruling: &Generation) -> Result<Left, KeyError> {
        let left = self.destroy_unused(provider, ruling.kek)?;
        let contents = Contents::of(&self.folder)?;
        shred_all(&contents.unfinished)?;
        for number in contents.generations.into_iter().filter(|number| *number < ruling.number) {
            self.faults.durable(Point::RekeyRemove, || {
                files::shred_folder(&generation::path(&self.folder, number))
                    .and_then(|()| files::sync_folder(&self.folder))
                    .map_err(|source| KeyError::File { item: Item::Folder, source })
            })?;
        }
        Ok(left)
    }

    /// Step d, and the end of a key that a crash after step a left, or that the provider refused to
    /// destroy before.
    fn destroy_unused(&self, provider: &dyn KeyEncryption, used: KekId) -> Result<Left, KeyError> {
        let keys = provider.keys()?;
        let newest = keys.last().copied();
        let mut left = Left::default();
        for key in keys.into_iter().filter(|key| *key != used) {
            let destroy = || Ok(provider.destroy(&key)?);
            match self.faults.durable(Point::RekeyDestroy, destroy) {
                Err(KeyError::Kek(KekError::OperatorMust)) => {
                    left.newer = Some(key).filter(|key| newest == Some(*key));
                    left.keys.push(key);
                }
                // The disk holds what it should, the ruling key included; only the end of this one
                // is missing.
                Err(KeyError::Kek(error)) => {
                    let reason = reason(&error);
                    warn!(%key, reason, "an old wrapping key is not destroyed: tried again later");
                    left.keys.push(key);
                }
                destroyed => destroyed?,
            }
        }
        Ok(left)
    }
}

/// What is left beside the ruling generation's key.
#[derive(Default)]
struct Left {
    /// Keys that the provider did not destroy.
    keys: Vec<KekId>,
    /// The one of them that is newer than the ruling generation's, which only the operator could
    /// have made.
    newer: Option<KekId>,
}

#[cfg(test)]
mod tests;
