//! What the folder does with cuts: takes them, answers for them, writes what is shown.

use std::collections::BTreeMap;

use super::{Folded, Folder};
use crate::count::ledger::requests::{Showing, Shown};
use crate::ground::random;
use crate::keys::{SealKey, Secret};
use crate::poll::PollId;
use crate::store::Writes;
use crate::tally::{ByGroup, Cut, Cuts, GroupId, Standing, Sums};

/// What was shown of a poll and what waits, and the key that it is sealed under.
pub(in crate::count::ledger) struct HeldCuts {
    pub(in crate::count::ledger) key: Secret<32>,
    pub(in crate::count::ledger) cuts: Cuts,
    /// Whether it is to be written.
    pub(in crate::count::ledger) changed: bool,
}

impl Folder {
    /// The cut of a live poll that may be shown now.
    pub(super) fn ready(&self, poll: PollId) -> Option<Cut> {
        let (rules, held) = (self.live.get(&poll)?, self.cuts.get(&poll)?);
        let ballots = self.by_group(poll).values().sum();
        held.cuts.ready(*rules, ballots).cloned()
    }

    /// How a poll's totals lie to what was shown of it.
    pub(super) fn standing(&self, poll: PollId) -> Standing {
        let ballots = self.by_group(poll).values().sum();
        let Some(HeldCuts { cuts, .. }) = self.cuts.get(&poll) else { return Standing::default() };
        Standing {
            nearest: cuts.nearest(ballots),
            is_corrected: cuts.is_corrected(),
            tallies: cuts.tallies.clone(),
        }
    }

    /// Writes what is shown of a poll, and remembers which ballots it shows.
    pub(super) fn show(&mut self, writes: &mut Writes, showing: &Showing) {
        let id = showing.poll.id();
        if let Some((release, file)) = &showing.publication {
            writes.publication(id, *release, file);
        }
        writes.poll(&showing.poll);
        showing.excised.iter().for_each(|group| writes.excision_done(*group));
        if showing.shown == Shown::Nothing {
            return;
        }
        let (by_group, tally) = (self.by_group(id), self.tally(&showing.poll));
        let held = self.cuts.entry(id).or_insert_with(HeldCuts::empty);
        match showing.shown {
            Shown::Nothing => {}
            Shown::Cut => held.cuts.show_pending(),
            Shown::Tally => {
                let release = showing.publication.as_ref().map(|(release, _)| *release);
                held.cuts.show_tally(by_group, tally, release);
            }
        }
        held.changed = true;
    }

    /// Looks at the live polls: this fold may be one at which a cut is taken.
    pub(super) fn take_cuts(&mut self, now: jiff::Timestamp) {
        for (poll, rules) in &self.live {
            let by_group = by_group(&self.folded, *poll);
            let folded = &self.folded;
            let held = self.cuts.entry(*poll).or_insert_with(HeldCuts::empty);
            held.cuts.after_fold(*rules, now, &by_group, || sum_of(folded, *poll));
        }
    }

    /// Seals what has changed and what waits under fresh keys, as every fold does with the vectors
    /// that it touches: a cut that was shown or dropped opens no more with the keys that are left.
    pub(super) fn seal_cuts(&mut self, writes: &mut Writes) {
        for (poll, held) in &mut self.cuts {
            if held.cuts.is_empty() {
                writes.drop_cuts(*poll);
            } else if held.changed || held.cuts.pending.is_some() {
                held.key = Secret::new(random::bytes());
                held.changed = false;
                writes.cuts(*poll, &SealKey::new(&held.key), &held.cuts);
            }
        }
        self.cuts.retain(|_, held| !held.cuts.is_empty());
    }

    /// Folded ballots of a poll by group.
    fn by_group(&self, poll: PollId) -> ByGroup {
        by_group(&self.folded, poll)
    }
}

impl HeldCuts {
    fn empty() -> Self {
        Self { key: Secret::new(random::bytes()), cuts: Cuts::default(), changed: true }
    }
}

fn by_group(folded: &BTreeMap<GroupId, Folded>, poll: PollId) -> ByGroup {
    let of_poll = folded.iter().filter(|(group, _)| group.poll == poll);
    of_poll.map(|(group, held)| (group.issuer_key, held.sums.ballots)).collect()
}

/// The sums of a poll with at least one folded group.
fn sum_of(folded: &BTreeMap<GroupId, Folded>, poll: PollId) -> Sums {
    let mut of_poll = folded.iter().filter(|(group, _)| group.poll == poll);
    let (_, first) = of_poll.next().expect("a cut holds at least B ballots");
    let mut sums = first.sums.clone();
    of_poll.for_each(|(_, held)| sums.add(&held.sums));
    sums
}
