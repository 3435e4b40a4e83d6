//! TLS of the listeners, by the configuration.

use std::sync::Arc;

use super::config::Config;
use crate::ground::clock::Clock;
use crate::ground::metrics::Listener;
use crate::net::tls::{ClientAuth, Tls, TlsError};

/// TLS of the listeners that have it.
pub(super) struct Secured {
    pub(super) ingest: Option<Arc<Tls>>,
    pub(super) staff: Option<Arc<Tls>>,
}

impl Secured {
    /// Reads the files of both.
    pub(super) fn load(config: &Config, clock: &Clock) -> Result<Self, TlsError> {
        let load = |listener, files: &Option<_>, auth| {
            let load = |files| Tls::load(listener, files, auth, clock.clone()).map(Arc::new);
            files.as_ref().map(load).transpose()
        };
        Ok(Self {
            ingest: load(Listener::Ingest, &config.ingest.tls, ClientAuth::Optional)?,
            staff: load(Listener::Staff, &config.staff.tls, ClientAuth::Required)?,
        })
    }
}
