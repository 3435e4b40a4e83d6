//! Casting a crowd's ballots over streams, with the client's own ledger of what became of each.
//!
//! Every result is read. A voter's second ballot is sent only after the first was answered, so that
//! which of the two counts is certain; a ballot whose outcome is unknown, or for which the engine
//! asks to wait, is sent again. No clock decides anything here: time is only measured.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use hdrhistogram::Histogram;
use indicatif::ProgressBar;
use tokio::time::{sleep, timeout};

use super::plan::{Attempt, Ballot, Crowd};
use super::wire::{Answer, BallotResult, BallotStream, Batch};
use crate::ground::clock::Stopwatch;
use holos_wire::proto::Outcome;

/// A message without an answer for so long means that the engine hangs.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Folds that may be under way or due while casting goes on.
const FOLDS_BEHIND_MAX: u64 = 3;
/// How long casting waits for a fold, at most, before it goes on all the same.
const FOLD_WAIT_MAX: Duration = Duration::from_millis(100);
/// How often it looks.
const FOLD_WAIT_STEP: Duration = Duration::from_millis(1);

/// What several lanes cast together.
pub(super) struct Work {
    /// Who votes and how.
    pub(super) crowd: Crowd,
    /// Ballots of one message.
    pub(super) batch: u32,
    /// Messages in flight on one stream.
    pub(super) window: usize,
    /// Ballots between two folds, when casting waits for folds that lag.
    pub(super) fold_ballots: Option<u64>,
    /// Folds done so far; somebody keeps it up to date.
    pub(super) folds: Arc<AtomicU64>,
    /// Grows by the ballots that are settled.
    pub(super) progress: ProgressBar,
    /// The first voter that no lane has taken yet.
    pub(super) next: AtomicU32,
}

/// What became of the ballots, as their sender knows it.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// First ballots that are counted, by option.
    pub(super) counted: Vec<u64>,
    /// Second ballots that changed nothing.
    pub(super) already_counted: u64,
    /// Ballots refused for good, by reason.
    pub(super) rejected: BTreeMap<String, u64>,
    /// Ballots with an outcome that the rules exclude: a second ballot counted, a first one counted
    /// before it was sent.
    pub(super) astray: u64,
    /// Ballots sent, each once however often it was sent again.
    pub(super) sent: u64,
    /// Times a ballot was sent again.
    pub(super) retried: u64,
    /// From sending a message to having its answer, in nanoseconds.
    pub(super) latency: Histogram<u64>,
}

impl Tally {
    /// An empty one; `options` counts the option that the poll does not have.
    pub(super) fn new(options: usize) -> Self {
        let latency = Histogram::new(3).expect("3 significant digits are within 0 to 5");
        Self {
            counted: vec![0; options],
            already_counted: 0,
            rejected: BTreeMap::new(),
            astray: 0,
            sent: 0,
            retried: 0,
            latency,
        }
    }

    /// Adds the counts of `other`, and not its latencies: those of few bad ballots say nothing
    /// about the crowd's.
    pub(super) fn add_counts(&mut self, other: &Self) {
        for (own, more) in self.counted.iter_mut().zip(&other.counted) {
            *own += more;
        }
        for (reason, more) in &other.rejected {
            *self.rejected.entry(reason.clone()).or_default() += more;
        }
        self.already_counted += other.already_counted;
        self.astray += other.astray;
        self.sent += other.sent;
        self.retried += other.retried;
    }

    /// Adds everything of `other`.
    pub(super) fn add(&mut self, other: &Self) {
        self.add_counts(other);
        self.latency.add(&other.latency).expect("a histogram that grows takes every value");
    }

    /// Ballots with an outcome.
    pub(super) fn settled(&self) -> u64 {
        let rejected: u64 = self.rejected.values().sum();
        self.counted.iter().sum::<u64>() + self.already_counted + rejected + self.astray
    }
}

/// One stream and what waits on it.
pub(super) struct Lane {
    work: Arc<Work>,
    stream: BallotStream,
    in_flight: VecDeque<Flight>,
    /// To be sent before anything new.
    waiting: Vec<Ballot>,
    pause: Duration,
    sequence: u64,
    tally: Tally,
}

struct Flight {
    sequence: u64,
    ballots: Arc<Vec<Ballot>>,
    sent: Stopwatch,
}

impl Lane {
    /// A lane that will cast what it takes from `work`; `options` counts the option that the poll
    /// does not have.
    pub(super) fn new(work: Arc<Work>, stream: BallotStream, options: usize) -> Self {
        Self {
            work,
            stream,
            in_flight: VecDeque::new(),
            waiting: Vec::new(),
            pause: Duration::ZERO,
            sequence: 0,
            tally: Tally::new(options),
        }
    }

    /// Casts until nothing is left to take and every ballot is settled.
    pub(super) async fn run(mut self) -> anyhow::Result<Tally> {
        loop {
            self.fill().await?;
            let Some(flight) = self.in_flight.pop_front() else { return Ok(self.tally) };
            let answer = timeout(ANSWER_TIMEOUT, self.stream.answer()).await;
            let answer = answer.context("the engine has not answered for a minute")??;
            self.settle(&flight, &answer)?;
        }
    }

    /// Sends until the window is full or there is nothing to send now.
    async fn fill(&mut self) -> anyhow::Result<()> {
        if !self.pause.is_zero() {
            sleep(std::mem::take(&mut self.pause)).await;
        }
        while self.in_flight.len() < self.work.window {
            self.wait_for_folds().await;
            let ballots = Arc::new(self.take());
            if ballots.is_empty() {
                break;
            }
            self.sequence += 1;
            let batch = Batch { sequence: self.sequence, ballots: Arc::clone(&ballots) };
            let sent = Stopwatch::start();
            self.stream.send(batch).await?;
            self.in_flight.push_back(Flight { sequence: self.sequence, ballots, sent });
        }
        Ok(())
    }

    /// A full machine keeps up by itself; this holds back the small runs, which would be over
    /// before their second fold.
    async fn wait_for_folds(&self) {
        let Some(fold_ballots) = self.work.fold_ballots else { return };
        let waited = Stopwatch::start();
        let due = || u64::from(self.work.next.load(Ordering::Relaxed)) / fold_ballots;
        while due() >= self.work.folds.load(Ordering::Relaxed) + FOLDS_BEHIND_MAX
            && waited.elapsed() < FOLD_WAIT_MAX
        {
            sleep(FOLD_WAIT_STEP).await;
        }
    }

    /// The ballots of the next message: what waits, then voters that no lane has taken.
    fn take(&mut self) -> Vec<Ballot> {
        let Work { crowd, batch, next, .. } = &*self.work;
        let waiting = self.waiting.len().saturating_sub(*batch as usize);
        let mut ballots = self.waiting.split_off(waiting);
        let room = batch - u32::try_from(ballots.len()).expect("at most a batch");
        if room > 0 && next.load(Ordering::Relaxed) < crowd.voters() {
            let start = next.fetch_add(room, Ordering::Relaxed).min(crowd.voters());
            let end = (start + room).min(crowd.voters());
            ballots.reserve_exact(room as usize);
            ballots.extend((start..end).map(|voter| crowd.first(voter)));
            self.tally.sent += u64::from(end - start);
        }
        ballots
    }

    /// Enters the results of one message.
    fn settle(&mut self, flight: &Flight, answer: &Answer) -> anyhow::Result<()> {
        ensure!(
            answer.sequence == flight.sequence,
            "the engine answered another message than the oldest"
        );
        ensure!(
            answer.results.len() == flight.ballots.len(),
            "the engine answered another number of ballots"
        );
        let nanoseconds = u64::try_from(flight.sent.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.tally
            .latency
            .record(nanoseconds)
            .context("a histogram that grows takes every value")?;
        let before = self.tally.settled();
        for (ballot, result) in flight.ballots.iter().zip(&answer.results) {
            self.enter(*ballot, result);
        }
        self.work.progress.inc(self.tally.settled() - before);
        Ok(())
    }

    #[inline]
    fn enter(&mut self, ballot: Ballot, result: &BallotResult) {
        match (result.outcome(), ballot.attempt) {
            // A first ballot sent again may have been counted the first time, its answer lost.
            (Outcome::Counted, Attempt::First | Attempt::Again)
            | (Outcome::AlreadyCounted, Attempt::Again) => {
                self.tally.counted[usize::from(ballot.option)] += 1;
                if let Some(second) = self.work.crowd.second(ballot.voter) {
                    self.waiting.push(second);
                    self.tally.sent += 1;
                }
            }
            (Outcome::AlreadyCounted, Attempt::Second) => self.tally.already_counted += 1,
            (Outcome::Refused | Outcome::Unknown, _) => self.refused(ballot, result),
            (Outcome::Counted, Attempt::Second)
            | (Outcome::AlreadyCounted, Attempt::First)
            | (Outcome::Unspecified, _) => self.tally.astray += 1,
        }
    }

    #[cold]
    fn refused(&mut self, mut ballot: Ballot, result: &BallotResult) {
        let delay = result.refusal.as_ref().and_then(|refusal| refusal.retry_delay.as_ref());
        if result.outcome() == Outcome::Unknown || delay.is_some() {
            let delay = delay.and_then(|&delay| Duration::try_from(delay).ok()).unwrap_or_default();
            self.pause = self.pause.max(delay);
            self.tally.retried += 1;
            if ballot.attempt == Attempt::First {
                ballot.attempt = Attempt::Again;
            }
            self.waiting.push(ballot);
            return;
        }
        let reason = result.refusal.as_ref().map_or("", |refusal| refusal.reason.as_str());
        *self.tally.rejected.entry(reason.to_owned()).or_default() += 1;
    }
}
