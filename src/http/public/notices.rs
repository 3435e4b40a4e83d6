//! What voters are told about the processing of their data, before they answer (L4, L5).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::PublicState;
use super::answer::{Answer, JSON, Keep};
use super::asked::KnownPoll;
use super::openapi::OnePoll;
use super::shelf::Piece;
use crate::poll::{FixedText, LocalizedText, MECHANISM, Notice, PollId, RIGHTS};

/// The processing notice of a poll, with what the law and the engine fix: rights and mechanism.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}/notice",
    tag = "polls",
    params(OnePoll),
    responses((status = 200, description = "The notice.", body = NoticeDocument))
)]
pub(super) async fn notice(
    State(state): State<PublicState>,
    KnownPoll(poll): KnownPoll,
    headers: HeaderMap,
) -> Response {
    let made = state.file(&poll, Piece::Notice, |_, poll| {
        let order = poll.definition.order();
        let document = NoticeDocument {
            poll: poll.id(),
            version: order.notice_version,
            notice: order.notice.clone(),
            rights: RIGHTS.iter().map(localized).collect(),
            mechanism: localized(&MECHANISM),
        };
        let bytes = serde_json::to_vec(&document).expect("texts serialise");
        Answer::of(JSON, Keep::WhileLatest, bytes).into()
    });
    made.await.to(&headers)
}

/// A processing notice.
#[derive(Serialize, ToSchema)]
pub(super) struct NoticeDocument {
    poll: PollId,
    /// The version that voters accept with their ballot.
    version: u32,
    notice: Notice,
    /// The data subject's rights, by their numbers in the law.
    rights: Vec<LocalizedText>,
    /// The mechanism of automated processing.
    mechanism: LocalizedText,
}

fn localized(text: &FixedText) -> LocalizedText {
    LocalizedText { uk: text.uk.to_owned(), en: text.en.to_owned() }
}
