//! The number under which the ledger keeps what came under one key of an issuer.

/// Context of [`IssuerKeyId`]'s hash; ids are on disk, so it never changes.
const KEY_ID_CONTEXT: &str = "holos v1 issuer key";

/// What a ballot's voter came under: one key of one issuer, or an issuer's vouched connections.
///
/// Tags and sums are kept by it, so that what came under a stolen key can be taken out together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IssuerKeyId(u64);

impl IssuerKeyId {
    /// No key: groups too small to be told apart, merged at the close.
    pub const REST: Self = Self(0);

    /// The id of an issuer's key. Names have their lengths hashed, so that no byte moves between
    /// the two.
    pub fn of(issuer: &str, kid: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(KEY_ID_CONTEXT);
        for name in [issuer, kid] {
            let length = u32::try_from(name.len()).expect("names are at most 128 bytes long");
            hasher.update(&length.to_le_bytes()).update(name.as_bytes());
        }
        let hash = hasher.finalize();
        let first = hash.as_bytes().first_chunk().expect("a hash has 32 bytes");
        Self(u64::from_le_bytes(*first))
    }

    /// The id with this number, as it was stored.
    pub const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// The number to store.
    pub const fn get(self) -> u64 {
        self.0
    }
}
