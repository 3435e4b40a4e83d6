//! `BallotService`: ballots in, outcomes back.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use super::status::{refusal, rejection_status, unknown_refusal, unknown_status};
use super::visitor::Visitor;
use crate::count::authenticate::{Caller, Credential, Stated, StatedClaims};
use crate::count::check::Paper;
use crate::engine::{Ballot, Counting};
use crate::ground::limits::{BATCH_BALLOTS_MAX, STREAM_BATCHES_IN_FLIGHT};
use crate::ground::metrics;
use crate::outcome::{Outcome, Rejection, Verdict};
use crate::poll::{Answer, PollId};
use holos_wire::language::in_asked_language;
use holos_wire::proto::ballot_service_server::BallotService;
use holos_wire::proto::{self, ballot::Credential as WireCredential};

/// The service.
#[derive(Clone)]
pub(super) struct Ballots {
    counting: Arc<Counting>,
}

impl Ballots {
    /// The service over this engine.
    pub(super) fn new(counting: Arc<Counting>) -> Self {
        Self { counting }
    }
}

#[tonic::async_trait]
impl BallotService for Ballots {
    async fn cast_ballot(
        &self,
        request: Request<proto::CastBallotRequest>,
    ) -> Result<Response<proto::CastBallotResponse>, Status> {
        let visitor = Visitor::of(&request);
        let caller = visitor.caller_or_status(&self.counting)?;
        let proto::CastBallotRequest { poll_id, ballot } = request.into_inner();
        let refused = |rejection| rejection_status(rejection, []);
        let poll = poll_id.parse().map_err(|_| refused(Rejection::PollIdMalformed))?;
        let ballot = ballot.ok_or_else(|| refused(Rejection::CredentialMissing))?;
        let outcomes =
            self.counting.cast(&caller, visitor.conduct(), poll, vec![domain_ballot(ballot)]).await;
        let outcome = match outcomes.as_slice() {
            [Outcome::Decided(verdict)] => wire_verdict(*verdict),
            [Outcome::Refused(Rejection::NoticeStale)] => {
                let version = notice_version(&self.counting, poll);
                let metadata = [("current_version", version)];
                return Err(rejection_status(Rejection::NoticeStale, metadata));
            }
            [Outcome::Refused(rejection)] => return Err(refused(*rejection)),
            _ => return Err(unknown_status()),
        };
        let receipt = Vec::new();
        Ok(Response::new(proto::CastBallotResponse { outcome: outcome.into(), receipt }))
    }

    async fn cast_ballots(
        &self,
        request: Request<proto::CastBallotsRequest>,
    ) -> Result<Response<proto::CastBallotsResponse>, Status> {
        let visitor = Visitor::of(&request);
        let caller = visitor.caller_or_status(&self.counting)?;
        let proto::CastBallotsRequest { poll_id, ballots } = request.into_inner();
        check_batch(ballots.len()).map_err(|rejection| rejection_status(rejection, []))?;
        let results = cast_batch(&self.counting, &caller, &visitor, &poll_id, ballots).await;
        Ok(Response::new(proto::CastBallotsResponse { results }))
    }

    type StreamBallotsStream =
        Pin<Box<dyn Stream<Item = Result<proto::StreamBallotsResponse, Status>> + Send>>;

    async fn stream_ballots(
        &self,
        request: Request<Streaming<proto::StreamBallotsRequest>>,
    ) -> Result<Response<Self::StreamBallotsStream>, Status> {
        let visitor = Visitor::of(&request);
        // A stream that nobody may open is refused before its first batch.
        visitor.caller_or_status(&self.counting)?;
        let (batches, answers) = mpsc::channel(STREAM_BATCHES_IN_FLIGHT);
        tokio::spawn(in_asked_language(read_batches(
            Arc::clone(&self.counting),
            visitor,
            request.into_inner(),
            batches,
        )));
        // In the order of the requests; a task that is gone is a process that ends.
        let answers = ReceiverStream::new(answers).then(|answer| async {
            match answer {
                Ok(task) => task.await.map_err(|_| unknown_status()),
                Err(status) => Err(status),
            }
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

type Answered = Result<JoinHandle<proto::StreamBallotsResponse>, Status>;

/// Starts each batch as it comes. The bounded channel holds the batches that wait for their
/// answers: when it is full the stream is not read, and HTTP/2 holds the client back.
async fn read_batches(
    counting: Arc<Counting>,
    visitor: Visitor,
    mut inbound: Streaming<proto::StreamBallotsRequest>,
    batches: mpsc::Sender<Answered>,
) {
    loop {
        let Ok(slot) = batches.reserve().await else { return };
        let request = match inbound.message().await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(status) => return slot.send(Err(status)),
        };
        if let Err(rejection) = check_batch(request.ballots.len()) {
            return slot.send(Err(rejection_status(rejection, [])));
        }
        let (counting, visitor) = (Arc::clone(&counting), visitor.clone());
        slot.send(Ok(tokio::spawn(async move {
            let proto::StreamBallotsRequest { sequence, poll_id, ballots } = request;
            // Anew for each batch: what was trusted when the stream began may be revoked.
            let results = match visitor.caller(&counting) {
                Ok(caller) => cast_batch(&counting, &caller, &visitor, &poll_id, ballots).await,
                Err(rejection) => refuse_all(&ballots, rejection),
            };
            proto::StreamBallotsResponse { sequence, results }
        })));
    }
}

fn check_batch(ballots: usize) -> Result<(), Rejection> {
    match ballots {
        0 => Err(Rejection::BatchEmpty),
        1..=BATCH_BALLOTS_MAX => Ok(()),
        _ => Err(Rejection::BatchTooLarge),
    }
}

async fn cast_batch(
    counting: &Counting,
    caller: &Caller,
    visitor: &Visitor,
    poll_id: &str,
    ballots: Vec<proto::Ballot>,
) -> Vec<proto::BallotResult> {
    let Ok(poll) = poll_id.parse::<PollId>() else {
        return refuse_all(&ballots, Rejection::PollIdMalformed);
    };
    let ballots = ballots.into_iter().map(domain_ballot).collect();
    let outcomes = counting.cast(caller, visitor.conduct(), poll, ballots).await;
    let version = || notice_version(counting, poll);
    outcomes.into_iter().map(|outcome| wire_result(outcome, version)).collect()
}

fn refuse_all(ballots: &[proto::Ballot], rejection: Rejection) -> Vec<proto::BallotResult> {
    let refused = Outcome::Refused(rejection);
    metrics::ballots(&vec![refused; ballots.len()]);
    ballots.iter().map(|_| wire_result(refused, String::new)).collect()
}

fn domain_ballot(ballot: proto::Ballot) -> Ballot {
    let credential = domain_credential(ballot.credential);
    let answers = ballot
        .answers
        .into_iter()
        .map(|answer| Answer { question_id: answer.question_id, option_ids: answer.option_ids });
    let paper = Paper {
        notice_version: ballot.notice_version,
        decline_breakdowns: ballot.decline_breakdowns,
        answers: answers.collect(),
    };
    Ballot { credential, paper }
}

pub(super) fn domain_credential(credential: Option<WireCredential>) -> Credential {
    let voter = match credential {
        None => return Credential::Missing,
        Some(WireCredential::Token(token)) => return Credential::Token(token),
        Some(WireCredential::Voter(voter)) => voter,
    };
    let claims = voter.claims.unwrap_or_default();
    Credential::Stated(Stated {
        subject: voter.subject,
        claims: StatedClaims {
            age_over: claims.age_over,
            birth_year: claims.birth_year,
            region: claims.region,
            citizenship: claims.citizenship,
            groups: claims.groups,
            pseudonym_key: voter.pseudonym_key_id,
        },
    })
}

fn wire_verdict(verdict: Verdict) -> proto::Outcome {
    match verdict {
        Verdict::Counted => proto::Outcome::Counted,
        Verdict::AlreadyCounted => proto::Outcome::AlreadyCounted,
    }
}

fn wire_result(outcome: Outcome, notice_version: impl Fn() -> String) -> proto::BallotResult {
    let (outcome, refusal) = match outcome {
        Outcome::Decided(verdict) => (wire_verdict(verdict), None),
        Outcome::Refused(Rejection::NoticeStale) => {
            let metadata = [("current_version", notice_version())];
            (proto::Outcome::Refused, Some(refusal(Rejection::NoticeStale, metadata)))
        }
        Outcome::Refused(rejection) => (proto::Outcome::Refused, Some(refusal(rejection, []))),
        Outcome::Unknown => (proto::Outcome::Unknown, Some(unknown_refusal())),
    };
    proto::BallotResult { outcome: outcome.into(), refusal, receipt: Vec::new() }
}

fn notice_version(counting: &Counting, poll: PollId) -> String {
    let version = counting.notice_version(poll);
    version.expect("a ballot of this poll was checked a moment ago").to_string()
}
