//! Incidents: the record from the first notice to the act that closes it (L9, annex 4).
//!
//! It tells what happened to the processing: what was noticed, what was done, whom it was told to,
//! why it came to it. It has no place for voters' data, and whoever writes a note must not put any
//! there. A record only grows: nothing in it is changed or removed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rules::Broken;
use crate::ground::limits::{
    ACT_CHARACTERS_MAX, DOCUMENT_CHARACTERS_MAX, INCIDENT_NOTES_MAX, INCIDENT_POLLS_MAX,
    NOTE_CHARACTERS_MAX, REGISTER_NAME_CHARACTERS_MAX,
};
use crate::poll::{PollId, Violation};

/// What kind of incident it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IncidentKind {
    /// Somebody had access who must not have it.
    UnauthorisedAccess,
    /// Data or keys were lost.
    Loss,
    /// Data were changed.
    Alteration,
    /// Data became known.
    Disclosure,
    /// People could not take part.
    Outage,
    /// Something else.
    Other,
}

impl IncidentKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::UnauthorisedAccess,
        Self::Loss,
        Self::Alteration,
        Self::Disclosure,
        Self::Outage,
        Self::Other,
    ];

    /// The kind as the API spells it.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::UnauthorisedAccess => "UNAUTHORISED_ACCESS",
            Self::Loss => "LOSS",
            Self::Alteration => "ALTERATION",
            Self::Disclosure => "DISCLOSURE",
            Self::Outage => "OUTAGE",
            Self::Other => "OTHER",
        }
    }
}

/// What was noticed: open parts, not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewIncident {
    /// When it was noticed.
    pub noticed_at: Timestamp,
    /// What kind it is.
    pub kind: IncidentKind,
    /// In a few words, 1 to 200 characters.
    pub title: String,
    /// What was noticed, 1 to 10,000 characters.
    pub description: String,
    /// The polls that it touches, as far as is known; at most 256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub polls: Vec<PollId>,
}

/// A measure that was taken, or something that was found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// When it was written.
    pub at: Timestamp,
    /// The account that wrote it.
    pub by: String,
    /// 1 to 2,000 characters.
    pub text: String,
}

/// Whom the incident was told to, as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewNotification {
    /// The authority, body or people, 1 to 200 characters.
    pub whom: String,
    /// When they were told.
    pub told_at: Timestamp,
    /// Number of the letter, or how they were told; 1 to 100 characters.
    pub reference: String,
}

/// Whom the incident was told to, as it stands in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// When it was recorded.
    pub at: Timestamp,
    /// The account that recorded it.
    pub by: String,
    /// The authority, body or people.
    pub whom: String,
    /// When they were told.
    pub told_at: Timestamp,
    /// Number of the letter, or how they were told.
    pub reference: String,
}

/// What the act says that closes an incident: open parts, not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// Why it came to it, 1 to 10,000 characters.
    pub cause: String,
    /// What came of it, 1 to 10,000 characters.
    pub consequences: String,
    /// What was done, and what is done so that it does not happen again; 1 to 10,000 characters.
    pub measures: String,
}

/// The act that closed an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// The account that closed it.
    pub by: String,
    /// Why it came to it.
    pub cause: String,
    /// What came of it.
    pub consequences: String,
    /// What was done.
    pub measures: String,
}

/// The record of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// Its number, from 1.
    pub number: u64,
    /// When the record was opened.
    pub opened_at: Timestamp,
    /// The account that opened it.
    pub opened_by: String,
    /// When it was noticed.
    pub noticed_at: Timestamp,
    /// What kind it is.
    pub kind: IncidentKind,
    /// In a few words.
    pub title: String,
    /// What was noticed.
    pub description: String,
    /// The polls that it touches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub polls: Vec<PollId>,
    /// What was done and found out, in the order of the writing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Whom it was told to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notified: Vec<Notification>,
    /// The act that closed it, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

/// Why a record does not take something in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IncidentError {
    /// It is closed; what is found out later is a new incident.
    #[error("the incident is closed")]
    Closed,
    /// It holds as much as it can.
    #[error("the record holds {INCIDENT_NOTES_MAX} of them already")]
    Full,
    /// Fields that break a rule.
    #[error("the record breaks rules")]
    Invalid(Vec<Violation>),
}

impl Incident {
    /// Opens a record.
    ///
    /// # Errors
    /// All rules that are broken, in the order of the fields.
    pub fn open(
        number: u64,
        noticed: NewIncident,
        by: &str,
        now: Timestamp,
    ) -> Result<Self, Vec<Violation>> {
        let NewIncident { noticed_at, kind, title, description, polls } = noticed;
        let mut broken = Broken::default();
        not_after("noticed_at", noticed_at, now, &mut broken);
        broken.line("title", &title, REGISTER_NAME_CHARACTERS_MAX);
        broken.paragraphs("description", &description, ACT_CHARACTERS_MAX);
        if polls.len() > INCIDENT_POLLS_MAX {
            broken.add("polls", format!("must hold at most {INCIDENT_POLLS_MAX}"));
        } else if polls.iter().enumerate().any(|(at, poll)| polls[..at].contains(poll)) {
            broken.add("polls", "must not hold the same twice");
        }
        broken.into_result()?;
        let (opened_at, opened_by) = (now, by.to_owned());
        let (notes, notified, closed) = (Vec::new(), Vec::new(), None);
        Ok(Self {
            number,
            opened_at,
            opened_by,
            noticed_at,
            kind,
            title,
            description,
            polls,
            notes,
            notified,
            closed,
        })
    }

    /// The record with a note more.
    ///
    /// # Errors
    /// [`IncidentError`], and it stays as it was.
    pub fn noted(&self, text: &str, by: &str, now: Timestamp) -> Result<Self, IncidentError> {
        self.must_take(self.notes.len())?;
        let mut broken = Broken::default();
        broken.paragraphs("text", text, NOTE_CHARACTERS_MAX);
        broken.into_result().map_err(IncidentError::Invalid)?;
        let mut incident = self.clone();
        incident.notes.push(Note { at: now, by: by.to_owned(), text: text.to_owned() });
        Ok(incident)
    }

    /// The record with a notification more.
    ///
    /// # Errors
    /// [`IncidentError`], and it stays as it was.
    pub fn notified(
        &self,
        told: NewNotification,
        by: &str,
        now: Timestamp,
    ) -> Result<Self, IncidentError> {
        self.must_take(self.notified.len())?;
        let NewNotification { whom, told_at, reference } = told;
        let mut broken = Broken::default();
        broken.line("whom", &whom, REGISTER_NAME_CHARACTERS_MAX);
        not_after("told_at", told_at, now, &mut broken);
        broken.line("reference", &reference, DOCUMENT_CHARACTERS_MAX);
        broken.into_result().map_err(IncidentError::Invalid)?;
        let mut incident = self.clone();
        let by = by.to_owned();
        incident.notified.push(Notification { at: now, by, whom, told_at, reference });
        Ok(incident)
    }

    /// The record, closed by its act.
    ///
    /// # Errors
    /// [`IncidentError`], and it stays as it was.
    pub fn closed(&self, act: Closure, by: &str, now: Timestamp) -> Result<Self, IncidentError> {
        self.must_take(0)?;
        let Closure { cause, consequences, measures } = act;
        let mut broken = Broken::default();
        broken.paragraphs("cause", &cause, ACT_CHARACTERS_MAX);
        broken.paragraphs("consequences", &consequences, ACT_CHARACTERS_MAX);
        broken.paragraphs("measures", &measures, ACT_CHARACTERS_MAX);
        broken.into_result().map_err(IncidentError::Invalid)?;
        let closed = Closed { at: now, by: by.to_owned(), cause, consequences, measures };
        Ok(Self { closed: Some(closed), ..self.clone() })
    }

    /// Whether something can be added to what holds this many already.
    fn must_take(&self, held: usize) -> Result<(), IncidentError> {
        if self.closed.is_some() {
            Err(IncidentError::Closed)
        } else if held >= INCIDENT_NOTES_MAX {
            Err(IncidentError::Full)
        } else {
            Ok(())
        }
    }
}

fn not_after(field: &str, at: Timestamp, now: Timestamp, broken: &mut Broken) {
    if at > now {
        broken.add(field, "must not lie in the future");
    }
}

#[cfg(test)]
mod tests;
