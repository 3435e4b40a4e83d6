#![no_main]
//! Publications: any bytes as a file, and any statement under our signature.
//!
//! A file that holds is, to the byte, the one that we would have signed; a signed statement holds
//! exactly when its options add up.

use std::sync::LazyLock;

use ed25519_dalek::{SigningKey, VerifyingKey};
use holos::publish::{Publication, Statement, verify};
use holos_fuzz::choice;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[7; 32]));
static PUBLIC: LazyLock<VerifyingKey> = LazyLock::new(|| KEY.verifying_key());

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

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut data = data;
    match choice(&mut data, 2) {
        0 => any_bytes(data),
        _ => any_statement(data),
    }
});
