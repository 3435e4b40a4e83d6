//! Who may do what: every method of the staff listener, asked by every role and by the bootstrap
//! token, against the one table.
//!
//! The methods are called with empty messages, which none of them carries out: what is looked at is
//! whether a call gets past the door.

use std::collections::BTreeSet;

use holos::staff::{Action, Role, permission};
use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

use super::{Office, assert_refused, metadata};
use crate::support::Post;
use crate::support::home::STAFF_TOKEN;
use crate::support::people::bearer;

/// Every method of the staff listener, and the action that it takes; `None`: whoever has access.
const METHODS: [(&str, &str, Option<Action>); 51] = [
    ("PollService", "SubmitOrder", Some(Action::FileOrder)),
    ("PollService", "CorrectOrder", Some(Action::CorrectOrder)),
    ("PollService", "ReturnOrder", Some(Action::ReturnOrder)),
    ("PollService", "WithdrawOrder", Some(Action::WithdrawOrder)),
    ("PollService", "ApproveOrder", Some(Action::ApproveOrder)),
    ("PollService", "SchedulePoll", Some(Action::SchedulePoll)),
    ("PollService", "SuspendPoll", Some(Action::SuspendPoll)),
    ("PollService", "SuspendAllPolls", Some(Action::SuspendPoll)),
    ("PollService", "ResumePoll", Some(Action::ResumePoll)),
    ("PollService", "ExtendPoll", Some(Action::ExtendPoll)),
    ("PollService", "EndPoll", Some(Action::EndPoll)),
    ("PollService", "GiveConsent", Some(Action::GiveConsent)),
    ("PollService", "WithdrawConsent", Some(Action::WithdrawConsent)),
    ("PollService", "AttachDecision", Some(Action::AttachDecision)),
    ("PollService", "GetPoll", Some(Action::ReadOrders)),
    ("PollService", "ListPolls", Some(Action::ReadOrders)),
    ("PollService", "GetOrderHistory", Some(Action::ReadOrders)),
    ("PollService", "ListProfiles", Some(Action::ReadOrders)),
    ("PollService", "GetOwnResult", Some(Action::ReadOwnResult)),
    ("PollService", "GetTurnout", Some(Action::ReadTurnout)),
    ("PollService", "GetAnswerSheet", Some(Action::ReadSheet)),
    ("CustodyService", "RevokeIssuerKey", Some(Action::RevokeIssuerKey)),
    ("CustodyService", "ListRevocations", Some(Action::ListRevocations)),
    ("CustodyService", "ExciseIssuerKey", Some(Action::ExciseIssuerKey)),
    ("CustodyService", "RotateWrappingKey", Some(Action::RotateWrappingKey)),
    ("CustodyService", "ErasePoll", Some(Action::ErasePoll)),
    ("CustodyService", "ConfirmErasures", Some(Action::ConfirmErasures)),
    ("CustodyService", "ReleaseHeldBack", Some(Action::ReleaseHeldBack)),
    ("StaffService", "RegisterStaff", Some(Action::RegisterStaff)),
    ("StaffService", "WithdrawStaff", Some(Action::RevokeStaff)),
    ("StaffService", "ListStaff", Some(Action::ListStaff)),
    ("StaffService", "WhoAmI", None),
    ("StaffService", "RegisterBodyKey", Some(Action::RegisterBodyKey)),
    ("StaffService", "RevokeBodyKey", Some(Action::RevokeBodyKey)),
    ("StaffService", "ListBodyKeys", Some(Action::ListBodyKeys)),
    ("StaffService", "ListProposals", Some(Action::ListProposals)),
    ("StaffService", "ConfirmProposal", Some(Action::ConfirmProposal)),
    ("StaffService", "DeclineProposal", Some(Action::DeclineProposal)),
    ("AuditService", "ListEntries", Some(Action::ReadAudit)),
    ("AuditService", "ExportLog", Some(Action::ReadAudit)),
    ("AuditService", "GetHead", Some(Action::ReadAudit)),
    ("IncidentService", "OpenIncident", Some(Action::OpenIncident)),
    ("IncidentService", "NoteIncident", Some(Action::NoteIncident)),
    ("IncidentService", "RecordNotification", Some(Action::RecordNotification)),
    ("IncidentService", "CloseIncident", Some(Action::CloseIncident)),
    ("IncidentService", "GetIncident", Some(Action::ListIncidents)),
    ("IncidentService", "ListIncidents", Some(Action::ListIncidents)),
    ("RequestService", "FileRequest", Some(Action::FileRequest)),
    ("RequestService", "ExtendRequest", Some(Action::AnswerRequest)),
    ("RequestService", "AnswerRequest", Some(Action::AnswerRequest)),
    ("RequestService", "ListRequests", Some(Action::ListRequests)),
];

/// Services that are not for staff.
const OTHERS: [&str; 4] = ["BallotService", "SubjectService", "PollFeedService", "ResultsService"];

/// What the door says to those whom it does not let in.
const DOOR: [&str; 5] = [
    "STAFF_TOKEN_INVALID",
    "STAFF_UNREGISTERED",
    "UNDERTAKING_WITHDRAWN",
    "ROLE_FORBIDS",
    "CERTIFICATE_UNTRUSTED",
];

/// One person of each role.
const ROLES: [(Post, Role); 5] = [
    (Post::Initiator, Role::Initiator),
    (Post::Organiser, Role::Organiser),
    (Post::Operator, Role::Operator),
    (Post::Auditor, Role::Auditor),
    (Post::Officer, Role::DataProtectionOfficer),
];

/// Calls a method with an empty message and reads nothing of its answer.
async fn call(
    line: &Channel,
    service: &str,
    method: &str,
    request: Request<()>,
) -> Result<(), Status> {
    let path = format!("/holos.v1.{service}/{method}").parse::<PathAndQuery>().unwrap();
    let mut client = Grpc::new(line.clone());
    client.ready().await.unwrap();
    let codec = ProstCodec::<(), ()>::default();
    client.unary(request, path, codec).await.map(|_| ())
}

/// Fails unless the call got past the door.
#[track_caller]
fn assert_past_the_door(answer: &Result<(), Status>, asked: &str) {
    let Err(status) = answer else { return };
    let info = status.get_details_error_info();
    let info = info.unwrap_or_else(|| panic!("{asked}: without a reason: {status:?}"));
    assert!(!DOOR.contains(&info.reason.as_str()), "{asked}: {status:?}");
}

#[track_caller]
fn assert_role_forbids(answer: Result<(), Status>, action: Action, role: &str, asked: &str) {
    let status = answer.expect_err(asked);
    assert_refused(&status, Code::PermissionDenied, "ROLE_FORBIDS");
    let told = metadata(&status);
    let told: Vec<_> = told.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(told, [("action", action.name()), ("role", role)], "{asked}");
}

#[test]
fn every_method_of_the_staff_listener_stands_in_the_matrix_and_every_action_has_one() {
    let set = prost_types::FileDescriptorSet::decode(holos_wire::DESCRIPTORS).unwrap();
    let ours = set.file.iter().filter(|file| file.package() == "holos.v1");
    let services = ours.flat_map(|file| &file.service);
    let declared: BTreeSet<_> = services
        .filter(|service| !OTHERS.contains(&service.name()))
        .flat_map(|service| service.method.iter().map(|method| (service.name(), method.name())))
        .collect();
    let listed: BTreeSet<_> =
        METHODS.iter().map(|(service, method, _)| (*service, *method)).collect();
    assert_eq!(declared, listed);
    assert_eq!(listed.len(), METHODS.len(), "each once");
    let actions: BTreeSet<_> = METHODS.iter().filter_map(|(_, _, action)| *action).collect();
    assert_eq!(actions, BTreeSet::from(Action::ALL));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_gets_past_the_door_exactly_where_the_table_says_so() {
    let office = Office::new().await;
    let before = office.entries_of(&[]).await;
    for (service, method, action) in METHODS {
        for (post, role) in ROLES {
            let asked = format!("{method} by {}", role.name());
            let answer = call(&office.line, service, method, office.by(post, ())).await;
            match action {
                Some(action) if permission(role, action).is_none() => {
                    assert_role_forbids(answer, action, role.name(), &asked);
                }
                _ => assert_past_the_door(&answer, &asked),
            }
        }
    }
    assert_eq!(office.entries_of(&[]).await, before, "nobody decided anything");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bootstrap_token_opens_the_staff_register_and_nothing_else() {
    let office = Office::new().await;
    for (service, method, action) in METHODS {
        let answer = call(&office.line, service, method, bearer((), STAFF_TOKEN)).await;
        match action {
            Some(Action::RegisterStaff | Action::RevokeStaff | Action::ListStaff) => {
                assert_past_the_door(&answer, method);
            }
            Some(action) => assert_role_forbids(answer, action, "bootstrap", method),
            // It is nobody.
            None => {
                let status = answer.unwrap_err();
                assert_refused(&status, Code::Unauthenticated, "STAFF_UNREGISTERED");
            }
        }
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_nothing_gets_nowhere() {
    let office = Office::new().await;
    for (service, method, _) in METHODS {
        let status = call(&office.line, service, method, Request::new(())).await.unwrap_err();
        assert_refused(&status, Code::Unauthenticated, "STAFF_TOKEN_INVALID");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_told_who_they_are_and_what_they_may_do() {
    let office = Office::new().await;
    for (post, role) in ROLES {
        let request = office.by(post, holos_wire::proto::WhoAmIRequest {});
        let told = office.desk().who_am_i(request).await.unwrap().into_inner();
        let account = told.account.unwrap();
        assert_eq!((account.role(), account.token_subject), (post.role(), post.subject()));
        let may = |action: &Action| permission(role, *action).is_some();
        let actions: Vec<_> = Action::ALL.into_iter().filter(may).map(Action::name).collect();
        assert_eq!(told.actions, actions);
    }
    office.close().await;
}
