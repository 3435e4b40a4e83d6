//! One gRPC listener, with a bound on everything that a stranger may do to it.
//!
//! Knows nothing of the services that it carries.

use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::Routes;
use tonic::transport::Server;

use super::listen::accept;
use super::slow::{BoundMessages, Bounds};
use crate::ground::limits;
use crate::ground::metrics::Listener;
use crate::net::tls::Tls;
use holos_wire::language::KnowLanguage;

/// Serves `routes` on `listener`, at most `connections_max` connections at a time and
/// `connection_rate` credentials a second over each, until `stop` resolves; then ends each
/// connection after its current requests. The caller bounds that wait by dropping the future.
pub(super) async fn serve(
    listener: TcpListener,
    which: Listener,
    connections_max: usize,
    connection_rate: Option<NonZeroU32>,
    tls: Option<Arc<Tls>>,
    routes: Routes,
    stop: impl Future<Output = ()> + Send,
) {
    let connections = accept(listener, which, connections_max, connection_rate, tls);
    let server = Server::builder()
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION_MAX)
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(limits::HEADER_LIST_BYTES_MAX)
        .http2_max_pending_accept_reset_streams(Some(limits::PENDING_RESETS_MAX))
        .http2_max_local_error_reset_streams(Some(limits::LOCAL_RESETS_MAX))
        .http2_keepalive_interval(Some(limits::KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(limits::KEEPALIVE_TIMEOUT))
        .layer(KnowLanguage)
        .layer(BoundMessages::new(Bounds::new(which)))
        .add_routes(routes)
        .serve_with_incoming_shutdown(ReceiverStream::new(connections), stop);
    if let Err(error) = server.await {
        tracing::error!(%error, listener = which.label(), "a listener ended");
    }
}

#[cfg(test)]
mod tests;
