//! Engines, staff and backends for the tests, all over real gRPC.

pub mod book;
pub mod folder;
pub mod home;
pub mod people;

pub use book::{Book, heard, seed};
pub use home::Home;
pub use people::{Answered, Backend, Post, Staff, order, reason_of, subject};
