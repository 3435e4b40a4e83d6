//! The folder of a trial: a test issuer of voters, a test issuer of staff, and the configuration of
//! an engine that trusts both.
//!
//! `holos trial` and `holos issuer try` make the same one, so that either goes on where the other
//! stopped. All secret keys lie in it: never for a real poll.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::Value;

use super::ports::Ports;
use crate::cli::staff::trial as staff;
use crate::count::authenticate::issuers::{IssuerConfig, JwksConfig, VouchedConfig};
use crate::count::authenticate::mint::{Claims, TestIssuer};
use crate::ground::clock::Clock;
use crate::ground::random;
use crate::keys::files;
use crate::poll::PollId;
use crate::process::config::{Config, Ingest, Listen};

/// The test issuer's id, key and pseudonym key.
pub(in crate::cli) const ISSUER: &str = "test-issuer";
const KEY: &str = "test-1";
const PSEUDONYM_KEY: &str = "test-pseudonyms-1";
/// The subject space of its voters.
pub(in crate::cli) const SPACE: &str = "demo";
/// Seconds for which a voter's token is good.
const TOKEN_SECONDS: i64 = 300;

const CONFIG: &str = "holos.toml";
const ISSUER_SEED: &str = "issuer.seed";
const ISSUER_KEYS: &str = "jwks.json";
const SECRET: &str = "connection.secret";
const BOOTSTRAP: &str = "staff.token";

const HEADER: &str = "\
# A trial engine, made by `holos trial` or `holos issuer try`: no real poll. Whoever reads this folder
# can vote in anybody's name and sign in as anybody.

";

/// Seconds until a ballot is folded and shows in the turnout: whoever tries things out waits for
/// it. A real engine lets more ballots come together first.
const FOLD_DELAY_SECONDS: u32 = 1;

/// Such a folder.
pub(in crate::cli) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder, which must not exist, and everything in it.
    pub(in crate::cli) fn create(path: &Path, ports: Ports) -> anyhow::Result<Self> {
        let listen = ports.listen()?;
        new_folder(path)?;
        let folder = Self { path: path.to_owned() };
        staff::make(path)?;
        folder.write(ISSUER_SEED, &random_text())?;
        folder.write(ISSUER_KEYS, &folder.issuer()?.jwks())?;
        folder.write(SECRET, &random_text())?;
        folder.write(BOOTSTRAP, &random_text())?;
        // Apart from the data: a copy of those must not hold the key that opens them.
        new_folder(&folder.file("wrapping"))?;
        folder.write(CONFIG, &format!("{HEADER}{}", config(listen).to_toml()))?;
        Ok(folder)
    }

    /// The folder that [`Self::create`] made.
    pub(in crate::cli) fn open(path: &Path) -> anyhow::Result<Self> {
        let folder = Self { path: path.to_owned() };
        for name in [CONFIG, ISSUER_SEED] {
            if !folder.file(name).is_file() {
                bail!("{}: not a folder of a trial: it has no {name}", path.display());
            }
        }
        Ok(folder)
    }

    /// A file in it.
    pub(in crate::cli) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file that was not there, for its owner only.
    pub(in crate::cli) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        write(&self.file(name), text)
    }

    /// The engine's configuration.
    pub(in crate::cli) fn config(&self) -> anyhow::Result<Config> {
        Config::load(&self.file(CONFIG)).context("the trial's configuration")
    }

    /// Moves the listeners, where these ports were asked for and the folder has others.
    pub(in crate::cli) fn move_to(&self, ports: Ports) -> anyhow::Result<()> {
        if ports.base.is_none() {
            return Ok(());
        }
        let listen = ports.listen()?;
        let path = self.file(CONFIG);
        let mut table: toml::Table = self.read(CONFIG)?.parse().context("the configuration")?;
        table.insert("listen".to_owned(), toml::Value::try_from(listen)?);
        let text = format!("{HEADER}{}", toml::to_string_pretty(&table)?);
        files::replace(&path, text.as_bytes())
            .with_context(|| format!("writing {}", path.display()))
    }

    /// The bootstrap token.
    pub(in crate::cli) fn bootstrap(&self) -> anyhow::Result<String> {
        self.read(BOOTSTRAP)
    }

    /// What the test issuer's backend shows to be vouched for.
    pub(in crate::cli) fn connection_secret(&self) -> anyhow::Result<String> {
        Ok(format!("{ISSUER}.{}", self.read(SECRET)?))
    }

    /// The signer of voters' tokens.
    pub(in crate::cli) fn issuer(&self) -> anyhow::Result<TestIssuer> {
        let seed = blake3::Hash::from_hex(self.read(ISSUER_SEED)?)
            .with_context(|| format!("{ISSUER_SEED}: not 64 hexadecimal digits"))?;
        Ok(TestIssuer::new(ISSUER, KEY, *seed.as_bytes()))
    }

    /// The signer of staff's tokens.
    pub(in crate::cli) fn staff_issuer(&self) -> anyhow::Result<TestIssuer> {
        staff::issuer_in(&self.path)?.context("the folder has no test issuer of staff")
    }

    fn read(&self, name: &str) -> anyhow::Result<String> {
        let path = self.file(name);
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("{}: cannot be read", path.display()))?;
        Ok(text.trim_end().to_owned())
    }
}

/// A voter's token for a poll, good for five minutes.
pub(in crate::cli) fn mint(
    issuer: &TestIssuer,
    poll: PollId,
    voter: &str,
    more: &[(&str, Value)],
) -> String {
    issuer.mint(&Claims {
        audience: &Ingest::default().audience,
        subject: &pseudonym(voter),
        pseudonym_key: PSEUDONYM_KEY,
        poll,
        issued_at: Clock::system().now(),
        lifetime_seconds: TOKEN_SECONDS,
        more,
    })
}

/// What a real issuer makes by HMAC under its pseudonym key from the person's number.
pub(in crate::cli) fn pseudonym(voter: &str) -> [u8; 32] {
    blake3::derive_key("holos test issuer v1 pseudonym", voter.as_bytes())
}

/// Whether an engine of this configuration trusts a test issuer.
pub(in crate::cli) fn is_trial(config: &Config) -> bool {
    config.issuers.iter().any(|issuer| issuer.id == ISSUER)
        || config.staff.issuers.iter().any(|issuer| issuer.id == staff::ISSUER)
}

/// Relative paths: the folder may be moved.
fn config(listen: Listen) -> Config {
    let mut config = Config::on_loopback(
        PathBuf::from("data"),
        PathBuf::from("wrapping/wrapping.key"),
        PathBuf::from(BOOTSTRAP),
    );
    config.listen = listen;
    config.ingest.reflection = true;
    config.staff.reflection = true;
    config.public.reflection = true;
    config.ledger.fold_delay_seconds = FOLD_DELAY_SECONDS;
    config.staff.issuers.push(staff::trusted(PathBuf::from(staff::PUBLIC_FILE)));
    config.issuers.push(IssuerConfig {
        jwks: Some(JwksConfig::file(PathBuf::from(ISSUER_KEYS))),
        vouched: Some(VouchedConfig::by_secret(PathBuf::from(SECRET))),
        ..IssuerConfig::new(ISSUER, SPACE, PSEUDONYM_KEY)
    });
    config
}

/// Makes a folder that was not there, for its owner only.
pub(in crate::cli) fn new_folder(path: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().mode(0o700).create(path);
    made.with_context(|| format!("making {}", path.display()))
}

/// Writes a file of one text that was not there, for its owner only.
pub(in crate::cli) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let line = zeroize::Zeroizing::new(format!("{}\n", text.trim_end()));
    let written: io::Result<()> = files::write_new(path, line.as_bytes());
    written.with_context(|| format!("writing {}", path.display()))
}

/// 32 random bytes as text.
pub(in crate::cli) fn random_text() -> String {
    blake3::Hash::from_bytes(random::bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::cli::start_files;

    const FREE: Ports = Ports { base: Some(0) };

    #[test]
    fn a_trial_is_private_and_its_configuration_starts() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("trial");
        let folder = Folder::create(&path, FREE).unwrap();
        for entry in fs::read_dir(&path).unwrap() {
            let entry = entry.unwrap();
            let expected = if entry.file_type().unwrap().is_dir() { 0o700 } else { 0o600 };
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, expected, "{:?}", entry.path());
        }
        let config = folder.config().unwrap();
        assert!(is_trial(&config));
        assert_eq!(start_files::check(&config), []);
        assert!(Folder::create(&path, FREE).is_err(), "never made over another");
    }

    #[test]
    fn a_trial_can_be_moved_to_other_ports_and_to_another_place() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::create(&home.path().join("trial"), FREE).unwrap();
        let before = folder.config().unwrap();
        folder.move_to(Ports { base: None }).unwrap();
        assert_eq!(folder.config().unwrap().to_toml(), before.to_toml());
        folder.move_to(Ports { base: Some(20_000) }).unwrap();
        let moved = home.path().join("moved");
        fs::rename(home.path().join("trial"), &moved).unwrap();
        let config = Folder::open(&moved).unwrap().config().unwrap();
        assert_eq!(config.listen.admin.port(), 20_003);
        assert_eq!(start_files::check(&config), []);
    }

    #[test]
    fn another_folder_is_no_trial() {
        let home = tempfile::tempdir().unwrap();
        assert!(Folder::open(home.path()).is_err());
        let token = PathBuf::from("staff.token");
        let config = Config::on_loopback("data".into(), "key".into(), token);
        assert!(!is_trial(&config));
    }
}
