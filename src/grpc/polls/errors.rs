//! Refusals of acts about polls, as statuses.

use holos_reasons::Reason;
use tonic::Status;
use tonic_types::FieldViolation;

use super::order_path;
use super::view::wire_phase;
use crate::engine::{EngineError, LookError, MoveError, OrderError};
use crate::grpc::door::denied_status;
use crate::grpc::fields::fields_status;
use crate::grpc::status::{
    failed_status, rejection_status, status, status_of_fields, status_saying,
};
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
    let fields = violations.iter().map(|found| FieldViolation::new(order_path(found), &found.rule));
    status_of_fields(Reason::OrderInvalid, fields.collect(), [])
}

pub(super) fn order_status(error: &OrderError, action: Action) -> Status {
    match error {
        OrderError::Fields(violations) => order_fields(violations),
        OrderError::Exists(id) => {
            let metadata = [("poll_id", id.to_string())];
            status(Reason::OrderExists, metadata)
        }
        OrderError::Unknown => unknown_poll(),
        OrderError::Phase(phase) => wrong_phase(*phase),
        OrderError::Denied(denied) => denied_status(*denied, action, ""),
        OrderError::SignatureMissing => status(Reason::OrderSignatureMissing, []),
        OrderError::KeyUnknown => status(Reason::OrderKeyUnknown, []),
        OrderError::Signature(_) => status(Reason::OrderSignature, []),
        OrderError::SignatureUsed => status(Reason::OrderSignatureUsed, []),
        OrderError::Full => status(Reason::OrdersFull, []),
        OrderError::SamePerson => status_saying(Reason::SamePerson, &error.to_string(), []),
        OrderError::Changed => status(Reason::OrderChanged, []),
        OrderError::Engine(error) => engine_status(error),
    }
}

pub(super) fn move_status(error: &MoveError, action: Action) -> Status {
    match error {
        MoveError::Unknown => unknown_poll(),
        MoveError::Phase(phase) => wrong_phase(*phase),
        MoveError::NoIssuer => status(Reason::SubjectSpaceUnknown, []),
        MoveError::ClosingTimePast => status(Reason::ClosingTimePast, []),
        MoveError::Released => status(Reason::ResultsReleased, []),
        MoveError::Field(violation) => fields_status(std::slice::from_ref(violation), &[]),
        MoveError::Denied(denied) => denied_status(*denied, action, ""),
        MoveError::Engine(error) => engine_status(error),
    }
}

pub(super) fn look_status(error: &LookError, action: Action) -> Status {
    match error {
        LookError::Unknown => unknown_poll(),
        LookError::Phase(phase) => wrong_phase(*phase),
        LookError::Withheld(reason) => status_saying(
            Reason::ResultsWithheld,
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
    status_saying(Reason::PollWrongPhase, &text, metadata)
}

pub(in crate::grpc) fn engine_status(error: &EngineError) -> Status {
    tracing::error!(%error, "a staff operation failed");
    failed_status()
}
