//! What can become of a ballot: the three outcomes, and the reasons for which it is refused.
//!
//! A [`Rejection`] is an outcome: counted by reason, final unless the one table of reasons
//! ([`holos_reasons`]) says when to retry. A failure is an accident: [`Outcome::Unknown`], and
//! sending the same ballot again is safe because its tag makes it so.

use holos_reasons::{Entry, Reason};
pub use holos_reasons::{RETRY_OVERLOADED, RETRY_UNKNOWN, Retry};

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

/// Reason of [`Outcome::Unknown`] in answers and metrics.
pub const REASON_UNKNOWN: &str = Reason::OutcomeUnknown.name();

macro_rules! rejections {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Why a ballot is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rejection {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Rejection {
            /// Every rejection, for metrics and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What it is called in the table of all reasons.
            pub const fn in_table(self) -> Reason {
                match self { $(Self::$name => Reason::$name,)+ }
            }
        }
    };
}

impl Rejection {
    const fn entry(self) -> &'static Entry {
        self.in_table().entry()
    }

    /// The machine-readable reason: `google.rpc.ErrorInfo.reason` and the metric label.
    pub const fn reason(self) -> &'static str {
        self.entry().name
    }

    /// The retry advice.
    pub const fn retry(self) -> Retry {
        self.entry().retry
    }

    /// The text for people: fixed, so that it can echo nothing of the request.
    pub const fn text(self) -> &'static str {
        self.entry().english
    }
}

rejections! {
    /// The message is not a protobuf message of its type.
    MessageMalformed,
    /// A batch of no ballots.
    BatchEmpty,
    /// A batch over [`crate::ground::limits::BATCH_BALLOTS_MAX`].
    BatchTooLarge,
    /// The poll id is not a UUID.
    PollIdMalformed,
    /// No such poll.
    PollUnknown,
    /// The poll is not open yet.
    PollNotOpen,
    /// The poll is closing or closed.
    PollClosed,
    /// The poll is suspended; it may be resumed.
    PollSuspended,
    /// The voter accepted no notice, or not the current one (L4, L5).
    NoticeStale,
    /// No credential in the ballot.
    CredentialMissing,
    /// The connection's own credential does not hold.
    CallerUnknown,
    /// A client certificate that was good when the connection began and is not any more.
    CertificateUntrusted,
    /// A stated voter over a connection that no issuer vouches for.
    ConnectionNotVouched,
    /// A token over the size limit.
    TokenTooLarge,
    /// A token that is not of our JWT profile.
    TokenMalformed,
    /// An algorithm other than the one bound to the key.
    TokenAlgorithm,
    /// An issuer that is not configured, or not for tokens.
    TokenIssuerUnknown,
    /// A key id that the issuer does not have.
    TokenKeyUnknown,
    /// A token, a secret or a certificate under a key that was revoked.
    IssuerKeyRevoked,
    /// A signature that does not hold.
    TokenSignature,
    /// A token past its `exp`.
    TokenExpired,
    /// A token before its `nbf` or `iat`.
    TokenNotYetValid,
    /// A token that lives longer than the profile allows, or not at all.
    TokenLifetime,
    /// A token for somebody else.
    TokenAudience,
    /// A token for another poll.
    TokenPoll,
    /// A question about a voter by a backend that may not ask.
    AskForbidden,
    /// A subject outside its bounds.
    SubjectInvalid,
    /// An issuer of another subject space than the poll's.
    SubjectSpace,
    /// A subject under another pseudonym key than the one pinned at the poll's opening.
    PseudonymKey,
    /// A claim that the poll needs is missing or does not meet it; which one is not said.
    NotEligible,
    /// A stated claim that the poll needs and that is outside its bounds.
    ClaimInvalid,
    /// An issuer over its rate, or a connection with too many signatures that do not hold.
    RateLimited,
    /// A question without an answer.
    AnswerMissing,
    /// Two answers to one question.
    AnswerRepeated,
    /// A question the poll does not ask.
    QuestionUnknown,
    /// An option the question does not have.
    OptionUnknown,
    /// No option where one is needed.
    OptionsTooFew,
    /// More options than the question allows.
    OptionsTooMany,
    /// The issuer key has brought as many ballots as its issuer may bring to one poll.
    QuotaExhausted,
    /// The queue is full.
    Overloaded,
    /// The engine drains before it stops.
    ShuttingDown,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use holos_reasons::Given;

    #[test]
    fn the_table_says_what_ballots_are_refused_for() {
        let refused = Rejection::ALL.iter().map(|rejection| rejection.in_table());
        let refused: BTreeSet<_> = refused.chain([Reason::OutcomeUnknown]).collect();
        let of_ballots = |reason: &Reason| reason.entry().given == Given::Ballots;
        let table: BTreeSet<_> = Reason::ALL.iter().copied().filter(of_ballots).collect();
        assert_eq!(refused, table);
    }

    #[test]
    fn what_is_known_of_a_ballot_fits_two_bytes() {
        assert!(size_of::<Rejection>() == 1 && size_of::<Outcome>() <= 2);
    }
}
