use super::*;
use crate::staff::{NewAccount, Role, WithdrawalReason, Withdrawn};
use jiff::Timestamp;
use jiff::civil::date;

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn by_name(name: &str) -> Credential {
    Credential::CertificateName(name.to_owned())
}

/// An entry with a credential and an undertaking.
fn entry(number: u32, credential: &str, undertaking: &str) -> Account {
    let new = NewAccount {
        credential: by_name(credential),
        name: "name".to_owned(),
        position: "position".to_owned(),
        unit: "unit".to_owned(),
        body: "43220851".to_owned(),
        role: Role::Operator,
        undertaking_date: date(2026, 11, 20),
        undertaking_reference: undertaking.to_owned(),
    };
    new.registered(number, now(), "staff-1")
}

fn ended(account: &Account) -> Account {
    let end = Withdrawn {
        date: date(2026, 11, 22),
        at: now(),
        by: "staff-1".to_owned(),
        reason: WithdrawalReason::Dismissal,
        reference: "7".to_owned(),
    };
    account.withdrawn(end).unwrap()
}

fn register(accounts: &[Account]) -> Register {
    let mut register = Register::default();
    for account in accounts {
        register.insert(account.clone()).unwrap();
    }
    register
}

#[test]
fn an_entry_is_found_by_number_and_credential() {
    let register = register(&[entry(1, "a", "u1"), entry(2, "b", "u2")]);
    assert_eq!(register.get(2).unwrap().number, 2);
    assert_eq!(register.by_credential(&by_name("a")).unwrap().number, 1);
    assert!(register.get(3).is_none() && register.by_credential(&by_name("c")).is_none());
    let token = Credential::Token { issuer: "a".to_owned(), subject: "a".to_owned() };
    assert!(register.by_credential(&token).is_none(), "a token is no certificate");
    assert_eq!(register.all().map(|account| account.number).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn numbers_begin_at_one_and_never_repeat() {
    assert_eq!(Register::default().next_number(), 1);
    let mut register = register(&[entry(1, "a", "u1"), entry(7, "b", "u2")]);
    assert_eq!(register.next_number(), 8);
    register.insert(ended(&entry(7, "b", "u2"))).unwrap();
    assert_eq!(register.next_number(), 8, "an entry without access keeps its number");
    assert_eq!(register.insert(entry(0, "c", "u3")), Err(RegisterError::Number));
}

#[test]
fn a_credential_has_one_active_account() {
    let mut register = register(&[entry(1, "a", "u1")]);
    assert_eq!(register.insert(entry(2, "a", "u2")), Err(RegisterError::CredentialTaken));
    register.insert(ended(&entry(1, "a", "u1"))).unwrap();
    assert!(register.by_credential(&by_name("a")).is_none(), "struck off");
    register.insert(entry(2, "a", "u2")).unwrap();
    assert_eq!(register.by_credential(&by_name("a")).unwrap().number, 2);
    assert_eq!(register.all().count(), 2, "and the first entry stays");
}

#[test]
fn an_undertaking_gives_access_once() {
    let mut register = register(&[entry(1, "a", "u1")]);
    let taken = Err(RegisterError::UndertakingTaken);
    assert_eq!(register.insert(entry(2, "b", "u1")), taken, "one person would be two");
    register.insert(ended(&entry(1, "a", "u1"))).unwrap();
    assert_eq!(register.insert(entry(2, "b", "u1")), taken, "it was withdrawn");
    let mut elsewhere = entry(2, "b", "u1");
    elsewhere.body = "00000001".to_owned();
    register.insert(elsewhere).unwrap();
    let mut next_year = entry(3, "c", "u1");
    next_year.undertaking_date = date(2027, 1, 5);
    register.insert(next_year).unwrap();
}

#[test]
fn an_entry_changes_by_its_withdrawal_only() {
    let account = entry(1, "a", "u1");
    let mut register = register(std::slice::from_ref(&account));
    register.insert(account.clone()).unwrap();
    let promoted = Account { role: Role::Auditor, ..account.clone() };
    assert_eq!(register.insert(promoted.clone()), Err(RegisterError::NumberTaken));
    assert_eq!(register.insert(ended(&promoted)), Err(RegisterError::NumberTaken));
    register.insert(ended(&account)).unwrap();
    register.insert(ended(&account)).unwrap();
    assert_eq!(register.insert(account.clone()), Err(RegisterError::NumberTaken), "not back");
    let mut other = ended(&account);
    other.withdrawn.as_mut().unwrap().reason = WithdrawalReason::Incident;
    assert_eq!(register.insert(other), Err(RegisterError::NumberTaken));
    assert!(register.by_credential(&by_name("a")).is_none());
}

#[test]
fn a_register_is_read_back_as_it_was_stored() {
    // By number, as a store gives them: a withdrawn entry before the one that took its credential.
    let stored = [ended(&entry(1, "a", "u1")), entry(2, "a", "u2"), ended(&entry(3, "b", "u3"))];
    let register = register(&stored);
    assert_eq!(register.by_credential(&by_name("a")).unwrap().number, 2);
    assert!(register.by_credential(&by_name("b")).is_none());
    // Nor does it depend on the order.
    let mut backwards = Register::default();
    for account in stored.iter().rev() {
        backwards.insert(account.clone()).unwrap();
    }
    assert_eq!(backwards.by_credential(&by_name("a")).unwrap().number, 2);
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut register = register(&[entry(1, "a", "u1")]);
    for bad in [entry(2, "a", "u2"), entry(2, "b", "u1"), entry(1, "b", "u2"), entry(0, "c", "u3")]
    {
        assert_eq!(register.admits(&bad).err(), register.insert(bad.clone()).err());
        assert!(register.insert(bad).is_err());
    }
    assert_eq!(register.all().count(), 1);
    assert_eq!(register.by_credential(&by_name("a")).unwrap().number, 1);
    assert!(register.by_credential(&by_name("b")).is_none());
}
