//! The log in somebody else's hands: its lines and a last line that says where they end, checked
//! with the engine's public key and nothing else.
//!
//! ```text
//! {"at":...,"seq":0,"signature":...}      the lines as they are stored ([`super::entry`])
//! {"at":...,"seq":1,"signature":...}
//! {"exported_at":"<RFC 3339>","head":{"hash":"<64 hex>","seq":1},"signature":"<base64>"}
//! ```
//!
//! The signature of the last line is Ed25519 over [`DOMAIN`] and that line without its `signature`
//! member. It finds a log that was cut short on the way. It does not help against an engine that
//! exports another history than before: who noted a head then gives it to [`super::verify_export`].

use std::fs::File;
use std::io::{Cursor, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chain::{AuditError, AuditLog};
use super::entry::canonical;
use super::event::Hash;
use crate::keys::AuditHead;

/// What the signature of an export begins with, so that it is good for nothing else.
pub const DOMAIN: &[u8] = b"holos audit export v1\n";

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    hash: Hash,
    seq: u64,
}

#[derive(Serialize)]
struct Trailer {
    exported_at: Timestamp,
    head: Option<Head>,
}

#[derive(Serialize, Deserialize)]
struct SignedTrailer {
    exported_at: Timestamp,
    head: Option<Head>,
    signature: String,
}

/// A trailer that was read.
pub(super) struct ReadTrailer {
    pub(super) exported_at: Timestamp,
    pub(super) head: Option<AuditHead>,
    signature: Signature,
}

/// The last line of an export made at `at` of a log that ends at `head`, without a newline.
pub fn export_trailer(head: Option<&AuditHead>, at: Timestamp, key: &SigningKey) -> Vec<u8> {
    let head = head.map(|head| Head { hash: Hash::from_bytes(head.hash), seq: head.sequence });
    let trailer = Trailer { exported_at: at, head };
    let signature = STANDARD.encode(key.sign(&signed_message(&trailer)).to_bytes());
    canonical(&SignedTrailer { exported_at: at, head, signature })
}

/// Reads a line without its newline: `None` unless it is a trailer in its one canonical spelling.
pub(super) fn decode(line: &[u8]) -> Option<ReadTrailer> {
    let signed: SignedTrailer = serde_json::from_slice(line).ok()?;
    if canonical(&signed) != line {
        return None;
    }
    let signature = Signature::from_slice(&STANDARD.decode(&signed.signature).ok()?).ok()?;
    let head =
        signed.head.map(|head| AuditHead { sequence: head.seq, hash: *head.hash.as_bytes() });
    Some(ReadTrailer { exported_at: signed.exported_at, head, signature })
}

impl ReadTrailer {
    pub(super) fn is_signed(&self, key: &VerifyingKey) -> bool {
        let head =
            self.head.map(|head| Head { hash: Hash::from_bytes(head.hash), seq: head.sequence });
        let message = signed_message(&Trailer { exported_at: self.exported_at, head });
        key.verify_strict(&message, &self.signature).is_ok()
    }
}

fn signed_message(trailer: &Trailer) -> Vec<u8> {
    [DOMAIN, &canonical(trailer)].concat()
}

impl AuditLog {
    /// The whole log as it is now, with its trailer. Reading it holds up nobody, and what is
    /// appended or expires meanwhile does not change it.
    ///
    /// # Errors
    /// [`AuditError::File`].
    pub fn export(&self, at: Timestamp) -> Result<impl Read + Send + use<>, AuditError> {
        let (file, bytes, head) = {
            // Opened under the lock: an expiry puts another file in its place.
            let end = self.end();
            (File::open(&self.path)?, end.bytes, end.head)
        };
        let mut trailer = export_trailer(head.as_ref(), at, self.signing_key());
        trailer.push(b'\n');
        Ok(file.take(bytes).chain(Cursor::new(trailer)))
    }
}
