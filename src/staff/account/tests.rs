use super::*;
use crate::staff::{Denied, acts, permit};
use jiff::civil::date;

const NOW: &str = "2026-11-22T10:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn person() -> NewAccount {
    NewAccount {
        credential: Credential::Token {
            issuer: "https://id.example.gov.ua".to_owned(),
            subject: "7f9c".to_owned(),
        },
        name: "Олена Коваль".to_owned(),
        position: "Головна спеціалістка".to_owned(),
        unit: "Відділ електронних послуг".to_owned(),
        body: "43220851".to_owned(),
        role: Role::Organiser,
        undertaking_date: date(2026, 11, 20),
        undertaking_reference: "12/н".to_owned(),
    }
}

fn end() -> Withdrawn {
    Withdrawn {
        date: date(2026, 11, 22),
        at: now(),
        by: "staff-2".to_owned(),
        reason: WithdrawalReason::Transfer,
        reference: "наказ 7".to_owned(),
    }
}

fn said(change: impl FnOnce(&mut NewAccount)) -> Vec<String> {
    let mut person = person();
    change(&mut person);
    person.check(now()).iter().map(ToString::to_string).collect()
}

fn by_token(issuer: &str, subject: &str) -> Credential {
    Credential::Token { issuer: issuer.to_owned(), subject: subject.to_owned() }
}

#[test]
fn a_complete_entry_breaks_no_rule() {
    assert!(person().check(now()).is_empty());
    let name = Credential::CertificateName("olena.staff.example".to_owned());
    assert_eq!(said(|person| person.credential = name), [""; 0]);
    assert_eq!(said(|person| person.credential = by_token("i", &"s".repeat(255))), [""; 0]);
}

#[test]
fn each_field_is_held_to_its_rule() {
    let long = "x".repeat(256);
    let subject = "credential.token.subject: must hold 1 to 255 bytes without control characters";
    assert_eq!(said(|p| p.credential = by_token("i", &long)), [subject]);
    assert_eq!(said(|p| p.credential = by_token("i", "")), [subject]);
    assert_eq!(said(|p| p.credential = by_token("i", "a\nb")), [subject]);
    for issuer in ["", "a b", &long] {
        let rule = "credential.token.issuer: must hold 1 to 128 visible ASCII characters";
        assert_eq!(said(|p| p.credential = by_token(issuer, "s")), [rule], "{issuer}");
    }
    let rule = "credential.certificate_name: must hold 1 to 253 visible ASCII characters";
    assert_eq!(said(|p| p.credential = Credential::CertificateName(long.clone())), [rule]);
    assert_eq!(said(|p| p.name.clear()), ["name: must hold 1 to 200 characters"]);
    assert_eq!(said(|p| p.position = long.clone()), ["position: must hold 1 to 200 characters"]);
    assert_eq!(said(|p| p.unit = "a\u{7}".to_owned()), ["unit: must not hold control characters"]);
    assert_eq!(said(|p| p.body = "4322085".to_owned()), ["body: must hold 8 digits"]);
    let rule = "undertaking_reference: must hold 1 to 100 characters";
    assert_eq!(said(|p| p.undertaking_reference = " ".to_owned()), [rule]);
    let all = said(|p| {
        p.name.clear();
        p.body.clear();
    });
    assert_eq!(all.len(), 2, "all broken rules are told at once");
}

#[test]
fn an_undertaking_of_tomorrow_gives_no_access_today_in_kyiv() {
    let rule = "undertaking_date: must not lie after today";
    assert_eq!(said(|p| p.undertaking_date = date(2026, 11, 23)), [rule]);
    assert_eq!(said(|p| p.undertaking_date = date(2026, 11, 22)), [""; 0]);
    let mut tomorrow = person();
    tomorrow.undertaking_date = date(2026, 11, 23);
    assert!(tomorrow.check("2026-11-22T22:00:00Z".parse().unwrap()).is_empty(), "midnight in Kyiv");
}

#[test]
fn withdrawn_access_never_comes_back() {
    let entry = person().registered(7, now(), "staff-2");
    assert_eq!(entry.id(), "staff-7");
    assert!(permit(&entry, acts::ReadOrders).is_ok());
    let ended = entry.withdrawn(end()).unwrap();
    assert_eq!(permit(&ended, acts::ReadOrders).err(), Some(Denied::Withdrawn));
    assert_eq!(ended.withdrawn(end()), Err(WithdrawError::Already));
    let before = Account { withdrawn: None, ..ended };
    assert_eq!(before, entry, "nothing else changes");
}

#[test]
fn a_withdrawal_is_held_to_its_rules() {
    let entry = person().registered(7, now(), "staff-2");
    let said = |change: fn(&mut Withdrawn)| {
        let mut end = end();
        change(&mut end);
        match entry.withdrawn(end) {
            Err(WithdrawError::Invalid(broken)) => {
                broken.iter().map(ToString::to_string).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    let after = said(|end| end.date = date(2026, 11, 23));
    assert_eq!(after, ["date: must not lie after today"]);
    let before = said(|end| end.date = date(2026, 11, 19));
    assert_eq!(before, ["date: must not lie before the undertaking"]);
    let reference = said(|end| end.reference.clear());
    assert_eq!(reference, ["reference: must hold 1 to 100 characters"]);
}

#[test]
fn an_entry_is_stored_as_it_is_read_and_without_room_for_more() {
    let entry = person().registered(7, now(), "staff-2").withdrawn(end()).unwrap();
    let stored = serde_json::to_value(&entry).unwrap();
    assert_eq!(stored["role"], "organiser");
    assert_eq!(stored["undertaking_date"], "2026-11-20");
    assert_eq!(stored["credential"]["token"]["subject"], "7f9c");
    assert_eq!(stored["withdrawn"]["reason"], "TRANSFER");
    assert_eq!(serde_json::from_value::<Account>(stored.clone()).unwrap(), entry);
    let mut more = stored;
    more["phone"] = "1".into();
    assert!(serde_json::from_value::<Account>(more).is_err());
    for reason in WithdrawalReason::ALL {
        let stored = serde_json::to_value(reason).unwrap();
        assert_eq!(stored, reason.wire_name());
    }
}

#[test]
fn nothing_printed_names_the_person() {
    let entry = person().registered(7, now(), "staff-2").withdrawn(end()).unwrap();
    let printed =
        format!("{:?} {:?} {:?} {:?}", person(), entry, entry.credential, entry.withdrawn);
    assert_eq!(printed, "NewAccount(..) Account(staff-7) Credential(..) Some(Withdrawn(TRANSFER))");
}
