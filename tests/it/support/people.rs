//! Staff and backends.

use bytes::Bytes;
use holos::count::authenticate::mint::{Claims, TestIssuer};
use holos::ground::clock::Clock;
use holos::poll::Order;
use holos::process::server::Addresses;
use holos_reasons::{Reason, Retry};
use holos_wire::proto::ballot::Credential;
use holos_wire::proto::ballot_service_client::BallotServiceClient;
use holos_wire::proto::custody_service_client::CustodyServiceClient;
use holos_wire::proto::poll_service_client::PollServiceClient;
use holos_wire::proto::results_service_client::ResultsServiceClient;
use holos_wire::proto::staff_service_client::StaffServiceClient;
use holos_wire::proto::{self, Ballot};
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
    // From now on: see `Staff::create`.
    order.opens_at = String::new();
    order.closes_at = String::new();
    let template = order.questions[0].options[0].clone();
    let named = |n: usize| {
        let mut option = template.clone();
        option.id = format!("o{n}");
        option
    };
    order.questions[0].options = (0..options).map(named).collect();
    order
}

/// As [`order`] with three options, open from a minute ago for half a year.
pub fn dated(reference: &str) -> Order {
    dated_at(&order(reference, 3), Clock::system().now())
}

fn dated_at(order: &Order, now: Timestamp) -> Order {
    let kyiv = jiff::tz::TimeZone::get("Europe/Kyiv").unwrap();
    let now = now.to_zoned_datetime(kyiv).round(jiff::Unit::Second).unwrap();
    let opens = now.checked_sub(jiff::SignedDuration::from_mins(1)).unwrap();
    let closes = now.checked_add(jiff::SignedDuration::from_hours(24 * 180)).unwrap();
    Order { opens_at: opens.to_string(), closes_at: closes.to_string(), ..order.clone() }
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

/// The reason of a status to a caller who asks for no language: a row of the table, with its code,
/// its retry advice and its Ukrainian text.
pub fn reason_of(status: &Status) -> String {
    let info = status.get_details_error_info().expect("every status carries its reason");
    assert_eq!(info.domain, holos_wire::DOMAIN, "{status:?}");
    let reason = Reason::named(&info.reason).expect("every reason is in the table");
    let row = reason.entry();
    // Both kinds of code have the same names.
    assert_eq!(format!("{:?}", status.code()), format!("{:?}", row.code), "{status:?}");
    let told = status.get_details_localized_message().expect("every status says it twice");
    assert_eq!((told.locale.as_str(), told.message.as_str()), ("uk", row.ukrainian), "{status:?}");
    let retry = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let advice = match row.retry {
        Retry::Never => None,
        Retry::After(delay) => Some(delay),
    };
    assert_eq!(retry, advice, "{status:?}");
    info.reason
}

async fn channel(address: std::net::SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// The office of every test engine: one account a duty, and a second person where two are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    Initiator,
    Organiser,
    SecondOrganiser,
    Operator,
    SecondOperator,
    Officer,
    SecondOfficer,
    Auditor,
    /// Of another body.
    Stranger,
}

impl Post {
    pub const ALL: [Self; 9] = [
        Self::Initiator,
        Self::Organiser,
        Self::SecondOrganiser,
        Self::Operator,
        Self::SecondOperator,
        Self::Officer,
        Self::SecondOfficer,
        Self::Auditor,
        Self::Stranger,
    ];

    pub fn subject(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    pub fn role(self) -> proto::StaffRole {
        match self {
            Self::Initiator | Self::Stranger => proto::StaffRole::Initiator,
            Self::Organiser | Self::SecondOrganiser => proto::StaffRole::Organiser,
            Self::Operator | Self::SecondOperator => proto::StaffRole::Operator,
            Self::Officer | Self::SecondOfficer => proto::StaffRole::DataProtectionOfficer,
            Self::Auditor => proto::StaffRole::Auditor,
        }
    }

    pub fn body(self) -> &'static str {
        match self {
            Self::Stranger => "00000001",
            _ => "43220851",
        }
    }

    pub fn account(self) -> proto::StaffAccount {
        proto::StaffAccount {
            token_issuer: "office".to_owned(),
            token_subject: self.subject(),
            name: "Test Person".to_owned(),
            position: self.subject(),
            unit: "tests".to_owned(),
            body_code: self.body().to_owned(),
            role: self.role().into(),
            undertaking_date: "2022-02-07".to_owned(),
            undertaking_reference: format!("u {}", self.subject()),
            ..Default::default()
        }
    }

    /// A token of this person, good for an hour from `now`.
    pub fn token_at(self, now: Timestamp) -> String {
        let header = serde_json::json!({ "alg": "EdDSA", "kid": "k1" });
        let payload = serde_json::json!({
            "aud": "holos-staff",
            "exp": now.as_second() + 3_600,
            "iat": now.as_second(),
            "iss": "office",
            "sub": self.subject(),
        });
        super::home::office().mint_raw(&header.to_string(), &payload.to_string())
    }

    /// A call of this person.
    pub fn request<T>(self, message: T) -> Request<T> {
        bearer(message, &self.token_at(Clock::system().now()))
    }
}

/// A call with this bearer token.
pub fn bearer<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    let header = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
    request.metadata_mut().insert("authorization", header);
    request
}

/// The staff of an engine: an initiator who files, an organiser who approves and runs.
pub struct Staff {
    pub polls: PollServiceClient<Channel>,
    pub desk: StaffServiceClient<Channel>,
    pub results: ResultsServiceClient<Channel>,
    clock: Clock,
}

impl Staff {
    pub async fn of(addresses: &Addresses) -> Self {
        Self::at(addresses, Clock::system()).await
    }

    /// As [`Self::of`], for an engine with a clock of its own. Registers everybody, if nobody is.
    pub async fn at(addresses: &Addresses, clock: Clock) -> Self {
        let mut staff = Self {
            polls: PollServiceClient::new(channel(addresses.staff).await),
            desk: StaffServiceClient::new(channel(addresses.staff).await),
            results: ResultsServiceClient::new(channel(addresses.public).await),
            clock,
        };
        let request = proto::ListStaffRequest { include_withdrawn: true };
        let held = staff.desk.list_staff(bearer(request, STAFF_TOKEN)).await;
        let Ok(held) = held else { return staff };
        let held = held.into_inner().accounts;
        // A crash may have come between two of them.
        let missing = |post: &Post| held.iter().all(|one| one.token_subject != post.subject());
        for post in Post::ALL.into_iter().filter(missing) {
            let account = Some(post.account());
            let request = bearer(proto::RegisterStaffRequest { account }, STAFF_TOKEN);
            // An engine that is made to fail may fail here; the next call hears of it.
            let _failed = staff.desk.register_staff(request).await;
        }
        staff
    }

    /// A call of the organiser.
    pub fn request<T>(message: T) -> Request<T> {
        Post::Organiser.request(message)
    }

    pub fn by<T>(&self, post: Post, message: T) -> Request<T> {
        bearer(message, &post.token_at(self.clock.now()))
    }

    /// Files an order.
    pub async fn file(&mut self, order: &Order) -> Result<proto::Poll, Status> {
        let request = proto::SubmitOrderRequest { order: Some(order.into()), ..Default::default() };
        let request = self.by(Post::Initiator, request);
        Ok(self.polls.submit_order(request).await?.into_inner().poll.unwrap())
    }

    /// Files an order and approves it.
    pub async fn create(&mut self, order: &Order) -> Result<proto::Poll, Status> {
        let order = self.current(order);
        let poll = self.file(&order).await?;
        self.approve(&poll).await
    }

    /// Approves a filed order.
    pub async fn approve(&mut self, poll: &proto::Poll) -> Result<proto::Poll, Status> {
        let (poll_id, order_hash) = (poll.id.clone(), poll.order_hash.clone());
        let request = proto::ApproveOrderRequest { poll_id, order_hash };
        let request = self.by(Post::Organiser, request);
        Ok(self.polls.approve_order(request).await?.into_inner().poll.unwrap())
    }

    /// The order, open from a minute ago for half a year, unless it says itself when.
    pub fn current(&self, order: &Order) -> Order {
        if order.opens_at.is_empty() { dated_at(order, self.clock.now()) } else { order.clone() }
    }

    /// Schedules an approved poll whose time has come.
    pub async fn open(&mut self, poll_id: &str) -> Result<proto::Poll, Status> {
        let request = proto::SchedulePollRequest { poll_id: poll_id.to_owned() };
        let request = self.by(Post::Organiser, request);
        Ok(self.polls.schedule_poll(request).await?.into_inner().poll.unwrap())
    }

    /// Ends a poll.
    pub async fn close(&mut self, poll_id: &str) -> Result<proto::Poll, Status> {
        let request = proto::EndPollRequest {
            poll_id: poll_id.to_owned(),
            reason: proto::CloseReason::InitiatorDecision.into(),
            note: String::new(),
        };
        let request = self.by(Post::Organiser, request);
        Ok(self.polls.end_poll(request).await?.into_inner().poll.unwrap())
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

/// The people of the key room: operators and officers, in pairs.
pub struct Custodian {
    pub client: CustodyServiceClient<Channel>,
    desk: StaffServiceClient<Channel>,
}

impl Custodian {
    pub async fn of(addresses: &Addresses) -> Self {
        Staff::of(addresses).await;
        let line = channel(addresses.staff).await;
        Self {
            client: CustodyServiceClient::new(line.clone()),
            desk: StaffServiceClient::new(line),
        }
    }

    /// What one person proposed, confirmed by another.
    pub async fn confirm(
        &mut self,
        post: Post,
        number: u64,
    ) -> Result<proto::ConfirmProposalResponse, Status> {
        let request = post.request(proto::ConfirmProposalRequest { number });
        Ok(self.desk.confirm_proposal(request).await?.into_inner())
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
        let response = self.client.revoke_issuer_key(Post::Operator.request(request)).await?;
        Ok(response.into_inner().revocation.unwrap())
    }

    pub async fn revocations(&mut self) -> Vec<proto::Revocation> {
        let request = Post::Operator.request(proto::ListRevocationsRequest {});
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
        let request = Post::Operator.request(request);
        let proposal = self.client.excise_issuer_key(request).await?.into_inner().proposal.unwrap();
        Ok(self.confirm(Post::SecondOperator, proposal.number).await?.poll.unwrap())
    }

    pub async fn rotate(&mut self) -> Result<proto::RotateWrappingKeyResponse, Status> {
        let request = proto::RotateWrappingKeyRequest { reference: "act 9".to_owned() };
        Ok(self.client.rotate_wrapping_key(Post::Operator.request(request)).await?.into_inner())
    }

    /// Erases a poll by a court's order; the poll, and the record.
    pub async fn erase(&mut self, poll: &str) -> Result<(proto::Poll, Vec<u8>), Status> {
        let request = proto::ErasePollRequest {
            poll_id: poll.to_owned(),
            ground: proto::ErasureGround::CourtOrder.into(),
            reference: "910/1/26".to_owned(),
        };
        let request = Post::Officer.request(request);
        let proposal = self.client.erase_poll(request).await?.into_inner().proposal.unwrap();
        let response = self.confirm(Post::SecondOfficer, proposal.number).await?;
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
