//! The office of a running engine: who may do what, what two people must agree on, what stands in
//! the audit log, and the registers of incidents and requests.
//!
//! Everything goes over real gRPC to the staff listener, as the people of [`Post`].

use std::collections::BTreeMap;

use holos::ground::clock::Clock;
use holos::ground::faults::Faults;
use holos::process::server::Running;
use holos::staff::{Account, Credential};
use holos_wire::proto::audit_service_client::AuditServiceClient;
use holos_wire::proto::custody_service_client::CustodyServiceClient;
use holos_wire::proto::incident_service_client::IncidentServiceClient;
use holos_wire::proto::poll_service_client::PollServiceClient;
use holos_wire::proto::request_service_client::RequestServiceClient;
use holos_wire::proto::staff_service_client::StaffServiceClient;
use holos_wire::proto::{self, AuditEntry, ListEntriesRequest};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::support::home::kill;
use super::support::people::bearer;
use super::support::{Answered, Backend, Home, Post, Staff, order, reason_of};

mod access;
mod audit;
mod bodies;
mod cli;
mod export;
mod incidents;
mod matrix;
mod pairs;
mod requests;
mod sign_in;

/// An engine with everybody registered, and a line to its staff listener.
struct Office {
    home: Home,
    running: Running,
    staff: Staff,
    clock: Clock,
    line: Channel,
}

impl Office {
    async fn new() -> Self {
        Self::at(Home::new(), Clock::system()).await
    }

    async fn at(home: Home, clock: Clock) -> Self {
        let running = home.try_start(clock.clone(), Faults::none()).await.unwrap();
        let staff = Staff::at(&running.addresses, clock.clone()).await;
        let address = format!("http://{}", running.addresses.staff);
        let line = Channel::from_shared(address).unwrap().connect().await.unwrap();
        Self { home, running, staff, clock, line }
    }

    /// The same office after its process was killed.
    async fn restarted(self) -> Self {
        let Self { home, running, clock, staff, line } = self;
        drop((staff, line));
        kill(running).await;
        Self::at(home, clock).await
    }

    /// Ends the engine and recounts all that it stored.
    async fn close(self) {
        let Self { home, running, staff, line, .. } = self;
        drop((staff, line));
        running.shutdown().await;
        home.assert_sound();
    }

    fn polls(&self) -> PollServiceClient<Channel> {
        PollServiceClient::new(self.line.clone())
    }

    fn desk(&self) -> StaffServiceClient<Channel> {
        StaffServiceClient::new(self.line.clone())
    }

    fn custody(&self) -> CustodyServiceClient<Channel> {
        CustodyServiceClient::new(self.line.clone())
    }

    fn log(&self) -> AuditServiceClient<Channel> {
        AuditServiceClient::new(self.line.clone())
    }

    fn incidents(&self) -> IncidentServiceClient<Channel> {
        IncidentServiceClient::new(self.line.clone())
    }

    fn requests(&self) -> RequestServiceClient<Channel> {
        RequestServiceClient::new(self.line.clone())
    }

    /// A call of this person.
    fn by<T>(&self, post: Post, message: T) -> Request<T> {
        bearer(message, &post.token_at(self.clock.now()))
    }

    /// The account of this person: the one with access, or else the last.
    fn account(&self, post: Post) -> Account {
        let credential = Credential::Token { issuer: "office".to_owned(), subject: post.subject() };
        self.running.engine().office.account_of(&credential).expect("everybody is registered")
    }

    /// All entries that this asks for, page after page.
    async fn entries(&self, mut asked: ListEntriesRequest) -> Vec<AuditEntry> {
        let mut entries = Vec::new();
        loop {
            let request = self.by(Post::Auditor, asked.clone());
            let page = self.log().list_entries(request).await.unwrap().into_inner();
            entries.extend(page.entries);
            if page.next_page_token.is_empty() {
                return entries;
            }
            assert_ne!(page.next_page_token, asked.page_token, "pages go on");
            asked.page_token = page.next_page_token;
        }
    }

    /// The entries of these kinds; of all but the folds, when none is named.
    async fn entries_of(&self, kinds: &[&str]) -> Vec<AuditEntry> {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let asked = ListEntriesRequest { kinds, without_folds: true, ..Default::default() };
        self.entries(asked).await
    }

    /// Ends the access of this person.
    async fn withdraw(&self, post: Post) -> proto::StaffAccount {
        let request = proto::WithdrawStaffRequest {
            number: self.account(post).number,
            reason: proto::WithdrawalReason::Transfer.into(),
            reference: "order 12".to_owned(),
        };
        let request = self.by(Post::SecondOfficer, request);
        self.desk().withdraw_staff(request).await.unwrap().into_inner().account.unwrap()
    }

    /// Registers this person anew, under an undertaking of this number.
    async fn register_anew(&self, post: Post, undertaking: &str) -> proto::StaffAccount {
        let account =
            proto::StaffAccount { undertaking_reference: undertaking.to_owned(), ..post.account() };
        let request = proto::RegisterStaffRequest { account: Some(account) };
        let request = self.by(Post::SecondOfficer, request);
        self.desk().register_staff(request).await.unwrap().into_inner().account.unwrap()
    }

    /// A poll that has closed with this many answers.
    async fn closed(&mut self, reference: &str, voters: u64) -> proto::Poll {
        let poll = self.staff.open_new(&order(reference, 3)).await;
        if voters > 0 {
            self.cast(&poll, 0..voters).await;
        }
        self.staff.close(&poll).await.unwrap()
    }

    /// Counts a ballot of each of these voters.
    async fn cast(&self, poll: &str, voters: std::ops::Range<u64>) {
        let mut app = Backend::vouched(&self.running.addresses, "app").await;
        let ballots = voters.map(|voter| Backend::ballot(voter, 0)).collect();
        let answers = app.cast_all(poll, ballots).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
    }
}

/// A status of this code and reason.
#[track_caller]
fn assert_refused(status: &Status, code: Code, reason: &str) {
    assert_eq!((status.code(), reason_of(status).as_str()), (code, reason), "{status:?}");
}

/// What a status says beside its reason.
fn metadata(status: &Status) -> BTreeMap<String, String> {
    status.get_details_error_info().unwrap().metadata.into_iter().collect()
}

/// The fields that a status names, in order; the first of them also in its metadata and text.
#[track_caller]
fn fields(status: &Status) -> Vec<String> {
    assert_refused(status, Code::InvalidArgument, "FIELD_INVALID");
    let named = status.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<_> = named.into_iter().map(|named| named.field).collect();
    assert_eq!(metadata(status)["field"], fields[0]);
    assert!(status.message().starts_with(&format!("{}: ", fields[0])), "{status:?}");
    fields
}

/// The kinds of entries, in order.
fn kinds(entries: &[AuditEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.kind.as_str()).collect()
}

/// The event of an entry, as its signed line says it.
fn event(entry: &AuditEntry) -> serde_json::Value {
    let line: serde_json::Value = serde_json::from_str(&entry.line).unwrap();
    line["event"].clone()
}
