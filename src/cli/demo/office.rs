//! A ministry in small, for the demo and for trying out an issuer: an initiator and an organiser
//! with accounts of their own, who take an order the way of the procedure.

use std::net::SocketAddr;

use anyhow::Context;
use jiff::{ToSpan, Unit};
use tonic::transport::Channel;
use tonic::{Code, Request};

use super::calls::{authorize, connect};
use crate::cli::staff::trial;
use crate::count::authenticate::mint::TestIssuer;
use crate::ground::clock::Clock;
use crate::poll::Order;
use holos_wire::proto;
use holos_wire::proto::poll_service_client::PollServiceClient;
use holos_wire::proto::staff_service_client::StaffServiceClient;

/// Who files.
const INITIATOR: &str = "initiator";
/// Who approves and runs the poll.
const ORGANISER: &str = "organiser";
/// Hours for which its tokens are good.
const TOKEN_HOURS: i64 = 1;
/// Days for which its polls are open.
const OPEN_DAYS: i64 = 7;

/// The office's line to an engine.
pub(in crate::cli) struct Office {
    issuer: TestIssuer,
    polls: PollServiceClient<Channel>,
    staff: StaffServiceClient<Channel>,
}

/// The order, open from now on for a week.
pub(in crate::cli) fn from_now(mut order: Order) -> anyhow::Result<Order> {
    let now = Clock::system().now().to_zoned_datetime(crate::poll::kyiv());
    let opens = now.round(Unit::Second)?.checked_sub(1.second())?;
    order.opens_at = opens.to_string();
    order.closes_at = opens.checked_add(OPEN_DAYS.days())?.to_string();
    Ok(order)
}

impl Office {
    /// Connects to the staff listener and registers the two people.
    pub(in crate::cli) async fn open(
        address: SocketAddr,
        bootstrap: &str,
        issuer: TestIssuer,
        body_code: &str,
    ) -> anyhow::Result<Self> {
        let channel = connect(address).await?;
        let (polls, staff) =
            (PollServiceClient::new(channel.clone()), StaffServiceClient::new(channel));
        let mut office = Self { issuer, polls, staff };
        for (subject, role) in
            [(INITIATOR, proto::StaffRole::Initiator), (ORGANISER, proto::StaffRole::Organiser)]
        {
            office.register(bootstrap, subject, role, body_code).await?;
        }
        Ok(office)
    }

    async fn register(
        &mut self,
        bootstrap: &str,
        subject: &str,
        role: proto::StaffRole,
        body_code: &str,
    ) -> anyhow::Result<()> {
        let account = proto::StaffAccount {
            token_issuer: trial::ISSUER.to_owned(),
            token_subject: subject.to_owned(),
            name: "Test Account".to_owned(),
            position: subject.to_owned(),
            unit: "test office".to_owned(),
            body_code: body_code.to_owned(),
            role: role.into(),
            undertaking_date: "2022-02-07".to_owned(),
            undertaking_reference: format!("test {subject}"),
            ..proto::StaffAccount::default()
        };
        let mut request = Request::new(proto::RegisterStaffRequest { account: Some(account) });
        authorize(&mut request, bootstrap)?;
        match self.staff.register_staff(request).await {
            Ok(_) => Ok(()),
            // The folder is used once more.
            Err(status) if status.code() == Code::AlreadyExists => Ok(()),
            Err(status) => Err(status).context("registering staff"),
        }
    }

    /// Files the order, approves it, and lets the poll open; its identifier.
    pub(in crate::cli) async fn run(&mut self, order: &Order) -> anyhow::Result<String> {
        let request = proto::SubmitOrderRequest { order: Some(order.into()), ..Default::default() };
        let request = self.request(request, INITIATOR)?;
        let filed = self.polls.submit_order(request).await.context("filing the order")?;
        let poll = filed.into_inner().poll.context("SubmitOrder answered without a poll")?;
        let (poll_id, order_hash) = (poll.id.clone(), poll.order_hash);
        let request = proto::ApproveOrderRequest { poll_id: poll_id.clone(), order_hash };
        let request = self.request(request, ORGANISER)?;
        self.polls.approve_order(request).await.context("approving the order")?;
        let request = proto::SchedulePollRequest { poll_id: poll_id.clone() };
        let request = self.request(request, ORGANISER)?;
        self.polls.schedule_poll(request).await.context("scheduling the poll")?;
        Ok(poll_id)
    }

    /// Ends the poll: the replay is over long before its time is.
    pub(in crate::cli) async fn end(&mut self, poll: &str) -> anyhow::Result<()> {
        let request = proto::EndPollRequest {
            poll_id: poll.to_owned(),
            reason: proto::CloseReason::InitiatorDecision.into(),
            note: "all ballots of the replay are cast".to_owned(),
        };
        let request = self.request(request, ORGANISER)?;
        self.polls.end_poll(request).await.context("ending the poll")?;
        Ok(())
    }

    fn request<T>(&self, message: T, subject: &str) -> anyhow::Result<Request<T>> {
        let mut request = Request::new(message);
        authorize(&mut request, &trial::mint(&self.issuer, subject, TOKEN_HOURS))?;
        Ok(request)
    }
}
