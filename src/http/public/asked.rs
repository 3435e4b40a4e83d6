//! What was asked for: identifiers out of the address, each checked before any handler sees it.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use holos_reasons::Reason;

use super::PublicState;
use super::problem::Problem;
use crate::outcome::Rejection;
use crate::poll::PollId;
use crate::publish::{PublicPoll, Publication};

/// A public poll. There is no other way to the identifier of a poll in an address: what is not
/// public is refused here, in the same bytes as what does not exist.
pub(in crate::http) struct KnownPoll(pub(in crate::http) Arc<PublicPoll>);

/// A release of a public poll.
pub(super) struct KnownRelease {
    pub(super) poll: Arc<PublicPoll>,
    pub(super) publication: Arc<Publication>,
}

impl FromRequestParts<PublicState> for KnownPoll {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Self, Problem> {
        let id = parameter(parts, state, "id").await?;
        let id: PollId = id.parse().map_err(|_| Rejection::PollIdMalformed)?;
        let poll = state.published().poll(id);
        poll.map(Self).ok_or_else(|| Rejection::PollUnknown.into())
    }
}

impl FromRequestParts<PublicState> for KnownRelease {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Self, Problem> {
        let KnownPoll(poll) = KnownPoll::from_request_parts(parts, state).await?;
        let number = number(&parameter(parts, state, "release").await?);
        let publication = number.and_then(|number| poll.release(number)).map(Arc::clone);
        let publication = publication.ok_or_else(|| Problem::new(Reason::ReleaseUnknown))?;
        Ok(Self { poll, publication })
    }
}

/// The number in its one spelling: a release has one address.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}

async fn parameter(parts: &mut Parts, state: &PublicState, name: &str) -> Result<String, Problem> {
    let parameters = RawPathParams::from_request_parts(parts, state).await;
    // What is no UTF-8 is no identifier of anything.
    let parameters = parameters.map_err(|_| Problem::nothing_here())?;
    let found = parameters.iter().find(|(held, _)| *held == name);
    found.map(|(_, value)| value.to_owned()).ok_or_else(Problem::nothing_here)
}
