//! The audit log of a poll's whole life: every decision is an entry with who, in which role, from
//! what to what and why; and no entry tells of a voter.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use holos::ground::clock::Clock;
use holos::poll::Order;
use holos_wire::proto::{self, AuditEntry, ListEntriesRequest};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tonic::Code;

use super::{Office, assert_refused, event, fields, kinds, order};
use crate::support::{Home, Post, subject};

/// What is done to a poll in [`life`], by whom, each an entry of its own.
const LIFE: [(&str, &str); 19] = [
    ("order_drafted", "initiator"),
    ("order_filed", "initiator"),
    ("order_returned", "organiser"),
    ("order_filed", "initiator"),
    ("order_approved", "organiser"),
    ("poll_scheduled", "organiser"),
    ("poll_opened", "engine"),
    ("poll_suspended", "operator"),
    ("poll_resumed", "organiser"),
    ("poll_extended", "organiser"),
    ("consent_given", "initiator"),
    ("poll_closing", "organiser"),
    ("poll_published", "engine"),
    ("result_read", "initiator"),
    ("decision_attached", "organiser"),
    ("act_proposed", "data-protection-officer"),
    ("act_confirmed", "data-protection-officer"),
    ("erasure_decided", "data-protection-officer"),
    ("poll_erased", "engine"),
];

fn noon() -> Clock {
    Clock::manual("2026-11-23T10:00:00Z".parse::<Timestamp>().unwrap())
}

fn timed(reference: &str) -> Order {
    let mut order = order(reference, 3);
    order.opens_at = "2026-11-23T11:00:00+02:00[Europe/Kyiv]".to_owned();
    order.closes_at = "2026-12-23T11:00:00+02:00[Europe/Kyiv]".to_owned();
    order
}

/// The way of one poll from a draft to its approval, a minute a step; its id.
async fn ordered(office: &Office) -> String {
    let clock = office.clock.clone();
    let step = || clock.advance(SignedDuration::from_secs(60));
    let mut polls = office.polls();
    let request = proto::SubmitOrderRequest {
        order: Some((&timed("life")).into()),
        draft: true,
        ..Default::default()
    };
    let poll = polls.submit_order(office.by(Post::Initiator, request)).await.unwrap();
    let id = poll.into_inner().poll.unwrap().id;
    let poll_id = || id.clone();
    step();
    let filed = || proto::CorrectOrderRequest {
        poll_id: poll_id(),
        order: Some((&timed("life")).into()),
        ..Default::default()
    };
    polls.correct_order(office.by(Post::Initiator, filed())).await.unwrap();
    step();
    let reasons = vec![proto::FieldRule { field: "title.en".into(), rule: "differs".into() }];
    let request = proto::ReturnOrderRequest { poll_id: poll_id(), reasons };
    polls.return_order(office.by(Post::Organiser, request)).await.unwrap();
    step();
    let poll = polls.correct_order(office.by(Post::Initiator, filed())).await.unwrap();
    let order_hash = poll.into_inner().poll.unwrap().order_hash;
    step();
    let request = proto::ApproveOrderRequest { poll_id: poll_id(), order_hash };
    polls.approve_order(office.by(Post::Organiser, request)).await.unwrap();
    step();
    id
}

/// The way of one poll from a draft to its erasure, a minute a step; its id.
async fn life(office: &mut Office) -> String {
    let id = ordered(office).await;
    let clock = office.clock.clone();
    let step = || clock.advance(SignedDuration::from_secs(60));
    let mut polls = office.polls();
    let poll_id = || id.clone();
    office.staff.open(&id).await.unwrap();
    office.cast(&id, 0..12).await;
    step();
    let request = proto::SuspendPollRequest { poll_id: poll_id(), reason: "no sign-in".into() };
    polls.suspend_poll(office.by(Post::Operator, request)).await.unwrap();
    step();
    let request = proto::ResumePollRequest { poll_id: poll_id(), reason: "it is back".into() };
    polls.resume_poll(office.by(Post::Organiser, request)).await.unwrap();
    step();
    let request = proto::ExtendPollRequest {
        poll_id: poll_id(),
        closes_at: "2026-12-24T11:00[Europe/Kyiv]".into(),
        reason: "a day was lost".into(),
    };
    polls.extend_poll(office.by(Post::Organiser, request)).await.unwrap();
    step();
    let request = proto::GiveConsentRequest { poll_id: poll_id(), reference: "letter 1".into() };
    polls.give_consent(office.by(Post::Initiator, request)).await.unwrap();
    step();
    let closed = office.staff.close(&id).await.unwrap();
    assert_eq!(closed.phase(), proto::PollPhase::Published);
    step();
    let request = proto::GetOwnResultRequest { poll_id: poll_id() };
    polls.get_own_result(office.by(Post::Initiator, request)).await.unwrap();
    step();
    let title = Some(proto::LocalizedText { uk: "Рішення".into(), en: "Decision".into() });
    let decision = Some(proto::Decision {
        date: "2026-11-23".into(),
        title,
        reference: "15".into(),
        address: String::new(),
    });
    let request = proto::AttachDecisionRequest { poll_id: poll_id(), decision };
    polls.attach_decision(office.by(Post::Organiser, request)).await.unwrap();
    step();
    let request = proto::ErasePollRequest {
        poll_id: poll_id(),
        ground: proto::ErasureGround::CourtOrder.into(),
        reference: "910/1/26".into(),
    };
    let proposed = office.custody().erase_poll(office.by(Post::Officer, request)).await.unwrap();
    let number = proposed.into_inner().proposal.unwrap().number;
    step();
    let request = proto::ConfirmProposalRequest { number };
    let request = office.by(Post::SecondOfficer, request);
    office.desk().confirm_proposal(request).await.unwrap();
    step();
    id
}

async fn of_poll(office: &Office, poll: &str) -> Vec<AuditEntry> {
    let poll_id = poll.to_owned();
    let asked = ListEntriesRequest { poll_id, without_folds: true, ..Default::default() };
    office.entries(asked).await
}

/// What the only entry of this kind says.
fn told(entries: &[AuditEntry], kind: &str) -> Value {
    let found: Vec<_> = entries.iter().filter(|entry| entry.kind == kind).collect();
    assert_eq!(found.len(), 1, "{kind}");
    event(found[0])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_of_a_polls_life_has_its_entry() {
    let mut office = Office::at(Home::new(), noon()).await;
    let poll = life(&mut office).await;
    let entries = of_poll(&office, &poll).await;
    let seen: Vec<_> =
        entries.iter().map(|entry| (entry.kind.as_str(), entry.role.as_str())).collect();
    assert_eq!(seen, LIFE);
    for entry in &entries {
        assert_eq!(entry.poll_id, poll);
        assert_eq!(entry.account == "engine", entry.role == "engine");
        let line: Value = serde_json::from_str(&entry.line).unwrap();
        assert_eq!(line["by"]["account"], entry.account);
        assert_eq!(line["by"]["role"], entry.role);
        assert_eq!(line["event"]["kind"], entry.kind);
        assert_eq!(line["seq"], entry.seq);
    }
    let account = |at: usize, post: Post| {
        assert_eq!(entries[at].account, office.account(post).id(), "{}", entries[at].kind);
    };
    for (at, post) in [
        (1, Post::Initiator),
        (4, Post::Organiser),
        (7, Post::Operator),
        (15, Post::Officer),
        (16, Post::SecondOfficer),
    ] {
        account(at, post);
    }
    // Before, after, and why.
    assert_eq!(told(&entries, "poll_suspended")["before"], "open");
    assert_eq!(told(&entries, "poll_suspended")["reason"], "no sign-in");
    assert_eq!(told(&entries, "poll_resumed")["reason"], "it is back");
    let extended = told(&entries, "poll_extended");
    assert_eq!(extended["before"], "2026-12-23T09:00:00Z");
    assert_eq!(extended["after"], "2026-12-24T09:00:00Z");
    assert_eq!(extended["reason"], "a day was lost");
    let returned = told(&entries, "order_returned");
    assert_eq!(returned["reasons"], serde_json::json!(["title.en: differs"]));
    let revision = |at: usize| event(&entries[at])["revision"].clone();
    assert_eq!([revision(0), revision(1), revision(3), revision(4)], [1, 2, 3, 3]);
    assert_eq!(event(&entries[3])["order_hash"], told(&entries, "order_approved")["order_hash"]);
    assert_eq!(told(&entries, "consent_given")["reference"], "letter 1");
    assert_eq!(told(&entries, "decision_attached")["reference"], "15");
    assert_eq!(told(&entries, "erasure_decided")["reference"], "910/1/26");

    // Of the whole log nothing else was decided but the start and the register.
    let all = office.entries_of(&[]).await;
    let others: Vec<_> = kinds(&all)
        .into_iter()
        .filter(|kind| !LIFE.iter().any(|(known, _)| known == kind))
        .collect();
    let mut expected = vec!["store_created", "engine_started"];
    expected.extend(["staff_registered"; 9]);
    // The definition, the release, and the erasure after it, become public.
    expected.extend(["public_log_grown", "public_log_grown"]);
    expected.extend(["wrapping_key_replaced", "public_log_grown"]);
    assert_eq!(others, expected);
    let numbers: Vec<_> = all.iter().map(|entry| entry.seq).collect();
    assert!(numbers.is_sorted(), "oldest first");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_tells_of_a_voter_a_tag_or_a_choice() {
    let mut office = Office::at(Home::new(), noon()).await;
    life(&mut office).await;
    let lines: Vec<_> =
        office.entries(ListEntriesRequest::default()).await.into_iter().map(|it| it.line).collect();
    assert!(lines.iter().any(|line| line.contains("epoch_folded")), "with the folds");
    for voter in 0..12 {
        let subject = subject(voter);
        let hex: String = subject.iter().map(|byte| format!("{byte:02x}")).collect();
        for needle in [hex, STANDARD.encode(&subject), URL_SAFE_NO_PAD.encode(&subject)] {
            assert!(lines.iter().all(|line| !line.contains(&needle)));
        }
    }
    let words = ["\"o0\"", "\"o1\"", "option", "ballot", "voter", "subject", "\"tag", "\"count"];
    for word in words {
        let found = lines.iter().find(|line| line.contains(word));
        assert_eq!(found, None, "{word}");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_finds_entries_by_kind_account_poll_and_time() {
    let mut office = Office::at(Home::new(), noon()).await;
    let poll = life(&mut office).await;
    let other = office.staff.file(&timed("other")).await.unwrap().id;
    let all = office.entries_of(&[]).await;
    let of_other = of_poll(&office, &other).await;
    assert_eq!(kinds(&of_other), ["order_filed"]);
    let entries = of_poll(&office, &poll).await;

    let suspensions = office.entries_of(&["poll_suspended", "poll_resumed"]).await;
    assert_eq!(kinds(&suspensions), ["poll_suspended", "poll_resumed"]);
    let asked = |account: &str| ListEntriesRequest {
        account: account.to_owned(),
        without_folds: true,
        ..Default::default()
    };
    let operator = office.account(Post::Operator).id();
    assert_eq!(kinds(&office.entries(asked(&operator)).await), ["poll_suspended"]);
    let initiator = office.account(Post::Initiator).id();
    let by_initiator = office.entries(asked(&initiator)).await;
    let expected: Vec<_> = all.iter().filter(|entry| entry.account == initiator).cloned().collect();
    assert_eq!(by_initiator, expected);
    assert_eq!(office.entries(asked("staff-99")).await, []);

    // From the suspension on, and before the resumption: a minute, and one entry.
    let [suspended, resumed] = [suspensions[0].at, suspensions[1].at];
    let asked = ListEntriesRequest { since: suspended, without_folds: true, ..Default::default() };
    let since = office.entries(asked.clone()).await;
    assert_eq!(since.first(), suspensions.first());
    assert_eq!(since.len(), all.iter().filter(|it| it.seq >= suspensions[0].seq).count());
    let between = office.entries(ListEntriesRequest { until: resumed, ..asked }).await;
    assert_eq!(kinds(&between), ["poll_suspended"]);

    // All filters together; the fold that froze a poll's tally is found under that poll.
    let asked = ListEntriesRequest {
        kinds: vec!["order_filed".to_owned()],
        poll_id: poll.clone(),
        account: initiator,
        ..Default::default()
    };
    assert_eq!(office.entries(asked).await.len(), 2);
    let asked = ListEntriesRequest { poll_id: poll, ..Default::default() };
    let with_folds = office.entries(asked).await;
    assert_eq!(with_folds.len(), entries.len() + 1);
    assert!(kinds(&with_folds).contains(&"epoch_folded"));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_every_size_hold_the_same_entries() {
    let mut office = Office::at(Home::new(), noon()).await;
    let poll = life(&mut office).await;
    let all = office.entries(ListEntriesRequest::default()).await;
    let entries = of_poll(&office, &poll).await;
    for page_size in [1, 2, 7, 500] {
        let asked = ListEntriesRequest { page_size, ..Default::default() };
        assert_eq!(office.entries(asked.clone()).await, all, "{page_size}");
        let first = office.log().list_entries(office.by(Post::Auditor, asked.clone())).await;
        let first = first.unwrap().into_inner();
        assert_eq!(first.entries.len(), all.len().min(page_size as usize));
        let asked = ListEntriesRequest { poll_id: poll.clone(), without_folds: true, ..asked };
        assert_eq!(office.entries(asked).await, entries, "{page_size}");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_question_to_the_log_is_refused_by_name() {
    let office = Office::new().await;
    let ask = async |asked: ListEntriesRequest| {
        office.log().list_entries(office.by(Post::Auditor, asked)).await.unwrap_err()
    };
    for page_size in [-1, 501, i32::MAX] {
        let status = ask(ListEntriesRequest { page_size, ..Default::default() }).await;
        assert_refused(&status, Code::InvalidArgument, "PAGE_SIZE_INVALID");
    }
    for token in ["next", "0", "0.00", "1.1", "999999.1", "-1.0", "0.999"] {
        let page_token = token.to_owned();
        let status = ask(ListEntriesRequest { page_token, ..Default::default() }).await;
        assert_refused(&status, Code::InvalidArgument, "PAGE_TOKEN_INVALID");
    }
    for kind in ["", "poll", "PollSuspended"] {
        let kinds = vec![kind.to_owned()];
        assert_eq!(
            fields(&ask(ListEntriesRequest { kinds, ..Default::default() }).await),
            ["kinds"]
        );
    }
    let account = "a".repeat(65);
    assert_eq!(
        fields(&ask(ListEntriesRequest { account, ..Default::default() }).await),
        ["account"]
    );
    let since = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
    assert_eq!(fields(&ask(ListEntriesRequest { since, ..Default::default() }).await), ["since"]);
    let until = Some(prost_types::Timestamp { seconds: 0, nanos: -1 });
    assert_eq!(fields(&ask(ListEntriesRequest { until, ..Default::default() }).await), ["until"]);
    let poll_id = "poll".to_owned();
    let status = ask(ListEntriesRequest { poll_id, ..Default::default() }).await;
    assert_refused(&status, Code::InvalidArgument, "POLL_ID_MALFORMED");
    office.close().await;
}
