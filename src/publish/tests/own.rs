use super::*;
use crate::poll::{EarlyEnd, WithheldReason};

fn total(
    poll: &Poll,
    tally: &Sums,
    standing: &Standing,
    shown: Option<&Publication>,
) -> Result<u64, WithheldReason> {
    own_result(poll, tally, standing, shown).map(|own| own.total)
}

fn near() -> Standing {
    Standing { nearest: Some(99), ..Standing::default() }
}

#[test]
fn an_owner_sees_what_only_a_rule_about_publishing_hides() {
    let tally = tally(&[30, 20, 5]);
    type Change = fn(&mut Order);
    let changes: [Change; 4] = [
        |order| order.test = true,
        |order| order.publication.mode = PublicationMode::Never,
        |order| order.publication.consent = false,
        |order| order.publication.early_end = EarlyEnd::Withhold,
    ];
    for change in changes {
        let poll = ended(change, CloseReason::RelevanceLost);
        let own = own_result(&poll, &tally, &Standing::default(), None).unwrap();
        assert_eq!(own.total, 55);
        let counts: Vec<_> = own.options.iter().map(|option| option.count).collect();
        assert_eq!(counts, [30, 20, 5]);
    }
}

#[test]
fn an_owner_sees_no_total_of_a_few_and_no_difference_of_a_few() {
    let poll = closed(|order| order.publication.consent = false);
    let (few, enough) = (tally(&[49, 0, 0]), tally(&[50, 0, 0]));
    let unseen = Standing::default();
    assert_eq!(total(&poll, &few, &unseen, None), Err(WithheldReason::TooFewAnswers));
    assert_eq!(total(&poll, &few, &near(), None), Err(WithheldReason::TooFewAnswers));
    assert_eq!(total(&poll, &enough, &near(), None), Err(WithheldReason::TooClose));
    let far = Standing { nearest: Some(100), ..Standing::default() };
    assert_eq!(total(&poll, &enough, &far, None), Ok(50));
    // Two people agreed once: what was shown then may be looked at again.
    let again = Standing { is_shown: true, ..near() };
    assert_eq!(total(&poll, &enough, &again, None), Ok(50));
}

#[test]
fn an_owner_sees_what_the_public_sees_while_a_correction_is_held_back() {
    let poll = closed(|_| ());
    let old = tally(&[60, 40, 20]);
    let case = decided(&poll, &old, &Standing::default(), &[], false);
    let shown = signed(published(case));
    let left = tally(&[55, 40, 20]);
    assert_eq!(total(&poll, &left, &near(), Some(&shown)), Ok(120));
}

#[test]
fn a_live_release_in_force_does_not_stand_for_the_totals_of_the_close() {
    let poll = closed(is_live);
    let cut = crate::store::Cut {
        at: at("2026-12-02T10:00:00Z"),
        sums: tally(&[100, 0, 0]),
        by_group: [].into(),
    };
    let live = live(&open(is_live), &cut, &Standing::default(), &[], now()).unwrap();
    let (live, last) = (signed(live), tally(&[150, 0, 0]));
    let close = total(&poll, &last, &near(), Some(&live));
    assert_eq!(close, Err(WithheldReason::TooClose));
    assert_eq!(total(&poll, &last, &Standing::default(), Some(&live)), Ok(150));
}
