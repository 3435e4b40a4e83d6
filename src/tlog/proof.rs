//! A proof that one entry is in the log, as a text that stands alone (C2SP tlog-proof): index,
//! hashes, checkpoint.
//!
//! Does not hold the entry. What else a proof may carry (`extra`) is not vouched for by anybody: it
//! is skipped.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::number;
use super::merkle::Hash;
use super::note::NOTE_BYTES_MAX;

/// Bytes of a proof, most: a checkpoint, the hashes, and as much besides.
pub const PROOF_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX;

/// Hashes of a proof, most: a tree has at most 2^64 leaves.
const HASHES_MAX: usize = 64;

const HEADER: &str = "c2sp.org/tlog-proof@v1\n";

/// Why a text is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It has more than [`PROOF_BYTES_MAX`] bytes.
    #[error("proof too long")]
    TooLong,
    /// Its first line is another, or it is no text.
    #[error("not a proof: the first line must be c2sp.org/tlog-proof@v1")]
    Header,
    /// There is no line with the entry's index.
    #[error("proof: no index")]
    Index,
    /// A line is no hash, or there are more than any tree has levels.
    #[error("proof: not one hash a line")]
    Hashes,
    /// No checkpoint follows.
    #[error("proof: no checkpoint")]
    Checkpoint,
}

/// A proof, read but not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The entry's number in the log.
    pub index: u64,
    /// From the leaf's sibling to the root's child.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint of the tree that it leads to.
    pub checkpoint: String,
}

impl Proof {
    /// The text.
    pub fn to_text(&self) -> String {
        let hashes: String = self.hashes.iter().map(|hash| hash.to_base64() + "\n").collect();
        format!("{HEADER}index {}\n{hashes}\n{}", self.index, self.checkpoint)
    }

    /// Reads the text. The checkpoint is not read.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(ProofError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ProofError::Header)?;
        let text = text.strip_prefix(HEADER).ok_or(ProofError::Header)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ProofError::Checkpoint)?;
        let mut lines = head.split('\n').peekable();
        lines.next_if(|line| is_extra(line));
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(number).ok_or(ProofError::Index)?;
        let hashes: Option<Vec<Hash>> = lines.take(HASHES_MAX + 1).map(Hash::from_base64).collect();
        let hashes = hashes.filter(|hashes| hashes.len() <= HASHES_MAX);
        let hashes = hashes.ok_or(ProofError::Hashes)?;
        Ok(Self { index, hashes, checkpoint: checkpoint.to_owned() })
    }
}

fn is_extra(line: &str) -> bool {
    line.strip_prefix("extra ").is_some_and(|extra| STANDARD.decode(extra).is_ok())
}

#[cfg(test)]
mod tests;
