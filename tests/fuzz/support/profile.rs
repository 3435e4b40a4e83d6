//! The token profile once more, as a reader of deploy/docs/onboarding.md would write it: slowly, by the book.
//!
//! Decides only whether a well-signed token is to be accepted, never why not.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holos::count::authenticate::Occasion;
use holos::poll::{Needs, PollId};

use crate::issuers::{AUDIENCE, Known, NOW};
use crate::json::{Json, read};

/// Whether a token of this header and payload, signed by the `signer`-th issuer, is to be accepted.
pub fn accepts(
    known: &[Known],
    signer: usize,
    header: &str,
    payload: &[u8],
    occasion: Occasion,
    needs: &Needs,
) -> bool {
    let signed = || {
        let header = object(header)?;
        let payload = object(str::from_utf8(payload).ok()?)?;
        let issuer = known.get(signer)?;
        let holds = header_holds(&header, issuer)
            && unambiguous(&payload, needs)
            && names_hold(&payload, issuer)
            && poll_holds(&payload, occasion)
            && times_hold(&payload)
            && person_holds(&payload, needs);
        Some(holds)
    };
    signed() == Some(true)
}

type Members = [(Option<String>, Json)];

fn object(text: &str) -> Option<Vec<(Option<String>, Json)>> {
    // Nothing stands before the object, space neither.
    if !text.starts_with('{') {
        return None;
    }
    let Json::Object(members) = read(text)? else { return None };
    members.iter().all(|(name, _)| name.is_some()).then_some(members)
}

fn member<'j>(members: &'j Members, name: &str) -> Option<&'j Json> {
    members.iter().find(|(own, _)| own.as_deref() == Some(name)).map(|(_, value)| value)
}

fn text<'j>(members: &'j Members, name: &str) -> Option<&'j str> {
    member(members, name).and_then(Json::text)
}

fn header_holds(header: &Members, issuer: &Known) -> bool {
    let names: HashSet<_> = header.iter().filter_map(|(name, _)| name.as_deref()).collect();
    let known = ["alg", "kid", "typ"];
    names.len() == header.len()
        && names.iter().all(|name| known.contains(name))
        && text(header, "alg") == Some(issuer.algorithm)
        && text(header, "kid") == Some(issuer.kid)
        && member(header, "typ").is_none_or(|typ| typ.text() == Some("JWT"))
}

/// Whether a claim of this name is read.
fn matters(name: &str, needs: &Needs) -> bool {
    match name {
        "iss" | "aud" | "sub" | "poll" | "pkid" | "iat" | "exp" | "nbf" => true,
        "birth_year" => needs.age,
        "region" => needs.region,
        "citizenship" => needs.citizenship,
        "groups" => !needs.groups.is_empty(),
        name => needs.age && (1..=120).any(|age| *name == format!("age_over_{age}")),
    }
}

fn unambiguous(payload: &Members, needs: &Needs) -> bool {
    let mut seen = HashSet::new();
    let mut names = payload.iter().filter_map(|(name, _)| name.as_deref());
    names.all(|name| !matters(name, needs) || seen.insert(name))
}

fn names_hold(payload: &Members, issuer: &Known) -> bool {
    let audience = match member(payload, "aud") {
        Some(Json::Text(Some(one))) => one == AUDIENCE,
        Some(Json::List(all)) => {
            (1..=8).contains(&all.len())
                && all.iter().all(|one| one.text().is_some())
                && all.iter().any(|one| one.text() == Some(AUDIENCE))
        }
        _ => false,
    };
    let subject = text(payload, "sub").is_some_and(|subject| match issuer.taxpayers {
        true => is_taxpayer(subject.trim_matches([' ', '\t', '\n', '\r', '\x0c'])),
        false => {
            URL_SAFE_NO_PAD.decode(subject).is_ok_and(|bytes| (16..=64).contains(&bytes.len()))
        }
    });
    audience
        && subject
        && text(payload, "iss") == Some(issuer.id)
        && text(payload, "pkid") == Some(issuer.pseudonym_key)
}

/// Ten digits, of which the last is made from the others.
fn is_taxpayer(number: &str) -> bool {
    let digits: Option<Vec<i64>> =
        number.chars().map(|c| c.is_ascii_digit().then(|| i64::from(c as u32 - 48))).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 10) else { return false };
    let weights = [-1, 5, 7, 9, 4, 6, 10, 5, 7];
    let sum: i64 = weights.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum();
    sum.rem_euclid(11) % 10 == digits[9]
}

fn poll_holds(payload: &Members, occasion: Occasion) -> bool {
    let stated = member(payload, "poll");
    match occasion {
        Occasion::Poll(poll) => {
            stated.and_then(Json::text).is_some_and(|text| text == poll.to_string())
        }
        Occasion::AnyPoll => stated.is_none_or(|poll| {
            poll.text().is_some_and(|text| {
                text.parse::<PollId>().is_ok_and(|poll| poll.to_string() == text)
            })
        }),
    }
}

fn times_hold(payload: &Members) -> bool {
    let time = |name| member(payload, name).and_then(Json::integer).map(i128::from);
    let (Some(iat), Some(exp)) = (time("iat"), time("exp")) else { return false };
    let nbf = match member(payload, "nbf") {
        None => iat,
        Some(_) => match time("nbf") {
            Some(nbf) => nbf,
            None => return false,
        },
    };
    let now = i128::from(NOW);
    now < exp + 5 && iat - 5 <= now && nbf - 5 <= now && (1..=600).contains(&(exp - iat))
}

/// What is read about the person must be of its kind; whether it is enough is another's matter.
fn person_holds(payload: &Members, needs: &Needs) -> bool {
    payload.iter().all(|(name, value)| match name.as_deref() {
        Some(name) if !matters(name, needs) => true,
        Some("birth_year") => value.integer().is_some_and(|year| (1_900..=2_100).contains(&year)),
        Some("region" | "citizenship") => value.text().is_some(),
        Some("groups") => match value {
            Json::List(groups) => {
                groups.len() <= 32 && groups.iter().all(|group| group.text().is_some())
            }
            _ => false,
        },
        Some(name) if name.starts_with("age_over_") => {
            matches!(value, Json::Word("true" | "false"))
        }
        _ => true,
    })
}
