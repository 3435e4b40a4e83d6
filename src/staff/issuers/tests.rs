use std::fs;
use std::path::Path;

use super::*;
use crate::count::authenticate::mint::TestIssuer;

fn signer(kid: &str, seed: u8) -> TestIssuer {
    TestIssuer::new("id", kid, [seed; 32])
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn key(folder: &Path, kid: &str, seed: u8) -> StaffKeyConfig {
    let public_key_file = file(folder, kid, &signer(kid, seed).public_key_pem());
    StaffKeyConfig { kid: kid.to_owned(), public_key_file }
}

fn said(configs: &[StaffIssuerConfig]) -> String {
    StaffIssuers::load(configs).err().expect("refused").to_string()
}

#[test]
fn an_entry_of_the_configuration_needs_an_id_and_keys() {
    let config: StaffIssuerConfig =
        toml::from_str("id = \"id\"\n[[keys]]\nkid = \"k1\"\npublic_key_file = \"k1.pem\"\n")
            .unwrap();
    assert_eq!((config.id.as_str(), config.audience.as_str()), ("id", "holos-staff"));
    assert_eq!(config.keys[0].public_key_file, Path::new("k1.pem"));
    assert!(toml::from_str::<StaffIssuerConfig>("id = \"id\"\nurl = \"x\"").is_err());
    let mut config = StaffIssuerConfig { jwks_file: Some("set".into()), ..config };
    assert_eq!(config.files_mut().count(), 2);
}

#[test]
fn what_cannot_be_trusted_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let with = |keys| StaffIssuerConfig { keys, ..StaffIssuerConfig::new("id") };
    let good = || with(vec![key(folder, "k1", 1)]);
    assert!(StaffIssuers::load(&[good()]).is_ok());
    assert!(StaffIssuers::load(&[]).unwrap().by_id.is_empty());
    let names = "staff.issuers[0]: id and audience need 1 to 128 visible ASCII characters";
    assert_eq!(said(&[StaffIssuerConfig { id: String::new(), ..good() }]), names);
    assert_eq!(said(&[StaffIssuerConfig { audience: "a b".to_owned(), ..good() }]), names);
    assert_eq!(said(&[good(), good()]), "staff.issuers[id]: this id stands twice");
    let needed = "staff.issuers[id]: needs jwks_file or 1 to 32 keys";
    assert_eq!(said(&[with(vec![])]), needed);
    assert_eq!(said(&[with(vec![key(folder, "k1", 1); 33])]), needed);
    assert_eq!(said(&vec![good(); 65]), "staff.issuers: at most 64");
    assert_eq!(
        said(&[with(vec![key(folder, "k1", 1), key(folder, "k1", 2)])]),
        "staff.issuers[id].keys[1]: the key id stands twice: rename one"
    );
    let mut unnamed = key(folder, "k1", 1);
    unnamed.kid.clear();
    assert!(said(&[with(vec![unnamed])]).starts_with("staff.issuers[id].keys[0]: kid must be"));
    for (name, text) in
        [("empty", ""), ("cut", "-----BEGIN PUBLIC KEY-----\nMC"), ("long", &"x".repeat(9_000))]
    {
        let public_key_file = file(folder, name, text);
        let key = StaffKeyConfig { kid: "k1".to_owned(), public_key_file };
        let said = said(&[with(vec![key])]);
        assert!(said.starts_with("staff.issuers[id].keys[0]: not a public key"), "{name}: {said}");
    }
    let mut missing = key(folder, "k1", 1);
    missing.public_key_file = folder.join("nothing");
    assert!(said(&[with(vec![missing])]).ends_with("nothing: cannot be read: entity not found"));
}

#[test]
fn a_key_set_is_held_to_the_rules_of_every_key_set() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let set = |text: &str| StaffIssuerConfig {
        jwks_file: Some(file(folder, "set", text)),
        ..StaffIssuerConfig::new("id")
    };
    assert!(StaffIssuers::load(&[set(&signer("k1", 1).jwks())]).is_ok());
    assert_eq!(said(&[set("{")]), "staff.issuers[id].jwks_file: not a JSON Web Key Set (RFC 7517)");
    assert_eq!(
        said(&[set(&" ".repeat(65_537))]),
        "staff.issuers[id].jwks_file: the key set is larger than 65536 bytes"
    );
    let secret = signer("k1", 1).jwks().replacen("\"kty\"", "\"d\":\"AA\",\"kty\"", 1);
    assert!(said(&[set(&secret)]).contains("holds a secret key"));
    let both =
        StaffIssuerConfig { keys: vec![key(folder, "k1", 2)], ..set(&signer("k1", 1).jwks()) };
    assert_eq!(
        said(&[both]),
        "staff.issuers[id].keys[1]: the key id stands twice: rename one",
        "a key of the set with the name of a configured one"
    );
}

#[test]
fn a_changed_file_is_seen_and_read_again_and_a_bad_one_leaves_the_last_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let config = StaffIssuerConfig {
        keys: vec![key(folder.path(), "k1", 1)],
        jwks_file: Some(file(folder.path(), "set", &signer("k2", 2).jwks())),
        ..StaffIssuerConfig::new("id")
    };
    let set = config.jwks_file.clone().unwrap();
    let first = StaffIssuers::load(&[config]).unwrap();
    assert_eq!(first.look(), first.stamps());
    // Put in place as a whole, under another inode.
    fs::rename(file(folder.path(), "next", &signer("k3", 3).jwks()), &set).unwrap();
    assert_ne!(first.look(), first.stamps());
    let second = first.reread().unwrap();
    assert_eq!(second.look(), second.stamps());
    let has = |issuers: &StaffIssuers, kid| issuers.get("id").unwrap().key(kid).is_some();
    assert!(has(&second, "k1") && !has(&second, "k2") && has(&second, "k3"));
    fs::rename(file(folder.path(), "next", "{"), &set).unwrap();
    assert!(second.reread().is_err());
    assert!(has(&second, "k3") && has(&first, "k2"));
}
