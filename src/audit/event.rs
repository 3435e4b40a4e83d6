//! What the audit log can say.
//!
//! An event names polls, epochs, hashes and acts; never a voter, a tag, a choice or a count. Texts
//! in it are of the staff, or names of keys and bodies. Who did it is the entry's matter, not the
//! event's.

mod hash;

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::hash::Hash;
use crate::poll::{CloseReason, ErasureGround, Phase, PollId, RevocationReason, WithheldReason};

/// One thing that was decided or done. The names are stored: they change only with the format.
///
/// `reference` is the number of the act behind it, as its body wrote it; `before` and `after` are
/// what was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are named for what they are")]
pub enum Event {
    /// A new, empty store was made.
    StoreCreated,
    /// The engine finished its restart.
    EngineStarted { version: Label },
    /// The wall clock jumped, by so many seconds against the time that passed.
    ClockJumped { seconds: i64 },
    /// An order was written, or corrected.
    OrderDrafted { poll: PollId, reference: String, revision: u32, order_hash: Hash },
    /// An order was filed, signed with the body's key of that id where it has one.
    OrderFiled {
        poll: PollId,
        reference: String,
        revision: u32,
        order_hash: Hash,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed_by: Option<String>,
    },
    /// An order went back to its initiator, for these reasons.
    OrderReturned { poll: PollId, revision: u32, reasons: Vec<String> },
    /// Its initiator took an order back.
    OrderWithdrawn { poll: PollId, revision: u32, before: Phase },
    /// An order was approved.
    OrderApproved { poll: PollId, revision: u32, order_hash: Hash },
    /// A poll will open and close by itself.
    PollScheduled { poll: PollId, opens_at: Timestamp, closes_at: Timestamp },
    /// A poll began to take ballots; its definition, of that hash, is frozen.
    PollOpened { poll: PollId, definition_hash: Hash },
    /// A poll takes no ballots for the time being.
    PollSuspended { poll: PollId, reason: String, before: Phase },
    /// A suspended poll takes ballots again.
    PollResumed { poll: PollId, reason: String },
    /// A poll's closing time moved.
    PollExtended { poll: PollId, before: Timestamp, after: Timestamp, reason: String },
    /// A poll takes no new ballots.
    PollClosing {
        poll: PollId,
        reason: CloseReason,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// An epoch was folded; its key is destroyed once this entry is durable. `closed`: the polls whose
    /// tally this fold froze.
    EpochFolded { epoch: u64, closed: Vec<PollId> },
    /// The initiator consents to the publication.
    ConsentGiven { poll: PollId, reference: String },
    /// The initiator takes its consent back.
    ConsentWithdrawn { poll: PollId, reference: String },
    /// A poll's totals were released.
    PollPublished { poll: PollId, publication_hash: Hash },
    /// A poll's totals are not released.
    PollWithheld { poll: PollId, reason: WithheldReason },
    /// Newer totals of a published poll lie too close to what was shown: they wait for two people.
    CorrectionHeldBack { poll: PollId },
    /// Two people decided to show totals that lie close to what was shown before.
    CloseReleaseAgreed { poll: PollId, reference: String },
    /// The public log has so many entries from here on, and this root.
    PublicLogGrown { size: u64, root: Hash },
    /// The initiator looked at its own result.
    ResultRead { poll: PollId },
    /// A decision taken after a poll is shown with its result.
    DecisionAttached { poll: PollId, reference: String, date: Date },
    /// An issuer's key is trusted no more.
    IssuerKeyRevoked { issuer: String, key_id: String, reason: RevocationReason, reference: String },
    /// Everything that came to a poll under a revoked key is taken out.
    IssuerKeyExcised { poll: PollId, issuer: String, key_id: String, reference: String },
    /// The key that wraps all others is to be replaced.
    WrappingKeyRotation { reference: String },
    /// A key that wraps all others was replaced. If the one before is not destroyed, only the operator
    /// can, or its provider would not and is asked again.
    WrappingKeyReplaced { previous_key: String, previous_destroyed: bool, key: String },
    /// A poll is to be erased.
    ErasureDecided {
        poll: PollId,
        ground: ErasureGround,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    /// A poll's keys are destroyed, but the key that wrapped them lives until the operator has
    /// replaced it.
    ErasurePending { poll: PollId, key: String },
    /// The operator says that the wrapping key that erasures waited for is destroyed.
    ErasuresConfirmed { reference: String },
    /// A poll is erased: nothing that is left, here or in a copy, can tell who took part. This entry
    /// is the erasure record (L7), with the hash of the final publication where there is one.
    PollErased {
        poll: PollId,
        ground: ErasureGround,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        publication_hash: Option<Hash>,
    },
    /// A poll's results will expire.
    ExpiryAnnounced { poll: PollId, expires_at: Timestamp },
    /// A poll's results expired.
    PollExpired { poll: PollId },
    /// Somebody of the staff may work here: the undertaking of that reference is registered.
    StaffRegistered { number: u32, role: String, body: String, undertaking: String },
    /// A registered person's access ended.
    StaffWithdrawn { number: u32, reason: String, reference: String },
    /// A body's key for signing orders was registered.
    BodyKeyRegistered { body: String, key_id: String },
    /// A body's key signs orders no more.
    BodyKeyRevoked { body: String, key_id: String, reason: String, reference: String },
    /// An act that needs two people was proposed by the first.
    ActProposed {
        proposal: u64,
        act: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        poll: Option<PollId>,
        reference: String,
    },
    /// The second person confirmed.
    ActConfirmed { proposal: u64, poll: PollId },
    /// The second person declined.
    ActDeclined { proposal: u64, poll: PollId },
    /// No second person confirmed in time.
    ActExpired { proposal: u64, poll: PollId },
    /// An incident record was opened.
    IncidentOpened { incident: u64, nature: String },
    /// Something was added to an incident record.
    IncidentNoted { incident: u64 },
    /// Whom an incident was told to was added to its record.
    IncidentNotified { incident: u64, reference: String },
    /// An incident record was closed.
    IncidentClosed { incident: u64 },
    /// A data subject's or a public-information request was registered.
    RequestFiled { request: u64, nature: String, reference: String },
    /// A request's due date moved.
    RequestExtended { request: u64, before: Date, after: Date, reason: String },
    /// A request was answered.
    RequestAnswered { request: u64, outcome: String },
    /// The entries of this log up to number `through` will expire.
    AuditExpiryAnnounced { through: u64, expires_at: Timestamp },
    /// The entries of this log up to number `through` expired; `hash` is the hash of that line, and
    /// `folded_epoch` the latest epoch that an expired entry said was folded.
    AuditExpired {
        through: u64,
        hash: Hash,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        folded_epoch: Option<u64>,
    },
}

impl Event {
    /// Every name that [`Self::kind`] can return.
    pub const KINDS: &'static [&'static str] = &[
        "store_created",
        "engine_started",
        "clock_jumped",
        "order_drafted",
        "order_filed",
        "order_returned",
        "order_withdrawn",
        "order_approved",
        "poll_scheduled",
        "poll_opened",
        "poll_suspended",
        "poll_resumed",
        "poll_extended",
        "poll_closing",
        "epoch_folded",
        "consent_given",
        "consent_withdrawn",
        "poll_published",
        "poll_withheld",
        "correction_held_back",
        "close_release_agreed",
        "public_log_grown",
        "result_read",
        "decision_attached",
        "issuer_key_revoked",
        "issuer_key_excised",
        "wrapping_key_rotation",
        "wrapping_key_replaced",
        "erasure_decided",
        "erasure_pending",
        "erasures_confirmed",
        "poll_erased",
        "expiry_announced",
        "poll_expired",
        "staff_registered",
        "staff_withdrawn",
        "body_key_registered",
        "body_key_revoked",
        "act_proposed",
        "act_confirmed",
        "act_declined",
        "act_expired",
        "incident_opened",
        "incident_noted",
        "incident_notified",
        "incident_closed",
        "request_filed",
        "request_extended",
        "request_answered",
        "audit_expiry_announced",
        "audit_expired",
    ];

    /// The event's name, as it is stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::StoreCreated => "store_created",
            Self::EngineStarted { .. } => "engine_started",
            Self::ClockJumped { .. } => "clock_jumped",
            Self::OrderDrafted { .. } => "order_drafted",
            Self::OrderFiled { .. } => "order_filed",
            Self::OrderReturned { .. } => "order_returned",
            Self::OrderWithdrawn { .. } => "order_withdrawn",
            Self::OrderApproved { .. } => "order_approved",
            Self::PollScheduled { .. } => "poll_scheduled",
            Self::PollOpened { .. } => "poll_opened",
            Self::PollSuspended { .. } => "poll_suspended",
            Self::PollResumed { .. } => "poll_resumed",
            Self::PollExtended { .. } => "poll_extended",
            Self::PollClosing { .. } => "poll_closing",
            Self::EpochFolded { .. } => "epoch_folded",
            Self::ConsentGiven { .. } => "consent_given",
            Self::ConsentWithdrawn { .. } => "consent_withdrawn",
            Self::PollPublished { .. } => "poll_published",
            Self::PollWithheld { .. } => "poll_withheld",
            Self::CorrectionHeldBack { .. } => "correction_held_back",
            Self::CloseReleaseAgreed { .. } => "close_release_agreed",
            Self::PublicLogGrown { .. } => "public_log_grown",
            Self::ResultRead { .. } => "result_read",
            Self::DecisionAttached { .. } => "decision_attached",
            Self::IssuerKeyRevoked { .. } => "issuer_key_revoked",
            Self::IssuerKeyExcised { .. } => "issuer_key_excised",
            Self::WrappingKeyRotation { .. } => "wrapping_key_rotation",
            Self::WrappingKeyReplaced { .. } => "wrapping_key_replaced",
            Self::ErasureDecided { .. } => "erasure_decided",
            Self::ErasurePending { .. } => "erasure_pending",
            Self::ErasuresConfirmed { .. } => "erasures_confirmed",
            Self::PollErased { .. } => "poll_erased",
            Self::ExpiryAnnounced { .. } => "expiry_announced",
            Self::PollExpired { .. } => "poll_expired",
            Self::StaffRegistered { .. } => "staff_registered",
            Self::StaffWithdrawn { .. } => "staff_withdrawn",
            Self::BodyKeyRegistered { .. } => "body_key_registered",
            Self::BodyKeyRevoked { .. } => "body_key_revoked",
            Self::ActProposed { .. } => "act_proposed",
            Self::ActConfirmed { .. } => "act_confirmed",
            Self::ActDeclined { .. } => "act_declined",
            Self::ActExpired { .. } => "act_expired",
            Self::IncidentOpened { .. } => "incident_opened",
            Self::IncidentNoted { .. } => "incident_noted",
            Self::IncidentNotified { .. } => "incident_notified",
            Self::IncidentClosed { .. } => "incident_closed",
            Self::RequestFiled { .. } => "request_filed",
            Self::RequestExtended { .. } => "request_extended",
            Self::RequestAnswered { .. } => "request_answered",
            Self::AuditExpiryAnnounced { .. } => "audit_expiry_announced",
            Self::AuditExpired { .. } => "audit_expired",
        }
    }

    /// The poll that it is about, where it is about one.
    pub const fn poll(&self) -> Option<PollId> {
        match self {
            Self::OrderDrafted { poll, .. }
            | Self::OrderFiled { poll, .. }
            | Self::OrderReturned { poll, .. }
            | Self::OrderWithdrawn { poll, .. }
            | Self::OrderApproved { poll, .. }
            | Self::PollScheduled { poll, .. }
            | Self::PollOpened { poll, .. }
            | Self::PollSuspended { poll, .. }
            | Self::PollResumed { poll, .. }
            | Self::PollExtended { poll, .. }
            | Self::PollClosing { poll, .. }
            | Self::ConsentGiven { poll, .. }
            | Self::ConsentWithdrawn { poll, .. }
            | Self::PollPublished { poll, .. }
            | Self::PollWithheld { poll, .. }
            | Self::CorrectionHeldBack { poll, .. }
            | Self::CloseReleaseAgreed { poll, .. }
            | Self::ResultRead { poll, .. }
            | Self::DecisionAttached { poll, .. }
            | Self::IssuerKeyExcised { poll, .. }
            | Self::ActConfirmed { poll, .. }
            | Self::ActDeclined { poll, .. }
            | Self::ActExpired { poll, .. }
            | Self::ErasureDecided { poll, .. }
            | Self::ErasurePending { poll, .. }
            | Self::PollErased { poll, .. }
            | Self::ExpiryAnnounced { poll, .. }
            | Self::PollExpired { poll, .. } => Some(*poll),
            Self::ActProposed { poll, .. } => *poll,
            Self::StoreCreated
            | Self::EngineStarted { .. }
            | Self::ClockJumped { .. }
            | Self::EpochFolded { .. }
            | Self::PublicLogGrown { .. }
            | Self::IssuerKeyRevoked { .. }
            | Self::WrappingKeyRotation { .. }
            | Self::WrappingKeyReplaced { .. }
            | Self::ErasuresConfirmed { .. }
            | Self::StaffRegistered { .. }
            | Self::StaffWithdrawn { .. }
            | Self::BodyKeyRegistered { .. }
            | Self::BodyKeyRevoked { .. }
            | Self::IncidentOpened { .. }
            | Self::IncidentNoted { .. }
            | Self::IncidentNotified { .. }
            | Self::IncidentClosed { .. }
            | Self::RequestFiled { .. }
            | Self::RequestExtended { .. }
            | Self::RequestAnswered { .. }
            | Self::AuditExpiryAnnounced { .. }
            | Self::AuditExpired { .. } => None,
        }
    }

    /// Whether it tells something of `poll`: as [`Self::poll`], and the fold that froze its tally.
    pub fn concerns(&self, poll: PollId) -> bool {
        match self {
            Self::EpochFolded { closed, .. } => closed.contains(&poll),
            other => other.poll() == Some(poll),
        }
    }

    /// The size and root that it says the public log has.
    pub(super) const fn public_log(&self) -> Option<(u64, Hash)> {
        match self {
            Self::PublicLogGrown { size, root } => Some((*size, *root)),
            _ => None,
        }
    }

    /// The latest epoch that it says was folded.
    pub(super) const fn folded_epoch(&self) -> Option<u64> {
        match self {
            Self::EpochFolded { epoch, .. } => Some(*epoch),
            Self::AuditExpired { folded_epoch, .. } => *folded_epoch,
            _ => None,
        }
    }
}

/// A text fixed in the program, so that nothing met at run time can get into the log through it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(Cow<'static, str>);

impl From<&'static str> for Label {
    fn from(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

#[cfg(test)]
mod tests;
