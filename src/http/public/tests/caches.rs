//! What caches and browsers are told: encodings, versions, preflights, reads that give way.

use std::sync::atomic::Ordering;

use super::home::{self, SMALL};
use super::*;
use crate::http::client::host;

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.map(str::trim)
}

#[tokio::test]
async fn each_encoding_is_a_version_of_its_own() {
    let (address, _home) = start().await;
    let path = &of(PUBLISHED, "/results");
    let encodings = [("identity", None), ("gzip, br", Some("br")), ("gzip", Some("gzip"))];
    let mut tags = Vec::new();
    for (accepted, encoding) in encodings {
        let accepted = format!("accept-encoding: {accepted}\r\n");
        let answer = get(address, path, &accepted).await;
        assert_eq!(header(&answer.head, "content-encoding"), encoding, "{accepted}");
        assert_eq!(header(&answer.head, "vary"), Some("accept-encoding"));
        tags.push(header(&answer.head, "etag").unwrap().to_owned());
    }
    for (accepted, _) in encodings {
        let own = tags[encodings.iter().position(|(other, _)| *other == accepted).unwrap()].clone();
        for tag in &tags {
            let headers = format!("accept-encoding: {accepted}\r\nif-none-match: {tag}\r\n");
            for method in ["GET", "HEAD"] {
                let again = ask(address, method, path, &headers).await;
                assert_eq!(again.status, if *tag == own { 304 } else { 200 }, "{headers}");
                if again.status == 304 {
                    assert_eq!(again.bytes.len(), 0);
                    assert_eq!(header(&again.head, "content-encoding"), None);
                    assert_eq!(header(&again.head, "content-length"), None, "{}", again.head);
                }
            }
        }
    }
}

#[tokio::test]
async fn what_can_be_long_is_sent_short() {
    let (address, _home) = start().await;
    for path in [
        "/api/v1/polls".to_owned(),
        "/api/v1/catalog.jsonld".to_owned(),
        "/api/v1/datasets.csv".to_owned(),
        "/api/v1/openapi.json".to_owned(),
        of(PUBLISHED, ""),
        of(PUBLISHED, "/definition"),
        of(PUBLISHED, "/releases"),
        of(PUBLISHED, "/passport"),
        of(PUBLISHED, "/passport.csv"),
        of(PUBLISHED, "/releases/1"),
        of(PUBLISHED, "/releases/1/results.csv-metadata.json"),
    ] {
        let whole = get(address, &path, "").await;
        let short = get(address, &path, "accept-encoding: br\r\n").await;
        assert_eq!(header(&short.head, "content-encoding"), Some("br"), "{path}");
        assert!(short.bytes.len() < whole.bytes.len(), "{path}");
    }
}

#[tokio::test]
async fn who_watches_when_too_many_do_is_told_to_come_again() {
    let home = Home::new();
    let state = home::state(&home, None);
    let address = host(router(state.clone(), Router::new())).await;
    // No stream outlasts the engine, so that each of these ends.
    home.stop.send(true).unwrap();
    let all = u32::try_from(limits::EVENT_STREAMS_MAX).unwrap();
    let mut watchers = state.0.watchers.acquire_many(all).await.unwrap();
    let path = &of(OPEN, "/events");
    let answer = get(address, path, "").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("\"reason\":\"WATCHERS_FULL\""), "{}", answer.body);
    assert_eq!(header(&answer.head, "retry-after"), Some("5"));
    // One goes: one may come, and the place is free again after it.
    drop(watchers.split(1));
    for _ in 0..2 {
        assert_eq!(get(address, path, "").await.status, 200);
    }
}

#[tokio::test]
async fn a_release_says_since_when_it_is_and_a_tag_counts_before_a_date() {
    let (address, _home) = start().await;
    let path = &of(PUBLISHED, "/results");
    let answer = get(address, path, "").await;
    let modified = "Thu, 09 Mar 2023 08:00:00 GMT";
    assert_eq!(header(&answer.head, "last-modified"), Some(&*modified.to_ascii_lowercase()));
    for (headers, status) in [
        (format!("if-modified-since: {modified}\r\n"), 304),
        ("if-modified-since: Fri, 10 Mar 2023 08:00:00 GMT\r\n".to_owned(), 304),
        ("if-modified-since: Thu, 09 Mar 2023 07:59:59 GMT\r\n".to_owned(), 200),
        ("if-modified-since: yesterday\r\n".to_owned(), 200),
        (format!("if-none-match: \"other\"\r\nif-modified-since: {modified}\r\n"), 200),
    ] {
        assert_eq!(get(address, path, &headers).await.status, status, "{headers}");
    }
}

#[tokio::test]
async fn a_browser_may_ask_from_any_site() {
    let (address, _home) = start().await;
    let headers = "origin: https://example.org\r\naccess-control-request-method: GET\r\n\
                   access-control-request-headers: if-none-match\r\n";
    let answer = ask(address, "OPTIONS", &of(PUBLISHED, "/results"), headers).await;
    assert_eq!(answer.status, 204);
    assert_eq!(header(&answer.head, "access-control-allow-origin"), Some("*"));
    assert_eq!(header(&answer.head, "access-control-allow-methods"), Some("get, head"));
    let allowed = header(&answer.head, "access-control-allow-headers").unwrap();
    assert!(allowed.contains("if-none-match"), "{allowed}");
}

#[tokio::test]
async fn a_page_of_any_site_may_call_grpc_web() {
    let (address, _home) = start().await;
    let path = "/holos.v1.ResultsService/GetResults";
    let headers = "origin: https://example.org\r\naccess-control-request-method: POST\r\n\
                   access-control-request-headers: content-type,x-grpc-web\r\n";
    let preflight = ask(address, "OPTIONS", path, headers).await;
    assert_eq!(preflight.status, 204);
    assert_eq!(header(&preflight.head, "access-control-allow-methods"), Some("post"));
    let allowed = header(&preflight.head, "access-control-allow-headers").unwrap();
    assert!(allowed.contains("x-grpc-web"), "{allowed}");
    let called = ask(address, "POST", path, "content-length: 0\r\n").await;
    assert_eq!(header(&called.head, "access-control-allow-origin"), Some("*"));
    let exposed = header(&called.head, "access-control-expose-headers").unwrap();
    assert!(exposed.contains("grpc-status"), "{exposed}");
}

#[tokio::test]
async fn reads_give_way_while_ballots_are_held_up() {
    let (address, home) = start().await;
    let page = format!("/uk/polls/{PUBLISHED}");
    for path in [&of(PUBLISHED, "/results"), &page] {
        assert_eq!(get(address, path, "").await.status, 200);
    }
    home.pressed.store(true, Ordering::Relaxed);
    let answer = get(address, &of(PUBLISHED, "/results"), "").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("\"reason\":\"READS_SHED\""), "{}", answer.body);
    assert_eq!(header(&answer.head, "retry-after"), Some("5"));
    assert_eq!(header(&answer.head, "cache-control"), Some("no-store"));
    let exposed = header(&answer.head, "access-control-expose-headers");
    assert!(exposed.unwrap().contains("retry-after"), "{}", answer.head);
    let preflight = ask(address, "OPTIONS", &of(PUBLISHED, "/results"), "").await;
    assert_eq!(preflight.status, 204, "the refusal itself is to be read, on any site");
    let answer = get(address, &page, "").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("lang=\"uk\"") && !answer.body.contains("500"), "{}", answer.body);
    assert_eq!(header(&answer.head, "retry-after"), Some("5"));
    assert_eq!(header(&answer.head, "cache-control"), Some("no-store"));
    for kind in ["application/grpc", "application/grpc-web+proto"] {
        let path = "/holos.v1.ResultsService/GetResults";
        let headers = format!("content-type: {kind}\r\ncontent-length: 0\r\n");
        let grpc = ask(address, "POST", path, &headers).await;
        assert_eq!(header(&grpc.head, "grpc-status"), Some("14"), "{}", grpc.head);
        assert_eq!(header(&grpc.head, "content-type"), Some(kind), "{}", grpc.head);
        let exposed = header(&grpc.head, "access-control-expose-headers");
        assert!(exposed.unwrap().contains("grpc-status"), "{}", grpc.head);
    }
    home.pressed.store(false, Ordering::Relaxed);
    assert_eq!(get(address, &page, "").await.status, 200);
}

#[tokio::test]
async fn what_was_made_is_made_anew_when_its_poll_changes() {
    let (address, home) = start().await;
    for path in [format!("/en/polls/{OPEN}"), of(OPEN, ""), of(OPEN, "/results")] {
        let before = get(address, &path, "").await;
        assert!(!before.body.contains("5010") && !before.body.contains("5,010"), "{path}");
    }
    home.publish_late();
    let page = get(address, &format!("/en/polls/{OPEN}"), "").await;
    assert!(page.body.contains("5,010"), "{}", page.body);
    let results = get(address, &of(OPEN, "/results"), "").await;
    assert!(results.body.contains("5010"), "{}", results.body);
    let small = get(address, &format!("/en/polls/{SMALL}"), "").await;
    assert!(small.body.contains("There are fewer answers than the rules r"), "{}", small.body);
}
