//! Bytes that must not be copied, printed or left behind.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ground::random;

/// `N` secret bytes: not `Clone`, not `Serialize`, wiped on drop.
///
/// They live on the heap, so that moving the value moves a pointer and leaves no copy on a stack
/// that nobody wipes.
#[derive(ZeroizeOnDrop)]
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Takes over `bytes`. The caller's own copy, if it keeps one, is the caller's to wipe.
    pub fn new(mut bytes: [u8; N]) -> Self {
        let secret = Self(Box::new(bytes));
        bytes.zeroize();
        secret
    }

    /// A fresh random secret.
    pub fn random() -> Self {
        Self::new(random::bytes())
    }

    /// A key of its own for the purpose that `context` names, made of `key`. What the derivation
    /// worked with is wiped, as `key` could be read off it.
    pub(crate) fn derive(context: &str, key: &Secret<32>) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(key.expose());
        let mut reader = hasher.finalize_xof();
        let mut derived = Self(Box::new([0; N]));
        reader.fill(&mut *derived.0);
        reader.zeroize();
        hasher.zeroize();
        derived
    }

    /// The bytes themselves. Every use of this name is a place to look at in a review.
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_secret() {
        assert_eq!(format!("{:?}", Secret::new([0x41; 32])), "Secret(..)");
    }

    #[test]
    fn a_derived_key_is_blake3s_for_its_context() {
        let key = Secret::new([7; 32]);
        for context in ["one", "two"] {
            let derived = Secret::<32>::derive(context, &key);
            assert_eq!(derived.expose(), &blake3::derive_key(context, key.expose()));
            assert_eq!(Secret::<8>::derive(context, &key).expose(), &derived.expose()[..8]);
        }
    }

    #[test]
    fn random_secrets_differ() {
        assert_ne!(Secret::<32>::random().expose(), Secret::<32>::random().expose());
    }
}
