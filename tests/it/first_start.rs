//! From nothing to an engine that runs: `holos init`, `holos config check`, `holos serve`; and
//! `holos trial`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

fn holos(args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holos"));
    command.args(args).current_dir(folder).env_clear().output().unwrap()
}

fn said(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

/// Every path below the folder with its mode and, for a file, its content.
fn all(folder: &Path) -> BTreeMap<String, (u32, Option<Vec<u8>>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            let content = path.is_file().then(|| fs::read(&path).unwrap());
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            }
            found.insert(name, (mode, content));
        }
    }
    found
}

#[test]
fn a_new_engine_is_private_and_a_second_one_is_not_made_over_it() {
    let home = tempfile::tempdir().unwrap();
    let made = holos(&["init", "--dir", "engine"], home.path());
    assert!(made.status.success(), "{}", said(&made.stderr));
    let engine = home.path().join("engine");
    let before = all(&engine);
    let modes: Vec<_> = before.iter().map(|(name, (mode, _))| (name.as_str(), *mode)).collect();
    assert_eq!(
        modes,
        [
            ("data", 0o700),
            ("holos.toml", 0o600),
            ("staff.token", 0o600),
            ("wrapping", 0o700),
            ("wrapping/wrapping.key", 0o600),
        ]
    );
    assert_eq!(fs::metadata(&engine).unwrap().permissions().mode() & 0o777, 0o700);
    // What is printed can be typed, and holds.
    let next: Vec<_> =
        said(&made.stdout).lines().filter_map(|line| line.strip_prefix("  holos ")).collect();
    assert_eq!(
        next,
        ["config check --config engine/holos.toml", "serve --config engine/holos.toml"]
    );
    let check: Vec<_> = next[0].split(' ').collect();
    let checked = holos(&check, home.path());
    assert!(checked.status.success(), "{}", said(&checked.stderr));
    assert_eq!(said(&checked.stdout), "the configuration is valid\n");

    for taken in ["engine", "engine/data/../data/..", "engine/holos.toml"] {
        let again = holos(&["init", "--dir", taken], home.path());
        assert_eq!(again.status.code(), Some(5), "{taken}: {}", said(&again.stderr));
    }
    assert!(all(&engine) == before, "nothing is changed");
    // No two engines share a secret, and an empty folder becomes private.
    fs::create_dir(home.path().join("other")).unwrap();
    fs::set_permissions(home.path().join("other"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(holos(&["init", "--dir", "other"], home.path()).status.success());
    let other = all(&home.path().join("other"));
    assert_eq!(
        fs::metadata(home.path().join("other")).unwrap().permissions().mode() & 0o777,
        0o700
    );
    for secret in ["staff.token", "wrapping/wrapping.key"] {
        assert_ne!(other[secret], before[secret], "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_engine_starts_as_it_was_made_is_ready_and_stops() {
    let home = tempfile::tempdir().unwrap();
    assert!(holos(&["init", "--dir", "engine"], home.path()).status.success());
    let file = home.path().join("engine/holos.toml");
    // Only the ports are others, as somebody may have an engine on the usual ones.
    let mut text = fs::read_to_string(&file).unwrap();
    for port in ["50051", "50052", "8080", "9090"] {
        text = text.replace(&format!("\"127.0.0.1:{port}\""), "\"127.0.0.1:0\"");
    }
    assert_eq!(text.matches("\"127.0.0.1:0\"").count(), 4);
    fs::write(&file, text).unwrap();
    let key = fs::read(home.path().join("engine/wrapping/wrapping.key")).unwrap();

    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_holos"));
    command.args(["serve", "--json", "--config"]).arg(&file);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut engine = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(engine.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let ready: Value = serde_json::from_str(&line).expect("it starts");
    let admin = ready["admin"].as_str().unwrap();
    let mut asked = TcpStream::connect(admin).await.unwrap();
    let question = format!("GET /readyz HTTP/1.1\r\nhost: {admin}\r\nconnection: close\r\n\r\n");
    asked.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    asked.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let pid = Pid::from_raw(engine.id().unwrap().cast_signed()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let ended = engine.wait_with_output().await.unwrap();
    assert!(ended.status.success(), "{}", said(&ended.stderr));
    assert!(!said(&ended.stderr).contains("no real poll"), "it is no trial");
    let kept = fs::read(home.path().join("engine/wrapping/wrapping.key")).unwrap();
    assert!(kept == key, "the engine took the key that was made for it");
    // And what it left can be audited.
    let audited = holos(&["fsck", "--config", "engine/holos.toml"], home.path());
    assert!(audited.status.success(), "{}", said(&audited.stdout));
}

/// A trial's engine, and what it said when it was ready.
async fn trial(args: &[&str], folder: &Path) -> (tokio::process::Child, String) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_holos"));
    command.args(["trial", "--dir", "trial"]).args(args).current_dir(folder).env_clear();
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut engine = command.spawn().unwrap();
    let mut lines = BufReader::new(engine.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("the engine is ready") {
        assert!(lines.read_line(&mut said).await.unwrap() > 0, "it ended: {said}");
    }
    (engine, said)
}

/// Stops an engine; what it logged.
async fn stop(engine: tokio::process::Child) -> String {
    let pid = Pid::from_raw(engine.id().unwrap().cast_signed()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let ended = engine.wait_with_output().await.unwrap();
    assert!(ended.status.success(), "{}", said(&ended.stderr));
    said(&ended.stderr).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_goes_on_with_its_folder_and_says_at_every_start_that_it_is_no_real_poll() {
    let home = tempfile::tempdir().unwrap();
    let (engine, first) = trial(&["--port-base", "0"], home.path()).await;
    let folder = home.path().join("trial");
    for (name, (mode, content)) in all(&folder) {
        let private = if content.is_some() { 0o600 } else { 0o700 };
        // What the engine keeps is in a folder of its own, which is private.
        assert!(mode == private || name.starts_with("data/"), "{name}: {mode:o}");
    }
    let entry = ["staff", "register", "--config", "trial/holos.toml"];
    let entry = [&entry[..], &["--file", "trial/people/petro.toml"]].concat();
    let registered = holos(&entry, home.path());
    assert!(registered.status.success(), "{}", said(&registered.stderr));

    let again = holos(&["trial", "--dir", "trial"], home.path());
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again.stderr).contains("--port-base"), "{}", said(&again.stderr));
    assert!(stop(engine).await.contains("no real poll"));

    // The same folder, ports and people, with new tokens.
    let token = folder.join("petro.token");
    fs::remove_file(&token).unwrap();
    let (engine, second) = trial(&[], home.path()).await;
    assert_eq!(first, second);
    assert!(first.starts_with("this is a trial, no real poll"), "{first}");
    let whoami = ["staff", "whoami", "--config", "trial/holos.toml"];
    let whoami = [&whoami[..], &["--token-file", "trial/petro.token"]].concat();
    let known = holos(&whoami, home.path());
    assert!(said(&known.stdout).contains("Petro Lysenko"), "{}", said(&known.stderr));
    assert!(stop(engine).await.contains("no real poll"));

    fs::create_dir(home.path().join("other")).unwrap();
    let other = holos(&["trial", "--dir", "other"], home.path());
    assert!(said(&other.stderr).contains("not a folder of a trial"), "{}", said(&other.stderr));
    assert_eq!(fs::read_dir(home.path().join("other")).unwrap().count(), 0);
    assert_eq!(holos(&["trial"], home.path()).status.code(), Some(2));
}
