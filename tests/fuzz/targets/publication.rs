#![no_main]
//! Publications: any bytes as a file, any statement under our signature, a good file with changes,
//! and a final release with a small breakdown table.
//!
//! A file that holds is, to the byte, the one that we would have signed; a signed statement holds
//! exactly when it has the members of its kind, its options add up, and no table of it shows, or
//! lets anybody compute, what its bounds forbid. What can be computed is found by trying every table
//! that agrees with what is shown: see [`holos_fuzz::tables`].

use std::sync::LazyLock;

use ed25519_dalek::{SigningKey, VerifyingKey};
use holos::poll::{Breakdown, LocalizedText};
use holos::publish::{
    BreakdownTable, OptionRow, OptionTotal, Publication, ReleaseKind, Statement, StratumTotal,
    verify,
};
use holos_fuzz::{choice, edited, tables};
use serde_json::Value;

const FORMAT: &str = "holos-publication-2";

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[7; 32]));
static PUBLIC: LazyLock<VerifyingKey> = LazyLock::new(|| KEY.verifying_key());

static FILE: LazyLock<Vec<u8>> =
    LazyLock::new(|| Publication::sign(statement(), &KEY).bytes().to_vec());

/// Two options of three answers, as short as it can be.
fn statement() -> Statement {
    let json = concat!(
        r#"{"format":"holos-publication-2","poll":"11111111-1111-1111-1111-111111111111","#,
        r#""release":1,"kind":"FINAL","definition_hash":"","title":{"uk":"","en":""},"#,
        r#""initiator":{"code":"","name":""},"reference":"","legal_ground":"","#,
        r#""opened_at":"2023-03-06T08:00:00Z","closed_at":"2023-03-08T08:00:00Z","#,
        r#""close_reason":"AS_PLANNED","as_of":"2023-03-08T08:00:00Z","#,
        r#""published_at":"2023-03-08T08:00:01Z","#,
        r#""bounds":{"k":10,"ballots_apart":100,"minimum_answers":10},"total":3,"#,
        r#""questions":[{"id":"q","text":{"uk":"","en":""},"#,
        r#""options":[{"id":"a","label":{"uk":"","en":""},"count":1},"#,
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
    assert_eq!(read.statement, signed.statement);
    assert_eq!(read.hash == signed.hash, !file.ends_with(b"\n"));
}

/// Whether every number is one that JSON keeps: past it a file says another than was signed.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_u64().is_none_or(|number| number < 1 << 53),
        Value::Array(values) => values.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// Whether it has the members of its kind of release, and no others.
fn is_of_its_kind(statement: &Statement) -> bool {
    let Statement { kind, closed_at, close_reason, total, questions, breakdowns, .. } = statement;
    let (closed, reason) = (closed_at.is_some(), close_reason.is_some());
    let states = total.is_some() && !questions.is_empty();
    let fits = match kind {
        ReleaseKind::Live => !closed && !reason && states && breakdowns.is_empty(),
        ReleaseKind::Final => closed && reason && states,
        ReleaseKind::Withdrawal => {
            let nothing = total.is_none() && questions.is_empty() && breakdowns.is_empty();
            nothing && statement.correction.is_some()
        }
    };
    fits && statement.previous.is_none() == (statement.release == 1)
}

fn adds_up(statement: &Statement) -> bool {
    let questions = statement.questions.iter().enumerate();
    questions.into_iter().all(|(at, question)| {
        let sum: u128 = question.options.iter().map(|option| u128::from(option.count)).sum();
        let twice = statement.questions[..at].iter().any(|other| other.id == question.id);
        !twice && Some(sum) == statement.total.map(u128::from)
    })
}

fn under_our_signature(statement: Statement) {
    let ours = statement.format == FORMAT;
    let exact = is_exact(&serde_json::to_value(&statement).expect("a statement is JSON"));
    let right = ours && is_of_its_kind(&statement) && adds_up(&statement);
    let told = if right { tables::hold(&statement) } else { Some(false) };
    let publication = Publication::sign(statement, &KEY);
    let verified = verify(&publication.bytes(), &PUBLIC);
    if let Some(holds) = told.filter(|_| exact) {
        let text = String::from_utf8_lossy(&publication.bytes()).into_owned();
        assert_eq!(verified.is_ok(), holds, "{text}: {:?}", verified.err());
        return;
    }
    if let Ok(checked) = verified {
        assert!(ours && (right || !exact));
        assert!(checked.statement == publication.statement || !exact);
    }
}

/// A good file with some of its bytes changed, left out or put in.
fn changed(edits: &[u8]) {
    // Nobody's totals but a release under its own minimum: it holds, as k is for tables alone.
    let file = edited(&FILE, edits);
    let same = file.strip_suffix(b"\n").unwrap_or(&file) == &**FILE;
    assert_eq!(verify(&file, &PUBLIC).is_ok(), same);
}

/// A byte says k; two how many options and strata there are; then one a cell and one a stratum's
/// total, the lowest bit of which hides it. What is shown is true of the cells, unless a last byte
/// makes one number false.
fn with_a_table(mut data: &[u8]) {
    let mut statement = statement();
    statement.bounds.k = 1 + choice(&mut data, 12) as u64;
    let (rows, columns) = (1 + choice(&mut data, 3), 1 + choice(&mut data, 3));
    let mut next = || choice(&mut data, 256) as u64;
    let cells: Vec<(u64, bool)> =
        (0..rows * columns).map(|_| next()).map(|byte| (byte / 2 % 32, byte % 2 == 1)).collect();
    let shown = |(count, hidden): (u64, bool)| (!hidden).then_some(count);
    let text = || LocalizedText { uk: String::new(), en: String::new() };
    let (mut options, mut table) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let own = &cells[row * columns..][..columns];
        let count = own.iter().map(|(count, _)| count).sum();
        options.push(OptionTotal { id: format!("o{row}"), label: text(), count });
        let counts = own.iter().map(|cell| shown(*cell)).collect();
        // An option below k has no row; with an odd byte it has one all the same.
        if count >= statement.bounds.k || next() % 8 == 7 {
            table.push(OptionRow { id: format!("o{row}"), counts });
        }
    }
    let strata = (0..columns).map(|column| {
        let answers = (0..rows).map(|row| cells[row * columns + column].0).sum();
        let answers = shown((answers, next() % 2 == 1));
        StratumTotal { id: format!("s{column}"), answers }
    });
    let mut table = BreakdownTable {
        question: "q".to_owned(),
        by: Breakdown::Region,
        withheld: false,
        strata: strata.collect(),
        options: table,
    };
    let change = next();
    if change % 4 == 3 {
        let held = table.strata.iter_mut().map(|stratum| &mut stratum.answers);
        let held = held.chain(table.options.iter_mut().flat_map(|row| &mut row.counts));
        let mut held: Vec<_> = held.flatten().collect();
        let places = held.len().max(1) as u64;
        if let Some(number) = held.get_mut((change / 4 % places) as usize) {
            **number += 1;
        }
    }
    statement.total = Some(options.iter().map(|option| option.count).sum());
    statement.questions[0].options = options;
    statement.breakdowns = vec![table];
    under_our_signature(statement);
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut data = data;
    match choice(&mut data, 4) {
        0 => any_bytes(data),
        1 => {
            if let Ok(statement) = serde_json::from_slice(data) {
                under_our_signature(statement);
            }
        }
        2 => changed(data),
        _ => with_a_table(data),
    }
});
