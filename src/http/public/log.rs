//! The public log as static files (C2SP tlog-tiles), and the keys that sign.
//!
//! The log itself says which paths there are; this only passes them on.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::PublicState;
use super::answer::{Keep, TEXT};
use super::problem::Problem;

/// The checkpoint may be that old: whoever watches asks every few seconds at most.
const CHECKPOINT_KEEP: &str = "public, max-age=5";

/// A file of the public log, as C2SP tlog-tiles lays them out.
///
/// The checkpoint is at `checkpoint`, hashes at `tile/L/N` and `tile/L/N.p/W`, entries at
/// `tile/entries/N` and `tile/entries/N.p/W`.
#[utoipa::path(
    get,
    path = "/api/v1/log/{*path}",
    tag = "log",
    params(("path" = String, Path, description = "A path of C2SP tlog-tiles.", example = "checkpoint")),
    responses(
        (status = 200, description = "The checkpoint, a signed note; or a tile.", content(
            (String = "text/plain; charset=utf-8"),
            (Vec<u8> = "application/octet-stream"),
        )),
        (status = 404, description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn file(
    State(state): State<PublicState>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    // What is no UTF-8 is no file of the log.
    let Path(path) = path.map_err(|_| Problem::nothing_here())?;
    let file = state.apart(move |state| state.published().log_file(&path)).await;
    let file = file.ok_or_else(Problem::nothing_here)?;
    // A tile has one content for good; where a wider one has taken its place it is gone, and what is
    // missing is never kept.
    let (kind, keep) = if file.immutable {
        ("application/octet-stream", Keep::Forever.header())
    } else {
        (TEXT, CHECKPOINT_KEEP)
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)];
    Ok((headers, Bytes::from(file.bytes)).into_response())
}

/// The key that signs publications.
#[utoipa::path(
    get,
    path = "/api/v1/keys/publication",
    tag = "log",
    responses((status = 200, description = "Ed25519, PEM SPKI.", body = String, content_type = "application/x-pem-file"))
)]
pub(super) async fn publication_key(State(state): State<PublicState>) -> Response {
    let pem = state.keys().publication_pem.clone();
    ([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response()
}

/// The key that signs the public log, as its tools write keys.
#[utoipa::path(
    get,
    path = "/api/v1/keys/log",
    tag = "log",
    responses((status = 200, description = "A verifier key of C2SP signed-note.", body = String, content_type = "text/plain; charset=utf-8"))
)]
pub(super) async fn log_key(State(state): State<PublicState>) -> Response {
    let vkey = format!("{}\n", state.keys().log_vkey);
    ([(header::CONTENT_TYPE, TEXT)], vkey).into_response()
}
