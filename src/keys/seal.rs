//! Sealed records: XChaCha20-Poly1305 with a random 192-bit nonce, bound to the place where the
//! record is stored.
//!
//! Does not choose nonces (the caller draws them from [`crate::ground::random`]) and does not know
//! what a place is: the caller makes it from schema version, family and key, so that a record moved
//! elsewhere does not open.
//!
//! ```text
//!  0      4         8            32                32 + n       48 + n
//!  +------+---------+------------+-----------------+------------+
//!  | HLS1 | u32 LE  | nonce (24) | ciphertext (n)  | tag (16)   |
//!  +------+---------+------------+-----------------+------------+
//!           length of all that follows it = 40 + n
//! ```

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::secret::Secret;

const MAGIC: [u8; 4] = *b"HLS1";
const NONCE: usize = 24;
const TAG: usize = 16;
const LENGTH_END: usize = MAGIC.len() + size_of::<u32>();
const BODY: usize = LENGTH_END + NONCE;

/// Bytes that a sealed record has beyond its plain text.
pub const OVERHEAD: usize = BODY + TAG;

/// The longest plain text of one record: 1 GiB, far above any record and far below what the cipher
/// allows.
pub const PLAIN_BYTES_MAX: usize = 1 << 30;

/// A key that seals and opens records. Wiped on drop by the cipher.
pub struct SealKey(XChaCha20Poly1305);

/// Why a sealed record does not open. All three mean the same to a reader: do not use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It does not begin as a sealed record does.
    #[error("not a sealed record")]
    Format,
    /// It is longer or shorter than it says.
    #[error("the sealed record has another length than it says")]
    Length,
    /// Another key, another place, or a changed byte.
    #[error("the seal does not hold")]
    Broken,
}

impl SealKey {
    /// The sealing key made of `secret`.
    pub fn new(secret: &Secret<32>) -> Self {
        Self(XChaCha20Poly1305::new(secret.expose().into()))
    }

    /// Seals `plain` for `place`. The nonce must be fresh from [`crate::ground::random`].
    ///
    /// One allocation: the plain text is copied into the record and encrypted there.
    ///
    /// # Panics
    /// If `plain` is longer than [`PLAIN_BYTES_MAX`]: every record's bound lies far below it.
    pub fn seal(&self, nonce: [u8; NONCE], place: &[u8], plain: &[u8]) -> Vec<u8> {
        assert!(plain.len() <= PLAIN_BYTES_MAX, "a record beyond every bound");
        let follows = u32::try_from(NONCE + plain.len() + TAG).expect("checked just above");
        let mut sealed = Vec::with_capacity(OVERHEAD + plain.len());
        sealed.extend_from_slice(&MAGIC);
        sealed.extend_from_slice(&follows.to_le_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .0
            .encrypt_inout_detached(&XNonce::from(nonce), place, (&mut sealed[BODY..]).into())
            .expect("the plain text is shorter than the cipher's limit of 256 GiB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens a record that was sealed for `place`. `sealed` is exactly one record; [`split`] finds
    /// its end.
    ///
    /// # Errors
    /// [`SealError`]: nothing of the plain text is given out unless the whole record holds.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (record, rest) = split(sealed)?;
        if !rest.is_empty() {
            return Err(SealError::Length);
        }
        let (body, tag) = record[BODY..].split_at(record.len() - OVERHEAD);
        let nonce = XNonce::try_from(&record[LENGTH_END..BODY]).expect("24 bytes");
        let tag = tag.try_into().expect("16 bytes");
        let mut plain = Zeroizing::new(body.to_vec());
        self.0
            .decrypt_inout_detached(&nonce, place, plain.as_mut_slice().into(), &tag)
            .map_err(|_| SealError::Broken)?;
        Ok(plain)
    }
}

/// Splits the first sealed record off `bytes`: the record, and what follows it. Opens nothing.
///
/// # Errors
/// [`SealError::Format`] or [`SealError::Length`].
pub fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), SealError> {
    let after_magic = bytes.strip_prefix(&MAGIC).ok_or(SealError::Format)?;
    let (length, follows) = after_magic.split_first_chunk().ok_or(SealError::Length)?;
    let length = u32::from_le_bytes(*length) as usize;
    if !(NONCE + TAG..=NONCE + TAG + PLAIN_BYTES_MAX).contains(&length) || length > follows.len() {
        return Err(SealError::Length);
    }
    Ok(bytes.split_at(LENGTH_END + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn key(byte: u8) -> SealKey {
        SealKey::new(&Secret::new([byte; 32]))
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_only(
            plain in vec(any::<u8>(), 0..2000),
            place in vec(any::<u8>(), 0..64),
            nonce: [u8; 24],
        ) {
            let sealed = key(1).seal(nonce, &place, &plain);
            prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD);
            prop_assert_eq!(&**key(1).open(&place, &sealed).unwrap(), &plain);
            prop_assert_eq!(key(2).open(&place, &sealed).unwrap_err(), SealError::Broken);
            let elsewhere = [&place[..], b"x"].concat();
            prop_assert_eq!(key(1).open(&elsewhere, &sealed).unwrap_err(), SealError::Broken);
        }

        #[test]
        fn records_in_a_row_are_split_where_they_were_joined(
            plains in vec(vec(any::<u8>(), 0..99), 0..9),
        ) {
            let seal = |plain: &Vec<u8>| key(1).seal([0; 24], b"", plain);
            let joined: Vec<u8> = plains.iter().flat_map(seal).collect();
            let mut rest = &joined[..];
            for plain in &plains {
                let (record, after) = split(rest).unwrap();
                prop_assert_eq!(&**key(1).open(b"", record).unwrap(), plain);
                rest = after;
            }
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
            prop_assert!(key(1).open(b"", &bytes).is_err());
            let dressed = [&MAGIC[..], &bytes].concat();
            prop_assert!(key(1).open(b"", &dressed).is_err());
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let sealed = key(1).seal([9; 24], b"place", b"a ballot is a secret");
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[at] ^= 1 << bit;
                assert!(key(1).open(b"place", &changed).is_err(), "byte {at}, bit {bit}");
            }
            assert!(key(1).open(b"place", &sealed[..at]).is_err(), "cut at {at}");
        }
        assert_eq!(
            key(1).open(b"place", &[&sealed[..], b"x"].concat()).unwrap_err(),
            SealError::Length
        );
    }

    /// `N` bytes that count up.
    fn from<const N: usize>(first: u8) -> [u8; N] {
        let mut next = first..;
        [(); N].map(|()| next.next().expect("fewer than 256"))
    }

    /// The vector of draft-irtf-cfrg-xchacha-03, A.3.1, in our framing: the cipher is the standard
    /// one.
    #[test]
    fn the_layout_on_disk_is_pinned() {
        let plain =
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
            future, sunscreen would be it.";
        let place = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let key = SealKey::new(&Secret::new(from(0x80)));
        let sealed = key.seal(from(0x40), &place, plain);
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            concat!(
                "484c5331",
                "9a000000",
                "404142434445464748494a4b4c4d4e4f5051525354555657",
                "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb",
                "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452",
                "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9",
                "21f9664c97637da9768812f615c68b13b52e",
                "c0875924c1c7987947deafd8780acf49",
            )
        );
    }
}
