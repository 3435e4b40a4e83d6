//! The vocabulary of a poll: order, eligibility, notice, definition, phase, answers, cells.
//!
//! Pure values and their rules. No I/O, no async, no clock: `now` is a parameter.

mod breakdown;
mod calendar;
mod cells;
mod definition;
mod eligibility;
mod erasure;
mod id;
mod notice;
mod order;
mod phase;
mod region;

pub use breakdown::{AGE_BANDS, Breakdown};
pub use calendar::year_in_kyiv;
pub use cells::{CellLayout, Cells};
pub use definition::{Answer, Definition, DefinitionHash};
pub use eligibility::{Claims, Country, Eligibility, Needs};
pub use erasure::{Erasure, ErasureGround};
pub use id::{ParsePollIdError, PollId};
pub use notice::{FixedText, MECHANISM, Notice, Party, RIGHTS, ResponsiblePerson};
pub use order::{
    Body, CheckedOrder, LocalizedText, Order, Participants, PublicationMode, PublicationRules,
    Question, QuestionOption, Violation,
};
pub use phase::{CloseReason, Phase, Poll, WithheldReason};
pub use region::Region;

#[cfg(test)]
mod tests;
