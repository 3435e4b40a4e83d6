use super::*;
use crate::poll::{
    CloseReason, Definition, ErasureGround, Order, PollId, Profiles, Region, Rules, WithheldReason,
};

/// A poll of grown-ups of one region, opened under pseudonym key `1`.
fn open() -> Poll {
    let mut order = Order::from_toml(include_str!("../../cli/demo/order.toml")).unwrap();
    order.participants.eligibility.minimum_age = Some(18);
    order.participants.eligibility.regions = vec![Region::parse("UA-77").unwrap()];
    order.participants.eligible_population = Some(1_000);
    order.opens_at = "2026-12-01T09:00[Europe/Kyiv]".to_owned();
    order.closes_at = "2027-02-01T09:00[Europe/Kyiv]".to_owned();
    let rules = Rules { floors: crate::poll::Floors::default(), profiles: &Profiles::builtin() };
    let definition = Definition::new(PollId::from_bytes([1; 16]), order.check(&rules).unwrap());
    approved(definition).scheduled().opened(now(), "1", 1)
}

fn approved(definition: Definition) -> Poll {
    Poll::draft(definition, "staff-1").filed("staff-1", now()).approved("staff-2")
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
    let approved = approved(Definition::clone(&poll.definition));
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
    assert_eq!(late_refusal(&poll, now()), None);
    let closing = poll.closing(now(), CloseReason::AsPlanned, None);
    assert_eq!(late_refusal(&closing, now()), Some(Rejection::PollClosed));
}

#[test]
fn an_erased_poll_is_closed_and_one_without_a_pinned_key_admits_nobody() {
    let (poll, claims) = (open(), resident(|_| ()));
    let person = Person { space: "demo", pseudonym_key: "1", kind: 1, claims: &claims };
    let closing = poll.closing(now(), CloseReason::AsPlanned, None);
    let withheld = closing.closed().withheld(WithheldReason::TooFewAnswers);
    let erasing = withheld.erasing(now(), ErasureGround::GracePeriodOver, None, "old".to_owned());
    assert_eq!(cells(&person, "day-off", &erasing), Err(Rejection::PollClosed));
    assert_eq!(cells(&person, "day-off", &erasing.erased(now())), Err(Rejection::PollClosed));
    let unpinned = Poll { pseudonym_key: None, ..poll };
    assert_eq!(cells(&person, "day-off", &unpinned), Err(Rejection::PseudonymKey));
}

#[test]
fn the_stated_times_hold_whatever_the_phase_says() {
    let poll = open();
    let (opens, closes) = (poll.opens_at(), poll.closes_at);
    let moment = Timestamp::UNIX_EPOCH.duration_until("1970-01-01T00:00:00.001Z".parse().unwrap());
    let suspended = poll.suspended(now(), "a fault");
    let cases = [
        (&poll, opens - moment, Some(Rejection::PollNotOpen)),
        (&poll, opens, None),
        (&poll, closes - moment, None),
        (&poll, closes, Some(Rejection::PollClosed)),
        (&suspended, opens, Some(Rejection::PollSuspended)),
        (&suspended, closes - moment, Some(Rejection::PollSuspended)),
        (&suspended, closes, Some(Rejection::PollClosed)),
    ];
    for (poll, now, expected) in cases {
        assert_eq!(late_refusal(poll, now), expected, "{now}");
    }
    let later = closes + moment;
    let extended = poll.extended(now(), later, "an outage");
    assert_eq!(late_refusal(&extended, closes), None);
    assert_eq!(late_refusal(&extended, later), Some(Rejection::PollClosed));
}
