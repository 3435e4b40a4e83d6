//! An engine with polls in every phase, and what must hold of whatever it answers.
//!
//! Inputs name polls and tokens by stand-ins of the same length, as both are made anew with each
//! engine.

use std::collections::HashMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use bytes::Bytes;
use holos::authenticate::issuers::{IssuerConfig, IssuerKeyConfig, VouchedConfig};
use holos::authenticate::mint::{Claims, TestIssuer};
use holos::engine::Engine;
use holos::grpc::proto::{self, Outcome};
use holos::grpc::{DOMAIN, STATUS_REASONS};
use holos::ledger::fsck::audit;
use holos::outcome::Rejection;
use holos::poll::{Breakdown, Country, Eligibility, Order, Phase, PollId, PublicationMode, Region};
use holos::service::clock::Clock;
use holos::service::config::Config;
use holos::service::faults::Faults;
use holos::service::server::{Running, start_with};
use holos::store::DataFolder;
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::book::{Book, Cast};
use crate::choice;
use crate::wire::{Lines, Listener, Method};

const STAFF_TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "fedcba9876543210fedcba9876543210";
/// The issuers that vouch, in the order in which inputs name them; the last is of another space,
/// the one before may lose its key.
const VOUCHED: [&str; 3] = ["app", "spare", "stranger"];
/// What every stand-in for a poll ends with; eight digits stand before it.
const STAND_IN: &str = "-0000-4000-8000-000000000000";
const POLL_ID_BYTES: usize = 36;
/// What every stand-in for a token begins with; the voter's and the poll's digit follow.
const TOKEN: &[u8] = b"TOKEN";
/// The options of every poll here.
pub const OPTIONS: [&str; 3] = ["working-day", "day-off", "undecided"];
/// Calls between two looks at the whole.
const CALLS: u64 = 2_048;
/// Polls of one engine, most.
const POLLS: usize = 128;

/// The polls that inputs can name by a stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Open to everybody.
    Open = 1,
    /// Open to those who meet every condition.
    Demanding,
    /// Not opened yet.
    Approved,
    /// Closed and published.
    Published,
    /// Closed, and never published.
    Withheld,
    /// The last one that an input made.
    Newest,
}

const SLOTS: [Slot; 6] =
    [Slot::Open, Slot::Demanding, Slot::Approved, Slot::Published, Slot::Withheld, Slot::Newest];

/// The stand-in for a poll's id.
pub fn poll_stand_in(slot: Slot) -> String {
    format!("{:08}{STAND_IN}", slot as u8)
}

/// The stand-in for a token of a voter, from 0 to 9, for a poll.
pub fn token_stand_in(voter: u8, slot: Slot) -> String {
    let start = format!("TOKEN{voter}{}", slot as u8);
    let length = mint(voter, PollId::from_bytes([0; 16]), Timestamp::UNIX_EPOCH + NOW).len();
    format!("{start:x<length$}")
}

/// An order that passes its check.
///
/// # Panics
/// Never: the file is good.
pub fn order(reference: &str) -> Order {
    let mut order =
        Order::from_toml(include_str!("../../it/support/order.toml")).expect("a good order");
    reference.clone_into(&mut order.reference);
    order
}

/// The subject of a token's voter.
pub fn subject(voter: u8) -> [u8; 16] {
    [voter; 16]
}

/// The engine's first moment.
const NOW: SignedDuration = SignedDuration::from_secs(1_790_000_000);

fn mint(voter: u8, poll: PollId, now: Timestamp) -> String {
    TestIssuer::new("wallet", "k1", [42; 32]).mint(&Claims {
        audience: "holos",
        subject: &subject(voter),
        pseudonym_key: "citizens-1",
        poll,
        issued_at: now,
        lifetime_seconds: 60,
        more: &[],
    })
}

struct Home {
    _folder: TempDir,
    config: Config,
}

impl Home {
    fn new() -> Self {
        let folder = crate::folder();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file can be written");
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("and hidden");
            path
        };
        let secret_file = write("secret", SECRET);
        let pem = TestIssuer::new("wallet", "k1", [42; 32]).public_key_pem();
        let key = IssuerKeyConfig { kid: "k1".to_owned(), public_key_file: write("key", &pem) };
        let staff = write("staff", STAFF_TOKEN);
        let path = |name: &str| folder.path().join(name);
        let mut config = Config::on_loopback(path("data"), path("wrapping"), staff);
        let vouched = |id: &&str| {
            let space = if *id == "stranger" { "elsewhere" } else { "citizens" };
            let own =
                VouchedConfig { may_ask: true, ..VouchedConfig::by_secret(secret_file.clone()) };
            IssuerConfig { vouched: Some(own), ..IssuerConfig::new(id, space, "citizens-1") }
        };
        config.issuers = VOUCHED.iter().map(vouched).collect();
        let wallet = IssuerConfig::new("wallet", "citizens", "citizens-1");
        config.issuers.push(IssuerConfig { keys: vec![key], ..wallet });
        Self { _folder: folder, config }
    }
}

/// An engine under test, and what is known of it.
pub struct World {
    home: Home,
    clock: Clock,
    running: Running,
    lines: Lines,
    polls: HashMap<u8, PollId>,
    books: HashMap<PollId, Book>,
    /// Nothing may be counted under `spare` any more.
    revoked: bool,
    calls: u64,
    orders: u64,
}

impl World {
    /// A new engine with its polls.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn new() -> Self {
        let home = Home::new();
        let clock = Clock::manual(Timestamp::UNIX_EPOCH + NOW);
        let running = start_with(home.config.clone(), clock.clone(), Faults::none()).await;
        let running = running.unwrap_or_else(|error| panic!("the engine starts: {error}"));
        let lines = Lines::to(&running.addresses).await;
        let (polls, books) = Default::default();
        let (revoked, calls, orders) = (false, 0, 0);
        let mut world = Self { home, clock, running, lines, polls, books, revoked, calls, orders };
        for slot in SLOTS {
            world.fill(slot).await;
        }
        world
    }

    /// One input: a method, who calls, and the message.
    ///
    /// # Panics
    /// When an answer is not what it must be.
    pub async fn take(&mut self, mut data: &[u8]) {
        let method = Method::ALL[choice(&mut data, Method::ALL.len())];
        let who = choice(&mut data, VOUCHED.len() + 1);
        let vouched = who.checked_sub(1).map(|at| VOUCHED[at]);
        let mut minted = HashMap::new();
        let filled = self.fill_in(data, &mut minted);
        let messages = match method {
            Method::StreamBallots => batches(&filled),
            _ => vec![Bytes::from(filled)],
        };
        if !harmless(method, &messages) {
            return;
        }
        let header = match (method.listener(), vouched) {
            (Listener::Public, _) | (_, None) => None,
            (Listener::Staff, Some(_)) => Some(format!("Bearer {STAFF_TOKEN}")),
            (Listener::Ingest, Some(issuer)) => Some(format!("Bearer {issuer}.{SECRET}")),
        };
        let sent = messages.clone();
        let (answers, end) = self.lines.call(method, header.as_deref(), sent).await;
        if let Some(status) = &end
            && known_reason(method, status) == Rejection::RateLimited.reason()
        {
            // A connection's bad conduct is its own.
            self.lines = Lines::to(&self.running.addresses).await;
        }
        self.note(method, vouched, &minted, &messages, &answers, end.as_ref());
        self.look_after(method).await;
    }

    /// Puts real ids and tokens in place of the stand-ins.
    fn fill_in(&self, data: &[u8], minted: &mut HashMap<String, Vec<u8>>) -> Vec<u8> {
        let mut filled = data.to_vec();
        let end = STAND_IN.as_bytes();
        for at in 0..filled.len().saturating_sub(POLL_ID_BYTES - 1) {
            let (digits, rest) = filled[at..at + POLL_ID_BYTES].split_at(8);
            if rest == end
                && digits.starts_with(b"0000000")
                && let Some(poll) = self.polls.get(&digits[7].wrapping_sub(b'0'))
            {
                filled[at..at + POLL_ID_BYTES].copy_from_slice(poll.to_string().as_bytes());
            }
        }
        for at in 0..filled.len() {
            let Some([voter, slot, ..]) = filled[at..].strip_prefix(TOKEN) else { continue };
            let (voter, slot) = (voter.wrapping_sub(b'0'), slot.wrapping_sub(b'0'));
            let Some(poll) = self.polls.get(&slot).filter(|_| voter < 10) else { continue };
            let token = mint(voter, *poll, self.clock.now());
            if let Some(place) = filled.get_mut(at..at + token.len()) {
                place.copy_from_slice(token.as_bytes());
                minted.insert(token, subject(voter).to_vec());
            }
        }
        filled
    }

    /// What the answers mean, and whether they may.
    fn note(
        &mut self,
        method: Method,
        vouched: Option<&str>,
        minted: &HashMap<String, Vec<u8>>,
        messages: &[Bytes],
        answers: &[Bytes],
        end: Option<&Status>,
    ) {
        let cast =
            |ballot: &proto::Ballot| Cast::of(ballot, vouched, |token| minted.get(token).cloned());
        let first = messages.first().cloned().unwrap_or_default();
        let answer = answers.first().cloned();
        match method {
            Method::CastBallot => {
                let Some(request) = decoded::<proto::CastBallotRequest>(first, end) else { return };
                let answer = answer.map(read::<proto::CastBallotResponse>);
                let outcome = answer.map_or(Outcome::Refused, |answer| answer.outcome());
                let casts = vec![request.ballot.as_ref().and_then(cast)];
                self.count(vouched, &request.poll_id, &casts, &[outcome]);
            }
            Method::CastBallots => {
                let Some(request) = decoded::<proto::CastBallotsRequest>(first, end) else {
                    return;
                };
                let Some(answer) = answer.map(read::<proto::CastBallotsResponse>) else { return };
                let casts: Vec<_> = request.ballots.iter().map(cast).collect();
                self.count(vouched, &request.poll_id, &casts, &outcomes(&answer.results));
            }
            Method::StreamBallots => {
                let mut polls: HashMap<String, (Vec<Option<Cast>>, Vec<Outcome>)> = HashMap::new();
                for (message, answer) in messages.iter().zip(answers) {
                    let request = read::<proto::StreamBallotsRequest>(message.clone());
                    let answer = read::<proto::StreamBallotsResponse>(answer.clone());
                    assert_eq!(answer.sequence, request.sequence);
                    assert_eq!(answer.results.len(), request.ballots.len());
                    // Batches of one stream are counted side by side: who of two is first is open.
                    let (casts, heard) = polls.entry(request.poll_id).or_default();
                    casts.extend(request.ballots.iter().map(cast));
                    heard.extend(outcomes(&answer.results));
                }
                assert!(answers.len() == messages.len() || end.is_some());
                for (poll, (casts, heard)) in polls {
                    self.count(vouched, &poll, &casts, &heard);
                }
            }
            _ => {
                let (None, Some(answer)) = (end, answer) else { return };
                self.note_other(method, vouched, minted, first, answer);
            }
        }
    }

    fn note_other(
        &mut self,
        method: Method,
        vouched: Option<&str>,
        minted: &HashMap<String, Vec<u8>>,
        request: Bytes,
        answer: Bytes,
    ) {
        match method {
            Method::GetParticipation => {
                use proto::asker::Credential;
                let request = read::<proto::GetParticipationRequest>(request);
                let answer = read::<proto::GetParticipationResponse>(answer);
                let subject = match request.asker.and_then(|asker| asker.credential) {
                    Some(Credential::Token(token)) => minted.get(&token).cloned(),
                    Some(Credential::Voter(voter)) => vouched.map(|_| voter.subject.to_vec()),
                    None => None,
                };
                let subject = subject.expect("only a voter is answered");
                let poll: PollId = request.poll_id.parse().expect("only a poll is asked about");
                let held = self.books.get(&poll).is_some_and(|book| book.holds(&subject));
                let processed = answer.participation() == proto::Participation::Processed;
                assert_eq!(processed, held, "participation");
            }
            Method::CreatePoll => {
                let mut sent = read::<proto::CreatePollRequest>(request).order.unwrap_or_default();
                let poll = read::<proto::CreatePollResponse>(answer).poll.expect("a poll");
                if let Some(participants) = &mut sent.participants
                    && participants.eligibility == Some(proto::Eligibility::default())
                {
                    // No condition is said in one way.
                    participants.eligibility = None;
                }
                assert!(poll.order == Some(sent), "the order is kept as it was sent");
                assert_eq!(poll.phase(), proto::PollPhase::Approved);
                let id: PollId = poll.id.parse().expect("an id");
                let kept = self.engine().poll(id).expect("the poll is there");
                let order = kept.definition.order().clone();
                assert!(order.check(self.engine().k()).is_ok(), "what is accepted is right");
                self.polls.insert(Slot::Newest as u8, id);
            }
            Method::RevokeIssuerKey => {
                let request = read::<proto::RevokeIssuerKeyRequest>(request);
                self.revoked |= request.issuer_id == "spare" && request.key_id == "vouched";
            }
            Method::ExciseIssuerKey => {
                let request = read::<proto::ExciseIssuerKeyRequest>(request);
                let poll: PollId = request.poll_id.parse().expect("an id");
                if request.issuer_id == "spare" && request.key_id == "vouched" {
                    assert!(self.revoked, "only what is revoked is taken out");
                    self.books.entry(poll).or_default().excise("spare");
                }
            }
            Method::ErasePoll => {
                let request = read::<proto::ErasePollRequest>(request);
                let poll: PollId = request.poll_id.parse().expect("an id");
                let kept = self.engine().poll(poll).expect("its definition stays");
                assert!(!kept.phase.has_keys());
                self.books.entry(poll).or_default().erased = true;
            }
            _ => {}
        }
    }

    fn count(
        &mut self,
        vouched: Option<&str>,
        poll: &str,
        casts: &[Option<Cast>],
        outcomes: &[Outcome],
    ) {
        assert_eq!(casts.len(), outcomes.len());
        let taken = outcomes.iter().any(|outcome| *outcome != Outcome::Refused);
        if !taken {
            return;
        }
        let id: PollId = poll.parse().expect("nothing is counted without a poll");
        assert!(self.engine().poll(id).is_some(), "nor in one that is not there");
        let voted_by_word = casts.iter().flatten().any(|cast| cast.issuer() == "spare");
        assert!(!(self.revoked && voted_by_word && vouched == Some("spare")), "a revoked key");
        self.books.entry(id).or_default().note(casts, outcomes);
    }

    /// Makes good what the call used up, and looks at the whole now and then.
    async fn look_after(&mut self, method: Method) {
        let failure = self.engine().failure().borrow().clone();
        assert!(failure.is_none(), "the engine failed: {failure:?}");
        self.clock.advance(SignedDuration::from_millis(1));
        self.calls += 1;
        if method.listener() == Listener::Staff {
            self.compare();
            for slot in [Slot::Open, Slot::Demanding, Slot::Approved] {
                let phase = if slot == Slot::Approved { Phase::Approved } else { Phase::Open };
                let poll = self.engine().poll(self.polls[&(slot as u8)]).expect("a poll stays");
                if poll.phase != phase {
                    self.fill(slot).await;
                }
            }
        }
        if self.calls.is_multiple_of(64) {
            assert!(self.lines.serves().await, "the engine does not serve");
        }
    }

    fn compare(&self) {
        for (poll, book) in &self.books {
            book.compare(&self.engine().results(*poll));
        }
    }

    /// Whether it is time for [`Self::renewed`].
    pub fn is_old(&self) -> bool {
        self.calls >= CALLS
    }

    /// Closes what is open, compares the totals, stops the engine, lets the auditor look at what it
    /// left, and starts it again; or another, when this one has become large.
    ///
    /// # Panics
    /// When anything does not hold.
    pub async fn renewed(self) -> Self {
        for slot in [Slot::Open, Slot::Demanding] {
            self.close(self.polls[&(slot as u8)]).await;
        }
        self.compare();
        self.running.shutdown().await;
        let folder = DataFolder::open_existing(&self.home.config.data_dir).expect("a data folder");
        let provider = self.home.config.key_source().provider().expect("the wrapping key");
        let findings = audit(&folder, None, &*provider).expect("an audit");
        assert!(findings.is_empty(), "fsck: {findings:?}");
        drop(folder);
        if self.revoked {
            return Self::new().await;
        }
        let Self { home, clock, .. } = self;
        let running = start_with(home.config.clone(), clock.clone(), Faults::none()).await;
        let running = running.unwrap_or_else(|error| panic!("the engine starts again: {error}"));
        if running.engine().polls().len() > POLLS {
            running.shutdown().await;
            return Self::new().await;
        }
        let lines = Lines::to(&running.addresses).await;
        let mut world = Self { home, clock, running, lines, calls: 0, ..self };
        world.compare();
        for slot in [Slot::Open, Slot::Demanding] {
            world.fill(slot).await;
        }
        world
    }

    fn engine(&self) -> &Engine {
        self.running.engine()
    }

    /// Puts a new poll into a slot.
    async fn fill(&mut self, slot: Slot) {
        self.orders += 1;
        let mut order = order(&format!("own {}", self.orders));
        match slot {
            Slot::Demanding => {
                order.breakdowns = Breakdown::ALL.to_vec();
                order.participants.eligibility = Eligibility {
                    minimum_age: Some(18),
                    regions: Region::parse("UA-30").into_iter().collect(),
                    citizenships: Country::parse("UA").into_iter().collect(),
                    groups: vec!["students".to_owned()],
                };
            }
            Slot::Withheld => order.publication.mode = PublicationMode::Never,
            _ => {}
        }
        let poll = self.engine().create_poll(order).await.expect("a good order").id();
        if !matches!(slot, Slot::Approved | Slot::Newest) {
            self.engine().open_poll(poll).await.expect("an approved poll opens");
        }
        self.polls.insert(slot as u8, poll);
        if matches!(slot, Slot::Published | Slot::Withheld) {
            self.vote(poll).await;
            self.close(poll).await;
        }
    }

    async fn close(&self, poll: PollId) {
        let reason = holos::poll::CloseReason::AsPlanned;
        self.engine().close_poll(poll, reason).await.expect("an open poll closes");
    }

    /// Twelve voters of one issuer and twelve of another.
    async fn vote(&mut self, poll: PollId) {
        for (issuer, first) in [("app", 100), ("spare", 120)] {
            let ballots = (first..first + 12).map(|voter| ballot(voter, usize::from(voter) % 3));
            let ballots: Vec<_> = ballots.collect();
            let request = proto::CastBallotsRequest { poll_id: poll.to_string(), ballots };
            let message = Bytes::from(request.encode_to_vec());
            let header = format!("Bearer {issuer}.{SECRET}");
            let method = Method::CastBallots;
            let sent = vec![message.clone()];
            let (answers, end) = self.lines.call(method, Some(&header), sent).await;
            self.note(method, Some(issuer), &HashMap::new(), &[message], &answers, end.as_ref());
        }
        let key = u64::from(!self.revoked);
        let counted = self.books.get(&poll).map_or(0, Book::len) as u64;
        assert_eq!(counted, 12 + 12 * key, "good ballots are counted");
    }
}

/// A stated voter's ballot.
pub fn ballot(voter: u8, option: usize) -> proto::Ballot {
    let subject = Bytes::copy_from_slice(&subject(voter));
    let voter = proto::VouchedVoter { subject, ..Default::default() };
    proto::Ballot {
        credential: Some(proto::ballot::Credential::Voter(voter)),
        notice_version: 1,
        decline_breakdowns: false,
        answers: vec![proto::Answer {
            question_id: String::new(),
            option_ids: vec![OPTIONS[option].to_owned()],
        }],
    }
}

/// Starts the runtime that an engine needs.
///
/// # Panics
/// When no thread starts.
pub fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("a runtime starts")
}

/// The messages of a stream: each behind its length, in two bytes.
fn batches(mut data: &[u8]) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while let Some((length, rest)) = data.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (message, rest) = rest.split_at(length);
        messages.push(Bytes::copy_from_slice(message));
        data = rest;
        if messages.len() == 8 {
            break;
        }
    }
    messages
}

/// Whether the call leaves the issuers that all other inputs need.
fn harmless(method: Method, messages: &[Bytes]) -> bool {
    let revoked = match (method, messages) {
        (Method::RevokeIssuerKey, [message]) => {
            proto::RevokeIssuerKeyRequest::decode(message.clone()).ok()
        }
        _ => None,
    };
    revoked.is_none_or(|request| !["app", "wallet"].contains(&request.issuer_id.as_str()))
}

/// The request, when it is one; else the engine must have said so, unless it refused the caller
/// before.
fn decoded<T: Message + Default>(bytes: Bytes, end: Option<&Status>) -> Option<T> {
    let request = T::decode(bytes).ok();
    assert!(request.is_some() || end.is_some(), "what is no message is refused");
    request
}

fn read<T: Message + Default>(bytes: Bytes) -> T {
    T::decode(bytes).expect("what was answered, or taken, is a message")
}

fn outcomes(results: &[proto::BallotResult]) -> Vec<Outcome> {
    let known = |result: &proto::BallotResult| {
        let reason = result.refusal.as_ref().map(|refusal| refusal.reason.as_str());
        assert_eq!(reason.is_some(), result.outcome() == Outcome::Refused);
        assert!(reason.is_none_or(|reason| rejection(reason).is_some()), "{reason:?}");
        result.outcome()
    };
    results.iter().map(known).collect()
}

fn rejection(reason: &str) -> Option<Rejection> {
    Rejection::ALL.iter().copied().find(|rejection| rejection.reason() == reason)
}

/// The reason of a status.
///
/// # Panics
/// When it is none that a healthy engine gives, or its text is not the fixed one.
fn known_reason(method: Method, status: &Status) -> String {
    let codes = [
        Code::InvalidArgument,
        Code::Unauthenticated,
        Code::PermissionDenied,
        Code::NotFound,
        Code::FailedPrecondition,
        Code::AlreadyExists,
        Code::ResourceExhausted,
    ];
    assert!(codes.contains(&status.code()), "{method:?}: {status:?}");
    let info = status.get_details_error_info();
    let info = info.unwrap_or_else(|| panic!("{method:?}: no reason: {status:?}"));
    assert_eq!(info.domain, DOMAIN);
    match rejection(&info.reason) {
        Some(rejection) => assert_eq!(status.message(), rejection.text(), "{method:?}"),
        None => assert!(STATUS_REASONS.contains(&info.reason.as_str()), "{method:?}: {status:?}"),
    }
    info.reason
}
