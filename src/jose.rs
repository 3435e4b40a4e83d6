//! Public keys of those who sign, and sets of them: JSON Web Keys (RFC 7517) and PEM.
//!
//! Shared by the issuers of voters and by those who sign staff's tokens. Refuses a key that would
//! weaken what is built on it; trusts nobody, and reads no token.

mod flaw;
pub(crate) mod jwks;
pub(crate) mod key;

pub use flaw::KeyFlaw;
pub use jwks::JwksError;
