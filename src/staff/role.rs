//! The duties of staff.
//!
//! Only their names; what each may do is in [`super::permissions`].

use serde::{Deserialize, Serialize};

/// A duty. An account has one and a person one account, so that nobody is both sides of a decision
/// that two must take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Orders polls for its body, which owns the results.
    Initiator,
    /// Takes orders in and runs the polls.
    Organiser,
    /// Keeps the engine running and its keys.
    Operator,
    /// Reads what was decided, and changes nothing.
    Auditor,
    /// Answers for the processing of personal data: the staff register, erasure, requests.
    DataProtectionOfficer,
}

impl Role {
    /// All of them, in the order of the documents.
    pub const ALL: [Self; 5] = [
        Self::Initiator,
        Self::Organiser,
        Self::Operator,
        Self::Auditor,
        Self::DataProtectionOfficer,
    ];

    /// The name in files, tables and the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Organiser => "organiser",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::DataProtectionOfficer => "data-protection-officer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_stored_under_its_name() {
        for role in Role::ALL {
            let stored = serde_json::to_string(&role).unwrap();
            assert_eq!(stored, format!("\"{}\"", role.name()));
            assert_eq!(serde_json::from_str::<Role>(&stored).unwrap(), role);
        }
        assert!(serde_json::from_str::<Role>("\"Operator\"").is_err());
    }
}
