//! One reading of the whole log file, entry by entry, against the head.
//!
//! A log begins at entry 0, or after the entries that expired: then an entry under the head says up
//! to which number, and with which hash, they did ([`super::expiry`]). Writes nothing.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use ed25519_dalek::VerifyingKey;
use jiff::Timestamp;

use super::chain::{AuditError, LINE_BYTES_MAX};
use super::entry::{self, Entry, NO_PREVIOUS, NUMBER_MAX};
use super::event::{Event, Hash};
use crate::keys::AuditHead;

/// What lies in the file beyond its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Nothing: the usual case.
    Nothing,
    /// One entry: a crash came between it and its head. A restart adopts it.
    Entry,
    /// Part of an entry: a crash tore it. A restart cuts it off.
    Torn {
        /// How long it is.
        bytes: u64,
    },
}

/// What a check of the log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Whole entries in the file, one beyond the head included.
    pub entries: u64,
    /// Number and time of the first; `None` of an empty log.
    pub first: Option<(u64, Timestamp)>,
    /// Their end; `None` of an empty log.
    pub last: Option<AuditHead>,
    /// The latest epoch that an entry says was folded.
    pub last_folded_epoch: Option<u64>,
    /// Size and root of the public log by the latest entry that tells them.
    pub public_log: Option<(u64, Hash)>,
    /// What lies beyond the head.
    pub beyond: Beyond,
    /// Bytes of the whole entries.
    pub(super) bytes: u64,
    /// Up to which entry the log expired, by the latest entry that says so, and that one's hash.
    pub(super) expired: Option<(u64, Hash)>,
    pub(super) front: Front,
}

/// Whether the log may begin where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// At entry 0, or an entry says that those before expired.
    Whole,
    /// After a line of this hash, of which no entry has said yet that it expired.
    After(Hash),
}

impl Front {
    /// The front of a log that begins with `entry`; `None` if no log does.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        match entry.seq {
            0 => (entry.previous == NO_PREVIOUS).then_some(Self::Whole),
            _ => Some(Self::After(entry.previous)),
        }
    }

    /// The front of a log that begins at `first`, now that `event` is in it.
    pub(super) fn told(self, first: u64, event: &Event) -> Self {
        match (self, event) {
            (Self::After(previous), Event::AuditExpired { through, hash, .. })
                if *hash == previous && first.checked_sub(1) == Some(*through) =>
            {
                Self::Whole
            }
            _ => self,
        }
    }
}

/// Checks the log file at `path` against the stored head: chain, spelling and every signature.
/// Writes nothing.
///
/// # Errors
/// As [`super::AuditLog::open`].
pub fn verify_file(
    path: &Path,
    head: Option<&AuditHead>,
    signer: &VerifyingKey,
) -> Result<Summary, AuditError> {
    walk(&File::open(path)?, head, signer, Signatures::All)
}

/// Which signatures a walk checks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signatures {
    All,
    /// That of the head's entry, and of one beyond it.
    Last,
}

/// Reads the whole file: the entries that the head covers must all hold, then one more at most may
/// follow.
pub(super) fn walk(
    file: &File,
    head: Option<&AuditHead>,
    signer: &VerifyingKey,
    signatures: Signatures,
) -> Result<Summary, AuditError> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut found = Summary {
        entries: 0,
        first: None,
        last: None,
        last_folded_epoch: None,
        public_log: None,
        beyond: Beyond::Nothing,
        bytes: 0,
        expired: None,
        front: Front::Whole,
    };
    let mut line = Vec::new();
    let covered = head.map_or(0, |head| head.sequence.saturating_add(1));
    while next(&found) < covered {
        read_line(&mut reader, &mut line)?;
        if !line.ends_with(b"\n") && line.len() < LINE_BYTES_MAX {
            return Err(AuditError::RolledBack);
        }
        let checked = signatures == Signatures::All || next(&found) + 1 >= covered;
        if !take(&mut found, &line, checked.then_some(signer)) {
            return Err(AuditError::Broken { sequence: next(&found) });
        }
    }
    if found.last.as_ref() != head {
        // Every entry follows from the one before, so the head is another log's.
        return Err(AuditError::RolledBack);
    }
    // An entry beyond the head does not count: the file was not rewritten before the head stood.
    if let (Front::After(_), Some((sequence, _))) = (found.front, found.first) {
        return Err(AuditError::CutAtFront { sequence });
    }
    walk_beyond(&mut reader, found, &mut line, signer)
}

/// The number that the next line must have. That of the first is its own affair, until the head and
/// the front have been looked at.
fn next(found: &Summary) -> u64 {
    found.last.map_or(0, |last| last.sequence + 1)
}

fn walk_beyond(
    reader: &mut impl BufRead,
    mut found: Summary,
    line: &mut Vec<u8>,
    signer: &VerifyingKey,
) -> Result<Summary, AuditError> {
    read_line(reader, line)?;
    if line.is_empty() {
        return Ok(found);
    }
    let more = !reader.fill_buf()?.is_empty();
    let before_any = found.last.is_none();
    if take(&mut found, line, Some(signer)) {
        found.beyond = Beyond::Entry;
        let begins_late = before_any && next(&found) > 1;
        return if more || begins_late { Err(AuditError::RolledBack) } else { Ok(found) };
    }
    // Pages of a torn line may reach the disk in any order, so it may have its newline and not its
    // middle. But more than one line is no torn line.
    if more {
        return Err(AuditError::Broken { sequence: next(&found) });
    }
    found.beyond = Beyond::Torn { bytes: line.len() as u64 };
    Ok(found)
}

pub(super) fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    line.clear();
    reader.take(LINE_BYTES_MAX as u64).read_until(b'\n', line)?;
    Ok(())
}

/// Takes the next line into the summary if it is the next entry of the chain, and signed by
/// `signer` if one is given.
fn take(found: &mut Summary, line: &[u8], signer: Option<&VerifyingKey>) -> bool {
    let Some(text) = line.strip_suffix(b"\n") else { return false };
    let Some((entry, signature)) = entry::decode(text) else { return false };
    if entry.seq > NUMBER_MAX {
        return false;
    }
    let front = match found.last {
        None => Front::of(&entry),
        Some(last) => follows(&entry, &last).then_some(found.front),
    };
    let Some(front) = front else { return false };
    if signer.is_some_and(|signer| !entry::is_signed(&entry, &signature, signer)) {
        return false;
    }
    if let Event::AuditExpired { through, hash, .. } = &entry.event {
        // Only entries before it can have expired by it.
        if *through >= entry.seq {
            return false;
        }
        if found.expired.is_none_or(|(before, _)| before < *through) {
            found.expired = Some((*through, *hash));
        }
    }
    let (first, _) = *found.first.get_or_insert((entry.seq, entry.at));
    found.front = front.told(first, &entry.event);
    found.last = Some(AuditHead { sequence: entry.seq, hash: *entry::hash(text).as_bytes() });
    found.last_folded_epoch = found.last_folded_epoch.max(entry.event.folded_epoch());
    found.public_log = entry.event.public_log().or(found.public_log);
    found.entries += 1;
    found.bytes += line.len() as u64;
    true
}

fn follows(entry: &Entry, last: &AuditHead) -> bool {
    entry.seq == last.sequence + 1 && *entry.previous.as_bytes() == last.hash
}
