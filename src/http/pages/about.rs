//! Pages about the pages: how answers are counted and checked, and for whom this can be read.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::shell::Shell;
use super::words::Words;
use super::{Spoken, html};
use crate::ground::limits::K_MIN;
use crate::http::public::PublicState;
use crate::poll::MECHANISM;

#[derive(Template)]
#[template(path = "about.html", config = "src/http/pages/askama.toml")]
struct AboutPage {
    shell: Shell,
    mechanism: &'static str,
    /// Why numbers are hidden.
    hidden_said: String,
}

#[derive(Template)]
#[template(path = "accessibility.html", config = "src/http/pages/askama.toml")]
struct AccessibilityPage {
    shell: Shell,
}

/// How it works.
pub(super) async fn page(
    State(state): State<PublicState>,
    Spoken(language): Spoken,
    headers: HeaderMap,
) -> Response {
    let made = state.listing(format!("/{}/about", language.code()), move |state| {
        let words = Words::new(language);
        let page = AboutPage {
            shell: Shell::new(state, language, words.say("about-title"), "/about"),
            mechanism: language.pick(MECHANISM.uk, MECHANISM.en),
            hidden_said: words.counted("about-hidden-text", K_MIN),
        };
        html(&page, language)
    });
    made.await.to(&headers)
}

/// The accessibility statement (Resolution No. 757 of 21 July 2023; EN 301 549).
pub(super) async fn accessibility(
    State(state): State<PublicState>,
    Spoken(language): Spoken,
    headers: HeaderMap,
) -> Response {
    let made = state.listing(format!("/{}/accessibility", language.code()), move |state| {
        let title = Words::new(language).say("accessibility-title");
        let shell = Shell::new(state, language, title, "/accessibility");
        html(&AccessibilityPage { shell }, language)
    });
    made.await.to(&headers)
}
