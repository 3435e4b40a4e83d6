//! The commands of the organiser's office against a running engine: what they print, what scripts
//! read, and how they end.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use holos::ground::clock::Clock;
use holos_wire::proto;
use holos_wire::proto::ballot::Credential;
use serde_json::Value;
use tempfile::TempDir;

use super::Office;
use crate::support::home::{SECRET, STAFF_TOKEN};
use crate::support::{Answered, Backend, Post, subject};

/// How a command ended and what it printed.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// The answer of a command that ended well and said nothing else.
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    #[track_caller]
    fn json(self) -> Value {
        serde_json::from_str(&self.ok()).unwrap()
    }

    /// What was said by a command that ended with this code and printed no answer.
    #[track_caller]
    fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        self.err
    }
}

/// A desk with files and tokens, from which commands are run.
struct Desk {
    folder: TempDir,
    server: String,
}

impl Desk {
    fn new(server: String) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap(), server };
        for post in Post::ALL {
            desk.write(&token_file(post), &post.token_at(Clock::system().now()));
        }
        desk
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file that only its owner can read.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A command of this person at the engine.
    async fn by(&self, post: Post, args: &[&str]) -> Ran {
        let token = self.path().join(token_file(post)).display().to_string();
        self.run(&[args, &["--server", &self.server, "--token-file", &token]].concat()).await
    }

    /// A command, in the desk's folder and with nothing of this process's environment.
    async fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holos"));
        command.args(args).current_dir(self.path()).env_clear().stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        for post in Post::ALL {
            let token = std::fs::read_to_string(self.path().join(token_file(post))).unwrap();
            // The last part is the signature, which nothing else holds.
            let signature = token.rsplit('.').next().unwrap();
            for secret in [signature, STAFF_TOKEN, SECRET] {
                assert!(!out.contains(secret) && !err.contains(secret), "{args:?}: a secret");
            }
        }
        Ran { code: output.status.code().unwrap(), out, err }
    }
}

fn token_file(post: Post) -> String {
    format!("{}.token", post.subject())
}

/// An order's file: open from a minute ago, by this procedure.
fn order_file(profile: &str) -> String {
    let kyiv = jiff::tz::TimeZone::get("Europe/Kyiv").unwrap();
    let now = Clock::system().now().to_zoned_datetime(kyiv).round(jiff::Unit::Second).unwrap();
    let opens = now.checked_sub(jiff::SignedDuration::from_mins(1)).unwrap();
    let closes = now.checked_add(jiff::SignedDuration::from_hours(48)).unwrap();
    include_str!("../support/order.toml")
        .replace("profile = \"any\"", &format!("profile = \"{profile}\""))
        .replace("2023-03-02T09:00[Europe/Kyiv]", &opens.to_string())
        .replace("2023-03-07T18:00[Europe/Kyiv]", &closes.to_string())
}

fn desk_of(office: &Office) -> Desk {
    Desk::new(office.running.addresses.staff.to_string())
}

/// Twelve answers to the order of the file.
async fn cast(office: &Office, poll: &str) {
    let mut app = Backend::vouched(&office.running.addresses, "app").await;
    let ballots = (0..12).map(|voter| {
        let voter = proto::VouchedVoter { subject: subject(voter), ..Default::default() };
        Backend::ballot_with(Some(Credential::Voter(voter)), &["day-off"])
    });
    let answers = app.cast_all(poll, ballots.collect()).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_goes_from_a_file_to_an_answer_sheet_by_commands() {
    let office = Office::new().await;
    let desk = desk_of(&office);
    desk.write("order.toml", &order_file("any"));
    let hash = desk.run(&["order", "hash", "order.toml"]).await.ok();
    let hash = hash.trim();

    let filed = desk.by(Post::Initiator, &["order", "submit", "order.toml", "--json"]).await.json();
    assert_eq!((&filed["phase"], &filed["order_hash"]), (&"FILED".into(), &hash.into()));
    let id = filed["id"].as_str().unwrap();
    let again = desk.by(Post::Initiator, &["order", "submit", "order.toml"]).await.failed(5);
    assert!(again.starts_with("holos: ORDER_EXISTS: ") && again.contains(id), "{again}");

    let listed = desk.by(Post::Organiser, &["order", "list"]).await.ok();
    assert!(listed.contains(id) && listed.contains("8-march-2023"), "{listed}");
    let listed = desk.by(Post::Organiser, &["order", "list", "--json"]).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["id"], id);
    let none = desk.by(Post::Organiser, &["order", "list", "--phase", "draft"]).await.ok();
    assert_eq!(none, "none\n");
    let shown = desk.by(Post::Organiser, &["order", "show", id]).await.ok();
    assert!(shown.contains(&format!("holos order approve {id} --hash {hash}")), "{shown}");
    assert!(shown.contains("43220851"), "{shown}");

    let other = "00".repeat(32);
    let refused = desk.by(Post::Organiser, &["order", "approve", id, "--hash", &other]).await;
    assert!(refused.failed(5).starts_with("holos: ORDER_CHANGED: "));
    let refused = desk.by(Post::Initiator, &["order", "approve", id, "--hash", hash]).await;
    let refused = refused.failed(5);
    assert!(refused.starts_with("holos: ROLE_FORBIDS: "), "{refused}");
    assert!(refused.contains("action: approve_order") && refused.contains("role: initiator"));
    let approved = desk.by(Post::Organiser, &["order", "approve", id, "--hash", hash]).await.ok();
    assert!(approved.contains("APPROVED"), "{approved}");
    let history = desk.by(Post::Organiser, &["order", "history", id, "--json"]).await.json();
    assert_eq!(history.as_array().unwrap().len(), 1);
    let history = desk.by(Post::Initiator, &["order", "history", id]).await.ok();
    assert!(history.contains(hash), "{history}");

    let opened = desk.by(Post::Organiser, &["poll", "schedule", id, "--json"]).await.json();
    assert_eq!(opened["phase"], "OPEN");
    let early = desk.by(Post::Organiser, &["poll", "sheet", id]).await.failed(5);
    assert!(early.starts_with("holos: RESULTS_NOT_PUBLISHED: "), "{early}");
    cast(&office, id).await;
    let why = ["--reason", "no sign-in"];
    let suspended = desk.by(Post::Operator, &[&["poll", "suspend", id], &why[..]].concat()).await;
    assert!(suspended.ok().contains("SUSPENDED"));
    let twice = desk.by(Post::Operator, &[&["poll", "suspend", id], &why[..]].concat()).await;
    let twice = twice.failed(5);
    assert!(twice.starts_with("holos: POLL_WRONG_PHASE: "), "{twice}");
    assert!(twice.contains("  legal moves: ") && twice.contains("RESUME"), "{twice}");
    let shown = desk.by(Post::Organiser, &["poll", "show", id]).await.ok();
    assert!(shown.contains("SUSPENDED") && shown.contains("no sign-in"), "{shown}");
    let resumed = desk.by(Post::Organiser, &["poll", "resume", id, "--reason", "back"]).await.ok();
    assert!(resumed.contains("OPEN"), "{resumed}");

    // Nobody is at a terminal here, so only --yes ends it.
    let end = ["poll", "end", id, "--reason", "initiator-decision"];
    assert!(desk.by(Post::Organiser, &end).await.failed(2).contains("--yes"));
    let shown = desk.by(Post::Organiser, &["poll", "show", id, "--json"]).await.json();
    assert_eq!(shown["phase"], "OPEN");
    let ended = desk.by(Post::Organiser, &[&end[..], &["--yes", "--json"]].concat()).await.json();
    assert_eq!(
        (&ended["phase"], &ended["close_reason"]),
        (&"PUBLISHED".into(), &"INITIATOR_DECISION".into())
    );

    let result = desk.by(Post::Initiator, &["poll", "result", id, "--json"]).await.json();
    assert_eq!(result["total"], 12);
    let english = desk.by(Post::Initiator, &["poll", "sheet", id, "--language", "en"]).await.ok();
    assert!(english.starts_with("ANSWER SHEET OF A POLL\n"), "{english}");
    assert!(english.contains(id) && english.contains("12"), "{english}");
    let ukrainian = desk.by(Post::Initiator, &["poll", "sheet", id]).await.ok();
    assert!(ukrainian.contains("ВІДПОВІДЬ ПРО РЕЗУЛЬТАТИ ОПИТУВАННЯ"), "{ukrainian}");
    let listed = desk.by(Post::Auditor, &["poll", "list", "--phase", "published"]).await.ok();
    assert!(listed.contains(id), "{listed}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registers_are_read_and_kept_by_commands() {
    let office = Office::new().await;
    let desk = desk_of(&office);
    let listed = desk.by(Post::Auditor, &["staff", "list"]).await.ok();
    let heading = ["POSITION, UNIT", "NAME", "UNDERTAKING", "WITHDRAWN", "REASON"];
    assert!(heading.iter().all(|column| listed.contains(column)), "{listed}");
    assert_eq!(listed.lines().count(), 1 + Post::ALL.len(), "{listed}");
    let listed = desk.by(Post::Auditor, &["staff", "list", "--all", "--json"]).await.json();
    assert_eq!(listed.as_array().unwrap().len(), Post::ALL.len());
    assert_eq!(listed[7]["role"], "AUDITOR");
    let who = desk.by(Post::Auditor, &["staff", "whoami", "--json"]).await.json();
    assert_eq!(who["account"]["account"], "staff-8");
    assert!(who["actions"].as_array().unwrap().contains(&"read_audit".into()));
    assert!(desk.by(Post::Auditor, &["staff", "whoami"]).await.ok().contains("staff-8"));
    let table = desk.run(&["staff", "permissions"]).await.ok();
    assert_eq!(table.trim_end(), holos::staff::table_markdown().trim_end());
    assert_eq!(desk.by(Post::Auditor, &["proposal", "list"]).await.ok(), "none\n");
    let none = desk.by(Post::Auditor, &["proposal", "list", "--json"]).await.json();
    assert_eq!(none, serde_json::json!([]));

    let open = ["incident", "open", "--kind", "outage", "--title", "no sign-in"];
    let open = [&open[..], &["--description", "for an hour"]].concat();
    let opened = desk.by(Post::Operator, &[&open[..], &["--json"]].concat()).await.json();
    assert_eq!((&opened["number"], &opened["kind"]), (&1.into(), &"OUTAGE".into()));
    let refused = desk.by(Post::Auditor, &open).await.failed(5);
    assert!(refused.starts_with("holos: ROLE_FORBIDS: "), "{refused}");
    let unknown = desk.by(Post::Operator, &["incident", "note", "9", "late"]).await.failed(3);
    assert!(unknown.starts_with("holos: INCIDENT_UNKNOWN: "), "{unknown}");
    let told = ["incident", "notified", "1", "--whom", "the Ombudsman", "--reference", "19/26"];
    let told = desk.by(Post::Officer, &told).await.ok();
    assert!(told.contains("the Ombudsman, ") && told.contains(": 19/26"), "{told}");
    let shown = desk.by(Post::Auditor, &["incident", "show", "1", "--json"]).await.json();
    let shown = &shown["notifications"][0];
    assert_eq!((&shown["whom"], &shown["reference"]), (&"the Ombudsman".into(), &"19/26".into()));
    let listed = desk.by(Post::Auditor, &["incident", "list"]).await.ok();
    assert!(listed.contains("no sign-in") && listed.contains("TOLD"), "{listed}");

    let file = ["request", "file", "--kind", "data-subject", "--about", "own data"];
    let filed = [&file[..], &["--reference", "12/26", "--json"]].concat();
    let filed = desk.by(Post::Officer, &filed).await.json();
    assert_eq!((&filed["number"], &filed["state"]), (&1.into(), &"OPEN".into()));
    let bad = [&file[..], &["--reference", "", "--received-on", "22.11.2026", "--json"]].concat();
    let bad = desk.by(Post::Officer, &bad).await;
    assert_eq!(bad.code, 2, "{}", bad.err);
    assert!(bad.err.contains("received_on: must be a date as 2026-11-22"), "{}", bad.err);
    let told: Value = serde_json::from_str(&bad.out).unwrap();
    assert_eq!(told["error"]["reason"], "FIELD_INVALID");
    assert_eq!(told["error"]["violations"][0]["field"], "received_on");

    let log = desk.by(Post::Auditor, &["audit", "list", "--kind", "incident_opened"]).await.ok();
    assert!(log.contains("incident_opened") && log.contains("operator"), "{log}");
    let head = desk.by(Post::Auditor, &["audit", "head", "--json"]).await.json();
    desk.write("key.pem", head["public_key_pem"].as_str().unwrap());
    let noted = format!("{}:{}", head["seq"], head["hash"].as_str().unwrap());
    desk.by(Post::Auditor, &["audit", "export", "--out", "audit.log"]).await.ok();
    let verify = ["audit", "verify", "audit.log", "--key", "key.pem", "--head", &noted];
    assert!(desk.run(&verify).await.ok().starts_with("the log is whole: "));
    // An export does not take the place of another file.
    let again = desk.by(Post::Auditor, &["audit", "export", "--out", "audit.log"]).await;
    assert!(again.failed(1).contains("audit.log"));
    assert!(desk.run(&verify).await.code == 0, "the first one is as it was");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_checked_without_an_engine() {
    let desk = Desk::new(String::new());
    let good = order_file("resolution-90");
    desk.write("good.toml", &good);
    let told = desk.run(&["order", "check", "good.toml"]).await.ok();
    assert!(told.contains("keeps every rule") && told.contains("resolution-90"), "{told}");
    let told = desk.run(&["order", "check", "good.toml", "--json"]).await.json();
    assert_eq!((&told["valid"], &told["violations"]), (&true.into(), &serde_json::json!([])));
    let hash = desk.run(&["order", "hash", "good.toml"]).await.ok();
    assert_eq!(told["order_hash"], hash.trim());

    desk.write("bad.toml", &good.replace("43220851", "4322085x"));
    let bad = desk.run(&["order", "check", "bad.toml"]).await;
    assert_eq!(
        (bad.code, bad.err.as_str()),
        (5, "holos: bad.toml: 2 rules broken\n"),
        "{}",
        bad.out
    );
    assert!(bad.out.contains("initiator.code: must hold 8 digits\n"), "{}", bad.out);
    let bad = desk.run(&["order", "check", "bad.toml", "--json"]).await;
    assert_eq!(bad.code, 5);
    let told: Value = serde_json::from_str(&bad.out).unwrap();
    assert_eq!(
        (&told["valid"], &told["violations"][0]["field"]),
        (&false.into(), &"initiator.code".into())
    );
    desk.write("no.toml", "reference = [");
    assert!(
        desk.run(&["order", "check", "no.toml"]).await.failed(2).starts_with("holos: no.toml: ")
    );
    let missing = desk.run(&["order", "check", "nowhere.toml"]).await.failed(3);
    assert_eq!(missing, "holos: nowhere.toml: no such file\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_can_tell_by_the_exit_code_what_went_wrong() {
    let office = Office::new().await;
    let desk = desk_of(&office);
    // 2: the command line, or who shows nothing that counts.
    assert_eq!(desk.run(&["poll", "lst"]).await.code, 2);
    assert!(desk.run(&["poll", "list"]).await.failed(2).contains("--server"));
    let bare = desk.run(&["poll", "list", "--server", &desk.server]).await.failed(2);
    assert!(bare.contains("--token-file"), "{bare}");
    let open = desk.write("open.token", &Post::Auditor.token_at(Clock::system().now()));
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    let with = |file: &'static str| {
        ["poll", "list", "--server", &desk.server, "--token-file", file].map(str::to_owned)
    };
    let run = async |args: [String; 6]| desk.run(&args.each_ref().map(String::as_str)).await;
    assert!(run(with("open.token")).await.failed(2).contains("chmod 600"));
    desk.write("flawed.token", "a.b.c");
    let flawed = run(with("flawed.token")).await.failed(2);
    assert!(flawed.starts_with("holos: STAFF_TOKEN_INVALID: "), "{flawed}");
    let malformed = desk.by(Post::Organiser, &["poll", "show", "poll"]).await.failed(2);
    assert!(malformed.starts_with("holos: POLL_ID_MALFORMED: "), "{malformed}");
    // 3: nothing there.
    assert!(run(with("no.token")).await.failed(3).contains("no such file"));
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    let unknown = desk.by(Post::Organiser, &["poll", "show", unknown]).await.failed(3);
    assert!(unknown.starts_with("holos: POLL_UNKNOWN: "), "{unknown}");
    // 5: a rule.
    office.withdraw(Post::Organiser).await;
    let out = desk.by(Post::Organiser, &["poll", "list"]).await.failed(5);
    assert!(out.starts_with("holos: UNDERTAKING_WITHDRAWN: "), "{out}");
    let out = desk.by(Post::Operator, &["staff", "list", "--json"]).await;
    assert_eq!(out.code, 5);
    let told: Value = serde_json::from_str(&out.out).unwrap();
    let error = &told["error"];
    assert_eq!(
        (&error["code"], &error["reason"]),
        (&"PERMISSION_DENIED".into(), &"ROLE_FORBIDS".into())
    );
    assert_eq!(error["metadata"]["action"], "list_staff");
    // 75: nobody there now. The port was an engine's a moment ago.
    office.close().await;
    let gone = desk.by(Post::Auditor, &["poll", "list"]).await.failed(75);
    assert!(gone.contains("connecting to 127.0.0.1:"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_is_told_what_it_can_complete() {
    let desk = Desk::new(String::new());
    let bash = desk.run(&["completions", "bash"]).await.ok();
    assert!(bash.starts_with("_holos() {"), "{bash}");
    for verb in
        ["order", "poll", "staff", "proposal", "audit", "incident", "request", "--token-file"]
    {
        assert!(bash.contains(verb), "{verb}");
    }
    for shell in ["zsh", "fish"] {
        assert!(desk.run(&["completions", shell]).await.ok().contains("proposal"), "{shell}");
    }
    assert_eq!(desk.run(&["completions", "cmd"]).await.code, 2);
}
