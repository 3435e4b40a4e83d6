use super::*;
use crate::ground::faults::{Fault, Faults};
use crate::keys::provider::{EnvironmentProvider, FileProvider};
use crate::keys::{AuditHead, KeyEncryption, Secret, SlotsError};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const REKEY: [Point; 4] =
    [Point::RekeyCreate, Point::RekeySwitch, Point::RekeyDestroy, Point::RekeyRemove];
const HEAD: AuditHead = AuditHead { sequence: 7, hash: [3; 32] };

fn poll(byte: u8) -> PollId {
    PollId::from_bytes([byte; 16])
}

fn epoch_key(epoch: u64) -> Secret<32> {
    Secret::new([u8::try_from(epoch).unwrap(); 32])
}

/// A key store with three polls, two epochs' keys and a head, and a file provider.
struct Life {
    home: tempfile::TempDir,
    faults: Faults,
    signing: [u8; 32],
    tags: Vec<(PollId, [u8; 32])>,
}

impl Life {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut life = Self { home, faults: Faults::none(), signing: [0; 32], tags: Vec::new() };
        let keys = life.open();
        for poll in [poll(1), poll(2), poll(3)] {
            life.tags.push((poll, *keys.create_poll_keys(poll).unwrap().tag.expose()));
        }
        keys.replace_audit_head(&HEAD).unwrap();
        let (path, root) = (keys.slots_path(), keys.wrapping());
        let mut slots = Slots::create(&path, root, 1, &epoch_key(1), life.faults.clone()).unwrap();
        slots.write(2, &epoch_key(2)).unwrap();
        life.signing = keys.signing_key().to_bytes();
        life
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("keys")
    }

    fn key_file(&self) -> PathBuf {
        self.home.path().join("wrapping.key")
    }

    fn provider(&self) -> FileProvider {
        FileProvider::new(&self.key_file())
    }

    fn try_open(&self) -> Result<KeyStore, KeyError> {
        KeyStore::open(&self.folder(), Arc::new(self.provider()), self.faults.clone())
    }

    fn open(&self) -> KeyStore {
        self.try_open().unwrap()
    }

    fn slots(&self, keys: &KeyStore) -> Slots {
        Slots::open(&keys.slots_path(), keys.wrapping(), self.faults.clone()).unwrap().0
    }

    /// A start, and a rekey that erases the second poll.
    fn erase(&self) -> Result<Rekeyed, KeyError> {
        let keys = self.try_open()?;
        let mut slots = self.slots(&keys);
        keys.rekey(&mut slots, &[poll(2)])
    }

    fn assert_holds(&self, keys: &KeyStore, polls: &[PollId]) {
        assert_eq!(keys.list().unwrap(), polls);
        for (poll, tag) in &self.tags {
            let there = polls.contains(poll);
            assert_eq!(keys.has_poll_keys(*poll).unwrap(), there);
            if there {
                assert_eq!(keys.poll_keys(*poll).unwrap().tag.expose(), tag);
            } else {
                assert!(matches!(keys.poll_keys(*poll), Err(KeyError::Missing { .. })));
            }
        }
        assert_eq!(keys.audit_head().unwrap(), Some(HEAD));
        assert_eq!(keys.signing_key().to_bytes(), self.signing);
        let opened = Slots::open(&keys.slots_path(), keys.wrapping(), Faults::none()).unwrap();
        let epochs: Vec<_> = opened.1.iter().map(|(epoch, key)| (*epoch, *key.expose())).collect();
        assert_eq!(epochs, [1, 2].map(|epoch| (epoch, *epoch_key(epoch).expose())));
    }

    /// One generation and the key that wraps it, nothing else.
    fn assert_tidy(&self, keys: &KeyStore) {
        let names: Vec<_> =
            fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert_eq!(self.provider().keys().unwrap(), [keys.kek()]);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn survivors_are_read_and_written_on_and_the_erased_are_gone() {
    let life = Life::new();
    let keys = life.open();
    let mut slots = life.slots(&keys);
    let before = keys.kek();
    let rekeyed = keys.rekey(&mut slots, &[poll(2)]).unwrap();
    let now = keys.kek();
    assert_eq!(rekeyed, Rekeyed { generation: 2, old: before, new: now, old_destroyed: true });
    assert_ne!(rekeyed.old, rekeyed.new);
    let left = [poll(1), poll(3)];
    life.assert_holds(&keys, &left);
    life.assert_tidy(&keys);
    // The slots and the store that the caller holds are those of the new generation.
    slots.erase(1).unwrap();
    slots.write(3, &epoch_key(3)).unwrap();
    keys.create_poll_keys(poll(4)).unwrap();
    drop((keys, slots));
    let keys = life.open();
    assert_eq!(keys.list().unwrap(), [poll(1), poll(3), poll(4)]);
    let (mut slots, epochs) =
        Slots::open(&keys.slots_path(), keys.wrapping(), Faults::none()).unwrap();
    assert_eq!(epochs.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(keys.rekey(&mut slots, &[]).unwrap().generation, 3);
    assert_eq!(keys.list().unwrap(), [poll(1), poll(3), poll(4)], "a rotation erases nothing");
    life.assert_tidy(&keys);
}

#[test]
fn a_copy_of_the_old_generation_opens_with_the_old_key_only() {
    let life = Life::new();
    let (aside, old_key) = (life.home.path().join("aside"), life.home.path().join("old.key"));
    copy(&life.folder(), &aside);
    fs::copy(life.key_file(), &old_key).unwrap();
    life.erase().unwrap();

    let refused = KeyStore::inspect(&aside, &life.provider()).err().unwrap();
    assert!(matches!(refused, KeyError::Kek(KekError::Unknown { .. })));
    let opened = KeyStore::open(&aside, Arc::new(life.provider()), Faults::none());
    assert!(matches!(opened, Err(KeyError::Kek(KekError::Unknown { .. }))));
    let control = KeyStore::inspect(&aside, &FileProvider::new(&old_key)).unwrap();
    assert_eq!(control.poll_keys(poll(2)).unwrap().tag.expose(), &life.tags[1].1);

    // And no file of the old generation opens under the new root key.
    let keys = life.open();
    let slots = Slots::open(&aside.join("1/slots"), keys.wrapping(), Faults::none());
    assert!(matches!(slots, Err(SlotsError::WrappingKey)));
    let name = format!("polls/{}.key", poll(2));
    fs::copy(aside.join("1").join(&name), life.folder().join("2").join(&name)).unwrap();
    assert!(matches!(keys.poll_keys(poll(2)), Err(KeyError::Damaged { .. })));
}

#[test]
fn nothing_that_was_sealed_is_sealed_to_the_same_bytes() {
    let life = Life::new();
    let aside = life.home.path().join("aside");
    copy(&life.folder().join("1"), &aside);
    life.erase().unwrap();
    let now = life.folder().join("2");
    for name in ["root.key", "slots", "signing.key", &format!("polls/{}.key", poll(1))] {
        let (old, new) = (fs::read(aside.join(name)).unwrap(), fs::read(now.join(name)).unwrap());
        let windows: std::collections::HashSet<&[u8; 32]> = old.array_windows().collect();
        assert!(!new.array_windows().any(|window| windows.contains(window)), "{name}");
    }
}

#[test]
fn a_crash_at_any_step_ends_in_one_generation_with_all_survivors() {
    for point in REKEY {
        for fault in [Fault::Lost, Fault::Persisted] {
            let life = Life::new();
            life.faults.arm(point, fault, 0);
            assert!(matches!(life.erase(), Err(KeyError::Injected(_))), "{point:?} {fault:?}");
            let keys = life.open();
            life.assert_tidy(&keys);
            let before =
                point == Point::RekeyCreate || (point, fault) == (Point::RekeySwitch, Fault::Lost);
            let left = [poll(1), poll(2), poll(3)];
            let left: Vec<_> = left.into_iter().filter(|left| before || *left != poll(2)).collect();
            life.assert_holds(&keys, &left);
            drop(keys);
            // The caller repeats an erasure that it has not recorded.
            life.erase().unwrap();
            let keys = life.open();
            life.assert_holds(&keys, &[poll(1), poll(3)]);
            life.assert_tidy(&keys);
        }
    }
}

#[test]
fn the_recovery_itself_may_crash() {
    for (i, first) in REKEY.into_iter().enumerate() {
        for (j, second) in REKEY.into_iter().enumerate() {
            // Each point meets all four pairs of lost and persisted.
            let both = (i + j) % 4;
            let faults = [both & 1, both >> 1].map(|at| [Fault::Lost, Fault::Persisted][at]);
            let life = Life::new();
            life.faults.arm(first, faults[0], 0);
            life.erase().unwrap_err();
            life.faults.arm(second, faults[1], 0);
            // Not every recovery passes through every point.
            let _struck = life.erase();
            // A point that the key store does not know: whatever was armed is not any more.
            life.faults.arm(Point::Commit, Fault::Lost, 0);
            life.assert_tidy(&life.open());
            life.erase().unwrap();
            let keys = life.open();
            life.assert_holds(&keys, &[poll(1), poll(3)]);
            life.assert_tidy(&keys);
        }
    }
}

#[test]
fn a_rekey_that_failed_before_the_switch_may_be_repeated_and_after_it_stops_the_store() {
    for fault in [Fault::Lost, Fault::Persisted] {
        let life = Life::new();
        let keys = life.open();
        let mut slots = life.slots(&keys);
        life.faults.arm(Point::RekeyCreate, fault, 0);
        keys.rekey(&mut slots, &[poll(2)]).unwrap_err();
        assert!(!keys.is_stopped());
        keys.create_poll_keys(poll(4)).unwrap();
        keys.rekey(&mut slots, &[poll(2)]).unwrap();
        life.assert_tidy(&keys);

        life.faults.arm(Point::RekeySwitch, fault, 0);
        keys.rekey(&mut slots, &[poll(1)]).unwrap_err();
        assert!(matches!(keys.create_poll_keys(poll(5)), Err(KeyError::Stopped)));
        assert!(matches!(keys.replace_audit_head(&HEAD), Err(KeyError::Stopped)));
        assert!(matches!(keys.rekey(&mut slots, &[]), Err(KeyError::Stopped)));
        assert!(keys.is_stopped());
        assert!(keys.poll_keys(poll(3)).is_ok(), "reading does no harm");
    }
}

#[test]
fn damaged_keys_of_a_survivor_stop_a_rekey_before_anything_is_lost_and_of_the_erased_do_not() {
    let life = Life::new();
    let path = life.folder().join(format!("1/polls/{}.key", poll(2)));
    let good = fs::read(&path).unwrap();
    fs::write(&path, b"rot").unwrap();
    let keys = life.open();
    let mut slots = life.slots(&keys);
    let refused = keys.rekey(&mut slots, &[poll(1)]).unwrap_err();
    assert!(matches!(refused, KeyError::Damaged { .. }));
    fs::write(&path, good).unwrap();
    let reopened = life.open();
    life.assert_tidy(&reopened);
    life.assert_holds(&reopened, &[poll(1), poll(2), poll(3)]);
    fs::write(&path, b"rot").unwrap();
    life.erase().unwrap();
    life.assert_holds(&life.open(), &[poll(1), poll(3)]);
}

#[test]
fn of_two_whole_generations_the_higher_one_rules_and_an_unfinished_one_is_removed() {
    let life = Life::new();
    life.faults.arm(Point::RekeyDestroy, Fault::Lost, 0);
    life.erase().unwrap_err();
    assert!(life.folder().join("1").is_dir() && life.folder().join("2").is_dir());
    assert_eq!(life.provider().keys().unwrap().len(), 2);
    copy(&life.folder().join("1"), &life.folder().join("3.tmp"));
    let auditor = KeyStore::inspect(&life.folder(), &life.provider()).unwrap();
    life.assert_holds(&auditor, &[poll(1), poll(3)]);
    assert_eq!(fs::read_dir(life.folder()).unwrap().count(), 3, "the auditor changes nothing");
    assert_eq!(life.provider().keys().unwrap().len(), 2);
    let keys = life.open();
    life.assert_holds(&keys, &[poll(1), poll(3)]);
    life.assert_tidy(&keys);
}

#[test]
fn a_higher_generation_that_does_not_open_is_not_passed_over() {
    let life = Life::new();
    life.faults.arm(Point::RekeyDestroy, Fault::Lost, 0);
    life.erase().unwrap_err();
    let path = life.folder().join("2/root.key");
    let good = fs::read(&path).unwrap();
    fs::write(&path, b"rot").unwrap();
    let refused = life.try_open().err().unwrap();
    assert!(matches!(refused, KeyError::Damaged { item: Item::RootKey }));
    assert_eq!(life.provider().keys().unwrap().len(), 2, "nothing was destroyed");
    fs::write(&path, good).unwrap();
    life.assert_holds(&life.open(), &[poll(1), poll(3)]);
}

#[test]
fn an_unreadable_block_of_the_slots_is_taken_over_as_it_is() {
    let life = Life::new();
    let path = life.open().slots_path();
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, &bytes).unwrap();
    life.erase().unwrap();
    let keys = life.open();
    let now = fs::read(keys.slots_path()).unwrap();
    assert_eq!(now[..4096], bytes[..4096]);
    assert_ne!(now[4096..], bytes[4096..]);
    let (_, epochs) = Slots::open(&keys.slots_path(), keys.wrapping(), Faults::none()).unwrap();
    assert_eq!(epochs.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [1]);
}

/// A file provider that refuses to destroy keys, as a token may.
struct Stubborn {
    file: FileProvider,
    refuses: AtomicBool,
}

impl KeyEncryption for Stubborn {
    fn keys(&self) -> Result<Vec<KekId>, KekError> {
        self.file.keys()
    }

    fn wrap(&self, key: &KekId, secret: &Secret<32>) -> Result<Vec<u8>, KekError> {
        self.file.wrap(key, secret)
    }

    fn unwrap(&self, key: &KekId, wrapped: &[u8]) -> Result<Secret<32>, KekError> {
        self.file.unwrap(key, wrapped)
    }

    fn create(&self) -> Result<KekId, KekError> {
        self.file.create()
    }

    fn destroy(&self, key: &KekId) -> Result<(), KekError> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(KekError::NoToken);
        }
        self.file.destroy(key)
    }
}

#[test]
fn a_key_that_its_provider_does_not_destroy_is_told_and_stops_neither_a_rekey_nor_a_start() {
    let life = Life::new();
    let stubborn = Arc::new(Stubborn { file: life.provider(), refuses: true.into() });
    let open = || KeyStore::open_existing(&life.folder(), stubborn.clone(), Faults::none());
    let keys = open().unwrap();
    let mut slots = life.slots(&keys);
    let rekeyed = keys.rekey(&mut slots, &[poll(2)]).unwrap();
    assert!(!rekeyed.old_destroyed && rekeyed.old != rekeyed.new);
    assert!(!keys.is_stopped());
    keys.create_poll_keys(poll(4)).unwrap();
    assert_eq!(fs::read_dir(life.folder()).unwrap().count(), 1, "the old generation is removed");
    let [old, new] = [rekeyed.old, rekeyed.new].map(|key| key.to_string());
    drop((keys, slots));

    let keys = open().unwrap();
    assert!(keys.still_holds(&old).unwrap() && keys.still_holds(&new).unwrap());
    assert_eq!(keys.list().unwrap(), [poll(1), poll(3), poll(4)]);
    let mut slots = life.slots(&keys);
    let full = keys.rekey(&mut slots, &[]).unwrap_err();
    assert!(matches!(full, KeyError::Kek(KekError::Full)), "no place for a third");
    assert!(!keys.is_stopped(), "nothing was changed");

    stubborn.refuses.store(false, Ordering::Relaxed);
    let next = keys.rekey(&mut slots, &[]).unwrap();
    assert!(next.old_destroyed);
    assert!(!keys.still_holds(&old).unwrap() && !keys.still_holds(&new).unwrap());
    life.assert_tidy(&keys);
}

#[test]
fn a_key_that_was_not_destroyed_is_destroyed_by_the_next_start() {
    let life = Life::new();
    let stubborn = Arc::new(Stubborn { file: life.provider(), refuses: true.into() });
    let keys = KeyStore::open_existing(&life.folder(), stubborn, Faults::none()).unwrap();
    let mut slots = life.slots(&keys);
    let old = keys.rekey(&mut slots, &[poll(2)]).unwrap().old.to_string();
    drop((keys, slots));
    let keys = life.open();
    assert!(!keys.still_holds(&old).unwrap());
    life.assert_tidy(&keys);
    life.assert_holds(&keys, &[poll(1), poll(3)]);
}

/// A life whose keys come from the environment: `key` and the one before it.
fn environment(key: char, old: Option<char>) -> Arc<dyn KeyEncryption> {
    let text = |digit: char| digit.to_string().repeat(64);
    let (key, old) = (text(key), old.map(text));
    Arc::new(EnvironmentProvider::new("KEY", Some(&key), old.as_deref()).unwrap())
}

#[test]
fn the_operator_rotates_a_key_of_the_environment_by_a_start_with_both() {
    for point in [None, Some(Point::RekeySwitch), Some(Point::RekeyRemove)] {
        for fault in [Fault::Lost, Fault::Persisted] {
            let folder = tempfile::tempdir().unwrap();
            let faults = Faults::none();
            let open = |provider: &Arc<dyn KeyEncryption>| {
                KeyStore::open(folder.path(), Arc::clone(provider), faults.clone())
            };
            let before = environment('a', None);
            let keys = open(&before).unwrap();
            let tag = keys.create_poll_keys(poll(1)).unwrap().tag;
            let (path, root) = (keys.slots_path(), keys.wrapping());
            Slots::create(&path, root, 1, &epoch_key(1), faults.clone()).unwrap();
            drop(keys);
            let both = environment('b', Some('a'));
            if let Some(point) = point {
                faults.arm(point, fault, 0);
                open(&both).err().unwrap();
            }
            let keys = open(&both).unwrap();
            assert_eq!(keys.kek(), *both.keys().unwrap().last().unwrap());
            drop(keys);
            let generations = fs::read_dir(folder.path()).unwrap().count();
            assert_eq!(generations, 1);
            let keys = open(&environment('b', None)).unwrap();
            assert_eq!(keys.poll_keys(poll(1)).unwrap().tag.expose(), tag.expose());
            let (_, epochs) =
                Slots::open(&keys.slots_path(), keys.wrapping(), Faults::none()).unwrap();
            assert_eq!(epochs[0].1.expose(), epoch_key(1).expose());
            assert!(keys.slots_path().ends_with("2/slots"), "once, not at every start");
            let refused = open(&before).err().unwrap();
            assert!(matches!(refused, KeyError::Kek(KekError::Unknown { .. })));
        }
    }
}

#[test]
fn a_rekey_under_the_environment_says_that_the_operator_must_replace_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let provider = environment('a', None);
    let keys = KeyStore::open(folder.path(), Arc::clone(&provider), Faults::none()).unwrap();
    keys.create_poll_keys(poll(1)).unwrap();
    keys.create_poll_keys(poll(2)).unwrap();
    let (path, root) = (keys.slots_path(), keys.wrapping());
    let mut slots = Slots::create(&path, root, 1, &epoch_key(1), Faults::none()).unwrap();
    let rekeyed = keys.rekey(&mut slots, &[poll(1)]).unwrap();
    assert_eq!(
        rekeyed,
        Rekeyed { generation: 2, old: keys.kek(), new: keys.kek(), old_destroyed: false }
    );
    assert_eq!(keys.list().unwrap(), [poll(2)]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn other_threads_read_and_write_while_generations_change() {
    let life = Life::new();
    let keys = life.open();
    let mut slots = life.slots(&keys);
    std::thread::scope(|scope| {
        let heads = scope.spawn(|| {
            for sequence in 0..40 {
                let head = AuditHead { sequence, hash: [1; 32] };
                keys.replace_audit_head(&head).unwrap();
                assert_eq!(keys.audit_head().unwrap(), Some(head));
                assert!(keys.poll_keys(poll(1)).is_ok());
            }
        });
        for _ in 0..5 {
            keys.rekey(&mut slots, &[]).unwrap();
        }
        heads.join().unwrap();
    });
    assert_eq!(life.open().audit_head().unwrap().unwrap().sequence, 39);
}
