//! What is published, over plain HTTP: for browsers, scripts, caches, and the tools of others.
//!
//! What stands here was released by the engine; before that the answer says only why not. A poll that
//! is not public answers like one that does not exist: no handler is given the identifier of one
//! ([`asked`]). The bytes of a release are the signed file itself, so that what is downloaded can be
//! checked with `holos verify`. Addresses are those of [`crate::publish::open`], and stay.
//!
//! - [`releases`]: a poll's releases, its definition;
//! - [`open_data`]: the same for catalogues and spreadsheets;
//! - [`log`]: the public log's files, and the keys;
//! - [`asked`], [`answer`], [`problem`]: how requests are read and answered;
//! - [`engine`]: the engine, as this edge sees it.

mod answer;
mod asked;
mod engine;
mod log;
mod open_data;
mod problem;
mod releases;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::log::public::StaticFile;
use crate::poll::PollId;
use crate::publish::open::Publisher;
use crate::publish::{Publication, ResultsState};
use crate::service::limits;
use open_data::Catalogue;
use problem::Problem;

/// What this edge asks of the engine. All but the last two answer from memory, at once.
pub trait Published: Send + Sync {
    /// What may be said of a poll's results; `Unknown` of a poll that is not public, of which
    /// nothing else is asked then.
    fn results(&self, poll: PollId) -> ResultsState;
    /// The poll's releases, oldest first.
    fn releases(&self, poll: PollId) -> Vec<Arc<Publication>>;
    /// The poll's definition, once it is frozen.
    fn definition(&self, poll: PollId) -> Option<Frozen>;
    /// What catalogues say of a poll besides its releases.
    fn about(&self, poll: PollId) -> Option<About>;
    /// The public polls, newest first.
    fn public_polls(&self) -> Vec<PollId>;
    /// Another number after any poll, or any of its releases, has changed.
    fn version(&self) -> u64;
    /// The place of a release in the public log, as a text. Waits for a log that is being written.
    fn proof(&self, release: &Publication) -> Result<String, Failed>;
    /// A file of the public log, by its path below it. Waits for the disk.
    fn log_file(&self, path: &str) -> Option<StaticFile>;
}

/// A frozen definition.
pub struct Frozen {
    /// Its canonical JSON.
    pub json: Vec<u8>,
    /// Its hash, as every release carries it.
    pub hash: String,
}

/// Facts of a poll that no release holds.
pub struct About {
    /// The community that is asked.
    pub community: String,
    /// When it closes, or would have closed.
    pub closes_at: Timestamp,
}

/// The engine could not answer.
#[derive(Debug)]
pub struct Failed;

/// Public keys of the engine, as text.
pub struct PublicKeys {
    /// Signs publications: PEM SPKI.
    pub publication_pem: String,
    /// Signs the public log: its name, id and key.
    pub log_vkey: String,
}

/// What the public listener needs.
#[derive(Clone)]
pub struct PublicState(Arc<Inner>);

struct Inner {
    published: Arc<dyn Published>,
    keys: PublicKeys,
    publisher: Option<Publisher>,
    catalogue: Mutex<Option<Arc<Catalogue>>>,
    building: Arc<tokio::sync::Mutex<()>>,
    reads: Arc<Semaphore>,
}

impl PublicState {
    /// Without a `publisher` there is no catalogue.
    pub fn new(
        published: Arc<dyn Published>,
        keys: PublicKeys,
        publisher: Option<Publisher>,
    ) -> Self {
        Self(Arc::new(Inner {
            published,
            keys,
            publisher,
            catalogue: Mutex::new(None),
            building: Arc::default(),
            reads: Arc::new(Semaphore::new(limits::PUBLIC_READS_MAX)),
        }))
    }

    fn published(&self) -> &dyn Published {
        &*self.0.published
    }

    /// The publisher, or why there is no catalogue.
    fn publisher(&self) -> Result<&Publisher, Problem> {
        let missing = || {
            Problem::new(
                StatusCode::NOT_FOUND,
                "NO_CATALOGUE",
                "this engine describes no open data: its configuration names no publisher",
            )
        };
        self.0.publisher.as_ref().ok_or_else(missing)
    }

    /// Does what waits for the disk, or computes for long, away from the threads that serve.
    async fn apart<T: Send + 'static>(&self, work: impl FnOnce(&Self) -> T + Send + 'static) -> T {
        let place = Arc::clone(&self.0.reads).acquire_owned().await;
        let place = place.expect("nobody closes it");
        let state = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work(&state)
        });
        done.await.expect("work on what is public does not panic")
    }
}

/// The public listener's routes: the REST ones here and `grpc`, the router of the gRPC services on
/// the same port.
pub fn router(state: PublicState, grpc: Router) -> Router {
    let rest = Router::new()
        .route("/api/v1/polls/{id}/results", get(releases::results))
        .route("/api/v1/polls/{id}/results.csv", get(open_data::latest_csv))
        .route("/api/v1/polls/{id}/releases", get(releases::list))
        .route("/api/v1/polls/{id}/releases/{release}", get(releases::release))
        .route("/api/v1/polls/{id}/releases/{release}/proof", get(releases::proof))
        .route("/api/v1/polls/{id}/releases/{release}/results.csv", get(open_data::release_csv))
        .route(
            "/api/v1/polls/{id}/releases/{release}/results.csv-metadata.json",
            get(open_data::release_csvw),
        )
        .route("/api/v1/polls/{id}/definition", get(releases::definition))
        .route("/api/v1/polls/{id}/passport", get(open_data::passport))
        .route("/api/v1/polls/{id}/passport.csv", get(open_data::passport_table))
        .route("/api/v1/catalog.jsonld", get(open_data::catalogue))
        .route("/api/v1/datasets.csv", get(open_data::register))
        .route("/api/v1/log/{*path}", get(log::file))
        .route("/api/v1/keys/publication", get(log::publication_key))
        .route("/api/v1/keys/log", get(log::log_key))
        .fallback(async || Problem::nothing_here())
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "only GET and HEAD are served",
            )
        })
        .layer(middleware::from_fn(public_headers))
        .with_state(state);
    // gRPC's own fallback would answer every unknown address with status 200.
    rest.merge(grpc.reset_fallback())
}

/// Headers of every answer: any site may read what is public, nothing may be run or framed, and no
/// answer is kept that does not say it may be.
async fn public_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let set = |headers: &mut HeaderMap, name, value| {
        headers.insert(name, HeaderValue::from_static(value))
    };
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    // A page elsewhere finds a table's description and a file's version by them.
    set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, "etag, link");
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    set(headers, header::REFERRER_POLICY, "no-referrer");
    if !headers.contains_key(header::CACHE_CONTROL) {
        set(headers, header::CACHE_CONTROL, "no-store");
    }
    response
}

#[cfg(test)]
mod tests;
