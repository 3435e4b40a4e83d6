//! A poll that is suspended counts nothing from the answer on, and one that is extended goes on
//! past its old time.

use std::collections::BTreeSet;

use holos::ground::limits::CLOSE_GRACE;
use holos::poll::Phase;
use holos_wire::proto;
use jiff::SignedDuration;

use super::{Answered, Post, World, fields, kyiv, reason, refused, timed, wire};

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_poll_counts_nothing_until_it_is_resumed() {
    let mut world = World::new().await;
    let poll = world.open_poll("suspended").await;
    world.count(&poll, 0..30).await;
    let suspended = world.suspend(&poll).await.unwrap();
    assert_eq!(suspended.phase(), proto::PollPhase::Suspended);
    assert_eq!(suspended.suspension_reason, "the app is down");
    assert_eq!(world.cast(&poll, 30).await, refused("POLL_SUSPENDED"));
    assert_eq!(world.cast(&poll, 0).await, Answered::AlreadyCounted);

    world = world.again().await;
    assert_eq!(world.get(&poll).await, suspended);
    assert_eq!(world.cast(&poll, 30).await, refused("POLL_SUSPENDED"));
    assert_eq!(world.cast(&poll, 0).await, Answered::AlreadyCounted);

    let later = world.after_minutes(48 * 60);
    let extended = world.extend(&poll, later).await.unwrap();
    assert_eq!(extended.phase(), proto::PollPhase::Suspended);
    assert_eq!((extended.closes_at, extended.extensions.len()), (wire(later), 1));
    assert_eq!(world.cast(&poll, 30).await, refused("POLL_SUSPENDED"));

    let resumed = world.resume(&poll).await.unwrap();
    assert_eq!(resumed.phase(), proto::PollPhase::Open);
    assert_eq!(resumed.suspension_reason, "");
    assert_eq!(world.cast(&poll, 30).await, Answered::Counted);
    assert_eq!(world.cast(&poll, 30).await, Answered::AlreadyCounted);
    for kind in ["poll_suspended", "poll_resumed", "poll_extended"] {
        assert_eq!(world.entries(kind).await.len(), 1, "{kind}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_poll_closes_at_its_time_all_the_same() {
    let mut world = World::new().await;
    let poll = world.open_poll("suspended").await;
    world.count(&poll, 0..30).await;
    world.suspend(&poll).await.unwrap();
    let closes = world.after_minutes(24 * 60);
    world.reach(closes);
    assert_eq!(world.cast(&poll, 30).await, refused("POLL_CLOSED"), "nobody need try again");
    world.reach(closes + CLOSE_GRACE);
    world.comes_to(&poll, Phase::Published).await;
    assert_eq!(world.get(&poll).await.suspension_reason, "");
    assert_eq!(world.staff.counts(&poll).await, [10, 10, 10]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_needs_a_reason() {
    let mut world = World::new().await;
    let poll = world.open_poll("suspended").await;
    for reason in [String::new(), " ".to_owned(), "x".repeat(501)] {
        let request = proto::SuspendPollRequest { poll_id: poll.clone(), reason };
        let request = world.staff.by(Post::Organiser, request);
        let status = world.staff.polls.suspend_poll(request).await.unwrap_err();
        assert_eq!(fields(&status), ["reason"]);
    }
    assert_eq!(world.phase(&poll), Phase::Open);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_of_an_operator_suspends_every_open_poll_and_cannot_let_them_go_on() {
    let mut world = World::new().await;
    let open = [world.open_poll("one").await, world.open_poll("two").await];
    let order = timed("later", world.after_minutes(60), world.after_minutes(120));
    let later = world.scheduled(&order).await;
    let request = proto::SuspendAllPollsRequest { reason: "a signer was stolen".to_owned() };
    let request = world.staff.by(Post::Operator, request);
    let answer = world.staff.polls.suspend_all_polls(request).await.unwrap().into_inner();
    let suspended: BTreeSet<_> = answer.poll_ids.into_iter().collect();
    assert_eq!(suspended, open.iter().cloned().collect());
    assert_eq!(world.phase(&later), Phase::Scheduled);
    for poll in &open {
        assert_eq!(world.cast(poll, 0).await, refused("POLL_SUSPENDED"));
        let request = proto::ResumePollRequest { poll_id: poll.clone(), reason: "over".to_owned() };
        let request = world.staff.by(Post::Operator, request);
        assert_eq!(reason(world.staff.polls.resume_poll(request).await), "ROLE_FORBIDS");
    }
    world = world.again().await;
    for poll in &open {
        assert_eq!(world.cast(poll, 0).await, refused("POLL_SUSPENDED"));
        world.resume(poll).await.unwrap();
        assert_eq!(world.cast(poll, 0).await, Answered::Counted);
    }
    assert_eq!(world.entries("poll_suspended").await.len(), 2, "one entry a poll");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extended_poll_stays_open_past_its_old_time() {
    let mut world = World::new().await;
    let poll = world.open_poll("extended").await;
    world.count(&poll, 0..30).await;
    let (now, before) = (world.clock.now(), world.after_minutes(24 * 60));
    let stated = world.get(&poll).await.order.unwrap().closes_at;
    for earlier in [before, before - SignedDuration::from_secs(1)] {
        let status = world.extend(&poll, earlier).await.unwrap_err();
        assert_eq!(fields(&status), ["closes_at"]);
    }
    let status = world.extend(&poll, now + SignedDuration::from_hours(24 * 367)).await.unwrap_err();
    assert_eq!(fields(&status), ["closes_at"], "a year in which tags live");

    let after = before + SignedDuration::from_hours(24);
    let extended = world.extend(&poll, after).await.unwrap();
    let [extension] = &extended.extensions[..] else { panic!("one extension") };
    assert_eq!((extension.at, extension.before), (wire(now), wire(before)));
    assert_eq!((extension.after, extended.closes_at), (wire(after), wire(after)));
    assert_eq!(extension.reason, "the app was down for an hour");
    assert_eq!(extended.order.unwrap().closes_at, stated, "the order stays as it was filed");

    world.reach(before + CLOSE_GRACE);
    world.stays(&poll, Phase::Open).await;
    assert_eq!(world.cast(&poll, 30).await, Answered::Counted);
    world = world.again().await;
    world.stays(&poll, Phase::Open).await;
    world.reach(after);
    assert_eq!(world.cast(&poll, 31).await, refused("POLL_CLOSED"));
    let past = world.clock.now();
    world.reach(after + SignedDuration::from_secs(2));
    let status = world.extend(&poll, past + SignedDuration::from_secs(1)).await;
    assert_eq!(reason(status), "CLOSING_TIME_PAST");
    world.reach(after + CLOSE_GRACE);
    world.comes_to(&poll, Phase::Published).await;
    assert_eq!(world.get(&poll).await.closed_at, wire(after));
    let sheet = world.sheet(&poll, "en").await.unwrap();
    let words = sheet.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the app was down for an hour"), "{sheet}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_poll_is_extended_before_it_opens() {
    let mut world = World::new().await;
    let (opens, closes) = (world.after_minutes(60), world.after_minutes(120));
    let poll = world.scheduled(&timed("extended", opens, closes)).await;
    let after = closes + SignedDuration::from_mins(30);
    world.extend(&poll, after).await.unwrap();
    world.reach(opens);
    world.comes_to(&poll, Phase::Open).await;
    assert_eq!(world.get(&poll).await.closes_at, wire(after));
    world.reach(closes + CLOSE_GRACE);
    world.stays(&poll, Phase::Open).await;
    assert_eq!(world.cast(&poll, 0).await, Answered::Counted);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_is_taken_back_forgets_its_extension() {
    let mut world = World::new().await;
    let (opens, closes) = (world.after_minutes(60), world.after_minutes(120));
    let poll = world.scheduled(&timed("taken-back", opens, closes)).await;
    world.extend(&poll, closes + SignedDuration::from_mins(30)).await.unwrap();
    let draft = world.withdraw(&poll).await.unwrap();
    assert_eq!(draft.phase(), proto::PollPhase::Draft);
    assert_eq!((draft.closes_at, draft.extensions.len()), (wire(closes), 0));
    assert_eq!(draft.order.unwrap().closes_at, kyiv(closes));
    world.end().await;
}
