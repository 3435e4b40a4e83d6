//! The order (замовлення) a poll is made from, and its check.
//!
//! What an order may say, not what becomes of it: its number, its poll and its phase are elsewhere.

use serde::{Deserialize, Serialize};

use super::breakdown::Breakdown;
use super::eligibility::Eligibility;
use super::notice::Notice;

mod check;

pub use check::Violation;

/// Questions of an order (Resolution No. 90).
pub(super) const QUESTIONS_MAX: usize = 1;
/// Options of one question, at most (Resolution No. 90).
pub(super) const OPTIONS_MAX: usize = 10;

/// A text in both languages of the procedure; 1 to 500 characters each, unless a field says
/// otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalizedText {
    /// Ukrainian.
    pub uk: String,
    /// English.
    pub en: String,
}

/// A legal body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Registry code (ЄДРПОУ): 8 digits.
    pub code: String,
    /// Name, 1 to 300 characters.
    pub name: String,
}

/// One option of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionOption {
    /// 1 to 32 characters of `[a-z0-9-]`, unique in the question.
    pub id: String,
    /// What the voter reads.
    pub label: LocalizedText,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// 1 to 32 characters of `[a-z0-9-]`, unique in the poll.
    pub id: String,
    /// The question itself.
    pub text: LocalizedText,
    /// 2 to 10 options (Resolution No. 90).
    pub options: Vec<QuestionOption>,
}

/// Who may answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participants {
    /// The one subject space in which persons are told apart; 1 to 64 characters of `[a-z0-9-]`.
    pub subject_space: String,
    /// What a participant must be; everybody of the subject space, when nothing is said.
    #[serde(default, skip_serializing_if = "Eligibility::is_everybody")]
    pub eligibility: Eligibility,
}

/// When totals may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublicationMode {
    /// Never.
    Never,
    /// Once, exact, after the close.
    AtClose,
}

/// Publication rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicationRules {
    /// When totals may be seen.
    pub mode: PublicationMode,
    /// With fewer answers nothing is published; at least the engine's k.
    pub minimum_answers: u64,
}

/// An order as it was filed: open parts, not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The initiator's own number of this order, 1 to 64 characters.
    pub reference: String,
    /// The body that files the order and owns the results.
    pub initiator: Body,
    /// The legal ground, 1 to 1,000 characters.
    pub legal_ground: String,
    /// The poll's title.
    pub title: LocalizedText,
    /// Exactly one question (Resolution No. 90).
    pub questions: Vec<Question>,
    /// Whose poll it is: 1 to 64 characters of `[a-z0-9-]`.
    pub community: String,
    /// Who may answer.
    pub participants: Participants,
    /// By which facts about voters totals are split; each at most once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdowns: Vec<Breakdown>,
    /// When totals may be seen.
    pub publication: PublicationRules,
    /// What voters are told about the processing of their data (L4, L5).
    pub notice: Notice,
    /// Version of the processing notice that voters must accept (L4, L5); from 1.
    pub notice_version: u32,
}

/// An order that keeps every rule. Only [`Order::check`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedOrder(Order);

impl CheckedOrder {
    /// The order.
    pub fn into_order(self) -> Order {
        self.0
    }
}

impl Order {
    /// Reads an order file in TOML.
    ///
    /// # Errors
    ///
    /// What the TOML reader says, with the line.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

#[cfg(test)]
mod tests;
