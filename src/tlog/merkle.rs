//! The Merkle tree of RFC 6962 over SHA-256: hashes, roots, proofs, and checking them.
//!
//! Knows no files and no signatures. All leaves' hashes are kept in memory: 64 bytes an entry, for
//! a log that grows by a few entries a poll.

use aws_lc_rs::digest::{Context, SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What tells a leaf from an inner node, so that neither can be taken for the other.
const LEAF: u8 = 0;
const NODE: u8 = 1;

/// A SHA-256 hash in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// As it stands in checkpoints and proofs.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads [`Self::to_base64`] and nothing else: one hash has one spelling.
    pub fn from_base64(text: &str) -> Option<Self> {
        Some(Self(STANDARD.decode(text).ok()?.try_into().ok()?))
    }
}

/// The hash of an entry.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    hash_of(LEAF, &[entry])
}

/// The hash of an inner node.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash_of(NODE, &[&left.0, &right.0])
}

/// The root of the tree without entries.
pub fn empty_root() -> Hash {
    to_hash(digest(&SHA256, &[]).as_ref())
}

fn hash_of(kind: u8, parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[kind]);
    for part in parts {
        context.update(part);
    }
    to_hash(context.finish().as_ref())
}

fn to_hash(bytes: &[u8]) -> Hash {
    Hash(bytes.try_into().expect("SHA-256 has 32 bytes"))
}

/// A growing tree: the hashes of all its complete subtrees, by level and index.
///
/// Since a complete subtree never changes, it answers for every smaller tree too.
#[derive(Clone, Default)]
pub struct Tree {
    /// `levels[l][i]`: the root over entries `i << l` to `(i + 1) << l`.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.level(0).len() as u64
    }

    /// The roots of all complete subtrees of `1 << level` leaves, from left to right.
    pub fn level(&self, level: usize) -> &[Hash] {
        self.levels.get(level).map_or(&[], Vec::as_slice)
    }

    /// Adds a leaf on the right.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(hash);
            let [.., left, right] = row.as_slice() else { return };
            if row.len() % 2 == 1 {
                return;
            }
            hash = node_hash(left, right);
        }
    }

    /// The root of its first `size` leaves; `None` if it has fewer.
    pub fn root(&self, size: u64) -> Option<Hash> {
        match size {
            0 => Some(empty_root()),
            _ => (size <= self.size()).then(|| self.over(0, size)),
        }
    }

    /// Proof that leaf `index` is in the tree of the first `size`; `None` if it is not.
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut first, mut end, mut proof) = (0, size, Vec::new());
        while end - first > 1 {
            let middle = first + split(end - first);
            if index < middle {
                proof.push(self.over(middle, end));
                end = middle;
            } else {
                proof.push(self.over(first, middle));
                first = middle;
            }
        }
        proof.reverse();
        Some(proof)
    }

    /// Proof that the tree of the first `old` leaves is a prefix of that of the first `new`; empty
    /// for the empty tree and for equal ones. `None` if `old` is past `new`, or `new` past the end.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        if old > new || new > self.size() {
            return None;
        }
        let (mut first, mut end, mut proof) = (0, new, Vec::new());
        while old != 0 && old != end {
            let middle = first + split(end - first);
            if old <= middle {
                proof.push(self.over(middle, end));
                end = middle;
            } else {
                proof.push(self.over(first, middle));
                first = middle;
            }
        }
        // From the left edge, the old root itself is what is left: the verifier has it.
        if first != 0 {
            proof.push(self.over(first, end));
        }
        proof.reverse();
        Some(proof)
    }

    /// The root over leaves `first` to `end`, as the tree is split there: not empty, `first` a
    /// multiple of every subtree taken.
    fn over(&self, first: u64, end: u64) -> Hash {
        let leaves = end - first;
        if leaves.is_power_of_two() {
            let level = leaves.trailing_zeros();
            let index = usize::try_from(first >> level).expect("below the length of a vector");
            return self.levels[level as usize][index];
        }
        let middle = first + split(leaves);
        node_hash(&self.over(first, middle), &self.over(middle, end))
    }
}

/// The largest power of two below `leaves`, of which there are two or more.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// Whether `proof` shows that the leaf is number `index` of the `size` under `root` (RFC 9162,
/// 2.1.3.2). Size and root belong together, as a checkpoint states them: a proof alone may fit
/// another size.
#[must_use]
pub fn includes(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(step, &hash);
            skip_lone(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree `old` (size and root) is a prefix of the tree `new` (RFC
/// 9162, 2.1.4.2). The empty tree is a prefix of all, without a proof.
#[must_use]
pub fn extends(old: (u64, &Hash), new: (u64, &Hash), proof: &[Hash]) -> bool {
    let ((old, old_root), (new, new_root)) = (old, new);
    if old == 0 || old == new {
        let is_known = if old == 0 { *old_root == empty_root() } else { old_root == new_root };
        // Only the empty tree has no leaves.
        return is_known && proof.is_empty() && (new > 0 || *new_root == empty_root());
    }
    if old > new {
        return false;
    }
    // A complete old tree is a node of the new one: its root is where the proof begins.
    let (start, steps) = match proof {
        [] => return false,
        _ if old.is_power_of_two() => (old_root, proof),
        [start, steps @ ..] => (start, steps),
    };
    let (mut node, mut last) = (old - 1, new - 1);
    let complete = node.trailing_ones();
    (node, last) = (node >> complete, last >> complete);
    let (mut old_hash, mut new_hash) = (*start, *start);
    for step in steps {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            skip_lone(&mut node, &mut last);
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// A node at the right edge without a sibling is its own parent: goes up to where it has one.
fn skip_lone(node: &mut u64, last: &mut u64) {
    while node.is_multiple_of(2) && *node != 0 {
        (*node, *last) = (*node >> 1, *last >> 1);
    }
}

#[cfg(test)]
mod tests;
