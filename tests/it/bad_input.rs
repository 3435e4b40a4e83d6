//! Bad input: each kind has its own documented answer, the same by every way in; nothing is lost,
//! nothing counted, and the engine goes on.

mod calls;
pub mod full;
mod staff;

pub use calls::raw;

use std::collections::BTreeSet;
use std::time::Duration;

use super::support::home::{PSEUDONYM_KEY, wallet};
use super::support::{Answered, Backend, Home, Staff, order, reason_of, subject};
use bytes::Bytes;
use holos::count::authenticate::mint::{Claims, TestIssuer};
use holos::ground::clock::Clock;
use holos::outcome::{Rejection, Retry};
use holos::process::server::Running;
use holos_wire::proto::ballot::Credential;
use holos_wire::proto::{self, Ballot};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Voters who are counted before anything bad happens.
const COUNTED: u64 = 12;

/// An engine with a poll of each kind, and whoever may talk to it.
struct World {
    home: Home,
    running: Running,
    staff: Staff,
    app: Backend,
    stranger: Backend,
    anyone: Backend,
    open: String,
    approved: String,
    closed: String,
}

impl World {
    async fn new() -> Self {
        let home = Home::new();
        let running = home.start().await;
        let addresses = running.addresses;
        let mut staff = Staff::of(&addresses).await;
        let mut app = Backend::vouched(&addresses, "app").await;
        let open = staff.open_new(&order("open", 3)).await;
        let approved = staff.create(&order("approved", 3)).await.unwrap().id;
        let closed = staff.open_new(&order("closed", 3)).await;
        staff.close(&closed).await.unwrap();
        let ballots = (0..COUNTED).map(|voter| Backend::ballot(voter, voter as usize % 3));
        let answers = app.cast_all(&open, ballots.collect()).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Answered::Counted));
        let stranger = Backend::vouched(&addresses, "stranger").await;
        let anyone = Backend::anonymous(&addresses).await;
        Self { home, running, staff, app, stranger, anyone, open, approved, closed }
    }

    /// The engine still serves, the totals are what they were, and the auditor agrees.
    async fn assert_untouched(mut self) {
        for (poll, counts) in [(&self.open, vec![4, 4, 4]), (&self.closed, vec![])] {
            let known = self.app.cast(poll, Backend::ballot(3, 2)).await;
            match counts.len() {
                0 => assert_eq!(reason_of(&known.unwrap_err()), "POLL_CLOSED"),
                _ => assert_eq!(known.unwrap(), Answered::AlreadyCounted),
            }
        }
        self.staff.close(&self.open).await.unwrap();
        assert_eq!(self.staff.counts(&self.open).await, [4, 4, 4]);
        self.running.shutdown().await;
        self.home.assert_sound();
    }
}

/// A ballot that one rule refuses, and what its sender must hear.
struct Case {
    what: &'static str,
    backend: Backend,
    poll: String,
    ballot: Ballot,
    code: Code,
    rejection: Rejection,
}

/// A voter whom nobody has counted.
const NEW: u64 = 1_000_000;

fn answer(question: &str, options: &[&str]) -> proto::Answer {
    let option_ids = options.iter().map(|id| (*id).to_owned()).collect();
    proto::Answer { question_id: question.to_owned(), option_ids }
}

fn stated(subject: Bytes) -> Option<Credential> {
    Some(Credential::Voter(proto::VouchedVoter { subject, ..Default::default() }))
}

fn answers(answers: &[proto::Answer]) -> Ballot {
    Ballot { answers: answers.to_vec(), ..Backend::ballot(NEW, 0) }
}

fn notice(version: u32) -> Ballot {
    Ballot { notice_version: version, ..Backend::ballot(NEW, 0) }
}

/// A token that is refused for the one thing that `change` does to it.
fn token(poll: &str, issuer: &TestIssuer, change: impl Fn(&mut Claims<'_>)) -> Ballot {
    let subject = subject(NEW);
    let mut claims = Claims {
        audience: "holos",
        subject: &subject,
        poll: poll.parse().unwrap(),
        issued_at: Clock::system().now(),
        lifetime_seconds: 60,
        pseudonym_key: PSEUDONYM_KEY,
        more: &[],
    };
    change(&mut claims);
    token_text(issuer.mint(&claims))
}

fn token_text(text: impl Into<String>) -> Ballot {
    Backend::ballot_with(Some(Credential::Token(text.into())), &["o0"])
}

fn cases(world: &World) -> Vec<Case> {
    use Code::{FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Unauthenticated};
    use Rejection as R;
    let World { app, stranger, anyone, open, .. } = world;
    let mut cases = Vec::new();
    let mut case = |what, backend: &Backend, poll: &str, ballot, code, rejection| {
        let (backend, poll) = (backend.clone(), poll.to_owned());
        cases.push(Case { what, backend, poll, ballot, code, rejection });
    };
    let good = || Backend::ballot(NEW, 0);

    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    case("an unknown poll", app, unknown, good(), NotFound, R::PollUnknown);
    for id in ["", "poll", &open.to_uppercase(), &open.replace('-', ""), &format!("{open} ")] {
        case("a malformed poll id", app, id, good(), InvalidArgument, R::PollIdMalformed);
    }
    case("before the opening", app, &world.approved, good(), FailedPrecondition, R::PollNotOpen);
    case("after the close", app, &world.closed, good(), FailedPrecondition, R::PollClosed);
    case("no notice", app, open, notice(0), FailedPrecondition, R::NoticeStale);
    case("another notice", app, open, notice(2), FailedPrecondition, R::NoticeStale);

    let first = || answer("day-off", &["o0"]);
    let bad = |options| answers(&[answer("day-off", options)]);
    case("another option", app, open, bad(&["o3"]), InvalidArgument, R::OptionUnknown);
    case("an empty option", app, open, bad(&[""]), InvalidArgument, R::OptionUnknown);
    case("no option", app, open, bad(&[]), InvalidArgument, R::OptionsTooFew);
    case("two options", app, open, bad(&["o0", "o1"]), InvalidArgument, R::OptionsTooMany);
    case("one option twice", app, open, bad(&["o0", "o0"]), InvalidArgument, R::OptionsTooMany);
    let other = answers(&[answer("night-off", &["o0"])]);
    case("another question", app, open, other, InvalidArgument, R::QuestionUnknown);
    case(
        "a question twice",
        app,
        open,
        answers(&[first(), first()]),
        InvalidArgument,
        R::AnswerRepeated,
    );
    let again = answers(&[first(), answer("", &["o1"])]);
    case("and by its short form", app, open, again, InvalidArgument, R::AnswerRepeated);
    case("no answer", app, open, answers(&[]), InvalidArgument, R::AnswerMissing);

    let nobody = || Backend::ballot_with(None, &["o0"]);
    case("no credential", app, open, nobody(), Unauthenticated, R::CredentialMissing);
    case("nor over this one", anyone, open, nobody(), Unauthenticated, R::CredentialMissing);
    case("a stated voter", anyone, open, good(), Unauthenticated, R::ConnectionNotVouched);
    case("another space", stranger, open, good(), PermissionDenied, R::SubjectSpace);
    for length in [0, 1, 15, 65, 1000] {
        let ballot = Backend::ballot_with(stated(vec![7; length].into()), &["o0"]);
        case("a subject's length", app, open, ballot, InvalidArgument, R::SubjectInvalid);
    }

    for (what, ballot, code, rejection) in bad_tokens(open) {
        case(what, anyone, open, ballot.clone(), code, rejection);
        // A vouched connection makes no bad token good.
        case(what, app, open, ballot, code, rejection);
    }
    cases
}

fn bad_tokens(poll: &str) -> Vec<(&'static str, Ballot, Code, Rejection)> {
    use Code::{InvalidArgument, PermissionDenied, Unauthenticated};
    use Rejection as R;
    let wallet = wallet();
    let elsewhere = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let issuer = |id, kid, seed| TestIssuer::new(id, kid, [seed; 32]);
    let later = |claims: &mut Claims<'_>, seconds| {
        claims.issued_at += jiff::SignedDuration::from_secs(seconds);
    };
    let other_header = wallet.mint_raw(r#"{"alg":"HS256","kid":"k1"}"#, "{}");
    let same = |_: &mut Claims<'_>| {};
    let of = |change: &dyn Fn(&mut Claims<'_>)| token(poll, &wallet, change);
    vec![
        ("no token", token_text(""), Unauthenticated, R::TokenMalformed),
        ("no JWT", token_text("a.b.c"), Unauthenticated, R::TokenMalformed),
        ("the limit", token_text("x".repeat(2048)), Unauthenticated, R::TokenMalformed),
        ("one past it", token_text("x".repeat(2049)), Unauthenticated, R::TokenTooLarge),
        ("another algorithm", token_text(other_header), Unauthenticated, R::TokenAlgorithm),
        (
            "another issuer",
            token(poll, &issuer("nobody", "k1", 42), same),
            Unauthenticated,
            R::TokenIssuerUnknown,
        ),
        (
            "an issuer that only vouches",
            token(poll, &issuer("app", "k1", 42), same),
            Unauthenticated,
            R::TokenIssuerUnknown,
        ),
        (
            "another key",
            token(poll, &issuer("wallet", "k2", 42), same),
            Unauthenticated,
            R::TokenKeyUnknown,
        ),
        (
            "a forged signature",
            token(poll, &issuer("wallet", "k1", 43), same),
            Unauthenticated,
            R::TokenSignature,
        ),
        ("expired", of(&|claims| later(claims, -120)), Unauthenticated, R::TokenExpired),
        ("too early", of(&|claims| later(claims, 60)), Unauthenticated, R::TokenNotYetValid),
        (
            "a long life",
            of(&|claims| claims.lifetime_seconds = 601),
            Unauthenticated,
            R::TokenLifetime,
        ),
        (
            "another engine",
            of(&|claims| claims.audience = "other"),
            Unauthenticated,
            R::TokenAudience,
        ),
        ("another poll", of(&|claims| claims.poll = elsewhere), PermissionDenied, R::TokenPoll),
        (
            "a short subject",
            of(&|claims| claims.subject = &[7; 15]),
            InvalidArgument,
            R::SubjectInvalid,
        ),
        (
            "a long subject",
            of(&|claims| claims.subject = &[7; 65]),
            InvalidArgument,
            R::SubjectInvalid,
        ),
    ]
}

/// What a refused sender is told, whichever way it came.
#[derive(Debug, PartialEq)]
struct Told {
    reason: String,
    retry: Option<Duration>,
    metadata: Vec<(String, String)>,
}

fn told_by_status(status: &Status) -> Told {
    let reason = reason_of(status);
    let info = status.get_details_error_info().unwrap();
    let mut metadata: Vec<_> = info.metadata.into_iter().collect();
    metadata.sort();
    let retry = status.get_details_retry_info().and_then(|info| info.retry_delay);
    Told { reason, retry, metadata }
}

fn told_by_result(result: &proto::BallotResult) -> Told {
    assert_eq!(result.outcome(), proto::Outcome::Refused);
    let refusal = result.refusal.clone().unwrap();
    let mut metadata: Vec<_> = refusal.metadata.into_iter().collect();
    metadata.sort();
    let retry = refusal.retry_delay.map(|delay| delay.try_into().unwrap());
    Told { reason: refusal.reason, retry, metadata }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_of_a_ballot_is_the_same_by_all_three_ways_in_and_changes_nothing() {
    let world = World::new().await;
    let mut seen = BTreeSet::new();
    for Case { what, mut backend, poll, ballot, code, rejection } in cases(&world) {
        let stale = rejection == Rejection::NoticeStale;
        let current = stale.then(|| ("current_version".to_owned(), "1".to_owned()));
        let expected = Told {
            reason: rejection.reason().to_owned(),
            retry: match rejection.retry() {
                Retry::Never => None,
                Retry::After(delay) => Some(delay),
            },
            metadata: current.into_iter().collect(),
        };
        let status = backend.cast(&poll, ballot.clone()).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, rejection.text()), "{what}");
        assert_eq!(told_by_status(&status), expected, "{what}");

        let results = calls::batch(&backend, &poll, vec![ballot.clone()]).await.unwrap();
        let streamed = calls::stream(&backend, &poll, vec![ballot]).await.unwrap();
        for result in [&results, &streamed] {
            assert_eq!(result.len(), 1, "{what}");
            assert_eq!(told_by_result(&result[0]), expected, "{what}");
        }
        seen.insert(rejection);
    }
    // Those of whole calls, of a full queue, of conditions (subjects.rs), of revoked keys and quotas
    // (custody.rs), of certificates (tls.rs) and of suspended polls (procedure.rs) have their own
    // tests; RATE_LIMITED and CLAIM_INVALID
    // are tested beside the door. The last one is said of tokens that still wait when the process
    // ends.
    seen.extend([
        Rejection::PseudonymKey,
        Rejection::PollSuspended,
        Rejection::NotEligible,
        Rejection::ClaimInvalid,
        Rejection::RateLimited,
        Rejection::IssuerKeyRevoked,
        Rejection::QuotaExhausted,
        Rejection::CertificateUntrusted,
        Rejection::AskForbidden,
        Rejection::MessageMalformed,
        Rejection::BatchEmpty,
        Rejection::BatchTooLarge,
        Rejection::CallerUnknown,
        Rejection::Overloaded,
        Rejection::ShuttingDown,
    ]);
    assert_eq!(seen, Rejection::ALL.iter().copied().collect(), "every rejection has its case");
    world.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_ballot_does_not_spoil_the_others_of_its_batch() {
    let world = World::new().await;
    let mixed = || {
        vec![
            Backend::ballot(0, 0),
            answers(&[answer("", &["o9"])]),
            token_text("a.b.c"),
            Backend::ballot(COUNTED - 1, 0),
            notice(9),
        ]
    };
    let reasons = ["", "OPTION_UNKNOWN", "TOKEN_MALFORMED", "", "NOTICE_STALE"];
    let batch = calls::batch(&world.app, &world.open, mixed()).await.unwrap();
    let streamed = calls::stream(&world.app, &world.open, mixed()).await.unwrap();
    for results in [batch, streamed] {
        let heard: Vec<_> = results.iter().map(Answered::from).collect();
        let expected = reasons.map(|reason| match reason {
            "" => Answered::AlreadyCounted,
            reason => Answered::Refused(reason.to_owned()),
        });
        assert_eq!(heard, expected);
    }
    world.assert_untouched().await;
}
