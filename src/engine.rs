//! The engine: the whole way of a ballot, and the life of a poll.
//!
//! ```text
//! Credential --authenticate--> Voter --check--> EligibleBallot --deidentify--> AnonymousBallot --ledger--> Outcome
//! Poll --close--> frozen tally --decide--> Statement --sign--> Publication
//! ```
//!
//! The first line is [`Engine::cast`], the second is in `engine/life.rs`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::watch;

use crate::audit::AuditLog;
use crate::count::authenticate::{
    Authenticator, Caller, Conduct, Credential, Occasion, PeerCertificate,
};
use crate::count::check::{Paper, check, without_keys};
use crate::count::deidentify::{TagKey, deidentify};
use crate::count::ledger::{Ledger, Stopped};
use crate::ground::clock::{Clock, Stopwatch};
use crate::ground::faults::Faults;
use crate::ground::metrics;
use crate::keys::KeyStore;
use crate::outcome::{Outcome, Rejection};
use crate::poll::{Floors, Poll, PollId, Profiles};
use crate::publish::{PublicPoll, Publication, ResultsState};
use crate::publog::PublicLog;

mod clockwork;
mod custody;
mod erasure;
mod life;
mod moves;
mod openness;
mod orders;
mod registers;
mod release;
mod retention;
mod subjects;

pub use custody::{ExciseError, Excised, IssuerKeyName, KeyRoomError, Revoked};
pub use erasure::{EraseError, ErasedPoll, ErasureRules};
pub use life::EngineError;
pub use moves::MoveError;
pub use orders::{Filing, OrderError, Revision};
pub use registers::*;
pub use release::{LookError, ReleaseError};
pub use subjects::AskError;

use clockwork::Clockwork;
use erasure::DueSince;
use registers::Registers;

/// A ballot as it came over the wire: who, and what. No `Debug`.
pub struct Ballot {
    /// Who casts it.
    pub credential: Credential,
    /// What it says.
    pub paper: Paper,
}

/// What the engine is made of.
pub struct EngineParts {
    /// Step 1.
    pub authenticator: Arc<Authenticator>,
    /// Step 4.
    pub ledger: Ledger,
    /// Polls read back from the store.
    pub polls: Vec<Poll>,
    /// The polls' keys, and the key that signs.
    pub keys: Arc<KeyStore>,
    /// The private log of decisions.
    pub audit: Arc<AuditLog>,
    /// The clock.
    pub clock: Clock,
    /// The public log of definitions, releases and erasures.
    pub public_log: PublicLog,
    /// Faults that a test armed.
    pub faults: Faults,
    /// What orders must ask at least.
    pub floors: Floors,
    /// The procedures that orders can name.
    pub profiles: Arc<Profiles>,
    /// When closed polls are erased.
    pub erasure: ErasureRules,
    /// How the procedure is run.
    pub procedure: ProcedureRules,
}

/// How the procedure is run.
#[derive(Clone, Debug)]
pub struct ProcedureRules {
    /// How long the wall clock must have held before what cannot be undone follows it.
    pub hold: Duration,
    /// From the announcement of what expires to its end.
    pub expiry_notice: Duration,
    /// Days that are no working days, besides Saturdays and Sundays.
    pub holidays: Arc<[Date]>,
}

/// The running engine.
pub struct Engine {
    authenticator: Arc<Authenticator>,
    ledger: Ledger,
    keys: Arc<KeyStore>,
    audit: Arc<AuditLog>,
    clock: Clock,
    public_log: PublicLog,
    faults: Faults,
    floors: Floors,
    /// Read by every ballot, changed by staff: readers never wait.
    polls: ArcSwap<Polls>,
    profiles: Arc<Profiles>,
    /// Acts of staff, and of the clock, come one at a time.
    office: tokio::sync::Mutex<()>,
    /// What is past its term is destroyed by one at a time.
    retaining: tokio::sync::Mutex<()>,
    registers: Registers,
    procedure: ProcedureRules,
    clockwork: Mutex<Clockwork>,
    /// When it was last said that a poll does not open.
    complained: Mutex<Option<Stopwatch>>,
    /// Counts up whenever a poll's results change, for those who watch.
    released: watch::Sender<u64>,
    /// Counts up whenever a poll changes, for those who follow polls.
    changed: watch::Sender<u64>,
    /// The last release time of each live poll that was looked at.
    release_slots: Mutex<HashMap<PollId, i64>>,
    erasure: ErasureRules,
    due_since: Mutex<DueSince>,
    /// When the wrapping key could not be replaced for an erasure.
    rekey_tried: Mutex<Option<Stopwatch>>,
}

type Polls = HashMap<PollId, Arc<Served>>;

/// A poll with what the ballot path and the public need of it.
struct Served {
    poll: Poll,
    /// Present from the opening to the decision to erase.
    tag_key: Option<Arc<TagKey>>,
    /// Oldest first.
    releases: Vec<Arc<Publication>>,
    /// What the public may know of it, if anything.
    public: Option<Arc<PublicPoll>>,
}

impl Served {
    fn new(poll: Poll, tag_key: Option<Arc<TagKey>>, releases: Vec<Arc<Publication>>) -> Self {
        let public = PublicPoll::of(&poll, &releases).map(Arc::new);
        Self { poll, tag_key, releases, public }
    }
}

impl Engine {
    /// Casts ballots of one poll. One outcome a ballot, in their order; each is durable when it is
    /// returned.
    pub async fn cast(
        &self,
        caller: &Caller,
        conduct: &Conduct,
        poll: PollId,
        ballots: Vec<Ballot>,
    ) -> Vec<Outcome> {
        let outcomes = match self.polls.load().get(&poll).map(Arc::clone) {
            Some(served) => self.cast_in(caller, conduct, &served, ballots).await,
            None => vec![Outcome::Refused(Rejection::PollUnknown); ballots.len()],
        };
        metrics::ballots(&outcomes);
        outcomes
    }

    async fn cast_in(
        &self,
        caller: &Caller,
        conduct: &Conduct,
        served: &Served,
        ballots: Vec<Ballot>,
    ) -> Vec<Outcome> {
        let Served { poll, tag_key: Some(key), .. } = served else {
            return vec![Outcome::Refused(without_keys(served.poll.phase)); ballots.len()];
        };
        let (credentials, papers): (Vec<_>, Vec<_>) =
            ballots.into_iter().map(|ballot| (ballot.credential, ballot.paper)).unzip();
        let now = self.clock.now();
        let mut anonymous = Vec::with_capacity(papers.len());
        let mut outcomes = Vec::with_capacity(papers.len());

        let (occasion, needs) = (Occasion::Poll(poll.id()), poll.definition.needs());
        let voters = self
            .authenticator
            .authenticate(caller, conduct, occasion, needs, credentials, now)
            .await;
        for (voter, paper) in voters.into_iter().zip(papers) {
            let eligible = voter.and_then(|voter| check(voter, &paper, poll, now));
            match eligible.map(|ballot| deidentify(ballot, key)) {
                Ok(ballot) => {
                    anonymous.push(ballot);
                    outcomes.push(Outcome::Unknown);
                }
                Err(rejection) => outcomes.push(Outcome::Refused(rejection)),
            }
        }
        if anonymous.is_empty() {
            return outcomes;
        }
        // Those that reached the ledger are the ones still unknown, in the same order.
        let mut decided = self.ledger.commit(poll.id(), anonymous).await.into_iter();
        for outcome in outcomes.iter_mut().filter(|outcome| **outcome == Outcome::Unknown) {
            *outcome = decided.next().expect("the ledger answers every ballot");
        }
        outcomes
    }

    /// What a connection may do, by its own credential.
    ///
    /// # Errors
    ///
    /// A credential that does not hold.
    pub fn caller(
        &self,
        authorization: Option<&str>,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Caller, Rejection> {
        self.authenticator.caller(authorization, certificate)
    }

    /// The engine's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What orders must ask at least.
    pub fn floors(&self) -> Floors {
        self.floors
    }

    /// The public log.
    pub fn public_log(&self) -> &PublicLog {
        &self.public_log
    }

    /// A poll as it stands.
    pub fn poll(&self, id: PollId) -> Option<Poll> {
        self.polls.load().get(&id).map(|served| served.poll.clone())
    }

    /// All polls, newest first.
    pub fn polls(&self) -> Vec<Poll> {
        let mut polls: Vec<_> =
            self.polls.load().values().map(|served| served.poll.clone()).collect();
        polls.sort_unstable_by_key(|poll| std::cmp::Reverse(poll.id()));
        polls
    }

    /// What may be said of a poll's results.
    pub fn results(&self, id: PollId) -> ResultsState {
        self.public_poll(id).map_or(ResultsState::Unknown, |poll| poll.results.clone())
    }

    /// A poll as the public may know it: the gate before every public way out.
    pub fn public_poll(&self, id: PollId) -> Option<Arc<PublicPoll>> {
        self.polls.load().get(&id)?.public.clone()
    }

    /// All polls that the public may know of, newest first.
    pub fn public_polls(&self) -> Vec<Arc<PublicPoll>> {
        let mut polls: Vec<_> =
            self.polls.load().values().filter_map(|served| served.public.clone()).collect();
        polls.sort_unstable_by_key(|poll| std::cmp::Reverse(poll.id()));
        polls
    }

    /// Changes whenever a poll's results do.
    pub fn watch_results(&self) -> watch::Receiver<u64> {
        self.released.subscribe()
    }

    /// Changes whenever a poll does.
    pub fn watch_polls(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The procedures that orders can name.
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// Stops the engine for good: nothing is acknowledged any more.
    pub fn stop(&self, reason: &str) {
        self.ledger.stop(reason);
    }

    /// Tells when the engine has stopped for good, and why.
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.ledger.failure()
    }

    /// Folds what waits, so that no record at rest joins its tags with choices.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn fold(&self) -> Result<(), Stopped> {
        self.ledger.fold().await
    }

    /// Folds since the start of the process.
    pub fn folds(&self) -> u64 {
        self.ledger.folds()
    }

    /// Ballots that wait for the ledger.
    pub fn queued(&self) -> usize {
        self.ledger.queued()
    }

    /// The key that publications are signed with: Ed25519, PEM SPKI.
    pub fn publication_key_pem(&self) -> String {
        use ed25519_dalek::pkcs8::EncodePublicKey;
        let key = self.keys.signing_key().verifying_key();
        key.to_public_key_pem(Default::default()).expect("an Ed25519 key encodes")
    }
}
