use jiff::civil::date;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::tests::{POLL, definition, open_to_all, order};
use super::super::{LocalizedText, Order};
use super::*;

fn at(second: i64) -> Timestamp {
    // 2026-12-01T09:00 in Kyiv, when the sample opens.
    Timestamp::from_second(1_796_108_400 + second).unwrap()
}

const WEEK: i64 = 7 * 24 * 3_600;

fn filed() -> Poll {
    Poll::draft(open_to_all(), "staff-1").filed("staff-2", at(-100))
}

fn scheduled() -> Poll {
    filed().approved("staff-3").scheduled()
}

fn open() -> Poll {
    scheduled().opened(at(1), "k7", 1)
}

fn closed() -> Poll {
    open().closing(at(WEEK), CloseReason::AsPlanned, None).closed()
}

fn consent(reference: &str) -> Consent {
    Consent { by: "staff-2".to_owned(), at: at(9), reference: reference.to_owned() }
}

fn decision() -> AttachedDecision {
    AttachedDecision {
        at: at(10),
        date: date(2027, 2, 1),
        title: LocalizedText { uk: "Рішення".to_owned(), en: "Decision".to_owned() },
        reference: "12-р".to_owned(),
        address: Some("https://example.org/12?a=1#b".to_owned()),
    }
}

/// The poll after a move, with facts that fit.
fn make(poll: &Poll, mv: Move) -> Poll {
    match mv {
        Move::Correct => poll.corrected(definition(|_| ()), "staff-9"),
        Move::File => poll.filed("staff-2", at(-100)),
        Move::Return => {
            poll.returned_with(at(-90), "staff-3", vec![Violation::new("title.uk", "is unclear")])
        }
        Move::Withdraw => poll.withdrawn(),
        Move::Approve => poll.approved("staff-3"),
        Move::Schedule => poll.scheduled(),
        Move::Open => poll.opened(at(1), "k7", 1),
        Move::Suspend => poll.suspended(at(2), "a fault"),
        Move::Resume => poll.resumed(),
        Move::Extend => {
            let to = poll.closes_at + SignedDuration::from_secs(60);
            poll.extended(at(3), to, "the app was down")
        }
        Move::EndEarly => {
            poll.closing(at(4), CloseReason::TechnicalError, Some("a note".to_owned()))
        }
        Move::Close => poll.closing(at(WEEK), CloseReason::AsPlanned, None),
        Move::Freeze => poll.closed(),
        Move::Publish => poll.published(),
        Move::Withhold => poll.withheld(WithheldReason::NoConsent),
        Move::GiveConsent => poll.with_consent(consent("7")),
        Move::WithdrawConsent => poll.without_consent(),
        Move::AttachDecision => poll.with_decision(decision()),
        Move::Erase => {
            poll.erasing(at(5), ErasureGround::CourtOrder, Some("1".to_owned()), "old".to_owned())
        }
        Move::CompleteErasure => poll.erased(at(6)),
        Move::Expire => poll.expired(at(7)),
    }
}

proptest! {
    #[test]
    fn a_poll_moves_as_the_machine_says_and_comes_back_from_its_json(
        picks in vec(any::<Index>(), 0..40),
    ) {
        let mut poll = Poll::draft(open_to_all(), "staff-1");
        for pick in picks {
            let moves = poll.phase.moves();
            if moves.is_empty() {
                break;
            }
            let mv = *pick.get(&moves);
            if mv == Move::AttachDecision && poll.decisions.len() == DECISIONS_MAX {
                continue;
            }
            let next = make(&poll, mv);
            prop_assert_eq!(Some(next.phase), poll.phase.after(mv));
            prop_assert_eq!(next.suspended.is_some(), next.phase == Phase::Suspended);
            prop_assert_eq!(next.pseudonym_key.is_some(), next.phase >= Phase::Open);
            prop_assert_eq!(next.opened_at.is_some(), next.phase >= Phase::Open);
            prop_assert_eq!(next.closed_at.is_some(), next.phase >= Phase::Closing);
            prop_assert_eq!(next.filed_by.is_some(), next.phase >= Phase::Filed);
            prop_assert_eq!(next.approved_by.is_some(), next.phase >= Phase::Approved);
            prop_assert_eq!(next.expired_at.is_some(), next.phase == Phase::Expired);
            let json = serde_json::to_vec(&next).unwrap();
            prop_assert_eq!(&serde_json::from_slice::<Poll>(&json).unwrap(), &next);
            poll = next;
        }
    }

    #[test]
    fn an_illegal_move_stops_whoever_makes_it(
        phase in select(&Phase::ALL[..]),
        mv in select(&Move::ALL[..]),
    ) {
        prop_assume!(phase.after(mv).is_none());
        let erasing = closed().published().erasing(
            at(5), ErasureGround::CourtOrder, None, "old".to_owned(),
        );
        let poll = Poll { phase, ..erasing };
        prop_assert!(std::panic::catch_unwind(|| make(&poll, mv)).is_err());
    }
}

#[test]
fn what_has_not_happened_is_not_in_its_json() {
    let json = serde_json::to_value(Poll::draft(open_to_all(), "staff-1")).unwrap();
    let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["closes_at", "definition", "drafted_by", "phase", "revision"]);
}

#[test]
fn a_returned_order_is_corrected_and_filed_again() {
    let reasons = vec![Violation::new("title.uk", "is unclear")];
    let returned = filed().approved("staff-3").returned_with(at(-90), "staff-3", reasons);
    assert_eq!((returned.phase, returned.revision), (Phase::Draft, 1));
    assert_eq!((&returned.filed_by, &returned.approved_by), (&None, &None));
    let later = |order: &mut Order| {
        order.closes_at = "2026-12-09T09:00[Europe/Kyiv]".to_owned();
    };
    let corrected = returned.corrected(definition(later), "staff-1");
    assert_eq!(corrected.closes_at, at(WEEK + 24 * 3_600));
    let again = corrected.filed("staff-2", at(-80));
    assert_eq!((again.phase, again.revision), (Phase::Filed, 2));
    assert_eq!(again.returned.unwrap().reasons[0].to_string(), "title.uk: is unclear");
}

#[test]
fn an_order_that_consents_does_so_when_it_is_filed_and_not_longer_than_it_is_filed() {
    assert!(filed().lacks_consent());
    let draft = Poll::draft(definition(|order| order.publication.consent = true), "staff-1");
    assert!(draft.lacks_consent());
    let filed = draft.filed("staff-2", at(-100));
    assert!(!filed.lacks_consent());
    assert_eq!(filed.consent.as_ref().unwrap().reference, order().reference);
    assert!(filed.without_consent().lacks_consent());
    assert!(filed.withdrawn().lacks_consent());
    let given = self::filed().with_consent(consent("7"));
    assert_eq!(given.withdrawn().consent, Some(consent("7")), "not the order's, so it stays");
}

#[test]
fn a_withheld_poll_is_published_when_the_consent_comes() {
    let withheld = closed().withheld(WithheldReason::NoConsent);
    assert!(!withheld.is_published());
    let published = withheld.with_consent(consent("7")).published();
    assert!(published.is_published() && published.withheld_reason.is_none());
}

#[test]
fn whether_totals_are_public_is_known_after_the_erasure_and_nothing_is_after_the_expiry() {
    for (end, published) in
        [(closed().published(), true), (closed().withheld(WithheldReason::TestPoll), false)]
    {
        let erasing = end.erasing(at(5), ErasureGround::CourtOrder, None, "old".to_owned());
        let erased = erasing.erased(at(6));
        let expired = erased.expired(at(7));
        for poll in [end, erasing, erased] {
            assert_eq!(poll.is_published(), published, "{}", poll.phase.name());
        }
        assert!(!expired.is_published());
    }
    assert!(!closed().is_published());
}

#[test]
fn an_erasure_keeps_its_ground_and_says_when_it_is_done() {
    let reference = Some("910/1/26".to_owned());
    let ground = ErasureGround::CourtOrder;
    let erasing = closed().published().erasing(at(3), ground, reference, "old".to_owned());
    assert_eq!(erasing.pending_key(), Some("old"));
    assert_eq!(erasing.waiting_for("new".to_owned()).pending_key(), Some("new"));
    let decided = Erasure {
        ground,
        reference: Some("910/1/26".to_owned()),
        decided_at: at(3),
        erased_at: None,
        pending_key: Some("old".to_owned()),
    };
    assert_eq!(erasing.erasure, Some(decided.clone()));
    let erased = erasing.erased(at(4));
    let done = Erasure { erased_at: Some(at(4)), pending_key: None, ..decided };
    assert_eq!(erased.erasure, Some(done), "nothing is pending");
    assert_eq!(erased.id(), POLL);
    for (ground, name) in [
        (ErasureGround::GracePeriodOver, "GRACE_PERIOD_OVER"),
        (ErasureGround::CourtOrder, "COURT_ORDER"),
        (ErasureGround::AuthorityDemand, "AUTHORITY_DEMAND"),
    ] {
        assert_eq!(serde_json::to_value(ground).unwrap(), name);
    }
}

#[test]
fn reasons_have_their_stored_names() {
    for (reason, name) in [CloseReason::AsPlanned].into_iter().chain(CloseReason::EARLY).zip([
        "AS_PLANNED",
        "RELEVANCE_LOST",
        "TECHNICAL_ERROR",
        "INITIATOR_DECISION",
    ]) {
        assert_eq!(serde_json::to_value(reason).unwrap(), name);
    }
    for reason in [
        WithheldReason::NeverPublished,
        WithheldReason::TooFewAnswers,
        WithheldReason::NoConsent,
        WithheldReason::TestPoll,
    ] {
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(json, format!("\"{}\"", reason.reason()));
    }
}

#[test]
fn an_extension_goes_forward_within_366_days_and_has_a_reason() {
    let poll = open();
    let rule = |to, reason: &str| poll.check_extension(at(to), reason).map_err(|v| v.to_string());
    let later = Err("closes_at: must be later than the present closing time".to_owned());
    assert_eq!(rule(WEEK, "why"), later);
    assert_eq!(rule(WEEK + 1, "why"), Ok(()));
    let last = 1 + 366 * 24 * 3_600;
    assert_eq!(rule(last, "why"), Ok(()), "from the opening as it was");
    let most = Err("closes_at: must be at most 366 days after the opening".to_owned());
    assert_eq!(rule(last + 1, "why"), most);
    let length = Err("reason: must hold 1 to 500 characters".to_owned());
    assert_eq!(rule(WEEK + 1, " "), length);
    assert_eq!(rule(WEEK + 1, &"ї".repeat(501)), length);
    assert_eq!(rule(WEEK + 1, &"ї".repeat(500)), Ok(()));
    let control = Err("reason: must not hold control characters".to_owned());
    assert_eq!(rule(WEEK + 1, "a\nb"), control);

    let extended = poll.extended(at(3), at(WEEK + 60), "the app was down");
    let expected = Extension {
        at: at(3),
        before: at(WEEK),
        after: at(WEEK + 60),
        reason: "the app was down".to_owned(),
    };
    assert_eq!((extended.closes_at, &extended.extensions[..]), (at(WEEK + 60), &[expected][..]));
    let mut many = poll;
    for n in 1..=64 {
        many = many.extended(at(n), at(WEEK + n), "again");
    }
    let found = many.check_extension(at(WEEK + 65), "again").unwrap_err();
    assert_eq!(found.to_string(), "extensions: must hold at most 64");
}

#[test]
#[should_panic(expected = "an extension is checked before")]
fn an_extension_backwards_stops_whoever_makes_it() {
    open().extended(at(3), at(5), "why");
}

#[test]
#[should_panic(expected = "FREEZE is no move of a poll that is open")]
fn a_poll_that_is_open_is_not_frozen() {
    open().closed();
}

#[test]
fn decisions_are_checked_and_bounded() {
    let rules = |change: fn(&mut AttachedDecision)| {
        let mut decision = decision();
        change(&mut decision);
        let found = closed().check_decision(&decision);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(rules(|_| ()).is_empty() && rules(|d| d.address = None).is_empty());
    assert_eq!(rules(|d| d.title.uk.clear()), ["title.uk: must hold 1 to 500 characters"]);
    assert_eq!(rules(|d| d.reference.clear()), ["reference: must hold 1 to 64 characters"]);
    for bad in [
        "",
        "http://example.org",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://a b",
        "https://user@example.org",
        "https://example.org/\"",
        "https://приклад.укр",
        "HTTPS://example.org",
    ] {
        let mut decision = decision();
        decision.address = Some(bad.to_owned());
        let found = decision.check();
        let rule = "must be an https URL of at most 2000 ASCII characters";
        assert_eq!(found, [Violation::new("address", rule)], "{bad}");
    }
    let mut poll = closed();
    for _ in 0..16 {
        poll = poll.with_decision(decision());
    }
    let found = poll.check_decision(&decision());
    assert_eq!(found, [Violation::new("decisions", "must hold at most 16")]);
}

#[test]
fn results_expire_by_the_orders_term_in_kyiv() {
    assert_eq!(open().results_expire_at(), None);
    let expire = closed().results_expire_at().unwrap();
    assert_eq!(expire.to_string(), "2029-12-08T07:00:00Z");
    let announced = closed().published().expiry_announced(at(WEEK + 1));
    assert_eq!(
        (announced.phase, announced.expiry_announced_at),
        (Phase::Published, Some(at(WEEK + 1)))
    );
}
