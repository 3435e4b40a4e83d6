//! Corrections: B apart, or two people decide.

use holos::poll::{EarlyEnd, Phase};
use holos::publish::CorrectionReason;
use holos_wire::proto::{self, CloseReason, PollPhase, ReleaseKind};

use super::super::support::home::wallet;
use super::*;

/// Two people show what is held back.
async fn agree(world: &mut World, poll: &str) -> proto::Poll {
    let proposal = world.propose_release(Post::Organiser, poll).await.unwrap();
    assert_eq!(proposal.act, "release_held_back");
    let status = world.confirm(Post::Organiser, proposal.number).await.unwrap_err();
    assert_eq!(reason::<()>(Err(status)), "SAME_PERSON");
    assert!(world.get(poll).await.held_back, "one alone shows nothing");
    world.confirm(Post::Officer, proposal.number).await.unwrap().poll.unwrap()
}

async fn withheld_by(world: &mut World, poll: &str) -> String {
    let status = world.staff.results(poll).await.unwrap_err();
    let why = told(&status, "withheld_reason");
    assert_eq!(reason::<()>(Err(status)), "RESULTS_WITHHELD");
    why
}

#[tokio::test(flavor = "multi_thread")]
async fn an_excision_drops_what_waits_and_the_next_live_release_is_a_correction() {
    let mut world = world().await;
    let order = live_order(&world, "excised-live");
    let poll = world.scheduled(&order).await;
    world.count(&poll, 0..40).await;
    world.folded_by_mirror(&poll, 100..120).await;
    world.folded(&poll, 40..60).await;
    world.reach(world.minute(EVERY));
    let first = world.comes_to_release(&poll, 1).await;
    assert_eq!(first.total, 60);

    // Eighty wait; now twenty of them go, and nothing of the eighty is ever shown.
    world.reach(world.minute(EVERY + 10));
    world.excise(&poll, "mirror", "vouched").await;
    world.reach(world.minute(2 * EVERY));
    world.stays_at_release(&poll, 1).await;
    assert_eq!(world.staff.results(&poll).await.unwrap(), first, "it stands until then");
    world = world.again().await;
    world.folded(&poll, 60..80).await;
    world.reach(world.minute(3 * EVERY));
    let second = world.comes_to_release(&poll, 2).await;
    assert_eq!((second.kind(), second.corrects), (ReleaseKind::Live, 1));
    assert_eq!((counts(&second), second.as_of), (vec![20, 20, 20], wire(world.minute(40))));
    let correction = statement(&world, &second).correction.unwrap();
    assert_eq!(
        (correction.hash, correction.reason),
        (first.hash, CorrectionReason::IssuerKeyExcised)
    );
    world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
    let last = world.comes_to_release(&poll, 3).await;
    assert_eq!((last.kind(), last.corrects, last.total), (ReleaseKind::Final, 0, 80));
    world.end().await;
}

/// A closed and published poll of forty through `app` and so many through `mirror`.
async fn published(world: &mut World, reference: &str, by_mirror: u64) -> String {
    let order = careful(world, reference);
    let poll = world.scheduled(&order).await;
    world.count(&poll, 0..40).await;
    world.folded_by_mirror(&poll, 100..100 + by_mirror).await;
    world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
    assert_eq!(world.staff.results(&poll).await.unwrap().total, 40 + by_mirror);
    poll
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_lies_b_apart_is_published_at_once() {
    let mut world = world().await;
    let poll = published(&mut world, "b-apart", APART).await;
    let excised = world.excise(&poll, "mirror", "vouched").await;
    assert_eq!((excised.phase(), excised.held_back), (PollPhase::Published, false));
    let second = world.comes_to_release(&poll, 2).await;
    assert_eq!((second.kind(), second.corrects), (ReleaseKind::Final, 1));
    assert_eq!(counts(&second), [14, 13, 13]);
    let reason = world.propose_release(Post::Organiser, &poll).await.unwrap_err();
    assert_eq!(super::reason::<()>(Err(reason)), "NOTHING_HELD_BACK");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closer_correction_waits_until_two_people_decide() {
    let mut world = world().await;
    let poll = published(&mut world, "close", APART - 1).await;
    let first = world.staff.results(&poll).await.unwrap();
    let excised = world.excise(&poll, "mirror", "vouched").await;
    assert_eq!((excised.phase(), excised.held_back), (PollPhase::Published, true));
    assert_eq!(world.entries("correction_held_back").await.len(), 1);
    for again in [false, true] {
        if again {
            world = world.again().await;
        }
        assert_eq!(world.staff.results(&poll).await.unwrap(), first, "what was shown stands");
        assert_eq!(world.releases(&poll).await.len(), 1);
        let own = world.own_result(Post::Initiator, &poll).await.unwrap();
        assert_eq!(own.total, first.total, "its owner sees what everybody sees");
        assert!(world.get(&poll).await.held_back);
    }
    for post in [Post::Initiator, Post::Operator, Post::Auditor] {
        assert_eq!(reason(world.propose_release(post, &poll).await), "ROLE_FORBIDS", "{post:?}");
    }
    let shown = agree(&mut world, &poll).await;
    assert_eq!((shown.phase(), shown.held_back), (PollPhase::Published, false));
    let second = world.comes_to_release(&poll, 2).await;
    assert_eq!((second.total, second.corrects), (40, 1));
    assert_eq!(world.entries("close_release_agreed").await.len(), 1);
    assert_eq!(reason(world.propose_release(Post::Officer, &poll).await), "NOTHING_HELD_BACK");
    let own = world.own_result(Post::Initiator, &poll).await.unwrap();
    assert_eq!(own.total, 40);
    world = world.again().await;
    assert_eq!(world.staff.results(&poll).await.unwrap(), second);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_too_few_is_taken_back_with_a_signature() {
    let mut world = world().await;
    let order = careful(&world, "few-left");
    let poll = world.scheduled(&order).await;
    world.count(&poll, 0..LEAST - 1).await;
    world.folded_by_mirror(&poll, 100..120).await;
    world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
    let first = world.staff.results(&poll).await.unwrap();
    let excised = world.excise(&poll, "mirror", "vouched").await;
    assert_eq!(excised.phase(), PollPhase::Withheld);
    for again in [false, true] {
        if again {
            world = world.again().await;
        }
        assert_eq!(withheld_by(&mut world, &poll).await, "TOO_FEW_ANSWERS");
        assert_eq!(reason(world.own_result(Post::Initiator, &poll).await), "RESULTS_WITHHELD");
        let kinds: Vec<_> = world.releases(&poll).await.iter().map(proto::Release::kind).collect();
        assert_eq!(kinds, [ReleaseKind::Final, ReleaseKind::Withdrawal]);
        let taken_back = world.release(&poll, 2).await.results.unwrap();
        assert_eq!((taken_back.total, taken_back.questions.len()), (0, 0));
        let said = statement(&world, &taken_back);
        assert_eq!(said.correction.unwrap().hash, first.hash);
        assert_eq!(said.withheld_reason.unwrap().reason(), "TOO_FEW_ANSWERS");
        assert_eq!(world.place(&poll, 2).await.index, 2);
        let released = world.release(&poll, 1).await.results;
        assert_eq!(released, Some(first.clone()), "what was published is never changed");
    }
    assert_eq!(reason(world.propose_release(Post::Officer, &poll).await), "NOTHING_HELD_BACK");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_end_is_withheld_where_the_order_says_so() {
    let mut world = world().await;
    let mut order = careful(&world, "ended-early");
    order.publication.early_end = EarlyEnd::Withhold;
    let poll = world.scheduled(&order).await;
    world.folded(&poll, 0..40).await;
    let ended = world.end_early(&poll, CloseReason::InitiatorDecision).await.unwrap();
    assert_eq!(ended.phase(), PollPhase::Withheld);
    assert_eq!(withheld_by(&mut world, &poll).await, "ENDED_EARLY");
    assert_eq!(world.own_result(Post::Initiator, &poll).await.unwrap().total, 40);
    assert!(world.releases(&poll).await.is_empty());
    // As planned it is published.
    let mut order = careful(&world, "ended-as-planned");
    order.publication.early_end = EarlyEnd::Withhold;
    let poll = world.scheduled(&order).await;
    world.folded(&poll, 0..40).await;
    world.reach(world.after_minutes(24 * 60) + holos::ground::limits::CLOSE_GRACE);
    world.comes_to(&poll, Phase::Published).await;
    assert_eq!(world.staff.results(&poll).await.unwrap().total, 40);
    world.end().await;
}

/// A stolen key brings the poll back to what was shown, and a few more answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_lies_close_to_a_live_release_waits_until_two_people_decide() {
    let mut world = world().await;
    let order = live_order(&world, "close-close");
    let poll = world.scheduled(&order).await;
    world.folded(&poll, 0..60).await;
    world.folded_by_tokens(&wallet(), &poll, 200..220).await;
    world.reach(world.minute(EVERY));
    let first = world.comes_to_release(&poll, 1).await;
    assert_eq!(first.total, 60);
    world.excise(&poll, "wallet", "k1").await;
    world.folded(&poll, 60..72).await;
    world.reach(world.minute(2 * EVERY));
    world.stays_at_release(&poll, 1).await;
    let ended = world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
    assert_eq!((ended.phase(), ended.held_back), (PollPhase::Withheld, true));
    assert_eq!(ended.withheld_reason, "TOO_CLOSE");
    let status = world.own_result(Post::Initiator, &poll).await.unwrap_err();
    assert_eq!(told(&status, "withheld_reason"), "TOO_CLOSE");
    assert_eq!(world.staff.results(&poll).await.unwrap(), first, "what was shown stays");
    world = world.again().await;
    assert_eq!(world.get(&poll).await.withheld_reason, "TOO_CLOSE");

    let shown = agree(&mut world, &poll).await;
    assert_eq!((shown.phase(), shown.held_back), (PollPhase::Published, false));
    let last = world.comes_to_release(&poll, 2).await;
    assert_eq!((last.kind(), last.total, last.corrects), (ReleaseKind::Final, 72, 0));
    assert_eq!(world.own_result(Post::Initiator, &poll).await.unwrap().total, 72);
    world.end().await;
}

/// What the initiator alone may see is shown, as far as differences go.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_initiator_saw_counts_as_shown() {
    let mut world = world().await;
    let mut order = careful(&world, "looked-at");
    order.test = true;
    let poll = world.scheduled(&order).await;
    world.count(&poll, 0..40).await;
    world.folded_by_mirror(&poll, 100..100 + APART - 1).await;
    world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
    assert_eq!(world.own_result(Post::Initiator, &poll).await.unwrap().total, 40 + APART - 1);
    world.excise(&poll, "mirror", "vouched").await;
    let status = world.own_result(Post::Initiator, &poll).await.unwrap_err();
    assert_eq!(told(&status, "withheld_reason"), "TOO_CLOSE");
    world = world.again().await;
    assert!(world.own_result(Post::Initiator, &poll).await.is_err());
    assert_eq!(withheld_by(&mut world, &poll).await, "TEST_POLL");
    world.end().await;
}
