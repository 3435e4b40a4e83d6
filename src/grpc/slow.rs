//! Bounds on how a request's messages may come: each complete in time, and little of the incomplete
//! ones held.
//!
//! Follows the frames of gRPC through a request's body without touching what is in them, and passes
//! every chunk on as it is. How long a message may be, and what it says, is decided elsewhere.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use holos_reasons::Reason;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

use super::peer::Peer;
use super::status::{rejection_status, status};
use crate::ground::limits;
use crate::ground::metrics::{self, Cut, Listener};
use crate::net::activity::{Activity, Outbound};
use crate::outcome::Rejection;

mod frames;

use frames::Frames;

/// The calls whose clients send a stream. A stream may rest between two messages, as long as a
/// connection between two calls; every other call has one message, and all of it must come in time.
const STREAMS: [&str; 2] = [
    "/holos.v1.BallotService/StreamBallots",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
];

/// The bounds of one listener, and what it holds.
pub(super) struct Bounds {
    listener: Listener,
    message_timeout: Duration,
    held_max: usize,
    connection_held_max: usize,
    held: AtomicUsize,
}

impl Bounds {
    /// Those of [`limits`].
    pub(super) fn new(listener: Listener) -> Self {
        Self {
            listener,
            message_timeout: limits::MESSAGE_TIMEOUT,
            held_max: limits::PARTIAL_BYTES_MAX,
            connection_held_max: limits::CONNECTION_PARTIAL_BYTES_MAX,
            held: AtomicUsize::new(0),
        }
    }
}

/// Puts the bounds around a service.
#[derive(Clone)]
pub(super) struct BoundMessages(Arc<Bounds>);

impl BoundMessages {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self(Arc::new(bounds))
    }
}

impl<S> Layer<S> for BoundMessages {
    type Service = Bounded<S>;

    fn layer(&self, inner: S) -> Bounded<S> {
        Bounded { inner, bounds: Arc::clone(&self.0) }
    }
}

/// A service within bounds.
#[derive(Clone)]
pub(super) struct Bounded<S> {
    inner: S,
    bounds: Arc<Bounds>,
}

impl<S> Service<Request<Body>> for Bounded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let activity = match request.extensions().get::<Peer>() {
            Some(peer) => Arc::clone(&peer.activity),
            None => Arc::default(),
        };
        let open = activity.begin();
        let streams = STREAMS.contains(&request.uri().path());
        let bounds = Arc::clone(&self.bounds);
        let request = request
            .map(|body| Body::new(Inbound::new(body, !streams, Held::new(bounds, activity))));
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            Ok(answer.map(|body| Body::new(Outbound::new(body, open))))
        })
    }
}

/// What a body holds of the message under way, counted for its connection and its listener.
struct Held {
    bytes: usize,
    bounds: Arc<Bounds>,
    activity: Arc<Activity>,
}

impl Held {
    fn new(bounds: Arc<Bounds>, activity: Arc<Activity>) -> Self {
        Self { bytes: 0, bounds, activity }
    }

    /// Counts `bytes` instead of what was counted before.
    fn set(&mut self, bytes: usize) -> Result<(), Cut> {
        let Self { bounds, activity, .. } = &*self;
        if let Some(more) = bytes.checked_sub(self.bytes) {
            take(&activity.held, more, bounds.connection_held_max)
                .map_err(|()| Cut::ConnectionFull)?;
            take(&bounds.held, more, bounds.held_max).map_err(|()| {
                activity.held.fetch_sub(more, Ordering::Relaxed);
                Cut::ListenerFull
            })?;
        } else {
            let less = self.bytes - bytes;
            activity.held.fetch_sub(less, Ordering::Relaxed);
            bounds.held.fetch_sub(less, Ordering::Relaxed);
        }
        self.bytes = bytes;
        Ok(())
    }

    fn release(&mut self) {
        self.set(0).expect("giving back needs no room");
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
    }
}

fn take(held: &AtomicUsize, more: usize, max: usize) -> Result<(), ()> {
    let before = held.fetch_add(more, Ordering::Relaxed);
    if before.saturating_add(more) <= max {
        return Ok(());
    }
    held.fetch_sub(more, Ordering::Relaxed);
    Err(())
}

/// What of a body does not come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// The first message of a stream.
    First,
    /// A message of a stream that has brought some.
    Next,
    /// What completes a message, or ends the body of a single one.
    Rest,
}

/// A request's body within bounds. What breaks them ends it with a status.
struct Inbound {
    inner: Body,
    /// Whether the whole body is one message.
    single: bool,
    frames: Frames,
    held: Held,
    /// Bytes of a single message that have come.
    taken: usize,
    /// The end of our patience, once there was one; it counts while something is awaited.
    end: Option<Pin<Box<Sleep>>>,
    awaited: Option<Awaited>,
    empty_frames: u32,
    done: bool,
}

impl Inbound {
    fn new(inner: Body, single: bool, held: Held) -> Self {
        Self {
            inner,
            single,
            frames: Frames::default(),
            held,
            taken: 0,
            end: None,
            awaited: None,
            empty_frames: 0,
            done: false,
        }
    }

    fn take_in(&mut self, chunk: &[u8]) -> Result<(), Cut> {
        if chunk.is_empty() {
            self.empty_frames += 1;
            let few = self.empty_frames <= limits::EMPTY_FRAMES_MAX;
            return if few { Ok(()) } else { Err(Cut::Malformed) };
        }
        let before = self.frames.messages();
        self.frames.follow(chunk).map_err(|_| Cut::Compressed)?;
        let begun = self.frames.messages() + u64::from(self.frames.held() > 0);
        if self.single && begun > 1 {
            return Err(Cut::Malformed);
        }
        if self.frames.messages() > before {
            self.empty_frames = 0;
            // The next message has its own time; a single one has its end still to come.
            if !self.single {
                self.awaited = None;
            }
        }
        // What was made of a single message lives until its body ends: so long it counts.
        self.taken += chunk.len();
        self.held.set(if self.single { self.taken } else { self.frames.held() })
    }

    /// Whether what we wait for did not come in time. The time runs only while we wait: what we
    /// leave unread because we are busy is not the peer's delay.
    fn late(&mut self, cx: &mut Context<'_>) -> bool {
        let (awaited, timeout) = if self.single || self.frames.held() > 0 {
            (Awaited::Rest, self.held.bounds.message_timeout)
        } else if self.frames.messages() == 0 {
            (Awaited::First, limits::FIRST_REQUEST_TIMEOUT)
        } else {
            (Awaited::Next, limits::IDLE_CONNECTION)
        };
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(timeout)));
        if self.awaited != Some(awaited) {
            end.set(sleep(timeout));
            self.awaited = Some(awaited);
        }
        end.as_mut().poll(cx).is_ready()
    }

    fn cut(&mut self, cut: Cut) -> Status {
        metrics::requests_cut(self.held.bounds.listener, cut, 1);
        self.end();
        match cut {
            Cut::TooSlow => status(Reason::MessageTimedOut, []),
            Cut::ConnectionFull | Cut::ListenerFull => rejection_status(Rejection::Overloaded, []),
            Cut::Compressed => status(Reason::MessageCompressed, []),
            Cut::Malformed => rejection_status(Rejection::MessageMalformed, []),
        }
    }

    /// Lets go of everything at once: the handler may keep the body for a while.
    fn end(&mut self) {
        self.done = true;
        self.inner = Body::empty();
        self.end = None;
        self.held.release();
    }
}

impl HttpBody for Inbound {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.done {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(chunk) = frame.data_ref()
                    && let Err(cut) = self.take_in(chunk)
                {
                    return Poll::Ready(Some(Err(self.cut(cut))));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(end) => {
                self.end();
                Poll::Ready(end)
            }
            Poll::Pending if self.late(cx) => Poll::Ready(Some(Err(self.cut(Cut::TooSlow)))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.done || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests;
