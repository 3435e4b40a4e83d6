//! `ResultsService`: what is published, and nothing else.

use std::pin::Pin;
use std::sync::Arc;

use holos_reasons::Reason;
use tokio::sync::{Semaphore, watch};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::polls::{
    engine_status, poll_id, unknown_poll, wire_breakdown, wire_decision, wire_phase, wire_time,
};
use super::status::{failed_status, status, status_saying};
use crate::engine::PublicView;
use crate::ground::limits::{EVENT_STREAM_LIFETIME, PUBLIC_READS_MAX, WATCHERS_MAX};
use crate::poll::{Phase, PollId};
use crate::publish::{
    BreakdownTable, PollState, PublicPoll, Publication, ReleaseKind, ResultsState, Statement,
};
use holos_wire::language::in_asked_language;
use holos_wire::proto;
use holos_wire::proto::results_service_server::ResultsService;

/// The service.
#[derive(Clone)]
pub(super) struct ResultsReader {
    public: Arc<PublicView>,
    watchers: Arc<Semaphore>,
    proofs: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
}

impl ResultsReader {
    /// The service over this view; what goes on for long ends when `stopped` says so.
    pub(super) fn new(public: Arc<PublicView>, stopped: watch::Receiver<bool>) -> Self {
        let places = |most| Arc::new(Semaphore::new(most));
        Self { public, watchers: places(WATCHERS_MAX), proofs: places(PUBLIC_READS_MAX), stopped }
    }

    /// The poll that is asked for, if it is public.
    fn poll(&self, id: &str) -> Result<Arc<PublicPoll>, Status> {
        self.public.poll(poll_id(id)?).ok_or_else(unknown_poll)
    }

    /// The place of a release in the public log; waits for a log that is being written, and so away
    /// from the threads that serve.
    async fn proof(&self, release: Arc<Publication>) -> Result<String, Status> {
        let place = Arc::clone(&self.proofs).acquire_owned().await.expect("nobody closes it");
        let public = Arc::clone(&self.public);
        let proof = tokio::task::spawn_blocking(move || {
            let _place = place;
            public.proof_of(&release)
        });
        let proof = proof.await.expect("reading the log does not panic");
        proof.map_err(|error| engine_status(&error))
    }
}

#[tonic::async_trait]
impl ResultsService for ResultsReader {
    async fn get_results(
        &self,
        request: Request<proto::GetResultsRequest>,
    ) -> Result<Response<proto::GetResultsResponse>, Status> {
        let poll = self.poll(&request.into_inner().poll_id)?;
        let held = poll.in_force().ok_or_else(|| not_published(&poll.results))?;
        let results = Some(wire_results(held, decisions(&poll)));
        Ok(Response::new(proto::GetResultsResponse { results }))
    }

    async fn list_releases(
        &self,
        request: Request<proto::ListReleasesRequest>,
    ) -> Result<Response<proto::ListReleasesResponse>, Status> {
        let poll = self.poll(&request.into_inner().poll_id)?;
        let releases = poll.releases.iter().map(|held| wire_release(held)).collect();
        Ok(Response::new(proto::ListReleasesResponse { releases }))
    }

    async fn get_release(
        &self,
        request: Request<proto::GetReleaseRequest>,
    ) -> Result<Response<proto::GetReleaseResponse>, Status> {
        let proto::GetReleaseRequest { poll_id: id, release } = request.into_inner();
        let poll = self.poll(&id)?;
        let unknown = || {
            let text = "release: the poll has no release of this number";
            status_saying(Reason::ReleaseUnknown, text, [])
        };
        let held = poll.release(release).ok_or_else(unknown)?;
        let proof = self.proof(Arc::clone(held)).await?;
        let results = Some(wire_results(held, decisions(&poll)));
        Ok(Response::new(proto::GetReleaseResponse { results, proof }))
    }

    type WatchResultsStream =
        Pin<Box<dyn Stream<Item = Result<proto::WatchResultsResponse, Status>> + Send>>;

    async fn watch_results(
        &self,
        request: Request<proto::WatchResultsRequest>,
    ) -> Result<Response<Self::WatchResultsStream>, Status> {
        let poll = self.poll(&request.into_inner().poll_id)?.id();
        let place = Arc::clone(&self.watchers).try_acquire_owned();
        let place = place.map_err(|_| status(Reason::WatchersFull, []))?;
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let (public, mut stopped) = (Arc::clone(&self.public), self.stopped.clone());
        tokio::spawn(in_asked_language(async move {
            let _place = place;
            tokio::select! {
                () = follow(&public, poll, &sender) => return,
                () = sender.closed() => return,
                () = tokio::time::sleep(EVENT_STREAM_LIFETIME) => {}
                // A sender that is gone means the same.
                _ = stopped.wait_for(|stop| *stop) => {}
            }
            // A watcher that does not read what it was sent learns it from the end of the stream.
            let _full = sender.try_send(Err(status(Reason::WatchEnded, [])));
        }));
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))))
    }
}

type Watcher = tokio::sync::mpsc::Sender<Result<proto::WatchResultsResponse, Status>>;

/// Sends every release, up to the final one or the status that says that there will be none.
async fn follow(public: &PublicView, poll: PollId, watcher: &Watcher) {
    // Subscribed before the first look, so that no release falls between the two.
    let mut released = public.watch_results();
    let mut sent = 0;
    // A poll that is public stays so.
    while let Some(poll) = public.poll(poll) {
        let releases = &poll.releases;
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
            let results = Some(wire_results(&publication, decisions(&poll)));
            // A watcher that is gone needs no answer.
            let _gone = watcher.send(Ok(proto::WatchResultsResponse { results })).await;
        }
        let ended =
            matches!(poll.state, PollState::Published | PollState::Withheld | PollState::Expired);
        match &poll.results {
            // Of results that have expired there will be none.
            ResultsState::NotPublished(_) if !ended => {}
            // What is withheld after live releases stays so, or waits for people.
            ResultsState::Published(held) if held.statement.kind == ReleaseKind::Live && !ended => {
            }
            ResultsState::Published(_) => return,
            other => {
                let _gone = watcher.send(Err(not_published(other))).await;
                return;
            }
        }
        if released.changed().await.is_err() {
            let _gone = watcher.send(Err(failed_status())).await;
            return;
        }
    }
}

fn decisions(poll: &PublicPoll) -> Vec<proto::Decision> {
    poll.decisions.iter().map(wire_decision).collect()
}

/// Why there is nothing to read.
pub(super) fn not_published(state: &ResultsState) -> Status {
    match state {
        ResultsState::Unknown => unknown_poll(),
        ResultsState::Withheld(reason) => {
            let metadata = [("withheld_reason", reason.reason().to_owned())];
            status(Reason::ResultsWithheld, metadata)
        }
        ResultsState::NotPublished(phase) => unpublished(*phase),
        // Published a moment ago: the next call reads it.
        ResultsState::Published(_) => unpublished(Phase::Closed),
    }
}

fn unpublished(phase: Phase) -> Status {
    let metadata = [("phase", wire_phase(phase).as_str_name().to_owned())];
    status(Reason::ResultsNotPublished, metadata)
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
