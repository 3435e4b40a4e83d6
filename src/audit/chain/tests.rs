use super::super::testing::{Store, fold};
use super::super::verify_file;
use super::*;
use crate::ground::faults::Fault;
use std::fs;

#[test]
fn what_is_appended_is_there_after_a_restart() {
    let store = Store::with(3);
    let log = store.open().unwrap();
    assert_eq!((log.entries(), log.last_folded_epoch()), (3, Some(2)));
    let line = log.append(Timestamp::UNIX_EPOCH, &Actor::engine(), Event::StoreCreated).unwrap();
    assert_eq!(entry::decode(&line).unwrap().0.seq, 3);
    assert_eq!(store.open().unwrap().last_folded_epoch(), Some(2));
    let summary = store.verify().unwrap();
    assert_eq!((summary.entries, summary.beyond), (4, Beyond::Nothing));
    assert_eq!(summary.last, store.keys().audit_head().unwrap());
}

#[test]
fn an_empty_log_is_sound_and_has_no_head() {
    let store = Store::with(0);
    assert_eq!(store.open().unwrap().last_folded_epoch(), None);
    let summary = store.verify().unwrap();
    assert_eq!((summary.entries, summary.last, summary.beyond), (0, None, Beyond::Nothing));
}

#[test]
fn every_changed_byte_under_the_head_is_found_without_checking_old_signatures() {
    let store = Store::with(3);
    let keys = store.keys();
    let (head, signer) = (keys.audit_head().unwrap(), keys.signing_key().verifying_key());
    let good = store.bytes();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        store.set(&bad);
        let found =
            walk(&File::open(store.path()).unwrap(), head.as_ref(), &signer, Signatures::Last);
        assert!(found.is_err(), "byte {at} at open");
        assert!(verify_file(&store.path(), head.as_ref(), &signer).is_err(), "byte {at} at fsck");
        if at % 97 == 0 {
            assert!(store.open().is_err());
            assert_eq!(store.bytes(), bad, "a refused log is left as it was");
        }
    }
}

#[test]
fn a_log_cut_anywhere_is_refused() {
    let store = Store::with(3);
    let keys = store.keys();
    let (head, signer) = (keys.audit_head().unwrap(), keys.signing_key().verifying_key());
    let good = store.bytes();
    for length in 0..good.len() {
        store.set(&good[..length]);
        let found = verify_file(&store.path(), head.as_ref(), &signer);
        assert!(matches!(found, Err(AuditError::RolledBack)), "cut at {length}");
    }
    fs::remove_file(store.path()).unwrap();
    assert!(matches!(store.open(), Err(AuditError::RolledBack)), "the log is gone");
}

#[test]
fn lines_taken_out_doubled_or_exchanged_are_found() {
    let store = Store::with(4);
    let bytes = store.bytes();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for order in [
        &[0, 1, 3][..],
        &[1, 2, 3],
        &[0, 0, 1, 2],
        &[0, 2, 1, 3],
        &[0, 1, 2, 3, 3],
        &[0, 1, 2, 3, 0, 1],
    ] {
        store.set(&order.iter().map(|at| lines[*at]).collect::<Vec<_>>().concat());
        let beyond = store.open();
        // A doubled last line is garbage of one line beyond the head, as a torn line may be: cut
        // off.
        if order == [0, 1, 2, 3, 3] {
            drop(beyond.unwrap());
            assert_eq!(store.bytes(), bytes);
        } else {
            assert!(beyond.is_err(), "{order:?}");
        }
    }
}

#[test]
fn a_head_put_back_by_more_than_one_entry_is_refused() {
    let store = Store::with(2);
    let head = fs::read(store.head_path()).unwrap();
    let log = store.open().unwrap();
    fold(&log, 2).unwrap();
    fold(&log, 3).unwrap();
    fs::write(store.head_path(), &head).unwrap();
    assert!(matches!(store.open(), Err(AuditError::RolledBack)));
    fs::remove_file(store.head_path()).unwrap();
    assert!(matches!(store.open(), Err(AuditError::RolledBack)));
}

#[test]
fn another_logs_head_is_refused() {
    let store = Store::with(2);
    store.keys().replace_audit_head(&AuditHead { sequence: 1, hash: [1; 32] }).unwrap();
    assert!(matches!(store.open(), Err(AuditError::RolledBack)));
}

#[test]
fn an_entry_torn_at_any_byte_is_cut_off_and_the_log_goes_on() {
    let store = Store::with(2);
    let (good, head) = (store.bytes(), fs::read(store.head_path()).unwrap());
    fold(&store.open().unwrap(), 2).unwrap();
    let longer = store.bytes();
    // The first and the last byte, and some between: each takes a dozen syncs.
    for length in (good.len() + 1..longer.len()).step_by(43).chain([longer.len() - 1]) {
        fs::write(store.head_path(), &head).unwrap();
        store.set(&longer[..length]);
        let bytes = (length - good.len()) as u64;
        assert_eq!(store.verify().unwrap().beyond, Beyond::Torn { bytes });
        let log = store.open().unwrap();
        assert_eq!(store.bytes(), good);
        assert_eq!(log.last_folded_epoch(), Some(1));
        assert_eq!(fold(&log, 2).unwrap(), 2);
        assert_eq!(store.bytes(), longer, "Ed25519 is deterministic, so is the line");
    }
}

#[test]
fn zeros_or_garbage_of_one_line_beyond_the_head_are_cut_off() {
    let store = Store::with(2);
    let good = store.bytes();
    for tail in [&[0; 300][..], b"\n", b"{}\n", b"garbage"] {
        store.set(&[&good[..], tail].concat());
        store.open().unwrap();
        assert_eq!(store.bytes(), good);
    }
    let too_long = vec![b'x'; LINE_BYTES_MAX + 1];
    for tail in [&b"{}\n{}\n"[..], b"\n\n", b"{}\nx", &too_long] {
        store.set(&[&good[..], tail].concat());
        assert!(matches!(store.open(), Err(AuditError::Broken { sequence: 2 })));
    }
}

#[test]
fn an_entry_of_another_signer_beyond_the_head_is_not_adopted() {
    let store = Store::with(2);
    let good = store.bytes();
    let previous = Hash::from_bytes(store.keys().audit_head().unwrap().unwrap().hash);
    let event = Event::EpochFolded { epoch: 99, closed: vec![] };
    let entry = Entry { at: Timestamp::UNIX_EPOCH, by: Actor::engine(), event, previous, seq: 2 };
    let forged = entry::encode(&entry, &ed25519_dalek::SigningKey::from_bytes(&[1; 32]));
    store.set(&[&good[..], &forged, b"\n"].concat());
    assert_eq!(store.open().unwrap().last_folded_epoch(), Some(1));
    assert_eq!(store.bytes(), good);
}

#[test]
fn a_failed_append_stops_the_log_and_a_restart_knows_what_stands() {
    let cases = [
        (Point::AuditAppend, Fault::Lost, 2),
        (Point::AuditAppend, Fault::Persisted, 3),
        (Point::AuditHead, Fault::Lost, 3),
        (Point::AuditHead, Fault::Persisted, 3),
    ];
    for (point, fault, entries) in cases {
        let store = Store::with(2);
        let log = store.open().unwrap();
        store.faults.arm(point, fault, 0);
        assert!(fold(&log, 2).is_err());
        assert!(matches!(fold(&log, 2), Err(AuditError::Stopped)));
        let log = store.open().unwrap();
        assert_eq!(
            (log.entries(), log.last_folded_epoch()),
            (entries, Some(entries - 1)),
            "{point:?} {fault:?}"
        );
        assert_eq!(store.verify().unwrap().beyond, Beyond::Nothing);
        assert_eq!(fold(&log, 5).unwrap(), entries);
    }
}

#[test]
fn the_first_entry_survives_a_crash_before_its_head() {
    let store = Store::new();
    let log = store.open().unwrap();
    store.faults.arm(Point::AuditHead, Fault::Lost, 0);
    fold(&log, 0).unwrap_err();
    assert_eq!(store.verify().unwrap().beyond, Beyond::Entry);
    assert_eq!(store.open().unwrap().entries(), 1);
    assert_eq!(store.keys().audit_head().unwrap().unwrap().sequence, 0);
}

#[test]
fn a_lost_adoption_is_done_again() {
    let store = Store::with(1);
    store.faults.arm(Point::AuditHead, Fault::Lost, 0);
    fold(&store.open().unwrap(), 1).unwrap_err();
    store.faults.arm(Point::AuditHead, Fault::Lost, 0);
    assert!(store.open().is_err());
    assert_eq!(store.open().unwrap().entries(), 2);
}

#[test]
fn an_entry_too_long_to_be_read_back_is_not_written() {
    let store = Store::with(1);
    let (log, before) = (store.open().unwrap(), store.bytes());
    let poll = crate::poll::PollId::from_bytes([1; 16]);
    let reference = "x".repeat(LINE_BYTES_MAX);
    let refused = log.append(
        Timestamp::UNIX_EPOCH,
        &Actor::engine(),
        Event::ConsentGiven { poll, reference },
    );
    assert!(matches!(refused, Err(AuditError::TooLong)));
    assert_eq!(store.bytes(), before);
    fold(&log, 1).unwrap();
}
