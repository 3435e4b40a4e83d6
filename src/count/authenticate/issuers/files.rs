//! The issuers' files: keys, key sets, secrets.
//!
//! Reads and refuses; what is read is put together elsewhere. A secret is not kept, only its hash.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{IssuersError, Terms};
use crate::ground::follow::Stamp;
use crate::ground::limits::JWKS_BYTES_MAX;
use crate::jose::JwksError;
use crate::jose::jwks::{self, NamedKey};

/// Characters of a connection secret, least: 128 bits as hexadecimal digits.
const SECRET_CHARS_MIN: usize = 32;
/// Characters of a connection secret, most: it travels in a header.
const SECRET_CHARS_MAX: usize = 256;

/// What the files of these issuers are like now.
pub(super) fn look(issuers: &[std::sync::Arc<Terms>]) -> Vec<Option<Stamp>> {
    let files = issuers.iter().flat_map(|terms| {
        let config = &terms.config;
        let secret = config.vouched.as_ref().and_then(|vouched| vouched.secret_file.as_ref());
        let set = config.jwks.as_ref().and_then(|jwks| jwks.file.as_ref());
        config.keys.iter().map(|key| &key.public_key_file).chain(secret).chain(set)
    });
    files.map(|path| Stamp::of(path)).collect()
}

/// A file of text.
pub(super) fn read(path: &Path) -> Result<String, IssuersError> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> IssuersError {
    IssuersError::Unreadable { path: path.to_owned(), kind: error.kind() }
}

/// The keys of an issuer's key set in a file; none when it has no such file.
pub(super) fn set(terms: &Terms) -> Result<Vec<NamedKey>, IssuersError> {
    let Some(path) = terms.config.jwks.as_ref().and_then(|jwks| jwks.file.as_ref()) else {
        return Ok(Vec::new());
    };
    let flawed = |flaw| IssuersError::KeySet { issuer: terms.config.id.clone(), flaw };
    let length = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if length > JWKS_BYTES_MAX as u64 {
        return Err(flawed(JwksError::TooLarge));
    }
    jwks::read(read(path)?.as_bytes()).map_err(flawed)
}

/// BLAKE3 of a connection's secret: the secret itself is not kept.
pub(super) fn secret_hash(issuer: &str, path: &Path) -> Result<[u8; 32], IssuersError> {
    let mode = fs::metadata(path).map_err(|error| unreadable(path, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(IssuersError::Exposed { path: path.to_owned() });
    }
    let text = zeroize::Zeroizing::new(read(path)?);
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let length = (SECRET_CHARS_MIN..=SECRET_CHARS_MAX).contains(&secret.len());
    // The full stop parts id and secret in the header.
    if !length || !secret.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.') {
        return Err(IssuersError::Secret { issuer: issuer.to_owned() });
    }
    Ok(blake3::hash(secret.as_bytes()).into())
}
