//! The least HTTP client that the tests of this edge need.

use std::net::SocketAddr;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An answer, taken apart.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    /// As text; what is none of it is replaced.
    pub(super) body: String,
    pub(super) bytes: Vec<u8>,
}

/// Asks `path` with further header lines (each ending in CR LF) and reads to the end of the
/// connection.
pub(super) async fn get(address: SocketAddr, path: &str, headers: &str) -> Answer {
    ask(address, "GET", path, headers).await
}

/// As [`get`], with another method.
pub(super) async fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let text = String::from_utf8_lossy(&body).into_owned();
    Answer { status, head: head.to_ascii_lowercase(), body: text, bytes: body }
}

/// Serves a router on a free port for the life of the test's runtime.
pub(super) async fn host(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let which = crate::ground::metrics::Listener::Public;
    tokio::spawn(super::serve::serve(listener, which, 16, router, std::future::pending()));
    address
}
