//! The staff register (L8): who is given access, and whose access ends.

use crate::audit::Event;
use crate::engine::decide::{Entry, Write};
use crate::engine::{EngineError, Office};
use crate::poll::Violation;
use crate::staff::{
    Account, Credential, Denied, NewAccount, Permit, RegisterError, WithdrawError,
    WithdrawalReason, Withdrawn, acts, date_in_kyiv,
};

/// Why the staff register does not change.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// Fields that break a rule; never empty.
    #[error("the entry breaks {} rules", .0.len())]
    Fields(Vec<Violation>),
    /// Another account with access signs in in the same way.
    #[error("another account with access has this credential")]
    CredentialTaken,
    /// No such entry.
    #[error("no such entry")]
    Unknown,
    /// Who asks has no access any more.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Office {
    /// Gives a person access, from the answer on.
    ///
    /// # Errors
    ///
    /// See [`StaffError`].
    pub async fn register_staff(
        &self,
        permit: &Permit<acts::RegisterStaff>,
        new: NewAccount,
    ) -> Result<Account, StaffError> {
        let inside = self.enter(permit).await?;
        let now = self.clock.now();
        let broken = new.check(now);
        if !broken.is_empty() {
            return Err(StaffError::Fields(broken));
        }
        permit.covers(&new.body)?;
        let accounts = self.registers().staff();
        let account = new.registered(accounts.next_number(), now, permit.account());
        accounts.admits(&account).map_err(refused)?;
        let event = Event::StaffRegistered {
            number: account.number,
            role: account.role.name().to_owned(),
            body: account.body.clone(),
            undertaking: account.undertaking_reference.clone(),
        };
        let write = Write::entry(Entry::Account(account.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(account)
    }

    /// Ends a person's access: when this returns nothing more is accepted from it. An entry whose
    /// access has ended is answered as it is. Who withdraws the own access may: it is how the last
    /// one leaves, and the bootstrap token can make another.
    ///
    /// # Errors
    ///
    /// See [`StaffError`].
    pub async fn withdraw_staff(
        &self,
        permit: &Permit<acts::RevokeStaff>,
        number: u32,
        reason: WithdrawalReason,
        reference: String,
    ) -> Result<Account, StaffError> {
        let inside = self.enter(permit).await?;
        let accounts = self.registers().staff();
        let held = accounts.get(number).ok_or(StaffError::Unknown)?;
        permit.covers(&held.body)?;
        // Not before the registration, whatever the clock says: one that is wrong must not keep
        // somebody in.
        let at = self.clock.now().max(held.registered_at);
        let date = date_in_kyiv(at);
        let by = permit.account().to_owned();
        let end = Withdrawn { date, at, by, reason, reference: reference.clone() };
        let account = match held.withdrawn(end) {
            Ok(account) => account,
            Err(WithdrawError::Already) => return Ok(held.clone()),
            Err(WithdrawError::Invalid(broken)) => return Err(StaffError::Fields(broken)),
        };
        let reason = reason.wire_name().to_owned();
        let event = Event::StaffWithdrawn { number, reason, reference };
        let write = Write::entry(Entry::Account(account.clone()));
        inside.decide(permit.actor(), event, write).await?;
        Ok(account)
    }

    /// The register by numbers; `all`: also those whose access has ended.
    pub fn staff(&self, permit: &Permit<acts::ListStaff>, all: bool) -> Vec<Account> {
        let accounts = self.registers().staff();
        let asked = |account: &&Account| {
            (all || account.withdrawn.is_none()) && permit.covers(&account.body).is_ok()
        };
        accounts.all().filter(asked).cloned().collect()
    }

    /// The account that signs in in this way: the one with access, or else the newest whose access
    /// has ended.
    pub fn account_of(&self, credential: &Credential) -> Option<Account> {
        let accounts = self.registers().staff();
        let active = accounts.by_credential(credential);
        let ended = || accounts.all().filter(|account| account.credential == *credential).last();
        active.or_else(ended).cloned()
    }
}

fn refused(error: RegisterError) -> StaffError {
    match error {
        RegisterError::CredentialTaken => StaffError::CredentialTaken,
        RegisterError::UndertakingTaken => StaffError::Fields(vec![Violation {
            field: "undertaking_reference".to_owned(),
            rule: "must be a new one: an entry of this body and date has it".to_owned(),
        }]),
        RegisterError::Number | RegisterError::NumberTaken => {
            unreachable!("the number is the register's own next one")
        }
    }
}
