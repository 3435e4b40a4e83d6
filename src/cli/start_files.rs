//! The files that a configuration names, read as a start reads them.
//!
//! Whoever checks a configuration before a start is told there what the start would refuse. Two
//! things are left to the start: key sets at a URL, because a check needs no network, and a PKCS#11
//! token, because each failed login counts towards locking it.

use std::io::ErrorKind;

use crate::count::authenticate::issuers::{Issuers, IssuersError};
use crate::ground::clock::Clock;
use crate::ground::limits;
use crate::ground::metrics::Listener;
use crate::keys::files::{self, Unread};
use crate::keys::provider::{EnvironmentProvider, FileProvider};
use crate::keys::{KeyEncryption, KeySource};
use crate::net::tls::{ClientAuth, Tls};
use crate::process::config::{Config, Finding};
use crate::process::secrets;
use crate::staff::{StaffIssuers, StaffIssuersError};

/// Every file that is missing, and every one that a start would refuse, each with its field.
pub(super) fn check(config: &Config) -> Vec<Finding> {
    let mut found = config.missing_files();
    let refused = [staff_token(config), profiles(config), wrapping_key(config)];
    let refused = refused.into_iter().flatten().chain(tls(config));
    let refused = refused.chain(staff_issuers(config)).chain(issuers(config));
    for finding in refused {
        // A file that is not there was found above already.
        if !found.iter().any(|earlier| earlier.field == finding.field) {
            found.push(finding);
        }
    }
    found
}

/// An error's text says which field it is about, up to the first colon; `field` where it does not.
fn finding(field: &str, error: &dyn std::error::Error) -> Finding {
    let mut text = error.to_string();
    if let Some(source) = error.source() {
        text = format!("{text}: {source}");
    }
    match text.split_once(": ") {
        Some((own, rule)) if own.starts_with(field) => {
            Finding { field: own.to_owned(), rule: rule.to_owned() }
        }
        _ => Finding { field: field.to_owned(), rule: text },
    }
}

fn staff_token(config: &Config) -> Option<Finding> {
    let file = config.staff.token_file.as_ref()?;
    let error = secrets::staff_token(file).err()?;
    Some(finding("staff.token_file", &error))
}

fn profiles(config: &Config) -> Option<Finding> {
    let error = secrets::profiles(&config.procedure.profile_files).err()?;
    Some(finding("procedure.profile_files", &error))
}

fn wrapping_key(config: &Config) -> Option<Finding> {
    match config.key_source() {
        KeySource::File(file) => {
            let error = FileProvider::new(&file).keys().err()?;
            Some(finding("keys.wrapping_key_file", &error))
        }
        KeySource::Variable(name) => {
            let error = EnvironmentProvider::from_environment(&name).err()?;
            Some(finding("keys.wrapping_key_variable", &error))
        }
        KeySource::Pkcs11(pkcs11) => {
            let unread = files::read_private(&pkcs11.pin_file, limits::PIN_BYTES_MAX).err()?;
            let rule = match unread {
                Unread::Io(error) => format!("the file cannot be read: {}", error.kind()),
                Unread::Exposed { mode } => format!("mode is {mode:03o}, not 600 or 400"),
            };
            Some(Finding { field: "keys.pkcs11.pin_file".to_owned(), rule })
        }
    }
}

fn tls(config: &Config) -> impl Iterator<Item = Finding> {
    let listeners = [
        (Listener::Ingest, &config.ingest.tls, ClientAuth::Optional, "ingest"),
        (Listener::Staff, &config.staff.tls, ClientAuth::Required, "staff"),
    ];
    listeners.into_iter().filter_map(|(listener, files, auth, section)| {
        let error = Tls::load(listener, files.as_ref()?, auth, Clock::system()).err()?;
        Some(finding(section, &error))
    })
}

/// Each issuer alone, so that all flawed ones are told; then, when each holds, all together.
fn staff_issuers(config: &Config) -> Vec<Finding> {
    let load = |issuers: &[_], field: &str| match StaffIssuers::load(issuers) {
        Ok(_) => None,
        Err(StaffIssuersError::Unreadable { kind: ErrorKind::NotFound, .. }) => None,
        Err(error) => Some(finding(field, &error)),
    };
    let each = config.staff.issuers.iter().filter_map(|issuer| {
        load(std::slice::from_ref(issuer), &format!("staff.issuers[{}]", issuer.id))
    });
    let mut found: Vec<_> = each.collect();
    if found.is_empty() {
        found.extend(load(&config.staff.issuers, "staff.issuers"));
    }
    found
}

/// As [`staff_issuers`].
fn issuers(config: &Config) -> Vec<Finding> {
    let load = |issuers: &[_], field: &str| match Issuers::load(issuers) {
        Ok(_) => None,
        Err(IssuersError::Unreadable { kind: ErrorKind::NotFound, .. }) => None,
        Err(error) => Some(finding(field, &error)),
    };
    let each = config.issuers.iter().filter_map(|issuer| {
        load(std::slice::from_ref(issuer), &format!("issuers[{}]", issuer.id))
    });
    let mut found: Vec<_> = each.collect();
    if found.is_empty() {
        found.extend(load(&config.issuers, "issuers"));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::count::authenticate::mint::TestIssuer;

    const CONFIG: &str = r#"
        data_dir = "data"
        [keys]
        wrapping_key_file = "wrapping.key"
        [staff]
        token_file = "staff.token"
        [[staff.issuers]]
        id = "https://id.example"
        keys = [{ kid = "1", public_key_file = "staff.pem" }]
        [[issuers]]
        id = "app"
        subject_space = "person"
        pseudonym_key = "person-1"
        vouched = { secret_file = "app.secret" }
        keys = [{ kid = "1", public_key_file = "app.pem" }]
    "#;

    /// A folder with everything that the configuration names.
    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Self {
            let home = Self(tempfile::tempdir().unwrap());
            let key = TestIssuer::new("issuer", "1", [7; 32]).public_key_pem();
            home.write("staff.token", &"t".repeat(64), 0o600);
            home.write("wrapping.key", &"0a".repeat(32), 0o600);
            home.write("app.secret", &"s".repeat(64), 0o600);
            home.write("staff.pem", &key, 0o644);
            home.write("app.pem", &key, 0o644);
            home
        }

        fn path(&self) -> &Path {
            self.0.path()
        }

        fn write(&self, name: &str, text: &str, mode: u32) {
            let path = self.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        }

        fn found(&self, more: &str) -> Vec<String> {
            let config = Config::parse(&format!("{CONFIG}{more}"), self.path()).unwrap();
            check(&config).into_iter().map(|finding| finding.to_string()).collect()
        }

        /// The one finding of a configuration in which one file is flawed, or of another field.
        #[track_caller]
        fn only(&self, more: &str, field: &str, rule: &str) {
            let found = self.found(more);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(&format!("{field}: ")), "{found:?}");
            assert!(found[0].contains(rule), "{found:?}");
        }
    }

    #[test]
    fn what_a_start_would_take_is_valid() {
        assert_eq!(Home::new().found(""), Vec::<String>::new());
        let home = Home::new();
        fs::remove_file(home.path().join("wrapping.key")).unwrap();
        assert_eq!(home.found(""), Vec::<String>::new(), "the first start makes it");
    }

    #[test]
    fn a_secret_that_others_may_read_is_found_before_the_start() {
        let exposed = |name: &str, field: &str, rule: &str| {
            let home = Home::new();
            let path = home.path().join(name);
            fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
            home.only("", field, rule);
        };
        exposed("staff.token", "staff.token_file", "mode is 644");
        exposed("app.secret", "issuers[app]", "readable by its owner only");
        exposed("wrapping.key", "keys.wrapping_key_file", "mode is 644");
    }

    #[test]
    fn a_secret_that_is_too_short_is_found_before_the_start() {
        let home = Home::new();
        home.write("app.secret", "abcde", 0o600);
        home.only("", "issuers[app].vouched.secret_file", "32 to 256");
        home.write("app.secret", &"s".repeat(64), 0o600);
        home.write("staff.token", "abcde", 0o600);
        home.only("", "staff.token_file", "32 to 1024 bytes");
        home.write("staff.token", &"t".repeat(64), 0o600);
        home.write("wrapping.key", "abcde", 0o600);
        home.only("", "keys.wrapping_key_file", "64 lower-case hex digits");
    }

    #[test]
    fn a_key_file_of_garbage_is_found_before_the_start() {
        let garbage = "-----BEGIN PUBLIC KEY-----\ngarbage\n-----END PUBLIC KEY-----\n";
        for (name, field) in
            [("app.pem", "issuers[app].keys[1]"), ("staff.pem", "staff.issuers[https")]
        {
            let home = Home::new();
            home.write(name, garbage, 0o644);
            let found = home.found("");
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(field), "{found:?}");
            assert!(found[0].contains("not a public key"), "{found:?}");
        }
    }

    #[test]
    fn certificates_of_garbage_and_a_private_key_that_others_may_read_are_found() {
        let tls = "[ingest.tls]\ncertificate_file = \"c.pem\"\nprivate_key_file = \"c.key\"\n";
        let home = Home::new();
        home.write("c.pem", "garbage", 0o644);
        home.write("c.key", "garbage", 0o600);
        home.only(tls, "ingest.tls.certificate_file", "no PEM object");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        home.write("c.pem", &made.cert.pem(), 0o644);
        home.write("c.key", &made.signing_key.serialize_pem(), 0o644);
        home.only(tls, "ingest.tls.private_key_file", "chmod 600");
        home.write("c.key", &made.signing_key.serialize_pem(), 0o600);
        assert_eq!(home.found(tls), Vec::<String>::new());
    }

    #[test]
    fn a_procedure_that_breaks_its_rules_is_found_before_the_start() {
        let home = Home::new();
        home.write("other.toml", "name = 1", 0o644);
        let files = "[procedure]\nprofile_files = [\"other.toml\"]\n";
        home.only(files, "procedure.profile_files[0]", "");
    }

    #[test]
    fn all_flaws_are_told_at_once_and_a_missing_file_once() {
        let home = Home::new();
        home.write("app.secret", "abcde", 0o600);
        home.write("staff.token", "abcde", 0o600);
        fs::remove_file(home.path().join("staff.pem")).unwrap();
        let found = home.found("");
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("no such file"), "{found:?}");
    }

    #[test]
    fn a_variable_that_holds_no_key_is_found() {
        let home = Home::new();
        let text = CONFIG.replace(
            "wrapping_key_file = \"wrapping.key\"",
            "wrapping_key_variable = \"HOLOS_TEST_VARIABLE_THAT_NOBODY_SETS\"",
        );
        let config = Config::parse(&text, home.path()).unwrap();
        let found: Vec<_> = check(&config).into_iter().map(|finding| finding.field).collect();
        assert_eq!(found, ["keys.wrapping_key_variable"]);
    }

    #[test]
    fn a_pin_that_others_may_read_is_found_without_asking_the_token() {
        let home = Home::new();
        home.write("lib.so", "", 0o644);
        home.write("pin", "1234", 0o644);
        let token = "pkcs11 = { module = \"lib.so\", token = \"holos\", pin_file = \"pin\" }";
        let text = CONFIG.replace("wrapping_key_file = \"wrapping.key\"", token);
        let config = Config::parse(&text, home.path()).unwrap();
        let found: Vec<_> = check(&config).into_iter().map(|finding| finding.field).collect();
        assert_eq!(found, ["keys.pkcs11.pin_file"]);
    }
}
