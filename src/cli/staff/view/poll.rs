//! Polls and what may be seen of their counts.

use jiff::Timestamp;
use serde::Serialize;

use super::order::{OrderView, ProfileNameView, TextView, text};
use super::{at, list, some, value};
use holos_wire::proto;

/// A poll.
#[derive(Serialize)]
pub(in crate::cli::staff) struct PollView<'a> {
    id: &'a str,
    phase: Option<&'static str>,
    moves: &'a [String],
    revision: u32,
    order_hash: Option<&'a str>,
    definition_hash: Option<&'a str>,
    profile: Option<ProfileNameView<'a>>,
    filed_by: Option<&'a str>,
    approved_by: Option<&'a str>,
    return_reasons: Vec<ReasonView<'a>>,
    opens_at: Option<Timestamp>,
    closes_at: Option<Timestamp>,
    opened_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    close_reason: Option<&'static str>,
    end_note: Option<&'a str>,
    extensions: Vec<ExtensionView<'a>>,
    suspension_reason: Option<&'a str>,
    consent: Option<ConsentView<'a>>,
    withheld_reason: Option<&'a str>,
    held_back: bool,
    decisions: Vec<DecisionView<'a>>,
    pseudonym_key: Option<&'a str>,
    erasure: Option<ErasureView<'a>>,
    expires_at: Option<Timestamp>,
    order: Option<OrderView<'a>>,
}

impl<'a> From<&'a proto::Poll> for PollView<'a> {
    fn from(poll: &'a proto::Poll) -> Self {
        Self {
            id: &poll.id,
            phase: value(poll.phase().as_str_name(), "POLL_PHASE_"),
            moves: &poll.moves,
            revision: poll.revision,
            order_hash: some(&poll.order_hash),
            definition_hash: some(&poll.definition_hash),
            profile: poll.profile.as_ref().map(ProfileNameView::from),
            filed_by: some(&poll.filed_by),
            approved_by: some(&poll.approved_by),
            return_reasons: list(&poll.return_reasons),
            opens_at: at(poll.opens_at.as_ref()),
            closes_at: at(poll.closes_at.as_ref()),
            opened_at: at(poll.opened_at.as_ref()),
            closed_at: at(poll.closed_at.as_ref()),
            close_reason: value(poll.close_reason().as_str_name(), "CLOSE_REASON_"),
            end_note: some(&poll.end_note),
            extensions: list(&poll.extensions),
            suspension_reason: some(&poll.suspension_reason),
            consent: poll.consent.as_ref().map(ConsentView::from),
            withheld_reason: some(&poll.withheld_reason),
            held_back: poll.held_back,
            decisions: list(&poll.decisions),
            pseudonym_key: some(&poll.pseudonym_key),
            erasure: poll.erasure.as_ref().map(ErasureView::from),
            expires_at: at(poll.expires_at.as_ref()),
            order: poll.order.as_ref().map(OrderView::from),
        }
    }
}

#[derive(Serialize)]
struct ReasonView<'a> {
    field: Option<&'a str>,
    rule: &'a str,
}

impl<'a> From<&'a proto::FieldRule> for ReasonView<'a> {
    fn from(reason: &'a proto::FieldRule) -> Self {
        Self { field: some(&reason.field), rule: &reason.rule }
    }
}

#[derive(Serialize)]
struct ExtensionView<'a> {
    at: Option<Timestamp>,
    before: Option<Timestamp>,
    after: Option<Timestamp>,
    reason: &'a str,
}

impl<'a> From<&'a proto::Extension> for ExtensionView<'a> {
    fn from(extension: &'a proto::Extension) -> Self {
        Self {
            at: at(extension.at.as_ref()),
            before: at(extension.before.as_ref()),
            after: at(extension.after.as_ref()),
            reason: &extension.reason,
        }
    }
}

#[derive(Serialize)]
struct ConsentView<'a> {
    by: &'a str,
    at: Option<Timestamp>,
    reference: &'a str,
}

impl<'a> From<&'a proto::Consent> for ConsentView<'a> {
    fn from(consent: &'a proto::Consent) -> Self {
        Self { by: &consent.by, at: at(consent.at.as_ref()), reference: &consent.reference }
    }
}

#[derive(Serialize)]
struct DecisionView<'a> {
    date: &'a str,
    title: Option<TextView<'a>>,
    reference: &'a str,
    address: Option<&'a str>,
}

impl<'a> From<&'a proto::Decision> for DecisionView<'a> {
    fn from(decision: &'a proto::Decision) -> Self {
        Self {
            date: &decision.date,
            title: text(&decision.title),
            reference: &decision.reference,
            address: some(&decision.address),
        }
    }
}

#[derive(Serialize)]
struct ErasureView<'a> {
    ground: Option<&'static str>,
    reference: Option<&'a str>,
    decided_at: Option<Timestamp>,
    erased_at: Option<Timestamp>,
}

impl<'a> From<&'a proto::Erasure> for ErasureView<'a> {
    fn from(erasure: &'a proto::Erasure) -> Self {
        Self {
            ground: value(erasure.ground().as_str_name(), "ERASURE_GROUND_"),
            reference: some(&erasure.reference),
            decided_at: at(erasure.decided_at.as_ref()),
            erased_at: at(erasure.erased_at.as_ref()),
        }
    }
}

/// An own result.
#[derive(Serialize)]
pub(in crate::cli::staff) struct ResultView<'a> {
    total: u64,
    options: Vec<CountView<'a>>,
}

impl<'a> From<&'a proto::GetOwnResultResponse> for ResultView<'a> {
    fn from(result: &'a proto::GetOwnResultResponse) -> Self {
        Self { total: result.total, options: list(&result.options) }
    }
}

#[derive(Serialize)]
struct CountView<'a> {
    question_id: &'a str,
    option_id: &'a str,
    count: u64,
}

impl<'a> From<&'a proto::OptionCount> for CountView<'a> {
    fn from(held: &'a proto::OptionCount) -> Self {
        let proto::OptionCount { question_id, option_id, count } = held;
        Self { question_id, option_id, count: *count }
    }
}
