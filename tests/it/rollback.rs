//! What a start refuses, each with its own answer: data put back from another time, damaged data,
//! folders of others.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use holos::count::ledger::LedgerError;
use holos::fsck::{Check, FsckError, audit};
use holos::ground::clock::Clock;
use holos::ground::faults::Faults;
use holos::keys::{Item, KeyError};
use holos::process::server::StartError;
use holos::store::{DataFolder, FolderError, OpenError};

use super::support::folder::{copy, put_back};
use super::support::home::kill;
use super::support::{Backend, Book, Home, Staff, order};

const OPTIONS: usize = 3;

/// A home with a poll whose first ballots are folded and whose last ones lie in the journal.
async fn lived() -> (Home, String, Book) {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let poll = staff.open_new(&order("lived", OPTIONS)).await;
    let mut book = Book::default();
    for first in (0..60).step_by(20) {
        let ballots: Vec<_> =
            (first..first + 20).map(|voter| (voter, voter as usize % OPTIONS)).collect();
        book.cast(&mut app, &poll, &ballots).await;
        if first == 0 {
            running.engine().counting.fold().await.unwrap();
        }
    }
    kill(running).await;
    (home, poll, book)
}

async fn refusal(home: &Home) -> StartError {
    match home.try_start(Clock::system(), Faults::none()).await {
        Ok(_) => panic!("the engine starts"),
        Err(why) => why,
    }
}

/// What the auditor says, be it a finding or that it cannot read the folder at all.
fn audited(home: &Home) -> Result<BTreeSet<Check>, FsckError> {
    let folder = DataFolder::open_existing(&home.data()).unwrap();
    let findings = audit(&folder, None, &*home.provider())?;
    Ok(findings.into_iter().map(|finding| finding.check).collect())
}

/// The engine goes on for a fold and stops in good order.
async fn go_on(home: &Home) {
    let running = home.start().await;
    running.engine().counting.fold().await.unwrap();
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_beside_todays_keys_is_refused() {
    let (home, ..) = lived().await;
    let (database, aside) = (home.data().join("db"), home.path().join("aside"));
    copy(&database, &aside);
    go_on(&home).await;
    put_back(&aside, &database);
    let why = refusal(&home).await;
    assert!(matches!(why, StartError::Ledger(LedgerError::RolledBack)), "{why:?}");
    assert!(audited(&home).unwrap().contains(&Check::EpochKeys));
}

#[tokio::test(flavor = "multi_thread")]
async fn older_epoch_keys_beside_todays_database_are_refused() {
    let (home, ..) = lived().await;
    let (slots, aside) = (home.data().join("keys/1/slots"), home.path().join("aside"));
    fs::copy(&slots, &aside).unwrap();
    go_on(&home).await;
    fs::copy(&aside, &slots).unwrap();
    let why = refusal(&home).await;
    assert!(matches!(why, StartError::Ledger(LedgerError::RolledBack)), "{why:?}");
    assert!(audited(&home).unwrap().contains(&Check::EpochKeys));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_key_folder_is_refused_and_not_filled() {
    let (home, ..) = lived().await;
    let (keys, wrapping) = (home.data().join("keys"), home.config.wrapping_key_file());
    let key_before = fs::read(&wrapping).unwrap();
    for again in [true, false] {
        fs::remove_dir_all(&keys).unwrap();
        if again {
            fs::create_dir(&keys).unwrap();
        }
        let why = refusal(&home).await;
        let missing = StartError::Keys(KeyError::Missing { item: Item::Folder });
        assert_eq!(format!("{why:?}"), format!("{missing:?}"));
        assert!(!keys.join("1").exists());
        assert_eq!(fs::read(&wrapping).unwrap(), key_before);
        fs::create_dir_all(&keys).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_database_is_refused() {
    let (home, ..) = lived().await;
    fs::remove_dir_all(home.data().join("db")).unwrap();
    let why = refusal(&home).await;
    let emptied = StartError::Ledger(LedgerError::Open(OpenError::Emptied));
    assert_eq!(format!("{why:?}"), format!("{emptied:?}"));
}

fn files(home: &Home, suffix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.data().join("db")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(suffix));
    files.sort();
    files
}

/// Flipped bytes are refused at the start, found by the auditor, or change nothing at all.
async fn assert_rot_is_harmless(suffix: &str) {
    let (home, poll, book) = lived().await;
    if suffix == ".sst" {
        // Opening writes what the log holds to a table.
        kill(home.start().await).await;
    }
    let aside = home.path().join("aside");
    copy(&home.data(), &aside);
    let (mut refused, mut struck) = (0, 0);
    for file in files(&home, suffix) {
        let length = fs::metadata(&file).unwrap().len() as usize;
        for at in (0..8).map(|part| part * length / 8 + length / 16) {
            put_back(&aside, &home.data());
            let mut bytes = fs::read(&file).unwrap();
            let Some(byte) = bytes.get_mut(at) else { continue };
            *byte ^= 0xff;
            fs::write(&file, bytes).unwrap();
            struck += 1;
            let found = audited(&home).map_or(true, |findings| !findings.is_empty());
            let Ok(running) = home.try_start(Clock::system(), Faults::none()).await else {
                refused += 1;
                continue;
            };
            if !found {
                let mut app = Backend::vouched(&running.addresses, "app").await;
                let mut staff = Staff::of(&running.addresses).await;
                let mut book = book.clone();
                book.replay(&mut app, &poll, OPTIONS).await;
                staff.close(&poll).await.unwrap();
                assert_eq!(
                    staff.counts(&poll).await,
                    book.totals(OPTIONS),
                    "byte {at} of {file:?}"
                );
            }
            kill(running).await;
        }
    }
    println!("{suffix}: {struck} struck, {refused} refused");
    assert!(struck > 0 && refused > 0, "{suffix}: {struck} struck, {refused} refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn rot_in_the_write_ahead_log_never_changes_a_total() {
    assert_rot_is_harmless(".log").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rot_in_a_table_never_changes_a_total() {
    assert_rot_is_harmless(".sst").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_marked_as_damaged_is_not_served() {
    let (home, ..) = lived().await;
    fs::write(home.data().join("CORRUPT"), "a TagBlock record does not open\n").unwrap();
    let why = refusal(&home).await;
    assert!(matches!(why, StartError::Folder(FolderError::MarkedCorrupt)), "{why:?}");
    home.assert_sound();
    fs::remove_file(home.data().join("CORRUPT")).unwrap();
    go_on(&home).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_use_is_refused_and_its_engine_goes_on() {
    let home = Home::new();
    let running = home.start().await;
    let why = refusal(&home).await;
    assert!(matches!(why, StartError::Folder(FolderError::InUse)), "{why:?}");
    let in_use = DataFolder::open_existing(&home.data()).unwrap_err();
    assert!(matches!(in_use, FolderError::InUse), "the auditor too: {in_use:?}");
    let mut staff = Staff::of(&running.addresses).await;
    staff.open_new(&order("goes-on", OPTIONS)).await;
    running.shutdown().await;
    home.assert_sound();
}

/// The database without the engine: rows are changed behind its back.
fn meddle(home: &Home, change: impl FnOnce(&rocksdb::DB)) {
    let database = rocksdb::DB::open_default(home.data().join("db")).unwrap();
    change(&database);
    database.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_taken_out_of_the_journal_is_missed() {
    let (home, ..) = lived().await;
    meddle(&home, |database| {
        let rows = database.iterator(rocksdb::IteratorMode::Start).map(|row| row.unwrap().0);
        let journal: Vec<_> = rows.filter(|key| key[0] == 0x10).collect();
        assert_eq!(journal.len(), 2, "two rounds since the fold");
        database.delete(&journal[0]).unwrap();
    });
    let why = refusal(&home).await;
    assert!(matches!(why, StartError::Ledger(LedgerError::Inconsistent(_))), "{why:?}");
    assert!(audited(&home).unwrap().contains(&Check::Journal));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_another_format_version_is_refused_by_its_number() {
    let (home, ..) = lived().await;
    meddle(&home, |database| database.put([0x01], 7_u32.to_le_bytes()).unwrap());
    let why = refusal(&home).await;
    let other = |why: &OpenError| matches!(why, OpenError::Format { found: 7 });
    assert!(matches!(why, StartError::Ledger(LedgerError::Open(ref why)) if other(why)));
    assert!(matches!(audited(&home), Err(FsckError::Open(ref why)) if other(why)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_somebody_else_is_refused() {
    let (home, ..) = lived().await;
    meddle(&home, |database| database.delete([0x01]).unwrap());
    let why = refusal(&home).await;
    assert!(matches!(why, StartError::Ledger(LedgerError::Open(OpenError::Foreign))), "{why:?}");
}
