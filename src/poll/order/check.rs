//! The check of an order: every field against its rule.

use std::collections::HashSet;
use std::fmt;

use super::super::breakdown::Breakdown;
use super::super::eligibility::Eligibility;
use super::super::notice::{Notice, Party};
use super::{
    Body, CheckedOrder, LocalizedText, OPTIONS_MAX, Order, QUESTIONS_MAX, Question, QuestionOption,
};

/// Options of one question, at least: with one there is no choice.
const OPTIONS_MIN: usize = 2;
/// Age that a poll may ask for, at most.
const AGE_MAX: u8 = 120;
/// Places of an eligibility: every region, or every raion of a few. Each ballot is compared with
/// all of them.
const PLACES_MAX: usize = 64;
/// Groups of an eligibility: they travel as claims of every credential that has them.
const GROUPS_MAX: usize = 32;
/// Citizenships of an eligibility.
const CITIZENSHIPS_MAX: usize = 16;
/// Characters of what a voter reads on a ballot.
const LABEL_CHARACTERS_MAX: usize = 500;
/// Characters of a text of the notice: a long paragraph.
const NOTICE_CHARACTERS_MAX: usize = 2_000;
/// The largest count that JSON readers keep exact (RFC 8785 numbers are doubles).
const COUNT_MAX: u64 = (1 << 53) - 1;

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

impl Order {
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
        found.label("title", &self.title);
        found.questions(&self.questions);
        found.name("community", &self.community, 64);
        found.name("participants.subject_space", &self.participants.subject_space, 64);
        found.eligibility("participants.eligibility", &self.participants.eligibility);
        found.breakdowns(&self.breakdowns);
        if self.publication.minimum_answers < k {
            found.add("publication.minimum_answers", format!("must be at least {k}"));
        }
        if self.publication.minimum_answers > COUNT_MAX {
            found.add("publication.minimum_answers", format!("must be at most {COUNT_MAX}"));
        }
        found.notice("notice", &self.notice);
        if self.notice_version == 0 {
            found.add("notice_version", "must be at least 1".to_owned());
        }
        if found.0.is_empty() { Ok(CheckedOrder(self)) } else { Err(found.0) }
    }
}

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

    fn text(&mut self, field: &str, text: &LocalizedText, max: usize) {
        self.length(&format!("{field}.uk"), &text.uk, max);
        self.length(&format!("{field}.en"), &text.en, max);
    }

    fn label(&mut self, field: &str, text: &LocalizedText) {
        self.text(field, text, LABEL_CHARACTERS_MAX);
    }

    fn code(&mut self, field: &str, code: &str) {
        if code.len() != 8 || !code.bytes().all(|b| b.is_ascii_digit()) {
            self.add(format!("{field}.code"), "must hold 8 digits".to_owned());
        }
    }

    fn body(&mut self, field: &str, body: &Body) {
        self.code(field, &body.code);
        self.length(&format!("{field}.name"), &body.name, 300);
    }

    fn questions(&mut self, questions: &[Question]) {
        if questions.len() != QUESTIONS_MAX {
            self.add("questions", "must hold exactly 1 question (Resolution No. 90)".to_owned());
        }
        for (index, question) in questions.iter().enumerate() {
            let field = format!("questions[{index}]");
            self.name(&format!("{field}.id"), &question.id, 32);
            self.label(&format!("{field}.text"), &question.text);
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
            self.label(&format!("{field}.label"), &option.label);
            if !seen.insert(&option.id) {
                self.add(format!("{field}.id"), "must be unique in the question".to_owned());
            }
        }
    }

    fn eligibility(&mut self, field: &str, eligibility: &Eligibility) {
        if eligibility.minimum_age.is_some_and(|age| !(1..=AGE_MAX).contains(&age)) {
            self.add(format!("{field}.minimum_age"), format!("must be 1 to {AGE_MAX}"));
        }
        self.set(&format!("{field}.regions"), &eligibility.regions, PLACES_MAX);
        self.set(&format!("{field}.citizenships"), &eligibility.citizenships, CITIZENSHIPS_MAX);
        let groups = format!("{field}.groups");
        self.set(&groups, &eligibility.groups, GROUPS_MAX);
        for (index, group) in eligibility.groups.iter().enumerate() {
            self.name(&format!("{groups}[{index}]"), group, 64);
        }
    }

    fn breakdowns(&mut self, breakdowns: &[Breakdown]) {
        self.set("breakdowns", breakdowns, Breakdown::ALL.len());
    }

    /// A list that is a set: short enough to compare each with each.
    fn set<T: PartialEq>(&mut self, field: &str, values: &[T], max: usize) {
        if values.len() > max {
            self.add(field, format!("must hold at most {max}"));
        } else if values.iter().enumerate().any(|(at, value)| values[..at].contains(value)) {
            self.add(field, "must not hold the same twice".to_owned());
        }
    }

    fn notice(&mut self, field: &str, notice: &Notice) {
        self.party(&format!("{field}.controller"), &notice.controller);
        if let Some(processor) = &notice.processor {
            self.party(&format!("{field}.processor"), processor);
        }
        for (name, text) in [
            ("data_location", &notice.data_location),
            ("contents", &notice.contents),
            ("purpose", &notice.purpose),
            ("legal_ground", &notice.legal_ground),
            ("recipients", &notice.recipients),
            ("transfer_abroad", &notice.transfer_abroad),
            ("retention", &notice.retention),
            ("responsible_person.name", &notice.responsible_person.name),
        ] {
            self.text(&format!("{field}.{name}"), text, NOTICE_CHARACTERS_MAX);
        }
        let contact = &notice.responsible_person.contact;
        self.length(&format!("{field}.responsible_person.contact"), contact, NOTICE_CHARACTERS_MAX);
    }

    fn party(&mut self, field: &str, party: &Party) {
        self.code(field, &party.code);
        self.text(&format!("{field}.name"), &party.name, NOTICE_CHARACTERS_MAX);
        self.text(&format!("{field}.address"), &party.address, NOTICE_CHARACTERS_MAX);
        let allowed = |b: u8| b.is_ascii_digit() || b"+() -".contains(&b);
        if !(3..=32).contains(&party.phone.len()) || !party.phone.bytes().all(allowed) {
            let rule = "must hold 3 to 32 characters of [0-9+() -]".to_owned();
            self.add(format!("{field}.phone"), rule);
        }
    }
}
