//! What do steps 2 and 3 cost a ballot?
//!
//! Back of the envelope: check compares a few short strings (about 20 ns); deidentify is one
//! compression of BLAKE3 over 34 bytes (about 70 ns) and wipes 66 bytes of input and 65 of subject.
//! Both together must stay below a tenth of the two microseconds that two cores have for a ballot
//! at a million a second.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench exports nothing, and what fails in it should stop it"
)]

mod support;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use holos::count::check::check;
use holos::count::deidentify::deidentify;
use holos::ground::clock::Clock;

const BALLOTS: u64 = 1_000;

fn steps(c: &mut Criterion) {
    let runtime = support::runtime();
    let folder = tempfile::tempdir().unwrap();
    let door = support::Door::new(folder.path());
    let poll = support::open_poll();
    let key = support::tag_key(&poll);
    let now = Clock::system().now();
    let papers: Vec<_> = (0..BALLOTS).map(support::paper).collect();
    let voters = || door.voters(&runtime, poll.id(), 0..BALLOTS);

    let mut group = c.benchmark_group("steps");
    group.throughput(Throughput::Elements(BALLOTS));
    group.bench_function("check", |b| {
        let checked = |voters: Vec<_>| {
            let ballots = voters.into_iter().zip(&papers);
            let checked = ballots.map(|(voter, paper)| check(voter, paper, &poll, now));
            black_box(checked.collect::<Vec<_>>())
        };
        b.iter_batched(voters, checked, BatchSize::LargeInput);
    });
    let eligible = || {
        let ballots = voters().into_iter().zip(&papers);
        ballots
            .map(|(voter, paper)| check(voter, paper, &poll, now).ok().unwrap())
            .collect::<Vec<_>>()
    };
    group.bench_function("deidentify", |b| {
        let anonymous = |ballots: Vec<_>| {
            let ballots = ballots.into_iter().map(|ballot| deidentify(ballot, &key));
            black_box(ballots.collect::<Vec<_>>())
        };
        b.iter_batched(eligible, anonymous, BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
