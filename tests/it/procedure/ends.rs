//! A poll ends before its time for the reasons of its procedure, and for no other.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use holos::ground::clock::Clock;
use holos::poll::Phase;
use holos_wire::proto::{self, CloseReason, PollPhase};
use jiff::SignedDuration;

use super::{Home, Post, START, World, at, fields, reason, refused, timed, wire};

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_ends_early_for_each_reason_of_its_procedure() {
    let mut world = World::new().await;
    let reasons =
        [CloseReason::RelevanceLost, CloseReason::TechnicalError, CloseReason::InitiatorDecision];
    for early in reasons {
        let poll = world.open_poll(early.as_str_name()).await;
        world.count(&poll, 0..30).await;
        world.clock.advance(SignedDuration::from_mins(7));
        let ended = world.end_early(&poll, early).await.unwrap();
        assert_eq!((ended.phase(), ended.close_reason()), (PollPhase::Published, early));
        assert_eq!(ended.end_note, "by letter 3");
        assert_eq!(ended.closed_at, wire(world.clock.now()));
        assert_eq!(world.cast(&poll, 30).await, refused("POLL_CLOSED"));
        // Again, and for another reason: it has ended.
        let again = world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
        assert_eq!(again, ended);
        assert_eq!(world.staff.counts(&poll).await, [10, 10, 10]);
    }
    assert_eq!(world.entries("poll_closing").await.len(), 3);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_end_needs_a_reason_of_an_early_end() {
    let mut world = World::new().await;
    let poll = world.open_poll("without-reason").await;
    for none in [CloseReason::Unspecified, CloseReason::AsPlanned] {
        assert_eq!(reason(world.end_early(&poll, none).await), "END_REASON_MISSING");
    }
    let request = proto::EndPollRequest { poll_id: poll.clone(), reason: 99, note: String::new() };
    let request = world.staff.by(Post::Organiser, request);
    assert_eq!(reason(world.staff.polls.end_poll(request).await), "END_REASON_MISSING");
    let note = "x".repeat(501);
    let reason = CloseReason::TechnicalError.into();
    let request = proto::EndPollRequest { poll_id: poll.clone(), reason, note };
    let request = world.staff.by(Post::Organiser, request);
    let status = world.staff.polls.end_poll(request).await.unwrap_err();
    assert_eq!(fields(&status), ["note"]);
    assert_eq!(world.phase(&poll), Phase::Open);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_that_the_procedure_does_not_know_is_refused() {
    let any = include_str!("../support/any.toml");
    let early = "early_end = [\"RELEVANCE_LOST\", \"TECHNICAL_ERROR\", \"INITIATOR_DECISION\"]";
    let strict = any.replacen("name = \"any\"", "name = \"strict\"", 1).replacen(
        early,
        "early_end = [\"RELEVANCE_LOST\"]",
        1,
    );
    assert!(strict.contains("\"strict\"") && !strict.contains("TECHNICAL_ERROR"));
    let mut home = Home::new();
    let file = home.path().join("strict.toml");
    std::fs::write(&file, strict).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    home.config.procedure.hold_seconds = 0;
    home.config.procedure.profile_files.push(file);
    let mut world = World::of(home, Clock::manual(at(START))).await;

    let mut order = timed("strict", world.clock.now(), world.after_minutes(60));
    order.profile = "strict".to_owned();
    let poll = world.scheduled(&order).await;
    world.count(&poll, 0..30).await;
    for unknown in [CloseReason::TechnicalError, CloseReason::InitiatorDecision] {
        let status = world.end_early(&poll, unknown).await.unwrap_err();
        assert_eq!(fields(&status), ["reason"]);
        assert_eq!(world.phase(&poll), Phase::Open);
    }
    let ended = world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
    assert_eq!(ended.phase(), PollPhase::Published);
    assert_eq!(ended.profile.unwrap().name, "strict");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_poll_ends_early_too() {
    let mut world = World::new().await;
    let poll = world.open_poll("suspended").await;
    world.count(&poll, 0..30).await;
    world.suspend(&poll).await.unwrap();
    let ended = world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
    assert_eq!((ended.phase(), ended.suspension_reason.as_str()), (PollPhase::Published, ""));
    world.end().await;
}
