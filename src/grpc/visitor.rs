//! Who makes a call: the connection, and the header of its call.

use tonic::metadata::MetadataValue;
use tonic::{Request, Status};
use zeroize::Zeroizing;

use super::peer::Peer;
use super::status::rejection_status;
use crate::count::authenticate::{Caller, Conduct};
use crate::engine::Counting;
use crate::outcome::Rejection;

/// What a call shows of its caller. Outlives the call's request, because a stream is asked anew for
/// each of its batches: a key may be revoked meanwhile.
#[derive(Clone)]
pub(super) struct Visitor {
    peer: Peer,
    /// The header, or that there is one which is no text.
    authorization: Option<Result<Zeroizing<String>, Rejection>>,
}

impl Visitor {
    /// The visitor of a request.
    pub(super) fn of<T>(request: &Request<T>) -> Self {
        // Every connection of the listeners has its peer; a router without one is a test's.
        let peer = request.extensions().get::<Peer>().cloned().unwrap_or_else(Peer::nobody);
        let text = |value: &MetadataValue<_>| {
            let text = value.to_str().map_err(|_| Rejection::CallerUnknown)?;
            Ok(Zeroizing::new(text.to_owned()))
        };
        let authorization = request.metadata().get("authorization").map(text);
        Self { peer, authorization }
    }

    /// Who it is at this moment.
    ///
    /// # Errors
    /// A credential that does not hold, or not any more.
    pub(super) fn caller(&self, counting: &Counting) -> Result<Caller, Rejection> {
        let certificate = self.peer.certificate(counting.now());
        let certificate = certificate.map_err(|_| Rejection::CertificateUntrusted)?;
        let authorization = match &self.authorization {
            None => None,
            Some(Ok(text)) => Some(text.as_str()),
            Some(Err(rejection)) => return Err(*rejection),
        };
        counting.caller(authorization, certificate.as_deref())
    }

    /// As [`Self::caller`], for a call that ends with a status.
    pub(super) fn caller_or_status(&self, counting: &Counting) -> Result<Caller, Status> {
        self.caller(counting).map_err(|rejection| rejection_status(rejection, []))
    }

    /// How its connection behaves.
    pub(super) fn conduct(&self) -> &Conduct {
        &self.peer.conduct
    }
}
