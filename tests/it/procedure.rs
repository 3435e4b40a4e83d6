//! The procedure over the wire: from a ministry's order to a poll whose results have expired.
//!
//! Every engine here has a clock that the test moves. The engine looks at it four times a second by
//! itself, and whenever a test says so.

use std::time::Duration;

use holos::ground::clock::Clock;
use holos::ground::faults::Faults;
use holos::poll::{Order, Phase};
use holos::process::config::Config;
use holos::process::server::Running;
use holos_wire::proto;
use holos_wire::proto::audit_service_client::AuditServiceClient;
use jiff::{SignedDuration, Timestamp};
use prost_types::Timestamp as WireTimestamp;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::support::home::kill;
use super::support::{Answered, Backend, Home, Post, Staff, order, reason_of};

mod calls;
mod clocks;
mod ends;
mod excision;
mod feed;
mod interruptions;
mod machine;
mod moves;
mod orders;
pub mod results;
mod retention;
mod signatures;
mod times;

/// A Monday in Kyiv, nine in the morning.
pub const START: &str = "2026-11-02T07:00:00Z";
pub const OPTIONS: usize = 3;

/// A home, the engine that lives there now, and its clients.
pub struct World {
    pub home: Home,
    pub clock: Clock,
    pub running: Running,
    pub staff: Staff,
    pub app: Backend,
}

impl World {
    /// An engine that believes its clock at once.
    pub async fn new() -> Self {
        Self::with(START, |_| ()).await
    }

    pub async fn with(start: &str, set: impl FnOnce(&mut Config)) -> Self {
        let mut home = Home::new();
        home.config.procedure.hold_seconds = 0;
        set(&mut home.config);
        Self::of(home, Clock::manual(at(start))).await
    }

    pub async fn of(home: Home, clock: Clock) -> Self {
        Self::failing(home, clock, Faults::none()).await
    }

    /// An engine with faults that the test arms later.
    pub async fn failing(home: Home, clock: Clock, faults: Faults) -> Self {
        let running = home.try_start(clock.clone(), faults).await.unwrap();
        let staff = Staff::at(&running.addresses, clock.clone()).await;
        let app = Backend::vouched(&running.addresses, "app").await;
        Self { home, clock, running, staff, app }
    }

    /// The same after its process was killed and started again.
    pub async fn again(self) -> Self {
        let now = self.clock.now();
        self.away_until(now).await
    }

    /// The same, its process killed, and started again at another time.
    pub async fn away_until(self, at: Timestamp) -> Self {
        let Self { home, clock, running, .. } = self;
        kill(running).await;
        clock.advance(clock.now().duration_until(at));
        Self::of(home, clock).await
    }

    /// Stops the engine, and has what it leaves audited.
    pub async fn end(self) {
        self.running.shutdown().await;
        self.home.assert_sound();
    }

    pub fn after_minutes(&self, minutes: i64) -> Timestamp {
        self.clock.now() + SignedDuration::from_mins(minutes)
    }

    /// Lets time pass until then.
    pub fn reach(&self, at: Timestamp) {
        let ahead = self.clock.now().duration_until(at);
        assert!(!ahead.is_negative(), "time passes one way");
        self.clock.advance(ahead);
    }

    pub async fn tick(&self) {
        self.running.engine().office.tick().await.unwrap();
    }

    pub fn phase(&self, poll: &str) -> Phase {
        self.running.engine().poll(poll.parse().unwrap()).unwrap().phase
    }

    /// Has the engine look at the clock, which must leave the poll where it is.
    pub async fn stays(&self, poll: &str, phase: Phase) {
        self.tick().await;
        assert_eq!(self.phase(poll), phase);
    }

    /// Has the engine look at the clock until the poll is where it must come to.
    pub async fn comes_to(&self, poll: &str, phase: Phase) {
        let wait = async {
            while self.phase(poll) != phase {
                self.tick().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(10), wait).await;
        assert!(came.is_ok(), "the poll is {:?} and should be {phase:?}", self.phase(poll));
    }

    /// An order that is filed, approved and scheduled; its poll.
    pub async fn scheduled(&mut self, order: &Order) -> String {
        let poll = self.staff.create(order).await.unwrap();
        self.staff.open(&poll.id).await.unwrap().id
    }

    /// A poll that is open from now on for a day.
    pub async fn open_poll(&mut self, reference: &str) -> String {
        let order = timed(reference, self.clock.now(), self.after_minutes(24 * 60));
        let poll = self.scheduled(&order).await;
        assert_eq!(self.phase(&poll), Phase::Open);
        poll
    }

    /// One voter's ballot; the choice follows from the voter.
    pub async fn cast(&mut self, poll: &str, voter: u64) -> Answered {
        let ballot = Backend::ballot(voter, voter as usize % OPTIONS);
        self.app.cast_all(poll, vec![ballot]).await.unwrap().pop().unwrap()
    }

    /// Ballots that must all be counted.
    pub async fn count(&mut self, poll: &str, voters: std::ops::Range<u64>) {
        let ballots = voters.map(|voter| Backend::ballot(voter, voter as usize % OPTIONS));
        let answers = self.app.cast_all(poll, ballots.collect()).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
    }

    pub async fn entries(&self, kind: &str) -> Vec<proto::AuditEntry> {
        let endpoint = Channel::from_shared(format!("http://{}", self.running.addresses.staff));
        let mut client = AuditServiceClient::new(endpoint.unwrap().connect().await.unwrap());
        let kinds = if kind.is_empty() { Vec::new() } else { vec![kind.to_owned()] };
        let mut entries = Vec::new();
        let mut page_token = String::new();
        loop {
            let kinds = kinds.clone();
            let request = proto::ListEntriesRequest { kinds, page_token, ..Default::default() };
            let request = self.staff.by(Post::Auditor, request);
            let page = client.list_entries(request).await.unwrap().into_inner();
            entries.extend(page.entries);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return entries;
            }
        }
    }

    /// Waits until the audit log has so many entries of a kind.
    pub async fn tells(&self, kind: &str, times: usize) {
        let wait = async {
            while self.entries(kind).await.len() != times {
                self.tick().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let told = tokio::time::timeout(Duration::from_secs(10), wait).await;
        assert!(told.is_ok(), "{kind} should be told {times} times");
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn wire(at: Timestamp) -> Option<WireTimestamp> {
    Some(WireTimestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() })
}

/// What the clocks in Kyiv show, as an order writes it.
pub fn kyiv(at: Timestamp) -> String {
    at.in_tz("Europe/Kyiv").unwrap().to_string()
}

/// An order for a poll of this time.
pub fn timed(reference: &str, opens_at: Timestamp, closes_at: Timestamp) -> Order {
    let mut order = order(reference, OPTIONS);
    (order.opens_at, order.closes_at) = (kyiv(opens_at), kyiv(closes_at));
    order
}

pub fn refused(reason: &str) -> Answered {
    Answered::Refused(reason.to_owned())
}

/// A value of a status's metadata.
pub fn told(status: &Status, name: &str) -> String {
    let info = status.get_details_error_info().expect("every status carries its reason");
    info.metadata.get(name).cloned().unwrap_or_default()
}

/// The fields that a status names.
pub fn fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let request = status.get_details_bad_request().expect("a bad request names its fields");
    request.field_violations.into_iter().map(|found| found.field).collect()
}

/// The reason of a call that must fail.
pub fn reason<T>(answer: Result<T, Status>) -> String {
    match answer {
        Ok(_) => panic!("the call should have been refused"),
        Err(status) => reason_of(&status),
    }
}
