//! The stored schema on one page.
//!
//! ```text
//! family           key                                                        value
//! 01 Meta          01                                                         format version u32
//! 02 Progress      02                                                         folded_through u64
//! 03 Poll          03 poll[16]                                                JSON: definition, phase, times
//! 04 Revocation    04 issuer_key[8]                                           JSON: whose key, when, why
//! 05 Excision      05 poll[16] issuer_key[8]                                  empty: decided, and not all of it is done
//! 06 Revision      06 poll[16] revision[4]                                    JSON: an order as it was filed, by whom, signed how
//! 07 Register      07 register[1] number[8]                                   JSON: staff, bodies' keys, proposals, incidents, requests
//! 10 Journal       10 epoch[8] sequence[8]                                    sealed under K(epoch): joints of a round
//! 11 Carried       11 epoch[8] poll[16] issuer_key[8]                         sealed under K(epoch): one joint + since
//! 20 TagBlock      20 poll[16] issuer_key[8] epoch[8] chunk[4]                sealed under the poll's data key: tags
//! 21 Vector        21 poll[16] issuer_key[8]                                  sealed under the group's ring key: sums
//! 22 Ring          22                                                         sealed under K(folded_through + 1): keys of 21 and 23
//! 23 Cuts          23 poll[16]                                                sealed under the poll's ring key: what was shown, what waits
//! 30 Publication   30 poll[16] release[4]                                     the signed publication file
//! ```
//!
//! Numbers in keys are big-endian, so that rows of one epoch and one group stand together; numbers
//! in values are little-endian. Keys hold no tag and no count: the MANIFEST keeps the smallest and
//! largest key of each file for ever. The associated data of every sealed value is the format
//! version and the whole key, so a record that is moved to another place does not open.
//!
//! Family numbers are never reused. A change of this page is a new [`FORMAT_VERSION`].

use crate::poll::{IssuerKeyId, PollId};
use crate::tally::GroupId;

/// Version of this schema.
pub const FORMAT_VERSION: u32 = 3;

/// Families of rows: the first byte of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Family {
    /// Format version.
    Meta = 0x01,
    /// How far the ledger is folded.
    Progress = 0x02,
    /// Polls.
    Poll = 0x03,
    /// Issuer keys that are revoked.
    Revocation = 0x04,
    /// Groups that are being taken out of a poll, until a release that was wrong is corrected.
    Excision = 0x05,
    /// Orders as they were filed.
    Revision = 0x06,
    /// Entries of the registers.
    Register = 0x07,
    /// Joint records of the epochs not folded yet.
    Journal = 0x10,
    /// Joint records of quiet groups, carried into a later epoch.
    Carried = 0x11,
    /// Sorted tags of folded ballots.
    TagBlock = 0x20,
    /// Sums of folded ballots.
    Vector = 0x21,
    /// Keys of the vectors and the cuts.
    Ring = 0x22,
    /// What was shown of polls, and what waits to be.
    Cuts = 0x23,
    /// Publications.
    Publication = 0x30,
}

impl Family {
    /// Every family, in the order of the rows.
    pub const ALL: &'static [Self] = &[
        Self::Meta,
        Self::Progress,
        Self::Poll,
        Self::Revocation,
        Self::Excision,
        Self::Revision,
        Self::Register,
        Self::Journal,
        Self::Carried,
        Self::TagBlock,
        Self::Vector,
        Self::Ring,
        Self::Cuts,
        Self::Publication,
    ];

    /// The family of a key.
    pub fn of(key: &[u8]) -> Option<Self> {
        let first = *key.first()?;
        Self::ALL.iter().copied().find(|family| *family as u8 == first)
    }
}

/// The registers: the second byte of a register's key. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Register {
    /// Staff with access, and staff that had it.
    Staff = 0x01,
    /// Keys by which bodies sign orders.
    BodyKeys = 0x02,
    /// Acts that wait for a second person.
    Proposals = 0x03,
    /// Incidents.
    Incidents = 0x04,
    /// Requests of data subjects and for public information.
    Requests = 0x05,
}

pub(super) fn meta() -> Vec<u8> {
    vec![Family::Meta as u8]
}

pub(super) fn progress() -> Vec<u8> {
    vec![Family::Progress as u8]
}

pub(super) fn ring() -> Vec<u8> {
    vec![Family::Ring as u8]
}

pub(super) fn poll(poll: PollId) -> Vec<u8> {
    key(Family::Poll, &[poll.as_bytes()])
}

pub(super) fn revocation(issuer_key: IssuerKeyId) -> Vec<u8> {
    key(Family::Revocation, &[&issuer_key.get().to_be_bytes()])
}

pub(super) fn excision(group: GroupId) -> Vec<u8> {
    let issuer = group.issuer_key.get().to_be_bytes();
    key(Family::Excision, &[group.poll.as_bytes(), &issuer])
}

pub(super) fn revision(poll: PollId, revision: u32) -> Vec<u8> {
    key(Family::Revision, &[poll.as_bytes(), &revision.to_be_bytes()])
}

/// From the first key of a poll's revisions to the first key behind them.
pub(super) fn revisions_of_poll(poll: PollId) -> (Vec<u8>, Vec<u8>) {
    prefix_range(key(Family::Revision, &[poll.as_bytes()]))
}

pub(super) fn register(register: Register, number: u64) -> Vec<u8> {
    key(Family::Register, &[&[register as u8], &number.to_be_bytes()])
}

pub(super) fn journal(epoch: u64, sequence: u64) -> Vec<u8> {
    key(Family::Journal, &[&epoch.to_be_bytes(), &sequence.to_be_bytes()])
}

pub(super) fn carried(epoch: u64, group: GroupId) -> Vec<u8> {
    let issuer = group.issuer_key.get().to_be_bytes();
    key(Family::Carried, &[&epoch.to_be_bytes(), group.poll.as_bytes(), &issuer])
}

pub(super) fn tag_block(group: GroupId, epoch: u64, chunk: u32) -> Vec<u8> {
    let issuer = group.issuer_key.get().to_be_bytes();
    let (epoch, chunk) = (epoch.to_be_bytes(), chunk.to_be_bytes());
    key(Family::TagBlock, &[group.poll.as_bytes(), &issuer, &epoch, &chunk])
}

/// From the first key of a poll's tag blocks to the first key behind them.
pub(super) fn blocks_of_poll(poll: PollId) -> (Vec<u8>, Vec<u8>) {
    prefix_range(key(Family::TagBlock, &[poll.as_bytes()]))
}

/// As [`blocks_of_poll`], for one group.
pub(super) fn blocks_of_group(group: GroupId) -> (Vec<u8>, Vec<u8>) {
    let issuer = group.issuer_key.get().to_be_bytes();
    prefix_range(key(Family::TagBlock, &[group.poll.as_bytes(), &issuer]))
}

/// The keys that begin with this prefix. The family's byte is below 0xff, so there is always a key
/// behind them.
fn prefix_range(prefix: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let mut end = prefix.clone();
    while end.last() == Some(&0xff) {
        end.pop();
    }
    let last = end.last_mut().expect("the family's byte is left");
    *last += 1;
    (prefix, end)
}

/// From the first key of a poll's publications to the first key behind them.
pub(super) fn publications_of_poll(poll: PollId) -> (Vec<u8>, Vec<u8>) {
    prefix_range(key(Family::Publication, &[poll.as_bytes()]))
}

pub(super) fn vector(group: GroupId) -> Vec<u8> {
    let issuer = group.issuer_key.get().to_be_bytes();
    key(Family::Vector, &[group.poll.as_bytes(), &issuer])
}

pub(super) fn cuts(poll: PollId) -> Vec<u8> {
    key(Family::Cuts, &[poll.as_bytes()])
}

pub(super) fn publication(poll: PollId, release: u32) -> Vec<u8> {
    key(Family::Publication, &[poll.as_bytes(), &release.to_be_bytes()])
}

/// The place of a record: what its seal is bound to.
pub(super) fn place(key: &[u8]) -> Vec<u8> {
    let mut place = FORMAT_VERSION.to_le_bytes().to_vec();
    place.extend_from_slice(key);
    place
}

fn key(family: Family, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![family as u8];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

/// Reads a key's parts after its family, front to back.
pub(super) struct KeyReader<'a>(pub(super) &'a [u8]);

impl KeyReader<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn group(&mut self) -> Option<GroupId> {
        let poll = PollId::from_bytes(self.take()?);
        let issuer_key = IssuerKeyId::from_raw(self.u64()?);
        Some(GroupId { poll, issuer_key })
    }

    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn every_family_keeps_its_bytes() {
        let poll_id = PollId::from_bytes([0xaa; 16]);
        let group = GroupId { poll: poll_id, issuer_key: IssuerKeyId::from_raw(0x0102) };
        let p = "aa".repeat(16);
        assert_eq!(hex(&meta()), "01");
        assert_eq!(hex(&progress()), "02");
        assert_eq!(hex(&poll(poll_id)), format!("03{p}"));
        assert_eq!(hex(&revocation(group.issuer_key)), "040000000000000102");
        assert_eq!(hex(&excision(group)), format!("05{p}0000000000000102"));
        assert_eq!(hex(&revision(poll_id, 2)), format!("06{p}00000002"));
        assert_eq!(hex(&register(Register::Requests, 9)), "07050000000000000009");
        assert_eq!(hex(&journal(5, 6)), "1000000000000000050000000000000006");
        assert_eq!(hex(&carried(5, group)), format!("110000000000000005{p}0000000000000102"));
        assert_eq!(
            hex(&tag_block(group, 5, 7)),
            format!("20{p}0000000000000102000000000000000500000007")
        );
        assert_eq!(hex(&vector(group)), format!("21{p}0000000000000102"));
        assert_eq!(hex(&ring()), "22");
        assert_eq!(hex(&cuts(poll_id)), format!("23{p}"));
        assert_eq!(hex(&publication(poll_id, 1)), format!("30{p}00000001"));
    }

    #[test]
    fn a_range_ends_behind_its_last_key() {
        let all_ones = GroupId {
            poll: PollId::from_bytes([0xff; 16]),
            issuer_key: IssuerKeyId::from_raw(u64::MAX),
        };
        assert_eq!(blocks_of_group(all_ones).1, [0x21]);
        assert_eq!(blocks_of_poll(all_ones.poll).1, [0x21]);
        let group = GroupId { issuer_key: IssuerKeyId::from_raw(0x01ff), ..all_ones };
        let (from, to) = blocks_of_group(group);
        let inside = tag_block(group, u64::MAX, u32::MAX);
        assert!(from < inside && inside < to);
        let next = GroupId { issuer_key: IssuerKeyId::from_raw(0x0200), ..group };
        assert!(to <= tag_block(next, 0, 0));
    }

    #[test]
    fn family_numbers_are_unique() {
        for (index, family) in Family::ALL.iter().enumerate() {
            assert_eq!(Family::of(&[*family as u8]), Some(*family));
            assert!(Family::ALL[..index].iter().all(|other| *other as u8 != *family as u8));
        }
        assert_eq!(Family::of(&[0xff]), None);
        assert_eq!(Family::of(&[]), None);
    }
}
