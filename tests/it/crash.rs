//! A crash at every pass through every durable write of a scripted life.
//!
//! Each pass is struck twice: the write is lost, or it is done and reported as failed. The engine
//! must stop, acknowledge nothing any more, and go on after a restart where its client's ledger
//! says it stands.

use std::time::Duration;

use holos::ground::clock::Clock;
use holos::ground::faults::{Fault, Faults, Point};
use holos::poll::{Phase, PollId};
use holos::process::server::Running;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::support::home::kill;
use super::support::{Answered, Backend, Book, Home, Staff, order, seed};

const OPTIONS: usize = 3;

/// What happens in the life, in this order. A step may be taken again after a restart.
#[derive(Clone, Copy, Debug)]
enum Step {
    Create(usize),
    Open(usize),
    /// Ballots of one issuer in one batch: poll, issuer, first voter, how many.
    Cast(usize, &'static str, u64, u64),
    Fold,
    Close(usize),
}

/// Two polls; groups of k and more, smaller ones that are carried, one person through both issuers.
const LIFE: &[Step] = &[
    Step::Create(0),
    Step::Open(0),
    Step::Cast(0, "app", 0, 25),
    Step::Cast(0, "mirror", 20, 10),
    Step::Create(1),
    Step::Fold,
    Step::Open(1),
    Step::Cast(1, "app", 0, 4),
    Step::Cast(0, "mirror", 100, 30),
    Step::Cast(0, "app", 25, 3),
    Step::Fold,
    Step::Cast(1, "mirror", 2, 20),
    Step::Cast(0, "app", 200, 12),
    Step::Close(0),
    Step::Cast(1, "app", 300, 15),
    Step::Close(1),
];

/// A home, its client's ledgers, and how far the script has come.
struct Life {
    home: Home,
    books: [Book; 2],
    next: usize,
}

/// An engine with its clients.
struct Engine {
    running: Running,
    staff: Staff,
    app: Backend,
    mirror: Backend,
}

impl Engine {
    async fn of(running: Running) -> Self {
        Self {
            staff: Staff::of(&running.addresses).await,
            app: Backend::vouched(&running.addresses, "app").await,
            mirror: Backend::vouched(&running.addresses, "mirror").await,
            running,
        }
    }

    /// The poll of the script, whether or not its creation was answered.
    fn poll(&self, poll: usize) -> Option<(PollId, Phase)> {
        let polls = self.running.engine().polls();
        let reference = format!("life-{poll}");
        let same = |found: &&holos::poll::Poll| found.definition.order().reference == reference;
        polls.iter().find(same).map(|found| (found.id(), found.phase))
    }
}

impl Life {
    fn new() -> Self {
        Self { home: Home::new(), books: [Book::default(), Book::default()], next: 0 }
    }

    /// Starts with these faults and goes on with the script until its end (true) or a failure.
    async fn live(&mut self, faults: &Faults) -> bool {
        let started = self.home.try_start(Clock::system(), faults.clone()).await;
        let Ok(running) = started else { return false };
        let mut engine = Engine::of(running).await;
        self.replay(&mut engine).await;
        while let Some(step) = LIFE.get(self.next) {
            if !self.take(&mut engine, *step).await {
                self.assert_stopped(&mut engine).await;
                kill(engine.running).await;
                return false;
            }
            self.next += 1;
        }
        self.assert_totals(&mut engine).await;
        engine.running.shutdown().await;
        true
    }

    /// False: the step failed.
    async fn take(&mut self, engine: &mut Engine, step: Step) -> bool {
        match step {
            Step::Create(poll) => match engine.poll(poll) {
                None => engine.staff.create(&order(&format!("life-{poll}"), OPTIONS)).await.is_ok(),
                Some((id, Phase::Filed)) => match engine.staff.get(&id.to_string()).await {
                    Ok(filed) => engine.staff.approve(&filed).await.is_ok(),
                    Err(_) => false,
                },
                Some(_) => true,
            },
            Step::Open(poll) => match engine.poll(poll).expect("created") {
                (id, Phase::Approved) => engine.staff.open(&id.to_string()).await.is_ok(),
                // It opens by itself.
                (_, Phase::Scheduled) => engine.running.engine().office.tick().await.is_ok(),
                _ => true,
            },
            Step::Cast(poll, issuer, first, count) => {
                let id = engine.poll(poll).expect("created").0.to_string();
                let backend = if issuer == "app" { &mut engine.app } else { &mut engine.mirror };
                let choice = |voter: u64| (voter, (voter as usize + issuer.len()) % OPTIONS);
                let ballots: Vec<_> = (first..first + count).map(choice).collect();
                let answers = self.books[poll].cast(backend, &id, &ballots).await;
                !answers.contains(&Answered::Unknown)
            }
            Step::Fold => engine.running.engine().counting.fold().await.is_ok(),
            Step::Close(poll) => {
                let id = engine.poll(poll).expect("created").0.to_string();
                engine.staff.close(&id).await.is_ok()
            }
        }
    }

    /// After a failed write the engine says so, and nothing is acknowledged any more.
    async fn assert_stopped(&mut self, engine: &mut Engine) {
        let fatal = tokio::time::timeout(Duration::from_secs(10), engine.running.fatal());
        let step = LIFE[self.next];
        fatal.await.unwrap_or_else(|_| panic!("{step:?} failed and the engine goes on"));
        for poll in 0..2 {
            let Some((id, Phase::Open)) = engine.poll(poll) else { continue };
            let probes = [(900, 0), (0, 0)];
            let answers = self.books[poll].cast(&mut engine.app, &id.to_string(), &probes).await;
            assert_eq!(answers, [Answered::Unknown, Answered::Unknown], "after a failed write");
        }
    }

    async fn replay(&mut self, engine: &mut Engine) {
        for poll in 0..2 {
            let Some((id, _)) = engine.poll(poll).filter(|(_, phase)| phase.has_keys()) else {
                continue;
            };
            self.books[poll].replay(&mut engine.app, &id.to_string(), OPTIONS).await;
        }
    }

    async fn assert_totals(&mut self, engine: &mut Engine) {
        self.replay(engine).await;
        for poll in 0..2 {
            let (id, phase) = engine.poll(poll).expect("created");
            assert_eq!(phase, Phase::Published);
            let counts = engine.staff.counts(&id.to_string()).await;
            assert_eq!(counts, self.books[poll].totals(OPTIONS), "poll {poll}");
        }
    }
}

/// Strikes every pass through a point, both ways.
async fn strike(point: Point, passes_min: u32) {
    for fault in [Fault::Lost, Fault::Persisted] {
        let mut passes = 0;
        loop {
            let mut life = Life::new();
            let faults = Faults::none();
            faults.arm(point, fault, passes);
            println!("{fault:?} at pass {passes} through {point:?}");
            let ended = life.live(&faults).await;
            if faults.is_armed() {
                assert!(ended, "a life without a fault goes to its end");
                break;
            }
            if !ended {
                assert!(life.live(&Faults::none()).await, "the life goes on after the restart");
            }
            life.home.assert_sound();
            passes += 1;
        }
        assert!(passes >= passes_min, "{passes} passes through {point:?}");
    }
}

macro_rules! strikes {
    ($($name:ident: $point:ident, $passes:literal;)+) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                strike(Point::$point, $passes).await;
            }
        )+

        #[test]
        fn every_point_is_struck() {
            let struck = [$(Point::$point),+];
            // This life revokes and erases nothing, no entry expires in it, and its staff is
            // registered before; custody.rs, erasure.rs, the office's and the audit log's own tests
            // strike these.
            let elsewhere = [
                Point::AuditExpire,
                Point::Register,
                Point::Revocation,
                Point::Excision,
                Point::ErasedRows,
                Point::RekeyCreate,
                Point::RekeySwitch,
                Point::RekeyDestroy,
                Point::RekeyRemove,
            ];
            let known = |point| struck.contains(point) || elsewhere.contains(point);
            assert!(Point::ALL.iter().all(known));
        }
    };
}

strikes! {
    a_crash_at_the_writing_of_keys_loses_nothing: PollKeys, 3;
    a_crash_at_the_writing_of_a_poll_loses_nothing: PollWrite, 5;
    a_crash_at_a_commit_loses_nothing: Commit, 7;
    a_crash_at_the_writing_of_an_epoch_key_loses_nothing: SlotWrite, 7;
    a_crash_at_a_fold_loses_nothing: Fold, 4;
    a_crash_at_an_audit_entry_loses_nothing: AuditAppend, 14;
    a_crash_at_the_head_of_the_audit_log_loses_nothing: AuditHead, 14;
    a_crash_at_the_erasure_of_an_epoch_key_loses_nothing: SlotErase, 4;
    a_crash_at_the_beginning_of_a_close_loses_nothing: Closing, 2;
    a_crash_at_an_entry_of_the_public_log_loses_nothing: PublicEntries, 4;
    a_crash_at_a_checkpoint_of_the_public_log_loses_nothing: PublicCheckpoint, 4;
}

/// Crash after crash, most of them within the recovery from the one before.
#[tokio::test(flavor = "multi_thread")]
async fn recovery_itself_may_crash_again_and_again() {
    let mut random = StdRng::seed_from_u64(seed());
    for _ in 0..6 {
        let mut life = Life::new();
        for crash in 0..12 {
            let faults = Faults::none();
            let point = Point::ALL[random.random_range(0..Point::ALL.len())];
            let fault = if random.random() { Fault::Lost } else { Fault::Persisted };
            let skip = random.random_range(0..4);
            println!("crash {crash}: {fault:?} at pass {skip} through {point:?}");
            faults.arm(point, fault, skip);
            if life.live(&faults).await {
                break;
            }
        }
        assert!(life.live(&Faults::none()).await);
        life.home.assert_sound();
    }
}
