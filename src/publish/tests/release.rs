use super::*;
use crate::poll::{EarlyEnd, WithheldReason};
use crate::tally::Cut;

/// So many ballots away from what was shown.
fn apart(nearest: u64) -> Standing {
    Standing { nearest: Some(nearest), ..Standing::default() }
}

fn never_shown() -> Standing {
    Standing::default()
}

/// A poll's first release, final.
fn first() -> Arc<Publication> {
    let tally = tally(&[60, 40, 20]);
    signed(published(decided(&closed(|_| ()), &tally, &never_shown(), &[], false)))
}

fn cut(ballots: u64) -> Cut {
    let sums = tally(&[ballots, 0, 0]);
    Cut { at: at("2026-12-02T10:00:00Z"), sums, by_group: [].into() }
}

fn live_release(releases: &[Arc<Publication>], standing: &Standing) -> Statement {
    live(&open(is_live), &cut(100), standing, releases, now()).unwrap()
}

fn withheld(change: impl FnOnce(&mut Order), reason: CloseReason, tally: &Sums) -> (&str, bool) {
    match decided(&ended(change, reason), tally, &never_shown(), &[], false) {
        Decision::Withhold { reason, own, withdrawal: None } => (reason.reason(), own),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_closed_poll_is_published_exact_with_its_bounds_and_its_end() {
    let poll = ended(|_| (), CloseReason::TechnicalError);
    let tally = tally(&[60, 0, 1]);
    let statement = published(decided(&poll, &tally, &never_shown(), &[], false));
    assert_eq!((statement.release, statement.kind), (1, ReleaseKind::Final));
    assert_eq!((statement.previous.as_ref(), statement.correction.as_ref()), (None, None));
    assert_eq!(statement.bounds, Bounds { k: 10, ballots_apart: 100, minimum_answers: 50 });
    assert_eq!(statement.close_reason, Some(CloseReason::TechnicalError));
    assert_eq!((statement.closed_at, statement.as_of), (poll.closed_at, poll.closed_at.unwrap()));
    assert_eq!(statement.published_at, now());
    assert_eq!(statement.total, Some(61));
    let counts = statement.questions[0].options.iter().map(|option| option.count);
    assert_eq!(counts.collect::<Vec<_>>(), [60, 0, 1], "totals of the question are exact");
    assert!(statement.breakdowns.is_empty());
    signed(statement);
}

#[test]
fn the_first_rule_that_withholds_is_the_reason() {
    let (many, few) = (tally(&[50, 0, 0]), tally(&[49, 0, 0]));
    let early = CloseReason::RelevanceLost;
    type Change = fn(&mut Order);
    let withhold: Change = |order| order.publication.early_end = EarlyEnd::Withhold;
    let no_consent: Change = |order| order.publication.consent = false;
    let cases: [(Change, CloseReason, &Sums, &str, bool); 8] = [
        (
            |order| {
                order.test = true;
                order.publication.mode = PublicationMode::Never;
            },
            early,
            &few,
            "TEST_POLL",
            true,
        ),
        (
            |order| order.publication.mode = PublicationMode::Never,
            early,
            &few,
            "NEVER_PUBLISHED",
            true,
        ),
        (withhold, early, &few, "TOO_FEW_ANSWERS", false),
        (no_consent, CloseReason::AsPlanned, &few, "TOO_FEW_ANSWERS", false),
        (
            |order| {
                order.publication.early_end = EarlyEnd::Withhold;
                order.publication.consent = false;
            },
            early,
            &many,
            "ENDED_EARLY",
            true,
        ),
        (withhold, early, &many, "ENDED_EARLY", true),
        (no_consent, early, &many, "NO_CONSENT", true),
        (no_consent, CloseReason::AsPlanned, &many, "NO_CONSENT", true),
    ];
    for (change, end, tally, reason, own) in cases {
        assert_eq!(withheld(change, end, tally), (reason, own));
    }
    // An end as planned is not early, and an early one is published unless the order says else.
    for (change, end) in [(withhold, CloseReason::AsPlanned), (|_: &mut Order| (), early)] {
        published(decided(&ended(change, end), &many, &never_shown(), &[], false));
    }
}

#[test]
fn totals_close_to_what_was_shown_wait_for_two_people() {
    let (poll, tally) = (closed(is_live), tally(&[100, 80, 20]));
    let before = [signed(live_release(&[], &never_shown()))];
    let expected =
        Decision::Withhold { reason: WithheldReason::TooClose, own: false, withdrawal: None };
    for nearest in [1, 99] {
        assert_eq!(decided(&poll, &tally, &apart(nearest), &before, false), expected);
        assert_eq!(decided(&poll, &tally, &apart(nearest), &[], false), expected);
    }
    for (standing, agreed) in [(apart(100), false), (never_shown(), false), (apart(1), true)] {
        let statement = published(decided(&poll, &tally, &standing, &before, agreed));
        assert_eq!((statement.release, statement.correction.as_ref()), (2, None));
        assert_eq!(statement.previous.as_ref(), Some(&before[0].hash));
        signed(statement);
    }
    // After a final release that one stands.
    let first = [first()];
    let poll = closed(|_| ());
    assert_eq!(decided(&poll, &tally, &apart(99), &first, false), Decision::HoldBack);
    published(decided(&poll, &tally, &apart(99), &first, true));
    published(decided(&poll, &tally, &apart(100), &first, false));
}

#[test]
fn a_rule_that_withholds_goes_before_a_small_distance_and_two_people_do_not_lift_it() {
    let poll = closed(|order| order.publication.consent = false);
    let tally = tally(&[100, 80, 20]);
    for (agreed, own) in [(false, false), (true, true)] {
        let reason = WithheldReason::NoConsent;
        let expected = Decision::Withhold { reason, own, withdrawal: None };
        assert_eq!(decided(&poll, &tally, &apart(99), &[], agreed), expected);
    }
}

#[test]
fn a_release_after_a_final_one_is_a_correction_of_it() {
    let releases = [first()];
    let corrected = tally(&[100, 80, 20]);
    let poll = closed(|_| ()).published();
    let statement = published(decided(&poll, &corrected, &apart(100), &releases, false));
    assert_eq!((statement.release, statement.kind), (2, ReleaseKind::Final));
    assert_eq!(statement.previous, Some(releases[0].hash.clone()));
    let reason = CorrectionReason::IssuerKeyExcised;
    let correction = Correction { release: 1, hash: releases[0].hash.clone(), reason };
    assert_eq!(statement.correction, Some(correction));
    signed(statement);
}

#[test]
fn a_final_release_corrects_a_live_one_only_when_ballots_of_it_were_taken_out() {
    let releases = [signed(live_release(&[], &never_shown()))];
    let tally = tally(&[300, 0, 0]);
    for is_corrected in [false, true] {
        let standing = Standing { is_corrected, ..apart(200) };
        let statement = published(decided(&closed(is_live), &tally, &standing, &releases, false));
        let named = statement.correction.map(|correction| correction.release);
        assert_eq!(named, is_corrected.then_some(1));
    }
}

#[test]
fn too_few_left_take_back_what_was_published_once() {
    let mut releases = vec![first()];
    let (poll, few) = (closed(|_| ()).published(), tally(&[49, 0, 0]));
    // However close: a withdrawal shows no number.
    let Decision::Withhold { reason, own, withdrawal: Some(statement) } =
        decided(&poll, &few, &apart(1), &releases, false)
    else {
        panic!("nothing is taken back");
    };
    assert_eq!((reason, own), (WithheldReason::TooFewAnswers, false));
    assert_eq!((statement.release, statement.kind), (2, ReleaseKind::Withdrawal));
    assert_eq!((statement.total, statement.questions.len()), (None, 0));
    assert_eq!(statement.withheld_reason, Some(WithheldReason::TooFewAnswers));
    assert_eq!(statement.correction.as_ref().unwrap().release, 1);
    releases.push(signed(*statement));
    let again = decided(&poll, &few, &apart(1), &releases, false);
    assert_eq!(again, Decision::Withhold { reason, own, withdrawal: None });
}

#[test]
fn totals_after_a_withdrawal_take_the_place_of_those_that_were_withdrawn() {
    // Ballots of the live release were taken out; what is left lies too close until two people agree.
    let mut releases = vec![signed(live_release(&[], &never_shown()))];
    let (poll, tally) = (closed(is_live), tally(&[60, 20, 10]));
    let close = |is_corrected| Standing { is_corrected, ..apart(1) };
    let Decision::Withhold { withdrawal: Some(withdrawal), .. } =
        decided(&poll, &tally, &close(true), &releases, false)
    else {
        panic!("nothing is taken back");
    };
    let wrong = withdrawal.correction.clone();
    releases.push(signed(*withdrawal));
    for is_corrected in [true, false] {
        let statement = published(decided(&poll, &tally, &close(is_corrected), &releases, true));
        assert_eq!((statement.release, statement.previous), (3, Some(releases[1].hash.clone())));
        assert_eq!(statement.correction, wrong);
    }
}

#[test]
fn a_live_release_is_of_its_cut_and_has_no_tables() {
    let poll = open(|order| {
        is_live(order);
        order.breakdowns = vec![Breakdown::AgeBand];
    });
    let mut cut = cut(100);
    cut.sums.cells.resize(poll.definition.layout().len(), 0);
    let statement = live(&poll, &cut, &never_shown(), &[], now()).unwrap();
    assert_eq!((statement.release, statement.kind), (1, ReleaseKind::Live));
    assert_eq!((statement.as_of, statement.published_at), (cut.at, now()));
    assert_eq!((statement.closed_at, statement.close_reason), (None, None));
    assert_eq!((statement.total, statement.breakdowns.len()), (Some(100), 0));
    let first = signed(statement);

    let second = live_release(std::slice::from_ref(&first), &apart(100));
    assert_eq!((second.release, second.previous.as_ref()), (2, Some(&first.hash)));
    assert_eq!(second.correction, None);
    let corrected = Standing { is_corrected: true, ..never_shown() };
    assert_eq!(live_release(&[], &corrected).correction, None, "nothing was shown");
    let second = live_release(&[first], &corrected);
    assert_eq!(second.correction.as_ref().unwrap().release, 1);
    signed(second);
}

#[test]
fn without_the_rules_leave_there_is_no_live_release() {
    let made = |change: fn(&mut Order), ballots| {
        live(&open(change), &cut(ballots), &never_shown(), &[], now()).is_some()
    };
    assert!(made(is_live, 50));
    assert!(!made(is_live, 49), "fewer than the poll's minimum");
    assert!(!made(|_| (), 100), "only at the close");
    assert!(!made(|order| order.publication.mode = PublicationMode::Never, 100));
    let test = |order: &mut Order| {
        is_live(order);
        order.test = true;
    };
    assert!(!made(test, 100));
    let no_consent = |order: &mut Order| {
        is_live(order);
        order.publication.consent = false;
    };
    assert!(!made(no_consent, 100));
}

#[test]
#[should_panic(expected = "a single-choice question has one answer a ballot")]
fn a_tally_that_contradicts_itself_is_never_published() {
    let tally = Sums { ballots: 121, cells: vec![60, 40, 20] };
    decided(&closed(|_| ()), &tally, &never_shown(), &[], false);
}
