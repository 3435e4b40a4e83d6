//! Requests and their legal clocks: 30 calendar days for a data subject, 5 working days for public
//! information, which may become 20.

use holos::ground::clock::Clock;
use holos_wire::proto::{self, InformationRequest, RequestKind, RequestOutcome, RequestState};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use tonic::{Code, Status};

use super::{Office, assert_refused, event, fields, kinds};
use crate::support::{Home, Post};

/// A Monday in Kyiv, with the Thursday after it a holiday.
async fn on_monday() -> (Office, Clock) {
    let clock = Clock::manual("2026-11-23T10:00:00Z".parse::<Timestamp>().unwrap());
    let mut home = Home::new();
    home.config.procedure.holidays = vec![date(2026, 11, 26)];
    (Office::at(home, clock.clone()).await, clock)
}

fn days(clock: &Clock, days: i64) {
    clock.advance(SignedDuration::from_hours(24 * days));
}

fn asked(kind: RequestKind, reference: &str) -> proto::FileRequestRequest {
    proto::FileRequestRequest {
        kind: kind.into(),
        reference: reference.to_owned(),
        received_on: String::new(),
        poll_id: String::new(),
        subject_matter: "the totals\nof a poll".to_owned(),
    }
}

async fn file(
    office: &Office,
    request: proto::FileRequestRequest,
) -> Result<InformationRequest, Status> {
    let response = office.requests().file_request(office.by(Post::Officer, request)).await?;
    Ok(response.into_inner().request.unwrap())
}

async fn extend(office: &Office, number: u64, reason: &str) -> Result<InformationRequest, Status> {
    let request = proto::ExtendRequestRequest { number, reason: reason.to_owned() };
    let response = office.requests().extend_request(office.by(Post::Officer, request)).await?;
    Ok(response.into_inner().request.unwrap())
}

async fn answer(
    office: &Office,
    number: u64,
    outcome: RequestOutcome,
    answer_reference: &str,
) -> Result<InformationRequest, Status> {
    let request = proto::AnswerRequestRequest {
        number,
        outcome: outcome.into(),
        answer_reference: answer_reference.to_owned(),
    };
    let response = office.requests().answer_request(office.by(Post::Officer, request)).await?;
    Ok(response.into_inner().request.unwrap())
}

async fn listed(office: &Office, include_answered: bool) -> Vec<(u64, RequestState)> {
    let request = office.by(Post::Auditor, proto::ListRequestsRequest { include_answered });
    let listed = office.requests().list_requests(request).await.unwrap().into_inner().requests;
    listed.iter().map(|held| (held.number, held.state())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_has_its_own_term_and_a_holiday_is_no_working_day() {
    let (office, _) = on_monday().await;
    let data = file(&office, asked(RequestKind::DataSubject, "12/26")).await.unwrap();
    assert_eq!((data.number, data.kind()), (1, RequestKind::DataSubject));
    assert_eq!((data.received_on.as_str(), data.due_on.as_str()), ("2026-11-23", "2026-12-23"));
    assert_eq!(data.state(), RequestState::Open);
    assert_eq!(data.subject_matter, "the totals\nof a poll");
    // Tuesday, Wednesday, Friday, Monday, Tuesday.
    let public = file(&office, asked(RequestKind::PublicInformation, "13/26")).await.unwrap();
    assert_eq!((public.number, public.due_on.as_str()), (2, "2026-12-01"));
    // From the day on which it came, not from the one on which it is entered.
    let earlier = proto::FileRequestRequest {
        received_on: "2026-11-20".to_owned(),
        ..asked(RequestKind::PublicInformation, "14/26")
    };
    let earlier = file(&office, earlier).await.unwrap();
    assert_eq!(
        (earlier.received_on.as_str(), earlier.due_on.as_str()),
        ("2026-11-20", "2026-11-30")
    );
    assert_eq!(listed(&office, false).await.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [3, 2, 1]);
    let entries = office.entries_of(&["request_filed"]).await;
    assert_eq!(entries.len(), 3);
    assert_eq!(event(&entries[0])["nature"], "DATA_SUBJECT");
    assert_eq!(event(&entries[0])["reference"], "12/26");
    assert!(entries.iter().all(|entry| !entry.line.contains("totals")), "not what is asked");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_term_runs_out_as_the_days_go() {
    let (office, clock) = on_monday().await;
    file(&office, asked(RequestKind::DataSubject, "12/26")).await.unwrap();
    file(&office, asked(RequestKind::PublicInformation, "13/26")).await.unwrap();
    let states = async || {
        let mut listed = listed(&office, false).await;
        listed.sort_unstable_by_key(|(number, _)| *number);
        listed.into_iter().map(|(_, state)| state).collect::<Vec<_>>()
    };
    use RequestState::{DueSoon, Open, Overdue};
    assert_eq!(states().await, [Open, Open]);
    // To the day, by the calendar in Kyiv: due on 1 December, soon from 28 November on.
    days(&clock, 4);
    assert_eq!(states().await, [Open, Open], "27 November");
    days(&clock, 1);
    assert_eq!(states().await, [Open, DueSoon], "28 November");
    days(&clock, 3);
    assert_eq!(states().await, [Open, DueSoon], "its last day");
    clock.advance(SignedDuration::from_mins(11 * 60 + 59));
    assert_eq!(states().await, [Open, DueSoon], "a minute to midnight in Kyiv");
    clock.advance(SignedDuration::from_mins(1));
    assert_eq!(states().await, [Open, Overdue]);
    days(&clock, 14);
    assert_eq!(states().await, [DueSoon, Overdue], "16 December");
    days(&clock, 8);
    assert_eq!(states().await, [Overdue, Overdue]);
    assert_eq!(listed(&office, false).await[0].0, 2, "what was due first");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_term_is_prolonged_once_within_it_and_for_public_information_only() {
    let (office, clock) = on_monday().await;
    for (kind, reference) in [
        (RequestKind::DataSubject, "1"),
        (RequestKind::PublicInformation, "2"),
        (RequestKind::PublicInformation, "3"),
    ] {
        file(&office, asked(kind, reference)).await.unwrap();
    }
    let status = extend(&office, 1, "much").await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "REQUEST_NOT_EXTENDABLE");
    // On its last day it still can be.
    days(&clock, 8);
    let longer = extend(&office, 2, "many documents").await.unwrap();
    assert_eq!((longer.due_on.as_str(), longer.state()), ("2026-12-22", RequestState::Open));
    assert_eq!(longer.extension_reason, "many documents");
    let status = extend(&office, 2, "more").await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "REQUEST_NOT_EXTENDABLE");
    days(&clock, 1);
    let status = extend(&office, 3, "late").await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "REQUEST_TERM_OVER");
    let told = event(&office.entries_of(&["request_extended"]).await[0]);
    assert_eq!((&told["before"], &told["after"]), (&"2026-12-01".into(), &"2026-12-22".into()));
    assert_eq!(told["reason"], "many documents");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_ends_a_request_and_the_first_one_stands() {
    let (office, clock) = on_monday().await;
    file(&office, asked(RequestKind::PublicInformation, "1")).await.unwrap();
    file(&office, asked(RequestKind::DataSubject, "2")).await.unwrap();
    days(&clock, 1);
    let answered = answer(&office, 1, RequestOutcome::Satisfied, "19/26").await.unwrap();
    assert_eq!(
        (answered.state(), answered.outcome()),
        (RequestState::Answered, RequestOutcome::Satisfied)
    );
    assert_eq!(
        (answered.answered_on.as_str(), answered.answer_reference.as_str()),
        ("2026-11-24", "19/26")
    );
    assert_eq!(answered.answered_by, office.account(Post::Officer).id());
    let status = answer(&office, 1, RequestOutcome::Refused, "20/26").await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "REQUEST_ANSWERED");
    let status = extend(&office, 1, "late").await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "REQUEST_ANSWERED");
    assert_eq!(listed(&office, false).await, [(2, RequestState::Open)]);
    let all = [(2, RequestState::Open), (1, RequestState::Answered)];
    assert_eq!(listed(&office, true).await, all);

    let office = office.restarted().await;
    assert_eq!(listed(&office, true).await, all);
    // What is answered never runs out.
    days(&clock, 60);
    assert_eq!(listed(&office, true).await[1], (1, RequestState::Answered));
    let entries = office.entries_of(&["request_answered"]).await;
    assert_eq!(kinds(&entries), ["request_answered"]);
    assert_eq!(event(&entries[0])["outcome"], "SATISFIED");
    office.close().await;
}

type Change = fn(&mut proto::FileRequestRequest);

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_request_is_refused_with_the_field_named() {
    let (office, _) = on_monday().await;
    let table: [(Change, &[&str]); 11] = [
        (|it| it.kind = 0, &["kind"]),
        (|it| it.kind = 77, &["kind"]),
        (|it| it.reference.clear(), &["reference"]),
        (|it| it.reference = "r".repeat(101), &["reference"]),
        (|it| it.reference = "a\nb".into(), &["reference"]),
        (|it| it.received_on = "2026-11-24".into(), &["received_on"]),
        (|it| it.received_on = "23.11.2026".into(), &["received_on"]),
        (|it| it.subject_matter = " ".into(), &["subject_matter"]),
        (|it| it.subject_matter = "s".repeat(2_001), &["subject_matter"]),
        (|it| it.poll_id = "01890a5d-ac96-774b-bcce-b302099a8057".into(), &["poll_id"]),
        (
            |it| {
                it.reference.clear();
                it.subject_matter.clear();
            },
            &["reference", "subject_matter"],
        ),
    ];
    for (change, named) in table {
        let mut request = asked(RequestKind::DataSubject, "1");
        change(&mut request);
        assert_eq!(fields(&file(&office, request).await.unwrap_err()), named);
    }
    let request = proto::FileRequestRequest {
        poll_id: "poll".to_owned(),
        ..asked(RequestKind::DataSubject, "1")
    };
    let status = file(&office, request).await.unwrap_err();
    assert_refused(&status, Code::InvalidArgument, "POLL_ID_MALFORMED");
    assert_eq!(listed(&office, true).await, []);

    file(&office, asked(RequestKind::PublicInformation, "1")).await.unwrap();
    assert_eq!(fields(&extend(&office, 1, "").await.unwrap_err()), ["reason"]);
    let status = answer(&office, 1, RequestOutcome::Unspecified, "2").await.unwrap_err();
    assert_eq!(fields(&status), ["outcome"]);
    let status = answer(&office, 1, RequestOutcome::Forwarded, "").await.unwrap_err();
    assert_eq!(fields(&status), ["answer_reference"]);
    for status in [
        extend(&office, 2, "much").await.unwrap_err(),
        answer(&office, 2, RequestOutcome::Refused, "2").await.unwrap_err(),
    ] {
        assert_refused(&status, Code::NotFound, "REQUEST_UNKNOWN");
    }
    assert_eq!(office.entries_of(&["request_filed"]).await.len(), 1);
    office.close().await;
}
