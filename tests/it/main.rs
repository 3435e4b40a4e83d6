//! The one integration-test binary: the engine through its public face, on a real store in a
//! temporary folder.
//!
//! Each module is a family of sentences about behaviour; `support` starts engines and casts ballots
//! over gRPC.

#![allow(
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::single_range_in_vec_init,
    clippy::unwrap_used,
    reason = "a test binary exports nothing, prints its seed, and stops at the first surprise"
)]

mod support;

mod bad_input;
mod counting;
mod crash;
mod custody;
mod dependencies;
mod docs;
mod door;
mod erasure;
mod first_start;
mod forensic;
mod kill;
mod limits;
mod markers;
mod metrics;
mod model;
mod office;
mod procedure;
mod publication;
mod readers;
mod reasons;
mod reflection;
mod rollback;
mod subjects;
mod tls;
mod walk_through;
mod walls;
