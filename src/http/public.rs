//! What is published, over plain HTTP: for browsers, scripts, caches, and the tools of others.
//!
//! What stands here was released by the engine; before that the answer says only why not. A poll that
//! is not public answers like one that does not exist: no handler is given the identifier of one
//! ([`asked`]). The bytes of a release are the signed file itself, so that what is downloaded can be
//! checked with `holos verify`. Addresses are those of [`crate::publish::open`], and stay.
//!
//! - [`polls`], [`notices`]: what a poll asks, of whom, by which rules;
//! - [`releases`]: a poll's releases, its definition;
//! - [`open_data`]: the same for catalogues and spreadsheets;
//! - [`log`]: the public log's files, and the keys;
//! - [`events`]: that a poll has changed, told as it happens;
//! - [`openapi`]: the description of all that;
//! - [`asked`], [`answer`], [`encoding`], [`problem`]: how requests are read and answered;
//! - [`shelf`]: what was made is kept until its poll changes;
//! - [`shed`]: reads give way to ballots;
//! - [`engine`]: the engine, as this edge sees it.
//!
//! Pages for people are in [`super::pages`].

#![expect(unused_qualifications, reason = "utoipa writes types out in full")]

pub(super) mod answer;
pub(super) mod asked;
mod encoding;
mod engine;
mod events;
mod log;
mod notices;
mod open_data;
mod openapi;
pub(super) mod polls;
pub(super) mod problem;
mod releases;
pub(super) mod shed;
pub(super) mod shelf;

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use holos_reasons::Reason;
use jiff::Timestamp;
use tokio::sync::{OwnedMutexGuard, Semaphore, watch};

use crate::ground::limits;
use crate::poll::PollId;
use crate::publish::open::Publisher;
use crate::publish::{PublicPoll, Publication};
use crate::publog::StaticFile;
use answer::Ready;
use holos_wire::language::KnowLanguage;
use open_data::Catalogue;
use problem::Problem;
use shelf::{Piece, Shelf};

/// What this edge asks of the engine. All but the last two answer from memory, at once.
pub trait Published: Send + Sync {
    /// A poll as the public may know it; `None` of one that is not public, and of one that is not.
    fn poll(&self, poll: PollId) -> Option<Arc<PublicPoll>>;
    /// The public polls, newest first.
    fn polls(&self) -> Vec<Arc<PublicPoll>>;
    /// Changes after any poll, or any of its releases, has changed.
    fn changes(&self) -> watch::Receiver<u64>;
    /// The engine's time.
    fn now(&self) -> Timestamp;
    /// Whether ballots wait so long that reads must not take more of the machine.
    fn is_pressed(&self) -> bool;
    /// The place of a release in the public log, as a text. Waits for a log that is being written.
    fn proof(&self, release: &Publication) -> Result<String, Failed>;
    /// A file of the public log, by its path below it. Waits for the disk.
    fn log_file(&self, path: &str) -> Option<StaticFile>;
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
    shelf: Shelf,
    making: [Arc<tokio::sync::Mutex<()>>; MAKERS],
    hasher: RandomState,
    reads: Arc<Semaphore>,
    watchers: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
}

/// Files that are made at a time: enough that a long table does not keep every page waiting.
const MAKERS: usize = 8;

impl PublicState {
    /// Without a `publisher` there is no catalogue. What goes on for long ends when `stopped` says so.
    pub fn new(
        published: Arc<dyn Published>,
        keys: PublicKeys,
        publisher: Option<Publisher>,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self(Arc::new(Inner {
            published,
            keys,
            publisher,
            catalogue: Mutex::new(None),
            shelf: Shelf::new(),
            making: Default::default(),
            hasher: RandomState::new(),
            reads: Arc::new(Semaphore::new(limits::PUBLIC_READS_MAX)),
            watchers: Arc::new(Semaphore::new(limits::EVENT_STREAMS_MAX)),
            stopped,
        }))
    }

    pub(super) fn published(&self) -> &dyn Published {
        &*self.0.published
    }

    /// The publisher, if the configuration names one.
    pub(super) fn publisher(&self) -> Option<&Publisher> {
        self.0.publisher.as_ref()
    }

    /// The publisher, or why there is no catalogue.
    fn cataloguer(&self) -> Result<&Publisher, Problem> {
        self.publisher().ok_or_else(|| Problem::new(Reason::NoCatalogue))
    }

    pub(super) fn keys(&self) -> &PublicKeys {
        &self.0.keys
    }

    /// What is made of a poll: as it is kept, or made now.
    pub(super) async fn file(
        &self,
        poll: &Arc<PublicPoll>,
        piece: Piece,
        make: impl FnOnce(&Self, &Arc<PublicPoll>) -> Made + Send + 'static,
    ) -> Arc<Ready> {
        let now = self.published().now();
        if let Some(held) = self.0.shelf.find(poll, piece, now) {
            return held;
        }
        let (poll, seen) = (Arc::clone(poll), Arc::clone(poll));
        self.once(
            (poll.id(), piece),
            move |state| state.0.shelf.find(&seen, piece, now),
            move |state| {
                let Made { file, until } = make(state, &poll);
                let file = Arc::new(file.ready());
                state.0.shelf.keep(poll, piece, until, Arc::clone(&file));
                file
            },
        )
        .await
    }

    /// What is made of all polls together, for one address: as [`Self::file`], until any poll changes
    /// or the minute is over.
    pub(super) async fn listing(
        &self,
        path: String,
        make: impl FnOnce(&Self) -> answer::Answer + Send + 'static,
    ) -> Arc<Ready> {
        let find = |state: &Self, path: &str| {
            state.0.shelf.find_listing(path, state.version(), state.published().now())
        };
        if let Some(held) = find(self, &path) {
            return held;
        }
        let name = path.clone();
        self.once(
            path.clone(),
            move |state| find(state, &name),
            move |state| {
                // Read before the polls are: what changes meanwhile is seen by the next one who asks.
                let (version, now) = (state.version(), state.published().now());
                let file = Arc::new(make(state).ready());
                state.0.shelf.keep_listing(path, version, next_minute(now), Arc::clone(&file));
                file
            },
        )
        .await
    }

    /// Another number whenever any public poll is another.
    fn version(&self) -> u64 {
        *self.published().changes().borrow()
    }

    /// What `find` finds, or else `make` makes: by one for all who wait for it, and to its end also when who asked
    /// first has gone, so that nobody can have it made over and over.
    async fn once<T: Send + 'static>(
        &self,
        name: impl Hash,
        find: impl FnOnce(&Self) -> Option<T> + Send + 'static,
        make: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        let one_at_a_time = self.maker_of(name).await;
        self.apart(move |state| {
            let _one_at_a_time = one_at_a_time;
            find(state).unwrap_or_else(|| make(state))
        })
        .await
    }

    /// Resolves when the engine stops.
    async fn stopped(&self) {
        let mut stopped = self.0.stopped.clone();
        // A sender that is gone means the same.
        let _told = stopped.wait_for(|stop| *stop).await;
    }

    /// The place of whoever makes this.
    async fn maker_of(&self, what: impl Hash) -> OwnedMutexGuard<()> {
        let maker = self.0.hasher.hash_one(what) % MAKERS as u64;
        let maker = usize::try_from(maker).expect("less than the makers");
        Arc::clone(&self.0.making[maker]).lock_owned().await
    }

    /// Does what waits for the disk, or computes for long, away from the threads that serve.
    pub(super) async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
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

/// When the minute is over: until then the time that is left is told right.
pub(super) fn next_minute(now: Timestamp) -> Timestamp {
    let next = (now.as_second().div_euclid(60) + 1) * 60;
    Timestamp::from_second(next).unwrap_or(now)
}

/// A file that was made of a poll.
pub(super) struct Made {
    pub(super) file: answer::Answer,
    /// From when on it says something about the time that is no longer so; `None`: it stays true
    /// until the poll changes.
    pub(super) until: Option<Timestamp>,
}

impl From<answer::Answer> for Made {
    fn from(file: answer::Answer) -> Self {
        Self { file, until: None }
    }
}

/// The public listener's routes: the REST ones here, the pages, and `grpc`, the router of the gRPC
/// services on the same port.
pub fn router(state: PublicState, grpc: Router) -> Router {
    // Inside the headers: other sites read a refusal like any answer, and a preflight is none.
    let shed = || middleware::from_fn_with_state(state.clone(), shed::give_way);
    let (rest, description) = openapi::routes().split_for_parts();
    let rest = openapi::serve(rest, description)
        .route("/api", any(async || Problem::nothing_here()))
        .route("/api/", any(async || Problem::nothing_here()))
        .route("/api/{*nothing}", any(async || Problem::nothing_here()))
        .method_not_allowed_fallback(async || Problem::new(Reason::MethodNotAllowed))
        .layer(shed())
        .layer(middleware::from_fn(public_headers))
        .with_state(state.clone());
    // gRPC's own fallback would answer every unknown address with status 200.
    let grpc = grpc.reset_fallback().layer(shed()).layer(middleware::from_fn(grpc_headers));
    super::pages::router(state).merge(rest).merge(grpc).layer(KnowLanguage)
}

/// Headers by which a page of any site may call gRPC-Web, and read how its call ended.
async fn grpc_headers(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response =
        if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    if is_preflight {
        set(header::ACCESS_CONTROL_ALLOW_METHODS, "POST");
        let allowed = "content-type, grpc-timeout, x-grpc-web, x-user-agent";
        set(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        set(header::ACCESS_CONTROL_MAX_AGE, "86400");
    }
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "grpc-message, grpc-status, grpc-status-details-bin",
    );
    response
}

/// Headers of every answer of the API: any site may read what is public, nothing may be run or
/// framed, and no answer is kept that does not say it may be.
async fn public_headers(request: Request, next: Next) -> Response {
    // What a browser asks before it sends a header of its own to another site.
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response =
        if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    let set = |headers: &mut HeaderMap, name, value| {
        headers.insert(name, HeaderValue::from_static(value))
    };
    if is_preflight {
        set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD");
        let allowed = "if-none-match, if-modified-since, last-event-id";
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        set(headers, header::ACCESS_CONTROL_MAX_AGE, "86400");
    }
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    // A page elsewhere finds a table's description and a file's version by them.
    set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, "etag, link, retry-after");
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
