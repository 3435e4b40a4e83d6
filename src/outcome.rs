//! What can become of a ballot: the three outcomes, and the one table of refusals.
//!
//! A [`Rejection`] is an outcome: counted by reason, final unless the table says when to retry. A
//! failure is an accident: [`Outcome::Unknown`], and sending the same ballot again is safe because
//! its tag makes it so.

use std::time::Duration;

/// What the ledger says of a ballot it has decided on, once that decision is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The ballot is in the sums.
    Counted,
    /// This person was counted before; nothing changed.
    AlreadyCounted,
}

/// What the caller learns about one ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Decided and durable.
    Decided(Verdict),
    /// Refused by a rule; not counted.
    Refused(Rejection),
    /// The engine stopped before the ballot was durable, or before it could say so.
    Unknown,
}

/// The family a rejection belongs to; the edges map it to their status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request itself is malformed.
    InvalidArgument,
    /// The credential does not hold.
    Unauthenticated,
    /// The credential holds, but not for this.
    PermissionDenied,
    /// There is no such thing.
    NotFound,
    /// Right request, wrong moment.
    FailedPrecondition,
    /// Too much at once.
    ResourceExhausted,
    /// The engine is stopping.
    Unavailable,
}

/// Whether sending the same ballot again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It cannot.
    Never,
    /// It can, not sooner than this.
    After(Duration),
}

/// How long a caller waits before it repeats a ballot whose outcome is unknown: about a restart.
pub const RETRY_UNKNOWN: Duration = Duration::from_secs(1);
/// How long a caller waits when the engine sheds load: a few commit rounds.
pub const RETRY_OVERLOADED: Duration = Duration::from_millis(200);
/// How long a caller waits when its token's key is not known: about a fetch of the issuer's key set.
pub const RETRY_KEY_UNKNOWN: Duration = Duration::from_secs(1);
/// How long a caller waits when an issuer or a connection is over its rate.
pub const RETRY_RATE_LIMITED: Duration = Duration::from_secs(1);
/// How long a caller waits when a poll is suspended: somebody is at work, and it takes minutes.
pub const RETRY_SUSPENDED: Duration = Duration::from_secs(60);
/// Reason of [`Outcome::Unknown`] in answers and metrics.
pub const REASON_UNKNOWN: &str = "OUTCOME_UNKNOWN";

macro_rules! rejections {
    ($($(#[doc = $doc:literal])+ $name:ident, $reason:literal, $kind:ident, $retry:expr, $text:literal;)+) => {
        /// Why a ballot is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rejection {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Rejection {
            /// Every rejection, for metrics and for the documentation test.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The machine-readable reason: `google.rpc.ErrorInfo.reason` and the metric label.
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$name => $reason,)+ }
            }

            /// The family, which the edges map to a status code.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)+ }
            }

            /// The retry advice.
            pub const fn retry(self) -> Retry {
                match self { $(Self::$name => $retry,)+ }
            }

            /// The text for people: fixed, so that it can echo nothing of the request.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

use Retry::{After, Never};

rejections! {
    /// The message is not a protobuf message of its type.
    MessageMalformed, "MESSAGE_MALFORMED", InvalidArgument, Never, "the message cannot be decoded as protobuf";
    /// A batch of no ballots.
    BatchEmpty, "BATCH_EMPTY", InvalidArgument, Never, "ballots: a batch holds at least one ballot";
    /// A batch over [`crate::ground::limits::BATCH_BALLOTS_MAX`].
    BatchTooLarge, "BATCH_TOO_LARGE", InvalidArgument, Never, "ballots: a batch holds at most 1000 ballots";
    /// The poll id is not a UUID.
    PollIdMalformed, "POLL_ID_MALFORMED", InvalidArgument, Never, "poll_id: not a UUID in its 36-character form";
    /// No such poll.
    PollUnknown, "POLL_UNKNOWN", NotFound, Never, "poll_id: no such poll";
    /// The poll is not open yet.
    PollNotOpen, "POLL_NOT_OPEN", FailedPrecondition, Never, "the poll is not open yet";
    /// The poll is closing or closed.
    PollClosed, "POLL_CLOSED", FailedPrecondition, Never, "the poll is closed";
    /// The poll is suspended; it may be resumed.
    PollSuspended, "POLL_SUSPENDED", Unavailable, After(RETRY_SUSPENDED), "the poll is suspended";
    /// The voter accepted no notice, or not the current one (L4, L5).
    NoticeStale, "NOTICE_STALE", FailedPrecondition, Never,
        "notice_version: not the poll's current processing notice";
    /// No credential in the ballot.
    CredentialMissing, "CREDENTIAL_MISSING", Unauthenticated, Never, "credential: the ballot carries none";
    /// The connection's own credential does not hold.
    CallerUnknown, "CALLER_UNKNOWN", Unauthenticated, Never,
        "authorization: no issuer has this connection secret";
    /// A client certificate that was good when the connection began and is not any more.
    CertificateUntrusted, "CERTIFICATE_UNTRUSTED", Unauthenticated, Never,
        "the client certificate is revoked, expired or not trusted any more";
    /// A stated voter over a connection that no issuer vouches for.
    ConnectionNotVouched, "CONNECTION_NOT_VOUCHED", Unauthenticated, Never,
        "credential.voter: allowed only over a vouched connection";
    /// A token over the size limit.
    TokenTooLarge, "TOKEN_TOO_LARGE", Unauthenticated, Never, "credential.token: longer than 2048 bytes";
    /// A token that is not of our JWT profile.
    TokenMalformed, "TOKEN_MALFORMED", Unauthenticated, Never, "credential.token: not a JWT of the stated profile";
    /// An algorithm other than the one bound to the key.
    TokenAlgorithm, "TOKEN_ALGORITHM", Unauthenticated, Never,
        "credential.token: the algorithm is not the one of its key";
    /// An issuer that is not configured, or not for tokens.
    TokenIssuerUnknown, "TOKEN_ISSUER_UNKNOWN", Unauthenticated, Never, "credential.token: iss is not a known issuer";
    /// A key id that the issuer does not have.
    TokenKeyUnknown, "TOKEN_KEY_UNKNOWN", Unauthenticated, After(RETRY_KEY_UNKNOWN),
        "credential.token: kid is not a key of the issuer";
    /// A token, a secret or a certificate under a key that was revoked.
    IssuerKeyRevoked, "ISSUER_KEY_REVOKED", Unauthenticated, Never, "credential: its issuer key is revoked";
    /// A signature that does not hold.
    TokenSignature, "TOKEN_SIGNATURE", Unauthenticated, Never, "credential.token: the signature does not hold";
    /// A token past its `exp`.
    TokenExpired, "TOKEN_EXPIRED", Unauthenticated, Never, "credential.token: expired";
    /// A token before its `nbf` or `iat`.
    TokenNotYetValid, "TOKEN_NOT_YET_VALID", Unauthenticated, Never, "credential.token: not valid yet";
    /// A token that lives longer than the profile allows, or not at all.
    TokenLifetime, "TOKEN_LIFETIME", Unauthenticated, Never,
        "credential.token: exp is not 1 to 600 seconds after iat";
    /// A token for somebody else.
    TokenAudience, "TOKEN_AUDIENCE", Unauthenticated, Never, "credential.token: aud is not this engine";
    /// A token for another poll.
    TokenPoll, "TOKEN_POLL", PermissionDenied, Never, "credential.token: issued for another poll";
    /// A question about a voter by a backend that may not ask.
    AskForbidden, "ASK_FORBIDDEN", PermissionDenied, Never,
        "asker.voter: this issuer's backend may not ask about voters";
    /// A subject outside its bounds.
    SubjectInvalid, "SUBJECT_INVALID", InvalidArgument, Never, "subject: 16 to 64 opaque bytes are needed, or what its issuer's kind of subject is";
    /// An issuer of another subject space than the poll's.
    SubjectSpace, "SUBJECT_SPACE", PermissionDenied, Never, "the issuer's subject space is not the poll's";
    /// A subject under another pseudonym key than the one pinned at the poll's opening.
    PseudonymKey, "PSEUDONYM_KEY", PermissionDenied, Never,
        "the subject is made under another pseudonym key than the poll's";
    /// A claim that the poll needs is missing or does not meet it; which one is not said.
    NotEligible, "NOT_ELIGIBLE", PermissionDenied, Never, "the poll's conditions for taking part are not met";
    /// A stated claim that the poll needs and that is outside its bounds.
    ClaimInvalid, "CLAIM_INVALID", InvalidArgument, Never, "credential.voter: a claim that the poll needs is out of bounds";
    /// An issuer over its rate, or a connection with too many signatures that do not hold.
    RateLimited, "RATE_LIMITED", ResourceExhausted, After(RETRY_RATE_LIMITED),
        "too many ballots of this issuer, or too many bad signatures of this connection; try again";
    /// A question without an answer.
    AnswerMissing, "ANSWER_MISSING", InvalidArgument, Never, "answers: every question needs one answer";
    /// Two answers to one question.
    AnswerRepeated, "ANSWER_REPEATED", InvalidArgument, Never, "answers: a question is answered twice";
    /// A question the poll does not ask.
    QuestionUnknown, "QUESTION_UNKNOWN", InvalidArgument, Never, "answers.question_id: the poll has no such question";
    /// An option the question does not have.
    OptionUnknown, "OPTION_UNKNOWN", InvalidArgument, Never, "answers.option_ids: the question has no such option";
    /// No option where one is needed.
    OptionsTooFew, "OPTIONS_TOO_FEW", InvalidArgument, Never, "answers.option_ids: exactly one option is needed";
    /// More options than the question allows.
    OptionsTooMany, "OPTIONS_TOO_MANY", InvalidArgument, Never, "answers.option_ids: exactly one option is allowed";
    /// The issuer key has brought as many ballots as its issuer may bring to one poll.
    QuotaExhausted, "QUOTA_EXHAUSTED", ResourceExhausted, Never,
        "the issuer has brought as many ballots as it may to this poll";
    /// The queue is full.
    Overloaded, "OVERLOADED", ResourceExhausted, After(RETRY_OVERLOADED), "the engine is full; try again";
    /// The engine drains before it stops.
    ShuttingDown, "SHUTTING_DOWN", Unavailable, After(RETRY_UNKNOWN), "the engine is stopping; try again";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn reasons_are_unique_and_fit_error_info() {
        let mut seen = HashSet::new();
        for rejection in Rejection::ALL {
            let reason = rejection.reason();
            assert!(seen.insert(reason), "{reason} stands twice");
            assert!(reason.len() <= 63, "{reason} is longer than ErrorInfo allows");
            assert!(reason.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{reason}");
            assert!(!rejection.text().ends_with('.'), "{reason}: text ends with a full stop");
        }
    }
}
