//! What is trusted, and what is refused before anything is built on it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{SigningKey, VerifyingKey};

use super::*;
use crate::count::authenticate::mint::TestIssuer;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// SubjectPublicKeyInfo of an Ed25519 key, up to the key.
const SPKI_HEAD: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

fn pem(key: &[u8]) -> String {
    let der = STANDARD.encode([SPKI_HEAD, key].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n")
}

fn honest() -> [u8; 32] {
    SigningKey::from_bytes(&[5; 32]).verifying_key().to_bytes()
}

fn from_hex(hex: &str) -> [u8; 32] {
    let byte = |at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(byte)
}

/// Loads one issuer with one key and one secret, as files.
struct Trial {
    config: IssuerConfig,
    pem: String,
    secret: String,
    mode: u32,
}

impl Trial {
    fn new() -> Self {
        let vouched = VouchedConfig::by_secret(PathBuf::from("secret"));
        let key = IssuerKeyConfig { kid: "k1".into(), public_key_file: PathBuf::from("key.pem") };
        let config = IssuerConfig {
            vouched: Some(vouched),
            keys: vec![key],
            ..IssuerConfig::new("diia", "ua", "person-1")
        };
        Self { config, pem: pem(&honest()), secret: SECRET.to_owned(), mode: 0o600 }
    }

    fn load(&self) -> Result<Issuers, IssuersError> {
        self.load_all(1)
    }

    fn load_all(&self, times: usize) -> Result<Issuers, IssuersError> {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        fs::write(&secret, &self.secret).unwrap();
        fs::set_permissions(&secret, Permissions::from_mode(self.mode)).unwrap();
        fs::write(folder.path().join("key.pem"), &self.pem).unwrap();
        let mut config = self.config.clone();
        for key in &mut config.keys {
            key.public_key_file = folder.path().join(&key.public_key_file);
        }
        if let Some(vouched) = &mut config.vouched {
            vouched.secret_file = vouched.secret_file.as_ref().map(|file| folder.path().join(file));
        }
        Issuers::load(&vec![config; times])
    }

    fn flaw(&self) -> KeyFlaw {
        match self.load() {
            Err(IssuersError::Key { flaw, .. }) => flaw,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("loaded"),
        }
    }
}

fn flaw_of(key: &[u8]) -> KeyFlaw {
    Trial { pem: pem(key), ..Trial::new() }.flaw()
}

#[test]
fn an_honest_issuer_is_found_by_its_names() {
    let issuers = Trial::new().load().ok().unwrap();
    let issuer = issuers.get("diia").unwrap();
    assert_eq!(&*issuer.terms.space, "ua");
    assert_eq!(issuer.key("k1").unwrap().id, IssuerKeyId::of("diia", "k1"));
    assert!(issuer.key("k2").is_none() && issuers.get("other").is_none());
    let vouched = issuers.vouched("diia", SECRET).unwrap();
    assert_eq!(vouched.issuer_key, IssuerKeyId::of("diia", "vouched"));
    assert!(issuers.vouched("diia", &SECRET[1..]).is_none());
}

#[test]
fn a_key_as_openssl_writes_it_is_read() {
    // RFC 8410, section 10.1.
    let text = "-----BEGIN PUBLIC KEY-----\r\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\r\n\
                -----END PUBLIC KEY-----\r\n";
    assert!(Trial { pem: text.to_owned(), ..Trial::new() }.load().is_ok());
    let minted = TestIssuer::new("diia", "k1", [5; 32]).public_key_pem();
    assert_eq!(minted, pem(&honest()));
}

#[test]
fn small_order_keys_are_refused() {
    let small = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for hex in small {
        assert_eq!(flaw_of(&from_hex(hex)), KeyFlaw::Weak, "{hex}");
    }
}

#[test]
fn no_other_spelling_of_a_key_is_read() {
    // 2^255 - 19 + n, for the nineteen numbers that fit: the same points as n.
    let mut read = 0;
    for low in 0xed..=0xff {
        let mut key = [0xff; 32];
        (key[0], key[31]) = (low, 0x7f);
        if VerifyingKey::from_bytes(&key).is_ok() {
            assert_eq!(flaw_of(&key), KeyFlaw::NotCanonical, "{low:x}");
            read += 1;
        }
    }
    assert!(read > 2, "the trial must reach real points");
}

#[test]
fn a_key_with_a_small_order_part_is_refused() {
    let order_8 = from_hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    let point = |key: &[u8; 32]| VerifyingKey::from_bytes(key).unwrap().to_edwards();
    let mixed = (point(&honest()) + point(&order_8)).compress().to_bytes();
    assert_eq!(flaw_of(&mixed), KeyFlaw::Weak);
}

#[test]
fn only_a_public_key_in_pem_is_read() {
    let x25519 = pem(&honest()).replacen("MCowBQYDK2Vw", "MCowBQYDK2Vu", 1);
    let private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                   -----END PRIVATE KEY-----\n";
    let relabelled = private.replace("PRIVATE", "PUBLIC");
    let texts = [
        "",
        "key",
        &x25519,
        private,
        &relabelled,
        &pem(&honest()[1..]),
        &pem(&[honest(), honest()].concat()),
    ];
    for text in texts {
        let trial = Trial { pem: text.to_owned(), ..Trial::new() };
        assert_eq!(trial.flaw(), KeyFlaw::NotPublicKey, "{text}");
    }
    // No such point on the curve.
    let mut off_curve = [0; 32];
    off_curve[0] = 2;
    assert_eq!(flaw_of(&off_curve), KeyFlaw::NotPublicKey);
}

#[test]
fn names_have_their_bounds() {
    for id in ["", "with space", "діа", "line\n", &"x".repeat(129)] {
        let mut trial = Trial::new();
        trial.config.id = id.to_owned();
        assert!(matches!(trial.load(), Err(IssuersError::Id { .. })), "{id}");
    }
    for space in ["", "UA", "u a", "u_a", &"x".repeat(65)] {
        let mut trial = Trial::new();
        trial.config.subject_space = space.to_owned();
        assert!(matches!(trial.load(), Err(IssuersError::Space { .. })), "{space}");
    }
    for kid in ["", "vouched", "k 1", &"x".repeat(65)] {
        let mut trial = Trial::new();
        trial.config.keys[0].kid = kid.to_owned();
        assert_eq!(trial.flaw(), KeyFlaw::Name, "{kid}");
    }
    let mut trial = Trial::new();
    trial.config.id = "x".repeat(128);
    trial.config.subject_space = "x".repeat(64);
    trial.config.keys[0].kid = "x".repeat(64);
    assert!(trial.load().is_ok());
}

#[test]
fn nothing_stands_twice() {
    let mut trial = Trial::new();
    trial.config.keys.push(trial.config.keys[0].clone());
    assert_eq!(trial.flaw(), KeyFlaw::IdTaken);
    let mut bare = Trial::new();
    (bare.config.vouched, bare.config.keys) = (None, Vec::new());
    assert!(matches!(bare.load_all(2), Err(IssuersError::Repeated { .. })));
}

#[test]
fn a_secret_is_long_enough_and_its_owners_alone() {
    for mode in [0o640, 0o604, 0o644, 0o610] {
        let trial = Trial { mode, ..Trial::new() };
        assert!(matches!(trial.load(), Err(IssuersError::Exposed { .. })), "{mode:o}");
    }
    let long = "x".repeat(257);
    let dotted = SECRET.replace('0', ".");
    for secret in
        ["", &SECRET[1..], &long, &dotted, &format!("{SECRET}\r\n"), &format!("{SECRET}\n\n")]
    {
        let trial = Trial { secret: secret.to_owned(), ..Trial::new() };
        assert!(matches!(trial.load(), Err(IssuersError::Secret { .. })), "{secret}");
    }
    let trial = Trial { secret: format!("{SECRET}\n"), ..Trial::new() };
    assert!(trial.load().ok().unwrap().vouched("diia", SECRET).is_some());
}

#[test]
fn a_missing_file_is_named() {
    let mut trial = Trial::new();
    trial.config.keys[0].public_key_file = PathBuf::from("absent.pem");
    let error = trial.load().err().unwrap();
    assert!(error.to_string().contains("absent.pem"), "{error}");
}

#[test]
fn the_id_of_a_key_never_changes_and_no_byte_moves_between_its_names() {
    assert_eq!(IssuerKeyId::of("diia", "k1").get(), 9_939_762_997_225_692_306);
    assert_ne!(IssuerKeyId::of("ab", "c"), IssuerKeyId::of("a", "bc"));
    assert_ne!(IssuerKeyId::of("a", "b"), IssuerKeyId::of("b", "a"));
}

#[test]
fn a_configuration_reads_back_as_itself() {
    let text = "id = \"diia\"\nsubject_space = \"ua\"\npseudonym_key = \"p\"\nvouched = { secret_file = \"s\" }\n\
                keys = [{ kid = \"k1\", public_key_file = \"k.pem\" }]\n";
    let config: IssuerConfig = toml::from_str(text).unwrap();
    assert_eq!(toml::from_str::<IssuerConfig>(&toml::to_string(&config).unwrap()).unwrap(), config);
    assert!(toml::from_str::<IssuerConfig>(&format!("{text}speed = 1\n")).is_err());
}

fn load(configs: &[IssuerConfig]) -> Option<IssuersError> {
    Issuers::load(configs).err()
}

#[test]
fn issuers_of_one_space_make_one_subject_of_a_person() {
    let entry = |id: &str, space: &str, key: &str| IssuerConfig::new(id, space, key);
    let split = |one: &str, two: &str| {
        Some(IssuersError::SpaceSplit { one: one.to_owned(), two: two.to_owned() })
    };
    assert_eq!(load(&[entry("a", "ua", "p"), entry("b", "ua", "p"), entry("c", "lv", "q")]), None);
    let keys = [entry("a", "ua", "p"), entry("b", "lv", "p"), entry("c", "ua", "q")];
    assert_eq!(load(&keys), split("a", "c"), "both are named");
    let numbers = IssuerConfig { subjects: SubjectKind::Rnokpp, ..entry("b", "ua", "p") };
    assert_eq!(load(&[entry("a", "ua", "p"), numbers]), split("a", "b"));
    for key in ["", "P", "p_1", &"x".repeat(65)] {
        let error = load(&[entry("a", "ua", key)]);
        assert_eq!(error, Some(IssuersError::PseudonymKey { issuer: "a".into() }), "{key}");
    }
    let issuers = Issuers::load(&[entry("a", "ua", "p")]).ok().unwrap();
    assert_eq!(&*issuers.space("ua").unwrap().pseudonym_key, "p");
    assert!(issuers.space("lv").is_none());
}

#[test]
fn a_certificate_name_is_one_issuers() {
    let with = |id: &str, names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let vouched = VouchedConfig { certificate_names: names, ..VouchedConfig::default() };
        IssuerConfig { vouched: Some(vouched), ..IssuerConfig::new(id, "ua", "p") }
    };
    assert_eq!(load(&[with("a", &["a.example", "b.example"]), with("b", &["c.example"])]), None);
    let taken = |id: &str| Some(IssuersError::CertificateName { issuer: id.to_owned() });
    assert_eq!(
        load(&[with("a", &["a.example"]), with("b", &["b.example", "a.example"])]),
        taken("b")
    );
    assert_eq!(load(&[with("a", &["a.example", "a.example"])]), taken("a"));
    for name in ["", "a b", "a\n", &"x".repeat(254)] {
        assert_eq!(load(&[with("a", &[name])]), taken("a"), "{name}");
    }
    assert_eq!(load(&[with("a", &[])]), Some(IssuersError::Vouched { issuer: "a".into() }));
}

#[test]
fn a_key_set_has_one_place() {
    let url = JwksConfig::url("https://id.example.gov/jwks");
    let cases = [
        (url.clone(), true),
        (JwksConfig { refresh_seconds: 60, ..url.clone() }, true),
        (JwksConfig { refresh_seconds: 86_400, ..url.clone() }, true),
        (JwksConfig { refresh_seconds: 59, ..url.clone() }, false),
        (JwksConfig { refresh_seconds: 86_401, ..url.clone() }, false),
        (JwksConfig { file: Some("f".into()), ..url.clone() }, false),
        (JwksConfig { url: None, ..url.clone() }, false),
        (JwksConfig { ca_file: Some("c".into()), ..JwksConfig::file("f".into()) }, false),
    ];
    for (jwks, right) in cases {
        let config = IssuerConfig { jwks: Some(jwks), ..IssuerConfig::new("a", "ua", "p") };
        let wrong = (!right).then(|| IssuersError::Jwks { issuer: "a".into() });
        assert_eq!(load(&[config]), wrong);
    }
}
