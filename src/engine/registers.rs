//! The registers: staff, bodies' keys, acts of two people, incidents, requests.
//!
//! What is done to their entries, and by whose permit; what stands in an entry is decided in
//! [`crate::staff`], how it is written in [`super::decide`]. No register has a place for voters.

use super::Office;

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

impl Office {
    /// Whether an account has access at this moment.
    pub(super) fn has_access(&self, account: &str) -> bool {
        let accounts = self.registers().staff();
        accounts.all().any(|held| held.id() == account && held.withdrawn.is_none())
    }

    /// Whether two accounts are one person's, who signs in in one way: a new entry in the register
    /// makes nobody a second person.
    pub(super) fn is_same_person(&self, one: &str, other: &str) -> bool {
        let accounts = self.registers().staff();
        let credentials = |id: &str| {
            let held = accounts.all().filter(|held| held.id() == id);
            held.map(|held| held.credential.clone()).next()
        };
        one == other || credentials(one).is_some_and(|held| credentials(other) == Some(held))
    }
}
