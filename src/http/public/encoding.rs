//! Content encodings: which a request takes, and the bytes in each.

use std::io::Write as _;

use axum::http::{HeaderMap, header};

/// An encoding that files are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Brotli (RFC 7932).
    Brotli,
    /// gzip (RFC 1952).
    Gzip,
}

/// Past this quality Brotli takes ten times as long for some per cent.
const BROTLI_QUALITY: u32 = 5;
/// The window that Brotli's own tools take: 4 MiB.
const BROTLI_WINDOW_BITS: u32 = 22;
const BROTLI_BUFFER_BYTES: usize = 4_096;

impl Encoding {
    /// Every encoding, the smallest result first.
    pub(super) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// These bytes, encoded.
    pub(super) fn encode(self, bytes: &[u8]) -> Vec<u8> {
        const MEMORY: &str = "writing to memory does not fail";
        match self {
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(
                    Vec::new(),
                    BROTLI_BUFFER_BYTES,
                    BROTLI_QUALITY,
                    BROTLI_WINDOW_BITS,
                );
                writer.write_all(bytes).expect(MEMORY);
                writer.into_inner()
            }
            Self::Gzip => {
                let level = flate2::Compression::default();
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), level);
                writer.write_all(bytes).expect(MEMORY);
                writer.finish().expect(MEMORY)
            }
        }
    }
}

/// Which encodings a request takes (RFC 9110, 12.5.3).
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted {
    takes: [bool; Encoding::ALL.len()],
}

impl Wanted {
    pub(super) fn of(asked: &HeaderMap) -> Self {
        let text = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let Some(text) = text else { return Self::default() };
        let weight = |name: &str| {
            let mut entries = text.split(',').map(entry);
            entries.find(|(named, _)| named.eq_ignore_ascii_case(name)).map(|(_, weight)| weight)
        };
        let rest = weight("*").unwrap_or(false);
        Self { takes: Encoding::ALL.map(|encoding| weight(encoding.name()).unwrap_or(rest)) }
    }

    pub(super) fn takes(self, encoding: Encoding) -> bool {
        let mut all = Encoding::ALL.into_iter().zip(self.takes);
        all.any(|(held, takes)| held == encoding && takes)
    }
}

/// A name, and whether its weight is not zero.
fn entry(text: &str) -> (&str, bool) {
    let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
    let weight = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
    let refused = weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0_f32));
    (name.trim(), !refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn taken(accept: &str) -> Vec<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        let wanted = Wanted::of(&headers);
        Encoding::ALL.into_iter().filter(|e| wanted.takes(*e)).map(Encoding::name).collect()
    }

    #[test]
    fn an_encoding_is_taken_unless_its_weight_is_zero() {
        assert_eq!(taken("gzip, deflate, br, zstd"), ["br", "gzip"]);
        assert_eq!(taken("GZIP;q=1.0, br;q=0"), ["gzip"]);
        assert_eq!(taken("*"), ["br", "gzip"]);
        assert_eq!(taken("br;q=0.000, *;q=0.1"), ["gzip"]);
        assert_eq!(taken("*;q=0"), [""; 0]);
        assert_eq!(taken("identity"), [""; 0]);
        assert_eq!(taken(""), [""; 0]);
    }

    #[test]
    fn what_is_encoded_reads_back() {
        let bytes = "Чи залишити 8 березня вихідним днем? ".repeat(100).into_bytes();
        let brotli = Encoding::Brotli.encode(&bytes);
        let mut back = Vec::new();
        brotli::Decompressor::new(&brotli[..], 4_096).read_to_end(&mut back).unwrap();
        assert!(back == bytes && brotli.len() < bytes.len() / 10);
        let gzip = Encoding::Gzip.encode(&bytes);
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut back).unwrap();
        assert!(back == bytes && gzip.len() < bytes.len() / 10);
    }
}
