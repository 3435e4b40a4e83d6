//! Every reason that an answer can carry, in one table: its wire name, its gRPC code and HTTP status,
//! whether and when to retry, and its text in English and Ukrainian.
//!
//! Knows neither gRPC nor HTTP: the edges turn an [`Entry`] into a status or a problem. Says nothing
//! about when a reason is given; that is decided where the rule is.

mod language;
mod markdown;
mod table;

pub use language::Language;
pub use markdown::reasons_markdown;
pub use table::{
    RETRY_KEY_UNKNOWN, RETRY_OVERLOADED, RETRY_RATE_LIMITED, RETRY_READS, RETRY_SUSPENDED,
    RETRY_UNKNOWN, RETRY_WATCHERS, Reason,
};

use std::time::Duration;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// `google.rpc.ErrorInfo.reason`, `reason` of a problem, and the label in metrics: it stays.
    pub name: &'static str,
    /// The gRPC status code.
    pub code: Code,
    /// The HTTP status: of the public listener's answer, or of a gateway's before the gRPC ones.
    pub http_status: u16,
    /// Whether the same request can succeed later.
    pub retry: Retry,
    /// Which answers carry it.
    pub given: Given,
    /// The text in English, which an answer may make more specific; it repeats nothing of a request.
    pub english: &'static str,
    /// The same in Ukrainian.
    pub ukrainian: &'static str,
    /// For the documentation: the calls that give it, its metadata, what to do; Markdown, or empty.
    pub note: &'static str,
}

/// The gRPC status codes in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request itself is malformed.
    InvalidArgument,
    /// The request did not arrive in time.
    DeadlineExceeded,
    /// There is no such thing.
    NotFound,
    /// There is such a thing already.
    AlreadyExists,
    /// The credential is valid, but does not allow this.
    PermissionDenied,
    /// Too much at once.
    ResourceExhausted,
    /// A valid request at the wrong moment.
    FailedPrecondition,
    /// Not offered here.
    Unimplemented,
    /// The engine cannot answer now.
    Unavailable,
    /// The credential is missing or invalid.
    Unauthenticated,
}

impl Code {
    /// Its name in gRPC.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }
}

/// Whether sending the same request again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It cannot.
    Never,
    /// It can, not sooner than this.
    After(Duration),
}

/// Which answers carry a reason; the sections of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Ballots, in a status or in the ballot's own result; some of them other calls too.
    Ballots,
    /// Any gRPC call.
    Calls,
    /// Calls of the staff listener.
    Staff,
    /// Reads of what is published, by gRPC and HTTP.
    Reads,
    /// The public listener's HTTP API only.
    Http,
}

impl Given {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Ballots, Self::Calls, Self::Staff, Self::Reads, Self::Http];

    const fn heading(self) -> &'static str {
        match self {
            Self::Ballots => "Ballots",
            Self::Calls => "Any gRPC call",
            Self::Staff => "Staff",
            Self::Reads => "Reading what is published, by gRPC and HTTP",
            Self::Http => "The public HTTP API only",
        }
    }
}

#[cfg(test)]
mod tests;
