//! The vocabulary of a poll: order, profile, eligibility, notice, definition, phases and moves,
//! answers, cells.
//!
//! Pure values and their rules. No I/O, no async, no clock: `now` is a parameter.

mod breakdown;
mod calendar;
mod cells;
mod definition;
mod eligibility;
mod erasure;
mod id;
mod issuer_key;
mod moves;
mod notice;
mod order;
mod period;
mod phase;
mod profile;
mod record;
mod region;
mod revocation;
mod steps;
mod violation;

pub use breakdown::{AGE_BANDS, Breakdown};
pub use calendar::{date_in_kyiv, kyiv, year_in_kyiv, years_earlier};
pub use cells::{CellLayout, Cells};
pub use definition::{Answer, Definition, DefinitionHash};
pub use eligibility::{Claims, Country, Eligibility, Needs};
pub use erasure::{Erasure, ErasureGround};
pub use id::{ParsePollIdError, PollId};
pub use issuer_key::IssuerKeyId;
pub use moves::Move;
pub use notice::{FixedText, MECHANISM, Notice, Party, RIGHTS, ResponsiblePerson};
pub(crate) use order::{AGE_MAX, QUESTIONS_MAX};
pub use order::{
    Body, CheckedOrder, Crowd, EarlyEnd, Floors, LIVE_RELEASES_MAX, LocalizedText, Order,
    OrderHash, Participants, PublicationMode, PublicationRules, Question, QuestionOption,
    RELEASE_MINUTES_DEFAULT, Rules, order_schema,
};
pub use period::{PERIOD_DAYS_MAX, PERIOD_MINUTES_MIN, Period, ZonedTime};
pub use phase::{CloseReason, Phase, WithheldReason};
pub use profile::{Profile, ProfileError, ProfileHash, Profiles, Range};
pub use record::Poll;
pub use region::Region;
pub use revocation::{Revocation, RevocationReason};
pub use steps::{
    AttachedDecision, Consent, Extension, REFERENCE_CHARACTERS_MAX, Returned, Suspension,
    check_reason,
};
pub(crate) use violation::VIOLATIONS_MAX;
pub use violation::Violation;

#[cfg(test)]
mod tests;
