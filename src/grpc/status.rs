//! From the table of reasons to gRPC: a call's status, and the refusal in a ballot's own result.

use std::collections::HashMap;
use std::time::Duration;

use holos_reasons::{Code, RETRY_READS, RETRY_WATCHERS, Reason};
use tonic::{Code as WireCode, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::proto;
use crate::ground::limits::{EVENT_STREAM_RETRY, SHED_RETRY_SECONDS};
use crate::http::language::asked_language;
use crate::outcome::{REASON_UNKNOWN, RETRY_UNKNOWN, Rejection, Retry};

// HTTP says the same in headers and events of its own.
const _: () = assert!(RETRY_READS.as_secs() == SHED_RETRY_SECONDS);
const _: () = assert!(RETRY_WATCHERS.as_millis() == EVENT_STREAM_RETRY.as_millis());

/// `google.rpc.ErrorInfo.domain` of every error of ours.
pub const DOMAIN: &str = "holos";

const fn wire_code(code: Code) -> WireCode {
    match code {
        Code::InvalidArgument => WireCode::InvalidArgument,
        Code::DeadlineExceeded => WireCode::DeadlineExceeded,
        Code::NotFound => WireCode::NotFound,
        Code::AlreadyExists => WireCode::AlreadyExists,
        Code::PermissionDenied => WireCode::PermissionDenied,
        Code::ResourceExhausted => WireCode::ResourceExhausted,
        Code::FailedPrecondition => WireCode::FailedPrecondition,
        Code::Unimplemented => WireCode::Unimplemented,
        Code::Unavailable => WireCode::Unavailable,
        Code::Unauthenticated => WireCode::Unauthenticated,
    }
}

/// Every status of ours is made here. The message is in English, as `text` or the table says it; the
/// localized message is the table's, in the language that the request asks for, or else in Ukrainian.
fn made(
    reason: Reason,
    text: Option<&str>,
    metadata: HashMap<String, String>,
    fields: Vec<FieldViolation>,
) -> Status {
    let entry = reason.entry();
    let text = text.unwrap_or(entry.english);
    let mut details = ErrorDetails::with_error_info(entry.name, DOMAIN, metadata);
    if let Retry::After(delay) = entry.retry {
        details.set_retry_info(Some(delay));
    }
    if !fields.is_empty() {
        details.set_bad_request(fields);
    }
    let language = asked_language();
    details.set_localized_message(language.code(), language.pick(entry.ukrainian, text));
    Status::with_error_details(wire_code(entry.code), text, details)
}

/// A status of this reason, in the table's own words.
pub(super) fn status<const N: usize>(reason: Reason, metadata: [(&str, String); N]) -> Status {
    made(reason, None, owned(metadata), Vec::new())
}

/// A status of this reason in words that say more than the table's; they must not repeat what a
/// request holds.
pub(super) fn status_saying<const N: usize>(
    reason: Reason,
    text: &str,
    metadata: [(&str, String); N],
) -> Status {
    made(reason, Some(text), owned(metadata), Vec::new())
}

/// A status of this reason with the fields that break a rule; its message is about the first.
pub(super) fn status_of_fields<const N: usize>(
    reason: Reason,
    fields: Vec<FieldViolation>,
    metadata: [(&str, String); N],
) -> Status {
    let first = fields.first().map(|first| format!("{}: {}", first.field, first.description));
    made(reason, first.as_deref(), owned(metadata), fields)
}

/// The status of a unary call whose ballot is refused.
pub(super) fn rejection_status<const N: usize>(
    rejection: Rejection,
    metadata: [(&str, String); N],
) -> Status {
    status(rejection.in_table(), metadata)
}

/// The status of a unary call whose outcome nobody knows.
pub(super) fn unknown_status() -> Status {
    status(Reason::OutcomeUnknown, [])
}

/// The status of a call that a failure of the engine ended.
pub(super) fn failed_status() -> Status {
    status(Reason::EngineStopped, [])
}

/// The answer to a read that gives way to ballots.
pub fn read_shed() -> tonic::codegen::http::Response<tonic::body::Body> {
    status(Reason::ReadsShed, []).into_http()
}

/// The refusal in a ballot's own result.
pub(super) fn refusal<const N: usize>(
    rejection: Rejection,
    metadata: [(&str, String); N],
) -> proto::Refusal {
    let retry_delay = match rejection.retry() {
        Retry::Never => None,
        Retry::After(delay) => wire_duration(delay),
    };
    proto::Refusal { reason: rejection.reason().to_owned(), retry_delay, metadata: owned(metadata) }
}

/// The refusal in the result of a ballot whose outcome nobody knows.
pub(super) fn unknown_refusal() -> proto::Refusal {
    proto::Refusal {
        reason: REASON_UNKNOWN.to_owned(),
        retry_delay: wire_duration(RETRY_UNKNOWN),
        metadata: HashMap::new(),
    }
}

fn wire_duration(delay: Duration) -> Option<prost_types::Duration> {
    prost_types::Duration::try_from(delay).ok()
}

fn owned<const N: usize>(metadata: [(&str, String); N]) -> HashMap<String, String> {
    metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
