//! What the key room asks of the ledger: revocations, excisions, questions about a tag, erasure.

use tokio::sync::oneshot;

use super::requests::{Command, FoldRequest};
use super::{Ledger, Stopped};
use crate::authenticate::Revocation;
use crate::deidentify::Inquiry;
use crate::keys::Rekeyed;
use crate::poll::PollId;
use crate::service::faults::Point;
use crate::store::{GroupId, StoreError, Writes};

impl Ledger {
    /// Writes a revocation; nothing is counted under its key any more once this returns.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn revoke(&self, revocation: &Revocation) -> Result<(), Stopped> {
        let mut writes = Writes::new();
        writes.revocation(revocation);
        let issuer_key = revocation.id();
        self.ask(|done| Command::Revoke { issuer_key, writes, done }).await
    }

    /// The revoked keys.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn revocations(&self) -> Result<Vec<Revocation>, StoreError> {
        self.store.revocations()
    }

    /// Takes out everything that came to a poll under a revoked key: tags and sums together. These
    /// people may be counted again while the poll is open.
    ///
    /// # Errors
    ///
    /// The ledger has stopped; the restart finishes what was decided.
    pub async fn excise(&self, group: GroupId) -> Result<(), Stopped> {
        let mut writes = Writes::new();
        writes.excision(group);
        self.put(Point::Excision, writes).await?;
        let (done, excised) = oneshot::channel();
        self.folder.send(FoldRequest::Excise { group, done }).map_err(|_| Stopped)?;
        excised.await.map_err(|_| Stopped)
    }

    /// The groups whose excision was decided and is not done: a crash came between.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn unfinished_excisions(&self) -> Result<Vec<GroupId>, StoreError> {
        self.store.excisions()
    }

    /// Whether a group has folded sums of its own.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn has_sums(&self, group: GroupId) -> Result<bool, StoreError> {
        self.store.has_vector(group)
    }

    /// Whether a person's tag is known, asked by that person.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn knows(&self, poll: PollId, inquiry: Inquiry) -> Result<bool, Stopped> {
        // Through the queue like a ballot, whatever the answer: the way takes milliseconds, the
        // look into the index nanoseconds.
        self.ask(|found| Command::Find { poll, tag: inquiry.tag(), found }).await
    }

    /// Replaces the root key and the key that wraps it; the keys of the erased polls die with the
    /// old ones.
    ///
    /// # Errors
    ///
    /// The ledger has stopped; the restart finishes or undoes it.
    pub async fn rekey(&self, erased: Vec<PollId>) -> Result<Rekeyed, Stopped> {
        let (done, rekeyed) = oneshot::channel();
        self.folder.send(FoldRequest::Rekey { erased, done }).map_err(|_| Stopped)?;
        rekeyed.await.map_err(|_| Stopped)
    }

    /// Forgets the tags of a poll that is being erased.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn drop_index(&self, poll: PollId) -> Result<(), Stopped> {
        self.ask(|done| Command::Drop { poll, done }).await
    }

    /// Deletes the tag blocks of a poll whose keys are destroyed, and has their files rewritten.
    /// Hygiene: what must vanish has vanished with the keys.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn drop_blocks(&self, poll: PollId) -> Result<(), Stopped> {
        let mut writes = Writes::new();
        writes.drop_blocks(poll);
        self.put(Point::ErasedRows, writes).await?;
        let compacted = tokio::task::block_in_place(|| self.store.compact_blocks(poll));
        compacted.map_err(|error| {
            self.shared.fail(&error);
            Stopped
        })
    }
}
