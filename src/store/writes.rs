//! Rows that go to disk together, or not at all.

use super::codec;
use super::cuts;
use super::keys::{self, Family, Register};
use crate::ground::random;
use crate::keys::{SealKey, Secret};
use crate::poll::{Poll, PollId, Revocation};
use crate::tally::{Cuts, GroupId, Joint, Sums, Tag};

/// Tags in one block at most: a block is sealed and read as a whole, and 64 Ki tags are 1 MiB.
pub(super) const BLOCK_TAGS_MAX: usize = 65_536;

/// Rows to write in one atomic, synced batch. Everything in it that could join or count is sealed
/// here.
#[derive(Default)]
pub struct Writes {
    pub(super) changes: Vec<Change>,
}

/// One change of a row: its key and, sealed where it must be, its value.
pub(super) enum Change {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    /// From the first key to below the second.
    DeleteRange(Vec<u8>, Vec<u8>),
}

impl Writes {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// One round's ballots, under the epoch's key.
    pub fn journal(&mut self, epoch: u64, sequence: u64, key: &SealKey, joints: &[Joint]) {
        let plain = codec::encode_round(joints);
        self.put_sealed(&keys::journal(epoch, sequence), key, &plain);
    }

    /// A quiet group's joint, under the key of the epoch it is carried into.
    pub fn carried(&mut self, epoch: u64, key: &SealKey, since_ms: i64, joint: &Joint) {
        let plain = codec::encode_carried(since_ms, joint);
        self.put_sealed(&keys::carried(epoch, joint.group), key, &plain);
    }

    /// A group's newly folded tags, ascending, under the poll's data key.
    pub fn tag_blocks(&mut self, group: GroupId, epoch: u64, key: &SealKey, tags: &[Tag]) {
        for (chunk, tags) in tags.chunks(BLOCK_TAGS_MAX).enumerate() {
            let mut plain = Vec::with_capacity(tags.len() * Tag::LEN);
            codec::encode_tags(tags, &mut plain);
            let chunk = u32::try_from(chunk).expect("an epoch is bounded");
            self.put_sealed(&keys::tag_block(group, epoch, chunk), key, &plain);
        }
    }

    /// A group's sums, under its ring key.
    pub fn vector(&mut self, group: GroupId, key: &SealKey, sums: &Sums) {
        let mut plain = zeroize::Zeroizing::new(Vec::with_capacity(10 + 8 * sums.cells.len()));
        codec::encode_sums(sums, &mut plain);
        self.put_sealed(&keys::vector(group), key, &plain);
    }

    /// What was shown of a poll and what waits to be, under its ring key.
    pub fn cuts(&mut self, poll: PollId, key: &SealKey, cuts: &Cuts) {
        self.put_sealed(&keys::cuts(poll), key, &cuts::encode(cuts));
    }

    /// Drops what is remembered of a poll's cuts.
    pub fn drop_cuts(&mut self, poll: PollId) {
        self.delete(keys::cuts(poll));
    }

    /// The keys of vectors and cuts, under the key of the epoch that follows the folded one.
    pub fn ring<'a>(
        &mut self,
        key: &SealKey,
        vectors: impl ExactSizeIterator<Item = (GroupId, &'a Secret<32>)>,
        cuts: impl ExactSizeIterator<Item = (PollId, &'a Secret<32>)>,
    ) {
        let plain = codec::encode_ring(vectors, cuts);
        self.put_sealed(&keys::ring(), key, &plain);
    }

    /// How far the ledger is folded.
    pub fn progress(&mut self, folded_through: u64) {
        self.put(keys::progress(), folded_through.to_le_bytes());
    }

    /// The schema's version; written once.
    pub(super) fn meta(&mut self) {
        self.put(keys::meta(), keys::FORMAT_VERSION.to_le_bytes());
    }

    /// A poll as it stands.
    pub fn poll(&mut self, poll: &Poll) {
        let json = serde_json::to_vec(poll).expect("texts and small numbers serialise");
        self.put(keys::poll(poll.id()), json);
    }

    /// An order as it was filed; a revision is never changed.
    pub fn revision(&mut self, poll: PollId, revision: u32, json: &[u8]) {
        self.put(keys::revision(poll, revision), json);
    }

    /// An entry of a register as it stands.
    pub fn register(&mut self, register: Register, number: u64, json: &[u8]) {
        self.put(keys::register(register, number), json);
    }

    /// A revoked issuer key.
    pub fn revocation(&mut self, revocation: &Revocation) {
        let json = serde_json::to_vec(revocation).expect("texts and times serialise");
        self.put(keys::revocation(revocation.id()), json);
    }

    /// A group that is to be taken out; marked until that and what follows from it is done.
    pub fn excision(&mut self, group: GroupId) {
        self.put(keys::excision(group), []);
    }

    /// A group that is taken out: its tag blocks and its sums. The decision's mark stays until
    /// what follows from it is written too.
    pub fn excise(&mut self, group: GroupId) {
        let (from, to) = keys::blocks_of_group(group);
        self.delete_range(from, to);
        self.delete(keys::vector(group));
    }

    /// All of an excision is done.
    pub fn excision_done(&mut self, group: GroupId) {
        self.delete(keys::excision(group));
    }

    /// All tag blocks of an erased poll.
    pub fn drop_blocks(&mut self, poll: PollId) {
        let (from, to) = keys::blocks_of_poll(poll);
        self.delete_range(from, to);
    }

    /// A publication; a release is never changed.
    pub fn publication(&mut self, poll: PollId, release: u32, file: &[u8]) {
        self.put(keys::publication(poll, release), file);
    }

    /// Drops the publications of a poll whose results have expired.
    pub fn drop_publications(&mut self, poll: PollId) {
        let (from, to) = keys::publications_of_poll(poll);
        self.delete_range(from, to);
    }

    /// Drops the journal and the carried records of a folded epoch. Their bytes stay in old files;
    /// their key does not.
    pub fn drop_epoch(&mut self, epoch: u64) {
        for family in [Family::Journal, Family::Carried] {
            let bound = |epoch: u64| {
                let mut key = vec![family as u8];
                key.extend_from_slice(&epoch.to_be_bytes());
                key
            };
            self.delete_range(bound(epoch), bound(epoch + 1));
        }
    }

    /// Drops the vector of a group that was merged into its poll's rest. Its tag blocks stay.
    pub fn drop_vector(&mut self, group: GroupId) {
        self.delete(keys::vector(group));
    }

    fn put_sealed(&mut self, key: &[u8], seal: &SealKey, plain: &[u8]) {
        let sealed = seal.seal(random::bytes(), &keys::place(key), plain);
        self.put(key.to_vec(), sealed);
    }

    fn put(&mut self, key: Vec<u8>, value: impl Into<Vec<u8>>) {
        self.changes.push(Change::Put(key, value.into()));
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.changes.push(Change::Delete(key));
    }

    fn delete_range(&mut self, from: Vec<u8>, to: Vec<u8>) {
        self.changes.push(Change::DeleteRange(from, to));
    }
}
