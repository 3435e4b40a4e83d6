//! The store: the rows of the schema, by what they say.
//!
//! Knows no database: [`Rocks`] keeps bytes under keys. Another database would stand beside it.

use std::path::Path;

use super::codec::{self, Ring};
use super::cuts;
use super::error::{OpenError, StoreError};
use super::keys::{self, FORMAT_VERSION, Family, KeyReader};
use super::rocks::Rocks;
use super::row::Row;
use super::writes::Writes;
use crate::ground::faults::{Faults, Point};
use crate::keys::SealKey;
use crate::poll::{Poll, PollId, Revocation};
use crate::tally::{Cuts, GroupId, Sums};

/// The rows of the schema in a database. One thread writes; any may read.
pub struct Store {
    pub(super) db: Rocks,
    faults: Faults,
}

impl Store {
    /// Opens the database in this folder and checks its format version. An empty one gets its first
    /// rows in one synced batch: a store either has all of them or is no store. Without `first` an
    /// empty one is refused.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open(folder: &Path, first: Option<Writes>, faults: Faults) -> Result<Self, OpenError> {
        std::fs::create_dir_all(folder)?;
        let store = Self { db: Rocks::open(folder)?, faults };
        if store.check_format()?.is_none() {
            let mut writes = first.ok_or(OpenError::Emptied)?;
            writes.meta();
            store.write(Point::PollWrite, writes)?;
        }
        Ok(store)
    }

    /// Opens the database without ever writing to it, for the auditor.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open_read_only(folder: &Path) -> Result<Self, OpenError> {
        let store = Self { db: Rocks::open_read_only(folder)?, faults: Faults::none() };
        store.check_format()?.ok_or(OpenError::Foreign)?;
        Ok(store)
    }

    /// Writes rows and returns when they are on disk.
    ///
    /// # Errors
    ///
    /// The write may or may not be on disk; the caller must stop.
    pub fn write(&self, point: Point, writes: Writes) -> Result<(), StoreError> {
        self.faults.durable(point, || self.db.write(writes.changes))
    }

    /// Makes durable what this process sees: after a crash the page cache may show what the disk
    /// lacks.
    ///
    /// # Errors
    ///
    /// Nothing may be answered or destroyed then.
    pub fn make_durable(&self) -> Result<(), StoreError> {
        self.db.make_durable()
    }

    /// Errors that the database met by itself; above zero the engine must stop.
    ///
    /// # Errors
    ///
    /// When the database does not say.
    pub fn background_errors(&self) -> Result<u64, StoreError> {
        self.db.background_errors()
    }

    /// How far the ledger is folded.
    ///
    /// # Errors
    ///
    /// Missing or malformed: not a store that was opened before.
    pub fn folded_through(&self) -> Result<u64, StoreError> {
        let family = Family::Progress;
        let value = self.db.get(&keys::progress())?.ok_or(StoreError::Missing(family))?;
        let bytes = value.as_slice().try_into().map_err(|_| StoreError::Decode(family))?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// All polls.
    ///
    /// # Errors
    ///
    /// A row that does not decode.
    pub fn polls(&self) -> Result<Vec<Poll>, StoreError> {
        let decode = |row: Row| {
            let poll: Poll = serde_json::from_slice(&row.value).ok()?;
            (row.key == keys::poll(poll.id())).then_some(poll)
        };
        self.rows(Family::Poll)
            .map(|row| decode(row?).ok_or(StoreError::Decode(Family::Poll)))
            .collect()
    }

    /// All revoked issuer keys.
    ///
    /// # Errors
    ///
    /// A row that does not decode.
    pub fn revocations(&self) -> Result<Vec<Revocation>, StoreError> {
        let decode = |row: Row| {
            let revocation: Revocation = serde_json::from_slice(&row.value).ok()?;
            (row.key == keys::revocation(revocation.id())).then_some(revocation)
        };
        self.rows(Family::Revocation)
            .map(|row| decode(row?).ok_or(StoreError::Decode(Family::Revocation)))
            .collect()
    }

    /// The groups that are to be taken out.
    ///
    /// # Errors
    ///
    /// A row whose key does not decode.
    pub fn excisions(&self) -> Result<Vec<GroupId>, StoreError> {
        self.groups(Family::Excision)
    }

    /// Rewrites the files that hold tag blocks of a poll, so that what was deleted leaves them too.
    /// Hygiene only: the library does not say whether it worked, and copies elsewhere stay. What
    /// must vanish has lost its key before.
    ///
    /// # Errors
    ///
    /// When the database cannot write its memory out.
    pub fn compact_blocks(&self, poll: PollId) -> Result<(), StoreError> {
        let (from, to) = keys::blocks_of_poll(poll);
        self.db.rewrite(&from, &to)
    }

    /// The tag blocks of one group.
    pub fn blocks(&self, group: GroupId) -> impl Iterator<Item = Result<Row, StoreError>> + '_ {
        let (from, to) = keys::blocks_of_group(group);
        self.db.range(&from, to)
    }

    /// The publications of a poll, oldest first: number and file.
    ///
    /// # Errors
    ///
    /// When the database fails, or a row's key does not decode.
    pub fn publications_of(&self, poll: PollId) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let (from, to) = keys::publications_of_poll(poll);
        self.db
            .range(&from, to)
            .map(|row| {
                let place = publication_of(row?).ok_or(StoreError::Decode(Family::Publication))?;
                Ok((place.1, place.2))
            })
            .collect()
    }

    /// All publications: poll, release number, file.
    ///
    /// # Errors
    ///
    /// A row whose key does not decode.
    pub fn publications(&self) -> Result<Vec<(PollId, u32, Vec<u8>)>, StoreError> {
        self.rows(Family::Publication)
            .map(|row| publication_of(row?).ok_or(StoreError::Decode(Family::Publication)))
            .collect()
    }

    /// The keys of vectors and cuts.
    ///
    /// # Errors
    ///
    /// The ring does not open under this key, or does not decode.
    pub fn ring(&self, key: &SealKey) -> Result<Ring, StoreError> {
        let family = Family::Ring;
        let value = self.db.get(&keys::ring())?.ok_or(StoreError::Missing(family))?;
        let row = Row { key: keys::ring(), value };
        row.unseal(family, key, codec::decode_ring)
    }

    /// A group's sums.
    ///
    /// # Errors
    ///
    /// Missing, not under this key, or malformed.
    pub fn vector(&self, group: GroupId, key: &SealKey) -> Result<Sums, StoreError> {
        let family = Family::Vector;
        let place = keys::vector(group);
        let value = self.db.get(&place)?.ok_or(StoreError::Missing(family))?;
        Row { key: place, value }.unseal(family, key, codec::decode_sums)
    }

    /// What was shown of a poll and what waits to be; `None` when the erasure of the poll has
    /// dropped it.
    ///
    /// # Errors
    ///
    /// Not under this key, or malformed.
    pub fn cuts(&self, poll: PollId, key: &SealKey) -> Result<Option<Cuts>, StoreError> {
        let place = keys::cuts(poll);
        let Some(value) = self.db.get(&place)? else { return Ok(None) };
        Row { key: place, value }.unseal(Family::Cuts, key, cuts::decode).map(Some)
    }

    /// The groups that have a vector.
    ///
    /// # Errors
    ///
    /// A row whose key does not decode.
    pub fn vector_groups(&self) -> Result<Vec<GroupId>, StoreError> {
        self.groups(Family::Vector)
    }

    fn groups(&self, family: Family) -> Result<Vec<GroupId>, StoreError> {
        let decode = |row: Row| {
            let mut key = KeyReader(&row.key[1..]);
            let group = key.group()?;
            key.end().map(|()| group)
        };
        self.rows(family).map(|row| decode(row?).ok_or(StoreError::Decode(family))).collect()
    }

    /// The rows of a family, in the order of their keys.
    pub fn rows(&self, family: Family) -> impl Iterator<Item = Result<Row, StoreError>> + '_ {
        self.db.range(&[family as u8], vec![family as u8 + 1])
    }

    /// The number of rows whose key begins with no known family: always zero in a sound store.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn unknown_rows(&self) -> Result<u64, StoreError> {
        let mut unknown = 0;
        for row in self.db.all() {
            unknown += u64::from(Family::of(&row?.key).is_none());
        }
        Ok(unknown)
    }

    fn check_format(&self) -> Result<Option<()>, OpenError> {
        let Some(value) = self.db.get(&keys::meta())? else {
            return if self.db.all().next().is_none() { Ok(None) } else { Err(OpenError::Foreign) };
        };
        let bytes = value.as_slice().try_into().map_err(|_| OpenError::Foreign)?;
        match u32::from_le_bytes(bytes) {
            FORMAT_VERSION => Ok(Some(())),
            found => Err(OpenError::Format { found }),
        }
    }
}

fn publication_of(row: Row) -> Option<(PollId, u32, Vec<u8>)> {
    let mut key = KeyReader(&row.key[1..]);
    let (poll, release) = (PollId::from_bytes(key.take()?), key.u32()?);
    key.end()?;
    Some((poll, release, row.value))
}
