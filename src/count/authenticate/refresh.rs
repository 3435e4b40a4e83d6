//! Keeps the issuers' keys fresh: reads changed files again and fetches key sets.
//!
//! A set that is wrong or out of reach changes nothing: the last good one holds, in memory only.
//! One change at a time, and each whole or not at all. Logs issuers and fixed texts, never a token
//! or a key.

use std::sync::{Arc, Mutex, PoisonError};

use governor::{Quota, RateLimiter};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use super::Authenticator;
use super::fetch::{Fetched, Source};
use super::issuers::{Issuers, IssuersError, Terms};
use super::token::Profile;
use crate::ground::follow::{Followed, Stamp};
use crate::ground::limits::{ISSUER_FILES_INTERVAL, JWKS_MISSED_INTERVAL};
use crate::ground::metrics;
use crate::jose::jwks;

/// What changes the issuers, and where their key sets come from.
#[derive(Default)]
pub(super) struct Refresher {
    changing: Mutex<()>,
    /// Empty while they are in use, and before the first fetch.
    sources: Mutex<Vec<(Arc<Terms>, Source)>>,
}

impl Refresher {
    /// Puts what `change` makes of the issuers in their place.
    pub(super) fn change(
        &self,
        profile: &Profile,
        change: impl FnOnce(&Issuers) -> Result<Issuers, IssuersError>,
    ) -> Result<(), IssuersError> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&profile.issuers.load())?;
        profile.issuers.store(Arc::new(changed));
        Ok(())
    }

    fn take(&self) -> Vec<(Arc<Terms>, Source)> {
        std::mem::take(&mut *self.sources.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Authenticator {
    /// Fetches all key sets once, before the engine serves. A set that cannot be had is warned of
    /// and fetched again by [`Self::refresh_loop`]; its tokens are refused until then.
    ///
    /// # Errors
    /// [`IssuersError`] for an address that keys are never fetched from, or certificates that
    /// nothing can be trusted by.
    pub async fn fetch_keys(self: &Arc<Self>) -> Result<(), IssuersError> {
        let mut sources = JoinSet::new();
        for (terms, mut source) in self.sources()? {
            let this = Arc::clone(self);
            sources.spawn(async move {
                this.fetch(&terms, &mut source).await;
                (terms, source)
            });
        }
        let fetched = sources.join_all().await;
        *self.refresher.sources.lock().unwrap_or_else(PoisonError::into_inner) = fetched;
        Ok(())
    }

    /// Keeps files and key sets fresh until it is dropped.
    pub async fn refresh_loop(self: &Arc<Self>) {
        let mut sources = self.refresher.take();
        let fetched = !sources.is_empty();
        if !fetched {
            sources = self.sources().unwrap_or_else(|error| {
                warn!(%error, "no key sets are fetched");
                Vec::new()
            });
        }
        // Dropping the set ends its tasks.
        let mut tasks = JoinSet::new();
        for (terms, source) in sources {
            tasks.spawn(Arc::clone(self).keep_fetching(terms, source, fetched));
        }
        self.watch_files().await;
    }

    fn sources(&self) -> Result<Vec<(Arc<Terms>, Source)>, IssuersError> {
        let issuers = self.profile.issuers.load_full();
        let mut sources = Vec::new();
        for terms in issuers.all().iter() {
            if let Some(source) = Source::of(&terms.config)? {
                sources.push((Arc::clone(terms), source));
            }
        }
        Ok(sources)
    }

    /// Fetches one issuer's keys at its interval, and sooner when a token names a key that is not
    /// there; but that not often, as anybody can make up such a token.
    async fn keep_fetching(self: Arc<Self>, terms: Arc<Terms>, mut source: Source, fetched: bool) {
        let mut regular = interval(source.refresh());
        regular.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if fetched {
            // The first tick is now.
            regular.tick().await;
        }
        let often = Quota::with_period(JWKS_MISSED_INTERVAL).expect("the interval is not zero");
        let missed = RateLimiter::direct(often);
        loop {
            tokio::select! {
                _ = regular.tick() => {}
                () = terms.key_missed.notified() => {
                    if missed.check().is_err() {
                        continue;
                    }
                }
            }
            self.fetch(&terms, &mut source).await;
        }
    }

    /// Fetches one issuer's keys; those that could not be confirmed for too long are dropped.
    async fn fetch(&self, terms: &Arc<Terms>, source: &mut Source) {
        self.fetch_once(terms, source).await;
        if !source.is_stale() {
            return;
        }
        let issuer = &terms.config.id;
        let none = |issuers: &Issuers| issuers.with_fetched(terms, Vec::new());
        match self.refresher.change(&self.profile, none) {
            Ok(()) => {
                source.forget();
                warn!(issuer, "the key set could not be had for a day; its keys are dropped");
            }
            Err(error) => warn!(issuer, %error, "the stale key set cannot be dropped"),
        }
    }

    async fn fetch_once(&self, terms: &Arc<Terms>, source: &mut Source) {
        let issuer = &terms.config.id;
        let set = match source.fetch().await {
            Ok(Fetched::Unchanged) => return source.confirm(),
            Ok(Fetched::Set(set)) => set,
            Err(error) => {
                return warn!(issuer, %error, "the key set cannot be fetched; the last one holds");
            }
        };
        let keys = jwks::read(&set.json)
            .map_err(|flaw| IssuersError::KeySet { issuer: issuer.clone(), flaw });
        let changed = keys.and_then(|keys| {
            self.refresher.change(&self.profile, |issuers| issuers.with_fetched(terms, keys))
        });
        match changed {
            Ok(()) => {
                source.accept(set);
                info!(issuer, "the key set is fetched");
            }
            Err(error) => warn!(issuer, %error, "the key set is refused; the last one holds"),
        }
    }

    /// Reads the issuers' files again when one of them has changed, until they serve.
    async fn watch_files(self: &Arc<Self>) {
        let mut looks = interval(ISSUER_FILES_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut files = Followed::new(self.profile.issuers.load().stamps().to_vec());
        loop {
            looks.tick().await;
            let this = Arc::clone(self);
            let looked = tokio::task::spawn_blocking(move || {
                this.follow(&mut files);
                files
            });
            files = looked.await.expect("looking at files does not panic");
        }
    }

    fn follow(&self, files: &mut Followed<Vec<Option<Stamp>>>) {
        let now = self.profile.issuers.load().look();
        let Some(reloaded) = files.look(now, || self.reload()) else { return };
        metrics::issuers_reloads(reloaded.is_ok(), 1);
        match reloaded {
            Ok(()) => info!("the issuers' files have changed and are read again"),
            Err(error) => warn!(%error, "the issuers' files have changed and are refused"),
        }
    }
}

#[cfg(test)]
mod tests;
