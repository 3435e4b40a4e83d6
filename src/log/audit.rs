//! The audit log's file and the head that vouches for it.
//!
//! The head, in the key store, says where the log ended when its last entry was acknowledged. It is
//! authenticated under the wrapping key, so that whoever has only the disk can neither change nor
//! shorten the log unnoticed. It does not help against one who puts back an older log *and* an
//! older head; epochs and publications do (T11).
//!
//! An append has two durable writes:
//!
//! 1. The line, synced. Crash before: nothing happened, or a torn line lies beyond the head; it was
//!    never acknowledged and is cut off. Crash after: one whole entry lies beyond the head; it is
//!    adopted.
//! 2. The head. Crash before: as above. Crash after: the entry stands, whether or not the caller
//!    heard of it.
//!
//! So one entry at most lies beyond the head, and the head is never ahead of the log. Anything else
//! is refused.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use ed25519_dalek::VerifyingKey;
use jiff::Timestamp;

use super::entry::{self, Entry, NO_PREVIOUS, NUMBER_MAX};
use super::event::{Event, Hash};
use crate::keys::{AuditHead, KeyError, KeyStore, files};
use crate::service::faults::{Faults, InjectedFault, Point};

/// The log's name in its folder.
pub const FILE_NAME: &str = "audit.log";

/// The longest line, with its newline: a fold that closes 20,000 polls at once fits.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Why the audit log is refused, or does not take an entry.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file cannot be read or written.
    #[error("audit log")]
    File(#[from] io::Error),
    /// The head cannot be read or written.
    #[error("audit log head")]
    Head(#[from] KeyError),
    /// The log ends before its head, or goes on too far after it: an older log or head was put
    /// back.
    #[error("audit log rolled back: the log and its head do not belong together")]
    RolledBack,
    /// An entry was changed, taken out, put in or signed by another key.
    #[error("audit log broken at entry {sequence}")]
    Broken {
        /// The first entry that does not hold.
        sequence: u64,
    },
    /// The entry is longer than [`LINE_BYTES_MAX`]; nothing was written.
    #[error("audit entry too long")]
    TooLong,
    /// An earlier append failed: what the file holds is unknown until a restart.
    #[error("audit log stopped after a failed write")]
    Stopped,
    /// A test's fault.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

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
    /// Whole entries, one beyond the head included.
    pub entries: u64,
    /// Their end; `None` of an empty log.
    pub last: Option<AuditHead>,
    /// The latest epoch that an entry says was folded.
    pub last_folded_epoch: Option<u64>,
    /// What lies beyond the head.
    pub beyond: Beyond,
    /// Bytes of the whole entries.
    bytes: u64,
}

/// The open audit log.
pub struct AuditLog {
    keys: Arc<KeyStore>,
    faults: Faults,
    end: Mutex<End>,
}

struct End {
    file: File,
    next: u64,
    previous: Hash,
    last_folded_epoch: Option<u64>,
    stopped: bool,
}

impl AuditLog {
    /// Opens the log in `folder`, made if there is none and the key store has no head of one.
    ///
    /// Checks the chain of all entries against the head, and the signature of the last and of one
    /// beyond the head: those before are vouched for by the head through the chain ([`verify_file`]
    /// checks theirs too). A torn line is cut off, an entry beyond the head adopted.
    ///
    /// # Errors
    /// [`AuditError::RolledBack`], [`AuditError::Broken`]: the store must not be served.
    /// [`AuditError::File`], [`AuditError::Head`].
    pub fn open(folder: &Path, keys: Arc<KeyStore>, faults: Faults) -> Result<Self, AuditError> {
        files::make_folder(folder)?;
        let path = folder.join(FILE_NAME);
        let mut file = files::options().read(true).create(true).truncate(false).open(&path)?;
        let head = keys.audit_head()?;
        let signer = keys.signing_key().verifying_key();
        let found = walk(&file, head.as_ref(), &signer, Signatures::Last)?;
        if let Beyond::Torn { .. } = found.beyond {
            file.set_len(found.bytes)?;
        }
        // What was read may be in the page cache only, and so may the file's name.
        file.sync_all()?;
        files::sync_folder(folder)?;
        if let (Beyond::Entry, Some(last)) = (found.beyond, &found.last) {
            keys.replace_audit_head(last)?;
        }
        file.seek(SeekFrom::Start(found.bytes))?;
        let end = End {
            file,
            next: found.entries,
            previous: found.last.map_or(NO_PREVIOUS, |last| Hash::from_bytes(last.hash)),
            last_folded_epoch: found.last_folded_epoch,
            stopped: false,
        };
        Ok(Self { keys, faults, end: Mutex::new(end) })
    }

    /// Appends an event, durable on return with its head; the signed line without its newline.
    /// Blocks for the disk.
    ///
    /// # Errors
    /// [`AuditError::TooLong`]: nothing was written. Any other: stop; whether the entry stands is
    /// known after a restart, and until then the log takes no other.
    pub fn append(&self, at: Timestamp, event: Event) -> Result<Vec<u8>, AuditError> {
        let mut end = self.end.lock().expect("nothing panics under this lock");
        if end.stopped {
            return Err(AuditError::Stopped);
        }
        let folded = folded_epoch(&event);
        let entry = Entry { at, event, previous: end.previous, seq: end.next };
        let mut line = entry::encode(&entry, self.keys.signing_key());
        let hash = entry::hash(&line);
        line.push(b'\n');
        if line.len() > LINE_BYTES_MAX {
            return Err(AuditError::TooLong);
        }
        end.stopped = true;
        self.faults.durable(Point::AuditAppend, || {
            end.file.write_all(&line)?;
            Ok::<_, AuditError>(end.file.sync_data()?)
        })?;
        self.keys.replace_audit_head(&AuditHead { sequence: entry.seq, hash: *hash.as_bytes() })?;
        end.stopped = false;
        end.next += 1;
        end.previous = hash;
        end.last_folded_epoch = end.last_folded_epoch.max(folded);
        line.pop();
        Ok(line)
    }

    /// The latest epoch that an entry says was folded: a restart that repeats a fold's entry asks
    /// first.
    pub fn last_folded_epoch(&self) -> Option<u64> {
        self.end.lock().expect("nothing panics under this lock").last_folded_epoch
    }

    /// How many entries the log has.
    pub fn entries(&self) -> u64 {
        self.end.lock().expect("nothing panics under this lock").next
    }
}

/// Checks the log file at `path` against the stored head: chain, spelling and every signature.
/// Writes nothing.
///
/// # Errors
/// As [`AuditLog::open`].
pub fn verify_file(
    path: &Path,
    head: Option<&AuditHead>,
    signer: &VerifyingKey,
) -> Result<Summary, AuditError> {
    walk(&File::open(path)?, head, signer, Signatures::All)
}

/// Which signatures a walk checks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signatures {
    All,
    /// That of the head's entry, and of one beyond it.
    Last,
}

fn folded_epoch(event: &Event) -> Option<u64> {
    match event {
        Event::EpochFolded { epoch, .. } => Some(*epoch),
        Event::StoreCreated
        | Event::EngineStarted { .. }
        | Event::PollCreated { .. }
        | Event::PollOpened { .. }
        | Event::PollClosing { .. }
        | Event::PollPublished { .. }
        | Event::PollWithheld { .. }
        | Event::IssuerKeyRevoked { .. }
        | Event::IssuerKeyExcised { .. }
        | Event::WrappingKeyRotation { .. }
        | Event::WrappingKeyReplaced { .. }
        | Event::ErasureDecided { .. }
        | Event::ErasurePending { .. }
        | Event::ErasuresConfirmed { .. }
        | Event::PollErased { .. } => None,
    }
}

/// Reads the whole file: the entries that the head covers must all hold, then one more at most may
/// follow.
fn walk(
    file: &File,
    head: Option<&AuditHead>,
    signer: &VerifyingKey,
    signatures: Signatures,
) -> Result<Summary, AuditError> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut found = Summary {
        entries: 0,
        last: None,
        last_folded_epoch: None,
        beyond: Beyond::Nothing,
        bytes: 0,
    };
    let mut line = Vec::new();
    let covered = head.map_or(0, |head| head.sequence.saturating_add(1));
    while found.entries < covered {
        read_line(&mut reader, &mut line)?;
        if !line.ends_with(b"\n") && line.len() < LINE_BYTES_MAX {
            return Err(AuditError::RolledBack);
        }
        let checked = signatures == Signatures::All || found.entries + 1 == covered;
        if !take(&mut found, &line, checked.then_some(signer)) {
            return Err(AuditError::Broken { sequence: found.entries });
        }
    }
    if found.last.as_ref() != head {
        // Every entry follows from the one before, so the head is another log's.
        return Err(AuditError::RolledBack);
    }
    walk_beyond(&mut reader, found, &mut line, signer)
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
    if take(&mut found, line, Some(signer)) {
        found.beyond = Beyond::Entry;
        return if more { Err(AuditError::RolledBack) } else { Ok(found) };
    }
    // Pages of a torn line may reach the disk in any order, so it may have its newline and not its
    // middle. But more than one line is no torn line.
    if more {
        return Err(AuditError::Broken { sequence: found.entries });
    }
    found.beyond = Beyond::Torn { bytes: line.len() as u64 };
    Ok(found)
}

fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    line.clear();
    reader.take(LINE_BYTES_MAX as u64).read_until(b'\n', line)?;
    Ok(())
}

/// Takes the next line into the summary if it is the next entry of the chain, and signed by
/// `signer` if one is given.
fn take(found: &mut Summary, line: &[u8], signer: Option<&VerifyingKey>) -> bool {
    let Some(text) = line.strip_suffix(b"\n") else { return false };
    let Some((entry, signature)) = entry::decode(text) else { return false };
    let previous = found.last.map_or(NO_PREVIOUS, |last| Hash::from_bytes(last.hash));
    if entry.seq != found.entries || entry.seq > NUMBER_MAX || entry.previous != previous {
        return false;
    }
    if signer.is_some_and(|signer| !entry::is_signed(&entry, &signature, signer)) {
        return false;
    }
    found.last = Some(AuditHead { sequence: entry.seq, hash: *entry::hash(text).as_bytes() });
    found.last_folded_epoch = found.last_folded_epoch.max(folded_epoch(&entry.event));
    found.entries += 1;
    found.bytes += line.len() as u64;
    true
}

#[cfg(test)]
mod tests;
