//! The end of a poll: its erasure, and the expiry of its results.

use jiff::Timestamp;

use super::{Erasure, ErasureGround, Move, Phase, Poll};

impl Poll {
    /// The same poll, its tags and keys to be destroyed, together with the wrapping key of this
    /// name.
    ///
    /// # Panics
    ///
    /// When it is neither published nor withheld: until its totals are decided on, an erasure would
    /// take them too, and afterwards nobody could say whether they are public.
    pub fn erasing(
        &self,
        now: Timestamp,
        ground: ErasureGround,
        reference: Option<String>,
        wrapping_key: String,
    ) -> Self {
        let pending_key = Some(wrapping_key);
        let erasure = Erasure { ground, reference, decided_at: now, erased_at: None, pending_key };
        Self { erasure: Some(erasure), ..self.after(Move::Erase) }
    }

    /// The same poll, its erasure waiting for the end of this wrapping key.
    ///
    /// # Panics
    ///
    /// When its erasure was not decided.
    pub fn waiting_for(&self, wrapping_key: String) -> Self {
        let erasure = self.erasure.clone().expect("an erasure is decided before it is done");
        let erasure = Erasure { pending_key: Some(wrapping_key), ..erasure };
        Self { erasure: Some(erasure), ..self.clone() }
    }

    /// The same poll, erased: nothing opens its tags any more.
    ///
    /// # Panics
    ///
    /// When its erasure was not decided, or is done.
    pub fn erased(&self, now: Timestamp) -> Self {
        let erasure = self.erasure.clone().expect("an erasure is decided before it is done");
        let erasure = Erasure { erased_at: Some(now), pending_key: None, ..erasure };
        Self { erasure: Some(erasure), ..self.after(Move::CompleteErasure) }
    }

    /// The same poll, the end of its results announced. It stays where it stands.
    ///
    /// # Panics
    ///
    /// When it was not closed, or its results have expired.
    pub fn expiry_announced(&self, at: Timestamp) -> Self {
        assert!(self.closed_at.is_some(), "only what was closed has results");
        assert!(self.phase != Phase::Expired, "what has expired is not announced");
        Self { expiry_announced_at: Some(at), ..self.clone() }
    }

    /// The same poll, its results expired.
    ///
    /// # Panics
    ///
    /// When it is not erased: while there are tags, the tally explains them.
    pub fn expired(&self, at: Timestamp) -> Self {
        Self { expired_at: Some(at), ..self.after(Move::Expire) }
    }
}
