use super::*;
use jiff::civil::date;
use std::collections::BTreeSet;

const POLL: PollId = PollId::from_bytes([0x11; 16]);
const HASH: Hash = Hash::from_bytes([0x22; 32]);

fn text(text: &str) -> String {
    text.to_owned()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[rustfmt::skip]
fn of_the_engine_and_its_keys() -> Vec<(Event, &'static str)> {
    vec![
        (
            Event::StoreCreated,
            r#"{"kind":"store_created"}"#,
        ),
        (
            Event::EngineStarted { version: "0.1.0".into() },
            r#"{"kind":"engine_started","version":"0.1.0"}"#,
        ),
        (
            Event::ClockJumped { seconds: -3600 },
            r#"{"kind":"clock_jumped","seconds":-3600}"#,
        ),
        (
            Event::EpochFolded { epoch: 7, closed: vec![POLL] },
            r#"{"closed":["<poll>"],"epoch":7,"kind":"epoch_folded"}"#,
        ),
        (
            Event::IssuerKeyRevoked { issuer: text("diia"), key_id: text("k1"), reason: RevocationReason::Compromised, reference: text("act 7") },
            r#"{"issuer":"diia","key_id":"k1","kind":"issuer_key_revoked","reason":"COMPROMISED","reference":"act 7"}"#,
        ),
        (
            Event::IssuerKeyExcised { poll: POLL, issuer: text("diia"), key_id: text("k1"), reference: text("act 7") },
            r#"{"issuer":"diia","key_id":"k1","kind":"issuer_key_excised","poll":"<poll>","reference":"act 7"}"#,
        ),
        (
            Event::WrappingKeyRotation { reference: text("act 7") },
            r#"{"kind":"wrapping_key_rotation","reference":"act 7"}"#,
        ),
        (
            Event::WrappingKeyReplaced { previous_key: text("0101"), previous_destroyed: true, key: text("0202") },
            r#"{"key":"0202","kind":"wrapping_key_replaced","previous_destroyed":true,"previous_key":"0101"}"#,
        ),
        (
            Event::ErasureDecided { poll: POLL, ground: ErasureGround::CourtOrder, reference: Some(text("act 7")) },
            r#"{"ground":"COURT_ORDER","kind":"erasure_decided","poll":"<poll>","reference":"act 7"}"#,
        ),
        (
            Event::ErasureDecided { poll: POLL, ground: ErasureGround::CourtOrder, reference: None },
            r#"{"ground":"COURT_ORDER","kind":"erasure_decided","poll":"<poll>"}"#,
        ),
        (
            Event::ErasurePending { poll: POLL, key: text("0202") },
            r#"{"key":"0202","kind":"erasure_pending","poll":"<poll>"}"#,
        ),
        (
            Event::ErasuresConfirmed { reference: text("act 7") },
            r#"{"kind":"erasures_confirmed","reference":"act 7"}"#,
        ),
        (
            Event::PollErased { poll: POLL, ground: ErasureGround::CourtOrder, publication_hash: Some(HASH) },
            r#"{"ground":"COURT_ORDER","kind":"poll_erased","poll":"<poll>","publication_hash":"<hash>"}"#,
        ),
        (
            Event::PollErased { poll: POLL, ground: ErasureGround::CourtOrder, publication_hash: None },
            r#"{"ground":"COURT_ORDER","kind":"poll_erased","poll":"<poll>"}"#,
        ),
    ]
}

#[rustfmt::skip]
fn of_orders() -> Vec<(Event, &'static str)> {
    vec![
        (
            Event::OrderDrafted { poll: POLL, reference: text("act 7"), revision: 2, order_hash: HASH },
            r#"{"kind":"order_drafted","order_hash":"<hash>","poll":"<poll>","reference":"act 7","revision":2}"#,
        ),
        (
            Event::OrderFiled { poll: POLL, reference: text("act 7"), revision: 2, order_hash: HASH, signed_by: Some(text("k1")) },
            r#"{"kind":"order_filed","order_hash":"<hash>","poll":"<poll>","reference":"act 7","revision":2,"signed_by":"k1"}"#,
        ),
        (
            Event::OrderFiled { poll: POLL, reference: text("act 7"), revision: 2, order_hash: HASH, signed_by: None },
            r#"{"kind":"order_filed","order_hash":"<hash>","poll":"<poll>","reference":"act 7","revision":2}"#,
        ),
        (
            Event::OrderReturned { poll: POLL, revision: 2, reasons: vec![text("title: 3 to 200 characters")] },
            r#"{"kind":"order_returned","poll":"<poll>","reasons":["title: 3 to 200 characters"],"revision":2}"#,
        ),
        (
            Event::OrderWithdrawn { poll: POLL, revision: 2, before: Phase::Open },
            r#"{"before":"open","kind":"order_withdrawn","poll":"<poll>","revision":2}"#,
        ),
        (
            Event::OrderApproved { poll: POLL, revision: 2, order_hash: HASH },
            r#"{"kind":"order_approved","order_hash":"<hash>","poll":"<poll>","revision":2}"#,
        ),
    ]
}

#[rustfmt::skip]
fn of_polls() -> Vec<(Event, &'static str)> {
    [of_polls_while_they_run(), of_polls_after_their_end()].concat()
}

#[rustfmt::skip]
fn of_polls_while_they_run() -> Vec<(Event, &'static str)> {
    vec![
        (
            Event::PollScheduled { poll: POLL, opens_at: time("2026-12-01T07:00:00Z"), closes_at: time("2026-12-10T07:00:00Z") },
            r#"{"closes_at":"2026-12-10T07:00:00Z","kind":"poll_scheduled","opens_at":"2026-12-01T07:00:00Z","poll":"<poll>"}"#,
        ),
        (
            Event::PollOpened { poll: POLL, definition_hash: HASH },
            r#"{"definition_hash":"<hash>","kind":"poll_opened","poll":"<poll>"}"#,
        ),
        (
            Event::PollSuspended { poll: POLL, reason: text("as told"), before: Phase::Open },
            r#"{"before":"open","kind":"poll_suspended","poll":"<poll>","reason":"as told"}"#,
        ),
        (
            Event::PollResumed { poll: POLL, reason: text("as told") },
            r#"{"kind":"poll_resumed","poll":"<poll>","reason":"as told"}"#,
        ),
        (
            Event::PollExtended { poll: POLL, before: time("2026-12-10T07:00:00Z"), after: time("2026-12-11T07:00:00Z"), reason: text("as told") },
            r#"{"after":"2026-12-11T07:00:00Z","before":"2026-12-10T07:00:00Z","kind":"poll_extended","poll":"<poll>","reason":"as told"}"#,
        ),
        (
            Event::PollClosing { poll: POLL, reason: CloseReason::RelevanceLost, note: Some(text("by order")) },
            r#"{"kind":"poll_closing","note":"by order","poll":"<poll>","reason":"RELEVANCE_LOST"}"#,
        ),
        (
            Event::PollClosing { poll: POLL, reason: CloseReason::RelevanceLost, note: None },
            r#"{"kind":"poll_closing","poll":"<poll>","reason":"RELEVANCE_LOST"}"#,
        ),
        (
            Event::ConsentGiven { poll: POLL, reference: text("act 7") },
            r#"{"kind":"consent_given","poll":"<poll>","reference":"act 7"}"#,
        ),
        (
            Event::ConsentWithdrawn { poll: POLL, reference: text("act 7") },
            r#"{"kind":"consent_withdrawn","poll":"<poll>","reference":"act 7"}"#,
        ),
    ]
}

#[rustfmt::skip]
fn of_polls_after_their_end() -> Vec<(Event, &'static str)> {
    vec![
        (
            Event::PollPublished { poll: POLL, publication_hash: HASH },
            r#"{"kind":"poll_published","poll":"<poll>","publication_hash":"<hash>"}"#,
        ),
        (
            Event::PollWithheld { poll: POLL, reason: WithheldReason::TooFewAnswers },
            r#"{"kind":"poll_withheld","poll":"<poll>","reason":"TOO_FEW_ANSWERS"}"#,
        ),
        (
            Event::CorrectionHeldBack { poll: POLL },
            r#"{"kind":"correction_held_back","poll":"<poll>"}"#,
        ),
        (
            Event::CloseReleaseAgreed { poll: POLL, reference: "12/3".to_owned() },
            r#"{"kind":"close_release_agreed","poll":"<poll>","reference":"12/3"}"#,
        ),
        (
            Event::PublicLogGrown { size: 7, root: HASH },
            r#"{"kind":"public_log_grown","root":"<hash>","size":7}"#,
        ),
        (
            Event::ResultRead { poll: POLL },
            r#"{"kind":"result_read","poll":"<poll>"}"#,
        ),
        (
            Event::DecisionAttached { poll: POLL, reference: text("act 7"), date: date(2026, 12, 31) },
            r#"{"date":"2026-12-31","kind":"decision_attached","poll":"<poll>","reference":"act 7"}"#,
        ),
        (
            Event::ExpiryAnnounced { poll: POLL, expires_at: time("2029-12-10T07:00:00Z") },
            r#"{"expires_at":"2029-12-10T07:00:00Z","kind":"expiry_announced","poll":"<poll>"}"#,
        ),
        (
            Event::PollExpired { poll: POLL },
            r#"{"kind":"poll_expired","poll":"<poll>"}"#,
        ),
    ]
}

#[rustfmt::skip]
fn of_staff_and_registers() -> Vec<(Event, &'static str)> {
    [of_staff_and_acts(), of_incidents_and_requests()].concat()
}

#[rustfmt::skip]
fn of_staff_and_acts() -> Vec<(Event, &'static str)> {
    vec![
        (
            Event::StaffRegistered { number: 2, role: text("organiser"), body: text("ministry"), undertaking: text("nda 3") },
            r#"{"body":"ministry","kind":"staff_registered","number":2,"role":"organiser","undertaking":"nda 3"}"#,
        ),
        (
            Event::StaffWithdrawn { number: 2, reason: text("as told"), reference: text("act 7") },
            r#"{"kind":"staff_withdrawn","number":2,"reason":"as told","reference":"act 7"}"#,
        ),
        (
            Event::BodyKeyRegistered { body: text("ministry"), key_id: text("k1") },
            r#"{"body":"ministry","key_id":"k1","kind":"body_key_registered"}"#,
        ),
        (
            Event::BodyKeyRevoked { body: text("ministry"), key_id: text("k1"), reason: text("as told"), reference: text("act 7") },
            r#"{"body":"ministry","key_id":"k1","kind":"body_key_revoked","reason":"as told","reference":"act 7"}"#,
        ),
        (
            Event::ActProposed { proposal: 7, act: text("erase"), poll: Some(POLL), reference: text("act 7") },
            r#"{"act":"erase","kind":"act_proposed","poll":"<poll>","proposal":7,"reference":"act 7"}"#,
        ),
        (
            Event::ActProposed { proposal: 7, act: text("erase"), poll: None, reference: text("act 7") },
            r#"{"act":"erase","kind":"act_proposed","proposal":7,"reference":"act 7"}"#,
        ),
        (
            Event::ActConfirmed { proposal: 7, poll: POLL },
            r#"{"kind":"act_confirmed","poll":"<poll>","proposal":7}"#,
        ),
        (
            Event::ActDeclined { proposal: 7, poll: POLL },
            r#"{"kind":"act_declined","poll":"<poll>","proposal":7}"#,
        ),
        (
            Event::ActExpired { proposal: 7, poll: POLL },
            r#"{"kind":"act_expired","poll":"<poll>","proposal":7}"#,
        ),
        (
            Event::IncidentOpened { incident: 7, nature: text("leak") },
            r#"{"incident":7,"kind":"incident_opened","nature":"leak"}"#,
        ),
    ]
}

#[rustfmt::skip]
fn of_incidents_and_requests() -> Vec<(Event, &'static str)> {
    vec![
        (
            Event::IncidentNoted { incident: 7 },
            r#"{"incident":7,"kind":"incident_noted"}"#,
        ),
        (
            Event::IncidentNotified { incident: 7, reference: "19/26".to_owned() },
            r#"{"incident":7,"kind":"incident_notified","reference":"19/26"}"#,
        ),
        (
            Event::IncidentClosed { incident: 7 },
            r#"{"incident":7,"kind":"incident_closed"}"#,
        ),
        (
            Event::RequestFiled { request: 7, nature: text("leak"), reference: text("act 7") },
            r#"{"kind":"request_filed","nature":"leak","reference":"act 7","request":7}"#,
        ),
        (
            Event::RequestExtended { request: 7, before: date(2026, 12, 31), after: date(2026, 12, 31), reason: text("as told") },
            r#"{"after":"2026-12-31","before":"2026-12-31","kind":"request_extended","reason":"as told","request":7}"#,
        ),
        (
            Event::RequestAnswered { request: 7, outcome: text("satisfied") },
            r#"{"kind":"request_answered","outcome":"satisfied","request":7}"#,
        ),
        (
            Event::AuditExpiryAnnounced { through: 7, expires_at: time("2029-12-10T07:00:00Z") },
            r#"{"expires_at":"2029-12-10T07:00:00Z","kind":"audit_expiry_announced","through":7}"#,
        ),
        (
            Event::AuditExpired { through: 7, hash: HASH, folded_epoch: Some(7) },
            r#"{"folded_epoch":7,"hash":"<hash>","kind":"audit_expired","through":7}"#,
        ),
        (
            Event::AuditExpired { through: 7, hash: HASH, folded_epoch: None },
            r#"{"hash":"<hash>","kind":"audit_expired","through":7}"#,
        ),
    ]
}

fn all() -> Vec<(Event, &'static str)> {
    [of_the_engine_and_its_keys(), of_orders(), of_polls(), of_staff_and_registers()].concat()
}

#[test]
fn the_stored_form_of_every_event_is_pinned() {
    for (event, json) in all() {
        let json = json.replace("<poll>", &POLL.to_string()).replace("<hash>", &HASH.to_string());
        assert_eq!(serde_json_canonicalizer::to_string(&event).unwrap(), json);
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }
}

#[test]
fn the_kind_of_every_event_is_its_stored_name() {
    let mut seen = BTreeSet::new();
    for (event, json) in all() {
        assert!(json.contains(&format!(r#""kind":"{}""#, event.kind())), "{json}");
        assert!(Event::KINDS.contains(&event.kind()), "{json}");
        seen.insert(event.kind());
    }
    assert_eq!(seen.len(), Event::KINDS.len(), "every name has its pinned form");
}

#[test]
fn an_event_is_about_the_poll_that_it_names() {
    for (event, json) in all() {
        let named = json.contains("<poll>");
        assert_eq!(event.concerns(POLL), named, "{json}");
        let froze = matches!(event, Event::EpochFolded { .. });
        assert_eq!(event.poll(), (named && !froze).then_some(POLL), "{json}");
        assert!(!event.concerns(PollId::from_bytes([9; 16])));
    }
}
