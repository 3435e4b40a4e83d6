//! What staff's tokens and detached signatures have in common: their parts, and one signature.
//!
//! Does not say what a header or a payload may hold.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};

use crate::authenticate::key::{Check, PublicKey};

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
