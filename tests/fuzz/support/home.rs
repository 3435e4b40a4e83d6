//! Where an engine lives.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use holos::count::authenticate::issuers::{IssuerConfig, IssuerKeyConfig, VouchedConfig};
use holos::count::authenticate::mint::TestIssuer;
use holos::process::config::Config;
use holos::ground::limits::GRACE_SECONDS_MAX;
use holos::staff::{StaffIssuerConfig, StaffKeyConfig};
use tempfile::TempDir;

use crate::duty::office;

/// The bootstrap token.
pub const STAFF_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The connection secret of every issuer that vouches.
pub const SECRET: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
/// The issuers that vouch, in the order in which inputs name them; the last is of another space,
/// the one before may lose its key.
pub const VOUCHED: [&str; 3] = ["app", "spare", "stranger"];
/// A procedure without a consent, with every mode of publication.
pub const ANY_PROFILE: &str = include_str!("../../it/support/any.toml");

/// The folder and the configuration of an engine.
pub struct Home {
    _folder: TempDir,
    /// What it is started with.
    pub config: Config,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    /// A new one.
    ///
    /// # Panics
    /// When no file can be written.
    pub fn new() -> Self {
        let folder = crate::folder();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file can be written");
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("and hidden");
            path
        };
        let secret_file = write("secret", SECRET);
        let pem = TestIssuer::new("wallet", "k1", [42; 32]).public_key_pem();
        let key = IssuerKeyConfig { kid: "k1".to_owned(), public_key_file: write("key", &pem) };
        let staff = write("staff", STAFF_TOKEN);
        let office = write("office", &office().public_key_pem());
        let profile = write("any.toml", ANY_PROFILE);
        let path = |name: &str| folder.path().join(name);
        let mut config = Config::on_loopback(path("data"), path("wrapping"), staff);
        config.staff.issuers = vec![StaffIssuerConfig {
            keys: vec![StaffKeyConfig { kid: "k1".to_owned(), public_key_file: office }],
            ..StaffIssuerConfig::new("office")
        }];
        config.procedure.profile_files = vec![profile];
        // What cannot be undone waits for no clock here, and polls are erased by people only: an
        // input does not say when the engine's timers run.
        config.procedure.hold_seconds = 0;
        config.erasure.hold_seconds = 0;
        config.erasure.grace_seconds = GRACE_SECONDS_MAX;
        // As k is: the polls here are small.
        config.publication.ballots_apart = 10;
        let vouched = |id: &&str| {
            let space = if *id == "stranger" { "elsewhere" } else { "citizens" };
            let own =
                VouchedConfig { may_ask: true, ..VouchedConfig::by_secret(secret_file.clone()) };
            IssuerConfig { vouched: Some(own), ..IssuerConfig::new(id, space, "citizens-1") }
        };
        config.issuers = VOUCHED.iter().map(vouched).collect();
        let wallet = IssuerConfig::new("wallet", "citizens", "citizens-1");
        config.issuers.push(IssuerConfig { keys: vec![key], ..wallet });
        Self { _folder: folder, config }
    }
}
