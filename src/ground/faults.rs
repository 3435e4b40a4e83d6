//! Fault points at every durable write, for the crash tests.
//!
//! Without the cargo feature `faults` a [`Faults`] is empty and every call is the write itself.
//! With it a test can make a write fail before it happens (lost) or after it (persisted, but
//! reported as failed), or end the process.

/// The durable writes, in the order of the ledger's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The keys of a poll in the key store.
    PollKeys,
    /// A poll's record in the database.
    PollWrite,
    /// A journal record.
    Commit,
    /// The next epoch's key in its slot.
    SlotWrite,
    /// The fold.
    Fold,
    /// An audit entry.
    AuditAppend,
    /// The audit log's head in the key store.
    AuditHead,
    /// The audit log without the entries that expired: its new file, then that file's name.
    AuditExpire,
    /// The folded epoch's slot overwritten.
    SlotErase,
    /// A poll's record in phase `closing`.
    Closing,
    /// Entries of the public log, not yet in a checkpoint.
    PublicEntries,
    /// The checkpoint that makes them public.
    PublicCheckpoint,
    /// A revoked issuer key.
    Revocation,
    /// The decision to take a group out.
    Excision,
    /// An entry of a register.
    Register,
    /// The tag blocks of an erased poll deleted.
    ErasedRows,
    /// The new key of the provider, for a new generation of the key store.
    RekeyCreate,
    /// The new generation's name.
    RekeySwitch,
    /// The end of a key of the provider.
    RekeyDestroy,
    /// The end of an old generation.
    RekeyRemove,
}

impl Point {
    /// Every point.
    pub const ALL: &'static [Self] = &[
        Self::PollKeys,
        Self::PollWrite,
        Self::Commit,
        Self::SlotWrite,
        Self::Fold,
        Self::AuditAppend,
        Self::AuditHead,
        Self::AuditExpire,
        Self::SlotErase,
        Self::Closing,
        Self::PublicEntries,
        Self::PublicCheckpoint,
        Self::Revocation,
        Self::Excision,
        Self::Register,
        Self::ErasedRows,
        Self::RekeyCreate,
        Self::RekeySwitch,
        Self::RekeyDestroy,
        Self::RekeyRemove,
    ];
}

/// Whether fault points are compiled in: a binary for tests, never one for people.
pub const COMPILED_IN: bool = cfg!(feature = "faults");

/// A write that a test made fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("injected fault")]
pub struct InjectedFault;

/// What to do at a point.
#[cfg(feature = "faults")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The write does not happen and reports failure.
    Lost,
    /// The write happens and reports failure.
    Persisted,
    /// The process aborts before the write.
    AbortBefore,
    /// The process aborts after the write.
    AbortAfter,
}

#[cfg(feature = "faults")]
#[derive(Debug)]
struct Armed {
    point: Point,
    fault: Fault,
    /// Passes through the point that are still left alone.
    skip: u32,
}

/// The faults armed for one engine; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    #[cfg(feature = "faults")]
    armed: std::sync::Arc<std::sync::Mutex<Option<Armed>>>,
}

impl Faults {
    /// No fault.
    pub fn none() -> Self {
        Self::default()
    }

    /// Runs a durable write that belongs to a point.
    ///
    /// # Errors
    ///
    /// The write's own error, or [`InjectedFault`] where a test armed one.
    #[cfg(not(feature = "faults"))]
    pub fn durable<T, E: From<InjectedFault>>(
        &self,
        _point: Point,
        write: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        write()
    }

    /// Runs a durable write that belongs to a point.
    ///
    /// # Errors
    ///
    /// The write's own error, or [`InjectedFault`] where a test armed one.
    #[cfg(feature = "faults")]
    pub fn durable<T, E: From<InjectedFault>>(
        &self,
        point: Point,
        write: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        match self.due(point) {
            None => write(),
            Some(Fault::Lost) => Err(InjectedFault.into()),
            Some(Fault::Persisted) => {
                write()?;
                Err(InjectedFault.into())
            }
            Some(Fault::AbortBefore) => std::process::abort(),
            Some(Fault::AbortAfter) => {
                let _written = write();
                std::process::abort()
            }
        }
    }

    /// Arms one fault, to strike at a point after `skip` passes through it.
    #[cfg(feature = "faults")]
    pub fn arm(&self, point: Point, fault: Fault, skip: u32) {
        *self.armed.lock().expect("no panic under the lock") = Some(Armed { point, fault, skip });
    }

    /// Whether a fault is still waiting.
    #[cfg(feature = "faults")]
    pub fn is_armed(&self) -> bool {
        self.armed.lock().expect("no panic under the lock").is_some()
    }

    #[cfg(feature = "faults")]
    fn due(&self, point: Point) -> Option<Fault> {
        let mut slot = self.armed.lock().expect("no panic under the lock");
        let armed = slot.as_mut().filter(|armed| armed.point == point)?;
        if armed.skip > 0 {
            armed.skip -= 1;
            return None;
        }
        slot.take().map(|armed| armed.fault)
    }
}
