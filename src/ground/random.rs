//! The only source of randomness: the kernel's.
//!
//! Does not seed or stretch anything of its own: a key or a nonce is always fresh from the kernel,
//! so that no state in this process predicts the next one. Simulated randomness of tests and of the
//! demo has its own seeded generators.

#![allow(clippy::disallowed_methods, reason = "the one wrapper that the lint points everybody to")]

/// `N` bytes from the kernel's random source.
///
/// # Panics
/// Never on a supported kernel: `getrandom(2)` fails only where it is missing or forbidden, and
/// without it no key can be made, so that the engine must not run.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .expect("the kernel has a random source and lets this process read it");
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_draws_differ() {
        assert_ne!(super::bytes::<24>(), super::bytes::<24>());
    }
}
