//! Refusals of acts about polls, as statuses.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::order_path;
use super::view::wire_phase;
use crate::engine::{EngineError, LookError, MoveError, OrderError};
use crate::grpc::door::denied_status;
use crate::grpc::fields::fields_status;
use crate::grpc::status::{DOMAIN, failed_status, rejection_status, status};
use crate::outcome::Rejection;
use crate::poll::{Phase, Violation};
use crate::staff::Action;

pub(in crate::grpc) fn unknown_poll() -> Status {
    rejection_status(Rejection::PollUnknown, [])
}

pub(in crate::grpc) fn violation(field: &str, rule: &str) -> Violation {
    Violation::new(field, rule)
}

/// Fields of an order that break a rule, each named.
pub(super) fn order_fields(violations: &[Violation]) -> Status {
    let mut details = ErrorDetails::with_error_info("ORDER_INVALID", DOMAIN, HashMap::new());
    let fields = violations.iter().map(|found| FieldViolation::new(order_path(found), &found.rule));
    details.set_bad_request(fields.collect::<Vec<_>>());
    let first = violations.first().map(|first| format!("{}: {}", order_path(first), first.rule));
    let text = first.unwrap_or_default();
    Status::with_error_details(Code::InvalidArgument, text, details)
}

pub(super) fn order_status(error: &OrderError, action: Action) -> Status {
    let text = error.to_string();
    match error {
        OrderError::Fields(violations) => order_fields(violations),
        OrderError::Exists(id) => {
            let metadata = [("poll_id", id.to_string())];
            status(Code::AlreadyExists, "ORDER_EXISTS", &text, metadata)
        }
        OrderError::Unknown => unknown_poll(),
        OrderError::Phase(phase) => wrong_phase(*phase),
        OrderError::Denied(denied) => denied_status(*denied, action, ""),
        OrderError::SignatureMissing => {
            status(Code::PermissionDenied, "ORDER_SIGNATURE_MISSING", &text, [])
        }
        OrderError::KeyUnknown => status(Code::PermissionDenied, "ORDER_KEY_UNKNOWN", &text, []),
        OrderError::Signature(_) => status(Code::PermissionDenied, "ORDER_SIGNATURE", &text, []),
        OrderError::SignatureUsed => {
            status(Code::PermissionDenied, "ORDER_SIGNATURE_USED", &text, [])
        }
        OrderError::Full => status(Code::ResourceExhausted, "ORDERS_FULL", &text, []),
        OrderError::SamePerson => status(Code::PermissionDenied, "SAME_PERSON", &text, []),
        OrderError::Changed => status(Code::FailedPrecondition, "ORDER_CHANGED", &text, []),
        OrderError::Engine(error) => engine_status(error),
    }
}

pub(super) fn move_status(error: &MoveError, action: Action) -> Status {
    let text = error.to_string();
    match error {
        MoveError::Unknown => unknown_poll(),
        MoveError::Phase(phase) => wrong_phase(*phase),
        MoveError::NoIssuer => {
            let text = "participants.subject_space: no issuer is configured for it";
            status(Code::FailedPrecondition, "SUBJECT_SPACE_UNKNOWN", text, [])
        }
        MoveError::ClosingTimePast => {
            status(Code::FailedPrecondition, "CLOSING_TIME_PAST", &text, [])
        }
        MoveError::Released => status(Code::FailedPrecondition, "RESULTS_RELEASED", &text, []),
        MoveError::Field(violation) => fields_status(std::slice::from_ref(violation), &[]),
        MoveError::Denied(denied) => denied_status(*denied, action, ""),
        MoveError::Engine(error) => engine_status(error),
    }
}

pub(super) fn look_status(error: &LookError, action: Action) -> Status {
    match error {
        LookError::Unknown => unknown_poll(),
        LookError::Phase(phase) => wrong_phase(*phase),
        LookError::Withheld(reason) => status(
            Code::FailedPrecondition,
            "RESULTS_WITHHELD",
            "the poll's rules forbid showing its results",
            [("withheld_reason", reason.reason().to_owned())],
        ),
        LookError::Denied(denied) => denied_status(*denied, action, ""),
        LookError::Engine(error) => engine_status(error),
    }
}

/// A poll that is in a phase where this cannot be done, with what can.
pub(in crate::grpc) fn wrong_phase(phase: Phase) -> Status {
    let moves: Vec<_> = phase.moves_of_people().iter().map(|held| held.name()).collect();
    let metadata =
        [("phase", wire_phase(phase).as_str_name().to_owned()), ("moves", moves.join(","))];
    let text = format!("the poll is {}; what it allows: {}", phase.name(), moves.join(", "));
    status(Code::FailedPrecondition, "POLL_WRONG_PHASE", &text, metadata)
}

pub(in crate::grpc) fn engine_status(error: &EngineError) -> Status {
    tracing::error!(%error, "a staff operation failed");
    failed_status()
}
