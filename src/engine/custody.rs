//! Issuer keys that are trusted no more, and what came under them.
//!
//! As everywhere, a decision is an audit entry before it takes effect.

use super::{Engine, EngineError};
use crate::authenticate::{IssuerKeyId, Revocation, RevocationReason};
use crate::log::Event;
use crate::poll::{Phase, Poll, PollId};
use crate::store::GroupId;

/// A key of an issuer, by the names that people use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerKeyName {
    /// The issuer's id.
    pub issuer: String,
    /// The key's id among its keys: a `kid`, `vouched`, or `spki:` and a hash.
    pub key_id: String,
}

impl IssuerKeyName {
    /// The key's id in the ledger.
    pub fn id(&self) -> IssuerKeyId {
        IssuerKeyId::of(&self.issuer, &self.key_id)
    }
}

/// Why a key's ballots are not taken out of a poll.
#[derive(Debug, thiserror::Error)]
pub enum ExciseError {
    /// No such poll.
    #[error("no such poll")]
    Unknown,
    /// A poll without tags: not opened yet, or erased.
    #[error("the poll is {}", .0.name())]
    Phase(Phase),
    /// The key is not revoked: more could come under it.
    #[error("the key is not revoked")]
    Trusted,
    /// The key's sums stand alone no more: they were merged at the close, or there never were any.
    #[error("the key has no sums of its own in this poll")]
    Merged,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Engine {
    /// Trusts an issuer's key no more. When this returns nothing is counted under it. A key that is
    /// revoked already stays as it was recorded.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn revoke_issuer_key(
        &self,
        key: IssuerKeyName,
        reason: RevocationReason,
        reference: String,
    ) -> Result<Revocation, EngineError> {
        let _one_at_a_time = self.staff.lock().await;
        let held = self.revocations()?;
        if let Some(held) = held.into_iter().find(|held| held.id() == key.id()) {
            return Ok(held);
        }
        let IssuerKeyName { issuer, key_id } = key;
        self.record(Event::IssuerKeyRevoked {
            issuer: issuer.clone(),
            key_id: key_id.clone(),
            reason,
            reference: reference.clone(),
        })?;
        let revoked_at = self.clock.now();
        let revocation = Revocation { issuer, key_id, revoked_at, reason, reference };
        // First the writer, which is the last to look at a ballot; then the door.
        self.ledger.revoke(&revocation).await?;
        self.authenticator.revoke(revocation.id());
        Ok(revocation)
    }

    /// The revoked keys, oldest first.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub fn revocations(&self) -> Result<Vec<Revocation>, EngineError> {
        let mut revocations = self.ledger.revocations().map_err(|error| self.fail(error.into()))?;
        revocations.sort_by_key(|revocation| revocation.revoked_at);
        Ok(revocations)
    }

    /// Takes out of a poll everything that came under a revoked key; a published poll gets a
    /// corrected release.
    ///
    /// The correction differs from the release before it by a group that stood alone after the
    /// close, which holds k ballots or more, or is all there was: never by a few persons.
    ///
    /// # Errors
    ///
    /// See [`ExciseError`].
    pub async fn excise_issuer_key(
        &self,
        id: PollId,
        key: IssuerKeyName,
        reference: String,
    ) -> Result<Poll, ExciseError> {
        let _one_at_a_time = self.staff.lock().await;
        let poll = self.poll(id).ok_or(ExciseError::Unknown)?;
        if !poll.phase.has_keys() {
            return Err(ExciseError::Phase(poll.phase));
        }
        if !self.authenticator.is_revoked(key.id()) {
            return Err(ExciseError::Trusted);
        }
        let group = GroupId { poll: id, issuer_key: key.id() };
        let alone = self.ledger.has_sums(group).map_err(|error| self.fail(error.into()))?;
        if poll.phase != Phase::Open && !alone {
            return Err(ExciseError::Merged);
        }
        let IssuerKeyName { issuer, key_id } = key;
        self.record(Event::IssuerKeyExcised { poll: id, issuer, key_id, reference })?;
        self.ledger.excise(group).await.map_err(EngineError::from)?;
        Ok(self.correct(poll).await?)
    }

    /// Excisions that the last process decided and did not finish.
    pub(super) async fn finish_excisions(&self) -> Result<(), EngineError> {
        for group in self.ledger.unfinished_excisions()? {
            self.ledger.excise(group).await?;
        }
        Ok(())
    }

    /// A new release where the stored tally is another than the published one.
    ///
    /// Crash before it: the restart compares and makes it.
    pub(super) async fn correct(&self, poll: Poll) -> Result<Poll, EngineError> {
        if poll.phase != Phase::Published || self.publication_is_right(&poll)? {
            return Ok(poll);
        }
        self.release(poll).await
    }
}
