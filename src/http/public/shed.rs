//! Reads give way to ballots.
//!
//! The public listener has threads of its own, which the system runs a tenth as long as those that
//! take ballots while both want all (see `service/readers.rs`); that is enough while there is only too little processor. When ballots
//! pile up all the same, reads are refused before any of them is: a total can be read a moment later,
//! a ballot that is refused may never come back.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use holos_reasons::Reason;

use super::PublicState;
use super::problem::Problem;
use crate::ground::metrics;
use crate::grpc;
use crate::http::pages;

/// Lets a request through while ballots are not held up.
pub(in crate::http) async fn give_way(
    State(state): State<PublicState>,
    request: Request,
    next: Next,
) -> Response {
    if !state.published().is_pressed() {
        return next.run(request).await;
    }
    metrics::read_shed();
    refusal(&request)
}

fn refusal(request: &Request) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    if let Some(kind) = kind.filter(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
        let mut response = grpc::read_shed().map(Body::new);
        // A status alone is the same in gRPC-Web, whose clients take only their own type.
        response.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
        return response;
    }
    let is_page = !request.uri().path().starts_with("/api/") && request.method() == Method::GET;
    if is_page {
        return pages::busy(request.uri().path());
    }
    Problem::new(Reason::ReadsShed).into_response()
}
