//! What runs by itself beside the listeners: polls that follow the clock, erasures, expiry, keys that
//! are read again, gauges.
//!
//! A timer that fails, or panics, stops the engine: polls that nobody opens, closes and erases must
//! not look well.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::engine::{Counting, Office};
use crate::ground::follow::Followed;
use crate::ground::{limits, metrics};
use crate::staff::StaffIssuers;

/// Stops the engine with the timer that holds it, when that panics.
struct StopsOnPanic(Arc<Office>);

impl Drop for StopsOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop("a timer panicked");
        }
    }
}

/// Erases what is due.
pub(super) async fn erase_due(office: Arc<Office>) {
    let guarded = StopsOnPanic(Arc::clone(&office));
    let mut tick = tokio::time::interval(limits::ERASURE_INTERVAL);
    loop {
        tick.tick().await;
        if let Err(error) = office.erase_due().await {
            tracing::error!(%error, "erasing polls failed");
            return guarded.0.stop(&error.to_string());
        }
    }
}

/// Announces what expires, and lets it go.
pub(super) async fn retain(office: Arc<Office>) {
    let guarded = StopsOnPanic(Arc::clone(&office));
    let mut tick = tokio::time::interval(limits::RETENTION_INTERVAL);
    loop {
        tick.tick().await;
        if let Err(error) = office.retain().await {
            tracing::error!(%error, "letting results expire failed");
            return guarded.0.stop(&error.to_string());
        }
    }
}

/// Lets polls open and close by their times.
pub(super) async fn follow_clock(office: Arc<Office>) {
    let guarded = StopsOnPanic(Arc::clone(&office));
    let mut tick = tokio::time::interval(limits::TICK_INTERVAL);
    loop {
        tick.tick().await;
        if let Err(error) = office.tick().await {
            tracing::error!(%error, "following the clock failed");
            return guarded.0.stop(&error.to_string());
        }
    }
}

/// Reads the staff issuers' files again when they change; what does not hold changes nothing.
pub(super) async fn follow_staff_keys(issuers: Arc<ArcSwap<StaffIssuers>>) {
    let mut tick = tokio::time::interval(limits::TLS_WATCH_INTERVAL);
    let mut files = Followed::new(issuers.load().stamps().to_vec());
    loop {
        tick.tick().await;
        let issuers = Arc::clone(&issuers);
        let looked = tokio::task::spawn_blocking(move || {
            let held = issuers.load_full();
            let read = || held.reread().map(|read| issuers.store(Arc::new(read)));
            match files.look(held.look(), read) {
                Some(Ok(())) => tracing::info!("the staff issuers' keys have changed"),
                Some(Err(error)) => tracing::warn!(%error, "the staff issuers' files are refused"),
                None => {}
            }
            files
        });
        files = looked.await.expect("looking at files does not panic");
    }
}

/// How often the gauges follow the engine.
const GAUGES_INTERVAL: Duration = Duration::from_millis(500);

pub(super) async fn gauges(counting: Arc<Counting>) {
    let mut tick = tokio::time::interval(GAUGES_INTERVAL);
    loop {
        tick.tick().await;
        metrics::queue_ballots(counting.queued());
    }
}
