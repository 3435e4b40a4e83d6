//! The public log: what it holds after each step, and what a start and the auditor refuse.

use std::fs;
use std::path::PathBuf;

use holos::fsck::Check;
use holos::ground::faults::{Fault, Point};
use holos::poll::Phase;
use holos::process::server::StartError;
use holos::publog::{FOLDER, Said};
use holos_tlog::{Verified, verify_consistency_in, verify_folder};
use holos_wire::proto::CloseReason;

use super::super::support::folder::{copy, put_back};
use super::super::support::home::kill;
use super::*;

fn folder(home: &Home) -> PathBuf {
    home.data().join("log").join(FOLDER)
}

/// The log's files as anybody can check them.
fn verified(world: &World) -> Verified {
    verify_folder(&folder(&world.home), &world.log_key()).unwrap()
}

/// What the log says, as words.
fn told_to_all(world: &World) -> Vec<String> {
    let word = |entry: Vec<u8>| {
        let entry: PublicEntry = serde_json::from_slice(&entry).unwrap();
        match entry.said {
            Said::Definition { .. } => "definition".to_owned(),
            Said::Release { release, .. } => format!("release {release}"),
            Said::Erasure { .. } => "erasure".to_owned(),
        }
    };
    verified(world).entries.into_iter().map(word).collect()
}

fn findings(home: &Home) -> Vec<Check> {
    home.findings().into_iter().map(|finding| finding.check).collect()
}

async fn refusal(home: &Home, clock: Clock) -> StartError {
    match home.try_start(clock, Faults::none()).await {
        Ok(_) => panic!("the engine starts"),
        Err(why) => why,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_its_releases_and_its_erasure_are_told_to_everybody() {
    let mut world = world().await;
    assert!(told_to_all(&world).is_empty());
    let order = careful(&world, "told");
    let filed = world.staff.create(&order).await.unwrap().id;
    assert!(told_to_all(&world).is_empty(), "an order is not public before it opens");
    let poll = world.staff.open(&filed).await.unwrap().id;
    assert_eq!(told_to_all(&world), ["definition"]);
    let older = world.running.engine().public.log_checkpoint();
    let definition = world.running.engine().poll(poll.parse().unwrap()).unwrap();
    let definition = PublicEntry::definition(&definition).canonical_json();
    assert_eq!(verified(&world).entries, [definition]);

    world.count(&poll, 0..40).await;
    world.folded_by_mirror(&poll, 100..130).await;
    world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
    assert_eq!(told_to_all(&world), ["definition", "release 1"]);
    assert_eq!(world.place(&poll, 1).await.index, 1);
    world.excise(&poll, "mirror", "vouched").await;
    assert_eq!(told_to_all(&world), ["definition", "release 1", "release 2"]);
    world.erase(&poll).await.unwrap();
    let all = ["definition", "release 1", "release 2", "erasure"];
    assert_eq!(told_to_all(&world), all);
    for release in [1, 2] {
        let place = world.place(&poll, release).await;
        assert_eq!((place.index, place.size), (u64::from(release), 4));
    }
    let newest = world.running.engine().public.log_checkpoint();
    world = world.again().await;
    assert_eq!(world.running.engine().public.log_checkpoint(), newest);
    assert_eq!(told_to_all(&world), all);
    let folder = folder(&world.home);
    let (older, newest) = (older.as_bytes(), newest.as_bytes());
    verify_consistency_in(older, newest, &folder, &world.log_key()).unwrap();
    assert_eq!(world.entries("public_log_grown").await.len(), 4);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_put_back_to_an_older_copy_is_refused() {
    let mut world = world().await;
    world.open_poll("older").await;
    let aside = world.home.path().join("aside");
    copy(&folder(&world.home), &aside);
    world.open_poll("newer").await;
    let World { home, clock, running, .. } = world;
    kill(running).await;
    put_back(&aside, &folder(&home));
    assert!(findings(&home).contains(&Check::PublicLog));
    let why = refusal(&home, clock.clone()).await;
    assert!(matches!(why, StartError::PublicLog(PublicLogError::RolledBack)), "{why:?}");
    fs::remove_dir_all(folder(&home)).unwrap();
    assert!(findings(&home).contains(&Check::PublicLog));
    let why = refusal(&home, clock).await;
    assert!(matches!(why, StartError::PublicLog(PublicLogError::RolledBack)), "{why:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_of_the_log_is_found_and_refused() {
    let mut world = world().await;
    world.open_poll("changed").await;
    let World { home, clock, running, .. } = world;
    running.shutdown().await;
    home.assert_sound();
    let mut files = Vec::new();
    let mut folders = vec![folder(&home)];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() >= 3, "a checkpoint, a tile of hashes, a bundle of entries: {files:?}");
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let mut changed = bytes.clone();
        let last = changed.len() - 2;
        changed[last] ^= 1;
        fs::write(&file, &changed).unwrap();
        assert!(findings(&home).contains(&Check::PublicLog), "{file:?}");
        let why = refusal(&home, clock.clone()).await;
        assert!(matches!(why, StartError::PublicLog(_)), "{file:?}: {why:?}");
        fs::write(&file, bytes).unwrap();
    }
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_kept_from_the_log_is_added_by_the_restart() {
    for (point, fault) in [
        (Point::PublicEntries, Fault::Lost),
        (Point::PublicEntries, Fault::Persisted),
        (Point::PublicCheckpoint, Fault::Lost),
        (Point::PublicCheckpoint, Fault::Persisted),
    ] {
        // Passed at the opening, and at the release.
        for pass in [0, 1] {
            println!("{fault:?} at pass {pass} through {point:?}");
            let (mut world, faults) = failing().await;
            let order = careful(&world, "cut-off");
            let poll = world.staff.create(&order).await.unwrap().id;
            faults.arm(point, fault, pass);
            let opened = world.staff.open(&poll).await;
            assert_eq!(opened.is_ok(), pass == 1);
            if pass == 1 {
                world.count(&poll, 0..40).await;
                world.end_early(&poll, CloseReason::TechnicalError).await.unwrap_err();
            }
            world.running.fatal().await;
            world = world.again().await;
            if pass == 0 {
                assert_eq!(world.phase(&poll), Phase::Open);
                assert_eq!(told_to_all(&world), ["definition"]);
                world.count(&poll, 0..40).await;
                world.end_early(&poll, CloseReason::TechnicalError).await.unwrap();
            }
            assert_eq!(world.staff.results(&poll).await.unwrap().total, 40);
            assert_eq!(told_to_all(&world), ["definition", "release 1"]);
            world.end().await;
        }
    }
}
