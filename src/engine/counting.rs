//! Counting: the whole way of a ballot, what a voter may ask, and what becomes of the sums.
//!
//! It knows polls as they stand, and changes none: that is the office's. It is given to what casts
//! and asks; the office stands on it, and the public has [`super::PublicView`]. No sum leaves it but
//! by [`results`], as a statement or a decision of [`crate::publish`].

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::EngineError;
use super::board::{Board, Served};
use crate::count::authenticate::{
    Authenticator, Caller, Conduct, Credential, Occasion, PeerCertificate,
};
use crate::count::check::{Paper, check, without_keys};
use crate::count::deidentify::deidentify;
use crate::count::ledger::{Ledger, Stopped};
use crate::ground::clock::Clock;
use crate::ground::metrics;
use crate::outcome::{Outcome, Rejection};
use crate::poll::{Phase, Poll, PollId};
use crate::publish::{PublicPoll, Publication, in_force};

mod results;
mod subjects;

pub use subjects::AskError;

/// A ballot as it came over the wire: who, and what. No `Debug`.
pub struct Ballot {
    /// Who casts it.
    pub credential: Credential,
    /// What it says.
    pub paper: Paper,
}

/// A poll as app backends follow it.
pub struct Followed {
    /// The poll.
    pub id: PollId,
    /// Where it stands.
    pub phase: Phase,
    /// When it closes.
    pub closes_at: Timestamp,
    /// The revision of its order.
    pub revision: u32,
    /// What it says, if that is public.
    pub public: Option<Arc<PublicPoll>>,
}

/// What counts ballots.
pub struct Counting {
    authenticator: Arc<Authenticator>,
    ledger: Arc<Ledger>,
    clock: Clock,
    board: Arc<Board>,
}

impl Counting {
    pub(super) fn new(
        authenticator: Arc<Authenticator>,
        ledger: Arc<Ledger>,
        clock: Clock,
        board: Arc<Board>,
    ) -> Self {
        Self { authenticator, ledger, clock, board }
    }

    /// Casts ballots of one poll. One outcome a ballot, in their order; each is durable when it is
    /// returned.
    pub async fn cast(
        &self,
        caller: &Caller,
        conduct: &Conduct,
        poll: PollId,
        ballots: Vec<Ballot>,
    ) -> Vec<Outcome> {
        let outcomes = match self.board.get(poll) {
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

    /// The version of a poll's processing notice, if the poll is public.
    pub fn notice_version(&self, poll: PollId) -> Option<u32> {
        self.public_poll(poll).map(|poll| poll.definition.order().notice_version)
    }

    /// A poll as the public may know it.
    pub fn public_poll(&self, id: PollId) -> Option<Arc<PublicPoll>> {
        self.board.get(id)?.public.clone()
    }

    /// Every poll, for those who follow them, newest first.
    pub fn followed(&self) -> Vec<Followed> {
        let follow = |served: &Arc<Served>| Followed {
            id: served.poll.id(),
            phase: served.poll.phase,
            closes_at: served.poll.closes_at,
            revision: served.poll.revision,
            public: served.public.clone(),
        };
        let mut polls: Vec<_> = self.board.all().values().map(follow).collect();
        polls.sort_unstable_by_key(|poll| std::cmp::Reverse(poll.id));
        polls
    }

    /// Changes whenever a poll does.
    pub fn watch_polls(&self) -> watch::Receiver<u64> {
        self.board.watch_polls()
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

    /// A failure beside the ledger is fatal too.
    pub(super) fn fail(&self, error: EngineError) -> EngineError {
        self.ledger.stop(&error.to_string());
        error
    }

    /// A poll as it stands; for the office, which asks for permits.
    pub(super) fn poll(&self, id: PollId) -> Option<Poll> {
        self.board.get(id).map(|served| served.poll.clone())
    }

    /// All polls, newest first; for the office.
    pub(super) fn polls(&self) -> Vec<Poll> {
        let mut polls: Vec<_> =
            self.board.all().values().map(|served| served.poll.clone()).collect();
        polls.sort_unstable_by_key(|poll| std::cmp::Reverse(poll.id()));
        polls
    }

    /// Those polls of which something holds, in no order.
    pub(super) fn those(&self, are: impl Fn(&Poll) -> bool) -> Vec<PollId> {
        let polls = self.board.all();
        polls.values().filter(|served| are(&served.poll)).map(|served| served.poll.id()).collect()
    }

    /// The release that is in force.
    pub(super) fn publication(&self, id: PollId) -> Option<Arc<Publication>> {
        in_force(&self.board.get(id)?.releases).map(Arc::clone)
    }

    /// The releases of a poll, oldest first.
    pub(super) fn releases(&self, id: PollId) -> Vec<Arc<Publication>> {
        self.board.releases(id)
    }
}
