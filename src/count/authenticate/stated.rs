//! A voter on the word of a connection.
//!
//! The same rules as for a token's claims, on values that the wire has already typed. Does not
//! decide whether the connection may state voters at all.

use std::sync::Arc;

use bytes::Bytes;
use zeroize::Zeroize;

use super::claims::{age, birth_year};
use super::issuers::VouchedIssuer;
use super::{Subject, Voter};
use crate::ground::limits::CLAIM_GROUPS_MAX;
use crate::outcome::Rejection;
use crate::poll::{Claims, Country, Needs, Region};

/// A voter as a connection states it. No `Debug`: it names a person.
pub struct Stated {
    /// The person's pseudonym.
    pub subject: Bytes,
    /// What is said about the person.
    pub claims: StatedClaims,
}

/// Claims as they came over the wire. No `Debug`: they describe a person. Wiped on drop.
#[derive(Default)]
pub struct StatedClaims {
    /// Ages in full years that the person has reached.
    pub age_over: Vec<u32>,
    /// The year of birth.
    pub birth_year: Option<i32>,
    /// Where the person lives; empty when nothing is said.
    pub region: String,
    /// The person's citizenship; empty when nothing is said.
    pub citizenship: String,
    /// Groups that the person belongs to.
    pub groups: Vec<String>,
    /// The pseudonym key under which the subject is made; empty for the issuer's own.
    pub pseudonym_key: String,
}

impl Drop for StatedClaims {
    fn drop(&mut self) {
        // What was never there needs no wiping: most polls need no claim at all.
        if !self.age_over.is_empty() {
            self.age_over.zeroize();
        }
        if self.birth_year.is_some() {
            self.birth_year.zeroize();
        }
        for text in [&mut self.region, &mut self.citizenship] {
            if !text.is_empty() {
                text.zeroize();
            }
        }
        if !self.groups.is_empty() {
            self.groups.zeroize();
        }
    }
}

impl Stated {
    /// A subject about whom nothing is said.
    pub fn of(subject: Bytes) -> Self {
        Self { subject, claims: StatedClaims::default() }
    }

    /// The voter, on the word of this issuer.
    pub(super) fn voter(&self, issuer: &VouchedIssuer, needs: &Needs) -> Result<Voter, Rejection> {
        let terms = &issuer.terms;
        let key = &self.claims.pseudonym_key;
        if !key.is_empty() && **key != *terms.pseudonym_key {
            return Err(Rejection::PseudonymKey);
        }
        let subject = Subject::new(terms.config.subjects, &self.subject)?;
        let claims = self.claims.read(needs)?;
        // Last, so that only a ballot that would be taken uses the issuer's rate up.
        if !terms.admits() {
            return Err(Rejection::RateLimited);
        }
        let (issuer_key, terms) = (issuer.issuer_key, Arc::clone(terms));
        Ok(Voter { subject, issuer_key, terms, poll: None, claims })
    }
}

impl StatedClaims {
    /// Those that are needed.
    fn read(&self, needs: &Needs) -> Result<Claims, Rejection> {
        let invalid = Rejection::ClaimInvalid;
        let mut claims = Claims::default();
        if needs.age {
            for &stated in &self.age_over {
                claims.age_over = claims.age_over.max(Some(age(stated).ok_or(invalid)?));
            }
            if let Some(year) = self.birth_year {
                claims.birth_year = Some(birth_year(year.into()).ok_or(invalid)?);
            }
        }
        // A place or country that we do not know is as good as none.
        if needs.region {
            claims.region = Region::parse(&self.region);
        }
        if needs.citizenship {
            claims.citizenship = Country::parse(&self.citizenship);
        }
        if !needs.groups.is_empty() {
            if self.groups.len() > CLAIM_GROUPS_MAX {
                return Err(invalid);
            }
            let needed = self.groups.iter().filter(|name| needs.has_group(name));
            claims.groups = needed.cloned().collect();
        }
        Ok(claims)
    }
}
