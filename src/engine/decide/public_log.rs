//! The public log: what the engine tells everybody for good.
//!
//! Three durable writes, in this order: the entries with their tiles; the audit entry with the size
//! and root that the log has then; the checkpoint that makes them public. *Crash after the first*:
//! the audit log does not know them, and the restart writes the same entries in their place. *After
//! the second*: the restart adopts them and signs the checkpoint. A log put back to an older state
//! is refused, because the audit log, and the head of that in the key store, know better.

use super::Records;
use crate::audit::{Actor, Event, Hash};
use crate::engine::EngineError;
use crate::ground::faults::Point;
use crate::poll::Poll;
use crate::publog::PublicEntry;

impl Records {
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
        let polls = self.board.all();
        let mut polls: Vec<_> = polls.values().map(|served| &served.poll).collect();
        polls.sort_unstable_by_key(|poll| (poll.opened_at, std::cmp::Reverse(poll.id())));
        let entries: Vec<_> =
            polls.into_iter().flat_map(|poll| self.public_entries(poll)).collect();
        self.log_publicly(&entries)
    }

    /// What the log says of a poll.
    fn public_entries(&self, poll: &Poll) -> Vec<PublicEntry> {
        let mut entries = Vec::new();
        if poll.opened_at.is_some() {
            entries.push(PublicEntry::definition(poll));
        }
        entries.extend(self.board.releases(poll.id()).iter().map(|held| held.public_entry()));
        entries.extend(PublicEntry::erasure(poll));
        entries
    }
}
