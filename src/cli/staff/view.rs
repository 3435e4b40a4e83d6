//! The messages of the staff services as programs read them: one `Serialize` struct a message.
//!
//! Times are RFC 3339, values of enums stand without their enum's name, and what is empty on the
//! wire is `null`. Decides nothing and hides nothing.

mod custody;
mod duty;
mod order;
mod poll;
mod register;

pub(super) use custody::{ProposalView, RevocationView};
pub(super) use duty::{IncidentView, RequestView};
pub(super) use order::{ProfileView, RevisionView};
pub(super) use poll::{PollView, ResultView};
pub(super) use register::{AccountView, BodyKeyView};

use jiff::Timestamp;

use super::text::{bare, instant};

/// A text, or nothing where it is empty.
fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A time, or nothing.
fn at(time: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    instant(time)
}

/// An enum's value without the enum's name; nothing where it is unspecified.
fn value<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let bare = bare(name, prefix);
    (bare != "UNSPECIFIED").then_some(bare)
}

/// Views of a list.
pub(super) fn list<'a, M, V: From<&'a M>>(messages: &'a [M]) -> Vec<V> {
    messages.iter().map(V::from).collect()
}
