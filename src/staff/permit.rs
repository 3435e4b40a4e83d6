//! Proof that somebody may do something: what every act of staff needs.
//!
//! Only [`permit`] and [`Permit::of_bootstrap`] make one, by the one table of permissions, and only
//! for an account whose undertaking is in force (L8). The engine's acts take a permit, so that none
//! can be reached past the table.

use super::account::Account;
use super::permissions::{Action, Scope, filing_scope, permission};
use super::role::Role;
use crate::audit::Actor;

/// Why somebody may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The person's role does not do this.
    #[error("the role of this account may not do this")]
    Role,
    /// It belongs to another body.
    #[error("it belongs to another body than this account")]
    Body,
    /// The person's undertaking is not in force.
    #[error("the undertaking of this account is withdrawn")]
    Withdrawn,
}

/// That an account may do an action.
#[derive(Clone, Debug)]
pub struct Permit {
    actor: Actor,
    action: Action,
    body: String,
    role: Option<Role>,
    scope: Scope,
}

/// The permit of an account for an action.
///
/// # Errors
///
/// The table does not have it, or access has ended.
pub fn permit(account: &Account, action: Action) -> Result<Permit, Denied> {
    if account.withdrawn.is_some() {
        return Err(Denied::Withdrawn);
    }
    let scope = permission(account.role, action).ok_or(Denied::Role)?;
    let actor = Actor::staff(account.id(), account.role.name());
    let (body, role) = (account.body.clone(), Some(account.role));
    Ok(Permit { actor, action, body, role, scope })
}

impl Permit {
    /// The permit of whoever holds the bootstrap token: the staff register, and nothing else, so
    /// that the first account can be made and a lost one replaced.
    ///
    /// # Errors
    ///
    /// Any other action.
    pub fn of_bootstrap(action: Action) -> Result<Self, Denied> {
        if !matches!(action, Action::RegisterStaff | Action::RevokeStaff | Action::ListStaff) {
            return Err(Denied::Role);
        }
        let actor = Actor::staff("bootstrap", "bootstrap");
        Ok(Self { actor, action, body: String::new(), role: None, scope: Scope::Any })
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whoever acts, by the name in registers and records.
    pub fn account(&self) -> &str {
        &self.actor.account
    }

    /// The body of whoever acts.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Whether whoever acts may hand in an order of this body; `signed` when the order bears that
    /// body's own signature, and it holds.
    ///
    /// # Errors
    ///
    /// [`Denied::Body`].
    pub fn covers_filing(&self, body: &str, signed: bool) -> Result<(), Denied> {
        let scope = self.role.and_then(|role| filing_scope(role, signed)).ok_or(Denied::Role)?;
        if scope.covers(&self.body, body) { Ok(()) } else { Err(Denied::Body) }
    }

    /// Makes sure that the permit is for this action: an edge that asked for another one has a bug.
    ///
    /// # Panics
    ///
    /// When it is for another action.
    pub fn expect(&self, action: Action) {
        assert_eq!(self.action, action, "a permit is good for its own action");
    }

    /// Whether the permit covers what belongs to this body.
    ///
    /// # Errors
    ///
    /// [`Denied::Body`].
    pub fn covers(&self, body: &str) -> Result<(), Denied> {
        if self.scope.covers(&self.body, body) { Ok(()) } else { Err(Denied::Body) }
    }
}
