//! What a fold does with each group: pure rules, no I/O.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::poll::{IssuerKeyId, PollId};
use crate::tally::{GroupId, Joint, Sums};

/// Bounds that the operator chooses.
#[derive(Clone, Copy, Debug)]
pub struct FoldRules {
    /// The crowd a person hides in: a group with fewer ballots since its last fold is carried.
    pub k: u64,
    /// Ballots that start a fold.
    pub ballots: u64,
    /// Seconds that start a fold.
    pub delay_seconds: u32,
    /// Seconds after which a carried group is folded all the same, once its poll holds k in all.
    pub carry_seconds_max: u32,
}

/// A group's ballots since its last fold, and since when the first of them waits.
pub(super) struct Waiting {
    pub(super) since: Timestamp,
    pub(super) joint: Joint,
}

/// What becomes of the waiting groups.
pub(super) struct Plan {
    /// Tags and sums part ways.
    pub(super) fold: Vec<Joint>,
    /// Too few to part: they wait on, under the next epoch's key.
    pub(super) carry: Vec<Waiting>,
}

/// Decides, a group at a time.
///
/// A group is folded when k of its ballots wait, when its poll closes, or when it has waited its
/// time and the poll holds k in all; else a reader of disk and keys before and after the fold would
/// see the choices of fewer than k.
pub(super) fn plan(
    waiting: BTreeMap<GroupId, Waiting>,
    folded: &BTreeMap<PollId, u64>,
    closing: &BTreeSet<PollId>,
    rules: &FoldRules,
    now: Timestamp,
) -> Plan {
    let mut totals = folded.clone();
    for (group, waits) in &waiting {
        *totals.entry(group.poll).or_default() += waits.joint.sums.ballots;
    }
    let mut plan = Plan { fold: Vec::new(), carry: Vec::new() };
    for (group, waits) in waiting {
        let waited = now.duration_since(waits.since).as_secs();
        let patience_over = waited >= i64::from(rules.carry_seconds_max);
        let due = closing.contains(&group.poll)
            || waits.joint.sums.ballots >= rules.k
            || (patience_over && totals[&group.poll] >= rules.k);
        if due {
            plan.fold.push(waits.joint);
        } else {
            plan.carry.push(waits);
        }
    }
    plan
}

/// The groups of a closing poll whose sums are merged into its rest: those below k, and then the
/// smallest others until the rest holds k too, because the rest could else be had by subtraction. A
/// poll of one group merges nothing.
///
/// Their tag blocks stay where they are: blocks say who took part, and only sums say what was
/// chosen.
pub(super) fn merge_at_close(groups: &BTreeMap<IssuerKeyId, Sums>, k: u64) -> Vec<IssuerKeyId> {
    let mut by_size: Vec<_> = groups.iter().map(|(key, sums)| (sums.ballots, *key)).collect();
    by_size.sort_unstable();
    if by_size.len() < 2 || by_size[0].0 >= k {
        return Vec::new();
    }
    let mut rest = 0;
    let mut merged = Vec::new();
    for (ballots, key) in by_size {
        if ballots >= k && rest >= k {
            break;
        }
        rest += ballots;
        merged.push(key);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Tag;
    use proptest::prelude::*;

    const POLL: PollId = PollId::from_bytes([1; 16]);
    const RULES: FoldRules =
        FoldRules { k: 10, ballots: 1000, delay_seconds: 30, carry_seconds_max: 600 };

    fn group(key: u64) -> GroupId {
        GroupId { poll: POLL, issuer_key: IssuerKeyId::from_raw(key) }
    }

    fn waits(key: u64, ballots: u64, since: i64) -> (GroupId, Waiting) {
        let mut joint = Joint::empty(group(key), 2);
        for n in 0..ballots {
            joint.sums.add_ballot(&[0]);
            joint.tags.push(Tag::from_bytes(u128::from(n).to_be_bytes()));
        }
        (group(key), Waiting { since: Timestamp::from_second(since).unwrap(), joint })
    }

    fn planned(
        waiting: Vec<(GroupId, Waiting)>,
        folded: u64,
        closing: bool,
        now: i64,
    ) -> (Vec<u64>, Vec<u64>) {
        let folded = BTreeMap::from([(POLL, folded)]);
        let closing = if closing { BTreeSet::from([POLL]) } else { BTreeSet::new() };
        let now = Timestamp::from_second(now).unwrap();
        let plan = plan(waiting.into_iter().collect(), &folded, &closing, &RULES, now);
        (
            plan.fold.iter().map(|joint| joint.group.issuer_key.get()).collect(),
            plan.carry.iter().map(|waits| waits.joint.group.issuer_key.get()).collect(),
        )
    }

    #[test]
    fn a_group_of_k_is_folded_and_a_smaller_one_waits() {
        assert_eq!(planned(vec![waits(1, 10, 0), waits(2, 9, 0)], 0, false, 1), (vec![1], vec![2]));
    }

    #[test]
    fn patience_ends_only_when_the_poll_holds_k() {
        assert_eq!(planned(vec![waits(1, 3, 0)], 7, false, 599), (vec![], vec![1]));
        assert_eq!(planned(vec![waits(1, 3, 0)], 7, false, 600), (vec![1], vec![]));
        assert_eq!(planned(vec![waits(1, 3, 0)], 6, false, 600), (vec![], vec![1]));
    }

    #[test]
    fn a_closing_poll_folds_everything() {
        assert_eq!(planned(vec![waits(1, 1, 0), waits(2, 1, 0)], 0, true, 0), (vec![1, 2], vec![]));
    }

    fn sums(sizes: &[u64]) -> BTreeMap<IssuerKeyId, Sums> {
        let sums = |ballots| Sums { ballots, cells: vec![ballots] };
        (1..).zip(sizes).map(|(key, size)| (IssuerKeyId::from_raw(key), sums(*size))).collect()
    }

    proptest! {
        #[test]
        fn after_the_close_no_group_below_k_stands_alone(
            sizes in prop::collection::vec(0_u64..40, 0..8),
        ) {
            let groups = sums(&sizes);
            let merged = merge_at_close(&groups, 10);
            let rest: u64 = merged.iter().map(|key| groups[key].ballots).sum();
            let total: u64 = sizes.iter().sum();
            let alone = groups.iter().filter(|(key, _)| !merged.contains(key));
            for (_, sums) in alone {
                prop_assert!(sums.ballots >= 10 || groups.len() == 1);
            }
            if !merged.is_empty() {
                prop_assert!(rest >= 10 || rest == total);
            }
        }
    }
}
