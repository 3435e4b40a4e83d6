//! Keys that come, overlap and go: by files, and by a server that misbehaves.

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::count::authenticate::issuers::{IssuerConfig, IssuerKeyConfig, JwksConfig};
use crate::count::authenticate::mint::{Claims, TestIssuer};
use crate::count::authenticate::{Caller, Conduct, Credential, Occasion};
use crate::jose::KeyFlaw;
use crate::outcome::Rejection;
use crate::poll::{Needs, PollId};

const POLL: PollId = PollId::from_bytes([7; 16]);
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn issuer(kid: &str, seed: u8) -> TestIssuer {
    TestIssuer::new("wallet", kid, [seed; 32])
}

fn set(issuers: &[&TestIssuer]) -> String {
    let keys: Vec<Value> = issuers.iter().map(|issuer| issuer.jwk()).collect();
    json!({ "keys": keys }).to_string()
}

fn engine(configs: &[IssuerConfig]) -> Arc<Authenticator> {
    let issuers = Issuers::load(configs).ok().unwrap();
    Arc::new(Authenticator::start(issuers, "holos".to_owned(), NonZeroUsize::MIN).unwrap())
}

/// Why the issuer's token is refused, if it is.
async fn asked(engine: &Authenticator, issuer: &TestIssuer) -> Option<Rejection> {
    let token = issuer.mint(&Claims {
        audience: "holos",
        subject: &[9; 32],
        pseudonym_key: "p",
        poll: POLL,
        issued_at: NOW,
        lifetime_seconds: 60,
        more: &[],
    });
    let (caller, conduct, needs) = (Caller::Anonymous, Conduct::new(), Needs::default());
    let (occasion, tokens) = (Occasion::Poll(POLL), vec![Credential::Token(token)]);
    let answer = engine.authenticate(&caller, &conduct, occasion, &needs, tokens, NOW).await;
    answer.into_iter().next().unwrap().err()
}

/// An engine whose issuer has a key set in a file.
struct Files {
    folder: TempDir,
    engine: Arc<Authenticator>,
}

impl Files {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("set");
        fs::write(&file, text).unwrap();
        let jwks = Some(JwksConfig::file(file));
        let engine = engine(&[IssuerConfig { jwks, ..IssuerConfig::new("wallet", "ua", "p") }]);
        Self { folder, engine }
    }

    fn change(&self, text: &str) -> Result<(), IssuersError> {
        fs::write(self.folder.path().join("set"), text).unwrap();
        self.engine.reload()
    }
}

#[tokio::test]
async fn keys_rotate_with_an_overlap_and_a_key_that_left_stops_at_once() {
    let (old, new) = (issuer("1", 1), TestIssuer::es256("wallet", "2"));
    let files = Files::new(&set(&[&old]));
    let engine = &files.engine;
    assert_eq!(asked(engine, &old).await, None);
    assert_eq!(asked(engine, &new).await, Some(Rejection::TokenKeyUnknown));
    files.change(&set(&[&old, &new])).unwrap();
    assert_eq!((asked(engine, &old).await, asked(engine, &new).await), (None, None));
    files.change(&set(&[&new])).unwrap();
    assert_eq!(asked(engine, &old).await, Some(Rejection::TokenKeyUnknown));
    assert_eq!(asked(engine, &new).await, None);
    files.change(&set(&[&old])).unwrap();
    assert_eq!(asked(engine, &old).await, None, "the same key may come back");
}

#[tokio::test]
async fn a_key_id_never_comes_to_name_another_key() {
    let (first, other) = (issuer("1", 1), issuer("1", 2));
    let files = Files::new(&set(&[&first]));
    let changed = |error: IssuersError| match error {
        IssuersError::Key { flaw: KeyFlaw::Changed, kid, .. } => assert_eq!(kid, "1"),
        error => panic!("{error}"),
    };
    changed(files.change(&set(&[&other])).unwrap_err());
    assert_eq!(asked(&files.engine, &first).await, None, "the old one holds");
    assert_eq!(asked(&files.engine, &other).await, Some(Rejection::TokenSignature));
    files.change(&set(&[])).unwrap();
    changed(files.change(&set(&[&other])).unwrap_err());
    assert_eq!(asked(&files.engine, &other).await, Some(Rejection::TokenKeyUnknown));
}

#[tokio::test]
async fn a_reload_that_fails_changes_nothing() {
    let old = issuer("1", 1);
    let files = Files::new(&set(&[&old]));
    let mut leaked = old.jwk();
    leaked["d"] = "AQAB".into();
    let (large, leaked) = (" ".repeat(65_537), json!({ "keys": [leaked] }).to_string());
    let named = |kid: &str| set(&[&issuer(kid, 3)]);
    let long = named(&"x".repeat(65));
    for text in ["", "{", &large, &leaked, &long, &named(""), &named("vouched")] {
        let error = files.change(text).unwrap_err().to_string();
        assert!(error.contains("wallet") && error.len() < 300, "{error}");
        assert_eq!(asked(&files.engine, &old).await, None);
    }
    fs::remove_file(files.folder.path().join("set")).unwrap();
    assert!(matches!(files.engine.reload(), Err(IssuersError::Unreadable { .. })));
    assert_eq!(asked(&files.engine, &old).await, None);
}

#[tokio::test]
async fn a_key_stands_once_among_all_of_an_issuers_keys() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let public_key_file = file("pem", issuer("1", 1).public_key_pem());
    let jwks = Some(JwksConfig::file(file("set", set(&[&issuer("1", 1)]))));
    let keys = vec![IssuerKeyConfig { kid: "1".into(), public_key_file }];
    let config = IssuerConfig { keys, jwks, ..IssuerConfig::new("wallet", "ua", "p") };
    let error = Issuers::load(&[config]).err().unwrap();
    assert!(matches!(error, IssuersError::Key { flaw: KeyFlaw::IdTaken, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn files_that_change_are_read_again_without_being_asked() {
    let (old, new) = (issuer("1", 1), issuer("22", 2));
    let files = Files::new(&set(&[&old]));
    let watching = Arc::clone(&files.engine);
    let watching = tokio::spawn(async move { watching.refresh_loop().await });
    fs::write(files.folder.path().join("set"), set(&[&old, &new])).unwrap();
    until(&files.engine, &new, None).await;
    fs::write(files.folder.path().join("set"), "broken").unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(asked(&files.engine, &old).await, None);
    fs::write(files.folder.path().join("set"), set(&[&new])).unwrap();
    until(&files.engine, &old, Some(Rejection::TokenKeyUnknown)).await;
    watching.abort();
}

/// Waits until the issuer's tokens get this answer.
async fn until(engine: &Authenticator, issuer: &TestIssuer, expected: Option<Rejection>) {
    for _ in 0..1_000 {
        if asked(engine, issuer).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the keys did not change");
}

/// What the server does with a request.
#[derive(Clone)]
enum Behaviour {
    Serve(String),
    /// A status line and headers, as they are.
    Raw(&'static str),
    /// A head, and then a byte for ever.
    Endless,
    Silent,
}

/// An issuer's server: answers as it is told, and remembers what it was asked.
struct Server {
    url: String,
    behaviour: Arc<Mutex<Behaviour>>,
    requests: Arc<AtomicUsize>,
    conditional: Arc<AtomicUsize>,
}

impl Server {
    async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}/jwks", listener.local_addr().unwrap()),
            behaviour: Arc::new(Mutex::new(behaviour)),
            requests: Arc::default(),
            conditional: Arc::default(),
        };
        let (told, all) = (Arc::clone(&server.behaviour), Arc::clone(&server.requests));
        let conditional = Arc::clone(&server.conditional);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let head = head(&mut stream).await;
                all.fetch_add(1, Ordering::SeqCst);
                let told = told.lock().unwrap().clone();
                let matches = match &told {
                    Behaviour::Serve(text) => head.contains(&etag(text)),
                    _ => false,
                };
                conditional.fetch_add(usize::from(matches), Ordering::SeqCst);
                tokio::spawn(answer(stream, told, matches));
            }
        });
        server
    }

    fn tell(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    fn config(&self) -> IssuerConfig {
        let jwks = Some(JwksConfig::url(&self.url));
        IssuerConfig { jwks, ..IssuerConfig::new("wallet", "ua", "p") }
    }
}

fn etag(text: &str) -> String {
    format!("\"{}\"", blake3::hash(text.as_bytes()).to_hex())
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn answer(mut stream: TcpStream, behaviour: Behaviour, matches: bool) {
    let text = match behaviour {
        Behaviour::Serve(_) if matches => "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
        Behaviour::Serve(text) => {
            let (etag, length) = (etag(&text), text.len());
            format!("HTTP/1.1 200 OK\r\netag: {etag}\r\ncontent-length: {length}\r\n\r\n{text}")
        }
        Behaviour::Raw(text) => text.to_owned(),
        Behaviour::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b' '; 1_024]).await.is_ok() {}
            return;
        }
        Behaviour::Silent => {
            // Until the client gives up.
            let _ = stream.read_u8().await;
            return;
        }
    };
    let _ = stream.write_all(text.as_bytes()).await;
}

#[tokio::test]
async fn keys_are_fetched_before_the_start_and_only_when_they_are_others() {
    let key = issuer("1", 1);
    let server = Server::start(Behaviour::Serve(set(&[&key]))).await;
    let engine = engine(&[server.config()]);
    assert_eq!(asked(&engine, &key).await, Some(Rejection::TokenKeyUnknown));
    engine.fetch_keys().await.unwrap();
    assert_eq!(asked(&engine, &key).await, None);
    let (terms, mut source) = engine.refresher.take().pop().unwrap();
    engine.fetch(&terms, &mut source).await;
    assert_eq!(server.conditional.load(Ordering::SeqCst), 1, "the second one asks for changes");
    assert_eq!(asked(&engine, &key).await, None);
    engine.reload().unwrap();
    assert_eq!(asked(&engine, &key).await, None, "reading files keeps what was fetched");
    let next = issuer("2", 2);
    server.tell(Behaviour::Serve(set(&[&next])));
    engine.fetch(&terms, &mut source).await;
    assert_eq!(asked(&engine, &next).await, None);
    assert_eq!(asked(&engine, &key).await, Some(Rejection::TokenKeyUnknown));
}

#[tokio::test]
async fn a_server_that_misbehaves_changes_nothing() {
    let key = issuer("1", 1);
    let server = Server::start(Behaviour::Serve(set(&[&key]))).await;
    let engine = engine(&[server.config()]);
    engine.fetch_keys().await.unwrap();
    let (terms, mut source) = engine.refresher.take().pop().unwrap();
    let reused = set(&[&issuer("1", 2)]);
    let mut leaked = key.jwk();
    leaked["d"] = "AQAB".into();
    let padded = format!("{}{}", set(&[&issuer("2", 2)]), " ".repeat(65_536));
    let bad = [
        Behaviour::Raw("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"),
        Behaviour::Raw("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"),
        Behaviour::Raw("HTTP/1.1 302 There\r\nlocation: /jwks\r\ncontent-length: 0\r\n\r\n"),
        Behaviour::Raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"keys\":[]}"),
        Behaviour::Raw("SSH-2.0\r\n\r\n"),
        Behaviour::Raw(""),
        Behaviour::Endless,
        Behaviour::Serve(String::new()),
        Behaviour::Serve(padded),
        Behaviour::Serve(reused),
        Behaviour::Serve(json!({ "keys": [leaked] }).to_string()),
    ];
    for (number, behaviour) in bad.into_iter().enumerate() {
        server.tell(behaviour);
        engine.fetch(&terms, &mut source).await;
        assert_eq!(asked(&engine, &key).await, None, "{number}");
    }
    assert_eq!(server.requests.load(Ordering::SeqCst), 12, "no redirect was followed");
    server.tell(Behaviour::Silent);
    assert_eq!(
        source.fetch().await.err(),
        Some(crate::count::authenticate::fetch::FetchError::Late)
    );
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_once_and_not_by_every_token() {
    let (old, new) = (issuer("1", 1), issuer("2", 2));
    let server = Server::start(Behaviour::Serve(set(&[&old]))).await;
    let engine = engine(&[server.config()]);
    engine.fetch_keys().await.unwrap();
    let refreshing = Arc::clone(&engine);
    let refreshing = tokio::spawn(async move { refreshing.refresh_loop().await });
    assert_eq!(asked(&engine, &old).await, None);
    assert_eq!(server.requests.load(Ordering::SeqCst), 1, "known keys are not asked for");
    server.tell(Behaviour::Serve(set(&[&old, &new])));
    until(&engine, &new, None).await;
    for kid in 3..200 {
        let unknown = asked(&engine, &issuer(&kid.to_string(), 3)).await;
        assert_eq!(unknown, Some(Rejection::TokenKeyUnknown));
    }
    assert_eq!(server.requests.load(Ordering::SeqCst), 2, "one fetch in 30 seconds");
    refreshing.abort();
}

#[tokio::test]
async fn an_engine_starts_without_a_server_that_is_away() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", gone.local_addr().unwrap());
    drop(gone);
    let jwks = Some(JwksConfig::url(&url));
    let started = engine(&[IssuerConfig { jwks, ..IssuerConfig::new("wallet", "ua", "p") }]);
    started.fetch_keys().await.unwrap();
    assert_eq!(asked(&started, &issuer("1", 1)).await, Some(Rejection::TokenKeyUnknown));
    let far = Some(JwksConfig::url("http://id.example.gov/jwks"));
    let config = IssuerConfig { jwks: far, ..IssuerConfig::new("wallet", "ua", "p") };
    let refused = engine(&[config]).fetch_keys().await;
    assert!(matches!(refused, Err(IssuersError::Url { .. })));
}

#[tokio::test]
async fn keys_that_nobody_confirmed_for_a_day_are_dropped_and_fetched_anew() {
    let key = issuer("1", 1);
    let good = Behaviour::Serve(set(&[&key]));
    let server = Server::start(good.clone()).await;
    let engine = engine(&[server.config()]);
    engine.fetch_keys().await.unwrap();
    let (terms, mut source) = engine.refresher.take().pop().unwrap();
    let later = async |time: Duration| {
        tokio::time::pause();
        tokio::time::advance(time).await;
        tokio::time::resume();
    };
    let (most, away) = (crate::ground::limits::JWKS_STALE_MAX, Duration::from_secs(60));
    later(most - away).await;
    engine.fetch(&terms, &mut source).await;
    later(most - away).await;
    server.tell(Behaviour::Raw("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"));
    engine.fetch(&terms, &mut source).await;
    assert_eq!(asked(&engine, &key).await, None, "confirmed less than a day ago");
    later(away * 2).await;
    engine.fetch(&terms, &mut source).await;
    assert_eq!(asked(&engine, &key).await, Some(Rejection::TokenKeyUnknown));
    server.tell(good);
    engine.fetch(&terms, &mut source).await;
    assert_eq!(asked(&engine, &key).await, None, "asked for whole, not for a change");
}
