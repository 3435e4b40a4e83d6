//! The file `root.key`: a generation's root key as its provider wrapped it, and by which key.
//!
//! ```text
//!  0      4         6            8        16               16 + n
//!  +------+---------+------------+--------+----------------+----------+
//!  | HLRK | u16 ver | u16 LE = n | kek id | wrapped (n)    | BLAKE3   |
//!  +------+---------+------------+--------+----------------+----------+
//!                                          checksum of all before it
//! ```
//!
//! The checksum tells a damaged file from a wrong key; what is wrapped has the provider's own
//! authentication.

use super::provider::KekId;

const MAGIC: [u8; 4] = *b"HLRK";
const VERSION: u16 = 1;
const LENGTH_AT: usize = 6;
const KEK_AT: usize = 8;
const WRAPPED_AT: usize = KEK_AT + KekId::LEN;

/// What stands in the file.
pub(super) struct Envelope {
    pub(super) kek: KekId,
    pub(super) wrapped: Vec<u8>,
}

impl Envelope {
    pub(super) fn encode(&self) -> Vec<u8> {
        let length = u16::try_from(self.wrapped.len()).expect("32 bytes and their overhead");
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(self.kek.as_bytes());
        bytes.extend_from_slice(&self.wrapped);
        let sum = blake3::hash(&bytes);
        bytes.extend_from_slice(sum.as_bytes());
        bytes
    }

    /// `None`: not such a file, or damaged.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, sum) = bytes.split_last_chunk::<{ blake3::OUT_LEN }>()?;
        if blake3::hash(content).as_bytes() != sum
            || !content.starts_with(&MAGIC)
            || content.get(MAGIC.len()..LENGTH_AT)? != VERSION.to_le_bytes()
        {
            return None;
        }
        let length = u16::from_le_bytes(*content.get(LENGTH_AT..)?.first_chunk()?);
        let kek = KekId::from_bytes(*content.get(KEK_AT..)?.first_chunk()?);
        let wrapped = content.get(WRAPPED_AT..)?;
        (wrapped.len() == usize::from(length)).then(|| Self { kek, wrapped: wrapped.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_envelope_reads_as_it_was_written(
            kek: [u8; 8],
            wrapped in vec(any::<u8>(), 0..200),
        ) {
            let kek = KekId::from_bytes(kek);
            let bytes = Envelope { kek, wrapped: wrapped.clone() }.encode();
            let read = Envelope::decode(&bytes).unwrap();
            prop_assert!(read.kek == kek && read.wrapped == wrapped);
        }

        #[test]
        fn any_bytes_are_no_envelope(bytes in vec(any::<u8>(), 0..100)) {
            prop_assert!(Envelope::decode(&bytes).is_none());
        }
    }

    #[test]
    fn the_layout_on_disk_is_pinned() {
        let kek = KekId::from_bytes(*b"kek-kek!");
        let bytes = Envelope { kek, wrapped: b"wrapped".to_vec() }.encode();
        let (content, sum) = bytes.split_at(23);
        assert_eq!(content, b"HLRK\x01\0\x07\0kek-kek!wrapped");
        assert_eq!(sum, blake3::hash(content).as_bytes());
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_found() {
        let good = Envelope { kek: KekId::from_bytes([1; 8]), wrapped: vec![7; 99] }.encode();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(Envelope::decode(&bad).is_none(), "byte {at}");
            assert!(Envelope::decode(&good[..at]).is_none(), "cut at {at}");
        }
    }
}
