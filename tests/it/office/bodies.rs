//! What belongs to another body: an initiator has its own body's polls, and sees no others.

use std::collections::BTreeSet;

use holos::poll::Order;
use holos::staff::{Action, Role, Scope, permission};
use holos_wire::proto;
use tonic::{Code, Status};

use super::{Office, assert_refused, metadata, order};
use crate::support::{Post, Staff};

/// Polls of the first body in several phases.
struct Polls {
    draft: String,
    filed: String,
    open: String,
    published: String,
}

fn timed(reference: &str, body: &str) -> Order {
    let mut order = order(reference, 3);
    order.initiator.code = body.to_owned();
    order.opens_at = "2099-03-02T09:00[Europe/Kyiv]".to_owned();
    order.closes_at = "2099-03-07T18:00[Europe/Kyiv]".to_owned();
    order
}

/// Hands in an order.
async fn submit(
    office: &Office,
    by: Post,
    order: &Order,
    draft: bool,
) -> Result<proto::Poll, Status> {
    let request =
        proto::SubmitOrderRequest { order: Some(order.into()), draft, ..Default::default() };
    let response = office.polls().submit_order(office.by(by, request)).await?;
    Ok(response.into_inner().poll.unwrap())
}

/// Puts an order in the place of a draft.
async fn correct(office: &Office, by: Post, poll: &str, order: &Order) -> Result<(), Status> {
    let request = proto::CorrectOrderRequest {
        poll_id: poll.to_owned(),
        order: Some(order.into()),
        draft: true,
        ..Default::default()
    };
    office.polls().correct_order(office.by(by, request)).await.map(drop)
}

async fn withdraw(office: &Office, by: Post, poll: &str) -> Result<(), Status> {
    let request = proto::WithdrawOrderRequest { poll_id: poll.to_owned() };
    office.polls().withdraw_order(office.by(by, request)).await.map(drop)
}

async fn polls_of_the_first_body(office: &mut Office) -> Polls {
    let code = Post::Initiator.body();
    let draft = submit(office, Post::Initiator, &timed("draft", code), true).await.unwrap().id;
    let filed = submit(office, Post::Initiator, &timed("filed", code), false).await.unwrap().id;
    let open = office.staff.open_new(&order("open", 3)).await;
    let published = office.closed("published", 12).await;
    assert_eq!(published.phase(), proto::PollPhase::Published);
    Polls { draft, filed, open, published: published.id }
}

fn decision() -> proto::Decision {
    let title = Some(proto::LocalizedText { uk: "Рішення".into(), en: "Decision".into() });
    let (date, reference) = ("2026-01-15".to_owned(), "15".to_owned());
    proto::Decision { date, title, reference, address: String::new() }
}

/// What becomes of each thing that an initiator may do, asked by `by` about those polls.
async fn own_acts(office: &Office, by: Post, polls: &Polls) -> Vec<(Action, Result<(), Status>)> {
    let mut client = office.polls();
    let reference = || "letter 1".to_owned();
    let code = Post::Initiator.body();
    let another = submit(office, by, &timed("another", code), true).await.map(drop);
    let poll_id = || polls.published.clone();
    let request = proto::GetOrderHistoryRequest { poll_id: polls.open.clone() };
    let history = client.get_order_history(office.by(by, request)).await.map(drop);
    let request = proto::GetPollRequest { poll_id: polls.filed.clone() };
    let read = client.get_poll(office.by(by, request)).await.map(drop);
    let request =
        proto::GiveConsentRequest { poll_id: polls.filed.clone(), reference: reference() };
    let consent = client.give_consent(office.by(by, request)).await.map(drop);
    let request =
        proto::WithdrawConsentRequest { poll_id: polls.open.clone(), reference: reference() };
    let no_consent = client.withdraw_consent(office.by(by, request)).await.map(drop);
    let request = proto::WithdrawConsentRequest { poll_id: poll_id(), reference: reference() };
    let too_late = client.withdraw_consent(office.by(by, request)).await.map(drop);
    let request = proto::AttachDecisionRequest { poll_id: poll_id(), decision: Some(decision()) };
    let attached = client.attach_decision(office.by(by, request)).await.map(drop);
    let request = proto::GetOwnResultRequest { poll_id: poll_id() };
    let result = client.get_own_result(office.by(by, request)).await.map(drop);
    let request = proto::GetAnswerSheetRequest { poll_id: poll_id(), language: "en".to_owned() };
    let sheet = client.get_answer_sheet(office.by(by, request)).await.map(drop);
    vec![
        (Action::FileOrder, another),
        (Action::CorrectOrder, correct(office, by, &polls.draft, &timed("draft", code)).await),
        (Action::WithdrawOrder, withdraw(office, by, &polls.filed).await),
        (Action::ReadOrders, read),
        (Action::ReadOrders, history),
        (Action::GiveConsent, consent),
        (Action::WithdrawConsent, no_consent),
        (Action::WithdrawConsent, too_late),
        (Action::AttachDecision, attached),
        (Action::ReadOwnResult, result),
        (Action::ReadSheet, sheet),
    ]
}

/// The ids that somebody is shown.
async fn listed(office: &Office, by: Post, body_code: &str) -> Vec<String> {
    let request = proto::ListPollsRequest { body_code: body_code.to_owned(), ..Default::default() };
    let polls = office.polls().list_polls(office.by(by, request)).await.unwrap().into_inner().polls;
    polls.into_iter().map(|poll| poll.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_initiator_of_another_body_gets_nowhere_with_what_is_not_its_own() {
    let mut office = Office::new().await;
    let polls = polls_of_the_first_body(&mut office).await;
    let before = office.entries_of(&[]).await;
    let acts = own_acts(&office, Post::Stranger, &polls).await;
    let asked: BTreeSet<_> = acts.iter().map(|(action, _)| *action).collect();
    let own = |action: &Action| permission(Role::Initiator, *action) == Some(Scope::OwnBody);
    assert_eq!(asked, Action::ALL.into_iter().filter(own).collect(), "all that is for own bodies");
    for (action, answer) in acts {
        let status = answer.expect_err(action.name());
        assert_refused(&status, Code::PermissionDenied, "BODY_FOREIGN");
        assert_eq!(metadata(&status)["action"], action.name());
    }
    assert_eq!(office.entries_of(&[]).await, before, "nothing was decided");

    // The list has its own only, whatever it asks for.
    let code = Post::Initiator.body();
    assert_eq!(listed(&office, Post::Stranger, "").await, [""; 0]);
    assert_eq!(listed(&office, Post::Stranger, code).await, [""; 0]);
    let own = timed("own", Post::Stranger.body());
    let own = submit(&office, Post::Stranger, &own, false).await.unwrap().id;
    assert_eq!(listed(&office, Post::Stranger, "").await, [own.as_str()]);
    assert_eq!(listed(&office, Post::Initiator, "").await.len(), 4);
    assert_eq!(listed(&office, Post::Initiator, Post::Stranger.body()).await, [""; 0]);
    assert_eq!(listed(&office, Post::Organiser, "").await.len(), 5);

    // The body itself does all of it.
    for (action, answer) in own_acts(&office, Post::Initiator, &polls).await {
        match answer {
            Err(status) if action == Action::WithdrawConsent => {
                assert_refused(&status, Code::FailedPrecondition, "RESULTS_RELEASED");
            }
            Ok(()) => {}
            Err(status) => panic!("{}: {status:?}", action.name()),
        }
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organiser_runs_every_bodys_polls_and_speaks_for_its_own_only() {
    let mut office = Office::new().await;
    let poll = {
        let mut order = timed("of-the-other", Post::Stranger.body());
        let now = office.clock.now();
        let kyiv = jiff::tz::TimeZone::get("Europe/Kyiv").unwrap();
        let now = now.to_zoned_datetime(kyiv).round(jiff::Unit::Second).unwrap();
        order.opens_at = now.checked_sub(jiff::SignedDuration::from_mins(1)).unwrap().to_string();
        order.closes_at =
            now.checked_add(jiff::SignedDuration::from_hours(24)).unwrap().to_string();
        submit(&office, Post::Stranger, &order, false).await.unwrap()
    };
    // It cannot take the order back, nor correct it without its body's signature.
    let status = withdraw(&office, Post::Organiser, &poll.id).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "BODY_FOREIGN");
    let order = timed("of-the-other", Post::Stranger.body());
    let status = correct(&office, Post::Organiser, &poll.id, &order).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "POLL_WRONG_PHASE");
    let draft = timed("a-draft", Post::Stranger.body());
    let draft_id = submit(&office, Post::Stranger, &draft, true).await.unwrap().id;
    let status = correct(&office, Post::Organiser, &draft_id, &draft).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "ORDER_SIGNATURE_MISSING");
    let status =
        submit(&office, Post::Organiser, &timed("new", Post::Stranger.body()), false).await;
    assert_refused(&status.unwrap_err(), Code::PermissionDenied, "ORDER_SIGNATURE_MISSING");

    let request =
        proto::ApproveOrderRequest { poll_id: poll.id.clone(), order_hash: poll.order_hash };
    office.polls().approve_order(office.by(Post::Organiser, request)).await.unwrap();
    office.staff.open(&poll.id).await.unwrap();
    office.cast(&poll.id, 0..12).await;
    let closed = office.staff.close(&poll.id).await.unwrap();
    assert_eq!(closed.phase(), proto::PollPhase::Published);
    let mut client = office.polls();
    let request = proto::GetTurnoutRequest { poll_id: poll.id.clone() };
    client.get_turnout(office.by(Post::Organiser, request)).await.unwrap();
    let request =
        proto::GetAnswerSheetRequest { poll_id: poll.id.clone(), language: "uk".to_owned() };
    client.get_answer_sheet(office.by(Post::Organiser, request)).await.unwrap();

    let request = proto::GetOwnResultRequest { poll_id: poll.id.clone() };
    let status = client.get_own_result(office.by(Post::Organiser, request)).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "BODY_FOREIGN");
    let reference = "letter 1".to_owned();
    let request = proto::GiveConsentRequest { poll_id: poll.id.clone(), reference };
    let status = client.give_consent(office.by(Post::Organiser, request)).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "BODY_FOREIGN");
    let request = proto::GetOwnResultRequest { poll_id: poll.id };
    client.get_own_result(office.by(Post::Stranger, request)).await.unwrap();
    office.close().await;
}

/// That a poll is there can be learned from its id; where it stands cannot.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_hears_the_same_of_a_foreign_poll_in_every_phase() {
    let mut office = Office::new().await;
    let polls = polls_of_the_first_body(&mut office).await;
    let own = timed("own", Post::Stranger.body());
    for poll in [&polls.draft, &polls.filed, &polls.open, &polls.published] {
        let status = withdraw(&office, Post::Stranger, poll).await.unwrap_err();
        assert_refused(&status, Code::PermissionDenied, "BODY_FOREIGN");
        let status = correct(&office, Post::Stranger, poll, &own).await.unwrap_err();
        assert_refused(&status, Code::PermissionDenied, "BODY_FOREIGN");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_of_another_body_reads_a_published_poll_as_the_public_does() {
    let mut office = Office::new().await;
    let poll = office.closed("public", 12).await;
    assert_eq!(office.staff.counts(&poll.id).await, [12, 0, 0]);
    let request = proto::GetPollRequest { poll_id: poll.id };
    let refused = office.polls().get_poll(office.by(Post::Stranger, request)).await.unwrap_err();
    assert_refused(&refused, Code::PermissionDenied, "BODY_FOREIGN");
    // The message of the organiser's own call: the same poll, to whoever may.
    let request = Staff::request(proto::ListPollsRequest::default());
    assert_eq!(office.polls().list_polls(request).await.unwrap().into_inner().polls.len(), 1);
    office.close().await;
}
