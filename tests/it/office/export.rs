//! The audit log in somebody else's hands: whole it verifies offline, and whatever is done to it is
//! found, by the library and by `holos audit verify`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey;
use holos::audit::{Known, verify_export};
use holos::keys::AuditHead;
use holos_wire::proto;

use super::{Office, order};
use crate::support::Post;

/// An export with its key, and what is known of where the log ended before and at it.
struct Export {
    lines: Vec<String>,
    key_pem: String,
    earlier: AuditHead,
    last: AuditHead,
    /// The entry to which something is done.
    at: usize,
}

async fn head(office: &Office) -> (AuditHead, String) {
    let request = office.by(Post::Auditor, proto::GetHeadRequest {});
    let head = office.log().get_head(request).await.unwrap().into_inner();
    let hash = *blake3::Hash::from_hex(&head.hash).unwrap().as_bytes();
    (AuditHead { sequence: head.seq, hash }, head.public_key_pem)
}

async fn exported(office: &Office) -> Vec<u8> {
    let request = office.by(Post::Auditor, proto::ExportLogRequest {});
    let mut stream = office.log().export_log(request).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(part) = stream.message().await.unwrap() {
        assert!((1..=65_536).contains(&part.chunk.len()));
        bytes.extend(part.chunk);
    }
    bytes
}

async fn export() -> Export {
    let mut office = Office::new().await;
    let (earlier, key_pem) = head(&office).await;
    let poll = office.staff.open_new(&order("exported", 3)).await;
    office.cast(&poll, 0..12).await;
    office.staff.close(&poll).await.unwrap();
    let text = String::from_utf8(exported(&office).await).unwrap();
    office.close().await;
    assert!(text.ends_with('\n'));
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    let approved = |line: &String| line.contains(r#""kind":"order_approved""#);
    let at = lines.iter().position(approved).unwrap();
    let end = lines.len() - 2;
    let hash = *blake3::hash(lines[end].as_bytes()).as_bytes();
    let last = AuditHead { sequence: end as u64, hash };
    Export { lines, key_pem, earlier, last, at }
}

impl Export {
    fn key(&self) -> VerifyingKey {
        VerifyingKey::from_public_key_pem(&self.key_pem).unwrap()
    }

    /// The export after something was done to its lines.
    fn after(&self, change: impl FnOnce(&mut Vec<String>)) -> String {
        let mut lines = self.lines.clone();
        change(&mut lines);
        lines.into_iter().map(|line| line + "\n").collect()
    }

    /// What was done, the export after it, and what the check must say.
    fn tampered(&self) -> Vec<(&'static str, String, String)> {
        let at = self.at;
        // The last line is no entry.
        let entries = self.lines.len() - 1;
        let whole = self.after(|_| {});
        vec![
            (
                "an entry removed",
                self.after(|lines| drop(lines.remove(at))),
                format!("entry {at} was removed"),
            ),
            (
                "an entry changed",
                self.after(|lines| lines[at] = lines[at].replace("organiser", "initiator")),
                format!("entry {at} was changed"),
            ),
            (
                "a time changed by a digit",
                self.after(|lines| {
                    let place = lines[at].find("\"at\":\"").unwrap() + 6;
                    let other = if lines[at][place..].starts_with('2') { "3" } else { "2" };
                    lines[at].replace_range(place..=place, other);
                }),
                format!("entry {at} was changed"),
            ),
            (
                "two entries that changed places",
                self.after(|lines| lines.swap(at, at + 1)),
                format!("entry {at} is out of order"),
            ),
            (
                "an entry doubled",
                self.after(|lines| lines.insert(at, lines[at].clone())),
                format!("entry {at} is doubled"),
            ),
            (
                "the last entry cut off",
                self.after(|lines| drop(lines.remove(entries - 1))),
                format!("cut short before entry {} or the last line", entries - 1),
            ),
            (
                "the last line cut off",
                self.after(|lines| lines.truncate(entries)),
                format!("cut short before entry {entries} or the last line"),
            ),
            (
                "cut in the middle of a line",
                whole[..whole.len() - 10].to_owned(),
                format!("cut short before entry {entries} or the last line"),
            ),
            (
                "all cut off but the first",
                self.after(|lines| lines.truncate(1)),
                "cut short before entry 1 or the last line".to_owned(),
            ),
            (
                "the front line cut off",
                self.after(|lines| drop(lines.remove(0))),
                "cut at the front: begins at entry 1, those before did not expire".to_owned(),
            ),
            (
                "something after the end",
                self.after(|lines| lines.push("{}".to_owned())),
                "goes on after the last line".to_owned(),
            ),
        ]
    }
}

/// The head as people note it.
fn noted(head: &AuditHead) -> String {
    format!("{}:{}", head.sequence, blake3::Hash::from_bytes(head.hash).to_hex())
}

/// `holos audit verify`, without anything of this process's environment that could matter.
fn verify(folder: &Path, export: &str, head: Option<&AuditHead>) -> Output {
    let file: PathBuf = folder.join("audit.log");
    std::fs::write(&file, export).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_holos"));
    command.args(["audit", "verify"]).arg(&file).arg("--key").arg(folder.join("key.pem"));
    if let Some(head) = head {
        command.args(["--head", &noted(head)]);
    }
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_export_verifies_with_nothing_but_the_public_key() {
    let export = export().await;
    let whole = export.after(|_| {});
    let verified = verify_export(whole.as_bytes(), &export.key(), Some(&export.earlier)).unwrap();
    assert_eq!(verified.entries, export.lines.len() as u64 - 1);
    assert_eq!((verified.first, verified.last), (Some(0), Some(export.last)));
    assert_eq!(verified.known, Known::Holds);
    let verified = verify_export(whole.as_bytes(), &export.key(), None).unwrap();
    assert_eq!(verified.known, Known::NotGiven);

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key.pem"), &export.key_pem).unwrap();
    let told = tokio::task::spawn_blocking(move || {
        let heads = [None, Some(&export.earlier), Some(&export.last)];
        heads.map(|head| {
            let Output { status, stdout, stderr } = verify(folder.path(), &whole, head);
            assert_eq!((status.code(), stderr.as_slice()), (Some(0), &b""[..]));
            let text = String::from_utf8(stdout).unwrap();
            assert!(text.starts_with("the log is whole: "), "{text}");
            assert!(text.contains(&format!("--head {}", noted(&export.last))), "{text}");
            text
        })
    });
    let [without, earlier, last] = told.await.unwrap();
    assert!(without.contains("no earlier head was given"));
    let holds = "the head that was noted earlier is in this log";
    assert!(earlier.contains(holds) && last.contains(holds));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_an_export_is_found_and_said() {
    let export = export().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key.pem"), &export.key_pem).unwrap();
    for (done, text, flaw) in export.tampered() {
        let found = verify_export(text.as_bytes(), &export.key(), None).expect_err(done);
        assert_eq!(found.to_string(), flaw, "{done}");
        let path = folder.path().to_owned();
        let ran = tokio::task::spawn_blocking(move || verify(&path, &text, None));
        let Output { status, stdout, stderr } = ran.await.unwrap();
        assert_eq!(status.code(), Some(4), "{done}");
        assert!(stdout.is_empty(), "{done}");
        assert!(String::from_utf8(stderr).unwrap().ends_with(&format!(": {flaw}\n")), "{done}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_written_anew_does_not_hold_a_head_that_was_noted() {
    let export = export().await;
    let whole = export.after(|_| {});
    let other = AuditHead { hash: [7; 32], ..export.earlier };
    let later = AuditHead { sequence: export.last.sequence + 1, ..export.last };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key.pem"), &export.key_pem).unwrap();
    for head in [other, later] {
        let found = verify_export(whole.as_bytes(), &export.key(), Some(&head)).unwrap_err();
        let flaw =
            format!("the head noted earlier, at entry {}, is not of this log", head.sequence);
        assert_eq!(found.to_string(), flaw);
        let (path, text) = (folder.path().to_owned(), whole.clone());
        let ran = tokio::task::spawn_blocking(move || verify(&path, &text, Some(&head)));
        let Output { status, stderr, .. } = ran.await.unwrap();
        assert_eq!(status.code(), Some(4));
        assert!(String::from_utf8(stderr).unwrap().contains(&flaw));
    }
}

/// Another engine's log is another log.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_worth_nothing_under_another_engines_key() {
    let (one, two) = (export().await, export().await);
    let found = verify_export(one.after(|_| {}).as_bytes(), &two.key(), None).unwrap_err();
    assert_eq!(found.to_string(), "entry 0 is signed by another key");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_moves_with_each_entry_and_survives_a_restart() {
    let mut office = Office::new().await;
    let (before, key) = head(&office).await;
    office.closed("moved", 0).await;
    let (after, same_key) = head(&office).await;
    assert!(after.sequence > before.sequence && key == same_key);
    let office = office.restarted().await;
    let bytes = exported(&office).await;
    let key = VerifyingKey::from_public_key_pem(&key).unwrap();
    let verified = verify_export(&bytes[..], &key, Some(&after)).unwrap();
    assert_eq!(verified.known, Known::Holds);
    assert_eq!(verified.last, Some(head(&office).await.0));
    office.close().await;
}
