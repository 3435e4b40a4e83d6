use super::*;
use crate::http::client::{get, host};
use crate::poll::{Body, CloseReason, LocalizedText, Phase, WithheldReason};
use crate::publish::{Bounds, ReleaseKind, Statement};
use std::net::SocketAddr;

const PUBLISHED: &str = "01867c5f-0000-7000-8000-000000000001";
const OPEN: &str = "01867c5f-0000-7000-8000-000000000002";
const SMALL: &str = "01867c5f-0000-7000-8000-000000000003";
const NOBODY: &str = "01867c5f-0000-7000-8000-000000000004";

fn publication() -> Arc<Publication> {
    let at = |time: &str| time.parse().unwrap();
    let statement = Statement {
        format: "test".to_owned(),
        poll: PUBLISHED.parse().unwrap(),
        release: 1,
        kind: ReleaseKind::Final,
        previous: None,
        definition_hash: "ab".repeat(32),
        title: LocalizedText { uk: "назва".to_owned(), en: "title".to_owned() },
        initiator: Body { code: "12345678".to_owned(), name: "body".to_owned() },
        reference: "1/2023".to_owned(),
        legal_ground: "ground".to_owned(),
        opened_at: at("2023-03-06T08:00:00Z"),
        closed_at: Some(at("2023-03-08T08:00:00Z")),
        close_reason: Some(CloseReason::AsPlanned),
        as_of: at("2023-03-08T08:00:00Z"),
        correction: None,
        withheld_reason: None,
        published_at: at("2023-03-08T08:00:01Z"),
        bounds: Bounds { k: 10, ballots_apart: 100, minimum_answers: 10 },
        total: Some(0),
        questions: Vec::new(),
        breakdowns: Vec::new(),
    };
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    Arc::new(Publication::sign(statement, &key))
}

async fn start() -> (SocketAddr, Arc<Publication>) {
    let publication = publication();
    let shown = Arc::clone(&publication);
    let results = move |id: PollId| match id.to_string().as_str() {
        PUBLISHED => ResultsState::Published(Arc::clone(&shown)),
        OPEN => ResultsState::NotPublished(Phase::Open),
        SMALL => ResultsState::Withheld(WithheldReason::TooFewAnswers),
        _ => ResultsState::Unknown,
    };
    let grpc = Router::new()
        .route("/holos.v1.ResultsService/GetResults", axum::routing::post(async || "grpc"))
        .fallback(async || "grpc's fallback");
    let state = PublicState::new(results, "-----BEGIN PUBLIC KEY-----\n");
    (host(router(state, grpc)).await, publication)
}

#[tokio::test]
async fn a_publication_is_served_byte_by_byte_and_can_be_revalidated() {
    let (address, publication) = start().await;
    let path = &format!("/api/v1/polls/{PUBLISHED}/results");
    let tag = format!("\"{}\"", publication.hash);
    let answer = get(address, path, "").await;
    assert_eq!((answer.status, answer.body.as_bytes()), (200, &publication.bytes()[..]));
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    assert!(answer.head.contains(&format!("etag: {tag}")), "{}", answer.head);
    assert!(answer.head.contains("cache-control: public, no-cache"), "{}", answer.head);
    for tag in [tag.clone(), format!("\"old\", {tag}"), format!("W/{tag}")] {
        let again = get(address, path, &format!("if-none-match: {tag}\r\n")).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{tag}");
    }
    assert_eq!(get(address, path, "if-none-match: \"old\"\r\n").await.status, 200);
}

#[tokio::test]
async fn every_other_state_is_a_problem_with_its_reason_and_is_not_kept() {
    let (address, _) = start().await;
    for (id, status, reason) in [
        (OPEN, 409, "RESULTS_NOT_PUBLISHED"),
        (SMALL, 409, "RESULTS_WITHHELD"),
        (NOBODY, 404, "POLL_UNKNOWN"),
        ("x'y", 400, "POLL_ID_MALFORMED"),
    ] {
        let answer = get(address, &format!("/api/v1/polls/{id}/results"), "").await;
        assert_eq!(answer.status, status, "{id}");
        assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
        assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["reason"], reason);
        assert_eq!(problem["status"], status);
        assert!(!answer.body.contains("x'y"), "the answer echoes the request");
    }
}

#[tokio::test]
async fn a_problem_says_the_phase_or_why_results_are_withheld() {
    let (address, _) = start().await;
    let open = get(address, &format!("/api/v1/polls/{OPEN}/results"), "").await.body;
    assert!(open.contains("\"phase\":\"OPEN\"") && !open.contains("withheld_reason"), "{open}");
    let small = get(address, &format!("/api/v1/polls/{SMALL}/results"), "").await.body;
    assert!(small.contains("\"withheld_reason\":\"TOO_FEW_ANSWERS\""), "{small}");
}

#[tokio::test]
async fn the_key_is_served_and_unknown_addresses_are_not_found() {
    let (address, _) = start().await;
    assert!(
        get(address, "/api/v1/keys/publication", "")
            .await
            .body
            .starts_with("-----BEGIN PUBLIC KEY")
    );
    for path in
        ["/", "/api/v1/polls", "/api/v1/keys/wrapping", "/holos.v1.BallotService/CastBallot"]
    {
        let answer = get(address, path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.head.contains("access-control-allow-origin: *"), "{path}: {}", answer.head);
    }
}
