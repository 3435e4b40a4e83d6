//! Profiles: the rules of a procedure as data, named, versioned and hashed.
//!
//! A profile narrows what the engine can do and never widens it: a rule that the engine would not
//! keep is refused when the profile is read. What one poll asks is its order's business.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::order::{
    AGE_MAX, LocalizedText, OPTIONS_MAX, OPTIONS_MIN, PublicationMode, QUESTIONS_MAX,
};
use super::phase::CloseReason;
use super::violation::{NAME_CHARACTERS_MAX, Violation, Violations};

/// Characters of a profile's rules in plain words: a page.
const RULES_CHARACTERS_MAX: usize = 2_000;
/// Years that a procedure may keep results or decisions, most: past them nobody in office remembers
/// why they are kept (L2).
const RETENTION_YEARS_MAX: u8 = 10;

/// From `min` to `max`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least.
    pub min: u8,
    /// The most.
    pub max: u8,
}

impl Range {
    /// Whether so many are allowed.
    pub fn contains(self, count: usize) -> bool {
        (usize::from(self.min)..=usize::from(self.max)).contains(&count)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min == self.max {
            write!(f, "exactly {}", self.min)
        } else {
            write!(f, "{} to {}", self.min, self.max)
        }
    }
}

/// The rules of a procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What orders call it: 1 to 64 characters of `[a-z0-9-]`.
    pub name: String,
    /// Its version, from 1; raised with every change.
    pub version: u32,
    /// The act that it follows.
    pub source: LocalizedText,
    /// Full years of the youngest who may take part, 1 to 120; any age, when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_age: Option<u8>,
    /// Questions of a poll.
    pub questions: Range,
    /// Options of a question.
    pub options: Range,
    /// Options that a voter may choose, most. The engine counts one.
    pub choices_max: u8,
    /// Whether an answer can be changed. The engine forgets who gave it, so it cannot.
    pub change_allowed: bool,
    /// On which grounds a poll may end before its time.
    pub early_end: Vec<CloseReason>,
    /// Whether totals are published with the initiator's consent only.
    pub initiator_consent: bool,
    /// The publication modes that an order may ask for.
    pub publication_modes: Vec<PublicationMode>,
    /// Whether the total number of answers stands beside every result. The engine always shows it.
    pub total_always_shown: bool,
    /// Years that results are kept after the close, most; 1 to 10.
    pub results_retention_years: u8,
    /// Years that entries of the audit log are kept, 1 to 10.
    pub audit_retention_years: u8,
    /// The rules in plain words, 1 to 2,000 characters a language.
    pub rules: LocalizedText,
}

/// Why a profile is refused.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read as a profile.
    #[error("{0}")]
    File(#[from] toml::de::Error),
    /// Fields break rules, or ask what the engine cannot do.
    #[error("{}", list(.0))]
    Rules(Vec<Violation>),
    /// There is a profile of this name.
    #[error("name: there is a profile of this name")]
    NameTwice,
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// BLAKE3 hash of a profile's canonical JSON; printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProfileHash(pub [u8; 32]);

impl fmt::Display for ProfileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for ProfileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ProfileHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProfileHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let hash = blake3::Hash::from_hex(&text).map_err(serde::de::Error::custom)?;
        // One spelling only: the text is hashed with the definition.
        if hash.to_hex().as_str() != text {
            return Err(serde::de::Error::custom("not 64 hexadecimal digits in lower case"));
        }
        Ok(Self(*hash.as_bytes()))
    }
}

impl Profile {
    /// Reads and checks a profile in TOML.
    ///
    /// # Errors
    ///
    /// What the TOML reader says, or every field that breaks a rule.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)?;
        profile.checked()
    }

    /// Its canonical JSON (RFC 8785).
    pub fn canonical_json(&self) -> Vec<u8> {
        serde_json_canonicalizer::to_vec(self).expect("texts and small numbers")
    }

    /// The hash that every definition by this profile carries.
    pub fn hash(&self) -> ProfileHash {
        let json = self.canonical_json();
        let mut hasher = blake3::Hasher::new_derive_key("holos v1 profile hash");
        hasher.update(&json);
        ProfileHash(*hasher.finalize().as_bytes())
    }

    /// Every field that breaks a rule or asks what the engine cannot do, in the order of the
    /// fields.
    pub fn check(&self) -> Vec<Violation> {
        let mut found = Violations::default();
        found.name("name", &self.name, NAME_CHARACTERS_MAX);
        if self.version == 0 {
            found.add("version", "must be at least 1");
        }
        found.label("source", &self.source);
        if self.minimum_age.is_some_and(|age| !(1..=AGE_MAX).contains(&age)) {
            found.add("minimum_age", format!("must be 1 to {AGE_MAX}"));
        }
        found.range("questions", self.questions, 1, QUESTIONS_MAX);
        found.range("options", self.options, OPTIONS_MIN, OPTIONS_MAX);
        if self.choices_max != 1 {
            found.add("choices_max", "must be 1: the engine counts one choice");
        }
        if self.change_allowed {
            found.add("change_allowed", "must be false: the engine cannot find an answer again");
        }
        if self.early_end.contains(&CloseReason::AsPlanned) {
            found.add("early_end", "must not hold AS_PLANNED: that is no early end");
        }
        found.set("early_end", &self.early_end, CloseReason::EARLY.len());
        if self.publication_modes.is_empty() {
            found.add("publication_modes", "must hold at least 1");
        }
        found.set("publication_modes", &self.publication_modes, PublicationMode::ALL.len());
        if !self.total_always_shown {
            found.add("total_always_shown", "must be true: the engine always shows the total");
        }
        for (field, years) in [
            ("results_retention_years", self.results_retention_years),
            ("audit_retention_years", self.audit_retention_years),
        ] {
            if !(1..=RETENTION_YEARS_MAX).contains(&years) {
                found.add(field, format!("must be 1 to {RETENTION_YEARS_MAX}"));
            }
        }
        found.text("rules", &self.rules, RULES_CHARACTERS_MAX);
        found.0
    }

    fn checked(self) -> Result<Self, ProfileError> {
        let found = self.check();
        if found.is_empty() { Ok(self) } else { Err(ProfileError::Rules(found)) }
    }
}

impl Violations {
    fn range(&mut self, field: &str, range: Range, least: usize, most: usize) {
        let (min, max) = (usize::from(range.min), usize::from(range.max));
        if min > max || min < least || max > most {
            self.add(field, format!("must lie within {least} to {most}, min not above max"));
        }
    }
}

/// The profiles that orders can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profiles(BTreeMap<String, Arc<Profile>>);

impl Profiles {
    /// The profiles that ship with the engine.
    pub fn builtin() -> Self {
        let profile = Profile::from_toml(include_str!("profiles/resolution-90.toml"))
            .expect("a test reads the profile that ships");
        Self(BTreeMap::from([(profile.name.clone(), Arc::new(profile))]))
    }

    /// These profiles and one more.
    ///
    /// # Errors
    ///
    /// It breaks a rule, or there is one of its name: which of the two rules a poll would be no
    /// order could say.
    pub fn with(mut self, profile: Profile) -> Result<Self, ProfileError> {
        let profile = profile.checked()?;
        if self.0.contains_key(&profile.name) {
            return Err(ProfileError::NameTwice);
        }
        self.0.insert(profile.name.clone(), Arc::new(profile));
        Ok(self)
    }

    /// The profile of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Profile>> {
        self.0.get(name)
    }

    /// The profiles in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests;
