//! What is wrong with a key that somebody wants to have trusted.

use std::fmt;

/// What is wrong with a token key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFlaw {
    /// Its key id is empty, too long, not visible ASCII, or reserved.
    Name,
    /// There is no public key of a known kind.
    NotPublicKey,
    /// Another encoding of the same point would be shorter.
    NotCanonical,
    /// Signatures without a secret would hold: a point that lies, wholly or in part, in the small
    /// subgroup; an exponent of 1; an even modulus.
    Weak,
    /// An RSA key of a size that is too small to trust or too large to check.
    RsaSize,
    /// Another key of the issuer has the same name.
    IdTaken,
    /// The name named another key before, or its [`crate::poll::IssuerKeyId`] does.
    Changed,
    /// More keys than can be told apart in the life of a process.
    TooMany,
}

impl fmt::Display for KeyFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "kid must be 1 to 64 visible ASCII characters and not `vouched`",
            Self::NotPublicKey => {
                "not a public key for EdDSA (Ed25519), ES256 (P-256) or RS256; a file is PEM (\"BEGIN PUBLIC KEY\")"
            }
            Self::NotCanonical => "the public key is not canonically encoded",
            Self::Weak => "the public key is weak: signatures without its secret would hold",
            Self::RsaSize => "an RSA key must have 2048 to 4096 bits",
            Self::IdTaken => "the key id stands twice: rename one",
            Self::Changed => {
                "the key id named another key before, or collides with another's: give the new key a new id"
            }
            Self::TooMany => "too many keys since the start: restart the engine to forget those that are gone",
        })
    }
}
