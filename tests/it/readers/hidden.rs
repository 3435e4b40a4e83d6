//! Somebody who looks for what is hidden, by every address there is.

use std::collections::{BTreeMap, BTreeSet};

use holos_wire::proto;
use holos_wire::proto::results_service_client::ResultsServiceClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::transport::Channel;

use super::gallery::{Gallery, SECRET};

/// What a request brings along: a cache, a proxy, or somebody who tries.
const HEADERS: [&str; 8] = [
    "",
    "accept: application/json\r\n",
    "accept-language: en\r\naccept-encoding: identity\r\n",
    "if-none-match: *\r\n",
    "if-modified-since: Thu, 01 Jan 1970 00:00:00 GMT\r\ncache-control: no-cache\r\n",
    "range: bytes=0-100000\r\n",
    "x-forwarded-for: 127.0.0.1\r\nx-http-method-override: PUT\r\nauthorization: Bearer x\r\n",
    "last-event-id: 0\r\n",
];

/// Addresses further than these say that something is wrong with the test.
const ADDRESSES_MAX: usize = 2_000;

/// Every answer of one engine, each once.
struct Crawl {
    address: std::net::SocketAddr,
    answers: BTreeMap<String, String>,
    queue: BTreeSet<String>,
}

impl Crawl {
    async fn ask(&self, method: &str, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request =
            format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let patience = std::time::Duration::from_secs(20);
        let begun = tokio::time::timeout(patience, stream.read_buf(&mut bytes)).await;
        assert!(begun.is_ok(), "{method} {path} hangs");
        // Once it has begun, a stream of events says what it has to say at once, and then waits.
        let wait = if path.ends_with("/events") {
            std::time::Duration::from_millis(200)
        } else {
            patience
        };
        let ended = tokio::time::timeout(wait, stream.read_to_end(&mut bytes)).await;
        assert!(ended.is_ok() || path.ends_with("/events"), "{method} {path} hangs");
        assert!(
            bytes.starts_with(b"HTTP/1.1 "),
            "{method} {path}: what nobody answers hides nothing"
        );
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Asks for an address, and for all that its answer names.
    async fn read(&mut self, path: &str) {
        let answer = self.ask("GET", path, "").await;
        for named in addresses(&answer) {
            if !self.answers.contains_key(&named) {
                self.queue.insert(named);
            }
        }
        self.answers.insert(path.to_owned(), answer);
        assert!(self.answers.len() < ADDRESSES_MAX, "{:?}", self.answers.keys());
    }
}

/// The paths that a text names: links of pages, of JSON, of headers, of catalogues.
fn addresses(text: &str) -> BTreeSet<String> {
    let plain = text.replace("https://polls.example.gov.ua", "").replace("&amp;", "&");
    let parts = plain.split(['"', '\'', '<', '>', ' ', '\n', '\r', ',']);
    let paths = parts.filter(|part| part.starts_with('/') && !part.starts_with("//"));
    let whole = |path: &str| path.split('#').next().unwrap_or_default().to_owned();
    paths.map(whole).filter(|path| path.len() < 300 && !path.contains(['{', '$', ';'])).collect()
}

/// Every way in which one of these numbers could be written.
fn written(numbers: &[u64]) -> Vec<String> {
    let grouped = |number: u64, with: &str| {
        let (thousands, rest) = (number / 1_000, number % 1_000);
        format!("{thousands}{with}{rest:03}")
    };
    let ways = numbers.iter().flat_map(|number| {
        let plain = number.to_string();
        if *number < 1_000 {
            return vec![plain];
        }
        let with = |with| grouped(*number, with);
        vec![plain, with(","), with(" "), with("\u{a0}"), with("\u{202f}"), with("&#160;")]
    });
    ways.collect()
}

/// Whether the number stands there by itself, not within a longer one or a hash.
fn stands_in(text: &str, number: &str) -> bool {
    text.match_indices(number).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + number.len()..].chars().next();
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
        !joins(before) && !joins(after)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_is_at_no_address() {
    let gallery = Gallery::new().await;
    let address = gallery.world.running.addresses.public;
    let mut crawl = Crawl { address, answers: BTreeMap::new(), queue: BTreeSet::new() };
    for start in ["/", "/uk", "/en", "/api/v1/polls?limit=100", "/api/v1/openapi.json"] {
        crawl.queue.insert(start.to_owned());
    }
    // Addresses that nothing names yet: those of each poll, as if it were published.
    for poll in gallery.polls.values() {
        for rest in ["", "/results", "/results.csv", "/releases", "/releases/1", "/releases/2"] {
            crawl.queue.insert(format!("/api/v1/polls/{poll}{rest}"));
        }
        for rest in [
            "/releases/1/results.csv",
            "/releases/1/results.csv-metadata.json",
            "/releases/1/proof",
            "/definition",
            "/passport",
            "/passport.csv",
            "/notice",
            "/events",
        ] {
            crawl.queue.insert(format!("/api/v1/polls/{poll}{rest}"));
        }
        for page in [format!("/uk/polls/{poll}"), format!("/en/polls/{poll}/notice")] {
            crawl.queue.insert(page);
        }
    }
    while let Some(path) = crawl.queue.pop_first() {
        crawl.read(&path).await;
    }
    let pages = crawl.answers.keys().filter(|path| !path.starts_with("/api/")).count();
    assert!(pages > 80 && crawl.answers.len() > 200, "{pages} of {}", crawl.answers.len());

    // 1,913 ballots wait for their end, 1,777 are never shown: each of three options has a third.
    let hidden = written(&[1_913, 638, 637, 1_777, 593, 592]);
    let check = |path: &str, answer: &str| {
        for number in &hidden {
            assert!(!stands_in(answer, number), "{number} at {path}: {answer}");
        }
        assert!(!answer.contains(SECRET), "the secret order at {path}: {answer}");
        let filed = gallery.poll("filed");
        assert!(path.contains(filed) || !answer.contains(filed), "its id at {path}");
    };
    for (path, answer) in &crawl.answers {
        check(path, answer);
    }
    // The same with whatever a request may bring along.
    for name in ["filed", "waits", "never", "few", "withdrawn"] {
        let poll = gallery.poll(name);
        for path in crawl.answers.keys().filter(|path| path.contains(poll)) {
            for headers in HEADERS {
                for method in ["GET", "HEAD", "POST", "OPTIONS"] {
                    check(path, &crawl.ask(method, path, headers).await);
                }
            }
        }
    }
    // And by gRPC.
    let endpoint = Channel::from_shared(gallery.address()).unwrap();
    let mut results = ResultsServiceClient::new(endpoint.connect().await.unwrap());
    for name in ["filed", "waits", "never", "few"] {
        let poll_id = gallery.poll(name).to_owned();
        let one = proto::GetResultsRequest { poll_id: poll_id.clone() };
        check(name, &format!("{:?}", results.get_results(one).await.unwrap_err()));
        let release = proto::GetReleaseRequest { poll_id, release: 1 };
        check(name, &format!("{:?}", results.get_release(release).await.unwrap_err()));
    }
    // Metrics are the operator's, and count no poll.
    let admin = Crawl { address: gallery.world.running.addresses.admin, ..crawl };
    let metrics = admin.ask("GET", "/metrics", "").await;
    assert!(metrics.contains("holos_ballots_total"), "{metrics}");
    for poll in gallery.polls.values() {
        assert!(!metrics.contains(poll.as_str()), "{poll}");
    }
    gallery.world.end().await;
}

#[test]
fn a_number_is_found_however_it_is_written_and_not_within_another() {
    let ways = written(&[1_913, 638]);
    for text in ["\"total\":1913,", "1\u{a0}913 answers", ">1,913<", "x,638,y", "(638)"] {
        assert!(ways.iter().any(|way| stands_in(text, way)), "{text}");
    }
    for text in ["21913", "a638f", "1913-p", "19130"] {
        assert!(!ways.iter().any(|way| stands_in(text, way)), "{text}");
    }
}
