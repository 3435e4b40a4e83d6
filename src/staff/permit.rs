//! Proof that somebody may do something: what every act and every read of staff needs.
//!
//! Only [`permit`] and [`Permit::of_bootstrap`] make one, by the one table of permissions, and only
//! for an account whose undertaking is in force (L8). Each act and each read of the office takes
//! the permit of its own action, so that none can be reached past the table.

use std::marker::PhantomData;

use super::account::Account;
use super::permissions::{Act, Action, HandsIn, Scope, filing_scope, permission};
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

/// That an account may do the action `A`, one of [`super::acts`].
#[derive(Debug)]
pub struct Permit<A> {
    actor: Actor,
    body: String,
    role: Option<Role>,
    scope: Scope,
    action: PhantomData<A>,
}

/// The permit of an account for an action of [`super::acts`].
///
/// # Errors
///
/// The table does not have it, or access has ended.
pub fn permit<A: Act>(account: &Account, _: A) -> Result<Permit<A>, Denied> {
    if account.withdrawn.is_some() {
        return Err(Denied::Withdrawn);
    }
    let scope = permission(account.role, A::ACTION).ok_or(Denied::Role)?;
    let actor = Actor::staff(account.id(), account.role.name());
    let (body, role) = (account.body.clone(), Some(account.role));
    Ok(Permit { actor, body, role, scope, action: PhantomData })
}

impl<A: Act> Permit<A> {
    /// The permit of whoever holds the bootstrap token: the staff register, and nothing else, so
    /// that the first account can be made and a lost one replaced.
    ///
    /// # Errors
    ///
    /// Any other action.
    pub fn of_bootstrap(_: A) -> Result<Self, Denied> {
        if !matches!(A::ACTION, Action::RegisterStaff | Action::RevokeStaff | Action::ListStaff) {
            return Err(Denied::Role);
        }
        let actor = Actor::staff("bootstrap", "bootstrap");
        let (body, scope) = (String::new(), Scope::Any);
        Ok(Self { actor, body, role: None, scope, action: PhantomData })
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whoever acts, by the name in registers and records.
    pub fn account(&self) -> &str {
        &self.actor.account
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

impl<A: HandsIn> Permit<A> {
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
}
