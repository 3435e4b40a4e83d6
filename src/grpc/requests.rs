//! `RequestService`: requests of data subjects and for public information.

use std::sync::Arc;

use holos_reasons::Reason;
use jiff::civil::Date;
use tonic::{Request as Call, Response, Status};

use super::door::{Door, denied_status};
use super::fields::{date, fields_status, fitting, invalid};
use super::polls::{engine_status, poll_id, to_the_end};
use super::status::status;
use crate::engine::{IncomingRequest, Office, RequestError};
use crate::staff::{Action, Outcome, Request, RequestKind, RequestStatus, acts, date_in_kyiv};
use holos_wire::proto;
use holos_wire::proto::request_service_server::RequestService;

/// The register's names of fields, and the wire's.
const REQUEST_FIELDS: [(&str, &str); 2] =
    [("poll", "poll_id"), ("outgoing_reference", "answer_reference")];

/// The service.
pub(super) struct RequestDesk {
    office: Arc<Office>,
    door: Arc<Door>,
}

impl RequestDesk {
    /// The service over this office, behind the door.
    pub(super) fn new(office: Arc<Office>, door: Arc<Door>) -> Self {
        Self { office, door }
    }

    fn today(&self) -> Date {
        date_in_kyiv(self.office.now())
    }
}

#[tonic::async_trait]
impl RequestService for RequestDesk {
    async fn file_request(
        &self,
        request: Call<proto::FileRequestRequest>,
    ) -> Result<Response<proto::FileRequestResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::FileRequest)?;
        let kind = domain_kind(request.kind())?;
        let received_on = match request.received_on.as_str() {
            "" => None,
            text => Some(date(text, "received_on")?),
        };
        let poll = match request.poll_id.as_str() {
            "" => None,
            text => Some(poll_id(text)?),
        };
        let proto::FileRequestRequest { reference, subject_matter, .. } = request;
        let incoming = IncomingRequest { kind, reference, received_on, poll, subject_matter };
        let filed = to_the_end(&self.office, move |office| async move {
            office.file_request(&permit, incoming).await
        });
        let request = filed.await?.map_err(|error| request_status(error, Action::FileRequest))?;
        let request = Some(wire_request(request, self.today()));
        Ok(Response::new(proto::FileRequestResponse { request }))
    }

    async fn extend_request(
        &self,
        request: Call<proto::ExtendRequestRequest>,
    ) -> Result<Response<proto::ExtendRequestResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::AnswerRequest)?;
        let proto::ExtendRequestRequest { number, reason } = request;
        let extended = to_the_end(&self.office, move |office| async move {
            office.extend_request(&permit, number, &reason).await
        });
        let request =
            extended.await?.map_err(|error| request_status(error, Action::AnswerRequest))?;
        let request = Some(wire_request(request, self.today()));
        Ok(Response::new(proto::ExtendRequestResponse { request }))
    }

    async fn answer_request(
        &self,
        request: Call<proto::AnswerRequestRequest>,
    ) -> Result<Response<proto::AnswerRequestResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::AnswerRequest)?;
        let outcome = domain_outcome(request.outcome())?;
        let proto::AnswerRequestRequest { number, answer_reference, .. } = request;
        let answered = to_the_end(&self.office, move |office| async move {
            office.answer_request(&permit, number, outcome, answer_reference).await
        });
        let request =
            answered.await?.map_err(|error| request_status(error, Action::AnswerRequest))?;
        let request = Some(wire_request(request, self.today()));
        Ok(Response::new(proto::AnswerRequestResponse { request }))
    }

    async fn list_requests(
        &self,
        request: Call<proto::ListRequestsRequest>,
    ) -> Result<Response<proto::ListRequestsResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ListRequests)?;
        let today = self.today();
        let requests = self.office.requests(&permit, request.include_answered).into_iter();
        let requests = fitting(requests.map(|request| wire_request(request, today)));
        Ok(Response::new(proto::ListRequestsResponse { requests }))
    }
}

fn domain_kind(kind: proto::RequestKind) -> Result<RequestKind, Status> {
    match kind {
        proto::RequestKind::DataSubject => Ok(RequestKind::DataSubject),
        proto::RequestKind::PublicInformation => Ok(RequestKind::PublicInformation),
        proto::RequestKind::Unspecified => {
            Err(invalid("kind", "must be DATA_SUBJECT or PUBLIC_INFORMATION"))
        }
    }
}

fn domain_outcome(outcome: proto::RequestOutcome) -> Result<Outcome, Status> {
    match outcome {
        proto::RequestOutcome::Satisfied => Ok(Outcome::Satisfied),
        proto::RequestOutcome::Refused => Ok(Outcome::Refused),
        proto::RequestOutcome::Forwarded => Ok(Outcome::Forwarded),
        proto::RequestOutcome::Unspecified => {
            Err(invalid("outcome", "must be SATISFIED, REFUSED or FORWARDED"))
        }
    }
}

/// A request as it stands on this day.
fn wire_request(request: Request, today: Date) -> proto::InformationRequest {
    let state = match request.status(today) {
        RequestStatus::Open => proto::RequestState::Open,
        RequestStatus::DueSoon => proto::RequestState::DueSoon,
        RequestStatus::Overdue => proto::RequestState::Overdue,
        RequestStatus::Answered => proto::RequestState::Answered,
    };
    let kind = match request.kind {
        RequestKind::DataSubject => proto::RequestKind::DataSubject,
        RequestKind::PublicInformation => proto::RequestKind::PublicInformation,
    };
    let mut wire = proto::InformationRequest {
        number: request.number,
        kind: kind.into(),
        reference: request.reference,
        received_on: request.received_on.to_string(),
        poll_id: request.poll.map(|poll| poll.to_string()).unwrap_or_default(),
        subject_matter: request.subject_matter,
        due_on: request.due_on.to_string(),
        extension_reason: request.extended.map(|extended| extended.reason).unwrap_or_default(),
        state: state.into(),
        ..proto::InformationRequest::default()
    };
    if let Some(answered) = request.answered {
        let outcome = match answered.outcome {
            Outcome::Satisfied => proto::RequestOutcome::Satisfied,
            Outcome::Refused => proto::RequestOutcome::Refused,
            Outcome::Forwarded => proto::RequestOutcome::Forwarded,
        };
        wire.answered_on = answered.on.to_string();
        wire.answered_by = answered.by;
        wire.outcome = outcome.into();
        wire.answer_reference = answered.outgoing_reference;
    }
    wire
}

fn request_status(error: RequestError, action: Action) -> Status {
    match error {
        RequestError::Fields(broken) => fields_status(&broken, &REQUEST_FIELDS),
        RequestError::Unknown => status(Reason::RequestUnknown, []),
        RequestError::Answered => status(Reason::RequestAnswered, []),
        RequestError::NotExtendable => status(Reason::RequestNotExtendable, []),
        RequestError::TermOver => status(Reason::RequestTermOver, []),
        RequestError::Denied(denied) => denied_status(denied, action, ""),
        RequestError::Engine(error) => engine_status(&error),
    }
}
