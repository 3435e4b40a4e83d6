use super::*;
use crate::poll::{EarlyEnd, WithheldReason};

fn total(poll: &Poll, tally: &Sums, shown: Option<&Publication>) -> Result<u64, WithheldReason> {
    own_result(poll, tally, shown).map(|own| own.total)
}

fn held_back(poll: &Poll) -> Poll {
    poll.withheld(WithheldReason::NoConsent).held_back(now())
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
        let own = own_result(&poll, &tally, None).unwrap();
        assert_eq!(own.total, 55);
        let counts: Vec<_> = own.options.iter().map(|option| option.count).collect();
        assert_eq!(counts, [30, 20, 5]);
    }
}

#[test]
fn an_owner_sees_no_total_of_a_few_and_no_difference_of_a_few() {
    let poll = closed(|order| order.publication.consent = false);
    let (few, enough) = (tally(&[49, 0, 0]), tally(&[50, 0, 0]));
    let held = held_back(&poll);
    assert_eq!(total(&poll, &few, None), Err(WithheldReason::TooFewAnswers));
    assert_eq!(total(&held, &few, None), Err(WithheldReason::TooFewAnswers));
    assert_eq!(total(&held, &enough, None), Err(WithheldReason::TooClose));
    assert_eq!(total(&poll, &enough, None), Ok(50));
}

#[test]
fn an_owner_sees_what_the_public_sees_while_a_correction_is_held_back() {
    let poll = closed(|_| ());
    let old = tally(&[60, 40, 20]);
    let case = decided(&poll, &old, &Standing::default(), &[], false);
    let shown = signed(published(case));
    let left = tally(&[55, 40, 20]);
    assert_eq!(total(&poll.published().held_back(now()), &left, Some(&shown)), Ok(120));
}

#[test]
fn a_live_release_in_force_does_not_stand_for_the_totals_of_the_close() {
    let poll = closed(is_live);
    let cut = crate::tally::Cut {
        at: at("2026-12-02T10:00:00Z"),
        sums: tally(&[100, 0, 0]),
        by_group: [].into(),
    };
    let live = live(&open(is_live), &cut, &Standing::default(), &[], now()).unwrap();
    let (live, last) = (signed(live), tally(&[150, 0, 0]));
    assert_eq!(total(&held_back(&poll), &last, Some(&live)), Err(WithheldReason::TooClose));
    assert_eq!(total(&poll, &last, Some(&live)), Ok(150));
}
