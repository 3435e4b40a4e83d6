use super::*;
use crate::ground::faults::Fault;
use crate::keys::provider::FileProvider;
use crate::keys::{KekError, generation};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn poll(byte: u8) -> PollId {
    PollId::from_bytes([byte; 16])
}

/// A key store's folder and its provider's file.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("keys")
    }

    /// The folder of the first generation.
    fn first(&self) -> PathBuf {
        self.folder().join("1")
    }

    fn key_file(&self) -> PathBuf {
        self.0.path().join("wrapping.key")
    }

    fn provider(&self) -> Arc<FileProvider> {
        Arc::new(FileProvider::new(&self.key_file()))
    }

    fn open_with(&self, faults: &Faults) -> Result<KeyStore, KeyError> {
        KeyStore::open(&self.folder(), self.provider(), faults.clone())
    }

    fn open(&self) -> Result<KeyStore, KeyError> {
        self.open_with(&Faults::none())
    }

    fn inspect(&self) -> Result<KeyStore, KeyError> {
        KeyStore::inspect(&self.folder(), &*self.provider())
    }
}

/// Runs `opens` on every version of the file with one byte changed, cut or added.
fn tamper(path: &Path, opens: impl Fn() -> bool) {
    let good = fs::read(path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(path, &bad).unwrap();
        assert!(!opens(), "byte {at} changed");
        fs::write(path, &good[..at]).unwrap();
        assert!(!opens(), "cut at {at}");
    }
    fs::write(path, [&good[..], b"x"].concat()).unwrap();
    assert!(!opens(), "a byte added");
    fs::write(path, &good).unwrap();
    assert!(opens());
}

#[test]
fn poll_keys_are_made_once_and_read_back() {
    let home = Home::new();
    let keys = home.open().unwrap();
    let made = keys.create_poll_keys(poll(2)).unwrap();
    let again = keys.create_poll_keys(poll(2)).unwrap();
    keys.create_poll_keys(poll(1)).unwrap();
    let reopened = home.open().unwrap();
    let read = reopened.poll_keys(poll(2)).unwrap();
    for other in [&again, &read] {
        assert_eq!(made.tag.expose(), other.tag.expose());
        assert_eq!(made.data.expose(), other.data.expose());
    }
    assert_ne!(made.tag.expose(), made.data.expose());
    assert_ne!(made.tag.expose(), reopened.poll_keys(poll(1)).unwrap().tag.expose());
    assert_eq!(reopened.list().unwrap(), [poll(1), poll(2)]);
    assert!(matches!(reopened.poll_keys(poll(3)), Err(KeyError::Missing { .. })));
    assert!(reopened.has_poll_keys(poll(1)).unwrap() && !reopened.has_poll_keys(poll(3)).unwrap());
}

#[test]
fn a_new_store_makes_the_providers_key_where_the_operator_made_none() {
    let home = Home::new();
    let keys = home.open().unwrap();
    assert_eq!(home.provider().keys().unwrap(), [keys.kek()]);
    let other = Home::new();
    fs::write(other.key_file(), "0a".repeat(32)).unwrap();
    fs::set_permissions(other.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
    let keys = other.open().unwrap();
    assert_eq!(other.provider().keys().unwrap(), [keys.kek()]);
    assert_eq!(fs::read_to_string(other.key_file()).unwrap(), "0a".repeat(32));
}

#[test]
fn a_store_whose_provider_lost_its_key_is_refused_and_no_key_is_made() {
    let home = Home::new();
    home.open().unwrap();
    fs::remove_file(home.key_file()).unwrap();
    assert!(matches!(home.open(), Err(KeyError::Kek(KekError::Unknown { .. }))));
    assert!(!home.key_file().exists());
    home.provider().create().unwrap();
    assert!(matches!(home.open(), Err(KeyError::Kek(KekError::Unknown { .. }))));
    assert!(matches!(home.inspect(), Err(KeyError::Kek(KekError::Unknown { .. }))));
    assert_eq!(home.provider().keys().unwrap().len(), 1, "a key it does not know is not destroyed");
}

#[test]
fn an_empty_key_folder_where_a_store_must_be_is_not_filled() {
    let home = Home::new();
    let open = || KeyStore::open_existing(&home.folder(), home.provider(), Faults::none());
    let refuses = || matches!(open(), Err(KeyError::Missing { item: Item::Folder }));
    assert!(refuses());
    assert!(!home.folder().exists());
    fs::create_dir(home.folder()).unwrap();
    assert!(refuses());
    fs::create_dir(home.folder().join("1.tmp")).unwrap();
    assert!(refuses());
    assert!(!home.key_file().exists(), "no key was made");
    home.open().unwrap().create_poll_keys(poll(1)).unwrap();
    assert_eq!(open().unwrap().list().unwrap(), [poll(1)]);
}

#[test]
fn a_new_store_is_not_made_under_one_of_several_keys() {
    let home = Home::new();
    let made = [home.provider().create().unwrap(), home.provider().create().unwrap()];
    assert!(matches!(home.open(), Err(KeyError::Kek(KekError::Several))));
    assert_eq!(home.provider().keys().unwrap(), made, "none was destroyed");
    home.provider().destroy(&made[0]).unwrap();
    assert_eq!(home.open().unwrap().kek(), made[1]);
}

#[test]
fn a_start_overwrites_what_a_crash_left_beside_the_wrapping_key() {
    let home = Home::new();
    home.open().unwrap();
    let leftover = files::unfinished(&home.key_file());
    fs::copy(home.key_file(), &leftover).unwrap();
    let still_open = fs::File::open(&leftover).unwrap();
    home.inspect().unwrap();
    assert!(leftover.exists(), "the auditor changes nothing");
    home.open().unwrap();
    assert!(!leftover.exists());
    let left = std::io::read_to_string(still_open);
    assert!(left.is_err() || left.unwrap() != fs::read_to_string(home.key_file()).unwrap());
}

#[test]
fn a_key_that_cannot_be_replaced_does_not_stop_a_start() {
    let home = Home::new();
    home.open().unwrap();
    // No file can be made where a folder has its name.
    fs::create_dir_all(home.0.path().join("wrapping.key.probe.tmp/full")).unwrap();
    assert!(home.provider().check_replaceable().is_err());
    home.open().unwrap();
}

#[test]
fn the_store_knows_which_keys_its_provider_holds() {
    let home = Home::new();
    let keys = home.open().unwrap();
    let name = keys.kek().to_string();
    assert!(keys.still_holds(&name).unwrap());
    assert!(!keys.still_holds(&name[1..]).unwrap() && !keys.still_holds("").unwrap());
    home.provider().create().unwrap();
    home.provider().destroy(&keys.kek()).unwrap();
    assert!(!keys.still_holds(&name).unwrap(), "asked now, not remembered");
    assert!(!keys.is_stopped());
    fs::remove_file(home.key_file()).unwrap();
    assert!(!keys.still_holds(&name).unwrap());
}

#[test]
fn the_signing_key_is_made_once() {
    let home = Home::new();
    let first = home.open().unwrap().signing_key().verifying_key();
    assert_eq!(home.open().unwrap().signing_key().verifying_key(), first);
    assert_eq!(home.inspect().unwrap().signing_key().verifying_key(), first);
}

#[test]
fn a_signing_key_lost_from_a_store_is_not_replaced_in_silence() {
    let home = Home::new();
    home.open().unwrap();
    let path = generation::signing_path(&home.first());
    fs::remove_file(&path).unwrap();
    let refused = home.open().err().unwrap();
    assert!(matches!(refused, KeyError::Missing { item: Item::SigningKey }));
    assert!(!fs::exists(path).unwrap());
}

#[test]
fn a_folder_with_files_and_no_generation_is_refused() {
    for name in ["signing.key", "slots", "polls", "01", "0", "+1", "one.tmp"] {
        let home = Home::new();
        fs::create_dir_all(home.folder()).unwrap();
        fs::write(home.folder().join(name), b"x").unwrap();
        assert!(matches!(home.open(), Err(KeyError::Foreign)), "{name}");
        let refused = home.inspect().err().unwrap();
        assert!(matches!(refused, KeyError::Missing { item: Item::RootKey }));
        assert!(!home.key_file().exists());
    }
}

#[test]
fn the_making_of_a_store_is_completed_after_a_crash() {
    for fault in [Fault::Lost, Fault::Persisted] {
        let home = Home::new();
        let faults = Faults::none();
        faults.arm(Point::PollKeys, fault, 0);
        assert!(matches!(home.open_with(&faults), Err(KeyError::Injected(_))));
        home.open().unwrap();
        assert_eq!(home.provider().keys().unwrap().len(), 1);
    }
    let home = Home::new();
    fs::create_dir_all(home.folder().join("1.tmp/polls")).unwrap();
    fs::write(home.folder().join("1.tmp/root.key"), b"half").unwrap();
    home.open().unwrap();
    assert_eq!(fs::read_dir(home.folder()).unwrap().count(), 1);
}

#[test]
fn every_changed_byte_of_every_file_is_found() {
    let home = Home::new();
    let keys = home.open().unwrap();
    keys.create_poll_keys(poll(1)).unwrap();
    keys.replace_audit_head(&AuditHead { sequence: 3, hash: [9; 32] }).unwrap();
    let first = home.first();
    tamper(&generation::poll_path(&first, poll(1)), || keys.poll_keys(poll(1)).is_ok());
    tamper(&generation::signing_path(&first), || home.inspect().is_ok());
    tamper(&generation::head_path(&first), || keys.audit_head().is_ok());
    tamper(&first.join("root.key"), || home.inspect().is_ok());
}

#[test]
fn damaged_poll_keys_are_never_replaced_by_new_ones() {
    let home = Home::new();
    let keys = home.open().unwrap();
    keys.create_poll_keys(poll(1)).unwrap();
    let path = generation::poll_path(&home.first(), poll(1));
    fs::write(&path, b"rot").unwrap();
    assert!(matches!(keys.create_poll_keys(poll(1)), Err(KeyError::Damaged { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"rot");
}

#[test]
fn keys_of_one_poll_do_not_open_as_those_of_another() {
    let home = Home::new();
    let keys = home.open().unwrap();
    keys.create_poll_keys(poll(1)).unwrap();
    let path = |byte| generation::poll_path(&home.first(), poll(byte));
    fs::copy(path(1), path(2)).unwrap();
    assert!(matches!(keys.poll_keys(poll(2)), Err(KeyError::Damaged { .. })));
    fs::copy(generation::signing_path(&home.first()), path(3)).unwrap();
    assert!(matches!(keys.poll_keys(poll(3)), Err(KeyError::Damaged { .. })));
}

#[test]
fn files_of_another_store_under_the_same_provider_do_not_open() {
    let home = Home::new();
    let keys = home.open().unwrap();
    let other = home.0.path().join("other");
    KeyStore::open(&other, home.provider(), Faults::none()).unwrap();
    let path = generation::signing_path(&home.first());
    fs::copy(generation::signing_path(&other.join("1")), path).unwrap();
    drop(keys);
    let refused = home.open().err().unwrap();
    assert!(matches!(refused, KeyError::Damaged { item: Item::SigningKey }));
}

#[test]
fn the_head_is_replaced_whole() {
    let home = Home::new();
    let keys = home.open().unwrap();
    assert_eq!(keys.audit_head().unwrap(), None);
    for sequence in 0..3 {
        let head = AuditHead { sequence, hash: [5; 32] };
        keys.replace_audit_head(&head).unwrap();
        assert_eq!(keys.audit_head().unwrap(), Some(head));
        assert_eq!(home.open().unwrap().audit_head().unwrap(), Some(head));
    }
}

#[test]
fn the_auditor_reads_and_cannot_write() {
    let home = Home::new();
    home.open().unwrap().create_poll_keys(poll(1)).unwrap();
    let auditor = home.inspect().unwrap();
    assert!(auditor.poll_keys(poll(1)).is_ok());
    assert!(matches!(auditor.create_poll_keys(poll(2)), Err(KeyError::Stopped)));
    assert!(matches!(auditor.still_holds("00"), Err(KeyError::Stopped)));
    assert!(auditor.is_stopped());
    let head = AuditHead { sequence: 0, hash: [1; 32] };
    assert!(matches!(auditor.replace_audit_head(&head), Err(KeyError::Stopped)));
}

#[test]
fn a_failed_write_is_lost_or_there_and_may_be_repeated() {
    for (fault, there) in [(Fault::Lost, false), (Fault::Persisted, true)] {
        let home = Home::new();
        let faults = Faults::none();
        let keys = home.open_with(&faults).unwrap();
        faults.arm(Point::PollKeys, fault, 0);
        assert!(matches!(keys.create_poll_keys(poll(1)), Err(KeyError::Injected(_))));
        assert_eq!(keys.poll_keys(poll(1)).is_ok(), there);
        let made = keys.create_poll_keys(poll(1)).unwrap();
        assert_eq!(keys.poll_keys(poll(1)).unwrap().tag.expose(), made.tag.expose());

        faults.arm(Point::AuditHead, fault, 0);
        let head = AuditHead { sequence: 0, hash: [1; 32] };
        assert!(keys.replace_audit_head(&head).is_err());
        assert_eq!(keys.audit_head().unwrap().is_some(), there);
    }
}

#[test]
fn leftovers_of_a_crash_are_removed_and_never_listed() {
    let home = Home::new();
    let keys = home.open().unwrap();
    let leftover = files::unfinished(&generation::poll_path(&home.first(), poll(1)));
    fs::write(&leftover, b"half").unwrap();
    assert_eq!(keys.list().unwrap(), []);
    home.open().unwrap();
    assert!(!leftover.exists());
}

#[test]
fn no_error_and_no_debug_text_shows_a_key() {
    let home = Home::new();
    let made = home.open().unwrap().create_poll_keys(poll(1)).unwrap();
    assert_eq!(format!("{made:?}"), "PollKeys { tag: Secret(..), data: Secret(..) }");
}
