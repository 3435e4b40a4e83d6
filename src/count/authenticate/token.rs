//! The token profile: a narrow JWT, read strictly, before its signature is looked at.
//!
//! A token is a compact JWS (RFC 7515) of at most 2,048 bytes: header `{"alg":..,"kid":..}`,
//! optionally with `"typ":"JWT"` and nothing else; claims `iss`, `aud`, `sub`, `poll`, `pkid`,
//! `iat`, `exp`, optionally `nbf`, and those about the person that the poll needs ([`super::claims`]);
//! a signature by the algorithm of its key. Does not check a signature of Ed25519: what it returns
//! is then only claimed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_zebra::batch;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer};
use zeroize::Zeroize;

use super::claims::{ClaimsReader, TokenClaims};
use super::issuers::{Issuers, SubjectKind};
use super::{Subject, Voter};
use crate::ground::limits::{
    RSA_BITS_MAX, SUBJECT_BYTES_MAX, TOKEN_BYTES_MAX, TOKEN_LEEWAY_SECONDS,
    TOKEN_LIFETIME_SECONDS_MAX,
};
use crate::jose::key::{Algorithm, Check};
use crate::outcome::Rejection;
use crate::poll::{IssuerKeyId, Needs, PollId};

/// Bytes of the longest signature.
const SIGNATURE_BYTES_MAX: usize = RSA_BITS_MAX / 8;

/// Whom tokens must come from and be meant for.
pub(super) struct Profile {
    /// The trusted issuers, as they are at the moment.
    pub(super) issuers: ArcSwap<Issuers>,
    /// The keys that nothing may come under any more.
    pub(super) revoked: ArcSwap<HashSet<IssuerKeyId>>,
    /// This engine's name.
    pub(super) audience: String,
}

impl Profile {
    pub(super) fn new(issuers: Issuers, audience: String) -> Self {
        let (issuers, revoked) = (ArcSwap::from_pointee(issuers), ArcSwap::default());
        Self { issuers, revoked, audience }
    }

    pub(super) fn is_revoked(&self, key: IssuerKeyId) -> bool {
        self.revoked.load().contains(&key)
    }
}

/// What credentials are shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A ballot of this poll: a token must be for it.
    Poll(PollId),
    /// Something that is not about one poll, as a list of them: a token may be for any.
    AnyPoll,
}

/// What a token must fit: what it is shown for, and the moment.
pub(super) struct Fitting<'p> {
    poll: Option<String>,
    needs: &'p Needs,
    now: i64,
}

impl<'p> Fitting<'p> {
    pub(super) fn new(occasion: Occasion, needs: &'p Needs, now: Timestamp) -> Self {
        let poll = match occasion {
            Occasion::Poll(poll) => Some(poll.to_string()),
            Occasion::AnyPoll => None,
        };
        // Whole seconds, rounded down: claims are whole seconds too, so no comparison changes.
        Self { poll, needs, now: now.as_second() }
    }

    /// The poll that the token is for, when that fits.
    fn poll(&self, claimed: Option<&str>) -> Result<Option<PollId>, Rejection> {
        let claimed_is = |poll: &str| claimed.is_some_and(|claimed| claimed == poll);
        match (&self.poll, claimed) {
            (Some(_), None) => Err(Rejection::TokenMalformed),
            (Some(poll), Some(_)) if !claimed_is(poll) => Err(Rejection::TokenPoll),
            (Some(_), Some(_)) | (None, None) => Ok(None),
            (None, Some(claimed)) => claimed.parse().map(Some).map_err(|_| Rejection::TokenPoll),
        }
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
    issuers: Arc<Issuers>,
    buffer: Box<[u8; TOKEN_BYTES_MAX]>,
    header: String,
    kid: String,
    algorithm: Algorithm,
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

impl<'a> Reader<'a> {
    pub(super) fn new(profile: &'a Profile) -> Self {
        Self {
            profile,
            issuers: profile.issuers.load_full(),
            buffer: Box::new([0; TOKEN_BYTES_MAX]),
            header: String::new(),
            kid: String::new(),
            algorithm: Algorithm::EdDsa,
        }
    }

    /// Takes the issuers as they are now, for one batch.
    pub(super) fn renew(&mut self) {
        self.issuers = self.profile.issuers.load_full();
    }

    /// Reads one token: everything is decided here but a signature that is cheaper checked in
    /// company, which is handed back.
    ///
    /// # Errors
    /// The first rule of the profile that the token breaks, cheapest first.
    pub(super) fn read(
        &mut self,
        token: &str,
        fitting: &Fitting<'_>,
    ) -> Result<(Claimed, Option<batch::Item>), Rejection> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Rejection::TokenTooLarge);
        }
        let [header, payload, signature] = segments(token)?;
        if header != self.header {
            self.read_header(header)?;
        }
        let reader = ClaimsReader { audience: &self.profile.audience, needs: fitting.needs };
        let claims = object(payload, &mut self.buffer[..], reader)?;
        let issuer = self.issuers.get(&claims.iss).filter(|issuer| issuer.signs());
        let issuer = issuer.ok_or(Rejection::TokenIssuerUnknown)?;
        let terms = &issuer.terms;
        let Some(key) = issuer.key(&self.kid) else {
            terms.key_missed.notify_one();
            return Err(Rejection::TokenKeyUnknown);
        };
        if self.algorithm != key.key.algorithm() {
            return Err(Rejection::TokenAlgorithm);
        }
        if self.profile.is_revoked(key.id) {
            return Err(Rejection::IssuerKeyRevoked);
        }
        if !claims.is_for_us {
            return Err(Rejection::TokenAudience);
        }
        let poll = fitting.poll(claims.poll.as_deref())?;
        timely(&claims, fitting.now)?;
        if claims.pkid != *terms.pseudonym_key {
            return Err(Rejection::PseudonymKey);
        }
        let TokenClaims { sub, person, .. } = claims;
        let subject = subject(terms.config.subjects, sub)?;
        let mut bytes = [0; SIGNATURE_BYTES_MAX];
        let signature = read_signature(signature, &mut bytes[..key.key.signature_bytes()])?;
        let signed = &token[..header.len() + 1 + payload.len()];
        let item = match key.key.check(signed.as_bytes(), signature) {
            Some(Check::Batch(item)) => Some(item),
            Some(Check::Holds) => None,
            None => return Err(Rejection::TokenSignature),
        };
        let terms = Arc::clone(terms);
        Ok((Claimed(Voter { subject, issuer_key: key.id, terms, poll, claims: person }), item))
    }

    /// Wipes the buffer: the last token's subject is in it.
    pub(super) fn wipe(&mut self) {
        self.buffer.zeroize();
    }

    fn read_header(&mut self, text: &str) -> Result<(), Rejection> {
        let header = object(text, &mut self.buffer[..], PhantomData::<Header<'_>>)?;
        let algorithm = Algorithm::named(&header.alg).ok_or(Rejection::TokenAlgorithm)?;
        if header.typ.is_some_and(|typ| typ != "JWT") {
            return Err(Rejection::TokenMalformed);
        }
        self.kid.clear();
        self.kid.push_str(&header.kid);
        self.algorithm = algorithm;
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
fn object<'b, S: DeserializeSeed<'b>>(
    text: &str,
    buffer: &'b mut [u8],
    seed: S,
) -> Result<S::Value, Rejection> {
    let malformed = Rejection::TokenMalformed;
    let length = URL_SAFE_NO_PAD.decode_slice(text, buffer).map_err(|_| malformed)?;
    // All of it, as what is skipped would not be looked at otherwise.
    let json = str::from_utf8(&buffer[..length]).map_err(|_| malformed)?;
    // serde would also fill a struct from an array, by position.
    if !json.starts_with('{') {
        return Err(malformed);
    }
    let mut from = serde_json::Deserializer::from_str(json);
    let value = seed.deserialize(&mut from).map_err(|_| malformed)?;
    from.end().map_err(|_| malformed)?;
    Ok(value)
}

/// An optional member that, once there, has a value: `null` is not "absent", or an `nbf` could be
/// switched off.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Whether the moment lies within the token's life, and that life within the profile's.
fn timely(claims: &TokenClaims<'_>, now: i64) -> Result<(), Rejection> {
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

/// An opaque subject stands in base64url; a number stands as it is.
fn subject(kind: SubjectKind, text: Cow<'_, str>) -> Result<Subject, Rejection> {
    let subject = match kind {
        SubjectKind::Rnokpp => Subject::new(kind, text.as_bytes()),
        SubjectKind::Opaque => {
            let mut bytes = [0; SUBJECT_BYTES_MAX];
            let length = URL_SAFE_NO_PAD.decode_slice(text.as_bytes(), &mut bytes);
            let subject = length.map_err(|_| Rejection::SubjectInvalid);
            let subject = subject.and_then(|length| Subject::new(kind, &bytes[..length]));
            bytes.zeroize();
            subject
        }
    };
    // Borrowed, it lies in the reader's buffer, which is wiped with the batch.
    if let Cow::Owned(mut text) = text {
        text.zeroize();
    }
    subject
}

/// A signature of exactly the length of `bytes`.
fn read_signature<'b>(text: &str, bytes: &'b mut [u8]) -> Result<&'b [u8], Rejection> {
    match URL_SAFE_NO_PAD.decode_slice(text, bytes) {
        Ok(length) if length == bytes.len() => Ok(bytes),
        _ => Err(Rejection::TokenMalformed),
    }
}
