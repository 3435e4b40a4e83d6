//! The cuts of one poll: which totals may be shown, so that no two of them lie close. Pure.
//!
//! A **mark** is the set of ballots that were shown once: in a live release, in the totals of the
//! closed poll, or in a correction. A **cut** is a set that waits to be shown. Two sets lie as far
//! apart as there are ballots in one and not in the other; B is the least distance that the poll's
//! definition allows.
//!
//! 1. At a fold a cut is taken, if none waits, when the folded ballots lie at least B from every
//!    mark, and from nothing at all.
//! 2. A waiting cut may be shown once B further ballots are folded. So when it is shown nobody can
//!    tell which of the last B ballots are in it, and the poll already holds what will lie B apart
//!    from it.
//! 3. Ballots are taken out by group (an issuer key); then a waiting cut is dropped.
//! 4. The closed poll, and each correction of it, is shown when it lies at a distance of 0 or of at
//!    least B from every mark; else only when two people decide so.
//!
//! **No two marks are 1 to B - 1 apart, unless two people said so.** By induction over the moments
//! of showing. A cut lay B from each mark when it was taken (1). While it waits no mark is added,
//! because one cut waits at a time and the poll is not closed; no ballot leaves it, because then it
//! is dropped (3); marks never change, they are sets of ballots that were shown. So it lies B from
//! each mark when it becomes one. The closed poll and corrections are compared with every mark when
//! they are shown (4), and at 0 they show the same ballots again, which tells nothing. ∎
//!
//! Every mark is compared and not only the last: what is taken out brings a poll back to where it
//! was. A hundred ballots under a stolen key shown in the second release and taken out before the
//! third would leave the third a few ballots from the first.
//!
//! Without anything taken out the marks grow as sets, so (2) says that the closed poll lies B from
//! the last of them, and its totals are always published.

use jiff::Timestamp;

use crate::authenticate::IssuerKeyId;
use crate::poll::{Poll, PublicationMode};
use crate::store::{ByGroup, Cut, Cuts, Mark, Sums};

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

impl Mark {
    /// Distance between these ballots and a poll that now holds `ballots`.
    fn distance(&self, ballots: u64) -> u64 {
        let shown: u64 = self.by_group.values().sum();
        let still = shown - self.gone;
        // What is shown and not taken out is folded, and what is folded stays folded.
        let added = ballots.checked_sub(still).expect("a mark's ballots are in the poll");
        self.gone + added
    }
}

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
        let apart = self.marks.iter().all(|mark| mark.distance(ballots) >= rules.apart);
        if self.pending.is_none() && enough && apart && self.marks.len() < MARKS_MAX {
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
        self.marks.push(Mark { by_group: cut.by_group, gone: 0 });
    }

    /// The poll closes: what waits is never shown, its totals are in those of the closed poll.
    pub fn close(&mut self) {
        self.pending = None;
    }

    /// The closed poll is shown, in the release of this number or to its initiator only.
    pub fn show_tally(&mut self, by_group: ByGroup, tally: Sums, release: Option<u32>) {
        // The same ballots again are no other mark.
        if !self.is_shown(tally.ballots) {
            self.marks.push(Mark { by_group, gone: 0 });
        }
        self.tallies.extend(release.map(|release| (release, tally)));
    }

    /// A group is taken out of the poll.
    pub fn take_out(&mut self, group: IssuerKeyId) {
        self.pending = None;
        for mark in &mut self.marks {
            // What is left under its name is what is still there: a group is taken out once, and
            // one that comes again under the same name does not exist, because its key is revoked.
            let gone = mark.by_group.get(&group).copied().unwrap_or(0);
            mark.gone += gone;
            mark.by_group.remove(&group);
            if gone > 0 {
                *mark.by_group.entry(IssuerKeyId::REST).or_default() += gone;
            }
        }
    }

    /// The least distance, other than none at all, between a poll that holds `ballots` and what was
    /// shown. `None`: nothing was shown, or only the same.
    pub fn nearest(&self, ballots: u64) -> Option<u64> {
        self.marks.iter().map(|mark| mark.distance(ballots)).filter(|distance| *distance > 0).min()
    }

    /// Whether ballots of the last mark were taken out: what is shown next corrects it.
    pub fn is_corrected(&self) -> bool {
        self.marks.last().is_some_and(|mark| mark.gone > 0)
    }

    /// Whether these very ballots were shown last.
    pub fn is_shown(&self, ballots: u64) -> bool {
        self.marks.last().is_some_and(|mark| mark.distance(ballots) == 0)
    }
}

#[cfg(test)]
mod tests;
