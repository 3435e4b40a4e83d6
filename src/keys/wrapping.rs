//! The root key: the one key under which everything in a generation of the key store is sealed.
//!
//! Random, and itself wrapped by a key-encryption key ([`super::provider`]) in the generation's
//! `root.key`. Does not replace itself: that is [`super::rekey`].

use super::Secret;
use super::seal::SealKey;

/// The root key, split at once into one key a purpose.
pub struct WrappingKey {
    seal: SealKey,
    head: Secret<32>,
}

impl WrappingKey {
    /// The wrapping key made of `secret`: derived keys, so that no two purposes share one.
    pub(crate) fn new(secret: &Secret<32>) -> Self {
        Self {
            seal: SealKey::new(&Secret::derive("holos v1 wrapping key: seal", secret)),
            head: Secret::derive("holos v1 wrapping key: head", secret),
        }
    }

    /// The key under which keys are sealed.
    pub(super) fn seal(&self) -> &SealKey {
        &self.seal
    }

    /// The key that vouches for the stored head of the audit log.
    pub(super) fn head(&self) -> &Secret<32> {
        &self.head
    }
}
