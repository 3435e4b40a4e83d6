//! What the key room asks of the ledger: revocations, excisions, questions about a tag, erasure.

use super::requests::{Command, FoldRequest, Question};
use super::{Ledger, Stopped};
use crate::count::deidentify::Inquiry;
use crate::ground::faults::Point;
use crate::keys::{KeyError, Rekeyed};
use crate::poll::{PollId, Revocation};
use crate::store::{StoreError, Writes};
use crate::tally::GroupId;

/// Why the wrapping key is not replaced.
#[derive(Debug, thiserror::Error)]
pub enum RekeyError {
    /// The key store did not come as far as to change anything.
    #[error("the wrapping key cannot be replaced")]
    Refused(#[from] KeyError),
    /// The ledger has stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

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

    /// Marks a group for taking out, and takes it out: tags and sums together. These people may be
    /// counted again while the poll is open. Whether there was anything of the group.
    ///
    /// The mark stays until [`Self::excision_done`] or a publication with it.
    ///
    /// # Errors
    ///
    /// The ledger has stopped; the restart finishes what was decided.
    pub async fn excise(&self, group: GroupId) -> Result<bool, Stopped> {
        let mut writes = Writes::new();
        writes.excision(group);
        self.put(Point::Excision, writes).await?;
        self.ask_folder(|done| FoldRequest::Excise { group, done }).await
    }

    /// Takes the marks of excisions away after which nothing is left to correct.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn excision_done(&self, groups: &[GroupId]) -> Result<(), Stopped> {
        let mut writes = Writes::new();
        groups.iter().for_each(|group| writes.excision_done(*group));
        self.put(Point::Excision, writes).await
    }

    /// The groups whose excision was decided and is not done: a crash came between.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn unfinished_excisions(&self) -> Result<Vec<GroupId>, StoreError> {
        self.store.excisions()
    }

    /// Whether a group of a closed poll has sums of its own: they were not merged with others' at
    /// the close, and there were any.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn stands_apart(&self, group: GroupId) -> Result<bool, Stopped> {
        self.ask_folder(|done| FoldRequest::StandsApart { group, done }).await
    }

    /// Whether a person's tag is known, asked by that person; `None` when the queue is full.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn knows(&self, poll: PollId, inquiry: Inquiry) -> Result<Option<bool>, Stopped> {
        let Some(queued) = self.shared.enqueue(1) else { return Ok(None) };
        // Through the queue like a ballot, whatever the answer: the look into the
        // index is lost in the time of the way there and back (bench `ask`).
        let ask = |known| Command::Find(Question { poll, tag: inquiry.tag(), queued, known });
        self.ask(ask).await.map(Some)
    }

    /// Replaces the root key and the key that wraps it; the keys of the erased polls die with the
    /// old ones.
    ///
    /// # Errors
    ///
    /// [`RekeyError::Refused`]: nothing has changed, and it may be asked again. Or the ledger has
    /// stopped; the restart finishes or undoes it.
    pub async fn rekey(&self, erased: Vec<PollId>) -> Result<Rekeyed, RekeyError> {
        Ok(self.ask_folder(|done| FoldRequest::Rekey { erased, done }).await??)
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
        writes.drop_cuts(poll);
        self.put(Point::ErasedRows, writes).await?;
        let compacted = tokio::task::block_in_place(|| self.store.compact_blocks(poll));
        compacted.map_err(|error| {
            self.shared.fail(&error);
            Stopped
        })
    }
}
