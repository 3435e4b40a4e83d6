//! What a secret looks like when something has leaked it.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// Secrets in every spelling that is looked for.
#[derive(Default)]
pub struct Needles(Vec<(String, Vec<u8>)>);

impl Needles {
    /// Adds a secret: plain, in hexadecimal, in base64 at each of its three alignments, and as the
    /// list of numbers that `Debug` makes of bytes.
    pub fn plant(&mut self, name: &str, secret: &[u8]) {
        let mut add = |form: &str, bytes: Vec<u8>| self.0.push((format!("{name}, {form}"), bytes));
        add("as it is", secret.to_vec());
        let hex = |upper: bool| -> String {
            let digits =
                |byte: &u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
            secret.iter().map(digits).collect()
        };
        add("in hexadecimal", hex(false).into_bytes());
        add("in upper-case hexadecimal", hex(true).into_bytes());
        let numbers: Vec<_> = secret.iter().map(ToString::to_string).collect();
        add("as numbers", numbers.join(", ").into_bytes());
        add("as numbers in JSON", numbers.join(",").into_bytes());
        for (form, alphabet) in
            [("base64", &alphabet::STANDARD), ("base64url", &alphabet::URL_SAFE)]
        {
            let engine = GeneralPurpose::new(alphabet, NO_PAD);
            for before in 0..3 {
                let text = engine.encode([&vec![0; before], secret].concat());
                // Characters that hold bits of the neighbours too are left out.
                let first = (before * 8).div_ceil(6);
                let whole = (before + secret.len()) * 8 / 6;
                add(form, text.as_bytes()[first..whole].to_vec());
            }
        }
    }

    /// The first secret that stands in these bytes.
    pub fn found_in(&self, bytes: &[u8]) -> Option<&str> {
        let stands = |needle: &[u8]| {
            let mut rest = bytes;
            while let Some(at) = rest.iter().position(|byte| *byte == needle[0]) {
                if rest[at..].starts_with(needle) {
                    return true;
                }
                rest = &rest[at + 1..];
            }
            false
        };
        self.0.iter().find(|(_, needle)| stands(needle)).map(|(name, _)| name.as_str())
    }
}

#[test]
fn a_planted_marker_is_found_in_every_spelling() {
    let secret = b"a marker, planted to be found";
    let mut needles = Needles::default();
    needles.plant("marker", secret);
    assert_eq!(needles.0.len(), 11);
    assert_eq!(needles.found_in(b"nothing of the kind, only a marker"), None);
    let standard = base64::engine::general_purpose::STANDARD;
    let url = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    for padding in 0..7 {
        let inside = [&vec![0xfb; padding][..], secret, &vec![0xfb; 7 - padding]].concat();
        let hex: String = inside.iter().map(|byte| format!("{byte:02x}")).collect();
        let texts = [
            inside.clone(),
            hex.to_uppercase().into_bytes(),
            hex.into_bytes(),
            standard.encode(&inside).into_bytes(),
            url.encode(&inside).into_bytes(),
            format!("{inside:?}").into_bytes(),
            serde_json::to_vec(&inside).unwrap(),
        ];
        for text in texts {
            assert!(needles.found_in(&text).is_some(), "{}", String::from_utf8_lossy(&text));
        }
    }
}
