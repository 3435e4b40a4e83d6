//! The list of polls: open, upcoming and closed, with a search.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;

use super::poll::status::{Status, status};
use super::shell::Shell;
use super::words::Words;
use super::{Spoken, html};
use crate::http::public::PublicState;
use crate::http::public::polls::{Facets, Search};
use crate::publish::{Language, PublicPoll, Stage};

/// Polls on one page: what somebody reads through.
const PAGE_POLLS: usize = 20;

#[derive(Template)]
#[template(path = "list.html", config = "src/http/pages/askama.toml")]
struct ListPage {
    shell: Shell,
    asked: Asked,
    /// What is wrong with the search, if anything.
    flaw: bool,
    /// Each stage with the number of polls found there; the whole first.
    stages: Vec<StageTab>,
    bodies: Vec<(String, String, bool)>,
    communities: Vec<(String, bool)>,
    found: String,
    polls: Vec<Card>,
    pages: Option<Pages>,
}

struct StageTab {
    name: String,
    path: String,
    count: String,
    chosen: bool,
}

struct Card {
    path: String,
    title: String,
    initiator: String,
    community: String,
    status: Status,
    test: bool,
}

struct Pages {
    said: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(flatten)]
    search: Search,
    page: String,
}

impl Asked {
    /// The number of the page.
    fn number(&self) -> usize {
        self.page.parse().unwrap_or(1)
    }
}

/// The list.
pub(super) async fn page(
    State(state): State<PublicState>,
    Spoken(language): Spoken,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    // What is kept has one name for a search, however its address spells it.
    let path =
        format!("/{}{}", language.code(), query(&asked, &asked.search.state, asked.number()));
    state
        .listing(path, move |state| html(&view(state, language, asked), language))
        .await
        .to(&headers)
}

fn view(state: &PublicState, language: Language, asked: Asked) -> ListPage {
    let words = Words::new(language);
    let number = asked.number();
    // In the other language the search is the same.
    let here = query(&asked, &asked.search.state, number);
    let shell = Shell::new(state, language, words.say("polls"), &here);
    let (polls, now) = (state.published().polls(), state.published().now());
    let facets = Facets::of(&polls);
    let (wanted, flaw) = match asked.search.check() {
        Ok(wanted) => (Some(wanted), false),
        Err(_) => (None, true),
    };
    let mut found: Vec<Arc<PublicPoll>> = Vec::new();
    let mut stages = Vec::new();
    if let Some(wanted) = &wanted {
        found = polls.into_iter().filter(|poll| wanted.finds(poll)).collect();
        stages = tabs(&shell, &asked, &found, wanted.stage);
        if let Some(stage) = wanted.stage {
            found.retain(|poll| poll.state.stage() == stage);
        }
    }
    found.sort_by_key(|poll| place(poll));
    let total = found.len();
    let last = total.div_ceil(PAGE_POLLS).max(1);
    let number = number.clamp(1, last);
    let shown = found.iter().skip((number - 1) * PAGE_POLLS).take(PAGE_POLLS);
    let polls = shown.map(|poll| card(&shell, poll, now)).collect();
    let to = |number: usize| shell.at(query(&asked, &asked.search.state, number));
    let pages = (last > 1).then(|| Pages {
        said: words.with("page-of", [("page", number.into()), ("pages", last.into())]),
        before: (number > 1).then(|| to(number - 1)),
        after: (number < last).then(|| to(number + 1)),
    });
    let body = &asked.search.body;
    let bodies = facets.bodies.into_iter().map(|(code, name)| (code == *body, code, name));
    let community = &asked.search.community;
    let communities = facets.communities.into_iter().map(|name| (name == *community, name));
    ListPage {
        bodies: bodies.map(|(chosen, code, name)| (code, name, chosen)).collect(),
        communities: communities.map(|(chosen, name)| (name, chosen)).collect(),
        found: words.counted("polls-found", total as u64),
        shell,
        asked,
        flaw,
        stages,
        polls,
        pages,
    }
}

/// Open ones by their end, upcoming ones by their beginning, then closed ones, the latest first.
fn place(poll: &PublicPoll) -> (usize, i64, std::cmp::Reverse<crate::poll::PollId>) {
    let stage = poll.state.stage();
    let opens_at = poll.definition.period().opens_at.instant();
    let time = match stage {
        Stage::Open => poll.closes_at.as_second(),
        Stage::Upcoming => opens_at.as_second(),
        Stage::Closed => -poll.closed_at.unwrap_or(poll.closes_at).as_second(),
    };
    (stage as usize, time, std::cmp::Reverse(poll.id()))
}

fn tabs(
    shell: &Shell,
    asked: &Asked,
    found: &[Arc<PublicPoll>],
    chosen: Option<Stage>,
) -> Vec<StageTab> {
    let at = |stage| found.iter().filter(|poll| poll.state.stage() == stage).count();
    let all = [(None, "stage-all", found.len())];
    let each = Stage::ALL.map(|stage| (Some(stage), stage_name(stage), at(stage)));
    let tab = |(stage, name, count): (Option<Stage>, &str, usize)| StageTab {
        name: shell.say(name),
        path: shell.at(query(asked, stage.map_or("", Stage::name), 1)),
        count: shell.words.count(count as u64),
        chosen: stage == chosen,
    };
    all.into_iter().chain(each).map(tab).collect()
}

const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Open => "stage-open",
        Stage::Upcoming => "stage-upcoming",
        Stage::Closed => "stage-closed",
    }
}

/// What an address asks for: this search at another stage or page.
fn query(asked: &Asked, state: &str, page: usize) -> String {
    let page = if page > 1 { page.to_string() } else { String::new() };
    let search = &asked.search;
    let parts = [
        ("state", state),
        ("q", &search.q),
        ("body", &search.body),
        ("community", &search.community),
        ("page", &page),
    ];
    let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
    let query = serde_urlencoded::to_string(parts.collect::<Vec<_>>()).unwrap_or_default();
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{separator}{query}")
}

fn card(shell: &Shell, poll: &PublicPoll, now: Timestamp) -> Card {
    let (order, language) = (poll.definition.order(), shell.words.language);
    Card {
        path: shell.at(format!("/polls/{}", poll.id())),
        title: order.title.of(language).to_owned(),
        initiator: order.initiator.name.clone(),
        community: order.community.clone(),
        status: status(shell.words, poll, now),
        test: order.test,
    }
}
