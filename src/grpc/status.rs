//! One table from rejections and failures to gRPC: status code, reason, retry advice.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::proto;
use crate::ground::limits::{EVENT_STREAM_RETRY, SHED_RETRY_SECONDS};
use crate::outcome::{Kind, REASON_UNKNOWN, RETRY_UNKNOWN, Rejection, Retry};

/// `google.rpc.ErrorInfo.domain` of every error of ours.
pub const DOMAIN: &str = "holos";

/// Reasons of calls that no ballot can get.
pub const STATUS_REASONS: &[&str] = &[
    "MESSAGE_TIMED_OUT",
    "MESSAGE_COMPRESSED",
    "STAFF_TOKEN_INVALID",
    "ORDER_INVALID",
    "ORDER_EXISTS",
    "POLL_WRONG_PHASE",
    "END_REASON_MISSING",
    "PAGE_TOKEN_INVALID",
    "PAGE_SIZE_INVALID",
    "RESULTS_NOT_PUBLISHED",
    "RESULTS_WITHHELD",
    "WATCHERS_FULL",
    "WATCH_ENDED",
    "READS_SHED",
    "SUBJECT_SPACE_UNKNOWN",
    "FIELD_INVALID",
    "REVOCATION_REASON_MISSING",
    "ISSUER_KEY_TRUSTED",
    "GROUP_MERGED",
    "NOTHING_HELD_BACK",
    "RELEASE_UNKNOWN",
    "WRAPPING_KEY_NOT_REPLACED",
    "ERASURE_GROUND_MISSING",
    "WRAPPING_KEY_UNCHANGED",
    "ORDER_SIGNATURE_MISSING",
    "ORDER_KEY_UNKNOWN",
    "ORDER_SIGNATURE",
    "ORDER_SIGNATURE_USED",
    "ORDERS_FULL",
    "ORDER_CHANGED",
    "SAME_PERSON",
    "CLOSING_TIME_PAST",
    "RESULTS_RELEASED",
    "STAFF_UNREGISTERED",
    "UNDERTAKING_WITHDRAWN",
    "ROLE_FORBIDS",
    "BODY_FOREIGN",
    "STAFF_UNKNOWN",
    "CREDENTIAL_TAKEN",
    "BODY_KEY_EXISTS",
    "BODY_KEY_UNKNOWN",
    "PROPOSAL_UNKNOWN",
    "PROPOSAL_ENDED",
    "PROPOSALS_FULL",
    "INCIDENT_UNKNOWN",
    "INCIDENT_CLOSED",
    "INCIDENT_FULL",
    "REQUEST_UNKNOWN",
    "REQUEST_ANSWERED",
    "REQUEST_NOT_EXTENDABLE",
    "REQUEST_TERM_OVER",
    "EXPORTS_FULL",
    "ENGINE_STOPPED",
];

const fn code(kind: Kind) -> Code {
    match kind {
        Kind::InvalidArgument => Code::InvalidArgument,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::PermissionDenied => Code::PermissionDenied,
        Kind::NotFound => Code::NotFound,
        Kind::FailedPrecondition => Code::FailedPrecondition,
        Kind::ResourceExhausted => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
    }
}

/// A status with a reason, for what is no rejection of a ballot.
pub(super) fn status<const N: usize>(
    code: Code,
    reason: &str,
    text: &str,
    metadata: [(&str, String); N],
) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, owned(metadata));
    Status::with_error_details(code, text, details)
}

/// The status of a unary call whose ballot is refused.
pub(super) fn rejection_status<const N: usize>(
    rejection: Rejection,
    metadata: [(&str, String); N],
) -> Status {
    let mut details = ErrorDetails::with_error_info(rejection.reason(), DOMAIN, owned(metadata));
    if let Retry::After(delay) = rejection.retry() {
        details.set_retry_info(Some(delay));
    }
    Status::with_error_details(code(rejection.kind()), rejection.text(), details)
}

/// The status of a unary call whose outcome nobody knows.
pub(super) fn unknown_status() -> Status {
    let mut details = ErrorDetails::with_error_info(REASON_UNKNOWN, DOMAIN, HashMap::new());
    details.set_retry_info(Some(RETRY_UNKNOWN));
    Status::with_error_details(
        Code::Unavailable,
        "the outcome is unknown: send the same ballot again",
        details,
    )
}

/// The status of a call that a failure of the engine ended.
pub(super) fn failed_status() -> Status {
    status(Code::Unavailable, "ENGINE_STOPPED", "the engine has stopped", [])
}

/// The status of a watcher for whom there is no place.
pub(super) fn watchers_full_status() -> Status {
    let text = "too many watchers; try again later";
    retried(Code::ResourceExhausted, "WATCHERS_FULL", text, EVENT_STREAM_RETRY)
}

/// The status at the end of a watch that may be taken up again.
pub(super) fn watch_ended_status() -> Status {
    let text = "a watch lasts ten minutes at most; watch again";
    retried(Code::Unavailable, "WATCH_ENDED", text, RETRY_UNKNOWN)
}

fn retried(code: Code, reason: &str, text: &str, after: Duration) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    details.set_retry_info(Some(after));
    Status::with_error_details(code, text, details)
}

/// The answer to a read that gives way to ballots.
pub fn read_shed(why: &str) -> tonic::codegen::http::Response<tonic::body::Body> {
    let after = Duration::from_secs(SHED_RETRY_SECONDS);
    retried(Code::Unavailable, "READS_SHED", why, after).into_http()
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
