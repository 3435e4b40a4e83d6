//! Reads give way to ballots.
//!
//! The public listener has threads of its own, which the system runs after those that take ballots
//! (see `service/readers.rs`); that is enough while there is only too little processor. When ballots
//! pile up all the same, reads are refused before any of them is: a total can be read a moment later,
//! a ballot that is refused may never come back.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::PublicState;
use super::problem::Problem;
use crate::grpc;
use crate::http::pages;
use crate::service::limits::SHED_RETRY_SECONDS;
use crate::service::metrics;

/// Lets a request through while ballots are not held up.
pub(super) async fn give_way(
    State(state): State<PublicState>,
    request: Request,
    next: Next,
) -> Response {
    if !state.published().is_pressed() {
        return next.run(request).await;
    }
    metrics::read_shed();
    let mut response = refusal(&request);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(SHED_RETRY_SECONDS));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn refusal(request: &Request) -> Response {
    const WHY: &str = "ballots are counted first; read again in a few seconds";
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/grpc")) {
        return grpc::read_shed(WHY).map(Body::new);
    }
    let is_page = !request.uri().path().starts_with("/api/") && request.method() == Method::GET;
    if is_page {
        return pages::busy(request.uri().path());
    }
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "READS_SHED", WHY).into_response()
}
