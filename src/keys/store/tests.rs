use super::*;
use crate::service::faults::Fault;
use proptest::collection::vec;
use proptest::prelude::*;

fn wrapping(byte: u8) -> Arc<WrappingKey> {
    Arc::new(WrappingKey::new(&Secret::new([byte; 32])))
}

fn poll(byte: u8) -> PollId {
    PollId::from_bytes([byte; 16])
}

fn open(folder: &Path) -> Result<KeyStore, KeyError> {
    KeyStore::open(folder, wrapping(7), Faults::none())
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
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).unwrap();
    let made = keys.create_poll_keys(poll(2)).unwrap();
    let again = keys.create_poll_keys(poll(2)).unwrap();
    keys.create_poll_keys(poll(1)).unwrap();
    let reopened = open(folder.path()).unwrap();
    let read = reopened.poll_keys(poll(2)).unwrap();
    for other in [&again, &read] {
        assert_eq!(made.tag.expose(), other.tag.expose());
        assert_eq!(made.data.expose(), other.data.expose());
    }
    assert_ne!(made.tag.expose(), made.data.expose());
    assert_ne!(made.tag.expose(), reopened.poll_keys(poll(1)).unwrap().tag.expose());
    assert_eq!(reopened.list().unwrap(), [poll(1), poll(2)]);
    assert!(matches!(reopened.poll_keys(poll(3)), Err(KeyError::Missing { .. })));
}

#[test]
fn the_signing_key_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).unwrap().signing_key().verifying_key();
    assert_eq!(open(folder.path()).unwrap().signing_key().verifying_key(), first);
    let auditor = KeyStore::inspect(folder.path(), wrapping(7)).unwrap();
    assert_eq!(auditor.signing_key().verifying_key(), first);
}

#[test]
fn a_signing_key_lost_from_a_used_store_is_not_replaced_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).unwrap().create_poll_keys(poll(1)).unwrap();
    fs::remove_file(signing_path(folder.path())).unwrap();
    let refused = open(folder.path()).err().unwrap();
    assert!(matches!(refused, KeyError::Missing { item: Item::SigningKey }));
    assert!(!fs::exists(signing_path(folder.path())).unwrap());
}

#[test]
fn every_changed_byte_of_every_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).unwrap();
    keys.create_poll_keys(poll(1)).unwrap();
    keys.replace_audit_head(&AuditHead { sequence: 3, hash: [9; 32] }).unwrap();
    tamper(&keys.poll_path(poll(1)), || keys.poll_keys(poll(1)).is_ok());
    tamper(&signing_path(folder.path()), || KeyStore::inspect(folder.path(), wrapping(7)).is_ok());
    tamper(&head_path(folder.path()), || keys.audit_head().is_ok());
}

#[test]
fn damaged_poll_keys_are_never_replaced_by_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).unwrap();
    keys.create_poll_keys(poll(1)).unwrap();
    fs::write(keys.poll_path(poll(1)), b"rot").unwrap();
    assert!(matches!(keys.create_poll_keys(poll(1)), Err(KeyError::Damaged { .. })));
    assert_eq!(fs::read(keys.poll_path(poll(1))).unwrap(), b"rot");
}

#[test]
fn keys_of_one_poll_do_not_open_as_those_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).unwrap();
    keys.create_poll_keys(poll(1)).unwrap();
    fs::copy(keys.poll_path(poll(1)), keys.poll_path(poll(2))).unwrap();
    assert!(matches!(keys.poll_keys(poll(2)), Err(KeyError::Damaged { .. })));
    fs::copy(signing_path(folder.path()), keys.poll_path(poll(3))).unwrap();
    assert!(matches!(keys.poll_keys(poll(3)), Err(KeyError::Damaged { .. })));
}

#[test]
fn another_wrapping_key_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).unwrap();
    let refused = KeyStore::open(folder.path(), wrapping(8), Faults::none()).err().unwrap();
    assert!(matches!(refused, KeyError::Damaged { item: Item::SigningKey }));
}

#[test]
fn the_head_is_replaced_whole_and_cannot_be_forged_without_the_wrapping_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).unwrap();
    assert_eq!(keys.audit_head().unwrap(), None);
    for sequence in 0..3 {
        let head = AuditHead { sequence, hash: [5; 32] };
        keys.replace_audit_head(&head).unwrap();
        assert_eq!(keys.audit_head().unwrap(), Some(head));
    }
    let forged = encode_head(&AuditHead { sequence: 0, hash: [5; 32] }, wrapping(8).head());
    fs::write(head_path(folder.path()), forged).unwrap();
    assert!(matches!(keys.audit_head(), Err(KeyError::Damaged { item: Item::AuditHead })));
}

#[test]
fn a_failed_write_is_lost_or_there_and_may_be_repeated() {
    for (fault, there) in [(Fault::Lost, false), (Fault::Persisted, true)] {
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::none();
        let keys = KeyStore::open(folder.path(), wrapping(7), faults.clone()).unwrap();
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
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).unwrap();
    let leftover = files::unfinished(&keys.poll_path(poll(1)));
    fs::write(&leftover, b"half").unwrap();
    assert_eq!(keys.list().unwrap(), []);
    open(folder.path()).unwrap();
    assert!(!leftover.exists());
}

#[test]
fn no_error_and_no_debug_text_shows_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).unwrap();
    let made = keys.create_poll_keys(poll(1)).unwrap();
    assert_eq!(format!("{made:?}"), "PollKeys { tag: Secret(..), data: Secret(..) }");
}

proptest! {
    #[test]
    fn heads_round_trip(sequence: u64, hash: [u8; 32], key: [u8; 32]) {
        let head = AuditHead { sequence, hash };
        let bytes = encode_head(&head, &Secret::new(key));
        prop_assert_eq!(bytes.len(), HEAD_BYTES);
        prop_assert_eq!(decode_head(&bytes, &Secret::new(key)), Some(head));
    }

    #[test]
    fn any_bytes_are_no_head(bytes in vec(any::<u8>(), 0..100)) {
        prop_assert_eq!(decode_head(&bytes, &Secret::new([1; 32])), None);
    }
}
