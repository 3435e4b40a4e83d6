//! `CustodyService`: issuers' keys, the wrapping key, erasure.

use std::future::Future;
use std::sync::Arc;

use holos_reasons::Reason;
use tonic::{Request, Response, Status};

use super::door::{Door, denied_status};
use super::fields::{bounded, invalid};
use super::polls::{
    engine_status, poll_id, to_the_end, unknown_poll, wire_poll, wire_time, wrong_phase,
};
use super::staff::{propose_status, wire_proposal};
use super::status::status;
use crate::engine::{
    EngineError, EraseError, ExciseError, IssuerKeyName, KeyRoomError, Office, ReleaseError,
    Revoked,
};
use crate::ground::limits::{ISSUER_ID_BYTES_MAX, LEDGER_KEY_ID_BYTES_MAX};
use crate::poll::{ErasureGround, REFERENCE_CHARACTERS_MAX};
use crate::poll::{Revocation, RevocationReason};
use crate::staff::{Action, acts};
use holos_wire::proto::custody_service_server::CustodyService;
use holos_wire::proto::{self};

/// The service.
pub(super) struct Custody {
    office: Arc<Office>,
    door: Arc<Door>,
}

impl Custody {
    /// The service over this office, for whom this door admits.
    pub(super) fn new(office: Arc<Office>, door: Arc<Door>) -> Self {
        Self { office, door }
    }

    async fn to_the_end<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        operation: impl FnOnce(Arc<Office>) -> F,
    ) -> Result<T, Status> {
        to_the_end(&self.office, operation).await
    }
}

#[tonic::async_trait]
impl CustodyService for Custody {
    async fn revoke_issuer_key(
        &self,
        request: Request<proto::RevokeIssuerKeyRequest>,
    ) -> Result<Response<proto::RevokeIssuerKeyResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::RevokeIssuerKey)?;
        let reason = domain_reason(request.reason())?;
        let key = key_name(request.issuer_id, request.key_id)?;
        let reference = reference(request.reference)?;
        let revoked = self
            .to_the_end(move |office| async move {
                office.revoke_issuer_key(&permit, key, reason, reference).await
            })
            .await?;
        let Revoked { revocation, known } =
            revoked.map_err(|error| key_room_status(&error, Action::RevokeIssuerKey))?;
        let revocation = Some(wire_revocation(revocation));
        Ok(Response::new(proto::RevokeIssuerKeyResponse { revocation, known }))
    }

    async fn list_revocations(
        &self,
        request: Request<proto::ListRevocationsRequest>,
    ) -> Result<Response<proto::ListRevocationsResponse>, Status> {
        let (permit, _) = self.door.admit(request, acts::ListRevocations)?;
        let revocations =
            self.office.revocations(&permit).map_err(|error| engine_status(&error))?;
        let revocations = revocations.into_iter().map(wire_revocation).collect();
        Ok(Response::new(proto::ListRevocationsResponse { revocations }))
    }

    async fn excise_issuer_key(
        &self,
        request: Request<proto::ExciseIssuerKeyRequest>,
    ) -> Result<Response<proto::ExciseIssuerKeyResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ExciseIssuerKey)?;
        let id = poll_id(&request.poll_id)?;
        let key = key_name(request.issuer_id, request.key_id)?;
        let reference = reference(request.reference)?;
        let proposed = self
            .to_the_end(move |office| async move {
                office.propose_excision(&permit, id, key, reference).await
            })
            .await?;
        let proposal = proposed.map_err(|error| propose_status(error, Action::ExciseIssuerKey))?;
        let proposal = Some(wire_proposal(proposal, self.office.now()));
        Ok(Response::new(proto::ExciseIssuerKeyResponse { proposal }))
    }

    async fn rotate_wrapping_key(
        &self,
        request: Request<proto::RotateWrappingKeyRequest>,
    ) -> Result<Response<proto::RotateWrappingKeyResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::RotateWrappingKey)?;
        let reference = reference(request.reference)?;
        let rotated = self
            .to_the_end(move |office| async move {
                office.rotate_wrapping_key(&permit, reference).await
            })
            .await?;
        let rekeyed = rotated.map_err(|error| match error {
            KeyRoomError::Engine(EngineError::Keys(why)) => {
                tracing::error!(%why, "the wrapping key is not replaced");
                status(Reason::WrappingKeyNotReplaced, [])
            }
            error => key_room_status(&error, Action::RotateWrappingKey),
        })?;
        Ok(Response::new(proto::RotateWrappingKeyResponse {
            key: rekeyed.new.to_string(),
            previous_key: rekeyed.old.to_string(),
            operator_must_replace: rekeyed.old == rekeyed.new,
            previous_destroyed: rekeyed.old_destroyed,
        }))
    }

    async fn erase_poll(
        &self,
        request: Request<proto::ErasePollRequest>,
    ) -> Result<Response<proto::ErasePollResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ErasePoll)?;
        let id = poll_id(&request.poll_id)?;
        let ground = match request.ground() {
            proto::ErasureGround::CourtOrder => ErasureGround::CourtOrder,
            proto::ErasureGround::AuthorityDemand => ErasureGround::AuthorityDemand,
            proto::ErasureGround::Unspecified | proto::ErasureGround::GracePeriodOver => {
                return Err(status(Reason::ErasureGroundMissing, []));
            }
        };
        let reference = reference(request.reference)?;
        let proposed = self
            .to_the_end(move |office| async move {
                office.propose_erasure(&permit, id, ground, reference).await
            })
            .await?;
        let proposal = proposed.map_err(|error| propose_status(error, Action::ErasePoll))?;
        let proposal = Some(wire_proposal(proposal, self.office.now()));
        Ok(Response::new(proto::ErasePollResponse { proposal }))
    }

    async fn release_held_back(
        &self,
        request: Request<proto::ReleaseHeldBackRequest>,
    ) -> Result<Response<proto::ReleaseHeldBackResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ReleaseHeldBack)?;
        let id = poll_id(&request.poll_id)?;
        let reference = reference(request.reference)?;
        let proposed = self
            .to_the_end(move |office| async move {
                office.propose_release(&permit, id, reference).await
            })
            .await?;
        let proposal = proposed.map_err(|error| propose_status(error, Action::ReleaseHeldBack))?;
        let proposal = Some(wire_proposal(proposal, self.office.now()));
        Ok(Response::new(proto::ReleaseHeldBackResponse { proposal }))
    }

    async fn confirm_erasures(
        &self,
        request: Request<proto::ConfirmErasuresRequest>,
    ) -> Result<Response<proto::ConfirmErasuresResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ConfirmErasures)?;
        let reference = reference(request.reference)?;
        let confirmed = self
            .to_the_end(
                move |office| async move { office.confirm_erasures(&permit, reference).await },
            )
            .await?;
        let polls = confirmed.map_err(erase_status)?;
        let polls = polls.iter().map(wire_poll).collect();
        Ok(Response::new(proto::ConfirmErasuresResponse { polls }))
    }
}

fn reference(text: String) -> Result<String, Status> {
    bounded(text, "reference", REFERENCE_CHARACTERS_MAX)
}

/// A misspelt name would be revoked in vain, and nobody would notice.
fn key_name(issuer: String, key_id: String) -> Result<IssuerKeyName, Status> {
    let issuer = bounded(issuer, "issuer_id", ISSUER_ID_BYTES_MAX)?;
    let key_id = bounded(key_id, "key_id", LEDGER_KEY_ID_BYTES_MAX)?;
    for (field, name) in [("issuer_id", &issuer), ("key_id", &key_id)] {
        if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid(field, "must hold visible ASCII characters without blanks"));
        }
    }
    let of_certificate = key_id.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("spki"));
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_hash = |hex: &str| hex.len() == 64 && hex.bytes().all(is_digit);
    if of_certificate && !key_id.strip_prefix("spki:").is_some_and(is_hash) {
        return Err(invalid("key_id", "must be spki: and 64 lower-case hexadecimal digits"));
    }
    Ok(IssuerKeyName { issuer, key_id })
}

fn domain_reason(reason: proto::RevocationReason) -> Result<RevocationReason, Status> {
    match reason {
        proto::RevocationReason::Compromised => Ok(RevocationReason::Compromised),
        proto::RevocationReason::Superseded => Ok(RevocationReason::Superseded),
        proto::RevocationReason::IssuerLeft => Ok(RevocationReason::IssuerLeft),
        proto::RevocationReason::Unspecified => Err(status(Reason::RevocationReasonMissing, [])),
    }
}

fn wire_revocation(revocation: Revocation) -> proto::Revocation {
    let reason = match revocation.reason {
        RevocationReason::Compromised => proto::RevocationReason::Compromised,
        RevocationReason::Superseded => proto::RevocationReason::Superseded,
        RevocationReason::IssuerLeft => proto::RevocationReason::IssuerLeft,
    };
    proto::Revocation {
        issuer_id: revocation.issuer,
        key_id: revocation.key_id,
        revoked_at: Some(wire_time(revocation.revoked_at)),
        reason: reason.into(),
        reference: revocation.reference,
    }
}

pub(super) fn excise_status(error: ExciseError) -> Status {
    match error {
        ExciseError::Unknown => unknown_poll(),
        ExciseError::Phase(phase) => wrong_phase(phase),
        ExciseError::Trusted => status(Reason::IssuerKeyTrusted, []),
        ExciseError::Merged => status(Reason::GroupMerged, []),
        ExciseError::Denied(denied) => denied_status(denied, Action::ExciseIssuerKey, ""),
        ExciseError::Engine(error) => engine_status(&error),
    }
}

pub(super) fn release_status(error: ReleaseError) -> Status {
    match error {
        ReleaseError::Unknown => unknown_poll(),
        ReleaseError::NothingHeld(_) => status(Reason::NothingHeldBack, []),
        ReleaseError::Denied(denied) => denied_status(denied, Action::ReleaseHeldBack, ""),
        ReleaseError::Engine(error) => engine_status(&error),
    }
}

pub(super) fn erase_status(error: EraseError) -> Status {
    match error {
        EraseError::Unknown => unknown_poll(),
        EraseError::Phase(phase) => wrong_phase(phase),
        EraseError::KeyUnchanged => status(Reason::WrappingKeyUnchanged, []),
        EraseError::Denied(denied) => denied_status(denied, Action::ConfirmErasures, ""),
        EraseError::Engine(error) => engine_status(&error),
    }
}

fn key_room_status(error: &KeyRoomError, action: Action) -> Status {
    match error {
        KeyRoomError::Denied(denied) => denied_status(*denied, action, ""),
        KeyRoomError::Engine(error) => engine_status(error),
    }
}
