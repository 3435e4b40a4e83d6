//! RocksDB, set up so that an acknowledged write is never lost in silence. The one file that knows
//! it: bytes under keys, written together and synced.

use std::path::Path;

use rocksdb::{
    DB, DBCompressionType, DBRecoveryMode, Direction, ErrorKind, IteratorMode, LogLevel, Options,
    WriteBatch, WriteOptions,
};

use super::error::{DatabaseError, OpenError, StoreError};
use super::row::Row;
use super::writes::Change;

impl From<rocksdb::Error> for StoreError {
    fn from(error: rocksdb::Error) -> Self {
        let kind = error.kind();
        let error = DatabaseError(error.into_string());
        match kind {
            ErrorKind::Corruption => Self::Corruption(error),
            _ => Self::Database(error),
        }
    }
}

/// The embedded database.
pub(super) struct Rocks(DB);

impl Rocks {
    pub(super) fn open(folder: &Path) -> Result<Self, OpenError> {
        DB::open(&options(true), folder).map(Self).map_err(refused)
    }

    pub(super) fn open_read_only(folder: &Path) -> Result<Self, OpenError> {
        DB::open_for_read_only(&options(false), folder, false).map(Self).map_err(refused)
    }

    /// Makes the changes, all or none, and returns when they are on disk.
    pub(super) fn write(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        for change in changes {
            match change {
                Change::Put(key, value) => batch.put(key, value),
                Change::Delete(key) => batch.delete(key),
                Change::DeleteRange(from, to) => batch.delete_range(from, to),
            }
        }
        let mut options = WriteOptions::default();
        options.set_sync(true);
        Ok(self.0.write_opt(batch, &options)?)
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(key)?)
    }

    /// The rows from one key to below another, in the order of their keys.
    pub(super) fn range(
        &self,
        from: &[u8],
        to: Vec<u8>,
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<'_> {
        self.0
            .iterator(IteratorMode::From(from, Direction::Forward))
            .map(|row| row.map_err(StoreError::from))
            .take_while(move |row| match row {
                Ok((key, _)) => key.as_ref() < to.as_slice(),
                Err(_) => true,
            })
            .map(|row| row.map(|(key, value)| Row { key: key.into(), value: value.into() }))
    }

    /// All rows.
    pub(super) fn all(&self) -> impl Iterator<Item = Result<Row, StoreError>> + '_ {
        self.0.iterator(IteratorMode::Start).map(|row| {
            let (key, value) = row?;
            Ok(Row { key: key.into(), value: value.into() })
        })
    }

    pub(super) fn make_durable(&self) -> Result<(), StoreError> {
        self.0.flush_wal(true)?;
        Ok(self.0.flush()?)
    }

    pub(super) fn background_errors(&self) -> Result<u64, StoreError> {
        Ok(self.0.property_int_value("rocksdb.background-errors")?.unwrap_or(0))
    }

    /// Writes the files with these rows anew, without what was deleted.
    pub(super) fn rewrite(&self, from: &[u8], to: &[u8]) -> Result<(), StoreError> {
        self.0.flush()?;
        self.0.compact_range(Some(from), Some(to));
        Ok(())
    }
}

fn refused(error: rocksdb::Error) -> OpenError {
    OpenError::Database(DatabaseError(error.into_string()))
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
