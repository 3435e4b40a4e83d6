//! The bounds as a peer meets them: over HTTP/2, with an honest caller on the same connection.

use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codegen::http::HeaderMap;
use tonic::transport::Server;

use super::*;

const CHECK: &str = "/grpc.health.v1.Health/Check";

/// A connection to a health service within `bounds`.
async fn connect(bounds: Bounds) -> SendRequest<Body> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_, health) = tonic_health::server::health_reporter();
    let server = Server::builder().layer(BoundMessages::new(bounds)).add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// The status of a call with this body.
async fn call(sender: &SendRequest<Body>, body: Body) -> String {
    let request = Request::post(format!("http://localhost{CHECK}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body)
        .unwrap();
    let answer = sender.clone().send_request(request).await.unwrap();
    let status = |headers: &HeaderMap| {
        headers.get("grpc-status").map(|status| status.to_str().unwrap().to_owned())
    };
    if let Some(status) = status(answer.headers()) {
        return status;
    }
    let whole = answer.into_body().collect().await.unwrap();
    status(whole.trailers().expect("a status")).expect("a status")
}

fn whole(chunk: Bytes) -> Body {
    Body::new(http_body_util::Full::from(chunk))
}

/// A body that begins and does not go on.
fn begun(chunk: Bytes) -> (mpsc::Sender<Chunk>, Body) {
    let (chunks, body) = mpsc::channel(4);
    chunks.try_send(Ok(Frame::data(chunk))).unwrap();
    (chunks, Body::new(StreamBody::new(ReceiverStream::new(body))))
}

#[tokio::test]
async fn a_stalled_call_is_cut_and_the_honest_one_beside_it_goes_on() {
    let timeout = Duration::from_secs(3);
    let sender = connect(Bounds { message_timeout: timeout, ..bounds() }).await;
    let (chunks, body) = begun(message(100).slice(..7));
    let stalled = call(&sender, body);
    let honest = async {
        for _ in 0..20 {
            assert_eq!(call(&sender, whole(message(0))).await, "0");
        }
    };
    let (status, ()) = tokio::join!(stalled, honest);
    assert_eq!(status, (Code::DeadlineExceeded as i32).to_string());
    assert_eq!(call(&sender, whole(message(0))).await, "0");
    drop(chunks);
}

#[tokio::test]
async fn who_fills_its_share_is_refused_and_gets_it_back() {
    let timeout = Duration::from_millis(300);
    let sender = connect(Bounds { message_timeout: timeout, ..bounds() }).await;
    let (first, one) = begun(message(5_000).slice(..900));
    let (second, two) = begun(message(5_000).slice(..900));
    // They share a peer's bound only over a listener that knows its peers; here the listener's.
    let (one, two) = tokio::join!(call(&sender, one), call(&sender, two));
    let mut statuses = [one, two];
    statuses.sort();
    let expected = [Code::DeadlineExceeded, Code::ResourceExhausted].map(|code| code as i32);
    assert_eq!(statuses, expected.map(|code| code.to_string()));
    assert_eq!(call(&sender, whole(message(0))).await, "0");
    drop((first, second));
}

#[tokio::test]
async fn a_compressed_message_is_refused_at_once() {
    let sender = connect(bounds()).await;
    let status = call(&sender, whole(Bytes::from_static(&[1, 0, 0, 0, 0]))).await;
    assert_eq!(status, (Code::Unimplemented as i32).to_string());
}
