//! An order on its way to the schedule, and back: what was ever filed stays, and nobody approves
//! what nobody has read.

use holos::poll::Order;
use holos_wire::proto::{self, PollPhase};
use tonic::Code;

use super::{Post, World, fields, reason, reason_of, timed, told};

async fn history(world: &mut World, poll: &str) -> Vec<proto::OrderRevision> {
    let request = proto::GetOrderHistoryRequest { poll_id: poll.to_owned() };
    let request = world.staff.by(Post::Auditor, request);
    world.staff.polls.get_order_history(request).await.unwrap().into_inner().revisions
}

fn sample(world: &World, reference: &str) -> Order {
    timed(reference, world.after_minutes(60), world.after_minutes(120))
}

fn titled(order: &Order, title: &str) -> Order {
    let mut order = order.clone();
    order.title.en = title.to_owned();
    order
}

fn filing(order: &Order, draft: bool) -> proto::SubmitOrderRequest {
    proto::SubmitOrderRequest { order: Some(order.into()), draft, ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_from_its_draft_to_the_schedule_and_every_revision_stays() {
    let mut world = World::new().await;
    let order = sample(&world, "whole-way");
    let draft = world.submit(Post::Initiator, filing(&order, true)).await.unwrap();
    assert_eq!((draft.phase(), draft.revision), (PollPhase::Draft, 1));
    assert_eq!((draft.filed_by.as_str(), draft.approved_by.as_str()), ("", ""));
    let id = draft.id.clone();

    let second = titled(&order, "Is 8 March a day off?");
    let filed = world.correct(&id, &second, false).await.unwrap();
    assert_eq!((filed.phase(), filed.revision), (PollPhase::Filed, 2));
    assert!(!filed.filed_by.is_empty());
    let returned = world.give_back(&id).await.unwrap();
    assert_eq!((returned.phase(), returned.revision), (PollPhase::Draft, 2));
    let [returned_for] = &returned.return_reasons[..] else { panic!("one reason") };
    assert_eq!(
        (returned_for.field.as_str(), returned_for.rule.as_str()),
        ("title.uk", "is not clear")
    );
    assert_eq!(returned.filed_by, "");

    let third = titled(&order, "Shall 8 March be a day off?");
    let corrected = world.correct(&id, &third, true).await.unwrap();
    assert_eq!((corrected.phase(), corrected.revision), (PollPhase::Draft, 3));
    let last = titled(&order, "Shall we keep 8 March as a day off?");
    let filed = world.correct(&id, &last, false).await.unwrap();
    assert_eq!((filed.phase(), filed.revision), (PollPhase::Filed, 4));

    for stale in [&draft.order_hash, &corrected.order_hash, &filed.order_hash[..63].to_owned()] {
        let status = world.approve(Post::Organiser, &id, stale).await.unwrap_err();
        assert_eq!(
            (status.code(), reason_of(&status).as_str()),
            (Code::FailedPrecondition, "ORDER_CHANGED")
        );
    }
    world = world.again().await;
    let approved = world.approve(Post::Organiser, &id, &filed.order_hash).await.unwrap();
    assert_eq!(approved.phase(), PollPhase::Approved);
    assert!(!approved.approved_by.is_empty() && approved.approved_by != approved.filed_by);
    let scheduled = world.staff.open(&id).await.unwrap();
    assert_eq!(scheduled.phase(), PollPhase::Scheduled);

    let revisions = history(&mut world, &id).await;
    let expected = [&order, &second, &third, &last];
    assert_eq!(revisions.len(), expected.len());
    for (at, (held, order)) in revisions.iter().zip(expected).enumerate() {
        assert_eq!(held.revision as usize, at + 1);
        assert_eq!(held.order_json.as_bytes(), order.canonical_json());
        assert_eq!(held.order_hash, order.hash().to_string());
        assert_eq!(Order::from_json(&held.order_json).unwrap(), *order);
        assert_eq!(held.by, filed.filed_by);
        assert_eq!((held.jws.as_str(), held.key_id.as_str()), ("", ""));
        assert!(held.state_signature.is_empty());
    }
    assert_eq!(revisions[3].order_hash, scheduled.order_hash);
    for (kind, times) in [
        ("order_drafted", 2),
        ("order_filed", 2),
        ("order_returned", 1),
        ("order_approved", 1),
        ("poll_scheduled", 1),
    ] {
        assert_eq!(world.entries(kind).await.len(), times, "{kind}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reasons_of_a_return_are_shown_until_the_order_is_filed_again() {
    let mut world = World::new().await;
    let order = sample(&world, "returned");
    let id = world.staff.file(&order).await.unwrap().id;
    world.give_back(&id).await.unwrap();
    let draft = world.correct(&id, &titled(&order, "Clear"), true).await.unwrap();
    assert_eq!(draft.return_reasons.len(), 1);
    let filed = world.correct(&id, &titled(&order, "Clearer"), false).await.unwrap();
    assert_eq!(filed.return_reasons, []);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_or_scheduled_order_is_returned_and_needs_a_new_approval() {
    let mut world = World::new().await;
    let order = sample(&world, "returned-late");
    let id = world.staff.create(&order).await.unwrap().id;
    let returned = world.give_back(&id).await.unwrap();
    assert_eq!((returned.phase(), returned.approved_by.as_str()), (PollPhase::Draft, ""));
    let filed = world.correct(&id, &order, false).await.unwrap();
    assert_eq!(reason(world.staff.open(&id).await), "POLL_WRONG_PHASE");
    world.approve(Post::Organiser, &id, &filed.order_hash).await.unwrap();
    world.staff.open(&id).await.unwrap();
    assert_eq!(world.withdraw(&id).await.unwrap().phase(), PollPhase::Draft);
    // Its time comes, and it does not open: nobody has approved it any more.
    world.clock.advance(jiff::SignedDuration::from_mins(90));
    world.stays(&id, holos::poll::Phase::Draft).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_filed_an_order_does_not_approve_it() {
    let mut world = World::new().await;
    let order = sample(&world, "own-initiative");
    let filed = world.submit(Post::Organiser, filing(&order, false)).await.unwrap();
    let (id, hash) = (filed.id, filed.order_hash);
    let status = world.approve(Post::Organiser, &id, &hash).await.unwrap_err();
    assert_eq!(
        (status.code(), reason_of(&status).as_str()),
        (Code::PermissionDenied, "SAME_PERSON")
    );
    let approved = world.approve(Post::SecondOrganiser, &id, &hash).await.unwrap();
    assert_eq!(approved.phase(), PollPhase::Approved);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_keeps_its_reference_and_no_other_takes_it() {
    let mut world = World::new().await;
    let order = sample(&world, "12-n");
    let draft = world.submit(Post::Initiator, filing(&order, true)).await.unwrap();
    let mut moved = order.clone();
    moved.reference = "13-n".to_owned();
    let status = world.correct(&draft.id, &moved, true).await.unwrap_err();
    assert_eq!(reason_of(&status), "ORDER_INVALID");
    assert_eq!(fields(&status), ["order.reference"]);
    for draft_again in [true, false] {
        let status = world.submit(Post::Initiator, filing(&order, draft_again)).await.unwrap_err();
        assert_eq!(
            (status.code(), reason_of(&status).as_str()),
            (Code::AlreadyExists, "ORDER_EXISTS")
        );
        assert_eq!(told(&status, "poll_id"), draft.id);
    }
    assert_eq!(history(&mut world, &draft.id).await.len(), 1, "what was refused left nothing");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_states_reasons() {
    let mut world = World::new().await;
    let order = sample(&world, "returned");
    let id = world.staff.file(&order).await.unwrap().id;
    let rule = |rule: &str| proto::FieldRule { field: String::new(), rule: rule.to_owned() };
    let cases = [
        (vec![], "order.reasons"),
        (vec![rule("wrong"); 33], "order.reasons"),
        (vec![rule("wrong"), rule(" ")], "order.reasons[1]"),
    ];
    for (reasons, field) in cases {
        let request = proto::ReturnOrderRequest { poll_id: id.clone(), reasons };
        let request = world.staff.by(Post::Organiser, request);
        let status = world.staff.polls.return_order(request).await.unwrap_err();
        assert_eq!(fields(&status), [field]);
    }
    assert_eq!(world.phase(&id), holos::poll::Phase::Filed);
    world.end().await;
}
