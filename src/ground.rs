//! What every room stands on: clocks, randomness, bounds, metrics, fault points, followed files.
//!
//! Imports no other room.

pub mod clock;
pub mod faults;
pub(crate) mod follow;
pub mod limits;
pub mod metrics;
pub mod random;
