//! Two polls under random commands, against the pure machine of phases: an answer is yes where the
//! machine allows the move, and the phase is the machine's, whatever was restarted in between.
//!
//! A chosen sequence of cases through `HOLOS_TEST_SEED`.

use holos::ground::limits::CLOSE_GRACE;
use holos::poll::{Move, Order, Phase};
use holos_wire::proto::CloseReason;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngSeed, TestRunner};
use tonic::Status;

use super::super::support::seed;
use super::calls::decision;
use super::results::cast_aged;
use super::{Answered, Post, World, reason_of, refused, timed, told};

const RUNS: u32 = 24;
const STEPS: usize = 40;
const VOTERS: std::ops::Range<u64> = 0..10;
const DECISIONS_MAX: usize = 16;

#[derive(Clone, Debug)]
enum Act {
    /// One of the moves that the machine allows now.
    Legal(usize, Index),
    /// Any move.
    Any(usize, Index),
    Cast(usize),
    Pass {
        minutes: i64,
    },
    Restart,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let pick = || (0..2_usize, any::<Index>());
    let act = prop_oneof![
        12 => pick().prop_map(|(poll, index)| Act::Legal(poll, index)),
        8 => pick().prop_map(|(poll, index)| Act::Any(poll, index)),
        4 => (0..2_usize).prop_map(Act::Cast),
        5 => (1..=20_i64).prop_map(|minutes| Act::Pass { minutes }),
        2 => Just(Act::Restart),
    ];
    prop::collection::vec(act, STEPS)
}

/// A poll as the machine has it, with what its moves depend on besides the phase.
struct Model {
    phase: Phase,
    opens_at: Timestamp,
    closes_at: Timestamp,
    /// The closing time of the order, before any extension.
    stated: Timestamp,
    needs_consent: bool,
    consent: bool,
    voted: bool,
    released: bool,
    decisions: usize,
}

impl Model {
    fn new(needs_consent: bool, now: Timestamp) -> Self {
        let mut model = Self {
            phase: Phase::Draft,
            opens_at: now,
            closes_at: now,
            stated: now,
            needs_consent,
            consent: false,
            voted: false,
            released: false,
            decisions: 0,
        };
        model.order(now);
        model
    }

    fn order(&mut self, now: Timestamp) {
        (self.opens_at, self.stated) = times(now);
        self.closes_at = self.stated;
    }

    fn step(&mut self, mv: Move) {
        self.phase = self.phase.after(mv).expect("the model makes legal moves only");
    }

    /// A move of staff: done, or why not.
    fn make(&mut self, mv: Move, now: Timestamp) -> Result<(), &'static str> {
        match mv {
            Move::EndEarly if self.phase > Phase::Suspended => return Ok(()),
            Move::WithdrawConsent if self.released => return Err("RESULTS_RELEASED"),
            _ if self.phase.after(mv).is_none() => return Err("POLL_WRONG_PHASE"),
            Move::Schedule if self.closes_at <= now => return Err("CLOSING_TIME_PAST"),
            Move::AttachDecision if self.decisions == DECISIONS_MAX => return Err("FIELD_INVALID"),
            _ => self.step(mv),
        }
        match mv {
            Move::Correct | Move::File => self.order(now),
            Move::Return | Move::Withdraw => self.closes_at = self.stated,
            Move::Extend => self.closes_at = extended(self.closes_at),
            Move::EndEarly => self.freeze(),
            Move::GiveConsent => {
                let waited = self.phase == Phase::Withheld && self.voted && !self.consent;
                self.consent = true;
                if waited && self.needs_consent {
                    self.publish();
                }
            }
            Move::WithdrawConsent => self.consent = false,
            Move::AttachDecision => self.decisions += 1,
            Move::Erase => self.step(Move::CompleteErasure),
            _ => {}
        }
        Ok(())
    }

    fn freeze(&mut self) {
        self.step(Move::Freeze);
        if self.voted && (self.consent || !self.needs_consent) {
            self.publish();
        } else {
            self.step(Move::Withhold);
        }
    }

    fn publish(&mut self) {
        self.step(Move::Publish);
        self.released = true;
    }

    /// What the clock brings about.
    fn follow(&mut self, now: Timestamp) {
        if self.phase == Phase::Scheduled && self.opens_at <= now {
            self.step(Move::Open);
        }
        let runs = matches!(self.phase, Phase::Open | Phase::Suspended);
        if runs && self.closes_at + CLOSE_GRACE <= now {
            self.step(Move::Close);
            self.freeze();
        }
    }

    fn cast(&mut self, now: Timestamp) -> Answered {
        match self.phase {
            phase if phase < Phase::Open => refused("POLL_NOT_OPEN"),
            phase if phase >= Phase::Erasing => refused("POLL_CLOSED"),
            _ if self.voted => Answered::AlreadyCounted,
            Phase::Open if now < self.closes_at => {
                self.voted = true;
                Answered::Counted
            }
            Phase::Suspended if now < self.closes_at => refused("POLL_SUSPENDED"),
            _ => refused("POLL_CLOSED"),
        }
    }
}

/// When an order that is written now wants its poll to open and to close.
fn times(now: Timestamp) -> (Timestamp, Timestamp) {
    (now + SignedDuration::from_mins(5), now + SignedDuration::from_mins(25))
}

fn extended(closes_at: Timestamp) -> Timestamp {
    closes_at + SignedDuration::from_mins(10)
}

/// One poll needs its initiator's consent, the other does not.
fn order_of(number: usize, now: Timestamp) -> Order {
    let (opens_at, closes_at) = times(now);
    let mut order = timed(&format!("poll-{number}"), opens_at, closes_at);
    if number == 1 {
        order.profile = "resolution-90".to_owned();
        order.participants.eligibility.minimum_age = Some(14);
    }
    order
}

fn staff_moves() -> Vec<Move> {
    Move::ALL.into_iter().filter(|mv| !mv.by_engine()).collect()
}

struct Test {
    world: World,
    polls: Vec<String>,
    models: [Model; 2],
}

impl Test {
    async fn new() -> Self {
        let mut world = World::new().await;
        let now = world.clock.now();
        let mut polls = Vec::new();
        for number in 0..2 {
            let order = Some((&order_of(number, now)).into());
            let request =
                holos_wire::proto::SubmitOrderRequest { order, draft: true, ..Default::default() };
            polls.push(world.submit(Post::Initiator, request).await.unwrap().id);
        }
        Self { world, polls, models: [Model::new(false, now), Model::new(true, now)] }
    }

    async fn call(&mut self, number: usize, mv: Move) -> Result<(), Status> {
        let (world, poll) = (&mut self.world, &self.polls[number]);
        let now = world.clock.now();
        let held = world.running.engine().poll(poll.parse().unwrap()).unwrap();
        let answer = match mv {
            Move::Correct => world.correct(poll, &order_of(number, now), true).await,
            Move::File => world.correct(poll, &order_of(number, now), false).await,
            Move::Return => world.give_back(poll).await,
            Move::Withdraw => world.withdraw(poll).await,
            Move::Approve => {
                let hash = held.definition.order().hash().to_string();
                world.approve(Post::Organiser, poll, &hash).await
            }
            Move::Schedule => world.staff.open(poll).await,
            Move::Suspend => world.suspend(poll).await,
            Move::Resume => world.resume(poll).await,
            Move::Extend => world.extend(poll, extended(held.closes_at)).await,
            Move::EndEarly => world.end_early(poll, CloseReason::RelevanceLost).await,
            Move::GiveConsent => world.consent(poll).await,
            Move::WithdrawConsent => world.take_consent_back(poll).await,
            Move::AttachDecision => world.decide(poll, decision("12-r")).await,
            Move::Erase => world.erase(poll).await,
            other => unreachable!("{other:?} is the engine's own"),
        };
        answer.map(drop)
    }

    async fn make(&mut self, number: usize, mv: Move) {
        let now = self.world.clock.now();
        let before = self.models[number].phase;
        let expected = self.models[number].make(mv, now);
        let answer = self.call(number, mv).await;
        match (answer, expected) {
            (Ok(()), Ok(())) => {}
            (Err(status), Err(expected)) => {
                assert_eq!(reason_of(&status), expected, "{mv:?} in {before:?}");
                if expected == "POLL_WRONG_PHASE" {
                    let names: Vec<_> =
                        before.moves_of_people().into_iter().map(Move::name).collect();
                    assert_eq!(told(&status, "moves"), names.join(","));
                }
            }
            (answer, expected) => panic!("{mv:?} in {before:?}: {answer:?}, not {expected:?}"),
        }
    }

    async fn act(mut self, act: Act) -> Self {
        match act {
            Act::Legal(number, index) => {
                let phase = self.models[number].phase;
                let legal = staff_moves().into_iter().filter(|mv| phase.after(*mv).is_some());
                let legal: Vec<_> = legal.collect();
                if !legal.is_empty() {
                    self.make(number, *index.get(&legal)).await;
                }
            }
            Act::Any(number, index) => self.make(number, *index.get(&staff_moves())).await,
            Act::Cast(number) => {
                let expected = self.models[number].cast(self.world.clock.now());
                let poll = self.polls[number].clone();
                let answers = cast_aged(&mut self.world, &poll, VOTERS, 14).await;
                assert!(answers.iter().all(|answer| *answer == expected), "{answers:?}");
            }
            Act::Pass { minutes } => self.world.clock.advance(SignedDuration::from_mins(minutes)),
            Act::Restart => self.world = self.world.again().await,
        }
        let now = self.world.clock.now();
        for (poll, model) in self.polls.iter().zip(&mut self.models) {
            model.follow(now);
            self.world.comes_to(poll, model.phase).await;
        }
        self
    }
}

async fn live(acts: Vec<Act>) {
    let mut test = Test::new().await;
    for act in acts {
        test = test.act(act).await;
    }
    for (poll, model) in test.polls.iter().zip(&test.models) {
        let published = test.world.staff.results(poll).await.is_ok();
        assert_eq!(published, model.released, "{:?}", model.phase);
    }
    test.world.end().await;
}

#[test]
fn random_commands_agree_with_the_machine_of_phases() {
    let mut config =
        ProptestConfig { rng_seed: RngSeed::Fixed(seed()), ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = RUNS;
    }
    config.max_shrink_iters = 60;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = TestRunner::new(config).run(&acts(), |acts| {
        runtime.block_on(live(acts));
        Ok(())
    });
    ended.unwrap_or_else(|why| panic!("{why}"));
}
