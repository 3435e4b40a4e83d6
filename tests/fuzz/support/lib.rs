//! What the fuzz targets share: oracles that know nothing of the code under test, and an engine to
//! talk to.
//!
//! A target is not only "no crash": each says what must hold of any input. The targets are in
//! `targets/`, the inputs to begin with in `corpus/`; `seeds` makes them, `deploy/fuzz.sh` runs all.

pub mod book;
pub mod issuers;
pub mod json;
pub mod profile;
pub mod wire;
pub mod world;

use std::path::PathBuf;

/// A folder in memory where there is one: a target writes a file for each input.
///
/// # Panics
/// When no folder can be made.
pub fn folder() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("holos-fuzz").tempdir_in(place).expect("a temporary folder")
}

/// Takes the first byte off, as a number below `bound`.
pub fn choice(data: &mut &[u8], bound: usize) -> usize {
    let Some((first, rest)) = data.split_first() else { return 0 };
    *data = rest;
    usize::from(*first) % bound
}
