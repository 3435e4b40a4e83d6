//! Incidents and requests.

use jiff::Timestamp;
use serde::Serialize;

use super::{at, list, some, value};
use holos_wire::proto;

/// An incident.
#[derive(Serialize)]
pub(in crate::cli::staff) struct IncidentView<'a> {
    number: u64,
    kind: Option<&'static str>,
    title: &'a str,
    description: &'a str,
    noticed_at: Option<Timestamp>,
    opened_at: Option<Timestamp>,
    opened_by: Option<&'a str>,
    poll_ids: &'a [String],
    notes: Vec<NoteView<'a>>,
    notifications: Vec<NotificationView<'a>>,
    closed_at: Option<Timestamp>,
    closed_by: Option<&'a str>,
    cause: Option<&'a str>,
    consequences: Option<&'a str>,
    measures: Option<&'a str>,
}

impl<'a> From<&'a proto::Incident> for IncidentView<'a> {
    fn from(incident: &'a proto::Incident) -> Self {
        Self {
            number: incident.number,
            kind: value(incident.kind().as_str_name(), "INCIDENT_KIND_"),
            title: &incident.title,
            description: &incident.description,
            noticed_at: at(incident.noticed_at.as_ref()),
            opened_at: at(incident.opened_at.as_ref()),
            opened_by: some(&incident.opened_by),
            poll_ids: &incident.poll_ids,
            notes: list(&incident.notes),
            notifications: list(&incident.notifications),
            closed_at: at(incident.closed_at.as_ref()),
            closed_by: some(&incident.closed_by),
            cause: some(&incident.cause),
            consequences: some(&incident.consequences),
            measures: some(&incident.measures),
        }
    }
}

#[derive(Serialize)]
struct NoteView<'a> {
    at: Option<Timestamp>,
    by: &'a str,
    text: &'a str,
}

impl<'a> From<&'a proto::IncidentNote> for NoteView<'a> {
    fn from(note: &'a proto::IncidentNote) -> Self {
        Self { at: at(note.at.as_ref()), by: &note.by, text: &note.text }
    }
}

#[derive(Serialize)]
struct NotificationView<'a> {
    at: Option<Timestamp>,
    by: &'a str,
    whom: &'a str,
    told_at: Option<Timestamp>,
    reference: &'a str,
}

impl<'a> From<&'a proto::IncidentNotification> for NotificationView<'a> {
    fn from(told: &'a proto::IncidentNotification) -> Self {
        Self {
            at: at(told.at.as_ref()),
            by: &told.by,
            whom: &told.whom,
            told_at: at(told.told_at.as_ref()),
            reference: &told.reference,
        }
    }
}

/// A request.
#[derive(Serialize)]
pub(in crate::cli::staff) struct RequestView<'a> {
    number: u64,
    kind: Option<&'static str>,
    state: Option<&'static str>,
    reference: &'a str,
    received_on: &'a str,
    due_on: &'a str,
    extension_reason: Option<&'a str>,
    poll_id: Option<&'a str>,
    subject_matter: &'a str,
    answered_on: Option<&'a str>,
    answered_by: Option<&'a str>,
    outcome: Option<&'static str>,
    answer_reference: Option<&'a str>,
}

impl<'a> From<&'a proto::InformationRequest> for RequestView<'a> {
    fn from(request: &'a proto::InformationRequest) -> Self {
        Self {
            number: request.number,
            kind: value(request.kind().as_str_name(), "REQUEST_KIND_"),
            state: value(request.state().as_str_name(), "REQUEST_STATE_"),
            reference: &request.reference,
            received_on: &request.received_on,
            due_on: &request.due_on,
            extension_reason: some(&request.extension_reason),
            poll_id: some(&request.poll_id),
            subject_matter: &request.subject_matter,
            answered_on: some(&request.answered_on),
            answered_by: some(&request.answered_by),
            outcome: value(request.outcome().as_str_name(), "REQUEST_OUTCOME_"),
            answer_reference: some(&request.answer_reference),
        }
    }
}
