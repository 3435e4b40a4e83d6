//! Key-encryption keys that this process holds as bytes: their text form, their ids, and wrapping.
//!
//! Does not say where they come from: [`super::file`] and [`super::environment`].

use zeroize::Zeroizing;

use super::{KekError, KekId, ROOT_PLACE};
use crate::ground::random;
use crate::keys::{SealKey, Secret};

/// Digits of a key's text.
pub(super) const HEX: usize = 64;

/// The id of a key: derived, so that it is the same in every process and tells nothing.
pub(super) fn id(key: &Secret<32>) -> KekId {
    KekId::from_bytes(*Secret::derive("holos v1 key encryption: id", key).expose())
}

pub(super) fn wrap(key: &Secret<32>, secret: &Secret<32>) -> Vec<u8> {
    seal_key(key).seal(random::bytes(), ROOT_PLACE, secret.expose())
}

pub(super) fn unwrap(key: &Secret<32>, wrapped: &[u8]) -> Result<Secret<32>, KekError> {
    let plain = seal_key(key).open(ROOT_PLACE, wrapped).map_err(|_| KekError::Damaged)?;
    plain[..].try_into().map(Secret::new).map_err(|_| KekError::Damaged)
}

/// The key of these ids among `keys`.
pub(super) fn find<'a>(keys: &'a [Secret<32>], key: &KekId) -> Result<&'a Secret<32>, KekError> {
    keys.iter().find(|held| id(held) == *key).ok_or(KekError::Unknown { key: *key })
}

/// Appends the digits of a key.
pub(super) fn encode(key: &Secret<32>, text: &mut Vec<u8>) {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    text.extend(key.expose().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

/// The key of exactly [`HEX`] lower-case digits.
pub(super) fn decode(digits: &[u8]) -> Option<Secret<32>> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut key = Zeroizing::new([0; 32]);
    if digits.len() != HEX {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(Secret::new(*key))
}

fn seal_key(key: &Secret<32>) -> SealKey {
    SealKey::new(&Secret::derive("holos v1 key encryption: seal", key))
}
