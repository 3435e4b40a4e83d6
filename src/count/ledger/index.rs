//! The exact in-memory index of a poll's tags: who was counted already.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::tally::Tag;

/// Shards of one poll's index, by tag prefix. Growing one rehashes a thousandth of the tags (0.3 ms
/// at 20 M), where one big table would stop the writer for half a second.
const SHARDS: usize = 1024;
const SHARD_BITS: u32 = SHARDS.ilog2();

/// A tag is a keyed hash already: its last eight bytes are the hash value. The first ten bits
/// choose the shard and must not be used again inside it.
#[derive(Default)]
pub(super) struct TagHasher(u64);

impl Hasher for TagHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let tail = bytes.last_chunk::<8>().expect("only tags are hashed, and they hold 16 bytes");
        self.0 = u64::from_le_bytes(*tail);
    }
}

impl Hash for Tag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.as_bytes());
    }
}

type Shard = HashSet<Tag, BuildHasherDefault<TagHasher>>;

/// The tags of one poll.
pub(super) struct TagIndex {
    shards: Vec<Shard>,
}

impl TagIndex {
    pub(super) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard::default()).collect() }
    }

    /// Makes room for this many tags in all, a little more a shard than the mean, because shards
    /// differ.
    pub(super) fn reserve(&mut self, tags: u64) {
        let mean = usize::try_from(tags).unwrap_or(usize::MAX) / SHARDS;
        for shard in &mut self.shards {
            shard.reserve(mean + mean / 16);
        }
    }

    pub(super) fn contains(&self, tag: Tag) -> bool {
        self.shards[shard_of(tag)].contains(&tag)
    }

    /// Adds a tag; false when it was there.
    pub(super) fn insert(&mut self, tag: Tag) -> bool {
        self.shards[shard_of(tag)].insert(tag)
    }

    /// Takes a tag out, if it is there.
    pub(super) fn remove(&mut self, tag: Tag) {
        self.shards[shard_of(tag)].remove(&tag);
    }

    /// Adds ascending runs of tags on several threads; false when one of the tags was there.
    pub(super) fn insert_sorted(&mut self, runs: &[Vec<Tag>], threads: usize) -> bool {
        let per_thread = SHARDS.div_ceil(threads.max(1));
        std::thread::scope(|scope| {
            let workers: Vec<_> = self
                .shards
                .chunks_mut(per_thread)
                .enumerate()
                .map(|(part, shards)| {
                    scope.spawn(move || insert_part(shards, part * per_thread, runs))
                })
                .collect();
            // Every worker is joined before the answer: `all` alone would stop at the first false.
            let fresh: Vec<bool> = workers
                .into_iter()
                .map(|worker| worker.join().expect("inserting does not panic"))
                .collect();
            fresh.into_iter().all(|fresh| fresh)
        })
    }
}

fn insert_part(shards: &mut [Shard], first: usize, runs: &[Vec<Tag>]) -> bool {
    let mut fresh = true;
    for run in runs {
        let from = run.partition_point(|tag| shard_of(*tag) < first);
        for tag in &run[from..] {
            let Some(shard) = shards.get_mut(shard_of(*tag) - first) else { break };
            fresh &= shard.insert(*tag);
        }
    }
    fresh
}

fn shard_of(tag: Tag) -> usize {
    let [a, b, ..] = *tag.as_bytes();
    usize::from(u16::from_be_bytes([a, b]) >> (u16::BITS - SHARD_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tag(n: u64) -> Tag {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&blake3::hash(&n.to_le_bytes()).as_bytes()[..16]);
        Tag::from_bytes(bytes)
    }

    proptest! {
        #[test]
        fn sorted_loading_equals_inserting_one_by_one(
            numbers in prop::collection::hash_set(any::<u64>(), 0..500),
            threads in 1_usize..5,
            runs in 1_usize..4,
        ) {
            let mut split: Vec<Vec<Tag>> = vec![Vec::new(); runs];
            for (position, number) in numbers.iter().enumerate() {
                split[position % runs].push(tag(*number));
            }
            split.iter_mut().for_each(|run| run.sort_unstable());
            let mut index = TagIndex::new();
            prop_assert!(index.insert_sorted(&split, threads));
            for number in &numbers {
                prop_assert!(index.contains(tag(*number)));
                prop_assert!(!index.insert(tag(*number)));
            }
            if let Some(number) = numbers.iter().next() {
                index.remove(tag(*number));
                prop_assert!(!index.contains(tag(*number)));
                prop_assert!(index.insert(tag(*number)), "a tag taken out is new again");
            }
            if !numbers.is_empty() {
                prop_assert!(!index.insert_sorted(&split, threads), "a second load finds them all");
            }
        }
    }
}
