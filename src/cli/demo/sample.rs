//! A proportional sample of a poll's figures, by largest remainders.

/// Shares `n` seats among `counts` in proportion to them; the sum of the result is `n`.
///
/// Each share is its exact quota rounded down; the seats left over go to the largest remainders,
/// and among equal remainders to the earlier count. So every share lies less than one from its
/// quota, and `n` = the sum of the counts gives the counts back. All zeros when the counts are.
pub(super) fn by_largest_remainders(counts: &[u64], n: u64) -> Vec<u64> {
    let total: u128 = counts.iter().copied().map(u128::from).sum();
    if total == 0 {
        return vec![0; counts.len()];
    }
    let mut shares = Vec::with_capacity(counts.len());
    let mut remainders = Vec::with_capacity(counts.len());
    for (index, &count) in counts.iter().enumerate() {
        // Below 2^128: both factors are u64.
        let product = u128::from(count) * u128::from(n);
        shares.push(
            u64::try_from(product / total).expect("a share is at most n, because count <= total"),
        );
        remainders.push((product % total, index));
    }
    let left = n - shares.iter().sum::<u64>();
    // Stable: equal remainders stay in the order of the counts.
    remainders.sort_by_key(|&(remainder, _)| std::cmp::Reverse(remainder));
    let winners = usize::try_from(left).expect("fewer seats are left over than there are counts");
    for &(_, index) in &remainders[..winners] {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::by_largest_remainders;
    use proptest::prelude::*;

    const MARCH: [u64; 3] = [703_347, 1_325_327, 110_164];

    #[test]
    fn the_whole_poll_is_its_own_sample() {
        assert_eq!(by_largest_remainders(&MARCH, 2_138_838), MARCH);
    }

    #[test]
    fn left_over_seats_go_to_the_largest_remainders() {
        // Quotas 3.288, 6.196 and 0.515: 3, 6 and 0, and the seat left over goes to the third.
        assert_eq!(by_largest_remainders(&MARCH, 10), [3, 6, 1]);
        assert_eq!(by_largest_remainders(&[1, 1, 1], 2), [1, 1, 0]);
    }

    #[test]
    fn nothing_is_sampled_from_nothing() {
        assert_eq!(by_largest_remainders(&[0, 0], 5), [0, 0]);
        assert_eq!(by_largest_remainders(&[], 0), Vec::<u64>::new());
        assert_eq!(by_largest_remainders(&[7, 3], 0), [0, 0]);
    }

    proptest! {
        #[test]
        fn a_sample_sums_to_n_and_each_share_is_within_one_of_its_quota(
            counts in prop::collection::vec(0..=u64::from(u32::MAX), 1..10),
            n in 0..=u64::from(u32::MAX),
        ) {
            let total: u128 = counts.iter().copied().map(u128::from).sum();
            prop_assume!(total > 0);
            let shares = by_largest_remainders(&counts, n);
            prop_assert_eq!(shares.iter().sum::<u64>(), n);
            for (&share, &count) in shares.iter().zip(&counts) {
                // |share - count * n / total| < 1, without fractions.
                let (scaled, quota) = (u128::from(share) * total, u128::from(count) * u128::from(n));
                prop_assert!(scaled.abs_diff(quota) < total);
            }
        }

        #[test]
        fn a_sample_never_takes_more_than_there_is(
            counts in prop::collection::vec(0..1_000_000_u64, 1..10),
            part in 0.0..=1.0_f64,
        ) {
            let total: u64 = counts.iter().sum();
            #[expect(clippy::cast_possible_truncation, reason = "a part of a small total")]
            let n = (part * f64::from(u32::try_from(total).unwrap())) as u64;
            for (share, count) in by_largest_remainders(&counts, n).into_iter().zip(counts) {
                prop_assert!(share <= count);
            }
        }
    }
}
