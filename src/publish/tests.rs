//! Polls and tallies for the tests of what leaves.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use jiff::Timestamp;

use super::*;
use crate::poll::{
    Breakdown, CloseReason, Definition, Floors, Order, Poll, PollId, Profiles, PublicationMode,
    Rules,
};
use crate::tally::{Standing, Sums};

mod audit;
mod own;
mod release;
mod tables;

const POLL: PollId = PollId::from_bytes([6; 16]);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-12-08T10:00:00Z")
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// The definition by an order of three options after this change: k is 10, B 100, the minimum 50.
fn definition(change: impl FnOnce(&mut Order)) -> Definition {
    let mut order = Order::from_toml(include_str!("../cli/demo/order.toml")).unwrap();
    order.opens_at = "2026-12-01T09:00[Europe/Kyiv]".to_owned();
    order.closes_at = "2026-12-08T09:00[Europe/Kyiv]".to_owned();
    order.publication.minimum_answers = 50;
    order.publication.consent = true;
    change(&mut order);
    let rules = Rules { floors: Floors::default(), profiles: &Profiles::builtin() };
    Definition::new(POLL, order.check(&rules).unwrap())
}

pub(super) fn open(change: impl FnOnce(&mut Order)) -> Poll {
    let poll = Poll::draft(definition(change), "staff-1").filed("staff-1", now());
    poll.approved("staff-2").scheduled().opened(at("2026-12-01T07:00:00Z"), "1", 1)
}

fn closed(change: impl FnOnce(&mut Order)) -> Poll {
    ended(change, CloseReason::AsPlanned)
}

fn ended(change: impl FnOnce(&mut Order), reason: CloseReason) -> Poll {
    open(change).closing(at("2026-12-08T07:00:00Z"), reason, None).closed()
}

/// A tally with so many answers to each option and no breakdown.
fn tally(counts: &[u64]) -> Sums {
    Sums { ballots: counts.iter().sum(), cells: counts.to_vec() }
}

fn signed(statement: Statement) -> Arc<Publication> {
    let publication = Publication::sign(statement, &key());
    let checked = verify(&publication.bytes(), &key().verifying_key()).unwrap();
    assert_eq!(checked.statement, publication.statement, "what is signed verifies");
    Arc::new(publication)
}

/// What the release module decides.
fn decided(
    poll: &Poll,
    tally: &Sums,
    standing: &Standing,
    releases: &[Arc<Publication>],
    agreed: bool,
) -> Decision {
    decide(&Case { poll, tally, standing, releases, agreed, now: now() })
}

fn published(decision: Decision) -> Statement {
    match decision {
        Decision::Publish(statement) => *statement,
        other => panic!("{other:?}"),
    }
}

fn is_live(order: &mut Order) {
    order.publication.mode = PublicationMode::Live;
}

/// A live release of these totals.
pub(super) fn signed_total(poll: &Poll, release: u32, total: u64) -> Arc<Publication> {
    let question = &poll.definition.order().questions[0];
    let option = |(at, option): (usize, &crate::poll::QuestionOption)| OptionTotal {
        id: option.id.clone(),
        label: option.label.clone(),
        count: if at == 0 { total } else { 0 },
    };
    let order = poll.definition.order();
    let statement = Statement {
        format: "holos-publication-2".to_owned(),
        poll: poll.id(),
        release,
        kind: ReleaseKind::Live,
        previous: None,
        definition_hash: poll.definition.hash().to_string(),
        title: order.title.clone(),
        initiator: order.initiator.clone(),
        reference: order.reference.clone(),
        legal_ground: order.legal_ground.clone(),
        opened_at: poll.opened_at.unwrap(),
        closed_at: None,
        close_reason: None,
        as_of: now(),
        correction: None,
        withheld_reason: None,
        published_at: now(),
        bounds: Bounds { k: 10, ballots_apart: 100, minimum_answers: 50 },
        total: Some(total),
        questions: vec![QuestionTotals {
            id: question.id.clone(),
            text: question.text.clone(),
            options: question.options.iter().enumerate().map(option).collect(),
        }],
        breakdowns: Vec::new(),
    };
    Arc::new(Publication::sign(statement, &key()))
}
