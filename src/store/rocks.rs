//! RocksDB, set up so that an acknowledged write is never lost in silence.

use std::io;
use std::path::Path;

use rocksdb::{
    DB, DBCompressionType, DBRecoveryMode, Direction, ErrorKind, IteratorMode, LogLevel, Options,
    WriteOptions,
};

use super::codec::{self, CodecError, Ring};
use super::cuts;
use super::keys::{self, FORMAT_VERSION, Family, KeyReader};
use super::writes::Writes;
use crate::ground::faults::{Faults, InjectedFault, Point};
use crate::keys::{SealError, SealKey};
use crate::poll::{Poll, PollId, Revocation};
use crate::tally::{Cuts, GroupId, Joint, Sums, Tag};

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder holds another version of the schema.
    #[error(
        "the data folder has format version {found}, this program reads version {FORMAT_VERSION}"
    )]
    Format {
        /// The version found.
        found: u32,
    },
    /// The folder holds something that is no store of ours.
    #[error("the data folder holds a database that is not a store of holos")]
    Foreign,
    /// The database is empty or gone, while the keys or the audit log know of ballots.
    #[error("the database is empty, but its keys or its audit log are not")]
    Emptied,
    /// RocksDB does not open it.
    #[error("the database does not open")]
    Database(#[source] rocksdb::Error),
    /// A file operation failed.
    #[error("the database folder cannot be used")]
    Io(#[from] io::Error),
    /// The first rows cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A read or a write that failed. Every one is fatal to the engine.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// RocksDB reports a failure of the disk or of itself.
    #[error("the database failed")]
    Database(#[source] rocksdb::Error),
    /// RocksDB reports damaged data.
    #[error("the database is damaged")]
    Corruption(#[source] rocksdb::Error),
    /// A sealed record does not open: damaged, moved, or under another key.
    #[error("a {0:?} record does not open")]
    Seal(Family),
    /// A record opens or stands there, and is no record of its family.
    #[error("a {0:?} record does not decode")]
    Decode(Family),
    /// A row that must exist does not.
    #[error("the {0:?} record is missing")]
    Missing(Family),
    /// A test made a write fail.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

impl StoreError {
    /// Whether the data is damaged, so that a blind restart must not follow.
    pub fn is_corruption(&self) -> bool {
        match self {
            Self::Corruption(_) | Self::Seal(_) | Self::Decode(_) | Self::Missing(_) => true,
            Self::Database(_) | Self::Injected(_) => false,
        }
    }
}

impl From<rocksdb::Error> for StoreError {
    fn from(error: rocksdb::Error) -> Self {
        match error.kind() {
            ErrorKind::Corruption => Self::Corruption(error),
            _ => Self::Database(error),
        }
    }
}

/// A row as it lies in the store, still sealed where it is.
pub struct Row {
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The embedded database. One thread writes; any may read.
pub struct Store {
    db: DB,
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
        let db = DB::open(&options(true), folder).map_err(OpenError::Database)?;
        let store = Self { db, faults };
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
        let db =
            DB::open_for_read_only(&options(false), folder, false).map_err(OpenError::Database)?;
        let store = Self { db, faults: Faults::none() };
        store.check_format()?.ok_or(OpenError::Foreign)?;
        Ok(store)
    }

    /// Writes rows and returns when they are on disk.
    ///
    /// # Errors
    ///
    /// The write may or may not be on disk; the caller must stop.
    pub fn write(&self, point: Point, writes: Writes) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.faults.durable(point, || Ok(self.db.write_opt(writes.batch, &options)?))
    }

    /// Makes durable what this process sees: after a crash the page cache may show what the disk
    /// lacks.
    ///
    /// # Errors
    ///
    /// Nothing may be answered or destroyed then.
    pub fn make_durable(&self) -> Result<(), StoreError> {
        self.db.flush_wal(true)?;
        self.db.flush()?;
        Ok(())
    }

    /// Background errors of RocksDB; above zero the engine must stop.
    ///
    /// # Errors
    ///
    /// When RocksDB does not say.
    pub fn background_errors(&self) -> Result<u64, StoreError> {
        Ok(self.db.property_int_value("rocksdb.background-errors")?.unwrap_or(0))
    }

    /// How far the ledger is folded.
    ///
    /// # Errors
    ///
    /// Missing or malformed: not a store that was opened before.
    pub fn folded_through(&self) -> Result<u64, StoreError> {
        let family = Family::Progress;
        let value = self.db.get(keys::progress())?.ok_or(StoreError::Missing(family))?;
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
        self.db.flush()?;
        self.db.compact_range(Some(from), Some(to));
        Ok(())
    }

    /// The tag blocks of one group.
    pub fn blocks(&self, group: GroupId) -> impl Iterator<Item = Result<Row, StoreError>> + '_ {
        let (from, to) = keys::blocks_of_group(group);
        self.range(&from, to)
    }

    /// The rows from one key to below another.
    pub(super) fn range(
        &self,
        from: &[u8],
        to: Vec<u8>,
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<'_> {
        self.db
            .iterator(IteratorMode::From(from, Direction::Forward))
            .map(|row| row.map_err(StoreError::from))
            .take_while(move |row| match row {
                Ok((key, _)) => key.as_ref() < to.as_slice(),
                Err(_) => true,
            })
            .map(|row| row.map(|(key, value)| Row { key: key.into(), value: value.into() }))
    }

    /// The publications of a poll, oldest first: number and file.
    ///
    /// # Errors
    ///
    /// When the database fails, or a row's key does not decode.
    pub fn publications_of(&self, poll: PollId) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let (from, to) = keys::publications_of_poll(poll);
        let mut found = Vec::new();
        for row in self.db.iterator(IteratorMode::From(&from, Direction::Forward)) {
            let (key, value) = row?;
            if key.as_ref() >= to.as_slice() {
                break;
            }
            let row = Row { key: key.into(), value: value.into() };
            let (_, release, file) =
                publication_of(row).ok_or(StoreError::Decode(Family::Publication))?;
            found.push((release, file));
        }
        Ok(found)
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
        let value = self.db.get(keys::ring())?.ok_or(StoreError::Missing(family))?;
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
        let from = [family as u8];
        self.db
            .iterator(IteratorMode::From(&from, Direction::Forward))
            .map(|row| row.map_err(StoreError::from))
            .take_while(move |row| match row {
                Ok((key, _)) => key.first() == Some(&(family as u8)),
                Err(_) => true,
            })
            .map(|row| row.map(|(key, value)| Row { key: key.into(), value: value.into() }))
    }

    /// The number of rows whose key begins with no known family: always zero in a sound store.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn unknown_rows(&self) -> Result<u64, StoreError> {
        let mut unknown = 0;
        for row in self.db.iterator(IteratorMode::Start) {
            unknown += u64::from(Family::of(&row?.0).is_none());
        }
        Ok(unknown)
    }

    fn check_format(&self) -> Result<Option<()>, OpenError> {
        let Some(value) = self.db.get(keys::meta()).map_err(StoreError::from)? else {
            let mut rows = self.db.iterator(IteratorMode::Start);
            return if rows.next().is_none() { Ok(None) } else { Err(OpenError::Foreign) };
        };
        let bytes = value.as_slice().try_into().map_err(|_| OpenError::Foreign)?;
        match u32::from_le_bytes(bytes) {
            FORMAT_VERSION => Ok(Some(())),
            found => Err(OpenError::Format { found }),
        }
    }
}

impl Row {
    /// The epoch and sequence of a journal record.
    ///
    /// # Errors
    ///
    /// A key that is none.
    pub fn journal_place(&self) -> Result<(u64, u64), StoreError> {
        let parse = || {
            let mut key = KeyReader(&self.key[1..]);
            let place = (key.u64()?, key.u64()?);
            key.end().map(|()| place)
        };
        parse().ok_or(StoreError::Decode(Family::Journal))
    }

    /// The epoch of a carried record.
    ///
    /// # Errors
    ///
    /// A key that is none.
    pub fn carried_epoch(&self) -> Result<u64, StoreError> {
        let parse = || {
            let mut key = KeyReader(&self.key[1..]);
            let epoch = key.u64()?;
            key.group()?;
            key.end().map(|()| epoch)
        };
        parse().ok_or(StoreError::Decode(Family::Carried))
    }

    /// The group, epoch and chunk of a tag block.
    ///
    /// # Errors
    ///
    /// A key that is none.
    pub fn block_place(&self) -> Result<(GroupId, u64, u32), StoreError> {
        let parse = || {
            let mut key = KeyReader(&self.key[1..]);
            let place = (key.group()?, key.u64()?, key.u32()?);
            key.end().map(|()| place)
        };
        parse().ok_or(StoreError::Decode(Family::TagBlock))
    }

    /// The round of a journal record.
    ///
    /// # Errors
    ///
    /// Not under this key, or malformed.
    pub fn open_round(&self, key: &SealKey) -> Result<Vec<Joint>, StoreError> {
        self.unseal(Family::Journal, key, codec::decode_round)
    }

    /// When a carried joint began to wait (Unix milliseconds), and the joint.
    ///
    /// # Errors
    ///
    /// Not under this key, or malformed.
    pub fn open_carried(&self, key: &SealKey) -> Result<(i64, Joint), StoreError> {
        self.unseal(Family::Carried, key, codec::decode_carried)
    }

    /// The tags of a block.
    ///
    /// # Errors
    ///
    /// Not under this key, or malformed.
    pub fn open_tags(&self, key: &SealKey) -> Result<Vec<Tag>, StoreError> {
        self.unseal(Family::TagBlock, key, codec::decode_tags)
    }

    fn unseal<T>(
        &self,
        family: Family,
        key: &SealKey,
        decode: impl FnOnce(&[u8]) -> Result<T, CodecError>,
    ) -> Result<T, StoreError> {
        let plain = key
            .open(&keys::place(&self.key), &self.value)
            .map_err(|_: SealError| StoreError::Seal(family))?;
        decode(&plain).map_err(|CodecError| StoreError::Decode(family))
    }
}

fn publication_of(row: Row) -> Option<(PollId, u32, Vec<u8>)> {
    let mut key = KeyReader(&row.key[1..]);
    let (poll, release) = (PollId::from_bytes(key.take()?), key.u32()?);
    key.end()?;
    Some((poll, release, row.value))
}

fn options(create: bool) -> Options {
    let mut options = Options::default();
    options.create_if_missing(create);
    options.set_paranoid_checks(true);
    // The default (point in time) stops before a damaged record and opens: acknowledged ballots
    // would vanish in silence. This mode accepts an incomplete last record, which was never
    // acknowledged, and refuses all else.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_recycle_log_file_num(0);
    options.set_wal_bytes_per_sync(0);
    options.set_manual_wal_flush(false);
    options.set_unordered_write(false);
    options.set_enable_pipelined_write(false);
    // Sealed bytes do not compress.
    options.set_compression_type(DBCompressionType::None);
    // RocksDB's own log names files and settings; errors are enough, and old logs go.
    options.set_log_level(LogLevel::Error);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(1 << 20);
    options.set_stats_dump_period_sec(0);
    // A fold writes 8 MB; the memory of all memtables stays far below what the tag index takes.
    options.set_write_buffer_size(32 << 20);
    options.set_max_write_buffer_number(3);
    options.set_max_total_wal_size(256 << 20);
    options
}
