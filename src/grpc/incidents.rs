//! `IncidentService`: the records of incidents.

use std::sync::Arc;

use holos_reasons::Reason;
use tonic::{Request, Response, Status};

use super::door::{Door, denied_status};
use super::fields::{fields_status, fitting, invalid, time};
use super::polls::{engine_status, poll_id, to_the_end, wire_time};
use super::status::status;
use crate::engine::{IncidentError, Office};
use crate::staff::{Action, Closure, Incident, IncidentKind, NewIncident, NewNotification, acts};
use holos_wire::proto;
use holos_wire::proto::incident_service_server::IncidentService;

/// The service.
pub(super) struct IncidentDesk {
    office: Arc<Office>,
    door: Arc<Door>,
}

impl IncidentDesk {
    /// The service over this office, behind the door.
    pub(super) fn new(office: Arc<Office>, door: Arc<Door>) -> Self {
        Self { office, door }
    }
}

#[tonic::async_trait]
impl IncidentService for IncidentDesk {
    async fn open_incident(
        &self,
        request: Request<proto::OpenIncidentRequest>,
    ) -> Result<Response<proto::OpenIncidentResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::OpenIncident)?;
        let kind = domain_kind(request.kind())?;
        let noticed_at = match &request.noticed_at {
            Some(at) => time(at, "noticed_at")?,
            None => self.office.now(),
        };
        let polls = request.poll_ids.iter().map(|id| poll_id(id)).collect::<Result<_, _>>()?;
        let proto::OpenIncidentRequest { title, description, .. } = request;
        let noticed = NewIncident { noticed_at, kind, title, description, polls };
        let opened = to_the_end(&self.office, move |office| async move {
            office.open_incident(&permit, noticed).await
        });
        let incident =
            opened.await?.map_err(|error| incident_status(error, Action::OpenIncident))?;
        let incident = Some(wire_incident(incident));
        Ok(Response::new(proto::OpenIncidentResponse { incident }))
    }

    async fn note_incident(
        &self,
        request: Request<proto::NoteIncidentRequest>,
    ) -> Result<Response<proto::NoteIncidentResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::NoteIncident)?;
        let proto::NoteIncidentRequest { number, text } = request;
        let noted = to_the_end(&self.office, move |office| async move {
            office.note_incident(&permit, number, &text).await
        });
        let incident =
            noted.await?.map_err(|error| incident_status(error, Action::NoteIncident))?;
        let incident = Some(wire_incident(incident));
        Ok(Response::new(proto::NoteIncidentResponse { incident }))
    }

    async fn record_notification(
        &self,
        request: Request<proto::RecordNotificationRequest>,
    ) -> Result<Response<proto::RecordNotificationResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::RecordNotification)?;
        let told_at = match &request.told_at {
            Some(at) => time(at, "told_at")?,
            None => self.office.now(),
        };
        let proto::RecordNotificationRequest { number, whom, reference, .. } = request;
        let told = NewNotification { whom, told_at, reference };
        let recorded = to_the_end(&self.office, move |office| async move {
            office.record_notification(&permit, number, told).await
        });
        let incident =
            recorded.await?.map_err(|error| incident_status(error, Action::RecordNotification))?;
        let incident = Some(wire_incident(incident));
        Ok(Response::new(proto::RecordNotificationResponse { incident }))
    }

    async fn close_incident(
        &self,
        request: Request<proto::CloseIncidentRequest>,
    ) -> Result<Response<proto::CloseIncidentResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::CloseIncident)?;
        let proto::CloseIncidentRequest { number, cause, consequences, measures } = request;
        let act = Closure { cause, consequences, measures };
        let closed = to_the_end(&self.office, move |office| async move {
            office.close_incident(&permit, number, act).await
        });
        let incident =
            closed.await?.map_err(|error| incident_status(error, Action::CloseIncident))?;
        let incident = Some(wire_incident(incident));
        Ok(Response::new(proto::CloseIncidentResponse { incident }))
    }

    async fn get_incident(
        &self,
        request: Request<proto::GetIncidentRequest>,
    ) -> Result<Response<proto::GetIncidentResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ListIncidents)?;
        let incident = self.office.incident(&permit, request.number);
        let incident = incident.map_err(|error| incident_status(error, Action::ListIncidents))?;
        let incident = Some(wire_incident(incident));
        Ok(Response::new(proto::GetIncidentResponse { incident }))
    }

    async fn list_incidents(
        &self,
        request: Request<proto::ListIncidentsRequest>,
    ) -> Result<Response<proto::ListIncidentsResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ListIncidents)?;
        let incidents = self.office.incidents(&permit, request.include_closed);
        let incidents = fitting(incidents.into_iter().map(wire_incident));
        Ok(Response::new(proto::ListIncidentsResponse { incidents }))
    }
}

fn domain_kind(kind: proto::IncidentKind) -> Result<IncidentKind, Status> {
    match kind {
        proto::IncidentKind::UnauthorisedAccess => Ok(IncidentKind::UnauthorisedAccess),
        proto::IncidentKind::Loss => Ok(IncidentKind::Loss),
        proto::IncidentKind::Alteration => Ok(IncidentKind::Alteration),
        proto::IncidentKind::Disclosure => Ok(IncidentKind::Disclosure),
        proto::IncidentKind::Outage => Ok(IncidentKind::Outage),
        proto::IncidentKind::Other => Ok(IncidentKind::Other),
        proto::IncidentKind::Unspecified => Err(invalid("kind", "must be one of the stated kinds")),
    }
}

fn wire_incident(incident: Incident) -> proto::Incident {
    let kind = match incident.kind {
        IncidentKind::UnauthorisedAccess => proto::IncidentKind::UnauthorisedAccess,
        IncidentKind::Loss => proto::IncidentKind::Loss,
        IncidentKind::Alteration => proto::IncidentKind::Alteration,
        IncidentKind::Disclosure => proto::IncidentKind::Disclosure,
        IncidentKind::Outage => proto::IncidentKind::Outage,
        IncidentKind::Other => proto::IncidentKind::Other,
    };
    let notes = incident.notes.into_iter().map(|note| proto::IncidentNote {
        at: Some(wire_time(note.at)),
        by: note.by,
        text: note.text,
    });
    let notifications = incident.notified.into_iter().map(|told| proto::IncidentNotification {
        at: Some(wire_time(told.at)),
        by: told.by,
        whom: told.whom,
        told_at: Some(wire_time(told.told_at)),
        reference: told.reference,
    });
    let mut wire = proto::Incident {
        number: incident.number,
        opened_at: Some(wire_time(incident.opened_at)),
        opened_by: incident.opened_by,
        noticed_at: Some(wire_time(incident.noticed_at)),
        kind: kind.into(),
        title: incident.title,
        description: incident.description,
        poll_ids: incident.polls.iter().map(ToString::to_string).collect(),
        notes: notes.collect(),
        notifications: notifications.collect(),
        ..proto::Incident::default()
    };
    if let Some(closed) = incident.closed {
        wire.closed_at = Some(wire_time(closed.at));
        wire.closed_by = closed.by;
        wire.cause = closed.cause;
        wire.consequences = closed.consequences;
        wire.measures = closed.measures;
    }
    wire
}

fn incident_status(error: IncidentError, action: Action) -> Status {
    match error {
        IncidentError::Fields(broken) => fields_status(&broken, &[("polls", "poll_ids")]),
        IncidentError::Unknown => status(Reason::IncidentUnknown, []),
        IncidentError::Closed => status(Reason::IncidentClosed, []),
        IncidentError::Full => status(Reason::IncidentFull, []),
        IncidentError::Denied(denied) => denied_status(denied, action, ""),
        IncidentError::Engine(error) => engine_status(&error),
    }
}
