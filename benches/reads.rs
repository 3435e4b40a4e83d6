//! How many reads does the public listener carry, how long does each take while ballots are cast, and
//! what do the ballots feel of it?
//!
//! Back of the envelope, two cores: a read is a request of 100 bytes and an answer of 900 from memory,
//! two system calls and a wake-up on each side, about 12 us in the engine and as much in the client;
//! so some 80,000 reads/s when both cores do nothing else. 10,000 ballots/s by stream in batches of
//! 100 are 100 commits/s: a few per cent of a core and of the disk. The peer is nginx with the same
//! bytes as a static file, where it is installed; asked by the same client in the same run.
//!
//! Latencies are those of an open loop: from the moment at which a read was due, so that a reader who
//! waits for the one before is counted as waiting.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a bench exports nothing, prints what it measured, and what fails in it should stop it"
)]

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hdrhistogram::Histogram;
use holos::ground::clock::Stopwatch;
use holos_wire::proto::poll_service_client::PollServiceClient;
use holos_wire::proto::{self, Outcome, ballot::Credential};
use support::engine::{Bench, ballot, open_poll, vouched, with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

const CONNECTIONS: u32 = 64;
const SECONDS: u64 = 10;
const READS_PER_SECOND: u32 = 40_000;
const BALLOTS_PER_SECOND: u64 = 10_000;
const BATCH: u64 = 100;
const RUNS: usize = 5;

/// Where a file is read, and the bytes of the whole answer.
#[derive(Clone)]
struct Target {
    address: SocketAddr,
    request: String,
    bytes: usize,
}

impl Target {
    async fn at(address: SocketAddr, path: &str) -> Self {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: bench\r\naccept-encoding: gzip, br\r\n\r\n");
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 65_536];
        // One answer is within one packet of loopback.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let bytes = stream.read(&mut answer).await.unwrap();
        let text = String::from_utf8_lossy(&answer[..bytes]);
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        Self { address, request, bytes }
    }
}

/// Reads over one connection, each when it is due, until the time is over; microseconds of each.
async fn read(target: Target, every: Option<Duration>, first: Duration) -> Histogram<u64> {
    let mut stream = TcpStream::connect(target.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = vec![0; target.bytes];
    let mut took = Histogram::new(3).unwrap();
    let begun = Instant::now();
    let mut due = begun + first;
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        if every.is_some() {
            tokio::time::sleep_until(due).await;
        } else {
            due = Instant::now();
        }
        stream.write_all(target.request.as_bytes()).await.unwrap();
        stream.read_exact(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        took.record(due.elapsed().as_micros() as u64).unwrap();
        due += every.unwrap_or_default();
    }
    took
}

/// Reads over all connections; `rate` a second, or as fast as answers come.
fn reads(clients: &Runtime, target: &Target, rate: Option<u32>) -> Histogram<u64> {
    clients.block_on(async {
        let every = rate.map(|rate| Duration::from_secs(1) * CONNECTIONS / rate);
        let mut readers = JoinSet::new();
        for connection in 0..CONNECTIONS {
            let first = every.unwrap_or_default() * connection / CONNECTIONS;
            readers.spawn(read(target.clone(), every, first));
        }
        let mut all = Histogram::new(3).unwrap();
        while let Some(took) = readers.join_next().await {
            all.add(took.unwrap()).unwrap();
        }
        all
    })
}

/// Casts ballots at a steady rate, each batch when it is due; microseconds of each batch.
async fn cast(bench: &Bench, poll: &str, first_voter: u64) -> Histogram<u64> {
    let every = Duration::from_secs(1) * BATCH as u32 / BALLOTS_PER_SECOND as u32;
    let batches = SECONDS * BALLOTS_PER_SECOND / BATCH;
    let (sender, receiver) = mpsc::channel(1);
    let poll_id = poll.to_owned();
    let begun = Instant::now();
    tokio::spawn(async move {
        for sequence in 0..batches {
            let from = first_voter + sequence * BATCH;
            let ballots = (from..from + BATCH).map(voter).collect();
            tokio::time::sleep_until(begun + every * sequence as u32).await;
            let poll_id = poll_id.clone();
            sender.send(proto::StreamBallotsRequest { sequence, poll_id, ballots }).await.unwrap();
        }
    });
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut client = bench.client().await;
    let mut answers = client.stream_ballots(vouched(stream)).await.unwrap().into_inner();
    let mut took = Histogram::new(3).unwrap();
    while let Some(answer) = answers.message().await.unwrap() {
        assert!(answer.results.iter().all(|one| one.outcome() == Outcome::Counted));
        let due = begun + every * answer.sequence as u32;
        took.record(due.elapsed().as_micros() as u64).unwrap();
    }
    assert_eq!(took.len(), batches);
    took
}

fn voter(number: u64) -> proto::Ballot {
    let subject = blake3::hash(&number.to_le_bytes()).as_bytes().to_vec().into();
    let claims = proto::StatedClaims { age_over: vec![14], ..Default::default() };
    let stated = proto::VouchedVoter { subject, claims: Some(claims), ..Default::default() };
    ballot(number, Credential::Voter(stated))
}

/// Ends the poll of the bench, so that there are results to read.
async fn publish(bench: &Bench) {
    let mut client = bench.client().await;
    let request = proto::CastBallotsRequest {
        poll_id: bench.poll.clone(),
        ballots: (0..1_000).map(voter).collect(),
    };
    client.cast_ballots(vouched(request)).await.unwrap();
    let address = format!("http://{}", bench.running.addresses.staff);
    let mut polls = PollServiceClient::connect(address).await.unwrap();
    let by = |subject: &str| format!("Bearer {}", support::staff_token(subject));
    let (poll_id, reference) = (bench.poll.clone(), "1".to_owned());
    let consent = proto::GiveConsentRequest { poll_id: poll_id.clone(), reference };
    polls.give_consent(with(&by("initiator"), consent)).await.unwrap();
    let reason = proto::CloseReason::RelevanceLost.into();
    let end = proto::EndPollRequest { poll_id, reason, note: String::new() };
    polls.end_poll(with(&by("organiser"), end)).await.unwrap();
}

/// nginx with this file, ended with the bench.
struct Nginx(Child);

impl Nginx {
    fn start(folder: &Path, port: u16, bytes: &[u8]) -> Option<Self> {
        std::fs::write(folder.join("results"), bytes).unwrap();
        let configuration = format!(
            "daemon off; pid nginx.pid; error_log stderr crit; worker_processes 2;\n\
             worker_priority 10;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n\
             open_file_cache max=16; default_type application/json;\n\
             server {{ listen 127.0.0.1:{port}; root {}; }} }}\n",
            folder.display()
        );
        std::fs::write(folder.join("nginx.conf"), configuration).unwrap();
        let started = Command::new("/usr/sbin/nginx")
            .args(["-p", folder.to_str().unwrap(), "-c", "nginx.conf"])
            .stderr(Stdio::inherit())
            .spawn();
        started.ok().map(Self)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it.
        let _asked = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ended = self.0.wait();
    }
}

fn show(what: &str, took: &Histogram<u64>, each: u64) {
    let of = |quantile| took.value_at_quantile(quantile) as f64 / 1_000.0;
    println!(
        "{what:<44} {:>9.0}/s   p50 {:>6.2}  p99 {:>6.2}  p99.9 {:>6.2}  max {:>6.2} ms",
        (took.len() * each) as f64 / SECONDS as f64,
        of(0.5),
        of(0.99),
        of(0.999),
        took.max() as f64 / 1_000.0
    );
}

fn main() {
    let engine: Runtime = support::runtime();
    // The client's own thread, as a client elsewhere would have its own machine.
    let clients = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bench = engine.block_on(Bench::start());
    engine.block_on(publish(&bench));
    let staff = format!("http://{}", bench.running.addresses.staff);
    let open = engine.block_on(open_poll(&staff, "second"));
    let path = format!("/api/v1/polls/{}/results", bench.poll);
    let target = clients.block_on(Target::at(bench.running.addresses.public, &path));

    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let id = bench.poll.parse().unwrap();
    let file = bench.running.engine().public.poll(id).unwrap().in_force().unwrap().bytes();
    let nginx = Nginx::start(folder.path(), port, &file);
    std::thread::sleep(Duration::from_millis(500));
    let peer = nginx.is_some().then(|| {
        clients.block_on(Target::at(SocketAddr::from(([127, 0, 0, 1], port)), "/results"))
    });
    println!("{} bytes a file, {CONNECTIONS} connections, {SECONDS} s each", file.len());

    let mut next_voter = 1_000_000;
    let watch = Stopwatch::start();
    for run in 1..=RUNS {
        println!("run {run}, after {:.0} s", watch.elapsed().as_secs_f64());
        show("reads, as fast as they come", &reads(&clients, &target, None), 1);
        if let Some(peer) = &peer {
            show("the same of nginx", &reads(&clients, peer, None), 1);
        }
        let alone = engine.block_on(cast(&bench, &open, next_voter));
        next_voter += SECONDS * BALLOTS_PER_SECOND;
        show("ballots, nobody reads", &alone, BATCH);
        for (what, rate) in
            [("at 40,000/s", Some(READS_PER_SECOND)), ("as fast as they come", None)]
        {
            let (read, cast) = std::thread::scope(|scope| {
                let reading = scope.spawn(|| reads(&clients, &target, rate));
                let cast = engine.block_on(cast(&bench, &open, next_voter));
                (reading.join().unwrap(), cast)
            });
            next_voter += SECONDS * BALLOTS_PER_SECOND;
            show(&format!("reads {what}, while ballots are cast"), &read, 1);
            show("  those ballots", &cast, BATCH);
        }
        if let Some(peer) = &peer {
            let (read, cast) = std::thread::scope(|scope| {
                let reading = scope.spawn(|| reads(&clients, peer, Some(READS_PER_SECOND)));
                let cast = engine.block_on(cast(&bench, &open, next_voter));
                (reading.join().unwrap(), cast)
            });
            next_voter += SECONDS * BALLOTS_PER_SECOND;
            show("nginx at 40,000/s, while ballots are cast", &read, 1);
            show("  those ballots", &cast, BATCH);
        }
    }
    drop(nginx);
    engine.block_on(bench.running.shutdown());
}
