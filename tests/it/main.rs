//! The one integration-test binary: the engine through its public face, on a real store in a
//! temporary folder.
//!
//! Each module is a family of sentences about behaviour; `support` starts engines and casts ballots
//! over gRPC.

#![allow(unreachable_pub, reason = "a test binary exports nothing")]

mod support;

mod bad_input;
mod counting;
mod crash;
mod forensic;
mod kill;
mod model;
mod rollback;
