//! A text signed with Ed25519, in the C2SP signed-note format.
//!
//! Other kinds of signatures, of witnesses for instance, are skipped: the format asks for that.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Bytes of a note, most, with its signatures: the format asks for room for sixteen, the longest
/// kinds of which have 5 kB.
pub const NOTE_BYTES_MAX: usize = 128 * 1_024;

/// The identifier byte of an Ed25519 signature of a note.
const ED25519: u8 = 1;

/// What a signature line begins with: an em dash and a space.
const SIGNATURE: &str = "\u{2014} ";

/// Why a note or a verifier key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has more than [`NOTE_BYTES_MAX`] bytes.
    #[error("note too long")]
    TooLong,
    /// It is not UTF-8, holds control characters, or is not a text, an empty line and signatures.
    #[error("not a signed note")]
    Form,
    /// The signature that names a known key is not that key's.
    #[error("note: the signature does not hold")]
    Signature,
    /// No known key signed it.
    #[error("note: not signed by a known key")]
    Unsigned,
    /// The verifier key is not `name+id+key`, its id is not that of name and key, or it is not of
    /// Ed25519.
    #[error("not an ed25519 verifier key (name+id+key)")]
    Key,
}

/// A note that a known key signed.
#[derive(Clone, Debug)]
pub struct Note {
    /// What was signed, with its last newline.
    pub text: String,
    /// Names of the known keys that signed it.
    pub signers: Vec<String>,
}

/// Whether `name` can be a key's: not empty, no space, no control character, no plus sign.
pub fn is_key_name(name: &str) -> bool {
    let is_taken = |c: char| c.is_whitespace() || c < ' ' || c == '+';
    !name.is_empty() && !name.contains(is_taken)
}

/// Who may have signed: a name and a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    /// `None` if it cannot be a key's name ([`is_key_name`]).
    pub fn new(name: &str, key: VerifyingKey) -> Option<Self> {
        let id = key_id(name, &key);
        is_key_name(name).then(|| Self { name: name.to_owned(), id, key })
    }

    /// Reads the text form, `name+id+key`.
    ///
    /// # Errors
    /// [`NoteError::Key`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        // Base64 has plus signs of its own.
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(NoteError::Key);
        let (name, id, key) = (part()?, part()?, part()?);
        let key = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let (&ED25519, key) = key.split_first().ok_or(NoteError::Key)? else {
            return Err(NoteError::Key);
        };
        let key = key.try_into().map_err(|_| NoteError::Key)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| NoteError::Key)?;
        let found = Self::new(name, key).ok_or(NoteError::Key)?;
        if hex(found.id) == id { Ok(found) } else { Err(NoteError::Key) }
    }

    /// Its name: for a log's key, the log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the one that a signature line names.
    fn is_named(&self, name: &str, id: [u8; 4]) -> bool {
        self.name == name && self.id == id
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key: Vec<u8> = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex(self.id), STANDARD.encode(key))
    }
}

/// First bytes of a hash of name, kind and key: enough to find the key, no more.
fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let named = [name.as_bytes(), b"\n", &[ED25519], key.as_bytes()].concat();
    let hash = digest(&SHA256, &named);
    *hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

/// Signs `text`: the note.
///
/// # Panics
/// If `text` does not end in a newline or holds other control characters, or `name` cannot be a
/// key's: the caller's mistake, as nobody could read the note.
pub fn sign(text: &str, name: &str, key: &SigningKey) -> String {
    assert!(text.ends_with('\n') && has_note_characters(text) && is_key_name(name), "not a note");
    let id = key_id(name, &key.verifying_key());
    let signature = key.sign(text.as_bytes()).to_bytes();
    let signature = STANDARD.encode([&id, signature.as_slice()].concat());
    format!("{text}\n{SIGNATURE}{name} {signature}\n")
}

/// Reads a note that at least one of the `known` keys signed. Signatures of other keys are skipped;
/// one that names a known key and is not its own refuses the note.
///
/// # Errors
/// [`NoteError`], but not [`NoteError::Key`].
pub fn open(bytes: &[u8], known: &[VerifierKey]) -> Result<Note, NoteError> {
    if bytes.len() > NOTE_BYTES_MAX {
        return Err(NoteError::TooLong);
    }
    let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Form)?;
    if !has_note_characters(note) {
        return Err(NoteError::Form);
    }
    // The text may have empty lines, the signatures have none.
    let (body, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
    let text = &note[..=body.len()];
    let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Form)?;
    let mut signers = Vec::new();
    for line in signatures.split('\n') {
        let (name, id, signature) = signature(line).ok_or(NoteError::Form)?;
        let Some(key) = known.iter().find(|key| key.is_named(name, id)) else { continue };
        let signature = Signature::from_slice(&signature).map_err(|_| NoteError::Signature)?;
        // Strict: one signature has one spelling, and no key of small order signs everything.
        let verified = key.key.verify_strict(text.as_bytes(), &signature);
        verified.map_err(|_| NoteError::Signature)?;
        signers.push(key.name.clone());
    }
    if signers.is_empty() {
        return Err(NoteError::Unsigned);
    }
    Ok(Note { text: text.to_owned(), signers })
}

/// Key name, key id and signature of a signature line.
fn signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, signature) = line.strip_prefix(SIGNATURE)?.split_once(' ')?;
    let signature = STANDARD.decode(signature).ok()?;
    let (id, signature) = signature.split_first_chunk()?;
    (is_key_name(name) && !signature.is_empty()).then(|| (name, *id, signature.to_vec()))
}

/// No control character of ASCII but the newline, as the format asks.
fn has_note_characters(text: &str) -> bool {
    text.bytes().all(|byte| byte >= b' ' || byte == b'\n')
}

#[cfg(test)]
mod tests;
