//! What does the whole way carry over gRPC, client and engine on one machine?
//!
//! Back of the envelope, two cores: a stream of batches of 1,000 spends about 0.1 us a ballot in
//! the client, 0.3 us in HTTP/2 and protobuf, 0.3 us in steps 1 to 3 and 0.2 us in the ledger, so
//! about 2 M ballots/s; a unary call is a task, two frames and a wake-up on each side, about 30 us
//! of CPU, so 60,000 calls/s. One sync (0.3 ms) is shared by all that wait for it. A token of its
//! own costs a ballot 7 us for its signature in a batch and 2 us to read, so some 200,000 ballots/s
//! by stream and 40,000 calls/s.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench exports nothing, and what fails in it should stop it"
)]

mod support;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use holos::count::authenticate::mint::TestIssuer;
use holos::ground::clock::Stopwatch;
use holos_wire::proto::{self, Outcome, ballot::Credential};
use support::engine::{Bench, ballot, vouched};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tonic::Request;

const STREAM_BALLOTS: u64 = 200_000;
const UNARY_BALLOTS: u64 = 10_000;
const BATCH: u64 = 1_000;
const UNARY_WAITING: u64 = 256;

/// Each bench casts voters nobody cast before.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Who says whose ballots they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Connections,
    Tokens,
}

impl Word {
    fn ballot(self, poll: &str, voter: u64) -> proto::Ballot {
        let subject = blake3::hash(&voter.to_le_bytes()).as_bytes().to_vec().into();
        let claims = proto::StatedClaims { age_over: vec![14], ..Default::default() };
        let stated = proto::VouchedVoter { subject, claims: Some(claims), ..Default::default() };
        ballot(
            voter,
            match self {
                Self::Connections => Credential::Voter(stated),
                Self::Tokens => {
                    Credential::Token(support::token(&SIGNER, poll.parse().unwrap(), voter))
                }
            },
        )
    }

    fn request<T>(self, message: T) -> Request<T> {
        match self {
            Self::Connections => vouched(message),
            Self::Tokens => Request::new(message),
        }
    }
}

static SIGNER: LazyLock<TestIssuer> = LazyLock::new(support::signer);

/// Two streams, each with its own connection.
async fn stream(bench: &Bench, word: Word) -> Duration {
    let mut lanes = JoinSet::new();
    let batches = STREAM_BALLOTS / BATCH / 2;
    let mut ready = Vec::new();
    for _ in 0..2 {
        let first = NEXT.fetch_add(batches * BATCH, Ordering::Relaxed);
        let batch = |sequence| {
            let from = first + sequence * BATCH;
            let made = |voter| word.ballot(&bench.poll, voter);
            let ballots = (from..from + BATCH).map(made).collect();
            proto::StreamBallotsRequest { sequence, poll_id: bench.poll.clone(), ballots }
        };
        ready.push((bench.client().await, (0..batches).map(batch).collect::<Vec<_>>()));
    }
    let watch = Stopwatch::start();
    for (mut client, requests) in ready {
        lanes.spawn(async move {
            let request = word.request(tokio_stream::iter(requests));
            let mut answers = client.stream_ballots(request).await.unwrap().into_inner();
            while let Some(answer) = answers.message().await.unwrap() {
                assert!(answer.results.iter().all(|one| one.outcome() == Outcome::Counted));
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.unwrap();
    }
    watch.elapsed()
}

/// The calls are made ready beforehand, as a backend's voters bring their tokens.
async fn unary(bench: &Bench, word: Word) -> Duration {
    let each = UNARY_BALLOTS / UNARY_WAITING;
    let clients = [bench.client().await, bench.client().await];
    let ready: Vec<_> = (0..UNARY_WAITING)
        .map(|caller| {
            let first = NEXT.fetch_add(each, Ordering::Relaxed);
            let client = clients[usize::try_from(caller % 2).unwrap()].clone();
            let call = |voter| proto::CastBallotRequest {
                poll_id: bench.poll.clone(),
                ballot: Some(word.ballot(&bench.poll, voter)),
            };
            (client, (first..first + each).map(call).collect::<Vec<_>>())
        })
        .collect();
    let mut callers = JoinSet::new();
    let watch = Stopwatch::start();
    for (mut client, calls) in ready {
        callers.spawn(async move {
            for call in calls {
                let answer = client.cast_ballot(word.request(call)).await.unwrap().into_inner();
                assert_eq!(answer.outcome(), Outcome::Counted);
            }
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    watch.elapsed()
}

fn grpc(c: &mut Criterion) {
    let runtime: Runtime = support::runtime();
    let bench = runtime.block_on(Bench::start());
    let mut group = c.benchmark_group("grpc");
    group.sample_size(10);
    for (name, word) in [("vouched", Word::Connections), ("signed", Word::Tokens)] {
        group.throughput(Throughput::Elements(STREAM_BALLOTS));
        group.bench_function(format!("stream, {name}"), |b| {
            b.iter_custom(|times| (0..times).map(|_| runtime.block_on(stream(&bench, word))).sum());
        });
        group.throughput(Throughput::Elements(UNARY_BALLOTS / UNARY_WAITING * UNARY_WAITING));
        group.bench_function(format!("unary, {name}"), |b| {
            b.iter_custom(|times| (0..times).map(|_| runtime.block_on(unary(&bench, word))).sum());
        });
    }
    group.finish();
    runtime.block_on(bench.running.shutdown());
}

criterion_group!(benches, grpc);
criterion_main!(benches);
