//! The page of a poll's processing notice: what voters are told, their rights, the mechanism (L5, L6).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::shell::Shell;
use super::words::Words;
use super::{PollAsked, html};
use crate::http::public::PublicState;
use crate::http::public::shelf::Piece;
use crate::poll::{FixedText, LocalizedText, MECHANISM, Party, RIGHTS};
use crate::publish::{Language, PublicPoll};

#[derive(Template)]
#[template(path = "notice.html", config = "src/http/pages/askama.toml")]
struct NoticePage {
    shell: Shell,
    poll: String,
    poll_path: String,
    version: u32,
    facts: Vec<(String, String)>,
    rights: Vec<&'static str>,
    mechanism: &'static str,
}

pub(super) async fn page(
    State(state): State<PublicState>,
    PollAsked { language, poll }: PollAsked,
    headers: HeaderMap,
) -> Response {
    let made = state.file(&poll, Piece::NoticePage(language), move |state, poll| {
        html(&view(state, language, poll), language).into()
    });
    made.await.to(&headers)
}

fn view(state: &PublicState, language: Language, poll: &Arc<PublicPoll>) -> NoticePage {
    let words = Words::new(language);
    let order = poll.definition.order();
    let notice = &order.notice;
    let of = |text: &LocalizedText| text.of(language).to_owned();
    let mut facts = vec![("notice-controller", party(words, &notice.controller))];
    facts.extend(notice.processor.as_ref().map(|held| ("notice-processor", party(words, held))));
    let person = &notice.responsible_person;
    facts.extend([
        ("notice-location", of(&notice.data_location)),
        ("notice-contents", of(&notice.contents)),
        ("notice-purpose", of(&notice.purpose)),
        ("notice-ground", of(&notice.legal_ground)),
        ("notice-recipients", of(&notice.recipients)),
        ("notice-abroad", of(&notice.transfer_abroad)),
        ("notice-retention", of(&notice.retention)),
        ("notice-person", format!("{}, {}", person.name.of(language), person.contact)),
    ]);
    let fixed = |text: &'static FixedText| language.pick(text.uk, text.en);
    let path = format!("/polls/{}", poll.id());
    let shell = Shell::new(state, language, words.say("notice-title"), &format!("{path}/notice"));
    NoticePage {
        poll: of(&order.title),
        poll_path: shell.at(&path),
        shell,
        version: order.notice_version,
        facts: facts.into_iter().map(|(name, text)| (words.say(name), text)).collect(),
        rights: RIGHTS.iter().map(fixed).collect(),
        mechanism: fixed(&MECHANISM),
    }
}

fn party(words: Words, party: &Party) -> String {
    let (name, address) = (party.name.of(words.language), party.address.of(words.language));
    format!("{name} ({}), {address}, {}", party.code, party.phone)
}
