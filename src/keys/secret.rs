//! Bytes that must not be copied, printed or left behind.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::service::random;

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
    fn random_secrets_differ() {
        assert_ne!(Secret::<32>::random().expose(), Secret::<32>::random().expose());
    }
}
