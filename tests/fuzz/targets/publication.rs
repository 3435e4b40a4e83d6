#![no_main]
//! Publications: any bytes as a file, any statement under our signature, and a good file with
//! changes.
//!
//! A file that holds is, to the byte, the one that we would have signed; a signed statement holds
//! exactly when its options add up.

use std::sync::LazyLock;

use ed25519_dalek::{SigningKey, VerifyingKey};
use holos::publish::{Publication, Statement, verify};
use holos_fuzz::{choice, edited};

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[7; 32]));
static PUBLIC: LazyLock<VerifyingKey> = LazyLock::new(|| KEY.verifying_key());

static FILE: LazyLock<Vec<u8>> =
    LazyLock::new(|| Publication::sign(statement(), &KEY).bytes().to_vec());

/// Two options of three answers, as short as it can be.
fn statement() -> Statement {
    let json = concat!(
        r#"{"format":"holos-publication-1","poll":"11111111-1111-1111-1111-111111111111","release":1,"#,
        r#""definition_hash":"","title":{"uk":"","en":""},"initiator":{"code":"","name":""},"#,
        r#""reference":"","legal_ground":"","opened_at":"2023-03-06T08:00:00Z","#,
        r#""closed_at":"2023-03-08T08:00:00Z","close_reason":"AS_PLANNED","#,
        r#""published_at":"2023-03-08T08:00:01Z","total":3,"questions":[{"id":"q","#,
        r#""text":{"uk":"","en":""},"options":[{"id":"a","label":{"uk":"","en":""},"count":1},"#,
        r#"{"id":"b","label":{"uk":"","en":""},"count":2}]}]}"#,
    );
    serde_json::from_str(json).expect("a statement")
}

fn any_bytes(file: &[u8]) {
    let read = Publication::read(file, &PUBLIC);
    let Ok(checked) = verify(file, &PUBLIC) else {
        assert!(read.is_err());
        return;
    };
    let signed = Publication::sign(checked.statement, &KEY);
    assert_eq!(signed.bytes(), file.strip_suffix(b"\n").unwrap_or(file));
    let read = read.expect("what is verified can be read");
    assert_eq!((read.statement, checked.total), (signed.statement.clone(), signed.statement.total));
}

fn any_statement(data: &[u8]) {
    let Ok(statement) = serde_json::from_slice::<Statement>(data) else { return };
    let sums = statement.questions.iter().map(|question| {
        question.options.iter().map(|option| u128::from(option.count)).sum::<u128>()
    });
    let adds_up = sums.into_iter().all(|sum| sum == u128::from(statement.total));
    let ours = statement.format == "holos-publication-1";
    let counts = statement.questions.iter().flat_map(|question| &question.options);
    // Past this a JSON number is not exact, and such a file says another number than was signed.
    let exact = counts.map(|option| option.count).chain([statement.total]).all(|n| n < 1 << 53);
    let publication = Publication::sign(statement, &KEY);
    let verified = verify(&publication.bytes(), &PUBLIC);
    if exact {
        assert_eq!(verified.is_ok(), adds_up && ours);
    }
    if let Ok(checked) = verified {
        assert!(ours);
        assert!(checked.statement == publication.statement || !exact);
    }
}

/// A good file with some of its bytes changed, left out or put in.
fn changed(edits: &[u8]) {
    let file = edited(&FILE, edits);
    let same = file.strip_suffix(b"\n").unwrap_or(&file) == &**FILE;
    assert_eq!(verify(&file, &PUBLIC).is_ok(), same);
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut data = data;
    match choice(&mut data, 3) {
        0 => any_bytes(data),
        1 => any_statement(data),
        _ => changed(data),
    }
});
