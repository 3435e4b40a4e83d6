//! Connections for tests: each is one TCP connection, dialled at once and never again.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};

use super::authority::{Authority, Identity};

/// A channel over one connection, and what its handshake said.
pub(super) struct Dialled {
    pub(super) channel: Channel,
    seen: Arc<Mutex<Option<Seen>>>,
}

#[derive(Clone)]
struct Seen {
    shown: Vec<u8>,
    kind: Option<HandshakeKind>,
}

impl Dialled {
    /// The certificate that the server showed.
    pub(super) fn shown(&self) -> Vec<u8> {
        self.seen.lock().unwrap().clone().unwrap().shown
    }

    pub(super) fn kind(&self) -> Option<HandshakeKind> {
        self.seen.lock().unwrap().clone().unwrap().kind
    }
}

pub(super) fn config(authority: &Authority, identity: Option<&Identity>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.der())).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let chain = vec![CertificateDer::from(identity.certificate.clone())];
            let key = PrivatePkcs8KeyDer::from(identity.key.serialize_der());
            builder.with_client_auth_cert(chain, key.into()).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

pub(super) async fn dial(
    address: SocketAddr,
    authority: &Authority,
    identity: Option<&Identity>,
) -> Dialled {
    with(address, config(authority, identity)).await
}

pub(super) async fn with(address: SocketAddr, config: Arc<ClientConfig>) -> Dialled {
    let seen = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&seen);
    let connector = tower::service_fn(move |_: Uri| {
        let (config, noted) = (Arc::clone(&config), Arc::clone(&noted));
        async move {
            let stream = TcpStream::connect(address).await?;
            let name = ServerName::try_from("localhost").unwrap();
            let stream = TlsConnector::from(config).connect(name, stream).await?;
            let session = stream.get_ref().1;
            let shown = session.peer_certificates().unwrap()[0].to_vec();
            *noted.lock().unwrap() = Some(Seen { shown, kind: session.handshake_kind() });
            Ok::<_, io::Error>(TokioIo::new(stream))
        }
    });
    let channel = Endpoint::from_static("http://localhost").connect_with_connector_lazy(connector);
    Dialled { channel, seen }
}

pub(super) async fn plain(address: SocketAddr) -> Dialled {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    Dialled { channel: endpoint.connect_lazy(), seen: Arc::default() }
}

/// A ClientHello that offers TLS 1.2 and no later version.
pub(super) fn hello_of_tls_1_2() -> Vec<u8> {
    let extensions = [
        // supported_groups: x25519, secp256r1; signature_algorithms: ecdsa_secp256r1_sha256.
        &[0, 10, 0, 6, 0, 4, 0, 29, 0, 23][..],
        &[0, 13, 0, 4, 0, 2, 4, 3],
    ]
    .concat();
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    // No session, ECDHE-ECDSA with AES-128-GCM, no compression.
    body.extend([0, 0, 2, 0xc0, 0x2b, 1, 0]);
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    let length = u16::try_from(body.len()).unwrap();
    let mut hello = vec![22, 3, 1];
    hello.extend((length + 4).to_be_bytes());
    hello.extend([1, 0]);
    hello.extend(length.to_be_bytes());
    hello.extend(body);
    hello
}
