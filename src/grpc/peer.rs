//! Who is at the other end of a connection, and what it makes us hold.

use std::num::NonZeroU32;
use std::sync::Arc;

use jiff::Timestamp;

use crate::count::authenticate::{Conduct, PeerCertificate};
use crate::net::activity::Activity;
use crate::net::tls::Client;

/// The other end of a connection, the same for all its requests: in a request's extensions.
///
/// No address: it is personal data of a kind and is used nowhere.
#[derive(Clone)]
pub struct Peer {
    client: Option<Arc<Client>>,
    pub(crate) conduct: Arc<Conduct>,
    pub(super) activity: Arc<Activity>,
}

/// The certificate that the connection began with is revoked, expired, or of a CA that is no longer
/// trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client certificate is not trusted any more")]
pub struct CertificateUntrusted;

impl Peer {
    /// The peer of a new connection, over which at most `rate` credentials a second may come.
    pub(super) fn new(client: Option<Client>, rate: Option<NonZeroU32>) -> Self {
        let (activity, conduct) = (Arc::default(), Arc::new(Conduct::with_rate(rate)));
        Self { client: client.map(Arc::new), conduct, activity }
    }

    /// A peer without a connection.
    pub(super) fn nobody() -> Self {
        Self::new(None, None)
    }

    /// Its client certificate, if it showed one. To be asked for each call and each message of a
    /// stream: a connection may outlive its certificate. Cheap but for the first time after a
    /// change.
    ///
    /// # Errors
    /// [`CertificateUntrusted`].
    pub fn certificate(
        &self,
        now: Timestamp,
    ) -> Result<Option<Arc<PeerCertificate>>, CertificateUntrusted> {
        let Some(client) = &self.client else { return Ok(None) };
        client.certificate(now).cloned().map(Some).ok_or(CertificateUntrusted)
    }
}
