//! Files as they are answered: their type, how long they may be kept, and which version they are.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// How long a cache may keep a file.
#[derive(Clone, Copy)]
pub(super) enum Keep {
    /// For good: this address never has other bytes.
    Forever,
    /// It may keep it, and must ask whether it is still the latest.
    WhileLatest,
    /// An hour: the same facts, whose form a new version of the program may change.
    AnHour,
}

impl Keep {
    pub(super) const fn header(self) -> &'static str {
        match self {
            Self::Forever => "public, max-age=31536000, immutable",
            Self::WhileLatest => "public, no-cache",
            Self::AnHour => "public, max-age=3600",
        }
    }
}

/// A file with all that is said of it.
pub(super) struct Answer {
    pub(super) kind: &'static str,
    pub(super) keep: Keep,
    /// What tells its versions apart.
    pub(super) tag: String,
    /// Where related files are (RFC 8288).
    pub(super) link: Option<String>,
    pub(super) bytes: Bytes,
}

pub(super) const JSON: &str = "application/json";
pub(super) const CSV: &str = "text/csv; charset=utf-8; header=present";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

impl Answer {
    /// A file that nothing but its bytes tells apart.
    pub(super) fn of(kind: &'static str, keep: Keep, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let tag = blake3::hash(&bytes).to_hex().to_string();
        Self { kind, keep, tag, link: None, bytes }
    }

    /// The answer to a request with these headers: the file, or that it has not changed.
    pub(super) fn to(self, asked: &HeaderMap) -> Response {
        let tag = format!("\"{}\"", self.tag);
        let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let same = |one: &str| {
            let one = one.trim();
            one == "*" || one.trim_start_matches("W/") == tag
        };
        let is_known = known.is_some_and(|known| known.split(',').any(same));
        let mut headers = HeaderMap::new();
        let text = |text: &str| HeaderValue::from_str(text).expect("hashes and numbers are ASCII");
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.keep.header()));
        headers.insert(header::ETAG, text(&tag));
        if let Some(link) = &self.link {
            headers.insert(header::LINK, text(link));
        }
        if is_known {
            (StatusCode::NOT_MODIFIED, headers).into_response()
        } else {
            (headers, self.bytes).into_response()
        }
    }
}
