//! What the tests of this edge serve: a few polls in each state, and a public log on disk.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::http::client::host;
use crate::poll::{
    Body, CloseReason, Definition, ErasureGround, Floors, LocalizedText, Order, Poll, Profiles,
    Rules, WithheldReason,
};
use crate::publish::{
    Bounds, Correction, CorrectionReason, OptionTotal, QuestionTotals, ReleaseKind, Statement,
};
use crate::publog::PublicLog;

/// Published twice: the second release corrects the first.
pub(super) const PUBLISHED: &str = "01867c5f-0000-7000-8000-000000000001";
pub(super) const OPEN: &str = "01867c5f-0000-7000-8000-000000000002";
pub(super) const SMALL: &str = "01867c5f-0000-7000-8000-000000000003";
/// No such poll.
pub(super) const NOBODY: &str = "01867c5f-0000-7000-8000-000000000004";
/// A poll that is not public yet: its order is approved.
pub(super) const HIDDEN: &str = "01867c5f-0000-7000-8000-000000000005";
/// Published once, and withdrawn.
pub(super) const WITHDRAWN: &str = "01867c5f-0000-7000-8000-000000000006";
/// Published once; its results have expired.
pub(super) const EXPIRED: &str = "01867c5f-0000-7000-8000-000000000007";
/// It waits for its opening.
pub(super) const SCHEDULED: &str = "01867c5f-0000-7000-8000-000000000008";

pub(super) const ALL: [&str; 7] = [PUBLISHED, OPEN, SMALL, HIDDEN, WITHDRAWN, EXPIRED, SCHEDULED];

/// Words of the hidden poll's order.
pub(super) const SECRET: &str = "not to be seen";

/// What [`SMALL`] has in its texts, which a browser would run if it were not text.
pub(super) const MARKUP: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}";

fn text(text: &str) -> LocalizedText {
    LocalizedText { uk: text.to_owned(), en: text.to_owned() }
}

fn statement(poll: &str, yes: u64) -> Statement {
    let at = |time: &str| time.parse().unwrap();
    let option = |id: &str, count| OptionTotal { id: id.to_owned(), label: text(id), count };
    Statement {
        format: "holos-publication-2".to_owned(),
        poll: poll.parse().unwrap(),
        release: 1,
        kind: ReleaseKind::Final,
        previous: None,
        definition_hash: "ab".repeat(32),
        title: text("title"),
        initiator: Body { code: "12345678".to_owned(), name: "body".to_owned() },
        reference: "1/2023".to_owned(),
        legal_ground: "ground".to_owned(),
        opened_at: at("2023-03-06T08:00:00Z"),
        closed_at: Some(at("2023-03-08T08:00:00Z")),
        close_reason: Some(CloseReason::AsPlanned),
        as_of: at("2023-03-08T08:00:00Z"),
        correction: None,
        withheld_reason: None,
        published_at: at("2023-03-08T08:00:01Z"),
        bounds: Bounds { k: 10, ballots_apart: 100, minimum_answers: 10 },
        total: Some(yes + 10),
        questions: vec![QuestionTotals {
            id: "q".to_owned(),
            text: text("question"),
            options: vec![option("yes", yes), option("no", 10)],
        }],
        breakdowns: Vec::new(),
    }
}

fn sign(statement: Statement) -> Arc<Publication> {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    Arc::new(Publication::sign(statement, &key))
}

fn correct(wrong: &Publication, statement: Statement) -> Arc<Publication> {
    let (release, hash) = (wrong.statement.release, wrong.hash.clone());
    let reason = CorrectionReason::IssuerKeyExcised;
    sign(Statement {
        release: release + 1,
        previous: Some(hash.clone()),
        correction: Some(Correction { release, hash, reason }),
        published_at: "2023-03-09T08:00:00Z".parse().unwrap(),
        ..statement
    })
}

fn releases_of(poll: &str) -> Vec<Arc<Publication>> {
    let first = sign(statement(poll, 500));
    match poll {
        PUBLISHED => vec![first.clone(), correct(&first, statement(poll, 200))],
        WITHDRAWN => {
            let end = Statement {
                kind: ReleaseKind::Withdrawal,
                withheld_reason: Some(WithheldReason::TooFewAnswers),
                total: None,
                questions: Vec::new(),
                ..statement(poll, 0)
            };
            vec![first.clone(), correct(&first, end)]
        }
        _ => Vec::new(),
    }
}

/// The poll of this name, where its life has come to.
fn poll(id: &str) -> Poll {
    let mut order = Order::from_toml(include_str!("../../../cli/demo/order.toml")).unwrap();
    if id == HIDDEN {
        order.title = text(SECRET);
    }
    if id == SMALL {
        order.title = text(MARKUP);
        order.reference = MARKUP.to_owned();
        order.contact = MARKUP.to_owned();
        order.questions[0].options[0].label = text(MARKUP);
        order.notice.purpose = text(MARKUP);
    }
    let rules = Rules { floors: Floors::default(), profiles: &Profiles::builtin() };
    let definition = Definition::new(id.parse().unwrap(), order.check(&rules).unwrap());
    let at = |time: &str| time.parse().unwrap();
    let approved = Poll::draft(definition, "staff-1")
        .filed("staff-1", at("2023-03-01T08:00:00Z"))
        .approved("staff-2");
    if id == HIDDEN {
        return approved;
    }
    let scheduled = approved.scheduled();
    if id == SCHEDULED {
        return scheduled;
    }
    let open = scheduled.opened(at("2023-03-06T08:00:00Z"), "person-1", 1);
    if id == OPEN {
        return open;
    }
    let closed = open.closing(at("2023-03-08T08:00:00Z"), CloseReason::AsPlanned, None).closed();
    match id {
        PUBLISHED => closed.published(),
        SMALL | WITHDRAWN => closed.withheld(WithheldReason::TooFewAnswers),
        EXPIRED => {
            let later = at("2026-03-08T08:00:00Z");
            closed
                .published()
                .erasing(later, ErasureGround::GracePeriodOver, None, "key-1".to_owned())
                .erased(later)
                .expired(later)
        }
        other => panic!("no such poll: {other}"),
    }
}

/// The polls and the log.
pub(super) struct Home {
    pub(super) log: PublicLog,
    polls: Mutex<BTreeMap<PollId, Arc<PublicPoll>>>,
    changes: watch::Sender<u64>,
    pub(super) pressed: AtomicBool,
    pub(super) stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

impl Home {
    pub(super) fn new() -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let log = PublicLog::open(folder.path(), "polls.example/log", key, None).unwrap();
        let releases = ALL.iter().flat_map(|poll| releases_of(poll));
        let entries: Vec<_> = releases.map(|held| held.public_entry().canonical_json()).collect();
        // A whole tile, and a part of the next.
        let filled: Vec<_> = (0..256_u32).map(|n| n.to_string().into_bytes()).collect();
        log.append(&[entries, filled].concat()).unwrap();
        log.publish().unwrap();
        let public = |id: &&str| PublicPoll::of(&poll(id), &releases_of(id)).map(Arc::new);
        let polls = ALL.iter().filter_map(public).map(|poll| (poll.id(), poll)).collect();
        let (polls, changes) = (Mutex::new(polls), watch::Sender::new(1));
        let (pressed, stop) = (AtomicBool::new(false), watch::Sender::new(false));
        Arc::new(Self { log, polls, changes, pressed, stop, _folder: folder })
    }

    /// A first release of the poll that is open.
    pub(super) fn publish_late(&self) {
        let release = sign(Statement { kind: ReleaseKind::Live, ..statement(OPEN, 5_000) });
        let poll = PublicPoll::of(&poll(OPEN), &[release]).unwrap();
        self.polls.lock().unwrap().insert(poll.id(), Arc::new(poll));
        self.changes.send_modify(|changes| *changes += 1);
    }
}

impl Published for Home {
    fn poll(&self, poll: PollId) -> Option<Arc<PublicPoll>> {
        self.polls.lock().unwrap().get(&poll).map(Arc::clone)
    }

    fn polls(&self) -> Vec<Arc<PublicPoll>> {
        self.polls.lock().unwrap().values().rev().map(Arc::clone).collect()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn now(&self) -> Timestamp {
        "2023-03-07T08:00:00Z".parse().unwrap()
    }

    fn is_pressed(&self) -> bool {
        self.pressed.load(Ordering::Relaxed)
    }

    fn proof(&self, release: &Publication) -> Result<String, Failed> {
        let index = self.log.find(&release.public_entry().canonical_json());
        index.and_then(|index| self.log.prove(index).ok()).ok_or(Failed)
    }

    fn log_file(&self, path: &str) -> Option<StaticFile> {
        self.log.file(path)
    }
}

pub(super) fn publisher() -> Publisher {
    Publisher {
        base_url: "https://polls.example.gov.ua".to_owned(),
        name: text("Видавець"),
        code: "43220851".to_owned(),
        contact_name: "open data".to_owned(),
        contact_email: "data@example.gov.ua".to_owned(),
        licence: crate::publish::open::Licence::CcBy4,
        territory: None,
    }
}

/// Serves them.
pub(super) fn state(home: &Arc<Home>, publisher: Option<Publisher>) -> PublicState {
    let keys = PublicKeys {
        publication_pem: "-----BEGIN PUBLIC KEY-----\n".to_owned(),
        log_vkey: home.log.vkey(),
    };
    PublicState::new(Arc::<Home>::clone(home), keys, publisher, home.stop.subscribe())
}

pub(super) async fn serve(home: &Arc<Home>, publisher: Option<Publisher>) -> SocketAddr {
    let grpc = Router::new()
        .route("/holos.v1.ResultsService/GetResults", axum::routing::post(async || "grpc"))
        .fallback(async || "grpc's fallback");
    host(router(state(home, publisher), grpc)).await
}

pub(super) async fn start() -> (SocketAddr, Arc<Home>) {
    let home = Home::new();
    (serve(&home, Some(publisher())).await, home)
}
