//! Plain encodings of what is sealed. Little-endian, fixed order, no optional parts.
//!
//! ```text
//! sums     ballots u64 | cells u16 | cell u64 ...
//! joint    poll[16] issuer_key u64 | sums | tags u32 | tag[16] ...       (tags ascending)
//! round    joints u32 | joint ...
//! carried  since (Unix ms) i64 | joint
//! tags     tag[16] ...                                                   (ascending)
//! ring     entries u32 | poll[16] issuer_key u64 key[32] ... | cuts u32 | poll[16] key[32] ...
//! ```
//!
//! The length of a joint depends on how many ballots it holds, never on what they chose.

use zeroize::Zeroizing;

use crate::keys::Secret;
use crate::poll::{IssuerKeyId, PollId};
use crate::tally::{GroupId, Joint, Sums, Tag};

/// Bytes that are not an encoding of the value expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record does not decode")]
pub struct CodecError;

/// The keys of what a fold seals anew.
pub struct Ring {
    /// The key of each group's vector.
    pub vectors: Vec<(GroupId, Secret<32>)>,
    /// The key of what each poll's cuts are sealed under.
    pub cuts: Vec<(PollId, Secret<32>)>,
}

pub(super) fn encode_sums(sums: &Sums, out: &mut Vec<u8>) {
    out.extend_from_slice(&sums.ballots.to_le_bytes());
    let cells = u16::try_from(sums.cells.len()).expect("a poll holds at most 65,535 cells");
    out.extend_from_slice(&cells.to_le_bytes());
    for cell in &sums.cells {
        out.extend_from_slice(&cell.to_le_bytes());
    }
}

pub(super) fn encode_joint(joint: &Joint, out: &mut Vec<u8>) {
    encode_group(joint.group, out);
    encode_sums(&joint.sums, out);
    let tags = u32::try_from(joint.tags.len()).expect("a joint holds a bounded round or fold");
    out.extend_from_slice(&tags.to_le_bytes());
    encode_tags(&joint.tags, out);
}

pub(super) fn encode_round(joints: &[Joint]) -> Zeroizing<Vec<u8>> {
    let bytes: usize = joints.iter().map(joint_len).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(4 + bytes));
    out.extend_from_slice(&u32::try_from(joints.len()).expect("few groups").to_le_bytes());
    for joint in joints {
        encode_joint(joint, &mut out);
    }
    out
}

pub(super) fn encode_carried(since_ms: i64, joint: &Joint) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(8 + joint_len(joint)));
    out.extend_from_slice(&since_ms.to_le_bytes());
    encode_joint(joint, &mut out);
    out
}

pub(super) fn encode_tags(tags: &[Tag], out: &mut Vec<u8>) {
    for tag in tags {
        out.extend_from_slice(tag.as_bytes());
    }
}

pub(super) fn encode_ring<'a>(
    vectors: impl ExactSizeIterator<Item = (GroupId, &'a Secret<32>)>,
    cuts: impl ExactSizeIterator<Item = (PollId, &'a Secret<32>)>,
) -> Zeroizing<Vec<u8>> {
    let bytes = 8 + vectors.len() * 56 + cuts.len() * 48;
    let mut out = Zeroizing::new(Vec::with_capacity(bytes));
    out.extend_from_slice(&u32::try_from(vectors.len()).expect("few groups").to_le_bytes());
    for (group, key) in vectors {
        encode_group(group, &mut out);
        out.extend_from_slice(key.expose());
    }
    out.extend_from_slice(&u32::try_from(cuts.len()).expect("few polls").to_le_bytes());
    for (poll, key) in cuts {
        out.extend_from_slice(poll.as_bytes());
        out.extend_from_slice(key.expose());
    }
    out
}

fn encode_group(group: GroupId, out: &mut Vec<u8>) {
    out.extend_from_slice(group.poll.as_bytes());
    out.extend_from_slice(&group.issuer_key.get().to_le_bytes());
}

fn joint_len(joint: &Joint) -> usize {
    24 + 10 + 8 * joint.sums.cells.len() + 4 + Tag::LEN * joint.tags.len()
}

/// Reads values front to back.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(CodecError)?;
        self.0 = rest;
        Ok(*head)
    }

    fn group(&mut self) -> Result<GroupId, CodecError> {
        let poll = PollId::from_bytes(self.array()?);
        let issuer_key = IssuerKeyId::from_raw(u64::from_le_bytes(self.array()?));
        Ok(GroupId { poll, issuer_key })
    }

    pub(super) fn sums(&mut self) -> Result<Sums, CodecError> {
        let ballots = u64::from_le_bytes(self.array()?);
        let count = u16::from_le_bytes(self.array()?);
        let mut cells = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            cells.push(u64::from_le_bytes(self.array()?));
        }
        Ok(Sums { ballots, cells })
    }

    fn joint(&mut self) -> Result<Joint, CodecError> {
        let group = self.group()?;
        let sums = self.sums()?;
        let count = u32::from_le_bytes(self.array()?) as usize;
        if self.0.len() < count * Tag::LEN {
            return Err(CodecError);
        }
        let mut tags = Vec::with_capacity(count);
        for _ in 0..count {
            tags.push(Tag::from_bytes(self.array()?));
        }
        Ok(Joint { group, sums, tags })
    }

    pub(super) fn end(&self) -> Result<(), CodecError> {
        if self.0.is_empty() { Ok(()) } else { Err(CodecError) }
    }
}

pub(super) fn decode_sums(bytes: &[u8]) -> Result<Sums, CodecError> {
    let mut reader = Reader(bytes);
    let sums = reader.sums()?;
    reader.end()?;
    Ok(sums)
}

pub(super) fn decode_round(bytes: &[u8]) -> Result<Vec<Joint>, CodecError> {
    let mut reader = Reader(bytes);
    let count = u32::from_le_bytes(reader.array()?);
    let joints = (0..count).map(|_| reader.joint()).collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(joints)
}

pub(super) fn decode_carried(bytes: &[u8]) -> Result<(i64, Joint), CodecError> {
    let mut reader = Reader(bytes);
    let since = i64::from_le_bytes(reader.array()?);
    let joint = reader.joint()?;
    reader.end()?;
    Ok((since, joint))
}

pub(super) fn decode_tags(bytes: &[u8]) -> Result<Vec<Tag>, CodecError> {
    let (tags, rest) = bytes.as_chunks::<{ Tag::LEN }>();
    if !rest.is_empty() {
        return Err(CodecError);
    }
    Ok(tags.iter().copied().map(Tag::from_bytes).collect())
}

pub(super) fn decode_ring(bytes: &[u8]) -> Result<Ring, CodecError> {
    let mut reader = Reader(bytes);
    let count = u32::from_le_bytes(reader.array()?);
    let vectors = (0..count)
        .map(|_| Ok((reader.group()?, Secret::new(reader.array()?))))
        .collect::<Result<_, _>>()?;
    let count = u32::from_le_bytes(reader.array()?);
    let cuts = (0..count)
        .map(|_| Ok((PollId::from_bytes(reader.array()?), Secret::new(reader.array()?))))
        .collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(Ring { vectors, cuts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Parts = ([u8; 16], u64, u64, Vec<u64>, Vec<[u8; 16]>);

    // Parts, because a joint has no `Debug` that proptest could print.
    fn any_parts() -> impl Strategy<Value = Parts> {
        let cells = prop::collection::vec(any::<u64>(), 0..12);
        let tags = prop::collection::vec(any::<[u8; 16]>(), 0..40);
        (any::<[u8; 16]>(), any::<u64>(), any::<u64>(), cells, tags)
    }

    fn joint((poll, issuer, ballots, cells, tags): Parts) -> Joint {
        Joint {
            group: GroupId {
                poll: PollId::from_bytes(poll),
                issuer_key: IssuerKeyId::from_raw(issuer),
            },
            sums: Sums { ballots, cells },
            tags: tags.into_iter().map(Tag::from_bytes).collect(),
        }
    }

    fn same(a: &Joint, b: &Joint) -> bool {
        a.group == b.group && a.sums == b.sums && a.tags == b.tags
    }

    proptest! {
        #[test]
        fn a_round_round_trips_and_no_prefix_decodes(
            parts in prop::collection::vec(any_parts(), 0..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let joints: Vec<_> = parts.into_iter().map(joint).collect();
            let bytes = encode_round(&joints);
            let back = decode_round(&bytes).unwrap();
            prop_assert!(joints.len() == back.len());
            prop_assert!(joints.iter().zip(&back).all(|(a, b)| same(a, b)));
            prop_assert!(decode_round(&bytes[..cut.index(bytes.len())]).is_err());
        }

        #[test]
        fn a_carried_joint_round_trips(since: i64, parts in any_parts()) {
            let joint = joint(parts);
            let (back_since, back) = decode_carried(&encode_carried(since, &joint)).unwrap();
            prop_assert_eq!(since, back_since);
            prop_assert!(same(&joint, &back));
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_round(&bytes);
            let _ = decode_carried(&bytes);
            let _ = decode_sums(&bytes);
            let _ = decode_ring(&bytes);
            let _ = decode_tags(&bytes);
        }
    }

    #[test]
    fn encodings_keep_their_bytes() {
        let group =
            GroupId { poll: PollId::from_bytes([0xaa; 16]), issuer_key: IssuerKeyId::from_raw(3) };
        let joint = Joint {
            group,
            sums: Sums { ballots: 1, cells: vec![0, 1] },
            tags: vec![Tag::from_bytes([0xbb; 16])],
        };
        let hex: String = encode_round(&[joint]).iter().map(|b| format!("{b:02x}")).collect();
        let expected = [
            "01000000",
            &"aa".repeat(16),
            "0300000000000000",
            "0100000000000000",
            "0200",
            "0000000000000000",
            "0100000000000000",
            "01000000",
            &"bb".repeat(16),
        ];
        assert_eq!(hex, expected.concat());
        let key = Secret::new([0xcc; 32]);
        let ring = encode_ring([(group, &key)].into_iter(), [(group.poll, &key)].into_iter());
        let ring: String = ring.iter().map(|b| format!("{b:02x}")).collect();
        let (poll, key) = ("aa".repeat(16), "cc".repeat(32));
        let vectors = ["01000000", &poll, "0300000000000000", &key].concat();
        assert_eq!(ring, [&vectors, "01000000", &poll, &key].concat());
    }

    #[test]
    fn a_hostile_count_does_not_allocate() {
        let mut bytes = vec![1, 0, 0, 0];
        bytes.extend_from_slice(&[0; 24 + 8 + 2]);
        bytes.extend_from_slice(&u32::MAX.to_le_bytes());
        assert!(decode_round(&bytes).is_err());
    }
}
