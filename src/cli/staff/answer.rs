//! What a verb answers, and how a refusal is told.
//!
//! An answer is written twice, for programs and for people; which one is printed is decided here
//! and nowhere else.

use anyhow::Context;
use holos_reasons::Reason;
use serde::Serialize;
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::connect::Line;
use super::engine::Engine;
use super::text::clean;
use crate::cli::{Exit, answer};

/// The answer of a verb.
pub(super) struct Answer {
    json: String,
    text: String,
}

impl Answer {
    /// What programs read, and what people read. Each text ends with a newline.
    pub(super) fn new(view: &impl Serialize, text: impl Into<String>) -> Self {
        let json = serde_json::to_string(view);
        let json = json.expect("views are texts, numbers and lists, with texts for keys");
        Self { json, text: text.into() }
    }

    /// Prints one of the two.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json { answer(&format!("{}\n", self.json)) } else { answer(&self.text) }
    }
}

/// Why there is no answer.
pub(super) enum Failure {
    /// The engine refused, or could not be reached.
    Status(Status),
    /// It is on standard error already.
    Said(Exit),
    /// What to say, and how to end.
    Told(Exit, String),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Told(Exit::Failed, format!("{error:#}"))
    }
}

/// A response lacks what it must hold.
pub(super) fn lacking(what: &str) -> Failure {
    Failure::Told(Exit::Failed, format!("the engine answered without {what}"))
}

/// Connects, makes a verb's calls and prints its answer, or says why there is none.
pub(super) fn call(
    engine: &Engine,
    make: impl AsyncFnOnce(&Line) -> Result<Answer, Failure>,
) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let made = runtime.block_on(async {
        let line = Line::open(engine).await?;
        make(&line).await
    });
    finish(made, engine.json)
}

/// Prints what a verb came to.
pub(super) fn finish(made: Result<Answer, Failure>, as_json: bool) -> anyhow::Result<Exit> {
    match made {
        Ok(answer) => {
            answer.print(as_json)?;
            Ok(Exit::Ok)
        }
        Err(Failure::Said(exit)) => Ok(exit),
        Err(Failure::Told(exit, message)) => {
            eprintln!("holos: {message}");
            if as_json {
                answer(&format!("{}\n", json!({ "error": { "message": message } })))?;
            }
            Ok(exit)
        }
        Err(Failure::Status(status)) => {
            let refusal = Refusal::of(&status);
            eprint!("{}", refusal.text());
            if as_json {
                let object = serde_json::to_string(&Wrapped { error: &refusal })?;
                answer(&format!("{object}\n"))?;
            }
            Ok(exit_of(status.code(), &refusal.reason))
        }
    }
}

#[derive(Serialize)]
struct Wrapped<'a> {
    error: &'a Refusal,
}

/// A refusal, as programs read it.
#[derive(Serialize)]
struct Refusal {
    code: &'static str,
    reason: String,
    message: String,
    metadata: std::collections::BTreeMap<String, String>,
    violations: Vec<Violation>,
}

#[derive(Serialize)]
struct Violation {
    field: String,
    rule: String,
}

impl Refusal {
    fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info();
        let violations = details.bad_request().map(|bad| bad.field_violations.as_slice());
        let violations = violations.unwrap_or_default().iter().map(|violation| Violation {
            field: clean(&violation.field),
            rule: clean(&violation.description),
        });
        let metadata = info.map(|info| info.metadata.iter()).into_iter().flatten();
        Self {
            code: name_of(status.code()),
            reason: info.map_or_else(String::new, |info| clean(&info.reason)),
            message: clean(status.message()),
            metadata: metadata.map(|(key, value)| (clean(key), clean(value))).collect(),
            violations: violations.collect(),
        }
    }

    /// The reason, the message, then each thing that helps on a line of its own.
    fn text(&self) -> String {
        let name = if self.reason.is_empty() { self.code } else { self.reason.as_str() };
        let mut text = format!("holos: {name}: {}\n", self.message);
        for Violation { field, rule } in &self.violations {
            text.push_str(&format!("{field}: {rule}\n"));
        }
        for (key, value) in &self.metadata {
            let told = match key.as_str() {
                "moves" if value.is_empty() => "legal moves: none".to_owned(),
                "moves" => format!("legal moves: {}", value.replace(',', ", ")),
                key => format!("{key}: {value}"),
            };
            text.push_str(&format!("  {told}\n"));
        }
        text
    }
}

fn exit_of(code: Code, reason: &str) -> Exit {
    match code {
        // What `holos order check` says of the same file.
        Code::InvalidArgument if reason == Reason::OrderInvalid.name() => Exit::Refused,
        Code::NotFound => Exit::NotFound,
        Code::InvalidArgument | Code::Unauthenticated => Exit::Usage,
        Code::FailedPrecondition | Code::PermissionDenied | Code::AlreadyExists => Exit::Refused,
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted => {
            Exit::Temporary
        }
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss => Exit::Failed,
    }
}

fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn a_refusal_names_its_reason_and_the_moves_that_are_legal() {
        let mut details = ErrorDetails::new();
        let metadata = [("phase", "OPEN"), ("moves", "SUSPEND,EXTEND")];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
        details.set_error_info("POLL_WRONG_PHASE", "holos", metadata);
        let status =
            Status::with_error_details(Code::FailedPrecondition, "not in this phase", details);
        let refusal = Refusal::of(&status);
        let text = "holos: POLL_WRONG_PHASE: not in this phase\n  legal moves: SUSPEND, EXTEND\n  \
                    phase: OPEN\n";
        assert_eq!(refusal.text(), text);
        assert_eq!(exit_of(status.code(), &refusal.reason), Exit::Refused);
    }

    #[test]
    fn a_refused_order_is_told_field_by_field() {
        let mut details = ErrorDetails::new();
        details.set_error_info("ORDER_INVALID", "holos", []);
        details.add_bad_request_violation("title.en", "must not be empty");
        let status = Status::with_error_details(Code::InvalidArgument, "bad order", details);
        let refusal = Refusal::of(&status);
        assert_eq!(
            refusal.text(),
            "holos: ORDER_INVALID: bad order\ntitle.en: must not be empty\n"
        );
        assert_eq!(exit_of(status.code(), &refusal.reason), Exit::Refused);
        assert_eq!(exit_of(Code::InvalidArgument, "POLL_ID_INVALID"), Exit::Usage);
    }

    #[test]
    fn what_may_succeed_later_ends_with_75() {
        for code in [Code::Unavailable, Code::ResourceExhausted, Code::DeadlineExceeded] {
            assert_eq!(exit_of(code, ""), Exit::Temporary);
        }
        assert_eq!(exit_of(Code::NotFound, ""), Exit::NotFound);
    }
}
