//! The accept loop of the two HTTP listeners, with a bound on everything a stranger may do to it.
//!
//! axum's own `serve` has neither a cap on connections nor a time for the first request, so that a
//! thousand silent connections would keep everybody else out.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service;

use crate::ground::limits;
use crate::ground::metrics::{self, Listener, OpenConnection};
use crate::net::activity::{Activity, Outbound};

/// Serves `router` on `listener`, at most `connections_max` connections at a time, until `stop`
/// resolves; then ends each connection after its current request. The caller bounds that wait by
/// dropping the future.
pub async fn serve(
    listener: TcpListener,
    which: Listener,
    connections_max: usize,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let room = Arc::new(Semaphore::new(connections_max));
    let graceful = GracefulShutdown::new();
    let builder = Arc::new(builder());
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            metrics::connection_refused(which);
            continue;
        };
        let connection =
            connection(stream, which, Arc::clone(&builder), router.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _open = OpenConnection::new(which);
            connection.await;
            drop(permit);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_READ_TIMEOUT)
        .max_buf_size(limits::HTTP1_BUFFER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION_MAX)
        .max_header_list_size(limits::HEADER_LIST_BYTES_MAX)
        .max_pending_accept_reset_streams(limits::PENDING_RESETS_MAX)
        .keep_alive_interval(limits::KEEPALIVE_INTERVAL)
        .keep_alive_timeout(limits::KEEPALIVE_TIMEOUT);
    builder
}

/// One connection, from its first byte to its end. A peer that has sent no request in time is cut
/// off, later one that has none open and asks nothing for long, and one that takes nothing of its
/// answers for longer.
async fn connection(
    stream: TcpStream,
    which: Listener,
    builder: Arc<auto::Builder<TokioExecutor>>,
    router: Router,
    watcher: Watcher,
) {
    // Answers are small and complete: waiting to fill a packet only adds delay. A failure costs
    // nothing but that.
    let _ = stream.set_nodelay(true);
    let activity = Arc::new(Activity::default());
    let service = {
        let activity = Arc::clone(&activity);
        hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
            let open = activity.begin();
            let answer = router.clone().call(request.map(Body::new));
            async move {
                let answer = answer.await?;
                metrics::http_request(which, answer.status().as_u16());
                Ok::<_, Infallible>(answer.map(|body| Outbound::new(body, open)))
            }
        })
    };
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = watcher.watch(connection);
    tokio::pin!(connection);
    let (mut patience, mut before, mut stalled) = (limits::FIRST_REQUEST_TIMEOUT, 0, 0);
    loop {
        tokio::select! {
            // A broken connection is the peer's business; the request's own outcome was counted.
            _ = &mut connection => return,
            () = tokio::time::sleep(patience) => {}
        }
        let (moved, (_, done)) = (activity.moved(), activity.begun_and_done());
        stalled = if moved == before { stalled + 1 } else { 0 };
        if stalled > 0 && (done || stalled == limits::STALLED_PERIODS) {
            return;
        }
        (patience, before) = (limits::IDLE_CONNECTION, moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::client::get;
    use std::net::SocketAddr;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    async fn start(connections_max: usize) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move { drop(stopped.await) };
        let task =
            tokio::spawn(serve(listener, Listener::Public, connections_max, router, stopped));
        (address, stop, task)
    }

    #[tokio::test]
    async fn it_answers_and_stops_when_told_to() {
        let (address, stop, task) = start(8).await;
        assert_eq!(get(address, "/", "").await.body, "here");
        stop.send(()).unwrap();
        task.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn a_full_listener_drops_the_next_connection_at_once() {
        let (address, _stop, _task) = start(1).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut some = [0; 16];
        first.read_exact(&mut some).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        let ended = second.read(&mut some).await;
        assert!(matches!(ended, Ok(0) | Err(_)), "the second connection lives");
        drop(first);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_asks_nothing_is_cut_off() {
        for sent in ["", "P", "PRI * HTTP/2", "GET / HT"] {
            let (address, _stop, _task) = start(8).await;
            let mut peer = TcpStream::connect(address).await.unwrap();
            peer.write_all(sent.as_bytes()).await.unwrap();
            let mut rest = Vec::new();
            let _ = peer.read_to_end(&mut rest).await;
            assert!(!rest.starts_with(b"HTTP/1.1 200"), "{sent}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_of_its_answer_is_cut_off_later() {
        let (address, _stop, _task) = start(8).await;
        let stream = TcpStream::connect(address).await.unwrap();
        let mut closed = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        // It answers pings, and opens no window.
        closed.initial_stream_window_size(0);
        let (mut send, connection) = closed.handshake(TokioIo::new(stream)).await.unwrap();
        let begun = tokio::time::Instant::now();
        let connection = tokio::spawn(connection);
        let request = Request::get("http://test/").body(Body::empty()).unwrap();
        let answer = send.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        let _ended = connection.await;
        drop(answer);
        let took = begun.elapsed();
        assert!(took > limits::EVENT_STREAM_LIFETIME, "{took:?}");
        assert!(took < limits::IDLE_CONNECTION * (limits::STALLED_PERIODS + 2), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_has_asked_may_rest_and_not_for_ever() {
        let (address, _stop, _task) = start(8).await;
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut send, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        let begun = tokio::time::Instant::now();
        let connection = tokio::spawn(connection);
        let request = || Request::get("http://test/").body(Body::empty()).unwrap();
        let mut rested = limits::IDLE_CONNECTION / 2;
        for _ in 0..3 {
            assert_eq!(send.send_request(request()).await.unwrap().status(), 200);
            tokio::time::sleep(rested).await;
            rested += Duration::from_secs(1);
        }
        let _ended = connection.await;
        let took = begun.elapsed();
        assert!(took > limits::IDLE_CONNECTION, "{took:?}");
        assert!(took < limits::IDLE_CONNECTION * 4, "{took:?}");
    }
}
