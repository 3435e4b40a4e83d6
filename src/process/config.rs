//! The configuration: one plain struct from one TOML file.
//!
//! Unknown keys are refused, secrets are named by file and never stand in the file itself, so that
//! a configuration can be shown. Relative paths are relative to the file's folder. There are no
//! layers: what the file says, holds.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::count::authenticate::issuers::IssuerConfig;
use crate::ground::limits;
use crate::keys::KeySource;
use crate::keys::provider::Pkcs11Config;
use crate::net::tls::TlsConfig;
use crate::poll::Floors;
use crate::publish::open::Publisher;
use crate::staff::StaffIssuerConfig;

mod rules;

pub use rules::Finding;

/// Name of the wrapping key file in the data folder, when the configuration names none.
pub const WRAPPING_KEY_FILE: &str = "wrapping.key";

/// The configuration of an engine.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of the store, the keys and the audit log; made at the first start. One engine at a
    /// time.
    pub data_dir: PathBuf,
    /// Addresses of the four listeners.
    #[serde(default)]
    pub listen: Listen,
    /// Where the wrapping key is.
    #[serde(default)]
    pub keys: Keys,
    /// Who may run polls.
    pub staff: Staff,
    /// How ballots come in.
    #[serde(default)]
    pub ingest: Ingest,
    /// How results are read.
    #[serde(default)]
    pub public: Public,
    /// Who vouches for voters. Without any, every ballot is refused.
    #[serde(default)]
    pub issuers: Vec<IssuerConfig>,
    /// What is published, and as whose.
    #[serde(default)]
    pub publication: Publication,
    /// How the ledger forgets.
    #[serde(default)]
    pub ledger: Ledger,
    /// When closed polls are erased.
    #[serde(default)]
    pub erasure: Erasure,
    /// How polls are run.
    #[serde(default)]
    pub procedure: Procedure,
    /// What the process says of itself.
    #[serde(default)]
    pub log: Log,
}

/// Addresses of the listeners; port 0 takes a free one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Ballots, gRPC: to mobile-app backends.
    pub ingest: SocketAddr,
    /// Running polls, gRPC: to staff.
    pub staff: SocketAddr,
    /// Published results, HTTP and gRPC: to everybody.
    pub public: SocketAddr,
    /// Health, readiness and metrics, HTTP: to the operator.
    pub admin: SocketAddr,
    /// Allows ingest and staff on an address beyond this machine although they have no `tls`:
    /// credentials and ballots then travel in plain text up to the proxy that adds it.
    pub plaintext_beyond_loopback: bool,
}

impl Default for Listen {
    fn default() -> Self {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            ingest: at(50_051),
            staff: at(50_052),
            public: at(8_080),
            admin: at(9_090),
            plaintext_beyond_loopback: false,
        }
    }
}

/// Where the key is that wraps the key store's root key: one of the three. It belongs to this engine
/// alone, which destroys it when it makes another.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// File with the key: 64 hexadecimal digits, readable by its owner only, in a folder where the
    /// engine may replace it. Best on another device than `data_dir`. Without any of the three:
    /// `wrapping.key` in `data_dir`.
    pub wrapping_key_file: Option<PathBuf>,
    /// Name of the environment variable with the key, 64 hexadecimal digits. While the operator
    /// replaces it, the variable with `_OLD` behind its name holds the key before.
    pub wrapping_key_variable: Option<String>,
    /// A PKCS#11 token in which the key is made and which it never leaves.
    pub pkcs11: Option<Pkcs11Config>,
}

/// Staff access.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// File with the bootstrap token, 32 bytes or more, readable by its owner only. Whoever has it
    /// may register and withdraw staff and nothing else; without it nobody can register the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Who signs the tokens that staff show (OIDC-style).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<StaffIssuerConfig>,
    /// Serves gRPC reflection on the staff listener. Off in production.
    #[serde(default)]
    pub reflection: bool,
    /// TLS of the staff listener. With a `client_ca_file`, only clients with a certificate of it get
    /// as far as showing the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
}

/// The ingest listener.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingest {
    /// Serves gRPC reflection on the ingest listener. Off in production.
    pub reflection: bool,
    /// The `aud` that tokens must carry: this engine's name, 1 to 64 characters.
    pub audience: String,
    /// Most credentials a second over one connection, 1 or more; the others are refused as
    /// `RATE_LIMITED` before any work. No bound unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_rate_per_second: Option<NonZeroU32>,
    /// TLS of the ingest listener. With a `client_ca_file` clients may present a certificate of it,
    /// and need not: a backend whose ballots carry tokens has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
}

impl Default for Ingest {
    fn default() -> Self {
        let audience = "holos".to_owned();
        Self { reflection: false, audience, connection_rate_per_second: None, tls: None }
    }
}

/// The public listener.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Public {
    /// Serves gRPC reflection on the public listener. Off in production.
    pub reflection: bool,
}

/// The ledger.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ledger {
    /// The smallest group of people that may be told apart, 10 or more.
    pub k: u64,
    /// Longest time in seconds from an epoch's first ballot to its fold, 1 to 3,600. While an epoch
    /// lasts, its joint records can be read with its key.
    pub fold_delay_seconds: u32,
    /// Ballots that start a fold earlier, 1,000 to 5,000,000.
    pub fold_ballots: u64,
    /// Longest time in seconds that a group of fewer than k ballots is carried, from
    /// `fold_delay_seconds` to 86,400.
    pub carry_seconds_max: u32,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            k: limits::K_MIN,
            fold_delay_seconds: 30,
            fold_ballots: 500_000,
            carry_seconds_max: 600,
        }
    }
}

/// What is published, and as whose. An order may ask for more than these floors, never for less.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Publication {
    /// Ballots that are in one and not in the other of any two releases of a poll, least; 10 to
    /// 1,000,000.
    pub ballots_apart: u64,
    /// People whom a poll asks, least; 10 to 1,000,000.
    pub eligible_population: u64,
    /// Name of the public log in its checkpoints, an address without its scheme as
    /// `polls.example.gov.ua/log`: 1 to 200 visible ASCII characters without `+`. It never changes.
    /// When nothing is said, a name made from the publication key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_origin: Option<String>,
    /// Who publishes, for the descriptions of open data. Without it only results are served, and no
    /// catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Publisher>,
}

impl Default for Publication {
    fn default() -> Self {
        let Floors { ballots_apart, eligible_population, .. } = Floors::default();
        Self { ballots_apart, eligible_population, log_origin: None, publisher: None }
    }
}

/// Erasure of closed polls.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Erasure {
    /// Seconds from a poll's close to its erasure, 0 to 157,680,000 (five years). Within them a
    /// voter can ask about the own participation and a repeated ballot hears `ALREADY_COUNTED`;
    /// after them nothing can tell who took part (L2).
    pub grace_seconds: u64,
    /// Seconds for which a poll must have been due before it is erased, 0 to 86,400: a wall clock
    /// that is wrong for a while must not destroy keys.
    pub hold_seconds: u64,
}

impl Default for Erasure {
    fn default() -> Self {
        // Thirty days: a data subject's request is answered within them (L6). Ten minutes: see
        // above.
        Self { grace_seconds: 30 * 24 * 60 * 60, hold_seconds: 600 }
    }
}

/// How polls are run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Procedure {
    /// Files of procedures besides `resolution-90`, in TOML.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profile_files: Vec<PathBuf>,
    /// Seconds for which the wall clock must have held before what cannot be undone follows it, 0 to
    /// 86,400: closing a poll, letting results expire.
    pub hold_seconds: u64,
    /// Seconds from the announcement of what expires to its end, 0 to 31,622,400.
    pub expiry_notice_seconds: u64,
    /// Days that are no working days besides Saturdays and Sundays, at most 256: for the terms of
    /// requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Date>,
}

impl Default for Procedure {
    fn default() -> Self {
        Self {
            profile_files: Vec::new(),
            hold_seconds: 600,
            expiry_notice_seconds: 30 * 24 * 60 * 60,
            holidays: Vec::new(),
        }
    }
}

/// The log on standard error.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file.
    #[error("{}: no such file", path.display())]
    NotFound {
        /// The file that was named.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("{}: cannot be read: {kind}", path.display())]
    Unreadable {
        /// The file that was named.
        path: PathBuf,
        /// What the system said.
        kind: std::io::ErrorKind,
    },
    /// The file is not TOML, or has an unknown, missing or mistyped key.
    #[error("{}: {detail}", path.display())]
    Syntax {
        /// The file that was named.
        path: PathBuf,
        /// Line, key and what is wrong there.
        detail: String,
    },
    /// Values break rules; all of them are named.
    #[error("{}", rules::list(.0))]
    Rules(Vec<Finding>),
}

impl Config {
    /// Reads a file, resolves its paths and checks its values.
    ///
    /// # Errors
    /// [`ConfigError`], which names the field and the rule. The files it points to are not looked
    /// at: see [`Config::missing_files`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        use std::io::{ErrorKind, Read};
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => ConfigError::NotFound { path: path.to_owned() },
            kind => ConfigError::Unreadable { path: path.to_owned(), kind },
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut text = String::new();
        file.take(limits::INPUT_FILE_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(|error| match error {
            ConfigError::Syntax { detail, .. } => {
                ConfigError::Syntax { path: path.to_owned(), detail }
            }
            other => other,
        })
    }

    /// As [`Config::load`], from text; relative paths are relative to `folder`.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] or [`ConfigError::Rules`].
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text).map_err(|error| ConfigError::Syntax {
            path: PathBuf::from("configuration"),
            detail: error.to_string().trim_end().to_owned(),
        })?;
        config.resolve(folder);
        let findings = rules::check(&config);
        if findings.is_empty() { Ok(config) } else { Err(ConfigError::Rules(findings)) }
    }

    /// A configuration for an embedded engine: free ports on loopback, everything else as by
    /// default.
    pub fn on_loopback(
        data_dir: PathBuf,
        wrapping_key_file: PathBuf,
        staff_token_file: PathBuf,
    ) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listen =
            Listen { ingest: any, staff: any, public: any, admin: any, ..Listen::default() };
        Self {
            data_dir,
            listen,
            keys: Keys { wrapping_key_file: Some(wrapping_key_file), ..Keys::default() },
            staff: Staff {
                token_file: Some(staff_token_file),
                issuers: Vec::new(),
                reflection: false,
                tls: None,
            },
            ingest: Ingest::default(),
            public: Public::default(),
            issuers: Vec::new(),
            publication: Publication::default(),
            ledger: Ledger::default(),
            erasure: Erasure::default(),
            procedure: Procedure::default(),
            log: Log::default(),
        }
    }

    /// What orders must ask at least.
    pub fn floors(&self) -> Floors {
        let Publication { ballots_apart, eligible_population, .. } = self.publication;
        Floors { k: self.ledger.k, ballots_apart, eligible_population }
    }

    /// Where the key is that wraps the key store's root key.
    pub fn key_source(&self) -> KeySource {
        if let Some(pkcs11) = &self.keys.pkcs11 {
            KeySource::Pkcs11(pkcs11.clone())
        } else if let Some(name) = &self.keys.wrapping_key_variable {
            KeySource::Variable(name.clone())
        } else {
            KeySource::File(self.wrapping_key_file())
        }
    }

    /// The wrapping key's file, where it is one: the one named, or the one in the data folder.
    pub fn wrapping_key_file(&self) -> PathBuf {
        self.keys.wrapping_key_file.clone().unwrap_or_else(|| self.data_dir.join(WRAPPING_KEY_FILE))
    }

    /// The files that a start would need and that are not there, each with its field.
    pub fn missing_files(&self) -> Vec<Finding> {
        rules::missing_files(self)
    }

    /// The configuration as it holds, defaults included, as TOML. It names secrets' files and holds
    /// no secret.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("strings, numbers and tables are always TOML")
    }

    fn resolve(&mut self, folder: &Path) {
        let resolve = |path: &mut PathBuf| *path = folder.join(&*path);
        resolve(&mut self.data_dir);
        if let Some(file) = &mut self.staff.token_file {
            resolve(file);
        }
        self.staff.issuers.iter_mut().flat_map(StaffIssuerConfig::files_mut).for_each(resolve);
        self.procedure.profile_files.iter_mut().for_each(resolve);
        if let Some(file) = &mut self.keys.wrapping_key_file {
            resolve(file);
        }
        for tls in [&mut self.ingest.tls, &mut self.staff.tls].into_iter().flatten() {
            resolve(&mut tls.certificate_file);
            resolve(&mut tls.private_key_file);
            tls.client_ca_file.iter_mut().chain(&mut tls.client_crl_files).for_each(resolve);
        }
        if let Some(pkcs11) = &mut self.keys.pkcs11 {
            resolve(&mut pkcs11.module);
            resolve(&mut pkcs11.pin_file);
        }
        for issuer in &mut self.issuers {
            if let Some(secret) = issuer.vouched.as_mut().and_then(|v| v.secret_file.as_mut()) {
                resolve(secret);
            }
            if let Some(jwks) = &mut issuer.jwks {
                jwks.file.iter_mut().chain(&mut jwks.ca_file).for_each(resolve);
            }
            for key in &mut issuer.keys {
                resolve(&mut key.public_key_file);
            }
        }
    }
}

#[cfg(test)]
mod tests;
