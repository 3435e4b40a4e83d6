//! Step 1: who casts this ballot?
//!
//! Turns a [`Credential`] into a [`Voter`]: by a token that a trusted issuer signed ([`token`],
//! [`verify`]), or by the word of a connection that an issuer vouches for. It keeps nothing about
//! anybody, and decides nothing about polls: an unknown poll is not its matter, nor whether the
//! voter may take part in it.

use std::collections::HashMap;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

mod certificate;
mod claims;
mod conduct;
mod fetch;
pub mod issuers;
pub mod mint;
mod pool;
mod refresh;
mod stated;
mod subject;
mod token;
mod verify;

pub use certificate::PeerCertificate;
pub(crate) use certificate::validity;
pub use conduct::Conduct;
pub use issuers::{Issuers, SpaceInfo, SubjectKind, VouchedIssuer};
pub use stated::{Stated, StatedClaims};
pub use token::Occasion;

use crate::ground::limits::{CERTIFICATES_REMEMBERED_MAX, TOKEN_BYTES_MAX};
use crate::outcome::Rejection;
use crate::poll::{Claims, IssuerKeyId, Needs, PollId};
use conduct::Standing;
use issuers::{IssuersError, Terms};
use pool::{Purpose, VerifyPool};
use refresh::Refresher;
use subject::Subject;
use token::Profile;

/// How a ballot says whose it is, as it came from the wire. No `Debug`: it names a person.
pub enum Credential {
    /// A signed token.
    Token(String),
    /// A voter stated by a connection that must be vouched for.
    Stated(Stated),
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

impl Caller {
    /// Whether an issuer vouches for its voters.
    pub fn is_vouched(&self) -> bool {
        matches!(self, Self::Vouched(_))
    }

    /// Whether it may ask about the voters it states.
    pub fn may_ask(&self) -> bool {
        match self {
            Self::Anonymous => false,
            Self::Vouched(issuer) => issuer.may_ask(),
        }
    }
}

/// A person whom an issuer vouches for. Only [`Authenticator::authenticate`] makes one.
pub struct Voter {
    subject: Subject,
    issuer_key: IssuerKeyId,
    terms: Arc<Terms>,
    poll: Option<PollId>,
    claims: Claims,
}

impl Voter {
    /// Those of the person's claims that the poll needs.
    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
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
    pub(crate) fn quota(&self) -> Option<u64> {
        self.terms.config.poll_ballots_max
    }

    /// The subject space of the issuer: within it, one person is one subject.
    pub(crate) fn space(&self) -> &str {
        &self.terms.space
    }

    /// The id of the pseudonym key under which the subject is made.
    pub fn pseudonym_key(&self) -> &str {
        &self.terms.pseudonym_key
    }

    /// The poll that the person's token is for, where the occasion left it open.
    pub fn poll(&self) -> Option<PollId> {
        self.poll
    }
}

/// Checks credentials. Holds the threads that check signatures; dropping it stops them.
pub struct Authenticator {
    profile: Arc<Profile>,
    pool: VerifyPool,
    refresher: Refresher,
    /// Client certificates that were shown, by their key.
    certificates: Mutex<HashMap<IssuerKeyId, Arc<VouchedIssuer>>>,
}

impl Authenticator {
    /// Trusts `issuers`, accepts tokens whose `aud` is `audience`, and starts `threads` threads to
    /// check them: as many as there are cores. Keys at a URL are there after
    /// [`Self::fetch_keys`], and kept fresh by [`Self::refresh_loop`].
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub fn start(issuers: Issuers, audience: String, threads: NonZeroUsize) -> io::Result<Self> {
        let profile = Arc::new(Profile::new(issuers, audience));
        let pool = VerifyPool::start(&profile, threads)?;
        let (refresher, certificates) = Default::default();
        Ok(Self { profile, pool, refresher, certificates })
    }

    /// Who a connection is: by its client certificate, by the `authorization` header of its call
    /// (`Bearer <issuer id>.<secret>`), or nobody. To be asked for each batch, as secrets change
    /// and keys are revoked.
    ///
    /// # Errors
    /// [`Rejection::CallerUnknown`] for a header that is not exactly that of a vouched issuer: a
    /// backend with a wrong secret must hear so, not find all its ballots refused. Likewise for a
    /// certificate of several issuers, or one of another issuer than the header's.
    /// [`Rejection::IssuerKeyRevoked`] for a secret or certificate that was revoked.
    pub fn caller(
        &self,
        authorization: Option<&str>,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Caller, Rejection> {
        let by_certificate = match certificate {
            Some(certificate) => self.by_certificate(certificate)?,
            None => None,
        };
        let by_header = match authorization {
            Some(header) => Some(self.by_header(header)?),
            None => None,
        };
        let vouched = match (by_certificate, by_header) {
            (None, None) => return Ok(Caller::Anonymous),
            (Some(one), Some(two)) if one.issuer() != two.issuer() => {
                return Err(Rejection::CallerUnknown);
            }
            (Some(vouched), _) | (None, Some(vouched)) => vouched,
        };
        if self.is_revoked(vouched.issuer_key) {
            return Err(Rejection::IssuerKeyRevoked);
        }
        Ok(Caller::Vouched(vouched))
    }

    fn by_header(&self, header: &str) -> Result<Arc<VouchedIssuer>, Rejection> {
        // An id may hold full stops (it may be a URL), a secret may not.
        let named = header.strip_prefix("Bearer ").and_then(|text| text.rsplit_once('.'));
        let (id, secret) = named.ok_or(Rejection::CallerUnknown)?;
        let issuers = self.profile.issuers.load();
        issuers.vouched(id, secret).map(Arc::clone).ok_or(Rejection::CallerUnknown)
    }

    fn by_certificate(
        &self,
        certificate: &PeerCertificate,
    ) -> Result<Option<Arc<VouchedIssuer>>, Rejection> {
        let issuers = self.profile.issuers.load();
        let mut owners = certificate.names.iter().filter_map(|name| issuers.named(name));
        let Some(terms) = owners.next() else { return Ok(None) };
        if owners.any(|other| !Arc::ptr_eq(other, terms)) {
            return Err(Rejection::CallerUnknown);
        }
        let issuer_key = IssuerKeyId::of(&terms.config.id, &certificate.key_id);
        let mut known = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CERTIFICATES_REMEMBERED_MAX && !known.contains_key(&issuer_key) {
            known.clear();
        }
        let made = || Arc::new(VouchedIssuer { issuer_key, terms: Arc::clone(terms) });
        Ok(Some(Arc::clone(known.entry(issuer_key).or_insert_with(made))))
    }

    /// Refuses from now on all that comes under `key`: tokens, a secret or a certificate. What is
    /// already past this step is the ledger's matter.
    pub fn revoke(&self, key: IssuerKeyId) {
        self.profile.revoked.rcu(|revoked| {
            let mut revoked = revoked.as_ref().clone();
            revoked.insert(key);
            revoked
        });
    }

    /// Whether `key` was revoked.
    pub fn is_revoked(&self, key: IssuerKeyId) -> bool {
        self.profile.is_revoked(key)
    }

    /// Whether an issuer has this key now, or a client certificate with it was shown.
    pub fn knows(&self, key: IssuerKeyId) -> bool {
        let known = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains_key(&key) || self.profile.issuers.load().owner(key).is_some()
    }

    /// What the subjects of this space are, if there is such a space.
    pub fn space(&self, name: &str) -> Option<SpaceInfo> {
        self.profile.issuers.load().space(name)
    }

    /// Reads the issuers' files again: keys, key sets, secrets. What is fetched stays.
    ///
    /// # Errors
    /// [`IssuersError`], and all stays as it was.
    pub fn reload(&self) -> Result<(), IssuersError> {
        self.refresher.change(&self.profile, Issuers::reread)
    }

    /// The voters of one call's ballots, or why there is none; in the order of the credentials.
    /// `conduct` is the connection's; of claims only those in `needs` are read.
    pub async fn authenticate(
        &self,
        caller: &Caller,
        conduct: &Conduct,
        occasion: Occasion,
        needs: &Needs,
        credentials: Vec<Credential>,
        now: Timestamp,
    ) -> Vec<Result<Voter, Rejection>> {
        let admitted = conduct.admits(credentials.len());
        let standing = conduct.standing();
        let vouching = self.vouching(caller);
        let mut tokens = Vec::new();
        let mut places = Vec::new();
        let mut answers = Vec::with_capacity(credentials.len());
        for credential in credentials {
            answers.push(match credential {
                _ if answers.len() >= admitted => Err(Rejection::RateLimited),
                Credential::Stated(stated) => {
                    vouching.and_then(|issuer| stated.voter(issuer, needs))
                }
                Credential::Missing => Err(Rejection::CredentialMissing),
                Credential::Token(token) if token.len() > TOKEN_BYTES_MAX => {
                    Err(Rejection::TokenTooLarge)
                }
                Credential::Token(_) if standing == Standing::Barred => Err(Rejection::RateLimited),
                Credential::Token(token) => {
                    places.push(answers.len());
                    tokens.push(token);
                    // Replaced below, in any case.
                    Err(Rejection::ShuttingDown)
                }
            });
        }
        if !tokens.is_empty() {
            let suspect = standing == Standing::Suspect;
            let purpose = Purpose { occasion, needs: Arc::new(needs.clone()), now, suspect };
            let checked = self.pool.check(tokens, &purpose).await;
            let bad = |answer: &&Result<Voter, Rejection>| {
                matches!(answer, Err(Rejection::TokenSignature))
            };
            let good = checked.iter().filter(|answer| answer.is_ok()).count();
            conduct.note(good, checked.iter().filter(bad).count());
            for (place, answer) in places.into_iter().zip(checked) {
                answers[place] = answer;
            }
        }
        answers
    }

    /// The issuer whose word the connection's is, at this moment.
    fn vouching<'c>(&self, caller: &'c Caller) -> Result<&'c VouchedIssuer, Rejection> {
        match caller {
            Caller::Anonymous => Err(Rejection::ConnectionNotVouched),
            Caller::Vouched(issuer) if self.is_revoked(issuer.issuer_key) => {
                Err(Rejection::IssuerKeyRevoked)
            }
            Caller::Vouched(issuer) => Ok(issuer),
        }
    }
}

#[cfg(test)]
mod tests;
