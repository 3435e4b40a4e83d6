//! Checking the public log without the engine: a copy of its files, a proof, two checkpoints.
//!
//! All rests on the log's verifier key, which the caller has from elsewhere. That everybody is shown
//! the same log is not seen from one copy: compare checkpoints.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use ed25519_dalek::VerifyingKey;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::merkle::{self, Hash, Tree, leaf_hash};
use super::note::{NOTE_BYTES_MAX, VerifierKey};
use super::proof::{Proof, ProofError};
use super::tile::{Content, TILE_BYTES_MAX, Tile, decode_bundle};

/// The checkpoint's name in the log's folder.
pub const CHECKPOINT: &str = "checkpoint";

/// What does not hold. Names of files are those below the log, never what an entry says.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// A file cannot be read.
    #[error("a file of the log cannot be read")]
    File(#[from] io::Error),
    /// The checkpoint is not this log's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file that the checkpoint needs is not there.
    #[error("{path} is missing")]
    Missing {
        /// Its name.
        path: String,
    },
    /// A file is torn, too long, or does not hold what this tree has there.
    #[error("{path} is not of this log, or damaged")]
    Differs {
        /// Its name.
        path: String,
    },
    /// What is in the files is not what the checkpoint states.
    #[error("the root of the entries is not the one in the checkpoint")]
    Root,
    /// The text is no proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The proof is of another entry, index or tree.
    #[error("the proof does not lead from this entry to the root in the checkpoint")]
    Inclusion,
    /// The older checkpoint has more entries.
    #[error("the older checkpoint has more entries than the newer one")]
    Order,
    /// Entries were changed or taken out between the two.
    #[error("the newer tree does not begin with the older one")]
    Consistency,
}

/// A copy of a log that holds.
#[derive(Debug)]
pub struct Verified {
    /// How many entries the checkpoint has.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// The entries.
    pub entries: Vec<Vec<u8>>,
}

/// A proof that holds.
#[derive(Debug, PartialEq, Eq)]
pub struct ProofChecked {
    /// The entry's number.
    pub index: u64,
    /// How many entries the log had.
    pub size: u64,
    /// Their root.
    pub root: Hash,
}

/// Checks a copy of a log: the checkpoint's signature, that the entries make its root, that every
/// tile is there and is of this tree. What lies past the checkpoint, or is no file of a log, is not
/// looked at.
///
/// # Errors
/// [`OfflineError`]: the first thing that does not hold.
pub fn verify_folder(folder: &Path, key: &VerifierKey) -> Result<Verified, OfflineError> {
    let checkpoint = read_file(folder, CHECKPOINT, NOTE_BYTES_MAX)?;
    let checkpoint = checkpoint.ok_or_else(|| missing(CHECKPOINT.to_owned()))?;
    let Checkpoint { size, root, .. } = Checkpoint::open(&checkpoint, key)?;
    let mut entries = Vec::new();
    let tree = read_tree(folder, size, |entry| entries.push(entry.to_vec()))?;
    if tree.root(size) != Some(root) {
        return Err(OfflineError::Root);
    }
    check_tiles(folder, &tree)?;
    Ok(Verified { size, root, entries })
}

/// As [`verify_folder`], under a key of which only the name is not known: the checkpoint says it.
///
/// # Errors
/// As there.
pub fn verify_folder_under(folder: &Path, key: &VerifyingKey) -> Result<Verified, OfflineError> {
    let checkpoint = read_file(folder, CHECKPOINT, NOTE_BYTES_MAX)?;
    let checkpoint = checkpoint.ok_or_else(|| missing(CHECKPOINT.to_owned()))?;
    verify_folder(folder, &named_by(&checkpoint, key)?)
}

/// Whether the entries in a copy of a log make this root, in a checkpoint or not.
///
/// # Errors
/// [`OfflineError::Missing`], [`OfflineError::Differs`], [`OfflineError::File`].
pub fn is_root_of(folder: &Path, size: u64, root: &Hash) -> Result<bool, OfflineError> {
    let tree = read_tree(folder, size, |_| ())?;
    Ok(tree.root(size) == Some(*root))
}

/// The verifier key of the log whose checkpoint this is, if this is its public key: the first line
/// is the log's origin, which is the key's name.
///
/// # Errors
/// [`OfflineError::Checkpoint`]: the first line is no origin.
pub fn named_by(checkpoint: &[u8], key: &VerifyingKey) -> Result<VerifierKey, OfflineError> {
    let line = checkpoint.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let name = std::str::from_utf8(line).ok();
    let named = name.and_then(|name| VerifierKey::new(name, *key));
    Ok(named.ok_or(CheckpointError::Form)?)
}

/// Checks that a proof ([`super::proof`]) leads from this entry to a checkpoint of the log.
///
/// # Errors
/// [`OfflineError::Proof`], [`OfflineError::Checkpoint`], [`OfflineError::Inclusion`].
pub fn verify_proof(
    text: &[u8],
    entry: &[u8],
    key: &VerifierKey,
) -> Result<ProofChecked, OfflineError> {
    let Proof { index, hashes, checkpoint } = Proof::parse(text)?;
    let Checkpoint { size, root, .. } = Checkpoint::open(checkpoint.as_bytes(), key)?;
    if !merkle::includes(index, size, &leaf_hash(entry), &hashes, &root) {
        return Err(OfflineError::Inclusion);
    }
    Ok(ProofChecked { index, size, root })
}

/// Checks that the log at the checkpoint `new` only added to the log at `old`, by a proof.
///
/// # Errors
/// [`OfflineError::Checkpoint`], [`OfflineError::Order`], [`OfflineError::Consistency`].
pub fn verify_consistency(
    old: &[u8],
    new: &[u8],
    proof: &[Hash],
    key: &VerifierKey,
) -> Result<(), OfflineError> {
    let (old, new) = in_order(old, new, key)?;
    let holds = merkle::extends((old.size, &old.root), (new.size, &new.root), proof);
    if holds { Ok(()) } else { Err(OfflineError::Consistency) }
}

/// As [`verify_consistency`], by the hash tiles of a copy that reaches to `new` at least.
///
/// # Errors
/// As there, and those of the files; [`OfflineError::Root`] if the copy is of another log.
pub fn verify_consistency_in(
    old: &[u8],
    new: &[u8],
    folder: &Path,
    key: &VerifierKey,
) -> Result<(), OfflineError> {
    let (old, new) = in_order(old, new, key)?;
    let mut tree = Tree::default();
    for tile in Tile::all(0, new.size).filter(|tile| tile.content == Content::LEAVES) {
        let bytes = read_tile(folder, &tile)?;
        let (leaves, rest) = bytes.as_chunks();
        if !rest.is_empty() || leaves.len() as u64 != tile.width {
            return Err(differs(&tile));
        }
        leaves.iter().for_each(|&leaf| tree.push(Hash(leaf)));
    }
    if tree.root(new.size) != Some(new.root) {
        return Err(OfflineError::Root);
    }
    let holds = tree.root(old.size) == Some(old.root);
    if holds { Ok(()) } else { Err(OfflineError::Consistency) }
}

fn in_order(
    old: &[u8],
    new: &[u8],
    key: &VerifierKey,
) -> Result<(Checkpoint, Checkpoint), OfflineError> {
    let (old, new) = (Checkpoint::open(old, key)?, Checkpoint::open(new, key)?);
    if old.size <= new.size { Ok((old, new)) } else { Err(OfflineError::Order) }
}

/// The tree over the first `size` entries of the bundles; `each` is given every entry.
pub fn read_tree(
    folder: &Path,
    size: u64,
    mut each: impl FnMut(&[u8]),
) -> Result<Tree, OfflineError> {
    let mut tree = Tree::default();
    for tile in Tile::all(0, size).take_while(|tile| tile.content == Content::Entries) {
        let bytes = read_tile(folder, &tile)?;
        let entries = decode_bundle(&bytes).ok_or_else(|| differs(&tile))?;
        if entries.len() as u64 != tile.width {
            return Err(differs(&tile));
        }
        for entry in entries {
            tree.push(leaf_hash(entry));
            each(entry);
        }
    }
    Ok(tree)
}

/// Checks that all tiles of this tree are there, and that those that are there are of this tree:
/// earlier, narrower ones too.
pub fn check_tiles(folder: &Path, tree: &Tree) -> Result<(), OfflineError> {
    for tile in Tile::all(0, tree.size()) {
        if !tile.is_of(tree, &read_tile(folder, &tile)?) {
            return Err(differs(&tile));
        }
    }
    for path in files_below(folder)? {
        let tile = Tile::parse(&path).filter(|tile| is_within(tile, tree.size()));
        let Some(tile) = tile else { continue };
        let bytes = read_file(folder, &path, TILE_BYTES_MAX)?;
        if !bytes.is_some_and(|bytes| tile.is_of(tree, &bytes)) {
            return Err(differs(&tile));
        }
    }
    Ok(())
}

/// Whether a log of `size` entries has this tile.
pub fn is_within(tile: &Tile, size: u64) -> bool {
    tile.entries_needed().is_some_and(|needed| needed <= size)
}

/// The names of all files below the folder, in no order; of links and what is no text, none.
pub fn files_below(folder: &Path) -> io::Result<Vec<String>> {
    let (mut open, mut found) = (vec![String::new()], Vec::new());
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(folder.join(&below))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// The bytes of a tile. A copy made while the log grew may have the full one in its place.
pub fn read_tile(folder: &Path, tile: &Tile) -> Result<Vec<u8>, OfflineError> {
    if let Some(bytes) = read_file(folder, &tile.path(), TILE_BYTES_MAX)? {
        return Ok(bytes);
    }
    let full = read_file(folder, &tile.full().path(), TILE_BYTES_MAX)?;
    let full = full.ok_or_else(|| missing(tile.path()))?;
    tile.cut(&full).ok_or_else(|| differs(&tile.full()))
}

/// The content of a file of the log, `None` if there is no such file.
pub fn read_file(
    folder: &Path,
    path: &str,
    bytes_max: usize,
) -> Result<Option<Vec<u8>>, OfflineError> {
    let file = match File::open(folder.join(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(OfflineError::Differs { path: path.to_owned() });
    }
    Ok(Some(bytes))
}

fn missing(path: String) -> OfflineError {
    OfflineError::Missing { path }
}

fn differs(tile: &Tile) -> OfflineError {
    OfflineError::Differs { path: tile.path() }
}
