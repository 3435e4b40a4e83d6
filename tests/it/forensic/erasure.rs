//! After an erasure nobody can tell who took part: tried by somebody who has the raw folder,
//! backups from before and after with their key files, every key that is left, and the list of all
//! voters.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::super::support::home::{SPACE, kill};
use super::super::support::people::Custodian;
use super::super::support::subject;
use super::attacker::{self, Key, Tag};
use super::{Scene, all_records, tag};
use crate::support::{Backend, Staff, reason_of};
use holos::poll::PollId;
use holos_wire::proto::PollPhase;

/// Who of these voters took part in the poll, as far as the folders tell whoever has the keys in
/// this file.
fn participants(
    scene: &Scene,
    folders: &[PathBuf],
    wrapping_key_file: &Path,
    poll: PollId,
    voters: Range<u64>,
) -> BTreeSet<u64> {
    let open = |folder: &PathBuf| attacker::keys(wrapping_key_file, folder);
    let keys: Vec<Key> = folders.iter().flat_map(open).collect();
    let records = folders.iter().flat_map(|folder| all_records(folder)).collect();
    let loot = attacker::open(&records, &keys, &scene.poll_ids());
    let known: BTreeSet<Tag> = loot.tags.union(&loot.joined()).copied().collect();
    let took_part = |voter: &u64| {
        let subject = subject(*voter);
        loot.keys.iter().any(|key| known.contains(&tag(key, poll, &subject)))
    };
    voters.filter(took_part).collect()
}

/// What a backup takes, the key files too: the worst one there can be.
fn copy_all(scene: &Scene, name: &str) -> PathBuf {
    let (data, copy) = (scene.home.data(), scene.home.path().join(name));
    for (path, bytes) in attacker::files(&data) {
        let path = copy.join(path.strip_prefix(&data).unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_erasure_no_copy_and_no_key_that_is_left_yields_a_participant() {
    let mut scene = Scene::new(&["erased", "living"]).await;
    let [erased, living] = [scene.polls[0], scene.polls[1]];
    scene.cast(0, "app", 0..30).await;
    scene.cast(1, "app", 10..40).await;
    scene.fold().await;
    let mut copies = vec![copy_all(&scene, "while-open")];
    scene.cast(0, "mirror", 30..45).await;
    let mut staff = Staff::of(&scene.running().addresses).await;
    staff.close(&erased.to_string()).await.unwrap();
    copies.push(copy_all(&scene, "after-close"));
    let old_key = scene.home.path().join("old-wrapping.key");
    fs::copy(scene.home.config.wrapping_key_file(), &old_key).unwrap();
    fs::set_permissions(&old_key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();

    let mut custodian = Custodian::of(&scene.running().addresses).await;
    let (poll, record) = custodian.erase(&erased.to_string()).await.unwrap();
    assert_eq!(poll.phase(), PollPhase::Erased);
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["event"]["kind"], "poll_erased");
    assert_eq!(record["event"]["ground"], "COURT_ORDER");
    let published = staff.results(&erased.to_string()).await.unwrap().publication;
    let hash = blake3::hash(&published).to_hex().to_string();
    assert_eq!(record["event"]["publication_hash"], hash.as_str());
    copies.push(copy_all(&scene, "after-erasure"));
    scene.kill().await;
    copies.push(scene.home.data());

    let key_left = scene.home.config.wrapping_key_file();
    let everybody = 0..60;
    let found = |folders: &[PathBuf], key: &Path, poll| {
        participants(&scene, folders, key, poll, everybody.clone())
    };
    assert!(found(&copies, &key_left, erased).is_empty(), "the erased poll has no participants");
    assert!(found(&copies, &key_left, living) == (10..40).collect(), "and the attack does work");

    // The controls: the key that was destroyed is what protects, and what the folder holds now is
    // clean even of it.
    assert!(found(&copies, &old_key, erased) == (0..45).collect(), "everybody, with the old key");
    assert!(found(&copies[2..], &old_key, erased).is_empty(), "nothing is left to open");

    // The engine lives on with what survives.
    scene.start().await;
    scene.home_is_served(living, erased).await;
}

impl Scene {
    async fn home_is_served(&mut self, living: PollId, erased: PollId) {
        let mut app = Backend::vouched(&self.running().addresses, "app").await;
        let known = app.cast(&living.to_string(), Backend::ballot(10, 0)).await.unwrap();
        assert_eq!(known, crate::support::Answered::AlreadyCounted);
        let status = app.cast(&erased.to_string(), Backend::ballot(0, 0)).await.unwrap_err();
        assert_eq!(reason_of(&status), "POLL_CLOSED", "whether or not one took part");
        let mut staff = Staff::of(&self.running().addresses).await;
        assert_eq!(staff.counts(&erased.to_string()).await.iter().sum::<u64>(), 45);
        kill(self.running.take().unwrap()).await;
        self.home.assert_sound();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tags_of_one_poll_say_nothing_about_another() {
    let mut scene = Scene::new(&["one", "two"]).await;
    for poll in [0, 1] {
        scene.cast(poll, "app", 0..64).await;
    }
    scene.fold().await;
    scene.kill().await;
    let (one, two) = (scene.tags(0, 0..64), scene.tags(1, 0..64));
    assert!(one.is_disjoint(&two), "no tag is in both");
    // Nor does the order: the place of a person among the tags of one poll says nothing about the
    // place in the other. Under chance the sum of products is near zero.
    let place = |tags: &BTreeSet<Tag>, poll: usize, voter: u64| {
        let own = scene.tags(poll, voter..voter + 1).pop_first().unwrap();
        tags.iter().position(|tag| *tag == own).unwrap() as f64 - 31.5
    };
    let product = |voter| place(&one, 0, voter) * place(&two, 1, voter);
    let correlation: f64 = (0..64).map(product).sum::<f64>() / (64.0 * (64.0 * 64.0 - 1.0) / 12.0);
    // Six standard deviations of 64 pairs.
    assert!(correlation.abs() < 0.75, "correlation {correlation}");
    // The key of one poll opens no block of the other and makes none of its tags.
    let key = scene.key_store().poll_keys(scene.polls[0]).unwrap();
    let crossed = (0..64).map(|voter| tag(key.tag.expose(), scene.polls[1], &subject(voter)));
    assert!(crossed.collect::<BTreeSet<_>>().is_disjoint(&two));
    let loot = scene.loot(&scene.home.data(), &[*key.data.expose()]);
    assert!(loot.tags.is_subset(&one) && !loot.tags.is_empty());
}

/// Somebody steals the whole data folder, key store included, but not the wrapping key, and has
/// guesses for everybody.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_wrapping_key_no_guess_can_be_tested() {
    let mut scene = Scene::new(&["stolen"]).await;
    scene.cast(0, "app", 0..40).await;
    scene.fold().await;
    scene.cast(0, "app", 40..45).await;
    scene.kill().await;
    let poll = scene.polls[0];
    let guesses = || (0..100_000).map(subject);
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
    // Every way to hash a guess without a key of the engine: none, and keys that are all zeros.
    let plain = |guess: &[u8]| *blake3::hash(guess).as_bytes().first_chunk::<16>().unwrap();
    let context =
        [&b"holos v1 tag"[..], poll.as_bytes(), &[length(SPACE.as_bytes())], SPACE.as_bytes()]
            .concat();
    let unkeyed = |guess: &[u8]| {
        let voter = [&[1, length(guess)], guess].concat();
        plain(&[&context[..], &voter].concat())
    };
    let mut hashes: std::collections::HashSet<Tag> = std::collections::HashSet::new();
    for guess in guesses() {
        hashes.extend([plain(&guess), unkeyed(&guess), tag(&[0; 32], poll, &guess)]);
        hashes.insert(guess.first_chunk::<16>().copied().unwrap());
    }
    let tested = |bytes: &[u8]| {
        bytes.array_windows::<16>().filter(|window| hashes.contains(*window)).count()
    };
    let mut bytes_tried = 0;
    for (path, bytes) in attacker::files(&scene.home.data()) {
        bytes_tried += bytes.len();
        assert_eq!(tested(&bytes), 0, "{}", path.display());
    }
    assert!(bytes_tried > 10_000, "there was something to try");
    // The control: an engine that hashed without a key would give everybody away.
    let naive: Vec<u8> = (0..45).flat_map(|voter| unkeyed(&subject(voter))).collect();
    assert_eq!(tested(&naive), 45);
}
