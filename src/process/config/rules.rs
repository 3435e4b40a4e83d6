//! The rules that a configuration's values must keep, beyond their types.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;

use super::{Config, Publication, TlsConfig, limits};
use crate::count::authenticate::issuers::JwksConfig;
use crate::keys::provider::FileProvider;
use crate::keys::{KeyEncryption, KeySource};
use crate::publish::open::Publisher;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The field as it stands in the file, for example `ledger.k`.
    pub field: String,
    /// The rule it breaks and what to do about it.
    pub rule: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)
    }
}

/// The findings as text, one a line.
pub(super) fn list(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Every broken rule, not only the first: an operator mends a file once.
pub(super) fn check(config: &Config) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    listeners(config, &mut found);
    ledger(config, &mut found);
    issuers(config, &mut found);
    let length = config.ingest.audience.chars().count();
    found.unless((1..=64).contains(&length), "ingest.audience", || {
        "1 to 64 characters are needed".to_owned()
    });
    keys(config, &mut found);
    staff(config, &mut found);
    found.0
}

/// Files that a start needs and that are not there, and a wrapping key that no erasure could replace.
pub(super) fn missing_files(config: &Config) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    if let Some(file) = &config.staff.token_file {
        found.file("staff.token_file", file);
    }
    for issuer in &config.staff.issuers {
        if let Some(file) = &issuer.jwks_file {
            found.file(&format!("staff.issuers[{}].jwks_file", issuer.id), file);
        }
        for key in &issuer.keys {
            let field = format!("staff.issuers[{}].keys[{}].public_key_file", issuer.id, key.kid);
            found.file(&field, &key.public_key_file);
        }
    }
    for (at, file) in config.procedure.profile_files.iter().enumerate() {
        found.file(&format!("procedure.profile_files[{at}]"), file);
    }
    match config.key_source() {
        // A new engine makes its wrapping key; an engine with a store cannot do without the one it
        // had.
        KeySource::File(file) => {
            if config.data_dir.join("db").exists() {
                found.file("keys.wrapping_key_file", &file);
            }
            replaceable(config, &file, &mut found);
        }
        KeySource::Variable(_) => {}
        KeySource::Pkcs11(pkcs11) => {
            found.file("keys.pkcs11.module", &pkcs11.module);
            found.file("keys.pkcs11.pin_file", &pkcs11.pin_file);
        }
    }
    for (section, tls) in [("ingest", &config.ingest.tls), ("staff", &config.staff.tls)] {
        for (field, file) in tls.iter().flat_map(TlsConfig::files) {
            found.file(&format!("{section}.{field}"), file);
        }
    }
    for issuer in &config.issuers {
        if let Some(file) = issuer.vouched.as_ref().and_then(|own| own.secret_file.as_ref()) {
            found.file(&format!("issuers[{}].vouched.secret_file", issuer.id), file);
        }
        if let Some(jwks) = &issuer.jwks {
            for (name, file) in [("file", &jwks.file), ("ca_file", &jwks.ca_file)] {
                if let Some(file) = file {
                    found.file(&format!("issuers[{}].jwks.{name}", issuer.id), file);
                }
            }
        }
        for key in &issuer.keys {
            let field = format!("issuers[{}].keys[{}].public_key_file", issuer.id, key.kid);
            found.file(&field, &key.public_key_file);
        }
    }
    found.0
}

/// The engine puts another file in place of the wrapping key's when it erases a poll: whether this
/// account could. Makes and removes an empty file.
fn replaceable(config: &Config, file: &Path, found: &mut Findings) {
    // The first start makes it.
    if file.parent() == Some(&*config.data_dir) && !config.data_dir.exists() {
        return;
    }
    if let Err(error) = FileProvider::new(file).check_replaceable() {
        let why = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        found.unless(false, "keys.wrapping_key_file", || {
            format!(
                "{error}: cannot be replaced, as the erasure of a poll must{why}; its folder has to \
                 be there and belong to the engine's user"
            )
        });
    }
}

fn listeners(config: &Config, found: &mut Findings) {
    let listen = &config.listen;
    for (section, address, tls) in
        [("ingest", listen.ingest, &config.ingest.tls), ("staff", listen.staff, &config.staff.tls)]
    {
        let allowed =
            tls.is_some() || address.ip().is_loopback() || listen.plaintext_beyond_loopback;
        found.unless(allowed, &format!("listen.{section}"), || {
            format!(
                "{address} is beyond this machine and has no TLS: set {section}.tls, or \
                 listen.plaintext_beyond_loopback = true where a proxy has it and the network up \
                 to here is trusted"
            )
        });
        if let Some(tls) = tls {
            revocation_lists(section, tls, found);
        }
    }
    let all = [
        ("listen.ingest", listen.ingest),
        ("listen.staff", listen.staff),
        ("listen.public", listen.public),
        ("listen.admin", listen.admin),
    ];
    for (at, (field, address)) in all.iter().enumerate() {
        if let Some((other, _)) = all[..at].iter().find(|(_, earlier)| collide(*earlier, *address))
        {
            found.unless(false, field, || {
                format!("{address} is taken by {other}: each listener has its own address")
            });
        }
    }
}

fn revocation_lists(section: &str, tls: &TlsConfig, found: &mut Findings) {
    let field = format!("{section}.tls.client_crl_files");
    let lists = tls.client_crl_files.len();
    found.unless(lists == 0 || tls.client_ca_file.is_some(), &field, || {
        format!("revokes nothing without {section}.tls.client_ca_file")
    });
    found.unless(lists <= limits::CRL_FILES_MAX, &field, || {
        format!("at most {}", limits::CRL_FILES_MAX)
    });
}

/// Whether two listeners cannot both bind; port 0 never collides.
fn collide(one: SocketAddr, two: SocketAddr) -> bool {
    one.port() != 0
        && one.port() == two.port()
        && (one.ip() == two.ip() || one.ip().is_unspecified() || two.ip().is_unspecified())
}

fn keys(config: &Config, found: &mut Findings) {
    let keys = &config.keys;
    let named = [
        keys.wrapping_key_file.is_some(),
        keys.wrapping_key_variable.is_some(),
        keys.pkcs11.is_some(),
    ];
    found.unless(named.iter().filter(|named| **named).count() <= 1, "keys", || {
        "one of wrapping_key_file, wrapping_key_variable and pkcs11, not several".to_owned()
    });
    if let Some(name) = &keys.wrapping_key_variable {
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let fits = (1..=64).contains(&name.len()) && name.chars().all(allowed);
        found.unless(fits, "keys.wrapping_key_variable", || {
            "1 to 64 of A-Z, 0-9 and _ are needed".to_owned()
        });
    }
    if let Some(pkcs11) = &keys.pkcs11 {
        found.unless((1..=32).contains(&pkcs11.token.len()), "keys.pkcs11.token", || {
            "1 to 32 bytes are needed, as in a token's label".to_owned()
        });
    }
    let in_store =
        |path: &Path| ["db", "keys"].iter().any(|own| path.starts_with(config.data_dir.join(own)));
    let apart = || {
        "must not lie in the store (data_dir/db) or in the key store (data_dir/keys): a copy of it \
         would hold its own key"
            .to_owned()
    };
    match config.key_source() {
        KeySource::File(file) => {
            found.unless(!in_store(&file), "keys.wrapping_key_file", apart);
        }
        KeySource::Pkcs11(pkcs11) => {
            found.unless(!in_store(&pkcs11.pin_file), "keys.pkcs11.pin_file", apart);
        }
        KeySource::Variable(_) => {}
    }
}

fn ledger(config: &Config, found: &mut Findings) {
    let ledger = &config.ledger;
    found.within("ledger.k", ledger.k, &(limits::K_MIN..=limits::K_MAX));
    let delay = u64::from(ledger.fold_delay_seconds);
    found.within("ledger.fold_delay_seconds", delay, &(1..=limits::FOLD_DELAY_SECONDS_MAX.into()));
    let ballots = limits::FOLD_BALLOTS_MIN..=limits::FOLD_BALLOTS_MAX;
    found.within("ledger.fold_ballots", ledger.fold_ballots, &ballots);
    let carry = u64::from(ledger.carry_seconds_max);
    found.within("ledger.carry_seconds_max", carry, &(delay..=limits::CARRY_SECONDS_MAX.into()));
    publication(&config.publication, found);
    let grace = config.erasure.grace_seconds;
    found.within("erasure.grace_seconds", grace, &(0..=limits::GRACE_SECONDS_MAX));
    let hold = config.erasure.hold_seconds;
    found.within("erasure.hold_seconds", hold, &(0..=limits::HOLD_SECONDS_MAX));
}

fn publication(publication: &Publication, found: &mut Findings) {
    let floors = limits::BALLOTS_APART_MIN..=limits::FLOOR_MAX;
    found.within("publication.ballots_apart", publication.ballots_apart, &floors);
    let population = publication.eligible_population;
    found.within("publication.eligible_population", population, &floors);
    if let Some(origin) = &publication.log_origin {
        let visible = origin.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+');
        let holds = (1..=200).contains(&origin.len()) && visible;
        let rule = || "must hold 1 to 200 visible ASCII characters without +".to_owned();
        found.unless(holds, "publication.log_origin", rule);
    }
    let broken = publication.publisher.iter().flat_map(Publisher::check);
    for (field, rule) in broken {
        found.unless(false, &format!("publication.publisher.{field}"), || rule.to_string());
    }
}

fn staff(config: &Config, found: &mut Findings) {
    let certificates = config.staff.tls.as_ref().is_some_and(|tls| tls.client_ca_file.is_some());
    let any = config.staff.token_file.is_some() || !config.staff.issuers.is_empty() || certificates;
    found.unless(any, "staff", || {
        "nobody could sign in: set token_file for the first account, then issuers or \
         tls.client_ca_file"
            .to_owned()
    });
    let mut ids = HashSet::new();
    for issuer in &config.staff.issuers {
        let field = format!("staff.issuers[{}]", issuer.id);
        found.unless(ids.insert(&issuer.id), &field, || "this id stands twice".to_owned());
        let keys = issuer.jwks_file.is_some() || !issuer.keys.is_empty();
        found.unless(keys, &field, || "needs `jwks_file` or at least one of `keys`".to_owned());
    }
    let procedure = &config.procedure;
    let hold = &(0..=limits::HOLD_SECONDS_MAX);
    found.within("procedure.hold_seconds", procedure.hold_seconds, hold);
    let notice = &(0..=limits::EXPIRY_NOTICE_SECONDS_MAX);
    found.within("procedure.expiry_notice_seconds", procedure.expiry_notice_seconds, notice);
    found.unless(procedure.holidays.len() <= limits::HOLIDAYS_MAX, "procedure.holidays", || {
        format!("at most {}", limits::HOLIDAYS_MAX)
    });
    let profiles = procedure.profile_files.len();
    found.unless(profiles <= limits::PROFILES_MAX, "procedure.profile_files", || {
        format!("at most {}", limits::PROFILES_MAX)
    });
}

fn issuers(config: &Config, found: &mut Findings) {
    let count = config.issuers.len();
    found.unless(count <= limits::ISSUERS_MAX, "issuers", || {
        format!("at most {}", limits::ISSUERS_MAX)
    });
    let mut ids = HashSet::new();
    for issuer in &config.issuers {
        let field = format!("issuers[{}]", issuer.id);
        found.unless(ids.insert(&issuer.id), &field, || "this id stands twice".to_owned());
        let signs = issuer.jwks.is_some() || !issuer.keys.is_empty();
        found.unless(issuer.vouched.is_some() || signs, &field, || {
            "needs `vouched`, `jwks` or at least one of `keys`".to_owned()
        });
        if let Some(jwks) = &issuer.jwks {
            key_set(jwks, &format!("{field}.jwks"), found);
        }
        if let Some(vouched) = &issuer.vouched {
            let shown = vouched.secret_file.is_some() || !vouched.certificate_names.is_empty();
            found.unless(shown, &format!("{field}.vouched"), || {
                "needs `secret_file`, `certificate_names` or both".to_owned()
            });
        }
        found.unless(
            issuer.poll_ballots_max != Some(0),
            &format!("{field}.poll_ballots_max"),
            || "at least 1, or not at all".to_owned(),
        );
        let mut kids = HashSet::new();
        for key in &issuer.keys {
            let twice = || "this key id stands twice".to_owned();
            found.unless(kids.insert(&key.kid), &format!("{field}.keys[{}]", key.kid), twice);
        }
    }
}

fn key_set(jwks: &JwksConfig, field: &str, found: &mut Findings) {
    let one = jwks.file.is_some() != jwks.url.is_some();
    found.unless(one, field, || "needs `file` or `url`, not both".to_owned());
    let used = jwks.ca_file.is_none() || jwks.url.is_some();
    found.unless(used, &format!("{field}.ca_file"), || "only with `url`".to_owned());
    let seconds = limits::JWKS_REFRESH_SECONDS_MIN.into()..=limits::JWKS_REFRESH_SECONDS_MAX.into();
    found.within(&format!("{field}.refresh_seconds"), jwks.refresh_seconds.into(), &seconds);
}

struct Findings(Vec<Finding>);

impl Findings {
    fn unless(&mut self, holds: bool, field: &str, rule: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Finding { field: field.to_owned(), rule: rule() });
        }
    }

    fn within(&mut self, field: &str, value: u64, range: &RangeInclusive<u64>) {
        self.unless(range.contains(&value), field, || {
            format!("{value} is not within {} to {}", range.start(), range.end())
        });
    }

    fn file(&mut self, field: &str, path: &Path) {
        self.unless(path.is_file(), field, || format!("no such file: {}", path.display()));
    }
}
