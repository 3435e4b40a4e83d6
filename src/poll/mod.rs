//! The vocabulary of a poll: order, definition, phase, answers, cells.
//!
//! Pure values and their rules. No I/O, no async, no clock: `now` is a parameter.

mod cells;
mod definition;
mod eligibility;
mod id;
mod order;
mod phase;
mod region;

pub use cells::{CellLayout, Cells};
pub use definition::{Answer, Definition, DefinitionHash};
pub use eligibility::{Claims, Country, Eligibility, Needs};
pub use id::{ParsePollIdError, PollId};
pub use order::{
    Body, CheckedOrder, LocalizedText, Order, Participants, PublicationMode, PublicationRules,
    Question, QuestionOption, Violation,
};
pub use phase::{CloseReason, Phase, Poll, WithheldReason};
pub use region::Region;
