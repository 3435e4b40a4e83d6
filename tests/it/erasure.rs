//! The end of a poll's keys: by itself after the grace period, by order before it, through every
//! crash, and where only the operator can replace the wrapping key.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use super::support::home::kill;
use super::support::people::Custodian;
use super::support::{Answered, Backend, Home, Post, Staff, order, reason_of};
use holos::ground::clock::Clock;
use holos::ground::faults::{Fault, Faults, Point};
use holos::process::config::Keys;
use holos::process::server::{Addresses, Running};
use holos_wire::proto::{Poll, PollPhase};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tonic::Code;

const OPTIONS: usize = 3;

async fn cast(running: &Running, poll: &str, voters: std::ops::Range<u64>) {
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let ballots = voters.map(|voter| Backend::ballot(voter, voter as usize % OPTIONS)).collect();
    let answers = app.cast_all(poll, ballots).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
}

/// A running engine with a closed poll of thirty ballots, and an open one of twelve.
async fn two_polls(home: &Home, faults: &Faults) -> (Running, String, String) {
    let running = home.try_start(Clock::system(), faults.clone()).await.unwrap();
    let mut staff = Staff::of(&running.addresses).await;
    let closed = staff.open_new(&order("closed", OPTIONS)).await;
    let open = staff.open_new(&order("open", OPTIONS)).await;
    cast(&running, &closed, 0..30).await;
    cast(&running, &open, 0..12).await;
    staff.close(&closed).await.unwrap();
    (running, closed, open)
}

async fn phase(running: &Running, poll: &str) -> PollPhase {
    Staff::of(&running.addresses).await.get(poll).await.unwrap().phase()
}

/// Waits until a poll is in a phase; fails after ten seconds.
async fn reaches(running: &Running, poll: &str, wanted: PollPhase) {
    let wait = async {
        while phase(running, poll).await != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_poll_is_erased_by_itself_and_keeps_its_totals() {
    let mut home = Home::new();
    home.config.erasure.grace_seconds = 0;
    home.config.erasure.hold_seconds = 0;
    home.config.procedure.hold_seconds = 0;
    let (running, closed, open) = two_polls(&home, &Faults::none()).await;
    reaches(&running, &closed, PollPhase::Erased).await;
    let mut staff = Staff::of(&running.addresses).await;
    assert_eq!(staff.counts(&closed).await, [10, 10, 10]);
    let mut app = Backend::vouched(&running.addresses, "app").await;
    for voter in [0, 99] {
        let status = app.cast(&closed, Backend::ballot(voter, 0)).await.unwrap_err();
        assert_eq!(reason_of(&status), "POLL_CLOSED", "whether or not one took part");
    }
    assert_eq!(phase(&running, &open).await, PollPhase::Open);
    running.shutdown().await;
    home.assert_sound();
    let running = home.start().await;
    assert_eq!(Staff::of(&running.addresses).await.counts(&closed).await, [10, 10, 10]);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_must_have_been_due_for_a_while_before_its_keys_are_destroyed() {
    let mut home = Home::new();
    home.config.erasure.grace_seconds = 0;
    home.config.erasure.hold_seconds = 86_400;
    home.config.procedure.hold_seconds = 0;
    let (running, closed, _) = two_polls(&home, &Faults::none()).await;
    for _ in 0..3 {
        running.engine().office.erase_due().await.unwrap();
    }
    assert_eq!(phase(&running, &closed).await, PollPhase::Published);
    running.shutdown().await;

    // And before the grace period is over it is not due at all.
    home.config.erasure.grace_seconds = 3_600;
    home.config.erasure.hold_seconds = 0;
    home.config.procedure.hold_seconds = 0;
    let running = home.start().await;
    running.engine().office.erase_due().await.unwrap();
    assert_eq!(phase(&running, &closed).await, PollPhase::Published);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_poll_that_is_decided_on_is_erased_and_once() {
    let home = Home::new();
    let (running, closed, open) = two_polls(&home, &Faults::none()).await;
    let mut custodian = Custodian::of(&running.addresses).await;
    let status = custodian.erase(&open).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(reason_of(&status), "POLL_WRONG_PHASE");
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(reason_of(&custodian.erase(unknown).await.unwrap_err()), "POLL_UNKNOWN");
    let (first, record) = custodian.erase(&closed).await.unwrap();
    assert!(!record.is_empty());
    assert_eq!(first.phase(), PollPhase::Erased);
    let again = custodian.erase(&closed).await.unwrap_err();
    assert_eq!(reason_of(&again), "POLL_WRONG_PHASE", "it is erased already");
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_step_of_an_erasure_is_finished_by_the_restart() {
    let points = [
        Point::AuditAppend,
        Point::AuditHead,
        Point::PollWrite,
        Point::RekeyCreate,
        Point::RekeySwitch,
        Point::RekeyDestroy,
        Point::RekeyRemove,
        Point::ErasedRows,
    ];
    for point in points {
        for fault in [Fault::Lost, Fault::Persisted] {
            for pass in 0.. {
                let home = Home::new();
                let faults = Faults::none();
                let (running, closed, open) = two_polls(&home, &faults).await;
                let mut custodian = Custodian::of(&running.addresses).await;
                println!("{fault:?} at pass {pass} through {point:?}");
                faults.arm(point, fault, pass);
                let erased = custodian.erase(&closed).await;
                if faults.is_armed() {
                    assert!(erased.is_ok() && pass > 0, "every point is passed at least once");
                    running.shutdown().await;
                    break;
                }
                match erased {
                    // Nothing has changed yet: the engine lives on, and the erasure is tried again.
                    Ok((poll, record)) => {
                        assert_eq!(poll.phase(), PollPhase::Erasing);
                        assert!(record.is_empty(), "an erasure that is not done has no record");
                    }
                    Err(_) => drop(running.fatal().await),
                }
                kill(running).await;

                let running = home.start().await;
                // Decided is done; undecided is as before, and can be asked for again.
                if phase(&running, &closed).await == PollPhase::Published {
                    let mut custodian = Custodian::of(&running.addresses).await;
                    custodian.erase(&closed).await.unwrap();
                }
                assert_eq!(phase(&running, &closed).await, PollPhase::Erased);
                let mut app = Backend::vouched(&running.addresses, "app").await;
                let known = app.cast(&open, Backend::ballot(3, 0)).await.unwrap();
                assert_eq!(known, Answered::AlreadyCounted, "the other poll's keys survive");
                running.shutdown().await;
                home.assert_sound();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrapping_key_is_replaced_while_ballots_come_in() {
    let home = Home::new();
    let (running, _, open) = two_polls(&home, &Faults::none()).await;
    let before = std::fs::read(home.config.wrapping_key_file()).unwrap();
    let mut custodian = Custodian::of(&running.addresses).await;
    let casting = {
        let (addresses, open) = (running.addresses, open.clone());
        tokio::spawn(async move {
            let mut app = Backend::vouched(&addresses, "app").await;
            for voter in 100..300 {
                let answer = app.cast(&open, Backend::ballot(voter, 0)).await.unwrap();
                assert_eq!(answer, Answered::Counted);
            }
        })
    };
    let first = custodian.rotate().await.unwrap();
    let second = custodian.rotate().await.unwrap();
    assert!(!first.operator_must_replace && first.key != first.previous_key);
    assert!(first.previous_destroyed);
    assert_eq!(first.key, second.previous_key);
    casting.await.unwrap();
    kill(running).await;
    assert_ne!(std::fs::read(home.config.wrapping_key_file()).unwrap(), before);
    home.assert_sound();

    // With the key before, nothing starts.
    let now = std::fs::read(home.config.wrapping_key_file()).unwrap();
    std::fs::write(home.config.wrapping_key_file(), before).unwrap();
    assert!(home.try_start(Clock::system(), Faults::none()).await.is_err());
    std::fs::write(home.config.wrapping_key_file(), now).unwrap();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    staff.close(&open).await.unwrap();
    assert_eq!(staff.counts(&open).await.iter().sum::<u64>(), 212);
    running.shutdown().await;
}

/// `holos serve` with its wrapping key in the environment, as an operator runs it.
struct Process {
    child: Child,
    addresses: Addresses,
}

impl Process {
    async fn start(home: &Home, key: &str, old: Option<&str>) -> Self {
        std::fs::write(home.path().join("holos.toml"), home.config.to_toml()).unwrap();
        let log = std::fs::File::create(home.path().join("serve.log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_holos"));
        command.args(["serve", "--json", "--config"]).arg(home.path().join("holos.toml"));
        command.env("HOLOS_TEST_KEY", key);
        if let Some(old) = old {
            command.env("HOLOS_TEST_KEY_OLD", old);
        }
        let mut child =
            command.stdout(Stdio::piped()).stderr(log).kill_on_drop(true).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
        let log = || std::fs::read_to_string(home.path().join("serve.log")).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{}", log()));
        let at = |name: &str| ready[name].as_str().unwrap().parse().unwrap();
        let (ingest, staff) = (at("ingest"), at("staff"));
        let addresses = Addresses { ingest, staff, public: at("public"), admin: at("admin") };
        // What the operator's own verbs are told: where the engine really is.
        let mut config = home.config.clone();
        config.listen.staff = staff;
        std::fs::write(home.path().join("verbs.toml"), config.to_toml()).unwrap();
        Self { child, addresses }
    }

    async fn stop(mut self) {
        let pid = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        assert!(self.child.wait().await.unwrap().success());
    }

    async fn phase(&self, poll: &str) -> (PollPhase, Poll) {
        let poll = Staff::of(&self.addresses).await.get(poll).await.unwrap();
        (poll.phase(), poll)
    }
}

/// A verb of the command line, by this person: its exit code, what it printed, what it said.
async fn holos(home: &Home, post: Post, args: &[&str]) -> (i32, String, String) {
    let token = home.path().join("verbs.token");
    std::fs::write(&token, post.token_at(Clock::system().now())).unwrap();
    std::fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_holos"));
    command.args(args).arg("--config").arg(home.path().join("verbs.toml"));
    command.arg("--json").arg("--token-file").arg(token);
    let output = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_in_the_environment_an_erasure_waits_for_the_operator() {
    let mut home = Home::new();
    home.config.keys =
        Keys { wrapping_key_variable: Some("HOLOS_TEST_KEY".to_owned()), ..Keys::default() };
    let (first, second) = ("0a".repeat(32), "0b".repeat(32));
    let process = Process::start(&home, &first, None).await;
    let mut staff = Staff::of(&process.addresses).await;
    let poll = staff.open_new(&order("variable", OPTIONS)).await;
    let mut app = Backend::vouched(&process.addresses, "app").await;
    let ballots = (0..20).map(|voter| Backend::ballot(voter, 0)).collect();
    app.cast_all(&poll, ballots).await.unwrap();
    staff.close(&poll).await.unwrap();

    let erase = ["erase", "--poll", &poll, "--ground", "authority-demand", "--reference", "12/26"];
    let (code, said, why) = holos(&home, Post::Officer, &erase).await;
    assert_eq!(code, 0, "{why}");
    let proposal: Value = serde_json::from_str(&said).unwrap();
    let number = proposal["number"].to_string();
    let (code, said, why) =
        holos(&home, Post::SecondOfficer, &["proposal", "confirm", &number, "--yes"]).await;
    assert_eq!(code, 0, "{why}");
    let confirmed: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(confirmed["poll"]["phase"], "ERASING", "{said}");
    let confirm = ["keys", "confirm-destroyed", "--reference", "act 3"];
    let (code, _, said) = holos(&home, Post::Operator, &confirm).await;
    assert_eq!(code, 5);
    assert!(said.contains("WRAPPING_KEY_UNCHANGED"), "{said}");
    process.stop().await;

    // A restart without the operator's act changes nothing.
    let process = Process::start(&home, &first, None).await;
    assert_eq!(process.phase(&poll).await.0, PollPhase::Erasing);
    process.stop().await;

    // With both keys the store goes over to the new one; the old is still held by the process.
    let process = Process::start(&home, &second, Some(&first)).await;
    assert_eq!(process.phase(&poll).await.0, PollPhase::Erasing);
    let (code, _, said) = holos(&home, Post::Operator, &confirm).await;
    assert_eq!(code, 5);
    assert!(said.contains("WRAPPING_KEY_UNCHANGED"), "{said}");
    process.stop().await;
    let process = Process::start(&home, &second, None).await;
    assert_eq!(process.phase(&poll).await.0, PollPhase::Erasing, "only the operator can say so");
    let (code, said, why) = holos(&home, Post::Operator, &confirm).await;
    assert_eq!(code, 0, "{why}");
    assert!(said.contains(&poll), "{said}");
    let (phase, erased) = process.phase(&poll).await;
    assert_eq!(phase, PollPhase::Erased);
    assert_eq!(erased.erasure.unwrap().reference, "12/26");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrapping_key_that_cannot_be_replaced_leaves_everything_as_it_was() {
    let home = Home::new();
    let faults = Faults::none();
    let (running, closed, open) = two_polls(&home, &faults).await;
    let mut custodian = Custodian::of(&running.addresses).await;
    faults.arm(Point::RekeyCreate, Fault::Lost, 0);
    let status = custodian.rotate().await.unwrap_err();
    assert_eq!(reason_of(&status), "WRAPPING_KEY_NOT_REPLACED");
    faults.arm(Point::RekeyCreate, Fault::Lost, 0);
    let (poll, record) = custodian.erase(&closed).await.unwrap();
    assert_eq!((poll.phase(), record.len()), (PollPhase::Erasing, 0));
    cast(&running, &open, 50..60).await;
    // The next look does it.
    reaches(&running, &closed, PollPhase::Erased).await;
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verbs_of_the_key_room_answer_with_their_exit_codes() {
    let home = Home::new();
    let process = Process::start(&home, "", None).await;
    let mut staff = Staff::of(&process.addresses).await;
    let poll = staff.open_new(&order("verbs", OPTIONS)).await;
    let (code, said, _) =
        holos(&home, Post::Operator, &["keys", "rotate", "--reference", "act 1"]).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["operator_must_replace"]), (0, &Value::Bool(false)));
    let revoke =
        ["issuer", "revoke", "--issuer", "app", "--key", "vouched", "--reason", "compromised"];
    let revoke = [&revoke[..], &["--reference", "act 2"]].concat();
    let (code, said, _) = holos(&home, Post::Operator, &revoke).await;
    assert_eq!(code, 0);
    assert!(said.contains("\"COMPROMISED\""), "{said}");
    let (code, said, _) = holos(&home, Post::Auditor, &["issuer", "revocations"]).await;
    let listed: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, listed.as_array().unwrap().len()), (0, 1));
    let excise = ["issuer", "excise", "--poll", &poll, "--issuer", "app", "--key", "vouched"];
    let excise = [&excise[..], &["--reference", "act 2"]].concat();
    assert_eq!(holos(&home, Post::Operator, &excise).await.0, 0);
    let erase = ["erase", "--poll", &poll, "--ground", "court-order", "--reference", "1"];
    let (code, _, said) = holos(&home, Post::Officer, &erase).await;
    assert_eq!(code, 5, "an open poll");
    assert!(said.contains("POLL_WRONG_PHASE"), "{said}");
    process.stop().await;
    let (code, _, _) = holos(&home, Post::Auditor, &["issuer", "revocations"]).await;
    assert_eq!(code, 75, "no engine answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_is_tried_out_by_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("trial");
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holos"));
        command.args(args).arg("--dir").arg(&dir);
        command.output()
    };
    // Not the ports that are written down: somebody may be trying something out on them.
    let output = run(&["issuer", "try", "--port-base", "0"]).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("counted: one ballot with a token, one stated"), "{said}");
    let poll = said.split("--poll ").nth(1).unwrap().split(' ').next().unwrap().to_owned();

    // And it goes on from there: the engine serves, and a fresh token is counted.
    let mut serve = Command::new(env!("CARGO_BIN_EXE_holos"));
    serve.args(["serve", "--json", "--config"]).arg(dir.join("holos.toml"));
    let mut child =
        serve.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let ingest = ready["ingest"].as_str().unwrap().parse().unwrap();
    let args = ["issuer", "token", "--poll", &poll, "--voter", "x", "--claim", "age_over_14=true"];
    let token = String::from_utf8(run(&args).await.unwrap().stdout).unwrap();
    let addresses = Addresses { ingest, staff: ingest, public: ingest, admin: ingest };
    let mut anybody = Backend::anonymous(&addresses).await;
    let credential = holos_wire::proto::ballot::Credential::Token(token.trim_end().to_owned());
    let ballot = || Backend::ballot_with(Some(credential.clone()), &["working-day"]);
    assert_eq!(anybody.cast(&poll, ballot()).await.unwrap(), Answered::Counted);
    assert_eq!(anybody.cast(&poll, ballot()).await.unwrap(), Answered::AlreadyCounted);
    child.kill().await.unwrap();
}
