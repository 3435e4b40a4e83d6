//! Everything secret that outlives the process, and what vouches for the logs; outside the database
//! and its backups.
//!
//! ```text
//! provider's key (file, environment or token; elsewhere)
//!   --wraps--> root key  keys/<n>/root.key
//!                --seals--> epoch keys   keys/<n>/slots  (overwritten in place)
//!                           poll keys    keys/<n>/polls/<uuid>.key
//!                           signing key  keys/<n>/signing.key
//!                --MACs-->  audit head   keys/<n>/audit.head
//! ```
//!
//! n counts generations: a key is erased by making the next one without it. Does not decide when a
//! key dies (the ledger does) and locks nothing in memory (see the residual risks).

mod error;
pub(crate) mod files;
mod generation;
mod items;
pub mod provider;
pub mod rekey;
mod root;
pub mod seal;
pub mod secret;
pub mod slots;
pub mod store;
pub mod wrapping;

pub use error::{Item, KeyError};
pub use items::{AuditHead, PollKeys};
pub use provider::{KekError, KekId, KeyEncryption, KeySource};
pub use rekey::Rekeyed;
pub use seal::{SealError, SealKey};
pub use secret::Secret;
pub use slots::{SlotState, Slots, SlotsError};
pub use store::KeyStore;
pub use wrapping::WrappingKey;
