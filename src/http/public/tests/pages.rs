//! Pages: where they are, what they may do, and that texts in them stay texts. How they look and read
//! is tested in a browser.

use super::home::{EXPIRED, HIDDEN, NOBODY, SCHEDULED, SMALL};
use super::*;

#[tokio::test]
async fn each_page_is_in_both_languages_and_says_which() {
    let (address, _home) = start().await;
    for poll in [PUBLISHED, OPEN, SMALL, WITHDRAWN, EXPIRED, SCHEDULED] {
        for code in ["uk", "en"] {
            for rest in [format!("/polls/{poll}"), format!("/polls/{poll}/notice"), String::new()] {
                let page = get(address, &format!("/{code}{rest}"), "").await;
                assert_eq!(page.status, 200, "/{code}{rest}");
                assert!(page.body.contains(&format!("<html lang=\"{code}\">")), "/{code}{rest}");
                assert!(page.head.contains(&format!("content-language: {code}")), "{}", page.head);
                assert!(page.head.contains("script-src 'self'"), "{}", page.head);
                assert!(!page.head.contains("unsafe") && !page.head.contains("set-cookie"));
                assert!(!page.body.contains("style=\""), "/{code}{rest}: the policy forbids it");
            }
        }
    }
}

#[tokio::test]
async fn a_page_follows_its_poll_while_something_may_come() {
    let (address, _home) = start().await;
    for poll in [SCHEDULED, OPEN, PUBLISHED, SMALL, WITHDRAWN, EXPIRED] {
        let page = get(address, &format!("/en/polls/{poll}"), "").await;
        let follows = page.body.contains("data-events=");
        assert_eq!(follows, [SCHEDULED, OPEN].contains(&poll), "{poll}");
    }
}

#[tokio::test]
async fn a_withdrawal_is_told_as_one() {
    let (address, _home) = start().await;
    for (code, told) in [("uk", "Відкликає випуск 1"), ("en", "Withdraws release 1")]
    {
        let page = get(address, &format!("/{code}/polls/{WITHDRAWN}"), "").await;
        assert!(page.body.contains(told), "{}", page.body);
    }
    let page = get(address, &format!("/en/polls/{PUBLISHED}"), "").await;
    assert!(page.body.contains("Replaces release 1"), "{}", page.body);
}

#[tokio::test]
async fn an_address_without_a_language_leads_to_the_readers() {
    let (address, _home) = start().await;
    let poll = format!("/polls/{PUBLISHED}");
    for (path, accepted, to) in [
        ("/", "", "/uk"),
        ("/", "accept-language: en-GB,en;q=0.9\r\n", "/en"),
        (&poll, "accept-language: de\r\n", &format!("/uk{poll}")),
        (&poll, "accept-language: en\r\n", &format!("/en{poll}")),
        (&format!("{poll}.json"), "", &format!("/api/v1{poll}")),
        (&format!("{poll}.csv"), "", &format!("/api/v1{poll}/results.csv")),
    ] {
        let answer = get(address, path, accepted).await;
        assert_eq!(answer.status, 302, "{path}");
        assert!(answer.head.contains(&format!("location: {to}\r\n")), "{path}: {}", answer.head);
        assert!(answer.head.contains("vary: accept-language"), "{}", answer.head);
    }
    for odd in ["/polls/%0d%0ax:y", "/polls/%2e%2e", "/polls/a%2f%2fb", "/polls/%ff"] {
        let answer = get(address, odd, "").await;
        assert!(matches!(answer.status, 400 | 404), "{odd}: {}", answer.status);
        assert!(!answer.head.contains("\r\nlocation:"), "{}", answer.head);
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_is_a_page_and_the_same_for_a_hidden_poll() {
    let (address, _home) = start().await;
    let nobody = get(address, &format!("/en/polls/{NOBODY}"), "").await;
    assert_eq!(nobody.status, 404);
    assert!(nobody.head.contains("cache-control: no-store"), "{}", nobody.head);
    assert!(nobody.body.contains("Page not found"), "{}", nobody.body);
    for path in [
        format!("/en/polls/{HIDDEN}"),
        format!("/en/polls/{HIDDEN}/notice"),
        "/en/polls/1".to_owned(),
        "/en/nothing".to_owned(),
    ] {
        let page = get(address, &path, "").await;
        assert_eq!((page.status, &page.body), (404, &nobody.body), "{path}");
    }
    let other = get(address, "/de", "").await;
    assert!(other.status == 404 && other.body.contains("<html lang=\"uk\">"), "{}", other.body);
    assert_eq!(get(address, "/assets/0000000000000000/holos.css", "").await.status, 404);
}

#[tokio::test]
async fn what_a_page_loads_is_there_for_good() {
    let (address, _home) = start().await;
    let page = get(address, &format!("/en/polls/{OPEN}"), "").await;
    let loaded = page.body.split('"').filter(|part| part.starts_with("/assets/"));
    let loaded: std::collections::BTreeSet<_> = loaded.collect();
    assert_eq!(loaded.len(), 3, "{loaded:?}");
    for path in loaded {
        let file = get(address, path, "").await;
        assert_eq!(file.status, 200, "{path}");
        assert!(file.head.contains(FOREVER), "{}", file.head);
    }
}

#[tokio::test]
async fn what_an_official_typed_is_text_and_nothing_else() {
    let (address, _home) = start().await;
    let search = "/uk?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    for path in [
        format!("/uk/polls/{SMALL}"),
        format!("/en/polls/{SMALL}/notice"),
        "/uk".to_owned(),
        "/en/feed.atom".to_owned(),
        search.to_owned(),
    ] {
        let page = get(address, &path, "").await;
        assert_eq!(page.status, 200, "{path}");
        for live in ["<script>alert", "<img src=x", "49}}"] {
            assert!(!page.body.contains(live), "{live} in {path}: {}", page.body);
        }
        let seen = page.body.contains("alert(1)");
        assert!(seen || path.ends_with("atom"), "it stands there as text: {path}");
    }
}

#[tokio::test]
async fn a_path_of_the_publisher_stands_before_every_link() {
    let home = Home::new();
    let below = Publisher {
        base_url: "https://example.gov.ua/polls-below".to_owned(),
        ..home::publisher()
    };
    let address = home::serve(&home, Some(below)).await;
    for path in ["/uk".to_owned(), format!("/en/polls/{PUBLISHED}")] {
        let page = get(address, &path, "").await;
        let named = ["href=\"/", "src=\"/", "action=\"/", "data-events=\"/"];
        let links = named.iter().flat_map(|named| page.body.match_indices(named));
        let mut seen = 0;
        for (at, named) in links {
            let rest = &page.body[at + named.len()..];
            assert!(rest.starts_with("polls-below/"), "{} in {path}", &rest[..40]);
            seen += 1;
        }
        assert!(seen > 10, "{path}: {seen}");
    }
    let to = get(address, "/", "").await;
    assert!(to.head.contains("location: /polls-below/uk"), "{}", to.head);
}
