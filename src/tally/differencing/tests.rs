use proptest::prelude::*;

use super::*;

const RULES: CutRules = CutRules { apart: 10, least: 15 };

fn key(number: u64) -> IssuerKeyId {
    IssuerKeyId::from_raw(number)
}

fn groups(groups: &[(u64, u64)]) -> ByGroup {
    groups.iter().map(|(number, ballots)| (key(*number), *ballots)).collect()
}

fn sums(ballots: u64) -> Sums {
    Sums { ballots, cells: vec![ballots] }
}

/// A poll with its folded ballots a group, and what was shown of it.
#[derive(Default)]
struct Poll {
    folded: ByGroup,
    cuts: Cuts,
}

impl Poll {
    fn ballots(&self) -> u64 {
        self.folded.values().sum()
    }

    /// More ballots of a group are folded.
    fn fold(&mut self, group: u64, ballots: u64) {
        *self.folded.entry(key(group)).or_default() += ballots;
        self.look();
    }

    fn look(&mut self) {
        let total = self.ballots();
        self.cuts.after_fold(RULES, Timestamp::UNIX_EPOCH, &self.folded, || sums(total));
    }

    fn waits(&self) -> Option<u64> {
        self.cuts.pending.as_ref().map(|cut| cut.sums.ballots)
    }

    fn ready(&self) -> Option<u64> {
        self.cuts.ready(RULES, self.ballots()).map(|cut| cut.sums.ballots)
    }

    fn take_out(&mut self, group: u64) {
        self.folded.remove(&key(group));
        self.cuts.take_out(key(group));
    }

    fn show_tally(&mut self, release: Option<u32>) {
        let (groups, tally) = (self.folded.clone(), sums(self.ballots()));
        self.cuts.show_tally(groups, tally, release);
    }

    fn nearest(&self) -> Option<u64> {
        self.cuts.nearest(self.ballots())
    }
}

#[test]
fn a_cut_is_taken_when_enough_have_answered_and_shown_when_b_more_are_folded() {
    let mut poll = Poll::default();
    poll.fold(1, 14);
    assert_eq!(poll.waits(), None, "fewer than the poll's minimum");
    poll.fold(1, 1);
    assert_eq!((poll.waits(), poll.ready()), (Some(15), None));
    poll.fold(1, 9);
    assert_eq!((poll.waits(), poll.ready()), (Some(15), None), "one cut waits at a time");
    poll.fold(1, 1);
    assert_eq!(poll.ready(), Some(15));
    poll.cuts.show_pending();
    assert_eq!((poll.waits(), poll.ready()), (None, None));
    poll.look();
    assert_eq!(poll.waits(), Some(25), "it lies B from the one shown");
    poll.fold(1, 10);
    poll.cuts.show_pending();
    poll.fold(1, 9);
    assert_eq!(poll.waits(), Some(44));
}

#[test]
fn the_first_cut_holds_b_ballots_whatever_the_minimum_is() {
    let mut cuts = Cuts::default();
    let rules = CutRules { apart: 10, least: 1 };
    let mut look = |ballots| {
        let folded = groups(&[(1, ballots)]);
        cuts.after_fold(rules, Timestamp::UNIX_EPOCH, &folded, || sums(ballots));
        cuts.pending.is_some()
    };
    assert!(!look(9), "from nothing at all, too");
    assert!(look(10));
}

#[test]
fn what_waits_is_dropped_when_ballots_are_taken_out_and_when_the_poll_closes() {
    let mut poll = Poll::default();
    poll.fold(1, 20);
    poll.fold(2, 20);
    assert_eq!(poll.ready(), Some(20));
    poll.take_out(2);
    assert_eq!(poll.waits(), None, "also where it holds none of them");
    poll.look();
    assert_eq!(poll.waits(), Some(20));
    poll.cuts.close();
    assert_eq!(poll.waits(), None);
    assert!(poll.cuts.is_empty());
}

#[test]
fn what_is_taken_out_counts_in_the_distance_and_makes_the_next_release_a_correction() {
    let mut poll = Poll::default();
    poll.fold(1, 20);
    poll.fold(2, 10);
    poll.cuts.show_pending();
    assert!(!poll.cuts.is_corrected());
    poll.take_out(2);
    assert!(!poll.cuts.is_corrected(), "none of them was shown");
    assert_eq!(poll.nearest(), None, "the very ballots that were shown");

    poll.fold(3, 10);
    poll.fold(1, 10);
    assert_eq!(poll.ready(), Some(30));
    poll.cuts.show_pending();
    poll.take_out(3);
    assert!(poll.cuts.is_corrected());
    // 20 of the first mark and 10 more; 20 of the second, 10 taken out, 10 more.
    assert_eq!(poll.nearest(), Some(10));
    poll.fold(1, 1);
    assert_eq!(poll.nearest(), Some(1), "ten of these may be the ten who were taken out");
}

/// A group that was shown in the second release and is taken out brings the poll back to the first.
#[test]
fn a_poll_that_is_brought_back_to_an_earlier_mark_shows_nothing_close_to_it() {
    let mut poll = Poll::default();
    poll.fold(1, 20);
    poll.fold(2, 100);
    poll.cuts.show_pending();
    poll.look();
    poll.fold(1, 3);
    poll.fold(2, 10);
    assert_eq!(poll.ready(), Some(120));
    poll.cuts.show_pending();
    poll.take_out(2);
    // 23 are left: 3 from the first release, 103 from the second.
    poll.look();
    assert_eq!((poll.waits(), poll.nearest()), (None, Some(3)));
    poll.fold(1, 6);
    assert_eq!((poll.waits(), poll.nearest()), (None, Some(9)));
    poll.fold(1, 1);
    assert_eq!((poll.waits(), poll.nearest()), (Some(30), Some(10)));
}

#[test]
fn voters_who_come_again_do_not_hide_those_who_come_with_them() {
    let mut poll = Poll { folded: groups(&[(1, 30), (2, 30)]), ..Poll::default() };
    poll.look();
    poll.fold(1, 10);
    poll.cuts.show_pending();
    poll.take_out(2);
    // The totals differ by three: were the thirty-three of the same answers as the thirty, but for
    // three, those three would be told.
    poll.fold(3, 23);
    assert_eq!((poll.ballots(), poll.nearest()), (63, Some(3)));
    assert_eq!(poll.waits(), None);
}

#[test]
fn the_same_ballots_shown_again_are_no_other_mark() {
    let mut poll = Poll::default();
    poll.fold(1, 20);
    poll.show_tally(None);
    assert_eq!((poll.cuts.marks.len(), poll.nearest()), (1, None));
    assert!(poll.cuts.is_shown(20) && poll.cuts.tallies.is_empty());
    poll.show_tally(Some(1));
    assert_eq!(poll.cuts.marks.len(), 1);
    assert_eq!(poll.cuts.tallies.iter().map(|(release, _)| *release).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_correction_is_compared_with_every_mark() {
    let mut poll = Poll::default();
    poll.fold(1, 30);
    poll.fold(2, 20);
    poll.cuts.close();
    poll.show_tally(Some(1));
    poll.take_out(2);
    assert!(poll.cuts.is_corrected() && !poll.cuts.is_shown(30));
    assert_eq!(poll.nearest(), Some(20));
    poll.show_tally(Some(2));
    assert!(!poll.cuts.is_corrected() && poll.cuts.is_shown(30));
    assert_eq!(poll.nearest(), None, "what was shown last tells nothing new");
    poll.fold(1, 4);
    assert_eq!(poll.nearest(), Some(4));
    assert_eq!(poll.cuts.tallies.len(), 2);
}

#[test]
fn groups_merged_at_the_close_leave_the_distance_as_it_is() {
    let mut poll = Poll::default();
    poll.fold(1, 20);
    poll.fold(2, 15);
    poll.cuts.show_pending();
    poll.cuts.close();
    poll.folded = [(IssuerKeyId::REST, 35)].into();
    assert_eq!(poll.nearest(), Some(15));
    poll.show_tally(Some(2));
    assert_eq!(poll.nearest(), None);
}

#[test]
fn so_many_marks_are_kept_and_no_more() {
    let mut poll = Poll::default();
    poll.fold(1, 15);
    for _ in 0..MARKS_MAX {
        poll.fold(1, 10);
        poll.cuts.show_pending();
        poll.look();
    }
    assert_eq!((poll.cuts.marks.len(), poll.waits()), (MARKS_MAX, None));
    poll.fold(1, 1_000);
    assert_eq!(poll.waits(), None, "no further live release");
    poll.show_tally(Some(1_001));
    assert_eq!(poll.cuts.marks.len(), MARKS_MAX + 1, "the final one is always shown");
}

#[test]
fn only_a_live_poll_that_is_no_test_has_rules() {
    use crate::poll::{Definition, Floors, Order, PollId, Profiles, Rules};
    let rules = |change: fn(&mut Order)| {
        let mut order = Order::from_toml(include_str!("../../cli/demo/order.toml")).unwrap();
        order.opens_at = "2026-12-01T09:00[Europe/Kyiv]".to_owned();
        order.closes_at = "2026-12-08T09:00[Europe/Kyiv]".to_owned();
        order.publication.mode = PublicationMode::Live;
        order.publication.minimum_answers = 77;
        change(&mut order);
        let rules = Rules { floors: Floors::default(), profiles: &Profiles::builtin() };
        let definition = Definition::new(PollId::from_bytes([1; 16]), order.check(&rules).unwrap());
        CutRules::of(&crate::poll::Poll::draft(definition, "staff-1"))
    };
    assert_eq!(rules(|_| ()), Some(CutRules { apart: 100, least: 77 }));
    let asking = rules(|order| order.publication.ballots_apart = Some(250));
    assert_eq!(asking, Some(CutRules { apart: 250, least: 77 }));
    assert_eq!(rules(|order| order.test = true), None);
    assert_eq!(rules(|order| order.publication.mode = PublicationMode::AtClose), None);
    assert_eq!(rules(|order| order.publication.mode = PublicationMode::Never), None);
}

#[derive(Clone, Debug)]
enum Act {
    Fold(u64, u64),
    Show,
    TakeOut(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (1..5_u64, 0..25_u64).prop_map(|(group, ballots)| Act::Fold(group, ballots)),
        4 => Just(Act::Show),
        1 => (1..5_u64).prop_map(Act::TakeOut),
    ];
    prop::collection::vec(act, 0..80)
}

proptest! {
    /// By sets of ballots instead of counts: what was shown lies 0 or B and more apart.
    #[test]
    fn any_two_sets_that_were_shown_lie_b_apart(acts in acts()) {
        use std::collections::BTreeSet;
        let mut poll = Poll::default();
        let mut held: BTreeSet<(u64, u64)> = BTreeSet::new();
        let mut waiting = held.clone();
        let mut shown: Vec<BTreeSet<(u64, u64)>> = Vec::new();
        let mut gone = BTreeSet::new();
        let mut next = 0;
        for act in acts {
            match act {
                Act::Fold(group, ballots) if !gone.contains(&group) => {
                    held.extend((next..next + ballots).map(|ballot| (group, ballot)));
                    next += ballots;
                    let waited = poll.waits().is_some();
                    poll.fold(group, ballots);
                    if !waited && poll.waits().is_some() {
                        waiting = held.clone();
                    }
                }
                Act::Show if poll.ready().is_some() => {
                    prop_assert_eq!(poll.ready(), Some(waiting.len() as u64));
                    poll.cuts.show_pending();
                    shown.push(waiting.clone());
                    poll.look();
                    waiting = held.clone();
                }
                Act::TakeOut(group) => {
                    gone.insert(group);
                    held.retain(|(of, _)| *of != group);
                    poll.take_out(group);
                }
                Act::Fold(..) | Act::Show => {}
            }
            let to = |mark: &BTreeSet<_>| mark.symmetric_difference(&held).count() as u64;
            let nearest = shown.iter().map(to).filter(|distance| *distance > 0).min();
            // No more than the nearest pair, and none only where combinations give the same.
            prop_assert!(poll.nearest().unwrap_or(0) <= nearest.unwrap_or(0));
        }
        if poll.nearest().is_none_or(|distance| distance >= RULES.apart) {
            shown.push(held);
        }
        for (at, one) in shown.iter().enumerate() {
            for other in &shown[..at] {
                let distance = one.symmetric_difference(other).count() as u64;
                prop_assert!(distance == 0 || distance >= RULES.apart, "{} apart", distance);
            }
        }
    }
}
