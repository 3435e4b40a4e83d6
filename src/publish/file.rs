//! The publication file: canonical JSON with its signature, and its check by anybody, offline.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::audit;
use super::statement::{FORMAT, Statement};
use crate::poll::PollId;
use crate::tally::Sums;

/// What the signature is over, before the canonical JSON: a key that signs several things must
/// never sign one that reads as another.
const SIGNED_PREFIX: &[u8] = b"holos publication v2\n";

/// A release as it is published: what it states, and the signature over that.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedRelease {
    publication: Statement,
    signature: SignatureParts,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignatureParts {
    /// Always `Ed25519`.
    algorithm: String,
    /// Base64, of 64 bytes.
    value: String,
}

/// A signed publication.
#[derive(Clone, Debug)]
pub struct Publication {
    /// What it states.
    pub statement: Statement,
    /// The file: RFC 8785 canonical JSON.
    pub(super) bytes: Bytes,
    /// BLAKE3 hash of the file, 64 hexadecimal digits.
    pub hash: String,
}

/// What a check found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The poll.
    pub poll: PollId,
    /// What the publication states.
    pub statement: Statement,
}

/// Why a publication does not hold.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not a publication file.
    #[error("not a publication file: {0}")]
    Malformed(#[source] serde_json::Error),
    /// A file whose bytes are not the canonical form of what they say.
    #[error("the file is not in canonical form (RFC 8785)")]
    NotCanonical,
    /// A format this program does not know.
    #[error("format: not {FORMAT}")]
    Format,
    /// An algorithm other than Ed25519.
    #[error("signature.algorithm: not Ed25519")]
    Algorithm,
    /// The signature does not hold under the key given.
    #[error("the signature does not hold under this key")]
    Signature,
    /// The options do not add up to the total.
    #[error("questions[{question}]: the options do not add up to the total number of answers")]
    Sum {
        /// Position of the question.
        question: usize,
    },
    /// Members that do not belong to this kind of release, or are missing.
    #[error("{0}")]
    Kind(&'static str),
    /// A breakdown table that no release may show.
    #[error("breakdowns[{table}]: {flaw}")]
    Table {
        /// Position of the table.
        table: usize,
        /// What is wrong with it.
        flaw: audit::TableFlaw,
    },
}

impl Publication {
    /// Signs a statement.
    pub fn sign(statement: Statement, key: &SigningKey) -> Self {
        let signature = key.sign(&signed_bytes(&statement));
        let parts = SignedRelease {
            publication: statement,
            signature: SignatureParts {
                algorithm: "Ed25519".to_owned(),
                value: BASE64_STANDARD.encode(signature.to_bytes()),
            },
        };
        let bytes = serde_json_canonicalizer::to_vec(&parts).expect("texts and counts serialise");
        Self::from_parts(parts, bytes)
    }

    /// Reads a publication of this engine back.
    ///
    /// # Errors
    ///
    /// As [`verify`].
    pub fn read(bytes: &[u8], key: &VerifyingKey) -> Result<Self, VerifyError> {
        verify(bytes, key)?;
        let parts = serde_json::from_slice(bytes).map_err(VerifyError::Malformed)?;
        Ok(Self::from_parts(parts, bytes.to_vec()))
    }

    /// Whether it states these totals.
    pub(crate) fn states(&self, tally: &Sums) -> bool {
        let questions = &self.statement.questions;
        let options = questions.iter().flat_map(|question| &question.options);
        let mut cells = tally.cells.iter();
        self.statement.total == Some(tally.ballots)
            && options.map(|option| option.count).all(|count| cells.next() == Some(&count))
    }

    fn from_parts(parts: SignedRelease, bytes: Vec<u8>) -> Self {
        let hash = blake3::hash(&bytes).to_hex().to_string();
        Self { statement: parts.publication, bytes: bytes.into(), hash }
    }
}

/// Checks a publication file: its form, its signature under this key, that the options of every
/// question add up to the total, and that no breakdown table shows, or lets be computed, what its
/// own bounds forbid.
///
/// # Errors
///
/// The first thing that does not hold.
pub fn verify(file: &[u8], key: &VerifyingKey) -> Result<Checked, VerifyError> {
    let parts: SignedRelease = serde_json::from_slice(file).map_err(VerifyError::Malformed)?;
    let statement = parts.publication;
    if statement.format != FORMAT {
        return Err(VerifyError::Format);
    }
    if parts.signature.algorithm != "Ed25519" {
        return Err(VerifyError::Algorithm);
    }
    let signature = BASE64_STANDARD
        .decode(&parts.signature.value)
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or(VerifyError::Signature)?;
    key.verify_strict(&signed_bytes(&statement), &signature).map_err(|_| VerifyError::Signature)?;
    let parts = SignedRelease { publication: statement, signature: parts.signature };
    let canonical = serde_json_canonicalizer::to_vec(&parts).expect("texts and counts serialise");
    // A trailing newline is what an editor or a shell adds; everything else is another file.
    if canonical != file.strip_suffix(b"\n").unwrap_or(file) {
        return Err(VerifyError::NotCanonical);
    }
    let statement = parts.publication;
    audit::check(&statement)?;
    Ok(Checked { poll: statement.poll, statement })
}

fn signed_bytes(statement: &Statement) -> Vec<u8> {
    let mut bytes = SIGNED_PREFIX.to_vec();
    let json = serde_json_canonicalizer::to_vec(statement).expect("texts and counts serialise");
    bytes.extend_from_slice(&json);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::{Body, CloseReason, LocalizedText};
    use crate::publish::{Bounds, OptionTotal, QuestionTotals, ReleaseKind};

    fn text(text: &str) -> LocalizedText {
        LocalizedText { uk: text.to_owned(), en: text.to_owned() }
    }

    fn signed() -> (Publication, SigningKey) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let option = |id: &str, count| OptionTotal { id: id.to_owned(), label: text(id), count };
        let at = |time: &str| time.parse().unwrap();
        let statement = Statement {
            format: FORMAT.to_owned(),
            poll: PollId::from_bytes([3; 16]),
            release: 1,
            kind: ReleaseKind::Final,
            previous: None,
            definition_hash: "ab".repeat(32),
            title: text("title"),
            initiator: Body { code: "12345678".to_owned(), name: "body".to_owned() },
            reference: "1/2023".to_owned(),
            legal_ground: "ground".to_owned(),
            opened_at: at("2023-03-06T08:00:00Z"),
            closed_at: Some(at("2023-03-08T08:00:00Z")),
            close_reason: Some(CloseReason::AsPlanned),
            as_of: at("2023-03-08T08:00:00Z"),
            correction: None,
            withheld_reason: None,
            published_at: at("2023-03-08T08:00:01Z"),
            bounds: Bounds { k: 10, ballots_apart: 100, minimum_answers: 10 },
            total: Some(30),
            breakdowns: Vec::new(),
            questions: vec![QuestionTotals {
                id: "q".to_owned(),
                text: text("q"),
                options: vec![option("yes", 20), option("no", 10)],
            }],
        };
        (Publication::sign(statement, &key), key)
    }

    #[test]
    fn a_publication_holds_under_its_key_only() {
        let (publication, key) = signed();
        let checked = verify(&publication.bytes, &key.verifying_key()).unwrap();
        assert_eq!(checked.statement.total, Some(30));
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert!(matches!(verify(&publication.bytes, &other), Err(VerifyError::Signature)));
    }

    #[test]
    fn every_changed_byte_is_found() {
        let (publication, key) = signed();
        for position in 0..publication.bytes.len() {
            for flip in [1_u8, 0x20] {
                let mut bytes = publication.bytes.to_vec();
                bytes[position] ^= flip;
                assert!(verify(&bytes, &key.verifying_key()).is_err(), "byte {position}");
            }
        }
    }

    #[test]
    fn options_that_do_not_add_up_are_found_even_when_signed() {
        let (publication, key) = signed();
        let mut statement = publication.statement;
        statement.total = Some(31);
        let publication = Publication::sign(statement, &key);
        let result = verify(&publication.bytes, &key.verifying_key());
        assert!(matches!(result, Err(VerifyError::Sum { question: 0 })));
    }

    #[test]
    fn another_spelling_of_the_same_json_is_refused() {
        let (publication, key) = signed();
        let spaced = [b" ", &publication.bytes[..]].concat();
        let result = verify(&spaced, &key.verifying_key());
        assert!(matches!(result, Err(VerifyError::NotCanonical)));
    }
}
