//! Live releases: at fixed times, of cuts, B apart.

use holos::ground::faults::{Fault, Point};
use holos::poll::Phase;
use holos_wire::proto::{self, CloseReason, PollPhase, ReleaseKind};
use tonic::Streaming;

use super::super::procedure::results::{by_resolution_90, cast_aged};
use super::*;

async fn watch(world: &mut World, poll: &str) -> Streaming<proto::WatchResultsResponse> {
    let request = proto::WatchResultsRequest { poll_id: poll.to_owned() };
    world.staff.results.watch_results(request).await.unwrap().into_inner()
}

/// The next message of a watcher; fails when there is none for ten seconds.
async fn next(
    watcher: &mut Streaming<proto::WatchResultsResponse>,
) -> Result<Option<proto::Results>, Status> {
    let next = tokio::time::timeout(Duration::from_secs(10), watcher.message()).await;
    let message = next.expect("something should have been told")?;
    Ok(message.map(|message| message.results.unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_come_at_fixed_times_of_cuts_that_lie_b_apart() {
    let mut world = world().await;
    let order = live_order(&world, "live");
    let poll = world.scheduled(&order).await;
    assert_eq!(world.phase(&poll), Phase::Open);
    let mut watcher = watch(&mut world, &poll).await;

    world.folded(&poll, 0..29).await;
    world.reach(world.minute(EVERY));
    world.stays_at_release(&poll, 0).await;
    assert_eq!(reason(world.staff.results(&poll).await), "RESULTS_NOT_PUBLISHED");
    // Enough for a cut, and nothing is shown of it before B more have come.
    world.folded(&poll, 29..40).await;
    world.reach(world.minute(2 * EVERY));
    world.stays_at_release(&poll, 0).await;
    world.folded(&poll, 40..59).await;
    world.reach(world.minute(3 * EVERY));
    world.stays_at_release(&poll, 0).await;
    world.folded(&poll, 59..70).await;
    // Between two times nothing is released, nor by an engine that comes to one too late.
    world.reach(world.minute(3 * EVERY + 5));
    world.stays_at_release(&poll, 0).await;
    world.reach(world.minute(4 * EVERY + 1));
    world.stays_at_release(&poll, 0).await;
    world.reach(world.minute(5 * EVERY));
    let first = world.comes_to_release(&poll, 1).await;
    assert_eq!((first.kind(), first.corrects), (ReleaseKind::Live, 0));
    assert_eq!(counts(&first), [14, 13, 13], "the first forty, to the ballot");
    assert_eq!(first.as_of, wire(world.minute(EVERY)), "the moment of the cut");
    assert_eq!(first.published_at, wire(world.minute(5 * EVERY)));
    let said = statement(&world, &first);
    assert_eq!((said.bounds.ballots_apart, said.bounds.minimum_answers), (APART, LEAST));
    assert_eq!(said.close_reason, None);
    assert_eq!(world.staff.results(&poll).await.unwrap(), first, "it is in force");
    world.stays_at_release(&poll, 1).await;

    // The next cut was taken at the fold that showed the first.
    world.folded(&poll, 70..89).await;
    world.reach(world.minute(6 * EVERY));
    world.stays_at_release(&poll, 1).await;
    world.folded(&poll, 89..100).await;
    world.reach(world.minute(7 * EVERY));
    let second = world.comes_to_release(&poll, 2).await;
    assert_eq!(counts(&second), [24, 23, 23]);
    assert_eq!(statement(&world, &second).previous, Some(first.hash.clone()));

    let ended = world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
    assert_eq!(ended.phase(), PollPhase::Published);
    let last = world.staff.results(&poll).await.unwrap();
    assert_eq!((last.release, last.kind(), last.corrects), (3, ReleaseKind::Final, 0));
    assert_eq!(counts(&last), [34, 33, 33], "exact");
    assert_eq!(statement(&world, &last).previous, Some(second.hash.clone()));
    for (release, results) in [(1, &first), (2, &second), (3, &last)] {
        assert_eq!(world.release(&poll, release).await.results.as_ref(), Some(results));
        assert_eq!(world.place(&poll, release).await.index, u64::from(release));
        assert_eq!(next(&mut watcher).await.unwrap().as_ref(), Some(results));
    }
    assert_eq!(next(&mut watcher).await.unwrap(), None, "it ends after the final one");
    let mut late = watch(&mut world, &poll).await;
    assert_eq!(next(&mut late).await.unwrap(), Some(last));
    assert_eq!(next(&mut late).await.unwrap(), None);

    let request = proto::GetReleaseRequest { poll_id: poll.clone(), release: 4 };
    assert_eq!(reason(world.staff.results.get_release(request).await), "RELEASE_UNKNOWN");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_released_of_a_suspended_poll_or_without_consent() {
    let mut world = world().await;
    let mut order = by_resolution_90(&world, "unwilling");
    order.publication = live_order(&world, "").publication;
    let poll = world.scheduled(&order).await;
    let mut voters = 0..0;
    let mut more = async |world: &mut World, poll: &str| {
        voters = voters.end..voters.end + 40;
        let answers = cast_aged(world, poll, voters.clone(), 14).await;
        assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
        world.fold().await;
    };
    more(&mut world, &poll).await;
    more(&mut world, &poll).await;
    world.reach(world.minute(EVERY));
    world.stays_at_release(&poll, 0).await;
    world.consent(&poll).await.unwrap();
    world.stays_at_release(&poll, 0).await;
    world.suspend(&poll).await.unwrap();
    world.reach(world.minute(2 * EVERY));
    world.stays_at_release(&poll, 0).await;
    world.reach(world.minute(2 * EVERY + 1));
    world.resume(&poll).await.unwrap();
    world.stays_at_release(&poll, 0).await;
    world.reach(world.minute(3 * EVERY));
    let first = world.comes_to_release(&poll, 1).await;
    assert_eq!((first.kind(), first.total), (ReleaseKind::Live, 40));
    assert_eq!(reason(world.take_consent_back(&poll).await), "RESULTS_RELEASED");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_what_waits_and_what_was_shown() {
    let mut world = world().await;
    let order = live_order(&world, "restarted");
    let poll = world.scheduled(&order).await;
    world.folded(&poll, 0..40).await;
    world.reach(world.minute(10));
    world = world.again().await;
    world.folded(&poll, 40..60).await;
    world = world.again().await;
    world.reach(world.minute(EVERY));
    let first = world.comes_to_release(&poll, 1).await;
    assert_eq!((first.total, first.as_of), (40, wire(world.minute(0))));
    // Started again within the same minute, it looks again and has nothing to show.
    world = world.again().await;
    world.stays_at_release(&poll, 1).await;
    assert_eq!(world.staff.results(&poll).await.unwrap(), first);
    world.folded(&poll, 60..79).await;
    world = world.again().await;
    world.reach(world.minute(2 * EVERY));
    world.stays_at_release(&poll, 1).await;
    world.folded(&poll, 79..90).await;
    world.reach(world.minute(3 * EVERY));
    assert_eq!(world.comes_to_release(&poll, 2).await.total, 60);
    world = world.again().await;
    world.reach(world.minute(24 * 60) + holos::ground::limits::CLOSE_GRACE);
    world.comes_to(&poll, Phase::Published).await;
    assert_eq!(world.comes_to_release(&poll, 3).await.total, 90);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_a_live_release_is_made_loses_nothing_and_makes_it_once() {
    for (point, pass) in [
        (Point::SlotWrite, 0),
        (Point::AuditAppend, 0),
        (Point::Fold, 0),
        (Point::AuditAppend, 1),
        (Point::SlotErase, 0),
        (Point::PublicEntries, 0),
        (Point::AuditAppend, 2),
        (Point::PublicCheckpoint, 0),
    ] {
        for fault in [Fault::Lost, Fault::Persisted] {
            println!("{fault:?} at pass {pass} through {point:?}");
            let (mut world, faults) = failing().await;
            let order = live_order(&world, "crashed");
            let poll = world.scheduled(&order).await;
            world.folded(&poll, 0..40).await;
            world.folded(&poll, 40..60).await;
            faults.arm(point, fault, pass);
            world.reach(world.minute(EVERY));
            // The engine's own look, or this one.
            let _failed = world.running.engine().office.tick().await;
            let stopped = tokio::time::timeout(Duration::from_secs(10), world.running.fatal());
            stopped.await.expect("the engine stops");
            assert!(!faults.is_armed());
            world = world.again().await;
            let first = world.comes_to_release(&poll, 1).await;
            assert_eq!((first.total, first.as_of), (40, wire(world.minute(0))));
            assert_eq!(world.place(&poll, 1).await.index, 1);
            world.folded(&poll, 60..80).await;
            world.reach(world.minute(2 * EVERY));
            assert_eq!(world.comes_to_release(&poll, 2).await.total, 60);
            world.end().await;
        }
    }
}
