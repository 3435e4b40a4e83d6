//! Who calls the staff listener, and whether that person may.
//!
//! A person signs in by the token of a staff issuer, or by the certificate of the connection; the
//! staff register says who that is, and the one table of permissions what that duty may do. The
//! bootstrap token of the configuration opens the staff register only. Does not say what a call
//! does.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use holos_reasons::Reason;
use subtle::ConstantTimeEq;
use tonic::{Request, Status};

use super::peer::Peer;
use super::status::{rejection_status, status};
use crate::count::authenticate::PeerCertificate;
use crate::engine::Office;
use crate::outcome::Rejection;
use crate::staff::{Account, Act, Action, Credential, Denied, Permit, StaffIssuers, permit};

/// The bootstrap token: only its hash is kept.
struct BootstrapToken(blake3::Hash);

impl BootstrapToken {
    fn new(text: &str) -> Self {
        Self(blake3::hash(text.as_bytes()))
    }

    /// Compares hashes in constant time: neither length nor first difference of the secret shows.
    fn admits(&self, presented: &str) -> bool {
        let presented = blake3::hash(presented.as_bytes());
        bool::from(presented.as_bytes().ct_eq(self.0.as_bytes()))
    }
}

/// What all services of the staff listener stand behind.
pub struct Door {
    office: Arc<Office>,
    bootstrap: Option<BootstrapToken>,
    issuers: Arc<ArcSwap<StaffIssuers>>,
}

/// Who calls.
enum Caller {
    /// Whoever holds the bootstrap token.
    Bootstrap,
    /// Somebody who stands in the register, with access or without.
    Person(Box<Account>),
}

impl Door {
    /// The door to this engine, for staff of these issuers, of the register's certificates, and for
    /// whoever holds the bootstrap token, where there is one.
    pub fn new(
        office: Arc<Office>,
        bootstrap: Option<&str>,
        issuers: Arc<ArcSwap<StaffIssuers>>,
    ) -> Self {
        Self { office, bootstrap: bootstrap.map(BootstrapToken::new), issuers }
    }

    /// The request's message, with the permit of whoever calls.
    pub(super) fn admit<T, A: Act>(
        &self,
        request: Request<T>,
        act: A,
    ) -> Result<(Permit<A>, T), Status> {
        let permit = match self.caller(&request)? {
            Caller::Bootstrap => Permit::of_bootstrap(act)
                .map_err(|denied| denied_status(denied, A::ACTION, "bootstrap"))?,
            Caller::Person(account) => permit_of(&account, act)?,
        };
        Ok((permit, request.into_inner()))
    }

    /// As [`Self::admit`], with the account: for what the bootstrap token can never do.
    pub(super) fn admit_person<T, A: Act>(
        &self,
        request: Request<T>,
        act: A,
    ) -> Result<(Account, Permit<A>, T), Status> {
        match self.caller(&request)? {
            Caller::Bootstrap => Err(denied_status(Denied::Role, A::ACTION, "bootstrap")),
            Caller::Person(account) => {
                let permit = permit_of(&account, act)?;
                Ok((*account, permit, request.into_inner()))
            }
        }
    }

    /// The account of whoever calls, which has access.
    pub(super) fn who<T>(&self, request: &Request<T>) -> Result<Account, Status> {
        match self.caller(request)? {
            Caller::Bootstrap => Err(unregistered()),
            Caller::Person(account) if account.withdrawn.is_some() => Err(withdrawn()),
            Caller::Person(account) => Ok(*account),
        }
    }

    fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        // First, whatever else is shown: a connection must not outlive its certificate.
        let peer = request.extensions().get::<Peer>();
        let certificate = match peer.map(|peer| peer.certificate(self.office.now())) {
            Some(Ok(certificate)) => certificate,
            Some(Err(_)) => return Err(rejection_status(Rejection::CertificateUntrusted, [])),
            None => None,
        };
        let mut headers = request.metadata().get_all("authorization").iter();
        match (headers.next(), headers.next(), certificate) {
            // A token decides, also one that does not hold: whoever shows it means it.
            (Some(header), None, _) => {
                let text = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
                self.by_token(text.ok_or_else(token_invalid)?)
            }
            (None, None, Some(certificate)) => self.by_certificate(&certificate),
            // Nothing is shown, or two things are.
            _ => Err(token_invalid()),
        }
    }

    fn by_token(&self, token: &str) -> Result<Caller, Status> {
        if self.bootstrap.as_ref().is_some_and(|bootstrap| bootstrap.admits(token)) {
            return Ok(Caller::Bootstrap);
        }
        let verified = self.issuers.load().verify(token, self.office.now());
        let credential = verified.map_err(|flaw| {
            tracing::debug!(reason = flaw.reason(), "a staff token is refused");
            token_invalid()
        })?;
        let account = self.office.account_of(&credential).ok_or_else(unregistered)?;
        Ok(Caller::Person(Box::new(account)))
    }

    /// Of all the accounts that the certificate's names belong to there must be one only: else it
    /// would be ours to choose in which duty its holder acts.
    fn by_certificate(&self, certificate: &PeerCertificate) -> Result<Caller, Status> {
        let account_of =
            |name: &String| self.office.account_of(&Credential::CertificateName(name.clone()));
        let mut accounts: BTreeMap<u32, Account> = certificate
            .names
            .iter()
            .filter_map(account_of)
            .map(|account| (account.number, account))
            .collect();
        match (accounts.pop_first(), accounts.is_empty()) {
            (Some((_, account)), true) => Ok(Caller::Person(Box::new(account))),
            _ => Err(unregistered()),
        }
    }
}

fn permit_of<A: Act>(account: &Account, act: A) -> Result<Permit<A>, Status> {
    permit(account, act).map_err(|denied| denied_status(denied, A::ACTION, account.role.name()))
}

/// Why somebody who is known may not do this; `role` is that person's, told where it decides.
pub(super) fn denied_status(denied: Denied, action: Action, role: &str) -> Status {
    let action = action.name().to_owned();
    match denied {
        Denied::Role => {
            let metadata = [("action", action), ("role", role.to_owned())];
            status(Reason::RoleForbids, metadata)
        }
        Denied::Body => status(Reason::BodyForeign, [("action", action)]),
        Denied::Withdrawn => withdrawn(),
    }
}

fn withdrawn() -> Status {
    status(Reason::UndertakingWithdrawn, [])
}

fn unregistered() -> Status {
    status(Reason::StaffUnregistered, [])
}

/// One text for all flaws: it tells whoever tries tokens nothing.
fn token_invalid() -> Status {
    status(Reason::StaffTokenInvalid, [])
}
