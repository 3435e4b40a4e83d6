//! The cuts of one poll: which totals may be shown, so that nothing that was shown, taken together,
//! tells of a few ballots. Pure.
//!
//! A **mark** is the set of ballots that were shown once: in a live release, in the totals of the
//! closed poll, or in a correction. A **cut** is a set that waits to be shown. Two sets lie as far
//! apart as there are ballots in one and not in the other; B is the least distance that the poll's
//! definition allows. But whoever has three or more totals can do more than take the difference of
//! two, so the rule is about every linear combination ([`combine`] computes it; the difference of
//! two is one of them).
//!
//! 1. At a fold a cut is taken, if none waits, when the folded ballots are B at least, and every
//!    combination of them with the marks tells of none or of at least B ballots.
//! 2. A waiting cut may be shown once B further ballots are folded. So when it is shown nobody can
//!    tell which of the last B ballots are in it, and the poll already holds what will lie B apart
//!    from it.
//! 3. Ballots are taken out by group (an issuer key); then a waiting cut is dropped.
//! 4. The closed poll, and each correction of it, is shown when every combination with the marks
//!    tells of none or of at least B ballots; else only when two people decide so.
//!
//! **No combination of marks tells of 1 to B - 1 ballots, unless two people said so**, but for the
//! total of a single release, which the poll's minimum of answers bounds. By induction over the
//! moments of showing: a combination that makes no use of the newest mark is one of those before.
//! One that does was looked at: of a cut when it was taken (1), and nothing has changed since. While
//! it waits no mark is added, because one cut waits at a time and the poll is not closed; no ballot
//! leaves it or a mark, because then it is dropped (3). Of the closed poll and corrections when they
//! are shown (4). And what was shown never changes; what is taken out later adds no combination. ∎
//!
//! So any two releases lie B apart, or show the same ballots. Every mark counts and not only the
//! last: what is taken out brings a poll back to where it was. A hundred ballots under a stolen key
//! shown in the second release and taken out before the third would leave the third a few ballots
//! from the first.
//!
//! Without anything taken out the marks grow as sets, so (2) says that the closed poll lies B from
//! the last of them, and its totals are always published.

mod combine;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::poll::{IssuerKeyId, Poll, PublicationMode};
use crate::tally::{ByGroup, Cut, Cuts, Mark, Sums};

/// Marks of one poll, most: as many releases can be made of it. A thousand is one every hour for
/// six weeks.
pub const MARKS_MAX: usize = 1_000;

/// By which bounds cuts are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutRules {
    /// B: least distance of two releases, in ballots.
    pub apart: u64,
    /// Least number of answers before anything is shown.
    pub least: u64,
}

impl CutRules {
    /// The rules of a poll that is published live; `None` for any other.
    pub fn of(poll: &Poll) -> Option<Self> {
        let order = poll.definition.order();
        let least = order.publication.minimum_answers;
        let live = order.publication.mode == PublicationMode::Live && !order.test;
        live.then(|| Self { apart: poll.definition.crowd().ballots_apart, least })
    }
}

/// The groups that were taken out, each with the number of marks that there were then.
type TakenOut = BTreeMap<IssuerKeyId, u16>;

impl Cuts {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.pending.is_none()
    }

    /// Looks at a live poll after a fold: takes a cut if none waits and this one may be.
    pub fn after_fold(
        &mut self,
        rules: CutRules,
        now: Timestamp,
        by_group: &ByGroup,
        tally: impl FnOnce() -> Sums,
    ) {
        let ballots = by_group.values().sum();
        let enough = ballots >= rules.least.max(rules.apart);
        if self.pending.is_some() || !enough || self.marks.len() >= MARKS_MAX {
            return;
        }
        // What tells nothing new is not worth a release.
        let first = self.marks.is_empty();
        if first || self.nearest(ballots).is_some_and(|fewest| fewest >= rules.apart) {
            let sums = tally();
            assert_eq!(sums.ballots, ballots, "sums and groups count the same ballots");
            self.pending = Some(Cut { at: now, sums, by_group: by_group.clone() });
        }
    }

    /// The waiting cut, if it may be shown now that the poll holds `ballots`.
    pub fn ready(&self, rules: CutRules, ballots: u64) -> Option<&Cut> {
        let cut = self.pending.as_ref()?;
        (ballots >= cut.sums.ballots + rules.apart).then_some(cut)
    }

    /// The waiting cut is shown.
    ///
    /// # Panics
    ///
    /// When none waits.
    pub fn show_pending(&mut self) {
        let cut = self.pending.take().expect("a cut that was ready waits until it is shown");
        self.marks.push(Mark { by_group: cut.by_group });
    }

    /// The poll closes: what waits is never shown, its totals are in those of the closed poll.
    pub fn close(&mut self) {
        self.pending = None;
    }

    /// The closed poll is shown, in the release of this number or to its initiator only.
    pub fn show_tally(&mut self, by_group: ByGroup, tally: Sums, release: Option<u32>) {
        // The same ballots again are no other mark.
        if !self.is_shown(tally.ballots) {
            self.marks.push(Mark { by_group });
        }
        self.tallies.extend(release.map(|release| (release, tally)));
    }

    /// A group is taken out of the poll. It is taken out once: its key is revoked, so nothing comes
    /// again under its name.
    pub fn take_out(&mut self, group: IssuerKeyId) {
        self.pending = None;
        let marks = u16::try_from(self.marks.len()).expect("a poll has at most a thousand marks");
        self.taken_out.entry(group).or_insert(marks);
    }

    /// The fewest ballots, at least one, that what was shown would tell of together with a poll that
    /// holds `ballots`. `None`: nothing was shown, or nothing new would be told.
    ///
    /// It is no larger than the distance to the nearest mark. Of a mark that lost ballots it is no
    /// larger than the difference of the totals either: the honest voters of a key that was taken
    /// out come again, mostly with the same answers, and what is left then is told of the others.
    pub fn nearest(&self, ballots: u64) -> Option<u64> {
        let fewest = combine::fewest(&self.marks, &self.taken_out, ballots)?;
        let marks = self.marks.iter().zip(self.left());
        let lost = marks.filter_map(|(mark, left)| {
            let shown: u64 = mark.by_group.values().sum();
            (left < shown).then_some(shown.abs_diff(ballots))
        });
        lost.filter(|net| *net > 0).chain([fewest]).min()
    }

    /// Whether ballots of the last mark were taken out: what is shown next corrects it.
    pub fn is_corrected(&self) -> bool {
        self.last_lost() > 0
    }

    /// Whether these very ballots were shown last.
    pub fn is_shown(&self, ballots: u64) -> bool {
        self.left_of_last().is_some_and(|left| self.last_lost() == 0 && left == ballots)
    }

    /// The ballots of each mark that are still there.
    pub fn left(&self) -> impl Iterator<Item = u64> + '_ {
        let marks = self.marks.iter().enumerate();
        marks.map(|(number, mark)| combine::left(number, mark, &self.taken_out))
    }

    fn left_of_last(&self) -> Option<u64> {
        self.left().last()
    }

    fn last_lost(&self) -> u64 {
        let shown: u64 = self.marks.last().map_or(0, |mark| mark.by_group.values().sum());
        shown - self.left_of_last().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
