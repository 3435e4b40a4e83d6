//! The line to a staff listener: plain on this machine, TLS elsewhere.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use zeroize::Zeroizing;

use super::answer::Failure;
use super::engine::{Engine, Target};
use crate::cli::Exit;
use crate::ground::limits::CONNECT_TIMEOUT;

/// A connection to the staff listener, with the token that admits.
pub(super) struct Line {
    /// The connection.
    pub(super) channel: Channel,
    token: Option<Zeroizing<String>>,
}

impl Line {
    /// Connects to the staff listener that these flags name.
    ///
    /// # Errors
    /// Also when the token would travel in the clear: then nothing is sent.
    pub(super) async fn open(engine: &Engine) -> Result<Self, Failure> {
        let target = engine.target()?;
        let addresses = look_up(&target).await?;
        keeps_secret(&target, &addresses)?;
        let host = if target.host.contains(':') {
            format!("[{}]", target.host)
        } else {
            target.host.clone()
        };
        let endpoint = Endpoint::from_shared(format!("http://{host}:{}", target.port))
            .map_err(|_| Failure::Told(Exit::Usage, format!("{}: no address", target.source)))?
            .connect_timeout(CONNECT_TIMEOUT);
        let channel = match &target.ca {
            None => {
                let connect = move |_| {
                    let addresses = addresses.clone();
                    async move { Ok::<_, io::Error>(TokioIo::new(dial(&addresses).await?)) }
                };
                endpoint.connect_with_connector(tower::service_fn(connect)).await
            }
            Some(ca) => connect_by_tls(endpoint, addresses, engine, &target, ca).await?,
        };
        let channel = channel.map_err(|error| {
            let error = anyhow::Error::new(error);
            let told = format!("connecting to {host}:{}: {error:#}", target.port);
            Failure::Told(Exit::Temporary, told)
        })?;
        Ok(Self { channel, token: target.token })
    }

    /// A request that shows the token, where there is one.
    pub(super) fn request<T>(&self, message: T) -> Result<Request<T>, Failure> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            let header = Zeroizing::new(format!("Bearer {}", **token));
            let mut value: tonic::metadata::AsciiMetadataValue = header.parse().map_err(|_| {
                Failure::Told(Exit::Usage, "a token that no header can carry".to_owned())
            })?;
            value.set_sensitive(true);
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

async fn look_up(target: &Target) -> Result<Vec<SocketAddr>, Failure> {
    let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
    let found: Vec<_> = found.map(Iterator::collect).unwrap_or_default();
    if found.is_empty() {
        let told = format!("{}: no such host: {}", target.source, target.host);
        return Err(Failure::Told(Exit::Temporary, told));
    }
    Ok(found)
}

/// Whether nobody on the way can read the token: a name is as good as the farthest address it has.
fn keeps_secret(target: &Target, addresses: &[SocketAddr]) -> Result<(), Failure> {
    let here = |address: &SocketAddr| address.ip().is_loopback() || address.ip().is_unspecified();
    if target.ca.is_some() || addresses.iter().all(here) {
        return Ok(());
    }
    let Target { source, host, .. } = target;
    Err(Failure::Told(
        Exit::Usage,
        format!(
            "{source}: {host} is beyond this machine and --ca is not given, so the token would \
             travel in the clear; nothing was sent"
        ),
    ))
}

async fn dial(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in addresses {
        let dialled = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
        match dialled.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn connect_by_tls(
    endpoint: Endpoint,
    addresses: Vec<SocketAddr>,
    engine: &Engine,
    target: &Target,
    ca: &Path,
) -> anyhow::Result<Result<Channel, tonic::transport::Error>> {
    let connector = TlsConnector::from(Arc::new(client_config(engine, ca)?));
    let name = ServerName::try_from(target.server_name.clone())
        .context("--server-name: neither a DNS name nor an address")?;
    let connect = move |_| {
        let (connector, name, addresses) = (connector.clone(), name.clone(), addresses.clone());
        async move {
            let stream = dial(&addresses).await?;
            Ok::<_, io::Error>(TokioIo::new(connector.connect(name, stream).await?))
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
        let open = |addresses: &[&str], ca: bool| {
            let addresses: Vec<SocketAddr> =
                addresses.iter().map(|address| address.parse().unwrap()).collect();
            let target = Target {
                host: "name".to_owned(),
                port: 1,
                ca: ca.then(|| "ca.pem".into()),
                server_name: "name".to_owned(),
                token: None,
                source: "--server",
            };
            keeps_secret(&target, &addresses).is_ok()
        };
        assert!(open(&["127.0.0.1:1"], false));
        assert!(open(&["0.0.0.0:1"], false));
        assert!(open(&["[::1]:1", "127.0.0.1:1"], false));
        assert!(!open(&["10.0.0.7:1"], false));
        assert!(!open(&["127.0.0.1:1", "10.0.0.7:1"], false), "a name with a far address");
        assert!(open(&["10.0.0.7:1"], true));
    }
}
