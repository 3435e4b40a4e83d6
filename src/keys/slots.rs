//! The epoch keys at rest: two blocks of one file, overwritten in place, each checking itself.
//!
//! Epoch n lives wrapped in block n mod 2, so that K(f+2) can be made durable while K(f+1) is still
//! in use, and each key is destroyed where it lay. Hence the file is never renamed, copied or
//! resized once a key was in it; a new generation of the key store has a new file, with the keys
//! wrapped anew. Does not decide which epoch is due, and does not help where the
//! file system or the disk keeps overwritten blocks.
//!
//! ```text
//!  0      4         6         8       16                      96            4064       4096
//!  +------+---------+---------+-------+-----------------------+-------------+----------+
//!  | HLSK | u16 ver | u16 kind| epoch | sealed key (80 bytes) | random      | BLAKE3   |
//!  +------+---------+---------+-------+-----------------------+-------------+----------+
//!  kind 1 = full; kind 2 = empty: all of 8..4064 is random     checksum of all before it
//! ```
//!
//! A crash in a write leaves the old block, the new one, or a torn one, which its checksum tells. A
//! torn block counts as empty; the order of writes never needs a key whose write was not reported
//! as done.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::files;
use super::seal::{self, SealError};
use super::{Secret, WrappingKey};
use crate::ground::faults::{Faults, InjectedFault, Point};
use crate::ground::random;

/// Bytes of a block: a page, so that one block never shares a write with the other.
pub const BLOCK_BYTES: usize = 4096;
/// Bytes of the file.
pub const FILE_BYTES: u64 = 2 * BLOCK_BYTES as u64;

const MAGIC: [u8; 4] = *b"HLSK";
const VERSION: u16 = 1;
const FULL: u16 = 1;
const EMPTY: u16 = 2;
const HEADER_END: usize = 8;
const EPOCH_END: usize = 16;
const KEY_END: usize = EPOCH_END + seal::OVERHEAD + 32;
const SUM_AT: usize = BLOCK_BYTES - blake3::OUT_LEN;

const _: () = assert!(KEY_END < SUM_AT);

type Block = [u8; BLOCK_BYTES];

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// Erased, or never used.
    Empty,
    /// The wrapped key of this epoch.
    Full {
        /// The epoch.
        epoch: u64,
    },
    /// Neither: a write was torn, or the disk changed it. Counts as empty, but may still hide a
    /// key.
    Unreadable,
}

/// Why the slots cannot be used, or were not changed.
#[derive(Debug, thiserror::Error)]
pub enum SlotsError {
    /// The file cannot be read or written. After a failed write its content is unknown: stop.
    #[error("epoch key slots")]
    File(#[from] io::Error),
    /// A file of another length.
    #[error("epoch key slots: {bytes} bytes long, not {FILE_BYTES}")]
    Size {
        /// Its length.
        bytes: u64,
    },
    /// A sound block that the wrapping key does not open.
    #[error("epoch key slots: wrapped under another root key than this generation's")]
    WrappingKey,
    /// There is a file with something in it where a new one was to be made.
    #[error("epoch key slots: the file is there and not empty")]
    Exists,
    /// The block holds a key that was not erased.
    #[error("epoch {epoch}: its slot still holds the key of epoch {held}")]
    Occupied {
        /// The epoch asked for.
        epoch: u64,
        /// The epoch in the block.
        held: u64,
    },
    /// A test's fault.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

/// The open slot file. One owner: the ledger's writer.
pub struct Slots {
    file: File,
    wrapping: Arc<WrappingKey>,
    faults: Faults,
    slots: [Slot; 2],
}

/// A block as this process last saw or wrote it. The bytes are kept to be rewritten as they are.
struct Slot {
    state: SlotState,
    block: Box<Block>,
}

impl Slots {
    /// Makes the file for a new store and puts the first epoch's key in it; durable on return.
    ///
    /// 1. A file of two empty blocks, whole or not there. Crash: called again, it is found empty
    ///    and used.
    /// 2. The key into its block. Crash: torn (called again), or there (called again:
    ///    [`SlotsError::Exists`], and [`Self::open`] has the key).
    ///
    /// # Errors
    /// [`SlotsError::Exists`] if there is a file that holds a key, [`SlotsError::File`].
    pub fn create(
        path: &Path,
        wrapping: Arc<WrappingKey>,
        epoch: u64,
        key: &Secret<32>,
        faults: Faults,
    ) -> Result<Self, SlotsError> {
        if !fs::exists(path)? {
            let blocks = [*empty_block(), *empty_block()];
            faults.durable(Point::SlotWrite, || {
                Ok::<_, SlotsError>(files::replace(path, blocks.as_flattened())?)
            })?;
        }
        let (mut slots, keys) = Self::open(path, wrapping, faults)?;
        if !keys.is_empty() {
            return Err(SlotsError::Exists);
        }
        slots.erase_unreadable()?;
        slots.write(epoch, key)?;
        Ok(slots)
    }

    /// Opens the file: the slots, and the keys that can be read, by epoch. Writes nothing.
    ///
    /// What was read may be in the page cache only: [`Self::rewrite_all`] before anything is
    /// answered or destroyed.
    ///
    /// # Errors
    /// [`SlotsError::File`], [`SlotsError::Size`], [`SlotsError::WrappingKey`].
    pub fn open(
        path: &Path,
        wrapping: Arc<WrappingKey>,
        faults: Faults,
    ) -> Result<(Self, Vec<(u64, Secret<32>)>), SlotsError> {
        let file = File::options().read(true).write(true).open(path)?;
        let (slots, keys) = read_slots(&file, &wrapping)?;
        Ok((Self { file, wrapping, faults, slots }, keys))
    }

    /// What the two blocks hold, the even epochs' block first.
    pub fn states(&self) -> [SlotState; 2] {
        [self.slots[0].state, self.slots[1].state]
    }

    /// Wraps `key` and makes it durable in its epoch's block.
    ///
    /// # Errors
    /// [`SlotsError::Occupied`] if the block holds a key, of whatever epoch: only erasing frees a
    /// block. [`SlotsError::File`]: stop, whether the key is there is unknown.
    pub fn write(&mut self, epoch: u64, key: &Secret<32>) -> Result<(), SlotsError> {
        if let SlotState::Full { epoch: held } = self.slot(epoch).state {
            return Err(SlotsError::Occupied { epoch, held });
        }
        let block = full_block(epoch, key, &self.wrapping);
        self.put(index(epoch), SlotState::Full { epoch }, block, Point::SlotWrite)
    }

    /// Destroys the key of `epoch`: its block is overwritten with random bytes and synced. Again is
    /// harmless.
    ///
    /// # Errors
    /// [`SlotsError::Occupied`] if the block holds another epoch's key, which stays.
    /// [`SlotsError::File`]: stop, whether the key is gone is unknown.
    pub fn erase(&mut self, epoch: u64) -> Result<(), SlotsError> {
        match self.slot(epoch).state {
            SlotState::Full { epoch: held } if held != epoch => {
                Err(SlotsError::Occupied { epoch, held })
            }
            SlotState::Full { .. } | SlotState::Empty | SlotState::Unreadable => {
                self.put(index(epoch), SlotState::Empty, empty_block(), Point::SlotErase)
            }
        }
    }

    /// Writes both blocks again as they were read, and syncs: what this process saw is then on the
    /// disk.
    ///
    /// The bytes are the same, so that a torn rewrite changes nothing. Unreadable blocks too stay
    /// as they are.
    ///
    /// # Errors
    /// [`SlotsError::File`]: stop.
    pub fn rewrite_all(&mut self) -> Result<(), SlotsError> {
        let Self { file, slots, faults, .. } = self;
        faults.durable(Point::SlotWrite, || {
            for (slot, offset) in slots.iter().zip(OFFSETS) {
                file.write_all_at(&*slot.block, offset)?;
            }
            Ok(file.sync_all()?)
        })
    }

    /// Overwrites unreadable blocks, so that a key in a torn block is gone too. Only once the
    /// restart has found every key it needs: an unreadable block that is needed is evidence.
    ///
    /// # Errors
    /// [`SlotsError::File`]: stop.
    pub fn erase_unreadable(&mut self) -> Result<(), SlotsError> {
        for at in 0..self.slots.len() {
            if self.slots[at].state == SlotState::Unreadable {
                self.put(at, SlotState::Empty, empty_block(), Point::SlotErase)?;
            }
        }
        Ok(())
    }

    /// A new file at `path` with the same keys wrapped under another key, and random bytes
    /// elsewhere; its bytes are durable on return. This file stays as it is.
    ///
    /// An unreadable block is taken over as it is: it is evidence until a restart has found every
    /// key it needs, and what it may hide is wrapped under the key from before.
    ///
    /// # Errors
    /// [`SlotsError::File`].
    pub(super) fn rewrap(
        &self,
        path: &Path,
        wrapping: Arc<WrappingKey>,
    ) -> Result<Self, SlotsError> {
        let rewrap = |at: usize| {
            let Slot { state, block } = &self.slots[at];
            let block = match decode(at, block, &self.wrapping)?.1 {
                Some((epoch, key)) => full_block(epoch, &key, &wrapping),
                None if *state == SlotState::Empty => empty_block(),
                None => block.clone(),
            };
            Ok::<_, SlotsError>(Slot { state: *state, block })
        };
        let slots = [rewrap(0)?, rewrap(1)?];
        let blocks = [*slots[0].block, *slots[1].block];
        files::write_new(path, blocks.as_flattened())?;
        let file = File::options().read(true).write(true).open(path)?;
        Ok(Self { file, wrapping, faults: self.faults.clone(), slots })
    }

    fn slot(&self, epoch: u64) -> &Slot {
        &self.slots[index(epoch)]
    }

    fn put(
        &mut self,
        at: usize,
        state: SlotState,
        block: Box<Block>,
        point: Point,
    ) -> Result<(), SlotsError> {
        let Self { file, slots, faults, .. } = self;
        // Until the sync reports success nobody knows what the block holds.
        slots[at].state = SlotState::Unreadable;
        faults.durable(point, || {
            file.write_all_at(&*block, OFFSETS[at])?;
            Ok::<_, SlotsError>(file.sync_data()?)
        })?;
        slots[at] = Slot { state, block };
        Ok(())
    }
}

/// What the two blocks of a file hold, for the auditor: opens it for reading only.
///
/// # Errors
/// As [`Slots::open`].
pub fn inspect(path: &Path, wrapping: &WrappingKey) -> Result<[SlotState; 2], SlotsError> {
    let (slots, _keys) = read_slots(&File::open(path)?, wrapping)?;
    Ok([slots[0].state, slots[1].state])
}

const OFFSETS: [u64; 2] = [0, BLOCK_BYTES as u64];

fn index(epoch: u64) -> usize {
    usize::from(!epoch.is_multiple_of(2))
}

fn place(epoch: u64) -> [u8; 21] {
    let mut place = *b"holos v1 slot\0\0\0\0\0\0\0\0";
    place[13..].copy_from_slice(&epoch.to_le_bytes());
    place
}

type Opened = ([Slot; 2], Vec<(u64, Secret<32>)>);

fn read_slots(file: &File, wrapping: &WrappingKey) -> Result<Opened, SlotsError> {
    let bytes = file.metadata()?.len();
    if bytes != FILE_BYTES {
        return Err(SlotsError::Size { bytes });
    }
    let mut keys = Vec::new();
    let mut read = |at: usize| {
        let mut block = Box::new([0; BLOCK_BYTES]);
        file.read_exact_at(&mut *block, OFFSETS[at])?;
        let (state, key) = decode(at, &block, wrapping)?;
        keys.extend(key);
        Ok::<_, SlotsError>(Slot { state, block })
    };
    let slots = [read(0)?, read(1)?];
    keys.sort_unstable_by_key(|(epoch, _)| *epoch);
    Ok((slots, keys))
}

fn full_block(epoch: u64, key: &Secret<32>, wrapping: &WrappingKey) -> Box<Block> {
    let mut block = Box::new(random::bytes());
    block[HEADER_END..EPOCH_END].copy_from_slice(&epoch.to_le_bytes());
    let sealed = wrapping.seal().seal(random::bytes(), &place(epoch), key.expose());
    block[EPOCH_END..KEY_END].copy_from_slice(&sealed);
    finish(block, FULL)
}

fn empty_block() -> Box<Block> {
    finish(Box::new(random::bytes()), EMPTY)
}

fn finish(mut block: Box<Block>, kind: u16) -> Box<Block> {
    block[..4].copy_from_slice(&MAGIC);
    block[4..6].copy_from_slice(&VERSION.to_le_bytes());
    block[6..HEADER_END].copy_from_slice(&kind.to_le_bytes());
    let sum = blake3::hash(&block[..SUM_AT]);
    block[SUM_AT..].copy_from_slice(sum.as_bytes());
    block
}

type Decoded = (SlotState, Option<(u64, Secret<32>)>);

fn decode(at: usize, block: &Block, wrapping: &WrappingKey) -> Result<Decoded, SlotsError> {
    let unreadable = Ok((SlotState::Unreadable, None));
    let (content, sum) = block.split_at(SUM_AT);
    if blake3::hash(content).as_bytes() != sum
        || content[..4] != MAGIC
        || content[4..6] != VERSION.to_le_bytes()
    {
        return unreadable;
    }
    match u16::from_le_bytes([content[6], content[7]]) {
        EMPTY => Ok((SlotState::Empty, None)),
        FULL => {
            let epoch =
                u64::from_le_bytes(content[HEADER_END..EPOCH_END].try_into().expect("8 bytes"));
            if index(epoch) != at {
                return unreadable;
            }
            match wrapping.seal().open(&place(epoch), &content[EPOCH_END..KEY_END]) {
                Ok(plain) => {
                    let key = Secret::new(
                        plain[..].try_into().expect("the record has room for 32 bytes"),
                    );
                    Ok((SlotState::Full { epoch }, Some((epoch, key))))
                }
                // The checksum holds, so the block is as it was written: the key is the wrong one.
                Err(SealError::Broken) => Err(SlotsError::WrappingKey),
                Err(SealError::Format | SealError::Length) => unreadable,
            }
        }
        _ => unreadable,
    }
}

#[cfg(test)]
mod tests;
