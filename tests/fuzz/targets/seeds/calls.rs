//! Calls to begin with: each method, by who may and by who may not.

use super::*;

/// A byte names the method, one the caller, then the message follows.
fn call(name: &str, method: Method, who: u8, message: &[u8]) -> (String, Vec<u8>) {
    let at = Method::ALL.iter().position(|other| *other == method).expect("one of all");
    let at = u8::try_from(at).expect("a few");
    named(name, &[&[at, who], message])
}

pub(super) fn calls() -> Vec<(String, Vec<u8>)> {
    [
        cast_calls(),
        subject_calls(),
        order_calls(),
        poll_calls(),
        public_calls(),
        custody_calls(),
        register_calls(),
        book_calls(),
    ]
    .concat()
}

fn token_ballot(voter: u8, slot: Slot) -> proto::Ballot {
    let token = proto::ballot::Credential::Token(token_stand_in(voter, slot));
    proto::Ballot { credential: Some(token), ..ballot(voter, 0) }
}

/// Of a voter who meets every condition of the demanding poll.
fn claiming_ballot(voter: u8) -> proto::Ballot {
    let claims = proto::StatedClaims {
        age_over: vec![14, 18],
        birth_year: Some(1990),
        region: "UA80000000000093317".to_owned(),
        citizenship: "UA".to_owned(),
        groups: vec!["students".to_owned()],
    };
    let voter = proto::VouchedVoter {
        subject: Bytes::copy_from_slice(&subject(voter)),
        claims: Some(claims),
        pseudonym_key_id: "citizens-1".to_owned(),
    };
    proto::Ballot { credential: Some(proto::ballot::Credential::Voter(voter)), ..ballot(0, 1) }
}

/// As many voters as must lie between two releases.
fn crowd() -> Vec<proto::Ballot> {
    (36..48).map(|voter| ballot(voter, usize::from(voter) % 3)).collect()
}

fn cast_calls() -> Vec<(String, Vec<u8>)> {
    let one = |ballot, slot| {
        let poll_id = poll_stand_in(slot);
        proto::CastBallotRequest { poll_id, ballot: Some(ballot) }.encode_to_vec()
    };
    let many = |ballots, slot| {
        proto::CastBallotsRequest { poll_id: poll_stand_in(slot), ballots }.encode_to_vec()
    };
    let batch = |sequence, ballots| {
        let poll_id = poll_stand_in(Slot::Open);
        let message = proto::StreamBallotsRequest { sequence, poll_id, ballots }.encode_to_vec();
        let length = u16::try_from(message.len()).expect("a short batch").to_le_bytes();
        [&length[..], &message].concat()
    };
    let stream =
        [batch(7, vec![ballot(40, 0), ballot(41, 1)]), batch(8, vec![ballot(40, 2)])].concat();
    vec![
        call("cast-stated", Method::CastBallot, 1, &one(ballot(30, 0), Slot::Open)),
        call("cast-token", Method::CastBallot, 0, &one(token_ballot(1, Slot::Open), Slot::Open)),
        call("cast-claims", Method::CastBallot, 2, &one(claiming_ballot(31), Slot::Demanding)),
        call("cast-stranger", Method::CastBallot, 3, &one(ballot(32, 0), Slot::Open)),
        call("cast-closed", Method::CastBallot, 1, &one(ballot(100, 0), Slot::Published)),
        call(
            "cast-many",
            Method::CastBallots,
            1,
            &many(vec![ballot(33, 0), token_ballot(2, Slot::Open), ballot(33, 1)], Slot::Open),
        ),
        call("cast-unopened", Method::CastBallots, 1, &many(vec![ballot(34, 0)], Slot::Newest)),
        call("cast-suspended", Method::CastBallot, 1, &one(ballot(35, 0), Slot::Suspended)),
        call("cast-live", Method::CastBallots, 1, &many(crowd(), Slot::Live)),
        call("stream", Method::StreamBallots, 1, &stream),
        call("stream-spare", Method::StreamBallots, 2, &stream),
    ]
}

fn subject_calls() -> Vec<(String, Vec<u8>)> {
    let asker = |credential| Some(proto::Asker { credential: Some(credential) });
    let voter = proto::VouchedVoter {
        subject: Bytes::copy_from_slice(&subject(100)),
        ..Default::default()
    };
    let by_token = asker(proto::asker::Credential::Token(token_stand_in(1, Slot::Open)));
    let by_word = asker(proto::asker::Credential::Voter(voter));
    let asked = |slot, asker| {
        proto::GetParticipationRequest { poll_id: poll_stand_in(slot), asker }.encode_to_vec()
    };
    let notice = |slot| proto::GetNoticeRequest { poll_id: poll_stand_in(slot) }.encode_to_vec();
    let list = proto::ListEligiblePollsRequest { asker: by_token.clone() };
    vec![
        call("notice", Method::GetNotice, 0, &notice(Slot::Open)),
        call("notice-approved", Method::GetNotice, 0, &notice(Slot::Approved)),
        call("participation", Method::GetParticipation, 0, &asked(Slot::Open, by_token)),
        call("participation-word", Method::GetParticipation, 1, &asked(Slot::Published, by_word)),
        call("eligible", Method::ListEligiblePolls, 0, &list.encode_to_vec()),
        call("mechanism", Method::GetProcessingMechanism, 0, &[]),
        call("feed", Method::WatchPolls, 1, &[]),
        call("feed-nobody", Method::WatchPolls, 0, &[]),
    ]
}

/// A call of somebody of the staff.
fn by<Q: Message>(name: &str, method: Method, who: Who, request: &Q) -> (String, Vec<u8>) {
    call(name, method, who.place(), &request.encode_to_vec())
}

pub(super) fn at_first() -> Timestamp {
    Timestamp::UNIX_EPOCH + NOW
}

fn order_calls() -> Vec<(String, Vec<u8>)> {
    let plain = proto::Order::from(&order(REFERENCE, at_first(), 180));
    let mut later = order(REFERENCE, at_first() + SignedDuration::from_hours(24), 90);
    later.publication.consent = true;
    let mut rich = plain.clone();
    rich.breakdowns = vec![proto::Breakdown::Region.into(), proto::Breakdown::AgeBand.into()];
    let conditions = proto::Eligibility {
        minimum_age: Some(14),
        regions: vec!["UA-05".to_owned(), "UA80000000000093317".to_owned()],
        citizenships: vec!["UA".to_owned()],
        groups: vec!["teachers".to_owned()],
    };
    rich.participants = Some(proto::Participants {
        subject_space: "citizens".to_owned(),
        eligibility: Some(conditions),
        eligible_population: Some(1_000),
    });
    let mut live = proto::Order::from(&order(REFERENCE, at_first(), 3));
    if let Some(rules) = &mut live.publication {
        rules.mode = proto::PublicationMode::Live.into();
        rules.release_minutes = Some(5);
        rules.early_end = proto::EarlyEnd::Withhold.into();
    }
    let mut strict = plain.clone();
    "resolution-90".clone_into(&mut strict.profile);
    let mut foreign = plain.clone();
    foreign.initiator =
        Some(proto::Body { code: OTHER_BODY.to_owned(), name: "Another body".to_owned() });
    let submit = |name: &str, who, order: &proto::Order, draft| {
        let order = Some(order.clone());
        let request = proto::SubmitOrderRequest { order, draft, ..Default::default() };
        by(name, Method::SubmitOrder, who, &request)
    };
    let correct = proto::CorrectOrderRequest {
        poll_id: poll_stand_in(Slot::Newest),
        order: Some(proto::Order { notice_version: 2, ..plain.clone() }),
        ..Default::default()
    };
    let reasons = vec![proto::FieldRule { field: "title".to_owned(), rule: "unclear".to_owned() }];
    let reject = proto::ReturnOrderRequest { poll_id: poll_stand_in(Slot::Newest), reasons };
    let withdraw = proto::WithdrawOrderRequest { poll_id: poll_stand_in(Slot::Newest) };
    let approve = |name: &str, slot| {
        let (poll_id, order_hash) = (poll_stand_in(slot), hash_stand_in(slot));
        let request = proto::ApproveOrderRequest { poll_id, order_hash };
        by(name, Method::ApproveOrder, Who::Organiser, &request)
    };
    vec![
        submit("submit", Who::Initiator, &plain, false),
        submit("submit-conditions", Who::Organiser, &rich, false),
        submit("submit-draft", Who::Initiator, &plain, true),
        submit("submit-later", Who::Initiator, &proto::Order::from(&later), false),
        submit("submit-live", Who::Initiator, &live, false),
        submit("submit-strict", Who::Initiator, &strict, false),
        submit("submit-foreign", Who::Initiator, &foreign, false),
        submit("submit-stranger", Who::Stranger, &foreign, false),
        by("correct", Method::CorrectOrder, Who::Initiator, &correct),
        by("return", Method::ReturnOrder, Who::Organiser, &reject),
        by("withdraw", Method::WithdrawOrder, Who::Initiator, &withdraw),
        by("withdraw-stranger", Method::WithdrawOrder, Who::Stranger, &withdraw),
        approve("approve", Slot::Newest),
        approve("approve-filed", Slot::Filed),
    ]
}

fn poll_calls() -> Vec<(String, Vec<u8>)> {
    let schedule = |slot| proto::SchedulePollRequest { poll_id: poll_stand_in(slot) };
    let reason = "a fault".to_owned();
    let suspend =
        proto::SuspendPollRequest { poll_id: poll_stand_in(Slot::Open), reason: reason.clone() };
    let suspend_all = proto::SuspendAllPollsRequest { reason: reason.clone() };
    let resume = proto::ResumePollRequest {
        poll_id: poll_stand_in(Slot::Suspended),
        reason: reason.clone(),
    };
    let closes_at = order("", at_first(), 200).closes_at;
    let extend = proto::ExtendPollRequest { poll_id: poll_stand_in(Slot::Open), closes_at, reason };
    let end = |slot| proto::EndPollRequest {
        poll_id: poll_stand_in(slot),
        reason: proto::CloseReason::RelevanceLost.into(),
        note: "decided".to_owned(),
    };
    let reference = "letter 1".to_owned();
    let consent = proto::GiveConsentRequest {
        poll_id: poll_stand_in(Slot::Newest),
        reference: reference.clone(),
    };
    let no_consent =
        proto::WithdrawConsentRequest { poll_id: poll_stand_in(Slot::Newest), reference };
    let decision = proto::Decision {
        date: "2026-09-01".to_owned(),
        title: Some(proto::LocalizedText {
            uk: "Рішення".to_owned(), en: "Decision".to_owned()
        }),
        reference: "17".to_owned(),
        address: "https://example.org/17".to_owned(),
    };
    let attach = proto::AttachDecisionRequest {
        poll_id: poll_stand_in(Slot::Published),
        decision: Some(decision),
    };
    let get = proto::GetPollRequest { poll_id: poll_stand_in(Slot::Open) };
    let list = proto::ListPollsRequest {
        page_size: 2,
        page_token: poll_stand_in(Slot::Published),
        phases: vec![proto::PollPhase::Open.into(), proto::PollPhase::Approved.into()],
        body_code: BODY.to_owned(),
    };
    let history = proto::GetOrderHistoryRequest { poll_id: poll_stand_in(Slot::Newest) };
    let own = |slot| proto::GetOwnResultRequest { poll_id: poll_stand_in(slot) };
    let turnout = proto::GetTurnoutRequest { poll_id: poll_stand_in(Slot::Live) };
    let sheet = proto::GetAnswerSheetRequest {
        poll_id: poll_stand_in(Slot::Published),
        language: "uk".to_owned(),
    };
    vec![
        by("schedule", Method::SchedulePoll, Who::Organiser, &schedule(Slot::Newest)),
        by("schedule-approved", Method::SchedulePoll, Who::Organiser, &schedule(Slot::Approved)),
        by("suspend", Method::SuspendPoll, Who::Operator, &suspend),
        by("suspend-all", Method::SuspendAllPolls, Who::Organiser, &suspend_all),
        by("resume", Method::ResumePoll, Who::Organiser, &resume),
        by("extend", Method::ExtendPoll, Who::Organiser, &extend),
        by("end", Method::EndPoll, Who::Organiser, &end(Slot::Open)),
        by("end-demanding", Method::EndPoll, Who::SecondOrganiser, &end(Slot::Demanding)),
        by("end-live", Method::EndPoll, Who::Organiser, &end(Slot::Live)),
        by("end-newest", Method::EndPoll, Who::Organiser, &end(Slot::Newest)),
        by("consent", Method::GiveConsent, Who::Initiator, &consent),
        by("consent-not", Method::WithdrawConsent, Who::Initiator, &no_consent),
        by("attach", Method::AttachDecision, Who::Initiator, &attach),
        by("get", Method::GetPoll, Who::Auditor, &get),
        by("get-nobody", Method::GetPoll, Who::Nobody, &get),
        by("get-stranger", Method::GetPoll, Who::Stranger, &get),
        by("get-newcomer", Method::GetPoll, Who::Newcomer, &get),
        by("list", Method::ListPolls, Who::Operator, &list),
        by("history", Method::GetOrderHistory, Who::Initiator, &history),
        call("profiles", Method::ListProfiles, Who::Initiator.place(), &[]),
        by("own-result", Method::GetOwnResult, Who::Initiator, &own(Slot::Published)),
        by("own-withheld", Method::GetOwnResult, Who::Organiser, &own(Slot::Withheld)),
        by("turnout", Method::GetTurnout, Who::Organiser, &turnout),
        by("sheet", Method::GetAnswerSheet, Who::Officer, &sheet),
        // The method after the last is time.
        named("time-release", &[&[past_the_methods(), 2]]),
        named("time-hour", &[&[past_the_methods(), 5]]),
        named("time-day", &[&[past_the_methods(), 7]]),
    ]
}

fn past_the_methods() -> u8 {
    u8::try_from(Method::ALL.len()).expect("a few")
}

fn public_calls() -> Vec<(String, Vec<u8>)> {
    let results = |slot| proto::GetResultsRequest { poll_id: poll_stand_in(slot) }.encode_to_vec();
    let release = proto::GetReleaseRequest { poll_id: poll_stand_in(Slot::Published), release: 1 };
    vec![
        call("results", Method::GetResults, 0, &results(Slot::Published)),
        call("results-withheld", Method::GetResults, 0, &results(Slot::Withheld)),
        call("results-live", Method::GetResults, 0, &results(Slot::Live)),
        call("watch", Method::WatchResults, 0, &results(Slot::Published)),
        call("watch-open", Method::WatchResults, 0, &results(Slot::Open)),
        call("releases", Method::ListReleases, 0, &results(Slot::Live)),
        call("release", Method::GetRelease, 0, &release.encode_to_vec()),
    ]
}

fn custody_calls() -> Vec<(String, Vec<u8>)> {
    let (issuer_id, key_id) = ("spare".to_owned(), "vouched".to_owned());
    let reference = "act 7".to_owned();
    let revoke = proto::RevokeIssuerKeyRequest {
        issuer_id: issuer_id.clone(),
        key_id: key_id.clone(),
        reason: proto::RevocationReason::Compromised.into(),
        reference: reference.clone(),
    };
    let excise = |slot| proto::ExciseIssuerKeyRequest {
        poll_id: poll_stand_in(slot),
        issuer_id: issuer_id.clone(),
        key_id: key_id.clone(),
        reference: reference.clone(),
    };
    let rotate = proto::RotateWrappingKeyRequest { reference: reference.clone() };
    let erase = |slot| proto::ErasePollRequest {
        poll_id: poll_stand_in(slot),
        ground: proto::ErasureGround::CourtOrder.into(),
        reference: reference.clone(),
    };
    let confirm = proto::ConfirmErasuresRequest { reference: reference.clone() };
    let held_back = proto::ReleaseHeldBackRequest {
        poll_id: poll_stand_in(Slot::Published),
        reference: reference.clone(),
    };
    let (operator, officer) = (Who::Operator, Who::Officer);
    vec![
        by("revoke", Method::RevokeIssuerKey, operator, &revoke),
        call("revocations", Method::ListRevocations, Who::Auditor.place(), &[]),
        by("excise", Method::ExciseIssuerKey, operator, &excise(Slot::Published)),
        by("excise-open", Method::ExciseIssuerKey, operator, &excise(Slot::Open)),
        by("excise-live", Method::ExciseIssuerKey, operator, &excise(Slot::Live)),
        by("excise-withheld", Method::ExciseIssuerKey, operator, &excise(Slot::Withheld)),
        by("rotate", Method::RotateWrappingKey, operator, &rotate),
        by("erase", Method::ErasePoll, officer, &erase(Slot::Withheld)),
        by("erase-published", Method::ErasePoll, officer, &erase(Slot::Published)),
        by("confirm", Method::ConfirmErasures, operator, &confirm),
        by("held-back", Method::ReleaseHeldBack, Who::Organiser, &held_back),
    ]
}

fn register_calls() -> Vec<(String, Vec<u8>)> {
    let number = u64::from(NUMBER);
    let account = |role: proto::StaffRole, undertaking: &str| proto::StaffAccount {
        role: role.into(),
        undertaking_reference: undertaking.to_owned(),
        ..Who::Newcomer.account()
    };
    let register = |role, undertaking| proto::RegisterStaffRequest {
        account: Some(account(role, undertaking)),
    };
    let by_certificate = proto::RegisterStaffRequest {
        account: Some(proto::StaffAccount {
            token_issuer: String::new(),
            token_subject: String::new(),
            certificate_name: "somebody.example.org".to_owned(),
            ..account(proto::StaffRole::Operator, "u by certificate")
        }),
    };
    let withdraw = proto::WithdrawStaffRequest {
        number: u32::from(NUMBER),
        reason: proto::WithdrawalReason::Dismissal.into(),
        reference: "order 3".to_owned(),
    };
    let key = proto::BodyKey {
        body_code: BODY.to_owned(),
        key_id: "seal-1".to_owned(),
        public_key_pem: TestIssuer::new("body", "seal-1", [45; 32]).public_key_pem(),
        ..Default::default()
    };
    let register_key = proto::RegisterBodyKeyRequest { key: Some(key) };
    let revoke_key = proto::RevokeBodyKeyRequest {
        body_code: BODY.to_owned(),
        key_id: "seal-1".to_owned(),
        reason: "COMPROMISED".to_owned(),
        reference: "letter 4".to_owned(),
    };
    let keys = proto::ListBodyKeysRequest { body_code: BODY.to_owned() };
    let confirm = proto::ConfirmProposalRequest { number };
    let decline = proto::DeclineProposalRequest { number };
    let list = proto::ListStaffRequest { include_withdrawn: true };
    let proposals = proto::ListProposalsRequest { include_ended: true };
    let (bootstrap, officer) = (Who::Bootstrap, Who::Officer);
    use proto::StaffRole::{Initiator, Operator};
    vec![
        by("register", Method::RegisterStaff, officer, &register(Operator, "u new")),
        by("register-first", Method::RegisterStaff, bootstrap, &register(Initiator, "u first")),
        by("register-certificate", Method::RegisterStaff, officer, &by_certificate),
        by("dismiss", Method::WithdrawStaff, officer, &withdraw),
        by("dismiss-oneself", Method::WithdrawStaff, Who::Newcomer, &withdraw),
        by("staff", Method::ListStaff, Who::Auditor, &list),
        call("who", Method::WhoAmI, Who::Initiator.place(), &[]),
        call("who-newcomer", Method::WhoAmI, Who::Newcomer.place(), &[]),
        by("key", Method::RegisterBodyKey, Who::Operator, &register_key),
        by("key-revoked", Method::RevokeBodyKey, Who::Operator, &revoke_key),
        by("keys", Method::ListBodyKeys, Who::Auditor, &keys),
        by("proposals", Method::ListProposals, Who::Auditor, &proposals),
        by("second", Method::ConfirmProposal, Who::SecondOperator, &confirm),
        by("second-officer", Method::ConfirmProposal, Who::SecondOfficer, &confirm),
        by("second-organiser", Method::ConfirmProposal, Who::SecondOrganiser, &confirm),
        by("second-same", Method::ConfirmProposal, Who::Operator, &confirm),
        by("decline", Method::DeclineProposal, Who::Operator, &decline),
    ]
}

fn book_calls() -> Vec<(String, Vec<u8>)> {
    let number = u64::from(NUMBER);
    let wire = |at: Timestamp| proto::OpenIncidentRequest {
        noticed_at: Some(WireTimestamp { seconds: at.as_second(), nanos: 0 }),
        kind: proto::IncidentKind::Outage.into(),
        title: "A disk".to_owned(),
        description: "It was full".to_owned(),
        poll_ids: vec![poll_stand_in(Slot::Open)],
    };
    let note = proto::NoteIncidentRequest { number, text: "replaced".to_owned() };
    let told = proto::RecordNotificationRequest {
        number,
        whom: "the Ombudsman".to_owned(),
        told_at: Some(WireTimestamp { seconds: at_first().as_second(), nanos: 0 }),
        reference: "19/26".to_owned(),
    };
    let close = proto::CloseIncidentRequest {
        number,
        cause: "age".to_owned(),
        consequences: "none".to_owned(),
        measures: "a new one".to_owned(),
    };
    let incident = proto::GetIncidentRequest { number };
    let incidents = proto::ListIncidentsRequest { include_closed: true };
    let file = proto::FileRequestRequest {
        kind: proto::RequestKind::DataSubject.into(),
        reference: "letter 5".to_owned(),
        received_on: "2026-09-18".to_owned(),
        poll_id: poll_stand_in(Slot::Published),
        subject_matter: "whether an answer is kept".to_owned(),
    };
    let public = proto::FileRequestRequest {
        kind: proto::RequestKind::PublicInformation.into(),
        poll_id: String::new(),
        ..file.clone()
    };
    let longer = proto::ExtendRequestRequest { number, reason: "many documents".to_owned() };
    let answer = proto::AnswerRequestRequest {
        number,
        outcome: proto::RequestOutcome::Satisfied.into(),
        answer_reference: "letter 6".to_owned(),
    };
    let requests = proto::ListRequestsRequest { include_answered: true };
    let entries = proto::ListEntriesRequest {
        page_size: 20,
        kinds: vec!["order_filed".to_owned(), "poll_opened".to_owned()],
        poll_id: poll_stand_in(Slot::Open),
        without_folds: true,
        ..Default::default()
    };
    let (officer, operator, auditor) = (Who::Officer, Who::Operator, Who::Auditor);
    vec![
        by("incident", Method::OpenIncident, operator, &wire(at_first())),
        by("incident-note", Method::NoteIncident, officer, &note),
        by("incident-told", Method::RecordNotification, officer, &told),
        by("incident-close", Method::CloseIncident, officer, &close),
        by("incident-get", Method::GetIncident, auditor, &incident),
        by("incidents", Method::ListIncidents, auditor, &incidents),
        by("request", Method::FileRequest, officer, &file),
        by("request-public", Method::FileRequest, officer, &public),
        by("request-longer", Method::ExtendRequest, officer, &longer),
        by("request-answer", Method::AnswerRequest, officer, &answer),
        by("requests", Method::ListRequests, auditor, &requests),
        by("entries", Method::ListEntries, auditor, &entries),
        call("entries-all", Method::ListEntries, auditor.place(), &[]),
        call("export", Method::ExportLog, auditor.place(), &[]),
        call("head", Method::GetHead, auditor.place(), &[]),
    ]
}
