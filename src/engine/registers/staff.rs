//! The staff register (L8): who is given access, and whose access ends.

use std::sync::Arc;

use crate::audit::Event;
use crate::engine::{Engine, EngineError};
use crate::poll::Violation;
use crate::staff::{
    self, Account, Action, Credential, Denied, NewAccount, Permit, RegisterError, WithdrawError,
    WithdrawalReason, Withdrawn, date_in_kyiv,
};
use crate::store::Register;

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

impl Engine {
    /// Gives a person access, from the answer on.
    ///
    /// # Errors
    ///
    /// See [`StaffError`].
    pub async fn register_staff(
        &self,
        permit: &Permit,
        new: NewAccount,
    ) -> Result<Account, StaffError> {
        permit.expect(Action::RegisterStaff);
        let _one_at_a_time = self.enter_office(permit).await?;
        let now = self.clock.now();
        let broken = new.check(now);
        if !broken.is_empty() {
            return Err(StaffError::Fields(broken));
        }
        permit.covers(&new.body)?;
        let accounts = self.registers.staff.load_full();
        let account = new.registered(accounts.next_number(), now, permit.account());
        accounts.admits(&account).map_err(refused)?;
        let event = Event::StaffRegistered {
            number: account.number,
            role: account.role.name().to_owned(),
            body: account.body.clone(),
            undertaking: account.undertaking_reference.clone(),
        };
        self.record(permit.actor(), event)?;
        self.put_account(&accounts, account.clone()).await?;
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
        permit: &Permit,
        number: u32,
        reason: WithdrawalReason,
        reference: String,
    ) -> Result<Account, StaffError> {
        permit.expect(Action::RevokeStaff);
        let _one_at_a_time = self.enter_office(permit).await?;
        let accounts = self.registers.staff.load_full();
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
        self.record(permit.actor(), Event::StaffWithdrawn { number, reason, reference })?;
        self.put_account(&accounts, account.clone()).await?;
        Ok(account)
    }

    /// The register by numbers; `all`: also those whose access has ended.
    pub fn staff(&self, permit: &Permit, all: bool) -> Vec<Account> {
        permit.expect(Action::ListStaff);
        let accounts = self.registers.staff.load();
        let asked = |account: &&Account| {
            (all || account.withdrawn.is_none()) && permit.covers(&account.body).is_ok()
        };
        accounts.all().filter(asked).cloned().collect()
    }

    /// The account that signs in in this way: the one with access, or else the newest whose access
    /// has ended.
    pub fn account_of(&self, credential: &Credential) -> Option<Account> {
        let accounts = self.registers.staff.load();
        let active = accounts.by_credential(credential);
        let ended = || accounts.all().filter(|account| account.credential == *credential).last();
        active.or_else(ended).cloned()
    }

    async fn put_account(
        &self,
        accounts: &staff::Register,
        account: Account,
    ) -> Result<(), EngineError> {
        self.put_entry(Register::Staff, account.number.into(), &account).await?;
        let mut accounts = accounts.clone();
        accounts.insert(account).expect("the register was asked before the entry was written");
        // Nobody else changes it: the office is ours.
        self.registers.staff.store(Arc::new(accounts));
        Ok(())
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
