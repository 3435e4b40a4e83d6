//! An engine with polls in every phase, and what must hold of whatever it answers.

use std::collections::HashMap;

use bytes::Bytes;
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use holos::engine::Engine;
use holos_wire::proto::{self, Outcome, StaffRole};
use holos::fsck::audit;
use holos::outcome::Rejection;
use holos::poll::{
    Breakdown, Country, Eligibility, Order, Phase, PollId, PublicationMode, Region, Rules,
};
use holos::ground::clock::Clock;
use holos::ground::faults::Faults;
use holos::process::server::{Running, start_with};
use holos::store::DataFolder;
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use prost::encoding::encode_varint;
use tokio::runtime::Runtime;
use tonic::Status;

use crate::answers::{Answered, Named, batches, decoded, harmless, known_reason, outcomes, read};
use crate::book::{Book, Cast};
use crate::choice;
use crate::duty::{BODY, OTHER_BODY, Who, bootstrap_may, may, own_body_only};
use crate::home::{Home, SECRET, VOUCHED};
use crate::moves::may_lead;
use crate::stand_ins::{
    NOW, NUMBER, SLOTS, Slot, ballot, fill_in, fill_reference, order, reference,
};
use crate::wire::{Lines, Listener, Method};

mod notes;
mod staff;

/// Calls between two looks at the whole.
const CALLS: u64 = 2_048;
/// Polls of one engine, most; a body may have 200 orders that wait.
const POLLS: usize = 150;
/// Days of an engine: what inputs state as the times of a poll must stay ahead.
const DAYS: i64 = 60;

/// An engine under test, and what is known of it.
pub struct World {
    home: Home,
    clock: Clock,
    running: Running,
    lines: Lines,
    /// Of the engine's releases and log.
    key: VerifyingKey,
    polls: HashMap<u8, PollId>,
    books: HashMap<PollId, Book>,
    /// Nothing may be counted under `spare` any more.
    revoked: bool,
    /// The account that an input made for the newcomer.
    newcomer: Option<Newcomer>,
    /// The numbers that inputs name by a stand-in.
    numbers: staff::Numbers,
    calls: u64,
    /// It is not its first life.
    restarted: bool,
    orders: u64,
}

/// An account that an input made.
struct Newcomer {
    number: u32,
    role: StaffRole,
    body: String,
    withdrawn: bool,
}

/// Who makes a call.
#[derive(Clone, Copy)]
enum Caller {
    /// Over the ingest listener: the issuer that vouches, if one does.
    Backend(Option<&'static str>),
    /// Over the staff listener.
    Staff(Who),
    /// Over the public one.
    Public,
}

impl Caller {
    fn vouched(self) -> Option<&'static str> {
        match self {
            Self::Backend(issuer) => issuer,
            Self::Staff(_) | Self::Public => None,
        }
    }
}

impl World {
    /// A new engine with its staff and its polls.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn new() -> Self {
        let home = Home::new();
        let clock = Clock::manual(Timestamp::UNIX_EPOCH + NOW);
        let running = start_with(home.config.clone(), clock.clone(), Faults::none()).await;
        let running = running.unwrap_or_else(|error| panic!("the engine starts: {error}"));
        let lines = Lines::to(&running.addresses).await;
        let key = VerifyingKey::from_public_key_pem(&running.engine().public.publication_key_pem());
        let mut world = Self {
            home,
            clock,
            running,
            lines,
            key: key.expect("a key"),
            polls: HashMap::new(),
            books: HashMap::new(),
            revoked: false,
            newcomer: None,
            numbers: staff::Numbers::default(),
            calls: 0,
            restarted: false,
            orders: 0,
        };
        for who in Who::REGISTERED {
            let request = proto::RegisterStaffRequest { account: Some(who.account()) };
            let method = Method::RegisterStaff;
            let answer: proto::RegisterStaffResponse =
                world.ask(Who::Bootstrap, method, &request).await;
            let number = answer.account.expect("an account").number;
            assert_eq!(Who::REGISTERED[number as usize - 1], who);
        }
        for slot in SLOTS {
            world.fill(slot).await;
        }
        world
    }

    /// One input: a method, who calls, and the message; or how much time passes.
    ///
    /// # Panics
    /// When an answer is not what it must be.
    pub async fn take(&mut self, mut data: &[u8]) {
        let at = choice(&mut data, Method::ALL.len() + 1);
        let who = choice(&mut data, Who::ALL.len());
        let Some(method) = Method::ALL.get(at).copied() else {
            return self.wait(who).await;
        };
        let caller = match method.listener() {
            Listener::Staff => Caller::Staff(Who::ALL[who]),
            Listener::Public => Caller::Public,
            Listener::Ingest => {
                let vouched = (who % (VOUCHED.len() + 1)).checked_sub(1);
                Caller::Backend(vouched.map(|at| VOUCHED[at]))
            }
        };
        let mut minted = HashMap::new();
        let engine = self.running.engine();
        let hash = |poll| {
            let poll = engine.poll(poll).expect("a poll stays");
            poll.definition.order().hash().to_string()
        };
        let mut filled = fill_in(data, &self.polls, hash, self.clock.now(), &mut minted);
        if let [8, NUMBER, rest @ ..] = &filled[..]
            && let Some(number) = self.numbers.last(method)
        {
            let mut named = vec![8];
            encode_varint(number, &mut named);
            filled = [&named, rest].concat();
        }
        if let Some(reference) = self.reference(method) {
            fill_reference(&mut filled, &reference);
        }
        let messages = match method {
            Method::StreamBallots => batches(&filled),
            _ => vec![Bytes::from(filled)],
        };
        if harmless(method, &messages) {
            self.make(method, caller, &minted, messages).await;
        }
    }

    /// What an order's reference is to be, where one is filed or corrected.
    fn reference(&mut self, method: Method) -> Option<String> {
        match method {
            Method::SubmitOrder => {
                self.orders += 1;
                Some(reference(self.orders))
            }
            Method::CorrectOrder => {
                let poll = self.engine().poll(self.polls[&(Slot::Newest as u8)])?;
                Some(poll.definition.order().reference.clone())
            }
            _ => None,
        }
    }

    /// Lets time pass: the release of a live poll, the end of a proposal or of a poll may come.
    async fn wait(&mut self, how: usize) {
        let seconds = [1, 60, 300, 300, 300, 3_600, 43_200, 86_400][how % 8];
        self.engine().counting.fold().await.expect("the engine folds");
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.engine().office.tick().await.expect("the engine follows the clock");
        self.look_after(true).await;
    }

    async fn make(
        &mut self,
        method: Method,
        caller: Caller,
        minted: &HashMap<String, Vec<u8>>,
        messages: Vec<Bytes>,
    ) {
        let is_staff = method.listener() == Listener::Staff;
        if is_staff {
            // What is due has come before the call, so that what comes after is the call's doing.
            self.engine().office.tick().await.expect("the engine follows the clock");
        }
        let named = messages.first().and_then(|message| Named::decode(message.clone()).ok());
        let poll = named.and_then(|named| named.poll_id.parse::<PollId>().ok());
        let before = poll.and_then(|poll| self.engine().poll(poll)).map(|poll| poll.phase);
        let header = match caller {
            Caller::Public | Caller::Backend(None) => None,
            Caller::Staff(who) => who.header(self.clock.now()),
            Caller::Backend(Some(issuer)) => Some(format!("Bearer {issuer}.{SECRET}")),
        };
        let sent = messages.clone();
        let (answers, end) = self.lines.call(method, header.as_deref(), sent).await;
        let reason = end.as_ref().map(|status| known_reason(method, status));
        if reason.as_deref() == Some(Rejection::RateLimited.reason()) {
            // A connection's bad conduct is its own.
            self.lines = Lines::to(&self.running.addresses).await;
        }
        if let Caller::Staff(who) = caller {
            self.check_door(method, who, reason.as_deref());
            if end.is_none() {
                self.note_staff(method, who, poll.zip(before), &messages, &answers);
            }
        } else {
            self.note(method, caller.vouched(), minted, &messages, &answers, end.as_ref());
        }
        self.look_after(is_staff).await;
    }

    /// Makes good what the call used up, and looks at the whole now and then.
    async fn look_after(&mut self, thoroughly: bool) {
        let failure = self.engine().counting.failure().borrow().clone();
        assert!(failure.is_none(), "the engine failed: {failure:?}");
        self.clock.advance(SignedDuration::from_millis(1));
        self.calls += 1;
        if thoroughly {
            self.compare();
            self.restore().await;
        }
        if self.calls.is_multiple_of(64) {
            assert!(self.lines.serves().await, "the engine does not serve");
        }
    }

    /// Brings the polls that inputs name back into the phases that they are named for.
    async fn restore(&mut self) {
        let wanted = [
            (Slot::Open, Phase::Open),
            (Slot::Demanding, Phase::Open),
            (Slot::Live, Phase::Open),
            (Slot::Approved, Phase::Approved),
            (Slot::Filed, Phase::Filed),
            (Slot::Suspended, Phase::Suspended),
        ];
        for (slot, phase) in wanted {
            let id = self.polls[&(slot as u8)];
            let poll = self.engine().poll(id).expect("a poll stays");
            match (poll.phase, phase) {
                (held, wanted) if held == wanted => {}
                (Phase::Suspended, Phase::Open) => self.resume(id).await,
                (Phase::Open, Phase::Suspended) => self.suspend(id).await,
                _ => self.fill(slot).await,
            }
        }
    }

    fn compare(&self) {
        let engine = self.engine();
        for (id, book) in &self.books {
            let poll = engine.poll(*id).expect("a poll stays");
            let public = engine.public.poll(*id).expect("a poll with ballots is public");
            book.compare(&poll, &public.results, &public.releases);
        }
    }

    /// Whether it was given nothing yet, in this life or one before.
    pub fn is_new(&self) -> bool {
        self.calls == 0 && !self.restarted
    }

    /// Whether it is time for [`Self::renewed`].
    pub fn is_old(&self) -> bool {
        self.calls >= CALLS || self.engine().polls().len() > POLLS
    }

    /// Ends what is open, compares the totals, stops the engine, lets the auditor look at what it
    /// left, and starts it again; or another, when this one has become large or late.
    ///
    /// # Panics
    /// When anything does not hold.
    pub async fn renewed(self) -> Self {
        for slot in [Slot::Open, Slot::Demanding, Slot::Live, Slot::Suspended] {
            self.end(self.polls[&(slot as u8)]).await;
        }
        self.compare();
        let is_large = self.engine().polls().len() > POLLS;
        let age = self.clock.now().duration_since(Timestamp::UNIX_EPOCH + NOW);
        self.running.shutdown().await;
        let folder = DataFolder::open_existing(&self.home.config.data_dir).expect("a data folder");
        let provider = self.home.config.key_source().provider().expect("the wrapping key");
        let findings = audit(&folder, None, &*provider).expect("an audit");
        assert!(findings.is_empty(), "fsck: {findings:?}");
        drop(folder);
        if self.revoked || is_large || age > SignedDuration::from_hours(24 * DAYS) {
            return Self::new().await;
        }
        let Self { home, clock, .. } = self;
        let running = start_with(home.config.clone(), clock.clone(), Faults::none()).await;
        let running = running.unwrap_or_else(|error| panic!("the engine starts again: {error}"));
        let lines = Lines::to(&running.addresses).await;
        let mut world = Self { home, clock, running, lines, calls: 0, restarted: true, ..self };
        world.compare();
        world.restore().await;
        world
    }

    fn engine(&self) -> &Engine {
        self.running.engine()
    }

    /// Puts a new poll into a slot.
    async fn fill(&mut self, slot: Slot) {
        self.orders += 1;
        // At five minutes a release, as many as a poll may have.
        let days = if slot == Slot::Live { 3 } else { 180 };
        let mut order = order(&reference(self.orders), self.clock.now(), days);
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
            Slot::Published => order.breakdowns = vec![Breakdown::Region, Breakdown::AgeBand],
            Slot::Withheld => order.publication.mode = PublicationMode::Never,
            Slot::Live => {
                order.publication.mode = PublicationMode::Live;
                order.publication.release_minutes = Some(5);
            }
            _ => {}
        }
        let (poll, hash) = self.file(&order).await;
        self.polls.insert(slot as u8, poll);
        if matches!(slot, Slot::Filed | Slot::Newest) {
            return;
        }
        self.approve(poll, hash).await;
        if slot == Slot::Approved {
            return;
        }
        self.schedule(poll).await;
        match slot {
            Slot::Published | Slot::Withheld => {
                self.vote(poll).await;
                self.end(poll).await;
            }
            Slot::Live => self.vote(poll).await,
            Slot::Suspended => {
                self.vote(poll).await;
                self.suspend(poll).await;
            }
            _ => {}
        }
    }

    /// Twelve voters of one issuer and twelve of another, from two regions and two generations.
    async fn vote(&mut self, poll: PollId) {
        for (issuer, first) in [("app", 100), ("spare", 120)] {
            let ballots = (first..first + 12).map(|voter| {
                let mut ballot = ballot(voter, usize::from(voter) % 3);
                if let Some(proto::ballot::Credential::Voter(stated)) = &mut ballot.credential {
                    let young = voter % 4 == 0;
                    stated.claims = Some(proto::StatedClaims {
                        birth_year: Some(if young { 2_000 } else { 1_950 }),
                        region: if voter % 2 == 0 { "UA-30" } else { "UA-05" }.to_owned(),
                        ..Default::default()
                    });
                }
                ballot
            });
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
