//! What staff's tokens and detached signatures have in common: their parts, and one signature.
//!
//! Does not say what a header or a payload may hold.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};

use crate::jose::key::{Check, PublicKey};

/// The three parts between exactly two full stops.
pub(super) fn segments(jws: &str) -> Option<[&str; 3]> {
    let mut parts = jws.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(signature), None) => Some([header, payload, signature]),
        _ => None,
    }
}

/// The text of a JSON object in base64url. The decoder knows one spelling of each byte string: no
/// padding, no stray bits.
pub(super) fn object_text(part: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    // serde would also fill a struct from an array, by position.
    text.starts_with('{').then_some(text)
}

/// Whether the signature is the key's, of these bytes.
pub(super) fn holds(key: &PublicKey, signed: &[u8], signature: &str) -> bool {
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    if signature.len() != key.signature_bytes() {
        return false;
    }
    match key.check(signed, &signature) {
        Some(Check::Holds) => true,
        Some(Check::Batch(item)) => item.verify_single().is_ok(),
        None => false,
    }
}

/// An optional member that, once there, has a value: `null` is not "absent".
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    fn jws_holds(key: &PublicKey, jws: &str) -> bool {
        let (signed, signature) = jws.rsplit_once('.').unwrap();
        holds(key, signed.as_bytes(), signature)
    }

    #[test]
    fn the_signature_of_rfc_8037_holds() {
        let x = decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let key = PublicKey::ed25519(&x).ok().unwrap();
        let jws = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09\
                   PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert!(jws_holds(&key, jws));
        assert!(!jws_holds(&key, &jws.replacen("RX", "RY", 1)));
    }

    #[test]
    fn the_signature_of_rfc_7515_by_p_256_holds() {
        let x = decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
        let y = decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        let key = PublicKey::p256(&x, &y).ok().unwrap();
        let jws = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
                   cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISl\
                   SApmWQxfKTUJqPP3-Kg6NU1Q";
        assert!(jws_holds(&key, jws));
        assert!(!jws_holds(&key, &jws.replacen("eyJp", "eyJq", 1)));
    }

    #[test]
    fn a_jws_has_three_parts_and_an_object_starts_with_a_brace() {
        assert_eq!(segments("a.b.c"), Some(["a", "b", "c"]));
        assert_eq!(segments("a..c"), Some(["a", "", "c"]));
        for bad in ["", "a", "a.b", "a.b.c.d"] {
            assert_eq!(segments(bad), None, "{bad}");
        }
        let object = |text: &str| object_text(&URL_SAFE_NO_PAD.encode(text));
        assert_eq!(object("{}"), Some("{}".to_owned()));
        for bad in ["", "[]", " {}", "\u{feff}{}"] {
            assert_eq!(object(bad), None, "{bad}");
        }
        assert_eq!(object_text("e30="), None, "padded");
        assert_eq!(object_text("e31"), None, "stray bits");
    }
}
