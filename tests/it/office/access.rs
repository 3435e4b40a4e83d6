//! Access exists while an undertaking is registered, and ends at once (L8, L9, annex 3).

use holos::engine::{
    BodyKeyError, Filing, IncidentError, IssuerKeyName, KeyRoomError, MoveError, OrderError,
    ProposeError, RequestError, StaffError,
};
use holos::engine::{ConfirmError, IncomingRequest};
use holos::poll::RevocationReason;
use holos::poll::{CloseReason, ErasureGround, PollId};
use holos::staff::{
    Account, Act, BodyKeyReason, Denied, IncidentKind, NewIncident, Permit, RequestKind,
    WithdrawalReason, acts, permit,
};
use holos_wire::proto;
use tonic::{Code, Status};

use super::{Office, assert_refused, event, fields, kinds, metadata, order};
use crate::support::Post;
use crate::support::home::STAFF_TOKEN;
use crate::support::people::bearer;

async fn listed(office: &Office, all: bool) -> Vec<proto::StaffAccount> {
    let request = proto::ListStaffRequest { include_withdrawn: all };
    let listed = office.desk().list_staff(office.by(Post::Auditor, request)).await.unwrap();
    listed.into_inner().accounts
}

async fn register(office: &Office, account: Option<proto::StaffAccount>) -> Result<u32, Status> {
    let request = office.by(Post::Officer, proto::RegisterStaffRequest { account });
    let response = office.desk().register_staff(request).await?.into_inner();
    Ok(response.account.unwrap().number)
}

async fn can_list(office: &Office, post: Post) -> Result<(), Status> {
    let request = office.by(post, proto::ListPollsRequest::default());
    office.polls().list_polls(request).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_account_is_out_with_its_next_call_and_for_good() {
    let office = Office::new().await;
    can_list(&office, Post::Organiser).await.unwrap();
    let number = office.account(Post::Organiser).number;
    let ended = office.withdraw(Post::Organiser).await;
    assert_eq!(ended.number, number);
    assert_eq!(ended.withdrawal_reason(), proto::WithdrawalReason::Transfer);
    assert_eq!(ended.withdrawal_reference, "order 12");
    assert_eq!(ended.withdrawn_by, office.account(Post::SecondOfficer).id());
    let seconds = |at: Option<prost_types::Timestamp>| at.unwrap().seconds;
    assert!(seconds(ended.withdrawn_at) >= seconds(ended.registered_at));

    // The token still lives; the account does not.
    let status = can_list(&office, Post::Organiser).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "UNDERTAKING_WITHDRAWN");
    let request = office.by(Post::Organiser, proto::WhoAmIRequest {});
    let status = office.desk().who_am_i(request).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "UNDERTAKING_WITHDRAWN");
    // Also what its role never did: who is out hears that, and nothing of roles.
    let request = office.by(Post::Organiser, proto::GetHeadRequest {});
    let status = office.log().get_head(request).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "UNDERTAKING_WITHDRAWN");

    // Again, with other words: the first record stands.
    let request = proto::WithdrawStaffRequest {
        number,
        reason: proto::WithdrawalReason::Incident.into(),
        reference: "order 13".to_owned(),
    };
    let again = office.desk().withdraw_staff(office.by(Post::Officer, request)).await.unwrap();
    assert_eq!(again.into_inner().account.unwrap(), ended);
    let withdrawn = office.entries_of(&["staff_withdrawn"]).await;
    assert_eq!(withdrawn.len(), 1, "of two calls one changed something");
    let told = event(&withdrawn[0]);
    assert_eq!(told["number"], number);
    assert_eq!((&told["reason"], &told["reference"]), (&"TRANSFER".into(), &"order 12".into()));
    assert_eq!(withdrawn[0].role, "data-protection-officer");

    let office = office.restarted().await;
    let status = can_list(&office, Post::Organiser).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "UNDERTAKING_WITHDRAWN");
    can_list(&office, Post::SecondOrganiser).await.unwrap();
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_gives_a_new_undertaking_and_gets_a_new_entry() {
    let office = Office::new().await;
    let first = office.withdraw(Post::Organiser).await;
    let old = Post::Organiser.account();
    let status = register(&office, Some(old)).await.unwrap_err();
    assert_eq!(fields(&status), ["account.undertaking_reference"]);
    let second = office.register_anew(Post::Organiser, "u 2").await;
    assert!(second.number > first.number);
    can_list(&office, Post::Organiser).await.unwrap();
    let all = listed(&office, true).await;
    let own: Vec<_> =
        all.iter().filter(|held| held.token_subject == Post::Organiser.subject()).collect();
    assert_eq!(own, [&first, &second]);
    assert_eq!(listed(&office, false).await.len(), Post::ALL.len());

    let office = office.restarted().await;
    assert_eq!(listed(&office, true).await, all);
    can_list(&office, Post::Organiser).await.unwrap();
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_register_has_the_columns_of_annex_3() {
    let office = Office::new().await;
    let listed = listed(&office, false).await;
    let numbers: Vec<_> = listed.iter().map(|held| held.number).collect();
    assert_eq!(numbers, (1..=9).collect::<Vec<_>>(), "by number, from 1");
    for (held, post) in listed.iter().zip(Post::ALL) {
        assert!(held.registered_at.is_some());
        let expected = proto::StaffAccount {
            number: held.number,
            registered_at: held.registered_at,
            registered_by: "bootstrap".to_owned(),
            ..post.account()
        };
        assert_eq!(*held, expected);
    }
    let registered = office.entries_of(&["staff_registered"]).await;
    assert_eq!(registered.len(), 9);
    let told = event(&registered[0]);
    assert_eq!(told["undertaking"], "u initiator");
    assert_eq!((&told["role"], &told["body"]), (&"initiator".into(), &"43220851".into()));
    assert!(registered.iter().all(|entry| entry.account == "bootstrap"));
    // The log tells the number of an entry; name and sign-in stand in the register alone.
    assert!(registered.iter().all(|entry| !entry.line.contains("Test Person")));
    assert!(registered.iter().all(|entry| !entry.line.contains("\"office\"")));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_credential_signs_in_for_one_account() {
    let office = Office::new().await;
    let account = proto::StaffAccount {
        role: proto::StaffRole::Auditor.into(),
        undertaking_reference: "u 2".to_owned(),
        ..Post::Organiser.account()
    };
    let status = register(&office, Some(account)).await.unwrap_err();
    assert_refused(&status, Code::AlreadyExists, "CREDENTIAL_TAKEN");
    assert_eq!(listed(&office, true).await.len(), Post::ALL.len());
    office.close().await;
}

type Change = fn(&mut proto::StaffAccount);

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_entry_is_refused_with_the_field_named() {
    let office = Office::new().await;
    let table: [(Change, &[&str]); 16] = [
        (|it| it.undertaking_date = "9999-12-30".into(), &["account.undertaking_date"]),
        (|it| it.undertaking_date = "22.11.2026".into(), &["account.undertaking_date"]),
        (|it| it.undertaking_date.clear(), &["account.undertaking_date"]),
        (|it| it.undertaking_reference.clear(), &["account.undertaking_reference"]),
        (|it| it.undertaking_reference = "u".repeat(101), &["account.undertaking_reference"]),
        (|it| it.body_code = "1234567".into(), &["account.body_code"]),
        (|it| it.body_code = "4322085x".into(), &["account.body_code"]),
        (|it| it.name = " ".into(), &["account.name"]),
        (|it| it.position = "a\nb".into(), &["account.position"]),
        (|it| it.unit = "u".repeat(201), &["account.unit"]),
        (|it| it.role = 0, &["account.role"]),
        (|it| it.role = 77, &["account.role"]),
        (|it| it.token_subject.clear(), &["account.token_subject"]),
        (|it| it.token_issuer = "an issuer".into(), &["account.token_issuer"]),
        (|it| it.certificate_name = "both.example".into(), &["account"]),
        (
            |it| {
                it.name.clear();
                it.body_code.clear();
            },
            &["account.name", "account.body_code"],
        ),
    ];
    for (change, named) in table {
        let mut account = proto::StaffAccount {
            token_subject: "new".to_owned(),
            undertaking_reference: "u new".to_owned(),
            ..Post::Auditor.account()
        };
        change(&mut account);
        let status = register(&office, Some(account)).await.unwrap_err();
        assert_eq!(fields(&status), named);
    }
    assert_eq!(fields(&register(&office, None).await.unwrap_err()), ["account"]);
    let nobody = proto::StaffAccount {
        token_issuer: String::new(),
        token_subject: String::new(),
        ..Post::Auditor.account()
    };
    assert_eq!(fields(&register(&office, Some(nobody)).await.unwrap_err()), ["account"]);
    assert_eq!(listed(&office, true).await.len(), Post::ALL.len());

    for (number, reason, reference, named) in
        [(1, 0, "order 1", Some("reason")), (1, 4, "", Some("reference")), (99, 4, "order 1", None)]
    {
        let reference = reference.to_owned();
        let request = proto::WithdrawStaffRequest { number, reason, reference };
        let status = office.desk().withdraw_staff(office.by(Post::Officer, request)).await;
        let status = status.unwrap_err();
        match named {
            Some(field) => assert_eq!(fields(&status), [field]),
            None => assert_refused(&status, Code::NotFound, "STAFF_UNKNOWN"),
        }
    }
    assert_eq!(office.entries_of(&["staff_withdrawn"]).await, []);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_officer_can_leave_and_the_bootstrap_token_makes_another() {
    let office = Office::new().await;
    office.withdraw(Post::Officer).await;
    let own = office.withdraw(Post::SecondOfficer).await;
    assert_eq!(own.withdrawn_by, format!("staff-{}", own.number), "its own access");
    let account =
        proto::StaffAccount { undertaking_reference: "u 2".to_owned(), ..Post::Officer.account() };
    let message = proto::RegisterStaffRequest { account: Some(account) };
    let status = office.desk().register_staff(office.by(Post::Officer, message.clone())).await;
    assert_refused(&status.unwrap_err(), Code::PermissionDenied, "UNDERTAKING_WITHDRAWN");
    office.desk().register_staff(bearer(message, STAFF_TOKEN)).await.unwrap();
    let request = office.by(Post::Officer, proto::ListRequestsRequest::default());
    office.requests().list_requests(request).await.unwrap();
    office.close().await;
}

/// What a call has when it got past the door and waits for its turn.
fn admitted<A: Act>(account: &Account, act: A) -> Permit<A> {
    permit(account, act).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_for_its_turn_while_access_ends_does_nothing() {
    let mut office = Office::new().await;
    let open = office.staff.open_new(&order("open", 3)).await;
    let closed = office.closed("closed", 0).await.id;
    let [open, closed]: [PollId; 2] = [open, closed].map(|id| id.parse().unwrap());
    let [initiator, organiser, operator, officer] =
        [Post::Initiator, Post::Organiser, Post::Operator, Post::Officer]
            .map(|post| office.account(post));
    let permits = (
        admitted(&initiator, acts::FileOrder),
        admitted(&initiator, acts::GiveConsent),
        admitted(&organiser, acts::SuspendPoll),
        admitted(&organiser, acts::EndPoll),
        admitted(&organiser, acts::OpenIncident),
        admitted(&operator, acts::RevokeBodyKey),
        admitted(&officer, acts::RevokeStaff),
        admitted(&officer, acts::ErasePoll),
        admitted(&officer, acts::ConfirmProposal),
        admitted(&officer, acts::FileRequest),
    );
    for post in [Post::Initiator, Post::Organiser, Post::Operator, Post::Officer] {
        office.withdraw(post).await;
    }
    let before = office.entries_of(&[]).await;
    let (file, consent, suspend, end, incident, key, revoke, erase, confirm, request) = permits;
    let engine = &office.running.engine().office;
    let mut ordered = order("late", 3);
    ordered.opens_at = "2099-03-02T09:00[Europe/Kyiv]".to_owned();
    ordered.closes_at = "2099-03-07T18:00[Europe/Kyiv]".to_owned();
    let filing = Filing { order: ordered, draft: false, jws: None, state_signature: Vec::new() };
    let late = || "late".to_owned();

    let answer = engine.submit_order(&file, filing).await;
    assert!(matches!(answer, Err(OrderError::Denied(Denied::Withdrawn))));
    let answer = engine.give_consent(&consent, open, late()).await;
    assert!(matches!(answer, Err(MoveError::Denied(Denied::Withdrawn))));
    let answer = engine.suspend_poll(&suspend, open, late()).await;
    assert!(matches!(answer, Err(MoveError::Denied(Denied::Withdrawn))));
    let answer = engine.suspend_all(&suspend, late()).await;
    assert!(matches!(answer, Err(MoveError::Denied(Denied::Withdrawn))));
    let answer = engine.end_poll(&end, open, CloseReason::TechnicalError, String::new()).await;
    assert!(matches!(answer, Err(MoveError::Denied(Denied::Withdrawn))));
    let noticed = NewIncident {
        noticed_at: office.clock.now(),
        kind: IncidentKind::Other,
        title: late(),
        description: late(),
        polls: Vec::new(),
    };
    let answer = engine.open_incident(&incident, noticed).await;
    assert!(matches!(answer, Err(IncidentError::Denied(Denied::Withdrawn))));
    let answer =
        engine.revoke_body_key(&key, "43220851", "k", BodyKeyReason::Compromised, late()).await;
    assert!(matches!(answer, Err(BodyKeyError::Denied(Denied::Withdrawn))));
    let answer = engine.withdraw_staff(&revoke, 8, WithdrawalReason::Transfer, late()).await;
    assert!(matches!(answer, Err(StaffError::Denied(Denied::Withdrawn))));
    let answer = engine.propose_erasure(&erase, closed, ErasureGround::CourtOrder, late()).await;
    assert!(matches!(answer, Err(ProposeError::Denied(Denied::Withdrawn))));
    let answer = engine.confirm_proposal(&confirm, &officer, 1).await;
    let denied = Denied::Withdrawn;
    assert!(matches!(answer, Err(ConfirmError::Denied { denied: held, .. }) if held == denied));
    let incoming = IncomingRequest {
        kind: RequestKind::DataSubject,
        reference: late(),
        received_on: None,
        poll: None,
        subject_matter: late(),
    };
    let answer = engine.file_request(&request, incoming).await;
    assert!(matches!(answer, Err(RequestError::Denied(Denied::Withdrawn))));
    assert_eq!(office.entries_of(&[]).await, before, "nothing was decided");
    office.close().await;
}

/// The keys too: a stolen operator's account must not get one more act in.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_the_key_room_that_waits_while_access_ends_does_nothing() {
    let office = Office::new().await;
    let operator = office.account(Post::Operator);
    let revoke = admitted(&operator, acts::RevokeIssuerKey);
    let rotate = admitted(&operator, acts::RotateWrappingKey);
    office.withdraw(Post::Operator).await;
    let engine = &office.running.engine().office;
    let key = IssuerKeyName { issuer: "app".to_owned(), key_id: "vouched".to_owned() };
    let reason = RevocationReason::Compromised;
    let _refused = engine.revoke_issuer_key(&revoke, key, reason, "late".to_owned()).await;
    let _refused: Result<_, KeyRoomError> =
        engine.rotate_wrapping_key(&rotate, "late".to_owned()).await.map(drop);
    let entries = office.entries_of(&[]).await;
    assert_eq!(kinds(&entries).last(), Some(&"staff_withdrawn"), "nothing after it");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_forbids_is_told_apart_from_a_body_that_is_foreign() {
    let office = Office::new().await;
    let request = office.by(Post::Auditor, proto::SuspendPollRequest::default());
    let status = office.polls().suspend_poll(request).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "ROLE_FORBIDS");
    assert_eq!(metadata(&status)["action"], "suspend_poll");
    office.close().await;
}
