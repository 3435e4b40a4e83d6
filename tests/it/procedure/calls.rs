//! The calls of the procedure, each by whose duty it is.

use holos::poll::Order;
use holos_wire::proto;
use holos_wire::proto::custody_service_client::CustodyServiceClient;
use jiff::Timestamp;
use tonic::Status;
use tonic::transport::Channel;

use super::{Post, World, kyiv};

macro_rules! poll_of {
    ($world:ident, $post:expr, $method:ident, $request:expr) => {{
        let request = $world.staff.by($post, $request);
        Ok($world.staff.polls.$method(request).await?.into_inner().poll.unwrap())
    }};
}

impl World {
    pub async fn submit(
        &mut self,
        post: Post,
        request: proto::SubmitOrderRequest,
    ) -> Result<proto::Poll, Status> {
        poll_of!(self, post, submit_order, request)
    }

    pub async fn correct(
        &mut self,
        poll: &str,
        order: &Order,
        draft: bool,
    ) -> Result<proto::Poll, Status> {
        let (poll_id, order) = (poll.to_owned(), Some(order.into()));
        let request = proto::CorrectOrderRequest { poll_id, order, draft, ..Default::default() };
        poll_of!(self, Post::Initiator, correct_order, request)
    }

    pub async fn give_back(&mut self, poll: &str) -> Result<proto::Poll, Status> {
        let (field, rule) = ("title.uk".to_owned(), "is not clear".to_owned());
        let reasons = vec![proto::FieldRule { field, rule }];
        let request = proto::ReturnOrderRequest { poll_id: poll.to_owned(), reasons };
        poll_of!(self, Post::Organiser, return_order, request)
    }

    pub async fn withdraw(&mut self, poll: &str) -> Result<proto::Poll, Status> {
        let request = proto::WithdrawOrderRequest { poll_id: poll.to_owned() };
        poll_of!(self, Post::Initiator, withdraw_order, request)
    }

    /// Approves the order with this hash.
    pub async fn approve(
        &mut self,
        post: Post,
        poll: &str,
        order_hash: &str,
    ) -> Result<proto::Poll, Status> {
        let (poll_id, order_hash) = (poll.to_owned(), order_hash.to_owned());
        let request = proto::ApproveOrderRequest { poll_id, order_hash };
        poll_of!(self, post, approve_order, request)
    }

    pub async fn suspend(&mut self, poll: &str) -> Result<proto::Poll, Status> {
        let (poll_id, reason) = (poll.to_owned(), "the app is down".to_owned());
        let request = proto::SuspendPollRequest { poll_id, reason };
        poll_of!(self, Post::Organiser, suspend_poll, request)
    }

    pub async fn resume(&mut self, poll: &str) -> Result<proto::Poll, Status> {
        let (poll_id, reason) = (poll.to_owned(), "the app is up".to_owned());
        let request = proto::ResumePollRequest { poll_id, reason };
        poll_of!(self, Post::Organiser, resume_poll, request)
    }

    pub async fn extend(&mut self, poll: &str, to: Timestamp) -> Result<proto::Poll, Status> {
        self.extend_to(poll, &kyiv(to)).await
    }

    pub async fn extend_to(&mut self, poll: &str, closes_at: &str) -> Result<proto::Poll, Status> {
        let (poll_id, closes_at) = (poll.to_owned(), closes_at.to_owned());
        let reason = "the app was down for an hour".to_owned();
        let request = proto::ExtendPollRequest { poll_id, closes_at, reason };
        poll_of!(self, Post::Organiser, extend_poll, request)
    }

    pub async fn end_early(
        &mut self,
        poll: &str,
        reason: proto::CloseReason,
    ) -> Result<proto::Poll, Status> {
        let (poll_id, note) = (poll.to_owned(), "by letter 3".to_owned());
        let request = proto::EndPollRequest { poll_id, reason: reason.into(), note };
        poll_of!(self, Post::Organiser, end_poll, request)
    }

    pub async fn consent(&mut self, poll: &str) -> Result<proto::Poll, Status> {
        let (poll_id, reference) = (poll.to_owned(), "letter 7".to_owned());
        let request = proto::GiveConsentRequest { poll_id, reference };
        poll_of!(self, Post::Initiator, give_consent, request)
    }

    pub async fn take_consent_back(&mut self, poll: &str) -> Result<proto::Poll, Status> {
        let (poll_id, reference) = (poll.to_owned(), "letter 8".to_owned());
        let request = proto::WithdrawConsentRequest { poll_id, reference };
        poll_of!(self, Post::Initiator, withdraw_consent, request)
    }

    pub async fn decide(
        &mut self,
        poll: &str,
        decision: proto::Decision,
    ) -> Result<proto::Poll, Status> {
        let (poll_id, decision) = (poll.to_owned(), Some(decision));
        let request = proto::AttachDecisionRequest { poll_id, decision };
        poll_of!(self, Post::Initiator, attach_decision, request)
    }

    pub async fn get(&mut self, poll: &str) -> proto::Poll {
        let request = proto::GetPollRequest { poll_id: poll.to_owned() };
        let request = self.staff.by(Post::Organiser, request);
        self.staff.polls.get_poll(request).await.unwrap().into_inner().poll.unwrap()
    }

    pub async fn own_result(
        &mut self,
        post: Post,
        poll: &str,
    ) -> Result<proto::GetOwnResultResponse, Status> {
        let request = proto::GetOwnResultRequest { poll_id: poll.to_owned() };
        let request = self.staff.by(post, request);
        Ok(self.staff.polls.get_own_result(request).await?.into_inner())
    }

    pub async fn sheet(&mut self, poll: &str, language: &str) -> Result<String, Status> {
        let (poll_id, language) = (poll.to_owned(), language.to_owned());
        let request = proto::GetAnswerSheetRequest { poll_id, language };
        let request = self.staff.by(Post::Organiser, request);
        Ok(self.staff.polls.get_answer_sheet(request).await?.into_inner().text)
    }

    /// Erases a poll before its time: proposed by one officer, confirmed by another.
    pub async fn erase(&mut self, poll: &str) -> Result<proto::Poll, Status> {
        let endpoint = Channel::from_shared(format!("http://{}", self.running.addresses.staff));
        let mut custody = CustodyServiceClient::new(endpoint.unwrap().connect().await.unwrap());
        let request = proto::ErasePollRequest {
            poll_id: poll.to_owned(),
            ground: proto::ErasureGround::CourtOrder.into(),
            reference: "910/1/26".to_owned(),
        };
        let request = self.staff.by(Post::Officer, request);
        let number = custody.erase_poll(request).await?.into_inner().proposal.unwrap().number;
        let request = proto::ConfirmProposalRequest { number };
        let request = self.staff.by(Post::SecondOfficer, request);
        Ok(self.staff.desk.confirm_proposal(request).await?.into_inner().poll.unwrap())
    }
}

/// A decision as it is attached.
pub fn decision(reference: &str) -> proto::Decision {
    proto::Decision {
        date: "2026-10-24".to_owned(),
        title: Some(proto::LocalizedText {
            uk: "Про вихідний день".to_owned(),
            en: "On the day off".to_owned(),
        }),
        reference: reference.to_owned(),
        address: "https://example.org/decisions/12".to_owned(),
    }
}
