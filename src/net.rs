//! What all listeners share: TLS, and what is going on in a connection.

pub(crate) mod activity;
pub mod tls;

/// What a listener serves: the services of the public one are put together from two edges.
pub type Router = axum::Router;
