//! The same releases for spreadsheets, catalogues and the national portal.
//!
//! Tables need nothing but a release. Descriptions also say who publishes, and on which terms: an
//! engine whose configuration does not, has none.

use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;

use super::answer::{Answer, CSV, JSON, Keep};
use super::asked::{KnownPoll, KnownRelease};
use super::problem::Problem;
use super::{About, PublicState};
use crate::publish::open::{
    Dataset, Publisher, ReleaseFacts, csv, csvw, dcat, passport_csv, passport_json, register as row,
};
use crate::publish::{Publication, ResultsState};

/// The release in force, as a table.
pub(super) async fn latest_csv(
    State(state): State<PublicState>,
    poll: KnownPoll,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ResultsState::Published(publication) = &poll.results else {
        return Err(Problem::no_results(&poll.results));
    };
    let answer = Answer::of(CSV, Keep::WhileLatest, table(&state, publication).await);
    // The table's description is that of the release, whose own address stays.
    let of = publication.statement.release;
    let link = Some(format!("<releases/{of}/results.csv>; rel=\"canonical\""));
    Ok(Answer { link, ..answer }.to(&headers))
}

/// A release as a table.
pub(super) async fn release_csv(
    State(state): State<PublicState>,
    asked: KnownRelease,
    headers: HeaderMap,
) -> Response {
    let answer = Answer::of(CSV, Keep::AnHour, table(&state, &asked.publication).await);
    let described = state.publisher().is_ok();
    let link = described.then(|| DESCRIBED_BY.to_owned());
    Answer { link, ..answer }.to(&headers)
}

/// With long labels it is some megabytes of text.
async fn table(state: &PublicState, publication: &Arc<Publication>) -> Vec<u8> {
    let publication = Arc::clone(publication);
    state.apart(move |_| csv(&publication.statement, false)).await
}

const DESCRIBED_BY: &str =
    "<results.csv-metadata.json>; rel=\"describedby\"; type=\"application/csvm+json\"";

/// What the columns of that table mean.
pub(super) async fn release_csvw(
    State(state): State<PublicState>,
    asked: KnownRelease,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bytes = csvw(&asked.publication.statement, state.publisher()?);
    Ok(Answer::of("application/csvm+json", Keep::AnHour, bytes).to(&headers))
}

/// The dataset passport of a poll.
pub(super) async fn passport(
    State(state): State<PublicState>,
    poll: KnownPoll,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bytes = of_dataset(&state, &poll, passport_json)?;
    Ok(Answer::of(JSON, Keep::WhileLatest, bytes).to(&headers))
}

/// The same as a table of two columns.
pub(super) async fn passport_table(
    State(state): State<PublicState>,
    poll: KnownPoll,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bytes = of_dataset(&state, &poll, passport_csv)?;
    Ok(Answer::of(CSV, Keep::WhileLatest, bytes).to(&headers))
}

/// The catalogue of all polls with releases.
pub(super) async fn catalogue(
    State(state): State<PublicState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let built = built(&state).await?;
    let bytes = built.dcat.clone();
    Ok(Answer::of("application/ld+json", Keep::WhileLatest, bytes).to(&headers))
}

/// The register of datasets.
pub(super) async fn register(
    State(state): State<PublicState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let built = built(&state).await?;
    Ok(Answer::of(CSV, Keep::WhileLatest, built.register.clone()).to(&headers))
}

/// What is said of all polls together; made when it is asked for, and kept until a poll changes:
/// it grows with every release that there ever was.
pub(super) struct Catalogue {
    version: u64,
    dcat: axum::body::Bytes,
    register: axum::body::Bytes,
}

/// The catalogue as of now. Whoever asks while it is made waits for the one that is being made; it is
/// made to its end and kept also when who asked first has gone, so that nobody can have it made over
/// and over.
async fn built(state: &PublicState) -> Result<Arc<Catalogue>, Problem> {
    let publisher = state.publisher()?.clone();
    if let Some(held) = current(state) {
        return Ok(held);
    }
    let one_at_a_time = Arc::clone(&state.0.building).lock_owned().await;
    Ok(state
        .apart(move |state| {
            let _one_at_a_time = one_at_a_time;
            if let Some(held) = current(state) {
                return held;
            }
            // Read before the polls are: what changes meanwhile is seen by the next one who asks.
            let version = state.published().version();
            let built = Arc::new(build(state, &publisher, version));
            *kept(state) = Some(Arc::clone(&built));
            built
        })
        .await)
}

/// The catalogue that is kept, if no poll has changed since.
fn current(state: &PublicState) -> Option<Arc<Catalogue>> {
    let version = state.published().version();
    kept(state).as_ref().filter(|held| held.version == version).map(Arc::clone)
}

fn kept(state: &PublicState) -> std::sync::MutexGuard<'_, Option<Arc<Catalogue>>> {
    state.0.catalogue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn build(state: &PublicState, publisher: &Publisher, version: u64) -> Catalogue {
    let published = state.published();
    let polls = published.public_polls();
    let held: Vec<(About, Vec<Arc<Publication>>)> = polls
        .into_iter()
        .filter_map(|poll| Some((published.about(poll)?, published.releases(poll))))
        .filter(|(_, releases)| !releases.is_empty())
        .collect();
    let facts: Vec<Vec<ReleaseFacts<'_>>> =
        held.iter().map(|(_, releases)| facts(releases)).collect();
    let datasets: Vec<Dataset<'_>> =
        held.iter().zip(&facts).map(|((about, _), facts)| dataset(about, facts)).collect();
    let releases = held.iter().flat_map(|(_, releases)| releases);
    let modified = releases.map(|held| held.statement.published_at).max();
    // Without a release nothing was ever changed: the moment at which this is made would tell that
    // somebody had filed an order.
    let modified = modified.unwrap_or(Timestamp::UNIX_EPOCH);
    Catalogue {
        version,
        dcat: dcat(&datasets, publisher, modified).into(),
        register: row(&datasets, publisher).into(),
    }
}

fn of_dataset(
    state: &PublicState,
    poll: &KnownPoll,
    write: fn(&Dataset<'_>, &Publisher) -> Vec<u8>,
) -> Result<Vec<u8>, Problem> {
    let publisher = state.publisher()?;
    let releases = state.published().releases(poll.id);
    let about = state.published().about(poll.id);
    // Also of results that were withdrawn: the passport says so.
    let Some(about) = about.filter(|_| !releases.is_empty()) else {
        return Err(Problem::no_results(&poll.results));
    };
    Ok(write(&dataset(&about, &facts(&releases)), publisher))
}

fn facts(releases: &[Arc<Publication>]) -> Vec<ReleaseFacts<'_>> {
    let releases = releases.iter().map(|held| ReleaseFacts {
        statement: &held.statement,
        hash: &held.hash,
        bytes: held.bytes().len(),
    });
    releases.collect()
}

fn dataset<'a>(about: &'a About, releases: &'a [ReleaseFacts<'a>]) -> Dataset<'a> {
    Dataset { releases, community: &about.community, closes_at: about.closes_at }
}
