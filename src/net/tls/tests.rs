use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use jiff::SignedDuration;
use rcgen::ExtendedKeyUsagePurpose;
use tempfile::TempDir;

use super::*;

pub(crate) mod authority;

use authority::{Asked, Authority, Identity, write};

/// A listener's files in a folder of their own.
struct Files {
    folder: TempDir,
    authority: Authority,
    config: TlsConfig,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("backends");
        let own = authority.server(1);
        let config = TlsConfig {
            certificate_file: write(folder.path(), "own.pem", &own.certificate_pem),
            private_key_file: write(folder.path(), "own.key", &own.key.serialize_pem()),
            client_ca_file: Some(write(folder.path(), "ca.pem", &authority.pem())),
            client_crl_files: vec![write(folder.path(), "ca.crl", &authority.revoke(&[99]))],
        };
        Self { folder, authority, config }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        write(self.folder.path(), name, text)
    }

    fn load(&self) -> Result<Tls, TlsError> {
        Tls::load(Listener::Ingest, &self.config, ClientAuth::Optional, clock())
    }

    fn refused(&self) -> String {
        self.load().err().expect("does not load").to_string()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn clock() -> Clock {
    Clock::manual(at("2026-01-01T00:00:00Z"))
}

fn chain(identity: &Identity) -> [CertificateDer<'static>; 1] {
    [CertificateDer::from(identity.certificate.clone())]
}

#[test]
fn what_does_not_serve_is_refused_with_its_field() {
    let files = Files::new();
    files.load().unwrap();
    files.write("own.key", &files.authority.server(2).key.serialize_pem());
    assert_eq!(
        files.refused(),
        "ingest.tls.private_key_file: is not the key of the certificate in certificate_file"
    );
    for (name, field) in [
        ("own.pem", "certificate_file"),
        ("own.key", "private_key_file"),
        ("ca.pem", "client_ca_file"),
        ("ca.crl", "client_crl_files[0]"),
    ] {
        let files = Files::new();
        let whole = std::fs::read_to_string(files.folder.path().join(name)).unwrap();
        for text in ["", "nothing", &whole[..whole.len() / 2]] {
            files.write(name, text);
            assert!(files.refused().starts_with(&format!("ingest.tls.{field}: ")), "{name}");
        }
        let kind = whole.lines().next().unwrap().replace("-----BEGIN ", "").replace("-----", "");
        files.write(name, &format!("-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n"));
        let error = files.load().err().expect("does not load");
        assert_eq!(error.flaw, TlsFlaw::Malformed, "{name}");
        std::fs::remove_file(files.folder.path().join(name)).unwrap();
        assert_eq!(
            files.refused(),
            format!("ingest.tls.{field}: the file cannot be read: entity not found")
        );
    }
}

#[test]
fn a_private_key_that_others_can_read_is_refused() {
    let files = Files::new();
    for (mode, good) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
        let path = files.folder.path().join("own.key");
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let error = files.load().err().map(|error| error.flaw);
        assert_eq!(error, (!good).then_some(TlsFlaw::Exposed), "{mode:o}");
    }
}

#[test]
fn a_client_is_trusted_until_it_is_revoked_and_no_longer() {
    let files = Files::new();
    let tls = Arc::new(files.load().unwrap());
    let now = at("2026-01-01T00:00:00Z");
    let (one, other) = (files.authority.client("one", 7), files.authority.client("other", 8));
    let (one, other) = (tls.client(&chain(&one)).unwrap(), tls.client(&chain(&other)).unwrap());
    assert_eq!(one.certificate(now).unwrap().names, ["one"]);
    assert!(other.certificate(now).is_some());
    files.write("ca.crl", &files.authority.revoke(&[7]));
    assert!(one.certificate(now).is_some(), "nothing was read again");
    tls.reload().unwrap();
    assert!(one.certificate(now).is_none());
    assert!(other.certificate(now).is_some());
    // Taken off the list again: a hold that ended.
    files.write("ca.crl", &files.authority.revoke(&[]));
    tls.reload().unwrap();
    assert!(one.certificate(now).is_some());
    // Another CA in the place of theirs.
    let others = Authority::new("others");
    files.write("ca.pem", &others.pem());
    files.write("ca.crl", &others.revoke(&[]));
    tls.reload().unwrap();
    assert!(one.certificate(now).is_none() && other.certificate(now).is_none());
}

#[test]
fn a_client_is_trusted_within_its_validity_only_whichever_way_time_goes() {
    let files = Files::new();
    let tls = Arc::new(files.load().unwrap());
    let client = tls.client(&chain(&files.authority.client("one", 7))).unwrap();
    let (from, until) = (at("2025-01-01T00:00:00Z"), at("2035-01-01T00:00:00Z"));
    let second = SignedDuration::from_secs(1);
    for (now, trusted) in [
        (from - second, false),
        (from, true),
        (until, true),
        (until + second, false),
        (at("2060-01-01T00:00:00Z"), false),
        (until, true),
        (at("1960-01-01T00:00:00Z"), false),
        (from, true),
    ] {
        assert_eq!(client.certificate(now).is_some(), trusted, "{now}");
    }
}

#[test]
fn a_certificate_of_another_ca_or_for_another_use_is_not_trusted() {
    let files = Files::new();
    let tls = Arc::new(files.load().unwrap());
    let now = at("2026-01-01T00:00:00Z");
    let trusted = |identity: &Identity| tls.still_trusted(&chain(identity), now);
    assert!(trusted(&files.authority.client("one", 7)));
    assert!(!trusted(&files.authority.client("one", 99)), "revoked");
    assert!(!trusted(&files.authority.server(8)));
    assert!(!trusted(&Authority::new("backends").client("one", 7)));
    let purpose = ExtendedKeyUsagePurpose::ClientAuth;
    let asked = Asked { name: "one", serial: 9, purpose, until_year: 2026 };
    assert!(trusted(&files.authority.sign(&asked)), "its last second");
    assert!(!tls.still_trusted(&[], now));
    assert!(tls.client(&[]).is_none());
    assert!(tls.client(&[CertificateDer::from(vec![0x30, 0])]).is_none());
}

#[test]
fn a_change_is_followed_and_what_does_not_serve_leaves_the_old() {
    let files = Files::new();
    let tls = Arc::new(files.load().unwrap());
    let mut followed = tls.followed();
    tls.follow(&mut followed);
    assert_eq!(tls.generation(), 0, "nothing changed");

    let renewed = files.authority.server(2);
    files.write("own.pem", &renewed.certificate_pem);
    tls.follow(&mut followed);
    assert_eq!(tls.generation(), 0, "a certificate without its key is half a change");
    files.write("own.key", &renewed.key.serialize_pem());
    tls.follow(&mut followed);
    assert_eq!(tls.generation(), 1);

    std::fs::remove_file(files.folder.path().join("ca.crl")).unwrap();
    tls.follow(&mut followed);
    assert_eq!(tls.generation(), 1, "a missing list does not mean that nobody is revoked");
    let client = tls.client(&chain(&files.authority.client("one", 99))).unwrap();
    assert!(client.certificate(at("2026-01-01T00:00:00Z")).is_none());
    files.write("ca.crl", &files.authority.revoke(&[]));
    tls.follow(&mut followed);
    assert_eq!(tls.generation(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_watch_follows_changes_by_itself_and_outlives_what_does_not_serve() {
    let files = Files::new();
    let tls = Arc::new(files.load().unwrap());
    let watch = tokio::spawn(Arc::clone(&tls).watch());
    let until = async |generation| {
        let arrived = async {
            while tls.generation() != generation {
                tokio::time::sleep(limits::TLS_WATCH_INTERVAL).await;
            }
        };
        tokio::time::timeout(limits::TLS_WATCH_INTERVAL * 10, arrived).await.expect("read again");
    };
    files.write("ca.crl", &files.authority.revoke(&[7]));
    until(1).await;
    files.write("ca.crl", "nothing");
    tokio::time::sleep(limits::TLS_WATCH_INTERVAL * 3).await;
    assert_eq!(tls.generation(), 1);
    files.write("ca.crl", &files.authority.revoke(&[8]));
    until(2).await;
    assert!(!watch.is_finished());
    watch.abort();
}
