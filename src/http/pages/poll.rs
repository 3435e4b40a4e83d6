//! The page of a poll: what it asks, where it stands, what came of it, and how to check that.
//!
//! Every number here comes from a signed release; nothing is counted, only set beside its total.

pub(super) mod breakdowns;
mod facts;
mod results;
pub(super) mod status;
mod turnout;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;

use super::shell::Shell;
use super::words::Words;
use super::{PollAsked, html};
use crate::http::public::shelf::Piece;
use crate::http::public::{Made, PublicState, next_minute};
use crate::poll::WithheldReason;
use crate::publish::{Language, PollState, PublicPoll, ResultsState, Stage};
use breakdowns::{Section, sections};
use facts::{Fact, Release, Step, facts, releases, steps};
use results::{Outcome, outcome};
use status::{Status, status};
use turnout::{Turnout, turnout};

#[derive(Template)]
#[template(path = "poll.html", config = "src/http/pages/askama.toml")]
struct PollPage {
    shell: Shell,
    id: String,
    version: String,
    /// In one line, for other sites and for who looks for it.
    description: String,
    test: bool,
    status: Status,
    outcome: Outcome,
    turnout: Option<Turnout>,
    sections: Vec<Section>,
    facts: Vec<Fact>,
    rules: String,
    steps: Vec<Step>,
    decisions: Vec<Decision>,
    releases: Vec<Release>,
    /// Number and hash of the release in force.
    in_force: Option<(u32, String)>,
    /// Whether more can come, so that a page follows it.
    follows: bool,
    frozen: bool,
    described: bool,
}

struct Decision {
    title: String,
    number: String,
    address: Option<String>,
}

/// The page.
pub(super) async fn page(
    State(state): State<PublicState>,
    PollAsked { language, poll }: PollAsked,
    headers: HeaderMap,
) -> Response {
    let made = state.file(&poll, Piece::Page(language), move |state, poll| {
        let now = state.published().now();
        let file = html(&view(state, language, poll, now), language);
        Made { file, until: says_until(poll, now) }
    });
    made.await.to(&headers)
}

/// Until when the time that is left is told right: to the minute.
fn says_until(poll: &PublicPoll, now: Timestamp) -> Option<Timestamp> {
    let counts_down = poll.state.stage() != Stage::Closed;
    counts_down.then(|| next_minute(now))
}

fn view(
    state: &PublicState,
    language: Language,
    poll: &Arc<PublicPoll>,
    now: Timestamp,
) -> PollPage {
    let words = Words::new(language);
    let order = poll.definition.order();
    let title = order.title.of(language).to_owned();
    let shell = Shell::new(state, language, title, &format!("/polls/{}", poll.id()));
    let status = status(words, poll, now);
    let outcome = outcome(words, poll);
    let decisions = poll.decisions.iter().map(|decision| Decision {
        title: decision.title.of(language).to_owned(),
        number: words.with(
            "document",
            [
                ("reference", decision.reference.as_str().into()),
                ("date", words.date(decision.date).into()),
            ],
        ),
        address: decision.address.clone(),
    });
    PollPage {
        id: poll.id().to_string(),
        version: poll.version.clone(),
        description: format!("{} {}", status.sentence, outcome.finding()),
        test: order.test,
        turnout: turnout(words, poll),
        sections: sections(words, poll),
        facts: facts(words, poll),
        rules: poll.definition.profile().rules.of(language).to_owned(),
        steps: steps(words, poll),
        decisions: decisions.collect(),
        releases: releases(words, poll),
        in_force: poll.in_force().map(|held| (held.statement.release, held.hash.clone())),
        follows: follows(poll),
        frozen: poll.definition_hash.is_some(),
        described: state.publisher().is_some(),
        shell,
        status,
        outcome,
    }
}

/// Whether something that readers wait for may still come. A correction may come after the end too; who
/// waits for that is not one to serve.
fn follows(poll: &PublicPoll) -> bool {
    match poll.state {
        PollState::Upcoming | PollState::Open | PollState::Suspended | PollState::Counting => true,
        PollState::Published | PollState::Expired => false,
        // The initiator may consent yet, or two people decide.
        PollState::Withheld => match poll.results {
            ResultsState::Withheld(reason) => {
                matches!(reason, WithheldReason::NoConsent | WithheldReason::TooClose)
            }
            ResultsState::Published(_) | ResultsState::NotPublished(_) | ResultsState::Unknown => {
                true
            }
        },
    }
}
