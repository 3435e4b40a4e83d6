//! A whole engine with a poll that is open, and its clients over gRPC.

use holos::poll::Order;
use holos::process::server::{self, Running};
use holos_wire::proto::ballot_service_client::BallotServiceClient;
use holos_wire::proto::poll_service_client::PollServiceClient;
use holos_wire::proto::staff_service_client::StaffServiceClient;
use holos_wire::proto::{self, ballot::Credential};
use tempfile::TempDir;
use tonic::Request;
use tonic::transport::Channel;

pub struct Bench {
    _folder: TempDir,
    pub running: Running,
    pub poll: String,
}

impl Bench {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = server::start(super::config(folder.path())).await.unwrap();
        let staff = format!("http://{}", running.addresses.staff);
        register(&staff).await;
        let poll_id = open_poll(&staff, "first").await;
        Self { _folder: folder, running, poll: poll_id }
    }

    pub async fn client(&self) -> BallotServiceClient<Channel> {
        let address = format!("http://{}", self.running.addresses.ingest);
        BallotServiceClient::connect(address).await.unwrap()
    }
}

/// Registers two people: one files orders, the other approves them.
async fn register(address: &str) {
    let mut desk = StaffServiceClient::connect(address.to_owned()).await.unwrap();
    let bootstrap = format!("Bearer {}", super::STAFF_TOKEN);
    for (subject, role) in
        [("initiator", proto::StaffRole::Initiator), ("organiser", proto::StaffRole::Organiser)]
    {
        let account = proto::StaffAccount {
            token_issuer: "office".to_owned(),
            token_subject: subject.to_owned(),
            name: "Bench".to_owned(),
            position: subject.to_owned(),
            unit: "benches".to_owned(),
            body_code: super::order().initiator.code,
            role: role.into(),
            undertaking_date: "2022-02-07".to_owned(),
            undertaking_reference: subject.to_owned(),
            ..Default::default()
        };
        let request = proto::RegisterStaffRequest { account: Some(account) };
        desk.register_staff(with(&bootstrap, request)).await.unwrap();
    }
}

/// The way of the procedure, to a poll that is open; an initiator files each reference once.
pub async fn open_poll(address: &str, reference: &str) -> String {
    let by = |subject: &str| format!("Bearer {}", super::staff_token(subject));
    let mut polls = PollServiceClient::connect(address.to_owned()).await.unwrap();
    let order = Order { reference: reference.to_owned(), ..super::order() };
    let order = Some((&order).into());
    let request = proto::SubmitOrderRequest { order, ..Default::default() };
    let filed = polls.submit_order(with(&by("initiator"), request)).await.unwrap();
    let poll = filed.into_inner().poll.unwrap();
    let (poll_id, order_hash) = (poll.id, poll.order_hash);
    let request = proto::ApproveOrderRequest { poll_id: poll_id.clone(), order_hash };
    polls.approve_order(with(&by("organiser"), request)).await.unwrap();
    let request = proto::SchedulePollRequest { poll_id: poll_id.clone() };
    polls.schedule_poll(with(&by("organiser"), request)).await.unwrap();
    poll_id
}

pub fn with<T>(authorization: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", authorization.parse().unwrap());
    request
}

pub fn vouched<T>(message: T) -> Request<T> {
    with(&format!("Bearer app.{}", super::SECRET), message)
}

pub fn ballot(voter: u64, credential: Credential) -> proto::Ballot {
    let options = ["working-day", "day-off", "undecided"];
    proto::Ballot {
        credential: Some(credential),
        notice_version: 1,
        decline_breakdowns: false,
        answers: vec![proto::Answer {
            question_id: String::new(),
            option_ids: vec![options[usize::try_from(voter % 3).unwrap()].to_owned()],
        }],
    }
}
