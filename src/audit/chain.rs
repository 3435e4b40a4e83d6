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
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;

use super::entry::{self, Actor, Entry, NO_PREVIOUS};
use super::event::{Event, Hash};
use super::walk::{Beyond, Signatures, walk};
use crate::ground::faults::{Faults, InjectedFault, Point};
use crate::keys::{AuditHead, KeyError, KeyStore, files};

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
    /// The log begins late, and no entry in it says that those before expired.
    #[error(
        "audit log cut at the front: it begins at entry {sequence}, those before did not expire"
    )]
    CutAtFront {
        /// The first entry that is there.
        sequence: u64,
    },
    /// The entry is longer than [`LINE_BYTES_MAX`]; nothing was written.
    #[error("audit entry too long")]
    TooLong,
    /// Entries are to expire that were not written yet; nothing was done.
    #[error("no audit entry {sequence}")]
    NotThere {
        /// The last that was to expire.
        sequence: u64,
    },
    /// The place to read on from is not one of this log, or no more: entries expired since.
    #[error("no such place in the audit log")]
    Cursor,
    /// An earlier append failed: what the file holds is unknown until a restart.
    #[error("audit log stopped after a failed write")]
    Stopped,
    /// A test's fault.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

/// The open audit log.
pub struct AuditLog {
    pub(super) path: PathBuf,
    keys: Arc<KeyStore>,
    pub(super) faults: Faults,
    /// Held for the whole of an expiry: nobody else takes lines out of the file.
    pub(super) expiring: Mutex<()>,
    end: Mutex<End>,
}

/// Where the file ends, and what is known of the rest.
pub(super) struct End {
    pub(super) file: File,
    pub(super) bytes: u64,
    /// Number and time of the first entry that is there.
    pub(super) first: Option<(u64, Timestamp)>,
    pub(super) head: Option<AuditHead>,
    last_folded_epoch: Option<u64>,
    public_log: Option<(u64, Hash)>,
    pub(super) stopped: bool,
}

impl End {
    /// The next entry's number.
    pub(super) fn next(&self) -> u64 {
        self.head.map_or(0, |head| head.sequence + 1)
    }
}

impl AuditLog {
    /// Opens the log in `folder`, made if there is none and the key store has no head of one.
    ///
    /// Checks the chain of all entries against the head, and the signature of the last and of one
    /// beyond the head: those before are vouched for by the head through the chain
    /// ([`super::verify_file`] checks theirs too). A torn line is cut off, an entry beyond the head
    /// adopted, an expiry that was begun finished.
    ///
    /// # Errors
    /// [`AuditError::RolledBack`], [`AuditError::Broken`], [`AuditError::CutAtFront`]: the store
    /// must not be served. [`AuditError::File`], [`AuditError::Head`].
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
            bytes: found.bytes,
            first: found.first,
            head: found.last,
            last_folded_epoch: found.last_folded_epoch,
            public_log: found.public_log,
            stopped: false,
        };
        let log = Self { path, keys, faults, expiring: Mutex::new(()), end: Mutex::new(end) };
        match log.finish_expiry(found.expired) {
            // No room for a copy: the log is whole, and the next expiry takes these entries too.
            Err(AuditError::File(error)) if !log.is_stopped() => {
                tracing::error!(%error, "expired entries of the audit log are still there");
            }
            finished => finished?,
        }
        Ok(log)
    }

    /// Appends what `by` did, durable on return with its head; the signed line without its newline.
    /// Blocks for the disk.
    ///
    /// # Errors
    /// [`AuditError::TooLong`]: nothing was written. Any other: stop; whether the entry stands is
    /// known after a restart, and until then the log takes no other.
    pub fn append(&self, at: Timestamp, by: &Actor, event: Event) -> Result<Vec<u8>, AuditError> {
        let mut end = self.end();
        if end.stopped {
            return Err(AuditError::Stopped);
        }
        let (folded, public_log) = (event.folded_epoch(), event.public_log());
        let previous = end.head.map_or(NO_PREVIOUS, |head| Hash::from_bytes(head.hash));
        let entry = Entry { at, by: by.clone(), event, previous, seq: end.next() };
        let mut line = entry::encode(&entry, self.keys.signing_key());
        let head = AuditHead { sequence: entry.seq, hash: *entry::hash(&line).as_bytes() };
        line.push(b'\n');
        if line.len() > LINE_BYTES_MAX {
            return Err(AuditError::TooLong);
        }
        end.stopped = true;
        self.faults.durable(Point::AuditAppend, || {
            end.file.write_all(&line)?;
            Ok::<_, AuditError>(end.file.sync_data()?)
        })?;
        self.keys.replace_audit_head(&head)?;
        end.stopped = false;
        end.bytes += line.len() as u64;
        end.first = end.first.or(Some((entry.seq, at)));
        end.head = Some(head);
        end.last_folded_epoch = end.last_folded_epoch.max(folded);
        end.public_log = public_log.or(end.public_log);
        line.pop();
        Ok(line)
    }

    /// The latest epoch that an entry says was folded: a restart that repeats a fold's entry asks
    /// first.
    pub fn last_folded_epoch(&self) -> Option<u64> {
        self.end().last_folded_epoch
    }

    /// Size and root of the public log by the latest entry that tells them; `None` where none does,
    /// or it has expired: then only the log's own checkpoint vouches for it.
    pub fn public_log(&self) -> Option<(u64, Hash)> {
        self.end().public_log
    }

    /// Whether an earlier write failed: then nothing is taken until a restart.
    pub fn is_stopped(&self) -> bool {
        self.end.lock().expect("nothing panics under this lock").stopped
    }

    /// How many entries were ever written, those that expired included.
    pub fn entries(&self) -> u64 {
        self.end().next()
    }

    /// The log's end: number and hash of the last entry.
    pub fn head(&self) -> Option<AuditHead> {
        self.end().head
    }

    /// Number of the first entry that is there; of the next one in an empty log.
    pub fn first_seq(&self) -> u64 {
        self.oldest().map_or(0, |(sequence, _)| sequence)
    }

    /// Number and time of the first entry that is there.
    pub fn oldest(&self) -> Option<(u64, Timestamp)> {
        self.end().first
    }

    pub(super) fn signing_key(&self) -> &ed25519_dalek::SigningKey {
        self.keys.signing_key()
    }

    pub(super) fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().expect("nothing panics under this lock")
    }
}

#[cfg(test)]
mod tests;
