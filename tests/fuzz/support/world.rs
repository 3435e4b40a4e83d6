//! An engine with polls in every phase, and what must hold of whatever it answers.

use std::collections::HashMap;

use bytes::Bytes;
use holos::engine::Engine;
use holos::grpc::proto::{self, Outcome};
use holos::ledger::fsck::audit;
use holos::outcome::Rejection;
use holos::poll::{Breakdown, Country, Eligibility, Phase, PollId, PublicationMode, Region};
use holos::service::clock::Clock;
use holos::service::faults::Faults;
use holos::service::server::{Running, start_with};
use holos::store::DataFolder;
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use tokio::runtime::Runtime;
use tonic::Status;

use crate::answers::{batches, decoded, harmless, known_reason, outcomes, read};
use crate::book::{Book, Cast};
use crate::choice;
use crate::home::{Home, SECRET, STAFF_TOKEN, VOUCHED};
use crate::stand_ins::{NOW, SLOTS, Slot, ballot, fill_in, order};
use crate::wire::{Lines, Listener, Method};

/// Calls between two looks at the whole.
const CALLS: u64 = 2_048;
/// Polls of one engine, most.
const POLLS: usize = 128;

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
        let filled = fill_in(data, &self.polls, self.clock.now(), &mut minted);
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
                    groups: ["students", "teachers"].map(str::to_owned).to_vec(),
                };
                order.participants.eligible_population = Some(1_000);
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

/// Starts the runtime that an engine needs.
///
/// # Panics
/// When no thread starts.
pub fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("a runtime starts")
}
