//! Reading what staff have entered: revisions of orders, and the registers. JSON, never about a
//! voter.

use super::error::StoreError;
use super::keys::{self, Family, KeyReader, Register};
use super::row::Row;
use super::rows::Store;
use crate::poll::PollId;

impl Store {
    /// The revisions of a poll's order, oldest first: number and JSON.
    ///
    /// # Errors
    ///
    /// A row whose key does not decode.
    pub fn revisions(&self, poll: PollId) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let (from, to) = keys::revisions_of_poll(poll);
        let decode = |row: Row| {
            let mut key = KeyReader(&row.key[1..]);
            let (_, revision) = (key.take::<16>()?, key.u32()?);
            key.end().map(|()| (revision, row.value))
        };
        self.db
            .range(&from, to)
            .map(|row| decode(row?).ok_or(StoreError::Decode(Family::Revision)))
            .collect()
    }

    /// The entries of a register by number: number and JSON.
    ///
    /// # Errors
    ///
    /// A row whose key does not decode.
    pub fn register(&self, register: Register) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let (from, to) = (keys::register(register, 0), keys::register(register, u64::MAX));
        let decode = |row: Row| {
            let mut key = KeyReader(&row.key[2..]);
            let number = key.u64()?;
            key.end().map(|()| (number, row.value))
        };
        self.db
            .range(&from, to)
            .map(|row| decode(row?).ok_or(StoreError::Decode(Family::Register)))
            .collect()
    }
}
