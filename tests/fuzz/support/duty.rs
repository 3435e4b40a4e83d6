//! Who calls the staff listener and what each of them may do: the table of permissions once more,
//! from the procedure's documents and not from the code under test.

use holos::count::authenticate::mint::TestIssuer;
use holos_wire::proto::{self, StaffRole};
use jiff::Timestamp;

use crate::home::STAFF_TOKEN;
use crate::wire::Method;

/// The body of everybody but the stranger.
pub const BODY: &str = "43220851";
/// The stranger's.
pub const OTHER_BODY: &str = "00000001";

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// No header.
    Nobody,
    /// Files orders.
    Initiator,
    /// Approves them.
    Organiser,
    /// A second person of that duty, as of the following.
    SecondOrganiser,
    /// Holds the keys.
    Operator,
    /// See above.
    SecondOperator,
    /// The data protection officer.
    Officer,
    /// See above.
    SecondOfficer,
    /// Reads the log.
    Auditor,
    /// An initiator of another body.
    Stranger,
    /// The token of the configuration.
    Bootstrap,
    /// A good token of somebody who is in no register, until an input puts them there.
    Newcomer,
}

impl Who {
    /// All of them, in the order in which inputs name them.
    pub const ALL: [Self; 12] = [
        Self::Nobody,
        Self::Initiator,
        Self::Organiser,
        Self::SecondOrganiser,
        Self::Operator,
        Self::SecondOperator,
        Self::Officer,
        Self::SecondOfficer,
        Self::Auditor,
        Self::Stranger,
        Self::Bootstrap,
        Self::Newcomer,
    ];

    /// Those who are registered from the beginning; the number of an account is its place here,
    /// from 1.
    pub const REGISTERED: [Self; 9] = [
        Self::Initiator,
        Self::Organiser,
        Self::SecondOrganiser,
        Self::Operator,
        Self::SecondOperator,
        Self::Officer,
        Self::SecondOfficer,
        Self::Auditor,
        Self::Stranger,
    ];

    /// Their place in [`Self::ALL`].
    ///
    /// # Panics
    /// Never: it has everybody.
    pub fn place(self) -> u8 {
        let place = Self::ALL.iter().position(|other| *other == self).expect("one of all");
        u8::try_from(place).expect("a few")
    }

    /// The duty, of those who have one from the beginning.
    pub fn role(self) -> Option<StaffRole> {
        Some(match self {
            Self::Initiator | Self::Stranger => StaffRole::Initiator,
            Self::Organiser | Self::SecondOrganiser => StaffRole::Organiser,
            Self::Operator | Self::SecondOperator => StaffRole::Operator,
            Self::Officer | Self::SecondOfficer => StaffRole::DataProtectionOfficer,
            Self::Auditor => StaffRole::Auditor,
            Self::Nobody | Self::Bootstrap | Self::Newcomer => return None,
        })
    }

    /// The `sub` of their tokens.
    pub fn subject(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// What is registered of them.
    pub fn account(self) -> proto::StaffAccount {
        let body = if self == Self::Stranger { OTHER_BODY } else { BODY };
        proto::StaffAccount {
            token_issuer: "office".to_owned(),
            token_subject: self.subject(),
            name: "Fuzzed Person".to_owned(),
            position: self.subject(),
            unit: "targets".to_owned(),
            body_code: body.to_owned(),
            role: self.role().unwrap_or(StaffRole::Auditor).into(),
            undertaking_date: "2022-02-07".to_owned(),
            undertaking_reference: format!("u {}", self.subject()),
            ..Default::default()
        }
    }

    /// The header by which they sign in.
    pub fn header(self, now: Timestamp) -> Option<String> {
        match self {
            Self::Nobody => None,
            Self::Bootstrap => Some(format!("Bearer {STAFF_TOKEN}")),
            _ => {
                let (iat, exp) = (now.as_second(), now.as_second() + 3_600);
                let payload = format!(
                    r#"{{"aud":"holos-staff","exp":{exp},"iat":{iat},"iss":"office","sub":"{}"}}"#,
                    self.subject()
                );
                let header = r#"{"alg":"EdDSA","kid":"k1"}"#;
                Some(format!("Bearer {}", office().mint_raw(header, &payload)))
            }
        }
    }
}

/// Signs staff's tokens.
pub fn office() -> TestIssuer {
    TestIssuer::new("office", "k1", [44; 32])
}

/// Whether a duty may call a method; of an act that two people decide, whether it may propose or,
/// for some act at least, confirm.
pub fn may(role: StaffRole, method: Method) -> bool {
    use Method as M;
    use StaffRole as R;
    let those: &[StaffRole] = match method {
        M::SubmitOrder
        | M::CorrectOrder
        | M::WithdrawOrder
        | M::GiveConsent
        | M::WithdrawConsent
        | M::AttachDecision
        | M::GetOwnResult => &[R::Initiator, R::Organiser],
        M::ReturnOrder
        | M::ApproveOrder
        | M::SchedulePoll
        | M::ResumePoll
        | M::ExtendPoll
        | M::EndPoll
        | M::GetTurnout => &[R::Organiser],
        M::SuspendPoll | M::SuspendAllPolls => &[R::Organiser, R::Operator],
        M::GetPoll | M::ListPolls | M::GetOrderHistory | M::ListProfiles | M::WhoAmI => {
            &[R::Initiator, R::Organiser, R::Operator, R::Auditor, R::DataProtectionOfficer]
        }
        M::GetAnswerSheet => &[R::Initiator, R::Organiser, R::DataProtectionOfficer],
        M::RevokeIssuerKey
        | M::ExciseIssuerKey
        | M::RotateWrappingKey
        | M::ConfirmErasures
        | M::RegisterBodyKey
        | M::RevokeBodyKey => &[R::Operator],
        M::ListRevocations => &[R::Operator, R::Auditor, R::DataProtectionOfficer],
        M::ErasePoll | M::RegisterStaff => &[R::DataProtectionOfficer],
        M::ReleaseHeldBack => &[R::Organiser, R::DataProtectionOfficer],
        M::WithdrawStaff => &[R::Operator, R::DataProtectionOfficer],
        M::ListStaff => &[R::Auditor, R::DataProtectionOfficer],
        M::ListBodyKeys => &[R::Organiser, R::Operator, R::Auditor],
        M::ListProposals | M::GetIncident | M::ListIncidents => {
            &[R::Organiser, R::Operator, R::Auditor, R::DataProtectionOfficer]
        }
        M::ConfirmProposal
        | M::DeclineProposal
        | M::OpenIncident
        | M::NoteIncident
        | M::RecordNotification
        | M::CloseIncident => &[R::Organiser, R::Operator, R::DataProtectionOfficer],
        M::ListEntries | M::ExportLog | M::GetHead => &[R::Auditor],
        M::FileRequest | M::ExtendRequest | M::AnswerRequest => &[R::DataProtectionOfficer],
        M::ListRequests => &[R::Auditor, R::DataProtectionOfficer],
        _ => &[],
    };
    those.contains(&role)
}

/// Whether the bootstrap token may: the staff register, and nothing else.
pub fn bootstrap_may(method: Method) -> bool {
    matches!(method, Method::RegisterStaff | Method::WithdrawStaff | Method::ListStaff)
}

/// Whether a duty reaches no further than its own body with this method.
pub fn own_body_only(role: StaffRole, method: Method) -> bool {
    use Method as M;
    let own = matches!(
        method,
        M::CorrectOrder
            | M::SubmitOrder
            | M::WithdrawOrder
            | M::GiveConsent
            | M::WithdrawConsent
            | M::GetOwnResult
    );
    own || role == StaffRole::Initiator
}
