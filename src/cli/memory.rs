//! The memory of a process that holds keys: out of the reach of others.
//!
//! Locks nothing: a machine with swap may write it to a disk.

use anyhow::Context;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core file, and no reading of this process's memory by others of the same user. Before any key
/// is read.
pub(super) fn keep_memory_private() -> anyhow::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
        .context("core dumps cannot be switched off")?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .context("the process cannot be made undumpable")
}
