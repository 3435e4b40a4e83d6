//! What the ledger remembers of the totals it has shown, and its encoding.
//!
//! ```text
//! cuts    marks u16 | groups ... | taken out u16 | (issuer_key u64 marks u16) ...
//!         | tallies u16 | (release u32 | sums) ... | waiting u8 | (at (Unix ms) i64 | sums | groups)
//! groups  groups u32 | (issuer_key u64 ballots u64) ...                  (issuer keys ascending)
//! ```
//!
//! Little-endian. What may be shown, and when, is decided in the ledger.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::codec::{CodecError, Reader, encode_sums};
use crate::poll::IssuerKeyId;
use crate::tally::{ByGroup, Cut, Cuts, Mark};

pub(super) fn encode(cuts: &Cuts) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::new());
    out.extend_from_slice(&length16(cuts.marks.len()));
    for mark in &cuts.marks {
        encode_groups(&mark.by_group, &mut out);
    }
    out.extend_from_slice(&length16(cuts.taken_out.len()));
    for (issuer_key, marks) in &cuts.taken_out {
        out.extend_from_slice(&issuer_key.get().to_le_bytes());
        out.extend_from_slice(&marks.to_le_bytes());
    }
    out.extend_from_slice(&length16(cuts.tallies.len()));
    for (release, tally) in &cuts.tallies {
        out.extend_from_slice(&release.to_le_bytes());
        encode_sums(tally, &mut out);
    }
    out.push(u8::from(cuts.pending.is_some()));
    if let Some(cut) = &cuts.pending {
        out.extend_from_slice(&cut.at.as_millisecond().to_le_bytes());
        encode_sums(&cut.sums, &mut out);
        encode_groups(&cut.by_group, &mut out);
    }
    out
}

pub(super) fn decode(bytes: &[u8]) -> Result<Cuts, CodecError> {
    let mut reader = Reader(bytes);
    let marks = u16::from_le_bytes(reader.array()?);
    let mark = |reader: &mut Reader<'_>| Ok(Mark { by_group: decode_groups(reader)? });
    let marks: Vec<_> = (0..marks).map(|_| mark(&mut reader)).collect::<Result<_, CodecError>>()?;
    let groups = u16::from_le_bytes(reader.array()?);
    let group = |reader: &mut Reader<'_>| {
        let issuer_key = IssuerKeyId::from_raw(u64::from_le_bytes(reader.array()?));
        let through = u16::from_le_bytes(reader.array()?);
        if usize::from(through) > marks.len() {
            return Err(CodecError);
        }
        Ok((issuer_key, through))
    };
    let taken_out = (0..groups).map(|_| group(&mut reader)).collect::<Result<_, _>>()?;
    let tallies = u16::from_le_bytes(reader.array()?);
    let tally = |reader: &mut Reader<'_>| Ok((u32::from_le_bytes(reader.array()?), reader.sums()?));
    let tallies = (0..tallies).map(|_| tally(&mut reader)).collect::<Result<_, CodecError>>()?;
    let [waiting] = reader.array()?;
    let pending = match waiting {
        0 => None,
        1 => {
            let at = i64::from_le_bytes(reader.array()?);
            let at = Timestamp::from_millisecond(at).map_err(|_| CodecError)?;
            let sums = reader.sums()?;
            Some(Cut { at, sums, by_group: decode_groups(&mut reader)? })
        }
        _ => return Err(CodecError),
    };
    reader.end()?;
    Ok(Cuts { marks, taken_out, tallies, pending })
}

fn encode_groups(groups: &ByGroup, out: &mut Vec<u8>) {
    let length = u32::try_from(groups.len()).expect("few groups");
    out.extend_from_slice(&length.to_le_bytes());
    for (issuer_key, ballots) in groups {
        out.extend_from_slice(&issuer_key.get().to_le_bytes());
        out.extend_from_slice(&ballots.to_le_bytes());
    }
}

fn decode_groups(reader: &mut Reader<'_>) -> Result<ByGroup, CodecError> {
    let length = u32::from_le_bytes(reader.array()?);
    let group = |reader: &mut Reader<'_>| {
        let issuer_key = IssuerKeyId::from_raw(u64::from_le_bytes(reader.array()?));
        Ok((issuer_key, u64::from_le_bytes(reader.array()?)))
    };
    (0..length).map(|_| group(reader)).collect()
}

fn length16(length: usize) -> [u8; 2] {
    u16::try_from(length).expect("a poll has at most a thousand releases").to_le_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tally::Sums;
    use proptest::prelude::*;

    type Groups = Vec<(u64, u64)>;

    fn groups(groups: &Groups) -> ByGroup {
        groups.iter().map(|(key, ballots)| (IssuerKeyId::from_raw(*key), *ballots)).collect()
    }

    fn any_groups() -> impl Strategy<Value = Groups> {
        prop::collection::vec((any::<u64>(), any::<u64>()), 0..5)
    }

    proptest! {
        #[test]
        fn cuts_round_trip_and_no_prefix_decodes(
            marks in prop::collection::vec(any_groups(), 0..4),
            taken_out in prop::collection::vec(any::<u64>(), 0..3),
            tallies in prop::collection::vec((any::<u64>(), prop::collection::vec(any::<u64>(), 0..9)), 0..3),
            pending in prop::option::of((-1_000_000_000_i64..9_000_000_000, any_groups())),
            cut in any::<prop::sample::Index>(),
        ) {
            let sums = |(ballots, cells): (u64, Vec<u64>)| Sums { ballots, cells };
            let cuts = Cuts {
                marks: marks.iter().map(|by| Mark { by_group: groups(by) }).collect(),
                taken_out: taken_out
                    .into_iter()
                    .map(|key| (IssuerKeyId::from_raw(key), u16::try_from(marks.len()).unwrap()))
                    .collect(),
                tallies: tallies.into_iter().map(sums).map(|sums| (9, sums)).collect(),
                pending: pending.map(|(at, by)| Cut {
                    at: Timestamp::from_millisecond(at).unwrap(),
                    sums: sums((7, vec![3, 4])),
                    by_group: groups(&by),
                }),
            };
            let bytes = encode(&cuts);
            prop_assert!(decode(&bytes).unwrap() == cuts);
            prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn the_encoding_keeps_its_bytes() {
        let by_group = groups(&vec![(3, 5)]);
        let cuts = Cuts {
            marks: vec![Mark { by_group: by_group.clone() }],
            taken_out: BTreeMap::from([(IssuerKeyId::from_raw(3), 1)]),
            tallies: vec![(4, Sums { ballots: 2, cells: vec![2] })],
            pending: Some(Cut {
                at: Timestamp::from_millisecond(1).unwrap(),
                sums: Sums { ballots: 0, cells: vec![] },
                by_group,
            }),
        };
        let hex: String = encode(&cuts).iter().map(|b| format!("{b:02x}")).collect();
        let groups = ["01000000", "0300000000000000", "0500000000000000"].concat();
        let expected = [
            "0100",
            &groups,
            "0100",
            "0300000000000000",
            "0100",
            "0100",
            "04000000",
            "0200000000000000",
            "0100",
            "0200000000000000",
            "01",
            "0100000000000000",
            "0000000000000000",
            "0000",
            &groups,
        ];
        assert_eq!(hex, expected.concat());
    }
}
