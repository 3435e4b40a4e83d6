//! Incidents (L9, annex 4): a record from the first notice to the act, and the runbook's acts, each
//! one call and one entry.

use holos::count::authenticate::mint::TestIssuer;
use holos_wire::proto::{self, IncidentKind};
use tonic::{Code, Status};

use super::{Office, assert_refused, event, fields, kinds, order};
use crate::support::Post;

fn noticed(title: &str, poll_ids: &[&str]) -> proto::OpenIncidentRequest {
    proto::OpenIncidentRequest {
        noticed_at: None,
        kind: IncidentKind::Outage.into(),
        title: title.to_owned(),
        description: "Nobody could sign in.\nFor an hour.".to_owned(),
        poll_ids: poll_ids.iter().map(|id| (*id).to_owned()).collect(),
    }
}

async fn open(
    office: &Office,
    by: Post,
    request: proto::OpenIncidentRequest,
) -> Result<proto::Incident, Status> {
    let response = office.incidents().open_incident(office.by(by, request)).await?;
    Ok(response.into_inner().incident.unwrap())
}

async fn note(office: &Office, number: u64, text: &str) -> Result<proto::Incident, Status> {
    let request = proto::NoteIncidentRequest { number, text: text.to_owned() };
    let response = office.incidents().note_incident(office.by(Post::Organiser, request)).await?;
    Ok(response.into_inner().incident.unwrap())
}

async fn close(office: &Office, number: u64, act: [&str; 3]) -> Result<proto::Incident, Status> {
    let [cause, consequences, measures] = act.map(str::to_owned);
    let request = proto::CloseIncidentRequest { number, cause, consequences, measures };
    let response = office.incidents().close_incident(office.by(Post::Officer, request)).await?;
    Ok(response.into_inner().incident.unwrap())
}

fn told(number: u64, whom: &str, reference: &str) -> proto::RecordNotificationRequest {
    let (whom, reference) = (whom.to_owned(), reference.to_owned());
    proto::RecordNotificationRequest { number, whom, told_at: None, reference }
}

async fn record(
    office: &Office,
    by: Post,
    request: proto::RecordNotificationRequest,
) -> Result<proto::Incident, Status> {
    let response = office.incidents().record_notification(office.by(by, request)).await?;
    Ok(response.into_inner().incident.unwrap())
}

async fn listed(office: &Office, include_closed: bool) -> Vec<u64> {
    let request = proto::ListIncidentsRequest { include_closed };
    let request = office.by(Post::Auditor, request);
    let listed = office.incidents().list_incidents(request).await.unwrap().into_inner().incidents;
    listed.iter().map(|held| held.number).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_is_opened_noted_and_closed_with_its_act() {
    let mut office = Office::new().await;
    let poll = office.staff.open_new(&order("hit", 3)).await;
    let opened = open(&office, Post::Operator, noticed("no sign-in", &[&poll])).await.unwrap();
    assert_eq!((opened.number, opened.kind()), (1, IncidentKind::Outage));
    assert_eq!(opened.opened_by, office.account(Post::Operator).id());
    let [noticed_at, opened_at] =
        [opened.noticed_at, opened.opened_at].map(|at| at.unwrap().seconds);
    assert!((0..60).contains(&(opened_at - noticed_at)), "noticed now, where nothing is said");
    assert_eq!(opened.poll_ids, [poll]);
    assert_eq!(opened.description, "Nobody could sign in.\nFor an hour.");
    assert_eq!((opened.closed_at, opened.cause.as_str()), (None, ""));
    let second = open(&office, Post::Organiser, noticed("another", &[])).await.unwrap();
    assert_eq!(second.number, 2);

    note(&office, 1, "the issuer was told").await.unwrap();
    let noted = note(&office, 1, "it is back").await.unwrap();
    let notes: Vec<_> = noted.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes, ["the issuer was told", "it is back"], "oldest first");
    assert!(noted.notes.iter().all(|held| held.by == office.account(Post::Organiser).id()));
    let closed = close(&office, 1, ["a cable", "none", "two cables"]).await.unwrap();
    assert_eq!(closed.closed_by, office.account(Post::Officer).id());
    assert!(closed.closed_at.is_some());
    let act = [&closed.cause, &closed.consequences, &closed.measures];
    assert_eq!(act, ["a cable", "none", "two cables"]);
    assert_eq!(closed.notes, noted.notes);

    // Closed stays closed: the act is not written twice, and nothing is added to it.
    let status = close(&office, 1, ["another", "another", "another"]).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "INCIDENT_CLOSED");
    let status = note(&office, 1, "late").await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "INCIDENT_CLOSED");
    assert_eq!(listed(&office, false).await, [2]);
    assert_eq!(listed(&office, true).await, [2, 1], "newest first");

    let office = office.restarted().await;
    let request = office.by(Post::Auditor, proto::GetIncidentRequest { number: 1 });
    let held = office.incidents().get_incident(request).await.unwrap().into_inner();
    assert_eq!(held.incident.unwrap(), closed);
    let entries =
        office.entries_of(&["incident_opened", "incident_noted", "incident_closed"]).await;
    assert_eq!(
        kinds(&entries),
        [
            "incident_opened",
            "incident_opened",
            "incident_noted",
            "incident_noted",
            "incident_closed",
        ]
    );
    assert_eq!(event(&entries[0])["nature"], "OUTAGE");
    let texts = ["no sign-in", "Nobody", "the issuer was told", "a cable"];
    for text in texts {
        assert!(entries.iter().all(|entry| !entry.line.contains(text)), "the log has no texts");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_says_whom_the_incident_was_told_to() {
    let office = Office::new().await;
    let opened = open(&office, Post::Operator, noticed("a leak", &[])).await.unwrap();
    assert_eq!(opened.notifications, []);
    // Told before it was recorded, by letter; and now, where nothing is said.
    let earlier = opened.opened_at.unwrap().seconds - 60;
    let letter = proto::RecordNotificationRequest {
        told_at: Some(prost_types::Timestamp { seconds: earlier, nanos: 0 }),
        ..told(1, "the Ombudsman", "19/26")
    };
    record(&office, Post::Officer, letter).await.unwrap();
    let held = record(&office, Post::Organiser, told(1, "the bodies", "by phone")).await.unwrap();
    let recorded = |at: usize| {
        let told = &held.notifications[at];
        (told.whom.as_str(), told.reference.as_str(), told.by.as_str())
    };
    let by = [Post::Officer, Post::Organiser].map(|post| office.account(post).id());
    assert_eq!(recorded(0), ("the Ombudsman", "19/26", by[0].as_str()));
    assert_eq!(recorded(1), ("the bodies", "by phone", by[1].as_str()), "oldest first");
    assert_eq!(held.notifications[0].told_at.unwrap().seconds, earlier);
    let [told_at, at] = [held.notifications[1].told_at, held.notifications[1].at];
    assert!((0..60).contains(&(at.unwrap().seconds - told_at.unwrap().seconds)));
    assert_eq!(held.notes, [], "a notification is no note");

    let status = record(&office, Post::Auditor, told(1, "a", "b")).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "ROLE_FORBIDS");
    let future = proto::RecordNotificationRequest {
        told_at: Some(prost_types::Timestamp { seconds: earlier + 86_400, nanos: 0 }),
        ..told(1, "", &"r".repeat(101))
    };
    let status = record(&office, Post::Officer, future).await.unwrap_err();
    assert_eq!(fields(&status), ["whom", "told_at", "reference"]);
    let status = record(&office, Post::Officer, told(2, "a", "b")).await.unwrap_err();
    assert_refused(&status, Code::NotFound, "INCIDENT_UNKNOWN");

    let office = office.restarted().await;
    let closed = close(&office, 1, ["a", "b", "c"]).await.unwrap();
    assert_eq!(closed.notifications, held.notifications, "kept, and part of the closed record");
    let status = record(&office, Post::Officer, told(1, "a", "b")).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "INCIDENT_CLOSED");
    let entries = office.entries_of(&["incident_notified"]).await;
    let references: Vec<_> =
        entries.iter().map(|entry| event(entry)["reference"].clone()).collect();
    assert_eq!(references, ["19/26", "by phone"]);
    assert_eq!(event(&entries[0])["incident"], 1);
    let whom = |line: &str| ["Ombudsman", "bodies"].iter().any(|whom| line.contains(whom));
    assert!(!entries.iter().any(|entry| whom(&entry.line)), "the log has no texts");
    office.close().await;
}

type Change = fn(&mut proto::OpenIncidentRequest);

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_record_is_refused_with_the_field_named() {
    let office = Office::new().await;
    let table: [(Change, &[&str]); 12] = [
        (|it| it.kind = 0, &["kind"]),
        (|it| it.kind = 77, &["kind"]),
        (|it| it.title.clear(), &["title"]),
        (|it| it.title = "t".repeat(201), &["title"]),
        (|it| it.title = "a\nb".into(), &["title"]),
        (|it| it.description = " ".into(), &["description"]),
        (|it| it.description = "d".repeat(10_001), &["description"]),
        (
            |it| it.noticed_at = Some(prost_types::Timestamp { seconds: 1 << 36, nanos: 0 }),
            &["noticed_at"],
        ),
        (
            |it| it.noticed_at = Some(prost_types::Timestamp { seconds: 0, nanos: -1 }),
            &["noticed_at"],
        ),
        (|it| it.poll_ids = vec!["01890a5d-ac96-774b-bcce-b302099a8057".into()], &["poll_ids[0]"]),
        (|it| it.poll_ids = vec!["01890a5d-ac96-774b-bcce-b302099a8057".into(); 2], &["poll_ids"]),
        (
            |it| {
                it.title.clear();
                it.description.clear();
            },
            &["title", "description"],
        ),
    ];
    for (change, named) in table {
        let mut request = noticed("bad", &[]);
        change(&mut request);
        assert_eq!(fields(&open(&office, Post::Officer, request).await.unwrap_err()), named);
    }
    let status = open(&office, Post::Officer, noticed("bad", &["poll"])).await.unwrap_err();
    assert_refused(&status, Code::InvalidArgument, "POLL_ID_MALFORMED");
    assert_eq!(listed(&office, true).await, [0; 0]);

    open(&office, Post::Officer, noticed("good", &[])).await.unwrap();
    assert_eq!(fields(&note(&office, 1, "").await.unwrap_err()), ["text"]);
    assert_eq!(fields(&note(&office, 1, &"n".repeat(2_001)).await.unwrap_err()), ["text"]);
    let status = close(&office, 1, ["", " ", "done"]).await.unwrap_err();
    assert_eq!(fields(&status), ["cause", "consequences"]);
    for status in [
        note(&office, 2, "nothing").await.unwrap_err(),
        close(&office, 2, ["a", "b", "c"]).await.unwrap_err(),
    ] {
        assert_refused(&status, Code::NotFound, "INCIDENT_UNKNOWN");
    }
    let request = office.by(Post::Officer, proto::GetIncidentRequest { number: 0 });
    let status = office.incidents().get_incident(request).await.unwrap_err();
    assert_refused(&status, Code::NotFound, "INCIDENT_UNKNOWN");
    assert_eq!(listed(&office, false).await, [1], "it is open still");
    office.close().await;
}

async fn register_body_key(office: &Office) {
    let key = TestIssuer::new("body", "2026-1", [7; 32]).public_key_pem();
    let key = proto::BodyKey {
        body_code: Post::Initiator.body().to_owned(),
        key_id: "2026-1".to_owned(),
        public_key_pem: key,
        ..Default::default()
    };
    let request = proto::RegisterBodyKeyRequest { key: Some(key) };
    office.desk().register_body_key(office.by(Post::Operator, request)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_act_of_the_runbook_is_one_call_and_one_entry() {
    let mut office = Office::new().await;
    let poll = office.staff.open_new(&order("running", 3)).await;
    let filed = office.closed("over", 0).await.id;
    register_body_key(&office).await;
    let mut seen = office.entries_of(&[]).await.len();
    let mut news = async |office: &Office| {
        let entries = office.entries_of(&[]).await;
        let news = entries[seen..].to_vec();
        seen = entries.len();
        news
    };

    let request = proto::SuspendAllPollsRequest { reason: "an incident".to_owned() };
    let request = office.by(Post::Operator, request);
    let suspended = office.polls().suspend_all_polls(request).await.unwrap().into_inner();
    assert_eq!(suspended.poll_ids, [poll.as_str()], "those that were open");
    let entries = news(&office).await;
    assert_eq!(kinds(&entries), ["poll_suspended"]);
    assert_eq!(
        (&entries[0].poll_id, event(&entries[0])["reason"].clone()),
        (&poll, "an incident".into())
    );
    assert_ne!(entries[0].poll_id, filed);

    let request = proto::RevokeIssuerKeyRequest {
        issuer_id: "app".to_owned(),
        key_id: "vouched".to_owned(),
        reason: proto::RevocationReason::Compromised.into(),
        reference: "act 7".to_owned(),
    };
    let revoke = async |office: &Office| {
        let request = office.by(Post::Operator, request.clone());
        office.custody().revoke_issuer_key(request).await.unwrap().into_inner()
    };
    assert!(revoke(&office).await.known);
    let entries = news(&office).await;
    assert_eq!(kinds(&entries), ["issuer_key_revoked"]);
    assert_eq!(event(&entries[0])["reference"], "act 7");
    revoke(&office).await;
    assert_eq!(news(&office).await, [], "a second call changes nothing");

    let ended = office.withdraw(Post::Initiator).await;
    let entries = news(&office).await;
    assert_eq!(kinds(&entries), ["staff_withdrawn"]);
    assert_eq!(event(&entries[0])["number"], ended.number);

    let request = proto::RevokeBodyKeyRequest {
        body_code: Post::Initiator.body().to_owned(),
        key_id: "2026-1".to_owned(),
        reason: "COMPROMISED".to_owned(),
        reference: "act 8".to_owned(),
    };
    let request = office.by(Post::Operator, request);
    let revoked = office.desk().revoke_body_key(request).await.unwrap().into_inner().key.unwrap();
    assert!(revoked.revoked_at.is_some());
    let entries = news(&office).await;
    assert_eq!(kinds(&entries), ["body_key_revoked"]);
    assert_eq!(event(&entries[0])["reason"], "COMPROMISED");

    let request = proto::RotateWrappingKeyRequest { reference: "act 9".to_owned() };
    let request = office.by(Post::Operator, request);
    let rotated = office.custody().rotate_wrapping_key(request).await.unwrap().into_inner();
    assert!(rotated.previous_destroyed);
    let entries = news(&office).await;
    // The decision, and that it is done.
    assert_eq!(kinds(&entries), ["wrapping_key_rotation", "wrapping_key_replaced"]);
    assert_eq!([&entries[0].role, &entries[1].role], ["operator", "engine"]);
    assert_eq!(event(&entries[0])["reference"], "act 9");
    office.close().await;
}
