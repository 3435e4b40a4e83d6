//! Nothing at rest joins a person with a choice: tried by somebody who holds every raw file and
//! every key that is left.

pub mod attacker;
mod erasure;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::support::home::{SPACE, kill};
use super::support::{Answered, Backend, Home, Staff, order, subject};
use attacker::{Key, Loot, Record, Tag};
use holos::ground::faults::Faults;
use holos::keys::{KeyStore, Slots};
use holos::poll::PollId;
use holos::process::server::Running;

const OPTIONS: usize = 3;

/// An engine, and what the test knows of its voters.
struct Scene {
    home: Home,
    running: Option<Running>,
    polls: Vec<PollId>,
    /// What each voter chose, by poll.
    chosen: BTreeMap<PollId, BTreeMap<u64, usize>>,
}

impl Scene {
    async fn new(polls: &[&str]) -> Self {
        let home = Home::new();
        let running = home.start().await;
        let mut staff = Staff::of(&running.addresses).await;
        let mut ids = Vec::new();
        for reference in polls {
            ids.push(staff.open_new(&order(reference, OPTIONS)).await.parse().unwrap());
        }
        Self { home, running: Some(running), polls: ids, chosen: BTreeMap::new() }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Each voter casts alone and waits for the answer: a round of one, as it comes at night.
    async fn cast(&mut self, poll: usize, issuer: &str, voters: Range<u64>) {
        self.cast_as(poll, issuer, voters, |voter| voter as usize % OPTIONS).await;
    }

    async fn cast_as(
        &mut self,
        poll: usize,
        issuer: &str,
        voters: Range<u64>,
        choose: impl Fn(u64) -> usize,
    ) {
        let poll = self.polls[poll];
        let mut backend = Backend::vouched(&self.running().addresses, issuer).await;
        for voter in voters {
            let ballot = Backend::ballot(voter, choose(voter));
            assert_eq!(backend.cast(&poll.to_string(), ballot).await.unwrap(), Answered::Counted);
            self.chosen.entry(poll).or_default().insert(voter, choose(voter));
        }
    }

    async fn fold(&self) {
        self.running().engine().counting.fold().await.unwrap();
    }

    async fn kill(&mut self) {
        kill(self.running.take().unwrap()).await;
    }

    async fn start(&mut self) {
        self.running = Some(self.home.start().await);
    }

    fn poll_ids(&self) -> Vec<[u8; 16]> {
        self.polls.iter().map(|poll| *poll.as_bytes()).collect()
    }

    /// The keys that exist at this moment.
    fn keys(&self) -> Vec<Key> {
        attacker::keys(&self.home.config.wrapping_key_file(), &self.home.data().join("keys"))
    }

    /// What keys open in a folder.
    fn loot(&self, folder: &Path, keys: &[Key]) -> Loot {
        attacker::open(&all_records(folder), keys, &self.poll_ids())
    }

    /// The tags of voters, made a second time from what is written about them.
    fn tags(&self, poll: usize, voters: Range<u64>) -> BTreeSet<Tag> {
        let poll = self.polls[poll];
        let key = self.key_store().poll_keys(poll).unwrap().tag;
        voters.map(|voter| tag(key.expose(), poll, &subject(voter))).collect()
    }

    /// How many of these voters chose each option.
    fn sums(&self, poll: usize, voters: &[Range<u64>]) -> Vec<u64> {
        let mut cells = vec![0; OPTIONS];
        for voter in voters.iter().cloned().flatten() {
            cells[self.chosen[&self.polls[poll]][&voter]] += 1;
        }
        cells
    }

    fn key_store(&self) -> KeyStore {
        KeyStore::inspect(&self.home.data().join("keys"), &*self.home.provider()).unwrap()
    }

    /// What a backup takes: everything but the keys.
    fn copy(&self, name: &str) -> PathBuf {
        let (data, copy) = (self.home.data(), self.home.path().join(name));
        for (path, bytes) in attacker::files(&data) {
            let path = path.strip_prefix(&data).unwrap();
            if !path.starts_with("keys") {
                fs::create_dir_all(copy.join(path).parent().unwrap()).unwrap();
                fs::write(copy.join(path), bytes).unwrap();
            }
        }
        copy
    }
}

pub fn tag(key: &Key, poll: PollId, subject: &[u8]) -> Tag {
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
    let mut input = b"holos v1 tag".to_vec();
    input.extend_from_slice(poll.as_bytes());
    input.push(length(SPACE.as_bytes()));
    input.extend_from_slice(SPACE.as_bytes());
    let poll_key = blake3::keyed_hash(key, &input);
    let voter = [&[1, length(subject)], subject].concat();
    *blake3::keyed_hash(poll_key.as_bytes(), &voter).as_bytes().first_chunk().unwrap()
}

fn all_records(folder: &Path) -> BTreeSet<Record> {
    attacker::files(folder).values().flat_map(|bytes| attacker::records(bytes)).collect()
}

fn records_in(folder: &Path, suffix: &str) -> usize {
    let files = attacker::files(folder);
    let files = files.iter().filter(|(path, _)| path.extension().is_some_and(|at| at == suffix));
    files.map(|(_, bytes)| attacker::records(bytes).len()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fold_the_disk_and_its_keys_tell_every_voters_choice() {
    let mut scene = Scene::new(&["control"]).await;
    scene.cast(0, "app", 0..24).await;
    scene.kill().await;

    let loot = scene.loot(&scene.home.data(), &scene.keys());
    let key = scene.key_store().poll_keys(scene.polls[0]).unwrap().tag;
    let choices = &scene.chosen[&scene.polls[0]];
    let expected = choices
        .iter()
        .map(|(voter, option)| (tag(key.expose(), scene.polls[0], &subject(*voter)), *option));
    assert!(loot.choices() == expected.collect(), "the search finds what is there to be found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attacker_holds_every_key_that_the_engine_holds() {
    let mut scene = Scene::new(&["one", "two"]).await;
    scene.cast(0, "app", 0..12).await;
    scene.fold().await;
    scene.kill().await;
    let keys = scene.keys();
    let store = scene.key_store();
    let (slots, root) = (store.slots_path(), store.wrapping());
    let (_, epoch_keys) = Slots::open(&slots, root, Faults::none()).unwrap();
    assert_eq!(epoch_keys.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [2]);
    let poll_keys = scene.polls.iter().map(|poll| store.poll_keys(*poll).unwrap());
    let mut held: Vec<Key> =
        poll_keys.flat_map(|keys| [*keys.tag.expose(), *keys.data.expose()]).collect();
    held.extend(epoch_keys.iter().map(|(_, key)| *key.expose()));
    held.push(store.signing_key().to_bytes());
    assert!(held.iter().all(|key| keys.contains(key)));
}

/// Two issuers, a quiet poll, a restart between journal and fold (so that the journal lies in a
/// table and in a log), three folds; then the same after the close.
#[tokio::test(flavor = "multi_thread")]
async fn after_folds_no_key_that_is_left_joins_a_voter_with_a_choice_or_opens_earlier_totals() {
    let mut scene = Scene::new(&["busy", "quiet"]).await;
    scene.cast(0, "app", 0..20).await;
    scene.kill().await;
    scene.start().await;
    scene.cast(0, "mirror", 20..32).await;
    let mut keys_in_time = scene.keys();
    let first = scene.copy("first");
    scene.fold().await;
    scene.cast(0, "app", 32..50).await;
    keys_in_time.extend(scene.keys());
    scene.fold().await;
    scene.cast(0, "app", 50..70).await;
    scene.cast(1, "app", 0..4).await;
    keys_in_time.extend(scene.keys());
    let second = scene.copy("second");
    scene.fold().await;
    scene.kill().await;

    let data = scene.home.data();
    assert!(records_in(&data, "sst") >= 20 && records_in(&data, "log") >= 42, "both are searched");
    let (app, mirror) = ([0..20, 32..50, 50..70], [20..32]);
    let current = BTreeSet::from([scene.sums(0, &app), scene.sums(0, &mirror)]);
    let (busy, quiet) = (scene.tags(0, 0..70), scene.tags(1, 0..4));

    let loot = scene.loot(&data, &scene.keys());
    assert!(loot.joined() == quiet, "only those who wait for a crowd to hide in");
    assert!(loot.sums == current, "{:?} opened, {current:?} is current", loot.sums);
    assert!(loot.tags.is_superset(&busy), "the keys do open what is left to open");

    // A copy from before a fold, with the keys of after it, the rings' too: no joint, and no totals
    // but those that still hold.
    let keys: Vec<_> = loot.keys.into_iter().collect();
    let loot = scene.loot(&first, &keys);
    assert!(loot.joints.is_empty() && loot.sums.is_empty());
    let loot = scene.loot(&second, &keys);
    assert!(loot.joints.is_empty() && loot.sums == BTreeSet::from([scene.sums(0, &mirror)]));

    // The control: it is the destroyed keys that protect, not the place or the form of what they
    // sealed.
    let loot = scene.loot(&data, &keys_in_time);
    assert!(loot.joined().is_superset(&busy));
    assert_eq!(loot.choices().len(), 74, "each alone beside a choice");
    for earlier in [&app[..1], &app[..2]] {
        assert!(loot.sums.contains(&scene.sums(0, earlier)), "earlier totals");
    }

    scene.start().await;
    let mut staff = Staff::of(&scene.running().addresses).await;
    for poll in &scene.polls {
        staff.close(&poll.to_string()).await.unwrap();
    }
    scene.kill().await;
    let loot = scene.loot(&data, &scene.keys());
    assert!(loot.joints.is_empty(), "the quiet ones are folded too");
    assert!(loot.sums.is_subset(&(&current | &BTreeSet::from([scene.sums(1, &[0..4])]))));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tag_and_no_key_stands_in_any_file_in_the_clear() {
    let mut scene = Scene::new(&["clear"]).await;
    scene.cast(0, "app", 0..15).await;
    scene.fold().await;
    scene.cast(0, "app", 15..18).await;
    scene.kill().await;
    scene.start().await;
    scene.kill().await;
    let tags = scene.tags(0, 0..18);
    let halves = scene.keys().into_iter().map(|key| *key.first_chunk::<16>().unwrap());
    let secrets: BTreeSet<[u8; 16]> = tags.into_iter().chain(halves).collect();
    let stands = |bytes: &[u8]| bytes.array_windows().any(|window| secrets.contains(window));
    for (path, bytes) in attacker::files(&scene.home.data()) {
        assert!(!stands(&bytes), "{}", path.display());
        let mut planted = bytes;
        planted.extend_from_slice(secrets.first().unwrap());
        assert!(stands(&planted), "the search finds what is planted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lengths_of_sealed_records_do_not_depend_on_the_choices() {
    let mut lengths = Vec::new();
    for shift in [0, 1] {
        let mut scene = Scene::new(&["lengths"]).await;
        let choose = |voter: u64| (voter * voter + shift) as usize % OPTIONS;
        scene.cast_as(0, "app", 0..14, choose).await;
        scene.fold().await;
        scene.cast_as(0, "app", 14..19, choose).await;
        scene.fold().await;
        scene.cast_as(0, "mirror", 19..32, choose).await;
        scene.kill().await;
        let mut found: Vec<_> = all_records(&scene.home.data()).iter().map(Record::len).collect();
        found.sort_unstable();
        assert!(found.len() >= 32, "a record a round at least");
        lengths.push(found);
    }
    assert_eq!(lengths[0], lengths[1]);
}
