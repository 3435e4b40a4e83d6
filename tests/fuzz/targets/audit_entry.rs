#![no_main]
//! Entries of the audit log: any bytes as a line, and any entry under our signature.
//!
//! A line that is read is the one spelling of its entry; a signature that holds was ours.

use std::sync::LazyLock;

use ed25519_dalek::SigningKey;
use holos::audit::Event;
use holos::audit::entry::{Entry, NUMBER_MAX, decode, encode, is_signed};
use holos_fuzz::choice;
use serde_json::Value;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[5; 32]));

fn any_bytes(line: &[u8]) {
    let Some((entry, signature)) = decode(line) else { return };
    assert!(!line.contains(&b'\n'));
    let ours = encode(&entry, &KEY);
    // Everything but the signature, which is the last member and of one length.
    let before = |line: &[u8]| line[..line.len().saturating_sub(90)].to_vec();
    assert_eq!(before(&ours), before(line));
    let signed = is_signed(&entry, &signature, &KEY.verifying_key());
    assert_eq!(signed, ours == line);
}

/// Whether every number is one that JSON keeps.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let size = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
            size.is_some_and(|size| size <= NUMBER_MAX)
        }
        Value::Array(values) => values.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

fn any_entry(data: &[u8]) {
    let Ok(entry) = serde_json::from_slice::<Entry>(data) else { return };
    assert!(Event::KINDS.contains(&entry.event.kind()));
    let exact = is_exact(&serde_json::to_value(&entry).expect("an entry is JSON"));
    let line = encode(&entry, &KEY);
    match decode(&line) {
        Some((read, signature)) => {
            assert!(read == entry || !exact);
            assert!(is_signed(&read, &signature, &KEY.verifying_key()) || !exact);
        }
        None => assert!(!exact, "our own line is not read"),
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut data = data;
    match choice(&mut data, 2) {
        0 => any_bytes(data),
        _ => any_entry(data),
    }
});
