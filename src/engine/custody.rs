//! Issuer keys that are trusted no more, and what came under them.

use std::collections::BTreeMap;

use super::decide::{Inside, Write};
use super::{EngineError, Office};
use crate::audit::Event;
use crate::poll::{IssuerKeyId, Phase, Poll, PollId, Revocation, RevocationReason};
use crate::staff::{Denied, Permit, acts};
use crate::tally::GroupId;

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

/// What an excision has done.
pub struct Excised {
    /// The poll.
    pub poll: Poll,
    /// Whether anything had come under the key. How much is not said.
    pub taken_out: bool,
}

/// What a revocation has done.
pub struct Revoked {
    /// What is recorded.
    pub revocation: Revocation,
    /// Whether an issuer of the configuration has this key now; if not, its name may be misspelt.
    pub known: bool,
}

/// Why an act of the key room is not done.
#[derive(Debug, thiserror::Error)]
pub enum KeyRoomError {
    /// Not for this account.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
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
    /// Not for this account.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Office {
    /// Trusts an issuer's key no more. When this returns nothing is counted under it. A key that is
    /// revoked already stays as it was recorded.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn revoke_issuer_key(
        &self,
        permit: &Permit<acts::RevokeIssuerKey>,
        key: IssuerKeyName,
        reason: RevocationReason,
        reference: String,
    ) -> Result<Revoked, KeyRoomError> {
        let inside = self.enter(permit).await?;
        let known = self.authenticator.knows(key.id());
        let held = self.recorded_revocations()?;
        if let Some(revocation) = held.into_iter().find(|held| held.id() == key.id()) {
            return Ok(Revoked { revocation, known });
        }
        let IssuerKeyName { issuer, key_id } = key;
        let event = Event::IssuerKeyRevoked {
            issuer: issuer.clone(),
            key_id: key_id.clone(),
            reason,
            reference: reference.clone(),
        };
        let revoked_at = self.clock.now();
        let revocation = Revocation { issuer, key_id, revoked_at, reason, reference };
        let write = Write::Revocation(revocation.clone());
        inside.decide(permit.actor(), event, write).await?;
        Ok(Revoked { revocation, known })
    }

    /// The revoked keys, oldest first.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub fn revocations(
        &self,
        _: &Permit<acts::ListRevocations>,
    ) -> Result<Vec<Revocation>, EngineError> {
        self.recorded_revocations()
    }

    fn recorded_revocations(&self) -> Result<Vec<Revocation>, EngineError> {
        let mut revocations =
            self.records.revocations().map_err(|error| self.fail(error.into()))?;
        revocations.sort_by_key(|revocation| revocation.revoked_at);
        Ok(revocations)
    }

    /// Takes out of a poll everything that came under a revoked key; a published poll gets a
    /// corrected release.
    ///
    /// A correction that would differ from what was shown before by fewer than B ballots is held
    /// back until two people decide: it would show the answers of a few.
    ///
    /// # Errors
    ///
    /// See [`ExciseError`].
    pub(super) async fn excise_confirmed(
        &self,
        permit: &Permit<acts::ExciseIssuerKey>,
        id: PollId,
        key: IssuerKeyName,
        reference: String,
    ) -> Result<Excised, ExciseError> {
        let inside = self.enter(permit).await?;
        let poll = self.excisable(id, &key).await?;
        let group = GroupId { poll: id, issuer_key: key.id() };
        let IssuerKeyName { issuer, key_id } = key;
        let event = Event::IssuerKeyExcised { poll: id, issuer, key_id, reference };
        let done = inside.decide(permit.actor(), event, Write::Excision(group)).await?;
        let poll = self.correct(&inside, poll, &[group]).await?;
        Ok(Excised { poll, taken_out: done.taken_out })
    }

    /// The poll, if what came under a key can be taken out of it as things stand.
    ///
    /// # Errors
    ///
    /// See [`ExciseError`].
    pub(super) async fn excisable(
        &self,
        id: PollId,
        key: &IssuerKeyName,
    ) -> Result<Poll, ExciseError> {
        let poll = self.counting.poll(id).ok_or(ExciseError::Unknown)?;
        if !poll.phase.has_keys() {
            return Err(ExciseError::Phase(poll.phase));
        }
        if !self.authenticator.is_revoked(key.id()) {
            return Err(ExciseError::Trusted);
        }
        let group = GroupId { poll: id, issuer_key: key.id() };
        if !matches!(poll.phase, Phase::Open | Phase::Suspended) {
            let apart = self.records.stands_apart(group).await?;
            if !apart {
                return Err(ExciseError::Merged);
            }
        }
        Ok(poll)
    }

    /// Excisions that the last process decided and did not bring to their end.
    pub(super) async fn finish_excisions(&self, inside: &Inside<'_>) -> Result<(), EngineError> {
        let mut marked: BTreeMap<PollId, Vec<GroupId>> = BTreeMap::new();
        for group in self.records.unfinished_excisions()? {
            marked.entry(group.poll).or_default().push(group);
        }
        for (id, groups) in marked {
            let Some(poll) = self.counting.poll(id).filter(|poll| poll.phase.has_keys()) else {
                // Without keys there are no tags and nothing to take out.
                inside.end_excisions(&groups).await?;
                continue;
            };
            for group in &groups {
                inside.excise_again(*group).await?;
            }
            self.correct(inside, poll, &groups).await?;
        }
        Ok(())
    }

    /// A new release where an excision has made the published one wrong. The excision's mark goes
    /// with it.
    async fn correct(
        &self,
        inside: &Inside<'_>,
        poll: Poll,
        excised: &[GroupId],
    ) -> Result<Poll, EngineError> {
        let wrong = poll.phase == Phase::Published && !self.counting.publication_is_right(&poll)?;
        // What is withheld its initiator may see, and may be too few now.
        if wrong || poll.is_held_back() || poll.phase == Phase::Withheld {
            return self.release(inside, poll, excised, false).await;
        }
        inside.end_excisions(excised).await?;
        Ok(poll)
    }
}
