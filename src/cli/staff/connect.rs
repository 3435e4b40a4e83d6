//! The line to a staff listener: plain on this machine, TLS with a client certificate elsewhere.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use zeroize::Zeroizing;

use super::Engine;
use crate::service::config::Config;

/// How long the listener may take to accept.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to the staff listener, with the token that admits.
pub(super) struct Line {
    /// The connection.
    pub(super) channel: Channel,
    token: Zeroizing<String>,
}

impl Line {
    /// Connects to the staff listener of this configuration.
    ///
    /// # Errors
    /// Also when the token would travel in the clear: then nothing is sent.
    pub(super) async fn open(config: &Config, engine: &Engine) -> anyhow::Result<Self> {
        let address = config.listen.staff;
        keeps_secret(config.staff.tls.is_some(), engine.ca.is_some(), address)?;
        let file = &config.staff.token_file;
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{}: cannot be read", file.display()))?;
        let text = Zeroizing::new(text);
        let token = Zeroizing::new(text.trim_end().to_owned());
        if address.port() == 0 {
            bail!("listen.staff: port 0 names no listener");
        }
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true);
        let channel = match &engine.ca {
            None => endpoint.connect().await,
            Some(ca) => connect_by_tls(endpoint, address, engine, ca).await?,
        };
        let channel = channel.with_context(|| format!("connecting to {address}"))?;
        Ok(Self { channel, token })
    }

    /// A request that shows the token.
    pub(super) fn request<T>(&self, message: T) -> anyhow::Result<Request<T>> {
        let mut request = Request::new(message);
        let header = Zeroizing::new(format!("Bearer {}", *self.token));
        let mut value: tonic::metadata::AsciiMetadataValue =
            header.parse().context("staff.token_file: a token that no header can carry")?;
        value.set_sensitive(true);
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }
}

/// Whether nobody on the way can read the token.
fn keeps_secret(listener_has_tls: bool, ca: bool, address: SocketAddr) -> anyhow::Result<()> {
    let here = address.ip().is_loopback() || address.ip().is_unspecified();
    match (listener_has_tls, ca) {
        (true, false) => bail!(
            "staff.tls is set, so --ca is needed: the authority that signed the listener's \
             certificate; nothing was sent"
        ),
        (false, false) if !here => bail!(
            "listen.staff: {address} is beyond this machine and has no TLS, so the token would \
             travel in the clear; nothing was sent"
        ),
        _ => Ok(()),
    }
}

async fn connect_by_tls(
    endpoint: Endpoint,
    address: SocketAddr,
    engine: &Engine,
    ca: &Path,
) -> anyhow::Result<Result<Channel, tonic::transport::Error>> {
    let connector = TlsConnector::from(Arc::new(client_config(engine, ca)?));
    let name = ServerName::try_from(engine.server_name.clone())
        .context("--server-name: neither a DNS name nor an address")?;
    let connect = move |_| {
        let (connector, name) = (connector.clone(), name.clone());
        async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(TokioIo::new(connector.connect(name, stream).await?))
        }
    };
    Ok(endpoint.connect_with_connector(tower::service_fn(connect)).await)
}

fn client_config(engine: &Engine, ca: &Path) -> anyhow::Result<ClientConfig> {
    let named = |path: &Path| format!("{}: not readable as PEM", path.display());
    let certificates = |path: &Path| -> anyhow::Result<Vec<CertificateDer<'static>>> {
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
        read.with_context(|| named(path))
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca)? {
        roots.add(certificate).with_context(|| named(ca))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .context("the TLS library lacks TLS 1.3")?
        .with_root_certificates(roots);
    let mut config = match (&engine.certificate, &engine.private_key) {
        (Some(certificate), Some(key)) => {
            let key = PrivateKeyDer::from_pem_file(key).with_context(|| named(key))?;
            builder.with_client_auth_cert(certificates(certificate)?, key)?
        }
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_never_travels_in_the_clear() {
        let [here, any, far] = ["127.0.0.1:1", "0.0.0.0:1", "10.0.0.7:1"].map(|address| {
            let address: SocketAddr = address.parse().unwrap();
            move |tls, ca| keeps_secret(tls, ca, address).is_ok()
        });
        for address in [&here, &any, &far] {
            assert!(!address(true, false), "the listener has TLS, and the call would not");
            assert!(address(true, true));
        }
        assert!(here(false, false) && any(false, false));
        assert!(!far(false, false));
        let refused = keeps_secret(true, false, ([127, 0, 0, 1], 1).into()).unwrap_err();
        assert!(refused.to_string().contains("--ca"), "{refused}");
    }
}
