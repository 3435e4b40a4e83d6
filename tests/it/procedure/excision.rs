//! A poll that waits for its initiator's consent when a part of its ballots is taken out.

use holos_wire::proto::custody_service_client::CustodyServiceClient;
use holos_wire::proto::{self, CloseReason, PollPhase};
use tonic::transport::Channel;

use super::results::{by_resolution_90, cast_aged};
use super::{Answered, Backend, Post, World, reason, told};

/// Takes out of a poll what came under the connection secret of `mirror`.
async fn excise_mirror(world: &mut World, poll: &str) {
    let endpoint = Channel::from_shared(format!("http://{}", world.running.addresses.staff));
    let mut custody = CustodyServiceClient::new(endpoint.unwrap().connect().await.unwrap());
    let (issuer_id, key_id) = ("mirror".to_owned(), "vouched".to_owned());
    let request = proto::RevokeIssuerKeyRequest {
        issuer_id: issuer_id.clone(),
        key_id: key_id.clone(),
        reason: proto::RevocationReason::Compromised.into(),
        reference: "act 7".to_owned(),
    };
    custody.revoke_issuer_key(world.staff.by(Post::Operator, request)).await.unwrap();
    let (poll_id, reference) = (poll.to_owned(), "act 8".to_owned());
    let request = proto::ExciseIssuerKeyRequest { poll_id, issuer_id, key_id, reference };
    let request = world.staff.by(Post::Operator, request);
    let proposal = custody.excise_issuer_key(request).await.unwrap().into_inner().proposal;
    let request = proto::ConfirmProposalRequest { number: proposal.unwrap().number };
    let request = world.staff.by(Post::SecondOperator, request);
    assert!(world.staff.desk.confirm_proposal(request).await.unwrap().into_inner().taken_out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_after_an_excision_that_left_too_few_publishes_nothing() {
    let mut world = World::new().await;
    let mut order = by_resolution_90(&world, "excised");
    order.publication.minimum_answers = 25;
    let poll = world.scheduled(&order).await;
    let counted = |answers: Vec<Answered>| answers.iter().all(|one| *one == Answered::Counted);
    assert!(counted(cast_aged(&mut world, &poll, 0..15, 14).await));
    world.app = Backend::vouched(&world.running.addresses, "mirror").await;
    assert!(counted(cast_aged(&mut world, &poll, 15..30, 14).await));
    let ended = world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
    assert_eq!(ended.withheld_reason, "NO_CONSENT");

    excise_mirror(&mut world, &poll).await;
    let consented = world.consent(&poll).await.unwrap();
    assert_eq!(consented.phase(), PollPhase::Withheld);
    assert_eq!(consented.withheld_reason, "TOO_FEW_ANSWERS");
    let status = world.staff.results(&poll).await.unwrap_err();
    assert_eq!(told(&status, "withheld_reason"), "TOO_FEW_ANSWERS");
    assert_eq!(reason(world.own_result(Post::Initiator, &poll).await), "RESULTS_WITHHELD");
    world = world.again().await;
    assert_eq!(world.get(&poll).await, consented, "and the engine starts");
    world.end().await;
}
