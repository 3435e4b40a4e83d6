//! The check of an order: every field against its rule, and against the profile that it names.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::breakdown::Breakdown;
use super::super::eligibility::Eligibility;
use super::super::notice::{Notice, Party};
use super::super::period::{Period, Reading};
use super::super::profile::Profile;
use super::super::violation::{NAME_CHARACTERS_MAX, Violation, Violations};
use super::{
    AGE_MAX, AGE_OF_MANY_MAX, Body, CITIZENSHIPS_MAX, COUNT_MAX, CheckedOrder, Crowd, Floors,
    GROUPS_MAX, LIVE_RELEASES_MAX, NOTICE_CHARACTERS_MAX, Order, PLACES_MAX, Participants,
    PublicationMode, PublicationRules, Question, QuestionOption, RELEASE_MINUTES_MAX,
    RELEASE_MINUTES_MIN, Rules,
};

impl Order {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// All fields that break a rule, in the order of the fields; never empty.
    pub fn check(self, rules: &Rules<'_>) -> Result<CheckedOrder, Vec<Violation>> {
        let profile = rules.profiles.get(&self.profile).cloned();
        self.check_by(rules.floors, profile, Reading::Filed)
    }

    /// Checks again what was accepted before, by the profile it was accepted by, and with the crowd
    /// that was frozen then. The floors were applied then, and may have been raised since.
    pub(in crate::poll) fn check_stored(
        self,
        profile: &Arc<Profile>,
        crowd: Crowd,
    ) -> Result<CheckedOrder, Vec<Violation>> {
        let named = Some(profile).filter(|profile| profile.name == self.profile).cloned();
        let asked = &self.publication;
        let frozen = |field: &str, asked: Option<u64>, holds: u64| match asked {
            Some(asked) if asked != holds => {
                Err(vec![Violation::new(field, "must be what the order asks")])
            }
            _ => Ok(()),
        };
        frozen("crowd.k", asked.k, crowd.k)?;
        frozen("crowd.ballots_apart", asked.ballots_apart, crowd.ballots_apart)?;
        let none = Floors { k: 1, ballots_apart: 1, eligible_population: 1 };
        let checked = self.check_by(none, named, Reading::Stored)?;
        Ok(CheckedOrder { crowd, ..checked })
    }

    fn check_by(
        self,
        floors: Floors,
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
        found.population(&self.participants, floors.eligible_population);
        found.breakdowns(&self.breakdowns, &self.participants.eligibility);
        found.publication("publication", &self.publication, floors, rules);
        if let Some(period) = &period {
            found.releases(&self.publication, period);
        }
        found.notice("notice", &self.notice);
        if self.notice_version == 0 {
            found.add("notice_version", "must be at least 1");
        }
        match (profile, period) {
            (Some(profile), Some(period)) if found.0.is_empty() => {
                let PublicationRules { k, ballots_apart, .. } = &self.publication;
                let crowd = Crowd {
                    k: k.unwrap_or(floors.k),
                    ballots_apart: ballots_apart.unwrap_or(floors.ballots_apart),
                };
                Ok(CheckedOrder { order: self, profile, period, crowd })
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
        floor: Floors,
        profile: Option<&Profile>,
    ) {
        if let Some(profile) = profile
            && !profile.publication_modes.contains(&publication.mode)
        {
            let modes = profile.publication_modes.iter().copied().map(PublicationMode::name);
            let modes = modes.collect::<Vec<_>>().join(", ");
            self.add(format!("{field}.mode"), format!("must be {modes} ({})", profile.name));
        }
        let PublicationRules { minimum_answers, k, ballots_apart, release_minutes, .. } =
            publication;
        self.count(&format!("{field}.minimum_answers"), *minimum_answers, floor.k);
        self.count(&format!("{field}.k"), k.unwrap_or(floor.k), floor.k);
        let apart = ballots_apart.unwrap_or(floor.ballots_apart);
        self.count(&format!("{field}.ballots_apart"), apart, floor.ballots_apart);
        let field = format!("{field}.release_minutes");
        match release_minutes {
            None => {}
            Some(_) if publication.mode != PublicationMode::Live => {
                self.add(field, "must be left out unless the mode is live");
            }
            Some(minutes) if !(RELEASE_MINUTES_MIN..=RELEASE_MINUTES_MAX).contains(minutes) => {
                let rule = format!("must be {RELEASE_MINUTES_MIN} to {RELEASE_MINUTES_MAX}");
                self.add(field, rule);
            }
            Some(_) => {}
        }
    }

    fn count(&mut self, field: &str, count: u64, least: u64) {
        if count < least {
            self.add(field, format!("must be at least {least}"));
        } else if count > COUNT_MAX {
            self.add(field, format!("must be at most {COUNT_MAX}"));
        }
    }

    fn releases(&mut self, publication: &PublicationRules, period: &Period) {
        if publication.mode != PublicationMode::Live {
            return;
        }
        let (opens, closes) = (period.opens_at.instant(), period.closes_at.instant());
        let minutes = opens.duration_until(closes).as_mins();
        if minutes / i64::from(publication.release_minutes().max(1)) > LIVE_RELEASES_MAX.into() {
            let rule = format!("must leave at most {LIVE_RELEASES_MAX} releases in the period");
            self.add("publication.release_minutes", rule);
        }
    }

    /// Who may answer is narrowed by what the initiator asks; how many are left only the initiator
    /// knows, and must say (a poll aimed at one person would tell that person's answer).
    fn population(&mut self, participants: &Participants, least: u64) {
        let Eligibility { minimum_age, regions, citizenships, groups } = &participants.eligibility;
        let narrow = minimum_age.is_some_and(|age| age > AGE_OF_MANY_MAX)
            || !(regions.is_empty() && citizenships.is_empty() && groups.is_empty());
        let field = "participants.eligible_population";
        match participants.eligible_population {
            Some(population) => self.count(field, population, least),
            None if narrow => {
                let rule = "must be stated where an age over 60, regions, citizenships or groups are \
                            asked for";
                self.add(field, rule);
            }
            None => {}
        }
    }

    fn breakdowns(&mut self, breakdowns: &[Breakdown], eligibility: &Eligibility) {
        self.set("breakdowns", breakdowns, Breakdown::ALL.len());
        for (at, breakdown) in breakdowns.iter().enumerate() {
            if *breakdown == Breakdown::Group && eligibility.groups.len() < 2 {
                let rule = "group: must have two groups or more in participants.eligibility";
                self.add(format!("breakdowns[{at}]"), rule);
            }
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
