//! The registers: staff, bodies' keys, acts of two people, incidents, requests.
//!
//! All of them are held in memory: they are the work of people, and small. Every change comes one
//! at a time, under the office's lock, and in this order:
//!
//! 1. The audit entry. *Crash after*: a decision without effect. It is made again under the same
//!    number, and of two entries with one number the later one counts.
//! 2. The row in the store. *Crash after*: the restart reads it back, and the change is in force
//!    though nobody was told so.
//! 3. The map in memory, which answers. Nothing is seen that is not on disk.
//!
//! A failed write stops the engine, as everywhere. Who may do what was decided by the permit, which
//! every act takes; what stands in an entry is decided in [`crate::staff`]. No register has a place
//! for voters.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::MutexGuard as OfficeGuard;

use super::{Engine, EngineError};
use crate::count::ledger::Ledger;
use crate::staff::{
    Account, BodyKey, Denied, Incident, Permit, Proposal, Register as StaffRegister, Request,
};
use crate::store::{Family, Register, StoreError};

mod audit;
mod body_keys;
mod incidents;
mod proposals;
mod requests;
mod staff;

pub use audit::{AuditExport, AuditReadError};
pub use body_keys::BodyKeyError;
pub use incidents::IncidentError;
pub use proposals::{ConfirmError, Confirmed, ProposeError};
pub use requests::{IncomingRequest, RequestError};
pub use staff::StaffError;

/// The registers as they stand on disk.
pub(super) struct Registers {
    /// Read by every call of staff: readers never wait.
    staff: ArcSwap<StaffRegister>,
    body_keys: Entries<BodyKey>,
    proposals: Entries<Proposal>,
    /// Held while a proposal changes, and while its act is done: nobody declines what is under way.
    /// Taken before the office's lock, which the act takes itself.
    two_people: tokio::sync::Mutex<()>,
    incidents: Entries<Incident>,
    requests: Entries<Request>,
}

impl Registers {
    /// Reads the registers back.
    ///
    /// # Errors
    ///
    /// The database failed, or a row is no entry of its register.
    pub(super) fn load(ledger: &Ledger) -> Result<Self, EngineError> {
        let mut accounts = StaffRegister::default();
        for (number, account) in read::<Account>(ledger, Register::Staff)? {
            if u64::from(account.number) != number {
                return Err(damaged());
            }
            // An entry that breaks the register's own rules was not written by us.
            accounts.insert(account).map_err(|_| damaged())?;
        }
        Ok(Self {
            staff: ArcSwap::from_pointee(accounts),
            body_keys: Entries::load(ledger, Register::BodyKeys, |_| None)?,
            proposals: Entries::load(ledger, Register::Proposals, |held: &Proposal| {
                Some(held.number)
            })?,
            two_people: tokio::sync::Mutex::default(),
            incidents: Entries::load(ledger, Register::Incidents, |held: &Incident| {
                Some(held.number)
            })?,
            requests: Entries::load(ledger, Register::Requests, |held: &Request| {
                Some(held.number)
            })?,
        })
    }
}

/// A register in memory, by numbers from 1. They are never used again, as entries never leave.
struct Entries<T>(Mutex<BTreeMap<u64, T>>);

impl<T: Clone + DeserializeOwned> Entries<T> {
    /// Reads a register; `number` is the number that an entry says it has, where it says one.
    fn load(
        ledger: &Ledger,
        register: Register,
        number: impl Fn(&T) -> Option<u64>,
    ) -> Result<Self, EngineError> {
        let rows = read::<T>(ledger, register)?;
        if rows.iter().any(|(key, entry)| number(entry).is_some_and(|number| number != *key)) {
            return Err(damaged());
        }
        Ok(Self(Mutex::new(rows.into_iter().collect())))
    }

    fn get(&self, number: u64) -> Option<T> {
        self.held().get(&number).cloned()
    }

    fn next_number(&self) -> u64 {
        self.held().last_key_value().map_or(1, |(number, _)| number.saturating_add(1))
    }

    fn insert(&self, number: u64, entry: T) {
        self.held().insert(number, entry);
    }

    /// Entries that are asked for, newest first.
    fn newest(&self, most: usize, asked: impl Fn(&T) -> bool) -> Vec<T> {
        self.held().values().rev().filter(|entry| asked(entry)).take(most).cloned().collect()
    }

    fn find(&self, is: impl Fn(&T) -> bool) -> Option<(u64, T)> {
        let held = self.held();
        let found = held.iter().find(|(_, entry)| is(entry));
        found.map(|(number, entry)| (*number, entry.clone()))
    }

    /// Every change of the map is one call, so that one that panicked has left it whole.
    fn held(&self) -> MutexGuard<'_, BTreeMap<u64, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read<T: DeserializeOwned>(
    ledger: &Ledger,
    register: Register,
) -> Result<Vec<(u64, T)>, EngineError> {
    let rows = ledger.register(register)?.into_iter();
    rows.map(|(number, json)| Ok((number, serde_json::from_slice(&json).map_err(|_| damaged())?)))
        .collect()
}

fn damaged() -> EngineError {
    EngineError::Store(StoreError::Decode(Family::Register))
}

impl Engine {
    /// The office's lock, for somebody who still has access: it may have ended while the request
    /// waited, and from a withdrawal's answer on nothing more is done for that person (L8, L9).
    ///
    /// # Errors
    ///
    /// [`Denied::Withdrawn`].
    pub(super) async fn enter_office(
        &self,
        permit: &Permit,
    ) -> Result<OfficeGuard<'_, ()>, Denied> {
        let office = self.office.lock().await;
        let accounts = self.registers.staff.load();
        let mut ended = accounts.all().filter(|account| account.withdrawn.is_some());
        if ended.any(|account| account.id() == permit.account()) {
            return Err(Denied::Withdrawn);
        }
        Ok(office)
    }

    /// Whether an account has access at this moment.
    pub fn has_access(&self, account: &str) -> bool {
        let accounts = self.registers.staff.load();
        accounts.all().any(|held| held.id() == account && held.withdrawn.is_none())
    }

    /// Whether two accounts are one person's, who signs in in one way: a new entry in the register
    /// makes nobody a second person.
    pub(super) fn is_same_person(&self, one: &str, other: &str) -> bool {
        let accounts = self.registers.staff.load();
        let credentials = |id: &str| {
            let held = accounts.all().filter(|held| held.id() == id);
            held.map(|held| held.credential.clone()).next()
        };
        one == other || credentials(one).is_some_and(|held| credentials(other) == Some(held))
    }

    async fn put_entry<T: Serialize>(
        &self,
        register: Register,
        number: u64,
        entry: &T,
    ) -> Result<(), EngineError> {
        let json = serde_json::to_vec(entry).expect("texts, times and numbers serialise");
        Ok(self.ledger.put_register(register, number, &json).await?)
    }
}
