//! A poll's releases as they were signed, where each stands in the public log, and the definition
//! that they name.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use holos_reasons::Reason;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::PublicState;
use super::answer::{Answer, JSON, Keep, TEXT};
use super::asked::{KnownPoll, KnownRelease};
use super::openapi::{NO_RESULTS, NumberedRelease, OnePoll};
use super::problem::Problem;
use super::shelf::Piece;
use crate::poll::PollId;
use crate::publish::{Publication, ReleaseKind, SignedRelease};

/// The release in force: the signed file.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/results",
    tag = "releases",
    params(OnePoll),
    responses(
        (status = 200, description = "The release in force, byte by byte as it was signed.", body = SignedRelease),
        (status = 409, description = NO_RESULTS, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn results(
    State(state): State<PublicState>,
    KnownPoll(poll): KnownPoll,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let publication = poll.in_force().ok_or_else(|| Problem::no_results(&poll.results))?;
    let publication = publication.clone();
    let make = move |_: &PublicState, _: &_| signed(&publication, Keep::WhileLatest).into();
    Ok(state.file(&poll, Piece::Results, make).await.to(&headers))
}

/// One release, whether it is in force or not: the signed file, which never changes.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/releases/{release}",
    tag = "releases",
    params(NumberedRelease),
    responses((status = 200, description = "The release, byte by byte as it was signed.", body = SignedRelease))
)]
pub(super) async fn release(
    State(state): State<PublicState>,
    KnownRelease { poll, publication }: KnownRelease,
    headers: HeaderMap,
) -> Response {
    let piece = Piece::Release(publication.statement.release);
    let make = move |_: &PublicState, _: &_| signed(&publication, Keep::Forever).into();
    state.file(&poll, piece, make).await.to(&headers)
}

/// The place of a release in the public log, as of now (C2SP tlog-proof).
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/releases/{release}/proof",
    tag = "log",
    params(NumberedRelease),
    responses((status = 200, description = "A tlog-proof.", body = String, content_type = "text/plain; charset=utf-8"))
)]
pub(super) async fn proof(
    State(state): State<PublicState>,
    KnownRelease { publication, .. }: KnownRelease,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let proof = state.apart(move |state| state.published().proof(&publication)).await;
    let proof = proof.map_err(|_| Problem::new(Reason::EngineStopped))?;
    // Against the checkpoint of the day: any of them holds for good.
    Ok(Answer::of(TEXT, Keep::WhileLatest, proof).to(&headers))
}

/// The definition that every release names by its hash, as canonical JSON: the order, the rules and
/// the bounds that were frozen when the poll opened.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/definition",
    tag = "polls",
    params(OnePoll),
    responses(
        (status = 200, description = "Canonical JSON (RFC 8785), whose BLAKE3 hash releases name.", body = Object),
        (status = 409, description = "It can still change until the poll opens: DEFINITION_NOT_FROZEN.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn definition(
    State(state): State<PublicState>,
    KnownPoll(poll): KnownPoll,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let hash = poll.definition_hash;
    let hash = hash.ok_or_else(|| Problem::new(Reason::DefinitionNotFrozen))?;
    let made = state.file(&poll, Piece::Definition, move |_, poll| {
        let bytes = poll.definition.canonical_json();
        let file = Answer::of(JSON, Keep::Forever, bytes);
        Answer { tag: hash.to_string(), modified: poll.opened_at, ..file }.into()
    });
    Ok(made.await.to(&headers))
}

/// All releases of a poll without their numbers, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/releases",
    operation_id = "list_releases",
    tag = "releases",
    params(OnePoll),
    responses((status = 200, description = "The releases; none before the first is made.", body = ReleaseList))
)]
pub(super) async fn list(
    State(state): State<PublicState>,
    KnownPoll(poll): KnownPoll,
    headers: HeaderMap,
) -> Response {
    let made = state.file(&poll, Piece::Releases, |_, poll| {
        let releases = poll.releases.iter().map(|held| ReleaseRow::of(held)).collect();
        let list = ReleaseList { poll: poll.id(), releases };
        let bytes = serde_json::to_vec(&list).expect("texts and numbers serialise");
        Answer::of(JSON, Keep::WhileLatest, bytes).into()
    });
    made.await.to(&headers)
}

fn signed(publication: &Publication, keep: Keep) -> Answer {
    let (tag, bytes) = (publication.hash.clone(), publication.bytes());
    let modified = Some(publication.statement.published_at);
    Answer { kind: JSON, keep, tag, link: None, language: None, modified, bytes }
}

/// Releases of a poll.
#[derive(Serialize, ToSchema)]
pub(super) struct ReleaseList {
    poll: PollId,
    /// Oldest first: at most 1,000 live ones, and those since the close.
    releases: Vec<ReleaseRow>,
}

/// A release without its numbers.
#[derive(Serialize, ToSchema)]
pub(super) struct ReleaseRow {
    /// Number of the release, from 1.
    release: u32,
    kind: ReleaseKind,
    /// The moment whose totals it shows.
    as_of: Timestamp,
    /// When it was made.
    published_at: Timestamp,
    /// Number of the release that was wrong and whose place it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<u32>,
    /// BLAKE3 hash of the file, 64 hexadecimal digits.
    hash: String,
    links: ReleaseLinks,
}

/// Paths on this listener; what stands before them is the operator's.
#[derive(Serialize, ToSchema)]
pub(super) struct ReleaseLinks {
    file: String,
    csv: String,
    proof: String,
}

impl ReleaseRow {
    pub(super) fn of(publication: &Publication) -> Self {
        let statement = &publication.statement;
        let file = format!("/api/v1/polls/{}/releases/{}", statement.poll, statement.release);
        Self {
            release: statement.release,
            kind: statement.kind,
            as_of: statement.as_of,
            published_at: statement.published_at,
            corrects: statement.correction.as_ref().map(|correction| correction.release),
            hash: publication.hash.clone(),
            links: ReleaseLinks {
                csv: format!("{file}/results.csv"),
                proof: format!("{file}/proof"),
                file,
            },
        }
    }
}
