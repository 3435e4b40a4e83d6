//! The secrets that a start takes up: staff's token, and the key store.
//!
//! Says what may be read and what may be made new; makes nothing itself.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::audit;
use crate::ground::faults::Faults;
use crate::ground::limits;
use crate::keys::files::{self, Unread};
use crate::keys::{Item, KeyEncryption, KeyError, KeyStore};
use crate::poll::{Profile, ProfileError, Profiles};
use crate::store::DataFolder;

/// Why there is no staff token.
#[derive(Debug, thiserror::Error)]
pub enum StaffTokenError {
    /// Its file cannot be read.
    #[error("staff.token_file: the file cannot be read")]
    File(#[source] io::Error),
    /// Others than the owner may read or write the file.
    #[error("staff.token_file: mode is {mode:03o}, not 600 or 400")]
    Exposed {
        /// Its permission bits.
        mode: u32,
    },
    /// What stands in it is no secret.
    #[error(
        "staff.token_file: the token must hold {} to {} bytes of text",
        limits::STAFF_TOKEN_BYTES_MIN,
        limits::STAFF_TOKEN_BYTES_MAX
    )]
    Length,
}

/// Reads staff's token: the file's text, without the white space at its end.
pub(crate) fn staff_token(path: &Path) -> Result<Zeroizing<String>, StaffTokenError> {
    // One more for the newline.
    let bytes = files::read_private(path, limits::STAFF_TOKEN_BYTES_MAX + 1);
    let bytes = bytes.map_err(|unread| match unread {
        Unread::Io(source) => StaffTokenError::File(source),
        Unread::Exposed { mode } => StaffTokenError::Exposed { mode },
    })?;
    let bytes = bytes.ok_or_else(|| StaffTokenError::File(io::ErrorKind::NotFound.into()))?;
    let text = str::from_utf8(&bytes).map_err(|_| StaffTokenError::Length)?.trim_end();
    let bounds = limits::STAFF_TOKEN_BYTES_MIN..=limits::STAFF_TOKEN_BYTES_MAX;
    if !bounds.contains(&text.len()) || bytes.len() > limits::STAFF_TOKEN_BYTES_MAX + 1 {
        return Err(StaffTokenError::Length);
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// Why a procedure's file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ProfileFileError {
    /// It cannot be read.
    #[error("procedure.profile_files[{at}]: the file cannot be read")]
    File {
        /// Its place in the list.
        at: usize,
        /// Why.
        source: io::Error,
    },
    /// What it says breaks a rule.
    #[error("procedure.profile_files[{at}]")]
    Profile {
        /// Its place in the list.
        at: usize,
        /// Which.
        source: ProfileError,
    },
}

/// The procedures that orders can name: ours, and those of these files.
pub(crate) fn profiles(files: &[PathBuf]) -> Result<Profiles, ProfileFileError> {
    let mut profiles = Profiles::builtin();
    for (at, file) in files.iter().enumerate() {
        let mut text = String::new();
        let read = fs::File::open(file)
            .and_then(|file| file.take(limits::INPUT_FILE_BYTES_MAX).read_to_string(&mut text));
        read.map_err(|source| ProfileFileError::File { at, source })?;
        profiles = Profile::from_toml(&text)
            .and_then(|profile| profiles.with(profile))
            .map_err(|source| ProfileFileError::Profile { at, source })?;
    }
    Ok(profiles)
}

/// Opens the key store of a data folder. A new one is made only where neither a database nor an
/// audit log says that there was one: its keys would open nothing of theirs.
pub(super) fn key_store(
    folder: &DataFolder,
    provider: Arc<dyn KeyEncryption>,
    faults: Faults,
) -> Result<KeyStore, KeyError> {
    let at = |source| KeyError::File { item: Item::Folder, source };
    let lived = folder.has_database().map_err(at)? || has_entries(&folder.logs()).map_err(at)?;
    let open = if lived { KeyStore::open_existing } else { KeyStore::open };
    open(&folder.keys(), provider, faults)
}

fn has_entries(logs: &Path) -> io::Result<bool> {
    match fs::metadata(logs.join(audit::FILE_NAME)) {
        Ok(file) => Ok(file.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::provider::FileProvider;
    use std::os::unix::fs::PermissionsExt;

    fn token(bytes: &[u8], mode: u32) -> Result<String, StaffTokenError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        staff_token(&path).map(|token| token.to_string())
    }

    #[test]
    fn a_staff_token_is_its_files_text_without_the_newline() {
        for length in [limits::STAFF_TOKEN_BYTES_MIN, limits::STAFF_TOKEN_BYTES_MAX] {
            let text = "t".repeat(length);
            assert_eq!(token(text.as_bytes(), 0o600).unwrap(), text);
            assert_eq!(token(format!("{text}\n").as_bytes(), 0o400).unwrap(), text);
        }
    }

    #[test]
    fn a_staff_token_that_is_too_short_or_too_long_or_no_text_is_refused() {
        let (least, most) = (limits::STAFF_TOKEN_BYTES_MIN, limits::STAFF_TOKEN_BYTES_MAX);
        let short = [vec![b't'; least - 1], vec![b' '; 100]].concat();
        // What is cut off must not make a good token of a file that is none.
        let cut = [vec![b't'; least], vec![b' '; most], b"more".to_vec()].concat();
        for bad in
            [vec![], short, cut, vec![b't'; most + 1], vec![b't'; most + 2], vec![0xff; least]]
        {
            assert!(matches!(token(&bad, 0o600), Err(StaffTokenError::Length)));
        }
        let nowhere = staff_token(Path::new("/none/token")).unwrap_err();
        assert!(matches!(nowhere, StaffTokenError::File(_)));
    }

    #[test]
    fn a_staff_token_that_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o644, 0o620, 0o602] {
            let refused = token(&[b't'; 64], mode).unwrap_err();
            assert!(matches!(refused, StaffTokenError::Exposed { mode: found } if found == mode));
        }
    }

    #[test]
    fn a_lost_key_folder_is_told_by_a_database_or_by_a_log() {
        for lost_beside in ["db/CURRENT", "log/audit.log"] {
            let home = tempfile::tempdir().unwrap();
            let data = home.path().join("data");
            let folder = DataFolder::open(&data).unwrap();
            let provider = Arc::new(FileProvider::new(&home.path().join("wrapping.key")));
            let open = || key_store(&folder, provider.clone(), Faults::none());
            let path = data.join(lost_beside);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, b"x").unwrap();
            let refused = open().err().unwrap();
            assert!(matches!(refused, KeyError::Missing { item: Item::Folder }), "{lost_beside}");
            assert!(!folder.keys().exists());
            fs::remove_file(&path).unwrap();
            open().unwrap();
            fs::write(&path, b"x").unwrap();
            open().unwrap();
        }
    }

    #[test]
    fn an_empty_log_is_none() {
        let home = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&home.path().join("data")).unwrap();
        fs::create_dir_all(folder.logs()).unwrap();
        fs::create_dir_all(folder.database()).unwrap();
        fs::write(folder.logs().join(audit::FILE_NAME), b"").unwrap();
        let provider = Arc::new(FileProvider::new(&home.path().join("wrapping.key")));
        key_store(&folder, provider, Faults::none()).unwrap();
    }
}
