//! The rows, and what memory answers from them: lines 2 and 3 of [`super::Inside::decide`], of which
//! each kind of write has its own here.

use std::sync::Arc;

use super::{Entry, Records, Release, Write};
use crate::count::authenticate::issuers::SpaceInfo;
use crate::count::deidentify::TagKey;
use crate::count::ledger::Showing;
use crate::engine::EngineError;
use crate::engine::board::Served;
use crate::keys::PollKeys;
use crate::poll::{IssuerKeyId, Poll};
use crate::publish::Publication;
use crate::publog::PublicEntry;
use crate::tally::CutRules;

/// What memory answers after a row is written.
pub(super) enum Seen {
    Poll { poll: Box<Poll>, key: Key, releases: Releases, results: bool },
    Entry(Box<Entry>),
    Revoked(IssuerKeyId),
    Excised { taken_out: bool },
}

/// The tag key of a poll that changes.
pub(super) enum Key {
    Keep,
    New(Arc<TagKey>),
    Drop,
}

/// The releases of a poll that changes.
pub(super) enum Releases {
    Keep,
    Add(Arc<Publication>),
    Drop,
}

impl Records {
    /// The row, and what belongs to it on disk.
    pub(super) async fn row(&self, write: Write) -> Result<Seen, EngineError> {
        let (poll, key, releases, results) = match write {
            Write::Poll(poll) => {
                self.ledger.put_poll(&poll).await?;
                (poll, Key::Keep, Releases::Keep, false)
            }
            Write::BesideResults(poll) => {
                self.ledger.put_poll(&poll).await?;
                (poll, Key::Keep, Releases::Keep, true)
            }
            Write::Order(poll, revision) => {
                self.ledger.put_order(&poll, &revision).await?;
                (poll, Key::Keep, Releases::Keep, false)
            }
            Write::Gate(poll) => {
                self.ledger.gate_poll(Poll::clone(&poll)).await?;
                (poll, Key::Keep, Releases::Keep, false)
            }
            Write::Opening(poll, space) => {
                let (poll, key) = self.open(*poll, &space).await?;
                (Box::new(poll), Key::New(Arc::new(key)), Releases::Keep, false)
            }
            Write::Release(release) => {
                let (poll, publication) = self.release(release).await?;
                (poll, Key::Keep, publication.map_or(Releases::Keep, Releases::Add), true)
            }
            Write::Expiry(poll) => {
                self.ledger.expire_poll(Poll::clone(&poll)).await?;
                (poll, Key::Keep, Releases::Drop, true)
            }
            Write::Erasing(poll) => {
                self.ledger.put_poll(&poll).await?;
                (poll, Key::Drop, Releases::Keep, false)
            }
            Write::Erased(poll) => {
                self.ledger.put_poll(&poll).await?;
                self.log_publicly(PublicEntry::erasure(&poll).as_slice())?;
                (poll, Key::Drop, Releases::Keep, false)
            }
            Write::Revocation(revocation) => {
                self.ledger.revoke(&revocation).await?;
                return Ok(Seen::Revoked(revocation.id()));
            }
            Write::Excision(group) => {
                let taken_out = self.ledger.excise(group).await?;
                return Ok(Seen::Excised { taken_out });
            }
            Write::Entry(entry) => {
                let (register, number, json) = (entry.register(), entry.number(), entry.json());
                self.ledger.put_register(register, number, &json).await?;
                return Ok(Seen::Entry(entry));
            }
        };
        Ok(Seen::Poll { poll, key, releases, results })
    }

    /// The keys, then the row, then the definition in the public log.
    async fn open(&self, poll: Poll, space: &SpaceInfo) -> Result<(Poll, TagKey), EngineError> {
        let id = poll.id();
        let keys = tokio::task::block_in_place(|| self.keys.create_poll_keys(id));
        let keys = keys.map_err(|error| self.fail(error.into()))?;
        // Pinned: under another pseudonym key one person would be two tags.
        let poll = poll.opened(self.clock.now(), &space.pseudonym_key, space.kind_number());
        if let Some(rules) = CutRules::of(&poll) {
            self.ledger.follow(id, rules)?;
        }
        self.ledger.gate_poll(poll.clone()).await?;
        self.log_publicly(&[PublicEntry::definition(&poll)])?;
        let key = tag_key(&keys, &poll);
        Ok((poll, key))
    }

    /// The row with the release and the mark of the ballots that it shows, then the release in the
    /// public log. A release that a crash lost is made again with another time of publication, which
    /// nobody has seen.
    async fn release(
        &self,
        release: Release,
    ) -> Result<(Box<Poll>, Option<Arc<Publication>>), EngineError> {
        let Release { poll, publication, shown, excised } = release;
        let file = publication.as_ref().map(|held| (held.statement.release, held.bytes()));
        let showing = Showing { poll: Poll::clone(&poll), publication: file, shown, excised };
        self.ledger.show(showing).await?;
        if let Some(publication) = &publication {
            self.log_publicly(&[publication.public_entry()])?;
        }
        Ok((poll, publication))
    }

    /// Lets memory answer with what is on disk: whether those who watch polls must be told, and of
    /// results too; and whether an excision took anything out.
    pub(super) fn show(&self, seen: Seen) -> (Option<bool>, bool) {
        match seen {
            Seen::Poll { poll, key, releases, results } => {
                let held = self.board.get(poll.id());
                let key = match key {
                    Key::Keep => held.and_then(|held| held.tag_key.clone()),
                    Key::New(key) => Some(key),
                    Key::Drop => None,
                };
                let mut shown = self.board.releases(poll.id());
                match releases {
                    Releases::Keep => {}
                    Releases::Add(publication) => shown.push(publication),
                    Releases::Drop => shown.clear(),
                }
                self.board.put(Served::new(*poll, key, shown));
                (Some(results), false)
            }
            Seen::Entry(entry) => {
                self.registers.insert(*entry);
                (None, false)
            }
            // The writer, which is the last to look at a ballot, refuses the key already; now the
            // door does.
            Seen::Revoked(key) => {
                self.authenticator.revoke(key);
                (None, false)
            }
            Seen::Excised { taken_out } => (None, taken_out),
        }
    }
}

/// The key that makes a poll's tags.
pub(in crate::engine) fn tag_key(keys: &PollKeys, poll: &Poll) -> TagKey {
    TagKey::new(&keys.tag, poll.id(), &poll.definition.order().participants.subject_space)
}
