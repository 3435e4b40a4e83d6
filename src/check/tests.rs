use super::*;
use crate::poll::{CloseReason, Definition, ErasureGround, Order, PollId, Region, WithheldReason};

/// A poll of grown-ups of one region, opened under pseudonym key `1`.
fn open() -> Poll {
    let mut order = Order::from_toml(include_str!("../cli/demo/order.toml")).unwrap();
    order.participants.eligibility.minimum_age = Some(18);
    order.participants.eligibility.regions = vec![Region::parse("UA-77").unwrap()];
    let definition = Definition::new(PollId::from_bytes([1; 16]), order.check(10).unwrap());
    Poll::approved(definition).opened(now(), "1", 1)
}

fn now() -> Timestamp {
    "2026-12-31T21:59:59Z".parse().unwrap()
}

/// The claims of a grown-up of that region, after this change.
fn resident(change: impl FnOnce(&mut Claims)) -> Claims {
    let mut claims = Claims::default();
    claims.age_over = Some(18);
    claims.region = Region::parse("UA-77");
    change(&mut claims);
    claims
}

fn paper(option: &str) -> Paper {
    let answers = vec![Answer { question_id: String::new(), option_ids: vec![option.to_owned()] }];
    Paper { notice_version: 1, decline_breakdowns: false, answers }
}

fn cells(person: &Person<'_>, option: &str, poll: &Poll) -> Result<Cells, Rejection> {
    allowed_cells(person, &paper(option), poll, now())
}

#[test]
fn who_may_take_part_is_decided_before_what_was_answered_and_in_a_fixed_order() {
    let (poll, claims, nobody) = (open(), resident(|_| ()), Claims::default());
    let mut person = Person { space: "other", pseudonym_key: "2", kind: 2, claims: &nobody };
    assert_eq!(cells(&person, "no-option", &poll), Err(Rejection::SubjectSpace));
    person.space = "demo";
    assert_eq!(cells(&person, "no-option", &poll), Err(Rejection::PseudonymKey));
    person.pseudonym_key = "1";
    assert_eq!(cells(&person, "no-option", &poll), Err(Rejection::PseudonymKey), "another kind");
    person.kind = 1;
    assert_eq!(cells(&person, "no-option", &poll), Err(Rejection::NotEligible));
    person.claims = &claims;
    assert_eq!(cells(&person, "no-option", &poll), Err(Rejection::OptionUnknown));
    assert_eq!(cells(&person, "day-off", &poll).unwrap()[..], [1]);
    let approved = Poll::approved(Definition::clone(&poll.definition));
    assert_eq!(cells(&person, "day-off", &approved), Err(Rejection::PollNotOpen));
}

#[test]
fn a_missing_claim_and_a_false_one_look_the_same() {
    let poll = open();
    let others = [
        resident(|claims| claims.age_over = None),
        resident(|claims| claims.age_over = Some(17)),
        resident(|claims| claims.region = None),
        resident(|claims| claims.region = Region::parse("UA-74")),
    ];
    for claims in &others {
        let person = Person { space: "demo", pseudonym_key: "1", kind: 1, claims };
        assert_eq!(cells(&person, "day-off", &poll), Err(Rejection::NotEligible));
    }
}

#[test]
fn the_year_of_an_age_turns_in_kyiv() {
    let poll = open();
    let claims = resident(|claims| {
        claims.age_over = None;
        claims.birth_year = Some(2008);
    });
    let person = Person { space: "demo", pseudonym_key: "1", kind: 1, claims: &claims };
    let at = |now| allowed_cells(&person, &paper("day-off"), &poll, now);
    assert_eq!(at(now()), Err(Rejection::NotEligible));
    assert!(at("2026-12-31T22:00:00Z".parse().unwrap()).is_ok());
}

#[test]
fn a_stale_notice_is_refused_before_the_ledger_and_a_closed_poll_within_it() {
    let (poll, claims) = (open(), resident(|_| ()));
    let person = Person { space: "demo", pseudonym_key: "1", kind: 1, claims: &claims };
    let stale = Paper { notice_version: 2, ..paper("day-off") };
    let refused = allowed_cells(&person, &stale, &poll, now());
    assert_eq!(refused, Err(Rejection::NoticeStale), "nobody learns from it who was counted");
    assert_eq!(late_refusal(&poll), None);
    assert_eq!(
        late_refusal(&poll.closing(now(), CloseReason::AsPlanned)),
        Some(Rejection::PollClosed)
    );
}

#[test]
fn an_erased_poll_is_closed_and_one_without_a_pinned_key_admits_nobody() {
    let (poll, claims) = (open(), resident(|_| ()));
    let person = Person { space: "demo", pseudonym_key: "1", kind: 1, claims: &claims };
    let withheld = poll.closed().withheld(WithheldReason::TooFewAnswers);
    let erasing = withheld.erasing(now(), ErasureGround::GracePeriodOver, None, "old".to_owned());
    assert_eq!(cells(&person, "day-off", &erasing), Err(Rejection::PollClosed));
    assert_eq!(cells(&person, "day-off", &erasing.erased(now())), Err(Rejection::PollClosed));
    let unpinned = Poll { pseudonym_key: None, ..poll };
    assert_eq!(cells(&person, "day-off", &unpinned), Err(Rejection::PseudonymKey));
}
