//! From the table of reasons to gRPC: a call's status, and the refusal in a ballot's own result.

use std::collections::HashMap;
use std::time::Duration;

use holos_reasons::{RETRY_READS, RETRY_WATCHERS, Reason};
use holos_wire::proto;
pub(super) use holos_wire::{status, status_of_fields, status_saying};
use tonic::Status;

use crate::ground::limits::{EVENT_STREAM_RETRY, SHED_RETRY_SECONDS};
use crate::outcome::{REASON_UNKNOWN, RETRY_UNKNOWN, Rejection, Retry};

// HTTP says the same in headers and events of its own.
const _: () = assert!(RETRY_READS.as_secs() == SHED_RETRY_SECONDS);
const _: () = assert!(RETRY_WATCHERS.as_millis() == EVENT_STREAM_RETRY.as_millis());

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
