//! The public log on disk: static files as they are served, and the order in which they change.
//!
//! Does not decide what becomes public, and does not hold the time. One process writes a folder.
//!
//! An entry becomes public in these steps, each durable before the next:
//!
//! 1. [`PublicLog::append`]: the bundles, then the tiles of hashes, at the right edge; each file
//!    whole or not there. No file that the checkpoint needs is changed: the edge is written under
//!    its new width. Crash: what lies past the checkpoint was never served, and the next open drops
//!    it (removes it), unless step 2 was done.
//! 2. The caller's: an audit entry with the new size and root. Crash: the next open is told of them
//!    (`known`), finds all files of step 1 there, adopts them and does step 3.
//! 3. [`PublicLog::publish`]: the signed checkpoint, replaced whole. Crash before: as above. Crash
//!    after: the entries are public. From now on the new files are served.
//! 4. Narrower tiles that a full one of the checkpoint holds too are removed. Crash: the next open
//!    does it.
//!
//! So at every moment the checkpoint's files are all there, and no checkpoint is signed that does
//! not continue the one before, or what the audit log states. After a failed write nothing more is
//! written until the log is opened again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::{fs, io};

use ed25519_dalek::SigningKey;

use crate::ground::faults::InjectedFault;
use crate::keys::files;
use holos_tlog::checkpoint::Checkpoint;
use holos_tlog::merkle::{Hash, Tree, leaf_hash};
use holos_tlog::note::{NOTE_BYTES_MAX, VerifierKey};
use holos_tlog::offline::{self, CHECKPOINT, OfflineError};
use holos_tlog::proof::Proof;
use holos_tlog::tile::{Content, ENTRY_BYTES_MAX, TILE_WIDTH, Tile, decode_bundle, encode_bundle};

/// Characters of an origin, most: it stands in every checkpoint.
pub const ORIGIN_CHARS_MAX: usize = 200;

/// Why the public log is refused, or does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum PublicLogError {
    /// A file cannot be written.
    #[error("public log")]
    File(#[from] io::Error),
    /// The origin cannot be one.
    #[error("origin of the public log: 1 to 200 characters, no white space, no plus sign")]
    Origin,
    /// The files do not hold together, or not under this key.
    #[error("public log broken")]
    Broken(#[from] OfflineError),
    /// An older or another log was put back: it does not begin with the tree that is known.
    #[error("public log rolled back: it does not begin with the tree that the audit log states")]
    RolledBack,
    /// An entry has more than [`ENTRY_BYTES_MAX`] bytes; nothing was written.
    #[error("entry of the public log too long")]
    TooLong,
    /// No public entry has this number.
    #[error("no such entry in the public log")]
    NotThere,
    /// A test made the write fail.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
    /// An earlier write failed: what the files hold is unknown until a restart.
    #[error("public log stopped after a failed write")]
    Stopped,
}

/// What the next checkpoint will state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// How many entries there will be.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// Number of the first that was appended.
    pub first_index: u64,
}

/// A file as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticFile {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether these bytes are all that this path will ever hold, so that caches may keep them: true
    /// of all tiles, as a wider one has another path; false of the checkpoint.
    pub immutable: bool,
}

/// The open log. [`Self::size`], [`Self::checkpoint`] and [`Self::file`] never wait for a write; the
/// others do, so that they belong on a thread that may block.
pub struct PublicLog {
    folder: PathBuf,
    key: SigningKey,
    /// What the world may see. Held for a moment only, so that readers never wait for the disk.
    public: Mutex<Arc<Public>>,
    log: Mutex<Log>,
}

struct Public {
    checkpoint: Checkpoint,
    note: String,
}

/// All entries, those that are not public yet included.
#[derive(Default)]
struct Log {
    tree: Tree,
    /// The first entry that has this hash.
    by_leaf: HashMap<Hash, u64>,
    stopped: bool,
}

impl Log {
    fn push(&mut self, entry: &[u8]) {
        let leaf = leaf_hash(entry);
        self.by_leaf.entry(leaf).or_insert(self.tree.size());
        self.tree.push(leaf);
    }
}

impl PublicLog {
    /// Opens the log in `folder`, made with an empty checkpoint if there is none.
    ///
    /// Computes the tree from the bundles, and checks the checkpoint and every tile against it.
    /// `known` is a size and root that the audit log states: what it covers is part of the log, and
    /// is published if it was not; what lies past it and the checkpoint is removed.
    ///
    /// # Errors
    /// [`PublicLogError::RolledBack`], [`PublicLogError::Broken`]: the log must not be served.
    /// [`PublicLogError::Origin`], [`PublicLogError::File`].
    pub fn open(
        folder: &Path,
        origin: &str,
        key: SigningKey,
        known: Option<(u64, Hash)>,
    ) -> Result<Self, PublicLogError> {
        let verifier = verifier(origin, &key).ok_or(PublicLogError::Origin)?;
        files::make_folder(folder)?;
        let stated = stated(folder, &verifier)?;
        let published = stated.as_ref().map_or(0, |stated| stated.size);
        let size = known.map_or(0, |(size, _)| size).max(published);
        let mut log = Log::default();
        match offline::read_tree(folder, size, |entry| log.push(entry)) {
            Ok(_) => {}
            Err(OfflineError::Missing { .. }) if size > published => {
                return Err(PublicLogError::RolledBack);
            }
            Err(error) => return Err(error.into()),
        }
        if stated.as_ref().is_some_and(|stated| log.tree.root(published) != Some(stated.root)) {
            return Err(OfflineError::Root.into());
        }
        if known.is_some_and(|(size, root)| log.tree.root(size) != Some(root)) {
            return Err(PublicLogError::RolledBack);
        }
        offline::check_tiles(folder, &log.tree)?;
        remove_past(folder, size)?;
        let root = log.tree.root(size).expect("the tree has this size");
        let checkpoint = Checkpoint { origin: origin.to_owned(), size, root };
        let signed = checkpoint.sign(&key);
        if stated.is_none() || size > published {
            files::replace(&folder.join(CHECKPOINT), signed.as_bytes())?;
        }
        remove_narrower(folder, 0, size)?;
        let public = Mutex::new(Arc::new(Public { checkpoint, note: signed }));
        Ok(Self { folder: folder.to_owned(), key, public, log: Mutex::new(log) })
    }

    /// Writes the entries past the checkpoint, durable on return, but not public: says what the next
    /// checkpoint will state. Without entries, what it would state now. Blocks for the disk.
    ///
    /// # Errors
    /// [`PublicLogError::TooLong`], [`PublicLogError::Broken`]: nothing was written. Any other: the
    /// log takes nothing more until it is opened again.
    pub fn append(&self, entries: &[Vec<u8>]) -> Result<Appended, PublicLogError> {
        if entries.iter().any(|entry| entry.len() > ENTRY_BYTES_MAX) {
            return Err(PublicLogError::TooLong);
        }
        let mut log = self.writable()?;
        let first_index = log.tree.size();
        let edge = self.edge(&log.tree)?;
        log.stopped = true;
        entries.iter().for_each(|entry| log.push(entry));
        for (tile, bytes) in writes(&log.tree, first_index, &edge, entries) {
            write(&self.folder, &tile, &bytes)?;
        }
        log.stopped = false;
        let size = log.tree.size();
        let root = log.tree.root(size).expect("the tree has this size");
        Ok(Appended { size, root, first_index })
    }

    /// Signs and replaces the checkpoint: all that was appended is public on return. Blocks for the
    /// disk.
    ///
    /// # Errors
    /// [`PublicLogError::Stopped`], [`PublicLogError::File`]: whether it is public is known when the
    /// log is opened again.
    pub fn publish(&self) -> Result<Checkpoint, PublicLogError> {
        let mut log = self.writable()?;
        let public = self.public();
        let (before, size) = (public.checkpoint.size, log.tree.size());
        if size == before {
            return Ok(public.checkpoint.clone());
        }
        log.stopped = true;
        let root = log.tree.root(size).expect("the tree has this size");
        let checkpoint = Checkpoint { origin: public.checkpoint.origin.clone(), size, root };
        let note = checkpoint.sign(&self.key);
        files::replace(&self.folder.join(CHECKPOINT), note.as_bytes())?;
        let now = Public { checkpoint: checkpoint.clone(), note };
        *self.public.lock().expect("nothing panics under this lock") = Arc::new(now);
        remove_narrower(&self.folder, before, size)?;
        log.stopped = false;
        Ok(checkpoint)
    }

    /// How many entries are public.
    pub fn size(&self) -> u64 {
        self.public().checkpoint.size
    }

    /// The signed checkpoint.
    pub fn checkpoint(&self) -> String {
        self.public().note.clone()
    }

    /// The log's verifier key, as text: name, id and key.
    pub fn vkey(&self) -> String {
        let public = self.public();
        let key = verifier(&public.checkpoint.origin, &self.key);
        key.expect("the origin was checked when the log was opened").to_string()
    }

    /// A public entry, as it was appended.
    ///
    /// # Errors
    /// [`PublicLogError::NotThere`]; [`PublicLogError::Broken`] if its file is not what it was.
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, PublicLogError> {
        let log = self.log();
        let size = self.size();
        if index >= size {
            return Err(PublicLogError::NotThere);
        }
        let tile = bundle(index, size);
        let place = usize::try_from(index % TILE_WIDTH).expect("below 256");
        let mut entries = self.bundle(&tile, &log.tree)?;
        Ok(entries.swap_remove(place))
    }

    /// Where an entry with these bytes is, the first if there are several; also one that is appended
    /// but not public yet, whose number is past [`Self::size`].
    pub fn find(&self, entry: &[u8]) -> Option<u64> {
        self.log().by_leaf.get(&leaf_hash(entry)).copied()
    }

    /// The proof that a public entry is in the log, as a text against the current checkpoint
    /// ([`holos_tlog::proof`]).
    ///
    /// # Errors
    /// [`PublicLogError::NotThere`].
    pub fn prove(&self, index: u64) -> Result<String, PublicLogError> {
        let (log, public) = (self.log(), self.public());
        let hashes = log.tree.prove_inclusion(index, public.checkpoint.size);
        let hashes = hashes.ok_or(PublicLogError::NotThere)?;
        Ok(Proof { index, hashes, checkpoint: public.note.clone() }.to_text())
    }

    /// The proof that the log at `old` entries is a prefix of the public one
    /// ([`holos_tlog::verify_consistency`]).
    ///
    /// # Errors
    /// [`PublicLogError::NotThere`] if it never had so many.
    pub fn prove_consistency(&self, old: u64) -> Result<Vec<Hash>, PublicLogError> {
        let (log, size) = (self.log(), self.size());
        log.tree.prove_consistency(old, size).ok_or(PublicLogError::NotThere)
    }

    /// A public file by its path below the log: `checkpoint`, `tile/...`. Only names that the log
    /// itself would print are looked up, so that no path leads out of the folder or past the
    /// checkpoint.
    pub fn file(&self, path: &str) -> Option<StaticFile> {
        let public = self.public();
        if path == CHECKPOINT {
            return Some(StaticFile { bytes: public.note.clone().into_bytes(), immutable: false });
        }
        let tile = Tile::parse(path)?;
        if !offline::is_within(&tile, public.checkpoint.size) {
            return None;
        }
        let bytes = fs::read(self.folder.join(tile.path())).ok()?;
        Some(StaticFile { bytes, immutable: true })
    }

    /// The entries of the bundle at the right edge; none if the last one is full.
    fn edge(&self, tree: &Tree) -> Result<Vec<Vec<u8>>, OfflineError> {
        match tree.size() {
            size if size % TILE_WIDTH == 0 => Ok(Vec::new()),
            size => self.bundle(&bundle(size, size), tree),
        }
    }

    /// The entries of a bundle, checked against the tree.
    fn bundle(&self, tile: &Tile, tree: &Tree) -> Result<Vec<Vec<u8>>, OfflineError> {
        let bytes = offline::read_tile(&self.folder, tile)?;
        let entries = decode_bundle(&bytes).filter(|_| tile.is_of(tree, &bytes));
        let entries = entries.ok_or_else(|| OfflineError::Differs { path: tile.path() })?;
        Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
    }

    fn public(&self) -> Arc<Public> {
        Arc::clone(&self.public.lock().expect("nothing panics under this lock"))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("nothing panics under this lock")
    }

    fn writable(&self) -> Result<MutexGuard<'_, Log>, PublicLogError> {
        let log = self.log();
        if log.stopped { Err(PublicLogError::Stopped) } else { Ok(log) }
    }
}

/// The key as others know it; `None` if the origin cannot be one.
fn verifier(origin: &str, key: &SigningKey) -> Option<VerifierKey> {
    let is_short = origin.chars().nth(ORIGIN_CHARS_MAX).is_none();
    VerifierKey::new(origin, key.verifying_key()).filter(|_| is_short)
}

/// The checkpoint that is there; `None` in a new folder. Tiles without one are no log's: it is
/// written before the first of them.
fn stated(folder: &Path, key: &VerifierKey) -> Result<Option<Checkpoint>, OfflineError> {
    match offline::read_file(folder, CHECKPOINT, NOTE_BYTES_MAX)? {
        Some(note) => Ok(Some(Checkpoint::open(&note, key)?)),
        None if offline::files_below(folder)?.iter().any(|path| Tile::parse(path).is_some()) => {
            Err(OfflineError::Missing { path: CHECKPOINT.to_owned() })
        }
        None => Ok(None),
    }
}

/// The bundle of a log of `size` entries that holds entry `index`, or would.
fn bundle(index: u64, size: u64) -> Tile {
    let index = index / TILE_WIDTH;
    let width = (size - index * TILE_WIDTH).min(TILE_WIDTH);
    Tile { content: Content::Entries, index, width }
}

/// The files that `entries` make, from number `first` on, in the order in which they are written;
/// `edge` are those before them in the first one's bundle.
fn writes(tree: &Tree, first: u64, edge: &[Vec<u8>], entries: &[Vec<u8>]) -> Vec<(Tile, Vec<u8>)> {
    let mut left = edge.iter().chain(entries).map(Vec::as_slice);
    let with_bytes = |tile: Tile| {
        let bytes = tile.encode_hashes(tree).unwrap_or_else(|| {
            let width = usize::try_from(tile.width).expect("at most 256");
            encode_bundle(left.by_ref().take(width))
        });
        (tile, bytes)
    };
    Tile::all(first, tree.size()).map(with_bytes).collect()
}

fn write(folder: &Path, tile: &Tile, bytes: &[u8]) -> io::Result<()> {
    let path = tile.path();
    for (end, _) in path.match_indices('/') {
        let above = folder.join(&path[..end]);
        if !above.is_dir() {
            files::make_folder(&above)?;
        }
    }
    files::replace(&folder.join(path), bytes)
}

/// Removes what no checkpoint of `size` entries or fewer has: never served, as no open log was
/// there yet when it was public. And what a crash left unfinished.
fn remove_past(folder: &Path, size: u64) -> io::Result<()> {
    for path in offline::files_below(folder)? {
        let unfinished = Path::new(&path).extension().is_some_and(|e| e == files::UNFINISHED);
        let past = Tile::parse(&path).is_some_and(|tile| !offline::is_within(&tile, size));
        if unfinished || past {
            fs::remove_file(folder.join(&path))?;
            files::sync_parent(&folder.join(&path))?;
        }
    }
    Ok(())
}

/// Removes narrower forms of the tiles that became full between the two sizes.
fn remove_narrower(folder: &Path, before: u64, size: u64) -> io::Result<()> {
    for tile in Tile::all(before, size).filter(Tile::is_full) {
        match fs::remove_dir_all(folder.join(tile.path() + ".p")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
