//! Who may do what: one table, asked before everything that a member of staff does.
//!
//! Each cell is there for a duty (L8): what a role does not need, it may not do.
//!
//! - An initiator orders polls for its body and owns their results.
//! - An organiser runs all polls from the order to the decision. What an initiator does, it does
//!   for its own body only: for the polls of its own initiative. Of others' results it sees no more
//!   than the turnout and what the gate lets through.
//! - An operator keeps the keys. It can stop a poll at once (L9), and cannot let it go on.
//! - An auditor reads every decision, whoever took it, and changes nothing. Results are no
//!   decisions.
//! - The data-protection officer keeps the staff register, has polls erased and answers requests;
//!   orders and sheets are what requests are answered from.
//!
//! The table decides by role and body only. That who approves an order is not who filed it, and that
//! who confirms an act is not who proposed it, is decided where those names are known.

use super::role::Role;

mod action;

pub use action::{Act, Action, HandsIn, OfTwo, acts};

/// How far a permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Only what belongs to the account's own body.
    OwnBody,
    /// Whatever body it belongs to.
    Any,
}

impl Scope {
    /// Whether an account of the body `own` reaches what belongs to `body`.
    pub fn covers(self, own: &str, body: &str) -> bool {
        match self {
            Self::OwnBody => own == body,
            Self::Any => true,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::OwnBody => "own body",
            Self::Any => "any",
        }
    }
}

const NO: Option<Scope> = None;
const OWN: Option<Scope> = Some(Scope::OwnBody);
const ANY: Option<Scope> = Some(Scope::Any);

/// The one table of who may do what. `None`: not at all.
pub const fn permission(role: Role, action: Action) -> Option<Scope> {
    let [initiator, organiser, operator, auditor, data_protection_officer] = row(action);
    match role {
        Role::Initiator => initiator,
        Role::Organiser => organiser,
        Role::Operator => operator,
        Role::Auditor => auditor,
        Role::DataProtectionOfficer => data_protection_officer,
    }
}

#[rustfmt::skip]
const fn row(action: Action) -> [Option<Scope>; 5] {
    match action {
        //                            initiator, organiser, operator, auditor, officer
        Action::FileOrder         => [OWN, OWN, NO,  NO,  NO],
        Action::CorrectOrder      => [OWN, OWN, NO,  NO,  NO],
        Action::WithdrawOrder     => [OWN, OWN, NO,  NO,  NO],
        Action::ReadOrders        => [OWN, ANY, ANY, ANY, ANY],
        Action::ReturnOrder       => [NO,  ANY, NO,  NO,  NO],
        Action::ApproveOrder      => [NO,  ANY, NO,  NO,  NO],
        Action::SchedulePoll      => [NO,  ANY, NO,  NO,  NO],
        Action::SuspendPoll       => [NO,  ANY, ANY, NO,  NO],
        Action::ResumePoll        => [NO,  ANY, NO,  NO,  NO],
        Action::ExtendPoll        => [NO,  ANY, NO,  NO,  NO],
        Action::EndPoll           => [NO,  ANY, NO,  NO,  NO],
        Action::GiveConsent       => [OWN, OWN, NO,  NO,  NO],
        Action::WithdrawConsent   => [OWN, OWN, NO,  NO,  NO],
        Action::AttachDecision    => [OWN, ANY, NO,  NO,  NO],
        Action::ReleaseHeldBack   => [NO,  ANY, NO,  NO,  ANY],
        Action::ReadOwnResult     => [OWN, OWN, NO,  NO,  NO],
        Action::ReadTurnout       => [NO,  ANY, NO,  NO,  NO],
        Action::ReadSheet         => [OWN, ANY, NO,  NO,  ANY],
        Action::RegisterStaff     => [NO,  NO,  NO,  NO,  ANY],
        Action::RevokeStaff       => [NO,  NO,  ANY, NO,  ANY],
        Action::ListStaff         => [NO,  NO,  NO,  ANY, ANY],
        Action::RegisterBodyKey   => [NO,  NO,  ANY, NO,  NO],
        Action::RevokeBodyKey     => [NO,  NO,  ANY, NO,  NO],
        Action::ListBodyKeys      => [NO,  ANY, ANY, ANY, NO],
        Action::RevokeIssuerKey   => [NO,  NO,  ANY, NO,  NO],
        Action::ExciseIssuerKey   => [NO,  NO,  ANY, NO,  NO],
        Action::ListRevocations   => [NO,  NO,  ANY, ANY, ANY],
        Action::RotateWrappingKey => [NO,  NO,  ANY, NO,  NO],
        Action::ConfirmErasures   => [NO,  NO,  ANY, NO,  NO],
        Action::ErasePoll         => [NO,  NO,  NO,  NO,  ANY],
        Action::ListProposals     => [NO,  ANY, ANY, ANY, ANY],
        Action::ConfirmProposal   => [NO,  ANY, ANY, NO,  ANY],
        Action::DeclineProposal   => [NO,  ANY, ANY, NO,  ANY],
        Action::ReadAudit         => [NO,  NO,  NO,  ANY, NO],
        Action::OpenIncident      => [NO,  ANY, ANY, NO,  ANY],
        Action::NoteIncident      => [NO,  ANY, ANY, NO,  ANY],
        Action::RecordNotification => [NO, ANY, ANY, NO,  ANY],
        Action::CloseIncident     => [NO,  ANY, ANY, NO,  ANY],
        Action::ListIncidents     => [NO,  ANY, ANY, ANY, ANY],
        Action::FileRequest       => [NO,  NO,  NO,  NO,  ANY],
        Action::AnswerRequest     => [NO,  NO,  NO,  NO,  ANY],
        Action::ListRequests      => [NO,  NO,  NO,  ANY, ANY],
    }
}

/// How far somebody may file an order; `signed` when the order bears a signature of its own body
/// that holds. Then the body has spoken, and an organiser only hands it in.
pub const fn filing_scope(role: Role, signed: bool) -> Option<Scope> {
    if signed && matches!(role, Role::Organiser) {
        Some(Scope::Any)
    } else {
        permission(role, Action::FileOrder)
    }
}

/// The table as the documents show it, in Markdown.
pub fn table_markdown() -> String {
    let mut table = String::from("| action | what it does |");
    for role in Role::ALL {
        table.push_str(&format!(" {} |", role.name()));
    }
    table.push_str("\n|---|---|");
    table.push_str(&"---|".repeat(Role::ALL.len()));
    for action in Action::ALL {
        let mark = if action.needs_two_people() { " (two people)" } else { "" };
        table.push_str(&format!("\n| `{}`{mark} | {} |", action.name(), action.describe()));
        for role in Role::ALL {
            let scope = permission(role, action).map_or("", Scope::name);
            table.push_str(&format!(" {scope} |"));
        }
    }
    table.push('\n');
    table
}

#[cfg(test)]
mod tests;
