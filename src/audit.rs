//! The private audit log: who decided what, in which role, why and from what to what, in order, so
//! that nothing can be taken back in silence.
//!
//! Append-only, hash-chained and signed; its end is vouched for by a head in the key store. Old
//! entries expire from its front, and it says so. Never says how many, who voted or what was
//! chosen.
//!
//! - [`event`]: what can be said, and nothing else;
//! - [`entry`]: one line: canonical JSON, who did it, the previous line's hash, the signature;
//! - [`chain`]: the file and its head; `walk` reads and checks it;
//! - [`page`]: reading it back;
//! - [`export`], [`verify`]: the log in somebody else's hands;
//! - `expiry`: the end of old entries.

pub mod chain;
pub mod entry;
pub mod event;
mod expiry;
pub mod export;
pub mod page;
pub mod verify;
mod walk;

#[cfg(test)]
mod testing;

pub use chain::{AuditError, AuditLog, FILE_NAME};
pub use entry::{Actor, Entry};
pub use event::{Event, Hash, Label};
pub use export::export_trailer;
pub use page::{Cursor, Filter, Page, ParseCursorError};
pub use verify::{ExportFlaw, Known, Verified, verify_export};
pub use walk::{Beyond, Summary, verify_file};
