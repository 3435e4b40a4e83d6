//! The HTTP edge: published results for everybody, health and metrics for the operator.
//!
//! Only here is axum. Nothing here takes a ballot or knows a voter; what it shows, the engine has
//! released already.

pub use crate::net::Router;

pub mod admin;
mod pages;
pub mod public;
pub mod serve;

#[cfg(test)]
mod client;
