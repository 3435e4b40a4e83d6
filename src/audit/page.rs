//! Reading the log back, page by page.
//!
//! A page reads the file with its own handle, at most so many bytes of it, and stops nobody from
//! appending. It shows what was acknowledged when it began. Does not check signatures: that is the
//! reader's, who gets the signed lines ([`super::export`]).

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::str::FromStr;

use jiff::Timestamp;

use super::chain::{AuditError, AuditLog, LINE_BYTES_MAX};
use super::entry::{self, Entry};
use super::event::Event;
use crate::ground::limits::{AUDIT_PAGE_ENTRIES_MAX, AUDIT_SCAN_BYTES_MAX};
use crate::poll::PollId;

const _: () = assert!(LINE_BYTES_MAX < AUDIT_SCAN_BYTES_MAX, "every page gets on by a line");

/// Which entries a page shows; the empty one shows all, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Of these kinds ([`Event::KINDS`]); empty: of all.
    pub kinds: Vec<String>,
    /// Of this poll, the fold that froze its tally included.
    pub poll: Option<PollId>,
    /// By this account.
    pub account: Option<String>,
    /// All but the folds, which are most of the log.
    pub without_folds: bool,
    /// Newest first.
    pub newest_first: bool,
}

impl Filter {
    /// Whether it lets `entry` through.
    pub fn admits(&self, entry: &Entry) -> bool {
        // Every field, so that a new one is not forgotten.
        let Self { since, until, kinds, poll, account, without_folds, newest_first: _ } = self;
        let is_fold = matches!(entry.event, Event::EpochFolded { .. });
        since.is_none_or(|since| since <= entry.at)
            && until.is_none_or(|until| entry.at < until)
            && (kinds.is_empty() || kinds.iter().any(|kind| kind == entry.event.kind()))
            && poll.is_none_or(|poll| entry.event.concerns(poll))
            && account.as_ref().is_none_or(|account| *account == entry.by.account)
            && !(*without_folds && is_fold)
    }
}

/// Where to read on: the place in the file and the number of the entry that begins there, or ends
/// there where the newest come first. Its text is a page token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    offset: u64,
    sequence: u64,
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the audit log")]
pub struct ParseCursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.offset, self.sequence)
    }
}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (offset, sequence) = text.split_once('.').ok_or(ParseCursorError)?;
        let number = |text: &str| text.parse().map_err(|_| ParseCursorError);
        let cursor = Self { offset: number(offset)?, sequence: number(sequence)? };
        // One spelling only: no sign, no leading zero.
        if cursor.to_string() == text { Ok(cursor) } else { Err(ParseCursorError) }
    }
}

/// Some entries, in the order that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Their signed lines as they are stored, without newlines.
    pub lines: Vec<Vec<u8>>,
    /// What the lines say.
    pub entries: Vec<Entry>,
    /// Where to read on; `None`: that was all there is now. A page may be short, or empty, and have
    /// a next one.
    pub next: Option<Cursor>,
}

/// The file as it was when a page was asked for.
struct Snapshot {
    file: File,
    bytes: u64,
    first: u64,
    next: u64,
}

impl AuditLog {
    /// At most `size` entries that `filter` lets through, from `after` on or from the beginning.
    ///
    /// # Errors
    /// [`AuditError::Cursor`]: begin anew. [`AuditError::File`]; [`AuditError::Broken`]: the file
    /// was changed under the engine.
    pub fn page(
        &self,
        filter: &Filter,
        after: Option<Cursor>,
        size: usize,
    ) -> Result<Page, AuditError> {
        let snapshot = self.snapshot()?;
        let size = size.clamp(1, AUDIT_PAGE_ENTRIES_MAX);
        if snapshot.bytes == 0 {
            return after.map_or_else(|| Ok(Page::default()), |_| Err(AuditError::Cursor));
        }
        let start = match after {
            Some(cursor) => snapshot.fitting(cursor, filter.newest_first)?,
            None if filter.newest_first => {
                Cursor { offset: snapshot.bytes, sequence: snapshot.next - 1 }
            }
            None => Cursor { offset: 0, sequence: snapshot.first },
        };
        let page = if filter.newest_first {
            snapshot.backward(filter, start, size)
        } else {
            snapshot.forward(filter, start, size)
        };
        match page {
            // What fits nowhere is the caller's: the cursor came from there.
            Err(AuditError::Broken { sequence })
                if after == Some(start) && sequence == start.sequence =>
            {
                Err(AuditError::Cursor)
            }
            page => page,
        }
    }

    fn snapshot(&self) -> Result<Snapshot, AuditError> {
        // Opened under the lock: an expiry puts another file in its place.
        let end = self.end();
        let file = File::open(&self.path)?;
        let next = end.next();
        let first = end.first.map_or(next, |(first, _)| first);
        Ok(Snapshot { file, bytes: end.bytes, first, next })
    }
}

impl Snapshot {
    /// The cursor, if it can be one of this file: between two lines, with numbers that exist.
    fn fitting(&self, cursor: Cursor, newest_first: bool) -> Result<Cursor, AuditError> {
        let inside = if newest_first {
            (1..=self.bytes).contains(&cursor.offset)
        } else {
            cursor.offset < self.bytes
        };
        let exists = (self.first..self.next).contains(&cursor.sequence);
        if !inside || !exists {
            return Err(AuditError::Cursor);
        }
        if cursor.offset > 0 {
            let mut before = [0];
            self.file.read_exact_at(&mut before, cursor.offset - 1)?;
            if before != *b"\n" {
                return Err(AuditError::Cursor);
            }
        }
        Ok(cursor)
    }

    fn forward(&self, filter: &Filter, mut at: Cursor, size: usize) -> Result<Page, AuditError> {
        let window = self.window(at.offset, self.bytes)?;
        let mut page = Page::default();
        let whole =
            window.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        for line in whole {
            if page.lines.len() == size {
                break;
            }
            page.take(filter, line, at.sequence)?;
            at.offset += line.len() as u64;
            at.sequence += 1;
        }
        page.next = (at.offset < self.bytes).then_some(at);
        Ok(page)
    }

    fn backward(&self, filter: &Filter, mut at: Cursor, size: usize) -> Result<Page, AuditError> {
        let from = at.offset.saturating_sub(AUDIT_SCAN_BYTES_MAX as u64);
        let window = self.window(from, at.offset)?;
        let mut rest = &window[..];
        let mut page = Page::default();
        while let Some(before_newline) = rest.len().checked_sub(1) {
            let newline = rest[..before_newline].iter().rposition(|byte| *byte == b'\n');
            let begin = match newline {
                Some(newline) => newline + 1,
                None if from == 0 => 0,
                // The line began before the window.
                None => break,
            };
            if page.lines.len() == size {
                break;
            }
            let (before, line) = rest.split_at(begin);
            page.take(filter, line, at.sequence)?;
            rest = before;
            at.offset -= line.len() as u64;
            at.sequence = at.sequence.saturating_sub(1);
        }
        page.next = (at.offset > 0).then_some(at);
        Ok(page)
    }

    fn window(&self, from: u64, to: u64) -> Result<Vec<u8>, AuditError> {
        let bytes = usize::try_from(to - from).unwrap_or(usize::MAX).min(AUDIT_SCAN_BYTES_MAX);
        let mut window = vec![0; bytes];
        self.file.read_exact_at(&mut window, from)?;
        Ok(window)
    }
}

impl Page {
    /// Takes a line, which must be entry `sequence`, if `filter` lets it through.
    fn take(&mut self, filter: &Filter, line: &[u8], sequence: u64) -> Result<(), AuditError> {
        let broken = AuditError::Broken { sequence };
        let Some(text) = line.strip_suffix(b"\n") else { return Err(broken) };
        let Some((entry, _)) = entry::decode(text) else { return Err(broken) };
        if entry.seq != sequence {
            return Err(broken);
        }
        if filter.admits(&entry) {
            self.lines.push(text.to_vec());
            self.entries.push(entry);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
