//! What staff do to a world, and what must hold of the answers to them.

use super::*;

/// The numbers of the last of each kind, as far as answers told them.
#[derive(Default)]
pub(super) struct Numbers {
    proposal: u64,
    incident: u64,
    request: u64,
}

impl Numbers {
    /// The number that a method of this kind means.
    pub(super) fn last(&self, method: Method) -> Option<u64> {
        match method {
            Method::ConfirmProposal | Method::DeclineProposal => Some(self.proposal),
            Method::NoteIncident
            | Method::RecordNotification
            | Method::CloseIncident
            | Method::GetIncident => Some(self.incident),
            Method::ExtendRequest | Method::AnswerRequest => Some(self.request),
            // The newcomer's, who comes after all others.
            Method::WithdrawStaff => Some(Who::REGISTERED.len() as u64 + 1),
            _ => None,
        }
    }
}

impl World {
    /// Whether the door let in whom it must, and nobody else.
    pub(super) fn check_door(&self, method: Method, who: Who, reason: Option<&str>) {
        // Read before anybody is asked who it is.
        if reason == Some(Rejection::MessageMalformed.reason()) {
            return;
        }
        let expected = match who {
            Who::Nobody => Some("STAFF_UNREGISTERED"),
            Who::Bootstrap if bootstrap_may(method) => None,
            Who::Bootstrap if method == Method::WhoAmI => Some("STAFF_UNREGISTERED"),
            Who::Bootstrap => Some("ROLE_FORBIDS"),
            Who::Newcomer => match &self.newcomer {
                None => Some("STAFF_UNREGISTERED"),
                Some(held) if held.withdrawn => Some("UNDERTAKING_WITHDRAWN"),
                Some(held) => (!may(held.role, method)).then_some("ROLE_FORBIDS"),
            },
            _ => {
                let role = who.role().expect("somebody with a duty");
                (!may(role, method)).then_some("ROLE_FORBIDS")
            }
        };
        if let Some(expected) = expected {
            let nobody = who == Who::Nobody && reason == Some("STAFF_TOKEN_INVALID");
            assert!(nobody || reason == Some(expected), "{who:?} {method:?}: {reason:?}");
            return;
        }
        // Some acts that wait for a second person are for others of those who may confirm.
        let by_act = matches!(method, Method::ConfirmProposal | Method::DeclineProposal);
        let door = ["STAFF_TOKEN_INVALID", "STAFF_UNREGISTERED", "UNDERTAKING_WITHDRAWN"];
        let forbidden = reason == Some("ROLE_FORBIDS") && !by_act;
        let shut = reason.is_some_and(|reason| door.contains(&reason));
        assert!(!forbidden && !shut, "{who:?} {method:?}: {reason:?}");
    }

    fn duty(&self, who: Who) -> Option<(StaffRole, &str)> {
        match who {
            Who::Newcomer => self.newcomer.as_ref().map(|held| (held.role, held.body.as_str())),
            Who::Stranger => Some((StaffRole::Initiator, OTHER_BODY)),
            who => who.role().map(|role| (role, BODY)),
        }
    }

    /// What was carried out, and whether it may have been.
    pub(super) fn note_staff(
        &mut self,
        method: Method,
        who: Who,
        before: Option<(PollId, Phase)>,
        messages: &[Bytes],
        answers: &[Bytes],
    ) {
        let request = messages.first().cloned().unwrap_or_default();
        if method == Method::ExportLog {
            return self.note_export(answers);
        }
        let answer = answers.first().cloned().expect("an answer");
        if let (Some((id, before)), Some((role, body))) = (before, self.duty(who))
            && is_about_a_poll(method)
        {
            let poll = self.engine().poll(id).expect("a poll stays");
            let signed = method == Method::CorrectOrder
                && !read::<proto::CorrectOrderRequest>(request.clone()).jws.is_empty();
            if own_body_only(role, method) && !signed {
                assert_eq!(poll.definition.order().initiator.code, body, "{who:?} {method:?}");
            }
            assert!(
                may_lead(method, before, poll.phase),
                "{method:?}: {before:?} {:?}",
                poll.phase
            );
            if returns_the_poll(method) {
                let told = read::<Answered>(answer.clone()).poll.expect("the poll");
                assert_eq!(told.id, id.to_string());
            }
        }
        match method {
            Method::SubmitOrder => {
                let sent = read::<proto::SubmitOrderRequest>(request);
                let told = read::<proto::SubmitOrderResponse>(answer).poll.expect("a poll");
                let id = self.note_order(sent.order, sent.draft, &told);
                self.polls.insert(Slot::Newest as u8, id);
            }
            Method::CorrectOrder => {
                let sent = read::<proto::CorrectOrderRequest>(request);
                let told = read::<proto::CorrectOrderResponse>(answer).poll.expect("a poll");
                self.note_order(sent.order, sent.draft, &told);
            }
            Method::ApproveOrder => {
                let told = read::<proto::ApproveOrderResponse>(answer).poll.expect("a poll");
                assert_eq!(told.order_hash, read::<proto::ApproveOrderRequest>(request).order_hash);
                assert!(told.filed_by != told.approved_by, "approved by who filed it");
            }
            Method::SuspendAllPolls => {
                let open = self.engine().polls().into_iter().find(|poll| poll.phase == Phase::Open);
                assert!(open.is_none(), "all are suspended");
            }
            Method::ListPolls => {
                let told = read::<proto::ListPollsResponse>(answer).polls;
                let (role, body) = self.duty(who).expect("somebody with a duty");
                let foreign = |poll: &proto::Poll| {
                    let order = poll.order.as_ref().expect("an order");
                    order.initiator.as_ref().is_none_or(|initiator| initiator.code != body)
                };
                assert!(!(own_body_only(role, method) && told.iter().any(foreign)));
                assert!(told.is_sorted_by(|a, b| a.id > b.id), "newest first, each once");
            }
            Method::GetOwnResult => self.note_own_result(before, answer),
            Method::GetTurnout => {
                let told = read::<proto::GetTurnoutResponse>(answer);
                let (id, _) = before.expect("a poll");
                let counted = self.books.get(&id).map_or(0, Book::len) as u64;
                assert!(told.at_least.is_multiple_of(told.step) && told.at_least <= counted);
            }
            _ => self.note_register(method, who, request, answer),
        }
    }

    fn note_register(&mut self, method: Method, who: Who, request: Bytes, answer: Bytes) {
        match method {
            Method::RevokeIssuerKey => {
                let request = read::<proto::RevokeIssuerKeyRequest>(request);
                self.revoked |= request.issuer_id == "spare" && request.key_id == "vouched";
            }
            Method::ExciseIssuerKey | Method::ErasePoll | Method::ReleaseHeldBack => {
                let told = read::<proto::ErasePollResponse>(answer).proposal.expect("a proposal");
                assert_eq!(told.state(), proto::ProposalState::Waiting);
                self.numbers.proposal = told.number;
            }
            Method::ConfirmProposal => {
                let told = read::<proto::ConfirmProposalResponse>(answer);
                self.note_confirmed(who, &told.proposal.expect("a proposal"));
            }
            Method::DeclineProposal => {
                let told = read::<proto::DeclineProposalResponse>(answer).proposal;
                assert_eq!(told.expect("a proposal").state(), proto::ProposalState::Declined);
            }
            Method::RegisterStaff => {
                let told = read::<proto::RegisterStaffResponse>(answer).account.expect("one");
                if told.token_issuer == "office" && told.token_subject == Who::Newcomer.subject() {
                    let held = self.newcomer.as_ref().is_some_and(|held| !held.withdrawn);
                    assert!(!held, "two accounts of one person");
                    self.newcomer = Some(Newcomer {
                        number: told.number,
                        role: told.role(),
                        body: told.body_code,
                        withdrawn: false,
                    });
                }
            }
            Method::WithdrawStaff => {
                let told = read::<proto::WithdrawStaffResponse>(answer).account.expect("one");
                assert!(told.withdrawn_at.is_some());
                if let Some(held) = &mut self.newcomer {
                    held.withdrawn |= held.number == told.number;
                }
            }
            Method::WhoAmI => {
                let told = read::<proto::WhoAmIResponse>(answer).account.expect("one");
                assert_eq!(told.token_subject, who.subject());
                let (role, body) = self.duty(who).expect("somebody with a duty");
                assert!(told.role() == role && told.body_code == body);
            }
            Method::OpenIncident => {
                let told = read::<proto::OpenIncidentResponse>(answer).incident.expect("one");
                let sent = read::<proto::OpenIncidentRequest>(request);
                assert_eq!((told.title, told.description), (sent.title, sent.description));
                assert_eq!(told.number, self.numbers.incident + 1);
                self.numbers.incident = told.number;
            }
            Method::RecordNotification => {
                let held = read::<proto::RecordNotificationResponse>(answer).incident.expect("one");
                let sent = read::<proto::RecordNotificationRequest>(request);
                let told = held.notifications.last().expect("the one that was recorded");
                assert_eq!((&told.whom, &told.reference), (&sent.whom, &sent.reference));
                assert!(told.told_at <= told.at, "nobody is told in the future");
            }
            Method::CloseIncident => {
                let told = read::<proto::CloseIncidentResponse>(answer).incident.expect("one");
                assert!(told.closed_at.is_some());
            }
            Method::FileRequest => {
                let told = read::<proto::FileRequestResponse>(answer).request.expect("one");
                let sent = read::<proto::FileRequestRequest>(request);
                assert_eq!((told.kind, told.reference), (sent.kind, sent.reference));
                assert!(told.due_on > told.received_on, "a term has days");
                assert_eq!(told.number, self.numbers.request + 1);
                self.numbers.request = told.number;
            }
            Method::ListEntries => {
                let told = read::<proto::ListEntriesResponse>(answer).entries;
                assert!(told.is_sorted_by(|a, b| a.seq < b.seq), "oldest first, each once");
                for entry in told {
                    let (read, signature) =
                        holos::audit::entry::decode(entry.line.as_bytes()).expect("an entry");
                    assert_eq!((read.seq, read.event.kind()), (entry.seq, entry.kind.as_str()));
                    assert!(holos::audit::entry::is_signed(&read, &signature, &self.key));
                }
            }
            _ => {}
        }
    }

    /// An order is kept as it was sent, and only a right one is.
    fn note_order(&self, sent: Option<proto::Order>, draft: bool, told: &proto::Poll) -> PollId {
        let mut sent = sent.unwrap_or_default();
        if let Some(participants) = &mut sent.participants
            && participants.eligibility == Some(proto::Eligibility::default())
        {
            // No condition is said in one way.
            participants.eligibility = None;
        }
        if let Some(rules) = &mut sent.publication
            && rules.early_end() == proto::EarlyEnd::Unspecified
        {
            // Publishing after an early end, too.
            rules.early_end = proto::EarlyEnd::Publish.into();
        }
        assert!(told.order == Some(sent), "the order is kept as it was sent");
        let expected = if draft { proto::PollPhase::Draft } else { proto::PollPhase::Filed };
        assert_eq!(told.phase(), expected);
        let id: PollId = told.id.parse().expect("an id");
        let engine = self.engine();
        let kept = engine.poll(id).expect("the poll is there").definition.order().clone();
        assert_eq!(told.order_hash, kept.hash().to_string());
        let rules = engine.rules();
        assert!(kept.check(&rules).is_ok(), "what is accepted is right");
        id
    }

    fn note_own_result(&self, before: Option<(PollId, Phase)>, answer: Bytes) {
        let told = read::<proto::GetOwnResultResponse>(answer);
        let (id, _) = before.expect("a poll");
        let poll = self.engine().poll(id).expect("a poll stays");
        if poll.is_held_back() {
            return;
        }
        let none = Book::default();
        let book = self.books.get(&id).unwrap_or(&none);
        assert_eq!(told.total, book.len() as u64);
        assert!(told.total >= poll.definition.order().publication.minimum_answers);
        let counts = book.counts();
        for option in told.options {
            let counted = counts.get(option.option_id.as_str()).copied().unwrap_or(0);
            assert_eq!(option.count, counted);
        }
    }

    /// What two people have decided.
    fn note_confirmed(&mut self, who: Who, told: &proto::Proposal) {
        assert_eq!(told.state(), proto::ProposalState::Confirmed);
        assert_ne!(told.proposed_by, told.ended_by, "one person decided alone");
        let role = self.duty(who).map(|(role, _)| role).expect("somebody with a duty");
        let id: PollId = told.poll_id.parse().expect("an id");
        let poll = self.engine().poll(id).expect("its definition stays");
        let own = match told.act.as_str() {
            "erase_poll" => {
                assert!(!poll.phase.has_keys());
                self.books.entry(id).or_default().erased = true;
                Method::ErasePoll
            }
            "excise_issuer_key" => {
                if told.issuer_id == "spare" && told.key_id == "vouched" {
                    assert!(self.revoked, "only what is revoked is taken out");
                    self.books.entry(id).or_default().excise("spare");
                }
                Method::ExciseIssuerKey
            }
            "release_held_back" => {
                assert!(!poll.is_held_back());
                self.books.entry(id).or_default().agreed = true;
                Method::ReleaseHeldBack
            }
            other => panic!("an act of two people: {other}"),
        };
        assert!(may(role, own), "confirmed by who may not propose it");
    }

    /// The log in somebody else's hands holds by itself.
    fn note_export(&self, answers: &[Bytes]) {
        let chunks = answers.iter().map(|answer| {
            let answer = read::<proto::ExportLogResponse>(answer.clone());
            answer.chunk
        });
        let export: Vec<u8> = chunks.flatten().collect();
        let verified = holos::audit::verify_export(&export[..], &self.key, None);
        let verified = verified.unwrap_or_else(|flaw| panic!("the exported log: {flaw}"));
        assert!(verified.entries > 0 && verified.first == Some(0));
    }

    /// A call that is known to be good.
    ///
    /// # Panics
    /// When it is refused.
    pub(super) async fn ask<Q: Message, A: Message + Default>(
        &self,
        who: Who,
        method: Method,
        request: &Q,
    ) -> A {
        let header = who.header(self.clock.now());
        let message = Bytes::from(request.encode_to_vec());
        let (answers, end) = self.lines.call(method, header.as_deref(), vec![message]).await;
        assert!(end.is_none(), "{who:?} {method:?}: {end:?}");
        read(answers.first().cloned().expect("an answer"))
    }

    /// A call about a poll that is known to be good; the poll after it.
    async fn act<Q: Message>(&self, who: Who, method: Method, request: &Q) -> proto::Poll {
        self.ask::<_, Answered>(who, method, request).await.poll.expect("the poll")
    }

    /// Files an order; the poll, and the hash by which it is approved.
    pub(super) async fn file(&self, order: &Order) -> (PollId, String) {
        let order = Some(proto::Order::from(order));
        let request = proto::SubmitOrderRequest { order, ..Default::default() };
        let poll = self.act(Who::Initiator, Method::SubmitOrder, &request).await;
        (poll.id.parse().expect("an id"), poll.order_hash)
    }

    pub(super) async fn approve(&self, poll: PollId, order_hash: String) {
        let request = proto::ApproveOrderRequest { poll_id: poll.to_string(), order_hash };
        self.act(Who::Organiser, Method::ApproveOrder, &request).await;
    }

    /// Schedules a poll whose time has come: it opens.
    pub(super) async fn schedule(&self, poll: PollId) {
        let request = proto::SchedulePollRequest { poll_id: poll.to_string() };
        let poll = self.act(Who::Organiser, Method::SchedulePoll, &request).await;
        assert_eq!(poll.phase(), proto::PollPhase::Open);
    }

    pub(super) async fn suspend(&self, poll: PollId) {
        let request =
            proto::SuspendPollRequest { poll_id: poll.to_string(), reason: "a look".to_owned() };
        self.act(Who::Operator, Method::SuspendPoll, &request).await;
    }

    pub(super) async fn resume(&self, poll: PollId) {
        let request =
            proto::ResumePollRequest { poll_id: poll.to_string(), reason: "looked".to_owned() };
        self.act(Who::Organiser, Method::ResumePoll, &request).await;
    }

    pub(super) async fn end(&self, poll: PollId) {
        let request = proto::EndPollRequest {
            poll_id: poll.to_string(),
            reason: proto::CloseReason::InitiatorDecision.into(),
            note: String::new(),
        };
        self.act(Who::Organiser, Method::EndPoll, &request).await;
    }
}

/// Whether the first field names a poll that the call is about.
fn is_about_a_poll(method: Method) -> bool {
    returns_the_poll(method)
        || matches!(
            method,
            Method::GetOrderHistory
                | Method::GetOwnResult
                | Method::GetTurnout
                | Method::GetAnswerSheet
                | Method::ExciseIssuerKey
                | Method::ErasePoll
                | Method::ReleaseHeldBack
        )
}

/// Whether the answer is the poll after an act on it, or the poll as it is.
fn returns_the_poll(method: Method) -> bool {
    use Method as M;
    matches!(
        method,
        M::CorrectOrder
            | M::ReturnOrder
            | M::WithdrawOrder
            | M::ApproveOrder
            | M::SchedulePoll
            | M::SuspendPoll
            | M::ResumePoll
            | M::ExtendPoll
            | M::EndPoll
            | M::GiveConsent
            | M::WithdrawConsent
            | M::AttachDecision
            | M::GetPoll
    )
}
