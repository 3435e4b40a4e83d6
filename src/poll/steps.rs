//! What is recorded with a step of a poll's life: reasons, extensions, consent, decisions.
//!
//! All of it was decided by an official, and none of it says anything about a voter.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::order::LocalizedText;
use super::violation::{Violation, Violations};

/// Characters of a reason: a paragraph of an order of the day.
const REASON_CHARACTERS_MAX: usize = 500;
/// Characters of a document's number, in an order and in every act about its poll.
pub const REFERENCE_CHARACTERS_MAX: usize = 64;
/// Bytes of an address on the web: what browsers and proxies take.
const ADDRESS_BYTES_MAX: usize = 2_000;

/// Why an order was returned, last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// When.
    pub at: Timestamp,
    /// The account that returned it.
    pub by: String,
    /// What is to be corrected.
    pub reasons: Vec<Violation>,
}

/// A closing time that was moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// When it was decided.
    pub at: Timestamp,
    /// The closing time before.
    pub before: Timestamp,
    /// The closing time after.
    pub after: Timestamp,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// A poll that counts nothing for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// Since when.
    pub at: Timestamp,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// The initiator's consent to publish the totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The account that gave it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Number of the initiator's document, 1 to 64 characters.
    pub reference: String,
}

/// A decision that was taken after the poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachedDecision {
    /// When it was attached.
    pub at: Timestamp,
    /// The decision's own date.
    pub date: Date,
    /// What it is called; 1 to 500 characters a language.
    pub title: LocalizedText,
    /// Its number, 1 to 64 characters.
    pub reference: String,
    /// Where it can be read: an https URL of at most 2,000 ASCII characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Checks a reason that an official states.
///
/// # Errors
///
/// The rule that it breaks.
pub fn check_reason(field: &str, reason: &str) -> Result<(), Violation> {
    let mut found = Violations::default();
    found.length(field, reason, REASON_CHARACTERS_MAX);
    found.0.pop().map_or(Ok(()), Err)
}

impl AttachedDecision {
    /// Every field that breaks a rule.
    pub fn check(&self) -> Vec<Violation> {
        let mut found = Violations::default();
        found.label("title", &self.title);
        found.length("reference", &self.reference, REFERENCE_CHARACTERS_MAX);
        if self.address.as_deref().is_some_and(|address| !is_https(address)) {
            let rule =
                format!("must be an https URL of at most {ADDRESS_BYTES_MAX} ASCII characters");
            found.add("address", rule);
        }
        found.0
    }
}

/// Pages show the address as a link: no other scheme, nothing that needs escaping, no user before
/// the host that could pass for one.
fn is_https(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"'<>\\`{}|^".contains(&b);
    let in_host = |b: u8| b.is_ascii_alphanumeric() || b"-.:".contains(&b);
    address.len() <= ADDRESS_BYTES_MAX
        && address.bytes().all(plain)
        && host.starts_with(|first: char| first.is_ascii_alphanumeric())
        && host.bytes().all(in_host)
}
