//! From the table of reasons to gRPC: the status that ends a call.

use std::collections::HashMap;

use holos_reasons::{Code, Reason, Retry};
use tonic::{Code as WireCode, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::language::asked_language;

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
pub fn status<const N: usize>(reason: Reason, metadata: [(&str, String); N]) -> Status {
    made(reason, None, owned(metadata), Vec::new())
}

/// A status of this reason in words that say more than the table's; they must not repeat what a
/// request holds.
pub fn status_saying<const N: usize>(
    reason: Reason,
    text: &str,
    metadata: [(&str, String); N],
) -> Status {
    made(reason, Some(text), owned(metadata), Vec::new())
}

/// A status of this reason with the fields that break a rule; its message is about the first.
pub fn status_of_fields<const N: usize>(
    reason: Reason,
    fields: Vec<FieldViolation>,
    metadata: [(&str, String); N],
) -> Status {
    let first = fields.first().map(|first| format!("{}: {}", first.field, first.description));
    made(reason, first.as_deref(), owned(metadata), fields)
}

fn owned<const N: usize>(metadata: [(&str, String); N]) -> HashMap<String, String> {
    metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
