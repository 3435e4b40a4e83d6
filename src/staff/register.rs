//! The staff register: every entry that there ever was, found by number and by credential.
//!
//! A withdrawn entry stays in it, and is found by its number only. It keeps what no single entry
//! can: one person, one active account. Does not store anything.

use std::collections::BTreeMap;

use super::account::{Account, Credential};

/// Why an entry does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// The number is no new one, and the entry is not that number's withdrawal.
    #[error("the number is taken: an entry is only changed by the withdrawal of its access")]
    NumberTaken,
    /// Number 0.
    #[error("numbers begin at 1")]
    Number,
    /// Another active account signs in in the same way.
    #[error("credential: another account with access has it")]
    CredentialTaken,
    /// The undertaking already stands behind an entry; with two entries one person could be two.
    #[error(
        "undertaking_reference: an entry of the same body and date has it; each takes a new one"
    )]
    UndertakingTaken,
}

/// All entries. No `Debug`: it names people.
#[derive(Clone, Default)]
pub struct Register {
    accounts: BTreeMap<u32, Account>,
    /// Of accounts that are not withdrawn.
    by_credential: BTreeMap<Credential, u32>,
}

impl Register {
    /// Whether [`Self::insert`] would take this entry: to be asked before it is stored.
    ///
    /// # Errors
    /// [`RegisterError`] for the first rule that it breaks.
    pub fn admits(&self, account: &Account) -> Result<(), RegisterError> {
        if account.number == 0 {
            return Err(RegisterError::Number);
        }
        if let Some(known) = self.accounts.get(&account.number) {
            let ended = Account { withdrawn: account.withdrawn.clone(), ..known.clone() };
            let is_withdrawal = known.withdrawn.is_none() && account.withdrawn.is_some();
            // The very same entry again is no change: a store is read back, a write repeated.
            let is_known = known == account || (is_withdrawal && ended == *account);
            return if is_known { Ok(()) } else { Err(RegisterError::NumberTaken) };
        }
        if account.withdrawn.is_none() && self.by_credential.contains_key(&account.credential) {
            return Err(RegisterError::CredentialTaken);
        }
        let undertaking = |account: &Account| {
            (account.body.clone(), account.undertaking_date, account.undertaking_reference.clone())
        };
        let own = undertaking(account);
        if self.accounts.values().any(|other| undertaking(other) == own) {
            return Err(RegisterError::UndertakingTaken);
        }
        Ok(())
    }

    /// Takes in a new entry, or a known one whose access is withdrawn now.
    ///
    /// # Errors
    /// [`RegisterError`], and the register stays as it was.
    pub fn insert(&mut self, account: Account) -> Result<(), RegisterError> {
        self.admits(&account)?;
        let number = account.number;
        if account.withdrawn.is_none() {
            self.by_credential.insert(account.credential.clone(), number);
        } else if self.by_credential.get(&account.credential) == Some(&number) {
            self.by_credential.remove(&account.credential);
        }
        self.accounts.insert(number, account);
        Ok(())
    }

    /// The entry with this number.
    pub fn get(&self, number: u32) -> Option<&Account> {
        self.accounts.get(&number)
    }

    /// The account that signs in in this way and is not withdrawn.
    pub fn by_credential(&self, credential: &Credential) -> Option<&Account> {
        self.by_credential.get(credential).and_then(|number| self.get(*number))
    }

    /// All entries by their numbers, those without access too.
    pub fn all(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// The number of the next entry. Numbers are never used again, as entries never leave.
    ///
    /// # Panics
    /// After four billion entries.
    pub fn next_number(&self) -> u32 {
        let last = self.accounts.last_key_value().map_or(0, |(number, _)| *number);
        last.checked_add(1).expect("fewer than four billion people")
    }
}

#[cfg(test)]
mod tests;
