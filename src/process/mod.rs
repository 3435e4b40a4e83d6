//! What the process needs around the engine: configuration, bounds, clocks, randomness, metrics,
//! start and stop.

pub(crate) mod activity;
pub mod clock;
pub mod config;
pub mod faults;
pub(crate) mod follow;
pub mod limits;
pub mod metrics;
pub mod random;
mod readers;
pub mod secrets;
pub mod server;
pub mod telemetry;
mod timers;
pub mod tls;
