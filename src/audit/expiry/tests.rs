use super::super::testing::{Store, fold, hour, lively};
use super::super::{FILE_NAME, verify_export};
use super::*;
use crate::ground::faults::Fault;

fn lines(store: &Store) -> Vec<Vec<u8>> {
    store.bytes().split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn expire(log: &AuditLog, through: u64) -> Result<(), AuditError> {
    log.expire(hour(100), &Actor::staff("o.koval", "operator"), through)
}

/// What must hold of a log of nine entries of which the first four expired.
fn assert_expired(store: &Store, before: &[Vec<u8>]) {
    let log = store.open().unwrap();
    assert_eq!(log.oldest(), Some((4, hour(4))));
    assert_eq!((log.first_seq(), log.last_folded_epoch()), (4, Some(7)));
    let after = lines(store);
    assert_eq!(after[..5], before[4..9], "what stays is as it was");
    let (entry, _) = entry::decode(after[5].strip_suffix(b"\n").unwrap()).unwrap();
    let hash = entry::hash(before[3].strip_suffix(b"\n").unwrap());
    assert_eq!(entry.event, Event::AuditExpired { through: 3, hash, folded_epoch: Some(2) });
    let summary = store.verify().unwrap();
    assert_eq!((summary.entries, summary.first), (after.len() as u64, Some((4, hour(4)))));
    assert!(!files::unfinished(&store.path()).exists());
}

#[test]
fn expired_entries_are_gone_and_the_log_goes_on() {
    let store = lively(9);
    let before = lines(&store);
    let log = store.open().unwrap();
    expire(&log, 3).unwrap();
    assert_eq!(log.oldest(), Some((4, hour(4))));
    assert_eq!((log.entries(), log.end().bytes), (10, store.bytes().len() as u64));
    assert_eq!(fold(&log, 40).unwrap(), 10);
    assert_expired_but_for_the_fold(&store, &before);
    assert_eq!(fold(&store.open().unwrap(), 41).unwrap(), 11);
    let key = store.keys().signing_key().verifying_key();
    let mut export = vec![];
    store.open().unwrap().export(hour(101)).unwrap().read_to_end(&mut export).unwrap();
    assert_eq!(verify_export(&export[..], &key, None).unwrap().first, Some(4));
}

fn assert_expired_but_for_the_fold(store: &Store, before: &[Vec<u8>]) {
    let after = lines(store);
    assert_eq!(after[..5], before[4..9]);
    assert_eq!((after.len(), store.verify().unwrap().last_folded_epoch), (7, Some(40)));
}

#[test]
fn everything_may_expire_but_the_entry_that_says_so() {
    let store = lively(5);
    let log = store.open().unwrap();
    expire(&log, 4).unwrap();
    assert_eq!(lines(&store).len(), 1);
    assert_eq!(store.open().unwrap().oldest(), Some((5, hour(100))));
    assert_eq!(store.open().unwrap().last_folded_epoch(), Some(2), "told in that entry");
    expire(&log, 5).unwrap();
    assert_eq!((log.first_seq(), lines(&store).len()), (6, 1));
    assert_eq!(store.open().unwrap().last_folded_epoch(), Some(2), "and handed on");
}

#[test]
fn what_is_not_there_does_not_expire() {
    let store = lively(5);
    let log = store.open().unwrap();
    let before = store.bytes();
    assert!(matches!(expire(&log, 5), Err(AuditError::NotThere { sequence: 5 })));
    assert_eq!(store.bytes(), before);
    expire(&log, 2).unwrap();
    let after = store.bytes();
    expire(&log, 2).unwrap();
    expire(&log, 0).unwrap();
    assert_eq!(store.bytes(), after, "gone already: nothing to say");
    let store = Store::new();
    let empty = store.open().unwrap();
    assert!(matches!(expire(&empty, 0), Err(AuditError::NotThere { sequence: 0 })));
}

#[test]
fn the_last_entry_before_a_time_is_found() {
    let store = lively(9);
    let log = store.open().unwrap();
    let cases = [(hour(0), None), (hour(1), Some(0)), (hour(4), Some(3)), (hour(50), Some(8))];
    for (at, last) in cases {
        assert_eq!(log.last_before(at, hour(1_000)).unwrap(), last, "{at}");
    }
    expire(&log, 3).unwrap();
    assert_eq!(log.last_before(hour(4), hour(1_000)).unwrap(), None);
    assert_eq!(log.last_before(hour(5), hour(1_000)).unwrap(), Some(4));
    assert_eq!(Store::new().open().unwrap().last_before(hour(5), hour(1_000)).unwrap(), None);
}

#[test]
fn an_entry_behind_a_younger_one_waits_for_it() {
    let store = Store::new();
    let log = store.open().unwrap();
    for at in [hour(1), hour(50), hour(2), hour(60)] {
        log.append(at, &Actor::engine(), Event::StoreCreated).unwrap();
    }
    assert_eq!(log.last_before(hour(10), hour(1_000)).unwrap(), Some(0));
    assert_eq!(log.last_before(hour(55), hour(1_000)).unwrap(), Some(2));
}

#[test]
fn an_expiry_that_fails_anywhere_is_undone_or_finished_at_the_next_start() {
    let cases = [
        (Point::AuditAppend, Fault::Lost, 0, false),
        (Point::AuditAppend, Fault::Persisted, 0, true),
        (Point::AuditHead, Fault::Lost, 0, true),
        (Point::AuditHead, Fault::Persisted, 0, true),
        (Point::AuditExpire, Fault::Lost, 0, true),
        (Point::AuditExpire, Fault::Persisted, 0, true),
        (Point::AuditExpire, Fault::Lost, 1, true),
        (Point::AuditExpire, Fault::Persisted, 1, true),
    ];
    for (point, fault, skip, stands) in cases {
        let store = lively(9);
        let before = lines(&store);
        let log = store.open().unwrap();
        store.faults.arm(point, fault, skip);
        assert!(expire(&log, 3).is_err());
        assert!(!store.faults.is_armed(), "{point:?} {fault:?} {skip}");
        drop(log);
        if stands {
            assert_expired(&store, &before);
            assert_expired(&store, &before);
        } else {
            assert_eq!(store.open().unwrap().first_seq(), 0);
            assert_eq!(lines(&store), before);
        }
        assert_eq!(fold(&store.open().unwrap(), 50).unwrap(), if stands { 10 } else { 9 });
    }
}

#[test]
fn the_finishing_of_an_expiry_may_fail_too() {
    for (fault, skip) in
        [(Fault::Lost, 0), (Fault::Persisted, 0), (Fault::Lost, 1), (Fault::Persisted, 1)]
    {
        let store = lively(9);
        let before = lines(&store);
        store.faults.arm(Point::AuditExpire, Fault::Lost, 0);
        expire(&store.open().unwrap(), 3).unwrap_err();
        store.faults.arm(Point::AuditExpire, fault, skip);
        assert!(store.open().is_err());
        assert_expired(&store, &before);
    }
}

#[test]
fn nothing_is_appended_when_it_is_open_which_file_is_the_log() {
    let store = lively(9);
    let log = store.open().unwrap();
    store.faults.arm(Point::AuditExpire, Fault::Persisted, 1);
    expire(&log, 3).unwrap_err();
    assert!(matches!(fold(&log, 9), Err(AuditError::Stopped)));
    assert!(matches!(expire(&log, 5), Err(AuditError::Stopped | AuditError::Broken { .. })));
}

#[test]
fn an_unfinished_file_of_a_crash_is_discarded() {
    let store = lively(2);
    let leftover = store.folder.path().join("log").join(format!("{FILE_NAME}.tmp"));
    fs::write(&leftover, b"half a line").unwrap();
    store.open().unwrap();
    assert!(!leftover.exists());
}

#[test]
fn a_log_cut_at_the_front_is_refused() {
    let store = lively(9);
    let before = lines(&store);
    for first in 1..9 {
        store.set(&before[first..].concat());
        let sequence = first as u64;
        let found = store.open().err().unwrap();
        assert!(
            matches!(found, AuditError::CutAtFront { sequence: s } if s == sequence),
            "{found}"
        );
        assert!(store.verify().is_err());
    }
}

#[test]
fn a_log_that_expired_is_not_cut_further() {
    let store = lively(9);
    expire(&store.open().unwrap(), 3).unwrap();
    let before = lines(&store);
    for first in 1..before.len() {
        store.set(&before[first..].concat());
        assert!(matches!(store.open(), Err(AuditError::CutAtFront { .. })));
    }
}

#[test]
fn entries_appended_while_the_log_is_rewritten_stay() {
    let store = lively(200);
    let log = store.open().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (0..30).for_each(|epoch| assert!(fold(&log, 1_000 + epoch).is_ok()));
        });
        for through in (9..150).step_by(20) {
            expire(&log, through).unwrap();
        }
    });
    assert_eq!(log.entries(), 200 + 30 + 8);
    let summary = store.verify().unwrap();
    assert_eq!((summary.entries, summary.last_folded_epoch), (238 - 150, Some(1_029)));
    assert_eq!(store.open().unwrap().first_seq(), 150);
}
