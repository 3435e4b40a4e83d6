//! The staff register and the bodies' keys.

use jiff::Timestamp;
use serde::Serialize;

use super::{at, some, value};
use holos_wire::proto;

/// An entry of the staff register.
#[derive(Serialize)]
pub(in crate::cli::staff) struct AccountView<'a> {
    number: u32,
    account: String,
    token_issuer: Option<&'a str>,
    token_subject: Option<&'a str>,
    certificate_name: Option<&'a str>,
    name: &'a str,
    position: &'a str,
    unit: &'a str,
    body_code: &'a str,
    role: Option<&'static str>,
    undertaking_date: &'a str,
    undertaking_reference: &'a str,
    registered_at: Option<Timestamp>,
    registered_by: Option<&'a str>,
    withdrawn_at: Option<Timestamp>,
    withdrawn_by: Option<&'a str>,
    withdrawal_reason: Option<&'static str>,
    withdrawal_reference: Option<&'a str>,
}

impl<'a> From<&'a proto::StaffAccount> for AccountView<'a> {
    fn from(entry: &'a proto::StaffAccount) -> Self {
        Self {
            number: entry.number,
            account: format!("staff-{}", entry.number),
            token_issuer: some(&entry.token_issuer),
            token_subject: some(&entry.token_subject),
            certificate_name: some(&entry.certificate_name),
            name: &entry.name,
            position: &entry.position,
            unit: &entry.unit,
            body_code: &entry.body_code,
            role: value(entry.role().as_str_name(), "STAFF_ROLE_"),
            undertaking_date: &entry.undertaking_date,
            undertaking_reference: &entry.undertaking_reference,
            registered_at: at(entry.registered_at.as_ref()),
            registered_by: some(&entry.registered_by),
            withdrawn_at: at(entry.withdrawn_at.as_ref()),
            withdrawn_by: some(&entry.withdrawn_by),
            withdrawal_reason: value(entry.withdrawal_reason().as_str_name(), "WITHDRAWAL_REASON_"),
            withdrawal_reference: some(&entry.withdrawal_reference),
        }
    }
}

/// A body's key.
#[derive(Serialize)]
pub(in crate::cli::staff) struct BodyKeyView<'a> {
    body_code: &'a str,
    key_id: &'a str,
    public_key_pem: &'a str,
    registered_at: Option<Timestamp>,
    registered_by: Option<&'a str>,
    revoked_at: Option<Timestamp>,
    revocation_reason: Option<&'a str>,
    revocation_reference: Option<&'a str>,
}

impl<'a> From<&'a proto::BodyKey> for BodyKeyView<'a> {
    fn from(key: &'a proto::BodyKey) -> Self {
        Self {
            body_code: &key.body_code,
            key_id: &key.key_id,
            public_key_pem: &key.public_key_pem,
            registered_at: at(key.registered_at.as_ref()),
            registered_by: some(&key.registered_by),
            revoked_at: at(key.revoked_at.as_ref()),
            revocation_reason: some(&key.revocation_reason),
            revocation_reference: some(&key.revocation_reference),
        }
    }
}
