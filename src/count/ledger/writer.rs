//! The one thread that decides who was first, and the one that writes.
//!
//! Everything that must be ordered passes through its queue: ballots, openings, epoch switches,
//! folds. So a switch is its own marker: what stood before it in the queue is on disk under the old
//! key, what stands behind it will be under the new one, and a ballot checked a moment before a
//! close is not committed a moment after it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use super::epoch::Epoch;
use super::index::TagIndex;
use super::requests::{Command, FoldRequest, Question, Submission};
use super::shared::Shared;
use crate::count::deidentify::AnonymousBallot;
use crate::ground::clock::Stopwatch;
use crate::ground::faults::Point;
use crate::ground::limits::ROUND_BALLOTS_MAX;
use crate::ground::metrics;
use crate::outcome::{Outcome, Rejection, Verdict};
use crate::poll::{IssuerKeyId, Phase, PollId};
use crate::store::{Store, StoreError, Writes};
use crate::tally::{GroupId, Joint};

/// Whether a poll's ballots are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Open,
    Suspended,
    Closed,
}

impl Gate {
    /// As a poll in this phase has it.
    pub(super) fn of(phase: Phase) -> Self {
        match phase {
            Phase::Open => Self::Open,
            Phase::Suspended => Self::Suspended,
            Phase::Draft
            | Phase::Filed
            | Phase::Approved
            | Phase::Scheduled
            | Phase::Closing
            | Phase::Closed
            | Phase::Published
            | Phase::Withheld
            | Phase::Erasing
            | Phase::Erased
            | Phase::Expired => Self::Closed,
        }
    }

    fn refusal(self) -> Option<Rejection> {
        match self {
            Self::Open => None,
            Self::Suspended => Some(Rejection::PollSuspended),
            Self::Closed => Some(Rejection::PollClosed),
        }
    }
}

/// A poll as the writer sees it: its own view of the phase decides, not the one the ballot was
/// checked by.
pub(super) struct PollState {
    pub(super) gate: Gate,
    pub(super) cells: usize,
    pub(super) index: TagIndex,
    /// Ballots an issuer key, for the quotas.
    pub(super) counts: HashMap<IssuerKeyId, u64>,
}

impl PollState {
    pub(super) fn new(gate: Gate, cells: usize) -> Self {
        Self { gate, cells, index: TagIndex::new(), counts: HashMap::new() }
    }

    fn is_over_quota(&self, ballot: &AnonymousBallot) -> bool {
        let count = || self.counts.get(&ballot.issuer_key()).copied().unwrap_or(0);
        ballot.quota().is_some_and(|quota| count() >= quota)
    }

    /// Only keys with a quota are counted while the engine runs: it costs every ballot.
    fn count(&mut self, ballot: &AnonymousBallot) {
        if ballot.quota().is_some() {
            *self.counts.entry(ballot.issuer_key()).or_default() += 1;
        }
    }
}

pub(super) struct Writer {
    pub(super) store: Arc<Store>,
    pub(super) polls: HashMap<PollId, PollState>,
    /// Keys under which nothing is counted any more. Its own view: a ballot authenticated a moment
    /// before a revocation is not committed a moment after it.
    pub(super) revoked: HashSet<IssuerKeyId>,
    pub(super) epoch: Epoch,
    /// Ballots of an epoch that make the folder begin.
    pub(super) fold_ballots: u64,
    pub(super) fold_asked: bool,
    pub(super) folder: Sender<FoldRequest>,
    pub(super) shared: Arc<Shared>,
}

/// How many times the fold's size an epoch may grow while the fold before it is still being
/// written. Past it new ballots are refused as overload, so that a slow disk cannot make the epoch,
/// and the memory for it, grow for ever.
const EPOCH_GROWTH_MAX: u64 = 4;

impl Writer {
    /// Works until told to stop, or until a write fails: then every waiter is dropped, which tells
    /// it "unknown", and nothing is written any more. After a failed write nobody can say what is
    /// on disk.
    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        let shared = Arc::clone(&self.shared);
        let _guard = shared.stop_on_panic("writer");
        while let Ok(first) = commands.recv() {
            if shared.has_failed() {
                return;
            }
            match self.work(first, commands) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return shared.fail(&error),
            }
        }
    }

    /// One round: the ballots that wait, then the command behind them. False: stop.
    fn work(&mut self, first: Command, commands: &Receiver<Command>) -> Result<bool, StoreError> {
        let mut submissions = Vec::new();
        let mut questions = Vec::new();
        let mut ballots = 0;
        let mut next = Some(first);
        let command = loop {
            match next.take() {
                // A question does not end the round: whoever asks a lot would make every commit
                // small.
                Some(Command::Find(question)) => {
                    ballots += 1;
                    questions.push(question);
                    if ballots >= ROUND_BALLOTS_MAX {
                        break None;
                    }
                }
                Some(Command::Ballots(submission)) => {
                    ballots += submission.ballots.len();
                    submissions.push(submission);
                    if ballots >= ROUND_BALLOTS_MAX {
                        break None;
                    }
                }
                other => break other,
            }
            next = commands.try_recv().ok();
        };
        self.commit(submissions)?;
        // After the commit: what is said to be known is on disk.
        questions.into_iter().for_each(|question| self.answer(question));
        command.map_or(Ok(true), |command| self.obey(command))
    }

    /// Order of writes, step 1. Crash before the write is on disk: unknown to the client, and a
    /// retry counts. Crash after it: counted, and a retry hears so. A duplicate of this round's or
    /// an earlier ballot is answered after the same write: "already counted" is never said of a
    /// ballot that may still be lost.
    fn commit(&mut self, submissions: Vec<Submission>) -> Result<(), StoreError> {
        if submissions.is_empty() {
            return Ok(());
        }
        let mut round = Vec::new();
        let answers: Vec<_> =
            submissions.iter().map(|submission| self.decide(submission, &mut round)).collect();
        if !round.is_empty() {
            // Sorted, so that not even the sealed record says who came first.
            round.iter_mut().for_each(|joint| joint.tags.sort_unstable());
            let mut writes = Writes::new();
            writes.journal(self.epoch.number, self.epoch.sequence, &self.epoch.key, &round);
            let watch = Stopwatch::start();
            self.store.write(Point::Commit, writes)?;
            metrics::commit(answers.iter().map(Vec::len).sum(), watch.elapsed());
            self.epoch.absorb(round);
            self.shared.set_epoch_ballots(self.epoch.ballots);
        }
        for (submission, answer) in submissions.into_iter().zip(answers) {
            let Submission { queued, answer: caller, .. } = submission;
            // Before the answer: whoever hears it may send the next ballots at once.
            drop(queued);
            // A caller that is gone does not need its answer.
            let _gone = caller.send(answer);
        }
        self.ask_for_fold();
        Ok(())
    }

    fn decide(&mut self, submission: &Submission, round: &mut Vec<Joint>) -> Vec<Outcome> {
        let full = self.epoch.ballots >= self.fold_ballots.saturating_mul(EPOCH_GROWTH_MAX);
        let Some(poll) = self.polls.get_mut(&submission.poll) else {
            let refused = Outcome::Refused(Rejection::PollNotOpen);
            return vec![refused; submission.ballots.len()];
        };
        let revoked = &self.revoked;
        let mut slot = 0;
        let decide = |ballot: &AnonymousBallot| {
            // Before the index: whoever has a stolen key must not learn who took part.
            if !revoked.is_empty() && revoked.contains(&ballot.issuer_key()) {
                return Outcome::Refused(Rejection::IssuerKeyRevoked);
            }
            let refusal = match ballot.late().or(poll.gate.refusal()) {
                Some(refusal) => Some(refusal),
                None if full => Some(Rejection::Overloaded),
                None if poll.is_over_quota(ballot) => Some(Rejection::QuotaExhausted),
                None => None,
            };
            if let Some(refusal) = refusal {
                let known = poll.index.contains(ballot.tag());
                return if known { ALREADY_COUNTED } else { Outcome::Refused(refusal) };
            }
            if !poll.index.insert(ballot.tag()) {
                return ALREADY_COUNTED;
            }
            poll.count(ballot);
            let group = GroupId { poll: submission.poll, issuer_key: ballot.issuer_key() };
            // Nearly always the group of the ballot before.
            if round.get(slot).is_none_or(|joint| joint.group != group) {
                slot = find_or_add(round, group, poll.cells);
            }
            round[slot].sums.add_ballot(ballot.cells());
            round[slot].tags.push(ballot.tag());
            Outcome::Decided(Verdict::Counted)
        };
        submission.ballots.iter().map(decide).collect()
    }

    fn answer(&self, question: Question) {
        let Question { poll, tag, queued, known } = question;
        let state = self.polls.get(&poll);
        drop(queued);
        let _gone = known.send(state.is_some_and(|state| state.index.contains(tag)));
    }

    fn ask_for_fold(&mut self) {
        if self.epoch.ballots >= self.fold_ballots && !self.fold_asked {
            // A folder that is gone has failed, and said so in `shared`.
            self.fold_asked = self.folder.send(FoldRequest::Full).is_ok();
        }
    }

    fn obey(&mut self, command: Command) -> Result<bool, StoreError> {
        match command {
            Command::Ballots(submission) => self.commit(vec![submission])?,
            Command::Put { point, writes, done } => {
                self.store.write(point, writes)?;
                let _gone = done.send(());
            }
            Command::Gate { poll, done } => {
                let mut writes = Writes::new();
                writes.poll(&poll);
                self.store.write(Point::PollWrite, writes)?;
                let (gate, cells) = (Gate::of(poll.phase), poll.definition.layout().len());
                let state = self.polls.entry(poll.id());
                state.or_insert_with(|| PollState::new(gate, cells)).gate = gate;
                let _gone = done.send(());
            }
            Command::Revoke { issuer_key, writes, done } => {
                self.store.write(Point::Revocation, writes)?;
                self.revoked.insert(issuer_key);
                let _gone = done.send(());
            }
            Command::Forget { group, tags, done } => {
                if let Some(state) = self.polls.get_mut(&group.poll) {
                    tags.iter().for_each(|tag| state.index.remove(*tag));
                    state.counts.remove(&group.issuer_key);
                }
                let _gone = done.send(());
            }
            Command::Drop { poll, done } => {
                self.polls.remove(&poll);
                let _gone = done.send(());
            }
            Command::Find(question) => self.answer(question),
            Command::Switch { key, closing, done } => {
                for poll in closing {
                    if let Some(state) = self.polls.get_mut(&poll) {
                        state.gate = Gate::Closed;
                    }
                }
                let next = Epoch::new(self.epoch.number + 1, key);
                let complete = std::mem::replace(&mut self.epoch, next);
                self.fold_asked = false;
                self.shared.set_epoch_ballots(0);
                let _gone = done.send(complete);
            }
            Command::Fold { writes, done } => {
                self.store.write(Point::Fold, writes)?;
                let _gone = done.send(());
            }
            Command::Stop => return Ok(false),
        }
        Ok(true)
    }
}

const ALREADY_COUNTED: Outcome = Outcome::Decided(Verdict::AlreadyCounted);

fn find_or_add(round: &mut Vec<Joint>, group: GroupId, cells: usize) -> usize {
    round.iter().position(|joint| joint.group == group).unwrap_or_else(|| {
        round.push(Joint::empty(group, cells));
        round.len() - 1
    })
}
