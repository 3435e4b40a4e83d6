//! `SubjectService`: what a voter may ask.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::ballots::domain_credential;
use super::polls::{engine_status, poll_id, unknown_poll, wire_notice, wire_text, wire_time};
use super::status::rejection_status;
use super::visitor::Visitor;
use crate::count::authenticate::Credential;
use crate::engine::{AskError, Counting};
use crate::ground::limits::ELIGIBLE_POLLS_MAX;
use crate::poll::{FixedText, MECHANISM, RIGHTS};
use crate::publish::PublicPoll;
use holos_wire::proto::subject_service_server::SubjectService;
use holos_wire::proto::{self, asker::Credential as WireCredential};

/// The service.
#[derive(Clone)]
pub(super) struct Subjects {
    counting: Arc<Counting>,
}

impl Subjects {
    /// The service over this engine.
    pub(super) fn new(counting: Arc<Counting>) -> Self {
        Self { counting }
    }
}

#[tonic::async_trait]
impl SubjectService for Subjects {
    async fn get_notice(
        &self,
        request: Request<proto::GetNoticeRequest>,
    ) -> Result<Response<proto::GetNoticeResponse>, Status> {
        let id = poll_id(&request.into_inner().poll_id)?;
        // An order is not public before its poll is scheduled.
        let poll = self.counting.public_poll(id).ok_or_else(unknown_poll)?;
        let order = poll.definition.order();
        Ok(Response::new(proto::GetNoticeResponse {
            poll_id: poll.id().to_string(),
            version: order.notice_version,
            notice: Some(wire_notice(&order.notice)),
            rights: RIGHTS.iter().map(wire_fixed).collect(),
        }))
    }

    async fn get_participation(
        &self,
        request: Request<proto::GetParticipationRequest>,
    ) -> Result<Response<proto::GetParticipationResponse>, Status> {
        let visitor = Visitor::of(&request);
        let caller = visitor.caller_or_status(&self.counting)?;
        let proto::GetParticipationRequest { poll_id: id, asker } = request.into_inner();
        let poll = poll_id(&id)?;
        let asked = self.counting.participates(&caller, visitor.conduct(), poll, credential(asker));
        let participation = if asked.await.map_err(|error| ask_status(&error))? {
            proto::Participation::Processed
        } else {
            proto::Participation::NotProcessed
        };
        let participation = participation.into();
        Ok(Response::new(proto::GetParticipationResponse { participation }))
    }

    async fn list_eligible_polls(
        &self,
        request: Request<proto::ListEligiblePollsRequest>,
    ) -> Result<Response<proto::ListEligiblePollsResponse>, Status> {
        let visitor = Visitor::of(&request);
        let caller = visitor.caller_or_status(&self.counting)?;
        let asker = request.into_inner().asker;
        let asked = self.counting.eligible_polls(&caller, visitor.conduct(), credential(asker));
        let mut polls = asked.await.map_err(|error| ask_status(&error))?;
        polls.truncate(ELIGIBLE_POLLS_MAX);
        let polls = polls.iter().map(|poll| wire_eligible(poll)).collect();
        Ok(Response::new(proto::ListEligiblePollsResponse { polls }))
    }

    async fn get_processing_mechanism(
        &self,
        _request: Request<proto::GetProcessingMechanismRequest>,
    ) -> Result<Response<proto::GetProcessingMechanismResponse>, Status> {
        let mechanism = Some(wire_fixed(&MECHANISM));
        Ok(Response::new(proto::GetProcessingMechanismResponse { mechanism }))
    }
}

fn credential(asker: Option<proto::Asker>) -> Credential {
    let credential = asker.and_then(|asker| asker.credential);
    domain_credential(credential.map(|credential| match credential {
        WireCredential::Token(token) => proto::ballot::Credential::Token(token),
        WireCredential::Voter(voter) => proto::ballot::Credential::Voter(voter),
    }))
}

fn wire_fixed(text: &FixedText) -> proto::LocalizedText {
    proto::LocalizedText { uk: text.uk.to_owned(), en: text.en.to_owned() }
}

fn wire_eligible(poll: &PublicPoll) -> proto::EligiblePoll {
    let order = poll.definition.order();
    proto::EligiblePoll {
        poll_id: poll.id().to_string(),
        title: Some(wire_text(&order.title)),
        notice_version: order.notice_version,
        opened_at: poll.opened_at.map(wire_time),
    }
}

fn ask_status(error: &AskError) -> Status {
    match error {
        AskError::Refused(rejection) => rejection_status(*rejection, []),
        AskError::Engine(error) => engine_status(error),
    }
}
