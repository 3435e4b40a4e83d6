//! What the audit log can say. An event names polls, epochs and hashes; never a voter, a tag, a
//! choice or a count.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::authenticate::RevocationReason;
use crate::poll::{CloseReason, ErasureGround, PollId, WithheldReason};

/// One thing that the engine did. The names are stored: they change only with the format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A new, empty store was made.
    StoreCreated,
    /// The engine finished its restart.
    EngineStarted {
        /// Its version.
        version: Label,
    },
    /// A poll's order was accepted.
    PollCreated {
        /// The poll.
        poll: PollId,
        /// The order's own reference, as its initiator wrote it.
        reference: String,
    },
    /// A poll began to take ballots; its definition is frozen.
    PollOpened {
        /// The poll.
        poll: PollId,
        /// Hash of the frozen definition.
        definition_hash: Hash,
    },
    /// A poll takes no new ballots.
    PollClosing {
        /// The poll.
        poll: PollId,
        /// On what ground.
        reason: CloseReason,
    },
    /// An epoch was folded; its key is destroyed once this entry is durable.
    EpochFolded {
        /// The epoch.
        epoch: u64,
        /// The polls whose tally this fold froze.
        closed: Vec<PollId>,
    },
    /// A poll's totals were released.
    PollPublished {
        /// The poll.
        poll: PollId,
        /// Hash of the publication.
        publication_hash: Hash,
    },
    /// A poll's totals are not released.
    PollWithheld {
        /// The poll.
        poll: PollId,
        /// By which rule.
        reason: WithheldReason,
    },
    /// An issuer's key is trusted no more.
    IssuerKeyRevoked {
        /// The issuer.
        issuer: String,
        /// The key among its keys.
        key_id: String,
        /// Why.
        reason: RevocationReason,
        /// Number of the act behind it.
        reference: String,
    },
    /// Everything that came to a poll under a revoked key is taken out.
    IssuerKeyExcised {
        /// The poll.
        poll: PollId,
        /// The issuer.
        issuer: String,
        /// The key among its keys.
        key_id: String,
        /// Number of the act behind it.
        reference: String,
    },
    /// The key that wraps all others is to be replaced.
    WrappingKeyRotation {
        /// Number of the act behind it.
        reference: String,
    },
    /// A key that wraps all others was replaced.
    WrappingKeyReplaced {
        /// Name of the key before.
        previous_key: String,
        /// Whether that one is destroyed. If not, only the operator can, or its provider would not
        /// and is asked again.
        previous_destroyed: bool,
        /// Name of the key.
        key: String,
    },
    /// A poll is to be erased.
    ErasureDecided {
        /// The poll.
        poll: PollId,
        /// By which rule.
        ground: ErasureGround,
        /// Number of the order behind it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    /// A poll's keys are destroyed, but the key that wrapped them lives until the operator has
    /// replaced it.
    ErasurePending {
        /// The poll.
        poll: PollId,
        /// Name of the wrapping key.
        key: String,
    },
    /// The operator says that the wrapping key that erasures waited for is destroyed.
    ErasuresConfirmed {
        /// Number of the act behind it.
        reference: String,
    },
    /// A poll is erased: nothing that is left, here or in a copy, can tell who took part. This
    /// entry is the erasure record (L7).
    PollErased {
        /// The poll.
        poll: PollId,
        /// By which rule.
        ground: ErasureGround,
        /// Hash of the final publication, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        publication_hash: Option<Hash>,
    },
}

/// A text fixed in the program, so that nothing met at run time can get into the log through it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(Cow<'static, str>);

impl From<&'static str> for Label {
    fn from(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

/// A 256-bit hash, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<blake3::Hash> for Hash {
    fn from(hash: blake3::Hash) -> Self {
        Self(hash.into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        let hash = blake3::Hash::from_hex(text.as_bytes()).map_err(serde::de::Error::custom)?;
        Ok(hash.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_the_key_room(poll: PollId, hash: Hash) -> [(Event, String); 8] {
        let reference = || "act 7".to_owned();
        let (issuer, key_id) = (|| "diia".to_owned(), || "k1".to_owned());
        let (key, previous_key) = ("02".repeat(8), "01".repeat(8));
        let hex = "22".repeat(32);
        let reason = RevocationReason::Compromised;
        let ground = ErasureGround::CourtOrder;
        let id = poll.to_string();
        [
            (
                Event::IssuerKeyRevoked {
                    issuer: issuer(),
                    key_id: key_id(),
                    reason,
                    reference: reference(),
                },
                r#"{"issuer":"diia","key_id":"k1","kind":"issuer_key_revoked","reason":"COMPROMISED","reference":"act 7"}"#.to_owned(),
            ),
            (
                Event::IssuerKeyExcised {
                    poll,
                    issuer: issuer(),
                    key_id: key_id(),
                    reference: reference(),
                },
                format!(r#"{{"issuer":"diia","key_id":"k1","kind":"issuer_key_excised","poll":"{id}","reference":"act 7"}}"#),
            ),
            (
                Event::WrappingKeyRotation { reference: reference() },
                r#"{"kind":"wrapping_key_rotation","reference":"act 7"}"#.to_owned(),
            ),
            (
                Event::WrappingKeyReplaced {
                    previous_key: previous_key.clone(),
                    previous_destroyed: true,
                    key: key.clone(),
                },
                format!(r#"{{"key":"{key}","kind":"wrapping_key_replaced","previous_destroyed":true,"previous_key":"{previous_key}"}}"#),
            ),
            (
                Event::ErasureDecided { poll, ground, reference: None },
                format!(r#"{{"ground":"COURT_ORDER","kind":"erasure_decided","poll":"{id}"}}"#),
            ),
            (
                Event::ErasurePending { poll, key: key.clone() },
                format!(r#"{{"key":"{key}","kind":"erasure_pending","poll":"{id}"}}"#),
            ),
            (
                Event::ErasuresConfirmed { reference: reference() },
                r#"{"kind":"erasures_confirmed","reference":"act 7"}"#.to_owned(),
            ),
            (
                Event::PollErased { poll, ground, publication_hash: Some(hash) },
                format!(r#"{{"ground":"COURT_ORDER","kind":"poll_erased","poll":"{id}","publication_hash":"{hex}"}}"#),
            ),
        ]
    }

    #[test]
    fn the_stored_form_of_every_event_is_pinned() {
        let poll = PollId::from_bytes([0x11; 16]);
        let hash = Hash::from_bytes([0x22; 32]);
        let id = "11111111-1111-1111-1111-111111111111";
        let hex = "22".repeat(32);
        let reference = "order 7".to_owned();
        let cases = [
            (Event::StoreCreated, r#"{"kind":"store_created"}"#.to_owned()),
            (
                Event::EngineStarted { version: "0.1.0".into() },
                r#"{"kind":"engine_started","version":"0.1.0"}"#.to_owned(),
            ),
            (
                Event::PollCreated { poll, reference },
                format!(r#"{{"kind":"poll_created","poll":"{id}","reference":"order 7"}}"#),
            ),
            (
                Event::PollOpened { poll, definition_hash: hash },
                format!(r#"{{"definition_hash":"{hex}","kind":"poll_opened","poll":"{id}"}}"#),
            ),
            (
                Event::PollClosing { poll, reason: CloseReason::AsPlanned },
                format!(r#"{{"kind":"poll_closing","poll":"{id}","reason":"AS_PLANNED"}}"#),
            ),
            (
                Event::EpochFolded { epoch: 7, closed: vec![poll] },
                format!(r#"{{"closed":["{id}"],"epoch":7,"kind":"epoch_folded"}}"#),
            ),
            (
                Event::PollPublished { poll, publication_hash: hash },
                format!(r#"{{"kind":"poll_published","poll":"{id}","publication_hash":"{hex}"}}"#),
            ),
            (
                Event::PollWithheld { poll, reason: WithheldReason::TooFewAnswers },
                format!(r#"{{"kind":"poll_withheld","poll":"{id}","reason":"TOO_FEW_ANSWERS"}}"#),
            ),
        ];
        for (event, json) in cases.into_iter().chain(of_the_key_room(poll, hash)) {
            assert_eq!(serde_json_canonicalizer::to_string(&event).unwrap(), json);
            assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        }
    }
}
