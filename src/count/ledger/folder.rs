//! The thread that folds: steps 2 to 7 of the order of writes.
//!
//! With f = `folded_through`, and what a crash after each step means:
//!
//! 2. K(f+2) into the free slot, synced; then the switch through the writer's queue.
//!    *Crash*: slots {f+1, f+2}; the restart folds f+1 and goes on.
//! 3. The writer hands over epoch f+1, all of it on disk. No further switch before step 6:
//!    there are two slots.
//! 4. One synced batch: tag blocks, touched vectors under fresh ring keys, the ring and the
//!    carried joints under K(f+2), epoch f+1's journal dropped, closings applied,
//!    `folded_through = f+1`. *Crash before*: done again from the journal. *After*: slots
//!    {f, f+1} by the new count; never done again.
//! 5. Audit entry synced, then its head into the key store. *Crash*: the restart repeats it by
//!    epoch number.
//! 6. K(f+1) overwritten in its slot, synced. From here nothing at rest joins the epoch's tags
//!    with choices, and no earlier total of a touched group opens.
//! 7. A close is phase `closing` on disk first, then 2 to 6 with the poll's groups folded whole;
//!    that fold freezes the tally. *Crash*: the restart finds `closing` and closes again;
//!    repeating is harmless.
//! 8. To take a group out, its key's revocation is on disk first and then the decision; then 2 to 6
//!    without the group: its blocks, its vector and its waiting ballots go in the one batch of step
//!    4. Only then does the writer forget its tags, and only when a release that was wrong is
//!    corrected does the decision's mark go, in one batch with the correction. *Crash before
//!    that*: the restart finds the mark and does it again; what is gone already is not there.
//! 9. What is shown of a poll is a fold too: the publication, the poll's phase after it and the mark
//!    of the ballots it shows go in the one batch of step 4. *Crash before*: nothing was shown, and
//!    the engine makes another publication. *After*: it is served by the restart.

mod cuts;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::epoch::Epoch;
use super::fold::{self, FoldRules, Waiting};
use super::requests::{Command, FoldRequest, Showing};
use super::shared::Shared;
use super::{LedgerError, Tallies};
use crate::audit::{Actor, AuditLog, Event};
use crate::ground::clock::{Clock, Stopwatch};
use crate::ground::{metrics, random};
use crate::keys::{KeyError, KeyStore, Rekeyed, SealKey, Secret, Slots};
use crate::poll::{IssuerKeyId, Poll, PollId};
use crate::store::{Store, Writes};
use crate::tally::{CutRules, GroupId, Joint, Sums, Tag};

/// A folded group: the key of its vector, and the sums in it.
pub(super) struct Folded {
    pub(super) key: Secret<32>,
    pub(super) sums: Sums,
}

pub(super) use cuts::HeldCuts;

/// Everything that step 4 works on.
pub(super) struct Folder {
    pub(super) store: Arc<Store>,
    pub(super) keys: Arc<KeyStore>,
    pub(super) slots: Slots,
    pub(super) audit: Arc<AuditLog>,
    pub(super) clock: Clock,
    pub(super) rules: FoldRules,
    pub(super) folded_through: u64,
    pub(super) folded: BTreeMap<GroupId, Folded>,
    pub(super) carried: BTreeMap<GroupId, Waiting>,
    /// Polls of which cuts are taken at folds.
    pub(super) live: BTreeMap<PollId, CutRules>,
    pub(super) cuts: BTreeMap<PollId, HeldCuts>,
    pub(super) data_keys: HashMap<PollId, SealKey>,
    pub(super) tallies: Tallies,
    pub(super) shared: Arc<Shared>,
}

/// What a fold does besides folding.
#[derive(Default)]
struct Asked {
    closing: Vec<(Poll, oneshot::Sender<Sums>)>,
    excising: Vec<(GroupId, oneshot::Sender<bool>)>,
    expiring: Vec<(Poll, oneshot::Sender<()>)>,
    showing: Vec<(Showing, oneshot::Sender<()>)>,
    waiting: Option<oneshot::Sender<()>>,
    full: bool,
}

impl Asked {
    fn is_anything(&self) -> bool {
        let Self { closing, excising, expiring, showing, waiting, full } = self;
        let none =
            closing.is_empty() && excising.is_empty() && expiring.is_empty() && showing.is_empty();
        *full || !none || waiting.is_some()
    }
}

/// Polls and groups that a fold changes besides folding them.
#[derive(Default)]
pub(super) struct Decided {
    closing: Vec<Poll>,
    excising: Vec<GroupId>,
    expiring: Vec<Poll>,
    showing: Vec<Showing>,
}

/// How often the folder looks at the time and at RocksDB's background errors.
const TICK: Duration = Duration::from_secs(1);

impl Folder {
    /// Works until told to stop or until a write fails.
    pub(super) fn run(mut self, requests: &Receiver<FoldRequest>, writer: &Sender<Command>) {
        let shared = Arc::clone(&self.shared);
        let _guard = shared.stop_on_panic("folder");
        if let Err(error) = self.work(requests, writer) {
            match error {
                LedgerError::Store(error) => shared.fail(&error),
                other => shared.stop(&other.to_string()),
            }
        }
    }

    fn work(
        &mut self,
        requests: &Receiver<FoldRequest>,
        writer: &Sender<Command>,
    ) -> Result<(), LedgerError> {
        let mut since_fold = Stopwatch::start();
        let delay = Duration::from_secs(u64::from(self.rules.delay_seconds));
        loop {
            let mut asked = Asked::default();
            match requests.recv_timeout(TICK) {
                Ok(FoldRequest::Full) => asked.full = true,
                Ok(FoldRequest::Now { done }) => asked.waiting = Some(done),
                Ok(FoldRequest::Close { poll, done }) => asked.closing.push((poll, done)),
                Ok(FoldRequest::StandsApart { group, done }) => {
                    let _gone = done.send(self.folded.contains_key(&group));
                }
                Ok(FoldRequest::Follow { poll, rules }) => {
                    self.live.insert(poll, rules);
                }
                Ok(FoldRequest::Ready { poll, done }) => {
                    let _gone = done.send(self.ready(poll));
                }
                Ok(FoldRequest::Standing { poll, done }) => {
                    let _gone = done.send(self.standing(poll));
                }
                Ok(FoldRequest::Show { showing, done }) => asked.showing.push((showing, done)),
                Ok(FoldRequest::Excise { group, done }) => asked.excising.push((group, done)),
                Ok(FoldRequest::Expire { poll, done }) => asked.expiring.push((poll, done)),
                Ok(FoldRequest::Rekey { erased, done }) => self.rekey(&erased, done)?,
                Ok(FoldRequest::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.store.background_errors()? > 0 {
                return Err(LedgerError::Background);
            }
            let due = since_fold.elapsed() >= delay && self.has_work();
            if due || asked.is_anything() {
                self.fold_live(asked, writer)?;
                since_fold = Stopwatch::start();
            }
        }
    }

    /// Whether a fold would change anything: new ballots, or a carried group whose patience may be
    /// over.
    fn has_work(&self) -> bool {
        let now = self.clock.now();
        let patience = i64::from(self.rules.carry_seconds_max);
        let over = |waits: &Waiting| now.duration_since(waits.since).as_secs() >= patience;
        self.shared.epoch_ballots() > 0 || self.carried.values().any(over)
    }

    /// Steps 2 to 6 while the writer works.
    fn fold_live(&mut self, asked: Asked, writer: &Sender<Command>) -> Result<(), LedgerError> {
        // After a failure elsewhere nothing more is written, not even a key.
        if self.shared.has_failed() {
            return Err(LedgerError::Stopped);
        }
        let watch = Stopwatch::start();
        let (closing, closers): (Vec<_>, Vec<_>) = asked.closing.into_iter().unzip();
        let (excising, excisers): (Vec<_>, Vec<_>) = asked.excising.into_iter().unzip();
        let (expiring, expirers): (Vec<_>, Vec<_>) = asked.expiring.into_iter().unzip();
        let (showing, showers): (Vec<_>, Vec<_>) = asked.showing.into_iter().unzip();
        let decided = Decided { closing, excising, expiring, showing };
        let next = self.next_key()?;
        let complete = switch(writer, &next, decided.closing.iter().map(Poll::id).collect())?;
        let forgotten = self.tags_of(&decided.excising, &complete)?;
        self.fold(complete, &next, &decided, |writes| {
            ask(writer, |done| Command::Fold { writes, done })
        })?;
        let mut taken_out = Vec::with_capacity(forgotten.len());
        for (group, tags) in forgotten {
            taken_out.push(!tags.is_empty());
            ask(writer, |done| Command::Forget { group, tags, done })?;
        }
        metrics::fold(self.folded_through, watch.elapsed());
        // A caller that is gone finds the tally in `tallies`.
        for (poll, closer) in decided.closing.iter().zip(closers) {
            let _gone = closer.send(self.tally(poll));
        }
        for (exciser, anything) in excisers.into_iter().zip(taken_out) {
            let _gone = exciser.send(anything);
        }
        for done in expirers.into_iter().chain(showers) {
            let _gone = done.send(());
        }
        let _gone = asked.waiting.map(|waiter| waiter.send(()));
        Ok(())
    }

    /// Step 10 of the whole order, for the slots: between two folds nothing else writes them.
    fn rekey(
        &mut self,
        erased: &[PollId],
        done: oneshot::Sender<Result<Rekeyed, KeyError>>,
    ) -> Result<(), LedgerError> {
        if self.shared.has_failed() {
            return Err(LedgerError::Stopped);
        }
        let rekeyed = match self.keys.rekey(&mut self.slots, erased) {
            // Up to the switch nothing has changed: the engine goes on, and tries again later.
            Err(error) if !self.keys.is_stopped() => Err(error),
            rekeyed => Ok(rekeyed?),
        };
        if rekeyed.is_ok() {
            for poll in erased {
                self.data_keys.remove(poll);
                // Its key leaves the ring with the next fold; its row goes with the tag blocks.
                self.cuts.remove(poll);
            }
        }
        let _gone = done.send(rekeyed);
        Ok(())
    }

    /// Every tag of these groups: folded, carried, and of the epoch just completed.
    fn tags_of(
        &mut self,
        groups: &[GroupId],
        complete: &Epoch,
    ) -> Result<Vec<(GroupId, Vec<Tag>)>, LedgerError> {
        let mut of_groups = Vec::with_capacity(groups.len());
        for group in groups {
            let carried = self.carried.get(group).map(|waits| &waits.joint);
            let joints = carried.into_iter().chain(complete.joints.get(group));
            let mut tags: Vec<Tag> = joints.flat_map(|joint| &joint.tags).copied().collect();
            let store = Arc::clone(&self.store);
            let key = self.data_key(group.poll)?;
            for row in store.blocks(*group) {
                tags.extend(row?.open_tags(key)?);
            }
            of_groups.push((*group, tags));
        }
        Ok(of_groups)
    }

    /// Step 2: the next epoch's key, durable in its slot before anything is sealed under it.
    fn next_key(&mut self) -> Result<Arc<SealKey>, LedgerError> {
        let key = Secret::new(random::bytes());
        self.slots.write(self.folded_through + 2, &key)?;
        Ok(Arc::new(SealKey::new(&key)))
    }

    /// Steps 4 to 6 for a completed epoch; also what a restart does with an epoch it finds
    /// complete.
    pub(super) fn fold(
        &mut self,
        complete: Epoch,
        next: &SealKey,
        decided: &Decided,
        write: impl FnOnce(Writes) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let epoch = self.folded_through + 1;
        assert_eq!(complete.number, epoch, "epochs are folded in order");
        let now = self.clock.now();
        let Decided { closing, excising, expiring, showing } = decided;
        let closing_ids: BTreeSet<_> = closing.iter().map(Poll::id).collect();
        let mut writes = Writes::new();
        let mut waiting = self.waiting(complete, now);
        for group in excising {
            waiting.remove(group);
            self.folded.remove(group);
            writes.excise(*group);
            if let Some(held) = self.cuts.get_mut(&group.poll) {
                held.cuts.take_out(group.issuer_key);
                held.changed = true;
            }
        }
        let plan = fold::plan(waiting, &self.totals(), &closing_ids, &self.rules, now);
        for joint in plan.fold {
            self.fold_group(&mut writes, epoch, joint)?;
        }
        for poll in closing {
            self.close_groups(&mut writes, poll.id());
            self.live.remove(&poll.id());
            if let Some(held) = self.cuts.get_mut(&poll.id()) {
                held.cuts.close();
                held.changed = true;
            }
            writes.poll(&poll.closed());
        }
        for poll in expiring {
            self.drop_sums(&mut writes, poll.id());
            writes.drop_publications(poll.id());
            writes.poll(poll);
        }
        for shown in showing {
            self.show(&mut writes, shown);
        }
        self.take_cuts(now);
        self.seal_cuts(&mut writes);
        let vectors: Vec<_> = self.folded.iter().map(|(group, held)| (*group, &held.key)).collect();
        let cuts: Vec<_> = self.cuts.iter().map(|(poll, held)| (*poll, &held.key)).collect();
        writes.ring(next, vectors.into_iter(), cuts.into_iter());
        for waits in &plan.carry {
            writes.carried(epoch + 1, next, waits.since.as_millisecond(), &waits.joint);
        }
        writes.drop_epoch(epoch);
        writes.progress(epoch);
        write(writes)?;

        self.folded_through = epoch;
        self.carried = plan.carry.into_iter().map(|waits| (waits.joint.group, waits)).collect();
        self.freeze_tallies(decided);
        self.finish(closing_ids.into_iter().collect())?;
        self.shared.count_fold();
        Ok(())
    }

    /// The tallies that this fold froze, and the frozen ones that an excision changed.
    fn freeze_tallies(&self, decided: &Decided) {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        for poll in &decided.closing {
            tallies.insert(poll.id(), self.tally(poll));
        }
        for group in &decided.excising {
            if let Some(tally) = tallies.get_mut(&group.poll) {
                let mut left = Sums::zero(tally.cells.len());
                self.groups_of(group.poll).for_each(|(_, held)| left.add(&held.sums));
                *tally = left;
            }
        }
        for poll in &decided.expiring {
            tallies.remove(&poll.id());
        }
        self.shared.set_folded_ballots(self.totals());
    }

    /// Steps 5 and 6 for the epoch just folded.
    pub(super) fn finish(&mut self, closed: Vec<PollId>) -> Result<(), LedgerError> {
        let epoch = self.folded_through;
        if self.audit.last_folded_epoch().is_none_or(|last| last < epoch) {
            let event = Event::EpochFolded { epoch, closed };
            self.audit.append(self.clock.now(), &Actor::engine(), event)?;
        }
        self.slots.erase(epoch)?;
        Ok(())
    }

    /// Ballots a poll that are folded.
    pub(super) fn totals(&self) -> BTreeMap<PollId, u64> {
        let mut totals = BTreeMap::new();
        for (group, held) in &self.folded {
            *totals.entry(group.poll).or_default() += held.sums.ballots;
        }
        totals
    }

    /// The completed epoch's joints together with the carried ones.
    fn waiting(&mut self, complete: Epoch, now: jiff::Timestamp) -> BTreeMap<GroupId, Waiting> {
        let mut waiting = std::mem::take(&mut self.carried);
        for (group, joint) in complete.joints {
            match waiting.get_mut(&group) {
                Some(waits) => waits.joint.absorb(&joint),
                None => {
                    waiting.insert(group, Waiting { since: now, joint });
                }
            }
        }
        waiting
    }

    /// Tags to a block, sums to the vector under a fresh ring key.
    fn fold_group(
        &mut self,
        writes: &mut Writes,
        epoch: u64,
        mut joint: Joint,
    ) -> Result<(), LedgerError> {
        joint.tags.sort_unstable();
        let group = joint.group;
        writes.tag_blocks(group, epoch, self.data_key(group.poll)?, &joint.tags);
        let mut sums = match self.folded.remove(&group) {
            Some(held) => held.sums,
            None => Sums::zero(joint.sums.cells.len()),
        };
        sums.add(&joint.sums);
        self.put_vector(writes, group, sums);
        Ok(())
    }

    /// The key of a poll's tag blocks, read from the key store when it is first needed.
    fn data_key(&mut self, poll: PollId) -> Result<&SealKey, LedgerError> {
        Ok(match self.data_keys.entry(poll) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(free) => {
                let keys = self.keys.poll_keys(poll)?;
                free.insert(SealKey::new(&keys.data))
            }
        })
    }

    fn put_vector(&mut self, writes: &mut Writes, group: GroupId, sums: Sums) {
        let key = Secret::new(random::bytes());
        writes.vector(group, &SealKey::new(&key), &sums);
        self.folded.insert(group, Folded { key, sums });
    }

    /// Merges the groups of a closing poll that are too small to stand alone.
    fn close_groups(&mut self, writes: &mut Writes, poll: PollId) {
        let groups: BTreeMap<IssuerKeyId, Sums> = self
            .groups_of(poll)
            .map(|(group, held)| (group.issuer_key, held.sums.clone()))
            .collect();
        let merged = fold::merge_at_close(&groups, self.rules.k);
        let Some(first) = merged.first() else { return };
        let mut rest = Sums::zero(groups[first].cells.len());
        for issuer_key in &merged {
            rest.add(&groups[issuer_key]);
            let group = GroupId { poll, issuer_key: *issuer_key };
            self.folded.remove(&group);
            writes.drop_vector(group);
        }
        self.put_vector(writes, GroupId { poll, issuer_key: IssuerKeyId::REST }, rest);
    }

    /// Lets go of a poll's sums: their keys leave the ring with this fold.
    fn drop_sums(&mut self, writes: &mut Writes, poll: PollId) {
        let groups: Vec<_> = self.groups_of(poll).map(|(group, _)| *group).collect();
        for group in groups {
            self.folded.remove(&group);
            writes.drop_vector(group);
        }
        self.cuts.remove(&poll);
        writes.drop_cuts(poll);
    }

    fn groups_of(&self, poll: PollId) -> impl Iterator<Item = (&GroupId, &Folded)> {
        self.folded.iter().filter(move |(group, _)| group.poll == poll)
    }

    /// The folded sums of a poll, all its groups together.
    pub(super) fn tally(&self, poll: &Poll) -> Sums {
        let mut tally = Sums::zero(poll.definition.layout().len());
        for (_, held) in self.groups_of(poll.id()) {
            tally.add(&held.sums);
        }
        tally
    }
}

/// Step 3: the epoch that is complete once everything before the switch is on disk.
fn switch(
    writer: &Sender<Command>,
    key: &Arc<SealKey>,
    closing: Vec<PollId>,
) -> Result<Epoch, LedgerError> {
    ask(writer, |done| Command::Switch { key: Arc::clone(key), closing, done })
}

/// Asks the writer and waits for its answer.
fn ask<T>(
    writer: &Sender<Command>,
    command: impl FnOnce(Sender<T>) -> Command,
) -> Result<T, LedgerError> {
    let (done, answer) = channel();
    writer.send(command(done)).map_err(|_| LedgerError::Stopped)?;
    answer.recv().map_err(|_| LedgerError::Stopped)
}
