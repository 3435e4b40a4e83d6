//! Refusals: errors by RFC 9457, with the same machine-readable reasons as in gRPC.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use holos_reasons::Reason;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::ground::limits::SHED_RETRY_SECONDS;
use crate::outcome::Rejection;
use crate::publish::ResultsState;
use holos_wire::language::asked_language;

/// Why a request has no other answer (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What is wrong, for people, in English.
    detail: &'static str,
    /// What is wrong, for programs: a name that stays.
    #[serde(serialize_with = "by_name")]
    #[schema(value_type = String)]
    reason: Reason,
    /// What is wrong, for people, in their language.
    localized_message: LocalizedMessage,
    /// The phase in which there are no results yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'static str>,
    /// Why the results are withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld_reason: Option<&'static str>,
}

/// A text for people, as in `google.rpc.LocalizedMessage`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LocalizedMessage {
    /// The language of the text (BCP 47): the one that `Accept-Language` asks for, or Ukrainian.
    locale: &'static str,
    /// What is wrong.
    message: &'static str,
}

fn by_name<S: Serializer>(reason: &Reason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(reason.name())
}

impl Problem {
    /// A problem in the table's own words.
    pub(in crate::http) fn new(reason: Reason) -> Self {
        Self::saying(reason, reason.entry().english)
    }

    /// A problem in words that say more than the table's; they must not repeat what a request holds.
    pub(in crate::http) fn saying(reason: Reason, detail: &'static str) -> Self {
        let entry = reason.entry();
        let status = StatusCode::from_u16(entry.http_status).expect("a test reads the table");
        let language = asked_language();
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: entry.http_status,
            detail,
            reason,
            localized_message: LocalizedMessage {
                locale: language.code(),
                message: language.pick(entry.ukrainian, detail),
            },
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
        Self::new(Reason::NotFound)
    }

    /// Why there are no results to read.
    pub(super) fn no_results(state: &ResultsState) -> Self {
        match state {
            ResultsState::Unknown => Rejection::PollUnknown.into(),
            ResultsState::NotPublished(phase) => {
                Self { phase: Some(phase.wire_name()), ..Self::new(Reason::ResultsNotPublished) }
            }
            ResultsState::Withheld(reason) => Self {
                withheld_reason: Some(reason.reason()),
                ..Self::new(Reason::ResultsWithheld)
            },
            // Published a moment ago: the next request reads it.
            ResultsState::Published(_) => Self::new(Reason::ResultsNotPublished),
        }
    }
}

/// A refusal that the gRPC edge has too, in the same words.
impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self::new(rejection.in_table())
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
