//! `StaffService`: who has access, bodies' keys, and acts of two people.

use std::sync::Arc;

use holos_reasons::Reason;
use tonic::{Request, Response, Status};

use super::custody::{erase_status, excise_status, release_status};
use super::door::{Door, denied_status};
use super::fields::{fields_status, present};
use super::polls::{engine_status, to_the_end, wire_poll};
use super::status::{status, status_saying};
use crate::engine::{BodyKeyError, ConfirmError, Confirmed, Office, ProposeError, StaffError};
use crate::staff::{Action, acts, permission};
use holos_wire::proto;
use holos_wire::proto::staff_service_server::StaffService;

mod wire;

pub(super) use self::wire::wire_proposal;
use self::wire::{
    ACCOUNT_FIELDS, BODY_KEY_FIELDS, body_key_reason, new_account, wire_account, wire_body_key,
    withdrawal_reason,
};

/// The service.
pub(super) struct StaffDesk {
    office: Arc<Office>,
    door: Arc<Door>,
}

impl StaffDesk {
    /// The service over this office, behind the door.
    pub(super) fn new(office: Arc<Office>, door: Arc<Door>) -> Self {
        Self { office, door }
    }
}

#[tonic::async_trait]
impl StaffService for StaffDesk {
    async fn register_staff(
        &self,
        request: Request<proto::RegisterStaffRequest>,
    ) -> Result<Response<proto::RegisterStaffResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::RegisterStaff)?;
        let new = new_account(present(request.account, "account")?)?;
        let registered = to_the_end(&self.office, move |office| async move {
            office.register_staff(&permit, new).await
        });
        let account =
            registered.await?.map_err(|error| staff_status(error, Action::RegisterStaff))?;
        let account = Some(wire_account(&account));
        Ok(Response::new(proto::RegisterStaffResponse { account }))
    }

    async fn withdraw_staff(
        &self,
        request: Request<proto::WithdrawStaffRequest>,
    ) -> Result<Response<proto::WithdrawStaffResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::RevokeStaff)?;
        let reason = withdrawal_reason(request.reason())?;
        let proto::WithdrawStaffRequest { number, reference, .. } = request;
        let withdrawn = to_the_end(&self.office, move |office| async move {
            office.withdraw_staff(&permit, number, reason, reference).await
        });
        let account = withdrawn.await?.map_err(|error| staff_status(error, Action::RevokeStaff))?;
        let account = Some(wire_account(&account));
        Ok(Response::new(proto::WithdrawStaffResponse { account }))
    }

    async fn list_staff(
        &self,
        request: Request<proto::ListStaffRequest>,
    ) -> Result<Response<proto::ListStaffResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ListStaff)?;
        let accounts = self.office.staff(&permit, request.include_withdrawn);
        let accounts = accounts.iter().map(wire_account).collect();
        Ok(Response::new(proto::ListStaffResponse { accounts }))
    }

    async fn who_am_i(
        &self,
        request: Request<proto::WhoAmIRequest>,
    ) -> Result<Response<proto::WhoAmIResponse>, Status> {
        let account = self.door.who(&request)?;
        let may = |action: &Action| permission(account.role, *action).is_some();
        let actions = Action::ALL.into_iter().filter(may).map(|action| action.name().to_owned());
        Ok(Response::new(proto::WhoAmIResponse {
            actions: actions.collect(),
            account: Some(wire_account(&account)),
        }))
    }

    async fn register_body_key(
        &self,
        request: Request<proto::RegisterBodyKeyRequest>,
    ) -> Result<Response<proto::RegisterBodyKeyResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::RegisterBodyKey)?;
        let key = present(request.key, "key")?;
        let registered = to_the_end(&self.office, move |office| async move {
            let proto::BodyKey { body_code, key_id, public_key_pem, .. } = key;
            office.register_body_key(&permit, &body_code, &key_id, &public_key_pem).await
        });
        let key =
            registered.await?.map_err(|error| body_key_status(error, Action::RegisterBodyKey))?;
        Ok(Response::new(proto::RegisterBodyKeyResponse { key: Some(wire_body_key(key)) }))
    }

    async fn revoke_body_key(
        &self,
        request: Request<proto::RevokeBodyKeyRequest>,
    ) -> Result<Response<proto::RevokeBodyKeyResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::RevokeBodyKey)?;
        let reason = body_key_reason(&request.reason)?;
        let revoked = to_the_end(&self.office, move |office| async move {
            let proto::RevokeBodyKeyRequest { body_code, key_id, reference, .. } = request;
            office.revoke_body_key(&permit, &body_code, &key_id, reason, reference).await
        });
        let key = revoked.await?.map_err(|error| body_key_status(error, Action::RevokeBodyKey))?;
        Ok(Response::new(proto::RevokeBodyKeyResponse { key: Some(wire_body_key(key)) }))
    }

    async fn list_body_keys(
        &self,
        request: Request<proto::ListBodyKeysRequest>,
    ) -> Result<Response<proto::ListBodyKeysResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ListBodyKeys)?;
        let body = Some(request.body_code.as_str()).filter(|body| !body.is_empty());
        let keys = self.office.body_keys(&permit, body).into_iter().map(wire_body_key).collect();
        Ok(Response::new(proto::ListBodyKeysResponse { keys }))
    }

    async fn list_proposals(
        &self,
        request: Request<proto::ListProposalsRequest>,
    ) -> Result<Response<proto::ListProposalsResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ListProposals)?;
        let now = self.office.now();
        let proposals = self.office.proposals(&permit, request.include_ended).into_iter();
        let proposals = proposals.map(|proposal| wire_proposal(proposal, now)).collect();
        Ok(Response::new(proto::ListProposalsResponse { proposals }))
    }

    async fn confirm_proposal(
        &self,
        request: Request<proto::ConfirmProposalRequest>,
    ) -> Result<Response<proto::ConfirmProposalResponse>, Status> {
        let admitted = self.door.admit_person(request, acts::ConfirmProposal)?;
        let (account, permit, proto::ConfirmProposalRequest { number }) = admitted;
        let role = account.role.name();
        let confirmed = to_the_end(&self.office, move |office| async move {
            office.confirm_proposal(&permit, &account, number).await
        });
        let confirmed = confirmed.await?.map_err(|error| confirm_status(error, role))?;
        let Confirmed { proposal, poll, record, taken_out } = confirmed;
        Ok(Response::new(proto::ConfirmProposalResponse {
            proposal: Some(wire_proposal(proposal, self.office.now())),
            poll: Some(wire_poll(&poll)),
            record: record.unwrap_or_default(),
            taken_out,
        }))
    }

    async fn decline_proposal(
        &self,
        request: Request<proto::DeclineProposalRequest>,
    ) -> Result<Response<proto::DeclineProposalResponse>, Status> {
        let admitted = self.door.admit_person(request, acts::DeclineProposal)?;
        let (account, permit, proto::DeclineProposalRequest { number }) = admitted;
        let role = account.role.name();
        let declined = to_the_end(&self.office, move |office| async move {
            office.decline_proposal(&permit, &account, number).await
        });
        let proposal = declined.await?.map_err(|error| confirm_status(error, role))?;
        let proposal = Some(wire_proposal(proposal, self.office.now()));
        Ok(Response::new(proto::DeclineProposalResponse { proposal }))
    }
}

fn staff_status(error: StaffError, action: Action) -> Status {
    match error {
        StaffError::Fields(broken) => fields_status(&broken, fields_of(action)),
        StaffError::CredentialTaken => status(Reason::CredentialTaken, []),
        StaffError::Unknown => status(Reason::StaffUnknown, []),
        StaffError::Denied(denied) => denied_status(denied, action, ""),
        StaffError::Engine(error) => engine_status(&error),
    }
}

fn body_key_status(error: BodyKeyError, action: Action) -> Status {
    match error {
        BodyKeyError::Fields(broken) => fields_status(&broken, fields_of(action)),
        BodyKeyError::Exists => status(Reason::BodyKeyExists, []),
        BodyKeyError::Unknown => status(Reason::BodyKeyUnknown, []),
        BodyKeyError::Denied(denied) => denied_status(denied, action, ""),
        BodyKeyError::Engine(error) => engine_status(&error),
    }
}

/// Where a request has the fields of its entry in a message of their own.
fn fields_of(action: Action) -> &'static [(&'static str, &'static str)] {
    match action {
        Action::RegisterStaff => &ACCOUNT_FIELDS,
        Action::RegisterBodyKey => &BODY_KEY_FIELDS,
        _ => &[],
    }
}

/// Why an act of two people is not proposed; `action` is the act's own.
pub(super) fn propose_status(error: ProposeError, action: Action) -> Status {
    match error {
        ProposeError::Fields(broken) => fields_status(&broken, &[("issuer", "issuer_id")]),
        ProposeError::Erase(error) => erase_status(error),
        ProposeError::Excise(error) => excise_status(error),
        ProposeError::Release(error) => release_status(error),
        ProposeError::Full => status(Reason::ProposalsFull, []),
        ProposeError::Denied(denied) => denied_status(denied, action, ""),
        ProposeError::Engine(error) => engine_status(&error),
    }
}

fn confirm_status(error: ConfirmError, role: &str) -> Status {
    match error {
        ConfirmError::Unknown => status(Reason::ProposalUnknown, []),
        ConfirmError::SamePerson => {
            let text = "who proposed an act cannot confirm it: a second person is needed";
            status_saying(Reason::SamePerson, text, [])
        }
        ConfirmError::Ended => status(Reason::ProposalEnded, []),
        ConfirmError::Expired => {
            let text = "the proposal has expired: propose the act again";
            status_saying(Reason::ProposalEnded, text, [])
        }
        ConfirmError::Erase(error) => erase_status(error),
        ConfirmError::Excise(error) => excise_status(error),
        ConfirmError::Release(error) => release_status(error),
        ConfirmError::Denied { denied, action } => denied_status(denied, action, role),
        ConfirmError::Engine(error) => engine_status(&error),
    }
}
