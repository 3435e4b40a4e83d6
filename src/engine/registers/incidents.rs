//! The records of incidents (L9, annex 4).

use crate::audit::Event;
use crate::engine::decide::{Entry, Write};
use crate::engine::{EngineError, Office};
use crate::poll::Violation;
use crate::staff::{self, Closure, Denied, Incident, NewIncident, NewNotification, Permit, acts};

/// Incidents in one answer: a page to look through, newest first.
const INCIDENTS_LISTED_MAX: usize = 200;

/// Why an incident's record is not read or does not change.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// Fields that break a rule; never empty.
    #[error("the record breaks {} rules", .0.len())]
    Fields(Vec<Violation>),
    /// No such incident.
    #[error("no such incident")]
    Unknown,
    /// It is closed; what is found out later is a new incident.
    #[error("the incident is closed")]
    Closed,
    /// It holds as much as it can.
    #[error("the record is full")]
    Full,
    /// Who asks has no access any more.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<staff::IncidentError> for IncidentError {
    fn from(error: staff::IncidentError) -> Self {
        match error {
            staff::IncidentError::Closed => Self::Closed,
            staff::IncidentError::Full => Self::Full,
            staff::IncidentError::Invalid(broken) => Self::Fields(broken),
        }
    }
}

impl Office {
    /// Opens the record of an incident.
    ///
    /// # Errors
    ///
    /// See [`IncidentError`].
    pub async fn open_incident(
        &self,
        permit: &Permit<acts::OpenIncident>,
        noticed: NewIncident,
    ) -> Result<Incident, IncidentError> {
        let inside = self.enter(permit).await?;
        let unknown: Vec<_> = (0..)
            .zip(&noticed.polls)
            .filter(|(_, poll)| self.counting.poll(**poll).is_none())
            .map(|(index, _): (usize, _)| Violation {
                field: format!("polls[{index}]"),
                rule: "must be a poll of this engine".to_owned(),
            })
            .collect();
        let number = self.registers().incidents().next_number();
        let incident = Incident::open(number, noticed, permit.account(), self.clock.now())
            .map_err(IncidentError::Fields)?;
        if !unknown.is_empty() {
            return Err(IncidentError::Fields(unknown));
        }
        let nature = incident.kind.wire_name().to_owned();
        let event = Event::IncidentOpened { incident: number, nature };
        let write = Write::entry(Entry::Incident(incident.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(incident)
    }

    /// Adds what was done or found out.
    ///
    /// # Errors
    ///
    /// See [`IncidentError`].
    pub async fn note_incident(
        &self,
        permit: &Permit<acts::NoteIncident>,
        number: u64,
        text: &str,
    ) -> Result<Incident, IncidentError> {
        let inside = self.enter(permit).await?;
        let held = self.held_incident(number)?;
        let incident = held.noted(text, permit.account(), self.clock.now())?;
        let event = Event::IncidentNoted { incident: number };
        let write = Write::entry(Entry::Incident(incident.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(incident)
    }

    /// Adds whom it was told to.
    ///
    /// # Errors
    ///
    /// See [`IncidentError`].
    pub async fn record_notification(
        &self,
        permit: &Permit<acts::RecordNotification>,
        number: u64,
        told: NewNotification,
    ) -> Result<Incident, IncidentError> {
        let inside = self.enter(permit).await?;
        let held = self.held_incident(number)?;
        let reference = told.reference.clone();
        let incident = held.notified(told, permit.account(), self.clock.now())?;
        let event = Event::IncidentNotified { incident: number, reference };
        let write = Write::entry(Entry::Incident(incident.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(incident)
    }

    /// Closes an incident by its act.
    ///
    /// # Errors
    ///
    /// See [`IncidentError`].
    pub async fn close_incident(
        &self,
        permit: &Permit<acts::CloseIncident>,
        number: u64,
        act: Closure,
    ) -> Result<Incident, IncidentError> {
        let inside = self.enter(permit).await?;
        let held = self.held_incident(number)?;
        let incident = held.closed(act, permit.account(), self.clock.now())?;
        let event = Event::IncidentClosed { incident: number };
        let write = Write::entry(Entry::Incident(incident.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(incident)
    }

    /// One record.
    ///
    /// # Errors
    ///
    /// [`IncidentError::Unknown`].
    pub fn incident(
        &self,
        _: &Permit<acts::ListIncidents>,
        number: u64,
    ) -> Result<Incident, IncidentError> {
        self.held_incident(number)
    }

    /// The newest records, newest first; `closed`: also closed ones.
    pub fn incidents(&self, _: &Permit<acts::ListIncidents>, closed: bool) -> Vec<Incident> {
        let asked = |incident: &Incident| closed || incident.closed.is_none();
        self.registers().incidents().newest(INCIDENTS_LISTED_MAX, asked)
    }

    fn held_incident(&self, number: u64) -> Result<Incident, IncidentError> {
        self.registers().incidents().get(number).ok_or(IncidentError::Unknown)
    }
}
