//! The engine against a toy: random lives, each answer and every total compared with a map in
//! memory.
//!
//! More cases through `PROPTEST_CASES`, a chosen sequence of them through `HOLOS_TEST_SEED`.

use holos::ground::clock::Clock;
use holos::ground::faults::{Fault, Faults, Point};
use holos::process::server::Running;
use holos::store::{Family, Store};
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use super::support::home::kill;
use super::support::{Answered, Backend, Book, Home, Staff, order, seed};

const OPTIONS: usize = 3;
const K: u64 = 10;
const CARRY_SECONDS: u32 = 60;

#[derive(Clone, Debug)]
enum Act {
    /// Ballots of neighbouring voters through one of two issuers.
    Cast {
        poll: usize,
        issuer: usize,
        first: u64,
        count: u64,
        option: usize,
    },
    Fold,
    Wait {
        seconds: i64,
    },
    /// A fault that strikes at a later write, whichever comes.
    Arm {
        point: usize,
        persisted: bool,
        skip: u32,
    },
    Crash,
    Restart,
    Close {
        poll: usize,
    },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let cast = (0..2_usize, 0..2_usize, 0..60_u64, 1..14_u64, 0..OPTIONS);
    let arm = (0..Point::ALL.len(), any::<bool>(), 0..4_u32);
    let act = prop_oneof![
        24 => cast.prop_map(|(poll, issuer, first, count, option)| {
            Act::Cast { poll, issuer, first, count, option }
        }),
        8 => Just(Act::Fold),
        5 => (1..90_i64).prop_map(|seconds| Act::Wait { seconds }),
        3 => arm.prop_map(|(point, persisted, skip)| Act::Arm { point, persisted, skip }),
        2 => Just(Act::Crash),
        2 => Just(Act::Restart),
        1 => (0..2_usize).prop_map(|poll| Act::Close { poll }),
    ];
    prop::collection::vec(act, 1..60)
}

/// A group of the toy that waits for its fold.
#[derive(Clone, Copy, Default)]
struct Group {
    waiting: u64,
    /// When the fold came that left it waiting, in seconds of the clock.
    since: Option<i64>,
}

/// What the toy knows.
#[derive(Default)]
struct Toy {
    books: [Book; 2],
    closed: [bool; 2],
    groups: [[Group; 2]; 2],
    now: i64,
    /// Until a fault strikes, the toy knows which groups are carried too.
    exact: bool,
}

impl Toy {
    fn fold(&mut self, closing: Option<usize>) {
        for poll in 0..2 {
            let total = self.books[poll].voters(true).len() as u64;
            for group in &mut self.groups[poll] {
                let since = *group.since.get_or_insert(self.now);
                let patience_over = self.now - since >= i64::from(CARRY_SECONDS) && total >= K;
                if closing == Some(poll) || group.waiting >= K || patience_over {
                    *group = Group::default();
                } else if group.waiting == 0 {
                    group.since = None;
                }
            }
        }
    }

    fn carried(&self) -> usize {
        self.groups.iter().flatten().filter(|group| group.waiting > 0).count()
    }
}

struct World {
    home: Home,
    clock: Clock,
    faults: Faults,
    polls: [String; 2],
    toy: Toy,
}

struct Engine {
    running: Running,
    staff: Staff,
    backends: [Backend; 2],
}

impl Engine {
    async fn of(running: Running, clock: Clock) -> Self {
        let at = &running.addresses;
        let backends = [Backend::vouched(at, "app").await, Backend::vouched(at, "mirror").await];
        Self { staff: Staff::at(at, clock).await, backends, running }
    }
}

impl World {
    async fn new() -> (Self, Engine) {
        let mut home = Home::new();
        home.config.ledger.k = K;
        home.config.ledger.fold_delay_seconds = 3_600;
        home.config.ledger.carry_seconds_max = CARRY_SECONDS;
        let (clock, faults) =
            (Clock::manual("2023-03-08T08:00:00Z".parse().unwrap()), Faults::none());
        let running = home.try_start(clock.clone(), faults.clone()).await.unwrap();
        let mut engine = Engine::of(running, clock.clone()).await;
        let one = engine.staff.open_new(&order("one", OPTIONS)).await;
        let polls = [one, engine.staff.open_new(&order("two", OPTIONS)).await];
        let toy = Toy { exact: true, ..Toy::default() };
        (Self { home, clock, faults, polls, toy }, engine)
    }

    /// False: a fault has struck, and the engine is as good as dead.
    async fn act(&mut self, engine: &mut Engine, act: &Act) -> bool {
        match *act {
            Act::Cast { poll, issuer, first, count, option } => {
                let ballots: Vec<_> = (first..first + count).map(|voter| (voter, option)).collect();
                let (book, closed) = (&mut self.toy.books[poll], self.toy.closed[poll]);
                let expected: Vec<_> = ballots
                    .iter()
                    .map(|(voter, _)| match (book.choice(*voter), closed) {
                        (Some(_), _) => Answered::AlreadyCounted,
                        (None, true) => Answered::Refused("POLL_CLOSED".to_owned()),
                        (None, false) => Answered::Counted,
                    })
                    .collect();
                let backend = &mut engine.backends[issuer];
                let answers = book.cast(backend, &self.polls[poll], &ballots).await;
                if answers.contains(&Answered::Unknown) {
                    return false;
                }
                assert_eq!(answers, expected);
                let counted = answers.iter().filter(|answer| **answer == Answered::Counted);
                self.toy.groups[poll][issuer].waiting += counted.count() as u64;
                true
            }
            Act::Fold => {
                let folded = engine.running.engine().counting.fold().await.is_ok();
                self.toy.fold(None);
                folded
            }
            Act::Wait { seconds } => {
                self.clock.advance(SignedDuration::from_secs(seconds));
                self.toy.now += seconds;
                true
            }
            Act::Arm { point, persisted, skip } => {
                let fault = if persisted { Fault::Persisted } else { Fault::Lost };
                self.faults.arm(Point::ALL[point], fault, skip);
                true
            }
            Act::Close { poll } if !self.toy.closed[poll] => {
                self.toy.closed[poll] = true;
                let closed = engine.staff.close(&self.polls[poll]).await.is_ok();
                self.toy.fold(Some(poll));
                closed
            }
            Act::Close { .. } | Act::Crash | Act::Restart => true,
        }
    }

    /// Ends the engine, looks at what it left, and starts it again without faults.
    async fn again(&mut self, engine: Engine, orderly: bool, failed: bool) -> Engine {
        if orderly {
            engine.running.shutdown().await;
            self.toy.fold(None);
        } else {
            kill(engine.running).await;
        }
        // A fault that struck in an idle moment is found here.
        self.toy.exact &= !failed;
        self.home.assert_sound();
        if orderly && self.toy.exact {
            let store = Store::open_read_only(&self.home.data().join("db")).unwrap();
            assert_eq!(store.rows(Family::Journal).count(), 0, "all is folded or carried");
            assert_eq!(store.rows(Family::Carried).count(), self.toy.carried());
        }
        self.faults = Faults::none();
        let running = self.home.try_start(self.clock.clone(), self.faults.clone()).await.unwrap();
        let mut engine = Engine::of(running, self.clock.clone()).await;
        for poll in 0..2 {
            if failed && self.toy.closed[poll] {
                // A close that failed before it was written is ordered again.
                engine.staff.close(&self.polls[poll]).await.unwrap();
            }
            let backend = &mut engine.backends[0];
            self.toy.books[poll].replay(backend, &self.polls[poll], OPTIONS).await;
        }
        engine
    }
}

async fn live(acts: Vec<Act>) {
    let (mut world, mut engine) = World::new().await;
    for act in &acts {
        let went = world.act(&mut engine, act).await;
        let struck = !went;
        if struck || matches!(act, Act::Crash | Act::Restart) {
            // An armed fault must not strike in an orderly stop: the toy could not tell.
            let orderly = matches!(act, Act::Restart) && !world.faults.is_armed();
            engine = world.again(engine, orderly && !struck, struck).await;
        }
    }
    engine = world.again(engine, false, true).await;
    for poll in 0..2 {
        let closed = engine.staff.close(&world.polls[poll]).await.unwrap();
        let totals = world.toy.books[poll].totals(OPTIONS);
        if totals.iter().sum::<u64>() >= K {
            assert_eq!(engine.staff.counts(&world.polls[poll]).await, totals, "{closed:?}");
        } else {
            assert_eq!(closed.withheld_reason, "TOO_FEW_ANSWERS");
        }
    }
    engine.running.shutdown().await;
    world.home.assert_sound();
}

#[test]
fn random_lives_agree_with_a_toy() {
    let mut config =
        ProptestConfig { rng_seed: RngSeed::Fixed(seed()), ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 64;
    }
    config.max_shrink_iters = 200;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = TestRunner::new(config).run(&acts(), |acts| {
        runtime.block_on(live(acts));
        Ok(())
    });
    ended.unwrap_or_else(|why| panic!("{why}"));
}
