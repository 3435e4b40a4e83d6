//! gRPC as a browser speaks it: gRPC-Web over HTTP/1.1, frame by frame.

use holos_wire::proto;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::support::{Home, Staff, order};

/// A call, and what came back: headers, the message if there is one, the trailers.
async fn call(
    address: std::net::SocketAddr,
    method: &str,
    request: &impl Message,
) -> (String, Option<Vec<u8>>, String) {
    let message = request.encode_to_vec();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /holos.v1.ResultsService/{method} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
         content-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\ncontent-length: {}\r\n\r\n",
        message.len() + 5
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    stream.write_all(&[&[0][..], &length, &message].concat()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_ascii_lowercase();
    let mut body = if head.contains("transfer-encoding: chunked") {
        unchunked(&bytes[end..])
    } else {
        bytes[end..].to_vec()
    };
    let (mut message, mut trailers) = (None, String::new());
    while body.len() >= 5 {
        let length = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize;
        let (kind, frame) = (body[0], body[5..5 + length].to_vec());
        body.drain(..5 + length);
        match kind {
            0 => message = Some(frame),
            0x80 => trailers = String::from_utf8(frame).unwrap(),
            other => panic!("a frame of the kind {other}"),
        }
    }
    (head, message, trailers)
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|end| end == b"\r\n").unwrap();
        let length = usize::from_str_radix(str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        body.extend(&rest[line + 2..line + 2 + length]);
        rest = &rest[line + 2 + length + 2..];
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_reads_releases_and_refusals() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let poll = staff.open_new(&order("web", 2)).await;
    let public = running.addresses.public;
    let request = proto::ListReleasesRequest { poll_id: poll.clone() };
    let (head, message, trailers) = call(public, "ListReleases", &request).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-type: application/grpc-web+proto"), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    let answer = proto::ListReleasesResponse::decode(&*message.unwrap()).unwrap();
    assert_eq!(answer, proto::ListReleasesResponse::default());
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
    let request = proto::GetResultsRequest { poll_id: poll };
    let (head, message, _) = call(public, "GetResults", &request).await;
    assert!(head.contains("grpc-status: 9"), "{head}");
    assert_eq!(message, None);
    running.shutdown().await;
}
