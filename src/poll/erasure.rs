//! The erasure of a poll: why, when, and how far it has come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a poll's tags and keys are destroyed (L2, L7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErasureGround {
    /// The period stated for it after the close is over.
    GracePeriodOver,
    /// A court ordered it.
    CourtOrder,
    /// The Ombudsman, or another authority that may, demanded it.
    AuthorityDemand,
}

/// What is known of a poll's erasure. It says nothing about anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Why.
    pub ground: ErasureGround,
    /// Number of the court's decision or of the demand, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When nothing was left of the poll's keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Identifier of the wrapping key that is still to be destroyed, while there is one: until then
    /// an old copy of the key store opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_key: Option<String>,
}
