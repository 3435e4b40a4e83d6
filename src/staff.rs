//! The people who run polls: what each may do, who they are, and the papers that they keep.
//!
//! Access exists only while a non-disclosure undertaking is registered (L8); who may do what is one
//! table ([`permission`]); what cannot be undone needs two people ([`Proposal`]); a breach and a
//! request of a person each have their record ([`Incident`], [`Request`]). Everything here is a
//! value and its rules: it stores nothing, asks no clock, and reads no file but the keys of those
//! who issue staff's tokens. It knows nothing of voters, and no record has a place for them.

mod account;
pub mod body_key;
mod calendar;
mod incident;
mod issuers;
pub mod permissions;
mod permit;
mod proposal;
mod register;
mod request;
mod role;
mod rules;
mod signature;
mod token;

pub use account::{
    Account, Credential, NewAccount, WithdrawError, WithdrawalReason, Withdrawn, account_id,
};
pub use body_key::{
    BodyKey, BodyKeyReason, BodyKeyRevoked, JwsFlaw, SignError, kid_of, sign_detached,
    verify_detached,
};
pub use calendar::date_in_kyiv;
pub use incident::{
    Closed, Closure, Incident, IncidentError, IncidentKind, NewIncident, NewNotification, Note,
    Notification,
};
pub use issuers::{StaffIssuerConfig, StaffIssuers, StaffIssuersError, StaffKeyConfig};
pub use permissions::{
    Act, Action, HandsIn, OfTwo, Scope, acts, filing_scope, permission, table_markdown,
};
pub use permit::{Denied, Permit, permit};
pub use proposal::{Ended, Proposal, ProposalEnd, ProposalError, ProposedAct};
pub use register::{Register, RegisterError};
pub use request::{
    Answer, Answered, Extended, NewRequest, Outcome, Request, RequestError, RequestKind,
    RequestStatus,
};
pub use role::Role;
pub use token::TokenFlaw;
