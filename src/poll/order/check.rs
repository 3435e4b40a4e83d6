//! The check of an order: every field against its rule, and against the profile that it names.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::breakdown::Breakdown;
use super::super::eligibility::Eligibility;
use super::super::notice::{Notice, Party};
use super::super::period::Reading;
use super::super::profile::Profile;
use super::super::violation::{NAME_CHARACTERS_MAX, Violation, Violations};
use super::{
    AGE_MAX, Body, CITIZENSHIPS_MAX, COUNT_MAX, CheckedOrder, GROUPS_MAX, NOTICE_CHARACTERS_MAX,
    Order, PLACES_MAX, PublicationMode, PublicationRules, Question, QuestionOption, Rules,
};

impl Order {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// All fields that break a rule, in the order of the fields; never empty.
    pub fn check(self, rules: &Rules<'_>) -> Result<CheckedOrder, Vec<Violation>> {
        let profile = rules.profiles.get(&self.profile).cloned();
        self.check_by(rules.k, profile, Reading::Filed)
    }

    /// Checks again what was accepted before, by the profile it was accepted by. The floor of k was
    /// applied then, and may have been raised since.
    pub(in crate::poll) fn check_stored(
        self,
        profile: &Arc<Profile>,
    ) -> Result<CheckedOrder, Vec<Violation>> {
        let named = Some(profile).filter(|profile| profile.name == self.profile).cloned();
        self.check_by(1, named, Reading::Stored)
    }

    fn check_by(
        self,
        k: u64,
        profile: Option<Arc<Profile>>,
        reading: Reading,
    ) -> Result<CheckedOrder, Vec<Violation>> {
        let mut found = Violations::default();
        found.length("reference", &self.reference, 64);
        found.name("profile", &self.profile, NAME_CHARACTERS_MAX);
        if profile.is_none() && found.0.iter().all(|found| found.field != "profile") {
            found.add("profile", "must name a profile of this engine");
        }
        found.body("initiator", &self.initiator);
        found.length("legal_ground", &self.legal_ground, 1000);
        found.length("contact", &self.contact, 300);
        let period = found.period(&self.opens_at, &self.closes_at, reading);
        let rules = profile.as_deref();
        found.retention(self.retention_years, rules);
        found.label("title", &self.title);
        found.questions(&self.questions, rules);
        found.name("community", &self.community, 64);
        found.name("participants.subject_space", &self.participants.subject_space, 64);
        found.eligibility("participants.eligibility", &self.participants.eligibility, rules);
        found.set("breakdowns", &self.breakdowns, Breakdown::ALL.len());
        found.publication("publication", &self.publication, k, rules);
        found.notice("notice", &self.notice);
        if self.notice_version == 0 {
            found.add("notice_version", "must be at least 1");
        }
        match (profile, period) {
            (Some(profile), Some(period)) if found.0.is_empty() => {
                Ok(CheckedOrder { order: self, profile, period })
            }
            _ => Err(found.0),
        }
    }
}

/// The rules of an order's fields. A bound that only the profile knows is not checked without one:
/// that there is none is a violation of its own.
impl Violations {
    fn retention(&mut self, years: u8, profile: Option<&Profile>) {
        if years == 0 {
            self.add("retention_years", "must be at least 1");
        }
        let Some(profile) = profile else { return };
        let most = profile.results_retention_years;
        if years > most {
            self.add("retention_years", format!("must be at most {most} ({})", profile.name));
        }
    }

    fn publication(
        &mut self,
        field: &str,
        publication: &PublicationRules,
        k: u64,
        profile: Option<&Profile>,
    ) {
        if let Some(profile) = profile
            && !profile.publication_modes.contains(&publication.mode)
        {
            let modes = profile.publication_modes.iter().copied().map(PublicationMode::name);
            let modes = modes.collect::<Vec<_>>().join(", ");
            self.add(format!("{field}.mode"), format!("must be {modes} ({})", profile.name));
        }
        let field = format!("{field}.minimum_answers");
        if publication.minimum_answers < k {
            self.add(field, format!("must be at least {k}"));
        } else if publication.minimum_answers > COUNT_MAX {
            self.add(field, format!("must be at most {COUNT_MAX}"));
        }
    }

    fn code(&mut self, field: &str, code: &str) {
        if code.len() != 8 || !code.bytes().all(|b| b.is_ascii_digit()) {
            self.add(format!("{field}.code"), "must hold 8 digits");
        }
    }

    fn body(&mut self, field: &str, body: &Body) {
        self.code(field, &body.code);
        self.length(&format!("{field}.name"), &body.name, 300);
    }

    fn questions(&mut self, questions: &[Question], profile: Option<&Profile>) {
        if let Some(profile) = profile
            && !profile.questions.contains(questions.len())
        {
            let rule = format!("must hold {} ({})", profile.questions, profile.name);
            self.add("questions", rule);
        }
        for (index, question) in questions.iter().enumerate() {
            let field = format!("questions[{index}]");
            self.name(&format!("{field}.id"), &question.id, 32);
            self.label(&format!("{field}.text"), &question.text);
            self.options(&field, &question.options, profile);
        }
    }

    fn options(&mut self, question: &str, options: &[QuestionOption], profile: Option<&Profile>) {
        if let Some(profile) = profile
            && !profile.options.contains(options.len())
        {
            let rule = format!("must hold {} ({})", profile.options, profile.name);
            self.add(format!("{question}.options"), rule);
        }
        let mut seen = HashSet::new();
        for (index, option) in options.iter().enumerate() {
            let field = format!("{question}.options[{index}]");
            self.name(&format!("{field}.id"), &option.id, 32);
            self.label(&format!("{field}.label"), &option.label);
            if !seen.insert(&option.id) {
                self.add(format!("{field}.id"), "must be unique in the question");
            }
        }
    }

    fn eligibility(&mut self, field: &str, eligibility: &Eligibility, profile: Option<&Profile>) {
        if let Some(age) = eligibility.minimum_age {
            self.minimum_age(&format!("{field}.minimum_age"), age, profile);
        }
        self.set(&format!("{field}.regions"), &eligibility.regions, PLACES_MAX);
        self.set(&format!("{field}.citizenships"), &eligibility.citizenships, CITIZENSHIPS_MAX);
        let groups = format!("{field}.groups");
        self.set(&groups, &eligibility.groups, GROUPS_MAX);
        for (index, group) in eligibility.groups.iter().enumerate() {
            self.name(&format!("{groups}[{index}]"), group, 64);
        }
    }

    fn minimum_age(&mut self, field: &str, age: u8, profile: Option<&Profile>) {
        if !(1..=AGE_MAX).contains(&age) {
            self.add(field, format!("must be 1 to {AGE_MAX}"));
        } else if let Some(profile) = profile
            && let Some(least) = profile.minimum_age
            && age < least
        {
            self.add(field, format!("must be at least {least} ({})", profile.name));
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
            let rule = "must hold 3 to 32 characters of [0-9+() -]";
            self.add(format!("{field}.phone"), rule);
        }
    }
}
