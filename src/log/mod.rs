//! The private audit log: what the engine decided, in order, so that nothing can be taken back in
//! silence.
//!
//! Append-only, hash-chained and signed; its end is vouched for by a head in the key store. Never
//! says how many, who or what was chosen.
//!
//! - [`event`]: what can be said, and nothing else;
//! - [`entry`]: one line: canonical JSON, the previous line's hash, the signature;
//! - [`audit`]: the file and its head.

pub mod audit;
pub mod entry;
pub mod event;

pub use audit::{AuditError, AuditLog, Beyond, FILE_NAME, Summary, verify_file};
pub use event::{Event, Hash, Label};
