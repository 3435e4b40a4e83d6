//! A clock that jumps stops casting at once and decides nothing for good before it has held.

use holos::poll::Phase;
use holos_wire::proto::CloseReason;
use jiff::SignedDuration;

use super::{Answered, START, World, refused, timed, wire};

const HOLD: i64 = 600;
/// Some ten years.
const YEARS: SignedDuration = SignedDuration::from_hours(24 * 3_652);

/// An engine whose clock must hold ten minutes, and has, and a poll of thirty ballots that is open
/// for a day.
async fn trusting() -> (World, String) {
    let mut world = World::with(START, |config| {
        config.procedure.hold_seconds = HOLD.unsigned_abs();
    })
    .await;
    let poll = world.open_poll("jumping").await;
    world.count(&poll, 0..30).await;
    world.tick().await;
    world.clock.advance(SignedDuration::from_secs(HOLD + 100));
    world.tick().await;
    assert!(world.entries("clock_jumped").await.is_empty());
    (world, poll)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_and_comes_back_closes_nothing() {
    let (mut world, poll) = trusting().await;
    world.clock.jump(YEARS);
    assert_eq!(world.cast(&poll, 30).await, refused("POLL_CLOSED"), "at once");
    assert_eq!(world.cast(&poll, 0).await, Answered::AlreadyCounted);
    world.stays(&poll, Phase::Open).await;
    world.tells("clock_jumped", 1).await;
    let told = world.entries("clock_jumped").await.pop().unwrap();
    assert_eq!((told.account.as_str(), told.role.as_str()), ("engine", "engine"));
    assert!(told.line.contains(&format!("\"seconds\":{}", YEARS.as_secs())), "{}", told.line);

    world.clock.advance(SignedDuration::from_secs(HOLD - 1));
    world.stays(&poll, Phase::Open).await;
    world.clock.jump(-YEARS);
    assert_eq!(world.cast(&poll, 30).await, Answered::Counted, "as if nothing had been");
    world.stays(&poll, Phase::Open).await;
    world.tells("clock_jumped", 2).await;
    world.clock.advance(SignedDuration::from_secs(HOLD));
    world.stays(&poll, Phase::Open).await;

    world.clock.advance(SignedDuration::from_hours(24));
    world.comes_to(&poll, Phase::Published).await;
    assert_eq!(world.staff.counts(&poll).await, [11, 10, 10]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jumped_clock_that_holds_is_believed_by_the_monotonic_hand() {
    let (mut world, poll) = trusting().await;
    let closes_at = world.get(&poll).await.closes_at;
    world.clock.jump(YEARS);
    world.stays(&poll, Phase::Open).await;
    world.tells("clock_jumped", 1).await;
    // The wall hand alone proves nothing.
    world.clock.jump(SignedDuration::from_secs(HOLD + 1));
    world.stays(&poll, Phase::Open).await;
    world.clock.advance(SignedDuration::from_secs(HOLD - 1));
    world.stays(&poll, Phase::Open).await;
    world.clock.advance(SignedDuration::from_secs(1));
    world.comes_to(&poll, Phase::Published).await;
    let closed = world.get(&poll).await;
    assert_eq!(closed.close_reason(), CloseReason::AsPlanned);
    assert_eq!(closed.closed_at, closes_at, "the stated time");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_before_the_opening_counts_nothing() {
    let (mut world, poll) = trusting().await;
    world.clock.jump(-YEARS);
    assert_eq!(world.cast(&poll, 30).await, refused("POLL_NOT_OPEN"));
    world.stays(&poll, Phase::Open).await;
    world.clock.jump(YEARS);
    assert_eq!(world.cast(&poll, 30).await, Answered::Counted);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_start_the_clock_must_hold_anew() {
    let (mut world, poll) = trusting().await;
    let closes = world.after_minutes(24 * 60);
    world = world.away_until(closes).await;
    assert_eq!(world.cast(&poll, 30).await, refused("POLL_CLOSED"));
    world.stays(&poll, Phase::Open).await;
    world.clock.advance(SignedDuration::from_secs(HOLD - 1));
    world.stays(&poll, Phase::Open).await;
    world.clock.advance(SignedDuration::from_secs(1));
    world.comes_to(&poll, Phase::Published).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_by_staff_needs_no_clock_that_holds() {
    let (mut world, poll) = trusting().await;
    world.clock.jump(SignedDuration::from_hours(1));
    let ended = world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
    assert_eq!(ended.closed_at, wire(world.clock.now()));
    assert_eq!(world.phase(&poll), Phase::Published);
    let order = timed("next", world.clock.now(), world.after_minutes(60));
    world.scheduled(&order).await;
    world.end().await;
}
