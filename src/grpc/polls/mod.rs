//! `PollService`: staff run polls.

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use prost_types::Timestamp as WireTimestamp;
use subtle::ConstantTimeEq;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

mod order;

use self::order::domain_order;
pub(super) use self::order::{wire_notice, wire_text};
use super::peer::Peer;
use super::proto;
use super::proto::poll_service_server::PollService;
use super::status::{DOMAIN, failed_status, rejection_status, status};
use crate::engine::{CreateError, Engine, EngineError, MoveError};
use crate::outcome::Rejection;
use crate::poll::{CloseReason, Erasure, ErasureGround, Phase, Poll, PollId, Violation};
use crate::service::limits::{PAGE_POLLS_DEFAULT, PAGE_POLLS_MAX};

/// The staff credential: only its hash is kept.
pub struct StaffToken(blake3::Hash);

impl StaffToken {
    /// The credential with this text.
    pub fn new(text: &str) -> Self {
        Self(blake3::hash(text.as_bytes()))
    }

    /// Compares hashes in constant time: neither length nor first difference of the secret shows.
    fn admits(&self, presented: &str) -> bool {
        let presented = blake3::hash(presented.as_bytes());
        bool::from(presented.as_bytes().ct_eq(self.0.as_bytes()))
    }

    /// The request's message, for whoever shows the token; over TLS also the certificate that the
    /// connection began with must still be good.
    pub(super) fn admit<T>(&self, request: Request<T>, now: Timestamp) -> Result<T, Status> {
        if let Some(peer) = request.extensions().get::<Peer>() {
            let untrusted = |_| rejection_status(Rejection::CertificateUntrusted, []);
            peer.certificate(now).map_err(untrusted)?;
        }
        let header = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
        match header.and_then(|text| text.strip_prefix("Bearer ")) {
            Some(presented) if self.admits(presented) => Ok(request.into_inner()),
            _ => Err(status(
                Code::Unauthenticated,
                "STAFF_TOKEN_INVALID",
                "authorization: not the staff token",
                [],
            )),
        }
    }
}

/// The service.
pub(super) struct Polls {
    engine: Arc<Engine>,
    token: Arc<StaffToken>,
}

impl Polls {
    /// The service over this engine, for whoever holds the token.
    pub(super) fn new(engine: Arc<Engine>, token: Arc<StaffToken>) -> Self {
        Self { engine, token }
    }
}

#[tonic::async_trait]
impl PollService for Polls {
    async fn create_poll(
        &self,
        request: Request<proto::CreatePollRequest>,
    ) -> Result<Response<proto::CreatePollResponse>, Status> {
        let order = self
            .token
            .admit(request, self.engine.now())?
            .order
            .ok_or_else(|| order_status(&[violation("", "must be present")]))?;
        let (order, unread) = domain_order(order);
        if !unread.is_empty() {
            // Named together with whatever else is wrong.
            let others = order.check(self.engine.k()).err().unwrap_or_default();
            return Err(order_status(&[unread, others].concat()));
        }
        let created =
            to_the_end(&self.engine, |engine| async move { engine.create_poll(order).await });
        let poll = created.await?.map_err(|error| create_status(&error))?;
        Ok(Response::new(proto::CreatePollResponse { poll: Some(wire_poll(&poll)) }))
    }

    async fn get_poll(
        &self,
        request: Request<proto::GetPollRequest>,
    ) -> Result<Response<proto::GetPollResponse>, Status> {
        let id = poll_id(&self.token.admit(request, self.engine.now())?.poll_id)?;
        let poll = self.engine.poll(id).ok_or_else(unknown_poll)?;
        Ok(Response::new(proto::GetPollResponse { poll: Some(wire_poll(&poll)) }))
    }

    async fn list_polls(
        &self,
        request: Request<proto::ListPollsRequest>,
    ) -> Result<Response<proto::ListPollsResponse>, Status> {
        let proto::ListPollsRequest { page_size, page_token } =
            self.token.admit(request, self.engine.now())?;
        let size = match usize::try_from(page_size) {
            Ok(0) => PAGE_POLLS_DEFAULT,
            Ok(size) if size <= PAGE_POLLS_MAX => size,
            _ => {
                let text = format!("page_size: must be 0 to {PAGE_POLLS_MAX}");
                return Err(status(Code::InvalidArgument, "PAGE_SIZE_INVALID", &text, []));
            }
        };
        let after = match page_token.as_str() {
            "" => None,
            token => Some(token.parse::<PollId>().map_err(|_| {
                let text = "page_token: not a next_page_token of this service";
                status(Code::InvalidArgument, "PAGE_TOKEN_INVALID", text, [])
            })?),
        };
        // Newest first: a page begins with the first poll older than the token's.
        let mut older = self.engine.polls();
        older.retain(|poll| after.is_none_or(|after| poll.id() < after));
        let next = (older.len() > size).then(|| older[size - 1].id().to_string());
        older.truncate(size);
        Ok(Response::new(proto::ListPollsResponse {
            polls: older.iter().map(wire_poll).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn open_poll(
        &self,
        request: Request<proto::OpenPollRequest>,
    ) -> Result<Response<proto::OpenPollResponse>, Status> {
        let id = poll_id(&self.token.admit(request, self.engine.now())?.poll_id)?;
        let opened =
            to_the_end(&self.engine, move |engine| async move { engine.open_poll(id).await });
        let poll = opened.await?.map_err(|error| move_status(&error))?;
        Ok(Response::new(proto::OpenPollResponse { poll: Some(wire_poll(&poll)) }))
    }

    async fn close_poll(
        &self,
        request: Request<proto::ClosePollRequest>,
    ) -> Result<Response<proto::ClosePollResponse>, Status> {
        let request = self.token.admit(request, self.engine.now())?;
        let reason = domain_reason(request.reason())?;
        let id = poll_id(&request.poll_id)?;
        let closed =
            to_the_end(
                &self.engine,
                move |engine| async move { engine.close_poll(id, reason).await },
            );
        let poll = closed.await?.map_err(|error| move_status(&error))?;
        Ok(Response::new(proto::ClosePollResponse { poll: Some(wire_poll(&poll)) }))
    }
}

/// Runs an operation that goes on when its caller hangs up: half of one is no state to leave a poll
/// or its keys in.
pub(super) async fn to_the_end<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    engine: &Arc<Engine>,
    operation: impl FnOnce(Arc<Engine>) -> F,
) -> Result<T, Status> {
    tokio::spawn(operation(Arc::clone(engine))).await.map_err(|_| failed_status())
}

pub(super) fn poll_id(text: &str) -> Result<PollId, Status> {
    text.parse().map_err(|_| rejection_status(Rejection::PollIdMalformed, []))
}

pub(super) fn unknown_poll() -> Status {
    rejection_status(Rejection::PollUnknown, [])
}

fn violation(field: &str, rule: &str) -> Violation {
    Violation { field: field.to_owned(), rule: rule.to_owned() }
}

fn order_status(violations: &[Violation]) -> Status {
    let info = std::collections::HashMap::new();
    let mut details = ErrorDetails::with_error_info("ORDER_INVALID", DOMAIN, info);
    let path = |found: &Violation| match found.field.as_str() {
        "" => "order".to_owned(),
        field => format!("order.{field}"),
    };
    let fields = violations.iter().map(|found| FieldViolation::new(path(found), &found.rule));
    details.set_bad_request(fields.collect::<Vec<_>>());
    let first = violations.first().map(|first| format!("{}: {}", path(first), first.rule));
    let text = first.unwrap_or_default();
    Status::with_error_details(Code::InvalidArgument, text, details)
}

fn create_status(error: &CreateError) -> Status {
    match error {
        CreateError::Order(violations) => order_status(violations),
        CreateError::Exists(id) => {
            let metadata = [("poll_id", id.to_string())];
            status(Code::AlreadyExists, "ORDER_EXISTS", &error.to_string(), metadata)
        }
        CreateError::Engine(error) => engine_status(error),
    }
}

fn move_status(error: &MoveError) -> Status {
    match error {
        MoveError::Unknown => unknown_poll(),
        MoveError::Phase(phase) => wrong_phase(*phase),
        MoveError::NoIssuer => {
            let text = "participants.subject_space: no issuer is configured for it";
            status(Code::FailedPrecondition, "SUBJECT_SPACE_UNKNOWN", text, [])
        }
        MoveError::Engine(error) => engine_status(error),
    }
}

/// A poll that is in a phase where this cannot be done.
pub(super) fn wrong_phase(phase: Phase) -> Status {
    let metadata = [("phase", wire_phase(phase).as_str_name().to_owned())];
    let text = format!("the poll is {}", phase.name());
    status(Code::FailedPrecondition, "POLL_WRONG_PHASE", &text, metadata)
}

pub(super) fn engine_status(error: &EngineError) -> Status {
    tracing::error!(%error, "a staff operation failed");
    failed_status()
}

fn domain_reason(reason: proto::CloseReason) -> Result<CloseReason, Status> {
    match reason {
        proto::CloseReason::AsPlanned => Ok(CloseReason::AsPlanned),
        proto::CloseReason::RelevanceLost => Ok(CloseReason::RelevanceLost),
        proto::CloseReason::TechnicalError => Ok(CloseReason::TechnicalError),
        proto::CloseReason::InitiatorDecision => Ok(CloseReason::InitiatorDecision),
        proto::CloseReason::Unspecified => {
            let text = "reason: must be one of the stated reasons";
            Err(status(Code::InvalidArgument, "CLOSE_REASON_MISSING", text, []))
        }
    }
}

fn wire_reason(reason: CloseReason) -> proto::CloseReason {
    match reason {
        CloseReason::AsPlanned => proto::CloseReason::AsPlanned,
        CloseReason::RelevanceLost => proto::CloseReason::RelevanceLost,
        CloseReason::TechnicalError => proto::CloseReason::TechnicalError,
        CloseReason::InitiatorDecision => proto::CloseReason::InitiatorDecision,
    }
}

pub(super) fn wire_phase(phase: Phase) -> proto::PollPhase {
    match phase {
        Phase::Approved => proto::PollPhase::Approved,
        Phase::Open => proto::PollPhase::Open,
        Phase::Closing => proto::PollPhase::Closing,
        Phase::Closed => proto::PollPhase::Closed,
        Phase::Published => proto::PollPhase::Published,
        Phase::Withheld => proto::PollPhase::Withheld,
        Phase::Erasing => proto::PollPhase::Erasing,
        Phase::Erased => proto::PollPhase::Erased,
    }
}

pub(super) fn wire_poll(poll: &Poll) -> proto::Poll {
    let opened = poll.opened_at.is_some();
    let withheld = poll.withheld_reason.map(|reason| reason.reason().to_owned());
    let reason = poll.close_reason.map_or(proto::CloseReason::Unspecified, wire_reason);
    proto::Poll {
        id: poll.id().to_string(),
        order: Some(poll.definition.order().into()),
        phase: wire_phase(poll.phase).into(),
        definition_hash: if opened { poll.definition.hash().to_string() } else { String::new() },
        opened_at: poll.opened_at.map(wire_time),
        closed_at: poll.closed_at.map(wire_time),
        close_reason: reason.into(),
        withheld_reason: withheld.unwrap_or_default(),
        pseudonym_key: poll.pseudonym_key.clone().unwrap_or_default(),
        erasure: poll.erasure.as_ref().map(wire_erasure),
    }
}

/// Its facts for staff; which wrapping key is still to be destroyed is the operator's matter.
fn wire_erasure(erasure: &Erasure) -> proto::Erasure {
    let ground = match erasure.ground {
        ErasureGround::GracePeriodOver => proto::ErasureGround::GracePeriodOver,
        ErasureGround::CourtOrder => proto::ErasureGround::CourtOrder,
        ErasureGround::AuthorityDemand => proto::ErasureGround::AuthorityDemand,
    };
    proto::Erasure {
        ground: ground.into(),
        reference: erasure.reference.clone().unwrap_or_default(),
        decided_at: Some(wire_time(erasure.decided_at)),
        erased_at: erasure.erased_at.map(wire_time),
    }
}

pub(super) fn wire_time(at: Timestamp) -> WireTimestamp {
    WireTimestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
