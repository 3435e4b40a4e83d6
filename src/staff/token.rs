//! Staff's tokens: who signs in, on the word of a staff issuer.
//!
//! A compact JWS (RFC 7515) of at most 4,096 bytes as identity providers make them: claims `iss`,
//! `aud`, `sub`, `iat`, `exp`, optionally `nbf`; what else stands there is skipped. The algorithm
//! belongs to the key, and a header can only agree with it. Does not say what the person may do:
//! duties come from the register, never from a token.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::account::{Credential, is_subject};
use super::issuers::StaffIssuers;
use super::signature::{holds, object_text, present, segments};
use crate::ground::limits::{
    STAFF_JWT_BYTES_MAX, STAFF_JWT_LIFETIME_SECONDS_MAX, TOKEN_AUDIENCES_MAX, TOKEN_LEEWAY_SECONDS,
};
use crate::jose::key::Algorithm;

/// Why a staff token is refused. Never holds any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenFlaw {
    /// More bytes than are read.
    #[error("the token is longer than 4096 bytes")]
    TooLarge,
    /// No token of the profile.
    #[error("not a token of the staff profile")]
    Malformed,
    /// An algorithm that is none of ours, or not the key's.
    #[error("alg is not the algorithm of the key")]
    Algorithm,
    /// An issuer that is not configured.
    #[error("iss is not a staff issuer")]
    IssuerUnknown,
    /// A key that the issuer does not have.
    #[error("kid is not a key of the issuer")]
    KeyUnknown,
    /// A signature that does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// A token for somebody else.
    #[error("aud is not this engine's staff")]
    Audience,
    /// A subject that nobody can be registered under.
    #[error("sub must hold 1 to 255 bytes without control characters")]
    Sub,
    /// A token past its `exp`.
    #[error("the token has expired")]
    Expired,
    /// A token before its `nbf` or `iat`.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A token that lives longer than a working day, or not at all.
    #[error("exp must lie 1 second to 12 hours after iat")]
    Lifetime,
}

impl TokenFlaw {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::TooLarge,
        Self::Malformed,
        Self::Algorithm,
        Self::IssuerUnknown,
        Self::KeyUnknown,
        Self::Signature,
        Self::Audience,
        Self::Sub,
        Self::Expired,
        Self::NotYetValid,
        Self::Lifetime,
    ];

    /// The flaw as labels and the API spell it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "STAFF_TOKEN_TOO_LARGE",
            Self::Malformed => "STAFF_TOKEN_MALFORMED",
            Self::Algorithm => "STAFF_TOKEN_ALGORITHM",
            Self::IssuerUnknown => "STAFF_TOKEN_ISSUER_UNKNOWN",
            Self::KeyUnknown => "STAFF_TOKEN_KEY_UNKNOWN",
            Self::Signature => "STAFF_TOKEN_SIGNATURE",
            Self::Audience => "STAFF_TOKEN_AUDIENCE",
            Self::Sub => "STAFF_TOKEN_SUBJECT",
            Self::Expired => "STAFF_TOKEN_EXPIRED",
            Self::NotYetValid => "STAFF_TOKEN_NOT_YET_VALID",
            Self::Lifetime => "STAFF_TOKEN_LIFETIME",
        }
    }
}

/// Members that no rule asks for are ignored, as RFC 7515 wants: providers add their own. Never
/// `crit`, which says that ignoring is wrong.
#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    typ: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims<'a> {
    #[serde(borrow)]
    iss: Cow<'a, str>,
    aud: Audience,
    sub: String,
    iat: i64,
    exp: i64,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl StaffIssuers {
    /// Who signs in with this token at this moment. Whether that person has access is the
    /// register's to say.
    ///
    /// # Errors
    /// The first rule that the token breaks. Of a token whose signature does not hold, no claim is
    /// judged but its issuer.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Credential, TokenFlaw> {
        if token.len() > STAFF_JWT_BYTES_MAX {
            return Err(TokenFlaw::TooLarge);
        }
        let [header, payload, signature] = segments(token).ok_or(TokenFlaw::Malformed)?;
        let signed = &token[..header.len() + 1 + payload.len()];
        let (kid, algorithm) = read_header(header)?;
        let text = Zeroizing::new(object_text(payload).ok_or(TokenFlaw::Malformed)?);
        let claims: Claims<'_> = serde_json::from_str(&text).map_err(|_| TokenFlaw::Malformed)?;
        let issuer = self.get(&claims.iss).ok_or(TokenFlaw::IssuerUnknown)?;
        let key = issuer.key(&kid).ok_or(TokenFlaw::KeyUnknown)?;
        if key.algorithm() != algorithm {
            return Err(TokenFlaw::Algorithm);
        }
        if !holds(key, signed.as_bytes(), signature) {
            return Err(TokenFlaw::Signature);
        }
        if !claims.aud.holds(issuer.audience())? {
            return Err(TokenFlaw::Audience);
        }
        // Whole seconds, rounded down: claims are whole seconds too, so no comparison changes.
        timely(&claims, now.as_second())?;
        if !is_subject(&claims.sub) {
            return Err(TokenFlaw::Sub);
        }
        Ok(Credential::Token { issuer: claims.iss.into_owned(), subject: claims.sub })
    }
}

/// The key id and the algorithm.
fn read_header(part: &str) -> Result<(String, Algorithm), TokenFlaw> {
    let text = object_text(part).ok_or(TokenFlaw::Malformed)?;
    let header: Header<'_> = serde_json::from_str(&text).map_err(|_| TokenFlaw::Malformed)?;
    // Providers sign other things for the same audience under the same key, as notices of a
    // logout; those say so in their `typ`. An access token says `at+jwt` (RFC 9068).
    let typed = header.typ.is_none_or(|typ| matches!(&*typ, "JWT" | "at+jwt"));
    if !typed || header.crit.is_some() {
        return Err(TokenFlaw::Malformed);
    }
    let algorithm = Algorithm::named(&header.alg).ok_or(TokenFlaw::Algorithm)?;
    Ok((header.kid.into_owned(), algorithm))
}

impl Audience {
    /// Whether one of them is `ours`.
    fn holds(&self, ours: &str) -> Result<bool, TokenFlaw> {
        match self {
            Self::One(name) => Ok(name == ours),
            Self::Several(names) if (1..=TOKEN_AUDIENCES_MAX).contains(&names.len()) => {
                Ok(names.iter().any(|name| name == ours))
            }
            Self::Several(_) => Err(TokenFlaw::Malformed),
        }
    }
}

/// Whether the moment lies within the token's life, and that life within the profile's.
fn timely(claims: &Claims<'_>, now: i64) -> Result<(), TokenFlaw> {
    if claims.exp.saturating_add(TOKEN_LEEWAY_SECONDS) <= now {
        return Err(TokenFlaw::Expired);
    }
    let latest = claims.iat.max(claims.nbf.unwrap_or(i64::MIN));
    if latest.saturating_sub(TOKEN_LEEWAY_SECONDS) > now {
        return Err(TokenFlaw::NotYetValid);
    }
    let lifetime = claims.exp.saturating_sub(claims.iat);
    if (1..=STAFF_JWT_LIFETIME_SECONDS_MAX).contains(&lifetime) {
        Ok(())
    } else {
        Err(TokenFlaw::Lifetime)
    }
}

#[cfg(test)]
mod tests;
