//! Acts of two people, and revoked keys.

use jiff::Timestamp;
use serde::Serialize;

use super::{at, some, value};
use holos_wire::proto;

/// A proposal.
#[derive(Serialize)]
pub(in crate::cli::staff) struct ProposalView<'a> {
    number: u64,
    act: &'a str,
    state: Option<&'static str>,
    poll_id: Option<&'a str>,
    issuer_id: Option<&'a str>,
    key_id: Option<&'a str>,
    ground: Option<&'static str>,
    reference: Option<&'a str>,
    proposed_by: &'a str,
    proposed_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    ended_by: Option<&'a str>,
    ended_at: Option<Timestamp>,
}

impl<'a> From<&'a proto::Proposal> for ProposalView<'a> {
    fn from(proposal: &'a proto::Proposal) -> Self {
        Self {
            number: proposal.number,
            act: &proposal.act,
            state: value(proposal.state().as_str_name(), "PROPOSAL_STATE_"),
            poll_id: some(&proposal.poll_id),
            issuer_id: some(&proposal.issuer_id),
            key_id: some(&proposal.key_id),
            ground: value(proposal.ground().as_str_name(), "ERASURE_GROUND_"),
            reference: some(&proposal.reference),
            proposed_by: &proposal.proposed_by,
            proposed_at: at(proposal.proposed_at.as_ref()),
            expires_at: at(proposal.expires_at.as_ref()),
            ended_by: some(&proposal.ended_by),
            ended_at: at(proposal.ended_at.as_ref()),
        }
    }
}

/// A revoked key.
#[derive(Serialize)]
pub(in crate::cli::staff) struct RevocationView<'a> {
    issuer: &'a str,
    key: &'a str,
    revoked_at: Option<Timestamp>,
    reason: Option<&'static str>,
    reference: &'a str,
}

impl<'a> From<&'a proto::Revocation> for RevocationView<'a> {
    fn from(held: &'a proto::Revocation) -> Self {
        Self {
            issuer: &held.issuer_id,
            key: &held.key_id,
            revoked_at: at(held.revoked_at.as_ref()),
            reason: value(held.reason().as_str_name(), "REVOCATION_REASON_"),
            reference: &held.reference,
        }
    }
}
