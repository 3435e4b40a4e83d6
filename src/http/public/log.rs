//! The public log as static files (C2SP tlog-tiles), and the keys that sign.
//!
//! The log itself says which paths there are; this only passes them on.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::PublicState;
use super::answer::{Answer, Keep, TEXT};
use super::problem::Problem;

/// A file of the public log, as C2SP tlog-tiles lays them out.
///
/// The checkpoint is at `checkpoint`, hashes at `tile/L/N` and `tile/L/N.p/W`, entries at
/// `tile/entries/N` and `tile/entries/N.p/W`.
#[utoipa::path(
    get,
    path = "/api/v1/log/{*path}",
    operation_id = "log_file",
    tag = "log",
    params(("path" = String, Path, description = "A path of C2SP tlog-tiles.", example = "checkpoint")),
    responses(
        (status = 200, description = "The checkpoint, a signed note; or a tile.", content(
            (String = "text/plain; charset=utf-8"),
            (String = "application/octet-stream"),
        )),
        (status = 404, description = "No such file of the log, or not any more: NOT_FOUND.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn file(
    State(state): State<PublicState>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // What is no UTF-8 is no file of the log.
    let Path(path) = path.map_err(|_| Problem::nothing_here())?;
    let file = state.apart(move |state| state.published().log_file(&path)).await;
    let file = file.ok_or_else(Problem::nothing_here)?;
    // A tile has one content for good; where a wider one has taken its place it is gone, and what is
    // missing is never kept.
    let (kind, keep) = if file.immutable {
        ("application/octet-stream", Keep::Forever)
    } else {
        (TEXT, Keep::AMoment)
    };
    Ok(Answer::of(kind, keep, file.bytes).to(&headers))
}

/// The key that signs publications.
#[utoipa::path(
    get,
    path = "/api/v1/keys/publication",
    tag = "log",
    responses((status = 200, description = "Ed25519, PEM SPKI.", body = String, content_type = "application/x-pem-file"))
)]
pub(super) async fn publication_key(
    State(state): State<PublicState>,
    headers: HeaderMap,
) -> Response {
    let pem = state.keys().publication_pem.clone();
    Answer::of("application/x-pem-file", Keep::AnHour, pem).to(&headers)
}

/// The key that signs the public log, as its tools write keys.
#[utoipa::path(
    get,
    path = "/api/v1/keys/log",
    tag = "log",
    responses((status = 200, description = "A verifier key of C2SP signed-note.", body = String, content_type = "text/plain; charset=utf-8"))
)]
pub(super) async fn log_key(State(state): State<PublicState>, headers: HeaderMap) -> Response {
    let vkey = format!("{}\n", state.keys().log_vkey);
    Answer::of(TEXT, Keep::AnHour, vkey).to(&headers)
}
