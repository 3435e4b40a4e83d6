//! The same releases for spreadsheets, catalogues and the national portal.
//!
//! Tables need nothing but a release. Descriptions also say who publishes, and on which terms: an
//! engine whose configuration does not, has none.

use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;

use super::PublicState;
use super::answer::{Answer, CSV, JSON, Keep, Ready};
use super::asked::{KnownPoll, KnownRelease};
use super::openapi::{NO_RESULTS, NumberedRelease, OnePoll};
use super::problem::Problem;
use super::shelf::Piece;
use crate::publish::open::{
    Dataset, Publisher, ReleaseFacts, csv, csvw, dcat, passport_csv, passport_json, register as row,
};
use crate::publish::{PublicPoll, Publication};

/// Why there is no description of all polls.
const NO_CATALOGUE: &str = "The operator names no publisher of open data: NO_CATALOGUE.";
/// Why there is no description of one.
const UNKNOWN_OR_NO_CATALOGUE: &str = "No such poll, or none that is public yet; or no such release; or the operator names no \
                                       publisher of open data: NO_CATALOGUE.";

/// The release in force, as a tidy table: one row a number.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/results.csv",
    tag = "open data",
    params(OnePoll),
    responses(
        (status = 200, description = "One row a number; `value` is empty and `status` `hidden` where it is hidden.", body = String, content_type = "text/csv; charset=utf-8; header=present"),
        (status = 409, description = NO_RESULTS, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn latest_csv(
    State(state): State<PublicState>,
    KnownPoll(poll): KnownPoll,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let publication = poll.in_force().ok_or_else(|| Problem::no_results(&poll.results))?;
    let publication = Arc::clone(publication);
    let made = state.file(&poll, Piece::ResultsCsv, move |_, _| {
        // The table's description is that of the release, whose own address stays.
        let of = publication.statement.release;
        let link = Some(format!("<releases/{of}/results.csv>; rel=\"canonical\""));
        Answer { link, ..table(&publication, Keep::WhileLatest) }.into()
    });
    Ok(made.await.to(&headers))
}

/// A release as a tidy table: one row a number.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/releases/{release}/results.csv",
    tag = "open data",
    params(NumberedRelease),
    responses((status = 200, description = "One row a number; `value` is empty and `status` `hidden` where it is hidden.", body = String, content_type = "text/csv; charset=utf-8; header=present"))
)]
pub(super) async fn release_csv(
    State(state): State<PublicState>,
    KnownRelease { poll, publication }: KnownRelease,
    headers: HeaderMap,
) -> Response {
    let piece = Piece::ReleaseCsv(publication.statement.release);
    let made = state.file(&poll, piece, move |state, _| {
        let link = state.publisher().map(|_| DESCRIBED_BY.to_owned());
        Answer { link, ..table(&publication, Keep::AnHour) }.into()
    });
    made.await.to(&headers)
}

/// With long labels it is some megabytes of text.
fn table(publication: &Publication, keep: Keep) -> Answer {
    let modified = Some(publication.statement.published_at);
    Answer { modified, ..Answer::of(CSV, keep, csv(&publication.statement)) }
}

const DESCRIBED_BY: &str =
    "<results.csv-metadata.json>; rel=\"describedby\"; type=\"application/csvm+json\"";

/// What the columns of that table mean.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/releases/{release}/results.csv-metadata.json",
    tag = "open data",
    params(NumberedRelease),
    responses(
        (status = 200, description = "CSV on the Web metadata.", body = Object, content_type = "application/csvm+json"),
        (status = 404, description = UNKNOWN_OR_NO_CATALOGUE, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn release_csvw(
    State(state): State<PublicState>,
    KnownRelease { poll, publication }: KnownRelease,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let publisher = state.cataloguer()?.clone();
    let piece = Piece::ReleaseCsvMetadata(publication.statement.release);
    let made = state.file(&poll, piece, move |_, _| {
        let bytes = csvw(&publication.statement, &publisher);
        Answer::of("application/csvm+json", Keep::AnHour, bytes).into()
    });
    Ok(made.await.to(&headers))
}

/// The dataset passport of a poll.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/passport",
    tag = "open data",
    params(OnePoll),
    responses(
        (status = 200, description = "The passport, in the portal's own terms.", body = Object),
        (status = 404, description = UNKNOWN_OR_NO_CATALOGUE, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = NO_RESULTS, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn passport(
    State(state): State<PublicState>,
    KnownPoll(poll): KnownPoll,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let made = of_dataset(&state, &poll, Piece::Passport, JSON, passport_json);
    Ok(made.await?.to(&headers))
}

/// The same as a table of two columns.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/passport.csv",
    tag = "open data",
    params(OnePoll),
    responses(
        (status = 200, description = "One row an element of the passport.", body = String, content_type = "text/csv; charset=utf-8; header=present"),
        (status = 404, description = UNKNOWN_OR_NO_CATALOGUE, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = NO_RESULTS, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn passport_table(
    State(state): State<PublicState>,
    KnownPoll(poll): KnownPoll,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let made = of_dataset(&state, &poll, Piece::PassportCsv, CSV, passport_csv);
    Ok(made.await?.to(&headers))
}

/// The catalogue of all polls with releases.
#[utoipa::path(
    get,
    path = "/api/v1/catalog.jsonld",
    tag = "open data",
    responses(
        (status = 200, description = "DCAT-AP 3.0 in JSON-LD.", body = Object, content_type = "application/ld+json"),
        (status = 404, description = NO_CATALOGUE, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn catalogue(
    State(state): State<PublicState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(built(&state).await?.dcat.to(&headers))
}

/// The register of datasets.
#[utoipa::path(
    get,
    path = "/api/v1/datasets.csv",
    tag = "open data",
    responses(
        (status = 200, description = "One row a dataset.", body = String, content_type = "text/csv; charset=utf-8; header=present"),
        (status = 404, description = NO_CATALOGUE, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn register(
    State(state): State<PublicState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(built(&state).await?.register.to(&headers))
}

/// What is said of all polls together; made when it is asked for, and kept until a poll changes:
/// it grows with every release that there ever was.
pub(super) struct Catalogue {
    version: u64,
    dcat: Ready,
    register: Ready,
}

/// The catalogue as of now.
async fn built(state: &PublicState) -> Result<Arc<Catalogue>, Problem> {
    let publisher = state.cataloguer()?.clone();
    if let Some(held) = current(state) {
        return Ok(held);
    }
    let make = move |state: &PublicState| {
        // Read before the polls are: what changes meanwhile is seen by the next one who asks.
        let version = state.version();
        let built = Arc::new(build(state, &publisher, version));
        *kept(state) = Some(Arc::clone(&built));
        built
    };
    Ok(state.once("catalogue", current, make).await)
}

/// The catalogue that is kept, if no poll has changed since.
fn current(state: &PublicState) -> Option<Arc<Catalogue>> {
    let version = state.version();
    kept(state).as_ref().filter(|held| held.version == version).map(Arc::clone)
}

fn kept(state: &PublicState) -> std::sync::MutexGuard<'_, Option<Arc<Catalogue>>> {
    state.0.catalogue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn build(state: &PublicState, publisher: &Publisher, version: u64) -> Catalogue {
    let polls = state.published().polls();
    let held: Vec<_> = polls.iter().filter(|poll| !poll.releases.is_empty()).collect();
    let facts: Vec<Vec<ReleaseFacts<'_>>> = held.iter().map(|poll| facts(poll)).collect();
    let datasets: Vec<Dataset<'_>> =
        held.iter().zip(&facts).map(|(poll, facts)| dataset(poll, facts)).collect();
    let releases = held.iter().flat_map(|poll| &poll.releases);
    let modified = releases.map(|held| held.statement.published_at).max();
    // Without a release nothing was ever changed: the moment at which this is made would tell that
    // somebody had filed an order.
    let modified = modified.unwrap_or(Timestamp::UNIX_EPOCH);
    let file = |kind, bytes: Vec<u8>| Answer::of(kind, Keep::WhileLatest, bytes).ready();
    Catalogue {
        version,
        dcat: file("application/ld+json", dcat(&datasets, publisher, modified)),
        register: file(CSV, row(&datasets, publisher)),
    }
}

async fn of_dataset(
    state: &PublicState,
    poll: &Arc<PublicPoll>,
    piece: Piece,
    kind: &'static str,
    write: fn(&Dataset<'_>, &Publisher) -> Vec<u8>,
) -> Result<Arc<Ready>, Problem> {
    let publisher = state.cataloguer()?.clone();
    // Also of results that were withdrawn: the passport says so.
    if poll.releases.is_empty() {
        return Err(Problem::no_results(&poll.results));
    }
    let made = state.file(poll, piece, move |_, poll| {
        let bytes = write(&dataset(poll, &facts(poll)), &publisher);
        Answer::of(kind, Keep::WhileLatest, bytes).into()
    });
    Ok(made.await)
}

fn facts(poll: &PublicPoll) -> Vec<ReleaseFacts<'_>> {
    let releases = poll.releases.iter().map(|held| ReleaseFacts {
        statement: &held.statement,
        hash: &held.hash,
        bytes: held.bytes().len(),
    });
    releases.collect()
}

fn dataset<'a>(poll: &'a PublicPoll, releases: &'a [ReleaseFacts<'a>]) -> Dataset<'a> {
    Dataset { releases, community: &poll.definition.order().community, closes_at: poll.closes_at }
}
