//! Polls without their totals: the list, one, its notice, and the events of one.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::home::{ALL, HIDDEN, NOBODY, SCHEDULED, SECRET, SMALL};
use super::*;

async fn json(address: std::net::SocketAddr, path: &str) -> serde_json::Value {
    let answer = get(address, path, "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

fn ids(list: &serde_json::Value) -> Vec<&str> {
    let polls = list["polls"].as_array().unwrap();
    polls.iter().map(|poll| poll["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_list_has_every_public_poll_once_page_by_page() {
    let (address, _home) = start().await;
    let whole = json(address, "/api/v1/polls").await;
    let mut public: Vec<_> = ALL.into_iter().filter(|poll| *poll != HIDDEN).collect();
    public.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(ids(&whole), public, "newest first");
    assert_eq!(whole["total"], public.len());
    assert!(whole.get("next").is_none());
    let mut paged = Vec::new();
    let mut path = "/api/v1/polls?limit=4".to_owned();
    loop {
        let page = json(address, &path).await;
        assert_eq!(page["total"], public.len());
        paged.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page.get("next") else { break };
        path = format!("/api/v1/polls?limit=4&after={}", next.as_str().unwrap());
    }
    assert_eq!(paged, public);
}

#[tokio::test]
async fn the_list_is_searched_by_state_words_body_and_community() {
    let (address, _home) = start().await;
    for (query, found) in [
        ("state=open", vec![OPEN]),
        ("state=upcoming", vec![SCHEDULED]),
        ("q=8%20BEREZNYA", vec![]),
        ("q=8+%D0%91%D0%95%D0%A0%D0%95%D0%97%D0%9D%D0%AF&state=open", vec![OPEN]),
        ("q=day+off&state=open", vec![OPEN]),
        ("q=day+underground&state=open", vec![]),
        ("body=43220851&state=open", vec![OPEN]),
        ("body=43220852", vec![]),
        ("community=national&state=open", vec![OPEN]),
        ("community=lviv", vec![]),
        (&format!("q={}", SECRET.replace(' ', "+")), vec![]),
    ] {
        let list = json(address, &format!("/api/v1/polls?{query}")).await;
        assert_eq!(ids(&list), found, "{query}");
    }
    let closed = json(address, "/api/v1/polls?state=closed").await;
    assert!(ids(&closed).contains(&SMALL) && !ids(&closed).contains(&OPEN));
}

#[tokio::test]
async fn a_wrong_parameter_is_named_with_its_rule() {
    let (address, _home) = start().await;
    for (query, says) in [
        ("state=new", "state: must be open, upcoming or closed"),
        ("limit=0", "limit: must be a number from 1 to 100"),
        ("limit=101", "limit: must be a number from 1 to 100"),
        ("limit=ten", "limit: must be a number from 1 to 100"),
        ("limit=", "limit: must be a number from 1 to 100"),
        ("limit=005", "limit: must be a number from 1 to 100"),
        ("limit=%2B5", "limit: must be a number from 1 to 100"),
        ("after=", "after: must be the identifier of a poll"),
        ("after=1", "after: must be the identifier of a poll"),
        ("body=123", "body: must be 8 digits"),
        ("community=Lviv", "community: must be"),
        (&format!("q={}", "x".repeat(201)), "q: must have at most 200 characters"),
        ("q=a&q=b", "each name once"),
    ] {
        let answer = get(address, &format!("/api/v1/polls?{query}"), "").await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains(says), "{query}: {}", answer.body);
        assert!(answer.body.contains("PARAMETER_INVALID"), "{}", answer.body);
    }
    let longest = format!("/api/v1/polls?q={}", "x".repeat(200));
    assert_eq!(get(address, &longest, "").await.status, 200);
    assert_eq!(get(address, "/api/v1/polls?limit=100", "").await.status, 200);
}

#[tokio::test]
async fn a_poll_says_what_it_asks_and_no_total() {
    let (address, home) = start().await;
    let poll = json(address, &of(PUBLISHED, "")).await;
    assert_eq!(poll["state"], "PUBLISHED");
    assert_eq!(poll["initiator"]["code"], "43220851");
    assert_eq!(poll["questions"][0]["options"].as_array().unwrap().len(), 3);
    assert_eq!(poll["latest"]["release"], 2);
    assert_eq!(poll["publication"]["mode"], "at-close");
    for (_, link) in poll["links"].as_object().unwrap() {
        let path = link.as_str().unwrap();
        let status =
            if path.ends_with("/events") { continue } else { get(address, path, "").await.status };
        assert!(matches!(status, 200 | 302), "{path}: {status}");
    }
    let text = poll.to_string();
    let total = releases(&home, PUBLISHED)[1].statement.total.unwrap().to_string();
    assert!(!text.contains(&format!(":{total}")), "{text}");
    for word in ["staff-1", "staff-2", "person-1", "subject_kind", "drafted_by"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn a_notice_has_the_thirteen_rights_and_the_mechanism() {
    let (address, _home) = start().await;
    let notice = json(address, &of(SCHEDULED, "/notice")).await;
    assert_eq!(notice["version"], 1);
    assert_eq!(notice["rights"].as_array().unwrap().len(), 13);
    assert!(notice["mechanism"]["uk"].as_str().unwrap().contains("хеш"));
    assert_eq!(notice["notice"]["controller"]["code"], "43220851");
}

/// Reads from a stream until it has said this.
async fn reads(stream: &mut TcpStream, until: &str) -> String {
    let mut text = String::new();
    let read = async {
        while !text.contains(until) {
            let mut some = [0; 4_096];
            let read = stream.read(&mut some).await.unwrap();
            assert!(read > 0, "the stream ended: {text}");
            text.push_str(&String::from_utf8_lossy(&some[..read]));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("it is said");
    text
}

#[tokio::test]
async fn an_event_tells_of_each_change_and_of_nothing_else() {
    let (address, home) = start().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET {} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n", of(OPEN, "/events"));
    stream.write_all(request.as_bytes()).await.unwrap();
    let first = reads(&mut stream, "\"version\":\"").await;
    assert!(first.contains("content-type: text/event-stream"), "{first}");
    assert!(first.contains("x-accel-buffering: no"), "{first}");
    assert!(first.contains("event: poll") && first.contains("\"state\":\"OPEN\""), "{first}");
    assert!(!first.contains("\"release\""), "{first}");
    home.publish_late();
    let second = reads(&mut stream, "\"version\":\"").await;
    assert!(second.contains("\"release\":1") && !second.contains("5010"), "{second}");
    assert_eq!(get(address, &of(NOBODY, "/events"), "").await.status, 404);
    home.stop.send(true).unwrap();
    let mut rest = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
    assert!(end.is_ok_and(|read| read.is_ok()), "a stop ends the stream");
}
