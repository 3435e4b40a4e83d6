//! A log in a temporary folder, for the tests of this module.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Actor, AuditError, AuditLog, Event, FILE_NAME, Summary, entry, verify_file};
use crate::ground::faults::Faults;
use crate::keys::KeyStore;
use crate::keys::provider::FileProvider;
use crate::poll::PollId;

pub(super) struct Store {
    pub(super) folder: tempfile::TempDir,
    pub(super) faults: Faults,
}

impl Store {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), faults: Faults::none() }
    }

    pub(super) fn with(entries: u64) -> Self {
        let store = Self::new();
        let log = store.open().unwrap();
        (0..entries).for_each(|epoch| assert_eq!(fold(&log, epoch).unwrap(), epoch));
        store
    }

    pub(super) fn keys(&self) -> Arc<KeyStore> {
        let folder = self.folder.path();
        let provider = Arc::new(FileProvider::new(&folder.join("wrapping.key")));
        Arc::new(KeyStore::open(&folder.join("keys"), provider, self.faults.clone()).unwrap())
    }

    pub(super) fn open(&self) -> Result<AuditLog, AuditError> {
        AuditLog::open(&self.folder.path().join("log"), self.keys(), self.faults.clone())
    }

    pub(super) fn verify(&self) -> Result<Summary, AuditError> {
        let keys = self.keys();
        let head = keys.audit_head()?;
        verify_file(&self.path(), head.as_ref(), &keys.signing_key().verifying_key())
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("log").join(FILE_NAME)
    }

    pub(super) fn head_path(&self) -> PathBuf {
        self.folder.path().join("keys/1/audit.head")
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    pub(super) fn set(&self, bytes: &[u8]) {
        fs::write(self.path(), bytes).unwrap();
    }
}

pub(super) fn fold(log: &AuditLog, epoch: u64) -> Result<u64, AuditError> {
    let line = log.append(
        "2023-03-08T10:00:00Z".parse().unwrap(),
        &Actor::engine(),
        Event::EpochFolded { epoch, closed: vec![] },
    )?;
    Ok(entry::decode(&line).unwrap().0.seq)
}

/// The entries of a log of some life: three polls, folds, staff; an hour apart.
pub(super) fn lively(count: u64) -> Store {
    let store = Store::new();
    let log = store.open().unwrap();
    for number in 0..count {
        let poll = PollId::from_bytes([u8::try_from(number % 3).unwrap(); 16]);
        let reference = format!("act {number}");
        let (by, event) = match number % 5 {
            0 => (Actor::staff("o.koval", "organiser"), Event::ConsentGiven { poll, reference }),
            1 => (Actor::staff("i.bondar", "initiator"), Event::ResultRead { poll }),
            2 => (Actor::engine(), Event::EpochFolded { epoch: number, closed: vec![poll] }),
            3 => (Actor::engine(), Event::PollExpired { poll }),
            _ => (Actor::staff("o.koval", "operator"), Event::WrappingKeyRotation { reference }),
        };
        log.append(hour(number), &by, event).unwrap();
    }
    store
}

/// So many hours after the first entry.
pub(super) fn hour(number: u64) -> Timestamp {
    let hours = SignedDuration::from_hours(i64::try_from(number).unwrap());
    "2023-03-08T10:00:00Z".parse::<Timestamp>().unwrap() + hours
}
