//! Everything secret that outlives the process, and what vouches for the logs; outside the database
//! and its backups.
//!
//! ```text
//! wrapping key (a file elsewhere) --wraps--> epoch keys   keys/slots  (overwritten in place)
//!                                            poll keys    keys/polls/<uuid>.key
//!                                            signing key  keys/signing.key
//!                                 --MACs-->  audit head   keys/audit.head
//! ```
//!
//! Does not decide when a key dies (the ledger does) and locks nothing in memory (see the residual
//! risks).

pub(crate) mod files;
pub mod seal;
pub mod secret;
pub mod slots;
pub mod store;
pub mod wrapping;

pub use seal::{SealError, SealKey};
pub use secret::Secret;
pub use slots::{SlotState, Slots, SlotsError};
pub use store::{AuditHead, KeyError, KeyStore, PollKeys};
pub use wrapping::{WrappingKey, WrappingKeyError};
