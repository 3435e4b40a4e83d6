//! That a poll has changed, as server-sent events: once for each change that is published, never for
//! a ballot.
//!
//! An event says only which state the poll is in now; who wants the totals reads them. So nothing is
//! lost with a connection, and one that comes back needs no history.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use holos_reasons::Reason;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use super::PublicState;
use super::asked::KnownPoll;
use super::openapi::OnePoll;
use super::problem::Problem;
use crate::ground::limits::{EVENT_STREAM_LIFETIME, EVENT_STREAM_RETRY};
use crate::poll::PollId;
use crate::publish::{PollState, PublicPoll};

/// Between two comments on a stream that has nothing to say: proxies cut what is silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The state of a poll now, and again whenever it changes: events of the type `poll`.
///
/// A stream ends after ten minutes; browsers then connect again by themselves.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/events",
    tag = "polls",
    params(OnePoll),
    responses(
        (status = 200, description = "`data` of each event is a JSON object.", body = PollEvent, content_type = "text/event-stream"),
        (status = 503, description = "Too many watchers: WATCHERS_FULL; or ballots are counted first: READS_SHED.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn events(
    State(state): State<PublicState>,
    KnownPoll(poll): KnownPoll,
) -> Result<Response, Problem> {
    let place = Arc::clone(&state.0.watchers).try_acquire_owned().map_err(|_| {
        let detail = "too many watchers; read the poll again later instead";
        Problem::saying(Reason::WatchersFull, detail)
    })?;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let _place = place;
        tokio::select! {
            () = follow(&state, poll.id(), &sender) => {}
            () = sender.closed() => {}
            () = tokio::time::sleep(EVENT_STREAM_LIFETIME) => {}
            // Browsers come back by themselves, to whoever is there then.
            () = state.stopped() => {}
        }
    });
    let stream = Sse::new(ReceiverStream::new(receiver));
    let stream = stream.keep_alive(KeepAlive::new().interval(HEARTBEAT));
    // A proxy that gathers answers before it passes them on would hold every event back.
    let headers = [(header::CACHE_CONTROL.as_str(), "no-store"), ("x-accel-buffering", "no")];
    Ok((headers, stream).into_response())
}

async fn follow(state: &PublicState, id: PollId, sender: &mpsc::Sender<Result<Event, Infallible>>) {
    // Subscribed before the first look, so that no change falls between the two.
    let mut changes = state.published().changes();
    let mut told = String::new();
    // A poll that is public stays so.
    while let Some(poll) = state.published().poll(id) {
        if poll.version != told {
            told.clone_from(&poll.version);
            if sender.send(Ok(event(&poll))).await.is_err() {
                return;
            }
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

fn event(poll: &PublicPoll) -> Event {
    let release = poll.in_force().map(|held| held.statement.release);
    let said = PollEvent { poll: poll.id(), state: poll.state, release, version: &poll.version };
    let data = serde_json::to_string(&said).expect("texts and numbers serialise");
    Event::default().event("poll").id(&poll.version).retry(EVENT_STREAM_RETRY).data(data)
}

/// What an event says.
#[derive(Serialize, ToSchema)]
pub(super) struct PollEvent<'a> {
    poll: PollId,
    state: PollState,
    /// Number of the release in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<u32>,
    /// Another text whenever anything that is published of the poll is another.
    version: &'a str,
}
