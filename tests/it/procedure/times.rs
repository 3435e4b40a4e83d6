//! A poll follows its stated times by itself, whatever happens to the process in between, and
//! whatever the clocks in its zone do.

use holos::ground::limits::CLOSE_GRACE;
use holos::poll::Phase;
use holos_wire::proto::{self, CloseReason};
use jiff::SignedDuration;

use super::{Answered, Post, World, at, fields, reason, reason_of, refused, timed, wire};

const MOMENT: SignedDuration = SignedDuration::from_millis(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_opens_and_closes_by_itself_at_its_stated_times() {
    let mut world = World::new().await;
    let (opens, closes) = (world.after_minutes(60), world.after_minutes(120));
    let poll = world.scheduled(&timed("by-itself", opens, closes)).await;

    world.reach(opens - MOMENT);
    world.stays(&poll, Phase::Scheduled).await;
    assert_eq!(world.cast(&poll, 0).await, refused("POLL_NOT_OPEN"));
    world.reach(opens);
    world.comes_to(&poll, Phase::Open).await;
    assert_eq!(world.get(&poll).await.opened_at, wire(opens));
    world.count(&poll, 0..30).await;

    world.reach(closes - MOMENT);
    assert_eq!(world.cast(&poll, 30).await, Answered::Counted);
    world.reach(closes);
    assert_eq!(world.cast(&poll, 31).await, refused("POLL_CLOSED"));
    assert_eq!(world.cast(&poll, 30).await, Answered::AlreadyCounted);
    world.stays(&poll, Phase::Open).await;
    world.reach(closes + CLOSE_GRACE - MOMENT);
    world.stays(&poll, Phase::Open).await;
    world.reach(closes + CLOSE_GRACE);
    world.comes_to(&poll, Phase::Published).await;

    let closed = world.get(&poll).await;
    assert_eq!(closed.close_reason(), CloseReason::AsPlanned);
    assert_eq!(closed.closed_at, wire(closes), "the stated time, not the moment of the act");
    assert_eq!(world.staff.counts(&poll).await, [11, 10, 10]);
    assert_eq!(world.cast(&poll, 31).await, refused("POLL_CLOSED"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_whose_closing_time_has_passed_is_not_scheduled() {
    let mut world = World::new().await;
    let (opens, closes) = (world.after_minutes(10), world.after_minutes(20));
    let poll = world.staff.create(&timed("late", opens, closes)).await.unwrap().id;
    world.reach(closes);
    assert_eq!(reason(world.staff.open(&poll).await), "CLOSING_TIME_PAST");
    assert_eq!(world.phase(&poll), Phase::Approved);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_whose_whole_time_passed_while_nobody_was_there_waits_for_people() {
    let mut world = World::new().await;
    let (opens, closes) = (world.after_minutes(60), world.after_minutes(120));
    let poll = world.scheduled(&timed("missed", opens, closes)).await;
    world = world.away_until(closes + SignedDuration::from_hours(2)).await;
    world.running.engine().office.tick().await.unwrap();
    assert_eq!(world.phase(&poll), Phase::Scheduled);
    assert_eq!(world.cast(&poll, 0).await, refused("POLL_NOT_OPEN"));
    // As the real vote was: it runs a day later.
    let later = closes + SignedDuration::from_hours(24);
    world.extend(&poll, later).await.unwrap();
    world.comes_to(&poll, Phase::Open).await;
    assert_eq!(world.cast(&poll, 0).await, Answered::Counted);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_any_phase_loses_nothing() {
    let mut world = World::new().await;
    let (opens, closes) = (world.after_minutes(60), world.after_minutes(120));
    let filed = world.staff.file(&timed("restarted", opens, closes)).await.unwrap();
    let poll = filed.id.clone();
    world = world.again().await;
    assert_eq!(world.get(&poll).await, filed);
    let approved = world.approve(Post::Organiser, &poll, &filed.order_hash).await.unwrap();
    world = world.again().await;
    assert_eq!(world.get(&poll).await, approved);
    let scheduled = world.staff.open(&poll).await.unwrap();
    world = world.again().await;
    assert_eq!(world.get(&poll).await, scheduled);
    assert_eq!(world.phase(&poll), Phase::Scheduled);

    // Its time comes while nobody is there.
    world = world.away_until(opens + SignedDuration::from_secs(90)).await;
    world.comes_to(&poll, Phase::Open).await;
    world.count(&poll, 0..20).await;
    world = world.again().await;
    assert_eq!(world.phase(&poll), Phase::Open);
    assert_eq!(world.cast(&poll, 7).await, Answered::AlreadyCounted);
    world.count(&poll, 20..30).await;

    world = world.away_until(closes + SignedDuration::from_hours(2)).await;
    world.comes_to(&poll, Phase::Published).await;
    let published = world.get(&poll).await;
    assert_eq!(published.close_reason(), CloseReason::AsPlanned);
    assert_eq!(published.closed_at, wire(closes));
    world = world.again().await;
    assert_eq!(world.get(&poll).await, published);
    assert_eq!(world.staff.counts(&poll).await, [10, 10, 10]);
    world.end().await;
}

/// Runs a poll from 02:30 to 04:30 in Kyiv on this day, and expects these instants.
async fn over_the_change(start: &str, day: &str, opens: &str, closes: &str) {
    let mut world = World::with(start, |_| ()).await;
    let (opens, closes) = (at(opens), at(closes));
    let mut order = timed(day, opens, closes);
    order.opens_at = format!("{day}T02:30[Europe/Kyiv]");
    order.closes_at = format!("{day}T04:30[Europe/Kyiv]");
    let poll = world.scheduled(&order).await;
    let scheduled = world.get(&poll).await;
    assert_eq!((scheduled.opens_at, scheduled.closes_at), (wire(opens), wire(closes)));
    world.reach(opens - MOMENT);
    world.stays(&poll, Phase::Scheduled).await;
    world.reach(opens);
    world.comes_to(&poll, Phase::Open).await;
    world.reach(closes - MOMENT);
    world.stays(&poll, Phase::Open).await;
    world.count(&poll, 0..30).await;
    world.reach(closes);
    assert_eq!(world.cast(&poll, 30).await, refused("POLL_CLOSED"));
    world.reach(closes + CLOSE_GRACE);
    world.comes_to(&poll, Phase::Published).await;
    let sheet = world.sheet(&poll, "en").await.unwrap();
    for line in [("Opened", "02:30:00"), ("Closed", "04:30:00")] {
        let (name, time) = line;
        let found = sheet.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(found.contains(time), "{found}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_over_the_october_change_lasts_an_hour_longer() {
    let (opens, closes) = ("2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z");
    over_the_change("2026-10-24T20:00:00Z", "2026-10-25", opens, closes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_over_the_march_change_lasts_an_hour_less() {
    let (opens, closes) = ("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
    over_the_change("2026-03-28T20:00:00Z", "2026-03-29", opens, closes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_time_that_does_not_exist_or_comes_twice_is_refused() {
    let mut world = World::with("2026-01-15T09:00:00Z", |_| ()).await;
    let noon = "2026-12-01T12:00[Europe/Kyiv]";
    let cases = [
        ("2026-03-29T03:30[Europe/Kyiv]", noon, "order.opens_at"),
        ("2026-03-28T12:00[Europe/Kyiv]", "2026-03-29T03:30[Europe/Kyiv]", "order.closes_at"),
        ("2026-03-29T03:30+02:00[Europe/Kyiv]", noon, "order.opens_at"),
        ("2026-10-25T03:30[Europe/Kyiv]", noon, "order.opens_at"),
        ("2026-10-25T03:30+01:00[Europe/Kyiv]", noon, "order.opens_at"),
        ("2026-07-01T09:00+02:00[Europe/Kyiv]", noon, "order.opens_at"),
    ];
    for (opens_at, closes_at, field) in cases {
        let mut order = super::order("bad-time", 3);
        (order.opens_at, order.closes_at) = (opens_at.to_owned(), closes_at.to_owned());
        let status = world.staff.file(&order).await.unwrap_err();
        assert_eq!(reason_of(&status), "ORDER_INVALID", "{opens_at} {closes_at}");
        assert_eq!(fields(&status), [field], "{opens_at} {closes_at}");
    }
    let either = [("+03:00", "2026-10-25T00:30:00Z"), ("+02:00", "2026-10-25T01:30:00Z")];
    for (offset, instant) in either {
        let mut order = super::order(offset, 3);
        order.opens_at = format!("2026-10-25T03:30{offset}[Europe/Kyiv]");
        order.closes_at = noon.to_owned();
        let filed: proto::Poll = world.staff.file(&order).await.unwrap();
        assert_eq!(filed.opens_at, wire(at(instant)), "{offset}");
    }
    let poll = world.open_poll("extended-into-nothing").await;
    let status = world.extend_to(&poll, "2026-03-29T03:30[Europe/Kyiv]").await.unwrap_err();
    assert_eq!(fields(&status), ["closes_at"]);
    world.end().await;
}
