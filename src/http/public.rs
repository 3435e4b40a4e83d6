//! Published results over plain HTTP, for browsers, scripts and caches.
//!
//! What stands here was released by the engine; before that the answer says only why not. The bytes
//! of a publication are the signed file itself, so that what is downloaded can be checked with
//! `holos verify`.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::outcome::{Kind, Rejection};
use crate::poll::PollId;
use crate::publish::{Publication, ResultsState};

/// What the public listener needs of the engine.
#[derive(Clone)]
pub struct PublicState {
    results: Arc<dyn Fn(PollId) -> ResultsState + Send + Sync>,
    key_pem: Arc<str>,
}

impl PublicState {
    /// `results` looks a poll up; it must not block. `key_pem` is the publication key as PEM SPKI.
    pub fn new(
        results: impl Fn(PollId) -> ResultsState + Send + Sync + 'static,
        key_pem: &str,
    ) -> Self {
        Self { results: Arc::new(results), key_pem: key_pem.into() }
    }
}

/// The public listener's routes: the REST ones here and `grpc`, the router of the gRPC services on
/// the same port.
pub fn router(state: PublicState, grpc: Router) -> Router {
    let rest = Router::new()
        .route("/api/v1/polls/{id}/results", get(results))
        .route("/api/v1/keys/publication", get(publication_key))
        .fallback(async || {
            Problem::plain(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this address")
        })
        .method_not_allowed_fallback(async || {
            Problem::plain(
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

async fn results(
    State(state): State<PublicState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Ok(id) = id.parse() else { return refusal(Rejection::PollIdMalformed) };
    match (state.results)(id) {
        ResultsState::Published(publication) => published(&publication, &headers),
        ResultsState::Unknown => refusal(Rejection::PollUnknown),
        ResultsState::NotPublished(phase) => {
            let detail = "the results are not published yet";
            let problem = Problem::new(StatusCode::CONFLICT, "RESULTS_NOT_PUBLISHED", detail);
            Problem { phase: Some(phase.wire_name()), ..problem }.into_response()
        }
        ResultsState::Withheld(reason) => {
            let detail = "the poll's rules forbid publishing its results";
            let problem = Problem::new(StatusCode::CONFLICT, "RESULTS_WITHHELD", detail);
            Problem { withheld_reason: Some(reason.reason()), ..problem }.into_response()
        }
    }
}

/// A refusal that the gRPC edge has too, in the same words.
fn refusal(rejection: Rejection) -> Response {
    let status = match rejection.kind() {
        Kind::InvalidArgument => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::PermissionDenied => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::FailedPrecondition => StatusCode::CONFLICT,
        Kind::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    Problem::new(status, rejection.reason(), rejection.text()).into_response()
}

fn published(publication: &Publication, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", publication.hash);
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = |one: &str| one.trim().trim_start_matches("W/") == tag;
    let matches = known.is_some_and(|known| known.split(',').any(same));
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::ETAG, tag.clone()),
        // A cache may keep it and must ask whether it is still the latest.
        (header::CACHE_CONTROL, "public, no-cache".to_owned()),
    ];
    if matches {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, publication.bytes()).into_response()
    }
}

async fn publication_key(State(state): State<PublicState>) -> Response {
    ([(header::CONTENT_TYPE, "application/x-pem-file")], state.key_pem.to_string()).into_response()
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
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    set(headers, header::REFERRER_POLICY, "no-referrer");
    if !headers.contains_key(header::CACHE_CONTROL) {
        set(headers, header::CACHE_CONTROL, "no-store");
    }
    response
}

/// An error by RFC 9457, with the same machine-readable reason as in gRPC.
#[derive(Debug, Serialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld_reason: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, reason: &'static str, detail: &'static str) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
            reason,
            phase: None,
            withheld_reason: None,
        }
    }

    fn plain(status: StatusCode, reason: &'static str, detail: &'static str) -> Response {
        Self::new(status, reason, detail).into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("made from a status code");
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests;
