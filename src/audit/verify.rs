//! The check of an export, entry by entry, that names what is wrong with it and where.
//!
//! Needs the engine's public key and no other file; reads once, from the front, two lines at a
//! time. Does not read the log in its place: [`super::verify_file`].

use std::io::{self, BufRead};

use ed25519_dalek::VerifyingKey;
use jiff::Timestamp;

use super::entry::{self, Entry};
use super::event::Hash;
use super::export;
use super::walk::{Front, read_line};
use crate::keys::AuditHead;

/// What is wrong with an export: the first thing found, from the front.
#[derive(Debug, thiserror::Error)]
pub enum ExportFlaw {
    /// It cannot be read.
    #[error("cannot be read")]
    File(#[from] io::Error),
    /// The entry is not what the engine signed.
    #[error("entry {sequence} was changed")]
    Changed {
        /// The entry.
        sequence: u64,
    },
    /// The entry is in its place, but under another key's signature.
    #[error("entry {sequence} is signed by another key")]
    OtherKey {
        /// The entry.
        sequence: u64,
    },
    /// The entry is not there.
    #[error("entry {sequence} was removed")]
    Removed {
        /// The entry.
        sequence: u64,
    },
    /// The entry is there, but not in its place.
    #[error("entry {sequence} is out of order")]
    Reordered {
        /// The entry.
        sequence: u64,
    },
    /// There is something before the entry that the engine did not sign.
    #[error("something was inserted before entry {sequence}")]
    Inserted {
        /// The entry.
        sequence: u64,
    },
    /// The entry is there twice.
    #[error("entry {sequence} is doubled")]
    Doubled {
        /// The entry.
        sequence: u64,
    },
    /// The engine signed the entry, but after another one than stands before it.
    #[error("entry {sequence} does not follow from the one before it")]
    Unchained {
        /// The entry.
        sequence: u64,
    },
    /// It begins late, and no entry in it says that those before expired.
    #[error("cut at the front: begins at entry {sequence}, those before did not expire")]
    CutAtFront {
        /// The first entry that is there.
        sequence: u64,
    },
    /// The last line, or more, is missing.
    #[error("cut short before entry {sequence} or the last line")]
    CutShort {
        /// The first entry that may be missing.
        sequence: u64,
    },
    /// The last line is of another export, or another key signed it.
    #[error("the last line does not belong to the log up to entry {sequence}")]
    OtherTrailer {
        /// The entry after which it stands; 0 also where there is none.
        sequence: u64,
    },
    /// There is more after the last line.
    #[error("goes on after the last line")]
    GoesOn,
    /// The log that ended at the noted head is not where this one began.
    #[error("the head noted earlier, at entry {sequence}, is not of this log")]
    NotAPrefix {
        /// The entry of the noted head.
        sequence: u64,
    },
}

/// What a sound export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
    pub entries: u64,
    /// Number of the first; `None` of an empty log. Those before expired.
    pub first: Option<u64>,
    /// Its end; to be noted for the next time.
    pub last: Option<AuditHead>,
    /// When it was made.
    pub exported_at: Timestamp,
    /// What became of the head that was noted earlier.
    pub known: Known,
}

/// What an export says of a head that was noted earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// None was given.
    NotGiven,
    /// It is in the log.
    Holds,
    /// Its entry expired since, and nothing can be said.
    Expired,
}

/// Checks an export under the engine's public key, and that a log which ended at `known` when that
/// head was noted is where this one began.
///
/// # Errors
/// [`ExportFlaw`].
pub fn verify_export(
    reader: impl BufRead,
    key: &VerifyingKey,
    known: Option<&AuditHead>,
) -> Result<Verified, ExportFlaw> {
    let mut lines = Lines::new(reader)?;
    let mut chain = Chain::default();
    loop {
        let expected = chain.next();
        let Some(text) = lines.line.strip_suffix(b"\n") else {
            // Torn in the middle of a line, or at its end; or a line longer than any.
            let torn = lines.following.is_empty();
            return Err(if torn {
                ExportFlaw::CutShort { sequence: expected }
            } else {
                ExportFlaw::Changed { sequence: expected }
            });
        };
        if let Some(trailer) = export::decode(text) {
            check_end(&chain, &trailer, key)?;
            if !lines.following.is_empty() {
                return Err(ExportFlaw::GoesOn);
            }
            return chain.verified(trailer.exported_at, known);
        }
        let entry = match entry::decode(text) {
            Some((entry, signature)) if entry::is_signed(&entry, &signature, key) => entry,
            read => {
                let entry = read.map(|(entry, _)| entry);
                return Err(chain.unsigned(entry.as_ref(), text, &lines.following));
            }
        };
        let hash = entry::hash(text);
        if let Some(flaw) = chain.flaw_of(&entry) {
            return Err(match flaw {
                ExportFlaw::Removed { sequence } if lines.any_later(sequence)? => {
                    ExportFlaw::Reordered { sequence }
                }
                flaw => flaw,
            });
        }
        chain.take(&entry, hash, known)?;
        lines.step()?;
    }
}

/// The lines, the one after the present one in sight.
struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    following: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn new(reader: R) -> io::Result<Self> {
        let mut lines = Self { reader, line: Vec::new(), following: Vec::new() };
        lines.step()?;
        lines.step()?;
        Ok(lines)
    }

    fn step(&mut self) -> io::Result<()> {
        std::mem::swap(&mut self.line, &mut self.following);
        read_line(&mut self.reader, &mut self.following)
    }

    /// Whether entry `sequence` is further on. Reads to the end.
    fn any_later(&mut self, sequence: u64) -> io::Result<bool> {
        while !self.following.is_empty() {
            self.step()?;
            if sequence_of(&self.line) == Some(sequence) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn sequence_of(line: &[u8]) -> Option<u64> {
    entry::decode(line.strip_suffix(b"\n")?).map(|(entry, _)| entry.seq)
}

/// The entries so far.
#[derive(Default)]
struct Chain {
    first: Option<(u64, Front)>,
    last: Option<AuditHead>,
    entries: u64,
    known_holds: bool,
}

impl Chain {
    fn next(&self) -> u64 {
        self.last.map_or(0, |last| last.sequence + 1)
    }

    /// What is wrong with a line that the engine did not sign, by what comes after it.
    fn unsigned(&self, entry: Option<&Entry>, text: &[u8], following: &[u8]) -> ExportFlaw {
        let following = following.strip_suffix(b"\n").unwrap_or(following);
        let hash = entry::hash(text);
        let (next, follows) = match (entry::decode(following), export::decode(following)) {
            (Some((next, _)), _) => (Some(next.seq), next.previous == hash),
            (None, Some(trailer)) => {
                (None, trailer.head.is_some_and(|head| head.hash == *hash.as_bytes()))
            }
            (None, None) => (None, false),
        };
        let sequence = match (self.last, entry) {
            (None, Some(entry)) => entry.seq,
            _ => self.next(),
        };
        if next == Some(sequence) {
            return ExportFlaw::Inserted { sequence };
        }
        let chained = entry.is_some_and(|entry| self.flaw_of(entry).is_none());
        if chained && follows {
            ExportFlaw::OtherKey { sequence }
        } else {
            ExportFlaw::Changed { sequence }
        }
    }

    /// What keeps an entry from being the next; a gap is a removal until the rest was looked at.
    fn flaw_of(&self, entry: &Entry) -> Option<ExportFlaw> {
        let sequence = entry.seq;
        let (Some((first, _)), Some(last)) = (self.first, self.last) else {
            return Front::of(entry).is_none().then_some(ExportFlaw::Unchained { sequence });
        };
        let next = last.sequence + 1;
        if sequence > next {
            Some(ExportFlaw::Removed { sequence: next })
        } else if sequence < first {
            Some(ExportFlaw::Reordered { sequence })
        } else if sequence < next {
            Some(ExportFlaw::Doubled { sequence })
        } else if *entry.previous.as_bytes() != last.hash {
            Some(ExportFlaw::Unchained { sequence })
        } else {
            None
        }
    }

    fn take(
        &mut self,
        entry: &Entry,
        hash: Hash,
        known: Option<&AuditHead>,
    ) -> Result<(), ExportFlaw> {
        let head = AuditHead { sequence: entry.seq, hash: *hash.as_bytes() };
        let before = entry.seq.checked_sub(1);
        let vouched = |noted: &AuditHead| {
            // The head noted may be the last of those that expired.
            let last_expired = self.first.is_none() && before == Some(noted.sequence);
            (noted.sequence == head.sequence)
                .then_some(noted.hash == head.hash)
                .or_else(|| last_expired.then(|| noted.hash == *entry.previous.as_bytes()))
        };
        match known.map(|noted| (noted.sequence, vouched(noted))) {
            Some((sequence, Some(false))) => return Err(ExportFlaw::NotAPrefix { sequence }),
            Some((_, Some(true))) => self.known_holds = true,
            Some((_, None)) | None => {}
        }
        let (first, front) = match self.first {
            Some(known) => known,
            None => (entry.seq, Front::of(entry).unwrap_or(Front::Whole)),
        };
        self.first = Some((first, front.told(first, &entry.event)));
        self.last = Some(head);
        self.entries += 1;
        Ok(())
    }

    fn verified(
        &self,
        exported_at: Timestamp,
        known: Option<&AuditHead>,
    ) -> Result<Verified, ExportFlaw> {
        if let Some((sequence, Front::After(_))) = self.first {
            return Err(ExportFlaw::CutAtFront { sequence });
        }
        let first = self.first.map(|(first, _)| first);
        let known = match known {
            None => Known::NotGiven,
            Some(_) if self.known_holds => Known::Holds,
            Some(noted) if first.is_some_and(|first| noted.sequence < first) => Known::Expired,
            // It ends before it.
            Some(noted) => return Err(ExportFlaw::NotAPrefix { sequence: noted.sequence }),
        };
        Ok(Verified { entries: self.entries, first, last: self.last, exported_at, known })
    }
}

fn check_end(
    chain: &Chain,
    trailer: &export::ReadTrailer,
    key: &VerifyingKey,
) -> Result<(), ExportFlaw> {
    if !trailer.is_signed(key) {
        return Err(ExportFlaw::OtherTrailer { sequence: chain.last.map_or(0, |l| l.sequence) });
    }
    if trailer.head == chain.last {
        return Ok(());
    }
    let sequence = chain.last.map_or(0, |last| last.sequence);
    match trailer.head {
        Some(head) if head.sequence >= chain.next() => {
            Err(ExportFlaw::CutShort { sequence: chain.next() })
        }
        _ => Err(ExportFlaw::OtherTrailer { sequence }),
    }
}

#[cfg(test)]
mod tests;
