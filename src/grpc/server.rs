//! The gRPC listeners, with a bound on everything a stranger may do to them.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::ballots::Ballots;
use super::polls::{Polls, StaffToken};
use super::proto::ballot_service_server::BallotServiceServer;
use super::proto::poll_service_server::PollServiceServer;
use super::proto::results_service_server::ResultsServiceServer;
use super::results::ResultsReader;
use crate::engine::Engine;
use crate::http;
use crate::service::limits;
use crate::service::metrics::{self, Listener, OpenConnection};

/// Serves `BallotService` and health until told to stop.
pub async fn serve_ingest(
    listener: TcpListener,
    engine: Arc<Engine>,
    health: Routes,
    reflection: bool,
    stop: impl Future<Output = ()> + Send,
) {
    let ballots = BallotServiceServer::new(Ballots::new(engine))
        .max_decoding_message_size(limits::MESSAGE_BYTES_MAX)
        .max_encoding_message_size(limits::MESSAGE_BYTES_MAX);
    let routes = with_reflection(health.add_service(ballots), reflection);
    serve(listener, Listener::Ingest, limits::INGEST_CONNECTIONS_MAX, routes, stop).await;
}

/// Serves `PollService` until told to stop.
pub async fn serve_staff(
    listener: TcpListener,
    engine: Arc<Engine>,
    token: StaffToken,
    reflection: bool,
    stop: impl Future<Output = ()> + Send,
) {
    let polls = PollServiceServer::new(Polls::new(engine, token))
        .max_decoding_message_size(limits::STAFF_MESSAGE_BYTES_MAX);
    let routes = with_reflection(Routes::new(polls), reflection);
    serve(listener, Listener::Staff, limits::STAFF_CONNECTIONS_MAX, routes, stop).await;
}

/// `ResultsService`, to stand beside the pages on the public listener.
pub fn results_router(engine: Arc<Engine>) -> http::Router {
    let results = ResultsServiceServer::new(ResultsReader::new(engine))
        .max_decoding_message_size(limits::STAFF_MESSAGE_BYTES_MAX);
    Routes::new(results).into_axum_router()
}

/// The health of the services, as gRPC's own protocol tells it.
pub struct Health {
    reporter: HealthReporter,
    routes: Routes,
}

impl Health {
    /// Health that says NOT_SERVING until told otherwise.
    pub async fn new() -> Self {
        let (reporter, service) = tonic_health::server::health_reporter();
        let health = Self { reporter, routes: Routes::new(service) };
        health.set(ServingStatus::NotServing).await;
        health
    }

    /// The service to put on a listener.
    pub fn service(&self) -> Routes {
        self.routes.clone()
    }

    /// From here on SERVING.
    pub async fn serving(&self) {
        self.set(ServingStatus::Serving).await;
    }

    /// From here on NOT_SERVING: load balancers look elsewhere before the drain begins.
    pub async fn not_serving(&self) {
        self.set(ServingStatus::NotServing).await;
    }

    async fn set(&self, status: ServingStatus) {
        for service in ["", "holos.v1.BallotService"] {
            self.reporter.set_service_status(service, status).await;
        }
    }
}

fn with_reflection(routes: Routes, reflection: bool) -> Routes {
    if !reflection {
        return routes;
    }
    let service = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(super::DESCRIPTORS)
        .build_v1()
        .expect("the build made the descriptors");
    routes.add_service(service)
}

async fn serve(
    listener: TcpListener,
    which: Listener,
    connections_max: usize,
    routes: Routes,
    stop: impl Future<Output = ()> + Send,
) {
    let (accepted, connections) = mpsc::channel(1);
    let accepting = tokio::spawn(accept(listener, which, connections_max, accepted));
    let server = Server::builder()
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION_MAX)
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(limits::HEADER_LIST_BYTES_MAX)
        .http2_max_pending_accept_reset_streams(Some(limits::PENDING_RESETS_MAX))
        .http2_keepalive_interval(Some(limits::KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(limits::KEEPALIVE_TIMEOUT))
        .add_routes(routes)
        .serve_with_incoming_shutdown(ReceiverStream::new(connections), stop);
    if let Err(error) = server.await {
        tracing::error!(%error, listener = which.label(), "a listener ended");
    }
    accepting.abort();
}

async fn accept(
    listener: TcpListener,
    which: Listener,
    connections_max: usize,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    let room = Arc::new(Semaphore::new(connections_max));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            metrics::connection_refused(which);
            continue;
        };
        // Without it an answer waits for the peer's delayed acknowledgement; a failure costs
        // nothing but that.
        let _ = stream.set_nodelay(true);
        let open = OpenConnection::new(which);
        let connection = Connection { stream, _permit: permit, _open: open };
        if accepted.send(Ok(connection)).await.is_err() {
            return;
        }
    }
}

/// A connection that gives its place back when it ends.
struct Connection {
    stream: TcpStream,
    _permit: OwnedSemaphorePermit,
    _open: OpenConnection,
}

impl Connected for Connection {
    type ConnectInfo = ();

    // The peer's address is personal data of a kind and is used nowhere.
    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
