//! The order (замовлення) a poll is made from, and its check.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A text in both languages of the procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalizedText {
    /// Ukrainian, 1 to 500 characters.
    pub uk: String,
    /// English, 1 to 500 characters.
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
    /// The controller of the voters' personal data (L5).
    pub controller: Body,
    /// Whose poll it is: 1 to 64 characters of `[a-z0-9-]`.
    pub community: String,
    /// Who may answer.
    pub participants: Participants,
    /// When totals may be seen.
    pub publication: PublicationRules,
    /// Version of the processing notice that voters must accept (L4, L5); from 1.
    pub notice_version: u32,
}

/// A field of an order that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field's path, as `questions[0].options`.
    pub field: String,
    /// The rule it breaks.
    pub rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)
    }
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

/// Options of one question, at most (Resolution No. 90).
const OPTIONS_MAX: usize = 10;
/// Options of one question, at least: with one there is no choice.
const OPTIONS_MIN: usize = 2;

impl Order {
    /// Reads an order file in TOML.
    ///
    /// # Errors
    ///
    /// What the TOML reader says, with the line.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Checks every field; `k` is the engine's floor for the minimum number of answers.
    ///
    /// # Errors
    ///
    /// All fields that break a rule, in the order of the fields; never empty.
    pub fn check(self, k: u64) -> Result<CheckedOrder, Vec<Violation>> {
        let mut found = Violations(Vec::new());
        found.length("reference", &self.reference, 64);
        found.body("initiator", &self.initiator);
        found.length("legal_ground", &self.legal_ground, 1000);
        found.text("title", &self.title);
        found.questions(&self.questions);
        found.body("controller", &self.controller);
        found.name("community", &self.community, 64);
        found.name("participants.subject_space", &self.participants.subject_space, 64);
        if self.publication.minimum_answers < k {
            found.add("publication.minimum_answers", format!("must be at least {k}"));
        }
        if self.publication.minimum_answers > COUNT_MAX {
            found.add("publication.minimum_answers", format!("must be at most {COUNT_MAX}"));
        }
        if self.notice_version == 0 {
            found.add("notice_version", "must be at least 1".to_owned());
        }
        if found.0.is_empty() { Ok(CheckedOrder(self)) } else { Err(found.0) }
    }
}

/// The largest count that JSON readers keep exact (RFC 8785 numbers are doubles).
const COUNT_MAX: u64 = (1 << 53) - 1;

struct Violations(Vec<Violation>);

impl Violations {
    fn add(&mut self, field: impl Into<String>, rule: String) {
        self.0.push(Violation { field: field.into(), rule });
    }

    fn length(&mut self, field: &str, value: &str, max: usize) {
        let length = value.chars().count();
        if value.trim().is_empty() || length > max {
            self.add(field, format!("must hold 1 to {max} characters"));
        } else if value.chars().any(char::is_control) {
            self.add(field, "must not hold control characters".to_owned());
        }
    }

    fn name(&mut self, field: &str, value: &str, max: usize) {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if value.is_empty() || value.len() > max || !value.bytes().all(allowed) {
            self.add(field, format!("must hold 1 to {max} characters of [a-z0-9-]"));
        }
    }

    fn text(&mut self, field: &str, text: &LocalizedText) {
        self.length(&format!("{field}.uk"), &text.uk, 500);
        self.length(&format!("{field}.en"), &text.en, 500);
    }

    fn body(&mut self, field: &str, body: &Body) {
        if body.code.len() != 8 || !body.code.bytes().all(|b| b.is_ascii_digit()) {
            self.add(format!("{field}.code"), "must hold 8 digits".to_owned());
        }
        self.length(&format!("{field}.name"), &body.name, 300);
    }

    fn questions(&mut self, questions: &[Question]) {
        if questions.len() != 1 {
            self.add("questions", "must hold exactly 1 question (Resolution No. 90)".to_owned());
        }
        for (index, question) in questions.iter().enumerate() {
            let field = format!("questions[{index}]");
            self.name(&format!("{field}.id"), &question.id, 32);
            self.text(&format!("{field}.text"), &question.text);
            self.options(&field, &question.options);
        }
    }

    fn options(&mut self, question: &str, options: &[QuestionOption]) {
        if !(OPTIONS_MIN..=OPTIONS_MAX).contains(&options.len()) {
            let rule = format!("must hold {OPTIONS_MIN} to {OPTIONS_MAX} (Resolution No. 90)");
            self.add(format!("{question}.options"), rule);
        }
        let mut seen = HashSet::new();
        for (index, option) in options.iter().enumerate() {
            let field = format!("{question}.options[{index}]");
            self.name(&format!("{field}.id"), &option.id, 32);
            self.text(&format!("{field}.label"), &option.label);
            if !seen.insert(&option.id) {
                self.add(format!("{field}.id"), "must be unique in the question".to_owned());
            }
        }
    }
}
