//! A poll's releases as they were signed, where each stands in the public log, and the definition
//! that they name.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

use super::PublicState;
use super::answer::{Answer, JSON, Keep, TEXT};
use super::asked::{KnownPoll, KnownRelease};
use super::problem::Problem;
use crate::poll::PollId;
use crate::publish::{Publication, ReleaseKind, ResultsState};

/// The release in force.
pub(super) async fn results(poll: KnownPoll, headers: HeaderMap) -> Result<Response, Problem> {
    match &poll.results {
        ResultsState::Published(publication) => {
            Ok(signed(publication, Keep::WhileLatest).to(&headers))
        }
        other => Err(Problem::no_results(other)),
    }
}

/// One release, whether it is in force or not.
pub(super) async fn release(asked: KnownRelease, headers: HeaderMap) -> Response {
    signed(&asked.publication, Keep::Forever).to(&headers)
}

/// The place of a release in the public log, as of now.
pub(super) async fn proof(
    State(state): State<PublicState>,
    KnownRelease { publication }: KnownRelease,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let proof = state.apart(move |state| state.published().proof(&publication)).await;
    let proof = proof.map_err(|_| Problem::failed())?;
    // Against the checkpoint of the day: any of them holds for good.
    Ok(Answer::of(TEXT, Keep::WhileLatest, proof).to(&headers))
}

/// The definition that every release names by its hash.
pub(super) async fn definition(
    State(state): State<PublicState>,
    poll: KnownPoll,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let frozen = state.published().definition(poll.id).ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "DEFINITION_NOT_FROZEN",
            "the poll's definition can still change: it is frozen when the poll opens",
        )
    })?;
    let (tag, bytes) = (frozen.hash, frozen.json.into());
    let answer = Answer { kind: JSON, keep: Keep::Forever, tag, link: None, bytes };
    Ok(answer.to(&headers))
}

/// All releases, oldest first.
pub(super) async fn list(State(state): State<PublicState>, poll: KnownPoll) -> Response {
    let releases = state.published().releases(poll.id);
    let releases = releases.iter().map(|held| Row::of(held)).collect();
    let list = Json(List { poll: poll.id, releases });
    ([(header::CACHE_CONTROL, Keep::WhileLatest.header())], list).into_response()
}

fn signed(publication: &Publication, keep: Keep) -> Answer {
    let (tag, bytes) = (publication.hash.clone(), publication.bytes());
    Answer { kind: JSON, keep, tag, link: None, bytes }
}

#[derive(Serialize)]
struct List {
    poll: PollId,
    releases: Vec<Row>,
}

/// A release without its numbers.
#[derive(Serialize)]
struct Row {
    release: u32,
    kind: ReleaseKind,
    as_of: Timestamp,
    published_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<u32>,
    hash: String,
    links: Links,
}

/// Paths on this listener; what stands before them is the operator's.
#[derive(Serialize)]
struct Links {
    file: String,
    csv: String,
    proof: String,
}

impl Row {
    fn of(publication: &Publication) -> Self {
        let statement = &publication.statement;
        let file = format!("/api/v1/polls/{}/releases/{}", statement.poll, statement.release);
        Self {
            release: statement.release,
            kind: statement.kind,
            as_of: statement.as_of,
            published_at: statement.published_at,
            corrects: statement.correction.as_ref().map(|correction| correction.release),
            hash: publication.hash.clone(),
            links: Links {
                csv: format!("{file}/results.csv"),
                proof: format!("{file}/proof"),
                file,
            },
        }
    }
}
