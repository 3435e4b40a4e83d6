//! Staff and backends.

use bytes::Bytes;
use holos::authenticate::mint::{Claims, TestIssuer};
use holos::grpc::proto::ballot::Credential;
use holos::grpc::proto::ballot_service_client::BallotServiceClient;
use holos::grpc::proto::custody_service_client::CustodyServiceClient;
use holos::grpc::proto::poll_service_client::PollServiceClient;
use holos::grpc::proto::results_service_client::ResultsServiceClient;
use holos::grpc::proto::{self, Ballot};
use holos::poll::Order;
use holos::service::server::Addresses;
use jiff::Timestamp;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_types::StatusExt;

use super::home::{PSEUDONYM_KEY, SECRET, STAFF_TOKEN};

/// An order that passes its check: one question, `options` options named `o0`, `o1`, ...
pub fn order(reference: &str, options: usize) -> Order {
    let text = include_str!("order.toml");
    let mut order = Order::from_toml(text).unwrap();
    order.reference = reference.to_owned();
    let template = order.questions[0].options[0].clone();
    let named = |n: usize| {
        let mut option = template.clone();
        option.id = format!("o{n}");
        option
    };
    order.questions[0].options = (0..options).map(named).collect();
    order
}

/// The opaque subject of a voter, 16 bytes.
pub fn subject(voter: u64) -> Bytes {
    Bytes::copy_from_slice(&blake3::hash(&voter.to_le_bytes()).as_bytes()[..16])
}

/// A token of a voter for a poll, good for a minute, with further claims.
pub fn token_with(
    issuer: &TestIssuer,
    poll: &str,
    voter: u64,
    now: Timestamp,
    more: &[(&str, serde_json::Value)],
) -> String {
    issuer.mint(&Claims {
        audience: "holos",
        subject: &subject(voter),
        pseudonym_key: PSEUDONYM_KEY,
        poll: poll.parse().unwrap(),
        issued_at: now,
        lifetime_seconds: 60,
        more,
    })
}

/// As [`token_with`], without further claims.
pub fn token(issuer: &TestIssuer, poll: &str, voter: u64, now: Timestamp) -> String {
    token_with(issuer, poll, voter, now, &[])
}

/// What a backend hears about one ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    Counted,
    AlreadyCounted,
    Refused(String),
    Unknown,
}

impl From<&proto::BallotResult> for Answered {
    fn from(result: &proto::BallotResult) -> Self {
        match result.outcome() {
            proto::Outcome::Counted => Self::Counted,
            proto::Outcome::AlreadyCounted => Self::AlreadyCounted,
            proto::Outcome::Refused => {
                Self::Refused(result.refusal.as_ref().unwrap().reason.clone())
            }
            proto::Outcome::Unknown => Self::Unknown,
            proto::Outcome::Unspecified => panic!("an outcome is never unspecified"),
        }
    }
}

/// The reason of a status.
pub fn reason_of(status: &Status) -> String {
    let info = status.get_details_error_info().expect("every status carries its reason");
    assert_eq!(info.domain, holos::grpc::DOMAIN, "{status:?}");
    info.reason
}

async fn channel(address: std::net::SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// Somebody with the staff token.
pub struct Staff {
    polls: PollServiceClient<Channel>,
    results: ResultsServiceClient<Channel>,
}

impl Staff {
    pub async fn of(addresses: &Addresses) -> Self {
        Self {
            polls: PollServiceClient::new(channel(addresses.staff).await),
            results: ResultsServiceClient::new(channel(addresses.public).await),
        }
    }

    pub fn request<T>(message: T) -> Request<T> {
        let mut request = Request::new(message);
        let header = MetadataValue::try_from(format!("Bearer {STAFF_TOKEN}")).unwrap();
        request.metadata_mut().insert("authorization", header);
        request
    }

    pub async fn create(&mut self, order: &Order) -> Result<proto::Poll, Status> {
        let request = proto::CreatePollRequest { order: Some(order.into()) };
        Ok(self.polls.create_poll(Self::request(request)).await?.into_inner().poll.unwrap())
    }

    pub async fn open(&mut self, poll_id: &str) -> Result<proto::Poll, Status> {
        let request = proto::OpenPollRequest { poll_id: poll_id.to_owned() };
        Ok(self.polls.open_poll(Self::request(request)).await?.into_inner().poll.unwrap())
    }

    pub async fn close(&mut self, poll_id: &str) -> Result<proto::Poll, Status> {
        let request = proto::ClosePollRequest {
            poll_id: poll_id.to_owned(),
            reason: proto::CloseReason::AsPlanned.into(),
        };
        Ok(self.polls.close_poll(Self::request(request)).await?.into_inner().poll.unwrap())
    }

    pub async fn get(&mut self, poll_id: &str) -> Result<proto::Poll, Status> {
        let request = proto::GetPollRequest { poll_id: poll_id.to_owned() };
        Ok(self.polls.get_poll(Self::request(request)).await?.into_inner().poll.unwrap())
    }

    /// Creates and opens a poll; its id.
    pub async fn open_new(&mut self, order: &Order) -> String {
        let poll = self.create(order).await.unwrap();
        self.open(&poll.id).await.unwrap().id
    }

    pub async fn results(&mut self, poll_id: &str) -> Result<proto::Results, Status> {
        let request = proto::GetResultsRequest { poll_id: poll_id.to_owned() };
        Ok(self.results.get_results(request).await?.into_inner().results.unwrap())
    }

    /// The published counts, in the order of the options.
    pub async fn counts(&mut self, poll_id: &str) -> Vec<u64> {
        let results = self.results(poll_id).await.unwrap();
        let counts: Vec<_> =
            results.questions[0].options.iter().map(|option| option.count).collect();
        assert_eq!(counts.iter().sum::<u64>(), results.total);
        counts
    }
}

/// Somebody with the staff token in the key room.
pub struct Custodian {
    pub client: CustodyServiceClient<Channel>,
}

impl Custodian {
    pub async fn of(addresses: &Addresses) -> Self {
        Self { client: CustodyServiceClient::new(channel(addresses.staff).await) }
    }

    pub async fn revoke(
        &mut self,
        issuer: &str,
        key: &str,
        reason: proto::RevocationReason,
    ) -> Result<proto::Revocation, Status> {
        let request = proto::RevokeIssuerKeyRequest {
            issuer_id: issuer.to_owned(),
            key_id: key.to_owned(),
            reason: reason.into(),
            reference: "act 7".to_owned(),
        };
        let response = self.client.revoke_issuer_key(Staff::request(request)).await?;
        Ok(response.into_inner().revocation.unwrap())
    }

    pub async fn revocations(&mut self) -> Vec<proto::Revocation> {
        let request = Staff::request(proto::ListRevocationsRequest {});
        self.client.list_revocations(request).await.unwrap().into_inner().revocations
    }

    pub async fn excise(
        &mut self,
        poll: &str,
        issuer: &str,
        key: &str,
    ) -> Result<proto::Poll, Status> {
        let request = proto::ExciseIssuerKeyRequest {
            poll_id: poll.to_owned(),
            issuer_id: issuer.to_owned(),
            key_id: key.to_owned(),
            reference: "act 8".to_owned(),
        };
        let response = self.client.excise_issuer_key(Staff::request(request)).await?;
        Ok(response.into_inner().poll.unwrap())
    }

    pub async fn rotate(&mut self) -> Result<proto::RotateWrappingKeyResponse, Status> {
        let request = proto::RotateWrappingKeyRequest { reference: "act 9".to_owned() };
        Ok(self.client.rotate_wrapping_key(Staff::request(request)).await?.into_inner())
    }

    /// Erases a poll by a court's order; the poll, and the record.
    pub async fn erase(&mut self, poll: &str) -> Result<(proto::Poll, Vec<u8>), Status> {
        let request = proto::ErasePollRequest {
            poll_id: poll.to_owned(),
            ground: proto::ErasureGround::CourtOrder.into(),
            reference: "910/1/26".to_owned(),
        };
        let response = self.client.erase_poll(Staff::request(request)).await?.into_inner();
        Ok((response.poll.unwrap(), response.record))
    }
}

/// An app backend with one connection.
#[derive(Clone)]
pub struct Backend {
    pub client: BallotServiceClient<Channel>,
    authorization: Option<MetadataValue<tonic::metadata::Ascii>>,
}

impl Backend {
    /// A backend whose connection the issuer vouches for.
    pub async fn vouched(addresses: &Addresses, issuer: &str) -> Self {
        let client = BallotServiceClient::new(channel(addresses.ingest).await);
        let header = MetadataValue::try_from(format!("Bearer {issuer}.{SECRET}")).unwrap();
        Self { client, authorization: Some(header) }
    }

    /// A backend that is nobody: its ballots carry tokens.
    pub async fn anonymous(addresses: &Addresses) -> Self {
        let client = BallotServiceClient::new(channel(addresses.ingest).await);
        Self { client, authorization: None }
    }

    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(header) = &self.authorization {
            request.metadata_mut().insert("authorization", header.clone());
        }
        request
    }

    /// A stated voter's ballot for option `oN`.
    pub fn ballot(voter: u64, option: usize) -> Ballot {
        let voter = proto::VouchedVoter { subject: subject(voter), ..Default::default() };
        let credential = Credential::Voter(voter);
        Self::ballot_with(Some(credential), &[&format!("o{option}")])
    }

    pub fn ballot_with(credential: Option<Credential>, options: &[&str]) -> Ballot {
        let option_ids = options.iter().map(|id| (*id).to_owned()).collect();
        Ballot {
            credential,
            notice_version: 1,
            decline_breakdowns: false,
            answers: vec![proto::Answer { question_id: String::new(), option_ids }],
        }
    }

    /// One ballot by the unary call.
    pub async fn cast(&mut self, poll_id: &str, ballot: Ballot) -> Result<Answered, Status> {
        let message =
            proto::CastBallotRequest { poll_id: poll_id.to_owned(), ballot: Some(ballot) };
        let request = self.request(message);
        Ok(match self.client.cast_ballot(request).await?.into_inner().outcome() {
            proto::Outcome::Counted => Answered::Counted,
            proto::Outcome::AlreadyCounted => Answered::AlreadyCounted,
            other => panic!("a unary answer is never {other:?}"),
        })
    }

    /// Ballots by the batch call.
    pub async fn cast_all(
        &mut self,
        poll_id: &str,
        ballots: Vec<Ballot>,
    ) -> Result<Vec<Answered>, Status> {
        let message = proto::CastBallotsRequest { poll_id: poll_id.to_owned(), ballots };
        let request = self.request(message);
        let response = self.client.cast_ballots(request).await?.into_inner();
        Ok(response.results.iter().map(Answered::from).collect())
    }
}
