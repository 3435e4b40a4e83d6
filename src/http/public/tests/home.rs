//! What the tests of this edge serve: a few polls in each state, and a public log on disk.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::http::client::host;
use crate::log::public::PublicLog;
use crate::poll::{Body, CloseReason, LocalizedText, Phase, WithheldReason};
use crate::publish::{
    Bounds, Correction, CorrectionReason, OptionTotal, QuestionTotals, ReleaseKind, Statement,
};

/// Published twice: the second release corrects the first.
pub(super) const PUBLISHED: &str = "01867c5f-0000-7000-8000-000000000001";
pub(super) const OPEN: &str = "01867c5f-0000-7000-8000-000000000002";
pub(super) const SMALL: &str = "01867c5f-0000-7000-8000-000000000003";
/// No such poll.
pub(super) const NOBODY: &str = "01867c5f-0000-7000-8000-000000000004";
/// A poll that is not public yet. What it has here no real one has: nothing of it may come out.
pub(super) const HIDDEN: &str = "01867c5f-0000-7000-8000-000000000005";
/// Published once, and withdrawn.
pub(super) const WITHDRAWN: &str = "01867c5f-0000-7000-8000-000000000006";
/// Published once; its results have expired.
pub(super) const EXPIRED: &str = "01867c5f-0000-7000-8000-000000000007";
/// It waits for its opening.
pub(super) const SCHEDULED: &str = "01867c5f-0000-7000-8000-000000000008";

pub(super) const ALL: [&str; 7] = [PUBLISHED, OPEN, SMALL, HIDDEN, WITHDRAWN, EXPIRED, SCHEDULED];

/// Words of the hidden poll's definition and releases.
pub(super) const SECRET: &str = "not to be seen";

fn text(text: &str) -> LocalizedText {
    LocalizedText { uk: text.to_owned(), en: text.to_owned() }
}

fn statement(poll: &str, yes: u64) -> Statement {
    let at = |time: &str| time.parse().unwrap();
    let option = |id: &str, count| OptionTotal { id: id.to_owned(), label: text(id), count };
    let title = if poll == HIDDEN { SECRET } else { "title" };
    Statement {
        format: "holos-publication-2".to_owned(),
        poll: poll.parse().unwrap(),
        release: 1,
        kind: ReleaseKind::Final,
        previous: None,
        definition_hash: "ab".repeat(32),
        title: text(title),
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
        HIDDEN => vec![first],
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

/// The polls and the log.
pub(super) struct Home {
    pub(super) log: PublicLog,
    /// What is published later on.
    pub(super) late: Mutex<Vec<Arc<Publication>>>,
    pub(super) version: AtomicU64,
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
        let (late, version) = (Mutex::default(), AtomicU64::new(1));
        Arc::new(Self { log, late, version, _folder: folder })
    }

    pub(super) fn publish_late(&self) {
        self.late.lock().unwrap().push(sign(statement(OPEN, 5_000)));
        self.version.fetch_add(1, Ordering::Relaxed);
    }
}

impl Published for Home {
    fn results(&self, poll: PollId) -> ResultsState {
        match poll.to_string().as_str() {
            PUBLISHED => ResultsState::Published(self.releases(poll).pop().unwrap()),
            OPEN => ResultsState::NotPublished(Phase::Open),
            SMALL | WITHDRAWN => ResultsState::Withheld(WithheldReason::TooFewAnswers),
            EXPIRED => ResultsState::NotPublished(Phase::Expired),
            SCHEDULED => ResultsState::NotPublished(Phase::Scheduled),
            _ => ResultsState::Unknown,
        }
    }

    fn releases(&self, poll: PollId) -> Vec<Arc<Publication>> {
        let mut releases = releases_of(&poll.to_string());
        let late = self.late.lock().unwrap();
        releases.extend(late.iter().filter(|held| held.statement.poll == poll).cloned());
        releases
    }

    fn definition(&self, poll: PollId) -> Option<Frozen> {
        let poll = poll.to_string();
        let json = format!("{{\"of\":\"{poll}\",\"says\":\"{SECRET}\"}}").into_bytes();
        let frozen = ALL.contains(&poll.as_str()) && poll != SCHEDULED;
        frozen.then(|| Frozen { json, hash: "ab".repeat(32) })
    }

    fn about(&self, poll: PollId) -> Option<About> {
        let closes_at = "2023-03-08T08:00:00Z".parse().unwrap();
        let community = "national".to_owned();
        ALL.contains(&poll.to_string().as_str()).then_some(About { community, closes_at })
    }

    fn public_polls(&self) -> Vec<PollId> {
        let public = ALL.iter().filter(|poll| **poll != HIDDEN);
        public.map(|poll| poll.parse().unwrap()).collect()
    }

    fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
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
pub(super) async fn serve(home: &Arc<Home>, publisher: Option<Publisher>) -> SocketAddr {
    let grpc = Router::new()
        .route("/holos.v1.ResultsService/GetResults", axum::routing::post(async || "grpc"))
        .fallback(async || "grpc's fallback");
    let keys = PublicKeys {
        publication_pem: "-----BEGIN PUBLIC KEY-----\n".to_owned(),
        log_vkey: home.log.vkey(),
    };
    let state = PublicState::new(Arc::<Home>::clone(home), keys, publisher);
    host(router(state, grpc)).await
}

pub(super) async fn start() -> (SocketAddr, Arc<Home>) {
    let home = Home::new();
    (serve(&home, Some(publisher())).await, home)
}
