//! The keys by which bodies sign their orders.

use crate::audit::Event;
use crate::engine::decide::{Entry, Write};
use crate::engine::{EngineError, Office};
use crate::poll::Violation;
use crate::staff::{BodyKey, BodyKeyReason, BodyKeyRevoked, Denied, Permit, acts};

/// Why a body's key is not registered or revoked.
#[derive(Debug, thiserror::Error)]
pub enum BodyKeyError {
    /// Fields that break a rule; never empty.
    #[error("the key breaks {} rules", .0.len())]
    Fields(Vec<Violation>),
    /// The body has, or had, a key of this name.
    #[error("the body has, or had, a key of this name")]
    Exists,
    /// No such key.
    #[error("no such key")]
    Unknown,
    /// It is another body's, or who asks has no access any more.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Office {
    /// Trusts a key of a body, from the answer on.
    ///
    /// # Errors
    ///
    /// See [`BodyKeyError`].
    pub async fn register_body_key(
        &self,
        permit: &Permit<acts::RegisterBodyKey>,
        body: &str,
        kid: &str,
        public_key_pem: &str,
    ) -> Result<BodyKey, BodyKeyError> {
        let inside = self.enter(permit).await?;
        let key = BodyKey::new(body, kid, public_key_pem, self.clock.now(), permit.account())
            .map_err(|broken| BodyKeyError::Fields(vec![broken]))?;
        permit.covers(body)?;
        if self.body_key(body, kid).is_some() {
            return Err(BodyKeyError::Exists);
        }
        let number = self.registers().body_keys().next_number();
        let (body, key_id) = (body.to_owned(), kid.to_owned());
        let write = Write::entry(Entry::BodyKey(number, key.clone()));
        let event = Event::BodyKeyRegistered { body, key_id };
        inside.decide(permit.actor(), event, write).await?;
        Ok(key)
    }

    /// Trusts a key of a body no more, from the answer on. One that is revoked stays as it was
    /// recorded.
    ///
    /// # Errors
    ///
    /// See [`BodyKeyError`].
    pub async fn revoke_body_key(
        &self,
        permit: &Permit<acts::RevokeBodyKey>,
        body: &str,
        kid: &str,
        reason: BodyKeyReason,
        reference: String,
    ) -> Result<BodyKey, BodyKeyError> {
        let inside = self.enter(permit).await?;
        permit.covers(body)?;
        let found = self.find_body_key(body, kid);
        let (number, held) = found.ok_or(BodyKeyError::Unknown)?;
        if held.revoked.is_some() {
            return Ok(held);
        }
        let (at, by) = (self.clock.now(), permit.account().to_owned());
        let key = held
            .revoked(BodyKeyRevoked { at, by, reason, reference: reference.clone() })
            .map_err(|broken| BodyKeyError::Fields(vec![broken]))?;
        let event = Event::BodyKeyRevoked {
            body: key.body.clone(),
            key_id: key.kid.clone(),
            reason: reason.wire_name().to_owned(),
            reference,
        };
        let write = Write::entry(Entry::BodyKey(number, key.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(key)
    }

    /// The keys by body and name; of one body, if one is named.
    pub fn body_keys(
        &self,
        permit: &Permit<acts::ListBodyKeys>,
        body: Option<&str>,
    ) -> Vec<BodyKey> {
        let asked = |key: &BodyKey| {
            body.is_none_or(|body| key.body == body) && permit.covers(&key.body).is_ok()
        };
        let mut keys = self.registers().body_keys().newest(usize::MAX, asked);
        keys.sort_by(|one, two| (&one.body, &one.kid).cmp(&(&two.body, &two.kid)));
        keys
    }

    /// A body's key by its name, revoked or not.
    pub(in crate::engine) fn body_key(&self, body: &str, kid: &str) -> Option<BodyKey> {
        self.find_body_key(body, kid).map(|(_, key)| key)
    }

    fn find_body_key(&self, body: &str, kid: &str) -> Option<(u64, BodyKey)> {
        self.registers().body_keys().find(|key| key.body == body && key.kid == kid)
    }
}
