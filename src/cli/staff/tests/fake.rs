//! A listener that speaks gRPC and knows no service: paths and messages as they are on the wire.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use prost::Message;
use tonic::{Code, Status};

/// What the listener was asked.
pub(super) struct Asked {
    /// As `PollService/GetPoll`.
    pub(super) method: String,
    pub(super) authorization: String,
    pub(super) message: Vec<u8>,
}

impl Asked {
    /// The message, read as one of this type.
    pub(super) fn is<M: Message + Default + PartialEq + std::fmt::Debug>(&self, expected: &M) {
        assert_eq!(M::decode(self.message.as_slice()).as_ref(), Ok(expected), "{}", self.method);
    }
}

type Script = Mutex<VecDeque<Result<Vec<Vec<u8>>, Status>>>;

struct Shared {
    script: Script,
    asked: Mutex<Vec<Asked>>,
}

/// The listener; it ends with the test.
pub(super) struct Fake {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    folder: tempfile::TempDir,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Fake {
    /// Listens on a free port of this machine.
    pub(super) fn start() -> Self {
        let shared = Arc::new(Shared { script: Mutex::default(), asked: Mutex::default() });
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, mut stopped) = tokio::sync::oneshot::channel();
        let held = shared.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                loop {
                    let stream = tokio::select! {
                        accepted = listener.accept() => accepted.unwrap().0,
                        _ = &mut stopped => return,
                    };
                    let held = held.clone();
                    let service = service_fn(move |request| answer(held.clone(), request));
                    tokio::spawn(async move {
                        let builder = Builder::new(TokioExecutor::new());
                        builder.serve_connection(TokioIo::new(stream), service).await.ok();
                    });
                }
            });
        });
        Self { address, shared, folder: tempfile::tempdir().unwrap(), _stop }
    }

    /// The next call hears this.
    pub(super) fn answers(&self, message: &impl Message) {
        self.streams(vec![message.encode_to_vec()]);
    }

    /// The next call hears these, one after the other.
    pub(super) fn streams(&self, messages: Vec<Vec<u8>>) {
        self.shared.script.lock().unwrap().push_back(Ok(messages));
    }

    /// The next call is refused.
    pub(super) fn refuses(&self, status: Status) {
        self.shared.script.lock().unwrap().push_back(Err(status));
    }

    /// What was asked since the last look.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.shared.asked.lock().unwrap())
    }

    /// A folder for the test's files.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A token that only its owner reads.
    pub(super) fn token_file(&self) -> PathBuf {
        let path = self.path("token");
        let mut file = std::fs::OpenOptions::new();
        let file = file.write(true).create(true).truncate(true).mode(0o600).open(&path);
        std::io::Write::write_all(&mut file.unwrap(), b"a.staff.token\n").unwrap();
        path
    }
}

type Answer = hyper::Response<http_body_util::combinators::UnsyncBoxBody<Bytes, Status>>;

async fn answer(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> Result<Answer, std::convert::Infallible> {
    let method = request.uri().path().trim_start_matches("/holos.v1.").to_owned();
    let header = request.headers().get("authorization");
    let authorization = header.map_or("", |value| value.to_str().unwrap()).to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    // One uncompressed message: a zero, its length in four bytes, itself.
    let message = body[5..].to_vec();
    shared.asked.lock().unwrap().push(Asked { method, authorization, message });
    let script = shared.script.lock().unwrap().pop_front();
    let script = script.unwrap_or_else(|| Err(Status::new(Code::Unimplemented, "no answer left")));
    let (messages, status) = match script {
        Ok(messages) => (messages, Status::new(Code::Ok, "")),
        Err(status) => (Vec::new(), status),
    };
    let frames = messages.into_iter().map(|message| {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        Ok(Frame::data([&[0], length.as_slice(), &message].concat().into()))
    });
    let mut trailers = hyper::HeaderMap::new();
    status.add_header(&mut trailers).unwrap();
    let frames: Vec<Result<_, Status>> = frames.chain([Ok(Frame::trailers(trailers))]).collect();
    let body = StreamBody::new(tokio_stream::iter(frames)).boxed_unsync();
    let response = hyper::Response::builder().header("content-type", "application/grpc");
    Ok(response.body(body).unwrap())
}
