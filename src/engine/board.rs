//! The polls as they are served: the map in memory that the ballot path, the office and the public
//! read.
//!
//! Readers never wait. It changes by [`super::decide`] alone, after the row is on disk, so nothing
//! is seen that a restart would not find.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::watch;

use crate::count::deidentify::TagKey;
use crate::poll::{Poll, PollId};
use crate::publish::{PublicPoll, Publication};

pub(super) type Polls = HashMap<PollId, Arc<Served>>;

/// A poll with what the ballot path and the public need of it.
pub(super) struct Served {
    pub(super) poll: Poll,
    /// Present from the opening to the decision to erase.
    pub(super) tag_key: Option<Arc<TagKey>>,
    /// Oldest first.
    pub(super) releases: Vec<Arc<Publication>>,
    /// What the public may know of it, if anything.
    pub(super) public: Option<Arc<PublicPoll>>,
}

impl Served {
    pub(super) fn new(
        poll: Poll,
        tag_key: Option<Arc<TagKey>>,
        releases: Vec<Arc<Publication>>,
    ) -> Self {
        let public = PublicPoll::of(&poll, &releases).map(Arc::new);
        Self { poll, tag_key, releases, public }
    }
}

/// The map, and those who watch it.
pub(super) struct Board {
    polls: ArcSwap<Polls>,
    /// Counts up whenever a poll changes.
    changed: watch::Sender<u64>,
    /// Counts up whenever a poll's results change.
    released: watch::Sender<u64>,
}

impl Board {
    /// The polls as a start finds them.
    pub(super) fn new(polls: Polls) -> Self {
        let polls = ArcSwap::from_pointee(polls);
        Self { polls, changed: watch::Sender::new(0), released: watch::Sender::new(0) }
    }

    pub(super) fn all(&self) -> Guard<Arc<Polls>> {
        self.polls.load()
    }

    pub(super) fn get(&self, id: PollId) -> Option<Arc<Served>> {
        self.polls.load().get(&id).map(Arc::clone)
    }

    /// The releases of a poll, oldest first.
    pub(super) fn releases(&self, id: PollId) -> Vec<Arc<Publication>> {
        self.polls.load().get(&id).map(|served| served.releases.clone()).unwrap_or_default()
    }

    /// All polls that the public may know of, newest first.
    pub(super) fn public(&self) -> Vec<Arc<PublicPoll>> {
        let mut polls: Vec<_> =
            self.polls.load().values().filter_map(|served| served.public.clone()).collect();
        polls.sort_unstable_by_key(|poll| std::cmp::Reverse(poll.id()));
        polls
    }

    /// Puts a poll in its place.
    pub(super) fn put(&self, served: Served) {
        let served = Arc::new(served);
        self.polls.rcu(|polls| {
            let mut polls = Polls::clone(polls);
            polls.insert(served.poll.id(), Arc::clone(&served));
            polls
        });
    }

    /// Tells those who watch that a poll has changed; `results`: and what is said of its results.
    pub(super) fn tell(&self, results: bool) {
        self.changed.send_modify(|changes| *changes += 1);
        if results {
            self.released.send_modify(|releases| *releases += 1);
        }
    }

    pub(super) fn watch_polls(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(super) fn watch_results(&self) -> watch::Receiver<u64> {
        self.released.subscribe()
    }
}
