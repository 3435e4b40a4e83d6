//! The registers as they stand on disk: staff, bodies' keys, acts of two people, incidents,
//! requests.
//!
//! All of them are held in memory: they are the work of people, and small. Anybody of the office
//! reads them; an entry comes in by [`super::Inside::decide`] alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::count::ledger::Ledger;
use crate::engine::EngineError;
use crate::staff::{Account, BodyKey, Incident, Proposal, Register as StaffRegister, Request};
use crate::store::{Family, Register, StoreError};

/// The registers in memory.
pub(in crate::engine) struct Registers {
    /// Read by every call of staff: readers never wait.
    staff: ArcSwap<StaffRegister>,
    body_keys: Entries<BodyKey>,
    proposals: Entries<Proposal>,
    incidents: Entries<Incident>,
    requests: Entries<Request>,
}

/// An entry of one of the registers.
pub(in crate::engine) enum Entry {
    Account(Account),
    /// A body's key does not know its number.
    BodyKey(u64, BodyKey),
    Proposal(Proposal),
    Incident(Incident),
    Request(Request),
}

impl Entry {
    pub(super) fn register(&self) -> Register {
        match self {
            Self::Account(_) => Register::Staff,
            Self::BodyKey(..) => Register::BodyKeys,
            Self::Proposal(_) => Register::Proposals,
            Self::Incident(_) => Register::Incidents,
            Self::Request(_) => Register::Requests,
        }
    }

    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Account(account) => account.number.into(),
            Self::BodyKey(number, _) => *number,
            Self::Proposal(proposal) => proposal.number,
            Self::Incident(incident) => incident.number,
            Self::Request(request) => request.number,
        }
    }

    pub(super) fn json(&self) -> Vec<u8> {
        fn json(entry: &impl Serialize) -> Vec<u8> {
            serde_json::to_vec(entry).expect("texts, times and numbers serialise")
        }
        match self {
            Self::Account(account) => json(account),
            Self::BodyKey(_, key) => json(key),
            Self::Proposal(proposal) => json(proposal),
            Self::Incident(incident) => json(incident),
            Self::Request(request) => json(request),
        }
    }
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
            incidents: Entries::load(ledger, Register::Incidents, |held: &Incident| {
                Some(held.number)
            })?,
            requests: Entries::load(ledger, Register::Requests, |held: &Request| {
                Some(held.number)
            })?,
        })
    }

    pub(in crate::engine) fn staff(&self) -> Arc<StaffRegister> {
        self.staff.load_full()
    }

    pub(in crate::engine) fn body_keys(&self) -> &Entries<BodyKey> {
        &self.body_keys
    }

    pub(in crate::engine) fn proposals(&self) -> &Entries<Proposal> {
        &self.proposals
    }

    pub(in crate::engine) fn incidents(&self) -> &Entries<Incident> {
        &self.incidents
    }

    pub(in crate::engine) fn requests(&self) -> &Entries<Request> {
        &self.requests
    }

    /// Puts an entry in its place, which is on disk.
    pub(super) fn insert(&self, entry: Entry) {
        match entry {
            Entry::Account(account) => {
                let mut accounts = StaffRegister::clone(&self.staff.load());
                accounts.insert(account).expect("the register was asked before it was decided");
                // Nobody else changes it: the office is ours.
                self.staff.store(Arc::new(accounts));
            }
            Entry::BodyKey(number, key) => self.body_keys.insert(number, key),
            Entry::Proposal(proposal) => self.proposals.insert(proposal.number, proposal),
            Entry::Incident(incident) => self.incidents.insert(incident.number, incident),
            Entry::Request(request) => self.requests.insert(request.number, request),
        }
    }
}

/// A register in memory, by numbers from 1. They are never used again, as entries never leave.
pub(in crate::engine) struct Entries<T>(Mutex<BTreeMap<u64, T>>);

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

    pub(in crate::engine) fn get(&self, number: u64) -> Option<T> {
        self.held().get(&number).cloned()
    }

    pub(in crate::engine) fn next_number(&self) -> u64 {
        self.held().last_key_value().map_or(1, |(number, _)| number.saturating_add(1))
    }

    fn insert(&self, number: u64, entry: T) {
        self.held().insert(number, entry);
    }

    /// Entries that are asked for, newest first.
    pub(in crate::engine) fn newest(&self, most: usize, asked: impl Fn(&T) -> bool) -> Vec<T> {
        self.held().values().rev().filter(|entry| asked(entry)).take(most).cloned().collect()
    }

    pub(in crate::engine) fn find(&self, is: impl Fn(&T) -> bool) -> Option<(u64, T)> {
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
