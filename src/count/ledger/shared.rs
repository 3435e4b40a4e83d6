//! What the ledger's threads and its callers share: the bounded queue's count, gauges, the end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::ground::limits::QUEUE_BALLOTS_MAX;
use crate::poll::PollId;
use crate::store::StoreError;

pub(super) struct Shared {
    queued: AtomicUsize,
    epoch_ballots: AtomicU64,
    folds: AtomicU64,
    /// Ballots a poll, as of the last fold.
    folded_ballots: Mutex<BTreeMap<PollId, u64>>,
    failed: AtomicBool,
    reason: watch::Sender<Option<String>>,
    /// Where damaged data is marked, so that nobody restarts blindly.
    corrupt_mark: PathBuf,
}

impl Shared {
    pub(super) fn new(corrupt_mark: PathBuf) -> Self {
        Self {
            queued: AtomicUsize::new(0),
            epoch_ballots: AtomicU64::new(0),
            folds: AtomicU64::new(0),
            folded_ballots: Mutex::default(),
            failed: AtomicBool::new(false),
            reason: watch::Sender::new(None),
            corrupt_mark,
        }
    }

    /// Takes places in the queue, or none when it is full.
    pub(super) fn enqueue(self: &Arc<Self>, ballots: usize) -> Option<Queued> {
        let taken = self.queued.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |queued| {
            Some(queued + ballots).filter(|queued| *queued <= QUEUE_BALLOTS_MAX)
        });
        taken.ok().map(|_| Queued { shared: Arc::clone(self), ballots })
    }

    /// Ballots that wait for the writer.
    pub(super) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    pub(super) fn set_epoch_ballots(&self, ballots: u64) {
        self.epoch_ballots.store(ballots, Ordering::Relaxed);
    }

    pub(super) fn epoch_ballots(&self) -> u64 {
        self.epoch_ballots.load(Ordering::Relaxed)
    }

    pub(super) fn count_fold(&self) {
        self.folds.fetch_add(1, Ordering::Relaxed);
    }

    /// Folds since the start of the process.
    pub(super) fn folds(&self) -> u64 {
        self.folds.load(Ordering::Relaxed)
    }

    pub(super) fn set_folded_ballots(&self, folded: BTreeMap<PollId, u64>) {
        *self.folded_ballots.lock().unwrap_or_else(PoisonError::into_inner) = folded;
    }

    /// Ballots of a poll, as of the last fold.
    pub(super) fn folded_ballots(&self, poll: PollId) -> u64 {
        let folded = self.folded_ballots.lock().unwrap_or_else(PoisonError::into_inner);
        folded.get(&poll).copied().unwrap_or(0)
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Tells when the ledger has stopped for good, and why.
    pub(super) fn failure(&self) -> watch::Receiver<Option<String>> {
        self.reason.subscribe()
    }

    /// Stops the ledger on a storage error; damaged data leaves a mark.
    pub(super) fn fail(&self, error: &StoreError) {
        if error.is_corruption() {
            // If even the mark cannot be written, the restart finds the damage itself or is caught
            // by fsck.
            let _unmarked = std::fs::write(&self.corrupt_mark, format!("{error}\n"));
        }
        self.stop(&error.to_string());
    }

    /// Stops the ledger; the first reason stays.
    pub(super) fn stop(&self, reason: &str) {
        self.failed.store(true, Ordering::Release);
        self.reason.send_if_modified(|held| {
            let first = held.is_none();
            if first {
                *held = Some(reason.to_owned());
            }
            first
        });
    }

    /// Stops the ledger when the calling thread panics while the guard lives.
    pub(super) fn stop_on_panic(self: &Arc<Self>, thread: &'static str) -> PanicGuard {
        PanicGuard { shared: Arc::clone(self), thread }
    }
}

pub(super) struct PanicGuard {
    shared: Arc<Shared>,
    thread: &'static str,
}

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.stop(&format!("the {} thread panicked", self.thread));
        }
    }
}

/// Places in the bounded queue; dropping gives them back.
pub(super) struct Queued {
    shared: Arc<Shared>,
    ballots: usize,
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.shared.queued.fetch_sub(self.ballots, Ordering::Relaxed);
    }
}
