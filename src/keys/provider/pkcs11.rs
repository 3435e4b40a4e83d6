//! Key-encryption keys that never leave a PKCS#11 token.
//!
//! AES-256 keys made in the token, sensitive and not extractable, labelled `holos-kek-<n>` with n
//! counting up and a random id; what they wrap is `iv (12) || ciphertext (32) || tag (16)` of
//! AES-GCM. The token belongs to one engine. No session is held between calls, which may lie months
//! apart, and no PIN: it is read from its file when it is needed.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KekError, KekId, KeyEncryption, ROOT_PLACE, read_private};
use crate::ground::{limits, random};
use crate::keys::Secret;

const LABEL: &str = "holos-kek-";
const KEY_BYTES: u64 = 32;
const IV: usize = 12;
const TAG_BITS: u64 = 128;

/// Which token, and how to open it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs11Config {
    /// The token maker's shared library.
    pub module: PathBuf,
    /// The token's label. Its keys called `holos-kek-<n>` belong to this engine alone.
    pub token: String,
    /// File with the user PIN, readable by its owner only.
    pub pin_file: PathBuf,
}

/// The keys of one token.
pub struct Pkcs11Provider {
    /// One call at a time: logging in and out is for the whole process.
    module: Mutex<Pkcs11>,
    slot: Slot,
    pin_file: PathBuf,
}

/// A key of the token.
struct Held {
    /// What its label counts.
    number: u64,
    id: KekId,
    handle: ObjectHandle,
}

impl Pkcs11Provider {
    /// Loads the module, finds the token, and logs in to see that it lets us.
    ///
    /// # Errors
    /// [`KekError::Token`], [`KekError::NoToken`], or what is wrong with the PIN file.
    pub fn connect(config: &Pkcs11Config) -> Result<Self, KekError> {
        let module = Pkcs11::new(&config.module).map_err(|source| failed("load", source))?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // Another provider of this process did.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(source) => return Err(failed("initialise", source)),
        }
        let slot = find_token(&module, &config.token)?;
        let provider = Self { module: Mutex::new(module), slot, pin_file: config.pin_file.clone() };
        provider.with_session(|_| Ok(()))?;
        Ok(provider)
    }

    fn with_session<T>(
        &self,
        work: impl FnOnce(&Session) -> Result<T, KekError>,
    ) -> Result<T, KekError> {
        let module: MutexGuard<'_, Pkcs11> =
            self.module.lock().expect("nothing panics under this lock");
        let session =
            module.open_rw_session(self.slot).map_err(|source| failed("open a session", source))?;
        match session.login(UserType::User, Some(&read_pin(&self.pin_file)?)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(source) => return Err(failed("log in", source)),
        }
        work(&session)
    }
}

/// Makes durable what a token in software (SoftHSM) has written: it syncs nothing, and where its
/// files lie only its own configuration knows, so all file systems are synced. A device keeps its
/// keys itself; for it this is a wait of no use, once a rekey. Reports no error: a disk that fails
/// here shows it in the key store's own writes, where it is the same disk.
fn make_durable() {
    rustix::fs::sync();
}

fn failed(what: &'static str, source: Error) -> KekError {
    KekError::Token { what, source: Box::new(source) }
}

fn find_token(module: &Pkcs11, label: &str) -> Result<Slot, KekError> {
    let failed = |source| failed("list tokens", source);
    for slot in module.get_slots_with_token().map_err(failed)? {
        if module.get_token_info(slot).map_err(failed)?.label() == label {
            return Ok(slot);
        }
    }
    Err(KekError::NoToken)
}

fn read_pin(path: &Path) -> Result<AuthPin, KekError> {
    const WHAT: &str = "PIN";
    let unreadable = |kind: std::io::ErrorKind| KekError::File {
        what: WHAT,
        path: path.into(),
        source: kind.into(),
    };
    let bytes = read_private(WHAT, path, limits::PIN_BYTES_MAX)?
        .ok_or_else(|| unreadable(std::io::ErrorKind::NotFound))?;
    let pin = str::from_utf8(bytes.trim_ascii_end()).ok();
    let pin = pin.filter(|_| bytes.len() <= limits::PIN_BYTES_MAX);
    let pin = pin.ok_or_else(|| unreadable(std::io::ErrorKind::InvalidData))?;
    // The exact length, so that no copy is left behind; wiped on drop.
    Ok(AuthPin::from(pin.to_owned()))
}

/// The engine's keys in the token, oldest first.
fn held(session: &Session) -> Result<Vec<Held>, KekError> {
    let failed = |source| failed("list keys", source);
    let ours = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(true),
    ];
    let mut held = Vec::new();
    for handle in session.find_objects(&ours).map_err(failed)? {
        let asked = [AttributeType::Label, AttributeType::Id];
        let (mut number, mut id) = (None, None);
        for attribute in session.get_attributes(handle, &asked).map_err(failed)? {
            match attribute {
                Attribute::Label(label) => number = number_of(&label),
                Attribute::Id(bytes) => id = bytes.try_into().ok().map(KekId::from_bytes),
                _ => {}
            }
        }
        if let (Some(number), Some(id)) = (number, id) {
            held.push(Held { number, id, handle });
        }
    }
    held.sort_unstable_by_key(|key| (key.number, key.id));
    Ok(held)
}

fn number_of(label: &[u8]) -> Option<u64> {
    str::from_utf8(label).ok()?.strip_prefix(LABEL)?.parse().ok()
}

fn find(session: &Session, key: &KekId) -> Result<ObjectHandle, KekError> {
    let held = held(session)?.into_iter().find(|held| held.id == *key);
    held.map(|held| held.handle).ok_or(KekError::Unknown { key: *key })
}

impl KeyEncryption for Pkcs11Provider {
    fn keys(&self) -> Result<Vec<KekId>, KekError> {
        self.with_session(|session| Ok(held(session)?.iter().map(|key| key.id).collect()))
    }

    fn wrap(&self, key: &KekId, secret: &Secret<32>) -> Result<Vec<u8>, KekError> {
        let failed = |source| failed("encrypt", source);
        self.with_session(|session| {
            // The key may be one that an earlier process made and had no time to make durable.
            make_durable();
            let iv: [u8; IV] = random::bytes();
            let mut given = iv;
            let gcm = GcmParams::new(&mut given, ROOT_PLACE, TAG_BITS.into()).map_err(failed)?;
            let sealed = session
                .encrypt(&Mechanism::AesGcm(gcm), find(session, key)?, secret.expose())
                .map_err(failed)?;
            Ok([&iv[..], &sealed].concat())
        })
    }

    fn unwrap(&self, key: &KekId, wrapped: &[u8]) -> Result<Secret<32>, KekError> {
        self.with_session(|session| {
            let handle = find(session, key)?;
            let (iv, sealed) = wrapped.split_first_chunk::<IV>().ok_or(KekError::Damaged)?;
            let mut iv = *iv;
            let gcm = GcmParams::new(&mut iv, ROOT_PLACE, TAG_BITS.into())
                .map_err(|source| failed("decrypt", source))?;
            let plain = session.decrypt(&Mechanism::AesGcm(gcm), handle, sealed);
            let plain = Zeroizing::new(plain.map_err(|source| match source {
                Error::Pkcs11(
                    RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange,
                    _,
                ) => KekError::Damaged,
                source => failed("decrypt", source),
            })?);
            plain[..].try_into().map(Secret::new).map_err(|_| KekError::Damaged)
        })
    }

    fn create(&self) -> Result<KekId, KekError> {
        self.with_session(|session| {
            let newest = held(session)?.last().map_or(0, |key| key.number);
            let id = KekId::from_bytes(random::bytes());
            let template = [
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Encrypt(true),
                Attribute::Decrypt(true),
                Attribute::ValueLen(KEY_BYTES.into()),
                Attribute::Label(format!("{LABEL}{}", newest.saturating_add(1)).into_bytes()),
                Attribute::Id(id.as_bytes().to_vec()),
            ];
            session
                .generate_key(&Mechanism::AesKeyGen, &template)
                .map_err(|source| failed("generate a key", source))?;
            make_durable();
            Ok(id)
        })
    }

    fn destroy(&self, key: &KekId) -> Result<(), KekError> {
        self.with_session(|session| match find(session, key) {
            Ok(handle) => {
                session.destroy_object(handle).map_err(|source| failed("destroy a key", source))?;
                make_durable();
                Ok(())
            }
            Err(KekError::Unknown { .. }) => {
                // Gone from what this process sees; the disk may not know yet.
                make_durable();
                Ok(())
            }
            Err(error) => Err(error),
        })
    }
}

#[cfg(test)]
mod tests;
