//! Releases as a news feed (Atom, RFC 4287).

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;

use super::Spoken;
use super::forms::Moment;
use super::shell::Shell;
use super::words::Words;
use crate::http::public::PublicState;
use crate::http::public::answer::{Answer, Keep};
use crate::publish::{Language, ReleaseKind};

/// Releases of a feed: a busy day's.
const ENTRIES: usize = 50;

#[derive(Template)]
#[template(path = "feed.xml", config = "src/http/pages/askama.toml", escape = "html")]
struct Feed {
    shell: Shell,
    updated: String,
    entries: Vec<Entry>,
}

struct Entry {
    id: String,
    title: String,
    path: String,
    published: Moment,
    summary: String,
}

/// The latest releases of all polls.
pub(super) async fn feed(
    State(state): State<PublicState>,
    Spoken(language): Spoken,
    headers: HeaderMap,
) -> Response {
    let path = format!("/{}/feed.atom", language.code());
    state.listing(path, move |state| made(state, language)).await.to(&headers)
}

fn made(state: &PublicState, language: Language) -> Answer {
    let words = Words::new(language);
    let shell = Shell::new(state, language, words.say("feed-title"), "/feed.atom");
    let polls = state.published().polls();
    let mut held: Vec<_> = polls.iter().flat_map(|poll| &poll.releases).collect();
    held.sort_by_key(|held| std::cmp::Reverse(held.statement.published_at));
    held.truncate(ENTRIES);
    let entries = held.iter().map(|held| {
        let statement = &held.statement;
        let name = match statement.kind {
            ReleaseKind::Live => "kind-live",
            ReleaseKind::Final => "kind-final",
            ReleaseKind::Withdrawal => "kind-withdrawal",
        };
        let total = statement.total.map(|total| words.counted("total-answers", total));
        Entry {
            id: format!("urn:uuid:{}#{}", statement.poll, statement.release),
            title: statement.title.of(language).to_owned(),
            path: format!("{}/{}/polls/{}", shell.base, language.code(), statement.poll),
            published: words.moment(statement.published_at),
            summary: format!("{} {}", words.say(name), total.unwrap_or_default()),
        }
    });
    let entries: Vec<_> = entries.collect();
    let updated = entries.first().map(|entry| entry.published.machine.clone());
    let updated = updated.unwrap_or_else(|| Timestamp::UNIX_EPOCH.to_string());
    let feed = Feed { shell, updated, entries };
    let text = feed.render().expect("writing to memory does not fail");
    Answer::of("application/atom+xml; charset=utf-8", Keep::WhileLatest, text).in_language(language)
}
