//! A field that breaks a rule, and the rules that many fields share.
//!
//! What a field must hold is said where the field is checked; here is only how it is said.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::order::LocalizedText;

/// Characters of what a voter reads on a ballot.
pub(super) const LABEL_CHARACTERS_MAX: usize = 500;
/// Characters of a name that programs read.
pub(super) const NAME_CHARACTERS_MAX: usize = 64;

/// A field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// The field's path, as `questions[0].options`.
    pub field: String,
    /// The rule it breaks.
    pub rule: String,
}

impl Violation {
    /// This field breaks this rule.
    pub fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { field: field.into(), rule: rule.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)
    }
}

/// Violations that are named at once.
pub(crate) const VIOLATIONS_MAX: usize = 64;

/// The violations found so far, in the order of the fields.
#[derive(Default)]
pub(super) struct Violations(pub(super) Vec<Violation>);

impl Violations {
    pub(super) fn add(&mut self, field: impl Into<String>, rule: impl Into<String>) {
        // Who has that many to mend reads no more; an order of empty options has a million.
        if self.0.len() < VIOLATIONS_MAX {
            self.0.push(Violation::new(field, rule));
        }
    }

    pub(super) fn length(&mut self, field: &str, value: &str, max: usize) {
        let length = value.chars().count();
        if value.trim().is_empty() || length > max {
            self.add(field, format!("must hold 1 to {max} characters"));
        } else if value.chars().any(char::is_control) {
            self.add(field, "must not hold control characters");
        }
    }

    pub(super) fn name(&mut self, field: &str, value: &str, max: usize) {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if value.is_empty() || value.len() > max || !value.bytes().all(allowed) {
            self.add(field, format!("must hold 1 to {max} characters of [a-z0-9-]"));
        }
    }

    pub(super) fn text(&mut self, field: &str, text: &LocalizedText, max: usize) {
        self.length(&format!("{field}.uk"), &text.uk, max);
        self.length(&format!("{field}.en"), &text.en, max);
    }

    pub(super) fn label(&mut self, field: &str, text: &LocalizedText) {
        self.text(field, text, LABEL_CHARACTERS_MAX);
    }

    /// A list that is a set: short enough to compare each with each.
    pub(super) fn set<T: PartialEq>(&mut self, field: &str, values: &[T], max: usize) {
        if values.len() > max {
            self.add(field, format!("must hold at most {max}"));
        } else if values.iter().enumerate().any(|(at, value)| values[..at].contains(value)) {
            self.add(field, "must not hold the same twice");
        }
    }
}
