//! `PollFeedService`: app backends follow the polls.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use holos_reasons::Reason;
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::polls::{wire_body, wire_participants, wire_phase, wire_question, wire_text, wire_time};
use super::status::{rejection_status, status};
use super::visitor::Visitor;
use crate::engine::{Counting, Followed};
use crate::ground::limits::{FEED_MESSAGES_WAITING, WATCHERS_MAX};
use crate::outcome::Rejection;
use crate::poll::{Phase, PollId};
use holos_wire::language::in_asked_language;
use holos_wire::proto;
use holos_wire::proto::poll_feed_service_server::PollFeedService;

/// The service.
pub(super) struct Feed {
    counting: Arc<Counting>,
    watchers: Arc<Semaphore>,
}

impl Feed {
    /// The service over this engine.
    pub(super) fn new(counting: Arc<Counting>) -> Self {
        Self { counting, watchers: Arc::new(Semaphore::new(WATCHERS_MAX)) }
    }
}

type Sender = mpsc::Sender<Result<proto::WatchPollsResponse, Status>>;

#[tonic::async_trait]
impl PollFeedService for Feed {
    type WatchPollsStream =
        Pin<Box<dyn Stream<Item = Result<proto::WatchPollsResponse, Status>> + Send>>;

    async fn watch_polls(
        &self,
        request: Request<proto::WatchPollsRequest>,
    ) -> Result<Response<Self::WatchPollsStream>, Status> {
        let visitor = Visitor::of(&request);
        vouched(&visitor, &self.counting)?;
        let place = Arc::clone(&self.watchers).try_acquire_owned();
        let place = place.map_err(|_| status(Reason::WatchersFull, []))?;
        let (sender, receiver) = mpsc::channel(FEED_MESSAGES_WAITING);
        let counting = Arc::clone(&self.counting);
        tokio::spawn(in_asked_language(async move {
            let _place = place;
            tokio::select! {
                ended = follow(&counting, &visitor, &sender) => {
                    if let Err(status) = ended {
                        // A watcher that is gone needs no answer.
                        let _gone = sender.send(Err(status)).await;
                    }
                }
                () = sender.closed() => {}
            }
        }));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

/// What tells whether a poll has to be sent again.
type Mark = (Phase, Timestamp, u32);

/// Sends every poll that is scheduled, open or suspended, then each that changes. Polls are compared
/// with what was sent last, so that a watcher who is slow misses steps in between and never the end.
async fn follow(counting: &Counting, visitor: &Visitor, sender: &Sender) -> Result<(), Status> {
    // Subscribed before the first look, so that no change falls between the two.
    let mut changed = counting.watch_polls();
    let mut sent: HashMap<PollId, Mark> = HashMap::new();
    let mut first = true;
    loop {
        // A revoked credential hears no more.
        vouched(visitor, counting)?;
        for poll in &counting.followed() {
            let runs = matches!(poll.phase, Phase::Scheduled | Phase::Open | Phase::Suspended);
            let mark = (poll.phase, poll.closes_at, poll.revision);
            // One that was taken back is told to those who heard of it, and to nobody else.
            let known = sent.get(&poll.id).copied();
            if known == Some(mark) || (known.is_none() && !runs) {
                continue;
            }
            if runs {
                sent.insert(poll.id, mark);
            } else {
                // Sent once as it left; what happens to its results is no app's matter.
                sent.remove(&poll.id);
            }
            // Of what was taken back nothing is public: that is told, and nothing of what it says now.
            let poll = Some(wire(poll));
            if sender.send(Ok(proto::WatchPollsResponse { poll, caught_up: false })).await.is_err()
            {
                return Ok(());
            }
        }
        if std::mem::take(&mut first) {
            let caught_up = proto::WatchPollsResponse { poll: None, caught_up: true };
            if sender.send(Ok(caught_up)).await.is_err() {
                return Ok(());
            }
        }
        if changed.changed().await.is_err() {
            return Ok(());
        }
    }
}

fn vouched(visitor: &Visitor, counting: &Counting) -> Result<(), Status> {
    if visitor.caller_or_status(counting)?.is_vouched() {
        return Ok(());
    }
    Err(rejection_status(Rejection::ConnectionNotVouched, []))
}

fn wire(poll: &Followed) -> proto::FeedPoll {
    let (id, phase) = (poll.id.to_string(), wire_phase(poll.phase).into());
    let Some(public) = &poll.public else {
        return proto::FeedPoll { id, phase, ..proto::FeedPoll::default() };
    };
    let order = public.definition.order();
    proto::FeedPoll {
        id,
        phase,
        title: Some(wire_text(&order.title)),
        questions: order.questions.iter().map(wire_question).collect(),
        community: order.community.clone(),
        participants: Some(wire_participants(&order.participants)),
        notice_version: order.notice_version,
        opens_at: Some(wire_time(public.definition.period().opens_at.instant())),
        closes_at: Some(wire_time(poll.closes_at)),
        initiator: Some(wire_body(&order.initiator)),
        test: order.test,
    }
}
