//! What is refused, in which words, and that a hidden poll is refused as one that is not there.

use super::home::{self, EXPIRED, HIDDEN, Home, NOBODY, SCHEDULED, SECRET, SMALL};
use super::*;
use holos_reasons::Reason;

/// Every address that names a poll, without what stands before it.
const OF_A_POLL: [&str; 16] = [
    "",
    "/notice",
    "/events",
    "/results",
    "/results.csv",
    "/releases",
    "/releases/1",
    "/releases/2",
    "/releases/1/results.csv",
    "/releases/1/results.csv-metadata.json",
    "/releases/1/proof",
    "/definition",
    "/passport",
    "/passport.csv",
    "/releases/x",
    "/releases/1/nothing",
];

#[tokio::test]
async fn a_poll_that_is_not_public_answers_like_one_that_does_not_exist() {
    let home = Home::new();
    for publisher in [None, Some(home::publisher())] {
        let address = home::serve(&home, publisher).await;
        for rest in OF_A_POLL {
            for method in ["GET", "HEAD", "POST"] {
                let headers = "if-none-match: *\r\n";
                let hidden = ask(address, method, &of(HIDDEN, rest), headers).await;
                let nobody = ask(address, method, &of(NOBODY, rest), headers).await;
                let seen = |answer: &crate::http::client::Answer| {
                    let head = answer.head.lines().filter(|line| !line.starts_with("date:"));
                    (head.map(str::to_owned).collect::<Vec<_>>(), answer.bytes.clone())
                };
                assert_eq!(seen(&hidden), seen(&nobody), "{method} {rest}");
                assert!(matches!(hidden.status, 404 | 405), "{method} {rest}: {}", hidden.status);
            }
        }
        for path in ["/api/v1/catalog.jsonld", "/api/v1/datasets.csv"] {
            let answer = get(address, path, "").await;
            assert!(!answer.body.contains(HIDDEN) && !answer.body.contains(SECRET), "{path}");
        }
    }
}

#[tokio::test]
async fn every_other_state_is_a_problem_with_its_reason_and_is_not_kept() {
    let (address, _home) = start().await;
    let unpublished = "RESULTS_NOT_PUBLISHED";
    for (id, rest, status, reason) in [
        (OPEN, "/results", 409, unpublished),
        (OPEN, "/results.csv", 409, unpublished),
        (OPEN, "/passport", 409, unpublished),
        (OPEN, "/releases/1", 404, "RELEASE_UNKNOWN"),
        (EXPIRED, "/results", 409, unpublished),
        (EXPIRED, "/passport.csv", 409, unpublished),
        (EXPIRED, "/releases/1/proof", 404, "RELEASE_UNKNOWN"),
        (SMALL, "/results", 409, "RESULTS_WITHHELD"),
        (WITHDRAWN, "/results.csv", 409, "RESULTS_WITHHELD"),
        (SCHEDULED, "/definition", 409, "DEFINITION_NOT_FROZEN"),
        (NOBODY, "/results", 404, "POLL_UNKNOWN"),
        ("x'y", "/results", 400, "POLL_ID_MALFORMED"),
        ("x'y", "/releases/1/proof", 400, "POLL_ID_MALFORMED"),
        ("%ff", "/results", 404, "NOT_FOUND"),
        (PUBLISHED, "/releases/0", 404, "RELEASE_UNKNOWN"),
        (PUBLISHED, "/releases/3", 404, "RELEASE_UNKNOWN"),
        (PUBLISHED, "/releases/01", 404, "RELEASE_UNKNOWN"),
        (PUBLISHED, "/releases/+1/results.csv", 404, "RELEASE_UNKNOWN"),
        (PUBLISHED, "/releases/4294967297", 404, "RELEASE_UNKNOWN"),
        (PUBLISHED, "/releases/x'y", 404, "RELEASE_UNKNOWN"),
    ] {
        let answer = get(address, &of(id, rest), "").await;
        assert_eq!(answer.status, status, "{id}{rest}");
        assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
        assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["reason"], reason, "{id}{rest}");
        assert_eq!(problem["status"], status);
        assert!(!answer.body.contains("x'y"), "the answer echoes the request");
    }
}

#[tokio::test]
async fn a_problem_says_the_phase_or_why_results_are_withheld() {
    let (address, _home) = start().await;
    let open = get(address, &of(OPEN, "/results"), "").await.body;
    assert!(open.contains("\"phase\":\"OPEN\"") && !open.contains("withheld_reason"), "{open}");
    let small = get(address, &of(SMALL, "/results"), "").await.body;
    assert!(small.contains("\"withheld_reason\":\"TOO_FEW_ANSWERS\""), "{small}");
}

#[tokio::test]
async fn a_problem_says_it_in_the_language_that_is_asked_for() {
    let (address, _home) = start().await;
    for (path, reason) in [
        (of(NOBODY, "/results"), Reason::PollUnknown),
        (of(OPEN, "/results"), Reason::ResultsNotPublished),
        (of(OPEN, "/releases/1"), Reason::ReleaseUnknown),
        ("/api/v1/nothing".to_owned(), Reason::NotFound),
    ] {
        let row = reason.entry();
        for (header, locale, text) in [
            ("", "uk", row.ukrainian),
            ("accept-language: de\r\n", "uk", row.ukrainian),
            ("accept-language: uk;q=0.8, en;q=0.9\r\n", "en", row.english),
        ] {
            let answer = get(address, &path, header).await;
            let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(problem["reason"], row.name, "{path}");
            assert_eq!(problem["detail"], row.english, "{path}");
            let said = &problem["localized_message"];
            assert_eq!((&said["locale"], &said["message"]), (&locale.into(), &text.into()));
        }
    }
    // In the words of this answer, where it says more than the table does.
    let english = "accept-language: en\r\n";
    let answer = get(address, "/api/v1/polls?limit=0", english).await;
    let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(problem["reason"], Reason::ParameterInvalid.name());
    assert_eq!(problem["localized_message"]["message"], problem["detail"]);
    assert_ne!(problem["detail"], Reason::ParameterInvalid.entry().english);
}

#[tokio::test]
async fn the_description_tells_of_the_localized_message() {
    let (address, _home) = start().await;
    let body = get(address, "/api/v1/openapi.json", "").await.body;
    let description: serde_json::Value = serde_json::from_str(&body).unwrap();
    let schemas = &description["components"]["schemas"];
    let message = &schemas["Problem"]["properties"]["localized_message"];
    let told = message.to_string();
    assert!(told.contains("#/components/schemas/LocalizedMessage"), "{told}");
    let required = &schemas["LocalizedMessage"]["required"];
    assert_eq!(*required, serde_json::json!(["locale", "message"]));
}

#[tokio::test]
async fn without_a_publisher_there_are_results_and_no_descriptions() {
    let home = Home::new();
    let address = home::serve(&home, None).await;
    for path in [
        "/api/v1/catalog.jsonld".to_owned(),
        "/api/v1/datasets.csv".to_owned(),
        of(PUBLISHED, "/passport"),
        of(PUBLISHED, "/passport.csv"),
        of(PUBLISHED, "/releases/1/results.csv-metadata.json"),
    ] {
        let answer = get(address, &path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("\"reason\":\"NO_CATALOGUE\""), "{path}: {}", answer.body);
    }
    let table = get(address, &of(PUBLISHED, "/releases/1/results.csv"), "").await;
    assert!(table.status == 200 && !table.head.contains("describedby"), "{}", table.head);
    assert_eq!(get(address, &of(PUBLISHED, "/results"), "").await.status, 200);
}

#[tokio::test]
async fn unknown_addresses_are_not_found_and_any_site_may_read_that() {
    let (address, _home) = start().await;
    for path in ["/api", "/api/", "/api/v1", "/api/v1/keys/wrapping"] {
        let answer = get(address, path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        let has = |header| assert!(answer.head.contains(header), "{path}: {}", answer.head);
        has("access-control-allow-origin: *");
        has("content-type: application/problem+json");
    }
    let page = get(address, "/holos.v1.BallotService/CastBallot", "").await;
    assert_eq!(page.status, 404);
    assert!(page.head.contains("content-type: text/html"), "{}", page.head);
}
