//! The token profile: a narrow JWT, read strictly, before its signature is looked at.
//!
//! A token is a compact JWS (RFC 7515) of at most 2,048 bytes: header `{"alg":"EdDSA","kid":..}`,
//! optionally with `"typ":"JWT"`; claims `iss`, `aud`, `sub`, `poll`, `iat`, `exp`, optionally
//! `nbf`, with whole seconds and single strings; an Ed25519 signature. Whatever else a JWT may
//! carry is refused, not ignored: what is not read cannot be misread. Does not check the signature:
//! what it returns is only claimed.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_zebra::{Signature, batch};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroize;

use super::issuers::Issuers;
use super::{Subject, Voter};
use crate::outcome::Rejection;
use crate::poll::PollId;
use crate::service::limits::{
    SUBJECT_BYTES_MAX, TOKEN_BYTES_MAX, TOKEN_LEEWAY_SECONDS, TOKEN_LIFETIME_SECONDS_MAX,
};

/// The one algorithm. Every key is an Ed25519 key, so that an algorithm named by a token can only
/// agree or be refused.
const ALGORITHM: &str = "EdDSA";
/// Characters of a signature's 64 bytes in base64url.
const SIGNATURE_CHARS: usize = 86;

/// Whom tokens must come from and be meant for.
pub(super) struct Profile {
    /// The trusted issuers.
    pub(super) issuers: Issuers,
    /// This engine's name.
    pub(super) audience: String,
}

/// What a token must fit: the poll that its ballot is for, and the moment.
pub(super) struct Occasion {
    poll: String,
    now: i64,
}

impl Occasion {
    pub(super) fn new(poll: PollId, now: Timestamp) -> Self {
        // Whole seconds, rounded down: claims are whole seconds too, so no comparison changes.
        Self { poll: poll.to_string(), now: now.as_second() }
    }
}

/// A voter that a token claims, until its signature is checked.
pub(super) struct Claimed(Voter);

impl Claimed {
    /// The voter. Only for a token whose signature holds.
    pub(super) fn proven(self) -> Voter {
        self.0
    }
}

/// Reads tokens. One a thread: it keeps its buffer, and the last header, which a batch's tokens
/// share.
pub(super) struct Reader<'a> {
    profile: &'a Profile,
    buffer: Box<[u8; TOKEN_BYTES_MAX]>,
    header: String,
    kid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    typ: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims<'a> {
    #[serde(borrow)]
    iss: Cow<'a, str>,
    #[serde(borrow)]
    aud: Cow<'a, str>,
    #[serde(borrow)]
    sub: Cow<'a, str>,
    #[serde(borrow)]
    poll: Cow<'a, str>,
    iat: i64,
    exp: i64,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<i64>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(profile: &'a Profile) -> Self {
        Self {
            profile,
            buffer: Box::new([0; TOKEN_BYTES_MAX]),
            header: String::new(),
            kid: String::new(),
        }
    }

    /// Reads one token: everything but the signature is decided here.
    ///
    /// # Errors
    /// The first rule of the profile that the token breaks, cheapest first.
    pub(super) fn read(
        &mut self,
        token: &str,
        occasion: &Occasion,
    ) -> Result<(Claimed, batch::Item), Rejection> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Rejection::TokenTooLarge);
        }
        let [header, payload, signature] = segments(token)?;
        if header != self.header {
            self.read_header(header)?;
        }
        let claims: Claims<'_> = object(payload, &mut self.buffer[..])?;
        let issuer = self.profile.issuers.get(&claims.iss).filter(|issuer| issuer.signs());
        let issuer = issuer.ok_or(Rejection::TokenIssuerUnknown)?;
        let key = issuer.key(&self.kid).ok_or(Rejection::TokenKeyUnknown)?;
        if claims.aud != self.profile.audience {
            return Err(Rejection::TokenAudience);
        }
        if claims.poll != occasion.poll {
            return Err(Rejection::TokenPoll);
        }
        timely(&claims, occasion.now)?;
        let subject = subject(&claims.sub)?;
        let signature = read_signature(signature)?;
        let signed = &token[..header.len() + 1 + payload.len()];
        let item = batch::Item::from((key.key, signature, signed.as_bytes()));
        let space = issuer.space.clone();
        let voter = Voter { subject, issuer_key: key.id, space, claims: Default::default(), quota: None };
        Ok((Claimed(voter), item))
    }

    /// Wipes the buffer: the last token's subject is in it.
    pub(super) fn wipe(&mut self) {
        self.buffer.zeroize();
    }

    fn read_header(&mut self, text: &str) -> Result<(), Rejection> {
        let header: Header<'_> = object(text, &mut self.buffer[..])?;
        if header.alg != ALGORITHM {
            return Err(Rejection::TokenAlgorithm);
        }
        if header.typ.is_some_and(|typ| typ != "JWT") {
            return Err(Rejection::TokenMalformed);
        }
        self.kid.clear();
        self.kid.push_str(&header.kid);
        // Last, so that a header is remembered only when all of it was right.
        self.header.clear();
        self.header.push_str(text);
        Ok(())
    }
}

/// The three parts between exactly two full stops.
fn segments(token: &str) -> Result<[&str; 3], Rejection> {
    let mut parts = token.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(signature), None) => Ok([header, payload, signature]),
        _ => Err(Rejection::TokenMalformed),
    }
}

/// A JSON object in base64url. The decoder knows one spelling of each byte string: no padding, no
/// stray bits.
fn object<'b, T: Deserialize<'b>>(text: &str, buffer: &'b mut [u8]) -> Result<T, Rejection> {
    let malformed = Rejection::TokenMalformed;
    let length = URL_SAFE_NO_PAD.decode_slice(text, buffer).map_err(|_| malformed)?;
    let json = &buffer[..length];
    // serde would also fill the struct from an array, by position.
    if json.first() != Some(&b'{') {
        return Err(malformed);
    }
    serde_json::from_slice(json).map_err(|_| malformed)
}

/// An optional member that, once there, has a value: `null` is not "absent", or an `nbf` could be
/// switched off.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Whether the moment lies within the token's life, and that life within the profile's.
fn timely(claims: &Claims<'_>, now: i64) -> Result<(), Rejection> {
    if claims.exp.saturating_add(TOKEN_LEEWAY_SECONDS) <= now {
        return Err(Rejection::TokenExpired);
    }
    let latest = claims.iat.max(claims.nbf.unwrap_or(i64::MIN));
    if latest.saturating_sub(TOKEN_LEEWAY_SECONDS) > now {
        return Err(Rejection::TokenNotYetValid);
    }
    let lifetime = claims.exp.saturating_sub(claims.iat);
    if (1..=TOKEN_LIFETIME_SECONDS_MAX).contains(&lifetime) {
        Ok(())
    } else {
        Err(Rejection::TokenLifetime)
    }
}

fn subject(text: &str) -> Result<Subject, Rejection> {
    let mut bytes = [0; SUBJECT_BYTES_MAX];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes);
    let length = length.map_err(|_| Rejection::SubjectInvalid)?;
    let subject = Subject::opaque(&bytes[..length]);
    bytes.zeroize();
    subject
}

fn read_signature(text: &str) -> Result<Signature, Rejection> {
    let mut bytes = [0; 64];
    if text.len() != SIGNATURE_CHARS {
        return Err(Rejection::TokenMalformed);
    }
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(64) => Ok(Signature::from_bytes(&bytes)),
        _ => Err(Rejection::TokenMalformed),
    }
}
