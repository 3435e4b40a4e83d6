//! A public transparency log: one append-only Merkle tree as static files in the C2SP formats, so that
//! anybody's tools can read and watch it.
//!
//! Knows neither polls nor files on disk: what is logged is bytes, and [`offline`] works on a copy of
//! the files.
//!
//! - [`merkle`]: the tree of RFC 6962, its proofs (RFC 9162, sections 2.1.3 and 2.1.4);
//! - [`note`]: a text signed with Ed25519 (C2SP signed-note);
//! - [`checkpoint`]: size and root of the tree, signed (C2SP tlog-checkpoint);
//! - [`tile`]: names and bytes of the files that hold hashes and entries (C2SP tlog-tiles);
//! - [`proof`]: that one entry is in the log, as a text (C2SP tlog-proof);
//! - [`offline`]: checking a copy, a proof, or two checkpoints.

pub mod checkpoint;
pub mod merkle;
pub mod note;
pub mod offline;
pub mod proof;
pub mod tile;

#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use merkle::Hash;
pub use note::{NoteError, VerifierKey};
pub use offline::{
    OfflineError, ProofChecked, Verified, is_root_of, named_by, verify_consistency,
    verify_consistency_in, verify_folder, verify_folder_under, verify_proof,
};
