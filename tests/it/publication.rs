//! What leaves the engine, and when: live releases, corrections, breakdowns, the public log.
//!
//! Every engine here has a clock that the test moves, and folds when the test says so.

use std::time::Duration;

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey;
use holos::count::authenticate::mint::TestIssuer;
use holos::ground::clock::Clock;
use holos::ground::faults::Faults;
use holos::poll::{Order, PublicationMode};
use holos::process::config::Config;
use holos::publog::{PublicEntry, PublicLogError};
use holos_tlog::{ProofChecked, VerifierKey, named_by, verify_proof};
use holos_wire::proto::custody_service_client::CustodyServiceClient;
use holos_wire::proto::{self, ReleaseKind};
use jiff::{SignedDuration, Timestamp};
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::procedure::{START, World, at, reason, timed, told, wire};
use super::support::people::token;
use super::support::{Answered, Backend, Home, Post};

pub mod breakdowns;
mod held_back;
mod live;
mod openness;

/// B of the polls here.
pub const APART: u64 = 20;
/// Their minimum.
pub const LEAST: u64 = 30;
/// Minutes between their live releases.
pub const EVERY: i64 = 30;

pub fn slow(config: &mut Config) {
    config.ledger.fold_delay_seconds = 3_600;
    config.ledger.carry_seconds_max = 86_400;
}

async fn world() -> World {
    World::with(START, slow).await
}

/// As [`world`], with faults that can be armed.
async fn failing() -> (World, Faults) {
    let mut home = Home::new();
    home.config.procedure.hold_seconds = 0;
    slow(&mut home.config);
    let faults = Faults::none();
    let clock = Clock::manual(at(START));
    (World::failing(home, clock, faults.clone()).await, faults)
}

/// An order by these rules, open for a day from now.
pub fn careful(world: &World, reference: &str) -> Order {
    let mut order = timed(reference, world.clock.now(), world.after_minutes(24 * 60));
    order.publication.minimum_answers = LEAST;
    order.publication.ballots_apart = Some(APART);
    order
}

/// The same, with live releases.
pub fn live_order(world: &World, reference: &str) -> Order {
    let mut order = careful(world, reference);
    order.publication.mode = PublicationMode::Live;
    order.publication.release_minutes = Some(u32::try_from(EVERY).unwrap());
    order
}

impl World {
    /// So many minutes after the opening.
    pub fn minute(&self, minute: i64) -> Timestamp {
        at(START) + SignedDuration::from_mins(minute)
    }

    pub async fn fold(&self) {
        self.running.engine().counting.fold().await.unwrap();
    }

    /// Ballots that are counted and folded.
    pub async fn folded(&mut self, poll: &str, voters: std::ops::Range<u64>) {
        self.count(poll, voters).await;
        self.fold().await;
    }

    /// The same through the other vouching backend.
    pub async fn folded_by_mirror(&mut self, poll: &str, voters: std::ops::Range<u64>) {
        let mut mirror = Backend::vouched(&self.running.addresses, "mirror").await;
        let ballots = voters.map(|voter| Backend::ballot(voter, voter as usize % 3)).collect();
        let answers = mirror.cast_all(poll, ballots).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
        self.fold().await;
    }

    /// The same with tokens of this issuer.
    async fn folded_by_tokens(
        &mut self,
        issuer: &TestIssuer,
        poll: &str,
        voters: std::ops::Range<u64>,
    ) {
        let mut anybody = Backend::anonymous(&self.running.addresses).await;
        let now = self.clock.now();
        let ballot = |voter| {
            let token = token(issuer, poll, voter, now);
            let option = format!("o{}", voter % 3);
            Backend::ballot_with(Some(proto::ballot::Credential::Token(token)), &[&option])
        };
        let answers = anybody.cast_all(poll, voters.map(ballot).collect()).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
        self.fold().await;
    }

    pub async fn releases(&mut self, poll: &str) -> Vec<proto::Release> {
        let request = proto::ListReleasesRequest { poll_id: poll.to_owned() };
        self.staff.results.list_releases(request).await.unwrap().into_inner().releases
    }

    async fn release(&mut self, poll: &str, release: u32) -> proto::GetReleaseResponse {
        let request = proto::GetReleaseRequest { poll_id: poll.to_owned(), release };
        self.staff.results.get_release(request).await.unwrap().into_inner()
    }

    /// Has the engine look at the clock until there are so many releases; the last.
    pub async fn comes_to_release(&mut self, poll: &str, release: u32) -> proto::Results {
        let wait = async {
            while self.releases(poll).await.len() < release as usize {
                self.tick().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(10), wait).await;
        assert!(came.is_ok(), "release {release} should have come");
        assert_eq!(self.releases(poll).await.len(), release as usize, "and no further one");
        self.release(poll, release).await.results.unwrap()
    }

    /// Has the engine look at the clock, which must not make a release.
    async fn stays_at_release(&mut self, poll: &str, release: u32) {
        for _ in 0..2 {
            self.tick().await;
            assert_eq!(self.releases(poll).await.len(), release as usize);
        }
    }

    async fn custody(&self) -> CustodyServiceClient<Channel> {
        let endpoint = Channel::from_shared(format!("http://{}", self.running.addresses.staff));
        CustodyServiceClient::new(endpoint.unwrap().connect().await.unwrap())
    }

    /// Takes out of a poll what came under this key; the poll.
    pub async fn excise(&mut self, poll: &str, issuer: &str, key: &str) -> proto::Poll {
        let mut custody = self.custody().await;
        let (issuer_id, key_id) = (issuer.to_owned(), key.to_owned());
        let request = proto::RevokeIssuerKeyRequest {
            issuer_id: issuer_id.clone(),
            key_id: key_id.clone(),
            reason: proto::RevocationReason::Compromised.into(),
            reference: "act 7".to_owned(),
        };
        custody.revoke_issuer_key(self.staff.by(Post::Operator, request)).await.unwrap();
        let (poll_id, reference) = (poll.to_owned(), "act 8".to_owned());
        let request = proto::ExciseIssuerKeyRequest { poll_id, issuer_id, key_id, reference };
        let request = self.staff.by(Post::Operator, request);
        let proposal = custody.excise_issuer_key(request).await.unwrap().into_inner().proposal;
        let number = proposal.unwrap().number;
        let done = self.confirm(Post::SecondOperator, number).await.unwrap();
        assert!(done.taken_out);
        done.poll.unwrap()
    }

    async fn propose_release(&mut self, by: Post, poll: &str) -> Result<proto::Proposal, Status> {
        let (poll_id, reference) = (poll.to_owned(), "decision 5".to_owned());
        let request = proto::ReleaseHeldBackRequest { poll_id, reference };
        let request: Request<_> = self.staff.by(by, request);
        Ok(self.custody().await.release_held_back(request).await?.into_inner().proposal.unwrap())
    }

    async fn confirm(
        &mut self,
        by: Post,
        number: u64,
    ) -> Result<proto::ConfirmProposalResponse, Status> {
        let request = self.staff.by(by, proto::ConfirmProposalRequest { number });
        Ok(self.staff.desk.confirm_proposal(request).await?.into_inner())
    }

    /// The key under which the public log is checked.
    fn log_key(&self) -> VerifierKey {
        let public = &self.running.engine().public;
        let key = VerifierKey::parse(&public.log_vkey()).unwrap();
        let checkpoint = public.log_checkpoint();
        let named = named_by(checkpoint.as_bytes(), &self.publication_key()).unwrap();
        assert_eq!(named.to_string(), key.to_string(), "it is the publication key");
        key
    }

    fn publication_key(&self) -> VerifyingKey {
        let pem = self.running.engine().public.publication_key_pem();
        VerifyingKey::from_public_key_pem(&pem).unwrap()
    }

    /// Where a release stands in the public log, by its proof alone.
    async fn place(&mut self, poll: &str, release: u32) -> ProofChecked {
        let proto::GetReleaseResponse { results, proof } = self.release(poll, release).await;
        let file = results.unwrap().publication;
        let id = poll.parse().unwrap();
        let entry = PublicEntry::release(id, release, &blake3::hash(&file).to_hex());
        verify_proof(proof.as_bytes(), &entry.canonical_json(), &self.log_key()).unwrap()
    }
}

fn counts(results: &proto::Results) -> Vec<u64> {
    let counts: Vec<_> = results.questions[0].options.iter().map(|option| option.count).collect();
    assert_eq!(counts.iter().sum::<u64>(), results.total);
    counts
}

/// What the signed file says, checked as anybody can check it.
fn statement(world: &World, results: &proto::Results) -> holos::publish::Statement {
    let key = world.publication_key();
    let statement = holos::publish::verify(&results.publication, &key).unwrap().statement;
    let closed = statement.closed_at.is_some();
    assert_eq!(closed, results.kind() != ReleaseKind::Live);
    assert_eq!(wire(statement.as_of), results.as_of);
    assert_eq!(wire(statement.published_at), results.published_at);
    assert_eq!((statement.release, statement.total.unwrap_or(0)), (results.release, results.total));
    assert_eq!(blake3::hash(&results.publication).to_hex().to_string(), results.hash);
    statement
}
