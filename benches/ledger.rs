//! What does the ledger carry: commits, a fold, a restart? And does the time of an answer tell
//! whether somebody is known?
//!
//! Back of the envelope. Commit: a round of 16,000 ballots is one sync (0.3 ms), 16,000 inserts
//! into the tag index (about 50 ns each), a sort, and one sealed record of 256 KB (0.3 ms): some
//! 1.8 ms, so 5 M ballots/s and more, against one key a tag at 0.3 M. Fold: 500,000 tags sorted (20
//! ms), sealed (10 ms) and written (8 MB, 10 ms), beside commits. Recover: 1 M tags are 16 MB
//! opened and as many inserts on two cores, about 0.1 s.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench exports nothing, and what fails in it should stop it"
)]

mod support;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use holos::count::deidentify::{AnonymousBallot, inquire};
use holos::count::ledger::Ledger;
use holos::ground::clock::Stopwatch;
use holos::outcome::{Outcome, Verdict};
use holos::poll::{Poll, PollId};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::{JoinError, JoinSet};

const CALL: usize = 1_000;
/// Fewer than the ledger's queue holds.
const CALLS_WAITING: usize = 128;
const COMMIT_BALLOTS: u64 = 200_000;
const FOLD_BALLOTS: u64 = 500_000;
const RECOVER_BALLOTS: u64 = 1_000_000;
const QUESTIONS: u64 = 20_000;
/// Never within a bench: it folds when it says so.
const NO_FOLD: u64 = u64::MAX / 8;

/// Commits in calls of a thousand that wait together, as under load; the time from the first call
/// to the last answer.
fn commit_all(
    runtime: &Runtime,
    ledger: &Arc<Ledger>,
    poll: PollId,
    ballots: Vec<AnonymousBallot>,
) -> Duration {
    let mut ballots = ballots.into_iter();
    let calls = std::iter::repeat_with(|| ballots.by_ref().take(CALL).collect::<Vec<_>>());
    let calls: Vec<_> = calls.take_while(|call| !call.is_empty()).collect();
    let watch = Stopwatch::start();
    runtime.block_on(async {
        let mut waiting = JoinSet::new();
        for call in calls {
            if waiting.len() == CALLS_WAITING {
                assert_counted(waiting.join_next().await);
            }
            let ledger = Arc::clone(ledger);
            waiting.spawn(async move { ledger.commit(poll, call).await });
        }
        while let Some(outcomes) = waiting.join_next().await {
            assert_counted(Some(outcomes));
        }
    });
    watch.elapsed()
}

fn assert_counted(outcomes: Option<Result<Vec<Outcome>, JoinError>>) {
    let outcomes = outcomes.expect("a call was waiting").expect("committing does not panic");
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Decided(Verdict::Counted)));
}

/// A ledger with one open poll, in a folder of its own.
struct Bench {
    folder: TempDir,
    ledger: Arc<Ledger>,
    poll: Poll,
    door: support::Door,
}

impl Bench {
    fn new(runtime: &Runtime) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Arc::new(support::open_ledger(folder.path(), NO_FOLD));
        let poll = support::open_poll_in(&ledger, folder.path(), runtime);
        let door = support::Door::new(folder.path());
        Self { folder, ledger, poll, door }
    }

    fn commit(&self, runtime: &Runtime, voters: Range<u64>) -> Duration {
        let ballots = self.door.anonymous(runtime, &self.poll, voters);
        commit_all(runtime, &self.ledger, self.poll.id(), ballots)
    }
}

fn commit(c: &mut Criterion) {
    let runtime = support::runtime();
    let bench = Bench::new(&runtime);
    let mut next = 0;
    let mut group = c.benchmark_group("ledger");
    group.sample_size(10);
    group.throughput(Throughput::Elements(COMMIT_BALLOTS));
    group.bench_function("commit", |b| {
        b.iter_custom(|times| {
            let once = |_| {
                let time = bench.commit(&runtime, next..next + COMMIT_BALLOTS);
                next += COMMIT_BALLOTS;
                // Not timed: without it the epoch would hold every ballot of the bench.
                runtime.block_on(bench.ledger.fold()).unwrap();
                time
            };
            (0..times).map(once).sum()
        });
    });
    group.finish();
}

fn fold(c: &mut Criterion) {
    let runtime = support::runtime();
    let bench = Bench::new(&runtime);
    let mut next = 0;
    let mut group = c.benchmark_group("ledger");
    group.sample_size(10);
    group.throughput(Throughput::Elements(FOLD_BALLOTS));
    group.bench_function("fold", |b| {
        b.iter_custom(|times| {
            let once = |_| {
                bench.commit(&runtime, next..next + FOLD_BALLOTS);
                next += FOLD_BALLOTS;
                let watch = Stopwatch::start();
                runtime.block_on(bench.ledger.fold()).unwrap();
                watch.elapsed()
            };
            (0..times).map(once).sum()
        });
    });
    group.finish();
}

fn recover(c: &mut Criterion) {
    let runtime = support::runtime();
    let bench = Bench::new(&runtime);
    bench.commit(&runtime, 0..RECOVER_BALLOTS);
    runtime.block_on(bench.ledger.fold()).unwrap();
    let Bench { folder, ledger, .. } = bench;
    drop(ledger);
    let mut group = c.benchmark_group("ledger");
    group.sample_size(10);
    group.throughput(Throughput::Elements(RECOVER_BALLOTS));
    group.bench_function("recover", |b| {
        b.iter_custom(|times| {
            let once = |_| {
                let watch = Stopwatch::start();
                let ledger = support::open_ledger(folder.path(), NO_FOLD);
                let time = watch.elapsed();
                drop(ledger);
                time
            };
            (0..times).map(once).sum()
        });
    });
    group.finish();
}

/// Does the time of the answer tell whether a person took part? One question at a time, on a ledger
/// with nothing else to do: the case in which a difference would show best.
fn ask(c: &mut Criterion) {
    let runtime = support::runtime();
    let bench = Bench::new(&runtime);
    bench.commit(&runtime, 0..COMMIT_BALLOTS);
    let key = support::tag_key(&bench.poll);
    let mut group = c.benchmark_group("ledger");
    group.sample_size(10);
    group.throughput(Throughput::Elements(QUESTIONS));
    for (name, first, expected) in [("ask known", 0, true), ("ask unknown", COMMIT_BALLOTS, false)]
    {
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let once = |_| {
                    let poll = bench.poll.id();
                    let inquiries = |first| {
                        let voters = bench.door.voters(&runtime, poll, first..first + QUESTIONS);
                        voters.into_iter().map(|voter| inquire(voter, &key)).collect::<Vec<_>>()
                    };
                    // In turns with the other kind, so that both meet the same machine; only one is
                    // timed.
                    let others = inquiries(COMMIT_BALLOTS - first);
                    let pairs = inquiries(first).into_iter().zip(others);
                    let mut timed = Duration::ZERO;
                    runtime.block_on(async {
                        for (inquiry, other) in pairs {
                            let known = bench.ledger.knows(poll, other).await.unwrap();
                            assert_eq!(known, Some(!expected));
                            let watch = Stopwatch::start();
                            let known = bench.ledger.knows(poll, inquiry).await.unwrap();
                            timed += watch.elapsed();
                            assert_eq!(known, Some(expected));
                        }
                    });
                    timed
                };
                (0..times).map(once).sum()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, commit, fold, recover, ask);
criterion_main!(benches);
