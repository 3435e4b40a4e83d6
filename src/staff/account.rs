//! An entry of the staff register: who, in which duty, under which undertaking, until when.
//!
//! The columns are those of the register that the procedure asks for (annex 3): number, position
//! and unit, name, date of the undertaking, date and reason of the withdrawal; and how the person
//! signs in. An entry is never changed but by its withdrawal, which is final: who comes back gives
//! a new undertaking and gets a new entry.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::date_in_kyiv;
use super::role::Role;
use super::rules::Broken;
use crate::ground::limits::{
    CERTIFICATE_NAME_BYTES_MAX, DOCUMENT_CHARACTERS_MAX, ISSUER_ID_BYTES_MAX,
    REGISTER_NAME_CHARACTERS_MAX, STAFF_SUBJECT_BYTES_MAX,
};
use crate::poll::Violation;

/// How a person signs in. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Credential {
    /// By the token of a staff issuer.
    Token {
        /// Its `iss`: 1 to 128 visible ASCII characters.
        issuer: String,
        /// Its `sub`: 1 to 255 bytes.
        subject: String,
    },
    /// By a client certificate with this DNS name or URI: 1 to 253 visible ASCII characters.
    CertificateName(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

/// Why access ends (annex 3; L9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WithdrawalReason {
    /// The person was dismissed.
    Dismissal,
    /// The person has another post.
    Transfer,
    /// The duty has no personal data in it any more.
    DutyWithoutPersonalData,
    /// The account is blocked after an incident.
    Incident,
}

impl WithdrawalReason {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Dismissal, Self::Transfer, Self::DutyWithoutPersonalData, Self::Incident];

    /// The reason as the API spells it.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Dismissal => "DISMISSAL",
            Self::Transfer => "TRANSFER",
            Self::DutyWithoutPersonalData => "DUTY_WITHOUT_PERSONAL_DATA",
            Self::Incident => "INCIDENT",
        }
    }
}

/// A person to be registered: open parts, not checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// How the person signs in.
    pub credential: Credential,
    /// The person's name, 1 to 200 characters.
    pub name: String,
    /// The position, 1 to 200 characters.
    pub position: String,
    /// The unit, 1 to 200 characters.
    pub unit: String,
    /// Registry code of the body that the person works for: 8 digits.
    pub body: String,
    /// The duty.
    pub role: Role,
    /// The day on which the undertaking was signed.
    pub undertaking_date: Date,
    /// The undertaking's number with the body, 1 to 100 characters.
    pub undertaking_reference: String,
}

/// A person's access that ended.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// The day as it stands in the register.
    pub date: Date,
    /// When it was recorded; from then on nothing is accepted.
    pub at: Timestamp,
    /// The account that recorded it.
    pub by: String,
    /// Why.
    pub reason: WithdrawalReason,
    /// Number of the order or act behind it, 1 to 100 characters.
    pub reference: String,
}

/// An entry of the register. `Debug` shows its number only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its number in the register, from 1.
    pub number: u32,
    /// How the person signs in.
    pub credential: Credential,
    /// The person's name.
    pub name: String,
    /// The position.
    pub position: String,
    /// The unit.
    pub unit: String,
    /// Registry code of the person's body.
    pub body: String,
    /// The duty.
    pub role: Role,
    /// The day on which the undertaking was signed.
    pub undertaking_date: Date,
    /// The undertaking's number.
    pub undertaking_reference: String,
    /// When access was granted.
    pub registered_at: Timestamp,
    /// The account that granted it.
    pub registered_by: String,
    /// When and why access ended, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawn>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({})", self.id())
    }
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewAccount(..)")
    }
}

impl fmt::Debug for Withdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Withdrawn({})", self.reason.wire_name())
    }
}

/// Why access cannot be withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawError {
    /// It was withdrawn before; the first record stands.
    #[error("access was withdrawn before")]
    Already,
    /// Fields that break a rule.
    #[error("the withdrawal breaks rules")]
    Invalid(Vec<Violation>),
}

/// The name under which the account with this number acts: in the audit log, in records.
pub fn account_id(number: u32) -> String {
    format!("staff-{number}")
}

impl NewAccount {
    /// All rules that are broken at this moment, in the order of the fields.
    pub fn check(&self, now: Timestamp) -> Vec<Violation> {
        let mut broken = Broken::default();
        match &self.credential {
            Credential::Token { issuer, subject } => {
                broken.visible("credential.token.issuer", issuer, ISSUER_ID_BYTES_MAX);
                if !is_subject(subject) {
                    let rule = "must hold 1 to 255 bytes without control characters";
                    broken.add("credential.token.subject", rule);
                }
            }
            Credential::CertificateName(name) => {
                broken.visible("credential.certificate_name", name, CERTIFICATE_NAME_BYTES_MAX);
            }
        }
        broken.line("name", &self.name, REGISTER_NAME_CHARACTERS_MAX);
        broken.line("position", &self.position, REGISTER_NAME_CHARACTERS_MAX);
        broken.line("unit", &self.unit, REGISTER_NAME_CHARACTERS_MAX);
        broken.code("body", &self.body);
        broken.past("undertaking_date", self.undertaking_date, date_in_kyiv(now));
        let reference = &self.undertaking_reference;
        broken.line("undertaking_reference", reference, DOCUMENT_CHARACTERS_MAX);
        broken.into_vec()
    }

    /// The register's entry with this number.
    pub fn registered(self, number: u32, at: Timestamp, by: &str) -> Account {
        let Self { credential, name, position, unit, body, role, .. } = self;
        Account {
            number,
            credential,
            name,
            position,
            unit,
            body,
            role,
            undertaking_date: self.undertaking_date,
            undertaking_reference: self.undertaking_reference,
            registered_at: at,
            registered_by: by.to_owned(),
            withdrawn: None,
        }
    }
}

/// A `sub` that a token can have.
pub(super) fn is_subject(subject: &str) -> bool {
    (1..=STAFF_SUBJECT_BYTES_MAX).contains(&subject.len()) && !subject.chars().any(char::is_control)
}

impl Account {
    /// The name under which it acts.
    pub fn id(&self) -> String {
        account_id(self.number)
    }

    /// The entry with its access withdrawn, from the moment `end.at`.
    ///
    /// # Errors
    /// [`WithdrawError`], and the entry stays as it was.
    pub fn withdrawn(&self, end: Withdrawn) -> Result<Self, WithdrawError> {
        if self.withdrawn.is_some() {
            return Err(WithdrawError::Already);
        }
        let mut broken = Broken::default();
        broken.past("date", end.date, date_in_kyiv(end.at));
        if end.date < self.undertaking_date {
            broken.add("date", "must not lie before the undertaking");
        }
        broken.line("reference", &end.reference, DOCUMENT_CHARACTERS_MAX);
        broken.into_result().map_err(WithdrawError::Invalid)?;
        Ok(Self { withdrawn: Some(end), ..self.clone() })
    }
}

#[cfg(test)]
mod tests;
