//! What was shown of polls, and what waits to be.

use super::{Auditor, Check, FsckError};
use crate::keys::SealKey;
use crate::poll::{Phase, Poll, PollId};
use crate::store::Family;
use crate::tally::Cuts;

impl Auditor {
    pub(super) fn cuts(&mut self) -> Result<(), FsckError> {
        let mut rows = 0;
        for row in self.store.rows(Family::Cuts) {
            row?;
            rows += 1;
        }
        for (poll, key) in std::mem::take(&mut self.cut_keys) {
            match self.store.cuts(poll, &SealKey::new(&key)) {
                Ok(Some(cuts)) => {
                    rows -= 1;
                    self.cuts_of(poll, &cuts);
                }
                // An erasure drops the row, and the next fold the key.
                Ok(None) if self.is_erased(poll) => {}
                Ok(None) => self.found(Check::Cuts, Some(poll), "the record of cuts is missing"),
                Err(error) => self.found(Check::Cuts, Some(poll), error.to_string()),
            }
        }
        // One that is being erased has lost its key before its row.
        let erasing = self.polls.values().filter(|poll| poll.phase == Phase::Erasing).count();
        if rows > erasing {
            self.found(Check::Cuts, None, "a record of cuts without its key in the ring");
        }
        Ok(())
    }

    /// No mark has more ballots left than the poll holds, and what waits adds up.
    fn cuts_of(&mut self, id: PollId, cuts: &Cuts) {
        let Some(layout) = self.polls.get(&id).map(|poll| poll.definition.layout().clone()) else {
            return self.found(
                Check::Cuts,
                Some(id),
                "cuts of a poll that the store does not know",
            );
        };
        let of_poll = self.vectors.iter().filter(|(group, _)| group.poll == id);
        let ballots: u64 = of_poll.map(|(_, sums)| sums.ballots).sum();
        let holds = cuts.left().all(|left| left <= ballots);
        if !holds {
            self.found(Check::Cuts, Some(id), "more ballots were shown than the poll holds");
        }
        let mut sums = cuts.tallies.iter().map(|(_, sums)| sums).collect::<Vec<_>>();
        if let Some(cut) = &cuts.pending {
            if cut.by_group.values().sum::<u64>() != cut.sums.ballots || cut.sums.ballots > ballots
            {
                self.found(Check::Cuts, Some(id), "a waiting cut and its groups differ");
            }
            sums.push(&cut.sums);
        }
        for sums in sums {
            let adds_up = sums.cells.len() == layout.len()
                && layout.questions().all(|cells| {
                    let answers =
                        sums.cells[cells].iter().try_fold(0_u64, |a, b| a.checked_add(*b));
                    answers == Some(sums.ballots)
                });
            if !adds_up {
                self.found(Check::Cuts, Some(id), "the sums of a cut do not add up");
            }
        }
    }

    fn is_erased(&self, poll: PollId) -> bool {
        self.polls.get(&poll).map(Poll::is_erased_or_about_to_be).unwrap_or(true)
    }
}
