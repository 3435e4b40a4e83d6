//! The page that says that there is nothing to see, and why.

use std::sync::LazyLock;

use askama::Template;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::HTML;
use super::shell::Shell;
use super::words::Words;
use crate::http::public::PublicState;
use crate::http::public::problem::Problem;
use crate::publish::Language;

#[derive(Template)]
#[template(path = "message.html", config = "src/http/pages/askama.toml")]
struct MessagePage {
    shell: Shell,
    text: String,
}

/// The page about a refusal.
pub(super) fn refusal(state: &PublicState, language: Language, problem: &Problem) -> Response {
    let words = Words::new(language);
    let (title, text) = match problem.status() {
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => ("not-found", "not-found-text"),
        _ => ("failed", "failed-text"),
    };
    let shell = Shell::new(state, language, words.say(title), "");
    let page = MessagePage { shell, text: words.say(text) };
    let page = page.render().expect("writing to memory does not fail");
    // What has not the form of an identifier is, to people, a page that is not there.
    let status = match problem.status() {
        StatusCode::BAD_REQUEST => StatusCode::NOT_FOUND,
        status => status,
    };
    (status, [(header::CONTENT_TYPE, HTML)], page).into_response()
}

/// The page while ballots are held up: small, complete, and made once, because processors are short
/// just then.
pub(super) fn busy(language: Language) -> Bytes {
    static PAGES: LazyLock<[Bytes; Language::ALL.len()]> =
        LazyLock::new(|| Language::ALL.map(|language| busy_page(language).into()));
    let of = |page: &(Language, &Bytes)| page.0 == language;
    let page = Language::ALL.into_iter().zip(PAGES.iter()).find(of);
    page.expect("each has one").1.clone()
}

fn busy_page(language: Language) -> String {
    let words = Words::new(language);
    let (title, text) = (words.say("busy"), words.say("busy-text"));
    let again = words.say("busy-again");
    // No refresh by itself: it would take the page from under who reads it (WCAG 2.2.1), and bring
    // everybody back at once. An empty address is this page's own.
    format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><main><h1>{title}</h1><p>{text}</p>\
         <p><a href=\"\">{again}</a></p></main></html>",
        language.code()
    )
}
