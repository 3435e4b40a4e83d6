//! What composes the process: configuration, secrets' files, start and stop, timers, telemetry, the
//! threads of readers.

pub mod config;
mod readers;
pub mod secrets;
mod secured;
pub mod server;
pub mod telemetry;
mod timers;
