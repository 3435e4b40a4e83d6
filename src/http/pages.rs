//! Pages for people, in both languages, made from the same releases as everything else.
//!
//! They are whole without a script; with one, a poll's page follows its releases. Nothing comes from
//! elsewhere, nothing is stored in the browser, nobody is counted.
//!
//! - [`list`], [`poll`], [`notice`], [`about`], [`message`]: the pages, each a view of what is public
//!   and a template;
//! - [`shell`]: what is around each of them;
//! - [`words`], [`forms`]: what is said, and how numbers and times are written;
//! - [`map`]: the regions as tiles;
//! - [`feed`]: the releases as a news feed;
//! - [`assets`]: style, script and icon.

mod about;
mod assets;
mod feed;
mod forms;
mod list;
mod map;
mod message;
mod notice;
mod poll;
mod shell;
mod words;

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, Path, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::public::answer::{Answer, Keep};
use super::public::asked::KnownPoll;
use super::public::problem::Problem;
use super::public::{PublicState, shed};
use crate::ground::limits::SHED_RETRY_SECONDS;
use crate::publish::Language;
use message::refusal;

const HTML: &str = "text/html; charset=utf-8";

/// What a page may do: load its own style, script and icon, and ask its own server for news.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The pages' routes.
pub(super) fn router(state: PublicState) -> Router {
    Router::new()
        .route("/", get(choose))
        .route("/polls/{id}", get(choose_poll))
        .route("/{language}", get(list::page))
        .route("/{language}/polls/{id}", get(poll::page))
        .route("/{language}/polls/{id}/notice", get(notice::page))
        .route("/{language}/about", get(about::page))
        .route("/{language}/accessibility", get(about::accessibility))
        .route("/{language}/feed.atom", get(feed::feed))
        .route("/assets/{hash}/{name}", get(assets::asset))
        .route("/robots.txt", get(robots))
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(state.clone(), shed::give_way))
        .layer(middleware::from_fn(page_headers))
        .with_state(state)
}

/// Headers of every page.
async fn page_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        header::HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// A language in an address.
struct Spoken(Language);

impl FromRequestParts<PublicState> for Spoken {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Self, Response> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let named = parameters.ok().and_then(|held| {
            let named = held.iter().find(|(name, _)| *name == "language");
            let (_, code) = named?;
            Language::ALL.into_iter().find(|language| language.code() == code)
        });
        named.map(Self).ok_or_else(|| refusal(state, asked_for(parts), &Problem::nothing_here()))
    }
}

/// The poll of a page: what is not public has the page of what does not exist.
struct PollAsked {
    language: Language,
    poll: std::sync::Arc<crate::publish::PublicPoll>,
}

impl FromRequestParts<PublicState> for PollAsked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Self, Response> {
        let Spoken(language) = Spoken::from_request_parts(parts, state).await?;
        match KnownPoll::from_request_parts(parts, state).await {
            Ok(KnownPoll(poll)) => Ok(Self { language, poll }),
            Err(problem) => Err(refusal(state, language, &problem)),
        }
    }
}

/// The language of a page that is not there.
fn asked_for(parts: &Parts) -> Language {
    let named = language_of(parts.uri.path());
    named.unwrap_or_else(|| preferred(&parts.headers))
}

fn language_of(path: &str) -> Option<Language> {
    let first = path.split('/').nth(1).unwrap_or_default();
    Language::ALL.into_iter().find(|language| language.code() == first)
}

fn preferred(headers: &HeaderMap) -> Language {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::preferred(asked)
}

/// To the list in the reader's language.
async fn choose(State(state): State<PublicState>, headers: HeaderMap) -> Response {
    to(&state, &headers, "")
}

/// To a poll's page in the reader's language: this is the address that catalogues name.
async fn choose_poll(
    State(state): State<PublicState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    // An ending is what people try who know other portals.
    for (ending, rest) in [(".json", ""), (".csv", "/results.csv")] {
        if let Some(id) = id.strip_suffix(ending).filter(|id| is_plain(id)) {
            return redirect(&format!("{}/api/v1/polls/{id}{rest}", prefix(&state)));
        }
    }
    if !is_plain(&id) {
        return refusal(&state, preferred(&headers), &Problem::nothing_here());
    }
    to(&state, &headers, &format!("/polls/{id}"))
}

/// Whether it can stand in an address as it is.
fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn to(state: &PublicState, headers: &HeaderMap, path: &str) -> Response {
    redirect(&format!("{}/{}{path}", prefix(state), preferred(headers).code()))
}

fn prefix(state: &PublicState) -> String {
    shell::Shell::new(state, Language::Ukrainian, String::new(), "").prefix
}

fn redirect(path: &str) -> Response {
    let headers = [
        (header::LOCATION, path),
        (header::VARY, "accept-language"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    let headers = headers.map(|(name, value)| {
        (name, HeaderValue::from_str(value).expect("a path of letters, digits and -"))
    });
    (StatusCode::FOUND, axum::response::AppendHeaders(headers)).into_response()
}

/// Nothing is kept from anybody who looks for polls; the API is no page.
async fn robots() -> Response {
    let text = "User-agent: *\nDisallow: /api/\n";
    let headers = [(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, text).into_response()
}

/// What stands nowhere.
async fn nothing(State(state): State<PublicState>, uri: Uri, headers: HeaderMap) -> Response {
    let language = language_of(uri.path()).unwrap_or_else(|| preferred(&headers));
    refusal(&state, language, &Problem::nothing_here())
}

/// What is answered instead of a page while ballots are held up.
pub(super) fn busy(path: &str) -> Response {
    let page = message::busy(language_of(path).unwrap_or(Language::Ukrainian));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(HTML)),
        (header::RETRY_AFTER, SHED_RETRY_SECONDS.into()),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, page).into_response()
}

/// A page as a file.
fn html(page: &impl Template, language: Language) -> Answer {
    let text = page.render().expect("writing to memory does not fail");
    Answer::of(HTML, Keep::WhileLatest, text).in_language(language)
}
