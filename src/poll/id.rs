//! Identifier of a poll.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Identifier of a poll: a UUID, written in its 36-character lower-case form.
///
/// Version 7, so that polls sort by their creation. A poll is public, its time is no secret;
/// nothing that belongs to a voter ever carries a time-based id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = String, format = "uuid")]
pub struct PollId([u8; 16]);

/// The text is not a UUID in its 36-character lower-case form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID in its 36-character lower-case form")]
pub struct ParsePollIdError;

impl PollId {
    /// The identifier with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The identifier's bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for PollId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for PollId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PollId {
    type Err = ParsePollIdError;

    // One spelling only: the text is hashed and compared elsewhere (a token's poll claim).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 36 || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ParsePollIdError);
        }
        let uuid = uuid::Uuid::try_parse(text).map_err(|_| ParsePollIdError)?;
        Ok(Self(uuid.into_bytes()))
    }
}

impl Serialize for PollId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PollId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        let text = "018bcfe5-6800-7b53-9d4f-0242ac120002";
        assert_eq!(text.parse::<PollId>().unwrap().to_string(), text);
        for bad in ["", &text.to_uppercase(), &text.replace('-', ""), &format!("{{{text}}}")] {
            assert!(bad.parse::<PollId>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trips(bytes: [u8; 16]) {
            let id = PollId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<PollId>().unwrap(), id);
        }
    }
}
