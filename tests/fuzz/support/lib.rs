//! What the fuzz targets share: oracles that know nothing of the code under test, and an engine to
//! talk to.
//!
//! A target is not only "no crash": each says what must hold of any input. The targets are in
//! `targets/`, the inputs to begin with in `corpus/`; `seeds` makes these, `deploy/fuzz.sh` runs
//! everything.

pub mod answers;
pub mod book;
pub mod duty;
pub mod home;
pub mod issuers;
pub mod json;
pub mod moves;
pub mod profile;
pub mod stand_ins;
pub mod tables;
pub mod wire;
pub mod world;

/// A folder for the files of one process. It outlives the process: whoever starts it names the
/// place (TMPDIR) and clears it.
///
/// # Panics
/// When no folder can be made.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Takes the first byte off, as a number below `bound`.
pub fn choice(data: &mut &[u8], bound: usize) -> usize {
    let Some((first, rest)) = data.split_first() else { return 0 };
    *data = rest;
    usize::from(*first) % bound
}

/// The bytes with up to eight changes, each of four bytes of `edits`: two say where, one how, one
/// what.
pub fn edited(bytes: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut edited = bytes.to_vec();
    for edit in edits.chunks_exact(4).take(8) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % (edited.len() + 1);
        match edit[2] % 5 {
            0 => edited.insert(at, edit[3]),
            1 if at < edited.len() => edited[at] = edit[3],
            2 if at < edited.len() => drop(edited.remove(at)),
            3 => edited.truncate(at),
            // What many readers skip.
            4 => edited.insert(at, b" \n\t\r"[usize::from(edit[3]) % 4]),
            _ => {}
        }
    }
    edited
}
