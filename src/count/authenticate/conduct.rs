//! How a connection behaves: whether its tokens' signatures tend not to hold.
//!
//! A signature that does not hold costs the engine as much as one that does and costs its sender
//! nothing. Who sends many, beside the good ones, is refused before any check until it has been quiet
//! for a while; other connections do not notice. A connection may have a rate besides. Does not know
//! who anybody is, and forgets with the connection.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::ground::limits::{
    BAD_SIGNATURES_BURST, BAD_SIGNATURES_PER_SECOND, FORGIVEN_SIGNATURES_MAX,
    GOOD_SIGNATURES_PER_BAD,
};

/// The conduct of one connection.
#[derive(Default)]
pub struct Conduct {
    record: Mutex<Record<DefaultClock>>,
    rate: Option<DefaultDirectRateLimiter>,
}

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

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

struct Record<C: Clock> {
    standing: Standing,
    /// Signatures that held and are not used up by bad ones.
    good: u32,
    /// Made at the first bad signature: most connections never need them.
    bad: Option<Bad<C>>,
    clock: C,
}

struct Bad<C: Clock> {
    /// All bad signatures, up to the burst: keeps a connection suspect.
    all: Limiter<C>,
    /// Those that are not forgiven: bars it.
    charged: Limiter<C>,
}

impl Conduct {
    /// A connection that has done nothing yet, without a bound on its rate.
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`Self::new`], with so many credentials a second at most.
    pub fn with_rate(rate: Option<NonZeroU32>) -> Self {
        let rate = rate.map(|rate| RateLimiter::direct(Quota::per_second(rate)));
        Self { rate, ..Self::default() }
    }

    /// Takes up to this many credentials from the connection's share of this second; how many fit.
    pub(super) fn admits(&self, credentials: usize) -> usize {
        match &self.rate {
            None => credentials,
            Some(rate) => (0..credentials).take_while(|_| rate.check().is_ok()).count(),
        }
    }

    /// How it stands now.
    pub(super) fn standing(&self) -> Standing {
        self.record().standing()
    }

    /// Notes signatures that held and that did not.
    pub(super) fn note(&self, good: usize, bad: usize) {
        self.record().note(good, bad);
    }

    fn record(&self) -> MutexGuard<'_, Record<DefaultClock>> {
        // Nothing that runs under the lock leaves the record half changed.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock + Default> Default for Record<C> {
    fn default() -> Self {
        Self { standing: Standing::Good, good: 0, bad: None, clock: C::default() }
    }
}

impl<C: Clock + Clone> Record<C> {
    fn standing(&mut self) -> Standing {
        // The whole burst is free again only once all is forgotten.
        let forgotten =
            |limiter: &Limiter<C>| matches!(limiter.check_n(BAD_SIGNATURES_BURST), Ok(Ok(())));
        // What is charged is among all, and not forgotten before it.
        if self.bad.as_ref().is_none_or(|bad| forgotten(&bad.all) && forgotten(&bad.charged)) {
            (self.standing, self.bad) = (Standing::Good, None);
        }
        self.standing
    }

    fn note(&mut self, good: usize, bad: usize) {
        const GOOD_MAX: u32 = FORGIVEN_SIGNATURES_MAX * GOOD_SIGNATURES_PER_BAD;
        let good = u32::try_from(good).unwrap_or(u32::MAX);
        self.good = self.good.saturating_add(good).min(GOOD_MAX);
        if bad == 0 {
            return;
        }
        let count = u32::try_from(bad).unwrap_or(u32::MAX);
        let forgiven = count.min(self.good / GOOD_SIGNATURES_PER_BAD);
        self.good -= forgiven * GOOD_SIGNATURES_PER_BAD;
        if self.standing == Standing::Good {
            self.standing = Standing::Suspect;
        }
        let bad = self.bad.get_or_insert_with(|| Bad {
            all: limiter(self.clock.clone()),
            charged: limiter(self.clock.clone()),
        });
        charge(&bad.all, count);
        if !charge(&bad.charged, count - forgiven) {
            self.standing = Standing::Barred;
        }
    }
}

fn limiter<C: Clock>(clock: C) -> Limiter<C> {
    let per_second: NonZeroU32 = BAD_SIGNATURES_PER_SECOND;
    let quota = Quota::per_second(per_second).allow_burst(BAD_SIGNATURES_BURST);
    RateLimiter::direct_with_clock(quota, clock)
}

/// Charges as much as fits; whether that was all.
fn charge<C: Clock>(limiter: &Limiter<C>, count: u32) -> bool {
    (0..count).all(|_| limiter.check().is_ok())
}

#[cfg(test)]
mod tests;
