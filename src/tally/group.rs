//! What tags and sums are kept by.

use crate::poll::{IssuerKeyId, PollId};

/// What tags and sums are kept by: a poll and the issuer key its ballots came under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId {
    /// The poll.
    pub poll: PollId,
    /// The issuer key; [`IssuerKeyId::REST`] for groups merged at the close.
    pub issuer_key: IssuerKeyId,
}
