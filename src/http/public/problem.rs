//! Refusals: errors by RFC 9457, with the same machine-readable reasons as in gRPC.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ground::limits::SHED_RETRY_SECONDS;
use crate::outcome::{Kind, Rejection};
use crate::publish::ResultsState;

/// Why a request has no other answer (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What is wrong, for people.
    detail: &'static str,
    /// What is wrong, for programs: a name that stays.
    reason: &'static str,
    /// The phase in which there are no results yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'static str>,
    /// Why the results are withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld_reason: Option<&'static str>,
}

impl Problem {
    pub(in crate::http) fn new(
        status: StatusCode,
        reason: &'static str,
        detail: &'static str,
    ) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
            reason,
            phase: None,
            withheld_reason: None,
        }
    }

    /// Its status.
    pub(in crate::http) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).expect("made from a status code")
    }

    /// No such address.
    pub(in crate::http) fn nothing_here() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this address")
    }

    /// The poll is public, and has no such release (any more).
    pub(super) fn no_such_release() -> Self {
        let detail = "the poll has no release of this number";
        Self::new(StatusCode::NOT_FOUND, "RELEASE_UNKNOWN", detail)
    }

    /// The engine has stopped.
    pub(super) fn failed() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "ENGINE_STOPPED", "the engine has stopped")
    }

    /// Why there are no results to read.
    pub(super) fn no_results(state: &ResultsState) -> Self {
        let unpublished = Self::new(
            StatusCode::CONFLICT,
            "RESULTS_NOT_PUBLISHED",
            "the results are not published yet",
        );
        match state {
            ResultsState::Unknown => Rejection::PollUnknown.into(),
            ResultsState::NotPublished(phase) => {
                Self { phase: Some(phase.wire_name()), ..unpublished }
            }
            ResultsState::Withheld(reason) => {
                let detail = "the poll's rules forbid publishing its results";
                let problem = Self::new(StatusCode::CONFLICT, "RESULTS_WITHHELD", detail);
                Self { withheld_reason: Some(reason.reason()), ..problem }
            }
            // Published a moment ago: the next request reads it.
            ResultsState::Published(_) => unpublished,
        }
    }
}

/// A refusal that the gRPC edge has too, in the same words.
impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let status = match rejection.kind() {
            Kind::InvalidArgument => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::PermissionDenied => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::FailedPrecondition => StatusCode::CONFLICT,
            Kind::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, rejection.reason(), rejection.text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, Json(self)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, SHED_RETRY_SECONDS.into());
        }
        response
    }
}
