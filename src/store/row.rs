//! A row, and what it says once it is opened.

use super::codec::{self, CodecError};
use super::error::StoreError;
use super::keys::{self, Family, KeyReader};
use crate::keys::{SealError, SealKey};
use crate::tally::{GroupId, Joint, Tag};

/// A row as it lies in the store, still sealed where it is.
pub struct Row {
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
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

    pub(super) fn unseal<T>(
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
