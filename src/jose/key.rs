//! Public keys that sign tokens, of the three algorithms of the profile.
//!
//! A key is checked once, when it is read: what could make a signature hold without its secret is
//! refused there. The algorithm belongs to the key; a token can only agree with it.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::spki::der::asn1::UintRef;
use ed25519_dalek::pkcs8::spki::der::{self, Decode, Document, Reader, SliceReader};
use ed25519_dalek::pkcs8::spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};
use ed25519_zebra::{Signature, VerificationKeyBytes, batch};

use crate::ground::limits::{RSA_BITS_MAX, RSA_BITS_MIN};
use crate::jose::KeyFlaw;

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// Bytes of a coordinate of P-256.
const P256_BYTES: usize = 32;
/// Bytes of a signature by Ed25519 and by P-256.
const CURVE_SIGNATURE_BYTES: usize = 64;

/// How a token may be signed (RFC 7518, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// `EdDSA` with Ed25519.
    EdDsa,
    /// `ES256`: ECDSA over P-256 with SHA-256, the signature as two numbers of fixed length.
    Es256,
    /// `RS256`: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// The algorithm that a header's or a key's `alg` names.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "EdDSA" => Some(Self::EdDsa),
            "ES256" => Some(Self::Es256),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }
}

/// A key that passed all checks. No `Debug`.
pub(crate) enum PublicKey {
    Ed25519(VerificationKeyBytes),
    P256(ParsedPublicKey),
    Rsa { key: ParsedPublicKey, signature_bytes: usize },
}

/// What is left to do about a signature.
pub(crate) enum Check {
    /// Nothing: it holds.
    Holds,
    /// It is to be checked with others.
    Batch(batch::Item),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in PEM; the kind of key is what it says of itself.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, KeyFlaw> {
        let (label, document) = Document::from_pem(pem).map_err(|_| KeyFlaw::NotPublicKey)?;
        if label != "PUBLIC KEY" {
            return Err(KeyFlaw::NotPublicKey);
        }
        let info = SubjectPublicKeyInfoRef::from_der(document.as_bytes());
        let info = info.map_err(|_| KeyFlaw::NotPublicKey)?;
        let key = info.subject_public_key.as_bytes().ok_or(KeyFlaw::NotPublicKey)?;
        let parameters = info.algorithm.parameters;
        match info.algorithm.oid {
            ED25519 if parameters.is_none() => Self::ed25519(key),
            EC if parameters.is_some_and(|curve| curve.decode_as() == Ok(P256)) => {
                match key.split_first() {
                    Some((4, point)) if point.len() == 2 * P256_BYTES => {
                        let (x, y) = point.split_at(P256_BYTES);
                        Self::p256(x, y)
                    }
                    _ => Err(KeyFlaw::NotPublicKey),
                }
            }
            RSA => {
                let (n, e) = rsa_numbers(key).map_err(|_| KeyFlaw::NotPublicKey)?;
                Self::rsa(n, e)
            }
            _ => Err(KeyFlaw::NotPublicKey),
        }
    }

    /// Signatures of Ed25519 are checked by ZIP 215, which lets any point be a key. What it lets
    /// pass is refused here, once, so that a signature that holds was made by whoever has the
    /// secret.
    pub(crate) fn ed25519(key: &[u8]) -> Result<Self, KeyFlaw> {
        let key = key.try_into().ok().and_then(|bytes| VerifyingKey::from_bytes(bytes).ok());
        let key = key.ok_or(KeyFlaw::NotPublicKey)?;
        let point = key.to_edwards();
        if point.compress().to_bytes() != key.to_bytes() {
            return Err(KeyFlaw::NotCanonical);
        }
        if key.is_weak() || !point.is_torsion_free() {
            return Err(KeyFlaw::Weak);
        }
        Ok(Self::Ed25519(VerificationKeyBytes::from(key.to_bytes())))
    }

    /// The point with these coordinates; the library refuses what is not on the curve.
    pub(crate) fn p256(x: &[u8], y: &[u8]) -> Result<Self, KeyFlaw> {
        if x.len() != P256_BYTES || y.len() != P256_BYTES {
            return Err(KeyFlaw::NotPublicKey);
        }
        let point = [&[4], x, y].concat();
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        key.map(Self::P256).map_err(|_| KeyFlaw::NotPublicKey)
    }

    /// Modulus and exponent, big-endian without zeros in front.
    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyFlaw> {
        // Signatures are as long as the modulus: with a zero in front none would ever fit.
        if [n, e].iter().any(|number| number.first() == Some(&0)) {
            return Err(KeyFlaw::NotCanonical);
        }
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits) {
            return Err(KeyFlaw::RsaSize);
        }
        // An exponent of 1 would make every message its own signature; an even one has no inverse.
        let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if !odd(n) || !odd(e) || e == [1] {
            return Err(KeyFlaw::Weak);
        }
        let numbers = RsaPublicKeyComponents { n, e };
        let key = numbers.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
        let key = key.map_err(|_| KeyFlaw::NotPublicKey)?;
        Ok(Self::Rsa { key, signature_bytes: n.len() })
    }

    /// The one algorithm that it is used with.
    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::P256(_) => Algorithm::Es256,
            Self::Rsa { .. } => Algorithm::Rs256,
        }
    }

    /// The length of its signatures.
    pub(crate) fn signature_bytes(&self) -> usize {
        match self {
            Self::Ed25519(_) | Self::P256(_) => CURVE_SIGNATURE_BYTES,
            Self::Rsa { signature_bytes, .. } => *signature_bytes,
        }
    }

    /// The key itself, for telling two keys apart.
    pub(crate) fn material(&self) -> &[u8] {
        match self {
            Self::Ed25519(key) => key.as_ref(),
            Self::P256(key) | Self::Rsa { key, .. } => key.as_ref(),
        }
    }

    /// Checks a signature at once, or names the check that is cheaper in company. `None` when it
    /// does not hold.
    pub(crate) fn check(&self, signed: &[u8], signature: &[u8]) -> Option<Check> {
        match self {
            Self::Ed25519(key) => {
                let signature = Signature::from_bytes(signature.try_into().ok()?);
                Some(Check::Batch(batch::Item::from((*key, signature, signed))))
            }
            Self::P256(key) | Self::Rsa { key, .. } => {
                key.verify_sig(signed, signature).ok().map(|()| Check::Holds)
            }
        }
    }
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017, A.1.1).
pub(crate) fn rsa_numbers(key: &[u8]) -> Result<(&[u8], &[u8]), der::Error> {
    let mut reader = SliceReader::new(key)?;
    let numbers = reader.sequence(|sequence| {
        let [n, e] = [UintRef::decode(sequence)?, UintRef::decode(sequence)?];
        Ok::<_, der::Error>((n.as_bytes(), e.as_bytes()))
    })?;
    reader.finish()?;
    Ok(numbers)
}
