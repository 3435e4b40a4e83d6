//! Restart: from what lies on disk to a working ledger. Step 11 of the order of writes.
//!
//! First what this process sees is made durable (the page cache may show what the disk lacks): the
//! database flushed and synced, the slots rewritten and synced. Before that nothing is answered and
//! nothing destroyed. Then the slots say where the last process stopped, with f = `folded_through`:
//!
//! | readable slots | it stopped | what is done |
//! |---|---|---|
//! | {f+1} | between folds | serve |
//! | {f+1, f+2} | after step 2 | fold f+1, serve |
//! | {f, f+1} | after step 4 | steps 5 and 6 for f, serve |
//! | no f+1 | store rolled back, or keys lost | refuse |
//!
//! An unreadable slot counts as empty: a torn write of K(f+2) sealed nothing yet, a torn overwrite
//! of K(f) only has to be repeated.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::LedgerError;
use super::epoch::Epoch;
use super::fold::Waiting;
use super::folder::{Folded, HeldCuts};
use super::writer::{Gate, PollState};
use crate::keys::{KeyStore, SealKey, Secret};
use crate::poll::{Phase, Poll, PollId};
use crate::store::{Family, Store, StoreError};
use crate::tally::{GroupId, Joint, Sums, Tag};

/// A ledger read back from disk.
pub(super) struct Recovered {
    pub(super) folded_through: u64,
    pub(super) folded: BTreeMap<GroupId, Folded>,
    pub(super) carried: BTreeMap<GroupId, Waiting>,
    pub(super) cuts: BTreeMap<PollId, HeldCuts>,
    /// Epoch f+1.
    pub(super) current: Epoch,
    /// Epoch f+2, when its key is in a slot: then f+1 is complete.
    pub(super) next: Option<Epoch>,
    /// K(f) is still in its slot.
    pub(super) unfinished: bool,
    pub(super) states: HashMap<PollId, PollState>,
    pub(super) data_keys: HashMap<PollId, SealKey>,
}

/// Reads the ledger back.
///
/// # Errors
///
/// Anything that does not open, decode or fit together; then nothing may be served.
pub(super) fn recover(
    store: &Store,
    keys: &KeyStore,
    slots: Vec<(u64, Secret<32>)>,
    polls: &[Poll],
) -> Result<Recovered, LedgerError> {
    let folded_through = store.folded_through()?;
    let slots: BTreeMap<u64, Secret<32>> = slots.into_iter().collect();
    let seal = |epoch: u64| slots.get(&epoch).map(|key| Arc::new(SealKey::new(key)));
    let current = seal(folded_through + 1).ok_or(LedgerError::RolledBack)?;
    let next = seal(folded_through + 2);
    if slots.keys().any(|epoch| !(folded_through..=folded_through + 2).contains(epoch)) {
        return Err(LedgerError::RolledBack);
    }

    let ring = store.ring(&current)?;
    let mut recovered = Recovered {
        folded_through,
        folded: read_vectors(store, ring.vectors)?,
        cuts: read_cuts(store, ring.cuts, polls)?,
        carried: BTreeMap::new(),
        current: Epoch::new(folded_through + 1, current),
        next: next.map(|key| Epoch::new(folded_through + 2, key)),
        unfinished: slots.contains_key(&folded_through),
        states: HashMap::new(),
        data_keys: HashMap::new(),
    };
    for poll in polls.iter().filter(|poll| poll.phase.has_keys()) {
        let key = SealKey::new(&keys.poll_keys(poll.id())?.data);
        recovered.data_keys.insert(poll.id(), key);
        let state = PollState::new(Gate::of(poll.phase), poll.definition.layout().len());
        recovered.states.insert(poll.id(), state);
    }
    recovered.reserve();
    let erasing = polls.iter().filter(|poll| poll.phase == Phase::Erasing).map(Poll::id);
    recovered.read_blocks(store, &erasing.collect())?;
    recovered.read_carried(store)?;
    recovered.read_journal(store)?;
    Ok(recovered)
}

fn read_vectors(
    store: &Store,
    ring: Vec<(GroupId, Secret<32>)>,
) -> Result<BTreeMap<GroupId, Folded>, StoreError> {
    let mut folded = BTreeMap::new();
    for (group, key) in ring {
        let sums = store.vector(group, &SealKey::new(&key))?;
        folded.insert(group, Folded { key, sums });
    }
    Ok(folded)
}

/// An erasure drops a poll's row, and the next fold its key. Any other row that is missing would
/// let totals be shown that lie too close to what was.
fn read_cuts(
    store: &Store,
    ring: Vec<(PollId, Secret<32>)>,
    polls: &[Poll],
) -> Result<BTreeMap<PollId, HeldCuts>, LedgerError> {
    let mut held = BTreeMap::new();
    for (id, key) in ring {
        match store.cuts(id, &SealKey::new(&key))? {
            Some(cuts) => {
                held.insert(id, HeldCuts { key, cuts, changed: false });
            }
            None => {
                let poll = polls.iter().find(|poll| poll.id() == id);
                if !poll.is_some_and(Poll::is_erased_or_about_to_be) {
                    return Err(LedgerError::Inconsistent("a poll's record of cuts is missing"));
                }
            }
        }
    }
    Ok(held)
}

/// Tags read before they are put into the index: 32 blocks of 1 MiB at a time.
const WAVE_BLOCKS: usize = 32;

impl Recovered {
    /// Room for the folded tags at once: growing step by step would copy most of them once more.
    /// The counts by issuer key come with it.
    fn reserve(&mut self) {
        for (poll, state) in &mut self.states {
            let of_poll = self.folded.iter().filter(|(group, _)| group.poll == *poll);
            let counts = of_poll.map(|(group, held)| (group.issuer_key, held.sums.ballots));
            state.counts.extend(counts);
            state.index.reserve(state.counts.values().sum());
        }
    }

    fn read_blocks(&mut self, store: &Store, erasing: &HashSet<PollId>) -> Result<(), LedgerError> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut wave = Vec::new();
        let mut wave_poll = None;
        for row in store.rows(Family::TagBlock) {
            let row = row?;
            let (group, ..) = row.block_place()?;
            // Their key is destroyed or about to be; the erasure deletes them.
            if erasing.contains(&group.poll) {
                continue;
            }
            if wave.len() == WAVE_BLOCKS || wave_poll.is_some_and(|poll| poll != group.poll) {
                self.load_wave(wave_poll, &std::mem::take(&mut wave), threads)?;
            }
            wave_poll = Some(group.poll);
            wave.push(row);
        }
        self.load_wave(wave_poll, &wave, threads)
    }

    fn load_wave(
        &mut self,
        poll: Option<PollId>,
        rows: &[crate::store::Row],
        threads: usize,
    ) -> Result<(), LedgerError> {
        let Some(poll) = poll.filter(|_| !rows.is_empty()) else { return Ok(()) };
        let missing = LedgerError::Inconsistent("a tag block belongs to no opened poll");
        let Some(key) = self.data_keys.get(&poll) else { return Err(missing) };
        let per_thread = rows.len().div_ceil(threads);
        let runs = std::thread::scope(|scope| {
            let open = |rows: &[crate::store::Row]| -> Result<Vec<Vec<Tag>>, StoreError> {
                rows.iter().map(|row| row.open_tags(key)).collect()
            };
            let workers: Vec<_> =
                rows.chunks(per_thread).map(|rows| scope.spawn(move || open(rows))).collect();
            let mut runs = Vec::with_capacity(rows.len());
            for worker in workers {
                runs.extend(worker.join().expect("opening records does not panic")?);
            }
            Ok::<_, StoreError>(runs)
        })?;
        let state = self.states.get_mut(&poll).expect("an opened poll has its state");
        if !state.index.insert_sorted(&runs, threads) {
            return Err(LedgerError::Inconsistent("a tag stands in two blocks"));
        }
        Ok(())
    }

    fn read_carried(&mut self, store: &Store) -> Result<(), LedgerError> {
        for row in store.rows(Family::Carried) {
            let row = row?;
            if row.carried_epoch()? != self.current.number {
                return Err(LedgerError::Inconsistent("a carried record of a folded epoch"));
            }
            let (since, joint) = row.open_carried(&self.current.key)?;
            let since = Timestamp::from_millisecond(since)
                .map_err(|_| StoreError::Decode(Family::Carried))?;
            self.index_joint(&joint)?;
            self.carried.insert(joint.group, Waiting { since, joint });
        }
        Ok(())
    }

    /// The records of an epoch are numbered without a gap: a missing one is an acknowledged round
    /// that is gone.
    fn read_journal(&mut self, store: &Store) -> Result<(), LedgerError> {
        for row in store.rows(Family::Journal) {
            let row = row?;
            let (number, sequence) = row.journal_place()?;
            let first = self.current.number;
            let epoch = match &mut self.next {
                Some(next) if next.number == number => next,
                _ if first == number => &mut self.current,
                _ => return Err(LedgerError::Inconsistent("a journal record without its epoch")),
            };
            if epoch.sequence != sequence {
                return Err(LedgerError::Inconsistent("a journal record is missing"));
            }
            let round = row.open_round(&epoch.key)?;
            for joint in &round {
                self.index_joint(joint)?;
            }
            let epoch = match &mut self.next {
                Some(next) if next.number == number => next,
                _ => &mut self.current,
            };
            epoch.absorb(round);
        }
        Ok(())
    }

    fn index_joint(&mut self, joint: &Joint) -> Result<(), LedgerError> {
        let missing = LedgerError::Inconsistent("a ballot belongs to no opened poll");
        let Some(state) = self.states.get_mut(&joint.group.poll) else { return Err(missing) };
        if state.cells != joint.sums.cells.len() {
            return Err(LedgerError::Inconsistent("sums of another length than the poll's"));
        }
        *state.counts.entry(joint.group.issuer_key).or_default() += joint.sums.ballots;
        for tag in &joint.tags {
            if !state.index.insert(*tag) {
                return Err(LedgerError::Inconsistent("a tag is counted twice"));
            }
        }
        Ok(())
    }

    /// The tally of every poll whose tally is frozen.
    pub(super) fn frozen(&self, polls: &[Poll]) -> HashMap<PollId, Sums> {
        let frozen =
            polls.iter().filter(|poll| poll.phase > Phase::Closing && poll.phase != Phase::Expired);
        frozen
            .map(|poll| {
                let mut tally = Sums::zero(poll.definition.layout().len());
                let groups = self.folded.iter().filter(|(group, _)| group.poll == poll.id());
                groups.for_each(|(_, held)| tally.add(&held.sums));
                (poll.id(), tally)
            })
            .collect()
    }
}
