//! Polls on the wire.

use jiff::Timestamp;
use prost_types::Timestamp as WireTimestamp;

use super::order::wire_text;
use crate::engine::Revision;
use crate::poll::{CloseReason, Erasure, ErasureGround, Phase, Poll, Profile};
use holos_wire::proto;

fn wire_reason(reason: CloseReason) -> proto::CloseReason {
    match reason {
        CloseReason::AsPlanned => proto::CloseReason::AsPlanned,
        CloseReason::RelevanceLost => proto::CloseReason::RelevanceLost,
        CloseReason::TechnicalError => proto::CloseReason::TechnicalError,
        CloseReason::InitiatorDecision => proto::CloseReason::InitiatorDecision,
    }
}

pub(in crate::grpc) fn wire_phase(phase: Phase) -> proto::PollPhase {
    match phase {
        Phase::Draft => proto::PollPhase::Draft,
        Phase::Filed => proto::PollPhase::Filed,
        Phase::Approved => proto::PollPhase::Approved,
        Phase::Scheduled => proto::PollPhase::Scheduled,
        Phase::Open => proto::PollPhase::Open,
        Phase::Suspended => proto::PollPhase::Suspended,
        Phase::Closing => proto::PollPhase::Closing,
        Phase::Closed => proto::PollPhase::Closed,
        Phase::Published => proto::PollPhase::Published,
        Phase::Withheld => proto::PollPhase::Withheld,
        Phase::Erasing => proto::PollPhase::Erasing,
        Phase::Erased => proto::PollPhase::Erased,
        Phase::Expired => proto::PollPhase::Expired,
    }
}

/// The phase that a filter names; none of the stated ones is no phase.
pub(super) fn domain_phase(phase: i32) -> Option<Phase> {
    let wanted = proto::PollPhase::try_from(phase).ok()?;
    Phase::ALL.iter().copied().find(|phase| wire_phase(*phase) == wanted)
}

pub(in crate::grpc) fn wire_poll(poll: &Poll) -> proto::Poll {
    let opened = poll.opened_at.is_some();
    let withheld = poll.withheld_reason.map(|reason| reason.reason().to_owned());
    let reason = poll.close_reason.map_or(proto::CloseReason::Unspecified, wire_reason);
    let drafted = poll.phase == Phase::Draft;
    let returned = poll.returned.iter().filter(|_| drafted).flat_map(|returned| &returned.reasons);
    proto::Poll {
        id: poll.id().to_string(),
        order: Some(poll.definition.order().into()),
        phase: wire_phase(poll.phase).into(),
        definition_hash: if opened { poll.definition.hash().to_string() } else { String::new() },
        opened_at: poll.opened_at.map(wire_time),
        closed_at: poll.closed_at.map(wire_time),
        close_reason: reason.into(),
        withheld_reason: withheld.unwrap_or_default(),
        pseudonym_key: poll.pseudonym_key.clone().unwrap_or_default(),
        erasure: poll.erasure.as_ref().map(wire_erasure),
        moves: poll.phase.moves_of_people().iter().map(|held| held.name().to_owned()).collect(),
        revision: poll.revision,
        order_hash: poll.definition.order().hash().to_string(),
        filed_by: poll.filed_by.clone().unwrap_or_default(),
        approved_by: poll.approved_by.clone().unwrap_or_default(),
        return_reasons: returned
            .map(|held| proto::FieldRule { field: held.field.clone(), rule: held.rule.clone() })
            .collect(),
        opens_at: Some(wire_time(poll.opens_at())),
        closes_at: Some(wire_time(poll.closes_at)),
        extensions: poll
            .extensions
            .iter()
            .map(|held| proto::Extension {
                at: Some(wire_time(held.at)),
                before: Some(wire_time(held.before)),
                after: Some(wire_time(held.after)),
                reason: held.reason.clone(),
            })
            .collect(),
        suspension_reason: poll
            .suspended
            .as_ref()
            .map_or_else(String::new, |held| held.reason.clone()),
        end_note: poll.early_end_note.clone().unwrap_or_default(),
        consent: poll.consent.as_ref().map(|held| proto::Consent {
            by: held.by.clone(),
            at: Some(wire_time(held.at)),
            reference: held.reference.clone(),
        }),
        decisions: poll.decisions.iter().map(wire_decision).collect(),
        expires_at: poll.results_expire_at().map(wire_time),
        profile: Some(wire_profile_name(poll.definition.profile())),
        held_back: poll.is_held_back(),
    }
}

pub(in crate::grpc) fn wire_decision(held: &crate::poll::AttachedDecision) -> proto::Decision {
    proto::Decision {
        date: held.date.to_string(),
        title: Some(wire_text(&held.title)),
        reference: held.reference.clone(),
        address: held.address.clone().unwrap_or_default(),
    }
}

fn wire_profile_name(profile: &Profile) -> proto::ProfileName {
    proto::ProfileName {
        name: profile.name.clone(),
        version: profile.version,
        hash: profile.hash().to_string(),
    }
}

pub(super) fn wire_profile(profile: &Profile) -> proto::Profile {
    proto::Profile {
        name: Some(wire_profile_name(profile)),
        source: Some(wire_text(&profile.source)),
        rules: Some(wire_text(&profile.rules)),
        json: String::from_utf8(profile.canonical_json()).expect("JSON is text"),
    }
}

pub(super) fn wire_revision(held: &Revision) -> proto::OrderRevision {
    proto::OrderRevision {
        revision: held.revision,
        order_json: String::from_utf8(held.order.canonical_json()).expect("JSON is text"),
        order_hash: held.order.hash().to_string(),
        at: Some(wire_time(held.at)),
        by: held.by.clone(),
        jws: held.jws.clone().unwrap_or_default(),
        key_id: held.key_id.clone().unwrap_or_default(),
        state_signature: held.state_signature(),
    }
}

/// Its facts for staff; which wrapping key is still to be destroyed is the operator's matter.
fn wire_erasure(erasure: &Erasure) -> proto::Erasure {
    let ground = match erasure.ground {
        ErasureGround::GracePeriodOver => proto::ErasureGround::GracePeriodOver,
        ErasureGround::CourtOrder => proto::ErasureGround::CourtOrder,
        ErasureGround::AuthorityDemand => proto::ErasureGround::AuthorityDemand,
    };
    proto::Erasure {
        ground: ground.into(),
        reference: erasure.reference.clone().unwrap_or_default(),
        decided_at: Some(wire_time(erasure.decided_at)),
        erased_at: erasure.erased_at.map(wire_time),
    }
}

pub(in crate::grpc) fn wire_time(at: Timestamp) -> WireTimestamp {
    WireTimestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
