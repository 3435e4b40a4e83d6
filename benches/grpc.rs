//! What does the whole way carry over gRPC, client and engine on one machine?
//!
//! Back of the envelope, two cores: a stream of batches of 1,000 spends about 0.1 us a ballot in
//! the client, 0.3 us in HTTP/2 and protobuf, 0.3 us in steps 1 to 3 and 0.2 us in the ledger, so
//! about 2 M ballots/s; a unary call is a task, two frames and a wake-up on each side, about 30 us
//! of CPU, so 60,000 calls/s. One sync (0.3 ms) is shared by all that wait for it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench exports nothing, and what fails in it should stop it"
)]

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use holos::grpc::proto::ballot_service_client::BallotServiceClient;
use holos::grpc::proto::poll_service_client::PollServiceClient;
use holos::grpc::proto::{self, Outcome, ballot::Credential};
use holos::service::clock::Stopwatch;
use holos::service::server::{self, Running};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tonic::Request;
use tonic::transport::Channel;

const STREAM_BALLOTS: u64 = 200_000;
const UNARY_BALLOTS: u64 = 10_000;
const BATCH: u64 = 1_000;
const UNARY_WAITING: u64 = 256;

/// Each bench casts voters nobody cast before.
static NEXT: AtomicU64 = AtomicU64::new(0);

struct Bench {
    _folder: TempDir,
    running: Running,
    poll: String,
}

impl Bench {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = server::start(support::config(folder.path())).await.unwrap();
        let address = format!("http://{}", running.addresses.staff);
        let mut staff = PollServiceClient::connect(address).await.unwrap();
        let order = Some((&support::order()).into());
        let header = format!("Bearer {}", support::STAFF_TOKEN);
        let request = with(&header, proto::CreatePollRequest { order });
        let poll_id = staff.create_poll(request).await.unwrap().into_inner().poll.unwrap().id;
        let request = proto::OpenPollRequest { poll_id: poll_id.clone() };
        staff.open_poll(with(&header, request)).await.unwrap();
        Self { _folder: folder, running, poll: poll_id }
    }

    async fn client(&self) -> BallotServiceClient<Channel> {
        let address = format!("http://{}", self.running.addresses.ingest);
        BallotServiceClient::connect(address).await.unwrap()
    }
}

fn with<T>(authorization: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", authorization.parse().unwrap());
    request
}

fn vouched<T>(message: T) -> Request<T> {
    with(&format!("Bearer app.{}", support::SECRET), message)
}

fn ballot(voter: u64) -> proto::Ballot {
    let subject = blake3::hash(&voter.to_le_bytes()).as_bytes().to_vec().into();
    let options = ["working-day", "day-off", "undecided"];
    proto::Ballot {
        credential: Some(Credential::Voter(proto::VouchedVoter { subject, ..Default::default() })),
        notice_version: 1,
        decline_breakdowns: false,
        answers: vec![proto::Answer {
            question_id: String::new(),
            option_ids: vec![options[usize::try_from(voter % 3).unwrap()].to_owned()],
        }],
    }
}

/// Two streams, each with its own connection.
async fn stream(bench: &Bench) -> Duration {
    let mut lanes = JoinSet::new();
    let batches = STREAM_BALLOTS / BATCH / 2;
    let mut ready = Vec::new();
    for _ in 0..2 {
        let first = NEXT.fetch_add(batches * BATCH, Ordering::Relaxed);
        let batch = |sequence| {
            let from = first + sequence * BATCH;
            let ballots = (from..from + BATCH).map(ballot).collect();
            proto::StreamBallotsRequest { sequence, poll_id: bench.poll.clone(), ballots }
        };
        ready.push((bench.client().await, (0..batches).map(batch).collect::<Vec<_>>()));
    }
    let watch = Stopwatch::start();
    for (mut client, requests) in ready {
        lanes.spawn(async move {
            let request = vouched(tokio_stream::iter(requests));
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

async fn unary(bench: &Bench) -> Duration {
    let mut callers = JoinSet::new();
    let each = UNARY_BALLOTS / UNARY_WAITING;
    let clients = [bench.client().await, bench.client().await];
    let watch = Stopwatch::start();
    for caller in 0..UNARY_WAITING {
        let first = NEXT.fetch_add(each, Ordering::Relaxed);
        let mut client = clients[usize::try_from(caller % 2).unwrap()].clone();
        let poll_id = bench.poll.clone();
        callers.spawn(async move {
            for voter in first..first + each {
                let ballot = Some(ballot(voter));
                let request = proto::CastBallotRequest { poll_id: poll_id.clone(), ballot };
                let answer = client.cast_ballot(vouched(request)).await.unwrap().into_inner();
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
    group.throughput(Throughput::Elements(STREAM_BALLOTS));
    group.bench_function("stream", |b| {
        b.iter_custom(|times| (0..times).map(|_| runtime.block_on(stream(&bench))).sum());
    });
    group.throughput(Throughput::Elements(UNARY_BALLOTS / UNARY_WAITING * UNARY_WAITING));
    group.bench_function("unary", |b| {
        b.iter_custom(|times| (0..times).map(|_| runtime.block_on(unary(&bench))).sum());
    });
    group.finish();
    runtime.block_on(bench.running.shutdown());
}

criterion_group!(benches, grpc);
criterion_main!(benches);
