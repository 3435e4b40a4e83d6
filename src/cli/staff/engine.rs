//! Which engine a verb of staff talks to, and as whom.
//!
//! Reads the token and decides whether it may travel; opens no connection.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::answer::Failure;
use crate::cli::{Exit, config};
use crate::ground::limits;
use crate::keys::files::{self, Unread};

/// The port of the staff listener, where an address names none.
const PORT: u16 = 50_052;

/// Which engine is asked, by whom, and how its answer is printed.
#[derive(clap::Args, Clone, Default)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Engine {
    /// The staff listener: HOST:PORT, or https://HOST:PORT where it has TLS. Goes before --config
    #[arg(long, value_name = "ADDR", env = "HOLOS_SERVER", hide_env_values = true)]
    pub(super) server: Option<String>,
    /// File with your token, readable by you only
    #[arg(long, value_name = "FILE", env = "HOLOS_TOKEN_FILE", hide_env_values = true)]
    pub(super) token_file: Option<PathBuf>,
    /// Your client certificate in PEM, in place of a token or beside it
    #[arg(long, value_name = "FILE", requires = "private_key")]
    pub(super) certificate: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(super) private_key: Option<PathBuf>,
    /// The authority that signed the listener's certificate, in PEM
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,
    /// Name in the listener's certificate [default: the host of --server, or localhost]
    #[arg(long, value_name = "NAME")]
    pub(super) server_name: Option<String>,
    /// The engine's configuration: names its staff listener and, where you show nothing else, the
    /// bootstrap token
    #[arg(long, value_name = "FILE", env = "HOLOS_CONFIG", hide_env_values = true)]
    pub(super) config: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long, help_heading = "Options")]
    pub(super) json: bool,
}

/// Where to connect to, and what to show there.
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    /// The authority of the listener's certificate; none: no TLS.
    pub(super) ca: Option<PathBuf>,
    pub(super) server_name: String,
    pub(super) token: Option<Zeroizing<String>>,
    /// What the address came from, for messages.
    pub(super) source: &'static str,
}

impl Engine {
    /// Reads the flags, the configuration and the token.
    pub(super) fn target(&self) -> Result<Target, Failure> {
        let mut target = match (&self.server, &self.config) {
            (Some(server), _) => self.by_address(server)?,
            (None, Some(config)) => self.by_config(config)?,
            (None, None) => {
                return Err(usage(
                    "no engine named: give --server ADDR (HOLOS_SERVER) or --config FILE \
                     (HOLOS_CONFIG)",
                ));
            }
        };
        if let Some(file) = &self.token_file {
            target.token = Some(token(file)?);
        }
        if target.token.is_none() && self.certificate.is_none() {
            return Err(usage(
                "nothing to show who you are: give --token-file FILE (HOLOS_TOKEN_FILE), or \
                 --certificate and --private-key",
            ));
        }
        if self.certificate.is_some() && target.ca.is_none() {
            return Err(usage("--certificate: only TLS can show it, so --ca is needed"));
        }
        Ok(target)
    }

    fn by_address(&self, server: &str) -> Result<Target, Failure> {
        let (host, port, tls) = address(server).map_err(usage)?;
        if tls && self.ca.is_none() {
            return Err(usage(
                "--server: https needs --ca, the authority that signed the listener's \
                 certificate; nothing was sent",
            ));
        }
        Ok(Target {
            server_name: self.server_name.clone().unwrap_or_else(|| host.clone()),
            ca: self.ca.clone(),
            token: None,
            source: "--server",
            host,
            port,
        })
    }

    fn by_config(&self, file: &Path) -> Result<Target, Failure> {
        let config = config::load(file).map_err(Failure::Said)?;
        if config.staff.tls.is_some() && self.ca.is_none() {
            return Err(usage(
                "staff.tls is set, so --ca is needed: the authority that signed the listener's \
                 certificate; nothing was sent",
            ));
        }
        let listen = config.listen.staff;
        if listen.port() == 0 {
            return Err(usage("listen.staff: port 0 names no listener"));
        }
        // The bootstrap token is for whoever shows nothing else: not for a person with an account.
        let shown = self.token_file.is_some() || self.certificate.is_some();
        let bootstrap = config.staff.token_file.as_ref().filter(|_| !shown);
        Ok(Target {
            host: listen.ip().to_string(),
            port: listen.port(),
            ca: self.ca.clone(),
            server_name: self.server_name.clone().unwrap_or_else(|| "localhost".to_owned()),
            token: bootstrap.map(|file| token(file)).transpose()?,
            source: "listen.staff",
        })
    }
}

/// Host, port, and whether TLS is asked for.
fn address(text: &str) -> Result<(String, u16, bool), &'static str> {
    const RULE: &str = "--server: needs HOST:PORT or https://HOST:PORT";
    let (rest, tls) = match text.split_once("://") {
        None => (text, false),
        Some(("http", rest)) => (rest, false),
        Some(("https", rest)) => (rest, true),
        Some(_) => return Err(RULE),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match rest.strip_prefix('[') {
        Some(v6) => {
            let (host, rest) = v6.split_once(']').ok_or(RULE)?;
            let port = if rest.is_empty() { None } else { rest.strip_prefix(':') };
            (host, port.or_else(|| (!rest.is_empty()).then_some("")))
        }
        None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Ok(PORT), str::parse).map_err(|_| RULE)?;
    let part = |c: char| c.is_ascii_alphanumeric() || ".-:%".contains(c);
    if host.is_empty() || !host.chars().all(part) || port == 0 {
        return Err(RULE);
    }
    Ok((host.to_owned(), port, tls))
}

fn token(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let at = file.display();
    // A token of a sign-in service is longer than ours; one more byte for the newline.
    let read = files::read_private(file, limits::STAFF_TOKEN_FILE_BYTES_MAX).map_err(|unread| {
        usage(match unread {
            Unread::Io(error) => format!("{at}: cannot be read: {}", error.kind()),
            Unread::Exposed { mode } => format!(
                "{at}: others may read this token (mode {mode:03o}); take that away: chmod 600"
            ),
        })
    })?;
    let Some(bytes) = read else {
        return Err(Failure::Told(Exit::NotFound, format!("{at}: no such file")));
    };
    let text = str::from_utf8(&bytes).unwrap_or_default().trim();
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.is_empty() || !visible || bytes.len() > limits::STAFF_TOKEN_FILE_BYTES_MAX {
        return Err(usage(format!("{at}: holds no token")));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

fn usage(message: impl Into<String>) -> Failure {
    Failure::Told(Exit::Usage, message.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_address_is_a_host_and_a_port_and_https_asks_for_tls() {
        let read = |text| address(text).map(|(host, port, tls)| format!("{host} {port} {tls}"));
        assert_eq!(read("localhost:1"), Ok("localhost 1 false".to_owned()));
        assert_eq!(read("10.0.0.7"), Ok("10.0.0.7 50052 false".to_owned()));
        assert_eq!(read("http://a.ua:80/"), Ok("a.ua 80 false".to_owned()));
        assert_eq!(read("https://a.ua:443"), Ok("a.ua 443 true".to_owned()));
        assert_eq!(read("https://[::1]:9"), Ok("::1 9 true".to_owned()));
        assert_eq!(read("[::1]"), Ok("::1 50052 false".to_owned()));
        for bad in [
            "",
            ":1",
            "a:",
            "a:0",
            "a:65536",
            "a:b",
            "ftp://a:1",
            "a b:1",
            "a/b:1",
            "[::1",
            "[::1]9",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let told = |text: &str, mode| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            match token(&file) {
                Ok(token) => Ok(token.to_string()),
                Err(Failure::Told(exit, message)) => Err((exit, message)),
                Err(_) => panic!("another failure"),
            }
        };
        assert_eq!(told("a.b.c\n", 0o600), Ok("a.b.c".to_owned()));
        for mode in [0o640, 0o604, 0o644] {
            let (exit, message) = told("a.b.c", mode).unwrap_err();
            assert_eq!(exit, Exit::Usage);
            assert!(message.contains("chmod 600") && !message.contains("a.b.c"), "{message}");
        }
        for empty in ["", "  \n", "two words", "не лише ascii"] {
            assert!(told(empty, 0o600).unwrap_err().1.ends_with("holds no token"), "{empty}");
        }
    }

    #[test]
    fn who_names_no_engine_or_shows_nothing_is_told_what_to_give() {
        let told = |engine: Engine| match engine.target() {
            Err(Failure::Told(Exit::Usage, message)) => message,
            _ => panic!("no usage message"),
        };
        assert!(told(Engine::default()).contains("--server"));
        let here = Engine { server: Some("localhost:1".to_owned()), ..Engine::default() };
        assert!(told(here.clone()).contains("--token-file"));
        let bare = Engine { certificate: Some("c.pem".into()), ..here };
        assert!(told(bare).contains("--ca"));
        let far = Engine { server: Some("https://a.ua".to_owned()), ..Engine::default() };
        assert!(told(far).contains("--ca"));
    }
}
