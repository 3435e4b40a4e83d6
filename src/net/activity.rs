//! What one connection is about: which of its requests are open, and what they make us hold.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};

/// What one connection is about.
#[derive(Default)]
pub(crate) struct Activity {
    /// Requests that are not answered to the end.
    open: AtomicUsize,
    /// Requests so far.
    begun: AtomicU64,
    /// Parts of answers that the connection has taken so far.
    sent: AtomicU64,
    /// Bytes of incomplete messages.
    pub(crate) held: AtomicUsize,
}

impl Activity {
    /// Counts a request until the guard goes.
    pub(crate) fn begin(self: &Arc<Self>) -> OpenRequest {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        OpenRequest(Arc::clone(self))
    }

    /// How many requests there have been, and whether all of them are done.
    pub(crate) fn begun_and_done(&self) -> (u64, bool) {
        (self.begun.load(Ordering::Relaxed), self.open.load(Ordering::Relaxed) == 0)
    }

    /// A number that is another one whenever a request came, or a part of an answer went.
    pub(crate) fn moved(&self) -> u64 {
        self.begun.load(Ordering::Relaxed) + self.sent.load(Ordering::Relaxed)
    }
}

/// A request until its answer is sent or abandoned.
pub(crate) struct OpenRequest(Arc<Activity>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer's body: its request is open until it goes.
pub(crate) struct Outbound<B> {
    inner: B,
    open: OpenRequest,
}

impl<B> Outbound<B> {
    pub(crate) fn new(inner: B, open: OpenRequest) -> Self {
        Self { inner, open }
    }
}

impl<B: Body + Unpin> Body for Outbound<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if matches!(polled, Poll::Ready(Some(_))) {
            self.open.0.sent.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
