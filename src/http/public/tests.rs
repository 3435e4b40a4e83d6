//! What stands at each address, and what does not.

mod caches;
mod home;
mod open_data;
mod pages;
mod polls;
mod refusals;

use super::*;
use crate::http::client::{ask, get};
use holos_tlog::{VerifierKey, verify_proof};
use home::{Home, OPEN, PUBLISHED, WITHDRAWN, start};

const FOREVER: &str = "cache-control: public, max-age=31536000, immutable";

fn of(poll: &str, rest: &str) -> String {
    format!("/api/v1/polls/{poll}{rest}")
}

fn releases(home: &Home, poll: &str) -> Vec<Arc<Publication>> {
    home.poll(poll.parse().unwrap()).unwrap().releases.clone()
}

#[tokio::test]
async fn the_release_in_force_is_served_byte_by_byte_and_can_be_revalidated() {
    let (address, home) = start().await;
    let publication = releases(&home, PUBLISHED).pop().unwrap();
    let path = &of(PUBLISHED, "/results");
    let tag = format!("\"{}\"", publication.hash);
    let answer = get(address, path, "").await;
    assert_eq!((answer.status, answer.bytes), (200, publication.bytes().to_vec()));
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    assert!(answer.head.contains(&format!("etag: {tag}")), "{}", answer.head);
    assert!(
        answer.head.contains("cache-control: public, max-age=2, stale-if-error=600"),
        "{}",
        answer.head
    );
    for tag in [tag.clone(), format!("\"old\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
        let again = get(address, path, &format!("if-none-match: {tag}\r\n")).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{tag}");
        assert!(again.head.contains("etag: "), "{}", again.head);
    }
    assert_eq!(get(address, path, "if-none-match: \"old\"\r\n").await.status, 200);
}

#[tokio::test]
async fn every_release_stays_at_its_own_address_for_good() {
    let (address, home) = start().await;
    for publication in [PUBLISHED, WITHDRAWN].iter().flat_map(|poll| releases(&home, poll)) {
        let statement = &publication.statement;
        let path = of(&statement.poll.to_string(), &format!("/releases/{}", statement.release));
        let answer = get(address, &path, "").await;
        assert_eq!((answer.status, answer.bytes), (200, publication.bytes().to_vec()), "{path}");
        assert!(answer.head.contains(FOREVER), "{}", answer.head);
        assert!(answer.head.contains(&publication.hash), "{}", answer.head);
    }
}

#[tokio::test]
async fn the_list_names_every_release_with_what_it_corrects() {
    let (address, home) = start().await;
    let answer = get(address, &of(PUBLISHED, "/releases"), "").await;
    assert!(
        answer.head.contains("cache-control: public, max-age=2, stale-if-error=600"),
        "{}",
        answer.head
    );
    let list: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(list["poll"], PUBLISHED);
    let [first, second] = list["releases"].as_array().unwrap().as_slice() else {
        panic!("{list}");
    };
    assert_eq!((&first["release"], &first["kind"]), (&1.into(), &"FINAL".into()));
    assert!(first.get("corrects").is_none());
    assert_eq!((&second["release"], &second["corrects"]), (&2.into(), &1.into()));
    assert_eq!(second["hash"], releases(&home, PUBLISHED)[1].hash.as_str());
    assert!(!answer.body.contains("total"), "a list without numbers: {}", answer.body);
    for row in [first, second] {
        for link in ["file", "csv", "proof"] {
            let path = row["links"][link].as_str().unwrap();
            assert_eq!(get(address, path, "").await.status, 200, "{path}");
        }
    }
    let none = get(address, &of(OPEN, "/releases"), "").await;
    assert!(none.body.ends_with("\"releases\":[]}"), "{}", none.body);
}

#[tokio::test]
async fn a_proof_leads_from_the_release_to_the_checkpoint() {
    let (address, home) = start().await;
    let key = VerifierKey::parse(&home.log.vkey()).unwrap();
    for publication in releases(&home, PUBLISHED) {
        let path = of(PUBLISHED, &format!("/releases/{}/proof", publication.statement.release));
        let answer = get(address, &path, "").await;
        assert!(answer.head.contains("content-type: text/plain; charset=utf-8"), "{}", answer.head);
        let entry = publication.public_entry().canonical_json();
        verify_proof(&answer.bytes, &entry, &key).unwrap();
    }
}

#[tokio::test]
async fn a_definition_is_served_once_it_is_frozen() {
    let (address, home) = start().await;
    for poll in [PUBLISHED, OPEN] {
        let answer = get(address, &of(poll, "/definition"), "").await;
        assert!(answer.status == 200 && answer.body.contains(poll), "{}", answer.body);
        assert!(answer.head.contains(FOREVER), "{}", answer.head);
        let poll = home.poll(poll.parse().unwrap()).unwrap();
        let tag = format!("etag: \"{}\"", poll.definition_hash.unwrap());
        assert!(answer.head.contains(&tag), "{}", answer.head);
    }
}

#[tokio::test]
async fn the_log_is_served_as_static_files() {
    let (address, home) = start().await;
    let checkpoint = get(address, "/api/v1/log/checkpoint", "").await;
    assert_eq!(checkpoint.body, home.log.checkpoint());
    assert!(checkpoint.head.contains("content-type: text/plain; charset=utf-8"));
    assert!(checkpoint.head.contains("cache-control: public, max-age=5\r\n"));
    let size = home.log.size();
    let part = size - 256;
    for path in [
        "tile/0/000".to_owned(),
        "tile/entries/000".to_owned(),
        format!("tile/0/001.p/{part}"),
        format!("tile/entries/001.p/{part}"),
        "tile/1/000.p/1".to_owned(),
    ] {
        let tile = get(address, &format!("/api/v1/log/{path}"), "").await;
        assert_eq!((tile.status, tile.bytes), (200, home.log.file(&path).unwrap().bytes), "{path}");
        assert!(tile.head.contains("content-type: application/octet-stream"), "{}", tile.head);
        assert!(tile.head.contains(FOREVER), "{}", tile.head);
    }
    for path in [
        "",
        "tile",
        "tile/0/001",
        "tile/0/0",
        "tile/0/1",
        "tile/9/000",
        "tile/entries/001.p/256",
        "tile/entries/../../checkpoint",
        "tile/entries/..%2f..%2fcheckpoint",
        "..%2Fcheckpoint",
        "tile/0/000%00",
        "%ff",
    ] {
        let missing = get(address, &format!("/api/v1/log/{path}"), "").await;
        assert_eq!(missing.status, 404, "{path}");
        assert!(missing.head.contains("cache-control: no-store"), "{path}: {}", missing.head);
    }
}

#[tokio::test]
async fn the_keys_are_served() {
    let (address, home) = start().await;
    let publication = get(address, "/api/v1/keys/publication", "").await;
    assert!(publication.body.starts_with("-----BEGIN PUBLIC KEY"), "{}", publication.body);
    let log = get(address, "/api/v1/keys/log", "").await;
    assert_eq!(log.body, format!("{}\n", home.log.vkey()));
}

#[tokio::test]
async fn only_get_and_head_are_served_and_head_has_the_same_headers() {
    let (address, _home) = start().await;
    for path in [
        of(PUBLISHED, "/results"),
        of(PUBLISHED, "/releases/1/results.csv"),
        "/api/v1/log/checkpoint".to_owned(),
        "/api/v1/catalog.jsonld".to_owned(),
    ] {
        let head = ask(address, "HEAD", &path, "").await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert!(head.head.contains("content-length: "), "{}", head.head);
        for method in ["POST", "PUT", "DELETE"] {
            assert_eq!(ask(address, method, &path, "").await.status, 405, "{method} {path}");
        }
    }
}
