//! A data folder with its configuration: an engine's home over several lives.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holos::count::authenticate::issuers::{IssuerConfig, IssuerKeyConfig, VouchedConfig};
use holos::count::authenticate::mint::TestIssuer;
use holos::fsck::{Finding, audit};
use holos::ground::clock::Clock;
use holos::ground::faults::Faults;
use holos::keys::KeyEncryption;
use holos::process::config::Config;
use holos::process::server::{self, Running, StartError};
use holos::staff::{StaffIssuerConfig, StaffKeyConfig};
use holos::store::DataFolder;
use tempfile::TempDir;

/// The bootstrap token of every test engine.
pub const STAFF_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The connection secret of the two vouching backends.
pub const SECRET: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
/// The subject space of every issuer but `stranger`.
pub const SPACE: &str = "citizens";

/// The pseudonym key of every issuer.
pub const PSEUDONYM_KEY: &str = "citizens-1";

/// A folder where an engine lives, dies and lives again.
pub struct Home {
    folder: TempDir,
    pub config: Config,
}

impl Home {
    /// A new home: issuers `app` and `mirror` vouch, `wallet` signs, `stranger` vouches for another
    /// subject space.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            path
        };
        let staff = write("staff.token", STAFF_TOKEN);
        let secret = write("secret", SECRET);
        let key = write("wallet.pem", &wallet().public_key_pem());
        let second_key = write("wallet2.pem", &second_wallet().public_key_pem());
        let key_of =
            |kid: &str, file| IssuerKeyConfig { kid: kid.to_owned(), public_key_file: file };
        let vouched = |id: &str, space: &str| IssuerConfig {
            vouched: Some(VouchedConfig::by_secret(secret.clone())),
            ..IssuerConfig::new(id, space, PSEUDONYM_KEY)
        };
        let data = folder.path().join("data");
        let office_key = write("office.pem", &office().public_key_pem());
        let profile = write("any.toml", include_str!("any.toml"));
        let mut config = Config::on_loopback(data, folder.path().join("wrapping.key"), staff);
        config.staff.issuers = vec![StaffIssuerConfig {
            keys: vec![StaffKeyConfig { kid: "k1".to_owned(), public_key_file: office_key }],
            ..StaffIssuerConfig::new("office")
        }];
        config.procedure.profile_files = vec![profile];
        // As k is: most polls here are small.
        config.publication.ballots_apart = 10;
        config.issuers = vec![
            vouched("app", SPACE),
            vouched("mirror", SPACE),
            vouched("stranger", "elsewhere"),
            IssuerConfig {
                keys: vec![key_of("k1", key), key_of("second", second_key)],
                ..IssuerConfig::new("wallet", SPACE, PSEUDONYM_KEY)
            },
        ];
        Self { folder, config }
    }

    /// Everything the engine and the test wrote.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The engine's data folder.
    pub fn data(&self) -> PathBuf {
        self.config.data_dir.clone()
    }

    /// Starts the engine.
    pub async fn start(&self) -> Running {
        self.try_start(Clock::system(), Faults::none()).await.unwrap()
    }

    /// Starts the engine with a clock and faults of the test's choice.
    pub async fn try_start(&self, clock: Clock, faults: Faults) -> Result<Running, StartError> {
        server::start_with(self.config.clone(), clock, faults).await
    }

    /// The keys that wrap the key store's root key.
    pub fn provider(&self) -> Arc<dyn KeyEncryption> {
        self.config.key_source().provider().unwrap()
    }

    /// What the independent auditor finds; empty when all holds.
    pub fn findings(&self) -> Vec<Finding> {
        let folder = DataFolder::open_existing(&self.data()).unwrap();
        audit(&folder, None, &*self.provider()).unwrap()
    }

    /// Fails the test when the auditor finds anything.
    pub fn assert_sound(&self) {
        let findings = self.findings();
        assert!(findings.is_empty(), "fsck: {findings:?}");
    }
}

/// The issuer of staff's tokens.
pub fn office() -> TestIssuer {
    TestIssuer::new("office", "k1", [44; 32])
}

/// The issuer of signed tokens.
pub fn wallet() -> TestIssuer {
    TestIssuer::new("wallet", "k1", [42; 32])
}

/// The same issuer under its second key.
pub fn second_wallet() -> TestIssuer {
    TestIssuer::new("wallet", "second", [43; 32])
}

/// Ends an engine the hard way: nothing is folded or flushed, as when its process is killed.
pub async fn kill(running: Running) {
    running.abort().await;
}
