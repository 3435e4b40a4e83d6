//! The public log of Holos: definitions, releases and erasure records in one transparency log.
//!
//! Does not decide what becomes public. How such a log is made and checked is in `holos_tlog`, which
//! needs nothing of the engine.
//!
//! - [`entry`]: what is said;
//! - [`files`]: the log on disk.

pub mod entry;
pub mod files;

#[cfg(test)]
mod offline_tests;
#[cfg(test)]
mod tests;

pub use entry::{PublicEntry, Said};
pub use files::{Appended, PublicLog, PublicLogError, StaticFile};

/// The log's folder in the data folder.
pub const FOLDER: &str = "public";
