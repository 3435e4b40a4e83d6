//! Requests of people and their legal clocks.
//!
//! A data subject is answered within 30 calendar days (L6), a request for public information within
//! 5 working days, which can become 20. Days are civil days in Kyiv, and the day of receipt is not
//! counted. The register knows requests by their numbers in the body's own document system: it has
//! no place for who asks, and what is asked is written down without personal data.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::{calendar_days_after, date_in_kyiv, working_days_after};
use super::rules::Broken;
use crate::ground::limits::{DOCUMENT_CHARACTERS_MAX, NOTE_CHARACTERS_MAX};
use crate::poll::{PollId, Violation};

/// Calendar days for the answer to a data subject (Law on Personal Data Protection).
const DATA_SUBJECT_DAYS: i32 = 30;
/// Working days for public information (Law on Access to Public Information, article 20).
const PUBLIC_INFORMATION_DAYS: u32 = 5;
/// The same where much must be searched or prepared; from the receipt on.
const PUBLIC_INFORMATION_DAYS_EXTENDED: u32 = 20;

/// By which law somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestKind {
    /// Somebody asks about data of their own: 30 calendar days. The term is never moved to the next
    /// working day: an early answer breaks no law.
    DataSubject,
    /// Somebody asks for public information: 5 working days, or 20.
    PublicInformation,
}

impl RequestKind {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::DataSubject, Self::PublicInformation];

    /// The kind as the API spells it.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::DataSubject => "DATA_SUBJECT",
            Self::PublicInformation => "PUBLIC_INFORMATION",
        }
    }

    /// The last day for the answer to what came in on this day.
    pub fn due_on(self, received_on: Date, holidays: &[Date]) -> Date {
        match self {
            Self::DataSubject => calendar_days_after(received_on, DATA_SUBJECT_DAYS),
            Self::PublicInformation => {
                working_days_after(received_on, PUBLIC_INFORMATION_DAYS, holidays)
            }
        }
    }

    /// Calendar days before the last one from which on a request is due soon. Long enough that what
    /// is due on a Monday shows on the Friday before.
    const fn notice_days(self) -> i32 {
        match self {
            Self::DataSubject => 7,
            Self::PublicInformation => 3,
        }
    }
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It was met.
    Satisfied,
    /// It was refused, with reasons in the letter.
    Refused,
    /// It went on to whom it concerns.
    Forwarded,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Satisfied, Self::Refused, Self::Forwarded];

    /// The outcome as the API spells it.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Satisfied => "SATISFIED",
            Self::Refused => "REFUSED",
            Self::Forwarded => "FORWARDED",
        }
    }
}

/// A request that has come in: open parts, not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// By which law somebody asks.
    pub kind: RequestKind,
    /// The incoming number in the body's own document system, 1 to 100 characters; never a name.
    pub reference: String,
    /// The day on which it came in.
    pub received_on: Date,
    /// The poll that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollId>,
    /// What is asked, without personal data; 1 to 2,000 characters.
    pub subject_matter: String,
}

/// A term that became longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extended {
    /// When.
    pub at: Timestamp,
    /// The account that recorded it.
    pub by: String,
    /// The last day before.
    pub before: Date,
    /// Why, 1 to 2,000 characters.
    pub reason: String,
}

/// An answer that has gone out: open parts, not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The day on which it went out.
    pub on: Date,
    /// Its number in the body's own document system, 1 to 100 characters.
    pub outgoing_reference: String,
    /// How the request was answered.
    pub outcome: Outcome,
}

/// An answer as it stands in the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The day on which it went out.
    pub on: Date,
    /// When it was recorded.
    pub at: Timestamp,
    /// The account that recorded it.
    pub by: String,
    /// The letter's number.
    pub outgoing_reference: String,
    /// How the request was answered.
    pub outcome: Outcome,
}

/// A request in the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its number, from 1.
    pub number: u64,
    /// By which law somebody asks.
    pub kind: RequestKind,
    /// The incoming number.
    pub reference: String,
    /// The day on which it came in.
    pub received_on: Date,
    /// The poll that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollId>,
    /// What is asked.
    pub subject_matter: String,
    /// When it was registered.
    pub filed_at: Timestamp,
    /// The account that registered it.
    pub filed_by: String,
    /// The last day for the answer.
    pub due_on: Date,
    /// How the term became longer, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Extended>,
    /// The answer, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestStatus {
    /// There is time.
    Open,
    /// Its last day is near, or today.
    DueSoon,
    /// Its last day has passed.
    Overdue,
    /// It is answered.
    Answered,
}

/// Why the register does not take something in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is answered, and the first answer stands.
    #[error("the request is answered")]
    Answered,
    /// The law gives no longer term for this kind, or it was given.
    #[error("the term can be extended once, and only for public information")]
    NotExtendable,
    /// The requester had to be told within the first term.
    #[error("the term is over: it can be extended until its last day")]
    TermOver,
    /// Fields that break a rule.
    #[error("the request breaks rules")]
    Invalid(Vec<Violation>),
}

impl Request {
    /// Registers a request. `holidays` are the days that are no working days besides weekends.
    ///
    /// # Errors
    /// All rules that are broken, in the order of the fields.
    pub fn file(
        number: u64,
        new: NewRequest,
        holidays: &[Date],
        by: &str,
        now: Timestamp,
    ) -> Result<Self, Vec<Violation>> {
        let NewRequest { kind, reference, received_on, poll, subject_matter } = new;
        let mut broken = Broken::default();
        broken.line("reference", &reference, DOCUMENT_CHARACTERS_MAX);
        broken.past("received_on", received_on, date_in_kyiv(now));
        broken.paragraphs("subject_matter", &subject_matter, NOTE_CHARACTERS_MAX);
        broken.into_result()?;
        let due_on = kind.due_on(received_on, holidays);
        let (filed_at, filed_by) = (now, by.to_owned());
        let (extended, answered) = (None, None);
        Ok(Self {
            number,
            kind,
            reference,
            received_on,
            poll,
            subject_matter,
            filed_at,
            filed_by,
            due_on,
            extended,
            answered,
        })
    }

    /// The request with the longer term that the law allows.
    ///
    /// # Errors
    /// [`RequestError`], and it stays as it was.
    pub fn extended(
        &self,
        reason: &str,
        holidays: &[Date],
        by: &str,
        now: Timestamp,
    ) -> Result<Self, RequestError> {
        if self.answered.is_some() {
            return Err(RequestError::Answered);
        }
        if self.kind != RequestKind::PublicInformation || self.extended.is_some() {
            return Err(RequestError::NotExtendable);
        }
        if date_in_kyiv(now) > self.due_on {
            return Err(RequestError::TermOver);
        }
        let mut broken = Broken::default();
        broken.paragraphs("reason", reason, NOTE_CHARACTERS_MAX);
        broken.into_result().map_err(RequestError::Invalid)?;
        let (by, reason, before) = (by.to_owned(), reason.to_owned(), self.due_on);
        let days = PUBLIC_INFORMATION_DAYS_EXTENDED;
        let due_on = working_days_after(self.received_on, days, holidays);
        let extended = Some(Extended { at: now, by, before, reason });
        Ok(Self { due_on, extended, ..self.clone() })
    }

    /// The request with its answer.
    ///
    /// # Errors
    /// [`RequestError`], and it stays as it was.
    pub fn answered(&self, answer: Answer, by: &str, now: Timestamp) -> Result<Self, RequestError> {
        if self.answered.is_some() {
            return Err(RequestError::Answered);
        }
        let Answer { on, outgoing_reference, outcome } = answer;
        let mut broken = Broken::default();
        broken.past("on", on, date_in_kyiv(now));
        if on < self.received_on {
            broken.add("on", "must not lie before the receipt");
        }
        broken.line("outgoing_reference", &outgoing_reference, DOCUMENT_CHARACTERS_MAX);
        broken.into_result().map_err(RequestError::Invalid)?;
        let answered = Answered { on, at: now, by: by.to_owned(), outgoing_reference, outcome };
        Ok(Self { answered: Some(answered), ..self.clone() })
    }

    /// Where it stands on this day.
    pub fn status(&self, today: Date) -> RequestStatus {
        if self.answered.is_some() {
            RequestStatus::Answered
        } else if today > self.due_on {
            RequestStatus::Overdue
        } else if calendar_days_after(today, self.kind.notice_days()) >= self.due_on {
            RequestStatus::DueSoon
        } else {
            RequestStatus::Open
        }
    }
}

#[cfg(test)]
mod tests;
