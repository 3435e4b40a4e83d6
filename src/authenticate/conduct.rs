//! How a connection behaves: whether its tokens' signatures tend not to hold.
//!
//! A signature that does not hold costs the engine as much as one that does and costs its sender
//! nothing. Who sends many is refused before any check until it has been quiet for a while; other
//! connections do not notice. Does not know who anybody is, and forgets with the connection.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::service::limits::{BAD_SIGNATURES_BURST, BAD_SIGNATURES_PER_SECOND};

/// The conduct of one connection.
#[derive(Default)]
pub struct Conduct(Mutex<Record<DefaultClock>>);

/// What is to be done about a connection's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing bad is remembered.
    Good,
    /// Some signatures did not hold: checked, but not in one batch with those of others.
    Suspect,
    /// Too many did not hold: refused.
    Barred,
}

struct Record<C: Clock> {
    standing: Standing,
    /// Made at the first bad signature: most connections never need it.
    quota: Option<RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>>,
    clock: C,
}

impl Conduct {
    /// A connection that has done nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How it stands now.
    pub(super) fn standing(&self) -> Standing {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).standing()
    }

    /// Notes signatures that did not hold.
    pub(super) fn blame(&self, signatures: usize) {
        if signatures > 0 {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).blame(signatures);
        }
    }
}

impl<C: Clock + Default> Default for Record<C> {
    fn default() -> Self {
        Self { standing: Standing::Good, quota: None, clock: C::default() }
    }
}

impl<C: Clock + Clone> Record<C> {
    fn standing(&mut self) -> Standing {
        // The whole burst is free again only once all is forgotten.
        let forgotten = self
            .quota
            .as_ref()
            .is_none_or(|quota| matches!(quota.check_n(BAD_SIGNATURES_BURST), Ok(Ok(()))));
        if forgotten {
            (self.standing, self.quota) = (Standing::Good, None);
        }
        self.standing
    }

    fn blame(&mut self, signatures: usize) {
        if self.standing == Standing::Good {
            self.standing = Standing::Suspect;
        }
        let quota = self.quota.get_or_insert_with(|| {
            let per_second: NonZeroU32 = BAD_SIGNATURES_PER_SECOND;
            let quota = Quota::per_second(per_second).allow_burst(BAD_SIGNATURES_BURST);
            RateLimiter::direct_with_clock(quota, self.clock.clone())
        });
        if (0..signatures).any(|_| quota.check().is_err()) {
            self.standing = Standing::Barred;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn a_connection_is_barred_past_the_burst_and_until_all_is_forgotten() {
        let mut record = Record::<FakeRelativeClock>::default();
        assert_eq!(record.standing(), Standing::Good);
        record.blame(1);
        assert_eq!(record.standing(), Standing::Suspect);
        record.blame(31);
        assert_eq!(record.standing(), Standing::Suspect, "32 bad ones are within the burst");
        record.blame(1);
        assert_eq!(record.standing(), Standing::Barred, "and the next is one too many");
        record.clock.advance(Duration::from_secs(15));
        assert_eq!(record.standing(), Standing::Barred, "half a minute has not passed");
        record.clock.advance(Duration::from_secs(2));
        assert_eq!(record.standing(), Standing::Good);
        record.blame(32);
        assert_eq!(record.standing(), Standing::Suspect, "with the whole burst again");
    }

    #[test]
    fn a_flood_in_one_call_bars_at_once() {
        let conduct = Conduct::new();
        conduct.blame(0);
        assert_eq!(conduct.standing(), Standing::Good);
        conduct.blame(1_000);
        assert_eq!(conduct.standing(), Standing::Barred);
        assert_eq!(Conduct::new().standing(), Standing::Good, "another one does not notice");
    }
}
