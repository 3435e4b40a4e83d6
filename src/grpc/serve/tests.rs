use std::net::SocketAddr;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::*;
use crate::ground::clock::Clock;
use crate::net::tls::ClientAuth;
use crate::net::tls::TlsConfig;
use crate::net::tls::tests::authority;

mod dial;

use authority::{Asked, Authority, write};
use dial::{Dialled, dial, hello_of_tls_1_2};
use rcgen::ExtendedKeyUsagePurpose::{ClientAuth as ForClients, ServerAuth as ForServers};

/// A listener with a health service.
struct Served {
    address: SocketAddr,
    authority: Authority,
    folder: TempDir,
    tls: Arc<Tls>,
    task: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
}

impl Served {
    async fn new(auth: ClientAuth) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("root");
        let own = authority.server(1);
        let config = TlsConfig {
            certificate_file: write(folder.path(), "own.pem", &own.certificate_pem),
            private_key_file: write(folder.path(), "own.key", &own.key.serialize_pem()),
            client_ca_file: Some(write(folder.path(), "ca.pem", &authority.pem())),
            client_crl_files: vec![write(folder.path(), "ca.crl", &authority.revoke(&[99]))],
        };
        let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
        let tls = Arc::new(Tls::load(Listener::Ingest, &config, auth, clock).unwrap());
        let (address, stop, task) = start(Some(Arc::clone(&tls)), 64).await;
        Self { address, authority, folder, tls, task, stop: Some(stop) }
    }

    async fn dial(&self, identity: Option<&authority::Identity>) -> Dialled {
        dial(self.address, &self.authority, identity).await
    }
}

async fn start(
    tls: Option<Arc<Tls>>,
    connections_max: usize,
) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_, health) = tonic_health::server::health_reporter();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    let routes = Routes::new(health);
    let serving = serve(listener, Listener::Ingest, connections_max, None, tls, routes, stopped);
    (address, stop, tokio::spawn(serving))
}

/// Whether the service answers over this connection.
async fn answers(dialled: &Dialled) -> bool {
    let mut client = HealthClient::new(dialled.channel.clone());
    client.check(HealthCheckRequest { service: String::new() }).await.is_ok()
}

#[tokio::test]
async fn who_is_let_in_by_its_certificate_and_who_is_not() {
    let optional = Served::new(ClientAuth::Optional).await;
    let required = Served::new(ClientAuth::Required).await;
    for served in [&optional, &required] {
        let authority = &served.authority;
        let identity = |serial, purpose, until_year| {
            authority.sign(&Asked { name: "app", serial, purpose, until_year })
        };
        let stranger = Authority::new("root").client("app", 7);
        for (what, identity, good) in [
            ("good", identity(7, ForClients, 2035), true),
            ("expired", identity(7, ForClients, 2026 - 1), false),
            ("revoked", identity(99, ForClients, 2035), false),
            ("for servers", identity(7, ForServers, 2035), false),
            ("of another CA", stranger, false),
        ] {
            let dialled = served.dial(Some(&identity)).await;
            assert_eq!(answers(&dialled).await, good, "{what}");
        }
    }
    assert!(answers(&optional.dial(None).await).await, "a token may stand for a certificate");
    assert!(!answers(&required.dial(None).await).await);
}

#[tokio::test]
async fn plain_text_and_older_versions_get_no_answer() {
    let served = Served::new(ClientAuth::Optional).await;
    let plain = dial::plain(served.address).await;
    assert!(!answers(&plain).await);
    let mut peer = TcpStream::connect(served.address).await.unwrap();
    peer.write_all(&hello_of_tls_1_2()).await.unwrap();
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).await.unwrap();
    // A fatal alert, protocol_version.
    assert_eq!((answer[0], &answer[5..]), (21, &[2, 70][..]));
    assert!(answers(&served.dial(None).await).await);
}

#[tokio::test(start_paused = true)]
async fn half_a_handshake_ends_in_time_and_delays_nobody() {
    let served = Served::new(ClientAuth::Optional).await;
    let mut stalled = Vec::new();
    for bytes in [&[][..], &[22], &hello_of_tls_1_2()[..40]] {
        let mut peer = TcpStream::connect(served.address).await.unwrap();
        peer.write_all(bytes).await.unwrap();
        stalled.push(peer);
    }
    let begun = tokio::time::Instant::now();
    for mut peer in stalled {
        let mut rest = Vec::new();
        let _ = peer.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
    }
    assert!(begun.elapsed() <= limits::HANDSHAKE_TIMEOUT * 2);
}

#[tokio::test]
async fn a_stalled_handshake_stands_in_nobodys_way() {
    let served = Served::new(ClientAuth::Optional).await;
    let mut stalled = Vec::new();
    for _ in 0..32 {
        stalled.push(TcpStream::connect(served.address).await.unwrap());
    }
    assert!(answers(&served.dial(None).await).await);
    drop(stalled);
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_new_connections_and_old_ones_go_on() {
    let served = Served::new(ClientAuth::Optional).await;
    let old = served.dial(None).await;
    assert!(answers(&old).await);
    let renewed = served.authority.server(2);
    write(served.folder.path(), "own.pem", &renewed.certificate_pem);
    write(served.folder.path(), "own.key", &renewed.key.serialize_pem());
    served.tls.reload().unwrap();
    let new = served.dial(None).await;
    assert!(answers(&new).await && answers(&old).await);
    assert_eq!(new.shown(), renewed.certificate);
    assert_ne!(old.shown(), renewed.certificate);
}

#[tokio::test]
async fn nothing_is_resumed() {
    let served = Served::new(ClientAuth::Optional).await;
    let config = dial::config(&served.authority, None);
    for _ in 0..2 {
        let dialled = dial::with(served.address, Arc::clone(&config)).await;
        assert!(answers(&dialled).await);
        assert_eq!(dialled.kind(), Some(rustls::HandshakeKind::Full));
    }
}

#[tokio::test]
async fn it_drains_and_then_takes_nobody() {
    let mut served = Served::new(ClientAuth::Optional).await;
    let stalled = TcpStream::connect(served.address).await.unwrap();
    let dialled = served.dial(None).await;
    assert!(answers(&dialled).await);
    served.stop.take().unwrap().send(()).unwrap();
    served.task.await.unwrap();
    drop(stalled);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_requests_ends() {
    let (address, _stop, _task) = start(None, 8).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    // Whoever answers pings and asks nothing is no better.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    silent.write_all(preface).await.unwrap();
    let begun = tokio::time::Instant::now();
    let mut rest = Vec::new();
    let _ = silent.read_to_end(&mut rest).await;
    assert!(begun.elapsed() <= limits::FIRST_REQUEST_TIMEOUT + limits::KEEPALIVE_TIMEOUT * 2);
}

#[tokio::test]
async fn a_full_listener_drops_the_next_connection_at_once() {
    let (address, _stop, _task) = start(None, 1).await;
    let first = dial::plain(address).await;
    assert!(answers(&first).await);
    let mut second = TcpStream::connect(address).await.unwrap();
    let mut some = [0; 16];
    assert!(matches!(second.read(&mut some).await, Ok(0) | Err(_)), "the second lives");
    assert!(answers(&first).await);
}
