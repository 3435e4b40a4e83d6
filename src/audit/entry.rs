//! One entry of the audit log: a line of canonical JSON (RFC 8785), signed, and chained to the line
//! before it.
//!
//! ```text
//! {"at":"<RFC 3339>","by":{"account":"...","role":"..."},"event":{"kind":...},
//!  "previous":"<64 hex>","seq":0,"signature":"<base64>"}
//! ```
//!
//! `previous` is the BLAKE3 hash of the whole previous line without its newline, zeros in the
//! first. The signature is Ed25519 over [`DOMAIN`] and the line without its `signature` member. Does
//! not know the file: [`super::audit`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{Event, Hash};

/// What a signature of an entry begins with, so that it is good for nothing else.
pub const DOMAIN: &[u8] = b"holos audit entry v2\n";

/// What the first entry has in place of a previous line's hash.
pub const NO_PREVIOUS: Hash = Hash::from_bytes([0; 32]);

/// Sequence numbers and epochs are JSON numbers: doubles hold them exactly up to here.
pub const NUMBER_MAX: u64 = (1 << 53) - 1;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The account of the staff, or `engine`.
    pub account: String,
    /// The role in which it was done, or `engine`.
    pub role: String,
}

impl Actor {
    /// The engine, by its rules and clock.
    pub fn engine() -> Self {
        Self { account: "engine".to_owned(), role: "engine".to_owned() }
    }

    /// Somebody of the staff, in one of the fixed roles.
    pub fn staff(account: impl Into<String>, role: &'static str) -> Self {
        Self { account: account.into(), role: role.to_owned() }
    }
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When it was written, by the engine's clock.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// What happened.
    pub event: Event,
    /// Hash of the previous line.
    pub previous: Hash,
    /// Its number, from 0.
    pub seq: u64,
}

#[derive(Serialize, Deserialize)]
struct SignedEntry {
    // Not `flatten`: it would let unknown members pass.
    at: Timestamp,
    by: Actor,
    event: Event,
    previous: Hash,
    seq: u64,
    signature: String,
}

/// Hash of a line without its newline.
pub fn hash(line: &[u8]) -> Hash {
    blake3::hash(line).into()
}

/// The signed line of `entry`, without a newline.
pub fn encode(entry: &Entry, key: &SigningKey) -> Vec<u8> {
    let signature = STANDARD.encode(key.sign(&signed_message(entry)).to_bytes());
    let Entry { at, by, event, previous, seq } = entry.clone();
    canonical(&SignedEntry { at, by, event, previous, seq, signature })
}

/// Reads a line: `None` unless it is an entry in its one canonical spelling. Says nothing of the
/// signature.
pub fn decode(line: &[u8]) -> Option<(Entry, Signature)> {
    let signed: SignedEntry = serde_json::from_slice(line).ok()?;
    // Unknown or doubled members, spaces, other orders and spellings: all differ from what we would
    // have written.
    if canonical(&signed) != line {
        return None;
    }
    let signature = Signature::from_slice(&STANDARD.decode(&signed.signature).ok()?).ok()?;
    let SignedEntry { at, by, event, previous, seq, .. } = signed;
    Some((Entry { at, by, event, previous, seq }, signature))
}

/// Whether `signature` is the engine's on `entry`.
pub fn is_signed(entry: &Entry, signature: &Signature, key: &VerifyingKey) -> bool {
    key.verify_strict(&signed_message(entry), signature).is_ok()
}

fn signed_message(entry: &Entry) -> Vec<u8> {
    [DOMAIN, &canonical(entry)].concat()
}

pub(super) fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("texts, and numbers below 2^53")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::PollId;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    fn entry() -> Entry {
        let event = Event::EpochFolded { epoch: 3, closed: vec![PollId::from_bytes([1; 16])] };
        Entry {
            at: "2023-03-08T10:00:00.5Z".parse().unwrap(),
            by: Actor::staff("o.koval", "operator"),
            event,
            previous: NO_PREVIOUS,
            seq: 0,
        }
    }

    fn holds(line: &[u8]) -> bool {
        decode(line)
            .is_some_and(|(entry, signature)| is_signed(&entry, &signature, &key().verifying_key()))
    }

    #[test]
    fn the_stored_line_is_pinned() {
        let line = encode(&entry(), &key());
        let text = str::from_utf8(&line).unwrap();
        assert!(text.starts_with(concat!(
            r#"{"at":"2023-03-08T10:00:00.5Z","by":{"account":"o.koval","role":"operator"},"event":"#,
            r#"{"closed":["01010101-0101-0101-0101-010101010101"],"#,
            r#""epoch":3,"kind":"epoch_folded"},"#,
            r#""previous":"0000000000000000000000000000000000000000000000000000000000000000","#,
            r#""seq":0,"signature":""#,
        )));
        let (_, signature) = text.split_once(r#""seq":0,"signature":""#).unwrap();
        assert_eq!(signature.len(), 88 + 2);
        assert_eq!(decode(&line).unwrap().0, entry());
        assert!(holds(&line));
    }

    #[test]
    fn every_changed_byte_of_a_line_is_found() {
        let line = encode(&entry(), &key());
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut changed = line.clone();
                changed[at] ^= 1 << bit;
                assert!(!holds(&changed), "byte {at}, bit {bit}");
            }
            assert!(!holds(&line[..at]), "cut at {at}");
        }
    }

    #[test]
    fn only_the_canonical_spelling_is_read() {
        let text = String::from_utf8(encode(&entry(), &key())).unwrap();
        let with = |from: &str, to: &str| {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            changed
        };
        let others = [
            format!("{text}\n"),
            format!(" {text}"),
            with("\"seq\":0", "\"seq\": 0"),
            with("\"seq\":0", "\"seq\":0,\"seq\":0"),
            with("\"seq\":0", "\"seq\":0.0"),
            with("\"seq\":0", "\"count\":9,\"seq\":0"),
            with("\"role\"", "\"also\":\"\",\"role\""),
            with("\"epoch\":3", "\"epoch\":3,\"count\":9"),
            with("00.5Z", "00.50Z"),
            with("00.5Z", "00.5+00:00"),
            with("epoch_folded", "epoch_\\u0066olded"),
        ];
        for other in others {
            assert!(decode(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn another_key_or_another_purpose_does_not_sign_an_entry() {
        let (entry, signature) =
            decode(&encode(&entry(), &SigningKey::from_bytes(&[6; 32]))).unwrap();
        assert!(!is_signed(&entry, &signature, &key().verifying_key()));
        let bare = key().sign(&canonical(&entry));
        assert!(!is_signed(&entry, &bare, &key().verifying_key()));
    }

    proptest! {
        #[test]
        fn entries_round_trip(
            seconds in -100_000_000_000_i64..200_000_000_000,
            nanoseconds in 0_i32..1_000_000_000,
            reference in "\\PC{0,40}",
            account in "\\PC{0,40}",
            poll: [u8; 16],
            previous: [u8; 32],
            seq in 0..=NUMBER_MAX,
        ) {
            let nanoseconds = if seconds < 0 { -nanoseconds } else { nanoseconds };
            let at = Timestamp::new(seconds, nanoseconds).unwrap();
            let event = Event::ConsentGiven { poll: PollId::from_bytes(poll), reference };
            let entry = Entry { at, by: Actor::staff(account, "initiator"), event, previous: Hash::from_bytes(previous), seq };
            let line = encode(&entry, &key());
            prop_assert!(holds(&line));
            prop_assert!(!line.contains(&b'\n'));
            prop_assert_eq!(decode(&line).unwrap().0, entry);
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..300)) {
            prop_assert!(decode(&bytes).is_none());
        }
    }
}
