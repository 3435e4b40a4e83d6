//! The verbs: what each asks, prints, and how it ends.

use prost::Message;
use serde_json::Value;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::fake::Fake;
use super::holos;
use crate::cli::Exit;
use holos_wire::proto;

const ID: &str = "019a0000-0000-7000-8000-000000000001";

fn poll(phase: proto::PollPhase) -> proto::Poll {
    let text = |uk: &str, en: &str| Some(proto::LocalizedText { uk: uk.into(), en: en.into() });
    proto::Poll {
        id: ID.to_owned(),
        phase: phase.into(),
        order_hash: "ab".repeat(32),
        moves: vec!["SUSPEND".to_owned(), "EXTEND".to_owned()],
        opens_at: Some(prost_types::Timestamp { seconds: 1_796_108_400, nanos: 0 }),
        order: Some(proto::Order {
            reference: "1/26".to_owned(),
            title: text("Чи залишити?", "Keep it?"),
            profile: "resolution-90".to_owned(),
            publication: Some(proto::PublicationRules {
                mode: proto::PublicationMode::AtClose.into(),
                minimum_answers: 10,
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The answer of a verb as JSON.
fn json(fake: &Fake, line: &[&str]) -> Value {
    let (exit, said) = holos(fake, &[line, &["--json"]].concat());
    assert_eq!(exit, Exit::Ok, "{line:?}: {said}");
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    serde_json::from_str(&said).unwrap()
}

fn refused(code: Code, reason: &str, metadata: &[(&str, &str)]) -> Status {
    let mut details = ErrorDetails::new();
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    details.set_error_info(reason, "holos", metadata.collect::<std::collections::HashMap<_, _>>());
    Status::with_error_details(code, "a rule", details)
}

/// A line, the method it calls, the message it sends and what it hears.
type Case<'a> = (&'a [&'a str], &'a str, Vec<u8>, Vec<u8>);

/// Each line is run for people and for programs; both succeed, and JSON is one line.
fn each(cases: &[Case<'_>]) {
    let fake = Fake::start();
    for (line, method, request, response) in cases {
        for as_json in [false, true] {
            fake.streams(vec![response.clone()]);
            let line = if as_json { [line, &["--json"][..]].concat() } else { line.to_vec() };
            let (exit, said) = holos(&fake, &line);
            assert_eq!(exit, Exit::Ok, "{line:?}");
            assert!(!as_json || serde_json::from_str::<Value>(&said).is_ok(), "{line:?}: {said}");
            let asked = fake.asked();
            assert_eq!(asked.len(), 1, "{line:?}");
            assert_eq!(asked[0].method, *method, "{line:?}");
            assert_eq!(asked[0].authorization, "Bearer a.staff.token");
            assert_eq!(asked[0].message, *request, "{line:?}");
        }
    }
}

fn bytes(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}

#[test]
fn the_verbs_of_a_polls_life_send_what_was_typed() {
    use proto::PollPhase as P;
    let poll_id = ID.to_owned();
    let held = |phase| Some(poll(phase));
    let reason = "why".to_owned();
    each(&[
        (
            &["poll", "schedule", ID],
            "PollService/SchedulePoll",
            bytes(&proto::SchedulePollRequest { poll_id: poll_id.clone() }),
            bytes(&proto::SchedulePollResponse { poll: held(P::Scheduled) }),
        ),
        (
            &["poll", "suspend", ID, "--reason", "why"],
            "PollService/SuspendPoll",
            bytes(&proto::SuspendPollRequest { poll_id: poll_id.clone(), reason: reason.clone() }),
            bytes(&proto::SuspendPollResponse { poll: held(P::Suspended) }),
        ),
        (
            &["poll", "suspend", "--all", "--reason", "why", "--yes"],
            "PollService/SuspendAllPolls",
            bytes(&proto::SuspendAllPollsRequest { reason: reason.clone() }),
            bytes(&proto::SuspendAllPollsResponse { poll_ids: vec![poll_id.clone()] }),
        ),
        (
            &[
                "poll",
                "extend",
                ID,
                "--closes-at",
                "2026-12-09T09:00[Europe/Kyiv]",
                "--reason",
                "why",
            ],
            "PollService/ExtendPoll",
            bytes(&proto::ExtendPollRequest {
                poll_id: poll_id.clone(),
                closes_at: "2026-12-09T09:00[Europe/Kyiv]".to_owned(),
                reason,
            }),
            bytes(&proto::ExtendPollResponse { poll: held(P::Open) }),
        ),
        (
            &["poll", "end", ID, "--reason", "technical-error", "--note", "n", "--yes"],
            "PollService/EndPoll",
            bytes(&proto::EndPollRequest {
                poll_id: poll_id.clone(),
                reason: proto::CloseReason::TechnicalError.into(),
                note: "n".to_owned(),
            }),
            bytes(&proto::EndPollResponse { poll: held(P::Closed) }),
        ),
        (
            &["order", "approve", ID, "--hash", "abc"],
            "PollService/ApproveOrder",
            bytes(&proto::ApproveOrderRequest { poll_id, order_hash: "abc".to_owned() }),
            bytes(&proto::ApproveOrderResponse { poll: held(P::Approved) }),
        ),
    ]);
}

#[test]
fn the_verbs_of_incidents_send_what_was_typed() {
    let incident = Some(proto::Incident { number: 7, ..Default::default() });
    each(&[
        (
            &["incident", "note", "7", "done"],
            "IncidentService/NoteIncident",
            bytes(&proto::NoteIncidentRequest { number: 7, text: "done".to_owned() }),
            bytes(&proto::NoteIncidentResponse { incident: incident.clone() }),
        ),
        (
            &[
                "incident",
                "notified",
                "7",
                "--whom",
                "w",
                "--told-at",
                "2026-12-01T09:00:00+02:00",
                "--reference",
                "r",
            ],
            "IncidentService/RecordNotification",
            bytes(&proto::RecordNotificationRequest {
                number: 7,
                whom: "w".to_owned(),
                told_at: Some(prost_types::Timestamp { seconds: 1_796_108_400, nanos: 0 }),
                reference: "r".to_owned(),
            }),
            bytes(&proto::RecordNotificationResponse { incident }),
        ),
    ]);
}

#[test]
fn the_verbs_of_the_registers_send_what_was_typed() {
    let request = Some(proto::InformationRequest { number: 4, ..Default::default() });
    let proposal = Some(proto::Proposal { number: 3, ..Default::default() });
    let account = Some(proto::StaffAccount { number: 2, ..Default::default() });
    let reference = "r".to_owned();
    each(&[
        (
            &["request", "answer", "4", "--outcome", "refused", "--reference", "r"],
            "RequestService/AnswerRequest",
            bytes(&proto::AnswerRequestRequest {
                number: 4,
                outcome: proto::RequestOutcome::Refused.into(),
                answer_reference: reference.clone(),
            }),
            bytes(&proto::AnswerRequestResponse { request }),
        ),
        (
            &["proposal", "decline", "3"],
            "StaffService/DeclineProposal",
            bytes(&proto::DeclineProposalRequest { number: 3 }),
            bytes(&proto::DeclineProposalResponse { proposal }),
        ),
        (
            &["staff", "withdraw", "2", "--reason", "incident", "--reference", "r", "--yes"],
            "StaffService/WithdrawStaff",
            bytes(&proto::WithdrawStaffRequest {
                number: 2,
                reason: proto::WithdrawalReason::Incident.into(),
                reference,
            }),
            bytes(&proto::WithdrawStaffResponse { account }),
        ),
        (
            &["audit", "head"],
            "AuditService/GetHead",
            bytes(&proto::GetHeadRequest {}),
            bytes(&proto::GetHeadResponse { seq: 9, hash: "ab".repeat(32), ..Default::default() }),
        ),
        (
            &["staff", "key", "list", "--body", "43220851"],
            "StaffService/ListBodyKeys",
            bytes(&proto::ListBodyKeysRequest { body_code: "43220851".to_owned() }),
            bytes(&proto::ListBodyKeysResponse::default()),
        ),
    ]);
}

#[test]
fn a_list_goes_through_all_pages() {
    let fake = Fake::start();
    let page = |next: &str| proto::ListPollsResponse {
        polls: vec![poll(proto::PollPhase::Open)],
        next_page_token: next.to_owned(),
    };
    fake.answers(&page("two"));
    fake.answers(&page(""));
    let list = json(&fake, &["poll", "list", "--phase", "open", "--body", "43220851"]);
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["phase"], "OPEN");
    assert_eq!(list[0]["opens_at"], "2026-12-01T07:00:00Z");
    assert_eq!(list[0]["closes_at"], Value::Null);
    assert_eq!(list[0]["order"]["publication"]["mode"], "AT_CLOSE");
    let asked = fake.asked();
    asked[1].is(&proto::ListPollsRequest {
        page_size: 0,
        page_token: "two".to_owned(),
        phases: vec![proto::PollPhase::Open.into()],
        body_code: "43220851".to_owned(),
    });
    fake.answers(&page("same"));
    fake.answers(&page("same"));
    assert_eq!(holos(&fake, &["poll", "list"]).0, Exit::Failed, "pages that never end");
}

#[test]
fn the_audit_log_is_listed_without_folds_unless_they_are_asked_for() {
    let fake = Fake::start();
    for (line, without_folds) in [
        (&["audit", "list"][..], true),
        (&["audit", "list", "--all"], false),
        (&["audit", "list", "--kind", "epoch_folded"], false),
    ] {
        fake.answers(&proto::ListEntriesResponse { entries: vec![], next_page_token: "p".into() });
        let line_of = r#"{"event":{"kind":"poll_suspended","reason":"why"}}"#.to_owned();
        let entry = proto::AuditEntry { seq: 5, line: line_of, ..Default::default() };
        let entries = vec![entry];
        fake.answers(&proto::ListEntriesResponse { entries, next_page_token: String::new() });
        let (exit, said) = holos(&fake, line);
        assert_eq!(exit, Exit::Ok);
        assert!(said.contains("reason=why"), "an empty page is not the last one: {said}");
        let kinds = line.get(3).map(|kind| (*kind).to_owned()).into_iter().collect();
        fake.asked()[0].is(&proto::ListEntriesRequest {
            page_size: 500,
            kinds,
            without_folds,
            ..Default::default()
        });
    }
}

#[test]
fn an_export_that_breaks_off_leaves_no_file() {
    let fake = Fake::start();
    let part = |text: &str| proto::ExportLogResponse { chunk: text.as_bytes().to_vec() };
    let out = fake.path("audit.log");
    let line = ["audit", "export", "--out", out.to_str().unwrap()];
    fake.refuses(Status::unavailable("stopping"));
    assert_eq!(holos(&fake, &line).0, Exit::Temporary);
    assert!(!out.exists());
    fake.streams(vec![bytes(&part("one\n")), bytes(&part("two\n"))]);
    assert_eq!(holos(&fake, &line).0, Exit::Ok);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "one\ntwo\n");
    assert_eq!(holos(&fake, &line).0, Exit::Failed, "an export is never overwritten");
}

#[test]
fn a_refusal_ends_with_its_exit_code_and_tells_programs_why() {
    let fake = Fake::start();
    for (code, reason, exit) in [
        (Code::NotFound, "POLL_UNKNOWN", Exit::NotFound),
        (Code::FailedPrecondition, "POLL_WRONG_PHASE", Exit::Refused),
        (Code::PermissionDenied, "ROLE_FORBIDS", Exit::Refused),
        (Code::InvalidArgument, "ORDER_INVALID", Exit::Refused),
        (Code::Unauthenticated, "TOKEN_EXPIRED", Exit::Usage),
        (Code::Unavailable, "STOPPING", Exit::Temporary),
        (Code::Internal, "", Exit::Failed),
    ] {
        fake.refuses(refused(code, reason, &[("moves", "SUSPEND")]));
        let (ended, said) = holos(&fake, &["poll", "show", ID, "--json"]);
        assert_eq!(ended, exit, "{reason}");
        let error: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(error["error"]["reason"], reason);
        assert_eq!(error["error"]["metadata"]["moves"], "SUSPEND");
        fake.refuses(refused(code, reason, &[]));
        let (_, said) = holos(&fake, &["poll", "show", ID]);
        assert_eq!(said, "", "standard output carries answers only");
    }
}

#[test]
fn nobody_home_is_a_matter_of_time() {
    let mut fake = Fake::start();
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    fake.address = free;
    assert_eq!(holos(&fake, &["poll", "list"]).0, Exit::Temporary);
}

#[test]
fn what_cannot_be_taken_back_is_not_done_where_nobody_can_be_asked() {
    // Tests have no terminal on standard input, or a person could be asked.
    if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        return;
    }
    let fake = Fake::start();
    for line in [
        &["poll", "end", ID, "--reason", "relevance-lost"][..],
        &["poll", "suspend", "--all", "--reason", "why"],
        &["proposal", "confirm", "3"],
        &["staff", "withdraw", "2", "--reason", "transfer", "--reference", "r"],
        &[
            "staff",
            "key",
            "revoke",
            "--body",
            "1",
            "--key-id",
            "k",
            "--reason",
            "superseded",
            "--reference",
            "r",
        ],
    ] {
        assert_eq!(holos(&fake, line).0, Exit::Usage, "{line:?}");
        assert!(fake.asked().is_empty(), "{line:?}");
    }
}

#[test]
fn an_erasure_tells_what_another_person_must_confirm() {
    let fake = Fake::start();
    let waiting = proto::ProposalState::Waiting.into();
    let act = "erase_poll".to_owned();
    let proposal = Some(proto::Proposal { number: 12, act, state: waiting, ..Default::default() });
    fake.answers(&proto::ErasePollResponse { proposal });
    let line = ["erase", "--poll", ID, "--ground", "court-order", "--reference", "757/26"];
    let (exit, said) = holos(&fake, &line);
    assert_eq!(exit, Exit::Ok);
    assert!(said.contains("nothing is done yet"), "{said}");
    assert!(said.contains("holos proposal confirm 12"), "{said}");
}

#[test]
fn an_order_is_shown_with_its_rules_and_the_line_that_approves_it() {
    let fake = Fake::start();
    fake.answers(&proto::GetPollResponse { poll: Some(poll(proto::PollPhase::Filed)) });
    let name = proto::ProfileName { name: "resolution-90".to_owned(), ..Default::default() };
    let rules = Some(proto::LocalizedText { uk: "правила".into(), en: "the rules".into() });
    let profile = proto::Profile { name: Some(name), rules, ..Default::default() };
    fake.answers(&proto::ListProfilesResponse { profiles: vec![profile] });
    let (exit, said) = holos(&fake, &["order", "show", ID]);
    assert_eq!(exit, Exit::Ok);
    for part in
        ["Чи залишити?", "the rules", "10 answers in all", "not given yet", "2026-12-01 09:00"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let approve = format!("holos order approve {ID} --hash {}", "ab".repeat(32));
    assert!(said.contains(&approve), "{said}");
}

#[test]
fn signatures_of_a_history_are_saved_and_never_overwritten() {
    let fake = Fake::start();
    let revision = proto::OrderRevision {
        revision: 1,
        order_json: "{}".to_owned(),
        jws: "a..b".to_owned(),
        state_signature: vec![1, 2],
        ..Default::default()
    };
    let history = proto::GetOrderHistoryResponse { revisions: vec![revision] };
    let folder = fake.path("signatures");
    let line = ["order", "history", ID, "--save-signatures", folder.to_str().unwrap()];
    fake.answers(&history);
    assert_eq!(holos(&fake, &line).0, Exit::Ok);
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert_eq!(read("revision-1.json"), b"{}");
    assert_eq!(read("revision-1.jws"), b"a..b");
    assert_eq!(read("revision-1.p7s"), [1, 2]);
    fake.answers(&history);
    assert_eq!(holos(&fake, &line).0, Exit::Failed);
}

#[test]
fn totals_that_are_held_back_are_seen_and_proposed_to_be_shown() {
    let fake = Fake::start();
    let held = proto::Poll { held_back: true, ..poll(proto::PollPhase::Published) };
    fake.answers(&proto::GetPollResponse { poll: Some(held.clone()) });
    let (_, said) = holos(&fake, &["poll", "show", ID]);
    assert!(said.contains(&format!("release {ID} --reference R")), "{said}");
    fake.answers(&proto::ListPollsResponse { polls: vec![held], ..Default::default() });
    let (_, said) = holos(&fake, &["poll", "list"]);
    assert!(said.contains("PUBLISHED, newer totals held back"), "{said}");
    fake.asked();

    let proposal = Some(proto::Proposal {
        number: 13,
        act: "release_held_back".to_owned(),
        state: proto::ProposalState::Waiting.into(),
        ..Default::default()
    });
    fake.answers(&proto::ReleaseHeldBackResponse { proposal });
    let (exit, said) = holos(&fake, &["poll", "release", ID, "--reference", "9/26"]);
    assert_eq!(exit, Exit::Ok);
    assert!(said.contains("holos proposal confirm 13"), "{said}");
    let asked = fake.asked();
    assert_eq!(asked[0].method, "CustodyService/ReleaseHeldBack");
    let reference = "9/26".to_owned();
    asked[0].is(&proto::ReleaseHeldBackRequest { poll_id: ID.to_owned(), reference });
}

#[test]
fn a_live_poll_says_how_often_it_is_released() {
    let fake = Fake::start();
    let mut live = poll(proto::PollPhase::Open);
    let rules = live.order.as_mut().unwrap().publication.as_mut().unwrap();
    rules.set_mode(proto::PublicationMode::Live);
    for (minutes, said_so) in [(None, "every 60 minutes"), (Some(15), "every 15 minutes")] {
        let rules = live.order.as_mut().unwrap().publication.as_mut().unwrap();
        rules.release_minutes = minutes;
        fake.answers(&proto::GetPollResponse { poll: Some(live.clone()) });
        let (_, said) = holos(&fake, &["poll", "show", ID]);
        assert!(said.contains(said_so), "{said}");
    }
}
