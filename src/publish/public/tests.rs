//! What the public is told of a poll, at each step of its life.

use super::*;
use crate::poll::{CloseReason, WithheldReason};
use crate::publish::tests::{open, signed_total};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn public(poll: &Poll, releases: &[Arc<Publication>]) -> PublicPoll {
    PublicPoll::of(poll, releases).expect("it is public")
}

#[test]
fn an_order_is_nobody_s_business_until_its_poll_is_scheduled() {
    let open = open(|_| ());
    for phase in Phase::ALL {
        let poll = Poll { phase, ..open.clone() };
        let is_public = phase >= Phase::Scheduled;
        assert_eq!(PublicPoll::of(&poll, &[]).is_some(), is_public, "{}", phase.name());
    }
}

#[test]
fn a_poll_is_in_one_list_and_says_why_there_is_nothing_to_read() {
    let open = open(|_| ());
    assert_eq!(public(&open, &[]).state.stage(), Stage::Open);
    let suspended = open.suspended(at("2026-12-02T07:00:00Z"), "an attack goes on");
    let seen = public(&suspended, &[]);
    assert_eq!((seen.state, seen.state.stage()), (PollState::Suspended, Stage::Open));
    assert!(!format!("{seen:?}").contains("attack"), "why is the staff's business");
    let closed = open
        .closing(at("2026-12-08T07:00:00Z"), CloseReason::RelevanceLost, Some("a quarrel".into()))
        .closed();
    let seen = public(&closed, &[]);
    assert_eq!((seen.state, seen.state.stage()), (PollState::Counting, Stage::Closed));
    assert!(matches!(seen.results, ResultsState::NotPublished(Phase::Closed)));
    assert!(!format!("{seen:?}").contains("quarrel"), "nor is the note");
    let withheld = public(&closed.withheld(WithheldReason::TooFewAnswers), &[]);
    assert_eq!(withheld.state, PollState::Withheld);
    assert!(matches!(withheld.results, ResultsState::Withheld(WithheldReason::TooFewAnswers)));
    assert!(withheld.in_force().is_none());
}

#[test]
fn accounts_and_keys_are_not_in_it() {
    let poll = open(|_| ());
    let seen = format!("{:?}", public(&poll, &[]));
    for word in ["staff-1", "staff-2", "pseudonym_key", "subject_kind", "held_back"] {
        assert!(!seen.contains(word), "{word}");
    }
}

#[test]
fn its_version_changes_with_everything_that_is_published_of_it() {
    let poll = open(|_| ());
    let first = signed_total(&poll, 1, 60);
    let mut versions = vec![
        public(&poll, &[]).version,
        public(&poll, std::slice::from_ref(&first)).version,
        public(&poll, &[first, signed_total(&poll, 2, 200)]).version,
        public(
            &poll.extended(at("2026-12-02T07:00:00Z"), at("2026-12-09T07:00:00Z"), "an outage"),
            &[],
        )
        .version,
        public(&poll.suspended(at("2026-12-02T07:00:00Z"), "an outage"), &[]).version,
    ];
    let all = versions.len();
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), all);
    let again = open(|_| ());
    assert_eq!(public(&poll, &[]).version, public(&again, &[]).version);
}

#[test]
fn a_search_finds_every_word_in_any_of_its_texts() {
    let poll = public(&open(|order| order.title.uk = "Чи Їхати ТРОЛЕЙБУСОМ?".to_owned()), &[]);
    let found = |words: &[&str]| {
        poll.is_found_by(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    };
    assert!(found(&[]) && found(&["тролейбус"]) && found(&["їхати", "43220851", "national"]));
    assert!(!found(&["тролейбус", "метро"]));
}
