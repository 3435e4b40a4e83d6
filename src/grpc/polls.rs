//! `PollService`: orders and the life of polls.

use std::future::Future;
use std::sync::Arc;

use holos_reasons::Reason;
use tonic::{Request, Response, Status};

mod errors;
mod order;
mod view;

pub(super) use self::errors::{engine_status, unknown_poll, violation, wrong_phase};
use self::errors::{look_status, move_status, order_status};
use self::order::domain_order;
pub(super) use self::order::{
    wire_body, wire_breakdown, wire_notice, wire_participants, wire_question, wire_text,
};
use self::view::{domain_phase, wire_profile, wire_revision};
pub(super) use self::view::{wire_decision, wire_phase, wire_poll, wire_time};
use super::door::Door;
use super::fields::{bounded, date, invalid};
use super::status::{failed_status, rejection_status, status, status_saying};
use crate::engine::{Filing, MoveError, Office};
use crate::ground::limits::{PAGE_POLLS_DEFAULT, PAGE_POLLS_MAX};
use crate::outcome::Rejection;
use crate::poll::{
    AttachedDecision, CloseReason, Phase, Poll, PollId, REFERENCE_CHARACTERS_MAX, Violation,
};
use crate::publish::{Language, ResultsState, sheet};
use crate::staff::{Action, HandsIn, Permit, acts};
use holos_wire::proto;
use holos_wire::proto::poll_service_server::PollService;

/// The service.
pub(super) struct Polls {
    office: Arc<Office>,
    door: Arc<Door>,
}

impl Polls {
    /// The service over this office, for whom this door admits.
    pub(super) fn new(office: Arc<Office>, door: Arc<Door>) -> Self {
        Self { office, door }
    }

    /// Makes a move of a poll to its end.
    async fn moved<F>(
        &self,
        action: Action,
        operation: impl FnOnce(Arc<Office>) -> F,
    ) -> Result<Option<proto::Poll>, Status>
    where
        F: Future<Output = Result<Poll, MoveError>> + Send + 'static,
    {
        let poll = to_the_end(&self.office, operation)
            .await?
            .map_err(|error| move_status(&error, action))?;
        Ok(Some(wire_poll(&poll)))
    }
}

#[tonic::async_trait]
impl PollService for Polls {
    async fn submit_order(
        &self,
        request: Request<proto::SubmitOrderRequest>,
    ) -> Result<Response<proto::SubmitOrderResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::FileOrder)?;
        let proto::SubmitOrderRequest { order, draft, jws, state_signature } = request;
        let filing = filing(&self.office, &permit, order, draft, jws, state_signature)?;
        let submitted =
            to_the_end(
                &self.office,
                |office| async move { office.submit_order(&permit, filing).await },
            );
        let poll = submitted.await?.map_err(|error| order_status(&error, Action::FileOrder))?;
        Ok(Response::new(proto::SubmitOrderResponse { poll: Some(wire_poll(&poll)) }))
    }

    async fn correct_order(
        &self,
        request: Request<proto::CorrectOrderRequest>,
    ) -> Result<Response<proto::CorrectOrderResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::CorrectOrder)?;
        let proto::CorrectOrderRequest { poll_id: id, order, draft, jws, state_signature } =
            request;
        let id = poll_id(&id)?;
        let filing = filing(&self.office, &permit, order, draft, jws, state_signature)?;
        let corrected = to_the_end(&self.office, move |office| async move {
            office.correct_order(&permit, id, filing).await
        });
        let poll = corrected.await?.map_err(|error| order_status(&error, Action::CorrectOrder))?;
        Ok(Response::new(proto::CorrectOrderResponse { poll: Some(wire_poll(&poll)) }))
    }

    async fn return_order(
        &self,
        request: Request<proto::ReturnOrderRequest>,
    ) -> Result<Response<proto::ReturnOrderResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ReturnOrder)?;
        let id = poll_id(&request.poll_id)?;
        let reasons = request.reasons.into_iter();
        let reasons = reasons.map(|held| violation(&held.field, &held.rule)).collect();
        let returned = to_the_end(&self.office, move |office| async move {
            office.return_order(&permit, id, reasons).await
        });
        let poll = returned.await?.map_err(|error| order_status(&error, Action::ReturnOrder))?;
        Ok(Response::new(proto::ReturnOrderResponse { poll: Some(wire_poll(&poll)) }))
    }

    async fn withdraw_order(
        &self,
        request: Request<proto::WithdrawOrderRequest>,
    ) -> Result<Response<proto::WithdrawOrderResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::WithdrawOrder)?;
        let id = poll_id(&request.poll_id)?;
        let withdrawn = to_the_end(&self.office, move |office| async move {
            office.withdraw_order(&permit, id).await
        });
        let poll = withdrawn.await?.map_err(|error| order_status(&error, Action::WithdrawOrder))?;
        Ok(Response::new(proto::WithdrawOrderResponse { poll: Some(wire_poll(&poll)) }))
    }

    async fn approve_order(
        &self,
        request: Request<proto::ApproveOrderRequest>,
    ) -> Result<Response<proto::ApproveOrderResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ApproveOrder)?;
        let id = poll_id(&request.poll_id)?;
        let approved = to_the_end(&self.office, move |office| async move {
            office.approve_order(&permit, id, &request.order_hash).await
        });
        let poll = approved.await?.map_err(|error| order_status(&error, Action::ApproveOrder))?;
        Ok(Response::new(proto::ApproveOrderResponse { poll: Some(wire_poll(&poll)) }))
    }

    async fn schedule_poll(
        &self,
        request: Request<proto::SchedulePollRequest>,
    ) -> Result<Response<proto::SchedulePollResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::SchedulePoll)?;
        let id = poll_id(&request.poll_id)?;
        let poll = self
            .moved(Action::SchedulePoll, move |office| async move {
                office.schedule_poll(&permit, id).await
            })
            .await?;
        Ok(Response::new(proto::SchedulePollResponse { poll }))
    }

    async fn suspend_poll(
        &self,
        request: Request<proto::SuspendPollRequest>,
    ) -> Result<Response<proto::SuspendPollResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::SuspendPoll)?;
        let (id, reason) = (poll_id(&request.poll_id)?, request.reason);
        let poll = self
            .moved(Action::SuspendPoll, move |office| async move {
                office.suspend_poll(&permit, id, reason).await
            })
            .await?;
        Ok(Response::new(proto::SuspendPollResponse { poll }))
    }

    async fn suspend_all_polls(
        &self,
        request: Request<proto::SuspendAllPollsRequest>,
    ) -> Result<Response<proto::SuspendAllPollsResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::SuspendPoll)?;
        let suspended = to_the_end(&self.office, move |office| async move {
            office.suspend_all(&permit, request.reason).await
        });
        let suspended =
            suspended.await?.map_err(|error| move_status(&error, Action::SuspendPoll))?;
        let poll_ids = suspended.iter().map(ToString::to_string).collect();
        Ok(Response::new(proto::SuspendAllPollsResponse { poll_ids }))
    }

    async fn resume_poll(
        &self,
        request: Request<proto::ResumePollRequest>,
    ) -> Result<Response<proto::ResumePollResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ResumePoll)?;
        let (id, reason) = (poll_id(&request.poll_id)?, request.reason);
        let poll = self
            .moved(Action::ResumePoll, move |office| async move {
                office.resume_poll(&permit, id, reason).await
            })
            .await?;
        Ok(Response::new(proto::ResumePollResponse { poll }))
    }

    async fn extend_poll(
        &self,
        request: Request<proto::ExtendPollRequest>,
    ) -> Result<Response<proto::ExtendPollResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ExtendPoll)?;
        let proto::ExtendPollRequest { poll_id: id, closes_at, reason } = request;
        let id = poll_id(&id)?;
        let poll = self
            .moved(Action::ExtendPoll, move |office| async move {
                office.extend_poll(&permit, id, &closes_at, reason).await
            })
            .await?;
        Ok(Response::new(proto::ExtendPollResponse { poll }))
    }

    async fn end_poll(
        &self,
        request: Request<proto::EndPollRequest>,
    ) -> Result<Response<proto::EndPollResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::EndPoll)?;
        let reason = domain_reason(request.reason())?;
        let (id, note) = (poll_id(&request.poll_id)?, request.note);
        let poll = self
            .moved(Action::EndPoll, move |office| async move {
                office.end_poll(&permit, id, reason, note).await
            })
            .await?;
        Ok(Response::new(proto::EndPollResponse { poll }))
    }

    async fn give_consent(
        &self,
        request: Request<proto::GiveConsentRequest>,
    ) -> Result<Response<proto::GiveConsentResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::GiveConsent)?;
        let id = poll_id(&request.poll_id)?;
        let reference = bounded(request.reference, "reference", REFERENCE_CHARACTERS_MAX)?;
        let poll = self
            .moved(Action::GiveConsent, move |office| async move {
                office.give_consent(&permit, id, reference).await
            })
            .await?;
        Ok(Response::new(proto::GiveConsentResponse { poll }))
    }

    async fn withdraw_consent(
        &self,
        request: Request<proto::WithdrawConsentRequest>,
    ) -> Result<Response<proto::WithdrawConsentResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::WithdrawConsent)?;
        let id = poll_id(&request.poll_id)?;
        let reference = bounded(request.reference, "reference", REFERENCE_CHARACTERS_MAX)?;
        let poll = self
            .moved(Action::WithdrawConsent, move |office| async move {
                office.withdraw_consent(&permit, id, reference).await
            })
            .await?;
        Ok(Response::new(proto::WithdrawConsentResponse { poll }))
    }

    async fn attach_decision(
        &self,
        request: Request<proto::AttachDecisionRequest>,
    ) -> Result<Response<proto::AttachDecisionResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::AttachDecision)?;
        let id = poll_id(&request.poll_id)?;
        let decision = domain_decision(&self.office, request.decision.unwrap_or_default())?;
        let poll = self
            .moved(Action::AttachDecision, move |office| async move {
                office.attach_decision(&permit, id, decision).await
            })
            .await?;
        Ok(Response::new(proto::AttachDecisionResponse { poll }))
    }

    async fn get_poll(
        &self,
        request: Request<proto::GetPollRequest>,
    ) -> Result<Response<proto::GetPollResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ReadOrders)?;
        let poll = self.office.order(&permit, poll_id(&request.poll_id)?);
        let poll = poll.map_err(|error| order_status(&error, Action::ReadOrders))?;
        Ok(Response::new(proto::GetPollResponse { poll: Some(wire_poll(&poll)) }))
    }

    async fn list_polls(
        &self,
        request: Request<proto::ListPollsRequest>,
    ) -> Result<Response<proto::ListPollsResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ReadOrders)?;
        let proto::ListPollsRequest { page_size, page_token, phases, body_code } = request;
        let size = match usize::try_from(page_size) {
            Ok(0) => PAGE_POLLS_DEFAULT,
            Ok(size) if size <= PAGE_POLLS_MAX => size,
            _ => {
                let text = format!("page_size: must be 0 to {PAGE_POLLS_MAX}");
                return Err(status_saying(Reason::PageSizeInvalid, &text, []));
            }
        };
        let after = match page_token.as_str() {
            "" => None,
            token => {
                let last = token.parse::<PollId>();
                Some(last.map_err(|_| status(Reason::PageTokenInvalid, []))?)
            }
        };
        let wanted: Vec<Phase> = phases.iter().filter_map(|phase| domain_phase(*phase)).collect();
        // Newest first: a page begins with the first poll older than the token's.
        let mut older = self.office.orders(&permit);
        older.retain(|poll| {
            let body = &poll.definition.order().initiator.code;
            after.is_none_or(|after| poll.id() < after)
                && (body_code.is_empty() || *body == body_code)
                && (phases.is_empty() || wanted.contains(&poll.phase))
        });
        let next = (older.len() > size).then(|| older[size - 1].id().to_string());
        older.truncate(size);
        Ok(Response::new(proto::ListPollsResponse {
            polls: older.iter().map(wire_poll).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn get_order_history(
        &self,
        request: Request<proto::GetOrderHistoryRequest>,
    ) -> Result<Response<proto::GetOrderHistoryResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ReadOrders)?;
        let id = poll_id(&request.poll_id)?;
        let history = self.office.order_history(&permit, id);
        let history = history.map_err(|error| order_status(&error, Action::ReadOrders))?;
        let revisions = history.iter().map(wire_revision).collect();
        Ok(Response::new(proto::GetOrderHistoryResponse { revisions }))
    }

    async fn list_profiles(
        &self,
        request: Request<proto::ListProfilesRequest>,
    ) -> Result<Response<proto::ListProfilesResponse>, Status> {
        let (permit, proto::ListProfilesRequest {}) = self.door.admit(request, acts::ReadOrders)?;
        let profiles =
            self.office.procedures(&permit).iter().map(|held| wire_profile(held)).collect();
        Ok(Response::new(proto::ListProfilesResponse { profiles }))
    }

    async fn get_own_result(
        &self,
        request: Request<proto::GetOwnResultRequest>,
    ) -> Result<Response<proto::GetOwnResultResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ReadOwnResult)?;
        let id = poll_id(&request.poll_id)?;
        let result = self
            .office
            .own_result(&permit, id)
            .await
            .map_err(|error| look_status(&error, Action::ReadOwnResult))?;
        let options = result.options.into_iter().map(|held| proto::OptionCount {
            question_id: held.question,
            option_id: held.option,
            count: held.count,
        });
        let response =
            proto::GetOwnResultResponse { total: result.total, options: options.collect() };
        Ok(Response::new(response))
    }

    async fn get_turnout(
        &self,
        request: Request<proto::GetTurnoutRequest>,
    ) -> Result<Response<proto::GetTurnoutResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ReadTurnout)?;
        let id = poll_id(&request.poll_id)?;
        let turnout = self
            .office
            .turnout(&permit, id)
            .map_err(|error| look_status(&error, Action::ReadTurnout))?;
        let (at_least, step) = (turnout.at_least, turnout.step);
        Ok(Response::new(proto::GetTurnoutResponse { at_least, step }))
    }

    async fn get_answer_sheet(
        &self,
        request: Request<proto::GetAnswerSheetRequest>,
    ) -> Result<Response<proto::GetAnswerSheetResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ReadSheet)?;
        let language = match request.language.as_str() {
            "uk" => Language::Ukrainian,
            "en" => Language::English,
            _ => return Err(invalid("language", "must be uk or en")),
        };
        let id = poll_id(&request.poll_id)?;
        let sheet_of = self.office.sheet(&permit, id);
        let (poll, results) = sheet_of.map_err(|error| look_status(&error, Action::ReadSheet))?;
        let ResultsState::Published(publication) = results else {
            return Err(super::results::not_published(&results));
        };
        let text = sheet(&publication, &poll, language);
        Ok(Response::new(proto::GetAnswerSheetResponse { text }))
    }
}

/// Runs an operation that goes on when its caller hangs up: half of one is no state to leave a poll
/// or its keys in.
pub(super) async fn to_the_end<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    office: &Arc<Office>,
    operation: impl FnOnce(Arc<Office>) -> F,
) -> Result<T, Status> {
    tokio::spawn(operation(Arc::clone(office))).await.map_err(|_| failed_status())
}

pub(super) fn poll_id(text: &str) -> Result<PollId, Status> {
    text.parse().map_err(|_| rejection_status(Rejection::PollIdMalformed, []))
}

fn filing<A: HandsIn>(
    office: &Office,
    permit: &Permit<A>,
    order: Option<proto::Order>,
    draft: bool,
    jws: String,
    state_signature: Vec<u8>,
) -> Result<Filing, Status> {
    let order = order.ok_or_else(|| errors::order_fields(&[violation("", "must be present")]))?;
    let (order, unread) = domain_order(order);
    if !unread.is_empty() {
        // Named together with whatever else is wrong.
        let others = office.order_flaws(permit, order);
        return Err(errors::order_fields(&[unread, others].concat()));
    }
    let jws = (!jws.is_empty()).then_some(jws);
    Ok(Filing { order, draft, jws, state_signature })
}

fn domain_decision(office: &Office, decision: proto::Decision) -> Result<AttachedDecision, Status> {
    let date = date(&decision.date, "decision.date")?;
    let title = decision.title.unwrap_or_default();
    Ok(AttachedDecision {
        at: office.now(),
        date,
        title: crate::poll::LocalizedText { uk: title.uk, en: title.en },
        reference: decision.reference,
        address: (!decision.address.is_empty()).then_some(decision.address),
    })
}

fn domain_reason(reason: proto::CloseReason) -> Result<CloseReason, Status> {
    match reason {
        proto::CloseReason::RelevanceLost => Ok(CloseReason::RelevanceLost),
        proto::CloseReason::TechnicalError => Ok(CloseReason::TechnicalError),
        proto::CloseReason::InitiatorDecision => Ok(CloseReason::InitiatorDecision),
        proto::CloseReason::AsPlanned | proto::CloseReason::Unspecified => {
            Err(status(Reason::EndReasonMissing, []))
        }
    }
}

/// The fields of an order, as the wire calls them.
fn order_path(found: &Violation) -> String {
    match found.field.as_str() {
        "" => "order".to_owned(),
        field => format!("order.{field}"),
    }
}
