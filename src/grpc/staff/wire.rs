//! The staff register, bodies' keys and proposals as the wire spells them.

use jiff::Timestamp;
use tonic::Status;

use crate::grpc::fields::{date, invalid};
use crate::grpc::polls::wire_time;
use crate::poll::ErasureGround;
use crate::staff::{
    Account, BodyKey, BodyKeyReason, Credential, NewAccount, Proposal, ProposalEnd, ProposedAct,
    Role, WithdrawalReason,
};
use holos_wire::proto;

/// The register's names of fields, and the wire's.
pub(super) const ACCOUNT_FIELDS: [(&str, &str); 9] = [
    ("credential.token.issuer", "account.token_issuer"),
    ("credential.token.subject", "account.token_subject"),
    ("credential.certificate_name", "account.certificate_name"),
    ("name", "account.name"),
    ("position", "account.position"),
    ("unit", "account.unit"),
    ("body", "account.body_code"),
    ("undertaking_date", "account.undertaking_date"),
    ("undertaking_reference", "account.undertaking_reference"),
];

/// The names of a body key's fields, and the wire's.
pub(super) const BODY_KEY_FIELDS: [(&str, &str); 3] =
    [("body", "key.body_code"), ("kid", "key.key_id"), ("public_key_pem", "key.public_key_pem")];

/// The entry that is asked for; what the register records itself is not read.
pub(super) fn new_account(account: proto::StaffAccount) -> Result<NewAccount, Status> {
    let role = match account.role() {
        proto::StaffRole::Initiator => Role::Initiator,
        proto::StaffRole::Organiser => Role::Organiser,
        proto::StaffRole::Operator => Role::Operator,
        proto::StaffRole::Auditor => Role::Auditor,
        proto::StaffRole::DataProtectionOfficer => Role::DataProtectionOfficer,
        proto::StaffRole::Unspecified => {
            return Err(invalid("account.role", "must be one of the stated roles"));
        }
    };
    let undertaking_date = date(&account.undertaking_date, "account.undertaking_date")?;
    let credential =
        credential(account.token_issuer, account.token_subject, account.certificate_name)?;
    Ok(NewAccount {
        credential,
        name: account.name,
        position: account.position,
        unit: account.unit,
        body: account.body_code,
        role,
        undertaking_date,
        undertaking_reference: account.undertaking_reference,
    })
}

fn credential(
    issuer: String,
    subject: String,
    certificate_name: String,
) -> Result<Credential, Status> {
    let by_token = !issuer.is_empty() || !subject.is_empty();
    match (by_token, certificate_name.is_empty()) {
        (true, true) => Ok(Credential::Token { issuer, subject }),
        (false, false) => Ok(Credential::CertificateName(certificate_name)),
        (true, false) | (false, true) => Err(invalid(
            "account",
            "must have token_issuer and token_subject, or certificate_name, and not both",
        )),
    }
}

pub(super) fn withdrawal_reason(
    reason: proto::WithdrawalReason,
) -> Result<WithdrawalReason, Status> {
    match reason {
        proto::WithdrawalReason::Dismissal => Ok(WithdrawalReason::Dismissal),
        proto::WithdrawalReason::Transfer => Ok(WithdrawalReason::Transfer),
        proto::WithdrawalReason::DutyWithoutPersonalData => {
            Ok(WithdrawalReason::DutyWithoutPersonalData)
        }
        proto::WithdrawalReason::Incident => Ok(WithdrawalReason::Incident),
        proto::WithdrawalReason::Unspecified => {
            Err(invalid("reason", "must be one of the stated reasons"))
        }
    }
}

pub(super) fn body_key_reason(text: &str) -> Result<BodyKeyReason, Status> {
    let named = BodyKeyReason::ALL.into_iter().find(|reason| reason.wire_name() == text);
    named.ok_or_else(|| invalid("reason", "must be COMPROMISED, SUPERSEDED or BODY_LEFT"))
}

pub(super) fn wire_account(account: &Account) -> proto::StaffAccount {
    let (token_issuer, token_subject, certificate_name) = match &account.credential {
        Credential::Token { issuer, subject } => (issuer.clone(), subject.clone(), String::new()),
        Credential::CertificateName(name) => (String::new(), String::new(), name.clone()),
    };
    let ended = account.withdrawn.as_ref();
    let reason = ended.map_or(proto::WithdrawalReason::Unspecified, |end| match end.reason {
        WithdrawalReason::Dismissal => proto::WithdrawalReason::Dismissal,
        WithdrawalReason::Transfer => proto::WithdrawalReason::Transfer,
        WithdrawalReason::DutyWithoutPersonalData => {
            proto::WithdrawalReason::DutyWithoutPersonalData
        }
        WithdrawalReason::Incident => proto::WithdrawalReason::Incident,
    });
    let role = match account.role {
        Role::Initiator => proto::StaffRole::Initiator,
        Role::Organiser => proto::StaffRole::Organiser,
        Role::Operator => proto::StaffRole::Operator,
        Role::Auditor => proto::StaffRole::Auditor,
        Role::DataProtectionOfficer => proto::StaffRole::DataProtectionOfficer,
    };
    proto::StaffAccount {
        number: account.number,
        token_issuer,
        token_subject,
        certificate_name,
        name: account.name.clone(),
        position: account.position.clone(),
        unit: account.unit.clone(),
        body_code: account.body.clone(),
        role: role.into(),
        undertaking_date: account.undertaking_date.to_string(),
        undertaking_reference: account.undertaking_reference.clone(),
        registered_at: Some(wire_time(account.registered_at)),
        registered_by: account.registered_by.clone(),
        withdrawn_at: ended.map(|end| wire_time(end.at)),
        withdrawn_by: ended.map(|end| end.by.clone()).unwrap_or_default(),
        withdrawal_reason: reason.into(),
        withdrawal_reference: ended.map(|end| end.reference.clone()).unwrap_or_default(),
    }
}

pub(super) fn wire_body_key(key: BodyKey) -> proto::BodyKey {
    let (revoked_at, reason, reference) = match key.revoked {
        Some(end) => (Some(wire_time(end.at)), end.reason.wire_name().to_owned(), end.reference),
        None => (None, String::new(), String::new()),
    };
    proto::BodyKey {
        body_code: key.body,
        key_id: key.kid,
        public_key_pem: key.public_key_pem,
        registered_at: Some(wire_time(key.registered_at)),
        registered_by: key.registered_by,
        revoked_at,
        revocation_reason: reason,
        revocation_reference: reference,
    }
}

/// A proposal as it stands `now`: one whose time is over has expired, recorded or not.
pub(in crate::grpc) fn wire_proposal(proposal: Proposal, now: Timestamp) -> proto::Proposal {
    let state = match proposal.ended.as_ref().map(|ended| ended.how) {
        Some(ProposalEnd::Confirmed) => proto::ProposalState::Confirmed,
        Some(ProposalEnd::Declined) => proto::ProposalState::Declined,
        Some(ProposalEnd::Expired) => proto::ProposalState::Expired,
        None if proposal.is_overdue(now) => proto::ProposalState::Expired,
        None => proto::ProposalState::Waiting,
    };
    let act = proposal.act.action().name().to_owned();
    let poll_id = proposal.act.poll().to_string();
    let no_ground = proto::ErasureGround::Unspecified;
    let (issuer_id, key_id, ground, reference) = match proposal.act {
        ProposedAct::ErasePoll { ground, reference, .. } => {
            (String::new(), String::new(), wire_ground(ground), reference)
        }
        ProposedAct::ExciseIssuerKey { issuer, key_id, reference, .. } => {
            (issuer, key_id, no_ground, reference)
        }
        ProposedAct::ReleaseHeldBack { reference, .. } => {
            (String::new(), String::new(), no_ground, reference)
        }
    };
    let ended_at = proposal.ended.as_ref().map(|ended| wire_time(ended.at));
    proto::Proposal {
        number: proposal.number,
        act,
        poll_id,
        issuer_id,
        key_id,
        ground: ground.into(),
        reference,
        proposed_by: proposal.proposed_by,
        proposed_at: Some(wire_time(proposal.proposed_at)),
        expires_at: Some(wire_time(proposal.expires_at)),
        state: state.into(),
        ended_by: proposal.ended.map(|ended| ended.by).unwrap_or_default(),
        ended_at,
    }
}

fn wire_ground(ground: ErasureGround) -> proto::ErasureGround {
    match ground {
        ErasureGround::GracePeriodOver => proto::ErasureGround::GracePeriodOver,
        ErasureGround::CourtOrder => proto::ErasureGround::CourtOrder,
        ErasureGround::AuthorityDemand => proto::ErasureGround::AuthorityDemand,
    }
}
