//! The small things that a generation keeps, as bytes: poll keys and the signing key sealed under
//! the root key, the audit head vouched for by it.
//!
//! Does not know where they are kept: [`super::generation`].

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::{Secret, WrappingKey};
use crate::ground::random;
use crate::poll::PollId;

const POLL_PLACE: &[u8] = b"holos v1 poll keys";
const SIGNING_PLACE: &[u8] = b"holos v1 signing key";

/// The two keys of a poll. Both die with the poll's erasure.
#[derive(Debug)]
pub struct PollKeys {
    /// Makes a subject's tag.
    pub tag: Secret<32>,
    /// Seals the poll's tag blocks.
    pub data: Secret<32>,
}

/// Where the audit log ended when its last entry was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last entry, from 0.
    pub sequence: u64,
    /// Hash of the last line.
    pub hash: [u8; 32],
}

pub(super) fn seal_poll_keys(root: &WrappingKey, poll: PollId, keys: &PollKeys) -> Vec<u8> {
    let plain = Zeroizing::new([*keys.tag.expose(), *keys.data.expose()]);
    root.seal().seal(random::bytes(), &poll_place(poll), plain.as_flattened())
}

pub(super) fn open_poll_keys(root: &WrappingKey, poll: PollId, sealed: &[u8]) -> Option<PollKeys> {
    let plain = root.seal().open(&poll_place(poll), sealed).ok()?;
    let keys: &[[u8; 32]; 2] = plain.as_chunks().0.try_into().ok()?;
    Some(PollKeys { tag: Secret::new(keys[0]), data: Secret::new(keys[1]) })
}

pub(super) fn seal_signing_key(root: &WrappingKey, key: &SigningKey) -> Vec<u8> {
    let seed = Secret::new(key.to_bytes());
    root.seal().seal(random::bytes(), SIGNING_PLACE, seed.expose())
}

pub(super) fn open_signing_key(root: &WrappingKey, sealed: &[u8]) -> Option<SigningKey> {
    let plain = root.seal().open(SIGNING_PLACE, sealed).ok()?;
    Some(SigningKey::from_bytes(plain[..].try_into().ok()?))
}

/// ```text
///  0      4                 12         44             76
///  +------+-----------------+----------+--------------+
///  | HLAH | sequence u64 LE | hash     | keyed BLAKE3 |
///  +------+-----------------+----------+--------------+
/// ```
const HEAD_MAGIC: [u8; 4] = *b"HLAH";
const HEAD_MAC_AT: usize = 44;
const HEAD_BYTES: usize = HEAD_MAC_AT + blake3::OUT_LEN;

pub(super) fn encode_head(root: &WrappingKey, head: &AuditHead) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES);
    bytes.extend_from_slice(&HEAD_MAGIC);
    bytes.extend_from_slice(&head.sequence.to_le_bytes());
    bytes.extend_from_slice(&head.hash);
    let mac = blake3::keyed_hash(root.head().expose(), &bytes);
    bytes.extend_from_slice(mac.as_bytes());
    bytes
}

pub(super) fn decode_head(root: &WrappingKey, bytes: &[u8]) -> Option<AuditHead> {
    let (content, mac) = bytes.split_at_checked(HEAD_MAC_AT)?;
    let mac = blake3::Hash::from_bytes(mac.try_into().ok()?);
    // `Hash` compares in constant time.
    if blake3::keyed_hash(root.head().expose(), content) != mac || !content.starts_with(&HEAD_MAGIC)
    {
        return None;
    }
    let sequence = u64::from_le_bytes(content[4..12].try_into().ok()?);
    Some(AuditHead { sequence, hash: content[12..].try_into().ok()? })
}

fn poll_place(poll: PollId) -> Vec<u8> {
    [POLL_PLACE, poll.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn heads_round_trip(sequence: u64, hash: [u8; 32], key: [u8; 32]) {
            let root = WrappingKey::new(&Secret::new(key));
            let head = AuditHead { sequence, hash };
            let bytes = encode_head(&root, &head);
            prop_assert_eq!(bytes.len(), HEAD_BYTES);
            prop_assert_eq!(decode_head(&root, &bytes), Some(head));
        }

        #[test]
        fn any_bytes_are_no_head(bytes in vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(decode_head(&WrappingKey::new(&Secret::new([1; 32])), &bytes), None);
        }
    }

    #[test]
    fn a_head_cannot_be_forged_without_the_root_key() {
        let [root, other] = [7, 8].map(|byte| WrappingKey::new(&Secret::new([byte; 32])));
        let forged = encode_head(&other, &AuditHead { sequence: 0, hash: [5; 32] });
        assert_eq!(decode_head(&root, &forged), None);
        assert!(decode_head(&other, &forged).is_some());
    }
}
