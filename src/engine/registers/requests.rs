//! The requests of data subjects and for public information, and their legal clocks.

use jiff::civil::Date;

use crate::audit::Event;
use crate::engine::decide::{Entry, Write};
use crate::engine::{EngineError, Office};
use crate::poll::Violation;
use crate::staff::{
    self, Answer, Denied, NewRequest, Outcome, Permit, Request, RequestKind, acts, date_in_kyiv,
};

/// Requests in one answer: a page to look through, those due first.
const REQUESTS_LISTED_MAX: usize = 500;

/// Why the register of requests does not change.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Fields that break a rule; never empty.
    #[error("the entry breaks {} rules", .0.len())]
    Fields(Vec<Violation>),
    /// No such request.
    #[error("no such request")]
    Unknown,
    /// It is answered, and the first answer stands.
    #[error("the request is answered")]
    Answered,
    /// The law gives no longer term for this kind, or it was given.
    #[error("the term can be extended once, and only for public information")]
    NotExtendable,
    /// Who asks had to be told within the first term.
    #[error("the term is over: it can be extended until its last day")]
    TermOver,
    /// Who asks has no access any more.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<staff::RequestError> for RequestError {
    fn from(error: staff::RequestError) -> Self {
        match error {
            staff::RequestError::Answered => Self::Answered,
            staff::RequestError::NotExtendable => Self::NotExtendable,
            staff::RequestError::TermOver => Self::TermOver,
            staff::RequestError::Invalid(broken) => Self::Fields(broken),
        }
    }
}

/// A request that has come in: open parts, not checked.
pub struct IncomingRequest {
    /// By which law somebody asks.
    pub kind: RequestKind,
    /// The incoming number in the body's own document system.
    pub reference: String,
    /// The day on which it came in; today, if none is said.
    pub received_on: Option<Date>,
    /// The poll that it is about, if it is about one.
    pub poll: Option<crate::poll::PollId>,
    /// What is asked, without personal data.
    pub subject_matter: String,
}

impl Office {
    /// Enters a request.
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub async fn file_request(
        &self,
        permit: &Permit<acts::FileRequest>,
        incoming: IncomingRequest,
    ) -> Result<Request, RequestError> {
        let inside = self.enter(permit).await?;
        let now = self.clock.now();
        let IncomingRequest { kind, reference, received_on, poll, subject_matter } = incoming;
        let received_on = received_on.unwrap_or_else(|| date_in_kyiv(now));
        let new = NewRequest { kind, reference, received_on, poll, subject_matter };
        let number = self.registers().requests().next_number();
        let request =
            Request::file(number, new, &self.rules.procedure.holidays, permit.account(), now)
                .map_err(RequestError::Fields)?;
        if poll.is_some_and(|poll| self.counting.poll(poll).is_none()) {
            return Err(RequestError::Fields(vec![Violation {
                field: "poll".to_owned(),
                rule: "must be a poll of this engine".to_owned(),
            }]));
        }
        let event = Event::RequestFiled {
            request: number,
            nature: request.kind.wire_name().to_owned(),
            reference: request.reference.clone(),
        };
        let write = Write::entry(Entry::Request(request.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(request)
    }

    /// Gives the longer term that the law allows for public information, once. It is part of
    /// answering, and takes the same permission.
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub async fn extend_request(
        &self,
        permit: &Permit<acts::AnswerRequest>,
        number: u64,
        reason: &str,
    ) -> Result<Request, RequestError> {
        let inside = self.enter(permit).await?;
        let held = self.held_request(number)?;
        let now = self.clock.now();
        let request =
            held.extended(reason, &self.rules.procedure.holidays, permit.account(), now)?;
        let event = Event::RequestExtended {
            request: number,
            before: held.due_on,
            after: request.due_on,
            reason: reason.to_owned(),
        };
        let write = Write::entry(Entry::Request(request.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(request)
    }

    /// Enters the answer that has gone out today.
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub async fn answer_request(
        &self,
        permit: &Permit<acts::AnswerRequest>,
        number: u64,
        outcome: Outcome,
        outgoing_reference: String,
    ) -> Result<Request, RequestError> {
        let inside = self.enter(permit).await?;
        let held = self.held_request(number)?;
        // Not before it came in, whatever the clock says.
        let now = self.clock.now().max(held.filed_at);
        let answer = Answer { on: date_in_kyiv(now), outgoing_reference, outcome };
        let request = held.answered(answer, permit.account(), now)?;
        let outcome = outcome.wire_name().to_owned();
        let event = Event::RequestAnswered { request: number, outcome };
        let write = Write::entry(Entry::Request(request.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(request)
    }

    /// The requests, those due first, then those answered, newest first; `answered`: also these.
    pub fn requests(&self, _: &Permit<acts::ListRequests>, answered: bool) -> Vec<Request> {
        let is_open = |request: &Request| request.answered.is_none();
        let mut requests = self.registers().requests().newest(usize::MAX, is_open);
        requests.sort_by_key(|request| (request.due_on, request.number));
        requests.truncate(REQUESTS_LISTED_MAX);
        if answered {
            let room = REQUESTS_LISTED_MAX - requests.len();
            let ended = |request: &Request| request.answered.is_some();
            requests.extend(self.registers().requests().newest(room, ended));
        }
        requests
    }

    fn held_request(&self, number: u64) -> Result<Request, RequestError> {
        self.registers().requests().get(number).ok_or(RequestError::Unknown)
    }
}
