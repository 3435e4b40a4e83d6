//! Planted markers: whoever searches everything that a real `holos serve` leaves behind or says
//! finds no voter, no token, no secret and no choice in it.

mod needles;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use super::bad_input::raw;
use super::forensic::{attacker, tag};
use super::support::home::{PSEUDONYM_KEY, SECRET, STAFF_TOKEN, wallet};
use super::support::{Answered, Backend, Home, Staff, order};
use bytes::Bytes;
use holos::count::authenticate::mint::Claims;
use holos::ground::clock::Clock;
use holos::keys::KeyStore;
use holos::process::server::Addresses;
use holos_wire::proto::ballot::Credential;
use holos_wire::proto::{self, Ballot};
use needles::Needles;
use prost::Message;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tonic::{Request, Status};

/// Printable, so that a careless `Debug` shows them as they are.
const SUBJECT: &[u8] = b"marker-subject-q7Zk20vTx4";
const SIGNED_SUBJECT: &[u8] = b"marker-signed-Wb93nLq8Ru1";
const OPTION: &str = "marker-chosen-option-5jd8x";
/// In whatever is refused.
const BAD: &str = "marker-of-bad-input-k3Vt7Hs0";

/// A `holos serve` of its own process, with everything it says.
struct Served {
    child: Child,
    addresses: Addresses,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
}

impl Served {
    async fn start(home: &Home) -> Self {
        let file = home.path().join("holos.toml");
        let mut config = home.config.clone();
        config.ledger.fold_delay_seconds = 1;
        fs::write(&file, config.to_toml()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_holos"))
            .args(["serve", "--json", "--config"])
            .arg(&file)
            .env("HOLOS_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut err = child.stderr.take().unwrap();
        let stderr = tokio::spawn(async move {
            let mut said = Vec::new();
            err.read_to_end(&mut said).await.unwrap();
            said
        });
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).await.unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let at = |name: &str| ready[name].as_str().unwrap().parse().unwrap();
        let addresses = Addresses {
            ingest: at("ingest"),
            staff: at("staff"),
            public: at("public"),
            admin: at("admin"),
        };
        let stdout = tokio::spawn(async move {
            let mut said = line.into_bytes();
            out.read_to_end(&mut said).await.unwrap();
            said
        });
        Self { child, addresses, stdout, stderr }
    }

    /// Stops it as an operator does; what it said on its two outputs.
    async fn stop(mut self) -> [Vec<u8>; 2] {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
        assert!(self.child.wait().await.unwrap().success());
        [self.stdout.await.unwrap(), self.stderr.await.unwrap()]
    }
}

/// Everything that came back over the wire.
#[derive(Default)]
struct Heard(Vec<u8>);

impl Heard {
    fn message(&mut self, message: &impl Message) {
        self.0.extend(message.encode_to_vec());
    }

    fn status(&mut self, status: &Status) {
        self.0.extend(format!("{status}\n{status:?}\n").bytes());
        self.0.extend(status.details());
    }

    fn result<T: Message>(&mut self, result: Result<T, Status>) {
        match result {
            Ok(message) => self.message(&message),
            Err(status) => self.status(&status),
        }
    }

    async fn http(&mut self, address: std::net::SocketAddr, path: &str) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_end(&mut self.0).await.unwrap();
    }

    fn contains(&self, text: &str) -> bool {
        self.0.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

fn stated(subject: &'static [u8]) -> Option<Credential> {
    Some(Credential::Voter(proto::VouchedVoter {
        subject: Bytes::from_static(subject),
        ..Default::default()
    }))
}

fn mint(poll: &str, subject: &[u8], lifetime_seconds: i64) -> String {
    let (poll, issued_at) = (poll.parse().unwrap(), Clock::system().now());
    let (audience, pseudonym_key, more) = ("holos", PSEUDONYM_KEY, &[][..]);
    wallet().mint(&Claims {
        audience,
        subject,
        pseudonym_key,
        poll,
        issued_at,
        lifetime_seconds,
        more,
    })
}

/// Ballots that are refused, each with a marker in the part that is wrong or in the whole of it.
fn refused(poll: &str, long_lived: &str) -> Vec<Ballot> {
    let with = |credential| Backend::ballot_with(credential, &["o1"]);
    let token = |text: &str| Some(Credential::Token(text.to_owned()));
    let answer = |question: &str, option: &str| proto::Answer {
        question_id: question.to_owned(),
        option_ids: vec![option.to_owned()],
    };
    let answers = |answer| Ballot { answers: vec![answer], ..with(stated(SUBJECT)) };
    let good = mint(poll, SIGNED_SUBJECT, 60);
    vec![
        with(token(BAD)),
        with(token(&format!("{BAD}.{BAD}.{BAD}"))),
        with(token(&BAD.repeat(100))),
        with(token(long_lived)),
        with(token(&good[..good.len() - 4])),
        with(token(&wallet().mint_raw(&format!(r#"{{"alg":"{BAD}","kid":"k1"}}"#), "{}"))),
        with(token(
            &wallet().mint_raw(r#"{"alg":"EdDSA","kid":"k1"}"#, &format!(r#"{{"{BAD}":1}}"#)),
        )),
        answers(answer("", BAD)),
        answers(answer(BAD, "o1")),
        Ballot { notice_version: 7, ..with(stated(b"marker-of-bad-input-k3Vt7Hs0-stale")) },
        Ballot { answers: Vec::new(), ..with(stated(SUBJECT)) },
        with(stated(b"k3Vt7Hs0")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_voter_token_secret_or_choice_stands_in_any_file_log_metric_or_answer() {
    let home = Home::new();
    let served = Served::start(&home).await;
    let addresses = served.addresses;
    let mut staff = Staff::of(&addresses).await;
    let mut app = Backend::vouched(&addresses, "app").await;
    let mut anyone = Backend::anonymous(&addresses).await;
    let mut marked = order("markers", 3);
    marked.questions[0].options[0].id = OPTION.to_owned();
    let poll = staff.open_new(&marked).await;
    let token = mint(&poll, SIGNED_SUBJECT, 60);
    let long_lived = mint(&poll, SIGNED_SUBJECT, 601);

    let mut heard = Heard::default();
    for (credential, answer) in [
        (stated(SUBJECT), Answered::Counted),
        (stated(SUBJECT), Answered::AlreadyCounted),
        (Some(Credential::Token(token.clone())), Answered::Counted),
        (Some(Credential::Token(token.clone())), Answered::AlreadyCounted),
    ] {
        let ballot = Backend::ballot_with(credential, &[OPTION]);
        assert_eq!(app.cast(&poll, ballot).await.unwrap(), answer);
    }
    for voter in 0..20 {
        app.cast(&poll, Backend::ballot(voter, 1)).await.unwrap();
    }
    let ballots = refused(&poll, &long_lived);
    for ballot in &ballots {
        for backend in [&mut app, &mut anyone] {
            heard.status(&backend.cast(&poll, ballot.clone()).await.unwrap_err());
        }
    }
    let batch = proto::CastBallotsRequest { poll_id: poll.clone(), ballots: ballots.clone() };
    let answered =
        app.client.cast_ballots(app.request(batch)).await.map(tonic::Response::into_inner);
    heard.result(answered);
    let stream = proto::StreamBallotsRequest { sequence: 1, poll_id: poll.clone(), ballots };
    let request = app.request(tokio_stream::iter([stream]));
    let mut answers = app.client.stream_ballots(request).await.unwrap().into_inner();
    heard.message(&answers.message().await.unwrap().unwrap());
    misuse(&addresses, &app, &mut heard).await;
    heard.http(addresses.public, &format!("/api/v1/polls/{poll}/results")).await;
    heard.http(addresses.public, &format!("/api/v1/polls/{BAD}/results")).await;
    heard.http(addresses.public, &format!("/{BAD}?{BAD}")).await;
    heard.http(addresses.admin, &format!("/{BAD}")).await;
    heard.http(addresses.admin, "/readyz?verbose").await;
    heard.http(addresses.admin, "/metrics").await;
    for part in ["holos_", "OPTION_UNKNOWN", "TOKEN_LIFETIME", "RESULTS_NOT_PUBLISHED"] {
        assert!(heard.contains(part), "{part}: the answers were heard");
    }
    let mut public = Heard::default();
    staff.close(&poll).await.unwrap();
    public.result(staff.results(&poll).await);
    public.result(staff.get(&poll).await);
    heard.http(addresses.admin, "/metrics").await;
    let said = served.stop().await;
    assert!(String::from_utf8_lossy(&said[1]).contains("ready"), "the log was heard");

    let secrets = secrets(&home, &poll, &[("token", &token), ("long token", &long_lived)]);
    let mut choice = Needles::default();
    choice.plant("choice", OPTION.as_bytes());

    for (what, bytes) in [("answers", &heard.0), ("stdout", &said[0]), ("stderr", &said[1])] {
        assert_eq!(secrets.found_in(bytes), None, "{what}");
        assert_eq!(choice.found_in(bytes), None, "{what}");
    }
    // The option itself is public: it stands in the poll's definition and in its results.
    assert_eq!(secrets.found_in(&public.0), None);
    assert!(choice.found_in(&public.0).is_some());
    assert_in_no_file(&home, &secrets);
    assert_mode_is_private(&home.data());
}

fn assert_in_no_file(home: &Home, secrets: &Needles) {
    let files = attacker::files(&home.data());
    assert!(files.len() > 8, "the data folder was searched");
    for (path, bytes) in files {
        assert_eq!(secrets.found_in(&bytes), None, "{}", path.display());
        let mut planted = bytes;
        planted.extend_from_slice(SUBJECT);
        assert_eq!(secrets.found_in(&planted), Some("subject, as it is"), "the control");
    }
}

/// What must stand nowhere after these tokens were used in this poll.
fn secrets(home: &Home, poll: &str, tokens: &[(&'static str, &str)]) -> Needles {
    let keys = KeyStore::inspect(&home.data().join("keys"), &*home.provider()).unwrap();
    let id = poll.parse().unwrap();
    let tag_key = keys.poll_keys(id).unwrap().tag;
    let mut secrets = Needles::default();
    secrets.plant("subject", SUBJECT);
    secrets.plant("signed subject", SIGNED_SUBJECT);
    for subject in [SUBJECT, SIGNED_SUBJECT] {
        secrets.plant("tag", &tag(tag_key.expose(), id, subject));
    }
    for (name, text) in tokens {
        secrets.plant(name, text.as_bytes());
        for part in text.split('.') {
            secrets.plant(name, part.as_bytes());
        }
    }
    secrets.plant("connection secret", SECRET.as_bytes());
    secrets.plant("staff token", STAFF_TOKEN.as_bytes());
    secrets.plant("bad input", BAD.as_bytes());
    secrets
}

/// Markers where a call goes wrong as a whole.
async fn misuse(addresses: &Addresses, app: &Backend, heard: &mut Heard) {
    let mut app = app.clone();
    let message = proto::CastBallotRequest {
        poll_id: BAD.to_owned(),
        ballot: Some(Backend::ballot_with(stated(SUBJECT), &[OPTION])),
    };
    let answered = app.client.cast_ballot(app.request(message)).await;
    heard.status(&answered.unwrap_err());
    for header in [format!("Bearer {BAD}"), format!("Bearer app.{BAD}"), BAD.to_owned()] {
        for method in ["/holos.v1.BallotService/CastBallot", "/holos.v1.PollService/GetPoll"] {
            let staff = method.contains("PollService");
            let address = if staff { addresses.staff } else { addresses.ingest };
            let mut request = Request::new(Bytes::new());
            request.metadata_mut().insert("authorization", header.parse().unwrap());
            heard.status(&raw(address, method, request).await.unwrap_err());
        }
    }
    // A string field that breaks off in bad UTF-8, and a number that never ends.
    for tail in [&[0xff, 0xfe][..], &[0xff; 16]] {
        let length = u8::try_from(BAD.len() + tail.len()).unwrap();
        let bytes = [&[0x0a, length][..], BAD.as_bytes(), tail].concat();
        for (address, method) in [
            (addresses.ingest, "/holos.v1.BallotService/CastBallot"),
            (addresses.ingest, "/holos.v1.BallotService/CastBallots"),
            (addresses.staff, "/holos.v1.PollService/GetPoll"),
            (addresses.public, "/holos.v1.ResultsService/GetResults"),
        ] {
            let request = Staff::request(Bytes::from(bytes.clone()));
            let request =
                if method.contains("Ballot") { app.request(request.into_inner()) } else { request };
            heard.status(&raw(address, method, request).await.unwrap_err());
        }
    }
    let mut staff = Staff::of(addresses).await;
    heard.status(&staff.get(BAD).await.unwrap_err());
    let mut bad = order("x", 2);
    bad.community = format!("{BAD} {BAD}");
    bad.questions[0].options[1].id = BAD.to_uppercase();
    heard.status(&staff.create(&bad).await.unwrap_err());
}

/// Nobody else on the machine may read what there is.
fn assert_mode_is_private(data: &Path) {
    for path in
        attacker::files(&data.join("keys")).keys().chain(attacker::files(&data.join("log")).keys())
    {
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o077,
            0,
            "{}",
            path.display()
        );
    }
}
