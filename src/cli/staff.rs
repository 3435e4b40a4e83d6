//! Verbs for organisers, operators, data-protection officers and auditors: one file a noun.
//!
//! Each is a call to the staff listener of a running engine, or looks at a file without one. What
//! is allowed is decided by the engine; what is said of it, here.

mod answer;
mod audit;
mod confirm;
mod connect;
mod custody;
mod engine;
mod incident;
mod order;
mod poll;
mod proposal;
mod register;
mod request;
mod text;
pub(super) mod trial;
mod view;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::Exit;
use answer::Failure;

pub(super) use audit::{Audit, audit};
pub(super) use custody::{
    EraseArgs, ExciseArgs, KeysArgs, RevocationsArgs, RevokeArgs, erase, excise, keys, revocations,
    revoke,
};
pub(super) use incident::{Incident, incident};
pub(super) use order::{Order, order};
pub(super) use poll::{Poll, poll};
pub(super) use proposal::{Proposal, proposal};
pub(super) use register::{Staff, staff};
pub(super) use request::{Request, request};
pub(super) use text::clean;

/// The bytes of a file that a person named.
///
/// # Errors
/// [`Exit::NotFound`] without a file, [`Exit::Usage`] for one that cannot be read or is too large.
fn read_bounded(file: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let at = file.display();
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Failure::Told(Exit::NotFound, format!("{at}: no such file")))
        }
        Err(error) => {
            Err(Failure::Told(Exit::Usage, format!("{at}: cannot be read: {}", error.kind())))
        }
        Ok(_) if bytes.len() as u64 > most => {
            Err(Failure::Told(Exit::Usage, format!("{at}: larger than {most} bytes")))
        }
        Ok(_) => Ok(bytes),
    }
}

#[cfg(test)]
mod tests;
