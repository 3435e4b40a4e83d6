//! The few files that pages load, at addresses that name their content: a copy is good for ever.

use std::sync::{Arc, LazyLock};

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use crate::http::public::answer::{Answer, Keep, Ready};
use crate::http::public::problem::Problem;

struct Asset {
    name: &'static str,
    path: String,
    file: Arc<Ready>,
}

const FILES: [(&str, &str, &str); 3] = [
    ("holos.css", "text/css; charset=utf-8", include_str!("assets/holos.css")),
    ("holos.js", "text/javascript; charset=utf-8", include_str!("assets/holos.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |(name, kind, text): (&'static str, &'static str, &'static str)| {
        let hash = blake3::hash(text.as_bytes()).to_hex();
        let path = format!("/assets/{}/{name}", &hash[..16]);
        Asset { name, path, file: Arc::new(Answer::of(kind, Keep::Forever, text).ready()) }
    };
    FILES.into_iter().map(asset).collect()
});

/// The path of a file.
pub(super) fn path(name: &str) -> &'static str {
    let found = ASSETS.iter().find(|asset| asset.name == name);
    &found.expect("only files that are there are named").path
}

/// A file, under the hash of its content.
pub(super) async fn asset(
    asked: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path((hash, name))) = asked else { return Problem::nothing_here().into_response() };
    let path = format!("/assets/{hash}/{name}");
    match ASSETS.iter().find(|asset| asset.path == path) {
        Some(asset) => asset.file.to(&headers),
        None => Problem::nothing_here().into_response(),
    }
}
