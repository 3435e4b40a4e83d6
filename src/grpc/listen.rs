//! From a listening socket to connections that may speak gRPC, with a bound on everything that a
//! stranger may do before its first request.
//!
//! Handshakes run beside the accept loop, so that a peer that stalls one delays nobody. Knows
//! nothing of requests but whether there have been any.

use std::future::Future;
use std::io;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::{CertificateError, Error as TlsFailure};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use super::peer::Peer;
use crate::ground::limits;
use crate::ground::metrics::{self, HandshakeFailure, Listener, OpenConnection};
use crate::net::tls::Tls;

/// Where the connections that stand are taken from.
pub(super) type Connections = mpsc::Receiver<io::Result<Connection>>;

/// Starts accepting; ends when the receiver goes.
pub(super) fn accept(
    listener: TcpListener,
    which: Listener,
    connections_max: usize,
    connection_rate: Option<NonZeroU32>,
    tls: Option<Arc<Tls>>,
) -> Connections {
    let (accepted, connections) = mpsc::channel(1);
    let room = Arc::new(Semaphore::new(connections_max));
    let handshaking = Arc::new(Semaphore::new(limits::HANDSHAKES_MAX));
    tokio::spawn(
        Acceptor { which, room, handshaking, connection_rate, tls, accepted }.run(listener),
    );
    connections
}

struct Acceptor {
    which: Listener,
    room: Arc<Semaphore>,
    handshaking: Arc<Semaphore>,
    connection_rate: Option<NonZeroU32>,
    tls: Option<Arc<Tls>>,
    accepted: mpsc::Sender<io::Result<Connection>>,
}

impl Acceptor {
    async fn run(self, listener: TcpListener) {
        // With this task go the handshakes.
        let mut handshakes = JoinSet::new();
        loop {
            let stream = tokio::select! {
                () = self.accepted.closed() => return,
                Some(_) = handshakes.join_next() => continue,
                stream = listener.accept() => stream,
            };
            let Ok((stream, _)) = stream else {
                sleep(limits::ACCEPT_PAUSE).await;
                continue;
            };
            let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else {
                metrics::connection_refused(self.which);
                continue;
            };
            // Without it an answer waits for the peer's delayed acknowledgement; a failure costs
            // nothing but that.
            let _ = stream.set_nodelay(true);
            let place = Place { _permit: permit, _open: OpenConnection::new(self.which) };
            let Some(tls) = &self.tls else {
                let peer = Peer::new(None, self.connection_rate);
                let connection = Connection::new(Transport::Plain(stream), peer, place);
                if self.accepted.send(Ok(connection)).await.is_err() {
                    return;
                }
                continue;
            };
            match Arc::clone(&self.handshaking).try_acquire_owned() {
                Ok(turn) => {
                    let (tls, accepted) = (Arc::clone(tls), self.accepted.clone());
                    let rate = self.connection_rate;
                    handshakes.spawn(secure(stream, self.which, rate, tls, place, turn, accepted));
                }
                Err(_) => metrics::handshakes_failed(self.which, HandshakeFailure::Full, 1),
            }
        }
    }
}

/// One handshake, from its first byte to a connection or a reason.
async fn secure(
    stream: TcpStream,
    which: Listener,
    connection_rate: Option<NonZeroU32>,
    tls: Arc<Tls>,
    place: Place,
    turn: OwnedSemaphorePermit,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    let failed = |reason| metrics::handshakes_failed(which, reason, 1);
    let stream = match timeout(limits::HANDSHAKE_TIMEOUT, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return failed(reason(&error)),
        Err(_) => return failed(HandshakeFailure::TimedOut),
    };
    drop(turn);
    let client = match stream.get_ref().1.peer_certificates() {
        None => None,
        Some(chain) => match tls.client(chain) {
            Some(client) => Some(client),
            None => return failed(HandshakeFailure::CertificateUnfit),
        },
    };
    let (transport, peer) = (Transport::Tls(Box::new(stream)), Peer::new(client, connection_rate));
    // Nobody takes it only when the listener ends.
    let _ = accepted.send(Ok(Connection::new(transport, peer, place))).await;
}

/// One table from what TLS says to what is counted; the peer hears only TLS's own alert.
fn reason(error: &io::Error) -> HandshakeFailure {
    let failure = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsFailure>());
    match failure {
        None | Some(TlsFailure::AlertReceived(_)) => HandshakeFailure::PeerLeft,
        Some(TlsFailure::InvalidMessage(_)) => HandshakeFailure::NotTls,
        Some(TlsFailure::PeerIncompatible(_) | TlsFailure::NoApplicationProtocol) => {
            HandshakeFailure::Incompatible
        }
        Some(TlsFailure::NoCertificatesPresented) => HandshakeFailure::CertificateMissing,
        Some(TlsFailure::InvalidCertificate(error)) => match error {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => HandshakeFailure::CertificateExpired,
            CertificateError::Revoked | CertificateError::UnknownRevocationStatus => {
                HandshakeFailure::CertificateRevoked
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                HandshakeFailure::CertificateUnknown
            }
            _ => HandshakeFailure::CertificateUnfit,
        },
        Some(_) => HandshakeFailure::Other,
    }
}

/// A place among the listener's connections, given back when the connection ends.
struct Place {
    _permit: OwnedSemaphorePermit,
    _open: OpenConnection,
}

/// A connection that stands. It ends by itself when its peer asks nothing.
pub(super) struct Connection {
    transport: Transport,
    peer: Peer,
    idle: Idle,
    _place: Place,
}

enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    fn new(transport: Transport, peer: Peer, place: Place) -> Self {
        Self { transport, peer, idle: Idle::new(), _place: place }
    }
}

/// Finds that a peer has asked nothing for long: first within
/// [`limits::FIRST_REQUEST_TIMEOUT`], later within [`limits::IDLE_CONNECTION`].
struct Idle {
    end: Pin<Box<Sleep>>,
    begun: u64,
}

impl Idle {
    fn new() -> Self {
        Self { end: Box::pin(sleep(limits::FIRST_REQUEST_TIMEOUT)), begun: 0 }
    }

    /// Whether it has; else the task is woken when it may have.
    fn poll(&mut self, peer: &Peer, cx: &mut Context<'_>) -> bool {
        while self.end.as_mut().poll(cx).is_ready() {
            let (begun, done) = peer.activity.begun_and_done();
            if done && begun == self.begun {
                return true;
            }
            self.begun = begun;
            let next = self.end.deadline() + limits::IDLE_CONNECTION;
            self.end.as_mut().reset(next);
        }
        false
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl Transport {
    fn reader(&mut self) -> Pin<&mut (dyn AsyncRead + Send + Unpin)> {
        Pin::new(match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream,
        })
    }

    fn writer(&mut self) -> Pin<&mut (dyn AsyncWrite + Send + Unpin)> {
        Pin::new(match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream,
        })
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { transport, peer, idle, .. } = &mut *self;
        let read = transport.reader().poll_read(cx, buf);
        if read.is_pending() && idle.poll(peer, cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.transport.writer().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.transport.writer().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.writer().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.writer().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    /// Waits until the connection is found idle.
    async fn end(idle: &mut Idle, peer: &Peer) -> Duration {
        let begun = Instant::now();
        std::future::poll_fn(
            |cx| if idle.poll(peer, cx) { Poll::Ready(()) } else { Poll::Pending },
        )
        .await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_nothing_ends_soon_and_who_has_asked_may_rest() {
        let peer = Peer::new(None, None);
        assert_eq!(end(&mut Idle::new(), &peer).await.as_secs(), 10);
        let mut idle = Idle::new();
        drop(peer.activity.begin());
        let took = end(&mut idle, &peer).await;
        assert_eq!(took, limits::FIRST_REQUEST_TIMEOUT + limits::IDLE_CONNECTION);
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_request_keeps_its_connection() {
        let peer = Peer::new(None, None);
        let mut idle = Idle::new();
        let open = peer.activity.begin();
        let hours = Duration::from_secs(36_000);
        let waited = timeout(hours, end(&mut idle, &peer)).await;
        assert!(waited.is_err(), "ended with a request open");
        drop(open);
        advance(limits::FIRST_REQUEST_TIMEOUT).await;
        assert!(end(&mut idle, &peer).await <= limits::IDLE_CONNECTION);
    }
}
