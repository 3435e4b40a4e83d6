//! Whether signatures hold, many at once.
//!
//! A batch is one equation for all its signatures, at about a fifth of the cost of as many single
//! checks. It follows ZIP 215, under which a batch holds exactly when each of its signatures does:
//! a voter's fate never depends on the company its ballot came in, and a repeated ballot never gets
//! another answer. Does not read tokens, and waits for nothing.

use std::ops::Range;

use ed25519_zebra::batch::{Item, Verifier};
use rand::rngs::StdRng;

/// Signatures up to which a failed batch is checked one by one: searching it further would cost
/// more.
const ONE_BY_ONE: usize = 8;
/// How many times over a batch's signatures may be checked again in smaller batches, before the
/// rest is checked one by one. Finds a few bad signatures cheaply, and bounds what a flood of bad
/// ones can cost.
const SEARCH_FACTOR: usize = 2;

/// Which of the signatures hold, in their order.
///
/// `random` makes the equation unpredictable to whoever made the signatures; it changes no verdict.
pub(super) fn verdicts(items: &[Item], random: &mut StdRng) -> Vec<bool> {
    let mut holds = vec![false; items.len()];
    let mut search_left = items.len() * (1 + SEARCH_FACTOR);
    // Ranges still to decide, and whether one is known to hold a bad signature.
    let mut open = vec![(0..items.len(), false)];
    while let Some((range, known_bad)) = open.pop() {
        if !known_bad && range.len() > 1 && search_left >= range.len() {
            search_left -= range.len();
            if all_hold(&items[range.clone()], random) {
                holds[range].fill(true);
                continue;
            }
        }
        if range.len() <= ONE_BY_ONE || search_left < range.len() {
            for at in range {
                holds[at] = items[at].clone().verify_single().is_ok();
            }
            continue;
        }
        let (left, right) = halves(&range);
        search_left -= left.len();
        if all_hold(&items[left.clone()], random) {
            holds[left].fill(true);
            // The bad one is on the right, then: no need to ask.
            open.push((right, true));
        } else {
            open.push((right, false));
            open.push((left, true));
        }
    }
    holds
}

fn all_hold(items: &[Item], random: &mut StdRng) -> bool {
    let mut batch = Verifier::new();
    for item in items {
        batch.queue(item.clone());
    }
    batch.verify(random).is_ok()
}

fn halves(range: &Range<usize>) -> (Range<usize>, Range<usize>) {
    let middle = range.start + range.len() / 2;
    (range.start..middle, middle..range.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use ed25519_zebra::{Signature, VerificationKeyBytes};
    use proptest::prelude::*;
    use rand::SeedableRng;

    /// Signatures by two keys over their own number; the bad ones are over another.
    fn items(good: &[bool]) -> Vec<Item> {
        let keys = [3, 4].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let sign = |(at, good): (usize, &bool)| {
            let key = &keys[at % keys.len()];
            let said = at.to_le_bytes();
            let signed = if *good { said } else { (at + 1).to_le_bytes() };
            let signature = Signature::from_bytes(&key.sign(&signed).to_bytes());
            let key = VerificationKeyBytes::from(key.verifying_key().to_bytes());
            Item::from((key, signature, &said))
        };
        good.iter().enumerate().map(sign).collect()
    }

    fn check(good: &[bool]) -> Vec<bool> {
        verdicts(&items(good), &mut StdRng::from_seed([9; 32]))
    }

    #[test]
    fn no_signatures_need_no_verdict() {
        assert!(check(&[]).is_empty());
    }

    #[test]
    fn every_size_around_the_bound_is_decided_rightly() {
        for count in 1..40 {
            assert_eq!(check(&vec![true; count]), vec![true; count]);
            for bad in 0..count {
                let mut good = vec![true; count];
                good[bad] = false;
                assert_eq!(check(&good), good, "{bad} of {count}");
            }
        }
    }

    #[test]
    fn a_flood_of_bad_signatures_is_told_apart_from_the_good_ones() {
        let good: Vec<bool> = (0..600).map(|at| at % 50 == 7).collect();
        assert_eq!(check(&good), good);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_signature_gets_the_same_verdict_alone_and_in_any_company(
            good in prop::collection::vec(prop::bool::weighted(0.9), 1..200),
        ) {
            let alone: Vec<bool> =
                items(&good).into_iter().map(|item| item.verify_single().is_ok()).collect();
            prop_assert_eq!(&alone, &good);
            prop_assert_eq!(check(&good), alone);
        }
    }
}
