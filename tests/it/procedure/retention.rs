//! What is kept for a stated term is announced before it goes, and goes for good.

use holos::poll::Phase;
use holos::publish::ResultsState;
use holos_wire::proto::{CloseReason, PollPhase};
use jiff::{SignedDuration, Timestamp};

use super::{Post, START, World, at, reason, told, wire};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// Three calendar years after the close, in Kyiv.
const EXPIRES: &str = "2029-11-02T07:00:00Z";

/// An engine with a poll that was published, and erased a month later.
async fn erased() -> (World, String) {
    let mut world = World::with(START, |config| config.erasure.hold_seconds = 0).await;
    let poll = world.open_poll("kept").await;
    world.count(&poll, 0..30).await;
    world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
    assert_eq!(world.get(&poll).await.expires_at, wire(at(EXPIRES)));
    world.clock.advance(DAY * 31);
    world.running.engine().office.erase_due().await.unwrap();
    assert_eq!(world.phase(&poll), Phase::Erased);
    (world, poll)
}

async fn retain(world: &World) {
    world.running.engine().office.retain_now(world.clock.now()).await.unwrap();
}

/// Has the engine look at its terms, which must leave the poll and its results where they are.
async fn is_kept(world: &mut World, poll: &str) {
    retain(world).await;
    assert_eq!(world.phase(poll), Phase::Erased, "at {}", world.clock.now());
    assert_eq!(world.staff.counts(poll).await, [10, 10, 10]);
}

fn notice() -> Timestamp {
    at(EXPIRES) - DAY * 30
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_kept_for_their_term_then_announced_then_gone() {
    let (mut world, poll) = erased().await;
    world.reach(notice() - SECOND);
    is_kept(&mut world, &poll).await;
    assert!(world.entries("expiry_announced").await.is_empty());
    world.reach(notice());
    is_kept(&mut world, &poll).await;
    assert_eq!(world.entries("expiry_announced").await.len(), 1);
    world = world.again().await;
    is_kept(&mut world, &poll).await;
    assert_eq!(world.entries("expiry_announced").await.len(), 1, "announced once");
    assert_eq!(world.own_result(Post::Initiator, &poll).await.unwrap().total, 30);
    world.reach(at(EXPIRES) - SECOND);
    is_kept(&mut world, &poll).await;

    world.reach(at(EXPIRES));
    retain(&world).await;
    assert_eq!(world.phase(&poll), Phase::Expired);
    assert_eq!(world.entries("poll_expired").await.len(), 1);
    let state = world.running.engine().public.results(poll.parse().unwrap());
    assert!(matches!(state, ResultsState::NotPublished(Phase::Expired)));
    let status = world.staff.results(&poll).await.unwrap_err();
    assert_eq!(told(&status, "phase"), "POLL_PHASE_EXPIRED");
    assert_eq!(reason(world.own_result(Post::Initiator, &poll).await), "POLL_WRONG_PHASE");
    assert!(world.sheet(&poll, "uk").await.is_err());
    let held = world.get(&poll).await;
    assert_eq!((held.phase(), held.moves.len()), (PollPhase::Expired, 0));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_with_expired_results_starts_again() {
    let (mut world, poll) = erased().await;
    let kept = world.open_poll("kept-longer").await;
    world.count(&kept, 0..30).await;
    world.end_early(&kept, CloseReason::RelevanceLost).await.unwrap();
    world.reach(notice());
    retain(&world).await;
    world.reach(at(EXPIRES));
    retain(&world).await;
    assert_eq!(world.phase(&poll), Phase::Expired);
    world = world.again().await;
    assert_eq!(world.phase(&poll), Phase::Expired);
    assert!(world.staff.results(&poll).await.is_err());
    assert_eq!(world.staff.counts(&kept).await, [10, 10, 10], "its term is not over");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn withheld_results_expire_too() {
    let mut world = World::with(START, |config| config.erasure.hold_seconds = 0).await;
    let poll = world.open_poll("few").await;
    world.count(&poll, 0..3).await;
    world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
    world.erase(&poll).await.unwrap();
    world.reach(notice());
    retain(&world).await;
    world.reach(at(EXPIRES));
    retain(&world).await;
    assert_eq!(world.phase(&poll), Phase::Expired);
    world = world.again().await;
    assert_eq!(reason(world.staff.results(&poll).await), "RESULTS_WITHHELD");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_expires_without_its_notice_however_late_it_is() {
    let (mut world, poll) = erased().await;
    // Years in which nobody looked.
    world = world.away_until(at("2035-06-01T00:00:00Z")).await;
    for _ in 0..3 {
        is_kept(&mut world, &poll).await;
    }
    assert_eq!(world.entries("expiry_announced").await.len(), 1);
    world.clock.advance(DAY * 30 - SECOND);
    is_kept(&mut world, &poll).await;
    world.clock.advance(SECOND);
    retain(&world).await;
    assert_eq!(world.phase(&poll), Phase::Expired);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_is_not_erased_keeps_its_results() {
    let mut world = World::with(START, |config| {
        config.erasure.grace_seconds = 5 * 365 * 24 * 3_600;
    })
    .await;
    let poll = world.open_poll("not-erased").await;
    world.count(&poll, 0..30).await;
    world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
    for years in ["2029-11-02T07:00:00Z", "2030-11-02T07:00:00Z"] {
        world.reach(at(years));
        retain(&world).await;
        assert_eq!(world.phase(&poll), Phase::Published, "its tags explain its tally");
    }
    assert_eq!(world.staff.counts(&poll).await, [10, 10, 10]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_wait_for_a_clock_that_has_held() {
    let (world, poll) = erased().await;
    let World { mut home, clock, running, .. } = world;
    running.shutdown().await;
    home.config.procedure.hold_seconds = 600;
    clock.advance(clock.now().duration_until(at(EXPIRES)));
    let world = World::of(home, clock).await;
    world.stays(&poll, Phase::Erased).await;
    world.running.engine().office.retain().await.unwrap();
    assert!(world.entries("expiry_announced").await.is_empty(), "a start trusts nothing");
    world.clock.advance(SignedDuration::from_secs(600));
    world.running.engine().office.retain().await.unwrap();
    assert_eq!(world.entries("expiry_announced").await.len(), 1);
    assert_eq!(world.phase(&poll), Phase::Erased);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_the_audit_log_expire_with_their_notice() {
    let mut world = World::new().await;
    let first = |entries: &[holos_wire::proto::AuditEntry]| entries.first().unwrap().seq;
    let old = world.entries("").await;
    assert_eq!(first(&old), 0);
    let last_old = old.last().unwrap().seq;
    // Entries of another day, which stay when those of the first go.
    world.clock.advance(DAY * 200);
    world.open_poll("later").await;

    world.reach(notice() - SECOND);
    retain(&world).await;
    assert!(world.entries("audit_expiry_announced").await.is_empty());
    world.reach(notice() + SECOND);
    retain(&world).await;
    retain(&world).await;
    let announced = world.entries("audit_expiry_announced").await;
    assert_eq!(announced.len(), 1, "announced once");
    assert!(
        announced[0].line.contains(&format!("\"through\":{last_old}")),
        "{}",
        announced[0].line
    );
    world.reach(at(EXPIRES));
    retain(&world).await;
    assert_eq!(first(&world.entries("").await), 0, "the notice lasts another second");

    world.reach(at(EXPIRES) + SECOND);
    retain(&world).await;
    let left = world.entries("").await;
    assert_eq!(first(&left), last_old + 1);
    assert_eq!(world.entries("audit_expired").await.len(), 1, "and what went is told");
    assert_eq!(world.entries("order_filed").await.len(), 1, "younger ones stay");
    world = world.again().await;
    assert_eq!(first(&world.entries("").await), last_old + 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_log_of_long_ago_is_announced_before_it_goes() {
    let mut world = World::new().await;
    world.open_poll("old").await;
    let before = world.entries("").await.len();
    world = world.away_until(at("2040-01-01T00:00:00Z")).await;
    for _ in 0..3 {
        retain(&world).await;
    }
    assert_eq!(world.entries("").await.first().unwrap().seq, 0);
    assert_eq!(world.entries("audit_expiry_announced").await.len(), 1);
    world.clock.advance(DAY * 30);
    retain(&world).await;
    let left = world.entries("").await;
    assert_eq!(left.first().unwrap().seq as usize, before);
    world = world.again().await;
    assert_eq!(world.entries("").await.first().unwrap().seq as usize, before);
    world.end().await;
}
