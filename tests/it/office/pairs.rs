//! Acts of two people: one proposes, another confirms within a day, and then it is done.

use holos::ground::clock::Clock;
use holos_wire::proto::{self, PollPhase, ProposalState, RevocationReason};
use jiff::{SignedDuration, Timestamp};
use tonic::{Code, Status};

use super::{Office, assert_refused, event, fields, kinds, metadata, order};
use crate::support::people::Custodian;
use crate::support::{Home, Post};

fn at_noon() -> Clock {
    Clock::manual("2026-11-23T10:00:00Z".parse::<Timestamp>().unwrap())
}

async fn propose_erasure(office: &Office, by: Post, poll: &str) -> Result<proto::Proposal, Status> {
    let request = proto::ErasePollRequest {
        poll_id: poll.to_owned(),
        ground: proto::ErasureGround::CourtOrder.into(),
        reference: "910/1/26".to_owned(),
    };
    let response = office.custody().erase_poll(office.by(by, request)).await?;
    Ok(response.into_inner().proposal.unwrap())
}

async fn confirm(
    office: &Office,
    by: Post,
    number: u64,
) -> Result<proto::ConfirmProposalResponse, Status> {
    let request = office.by(by, proto::ConfirmProposalRequest { number });
    Ok(office.desk().confirm_proposal(request).await?.into_inner())
}

async fn decline(office: &Office, by: Post, number: u64) -> Result<proto::Proposal, Status> {
    let request = office.by(by, proto::DeclineProposalRequest { number });
    Ok(office.desk().decline_proposal(request).await?.into_inner().proposal.unwrap())
}

async fn proposals(office: &Office, include_ended: bool) -> Vec<proto::Proposal> {
    let request = proto::ListProposalsRequest { include_ended };
    let listed = office.desk().list_proposals(office.by(Post::Auditor, request)).await.unwrap();
    listed.into_inner().proposals
}

async fn phase(office: &Office, poll: &str) -> PollPhase {
    let request = proto::GetPollRequest { poll_id: poll.to_owned() };
    let poll = office.polls().get_poll(office.by(Post::Organiser, request)).await.unwrap();
    poll.into_inner().poll.unwrap().phase()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_proposed_by_one_officer_and_done_by_another() {
    let mut office = Office::new().await;
    let poll = office.closed("erased", 0).await.id;
    let proposal = propose_erasure(&office, Post::Officer, &poll).await.unwrap();
    assert_eq!((proposal.number, proposal.act.as_str()), (1, "erase_poll"));
    assert_eq!((proposal.state(), &proposal.poll_id), (ProposalState::Waiting, &poll));
    assert_eq!(proposal.proposed_by, office.account(Post::Officer).id());
    assert_eq!(proposal.reference, "910/1/26");
    let seconds = |at: &Option<prost_types::Timestamp>| at.as_ref().unwrap().seconds;
    assert_eq!(seconds(&proposal.expires_at) - seconds(&proposal.proposed_at), 24 * 60 * 60);
    assert_eq!(phase(&office, &poll).await, PollPhase::Withheld, "nothing is done yet");
    // Proposed again, also by another: it is the one that waits.
    for post in [Post::Officer, Post::SecondOfficer] {
        assert_eq!(propose_erasure(&office, post, &poll).await.unwrap(), proposal);
    }
    assert_eq!(proposals(&office, false).await, std::slice::from_ref(&proposal));

    let status = confirm(&office, Post::Officer, 1).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "SAME_PERSON");
    for post in [Post::Operator, Post::Organiser] {
        let status = confirm(&office, post, 1).await.unwrap_err();
        assert_refused(&status, Code::PermissionDenied, "ROLE_FORBIDS");
        assert_eq!(metadata(&status)["action"], "erase_poll", "the act's own permission");
    }
    for post in [Post::Initiator, Post::Auditor] {
        let status = confirm(&office, post, 1).await.unwrap_err();
        assert_refused(&status, Code::PermissionDenied, "ROLE_FORBIDS");
        assert_eq!(metadata(&status)["action"], "confirm_proposal");
    }
    assert_eq!(phase(&office, &poll).await, PollPhase::Withheld);

    let done = confirm(&office, Post::SecondOfficer, 1).await.unwrap();
    let ended = done.proposal.unwrap();
    assert_eq!(ended.state(), ProposalState::Confirmed);
    assert_eq!(ended.ended_by, office.account(Post::SecondOfficer).id());
    assert_eq!(done.poll.unwrap().phase(), PollPhase::Erased);
    assert!(!done.record.is_empty() && !done.taken_out);
    assert_eq!(proposals(&office, false).await, []);
    assert_eq!(proposals(&office, true).await, [ended]);

    // Once: neither confirmed, nor declined, nor proposed again.
    let status = confirm(&office, Post::SecondOfficer, 1).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
    let status = confirm(&office, Post::Officer, 1).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
    let status = decline(&office, Post::Officer, 1).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
    let status = propose_erasure(&office, Post::Officer, &poll).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "POLL_WRONG_PHASE");
    let status = confirm(&office, Post::Officer, 2).await.unwrap_err();
    assert_refused(&status, Code::NotFound, "PROPOSAL_UNKNOWN");

    let entries = office.entries_of(&["act_proposed", "act_confirmed", "erasure_decided"]).await;
    assert_eq!(kinds(&entries), ["act_proposed", "act_confirmed", "erasure_decided"]);
    let by: Vec<_> = entries.iter().map(|entry| entry.account.as_str()).collect();
    let [first, second] =
        [Post::Officer, Post::SecondOfficer].map(|post| office.account(post).id());
    assert_eq!(by, [first.as_str(), &second, &second]);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_excision_takes_two_operators() {
    let mut office = Office::new().await;
    let poll = office.staff.open_new(&order("stuffed", 3)).await;
    office.cast(&poll, 0..20).await;
    let mut custodian = Custodian::of(&office.running.addresses).await;
    custodian.revoke("app", "vouched", RevocationReason::Compromised).await.unwrap();
    let request = proto::ExciseIssuerKeyRequest {
        poll_id: poll.clone(),
        issuer_id: "app".to_owned(),
        key_id: "vouched".to_owned(),
        reference: "act 8".to_owned(),
    };
    let request = office.by(Post::Operator, request);
    let proposal = office.custody().excise_issuer_key(request).await.unwrap().into_inner();
    let proposal = proposal.proposal.unwrap();
    assert_eq!(proposal.act, "excise_issuer_key");
    assert_eq!((proposal.issuer_id.as_str(), proposal.key_id.as_str()), ("app", "vouched"));
    let status = confirm(&office, Post::Operator, proposal.number).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "SAME_PERSON");
    let status = confirm(&office, Post::Officer, proposal.number).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "ROLE_FORBIDS");
    assert_eq!(metadata(&status)["action"], "excise_issuer_key");
    let done = confirm(&office, Post::SecondOperator, proposal.number).await.unwrap();
    assert!(done.taken_out && done.record.is_empty());
    assert_eq!(done.poll.unwrap().phase(), PollPhase::Open);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_entry_of_the_register_makes_nobody_a_second_person() {
    let mut office = Office::new().await;
    let poll = office.closed("alone", 0).await.id;
    let proposal = propose_erasure(&office, Post::Officer, &poll).await.unwrap();
    office.withdraw(Post::Officer).await;
    let status = confirm(&office, Post::Officer, proposal.number).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "UNDERTAKING_WITHDRAWN");
    let again = office.register_anew(Post::Officer, "u 2").await;
    assert_ne!(format!("staff-{}", again.number), proposal.proposed_by);
    let status = confirm(&office, Post::Officer, proposal.number).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
    // What somebody proposed who has left is nobody's proposal: the act is proposed anew, and by
    // the same person it is still the same person's.
    let status = confirm(&office, Post::SecondOfficer, proposal.number).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
    decline(&office, Post::SecondOfficer, proposal.number).await.unwrap();
    let proposal = propose_erasure(&office, Post::Officer, &poll).await.unwrap();
    let status = confirm(&office, Post::Officer, proposal.number).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "SAME_PERSON");
    confirm(&office, Post::SecondOfficer, proposal.number).await.unwrap();
    assert_eq!(phase(&office, &poll).await, PollPhase::Erased);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_proposal_is_never_done_and_can_be_made_again() {
    let mut office = Office::new().await;
    let poll = office.closed("declined", 0).await.id;
    // Taken back by whoever made it; declined by another of the same duty, and by no other.
    for (number, post) in [(1, Post::Officer), (2, Post::SecondOfficer)] {
        let proposal = propose_erasure(&office, Post::Officer, &poll).await.unwrap();
        assert_eq!(proposal.number, number);
        let status = decline(&office, Post::Operator, number).await.unwrap_err();
        assert_refused(&status, Code::PermissionDenied, "ROLE_FORBIDS");
        let declined = decline(&office, post, number).await.unwrap();
        assert_eq!(declined.state(), ProposalState::Declined);
        assert_eq!(declined.ended_by, office.account(post).id());
        let status = confirm(&office, Post::SecondOfficer, number).await.unwrap_err();
        assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
        let status = decline(&office, post, number).await.unwrap_err();
        assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
    }
    for post in [Post::Initiator, Post::Auditor] {
        let status = decline(&office, post, 1).await.unwrap_err();
        assert_refused(&status, Code::PermissionDenied, "ROLE_FORBIDS");
        assert_eq!(metadata(&status)["action"], "decline_proposal");
    }
    assert_eq!(phase(&office, &poll).await, PollPhase::Withheld);
    let declined = office.entries_of(&["act_declined"]).await;
    assert_eq!(
        declined.iter().map(event).map(|told| told["proposal"].clone()).collect::<Vec<_>>(),
        [1, 2]
    );
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_waits_for_a_day_and_not_a_second_longer() {
    let clock = at_noon();
    let mut office = Office::at(Home::new(), clock.clone()).await;
    let poll = office.closed("forgotten", 0).await.id;
    let first = propose_erasure(&office, Post::Officer, &poll).await.unwrap();
    clock.advance(SignedDuration::from_secs(24 * 60 * 60 - 1));
    office.running.engine().office.tick().await.unwrap();
    assert_eq!(proposals(&office, false).await, std::slice::from_ref(&first));
    clock.advance(SignedDuration::from_secs(1));
    let status = confirm(&office, Post::SecondOfficer, first.number).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
    let status = decline(&office, Post::SecondOfficer, first.number).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
    assert_eq!(proposals(&office, false).await, []);
    office.running.engine().office.tick().await.unwrap();
    // The engine's own look every quarter of a second may have been under way in place of ours.
    let expired = loop {
        let expired = office.entries_of(&["act_expired"]).await;
        if !expired.is_empty() {
            break expired;
        }
        office.running.engine().office.expire_proposals().await.unwrap();
    };
    assert_eq!((expired.len(), expired[0].account.as_str()), (1, "engine"));
    let held = proposals(&office, true).await;
    assert_eq!((held[0].state(), held[0].ended_by.as_str()), (ProposalState::Expired, "engine"));

    // Proposed again it has a day again, and the one before it stays ended.
    let second = propose_erasure(&office, Post::Officer, &poll).await.unwrap();
    assert_eq!(second.number, first.number + 1);
    confirm(&office, Post::SecondOfficer, second.number).await.unwrap();
    assert_eq!(phase(&office, &poll).await, PollPhase::Erased);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_the_two_people_loses_nothing() {
    let mut office = Office::new().await;
    let poll = office.closed("restarted", 0).await.id;
    let proposal = propose_erasure(&office, Post::Officer, &poll).await.unwrap();
    let office = office.restarted().await;
    assert_eq!(proposals(&office, false).await, std::slice::from_ref(&proposal));
    let status = confirm(&office, Post::Officer, proposal.number).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "SAME_PERSON");
    let done = confirm(&office, Post::SecondOfficer, proposal.number).await.unwrap();
    assert_eq!(done.poll.unwrap().phase(), PollPhase::Erased);
    let office = office.restarted().await;
    assert_eq!(proposals(&office, true).await, [done.proposal.unwrap()]);
    let status = confirm(&office, Post::SecondOfficer, proposal.number).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "PROPOSAL_ENDED");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_not_proposed() {
    let mut office = Office::new().await;
    let open = office.staff.open_new(&order("open", 3)).await;
    let status = propose_erasure(&office, Post::Officer, &open).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "POLL_WRONG_PHASE");
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    let status = propose_erasure(&office, Post::Officer, unknown).await.unwrap_err();
    assert_refused(&status, Code::NotFound, "POLL_UNKNOWN");
    let request = |ground: proto::ErasureGround, reference: &str| proto::ErasePollRequest {
        poll_id: open.clone(),
        ground: ground.into(),
        reference: reference.to_owned(),
    };
    for ground in [proto::ErasureGround::Unspecified, proto::ErasureGround::GracePeriodOver] {
        let asked = office.by(Post::Officer, request(ground, "1"));
        let status = office.custody().erase_poll(asked).await.unwrap_err();
        assert_refused(&status, Code::InvalidArgument, "ERASURE_GROUND_MISSING");
    }
    let asked = office.by(Post::Officer, request(proto::ErasureGround::CourtOrder, ""));
    assert_eq!(fields(&office.custody().erase_poll(asked).await.unwrap_err()), ["reference"]);
    let excision = proto::ExciseIssuerKeyRequest {
        poll_id: open.clone(),
        issuer_id: "app".to_owned(),
        key_id: "vouched".to_owned(),
        reference: "act 8".to_owned(),
    };
    let asked = office.by(Post::Operator, excision);
    let status = office.custody().excise_issuer_key(asked).await.unwrap_err();
    assert_refused(&status, Code::FailedPrecondition, "ISSUER_KEY_TRUSTED");
    assert_eq!(proposals(&office, true).await, []);
    assert_eq!(office.entries_of(&["act_proposed"]).await, []);
    office.close().await;
}
