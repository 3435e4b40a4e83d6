//! The public log: what the engine tells everybody for good.
//!
//! Three durable writes, in this order: the entries with their tiles; the audit entry with the size
//! and root that the log has then; the checkpoint that makes them public. *Crash after the first*:
//! the audit log does not know them, and the restart writes the same entries in their place. *After
//! the second*: the restart adopts them and signs the checkpoint. A log put back to an older state
//! is refused, because the audit log, and the head of that in the key store, know better.

use super::{Engine, EngineError};
use crate::audit::{Actor, Event, Hash};
use crate::ground::faults::Point;
use crate::poll::Poll;
use crate::publish::Publication;
use crate::publog::{PublicEntry, PublicLogError};

impl Engine {
    /// Adds what the log does not hold yet; public on return.
    pub(super) fn log_publicly(&self, entries: &[PublicEntry]) -> Result<(), EngineError> {
        let missing: Vec<_> = entries
            .iter()
            .map(PublicEntry::canonical_json)
            .filter(|entry| self.public_log.find(entry).is_none())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let append = || self.public_log.append(&missing);
        let append = || self.faults.durable(Point::PublicEntries, append);
        let grown = tokio::task::block_in_place(append).map_err(|error| self.fail(error.into()))?;
        let root = Hash::from_bytes(grown.root.0);
        self.record(&Actor::engine(), Event::PublicLogGrown { size: grown.size, root })?;
        let publish = || self.public_log.publish();
        let publish = || self.faults.durable(Point::PublicCheckpoint, publish);
        let published = tokio::task::block_in_place(publish);
        published.map(drop).map_err(|error| self.fail(error.into()))
    }

    /// Adds what a crash kept from the log.
    pub(super) fn complete_public_log(&self) -> Result<(), EngineError> {
        let mut polls = self.polls();
        polls.sort_by_key(|poll| poll.opened_at);
        let entries: Vec<_> = polls.iter().flat_map(|poll| self.public_entries(poll)).collect();
        self.log_publicly(&entries)
    }

    /// The place of a release in the log, as anybody can check it (C2SP tlog-proof).
    ///
    /// # Errors
    ///
    /// The log cannot be read.
    pub fn proof_of(&self, publication: &Publication) -> Result<String, EngineError> {
        let entry = publication.public_entry().canonical_json();
        // Both wait for a log that is being written.
        let prove = || {
            // Served only after it stands there.
            let index = self.public_log.find(&entry).ok_or(PublicLogError::NotThere)?;
            self.public_log.prove(index)
        };
        Ok(tokio::task::block_in_place(prove)?)
    }

    /// What the log says of a poll.
    fn public_entries(&self, poll: &Poll) -> Vec<PublicEntry> {
        let mut entries = Vec::new();
        if poll.opened_at.is_some() {
            entries.push(PublicEntry::definition(poll));
        }
        entries.extend(self.releases(poll.id()).iter().map(|held| held.public_entry()));
        entries.extend(PublicEntry::erasure(poll));
        entries
    }
}
