//! The table as a whole, and what must be true of it whoever changes a cell.

use std::collections::HashSet;

use super::*;

fn may(role: Role) -> Vec<&'static str> {
    Action::ALL
        .into_iter()
        .filter(|&action| permission(role, action).is_some())
        .map(Action::name)
        .collect()
}

/// Whether it only reads.
fn only_reads(action: Action) -> bool {
    matches!(
        action,
        Action::ReadOrders
            | Action::ReadOwnResult
            | Action::ReadTurnout
            | Action::ReadSheet
            | Action::ListStaff
            | Action::ListBodyKeys
            | Action::ListRevocations
            | Action::ListProposals
            | Action::ReadAudit
            | Action::ListIncidents
            | Action::ListRequests
    )
}

#[test]
fn the_table_is_this_one() {
    // Each change of a cell is a decision about a duty: it is made here too.
    assert_eq!(table_markdown(), include_str!("table.md"));
}

#[test]
fn every_action_has_a_name_and_a_description_of_its_own() {
    let mut seen = HashSet::new();
    for action in Action::ALL {
        assert!(seen.insert(action), "{} stands twice", action.name());
        assert!(seen.iter().filter(|other| other.name() == action.name()).count() == 1);
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        assert!(action.name().bytes().all(plain), "{}", action.name());
        assert!(!action.describe().is_empty() && !action.describe().ends_with('.'));
    }
    assert_eq!(seen.len(), Action::ALL.len());
}

#[test]
fn every_action_is_somebodys_duty() {
    for action in Action::ALL {
        let duty = Role::ALL.into_iter().any(|role| permission(role, action).is_some());
        assert!(duty, "{}", action.name());
    }
}

#[test]
fn an_auditor_changes_nothing() {
    for action in Action::ALL {
        if permission(Role::Auditor, action).is_some() {
            assert!(only_reads(action), "{}", action.name());
        }
    }
}

#[test]
fn an_initiator_reaches_nothing_of_another_body() {
    for action in Action::ALL {
        assert_ne!(permission(Role::Initiator, action), Some(Scope::Any), "{}", action.name());
    }
}

#[test]
fn nobody_but_its_own_body_reads_an_unpublished_result() {
    for role in Role::ALL {
        assert_ne!(permission(role, Action::ReadOwnResult), Some(Scope::Any), "{role:?}");
    }
}

#[test]
fn only_the_data_protection_officer_lets_people_in_and_the_operator_can_block_them() {
    for role in Role::ALL {
        let officer = role == Role::DataProtectionOfficer;
        let expected = officer.then_some(Scope::Any);
        assert_eq!(permission(role, Action::RegisterStaff), expected, "{role:?}");
        let blocks = (officer || role == Role::Operator).then_some(Scope::Any);
        assert_eq!(permission(role, Action::RevokeStaff), blocks, "{role:?}: L9, at once");
    }
}

#[test]
fn what_needs_two_people_can_be_confirmed_by_those_who_can_propose_it() {
    for action in Action::ALL.into_iter().filter(|action| action.needs_two_people()) {
        assert!(!only_reads(action));
        for role in Role::ALL {
            if permission(role, action).is_some() {
                let confirms = permission(role, Action::ConfirmProposal);
                assert_eq!(confirms, Some(Scope::Any), "{role:?}");
            }
        }
    }
}

#[test]
fn what_somebody_changes_somebody_in_that_duty_can_look_at() {
    for (change, look) in [
        (Action::RegisterStaff, Action::ListStaff),
        (Action::RegisterBodyKey, Action::ListBodyKeys),
        (Action::RevokeIssuerKey, Action::ListRevocations),
        (Action::ConfirmProposal, Action::ListProposals),
        (Action::NoteIncident, Action::ListIncidents),
        (Action::AnswerRequest, Action::ListRequests),
        (Action::ApproveOrder, Action::ReadOrders),
        (Action::FileOrder, Action::ReadOrders),
    ] {
        for role in Role::ALL {
            if permission(role, change).is_some() {
                assert!(permission(role, look).is_some(), "{role:?} {}", change.name());
            }
        }
    }
}

#[test]
fn an_operator_stops_a_poll_and_cannot_let_it_go_on() {
    let operator = may(Role::Operator);
    assert!(operator.contains(&"suspend_poll"));
    for other in ["resume_poll", "end_poll", "extend_poll", "approve_order", "file_order"] {
        assert!(!operator.contains(&other), "{other}");
    }
}

#[test]
fn a_signed_order_is_handed_in_by_any_organiser_and_by_nobody_else() {
    for role in Role::ALL {
        assert_eq!(filing_scope(role, false), permission(role, Action::FileOrder));
    }
    assert_eq!(filing_scope(Role::Organiser, false), Some(Scope::OwnBody));
    assert_eq!(filing_scope(Role::Organiser, true), Some(Scope::Any));
    assert_eq!(filing_scope(Role::Initiator, true), Some(Scope::OwnBody));
    for role in [Role::Operator, Role::Auditor, Role::DataProtectionOfficer] {
        assert_eq!(filing_scope(role, true), None, "{role:?}");
    }
}

#[test]
fn a_scope_covers_the_own_body_or_any() {
    assert!(Scope::OwnBody.covers("12345678", "12345678"));
    assert!(!Scope::OwnBody.covers("12345678", "12345679"));
    assert!(Scope::Any.covers("12345678", "87654321"));
}
