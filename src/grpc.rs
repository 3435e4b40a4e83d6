//! The gRPC edge: the wire's vocabulary stops here.
//!
//! Turns messages into values of the engine and outcomes into messages. Decides nothing.

mod audit;
mod ballots;
mod custody;
mod door;
mod feed;
mod fields;
mod incidents;
mod listen;
mod peer;
mod polls;
mod requests;
mod results;
mod serve;
mod server;
mod slow;
mod staff;
mod status;
mod subjects;
mod visitor;

pub use door::Door;
pub use peer::{CertificateUntrusted, Peer};
pub use server::{Health, results_router, serve_ingest, serve_staff};
pub use status::read_shed;
