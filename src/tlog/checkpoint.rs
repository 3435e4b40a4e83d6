//! A checkpoint: origin, size and root of the log, signed (C2SP tlog-checkpoint).
//!
//! Says nothing of the time, and does not show that the tree is the continuation of an earlier one:
//! a proof of consistency, or a whole copy, does.

use ed25519_dalek::SigningKey;

use super::merkle::Hash;
use super::note::{self, NoteError, VerifierKey};

/// Why a checkpoint is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is no note of the log's key.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// What was signed is not origin, size and root.
    #[error("checkpoint: not origin, size and root")]
    Form,
    /// It is of another log: the origin is not the key's name.
    #[error("checkpoint: its origin is another log")]
    Origin,
}

/// A state of a log, as it vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: also the name of its key.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The signed note.
    ///
    /// # Panics
    /// If the origin cannot be a key's name.
    pub fn sign(&self, key: &SigningKey) -> String {
        let text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64());
        note::sign(&text, &self.origin, key)
    }

    /// Reads a checkpoint that the key of its log signed. Extension lines are skipped.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(bytes: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = note::open(bytes, std::slice::from_ref(key))?;
        let checkpoint = Self::parse(&note.text).ok_or(CheckpointError::Form)?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::Origin);
        }
        Ok(checkpoint)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next()?;
        let size = number(lines.next()?)?;
        let root = Hash::from_base64(lines.next()?)?;
        if origin.is_empty() || lines.any(str::is_empty) {
            return None;
        }
        Some(Self { origin: origin.to_owned(), size, root })
    }
}

/// A decimal number in its one spelling: no sign, no leading zeros.
pub fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests;
