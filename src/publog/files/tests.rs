use std::path::PathBuf;

use super::super::tests::{ORIGIN, entries, entry, key, log, open, tree, verifier};
use super::*;
use holos_tlog::offline::{self, files_below, verify_folder};

fn reopen(folder: &Path, known: Option<(u64, Hash)>) -> Result<PublicLog, PublicLogError> {
    PublicLog::open(folder, ORIGIN, key(), known)
}

fn refused(folder: &Path, known: Option<(u64, Hash)>) -> PublicLogError {
    reopen(folder, known).err().unwrap()
}

fn known(size: u64) -> Option<(u64, Hash)> {
    Some((size, tree(size).root(size).unwrap()))
}

fn copy(from: &Path, to: &Path) {
    for path in files_below(from).unwrap() {
        fs::create_dir_all(to.join(&path).parent().unwrap()).unwrap();
        fs::copy(from.join(&path), to.join(&path)).unwrap();
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut files = files_below(folder).unwrap();
    files.sort_unstable();
    files
}

#[test]
fn a_new_log_is_empty_and_signed() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(&folder.path().join("deep/er"));
    assert_eq!(log.size(), 0);
    assert_eq!(log.vkey(), verifier().to_string());
    let checkpoint = Checkpoint::open(log.checkpoint().as_bytes(), &verifier()).unwrap();
    assert_eq!(checkpoint.size, 0);
    assert!(matches!(log.prove(0), Err(PublicLogError::NotThere)));
    assert!(matches!(log.entry(0), Err(PublicLogError::NotThere)));
}

#[test]
fn what_was_published_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut size = 0;
    for step in [1, 2, 250, 3, 1, 256, 0, 600] {
        let log = reopen(folder.path(), known(size)).unwrap();
        assert_eq!(log.size(), size);
        let appended = log.append(&entries(size..size + step)).unwrap();
        assert_eq!((appended.first_index, appended.size), (size, size + step));
        assert_eq!(Some((appended.size, appended.root)), known(size + step));
        let checkpoint = log.publish().unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), (appended.size, appended.root));
        size += step;
        assert_eq!(verify_folder(folder.path(), &verifier()).unwrap().entries, entries(0..size));
    }
    let log = open(folder.path());
    for index in [0, 255, 256, 1_112] {
        assert_eq!(log.entry(index).unwrap(), entry(index));
        assert_eq!(log.find(&entry(index)), Some(index));
        let proof = log.prove(index).unwrap();
        offline::verify_proof(proof.as_bytes(), &entry(index), &verifier()).unwrap();
    }
    assert_eq!(log.find(b"other"), None);
}

#[test]
fn appended_entries_are_not_public_until_published() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 250);
    let before = log.checkpoint();
    log.append(&entries(250..300)).unwrap();
    assert_eq!((log.size(), log.checkpoint()), (250, before));
    assert_eq!(log.find(&entry(299)), Some(299));
    assert!(matches!(log.entry(299), Err(PublicLogError::NotThere)));
    assert!(matches!(log.prove(299), Err(PublicLogError::NotThere)));
    assert!(matches!(log.prove_consistency(251), Err(PublicLogError::NotThere)));
    let new = ["tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/1/000.p/1"];
    for path in new {
        assert!(folder.path().join(path).exists() && log.file(path).is_none(), "{path}");
    }
    log.publish().unwrap();
    for path in new {
        let file = log.file(path).unwrap();
        assert!(file.immutable);
        assert_eq!(file.bytes, fs::read(folder.path().join(path)).unwrap());
    }
    let checkpoint = log.file("checkpoint").unwrap();
    assert_eq!((checkpoint.bytes, checkpoint.immutable), (log.checkpoint().into_bytes(), false));
    assert_eq!(log.entry(299).unwrap(), entry(299));
}

#[test]
fn two_appends_are_published_together() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 3);
    log.append(&entries(3..5)).unwrap();
    let appended = log.append(&entries(5..9)).unwrap();
    assert_eq!(Some((appended.size, appended.root)), known(9));
    assert_eq!(log.append(&[]).unwrap().size, 9);
    assert_eq!(log.publish().unwrap().size, 9);
    drop(log);
    assert_eq!(reopen(folder.path(), known(9)).unwrap().size(), 9);
}

/// Every state that a crash within an append leaves: its files come one after the other, each whole,
/// beside the unfinished next one.
fn crashes_within_append(before: u64, after: u64) -> impl Iterator<Item = (usize, PathBuf, bool)> {
    let start = tempfile::tempdir().unwrap();
    log(start.path(), before);
    let edge = entries(before / TILE_WIDTH * TILE_WIDTH..before);
    let written = writes(&tree(after), before, &edge, &entries(before..after));
    (0..=written.len()).map(move |done| {
        let folder = tempfile::tempdir().unwrap().keep();
        copy(start.path(), &folder);
        for (tile, bytes) in &written[..done] {
            write(&folder, tile, bytes).unwrap();
        }
        if let Some((tile, bytes)) = written.get(done) {
            write(&folder, tile, bytes).unwrap();
            let path = folder.join(tile.path());
            fs::write(files::unfinished(&path), &bytes[..bytes.len() / 2]).unwrap();
            fs::remove_file(path).unwrap();
        }
        (done, folder, done == written.len())
    })
}

#[test]
fn a_crash_within_an_append_leaves_the_log_as_it_was() {
    for (before, after) in [(0, 3), (3, 7), (250, 256), (250, 300), (256, 257), (300, 520)] {
        for (done, folder, _) in crashes_within_append(before, after) {
            let log = reopen(&folder, known(before)).unwrap();
            assert_eq!((log.size(), log.find(&entry(before))), (before, None), "{done}");
            drop(log);
            let clean = tempfile::tempdir().unwrap();
            super::super::tests::log(clean.path(), before);
            assert_eq!(files(&folder), files(clean.path()), "{before} {after} {done}");
            // Other entries may come in their place.
            let log = reopen(&folder, None).unwrap();
            let other: Vec<Vec<u8>> =
                (0..after - before).map(|i| format!("other {i}").into_bytes()).collect();
            log.append(&other).unwrap();
            log.publish().unwrap();
            drop(log);
            assert_eq!(reopen(&folder, known(before)).unwrap().size(), after);
            fs::remove_dir_all(folder).unwrap();
        }
    }
}

#[test]
fn what_the_audit_log_states_is_adopted_and_published_or_the_log_is_refused() {
    for (before, after) in [(0, 3), (3, 7), (250, 256), (250, 300), (300, 520)] {
        for (_, folder, whole) in crashes_within_append(before, after) {
            if whole {
                let log = reopen(&folder, known(after)).unwrap();
                assert_eq!(log.size(), after);
                assert_eq!(log.entry(after - 1).unwrap(), entry(after - 1));
                assert_eq!(verify_folder(&folder, &verifier()).unwrap().size, after);
            } else {
                // An audit entry before all was written: nobody does that.
                reopen(&folder, known(after)).err().unwrap();
            }
            fs::remove_dir_all(folder).unwrap();
        }
    }
}

#[test]
fn what_lies_past_the_audit_entry_is_dropped_when_it_is_adopted() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 250);
    log.append(&entries(250..253)).unwrap();
    log.append(&entries(253..300)).unwrap();
    drop(log);
    let log = reopen(folder.path(), known(253)).unwrap();
    assert_eq!((log.size(), log.find(&entry(253))), (253, None));
    assert!(!folder.path().join("tile/entries/000").exists());
}

#[test]
fn a_crash_after_the_checkpoint_leaves_narrower_tiles_that_the_next_open_removes() {
    let (folder, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(folder.path(), 250);
    log.append(&entries(250..300)).unwrap();
    copy(folder.path(), left.path());
    log.publish().unwrap();
    fs::copy(folder.path().join(CHECKPOINT), left.path().join(CHECKPOINT)).unwrap();
    assert!(left.path().join("tile/0/000.p/250").exists());
    assert_eq!(reopen(left.path(), known(300)).unwrap().size(), 300);
    assert_eq!(files(left.path()), files(folder.path()));
}

#[test]
fn an_older_log_put_back_is_refused() {
    let (folder, older) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(folder.path(), 20);
    copy(folder.path(), older.path());
    log.append(&entries(20..30)).unwrap();
    log.publish().unwrap();
    assert!(matches!(refused(older.path(), known(30)), PublicLogError::RolledBack));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(refused(empty.path(), known(30)), PublicLogError::RolledBack));
    let other = Some((20, tree(19).root(19).unwrap()));
    assert!(matches!(refused(folder.path(), other), PublicLogError::RolledBack));
    assert_eq!(reopen(folder.path(), known(20)).unwrap().size(), 30);
}

#[test]
fn a_log_without_its_checkpoint_is_refused_and_nothing_of_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path(), 20);
    fs::remove_file(folder.path().join(CHECKPOINT)).unwrap();
    let before = files(folder.path());
    for known in [None, known(20)] {
        assert!(matches!(refused(folder.path(), known), PublicLogError::Broken(_)));
    }
    fs::write(folder.path().join(CHECKPOINT), "").unwrap();
    assert!(matches!(refused(folder.path(), None), PublicLogError::Broken(_)));
    fs::remove_file(folder.path().join(CHECKPOINT)).unwrap();
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_damaged_file_refuses_the_log() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path(), 300);
    for path in files(folder.path()) {
        let path = folder.path().join(path);
        let whole = fs::read(&path).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 4;
            fs::write(&path, changed).unwrap();
            assert!(matches!(refused(folder.path(), None), PublicLogError::Broken(_)), "{path:?}");
        }
        fs::write(&path, whole).unwrap();
    }
    open(folder.path());
}

#[test]
fn a_bundle_damaged_while_the_log_is_open_is_not_built_upon() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 3);
    fs::write(folder.path().join("tile/entries/000.p/3"), "\0\0\0\0\0\0").unwrap();
    assert!(matches!(log.entry(1), Err(PublicLogError::Broken(_))));
    assert!(matches!(log.append(&entries(3..4)), Err(PublicLogError::Broken(_))));
    assert_eq!(log.find(&entry(3)), None);
}

#[test]
fn after_a_failed_write_nothing_more_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 3);
    // A folder where the bundle goes.
    fs::create_dir(folder.path().join("tile/entries/000.p/5")).unwrap();
    assert!(matches!(log.append(&entries(3..5)), Err(PublicLogError::File(_))));
    assert!(matches!(log.append(&entries(3..4)), Err(PublicLogError::Stopped)));
    assert!(matches!(log.publish(), Err(PublicLogError::Stopped)));
    assert_eq!(log.entry(2).unwrap(), entry(2), "what is public is still served");
    drop(log);
    assert_eq!(reopen(folder.path(), known(3)).unwrap().size(), 3);
}

#[test]
fn another_key_or_origin_does_not_open_the_log() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path(), 3);
    let other = SigningKey::from_bytes(&[8; 32]);
    let refused = PublicLog::open(folder.path(), ORIGIN, other, None).err().unwrap();
    assert!(matches!(refused, PublicLogError::Broken(_)));
    let refused = PublicLog::open(folder.path(), "other.example", key(), None).err().unwrap();
    assert!(matches!(refused, PublicLogError::Broken(_)));
}

#[test]
fn an_origin_is_a_key_name_of_200_characters_at_most() {
    let folder = tempfile::tempdir().unwrap();
    for origin in ["", "a b", "a+b", "a\nb", "a\u{1}b", "a\u{2003}b", &"й".repeat(201)] {
        let refused = PublicLog::open(folder.path(), origin, key(), None).err().unwrap();
        assert!(matches!(refused, PublicLogError::Origin));
    }
    assert!(files(folder.path()).is_empty());
    PublicLog::open(folder.path(), &"й".repeat(200), key(), None).unwrap();
}

#[test]
fn entries_have_65_535_bytes_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let refused = log.append(&[Vec::new(), vec![0; ENTRY_BYTES_MAX + 1]]);
    assert!(matches!(refused, Err(PublicLogError::TooLong)));
    log.append(&[Vec::new(), vec![0; ENTRY_BYTES_MAX]]).unwrap();
    log.publish().unwrap();
    assert_eq!(log.entry(1).unwrap().len(), ENTRY_BYTES_MAX);
    assert_eq!(log.entry(0).unwrap().len(), 0);
}

#[test]
fn of_equal_entries_the_first_is_found_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    log.append(&[entry(0), entry(1), entry(1)]).unwrap();
    log.publish().unwrap();
    assert_eq!(log.find(&entry(1)), Some(1));
    drop(log);
    assert_eq!(open(folder.path()).find(&entry(1)), Some(1));
}

#[test]
fn no_path_leads_out_of_the_folder_or_to_what_is_no_file_of_the_log() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("log");
    let log = log(&folder, 300);
    fs::write(above.path().join("secret"), "secret").unwrap();
    fs::write(folder.join("secret"), "secret").unwrap();
    fs::write(folder.join("tile/0/secret"), "secret").unwrap();
    for path in [
        "",
        ".",
        "/",
        "secret",
        "../secret",
        "tile",
        "tile/0",
        "tile/0/secret",
        "tile/0/../../secret",
        "tile/../checkpoint",
        "/checkpoint",
        "checkpoint/",
        "checkpoint.tmp",
        "tile/0/000.p/1",
        "tile/0/002",
        "tile/0/001.p/45",
        "tile/0/001",
    ] {
        assert_eq!(log.file(path), None, "{path}");
    }
    let above = above.path().join("secret").display().to_string();
    assert_eq!(log.file(&above), None);
}

#[test]
fn the_golden_log_has_not_changed() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/log");
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 270);
    let older = log.checkpoint();
    log.append(&entries(270..300)).unwrap();
    log.publish().unwrap();
    let consistency = log.prove_consistency(270).unwrap();
    let consistency: String = consistency.iter().map(|hash| hash.to_base64() + "\n").collect();
    for (name, text) in [
        ("vkey", log.vkey() + "\n"),
        ("checkpoint-270", older),
        ("consistency-270", consistency),
        ("entry-123.tlog-proof", log.prove(123).unwrap()),
        ("entry-299.tlog-proof", log.prove(299).unwrap()),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    if std::env::var_os("HOLOS_WRITE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(&golden);
        copy(folder.path(), &golden);
    }
    assert_eq!(files(&golden), files(folder.path()));
    for path in files(&golden) {
        let (kept, made) = (fs::read(golden.join(&path)), fs::read(folder.path().join(&path)));
        assert!(kept.unwrap() == made.unwrap(), "{path} changed");
    }
    assert_eq!(verify_folder(&golden, &verifier()).unwrap().size, 300);
}

#[test]
fn a_log_is_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<PublicLog>();
}
