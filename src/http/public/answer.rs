//! Files as they are answered: their type, how long they may be kept, which version they are, and in
//! which encodings there are bytes.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};

use super::encoding::{Encoding, Wanted};
use crate::publish::Language;

/// How long a cache may keep a file.
#[derive(Clone, Copy)]
pub(in crate::http) enum Keep {
    /// For good: this address never has other bytes.
    Forever,
    /// Two seconds: a cache in front then asks once where thousands ask it, and what was withdrawn is
    /// gone as soon. While the engine cannot be reached, ten minutes.
    WhileLatest,
    /// Five seconds: whoever watches asks no oftener.
    AMoment,
    /// An hour: the same facts, whose form a new version of the program may change.
    AnHour,
}

impl Keep {
    pub(super) const fn header(self) -> &'static str {
        match self {
            Self::Forever => "public, max-age=31536000, immutable",
            Self::WhileLatest => "public, max-age=2, stale-if-error=600",
            Self::AMoment => "public, max-age=5",
            Self::AnHour => "public, max-age=3600",
        }
    }
}

/// A file with all that is said of it.
pub(in crate::http) struct Answer {
    pub(super) kind: &'static str,
    pub(super) keep: Keep,
    /// What tells its versions apart.
    pub(super) tag: String,
    /// Where related files are (RFC 8288).
    pub(super) link: Option<String>,
    /// The language of a page.
    pub(super) language: Option<Language>,
    /// Since when it is what it is.
    pub(super) modified: Option<Timestamp>,
    pub(super) bytes: Bytes,
}

pub(super) const JSON: &str = "application/json";
pub(super) const CSV: &str = "text/csv; charset=utf-8; header=present";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// Bytes below which an encoding saves nothing that a packet does not carry anyway.
const ENCODED_BYTES_MIN: usize = 512;

impl Answer {
    /// A file that nothing but its bytes tells apart.
    pub(in crate::http) fn of(kind: &'static str, keep: Keep, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let tag = blake3::hash(&bytes).to_hex().to_string();
        Self { kind, keep, tag, link: None, language: None, modified: None, bytes }
    }

    /// The same file in this language.
    pub(in crate::http) fn in_language(self, language: Language) -> Self {
        Self { language: Some(language), ..self }
    }

    /// The file in every encoding that makes it smaller. Takes a millisecond for each 30 KB.
    pub(in crate::http) fn ready(self) -> Ready {
        let encoded = Encoding::ALL.map(|encoding| {
            let worth = self.bytes.len() >= ENCODED_BYTES_MIN;
            let bytes = worth.then(|| encoding.encode(&self.bytes))?;
            (bytes.len() < self.bytes.len()).then(|| self.variant(Some(encoding), bytes.into()))
        });
        let plain = self.variant(None, self.bytes.clone());
        Ready { plain, encoded, modified: self.modified }
    }

    /// The answer to one request, made for it alone and so in no encoding.
    pub(super) fn to(self, asked: &HeaderMap) -> Response {
        let plain = self.variant(None, self.bytes.clone());
        let encoded = [None, None];
        Ready { plain, encoded, modified: self.modified }.to(asked)
    }

    fn variant(&self, encoding: Option<Encoding>, bytes: Bytes) -> Variant {
        let text = |text: &str| HeaderValue::from_str(text).expect("hashes and numbers are ASCII");
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.keep.header()));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        // Two encodings are two representations, each with a tag of its own (RFC 9110, 8.8.3).
        let tag = match encoding {
            None => format!("\"{}\"", self.tag),
            Some(encoding) => format!("\"{}-{}\"", self.tag, encoding.name()),
        };
        headers.insert(header::ETAG, text(&tag));
        if let Some(encoding) = encoding {
            let name = HeaderValue::from_static(encoding.name());
            headers.insert(header::CONTENT_ENCODING, name);
        }
        if let Some(link) = &self.link {
            headers.insert(header::LINK, text(link));
        }
        if let Some(language) = self.language {
            let code = HeaderValue::from_static(language.code());
            headers.insert(header::CONTENT_LANGUAGE, code);
        }
        if let Some(modified) = self.modified {
            headers.insert(header::LAST_MODIFIED, text(&http_date(modified)));
        }
        Variant { headers, bytes }
    }
}

/// A file that costs nothing more to answer.
pub(in crate::http) struct Ready {
    plain: Variant,
    encoded: [Option<Variant>; Encoding::ALL.len()],
    modified: Option<Timestamp>,
}

struct Variant {
    headers: HeaderMap,
    bytes: Bytes,
}

impl Ready {
    /// The answer to a request with these headers: the file, or that it has not changed.
    pub(in crate::http) fn to(&self, asked: &HeaderMap) -> Response {
        let wanted = Wanted::of(asked);
        let encoded = Encoding::ALL.into_iter().zip(&self.encoded);
        let variant = encoded
            .filter(|(encoding, _)| wanted.takes(*encoding))
            .find_map(|(_, variant)| variant.as_ref())
            .unwrap_or(&self.plain);
        if self.is_known(asked, variant) {
            let mut headers = variant.headers.clone();
            headers.remove(header::CONTENT_ENCODING);
            // Of no stated length: that of the file it is not (RFC 9110, 8.6).
            let nothing = Body::from_stream(tokio_stream::empty::<Result<Bytes, Infallible>>());
            (StatusCode::NOT_MODIFIED, headers, nothing).into_response()
        } else {
            let mut response = Response::new(Body::from(variant.bytes.clone()));
            *response.headers_mut() = variant.headers.clone();
            response
        }
    }

    /// Bytes that it takes, in all encodings.
    pub(super) fn bytes(&self) -> usize {
        let encoded = self.encoded.iter().flatten().map(|variant| variant.bytes.len());
        self.plain.bytes.len() + encoded.sum::<usize>()
    }

    /// Whether who asks has this variant.
    fn is_known(&self, asked: &HeaderMap, variant: &Variant) -> bool {
        if let Some(known) = asked.get(header::IF_NONE_MATCH) {
            let tag = variant.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
            let same = |one: &str| {
                let one = one.trim();
                one == "*" || Some(one.trim_start_matches("W/")) == tag
            };
            return known.to_str().is_ok_and(|known| known.split(',').any(same));
        }
        let since = asked.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
        let since = since.and_then(|since| DateTimeParser::new().parse_timestamp(since).ok());
        match (since, self.modified) {
            // Its dates have whole seconds.
            (Some(since), Some(modified)) => modified.as_second() <= since.as_second(),
            _ => false,
        }
    }
}

/// A moment as HTTP writes it (RFC 9110, 5.6.7).
fn http_date(at: Timestamp) -> String {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&at);
    text.expect("a moment since the year 0 has a date")
}
