//! Somebody who holds the raw files and every key that still exists, and plays by no rule.
//!
//! Knows the layout of a sealed record, of the key files and of what is sealed, all of it written
//! down here a second time; uses nothing of the engine's own readers. Opens records without their
//! authentication, so that what a record is bound to does not protect it: only the key does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use chacha20::XChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};

/// Bytes of a record between its length and its cipher text, and behind it.
const NONCE: usize = 24;
const AUTHENTICATOR: usize = 16;
/// The cipher's first block makes the authenticator's key; the text begins with the second.
const FIRST_BYTE: u64 = 64;

pub type Key = [u8; 32];
pub type Tag = [u8; 16];

/// A sealed record, wherever it was found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    nonce: [u8; NONCE],
    cipher: Vec<u8>,
}

impl Record {
    /// Bytes of its plain text.
    pub fn len(&self) -> usize {
        self.cipher.len()
    }

    fn decrypt(&self, key: &Key) -> Vec<u8> {
        let mut cipher = XChaCha20::new(key.into(), (&self.nonce).into());
        cipher.seek(FIRST_BYTE);
        let mut plain = self.cipher.clone();
        cipher.apply_keystream(&mut plain);
        plain
    }
}

/// Tags and what they chose together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Joint {
    pub poll: [u8; 16],
    pub cells: Vec<u64>,
    pub tags: Vec<Tag>,
}

/// What the keys open.
#[derive(Default)]
pub struct Loot {
    pub joints: BTreeSet<Joint>,
    /// Totals: cells.
    pub sums: BTreeSet<Vec<u64>>,
    /// Who took part.
    pub tags: BTreeSet<Tag>,
    /// Every key that was tried: those given, and those found in rings.
    pub keys: BTreeSet<Key>,
}

impl Loot {
    /// Who stands beside a choice, in a crowd of whatever size.
    pub fn joined(&self) -> BTreeSet<Tag> {
        self.joints.iter().flat_map(|joint| joint.tags.iter().copied()).collect()
    }

    /// Who stands alone beside a choice, and the choice.
    pub fn choices(&self) -> BTreeMap<Tag, usize> {
        let alone = self.joints.iter().filter(|joint| joint.tags.len() == 1);
        let chosen = |joint: &Joint| joint.cells.iter().position(|cell| *cell == 1).unwrap();
        alone.map(|joint| (joint.tags[0], chosen(joint))).collect()
    }
}

/// Every file below a folder, whole.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

/// The sealed records of a file, as it lies there and with the framing of RocksDB's logs taken off.
pub fn records(bytes: &[u8]) -> BTreeSet<Record> {
    let mut found = BTreeSet::new();
    for bytes in [bytes, &without_framing(bytes)] {
        for at in 0..bytes.len() {
            found.extend(record(&bytes[at..]));
        }
    }
    found
}

fn record(bytes: &[u8]) -> Option<Record> {
    let (length, follows) = bytes.strip_prefix(b"HLS1")?.split_first_chunk()?;
    let body = follows.get(..u32::from_le_bytes(*length) as usize)?;
    let (nonce, rest) = body.split_first_chunk()?;
    let cipher = rest.get(..rest.len().checked_sub(AUTHENTICATOR)?)?;
    Some(Record { nonce: *nonce, cipher: cipher.to_vec() })
}

/// The log and MANIFEST are blocks of 32 KiB; a fragment is a checksum (4), a length (2), a type
/// (1) and its bytes, and what is too long for a block goes on in the next.
fn without_framing(bytes: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 32 << 10;
    const HEADER: usize = 7;
    let mut joined = Vec::new();
    for mut block in bytes.chunks(BLOCK) {
        while let Some((header, rest)) = block.split_at_checked(HEADER) {
            let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
            let Some((fragment, rest)) = rest.split_at_checked(length) else { break };
            if length == 0 {
                break;
            }
            // Whole, first, middle, last: the others are the log's own.
            if (1..=4).contains(&header[6]) {
                joined.extend_from_slice(fragment);
            }
            block = rest;
        }
    }
    joined
}

/// The keys that the wrapping key opens in the key files: the root keys, and what those open: of
/// epochs, of polls, of signatures.
pub fn keys(wrapping_key_file: &Path, key_folder: &Path) -> Vec<Key> {
    let text = fs::read_to_string(wrapping_key_file).unwrap();
    let digits = text.trim_end().as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let secret: Vec<u8> = digits.map(byte).collect();
    let wrapping = blake3::derive_key("holos v1 key encryption: seal", &secret);
    let mut keys = vec![secret.try_into().unwrap(), wrapping];
    let files = files(key_folder);
    for (path, envelope) in files.iter().filter(|(path, _)| path.ends_with("root.key")) {
        let record = records(envelope).pop_first().unwrap();
        let root: Key = record.decrypt(&wrapping).try_into().unwrap();
        let seal = blake3::derive_key("holos v1 wrapping key: seal", &root);
        keys.extend([root, seal]);
        let generation = path.parent().unwrap();
        let sealed = files.iter().filter(|(file, _)| file.starts_with(generation) && *file != path);
        for record in sealed.flat_map(|(_, bytes)| records(bytes)) {
            keys.extend_from_slice(record.decrypt(&seal).as_chunks().0);
        }
    }
    keys
}

/// Tries every key on every record, and every key found in an opened ring too.
pub fn open(records: &BTreeSet<Record>, keys: &[Key], polls: &[[u8; 16]]) -> Loot {
    let mut loot = Loot { keys: keys.iter().copied().collect(), ..Loot::default() };
    let mut keys = keys.to_vec();
    while let Some(key) = keys.pop() {
        for record in records {
            let plain = record.decrypt(&key);
            if let Some(ring) = ring(&plain, polls) {
                keys.extend(ring.into_iter().filter(|key| loot.keys.insert(*key)));
            } else if let Some(joints) = round(&plain, polls).or_else(|| carried(&plain, polls)) {
                loot.joints.extend(joints);
            } else if let Some(cells) = totals(&plain) {
                loot.sums.insert(cells);
            } else if let Some(tags) = tags(&plain) {
                loot.tags.extend(tags);
            }
        }
    }
    loot
}

/// Reads plain texts front to back; a text that is none of ours ends early.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A poll that exists and an issuer key.
    fn group(&mut self, polls: &[[u8; 16]]) -> Option<[u8; 16]> {
        let poll = self.array()?;
        self.u64()?;
        polls.contains(&poll).then_some(poll)
    }

    /// Cells the first of which add up to the ballots, a choice a ballot; breakdowns follow.
    fn sums(&mut self) -> Option<Vec<u64>> {
        let ballots = self.u64()?;
        let count = u16::from_le_bytes(self.array()?);
        let cells: Vec<_> = (0..count).map(|_| self.u64()).collect::<Option<_>>()?;
        let mut sum = 0_u64;
        let mut sums = cells.iter().map_while(|cell| {
            sum = sum.checked_add(*cell)?;
            Some(sum)
        });
        (ballots > 0 && sums.any(|sum| sum == ballots)).then_some(cells)
    }

    fn joint(&mut self, polls: &[[u8; 16]]) -> Option<Joint> {
        let poll = self.group(polls)?;
        let cells = self.sums()?;
        let count = self.u32()?;
        let tags = (0..count).map(|_| self.array()).collect::<Option<_>>()?;
        Some(Joint { poll, cells, tags })
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

fn ring(plain: &[u8], polls: &[[u8; 16]]) -> Option<Vec<Key>> {
    let mut reader = Reader(plain);
    let count = reader.u32()?;
    let mut entry = |_| reader.group(polls).and_then(|_| reader.array());
    let mut keys = (0..count).map(&mut entry).collect::<Option<Vec<Key>>>()?;
    for _ in 0..reader.u32()? {
        polls.contains(&reader.array()?).then_some(())?;
        keys.push(reader.array()?);
    }
    reader.end().map(|()| keys)
}

fn round(plain: &[u8], polls: &[[u8; 16]]) -> Option<Vec<Joint>> {
    let mut reader = Reader(plain);
    let count = reader.u32()?;
    let joints = (0..count).map(|_| reader.joint(polls)).collect::<Option<_>>()?;
    reader.end().map(|()| joints)
}

fn carried(plain: &[u8], polls: &[[u8; 16]]) -> Option<Vec<Joint>> {
    let mut reader = Reader(plain);
    reader.u64()?;
    let joint = reader.joint(polls)?;
    reader.end().map(|()| vec![joint])
}

fn totals(plain: &[u8]) -> Option<Vec<u64>> {
    let mut reader = Reader(plain);
    let cells = reader.sums()?;
    reader.end().map(|()| cells)
}

/// Tags look like chance; their order does not. Blocks of fewer than eight are left alone.
fn tags(plain: &[u8]) -> Option<Vec<Tag>> {
    let (tags, rest) = plain.as_chunks();
    let sorted = rest.is_empty() && tags.len() >= 8 && tags.is_sorted();
    sorted.then(|| tags.to_vec())
}
