//! The end of old entries: those up to a number are taken off the front of the log.
//!
//! 1. [`Event::AuditExpired`] appended, with the hash of the last line that goes. From here on the
//!    log may begin after that line, and only there. Crash before: nothing expired. Crash after:
//!    the next start goes on with 2.
//! 2. The lines that stay go to a new file beside the log, synced. Crash: the leftover is discarded
//!    at the next start, which does it again.
//! 3. The new file is renamed over the log, and the folder synced. Crash before: as above; after:
//!    done. The head stays as it is: the log's end has not moved.
//!
//! Needs room for the lines that stay a second time. Does not decide what is old enough, and does
//! not overwrite the old lines where they lay: an entry holds nothing that a key would have to
//! protect.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use jiff::Timestamp;

use super::chain::{AuditError, AuditLog};
use super::entry::{self, Actor, Entry};
use super::event::{Event, Hash};
use super::walk::read_line;
use crate::ground::faults::Point;
use crate::keys::files;

/// Where the log is cut.
struct Cut {
    /// Bytes of the lines that go.
    bytes: u64,
    /// Hash of the last of them.
    hash: Hash,
    /// The latest epoch that one of them says was folded.
    folded_epoch: Option<u64>,
}

impl AuditLog {
    /// Takes the entries up to number `through` off the log, and says so in it first. Those that
    /// are gone already stay gone: then nothing is done. Appends wait only for the last step.
    ///
    /// # Errors
    /// [`AuditError::NotThere`]: nothing was done. Any other: stop; a restart finishes what was
    /// begun.
    pub fn expire(&self, at: Timestamp, by: &Actor, through: u64) -> Result<(), AuditError> {
        let _alone = self.expiring.lock().expect("nothing panics under this lock");
        if through >= self.entries() {
            return Err(AuditError::NotThere { sequence: through });
        }
        if through < self.first_seq() {
            return Ok(());
        }
        let cut = self.find_cut(through)?;
        let Cut { hash, folded_epoch, .. } = cut;
        self.append(at, by, Event::AuditExpired { through, hash, folded_epoch })?;
        self.rewrite(&cut)
    }

    /// Number of the last entry that is older than `at`, with all before it. One that is later than
    /// `now` was dated by a clock that was wrong, and holds nothing up.
    ///
    /// # Errors
    /// [`AuditError::File`], [`AuditError::Broken`].
    pub fn last_before(&self, at: Timestamp, now: Timestamp) -> Result<Option<u64>, AuditError> {
        let _nothing_expires = self.expiring.lock().expect("nothing panics under this lock");
        let Some((first, oldest)) = self.oldest() else { return Ok(None) };
        if oldest >= at && oldest <= now {
            return Ok(None);
        }
        let mut last = None;
        self.read_while(first, |entry, _| {
            let older = entry.at < at;
            if older {
                last = Some(entry.seq);
            }
            older || entry.at > now
        })?;
        Ok(last)
    }

    /// Does what an [`Event::AuditExpired`] in the log says, where it is not done yet.
    pub(super) fn finish_expiry(&self, expired: Option<(u64, Hash)>) -> Result<(), AuditError> {
        match fs::remove_file(files::unfinished(&self.path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let Some((through, hash)) = expired else { return Ok(()) };
        if through < self.first_seq() {
            return Ok(());
        }
        let cut = self.find_cut(through)?;
        if cut.hash != hash {
            return Err(AuditError::Broken { sequence: through });
        }
        self.rewrite(&cut)
    }

    fn find_cut(&self, through: u64) -> Result<Cut, AuditError> {
        let (mut bytes, mut hash, mut folded_epoch) = (0, None, None);
        self.read_while(self.first_seq(), |entry, line| {
            bytes += line.len() as u64 + 1;
            folded_epoch = folded_epoch.max(entry.event.folded_epoch());
            if entry.seq == through {
                hash = Some(entry::hash(line));
            }
            entry.seq < through
        })?;
        let hash = hash.ok_or(AuditError::Broken { sequence: through })?;
        Ok(Cut { bytes, hash, folded_epoch })
    }

    /// Steps 2 and 3.
    fn rewrite(&self, cut: &Cut) -> Result<(), AuditError> {
        let mut log = File::open(&self.path)?;
        let path = files::unfinished(&self.path);
        let mut rest = files::options().read(true).create(true).truncate(true).open(&path)?;
        // Most of it while others append; then only what they appended meanwhile.
        let most = self.end().bytes;
        self.faults.durable(Point::AuditExpire, || {
            copy(&mut log, cut.bytes..most, &mut rest)?;
            Ok::<_, AuditError>(rest.sync_all()?)
        })?;
        let first = first_entry(&rest)?;
        let mut end = self.end();
        if end.stopped {
            return Err(AuditError::Stopped);
        }
        // From here on a failure leaves open which of the two files is the log.
        end.stopped = true;
        rest.seek(SeekFrom::End(0))?;
        copy(&mut log, most..end.bytes, &mut rest)?;
        rest.sync_all()?;
        self.faults.durable(Point::AuditExpire, || {
            fs::rename(&path, &self.path)?;
            Ok::<_, AuditError>(files::sync_parent(&self.path)?)
        })?;
        end.file = rest;
        end.bytes -= cut.bytes;
        end.first = Some(first);
        end.stopped = false;
        Ok(())
    }

    /// Reads the entries from the first, number `first`, until `go_on` says no, which is given each
    /// with its line.
    fn read_while(
        &self,
        first: u64,
        mut go_on: impl FnMut(&Entry, &[u8]) -> bool,
    ) -> Result<(), AuditError> {
        let end = self.end().bytes;
        let mut reader = BufReader::with_capacity(1 << 16, File::open(&self.path)?).take(end);
        let mut line = Vec::new();
        for sequence in first.. {
            if reader.fill_buf()?.is_empty() {
                break;
            }
            read_line(&mut reader, &mut line)?;
            let text = line.strip_suffix(b"\n");
            let read = text.and_then(|text| Some((entry::decode(text)?.0, text)));
            match read.filter(|(entry, _)| entry.seq == sequence) {
                None => return Err(AuditError::Broken { sequence }),
                Some((entry, text)) if go_on(&entry, text) => {}
                Some(_) => break,
            }
        }
        Ok(())
    }
}

fn copy(from: &mut File, range: Range<u64>, to: &mut File) -> io::Result<()> {
    from.seek(SeekFrom::Start(range.start))?;
    let bytes = range.end - range.start;
    let copied = io::copy(&mut from.take(bytes), to)?;
    if copied == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Number and time of the file's first entry: the one that says what expired is always left.
fn first_entry(mut file: &File) -> Result<(u64, Timestamp), AuditError> {
    file.seek(SeekFrom::Start(0))?;
    let mut line = Vec::new();
    read_line(&mut BufReader::new(file), &mut line)?;
    let (entry, _) =
        entry::decode(line.trim_ascii_end()).ok_or(AuditError::Broken { sequence: 0 })?;
    Ok((entry.seq, entry.at))
}

#[cfg(test)]
mod tests;
