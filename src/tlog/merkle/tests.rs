use proptest::prelude::*;

use super::*;
use crate::tests::{entries, tree};

/// The leaves and roots that Certificate Transparency's implementations share as test vectors.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hex(hashes: &[Hash]) -> Vec<String> {
    let hex = |hash: &Hash| hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
    hashes.iter().map(hex).collect()
}

fn vectors() -> Tree {
    let mut tree = Tree::default();
    LEAVES.iter().for_each(|leaf| tree.push(leaf_hash(leaf)));
    tree
}

#[test]
fn roots_are_those_of_the_shared_vectors() {
    let tree = vectors();
    for (size, root) in (0..).zip(ROOTS) {
        assert_eq!(hex(&[tree.root(size).unwrap()]), [root]);
    }
    assert!(tree.root(9).is_none());
}

#[test]
fn proofs_are_those_of_the_shared_vectors() {
    let tree = vectors();
    let inclusion = tree.prove_inclusion(5, 8).unwrap();
    assert_eq!(
        hex(&inclusion),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    let consistency = tree.prove_consistency(6, 8).unwrap();
    assert_eq!(
        hex(&consistency),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

/// RFC 6962, 2.1, word for word.
fn definition(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => leaf_hash(leaf),
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            node_hash(&definition(&leaves[..middle]), &definition(&leaves[middle..]))
        }
    }
}

#[test]
fn the_root_of_every_tree_up_to_300_leaves_is_that_of_the_definition() {
    let (tree, entries) = (tree(300), entries(0..300));
    for size in 0..=300 {
        let leaves = &entries[..usize::try_from(size).unwrap()];
        assert_eq!(tree.root(size).unwrap(), definition(leaves));
    }
}

#[test]
fn every_inclusion_proof_up_to_300_leaves_holds_for_its_leaf_index_and_tree_only() {
    let tree = tree(300);
    let roots: Vec<Hash> = (0..=300).map(|size| tree.root(size).unwrap()).collect();
    let root = |size: u64| &roots[usize::try_from(size).unwrap()];
    for size in 1..=300 {
        for index in 0..size {
            let leaf = &tree.level(0)[usize::try_from(index).unwrap()];
            let proof = tree.prove_inclusion(index, size).unwrap();
            assert!(includes(index, size, leaf, &proof, root(size)));
            let (near, far) = (size - 1, (size + 1).min(300));
            for other in [near, far, size / 2].into_iter().filter(|other| *other != size) {
                assert!(!includes(index, other, leaf, &proof, root(other)), "{index} {size}");
            }
            for other in [index + 1, index ^ 1, 0, size - 1, size] {
                assert!(other == index || !includes(other, size, leaf, &proof, root(size)));
            }
            for other in [&proof[..proof.len().saturating_sub(1)], &[&proof[..], &[*leaf]].concat()]
            {
                assert!(
                    other.len() == proof.len() || !includes(index, size, leaf, other, root(size))
                );
            }
        }
        assert!(tree.prove_inclusion(size, size).is_none());
    }
}

#[test]
fn every_consistency_proof_up_to_300_leaves_holds_for_its_two_trees_only() {
    let tree = tree(300);
    let at = |size: u64| tree.root(size).unwrap();
    for new in 0..=300 {
        for old in 0..=new {
            let proof = tree.prove_consistency(old, new).unwrap();
            assert!(extends((old, &at(old)), (new, &at(new)), &proof), "{old} {new}");
            for other in [old + 1, old.saturating_sub(1), new + 1].into_iter().filter(|o| *o <= 300)
            {
                let is_same = other == old || (other == new || other == 0) && proof.is_empty();
                assert!(is_same || !extends((other, &at(other)), (new, &at(new)), &proof));
            }
            let other = if new == 300 { 299 } else { new + 1 };
            let is_same = old == 0 || other == old && proof.is_empty();
            assert!(is_same || !extends((old, &at(old)), (other, &at(other)), &proof));
            let longer = [&proof[..], &[at(1)]].concat();
            assert!(!extends((old, &at(old)), (new, &at(new)), &longer));
            if old > 0 && old < new {
                let shorter = &proof[1..];
                assert!(!extends((old, &at(old)), (new, &at(new)), shorter));
                assert!(!extends((old, &at(new)), (new, &at(new)), &proof));
                assert!(!extends((new, &at(new)), (old, &at(old)), &proof));
            }
        }
    }
    assert!(tree.prove_consistency(3, 2).is_none());
    assert!(tree.prove_consistency(3, 301).is_none());
}

#[test]
fn the_empty_tree_is_known_by_its_root() {
    let tree = tree(2);
    let (empty, other) = (empty_root(), tree.root(2).unwrap());
    assert!(extends((0, &empty), (0, &empty), &[]));
    assert!(!extends((0, &other), (0, &other), &[]));
    assert!(!extends((0, &other), (2, &other), &[]));
    assert!(!extends((0, &empty), (2, &other), &[other]));
    assert!(!includes(0, 0, &other, &[], &empty));
}

#[test]
fn a_proof_that_stops_below_the_root_of_a_larger_tree_does_not_hold() {
    let tree = tree(2);
    let (leaf, root) = (tree.level(0)[0], tree.root(2).unwrap());
    assert!(!includes(0, 2, &leaf, &[], &leaf));
    let proof = tree.prove_consistency(1, 2).unwrap();
    assert!(extends((1, &leaf), (2, &root), &proof));
    assert!(!extends((1, &leaf), (4, &root), &proof));
}

proptest! {
    #[test]
    fn no_proof_holds_with_a_bit_changed(
        size in 2_u64..300, at: prop::sample::Index, bit: prop::sample::Index,
    ) {
        let tree = tree(size);
        let index = at.index(usize::try_from(size - 1).unwrap()) as u64 + 1;
        let (old, root) = (tree.root(index).unwrap(), tree.root(size).unwrap());
        let leaf = tree.level(0)[usize::try_from(index).unwrap() - 1];
        let flip = |hash: &Hash, bit: usize| {
            let mut hash = *hash;
            hash.0[bit / 8] ^= 1 << (bit % 8);
            hash
        };
        let mut proof = tree.prove_inclusion(index - 1, size).unwrap();
        prop_assert!(includes(index - 1, size, &leaf, &proof, &root));
        let flipped = bit.index(256 * proof.len());
        prop_assert!(!includes(index - 1, size, &flip(&leaf, flipped % 256), &proof, &root));
        prop_assert!(!includes(index - 1, size, &leaf, &proof, &flip(&root, flipped % 256)));
        proof[flipped / 256] = flip(&proof[flipped / 256], flipped % 256);
        prop_assert!(!includes(index - 1, size, &leaf, &proof, &root));

        let mut proof = tree.prove_consistency(index, size).unwrap();
        let (new, flipped) = ((size, &root), bit.index(256 * proof.len().max(1)));
        prop_assert!(extends((index, &old), new, &proof));
        prop_assert!(!extends((index, &flip(&old, flipped % 256)), new, &proof));
        prop_assert!(!extends((index, &old), (size, &flip(&root, flipped % 256)), &proof));
        if !proof.is_empty() {
            proof[flipped / 256] = flip(&proof[flipped / 256], flipped % 256);
            prop_assert!(!extends((index, &old), new, &proof));
        }
    }
}
