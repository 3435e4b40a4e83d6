use super::*;
use proptest::prelude::*;

const POLL: PollId = PollId::from_bytes([0x5a; 16]);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

const DAY: i64 = 24 * 60 * 60;

fn erasure() -> ProposedAct {
    ProposedAct::ErasePoll {
        poll: POLL,
        ground: ErasureGround::CourtOrder,
        reference: "757/1".to_owned(),
    }
}

fn excision() -> ProposedAct {
    ProposedAct::ExciseIssuerKey {
        poll: POLL,
        issuer: "https://id.example".to_owned(),
        key_id: "k1".to_owned(),
        reference: "act 3".to_owned(),
    }
}

fn proposal() -> Proposal {
    Proposal::new(1, erasure(), "staff-1", at(0)).unwrap()
}

#[test]
fn a_second_person_confirms() {
    let confirmed = proposal().confirm("staff-2", at(60)).unwrap();
    let ended = confirmed.ended.clone().unwrap();
    assert_eq!((ended.by.as_str(), ended.how), ("staff-2", ProposalEnd::Confirmed));
    assert_eq!(ended.at, at(60));
    assert!(!confirmed.is_open(at(61)) && !confirmed.is_overdue(at(DAY)));
}

#[test]
fn who_proposed_it_is_no_second_person_but_can_take_it_back() {
    assert_eq!(proposal().confirm("staff-1", at(60)), Err(ProposalError::SamePerson));
    let declined = proposal().decline("staff-1", at(60)).unwrap();
    assert_eq!(declined.ended.unwrap().how, ProposalEnd::Declined);
    assert!(proposal().decline("staff-2", at(60)).is_ok());
}

#[test]
fn after_a_day_nobody_confirms() {
    let proposal = proposal();
    assert_eq!(proposal.expires_at, at(DAY));
    assert!(proposal.is_open(at(DAY - 1)) && !proposal.is_overdue(at(DAY - 1)));
    assert_eq!(proposal.expire(at(DAY - 1)), Err(ProposalError::NotExpired));
    assert!(proposal.confirm("staff-2", at(DAY - 1)).is_ok());
    assert!(!proposal.is_open(at(DAY)) && proposal.is_overdue(at(DAY)));
    assert_eq!(proposal.confirm("staff-2", at(DAY)), Err(ProposalError::Expired));
    assert_eq!(proposal.decline("staff-2", at(DAY)), Err(ProposalError::Expired));
    let ended = proposal.expire(at(DAY)).unwrap().ended.unwrap();
    assert_eq!((ended.by.as_str(), ended.how), ("engine", ProposalEnd::Expired));
}

#[test]
fn an_end_is_final() {
    let confirmed = proposal().confirm("staff-2", at(1)).unwrap();
    let declined = proposal().decline("staff-2", at(1)).unwrap();
    let expired = proposal().expire(at(DAY)).unwrap();
    for ended in [confirmed, declined, expired] {
        for now in [at(2), at(2 * DAY)] {
            assert_eq!(ended.confirm("staff-3", now), Err(ProposalError::Ended));
            assert_eq!(ended.decline("staff-3", now), Err(ProposalError::Ended));
            assert_eq!(ended.expire(now), Err(ProposalError::Ended));
        }
    }
}

#[test]
fn an_act_is_held_to_its_rules() {
    let said = |act: ProposedAct| {
        let broken = Proposal::new(1, act, "staff-1", at(0)).unwrap_err();
        broken.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let erase = |ground, reference: &str| ProposedAct::ErasePoll {
        poll: POLL,
        ground,
        reference: reference.to_owned(),
    };
    let rule = "reference: must hold 1 to 100 characters";
    assert_eq!(said(erase(ErasureGround::AuthorityDemand, "")), [rule]);
    assert_eq!(
        said(erase(ErasureGround::GracePeriodOver, "1")),
        ["ground: must be COURT_ORDER or AUTHORITY_DEMAND"]
    );
    let excise = |issuer: &str, key_id: &str| ProposedAct::ExciseIssuerKey {
        poll: POLL,
        issuer: issuer.to_owned(),
        key_id: key_id.to_owned(),
        reference: "1".to_owned(),
    };
    assert_eq!(
        said(excise("a b", "")),
        [
            "issuer: must hold 1 to 128 visible ASCII characters",
            "key_id: must hold 1 to 128 visible ASCII characters"
        ]
    );
}

#[test]
fn an_act_names_its_action_and_poll() {
    assert_eq!((erasure().action(), erasure().poll()), (Action::ErasePoll, POLL));
    assert_eq!((excision().action(), excision().poll()), (Action::ExciseIssuerKey, POLL));
    assert_eq!((erasure().reference(), excision().reference()), ("757/1", "act 3"));
    for act in [erasure(), excision()] {
        assert!(act.action().needs_two_people());
    }
}

#[test]
fn a_proposal_is_stored_as_it_is_read_and_without_room_for_more() {
    for act in [erasure(), excision()] {
        let open = Proposal::new(4, act, "staff-1", at(0)).unwrap();
        for proposal in [open.confirm("staff-2", at(9)).unwrap(), open] {
            let stored = serde_json::to_value(&proposal).unwrap();
            assert_eq!(serde_json::from_value::<Proposal>(stored.clone()).unwrap(), proposal);
            let mut more = stored.clone();
            more["voter"] = "1".into();
            assert!(serde_json::from_value::<Proposal>(more).is_err());
            let mut more = stored;
            more["act"]["voter"] = "1".into();
            assert!(serde_json::from_value::<Proposal>(more).is_err());
        }
    }
    let stored = serde_json::to_value(erasure()).unwrap();
    assert_eq!(stored["act"], "erase_poll");
}

proptest! {
    /// However often and by whomever it is tried: what is confirmed was confirmed by another
    /// account, within the day.
    #[test]
    fn confirmed_means_two_people_within_a_day(
        steps in prop::collection::vec((0_u8..3, 1_u8..4, -DAY..3 * DAY), 0..12),
    ) {
        let mut proposal = proposal();
        for (step, who, second) in steps {
            let (by, now) = (format!("staff-{who}"), at(second));
            let next = match step {
                0 => proposal.confirm(&by, now),
                1 => proposal.decline(&by, now),
                _ => proposal.expire(now),
            };
            if let Ok(next) = next {
                prop_assert!(proposal.ended.is_none());
                proposal = next;
            }
        }
        if let Some(Ended { at: ended, by, how: ProposalEnd::Confirmed }) = &proposal.ended {
            prop_assert_ne!(by, &proposal.proposed_by);
            prop_assert!(*ended < proposal.expires_at);
        }
    }
}
