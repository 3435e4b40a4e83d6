//! App backends follow the polls.

use std::time::Duration;

use holos::poll::Phase;
use holos_wire::proto::poll_feed_service_client::PollFeedServiceClient;
use holos_wire::proto::{self, CloseReason, FeedPoll, PollPhase};
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

use super::{World, reason, refused, timed, wire};

async fn client(world: &World) -> PollFeedServiceClient<Channel> {
    let endpoint = Channel::from_shared(format!("http://{}", world.running.addresses.ingest));
    PollFeedServiceClient::new(endpoint.unwrap().connect().await.unwrap())
}

struct Watcher(Streaming<proto::WatchPollsResponse>);

impl Watcher {
    async fn of(world: &World) -> Self {
        let request = world.app.request(proto::WatchPollsRequest {});
        Self(client(world).await.watch_polls(request).await.unwrap().into_inner())
    }

    /// The next message; fails when there is none for ten seconds.
    async fn next(&mut self) -> proto::WatchPollsResponse {
        let next = tokio::time::timeout(Duration::from_secs(10), self.0.message()).await;
        next.expect("something should have been told").unwrap().expect("the feed has no end")
    }

    /// The polls up to the word that there are no more.
    async fn snapshot(&mut self) -> Vec<FeedPoll> {
        let mut polls = Vec::new();
        loop {
            match self.next().await {
                proto::WatchPollsResponse { poll: Some(poll), caught_up: false } => {
                    polls.push(poll);
                }
                proto::WatchPollsResponse { poll: None, caught_up: true } => return polls,
                other => panic!("neither a poll nor the end of the first look: {other:?}"),
            }
        }
    }

    /// The next change.
    async fn change(&mut self) -> FeedPoll {
        let next = self.next().await;
        assert!(!next.caught_up, "said once");
        next.poll.expect("a change is of a poll")
    }

    /// Waits for a poll in a phase. Steps before it may be told, or left out.
    async fn until(&mut self, poll: &str, phase: PollPhase) -> FeedPoll {
        loop {
            let change = self.change().await;
            if change.id == poll && change.phase() == phase {
                return change;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_what_runs_then_every_change_until_a_poll_leaves() {
    let mut world = World::new().await;
    let draft = timed("draft", world.after_minutes(60), world.after_minutes(120));
    world.staff.create(&draft).await.unwrap();
    let ended = world.open_poll("ended").await;
    world.end_early(&ended, CloseReason::RelevanceLost).await.unwrap();
    let open = world.open_poll("open").await;
    let (opens, closes) = (world.after_minutes(60), world.after_minutes(120));
    let mut order = timed("scheduled", opens, closes);
    order.test = true;
    let scheduled = world.scheduled(&order).await;

    let mut watcher = Watcher::of(&world).await;
    let mut seen = watcher.snapshot().await;
    seen.sort_by_key(|poll| poll.phase);
    let [one, two] = &seen[..] else { panic!("two run") };
    assert_eq!((&one.id, one.phase()), (&open, PollPhase::Open));
    assert_eq!((&two.id, two.phase()), (&scheduled, PollPhase::Scheduled));
    assert_eq!((two.opens_at, two.closes_at), (wire(opens), wire(closes)));
    assert!(two.test && !one.test, "apps do not show a rehearsal");
    let stated = world.get(&scheduled).await.order.unwrap();
    assert_eq!(two.title, stated.title);
    assert_eq!(two.questions, stated.questions);
    assert_eq!(two.participants, stated.participants);
    assert_eq!(two.notice_version, stated.notice_version);
    assert_eq!(two.initiator, stated.initiator);

    world.suspend(&open).await.unwrap();
    let change = watcher.change().await;
    assert_eq!((&change.id, change.phase()), (&open, PollPhase::Suspended));
    world.resume(&open).await.unwrap();
    assert_eq!(watcher.change().await.phase(), PollPhase::Open);
    let later = world.after_minutes(48 * 60);
    world.extend(&open, later).await.unwrap();
    let change = watcher.change().await;
    assert_eq!((change.phase(), change.closes_at), (PollPhase::Open, wire(later)));
    world.reach(opens);
    world.comes_to(&scheduled, Phase::Open).await;
    let change = watcher.change().await;
    assert_eq!((&change.id, change.phase()), (&scheduled, PollPhase::Open));

    // A ballot is nobody's news. The end is told once, as whatever it was when it was seen.
    world.count(&open, 0..30).await;
    world.end_early(&open, CloseReason::RelevanceLost).await.unwrap();
    let change = watcher.change().await;
    assert_eq!(change.id, open);
    let left = [PollPhase::Closing, PollPhase::Closed, PollPhase::Published];
    assert!(left.contains(&change.phase()), "{:?}", change.phase());
    world.suspend(&scheduled).await.unwrap();
    let change = watcher.change().await;
    assert_eq!((&change.id, change.phase()), (&scheduled, PollPhase::Suspended));

    let mut late = Watcher::of(&world).await;
    let seen = late.snapshot().await;
    assert_eq!(seen.iter().map(|poll| &poll.id).collect::<Vec<_>>(), [&scheduled]);
    drop((watcher, late));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_is_scheduled_later_comes_into_the_feed() {
    let mut world = World::new().await;
    let mut watcher = Watcher::of(&world).await;
    assert!(watcher.snapshot().await.is_empty());
    let poll = world.open_poll("new").await;
    watcher.until(&poll, PollPhase::Open).await;
    drop(watcher);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_whose_order_is_taken_back_leaves_the_feed() {
    let mut world = World::new().await;
    let order = timed("taken-back", world.after_minutes(60), world.after_minutes(120));
    let poll = world.scheduled(&order).await;
    let mut watcher = Watcher::of(&world).await;
    assert_eq!(watcher.snapshot().await.len(), 1);
    world.withdraw(&poll).await.unwrap();
    let change = watcher.change().await;
    assert_eq!(change.id, poll);
    assert_ne!(change.phase(), PollPhase::Scheduled, "an app would go on announcing it");
    drop(watcher);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_vouches_for_voters_may_watch() {
    let mut world = World::new().await;
    let poll = world.open_poll("open").await;
    let mut client = client(&world).await;
    let nobody = client.watch_polls(Request::new(proto::WatchPollsRequest {})).await;
    assert_eq!(reason(nobody.map(drop)), "CONNECTION_NOT_VOUCHED");
    let mut request = Request::new(proto::WatchPollsRequest {});
    let wrong = format!("Bearer app.{}", "0".repeat(64));
    request.metadata_mut().insert("authorization", wrong.parse().unwrap());
    let wrong: Result<(), Status> = client.watch_polls(request).await.map(drop);
    assert_eq!(reason(wrong), "CALLER_UNKNOWN");
    world.suspend(&poll).await.unwrap();
    assert_eq!(world.cast(&poll, 0).await, refused("POLL_SUSPENDED"));
    world.end().await;
}
