//! What the public log can say: which definition was frozen, which release was made, which poll was
//! erased.
//!
//! An entry names the hash of a file and does not hold the file: entries are short, and what they
//! name can be had elsewhere and compared.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::poll::{ErasureGround, Poll, PollId};

/// The format's name.
const FORMAT: &str = "holos-log-entry-1";

/// One entry; its canonical JSON (RFC 8785) is what is logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicEntry {
    /// Always `holos-log-entry-1`.
    pub format: String,
    /// The poll.
    pub poll: PollId,
    /// What is said.
    #[serde(flatten)]
    pub said: Said,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Said {
    /// The poll was opened with this definition, which is frozen from then on.
    Definition {
        /// BLAKE3 hash of the definition's canonical JSON, as every release carries it; 64
        /// hexadecimal digits.
        hash: String,
    },
    /// A release was made.
    Release {
        /// Its number, from 1.
        release: u32,
        /// BLAKE3 hash of the publication file, 64 hexadecimal digits.
        hash: String,
    },
    /// The poll was erased: nothing that is left can tell who took part (L7).
    Erasure {
        /// Why.
        ground: ErasureGround,
        /// When it was complete.
        at: Timestamp,
    },
}

impl PublicEntry {
    /// That a poll was opened.
    pub fn definition(poll: &Poll) -> Self {
        let hash = poll.definition.hash().to_string();
        Self::new(poll.id(), Said::Definition { hash })
    }

    /// That the release of this number was made, whose file has this hash: 64 hexadecimal digits.
    pub fn release(poll: PollId, release: u32, hash: &str) -> Self {
        Self::new(poll, Said::Release { release, hash: hash.to_owned() })
    }

    /// That a poll was erased; `None` until it is.
    pub fn erasure(poll: &Poll) -> Option<Self> {
        let erasure = poll.erasure.as_ref()?;
        let (ground, at) = (erasure.ground, erasure.erased_at?);
        Some(Self::new(poll.id(), Said::Erasure { ground, at }))
    }

    /// Reads an entry; `None` of one of another form or spelling.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let entry: Self = serde_json::from_slice(bytes).ok()?;
        (entry.format == FORMAT && entry.canonical_json() == bytes).then_some(entry)
    }

    /// What is logged.
    pub fn canonical_json(&self) -> Vec<u8> {
        serde_json_canonicalizer::to_vec(self).expect("texts and small numbers serialise")
    }

    fn new(poll: PollId, said: Said) -> Self {
        Self { format: FORMAT.to_owned(), poll, said }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_keeps_its_bytes_and_reads_back() {
        let poll = PollId::from_bytes([0xaa; 16]);
        let said = Said::Release { release: 2, hash: "ab".repeat(32) };
        let entry = PublicEntry::new(poll, said);
        let json = entry.canonical_json();
        let expected = format!(
            r#"{{"format":"holos-log-entry-1","hash":"{}","kind":"release","poll":"{poll}","release":2}}"#,
            "ab".repeat(32)
        );
        assert_eq!(String::from_utf8(json.clone()).unwrap(), expected);
        assert_eq!(serde_json::from_slice::<PublicEntry>(&json).unwrap(), entry);
    }
}
