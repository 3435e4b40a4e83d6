//! Step 1: who casts this ballot?
//!
//! Turns a [`Credential`] into a [`Voter`]: by a token that a trusted issuer signed ([`token`],
//! [`verify`]), or by the word of a connection that an issuer vouches for. It keeps nothing about
//! anybody, and decides nothing about polls: an unknown poll is not its matter, nor whether the
//! voter may take part in it.

use std::io;
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use zeroize::Zeroize;

mod certificate;
pub mod issuers;
pub mod mint;
mod pool;
mod revocation;
mod token;
mod verify;

pub use certificate::PeerCertificate;
pub(crate) use certificate::validity;
pub use issuers::{IssuerKeyId, Issuers, VouchedIssuer};
pub use revocation::{Revocation, RevocationReason};

use crate::outcome::Rejection;
use crate::poll::{Claims, PollId};
use crate::service::limits::{SUBJECT_BYTES_MAX, SUBJECT_BYTES_MIN, TOKEN_BYTES_MAX};
use pool::VerifyPool;
use token::Profile;

/// How a ballot says whose it is, as it came from the wire. No `Debug`: it names a person.
pub enum Credential {
    /// A signed token.
    Token(String),
    /// A subject stated by a connection that must be vouched for.
    Stated(Bytes),
    /// None at all.
    Missing,
}

/// What a connection is by itself. It says nothing of any voter.
#[derive(Clone)]
pub enum Caller {
    /// Nobody in particular: each of its ballots needs a token.
    Anonymous,
    /// An issuer's own: it may state voters.
    Vouched(Arc<VouchedIssuer>),
}

/// A person's pseudonym, of one of the kinds that exist. Wiped on drop, printed nowhere.
pub struct Subject {
    // In place: no allocation a voter, and nothing left behind on the heap.
    bytes: [u8; SUBJECT_BYTES_MAX],
    length: u8,
}

impl Subject {
    /// Tag of an opaque pseudonym, the only kind in this version; hashed into the voter's tag, so
    /// never reused.
    const OPAQUE: u8 = 1;

    fn opaque(bytes: &[u8]) -> Result<Self, Rejection> {
        if !(SUBJECT_BYTES_MIN..=SUBJECT_BYTES_MAX).contains(&bytes.len()) {
            return Err(Rejection::SubjectInvalid);
        }
        let length = u8::try_from(bytes.len()).expect("a subject holds at most 64 bytes");
        let mut subject = Self { bytes: [0; SUBJECT_BYTES_MAX], length };
        subject.bytes[..bytes.len()].copy_from_slice(bytes);
        Ok(subject)
    }

    /// Which kind of pseudonym it is.
    pub(crate) const fn kind(&self) -> u8 {
        Self::OPAQUE
    }

    /// The pseudonym itself.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // The rest was never written.
        self.bytes[..usize::from(self.length)].zeroize();
    }
}

/// A person whom an issuer vouches for. Only [`Authenticator::authenticate`] makes one.
pub struct Voter {
    subject: Subject,
    issuer_key: IssuerKeyId,
    space: Arc<str>,
    claims: Claims,
    quota: Option<NonZeroU64>,
}

impl Voter {
    /// Those of the person's claims that the poll needs.
    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The pseudonym key that the subject is made under.
    pub(crate) fn pseudonym_key(&self) -> &str {
        "1"
    }

    /// The person's pseudonym in [`Self::space`].
    pub(crate) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The issuer's key that the person came under.
    pub(crate) fn issuer_key(&self) -> IssuerKeyId {
        self.issuer_key
    }

    /// How many ballots of one poll may come under that key.
    pub(crate) fn quota(&self) -> Option<NonZeroU64> {
        self.quota
    }

    /// The subject space of the issuer: within it, one person is one subject.
    pub(crate) fn space(&self) -> &str {
        &self.space
    }
}

/// Checks credentials. Holds the threads that check signatures; dropping it stops them.
pub struct Authenticator {
    profile: Arc<Profile>,
    pool: VerifyPool,
}

impl Authenticator {
    /// Trusts `issuers`, accepts tokens whose `aud` is `audience`, and starts `threads` threads to
    /// check them: as many as there are cores.
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub fn start(issuers: Issuers, audience: String, threads: NonZeroUsize) -> io::Result<Self> {
        let profile = Arc::new(Profile { issuers, audience });
        let pool = VerifyPool::start(&profile, threads)?;
        Ok(Self { profile, pool })
    }

    /// Who a connection is, by the `authorization` header of its call: `Bearer <issuer
    /// id>.<secret>`, or none.
    ///
    /// # Errors
    /// [`Rejection::CallerUnknown`] for a header that is not exactly that of a vouched issuer: a
    /// backend with a wrong secret must hear so, not find all its ballots refused.
    pub fn caller(&self, authorization: Option<&str>) -> Result<Caller, Rejection> {
        let Some(header) = authorization else { return Ok(Caller::Anonymous) };
        // An id may hold full stops (it may be a URL), a secret may not.
        let named = header.strip_prefix("Bearer ").and_then(|text| text.rsplit_once('.'));
        let (id, secret) = named.ok_or(Rejection::CallerUnknown)?;
        let vouched = self.profile.issuers.vouched(id, secret).ok_or(Rejection::CallerUnknown)?;
        Ok(Caller::Vouched(Arc::clone(vouched)))
    }

    /// The voters of one call's ballots, all for `poll`, or why there is none; in the order of the
    /// credentials.
    pub async fn authenticate(
        &self,
        caller: &Caller,
        poll: PollId,
        credentials: Vec<Credential>,
        now: Timestamp,
    ) -> Vec<Result<Voter, Rejection>> {
        let mut tokens = Vec::new();
        let mut places = Vec::new();
        let mut answers = Vec::with_capacity(credentials.len());
        for credential in credentials {
            answers.push(match credential {
                Credential::Stated(subject) => stated(caller, &subject),
                Credential::Missing => Err(Rejection::CredentialMissing),
                Credential::Token(token) if token.len() > TOKEN_BYTES_MAX => {
                    Err(Rejection::TokenTooLarge)
                }
                Credential::Token(token) => {
                    places.push(answers.len());
                    tokens.push(token);
                    // Replaced below, in any case.
                    Err(Rejection::ShuttingDown)
                }
            });
        }
        if !tokens.is_empty() {
            let checked = self.pool.check(tokens, poll, now).await;
            for (place, answer) in places.into_iter().zip(checked) {
                answers[place] = answer;
            }
        }
        answers
    }
}

/// A voter on the word of the connection.
fn stated(caller: &Caller, subject: &[u8]) -> Result<Voter, Rejection> {
    let Caller::Vouched(issuer) = caller else { return Err(Rejection::ConnectionNotVouched) };
    let subject = Subject::opaque(subject)?;
    let space = Arc::clone(&issuer.space);
    Ok(Voter { subject, issuer_key: issuer.issuer_key, space, claims: Claims::default(), quota: None })
}

#[cfg(test)]
mod tests;
