//! The independent auditor: recounts everything from what is stored and believes no counter of the
//! engine.
//!
//! It shares the schema and the encodings with the ledger and none of its logic: no fold, no
//! recovery, no index. It writes nothing. A report names checks, polls and what does not hold, and
//! never a count: fsck is a way out like any other, and the totals of an open poll must not leave
//! by it.

mod cuts;
mod outside;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::ground::faults::Faults;
use crate::keys::{KeyEncryption, KeyError, KeyStore, SealKey, Secret, Slots, SlotsError};
use crate::poll::{Phase, Poll, PollId};
use crate::publog::PublicEntry;
use crate::store::{DataFolder, Family, OpenError, Store, StoreError};
use crate::tally::{GroupId, Joint, Sums, Tag};

/// What is checked, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Every row belongs to a known family.
    Rows,
    /// The epoch keys fit how far the ledger is folded.
    EpochKeys,
    /// Every opened poll has its keys, and none has keys that is not opened.
    PollKeys,
    /// Ring and vectors are each other's: same groups, every vector opens.
    Vectors,
    /// Every tag block opens; tags ascend; no tag stands twice in a poll.
    Tags,
    /// Journal and carried records open, are complete and of living epochs.
    Journal,
    /// A group's ballots, its tags and the sum of each question agree.
    Counts,
    /// What was shown of each poll, and what waits to be, opens and fits the poll's ballots.
    Cuts,
    /// Publications stand exactly where the phase says, hold, and state the recounted totals.
    Publications,
    /// The audit log's chain, signatures and head hold, and it knows the last folded epoch.
    AuditLog,
    /// The public log's tree and checkpoint hold, and it has every definition, release and erasure.
    PublicLog,
}

impl Check {
    /// Every check.
    pub const ALL: [Self; 11] = [
        Self::Rows,
        Self::EpochKeys,
        Self::PollKeys,
        Self::Vectors,
        Self::Tags,
        Self::Journal,
        Self::Counts,
        Self::Cuts,
        Self::Publications,
        Self::AuditLog,
        Self::PublicLog,
    ];
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check that found it.
    pub check: Check,
    /// The poll, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollId>,
    /// What does not hold.
    pub what: String,
}

/// Why the audit cannot be made at all.
#[derive(Debug, thiserror::Error)]
pub enum FsckError {
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The epoch keys cannot be read.
    #[error(transparent)]
    Slots(#[from] SlotsError),
}

/// Audits a data folder that no engine uses. An empty list: all checks hold.
///
/// # Errors
///
/// When the folder cannot be read as a store at all.
pub fn audit(
    folder: &DataFolder,
    keys: Option<&Path>,
    provider: &dyn KeyEncryption,
) -> Result<Vec<Finding>, FsckError> {
    let keys = keys.map_or_else(|| folder.keys(), PathBuf::from);
    let store = Store::open_read_only(&folder.database())?;
    let key_store = KeyStore::inspect(&keys, provider)?;
    // Opening writes nothing; only the engine rewrites and erases.
    let (path, root) = (key_store.slots_path(), key_store.wrapping());
    let (_, epoch_keys) = Slots::open(&path, root, Faults::none())?;
    let polls = store.polls()?;
    let mut auditor = Auditor {
        folded_through: store.folded_through()?,
        epoch_keys: epoch_keys.into_iter().collect(),
        polls: polls.into_iter().map(|poll| (poll.id(), poll)).collect(),
        keys: key_store,
        logs: folder.logs(),
        store,
        data_keys: HashMap::new(),
        vectors: BTreeMap::new(),
        cut_keys: Vec::new(),
        block_tags: BTreeMap::new(),
        seen: HashMap::new(),
        logged: Vec::new(),
        public_log_told: None,
        findings: Vec::new(),
    };
    auditor.rows()?;
    auditor.epoch_keys();
    auditor.poll_keys()?;
    auditor.vectors()?;
    auditor.tags()?;
    auditor.carried()?;
    auditor.journal()?;
    auditor.counts();
    auditor.cuts()?;
    auditor.publications()?;
    auditor.audit_log();
    auditor.public_log();
    Ok(auditor.findings)
}

struct Auditor {
    store: Store,
    keys: KeyStore,
    logs: PathBuf,
    folded_through: u64,
    epoch_keys: BTreeMap<u64, Secret<32>>,
    polls: BTreeMap<PollId, Poll>,
    data_keys: HashMap<PollId, SealKey>,
    vectors: BTreeMap<GroupId, Sums>,
    /// Keys of what was shown of polls and what waits.
    cut_keys: Vec<(PollId, Secret<32>)>,
    /// Tags in the blocks of each group.
    block_tags: BTreeMap<GroupId, u64>,
    seen: HashMap<PollId, HashSet<[u8; Tag::LEN]>>,
    /// What the public log must hold, and of which poll.
    logged: Vec<(PublicEntry, Option<PollId>)>,
    /// Size and root of the public log, as the audit log tells them.
    public_log_told: Option<(u64, crate::audit::Hash)>,
    findings: Vec<Finding>,
}

impl Auditor {
    fn found(&mut self, check: Check, poll: Option<PollId>, what: impl Into<String>) {
        self.findings.push(Finding { check, poll, what: what.into() });
    }

    fn rows(&mut self) -> Result<(), FsckError> {
        if self.store.unknown_rows()? > 0 {
            self.found(Check::Rows, None, "rows of an unknown family");
        }
        Ok(())
    }

    fn epoch_key(&self, epoch: u64) -> Option<SealKey> {
        self.epoch_keys.get(&epoch).map(SealKey::new)
    }

    fn epoch_keys(&mut self) {
        let f = self.folded_through;
        let held: BTreeSet<u64> = self.epoch_keys.keys().copied().collect();
        let lawful =
            [BTreeSet::from([f + 1]), BTreeSet::from([f + 1, f + 2]), BTreeSet::from([f, f + 1])];
        if !lawful.contains(&held) {
            self.found(
                Check::EpochKeys,
                None,
                "the slots hold the keys of other epochs than the store needs",
            );
        }
    }

    fn poll_keys(&mut self) -> Result<(), FsckError> {
        let held: BTreeSet<PollId> = self.keys.list()?.into_iter().collect();
        let polls: Vec<_> = self.polls.values().map(|poll| (poll.id(), poll.phase)).collect();
        for (poll, phase) in &polls {
            if !phase.has_keys() {
                if matches!(phase, Phase::Erased | Phase::Expired) && held.contains(poll) {
                    self.found(Check::PollKeys, Some(*poll), "keys of an erased poll");
                }
                continue;
            }
            match self.keys.poll_keys(*poll) {
                Ok(keys) => {
                    self.data_keys.insert(*poll, SealKey::new(&keys.data));
                }
                Err(error) => self.found(Check::PollKeys, Some(*poll), error.to_string()),
            }
        }
        // Keys of an approved poll are what a crash in its opening leaves; keys of no poll are a
        // leftover.
        for poll in held {
            if !polls.iter().any(|(known, _)| *known == poll) {
                self.found(
                    Check::PollKeys,
                    Some(poll),
                    "keys of a poll that the store does not know",
                );
            }
        }
        Ok(())
    }

    fn vectors(&mut self) -> Result<(), FsckError> {
        let Some(key) = self.epoch_key(self.folded_through + 1) else { return Ok(()) };
        let ring = match self.store.ring(&key) {
            Ok(ring) => ring,
            Err(error) if error.is_corruption() => {
                self.found(Check::Vectors, None, error.to_string());
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let mut stored: BTreeSet<GroupId> = self.store.vector_groups()?.into_iter().collect();
        for (group, key) in ring.vectors {
            let poll = Some(group.poll);
            if !stored.remove(&group) {
                self.found(
                    Check::Vectors,
                    poll,
                    "the ring holds the key of a vector that is missing",
                );
                continue;
            }
            match self.store.vector(group, &SealKey::new(&key)) {
                Ok(sums) => {
                    self.vectors.insert(group, sums);
                }
                Err(error) => self.found(Check::Vectors, poll, error.to_string()),
            }
        }
        for group in stored {
            self.found(Check::Vectors, Some(group.poll), "a vector without its key in the ring");
        }
        self.cut_keys = ring.cuts;
        Ok(())
    }

    fn tags(&mut self) -> Result<(), FsckError> {
        let mut found = Vec::new();
        for row in self.store.rows(Family::TagBlock) {
            let row = row?;
            let (group, epoch, _) = row.block_place()?;
            let poll = group.poll;
            if epoch > self.folded_through {
                found.push((poll, "a tag block of an epoch that is not folded".to_owned()));
            }
            let phase = self.polls.get(&poll).map(|poll| poll.phase);
            if phase == Some(Phase::Erasing) {
                // On their way out: their key is destroyed or about to be.
                continue;
            }
            let Some(key) = self.data_keys.get(&poll) else {
                found.push((poll, "a tag block of a poll without keys".to_owned()));
                continue;
            };
            let tags = match row.open_tags(key) {
                Ok(tags) => tags,
                Err(error) => {
                    found.push((poll, error.to_string()));
                    continue;
                }
            };
            if !tags.is_sorted_by(|a, b| a < b) {
                found.push((poll, "the tags of a block do not ascend".to_owned()));
            }
            *self.block_tags.entry(group).or_default() += tags.len() as u64;
            if !add_all(&mut self.seen, poll, &tags) {
                found.push((poll, "a tag stands in two blocks".to_owned()));
            }
        }
        for (poll, what) in found {
            self.found(Check::Tags, Some(poll), what);
        }
        Ok(())
    }

    fn carried(&mut self) -> Result<(), FsckError> {
        let rows: Vec<_> = self.store.rows(Family::Carried).collect::<Result<_, _>>()?;
        for row in rows {
            let epoch = row.carried_epoch()?;
            if epoch != self.folded_through + 1 {
                self.found(Check::Journal, None, "a carried record of another epoch");
                continue;
            }
            let Some(key) = self.epoch_key(epoch) else { continue };
            match row.open_carried(&key) {
                Ok((_, joint)) => self.joint(&joint),
                Err(error) => self.found(Check::Journal, None, error.to_string()),
            }
        }
        Ok(())
    }

    fn journal(&mut self) -> Result<(), FsckError> {
        let rows: Vec<_> = self.store.rows(Family::Journal).collect::<Result<_, _>>()?;
        let mut next: BTreeMap<u64, u64> = BTreeMap::new();
        for row in rows {
            let (epoch, sequence) = row.journal_place()?;
            let expected = next.entry(epoch).or_default();
            if *expected != sequence {
                self.found(Check::Journal, None, "a journal record is missing");
            }
            next.insert(epoch, sequence + 1);
            if epoch != self.folded_through + 1 && epoch != self.folded_through + 2 {
                self.found(Check::Journal, None, "a journal record of another epoch");
                continue;
            }
            let Some(key) = self.epoch_key(epoch) else {
                self.found(Check::Journal, None, "a journal record whose epoch key is gone");
                continue;
            };
            match row.open_round(&key) {
                Ok(round) => round.iter().for_each(|joint| self.joint(joint)),
                Err(error) => self.found(Check::Journal, None, error.to_string()),
            }
        }
        Ok(())
    }

    /// Ballots that are not folded yet.
    fn joint(&mut self, joint: &Joint) {
        let poll = joint.group.poll;
        match self.polls.get(&poll).map(|poll| poll.phase) {
            Some(Phase::Open | Phase::Suspended | Phase::Closing) => {}
            _ => self.found(
                Check::Journal,
                Some(poll),
                "ballots waiting for a poll that is not open",
            ),
        }
        if joint.sums.ballots != joint.tags.len() as u64 {
            self.found(Check::Counts, Some(poll), "a joint's ballots and tags differ");
        }
        self.sums(poll, &joint.sums);
        if !add_all(&mut self.seen, poll, &joint.tags) {
            self.found(Check::Tags, Some(poll), "a tag is counted twice");
        }
    }

    fn sums(&mut self, poll: PollId, sums: &Sums) {
        let Some(definition) = self.polls.get(&poll).map(|poll| Arc::clone(&poll.definition))
        else {
            return self.found(
                Check::Counts,
                Some(poll),
                "sums of a poll that the store does not know",
            );
        };
        let layout = definition.layout();
        if sums.cells.len() != layout.len() {
            return self.found(Check::Counts, Some(poll), "sums of another length than the poll's");
        }
        for cells in layout.questions() {
            let answers =
                sums.cells[cells].iter().try_fold(0_u64, |sum, cell| sum.checked_add(*cell));
            if answers != Some(sums.ballots) {
                self.found(
                    Check::Counts,
                    Some(poll),
                    "a question's answers and the ballots differ",
                );
            }
        }
    }

    /// Folded groups. A group merged at the close has blocks and no vector: those blocks together
    /// are the rest's. An erased poll has sums and no tags to compare them with.
    fn counts(&mut self) {
        let vectors = std::mem::take(&mut self.vectors);
        let erased = self.polls.values().filter(|poll| poll.erasure.is_some());
        let tagless: BTreeSet<PollId> = erased.map(Poll::id).collect();
        let mut blocks = self.block_tags.clone();
        let mut rest: BTreeMap<PollId, u64> = BTreeMap::new();
        for (group, sums) in &vectors {
            self.sums(group.poll, sums);
            if tagless.contains(&group.poll) {
                continue;
            }
            if group.issuer_key == crate::poll::IssuerKeyId::REST {
                rest.insert(group.poll, sums.ballots);
            } else if blocks.remove(group).unwrap_or(0) != sums.ballots {
                self.found(Check::Counts, Some(group.poll), "a group's ballots and tags differ");
            }
        }
        let mut merged: BTreeMap<PollId, u64> = BTreeMap::new();
        for (group, tags) in blocks {
            *merged.entry(group.poll).or_default() += tags;
        }
        if merged != rest {
            self.found(
                Check::Counts,
                None,
                "the ballots and tags of a poll's merged groups differ",
            );
        }
        self.vectors = vectors;
    }
}

fn add_all(
    seen: &mut HashMap<PollId, HashSet<[u8; Tag::LEN]>>,
    poll: PollId,
    tags: &[Tag],
) -> bool {
    let seen = seen.entry(poll).or_default();
    let before = seen.len();
    seen.extend(tags.iter().map(|tag| *tag.as_bytes()));
    seen.len() - before == tags.len()
}
