#![no_main]
//! Tokens: as any bytes, as a good one with changes, and well signed with any content.
//!
//! Only a token that was minted is ever accepted; a well-signed one exactly when the profile, read
//! once more by [`holos_fuzz::profile`], accepts it.

use std::sync::LazyLock;

use holos::count::authenticate::Occasion;
use holos::poll::Needs;
use holos_fuzz::issuers::{
    AUDIENCE, Door, Known, NOW, OPAQUE, POLL, TAXPAYER, all_needs, known, mint, payload,
};
use holos_fuzz::profile::accepts;
use holos_fuzz::{choice, edited};

const TOKEN_BYTES_MAX: usize = 2_048;

struct Setting {
    known: Vec<Known>,
    door: Door,
    minted: Vec<String>,
    needs: [Needs; 2],
}

static SETTING: LazyLock<Setting> = LazyLock::new(|| {
    let known = known();
    let minted = known.iter().map(mint).collect();
    let door = Door::new(&known);
    Setting { known, door, minted, needs: [Needs::default(), all_needs()] }
});

/// Whether a token of any origin is accepted, for a poll.
fn is_accepted(token: &str) -> bool {
    SETTING.door.show(token.to_owned(), Occasion::Poll(POLL), &SETTING.needs[0]).is_ok()
}

fn any_bytes(data: &[u8]) {
    let token = String::from_utf8_lossy(data);
    assert_eq!(is_accepted(&token), SETTING.minted.iter().any(|minted| *minted == token));
}

/// A minted token with some of its bytes changed, left out or put in.
fn changed(mut data: &[u8]) {
    let minted = &SETTING.minted[choice(&mut data, SETTING.minted.len())];
    let changed = edited(minted.as_bytes(), data);
    let token = String::from_utf8_lossy(&changed);
    assert_eq!(is_accepted(&token), token == *minted);
}

/// Any header and payload, parted by a byte of zero, under the signature of a trusted key.
fn signed(mut data: &[u8], occasion: Occasion, needs: &Needs) {
    let signer = choice(&mut data, SETTING.known.len());
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let header = String::from_utf8_lossy(&data[..at]);
    let payload = data.get(at + 1..).unwrap_or_default();
    show(signer, &header, payload, occasion, needs);
}

/// A good payload with members of a fixed list put in, taken out and doubled.
fn composed(mut data: &[u8], occasion: Occasion, needs: &Needs) {
    const NAMES: [&str; 18] = [
        "iss",
        "aud",
        "sub",
        "poll",
        "pkid",
        "iat",
        "exp",
        "nbf",
        "age_over_18",
        "age_over_018",
        "age_over_121",
        "birth_year",
        "region",
        "citizenship",
        "groups",
        r"\u0069ss",
        "jti",
        "alg",
    ];
    let signer = choice(&mut data, SETTING.known.len());
    let known = &SETTING.known[signer];
    let subject = if known.taxpayers { TAXPAYER } else { OPAQUE };
    let mut members = payload(known, subject).trim_end_matches('}').to_owned();
    let mut names: Vec<String> = Vec::new();
    while !data.is_empty() && names.len() < 12 {
        let name = NAMES[choice(&mut data, NAMES.len())];
        let (kind, number) = (choice(&mut data, 16), choice(&mut data, 256) as i64);
        names.push(format!(r#""{name}":{}"#, value(known, kind, number)));
    }
    // What is named again takes the place of the good one, or stands beside it.
    if choice(&mut data, 2) == 0 {
        for name in NAMES.iter().filter(|name| names.iter().any(|own| own.contains(**name))) {
            members = without(&members, name);
        }
    }
    if members.len() > 1 && !members.ends_with(',') && !names.is_empty() {
        members.push(',');
    }
    let payload = format!("{members}{}}}", names.join(","));
    let header = format!(r#"{{"alg":"{}","kid":"{}"}}"#, known.algorithm, known.kid);
    show(signer, &header, payload.as_bytes(), occasion, needs);
}

/// The payload without a member that the template has.
fn without(payload: &str, name: &str) -> String {
    let inner = payload.trim_start_matches('{');
    let start = format!(r#""{name}":"#);
    let kept: Vec<_> = inner.split(',').filter(|member| !member.starts_with(&start)).collect();
    format!("{{{}", kept.join(","))
}

fn value(known: &Known, kind: usize, number: i64) -> String {
    match kind {
        0 => format!("\"{}\"", known.id),
        1 => format!("\"{AUDIENCE}\""),
        2 => format!("[{}\"{AUDIENCE}\"]", "\"x\",".repeat(number as usize % 10)),
        3 => format!("\"{}\"", "B".repeat(number as usize % 100)),
        4 => format!("\"{POLL}\""),
        5 => format!("\"{}\"", known.pseudonym_key),
        6 => (NOW + number - 10).to_string(),
        7 => (NOW - number).to_string(),
        8 => (NOW + 550 + number).to_string(),
        9 => "null".to_owned(),
        10 => "true".to_owned(),
        11 => format!("{NOW}.0"),
        12 => (1_850 + number * 2).to_string(),
        13 => "\"UA-30\"".to_owned(),
        14 => format!("[{}\"students\"]", "\"y\",".repeat(number as usize % 40)),
        _ => i64::MAX.wrapping_add(number % 2).to_string(),
    }
}

fn show(signer: usize, header: &str, payload: &[u8], occasion: Occasion, needs: &Needs) {
    let token = SETTING.known[signer].issuer.mint_bytes(header, payload);
    let fits = token.len() <= TOKEN_BYTES_MAX;
    let expected = fits && accepts(&SETTING.known, signer, header, payload, occasion, needs);
    let accepted = SETTING.door.show(token, occasion, needs);
    assert_eq!(accepted.is_ok(), expected, "{header} {}", String::from_utf8_lossy(payload));
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let how = choice(&mut data, 16);
    let occasion = if how & 4 == 0 { Occasion::Poll(POLL) } else { Occasion::AnyPoll };
    let needs = &SETTING.needs[usize::from(how & 8 != 0)];
    match how & 3 {
        0 => any_bytes(data),
        1 => changed(data),
        2 => signed(data, occasion, needs),
        _ => composed(data, occasion, needs),
    }
});
