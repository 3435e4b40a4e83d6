//! The process `holos serve` killed with SIGKILL at random moments under load, or stopped with
//! SIGTERM.
//!
//! The generator outlives every engine and keeps, voter by voter, what it was told. Afterwards no
//! acknowledged ballot may be lost and none may count twice.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use holos::ground::clock::Stopwatch;
use holos::process::server::Addresses;
use holos::store::{Family, Store};
use holos_wire::proto;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::support::{Answered, Backend, Book, Home, Staff, heard, order, seed};

const OPTIONS: usize = 4;
const CLIENTS: u64 = 4;

/// A home whose engine is a process of its own.
struct Host {
    home: Home,
    polls: Vec<String>,
}

impl Host {
    /// A running process with open polls; folds come as often as a configuration allows.
    async fn new(polls: usize) -> (Self, Child, Addresses) {
        let mut home = Home::new();
        home.config.ledger.fold_ballots = 1_000;
        home.config.ledger.fold_delay_seconds = 1;
        std::fs::write(home.path().join("holos.toml"), home.config.to_toml()).unwrap();
        let mut host = Self { home, polls: Vec::new() };
        let (child, addresses) = host.serve().await;
        let mut staff = Staff::of(&addresses).await;
        for n in 0..polls {
            host.polls.push(staff.open_new(&order(&format!("kill-{n}"), OPTIONS)).await);
        }
        (host, child, addresses)
    }

    fn spawn(&self) -> Child {
        let config = self.home.path().join("holos.toml");
        let log = std::fs::File::create(self.home.path().join("serve.log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_holos"));
        command.args(["serve", "--json", "--config"]).arg(config);
        command.stdout(Stdio::piped()).stderr(log).kill_on_drop(true).spawn().unwrap()
    }

    /// Starts the process and waits until it is ready.
    async fn serve(&self) -> (Child, Addresses) {
        let mut child = self.spawn();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{}", self.log()));
        let at = |name: &str| ready[name].as_str().unwrap().parse().unwrap();
        let (ingest, staff) = (at("ingest"), at("staff"));
        (child, Addresses { ingest, staff, public: at("public"), admin: at("admin") })
    }

    /// What the process has logged so far.
    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("serve.log")).unwrap()
    }

    /// The independent auditor, as an operator calls it.
    async fn assert_sound(&self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holos"));
        command.args(["fsck", "--json", "--data"]).arg(self.home.data());
        command.arg("--wrapping-key").arg(self.home.config.wrapping_key_file());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// At the end: every ballot of every client once more, then the totals to the last vote.
    async fn assert_totals(&self, addresses: &Addresses, clients: Vec<Client>) {
        let mut books = vec![Book::default(); self.polls.len()];
        for client in clients {
            books.iter_mut().zip(client.books).for_each(|(book, more)| book.merge(more));
        }
        let mut app = Backend::vouched(addresses, "app").await;
        let mut staff = Staff::of(addresses).await;
        for (poll, book) in self.polls.iter().zip(&mut books) {
            book.replay(&mut app, poll, OPTIONS).await;
            staff.close(poll).await.unwrap();
            assert_eq!(staff.counts(poll).await, book.totals(OPTIONS), "poll {poll}");
        }
    }
}

/// The generator: clients that cast at whatever engine is there.
struct Load {
    engine: watch::Sender<Option<[Backend; 2]>>,
    clients: JoinSet<Client>,
    stop: Arc<AtomicBool>,
    /// Ballots acknowledged so far, all clients together.
    acknowledged: Arc<AtomicU64>,
}

impl Load {
    fn start(polls: &[String], random: &mut StdRng) -> Self {
        let (engine, current) = watch::channel(None);
        let (stop, acknowledged) = (Arc::default(), Arc::default());
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let client = Client {
                number,
                random: StdRng::seed_from_u64(random.random()),
                polls: polls.to_vec(),
                books: vec![Book::default(); polls.len()],
                next_voter: number << 32,
                stop: Arc::clone(&stop),
                acknowledged: Arc::clone(&acknowledged),
            };
            clients.spawn(client.run(current.clone()));
        }
        Self { engine, clients, stop, acknowledged }
    }

    /// Lets the clients at an engine.
    async fn begin(&self, addresses: &Addresses) {
        let app = Backend::vouched(addresses, "app").await;
        let mirror = Backend::vouched(addresses, "mirror").await;
        self.engine.send(Some([app, mirror])).unwrap();
    }

    async fn end(self) -> Vec<Client> {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.engine);
        self.clients.join_all().await
    }
}

/// One client: its own voters, its own ledger for each poll.
struct Client {
    number: u64,
    random: StdRng,
    polls: Vec<String>,
    books: Vec<Book>,
    next_voter: u64,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
}

impl Client {
    /// Casts at each engine until it is gone; ends when no engine will follow.
    async fn run(mut self, mut engine: watch::Receiver<Option<[Backend; 2]>>) -> Self {
        loop {
            let current = engine.borrow_and_update().clone();
            if let Some(mut backends) = current {
                let backend = &mut backends[self.number as usize % 2];
                self.recheck(backend).await;
                while !self.stop.load(Ordering::Relaxed) && self.cast(backend).await {}
            }
            if engine.changed().await.is_err() {
                return self;
            }
        }
    }

    /// After a restart: what was unknown once more, and a sample of what was acknowledged with
    /// another choice. All of it is repeated at the end.
    async fn recheck(&mut self, backend: &mut Backend) {
        for (book, poll) in self.books.iter_mut().zip(&self.polls) {
            let unknown = book.voters(false);
            let again: Vec<_> = unknown.iter().map(|voter| (*voter, 0)).collect();
            for ballots in again.chunks(500) {
                book.cast(backend, poll, ballots).await;
            }
            let acknowledged = book.voters(true);
            let latest = acknowledged.iter().rev().take(300);
            let other = |voter: &u64| (*voter, (book.choice(*voter).unwrap() + 1) % OPTIONS);
            let ballots: Vec<_> = latest.map(other).collect();
            if !ballots.is_empty() {
                book.cast(backend, poll, &ballots).await;
            }
        }
    }

    /// New voters, by one of the three calls. False: the engine is gone.
    async fn cast(&mut self, backend: &mut Backend) -> bool {
        let at = self.random.random_range(0..self.polls.len());
        let way = self.random.random_range(0..3);
        let mut choose = |count: u64| -> Vec<(u64, usize)> {
            let first = self.next_voter;
            self.next_voter += count;
            (first..first + count)
                .map(|voter| (voter, self.random.random_range(0..OPTIONS)))
                .collect()
        };
        let (book, poll) = (&mut self.books[at], &self.polls[at]);
        let answers = match way {
            0 => {
                let (voter, option) = choose(1)[0];
                let answer = heard(backend.cast(poll, book.send(voter, option)).await);
                book.note(voter, &answer);
                vec![answer]
            }
            1 => stream(backend, book, poll, &choose(400)).await,
            _ => book.cast(backend, poll, &choose(150)).await,
        };
        let counted = answers.iter().filter(|answer| **answer == Answered::Counted).count();
        self.acknowledged.fetch_add(counted as u64, Ordering::Relaxed);
        !answers.contains(&Answered::Unknown)
    }
}

/// Casts ballots over one stream in batches of 50; what is not answered stays unknown.
async fn stream(
    backend: &mut Backend,
    book: &mut Book,
    poll: &str,
    ballots: &[(u64, usize)],
) -> Vec<Answered> {
    let batches: Vec<_> = ballots.chunks(50).collect();
    let requests = batches.iter().zip(0..).map(|(batch, sequence)| proto::StreamBallotsRequest {
        sequence,
        poll_id: poll.to_owned(),
        ballots: batch.iter().map(|(voter, option)| book.send(*voter, *option)).collect(),
    });
    let requests: Vec<_> = requests.collect();
    let request = backend.request(tokio_stream::iter(requests));
    let Ok(response) = backend.client.stream_ballots(request).await else {
        return vec![Answered::Unknown];
    };
    let (mut answers, mut heard) = (response.into_inner(), Vec::new());
    for batch in batches {
        let Ok(Some(answer)) = answers.message().await else {
            heard.push(Answered::Unknown);
            break;
        };
        for ((voter, _), result) in batch.iter().zip(&answer.results) {
            let answered = Answered::from(result);
            book.note(*voter, &answered);
            heard.push(answered);
        }
    }
    heard
}

async fn pause(random: &mut StdRng, milliseconds_max: u64) {
    // The random moment of a kill; nothing rests on how long it really is.
    tokio::time::sleep(Duration::from_millis(random.random_range(0..=milliseconds_max))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_nothing_is_lost_and_nothing_counts_twice() {
    let cycles = std::env::var("HOLOS_KILL_CYCLES").map_or(40, |text| text.parse().unwrap());
    let mut random = StdRng::seed_from_u64(seed());
    // One poll in eight cycles is closed while it is being voted in, and killed within the close.
    let (host, mut child, mut addresses) = Host::new(2 + cycles / 8).await;
    let load = Load::start(&host.polls, &mut random);
    for cycle in 0..cycles {
        load.begin(&addresses).await;
        pause(&mut random, 250).await;
        if cycle % 8 == 7 {
            let mut staff = Staff::of(&addresses).await;
            let poll = host.polls[cycle / 8].clone();
            let close = tokio::spawn(async move { staff.close(&poll).await });
            pause(&mut random, 15).await;
            child.kill().await.unwrap();
            // Answered or not: the restart finishes what is on disk, and the end closes the rest.
            let _closed = close.await.unwrap();
        } else {
            child.kill().await.unwrap();
        }
        load.engine.send(None).unwrap();
        if cycle % 10 == 9 {
            host.assert_sound().await;
        }
        for _ in 0..random.random_range(0..2) {
            let mut starting = host.spawn();
            pause(&mut random, 120).await;
            starting.kill().await.unwrap();
        }
        (child, addresses) = host.serve().await;
    }
    let acknowledged = load.acknowledged.load(Ordering::Relaxed);
    let clients = load.end().await;
    println!("{cycles} kills, {acknowledged} ballots acknowledged under load");
    assert!(acknowledged > cycles as u64 * 100, "there was load: {acknowledged}");
    host.assert_totals(&addresses, clients).await;
    child.kill().await.unwrap();
    host.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_in_time_and_leaves_no_journal_behind() {
    let mut random = StdRng::seed_from_u64(seed());
    let (host, mut child, mut addresses) = Host::new(2).await;
    let load = Load::start(&host.polls, &mut random);
    for _ in 0..6 {
        load.begin(&addresses).await;
        pause(&mut random, 300).await;
        let watch = Stopwatch::start();
        let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let status = child.wait().await.unwrap();
        assert!(status.success(), "{status:?}");
        assert!(watch.elapsed() < Duration::from_secs(5), "{:?}", watch.elapsed());
        load.engine.send(None).unwrap();
        host.assert_sound().await;
        let store = Store::open_read_only(&host.home.data().join("db")).unwrap();
        assert_eq!(store.rows(Family::Journal).count(), 0);
        drop(store);
        (child, addresses) = host.serve().await;
    }
    let clients = load.end().await;
    host.assert_totals(&addresses, clients).await;
    child.kill().await.unwrap();
    host.assert_sound().await;
}

/// The tests' binary has fault points, and whoever runs it for people must hear of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_binary_with_fault_points_says_so() {
    let version = Command::new(env!("CARGO_BIN_EXE_holos")).arg("--version").output().await;
    let version = String::from_utf8(version.unwrap().stdout).unwrap();
    let plain = format!("holos {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(version.trim_end(), format!("{plain} with fault points, for tests only"));
    let (host, mut child, _) = Host::new(0).await;
    let log = host.log();
    assert!(
        log.lines().any(|line| line.contains("WARN") && line.contains("fault points")),
        "{log}"
    );
    let ready = log.lines().find(|line| line.contains("ready")).unwrap();
    assert!(ready.contains("with fault points"), "{log}");
    child.kill().await.unwrap();
}
