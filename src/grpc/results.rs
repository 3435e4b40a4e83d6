//! `ResultsService`: what is published, and nothing else.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_stream::Stream;
use tonic::{Code, Request, Response, Status};

use super::polls::{
    engine_status, poll_id, unknown_poll, wire_breakdown, wire_decision, wire_phase, wire_time,
};
use super::proto;
use super::proto::results_service_server::ResultsService;
use super::status::{failed_status, status};
use crate::engine::Engine;
use crate::poll::{Phase, PollId};
use crate::publish::{BreakdownTable, Publication, ReleaseKind, ResultsState, Statement};
use crate::service::limits::WATCHERS_MAX;

/// The service.
#[derive(Clone)]
pub(super) struct ResultsReader {
    engine: Arc<Engine>,
    watchers: Arc<Semaphore>,
}

impl ResultsReader {
    /// The service over this engine.
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine, watchers: Arc::new(Semaphore::new(WATCHERS_MAX)) }
    }

    fn must_be_known(&self, poll: PollId) -> Result<(), Status> {
        match self.engine.results(poll) {
            ResultsState::Unknown => Err(unknown_poll()),
            _ => Ok(()),
        }
    }
}

#[tonic::async_trait]
impl ResultsService for ResultsReader {
    async fn get_results(
        &self,
        request: Request<proto::GetResultsRequest>,
    ) -> Result<Response<proto::GetResultsResponse>, Status> {
        let poll = poll_id(&request.into_inner().poll_id)?;
        let results = Some(read(&self.engine, poll)?);
        Ok(Response::new(proto::GetResultsResponse { results }))
    }

    async fn list_releases(
        &self,
        request: Request<proto::ListReleasesRequest>,
    ) -> Result<Response<proto::ListReleasesResponse>, Status> {
        let poll = poll_id(&request.into_inner().poll_id)?;
        self.must_be_known(poll)?;
        let releases = self.engine.releases(poll).iter().map(|held| wire_release(held)).collect();
        Ok(Response::new(proto::ListReleasesResponse { releases }))
    }

    async fn get_release(
        &self,
        request: Request<proto::GetReleaseRequest>,
    ) -> Result<Response<proto::GetReleaseResponse>, Status> {
        let proto::GetReleaseRequest { poll_id: id, release } = request.into_inner();
        let poll = poll_id(&id)?;
        self.must_be_known(poll)?;
        let unknown = || {
            let text = "release: the poll has no release of this number";
            status(Code::NotFound, "RELEASE_UNKNOWN", text, [])
        };
        let held = self.engine.release_of(poll, release).ok_or_else(unknown)?;
        let proof = self.engine.proof_of(&held).map_err(|error| engine_status(&error))?;
        let results = Some(wire_results(&held, decisions(&self.engine, poll)));
        Ok(Response::new(proto::GetReleaseResponse { results, proof }))
    }

    type WatchResultsStream =
        Pin<Box<dyn Stream<Item = Result<proto::WatchResultsResponse, Status>> + Send>>;

    async fn watch_results(
        &self,
        request: Request<proto::WatchResultsRequest>,
    ) -> Result<Response<Self::WatchResultsStream>, Status> {
        let poll = poll_id(&request.into_inner().poll_id)?;
        self.must_be_known(poll)?;
        let place = Arc::clone(&self.watchers).try_acquire_owned().map_err(|_| {
            status(
                Code::ResourceExhausted,
                "WATCHERS_FULL",
                "too many watchers; try again later",
                [],
            )
        })?;
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let engine = Arc::clone(&self.engine);
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                () = follow(&engine, poll, &sender) => {}
                () = sender.closed() => {}
            }
        });
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))))
    }
}

type Watcher = tokio::sync::mpsc::Sender<Result<proto::WatchResultsResponse, Status>>;

/// Sends every release, up to the final one or the status that says that there will be none.
async fn follow(engine: &Engine, poll: PollId, watcher: &Watcher) {
    // Subscribed before the first look, so that no release falls between the two.
    let mut released = engine.watch_results();
    let mut sent = 0;
    loop {
        let releases = engine.releases(poll);
        // Of those made before, only the one in force.
        let first = if sent == 0 { releases.len().saturating_sub(1) } else { 0 };
        let is_new = |held: &&Arc<Publication>| held.statement.release > sent;
        let new: Vec<_> = releases[first..].iter().filter(is_new).map(Arc::clone).collect();
        for publication in new {
            let statement = &publication.statement;
            // A withdrawal ends with its status.
            if statement.kind == ReleaseKind::Withdrawal {
                continue;
            }
            sent = statement.release;
            let results = Some(wire_results(&publication, decisions(engine, poll)));
            // A watcher that is gone needs no answer.
            let _gone = watcher.send(Ok(proto::WatchResultsResponse { results })).await;
        }
        match engine.results(poll) {
            // Of results that have expired there will be none.
            ResultsState::NotPublished(phase) if phase != Phase::Expired => {}
            // Made while the ones before it were being sent.
            ResultsState::Published(held) if held.statement.release > sent => continue,
            ResultsState::Published(held) if held.statement.kind == ReleaseKind::Live => {
                // What is withheld after live releases stays so, or waits for people.
                let ended = engine.poll(poll).is_some_and(|poll| poll.phase > Phase::Closed);
                if ended {
                    return;
                }
            }
            ResultsState::Published(_) => return,
            other => {
                let _gone = watcher.send(Err(not_published(&other))).await;
                return;
            }
        }
        if released.changed().await.is_err() {
            let _gone = watcher.send(Err(failed_status())).await;
            return;
        }
    }
}

fn read(engine: &Engine, poll: PollId) -> Result<proto::Results, Status> {
    match engine.results(poll) {
        ResultsState::Published(publication) => {
            Ok(wire_results(&publication, decisions(engine, poll)))
        }
        other => Err(not_published(&other)),
    }
}

fn decisions(engine: &Engine, poll: PollId) -> Vec<proto::Decision> {
    let decisions = engine.poll(poll).map(|poll| poll.decisions).unwrap_or_default();
    decisions.iter().map(wire_decision).collect()
}

/// Why there is nothing to read.
pub(super) fn not_published(state: &ResultsState) -> Status {
    match state {
        ResultsState::Unknown => unknown_poll(),
        ResultsState::Withheld(reason) => status(
            Code::FailedPrecondition,
            "RESULTS_WITHHELD",
            "the poll's rules forbid publishing its results",
            [("withheld_reason", reason.reason().to_owned())],
        ),
        ResultsState::NotPublished(phase) => unpublished(*phase),
        // Published a moment ago: the next call reads it.
        ResultsState::Published(_) => unpublished(Phase::Closed),
    }
}

fn unpublished(phase: Phase) -> Status {
    let metadata = [("phase", wire_phase(phase).as_str_name().to_owned())];
    let text = "the results are not published yet";
    status(Code::FailedPrecondition, "RESULTS_NOT_PUBLISHED", text, metadata)
}

fn wire_release(publication: &Publication) -> proto::Release {
    let statement = &publication.statement;
    proto::Release {
        release: statement.release,
        kind: wire_kind(statement.kind).into(),
        as_of: Some(wire_time(statement.as_of)),
        published_at: Some(wire_time(statement.published_at)),
        corrects: corrects(statement),
        hash: publication.hash.clone(),
    }
}

fn corrects(statement: &Statement) -> u32 {
    statement.correction.as_ref().map_or(0, |correction| correction.release)
}

fn wire_kind(kind: ReleaseKind) -> proto::ReleaseKind {
    match kind {
        ReleaseKind::Live => proto::ReleaseKind::Live,
        ReleaseKind::Final => proto::ReleaseKind::Final,
        ReleaseKind::Withdrawal => proto::ReleaseKind::Withdrawal,
    }
}

fn wire_results(publication: &Publication, decisions: Vec<proto::Decision>) -> proto::Results {
    let statement = &publication.statement;
    let questions = statement.questions.iter().map(|question| proto::QuestionTotals {
        question_id: question.id.clone(),
        options: question
            .options
            .iter()
            .map(|option| proto::OptionTotal { option_id: option.id.clone(), count: option.count })
            .collect(),
    });
    proto::Results {
        poll_id: statement.poll.to_string(),
        total: statement.total.unwrap_or_default(),
        questions: questions.collect(),
        publication: publication.bytes(),
        decisions,
        release: statement.release,
        kind: wire_kind(statement.kind).into(),
        as_of: Some(wire_time(statement.as_of)),
        published_at: Some(wire_time(statement.published_at)),
        corrects: corrects(statement),
        breakdowns: statement.breakdowns.iter().map(wire_table).collect(),
        hash: publication.hash.clone(),
    }
}

fn wire_table(table: &BreakdownTable) -> proto::BreakdownTable {
    let cell = |count: Option<u64>| proto::Cell { count };
    proto::BreakdownTable {
        question_id: table.question.clone(),
        by: wire_breakdown(table.by).into(),
        withheld: table.withheld,
        strata: table
            .strata
            .iter()
            .map(|held| proto::Stratum { id: held.id.clone(), answers: Some(cell(held.answers)) })
            .collect(),
        options: table
            .options
            .iter()
            .map(|row| proto::OptionRow {
                option_id: row.id.clone(),
                cells: row.counts.iter().copied().map(cell).collect(),
            })
            .collect(),
    }
}
