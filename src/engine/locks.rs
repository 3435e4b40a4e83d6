//! The office's locks, and the order in which they are taken.
//!
//! From the outermost to the innermost; who holds one takes only those below it:
//!
//! 1. **two people** or **retaining**, never both. *Two people*: while a proposal changes and while
//!    its act is done, so that nobody declines what is under way. *Retaining*: while what is past
//!    its term is looked for, as two looks at a time would both find that nothing is announced yet.
//! 2. **the office** ([`Turn`]): acts of staff and of the clock come one at a time. Whatever is
//!    decided about a poll or a register is decided under it, since only [`super::decide::Inside`],
//!    which holds it, decides.
//! 3. The locks of what the office writes with: the audit log's, the public log's, the key store's.
//!    Each is taken inside one call and given back by it. The first two may be taken without the
//!    office too: a clock that jumped, and entries that expire, are entered by whoever finds them.
//! 4. The office's notes in memory (clockwork, complaints, release slots, polls seen due, the last
//!    try of a rekey) and the registers' maps: never held across an `await`, and nothing but a
//!    look at the polls is taken under one.
//!
//! The outer locks are taken in the first lines of an act and of a timer's call, and by nothing that
//! was given an `Inside`. No lock is taken on the way of a ballot: it reads the polls' map without
//! one, and waits in the writer's queue.

use tokio::sync::{Mutex, MutexGuard};

/// The locks that the office's acts and timers wait for.
#[derive(Default)]
pub(super) struct Locks {
    two_people: Mutex<()>,
    retaining: Mutex<()>,
    office: Mutex<()>,
}

/// One of the outer locks is held.
#[must_use]
pub(super) struct Outer<'a>(#[expect(dead_code, reason = "held for its lock")] MutexGuard<'a, ()>);

/// The office's lock is held.
#[must_use]
pub(super) struct Turn<'a>(#[expect(dead_code, reason = "held for its lock")] MutexGuard<'a, ()>);

impl Locks {
    /// Outer: while a proposal changes, and while its act is done.
    pub(super) async fn two_people(&self) -> Outer<'_> {
        Outer(self.two_people.lock().await)
    }

    /// As [`Self::two_people`], if nobody is at one.
    pub(super) fn try_two_people(&self) -> Option<Outer<'_>> {
        self.two_people.try_lock().ok().map(Outer)
    }

    /// Outer: while what is past its term is let go.
    pub(super) async fn retaining(&self) -> Outer<'_> {
        Outer(self.retaining.lock().await)
    }

    /// Inner: the office.
    pub(super) async fn office(&self) -> Turn<'_> {
        Turn(self.office.lock().await)
    }
}
