//! Tables and descriptions, each at the address that the others name.

use super::*;
use crate::publish::open::{csv, csvw};

const DESCRIBED_BY: &str = "link: <results.csv-metadata.json>; rel=\"describedby\"";

#[tokio::test]
async fn a_release_is_a_table_with_a_description_beside_it() {
    let (address, home) = start().await;
    for publication in [PUBLISHED, WITHDRAWN].iter().flat_map(|poll| releases(&home, poll)) {
        let statement = &publication.statement;
        let of_release = format!("/releases/{}/results.csv", statement.release);
        let path = of(&statement.poll.to_string(), &of_release);
        let table = get(address, &path, "").await;
        assert_eq!((table.status, table.bytes), (200, csv(statement)), "{path}");
        assert!(table.head.contains("content-type: text/csv; charset=utf-8"), "{}", table.head);
        assert!(table.head.contains(DESCRIBED_BY), "{}", table.head);
        let described = get(address, &format!("{path}-metadata.json"), "").await;
        assert_eq!(described.bytes, csvw(statement, &home::publisher()), "{path}");
        assert!(described.head.contains("content-type: application/csvm+json"));
    }
}

#[tokio::test]
async fn the_latest_table_names_the_address_that_stays() {
    let (address, home) = start().await;
    let latest = get(address, &of(PUBLISHED, "/results.csv"), "").await;
    let last = releases(&home, PUBLISHED).pop().unwrap();
    assert_eq!(latest.bytes, csv(&last.statement));
    assert!(latest.head.contains("link: <releases/2/results.csv>; rel=\"canonical\""));
    let tag = latest.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let again = format!("if-none-match: {tag}\r\n");
    assert_eq!(get(address, &of(PUBLISHED, "/results.csv"), &again).await.status, 304);
}

#[tokio::test]
async fn a_passport_says_what_the_dataset_is_also_when_it_was_withdrawn() {
    let (address, _home) = start().await;
    for poll in [PUBLISHED, WITHDRAWN] {
        let passport = get(address, &of(poll, "/passport"), "").await;
        let passport: serde_json::Value = serde_json::from_str(&passport.body).unwrap();
        assert_eq!(passport["elements"][0]["value"], poll);
        let table = get(address, &of(poll, "/passport.csv"), "").await;
        assert!(table.status == 200 && table.body.contains(poll), "{}", table.body);
    }
}

/// Every address below the publisher's that this text names.
fn addresses(text: &str) -> Vec<&str> {
    let base = home::publisher().base_url;
    let named = text.match_indices(&base).map(|(at, _)| &text[at + base.len()..]);
    named.map(|rest| rest.split(['"', '#', ',']).next().unwrap().trim_end()).collect()
}

#[tokio::test]
async fn every_address_that_open_data_names_is_served() {
    let (address, _home) = start().await;
    let mut found = 0;
    for path in [
        "/api/v1/catalog.jsonld".to_owned(),
        "/api/v1/datasets.csv".to_owned(),
        of(PUBLISHED, "/passport"),
        of(PUBLISHED, "/releases/1/results.csv-metadata.json"),
    ] {
        let answer = get(address, &path, "").await;
        assert_eq!(answer.status, 200, "{path}");
        for named in addresses(&answer.body) {
            // Of a withdrawn poll there is no release in force; a page is in either language.
            let withdrawn = named == of(WITHDRAWN, "/results");
            let expected = match named {
                _ if withdrawn => 409,
                page if page.is_empty() || page.starts_with("/polls/") => 302,
                _ => 200,
            };
            let named = if named.is_empty() { "/" } else { named };
            assert_eq!(get(address, named, "").await.status, expected, "{named} in {path}");
            found += 1;
        }
    }
    assert!(found > 10, "{found} addresses");
}

#[tokio::test]
async fn the_catalogue_follows_every_change_and_is_kept_between_two() {
    let (address, home) = start().await;
    let catalogue = async || get(address, "/api/v1/catalog.jsonld", "").await;
    let first = catalogue().await;
    assert!(first.head.contains("content-type: application/ld+json"), "{}", first.head);
    assert!(first.body.contains(PUBLISHED) && !first.body.contains(OPEN));
    assert_eq!(catalogue().await.bytes, first.bytes);
    home.publish_late();
    let second = catalogue().await;
    assert!(second.body.contains(OPEN));
    let register = get(address, "/api/v1/datasets.csv", "").await;
    assert!(register.body.contains(OPEN), "{}", register.body);
}
