//! The client at the other end of a connection: trusted for as long as its certificate is.
//!
//! A connection may live for weeks; a revocation and an expiry must end what it can do at once. So
//! the chain is kept, and verified again whenever the answer may have changed: after a reload of
//! the listener's files, and when the time passes a beginning or an end of validity.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;

use super::Tls;
use crate::count::authenticate::{PeerCertificate, validity};

/// A client that showed a certificate. No `Debug` of what it holds.
pub struct Client {
    certificate: Arc<PeerCertificate>,
    chain: Vec<CertificateDer<'static>>,
    /// The seconds at which the validity of one of the chain's certificates begins or has ended, in
    /// order: between two of them time changes nothing.
    edges: Vec<i64>,
    tls: Arc<Tls>,
    last: Mutex<Option<Checked>>,
}

/// What was found, and under which circumstances.
#[derive(Clone, Copy)]
struct Checked {
    generation: u64,
    span: usize,
    trusted: bool,
}

impl Client {
    pub(super) fn new(tls: Arc<Tls>, chain: &[CertificateDer<'_>]) -> Option<Self> {
        let certificate = Arc::new(PeerCertificate::parse(chain.first()?)?);
        let mut edges = Vec::with_capacity(2 * chain.len());
        for der in chain {
            let (first, last) = validity(der)?;
            edges.extend([first, last.saturating_add(1)]);
        }
        edges.sort_unstable();
        let chain = chain.iter().map(|der| der.clone().into_owned()).collect();
        // Nothing is known yet, although the handshake has just succeeded: the files may have been
        // read again since it began.
        Some(Self { certificate, chain, edges, tls, last: Mutex::new(None) })
    }

    /// Its certificate while it is trusted at `now`.
    pub fn certificate(&self, now: Timestamp) -> Option<&Arc<PeerCertificate>> {
        self.trusted(now).then_some(&self.certificate)
    }

    fn trusted(&self, now: Timestamp) -> bool {
        // Read before the verification: a reload in between only makes the next call look again.
        let generation = self.tls.generation();
        let span = self.edges.partition_point(|edge| *edge <= now.as_second());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(checked) = *last
            && (checked.generation, checked.span) == (generation, span)
        {
            return checked.trusted;
        }
        let trusted = self.tls.still_trusted(&self.chain, now);
        *last = Some(Checked { generation, span, trusted });
        trusted
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}
