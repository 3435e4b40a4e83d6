use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::proto::asker::Credential as Asking;
use crate::proto::ballot::Credential;
use crate::proto::{Answer, Asker, Ballot, StatedClaims, VouchedVoter};

const MALFORMED: Result<(), Reason> = Err(Reason::MessageMalformed);

fn check<M: Message + 'static>(message: &M) -> Result<(), Reason> {
    Shape::of::<M>().unwrap().check(&message.encode_to_vec())
}

fn voter(ages: usize, groups: usize) -> VouchedVoter {
    let claims = StatedClaims {
        age_over: (0..ages).map(|age| u32::try_from(age).unwrap() * 1_000).collect(),
        birth_year: Some(1_990),
        region: "UA-30".into(),
        citizenship: "UA".into(),
        groups: vec!["students".into(); groups],
    };
    let subject = vec![7; 32].into();
    VouchedVoter { subject, claims: Some(claims), pseudonym_key_id: "p".into() }
}

fn ballot(credential: Option<Credential>, answers: usize, options: usize) -> Ballot {
    let answer = Answer { question_id: "q".into(), option_ids: vec!["o".into(); options] };
    Ballot {
        credential,
        notice_version: 3,
        decline_breakdowns: true,
        answers: vec![answer; answers],
    }
}

fn cast(ballot: Ballot) -> CastBallotRequest {
    CastBallotRequest { poll_id: "p".into(), ballot: Some(ballot) }
}

fn batch_of(ballots: Vec<Ballot>) -> [Result<(), Reason>; 2] {
    let poll_id = String::from("p");
    let stream = StreamBallotsRequest { sequence: 9, poll_id: poll_id.clone(), ballots };
    let batch = CastBallotsRequest { poll_id, ballots: stream.ballots.clone() };
    [check(&batch), check(&stream)]
}

#[test]
fn only_what_strangers_may_send_at_length_is_walked() {
    assert!(Shape::of::<CastBallotRequest>().is_some());
    assert!(Shape::of::<crate::proto::GetNoticeRequest>().is_none());
}

#[test]
fn a_full_batch_passes_and_one_ballot_more_is_too_large() {
    let ballots = vec![ballot(Some(Credential::Token("t".repeat(400))), 1, 1); BATCH_BALLOTS_MAX];
    assert_eq!(batch_of(ballots), [Ok(()); 2]);
    let ballots = vec![Ballot::default(); BATCH_BALLOTS_MAX + 1];
    assert_eq!(batch_of(ballots), [Err(Reason::BatchTooLarge); 2]);
}

#[test]
fn a_ballots_lists_are_bounded_at_the_limit_and_one_past_it() {
    let (answers, options) = (BALLOT_ANSWERS_MAX, ANSWER_OPTIONS_MAX);
    let one = |answers, options| check(&cast(ballot(None, answers, options)));
    assert_eq!(one(answers, options), Ok(()));
    assert_eq!(one(answers + 1, 0), MALFORMED);
    assert_eq!(one(1, options + 1), MALFORMED);
    assert_eq!(batch_of(vec![ballot(None, answers, options)]), [Ok(()); 2]);
    assert_eq!(batch_of(vec![ballot(None, 1, options + 1)]), [MALFORMED; 2]);
    let stated = |ages, groups| Some(Credential::Voter(voter(ages, groups)));
    let one = |ages, groups| check(&cast(ballot(stated(ages, groups), 1, 1)));
    assert_eq!(one(STATED_AGES_MAX, STATED_GROUPS_MAX), Ok(()));
    assert_eq!(one(STATED_AGES_MAX + 1, 0), MALFORMED);
    assert_eq!(one(0, STATED_GROUPS_MAX + 1), MALFORMED);
}

#[test]
fn who_asks_is_bounded_like_who_votes() {
    let participation = |ages, groups| {
        let asker = Asker { credential: Some(Asking::Voter(voter(ages, groups))) };
        check(&GetParticipationRequest { poll_id: "p".into(), asker: Some(asker) })
    };
    let eligible = |ages, groups| {
        let asker = Asker { credential: Some(Asking::Voter(voter(ages, groups))) };
        check(&ListEligiblePollsRequest { asker: Some(asker) })
    };
    let ask = |ages, groups| [participation(ages, groups), eligible(ages, groups)];
    assert_eq!(ask(STATED_AGES_MAX, STATED_GROUPS_MAX), [Ok(()); 2]);
    assert_eq!(ask(STATED_AGES_MAX + 1, 0), [MALFORMED; 2]);
    assert_eq!(ask(0, STATED_GROUPS_MAX + 1), [MALFORMED; 2]);
}

#[test]
fn numbers_count_alike_packed_and_apart() {
    assert_eq!(STATED_AGES_MAX, 128);
    assert_eq!(STATED_CLAIMS.check(&[8, 18].repeat(128)), Ok(()));
    assert_eq!(STATED_CLAIMS.check(&[8, 18].repeat(129)), MALFORMED);
    let packed = [&[0x0a, 0x80, 0x01], &[18; 128][..]].concat();
    assert_eq!(STATED_CLAIMS.check(&packed), Ok(()));
    assert_eq!(STATED_CLAIMS.check(&[&packed[..], &[8, 18]].concat()), MALFORMED);
}

#[test]
fn a_flood_of_empty_things_is_refused_wherever_it_stands() {
    let flood = |field: u8| [field << 3 | 2, 0].repeat(1_000_000);
    assert_eq!(CAST_BALLOTS.check(&flood(2)), Err(Reason::BatchTooLarge));
    assert_eq!(STREAM_BALLOTS.check(&flood(3)), Err(Reason::BatchTooLarge));
    // A message that may stand once, and would be merged; and fields that nobody knows.
    for shape in [&CAST_BALLOT, &GET_PARTICIPATION, &LIST_ELIGIBLE_POLLS] {
        assert_eq!(shape.check(&flood(2)), MALFORMED);
        assert_eq!(shape.check(&flood(1)), MALFORMED);
        assert_eq!(shape.check(&flood(9)), MALFORMED);
    }
    for field in [2, 5, 9] {
        assert_eq!(BALLOT.check(&flood(field)), MALFORMED);
    }
    assert_eq!(ANSWER.check(&flood(2)), MALFORMED);
    assert_eq!(STATED_CLAIMS.check(&flood(5)), MALFORMED);
}

#[test]
fn fields_of_a_later_version_pass_within_their_bound() {
    let known = cast(ballot(None, 1, 1)).encode_to_vec();
    let with = |others: usize| [&known[..], &[0x78, 1].repeat(others)].concat();
    // The poll's id is one of them.
    assert_eq!(CAST_BALLOT.check(&with(WIRE_FIELDS_MAX - 1)), Ok(()));
    assert_eq!(CAST_BALLOT.check(&with(WIRE_FIELDS_MAX)), MALFORMED);
    // A group, even an empty one.
    assert_eq!(CAST_BALLOT.check(&[0x7b, 0x7c]), MALFORMED);
}

fn any_ballot() -> impl Strategy<Value = Ballot> {
    let credential = prop_oneof![
        Just(None),
        "[a-z.]{0,99}".prop_map(|token| Some(Credential::Token(token))),
        (0..9_usize, 0..9_usize).prop_map(|(a, g)| Some(Credential::Voter(voter(a, g)))),
    ];
    (credential, 0..5_usize, 0..5_usize).prop_map(|(who, a, o)| ballot(who, a, o))
}

proptest! {
    #[test]
    fn honest_messages_pass(ballots in prop::collection::vec(any_ballot(), 0..20)) {
        for ballot in &ballots {
            prop_assert_eq!(check(&cast(ballot.clone())), Ok(()));
        }
        prop_assert_eq!(batch_of(ballots), [Ok(()); 2]);
    }

    #[test]
    fn what_passes_holds_no_more_than_the_bounds_once_it_is_decoded(
        // Small numbers, so that many of them are tags and lengths.
        bytes in prop::collection::vec(prop_oneof![0_u8..48, any::<u8>()], 0..200),
    ) {
        let passes = CAST_BALLOT.check(&bytes).is_ok();
        if let Ok(request) = CastBallotRequest::decode(&bytes[..]) && passes {
            let ballot = request.ballot.unwrap_or_default();
            prop_assert!(ballot.answers.len() <= BALLOT_ANSWERS_MAX);
            for answer in &ballot.answers {
                prop_assert!(answer.option_ids.len() <= ANSWER_OPTIONS_MAX);
            }
        }
        for shape in [&CAST_BALLOTS, &STREAM_BALLOTS, &GET_PARTICIPATION, &LIST_ELIGIBLE_POLLS] {
            let _ = shape.check(&bytes);
        }
    }
}
