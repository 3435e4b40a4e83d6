//! `ResultsService`: what is published, and nothing else.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_stream::Stream;
use tonic::{Code, Request, Response, Status};

use super::polls::{poll_id, unknown_poll, wire_decision, wire_phase};
use super::proto;
use super::proto::results_service_server::ResultsService;
use super::status::{failed_status, status};
use crate::engine::Engine;
use crate::poll::{Phase, PollId};
use crate::publish::{Publication, ResultsState};
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

    type WatchResultsStream =
        Pin<Box<dyn Stream<Item = Result<proto::WatchResultsResponse, Status>> + Send>>;

    async fn watch_results(
        &self,
        request: Request<proto::WatchResultsRequest>,
    ) -> Result<Response<Self::WatchResultsStream>, Status> {
        let poll = poll_id(&request.into_inner().poll_id)?;
        if matches!(self.engine.results(poll), ResultsState::Unknown) {
            return Err(unknown_poll());
        }
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
                answer = wait(&engine, poll) => {
                    // A watcher that is gone needs no answer.
                    let _gone = sender.send(answer).await;
                }
                () = sender.closed() => {}
            }
        });
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))))
    }
}

async fn wait(engine: &Engine, poll: PollId) -> Result<proto::WatchResultsResponse, Status> {
    // Subscribed before the first look, so that no release falls between the two.
    let mut released = engine.watch_results();
    loop {
        match engine.results(poll) {
            // Of results that have expired there will be none.
            ResultsState::NotPublished(phase) if phase != Phase::Expired => {
                released.changed().await.map_err(|_| failed_status())?;
            }
            _ => {
                let results = Some(read(engine, poll)?);
                return Ok(proto::WatchResultsResponse { results });
            }
        }
    }
}

fn read(engine: &Engine, poll: PollId) -> Result<proto::Results, Status> {
    match engine.results(poll) {
        ResultsState::Published(publication) => {
            let decisions = engine.poll(poll).map(|poll| poll.decisions).unwrap_or_default();
            Ok(wire_results(&publication, decisions.iter().map(wire_decision).collect()))
        }
        other => Err(not_published(&other)),
    }
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
        total: statement.total,
        questions: questions.collect(),
        publication: publication.bytes(),
        decisions,
    }
}
