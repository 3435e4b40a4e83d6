//! The engine that the demo embeds: its folder, its credentials, its configuration.
//!
//! The engine is the one of `holos serve`, behind its four listeners; the demo reaches it through
//! these only.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::cli::staff::trial;
use crate::cli::trial::folder::{new_folder, random_text, write};
use crate::count::authenticate::issuers::{IssuerConfig, IssuerKeyConfig, VouchedConfig};
use crate::count::authenticate::mint::TestIssuer;
use crate::ground::random;
use crate::process::config::{Config, WRAPPING_KEY_FILE};
use crate::process::server::{self, Running};

/// The issuer of the demo: it vouches for its connections and signs tokens.
const ISSUER: &str = "demo-backend";
/// The issuer's one key.
const KEY: &str = "demo-key";
/// The pseudonym key of the demo's subjects.
pub(super) const PSEUDONYM_KEY: &str = "demo";
/// The audience of the embedded engine.
pub(super) const AUDIENCE: &str = "holos";

/// A running engine and what its clients need.
pub(super) struct Host {
    /// The engine. Declared before the folder, so that it is gone before its folder is.
    pub(super) running: Running,
    /// The bootstrap token of the staff register.
    pub(super) bootstrap_token: String,
    /// The seed of the key that signs staff tokens.
    pub(super) office_seed: [u8; 32],
    /// What a vouched connection shows: `<issuer>.<secret>`.
    pub(super) connection_secret: String,
    /// Signs the voters' tokens.
    pub(super) issuer: Arc<TestIssuer>,
    /// Where the engine keeps its data.
    pub(super) folder: Folder,
}

impl Host {
    /// Starts an engine on free ports of loopback that folds every `fold_ballots` ballots.
    pub(super) async fn start(
        data: Option<&Path>,
        seed: u64,
        subject_space: &str,
        fold_ballots: u64,
    ) -> anyhow::Result<Self> {
        let folder = Folder::new(data)?;
        let wrapping_key = folder.path().join(WRAPPING_KEY_FILE);
        let credentials = folder.path().join("demo");
        new_folder(&credentials)?;
        let write = |name: &str, text: &str| -> anyhow::Result<PathBuf> {
            let path = credentials.join(name);
            write(&path, text)?;
            Ok(path)
        };

        let office_seed = blake3::derive_key("holos demo v1 office key", &random::bytes::<32>());
        let office_key = write("office.pem", &trial::issuer(office_seed).public_key_pem())?;
        let (bootstrap_token, secret) = (random_text(), random_text());
        let staff_token_file = write("staff.token", &bootstrap_token)?;
        let secret_file = write("connection.secret", &secret)?;
        let key_seed = blake3::derive_key("holos demo v1 issuer key", &seed.to_le_bytes());
        let issuer = Arc::new(TestIssuer::new(ISSUER, KEY, key_seed));
        let public_key_file = write("issuer.pem", &issuer.public_key_pem())?;

        let mut config =
            Config::on_loopback(folder.path().to_owned(), wrapping_key, staff_token_file);
        AUDIENCE.clone_into(&mut config.ingest.audience);
        config.ingest.reflection = true;
        config.ledger.fold_ballots = fold_ballots;
        config.staff.issuers.push(trial::trusted(office_key));
        config.issuers.push(IssuerConfig {
            vouched: Some(VouchedConfig::by_secret(secret_file)),
            keys: vec![IssuerKeyConfig { kid: KEY.to_owned(), public_key_file }],
            ..IssuerConfig::new(ISSUER, subject_space, PSEUDONYM_KEY)
        });
        let running = server::start(config).await.context("starting the engine")?;
        let connection_secret = format!("{ISSUER}.{secret}");
        Ok(Self { running, bootstrap_token, office_seed, connection_secret, issuer, folder })
    }
}

/// The engine's data folder; a temporary one is removed when this is dropped.
pub(super) struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    /// The folder `data`, new or empty, or a temporary one.
    fn new(data: Option<&Path>) -> anyhow::Result<Self> {
        let Some(data) = data else {
            let path = std::env::temp_dir().join(format!("holos-demo-{}", &random_text()[..16]));
            new_folder(&path)?;
            return Ok(Self { path, temporary: true });
        };
        if data.exists() {
            let mut entries =
                fs::read_dir(data).with_context(|| format!("reading {}", data.display()))?;
            if entries.next().is_some() {
                bail!("{}: the folder must not exist or be empty", data.display());
            }
        } else {
            new_folder(data)?;
        }
        Ok(Self { path: data.to_owned(), temporary: false })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it will be removed.
    pub(super) fn is_temporary(&self) -> bool {
        self.temporary
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed stays for the system's own cleaning; the demo's answer does
            // not depend on it.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_temporary_folder_is_private_and_goes_with_its_owner() {
        let folder = Folder::new(None).unwrap();
        let path = folder.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_with_something_in_it_is_refused_and_left_as_it_is() {
        let folder = Folder::new(None).unwrap();
        write(&folder.path().join("mine"), "text").unwrap();
        assert!(Folder::new(Some(folder.path())).is_err());
        assert!(folder.path().join("mine").exists());
    }

    #[test]
    fn a_named_folder_is_kept() {
        let parent = Folder::new(None).unwrap();
        let path = parent.path().join("data");
        drop(Folder::new(Some(&path)).unwrap());
        assert!(path.exists());
    }
}
