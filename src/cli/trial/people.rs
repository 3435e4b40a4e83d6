//! Who takes part in a trial, and the order that they work on.

use anyhow::ensure;
use jiff::{ToSpan, Unit, ZonedDateTime};

use super::folder::{Folder, SPACE};
use crate::cli::staff::trial as staff;
use crate::ground::clock::Clock;

/// Hours for which a person's token is good: as long as staff's tokens may be.
pub(super) const TOKEN_HOURS: i64 = 12;
/// Days for which the order's poll is open, unless it is ended earlier.
const OPEN_DAYS: i64 = 7;
/// Where the entries of the staff register are.
pub(super) const ENTRIES: &str = "people";
/// The order's file.
pub(super) const ORDER: &str = "order.toml";

/// The ministry that runs polls.
const ORGANISING_BODY: &str = "43220851";
/// The ministry that ordered this one.
const INITIATING_BODY: &str = "00032945";
const INITIATOR: &str = "Міністерство культури України";

/// A person: an entry of the staff register, and a token by which they sign in.
struct Person {
    subject: &'static str,
    name: &'static str,
    position: &'static str,
    unit: &'static str,
    body_code: &'static str,
    role: &'static str,
}

/// One of each role, and a second data-protection officer, because an erasure takes two people.
const PEOPLE: [Person; 6] = [
    Person {
        subject: "maria",
        name: "Maria Kovalenko",
        position: "data-protection officer",
        unit: "department of personal data",
        body_code: ORGANISING_BODY,
        role: "data-protection-officer",
    },
    Person {
        subject: "andrii",
        name: "Andrii Melnyk",
        position: "deputy data-protection officer",
        unit: "department of personal data",
        body_code: ORGANISING_BODY,
        role: "data-protection-officer",
    },
    Person {
        subject: "taras",
        name: "Taras Shevchuk",
        position: "head of unit",
        unit: "department of polls",
        body_code: ORGANISING_BODY,
        role: "organiser",
    },
    Person {
        subject: "iryna",
        name: "Iryna Tkachenko",
        position: "system administrator",
        unit: "department of operations",
        body_code: ORGANISING_BODY,
        role: "operator",
    },
    Person {
        subject: "petro",
        name: "Petro Lysenko",
        position: "internal auditor",
        unit: "internal audit",
        body_code: ORGANISING_BODY,
        role: "auditor",
    },
    Person {
        subject: "olena",
        name: "Olena Bondar",
        position: "chief specialist",
        unit: "department of communications",
        body_code: INITIATING_BODY,
        role: "initiator",
    },
];

impl Person {
    fn entry(&self, number: usize, now: &ZonedDateTime) -> String {
        let Self { subject, name, position, unit, body_code, role } = self;
        let (issuer, date) = (staff::ISSUER, now.date());
        format!(
            "# {name}'s entry of the staff register: holos staff register --file {subject}.toml\n\
             token_issuer = \"{issuer}\"\n\
             token_subject = \"{subject}\"\n\
             name = \"{name}\"\n\
             position = \"{position}\"\n\
             unit = \"{unit}\"\n\
             body_code = \"{body_code}\"\n\
             role = \"{role}\"\n\
             undertaking_date = \"{date}\"\n\
             undertaking_reference = \"trial/{number}\"\n"
        )
    }
}

/// Their names in what they type.
pub(super) fn subjects() -> impl Iterator<Item = &'static str> {
    PEOPLE.iter().map(|person| person.subject)
}

/// Writes everybody's entry of the register, and the order.
pub(super) fn write(folder: &Folder) -> anyhow::Result<()> {
    let now = Clock::system().now().to_zoned_datetime(crate::poll::kyiv());
    super::folder::new_folder(&folder.file(ENTRIES))?;
    for (number, person) in (1..).zip(&PEOPLE) {
        let name = format!("{ENTRIES}/{}.toml", person.subject);
        folder.write(&name, &person.entry(number, &now))?;
    }
    folder.write(ORDER, &order(&now)?)
}

/// Writes everybody a new token.
pub(super) fn write_tokens(folder: &Folder) -> anyhow::Result<()> {
    let issuer = folder.staff_issuer()?;
    for subject in subjects() {
        staff::write_token(&folder.file(""), &issuer, subject, TOKEN_HOURS)?;
    }
    Ok(())
}

/// The sample order as another body's: open from this minute on, for this trial's voters, with a
/// table by age.
fn order(now: &ZonedDateTime) -> anyhow::Result<String> {
    let opens = now.round(
        jiff::ZonedDateTimeRound::new().smallest(Unit::Minute).mode(jiff::RoundMode::Trunc),
    )?;
    let closes = opens.checked_add(OPEN_DAYS.days())?;
    let mut text = include_str!("../../../deploy/order.toml").to_owned();
    let organiser = "name = \"Міністерство цифрової трансформації України\"\n";
    let initiator = format!("[initiator]\ncode = \"{ORGANISING_BODY}\"\n{organiser}");
    for (from, to) in [
        ("opens_at = \"2026-12-01T09:00[Europe/Kyiv]\"", format!("opens_at = \"{opens}\"")),
        ("closes_at = \"2026-12-08T18:00[Europe/Kyiv]\"", format!("closes_at = \"{closes}\"")),
        ("# breakdowns = [\"age-band\"]", "breakdowns = [\"age-band\"]".to_owned()),
        (
            initiator.as_str(),
            format!("[initiator]\ncode = \"{INITIATING_BODY}\"\nname = \"{INITIATOR}\"\n"),
        ),
        ("subject_space = \"ua-person\"", format!("subject_space = \"{SPACE}\"")),
        (
            "підтвердження віку від 14 років і ваша відповідь",
            "підтвердження віку від 14 років, рік народження і ваша відповідь".to_owned(),
        ),
        (
            "the confirmation that you are 14 or older, and your answer",
            "the confirmation that you are 14 or older, your year of birth, and your answer"
                .to_owned(),
        ),
    ] {
        ensure!(text.matches(from).count() == 1, "the sample order has {from:?} not once");
        text = text.replace(from, &to);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::{Breakdown, Floors, Order, Profiles, Rules};

    #[test]
    fn the_order_of_a_trial_keeps_every_rule_whenever_it_is_made() {
        let rules = Rules { floors: Floors::default(), profiles: &Profiles::builtin() };
        // Also across both changes of the clocks.
        for at in ["2026-03-28T03:30", "2026-10-24T03:30", "2026-12-31T23:59", "2028-02-29T00:00"] {
            let now: ZonedDateTime = format!("{at}[Europe/Kyiv]").parse().unwrap();
            let order = Order::from_toml(&order(&now).unwrap()).unwrap();
            assert_eq!(order.initiator.code, INITIATING_BODY);
            assert_eq!(order.participants.subject_space, SPACE);
            assert_eq!(order.breakdowns, [Breakdown::AgeBand]);
            assert_eq!(order.check(&rules).map(drop), Ok(()), "{at}");
        }
    }

    #[test]
    fn everybody_has_a_name_and_an_undertaking_of_their_own() {
        let now: ZonedDateTime = "2026-11-22T12:00[Europe/Kyiv]".parse().unwrap();
        let entries: Vec<_> =
            (1..).zip(&PEOPLE).map(|(number, person)| person.entry(number, &now)).collect();
        assert!(entries[5].contains("undertaking_reference = \"trial/6\""), "{}", entries[5]);
        let roles: std::collections::BTreeSet<_> = PEOPLE.iter().map(|who| who.role).collect();
        assert_eq!(roles.len(), 5, "each role is there");
    }
}
