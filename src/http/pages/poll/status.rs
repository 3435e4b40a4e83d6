//! Where a poll stands, in a word and in a sentence.

use jiff::Timestamp;

use super::super::words::Words;
use crate::publish::{PollState, PublicPoll, Stage};

/// Where a poll stands.
pub(in super::super) struct Status {
    /// Chooses how the word looks; the word says the same.
    pub(in super::super) class: &'static str,
    pub(in super::super) word: String,
    pub(in super::super) sentence: String,
}

/// Where the poll stands at this moment.
pub(in super::super) fn status(words: Words, poll: &PublicPoll, now: Timestamp) -> Status {
    let opens_at = poll.definition.period().opens_at.instant();
    let closed_at = poll.closed_at.unwrap_or(poll.closes_at);
    // The clock decides before the engine has come to it: no ballot is counted after the end.
    let over = poll.state.stage() == Stage::Open && now >= poll.closes_at;
    let (class, name, at) = match poll.state {
        PollState::Upcoming => ("upcoming", "upcoming", opens_at),
        PollState::Open | PollState::Suspended if over => ("closed", "counting", poll.closes_at),
        PollState::Open => ("open", "open", poll.closes_at),
        PollState::Suspended => ("suspended", "suspended", poll.closes_at),
        PollState::Counting => ("closed", "counting", closed_at),
        PollState::Published => ("closed", "published", closed_at),
        PollState::Withheld => {
            // A live release that stands stays in force also where the final totals are withheld.
            let name = match (poll.in_force(), poll.releases.is_empty()) {
                (Some(_), _) => "provisional",
                (None, false) => "withdrawn",
                (None, true) => "withheld",
            };
            ("closed", name, closed_at)
        }
        PollState::Expired => ("closed", "expired", closed_at),
    };
    let moment = words.moment(at).text;
    let sentence = if matches!(class, "upcoming" | "open" | "suspended") {
        let left = words.remaining(now, at);
        let parts = [("moment", moment.into()), ("left", left.into())];
        words.with(&format!("state-{name}-sentence"), parts)
    } else {
        words.with(&format!("state-{name}-sentence"), [("moment", moment.into())])
    };
    Status { class, word: words.say(&format!("state-{name}")), sentence }
}
