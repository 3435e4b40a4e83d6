//! Against a real SoftHSM. It finds its tokens by an environment variable, which must be set before
//! the module is loaded and for that process alone: each test's body runs in a child process.

use super::*;
use crate::ground::faults::{Fault, Faults, Point};
use crate::keys::{KeyStore, Slots};
use crate::poll::PollId;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "4711-holos";
const HOME: &str = "HOLOS_TEST_TOKEN_HOME";

/// Runs the ignored test `name` of this module beside an empty store of tokens.
fn in_a_child(name: &str) {
    assert!(Path::new(MODULE).exists(), "{MODULE} is not there: run deploy/setup.sh --test");
    let home = tempfile::tempdir().unwrap();
    let conf = home.path().join("softhsm2.conf");
    let tokens = home.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    fs::write(&conf, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    let (_crate_name, module) = module_path!().split_once("::").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&format!("{module}::{name}"), "--exact", "--ignored", "--nocapture"])
        .env("SOFTHSM2_CONF", &conf)
        .env(HOME, home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{errors}");
}

/// The configuration of a fresh token called `holos`.
fn token() -> Pkcs11Config {
    let home = PathBuf::from(std::env::var_os(HOME).expect("called by its parent test"));
    let module = Pkcs11::new(MODULE).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slot = module.get_slots_with_token().unwrap()[0];
    let officer = AuthPin::from("officer".to_owned());
    module.init_token(slot, &officer, "holos").unwrap();
    let slot = find_token(&module, "holos").unwrap();
    let session = module.open_rw_session(slot).unwrap();
    session.login(UserType::So, Some(&officer)).unwrap();
    session.init_pin(&AuthPin::from(PIN.to_owned())).unwrap();
    drop(session);
    // The module stays loaded and initialised: as in a process with two providers.
    std::mem::forget(module);
    let pin_file = home.join("pin");
    fs::write(&pin_file, format!("{PIN}\n")).unwrap();
    fs::set_permissions(&pin_file, fs::Permissions::from_mode(0o600)).unwrap();
    Pkcs11Config { module: MODULE.into(), token: "holos".to_owned(), pin_file }
}

#[test]
fn keys_of_a_token_wrap_take_turns_and_die() {
    in_a_child("keys_in_a_token");
}

#[test]
#[ignore = "the body of keys_of_a_token_wrap_take_turns_and_die"]
fn keys_in_a_token() {
    let provider = Pkcs11Provider::connect(&token()).unwrap();
    assert_eq!(provider.keys().unwrap(), []);
    let secret = Secret::new([5; 32]);
    let mut made = Vec::new();
    // Ten and more, so that the order is by number and not by text.
    for count in 1..=11 {
        made.push(provider.create().unwrap());
        assert_eq!(provider.keys().unwrap(), made, "{count} keys, newest last");
    }
    let wrapped = provider.wrap(&made[0], &secret).unwrap();
    assert_eq!(wrapped.len(), IV + 32 + 16);
    assert_ne!(wrapped, provider.wrap(&made[0], &secret).unwrap(), "a fresh nonce each");
    assert_eq!(provider.unwrap(&made[0], &wrapped).unwrap().expose(), secret.expose());
    assert!(provider.unwrap(&made[1], &wrapped).is_err(), "another key");
    for at in 0..wrapped.len() {
        let mut changed = wrapped.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(provider.unwrap(&made[0], &changed).is_err(), "byte {at}");
    }
    for length in [0, 11, 12, 27, 59] {
        assert!(provider.unwrap(&made[0], &wrapped[..length]).is_err(), "cut at {length}");
    }
    for _ in 0..2 {
        provider.destroy(&made[0]).unwrap();
        assert_eq!(provider.keys().unwrap(), made[1..]);
        let gone = provider.unwrap(&made[0], &wrapped).err().unwrap();
        assert!(matches!(gone, KekError::Unknown { key } if key == made[0]));
    }
}

#[test]
fn a_key_never_leaves_its_token() {
    in_a_child("key_stays_in_the_token");
}

#[test]
#[ignore = "the body of a_key_never_leaves_its_token"]
fn key_stays_in_the_token() {
    let provider = Pkcs11Provider::connect(&token()).unwrap();
    provider.create().unwrap();
    provider
        .with_session(|session| {
            let handle = held(session)?[0].handle;
            let asked = [
                AttributeType::Sensitive,
                AttributeType::AlwaysSensitive,
                AttributeType::Extractable,
                AttributeType::NeverExtractable,
                AttributeType::Private,
            ];
            let said = session.get_attributes(handle, &asked).unwrap();
            assert!(said.contains(&Attribute::Sensitive(true)));
            assert!(said.contains(&Attribute::AlwaysSensitive(true)));
            assert!(said.contains(&Attribute::Extractable(false)));
            assert!(said.contains(&Attribute::NeverExtractable(true)));
            assert!(said.contains(&Attribute::Private(true)));
            let value = session.get_attributes(handle, &[AttributeType::Value]);
            let told = value.unwrap().iter().any(|said| matches!(said, Attribute::Value(_)));
            assert!(!told, "its bytes are not given out");
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_token_that_does_not_let_us_in_is_told_apart() {
    in_a_child("refusals_of_a_token");
}

#[test]
#[ignore = "the body of a_token_that_does_not_let_us_in_is_told_apart"]
fn refusals_of_a_token() {
    let good = token();
    let refusal = |config: &Pkcs11Config| Pkcs11Provider::connect(config).err().unwrap();
    let other = Pkcs11Config { token: "other".to_owned(), ..good.clone() };
    assert!(matches!(refusal(&other), KekError::NoToken));
    let module = Pkcs11Config { module: "/nowhere.so".into(), ..good.clone() };
    assert!(matches!(refusal(&module), KekError::Token { what: "load", .. }));
    let pin = |text: &str, mode: u32| {
        fs::write(&good.pin_file, text).unwrap();
        fs::set_permissions(&good.pin_file, fs::Permissions::from_mode(mode)).unwrap();
        refusal(&good)
    };
    assert!(matches!(pin(PIN, 0o640), KekError::Exposed { what: "PIN", mode: 0o640, .. }));
    assert!(matches!(pin("another", 0o600), KekError::Token { what: "log in", .. }));
    assert!(!pin("another", 0o600).to_string().contains("another"));
    assert!(matches!(pin(&"1".repeat(limits::PIN_BYTES_MAX + 1), 0o600), KekError::File { .. }));
    fs::remove_file(&good.pin_file).unwrap();
    assert!(matches!(refusal(&good), KekError::File { what: "PIN", .. }));
}

#[test]
fn a_key_store_lives_under_a_token_and_a_rekey_destroys_the_old_key() {
    in_a_child("key_store_under_a_token");
}

#[test]
#[ignore = "the body of a_key_store_lives_under_a_token_and_a_rekey_destroys_the_old_key"]
fn key_store_under_a_token() {
    let provider: Arc<dyn KeyEncryption> = Arc::new(Pkcs11Provider::connect(&token()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let [erased, kept] = [1, 2].map(|byte| PollId::from_bytes([byte; 16]));
    let faults = Faults::none();
    let open = || KeyStore::open(folder.path(), Arc::clone(&provider), faults.clone());
    let keys = open().unwrap();
    let tag = keys.create_poll_keys(kept).unwrap().tag;
    keys.create_poll_keys(erased).unwrap();
    let (path, root) = (keys.slots_path(), keys.wrapping());
    let mut slots = Slots::create(&path, root, 1, &Secret::new([9; 32]), faults.clone()).unwrap();
    faults.arm(Point::RekeyDestroy, Fault::Lost, 0);
    keys.rekey(&mut slots, &[erased]).unwrap_err();
    assert_eq!(provider.keys().unwrap().len(), 2, "a crash before the old key is destroyed");
    drop(keys);
    let keys = open().unwrap();
    assert_eq!(provider.keys().unwrap(), [keys.kek()]);
    assert_eq!(keys.list().unwrap(), [kept]);
    assert_eq!(keys.poll_keys(kept).unwrap().tag.expose(), tag.expose());
    let (mut slots, epochs) =
        Slots::open(&keys.slots_path(), keys.wrapping(), faults.clone()).unwrap();
    assert_eq!(epochs[0].1.expose(), &[9; 32]);
    let rekeyed = keys.rekey(&mut slots, &[]).unwrap();
    assert_ne!(rekeyed.old, rekeyed.new);
    assert_eq!(provider.keys().unwrap(), [rekeyed.new]);
}
