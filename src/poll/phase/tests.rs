use super::super::tests::{POLL, open_to_all};
use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn closed() -> Poll {
    Poll::approved(open_to_all())
        .opened(at(1), "k7", 1)
        .closing(at(2), CloseReason::AsPlanned)
        .closed()
}

/// Every poll there can be, in the order of a life.
fn lives() -> [Vec<Poll>; 2] {
    let approved = Poll::approved(open_to_all());
    let open = approved.opened(at(1), "k7", 1);
    let closing = open.closing(at(2), CloseReason::AsPlanned);
    let begun = [approved, open, closing, closed()];
    let ends = [closed().published(), closed().withheld(WithheldReason::TooFewAnswers)];
    ends.map(|end| {
        let reference = Some("910/1/26".to_owned());
        let erasing = end.erasing(at(3), ErasureGround::CourtOrder, reference, "old".to_owned());
        assert_eq!(erasing.pending_key(), Some("old"));
        let erased = erasing.erased(at(4));
        assert_eq!(erased.pending_key(), None);
        [&begun[..], &[end, erasing, erased]].concat()
    })
}

#[test]
fn a_poll_comes_back_from_its_json_in_every_phase() {
    for poll in lives().concat() {
        let json = serde_json::to_vec(&poll).unwrap();
        assert_eq!(serde_json::from_slice::<Poll>(&json).unwrap(), poll);
    }
    let approved = serde_json::to_string(&Poll::approved(open_to_all())).unwrap();
    assert!(!approved.contains("pseudonym_key") && !approved.contains("erasure"));
}

#[test]
fn phases_come_in_the_order_of_a_life_and_keys_end_with_the_erasure() {
    use Phase::{Approved, Closed, Closing, Erased, Erasing, Open, Published, Withheld};
    let phases = [Approved, Open, Closing, Closed, Published, Withheld, Erasing, Erased];
    assert!(phases.is_sorted());
    let with_keys = phases.map(Phase::has_keys);
    assert_eq!(with_keys, [false, true, true, true, true, true, false, false]);
    for phase in phases {
        assert_eq!(phase.name().to_uppercase(), phase.wire_name());
        let json = serde_json::to_string(&phase).unwrap();
        assert_eq!(json, format!("\"{}\"", phase.name()));
    }
}

#[test]
fn the_pseudonym_key_is_pinned_from_the_opening_on() {
    for life in lives() {
        let pinned: Vec<_> = life.iter().map(|poll| poll.pseudonym_key.as_deref()).collect();
        assert_eq!(pinned[0], None);
        assert!(pinned[1..].iter().all(|key| *key == Some("k7")));
    }
}

#[test]
fn whether_totals_were_published_is_known_after_the_erasure() {
    let published = lives().map(|life| life.iter().map(Poll::is_published).collect::<Vec<_>>());
    assert_eq!(published[0], [false, false, false, false, true, true, true]);
    assert_eq!(published[1], [false; 7]);
}

#[test]
fn an_erasure_keeps_its_ground_and_says_when_it_is_done() {
    let [life, _] = lives();
    let [erasing, erased] = &life[5..] else { panic!("two states of an erasure") };
    let facts = |poll: &Poll| poll.erasure.clone().unwrap();
    let decided = Erasure {
        ground: ErasureGround::CourtOrder,
        reference: Some("910/1/26".to_owned()),
        decided_at: at(3),
        erased_at: None,
        pending_key: Some("old".to_owned()),
    };
    assert_eq!((erasing.phase, facts(erasing)), (Phase::Erasing, decided.clone()));
    let done = Erasure { erased_at: Some(at(4)), pending_key: None, ..decided };
    assert_eq!((erased.phase, facts(erased)), (Phase::Erased, done), "nothing is pending");
    assert_eq!(erased.id(), POLL);
    for ground in
        [ErasureGround::GracePeriodOver, ErasureGround::CourtOrder, ErasureGround::AuthorityDemand]
    {
        let json = serde_json::to_string(&ground).unwrap();
        assert_eq!(json, format!("\"{}\"", ground.wire_name()));
    }
}

#[test]
#[should_panic(expected = "published or withheld")]
fn a_poll_whose_totals_are_not_decided_on_is_not_erased() {
    closed().erasing(at(3), ErasureGround::CourtOrder, None, "old".to_owned());
}
