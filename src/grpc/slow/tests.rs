use std::sync::atomic::AtomicUsize;

use http_body_util::{BodyExt, StreamBody};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tower::ServiceExt;

mod wire;

use super::*;
use tonic::Code;

const SECOND: Duration = Duration::from_secs(1);
const STREAM: &str = STREAMS[0];
const UNARY: &str = "/holos.v1.BallotService/CastBallot";

type Chunk = Result<Frame<Bytes>, Status>;

fn bounds() -> Bounds {
    Bounds { connection_held_max: 1_000, held_max: 1_500, ..Bounds::new(Listener::Ingest) }
}

fn inbound(path: &str, held: Held) -> (mpsc::Sender<Chunk>, Inbound) {
    let (chunks, body) = mpsc::channel(64);
    let body = Body::new(StreamBody::new(ReceiverStream::new(body)));
    (chunks, Inbound::new(body, !STREAMS.contains(&path), held))
}

fn alone(path: &str) -> (mpsc::Sender<Chunk>, Inbound) {
    inbound(path, Held::new(Arc::new(bounds()), Arc::default()))
}

fn message(length: u32) -> Bytes {
    let mut bytes = vec![0];
    bytes.extend(length.to_be_bytes());
    bytes.resize(5 + length as usize, 1);
    bytes.into()
}

async fn send(chunks: &mpsc::Sender<Chunk>, chunk: Bytes) {
    chunks.send(Ok(Frame::data(chunk))).await.unwrap();
}

async fn next(body: &mut Inbound) -> Result<Bytes, Status> {
    body.frame().await.unwrap().map(|frame| frame.into_data().unwrap())
}

/// Reads to the end or to a status.
async fn read(mut body: Inbound) -> Result<usize, Status> {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame?.into_data().unwrap().len();
    }
    Ok(bytes)
}

/// Sends a byte a second until nobody listens.
async fn trickle(chunks: mpsc::Sender<Chunk>, bytes: Bytes) {
    for at in 0..bytes.len() {
        if chunks.send(Ok(Frame::data(bytes.slice(at..=at)))).await.is_err() {
            return;
        }
        sleep(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_of_a_byte_a_second_is_cut_in_time_in_every_kind_of_call() {
    for path in [STREAM, UNARY] {
        let (chunks, body) = alone(path);
        let begun = Instant::now();
        let sender = tokio::spawn(trickle(chunks, message(600)));
        let status = read(body).await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
        let took = begun.elapsed();
        assert!(took >= limits::MESSAGE_TIMEOUT && took < limits::MESSAGE_TIMEOUT + SECOND * 2);
        sender.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_rest_between_messages_and_each_message_has_its_own_time() {
    let (chunks, mut body) = alone(STREAM);
    let sending = async move {
        for message_before in [false, true, true, true, true] {
            let rest = if message_before {
                limits::IDLE_CONNECTION
            } else {
                limits::FIRST_REQUEST_TIMEOUT
            };
            sleep(rest - SECOND).await;
            let (first, rest) = (message(9).slice(..4), message(9).slice(4..));
            send(&chunks, first).await;
            sleep(SECOND * 9).await;
            // The end of one message and the beginning of the next in one chunk.
            send(&chunks, [&rest[..], &message(9)[..6]].concat().into()).await;
            sleep(SECOND * 9).await;
            send(&chunks, message(9).slice(6..)).await;
        }
        chunks
    };
    let reading = async {
        for _ in 0..15 {
            next(&mut body).await.unwrap();
        }
        body
    };
    let (chunks, body) = tokio::join!(sending, reading);
    drop(chunks);
    assert_eq!(read(body).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_brings_nothing_is_cut_soon_and_after_a_message_when_it_has_rested_long() {
    let (chunks, body) = alone(STREAM);
    let begun = Instant::now();
    assert_eq!(read(body).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(begun.elapsed().as_secs(), limits::FIRST_REQUEST_TIMEOUT.as_secs());
    drop(chunks);

    let (chunks, body) = alone(STREAM);
    send(&chunks, message(9)).await;
    let begun = Instant::now();
    assert_eq!(read(body).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(begun.elapsed().as_secs(), limits::IDLE_CONNECTION.as_secs());
    drop(chunks);
}

#[tokio::test(start_paused = true)]
async fn a_byte_does_not_buy_a_silent_stream_another_rest() {
    let (chunks, body) = alone(STREAM);
    let begun = Instant::now();
    let sending = async {
        sleep(SECOND * 9).await;
        send(&chunks, message(9).slice(..1)).await;
    };
    let ((), status) = tokio::join!(sending, read(body));
    assert_eq!(status.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(begun.elapsed(), SECOND * 9 + limits::MESSAGE_TIMEOUT);
    drop(chunks);
}

#[tokio::test(start_paused = true)]
async fn a_unary_call_that_does_not_come_or_does_not_end_is_cut() {
    for sent in [Bytes::new(), message(3).slice(..5), message(3)] {
        let (chunks, body) = alone(UNARY);
        send(&chunks, sent).await;
        let begun = Instant::now();
        assert_eq!(read(body).await.unwrap_err().code(), Code::DeadlineExceeded);
        assert!(begun.elapsed() < limits::MESSAGE_TIMEOUT + SECOND);
        drop(chunks);
    }
}

#[tokio::test(start_paused = true)]
async fn what_we_leave_unread_is_not_the_peers_delay() {
    let (chunks, mut body) = alone(STREAM);
    send(&chunks, [message(9), message(9).slice(..6)].concat().into()).await;
    next(&mut body).await.unwrap();
    sleep(SECOND * 60).await;
    let sending = async {
        sleep(SECOND * 9).await;
        send(&chunks, message(9).slice(6..)).await;
    };
    let ((), rest) = tokio::join!(sending, next(&mut body));
    assert_eq!(rest.unwrap().len(), 8);
}

#[tokio::test]
async fn chunks_pass_as_they_are() {
    let (chunks, mut body) = alone(STREAM);
    let sent = message(40);
    for part in [sent.slice(..3), sent.slice(3..30), sent.slice(30..)] {
        send(&chunks, part.clone()).await;
        let came = next(&mut body).await.unwrap();
        assert_eq!(came.as_ptr(), part.as_ptr());
    }
}

#[tokio::test]
async fn a_connection_holds_its_share_of_incomplete_messages_and_no_more() {
    let (bounds, activity) = (Arc::new(bounds()), Arc::<Activity>::default());
    let held = || Held::new(Arc::clone(&bounds), Arc::clone(&activity));
    let mut bodies: Vec<_> = (0..4).map(|_| inbound(STREAM, held())).collect();
    for (chunks, body) in &mut bodies {
        send(chunks, message(900).slice(..250)).await;
        next(body).await.unwrap();
    }
    let count = |held: &AtomicUsize| held.load(Ordering::Relaxed);
    assert_eq!((count(&activity.held), count(&bounds.held)), (1_000, 1_000));
    let (chunks, mut fifth) = inbound(STREAM, held());
    send(&chunks, message(900).slice(..1)).await;
    assert_eq!(next(&mut fifth).await.unwrap_err().code(), Code::ResourceExhausted);
    assert!(fifth.frame().await.is_none());
    // An honest connection beside it goes on.
    let (chunks, mut other) = inbound(STREAM, Held::new(Arc::clone(&bounds), Arc::default()));
    send(&chunks, message(900).slice(..500)).await;
    next(&mut other).await.unwrap();
    // The end of a message gives its bytes back, the end of a body too.
    let (chunks, body) = &mut bodies[0];
    send(chunks, message(900).slice(250..)).await;
    // They complete the message, so that they need no room of their own.
    next(body).await.unwrap();
    assert_eq!(count(&activity.held), 750);
    drop(bodies);
    assert_eq!((count(&activity.held), count(&bounds.held)), (0, 500));
    drop(other);
    assert_eq!(count(&bounds.held), 0);
}

#[tokio::test]
async fn a_single_message_is_held_until_its_body_ends() {
    let (bounds, activity) = (Arc::new(bounds()), Arc::<Activity>::default());
    let count = || activity.held.load(Ordering::Relaxed);
    let held = Held::new(Arc::clone(&bounds), Arc::clone(&activity));
    let (chunks, mut body) = inbound(UNARY, held);
    for (part, so_far) in [(message(900).slice(..250), 250), (message(900).slice(250..), 905)] {
        send(&chunks, part).await;
        next(&mut body).await.unwrap();
        assert_eq!(count(), so_far);
    }
    // Complete, and perhaps decoded; but its sender can still keep it with us.
    drop(chunks);
    assert!(body.frame().await.is_none());
    assert_eq!(count(), 0);
}

#[tokio::test]
async fn a_listener_holds_its_share_whoever_fills_it() {
    let bounds = Arc::new(bounds());
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let (chunks, mut body) = inbound(UNARY, Held::new(Arc::clone(&bounds), Arc::default()));
        send(&chunks, message(900).slice(..750)).await;
        next(&mut body).await.unwrap();
        bodies.push((chunks, body));
    }
    let activity = Arc::<Activity>::default();
    let (chunks, mut third) = inbound(UNARY, Held::new(Arc::clone(&bounds), Arc::clone(&activity)));
    send(&chunks, message(900).slice(..1)).await;
    assert_eq!(next(&mut third).await.unwrap_err().code(), Code::ResourceExhausted);
    assert_eq!(activity.held.load(Ordering::Relaxed), 0);
    drop(bodies);
    assert_eq!(bounds.held.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn compressed_endless_and_surplus_messages_are_refused() {
    let (chunks, mut body) = alone(STREAM);
    send(&chunks, Bytes::from_static(&[1, 0, 0, 0, 0])).await;
    assert_eq!(next(&mut body).await.unwrap_err().code(), Code::Unimplemented);

    let (chunks, mut body) = alone(STREAM);
    for _ in 0..limits::EMPTY_FRAMES_MAX {
        send(&chunks, Bytes::new()).await;
        next(&mut body).await.unwrap();
    }
    send(&chunks, Bytes::new()).await;
    assert_eq!(next(&mut body).await.unwrap_err().code(), Code::InvalidArgument);

    let (chunks, mut body) = alone(UNARY);
    send(&chunks, [message(1), message(1)].concat().into()).await;
    assert_eq!(next(&mut body).await.unwrap_err().code(), Code::InvalidArgument);

    let (chunks, mut body) = alone(UNARY);
    send(&chunks, message(1)).await;
    next(&mut body).await.unwrap();
    send(&chunks, message(1)).await;
    assert_eq!(next(&mut body).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_request_is_open_until_its_answer_is_gone() {
    let service = tower::service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(Response::new(Body::new(http_body_util::Full::from("answer"))))
    });
    let service = BoundMessages::new(bounds()).layer(service);
    let peer = Peer::new(None, None);
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(peer.clone());
    assert_eq!(peer.activity.begun_and_done(), (0, true));
    let answer = service.oneshot(request).await.unwrap();
    assert_eq!(peer.activity.begun_and_done(), (1, false));
    drop(answer);
    assert_eq!(peer.activity.begun_and_done(), (1, true));
}
