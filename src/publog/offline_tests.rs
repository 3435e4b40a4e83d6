//! Offline checks of a log that was really written.

use crate::publog::tests::{ORIGIN, entries, entry, key, log, open, verifier};
use holos_tlog::merkle::empty_root;
use holos_tlog::offline::*;
use holos_tlog::{Checkpoint, Hash, VerifierKey};
use std::fs;
use std::path::Path;

fn differs(error: &OfflineError) -> bool {
    matches!(error, OfflineError::Differs { .. })
}

/// Two checkpoints of a log whose copy has 300 entries.
fn two_checkpoints(folder: &Path, old: u64) -> (String, String, Vec<Hash>) {
    let log = log(folder, old);
    let older = log.checkpoint();
    log.append(&entries(old..300)).unwrap();
    log.publish().unwrap();
    (older, log.checkpoint(), log.prove_consistency(old).unwrap())
}

#[test]
fn a_copy_of_a_log_holds_and_gives_its_entries() {
    for size in [0, 1, 255, 256, 257, 600] {
        let folder = tempfile::tempdir().unwrap();
        let root = log(folder.path(), size).publish().unwrap().root;
        let verified = verify_folder(folder.path(), &verifier()).unwrap();
        assert_eq!((verified.size, verified.root), (size, root));
        assert_eq!(verified.entries, entries(0..size));
    }
}

#[test]
fn a_changed_bit_in_any_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    two_checkpoints(folder.path(), 270);
    let files = files_below(folder.path()).unwrap();
    // The checkpoint; each tile and bundle; those of the right edge at 270 too.
    assert_eq!(files.len(), 1 + 5 + 2, "{files:?}");
    for path in files {
        let path = folder.path().join(path);
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(13) {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(&path, &changed).unwrap();
            assert!(verify_folder(folder.path(), &verifier()).is_err(), "{path:?} {at}");
        }
        for torn in [&whole[..whole.len() - 1], &[], &[&whole[..], b"\0"].concat()] {
            fs::write(&path, torn).unwrap();
            assert!(verify_folder(folder.path(), &verifier()).is_err(), "{path:?}");
        }
        fs::write(&path, &whole).unwrap();
    }
    verify_folder(folder.path(), &verifier()).unwrap();
}

#[test]
fn a_missing_file_is_named() {
    for missing in [CHECKPOINT, "tile/entries/000", "tile/0/001.p/44", "tile/1/000.p/1"] {
        let folder = tempfile::tempdir().unwrap();
        log(folder.path(), 300);
        fs::remove_file(folder.path().join(missing)).unwrap();
        let error = verify_folder(folder.path(), &verifier()).unwrap_err();
        assert_eq!(error.to_string(), format!("{missing} is missing"));
    }
}

#[test]
fn a_copy_made_while_the_log_grew_holds_with_the_full_tile_in_place_of_the_narrower() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 200);
    let older = log.checkpoint();
    log.append(&entries(200..256)).unwrap();
    log.publish().unwrap();
    assert!(!folder.path().join("tile/0/000.p").exists());
    fs::write(folder.path().join(CHECKPOINT), older).unwrap();
    let verified = verify_folder(folder.path(), &verifier()).unwrap();
    assert_eq!(verified.entries, entries(0..200));
}

#[test]
fn files_of_others_beside_the_log_do_not_matter_and_tiles_of_another_log_do() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    log(folder.path(), 10);
    let foreign = open(other.path());
    foreign.append(&entries(1..11)).unwrap();
    foreign.publish().unwrap();
    fs::write(folder.path().join("tile/0/index.html"), "a page").unwrap();
    fs::write(folder.path().join("tile/0/000.p/200"), "past the checkpoint").unwrap();
    verify_folder(folder.path(), &verifier()).unwrap();
    let tile = "tile/0/000.p/10";
    fs::copy(other.path().join(tile), folder.path().join(tile)).unwrap();
    assert!(differs(&verify_folder(folder.path(), &verifier()).unwrap_err()));
    let bundle = "tile/entries/000.p/10";
    fs::copy(other.path().join(bundle), folder.path().join(bundle)).unwrap();
    let error = verify_folder(folder.path(), &verifier()).unwrap_err();
    assert!(matches!(error, OfflineError::Root));
}

#[test]
fn a_proof_holds_for_its_entry_only() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 300);
    let root = log.publish().unwrap().root;
    for index in [0, 1, 255, 256, 299] {
        let text = log.prove(index).unwrap();
        let checked = verify_proof(text.as_bytes(), &entry(index), &verifier()).unwrap();
        assert_eq!(checked, ProofChecked { index, size: 300, root });
        let other = verify_proof(text.as_bytes(), &entry(index + 1), &verifier()).unwrap_err();
        assert!(matches!(other, OfflineError::Inclusion));
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1 << (at % 8);
            assert!(verify_proof(&changed, &entry(index), &verifier()).is_err(), "byte {at}");
        }
    }
}

#[test]
fn two_checkpoints_of_one_log_are_consistent_by_proof_and_by_copy() {
    for old in [0, 1, 255, 256, 270, 300] {
        let folder = tempfile::tempdir().unwrap();
        let (older, newer, proof) = two_checkpoints(folder.path(), old);
        let (older, newer, key) = (older.as_bytes(), newer.as_bytes(), &verifier());
        verify_consistency(older, newer, &proof, key).unwrap();
        verify_consistency_in(older, newer, folder.path(), key).unwrap();
        if old == 300 {
            continue;
        }
        let order = verify_consistency(newer, older, &proof, key).unwrap_err();
        assert!(matches!(order, OfflineError::Order));
        let order = verify_consistency_in(newer, older, folder.path(), key).unwrap_err();
        assert!(matches!(order, OfflineError::Order));
    }
}

#[test]
fn a_log_that_changed_an_entry_is_found_between_two_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let (older, newer, proof) = two_checkpoints(folder.path(), 270);
    let changed = Checkpoint { origin: ORIGIN.to_owned(), size: 270, root: empty_root() };
    let (changed, key) = (changed.sign(&key()), &verifier());
    let (old, new) = (changed.as_bytes(), newer.as_bytes());
    let error = verify_consistency(old, new, &proof, key).unwrap_err();
    assert!(matches!(error, OfflineError::Consistency));
    let error = verify_consistency_in(old, new, folder.path(), key).unwrap_err();
    assert!(matches!(error, OfflineError::Consistency));
    // The copy is not of the tree that the newer one states.
    fs::remove_dir_all(folder.path()).unwrap();
    let log = open(folder.path());
    log.append(&entries(1..301)).unwrap();
    log.publish().unwrap();
    let error = verify_consistency_in(older.as_bytes(), new, folder.path(), key).unwrap_err();
    assert!(matches!(error, OfflineError::Root));
}

#[test]
fn nothing_holds_under_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 3);
    let other = ed25519_dalek::SigningKey::from_bytes(&[8; 32]);
    let other = VerifierKey::new(ORIGIN, other.verifying_key()).unwrap();
    let note = log.checkpoint();
    let proof = log.prove(0).unwrap();
    let note = note.as_bytes();
    for error in [
        verify_folder(folder.path(), &other).unwrap_err(),
        verify_proof(proof.as_bytes(), &entry(0), &other).unwrap_err(),
        verify_consistency(note, note, &[], &other).unwrap_err(),
        verify_consistency_in(note, note, folder.path(), &other).unwrap_err(),
    ] {
        assert!(matches!(error, OfflineError::Checkpoint(_)));
    }
}
