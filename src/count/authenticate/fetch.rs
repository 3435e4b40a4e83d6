//! Fetches an issuer's key set over HTTPS.
//!
//! TLS 1.3 only, no redirects, a bound on bytes and time. What comes is not read here.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::header::{ACCEPT, ETAG, HeaderValue, IF_NONE_MATCH};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::issuers::{IssuerConfig, IssuersError};
use crate::ground::clock::Age;
use crate::ground::limits::{JWKS_BYTES_MAX, JWKS_FETCH_TIMEOUT, JWKS_STALE_MAX};

/// Where an issuer's key set is fetched from, and what was got last.
pub(super) struct Source {
    url: Uri,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    refresh: Duration,
    etag: Option<HeaderValue>,
    /// When the set that is in use was last known to be the issuer's; `None` without one.
    confirmed: Option<Age>,
}

/// What a fetch brought.
pub(super) enum Fetched {
    /// The set that was accepted last.
    Unchanged,
    /// A set, perhaps the same.
    Set(Set),
}

/// A set as it came.
pub(super) struct Set {
    pub(super) json: Bytes,
    etag: Option<HeaderValue>,
}

/// Why a set could not be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    /// No connection, no trust in it, or it broke.
    #[error("no connection, or it broke")]
    Unreachable,
    /// It took too long.
    #[error("no answer within 5 seconds")]
    Late,
    /// Another status than 200 or 304; a redirect too.
    #[error("the answer's status is not 200")]
    Status,
    /// More than fits.
    #[error("the answer is larger than 65536 bytes, or broke off")]
    Body,
}

impl Source {
    /// The source of this issuer's keys; `None` when it has no URL.
    ///
    /// # Errors
    /// An address that keys are never fetched from, or certificates that nothing can be trusted by.
    pub(super) fn of(config: &IssuerConfig) -> Result<Option<Self>, IssuersError> {
        let Some(jwks) = &config.jwks else { return Ok(None) };
        let Some(text) = &jwks.url else { return Ok(None) };
        let issuer = || config.id.clone();
        let url = address(text).ok_or_else(|| IssuersError::Url { issuer: issuer() })?;
        let client = client(jwks.ca_file.as_deref())
            .map_err(|path| IssuersError::Roots { issuer: issuer(), path: path.to_owned() })?;
        let refresh = Duration::from_secs(jwks.refresh_seconds.into());
        Ok(Some(Self { url, client, refresh, etag: None, confirmed: None }))
    }

    /// From one fetch to the next.
    pub(super) fn refresh(&self) -> Duration {
        self.refresh
    }

    /// Asks for the set, if it is another than the one accepted last.
    pub(super) async fn fetch(&self) -> Result<Fetched, FetchError> {
        let answer = tokio::time::timeout(JWKS_FETCH_TIMEOUT, self.ask());
        answer.await.unwrap_or(Err(FetchError::Late))
    }

    /// Remembers that this set is in use.
    pub(super) fn accept(&mut self, set: Set) {
        self.etag = set.etag;
        self.confirm();
    }

    /// Remembers that the set in use is still the issuer's.
    pub(super) fn confirm(&mut self) {
        self.confirmed = Some(Age::zero());
    }

    /// Whether there is a set in use that nobody has confirmed for too long.
    pub(super) fn is_stale(&self) -> bool {
        self.confirmed.is_some_and(|confirmed| confirmed.elapsed() > JWKS_STALE_MAX)
    }

    /// Forgets the set in use: the next is fetched whatever it is.
    pub(super) fn forget(&mut self) {
        (self.etag, self.confirmed) = (None, None);
    }

    async fn ask(&self) -> Result<Fetched, FetchError> {
        let mut request = Request::get(self.url.clone()).header(ACCEPT, "application/json");
        if let Some(etag) = &self.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let request = request.body(Empty::new()).map_err(|_| FetchError::Unreachable)?;
        let answer = self.client.request(request).await.map_err(|_| FetchError::Unreachable)?;
        match answer.status() {
            StatusCode::NOT_MODIFIED if self.etag.is_some() => return Ok(Fetched::Unchanged),
            StatusCode::OK => {}
            _ => return Err(FetchError::Status),
        }
        let etag = answer.headers().get(ETAG).cloned();
        let body = Limited::new(answer.into_body(), JWKS_BYTES_MAX).collect().await;
        let json = body.map_err(|_| FetchError::Body)?.to_bytes();
        Ok(Fetched::Set(Set { json, etag }))
    }
}

/// An address that keys may come from: who could change them on the way could sign for anybody.
fn address(text: &str) -> Option<Uri> {
    let url: Uri = text.parse().ok()?;
    let host = url.host()?.trim_matches(['[', ']']);
    let local = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let allowed = match url.scheme_str()? {
        "https" => true,
        "http" => local,
        _ => false,
    };
    let plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    (allowed && plain).then_some(url)
}

/// A client that trusts the certificates in this file, or the system's. The error is the place
/// that holds none.
fn client(
    ca_file: Option<&Path>,
) -> Result<Client<HttpsConnector<HttpConnector>, Empty<Bytes>>, &Path> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the provider has the suites of TLS 1.3");
    let builder = match ca_file {
        Some(path) => builder.with_root_certificates(roots(path).ok_or(path)?),
        None => builder.with_native_roots().map_err(|_| Path::new("the system"))?,
    };
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(builder.with_no_client_auth())
        // The address says which; `address` has allowed it.
        .https_or_http()
        .enable_http1()
        .build();
    // A fetch in minutes: no connection is worth keeping.
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
}

fn roots(path: &Path) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).ok()? {
        roots.add(certificate.ok()?).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}

#[cfg(test)]
mod tests;
