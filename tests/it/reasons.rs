//! Every reason is in the one table, and every row of the table is given by somebody: read off the
//! source itself.
//!
//! What a row holds is tested beside the table, in `src/reasons/`.

use std::collections::BTreeSet;

use holos::outcome::Rejection;
use holos_reasons::{Given, Reason};

use super::walls::{Source, is_test, names, sources, text_end};

/// Where a reason can be named without being given.
const NOT_GIVEN_BY: &[(&str, &str)] = &[
    ("src/reasons/", "the table itself"),
    ("src/cli/", "the commands are clients: they read reasons"),
];

/// Words of the form of a reason that are none, and why they stand at an edge.
const OTHER_WORDS: &[(&str, &[&str], &str)] = &[
    ("src/cli/serve.rs", &["HOLOS_CONFIG"], "a setting"),
    (
        "src/cli/trial/ports.rs",
        &["HOLOS_TRIAL_PORT_BASE"],
        "the variable of the environment that moves the trial's ports",
    ),
    (
        "src/cli/staff/answer.rs",
        &[
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "OUT_OF_RANGE",
            "DATA_LOSS",
        ],
        "gRPC's own codes, where a status has no reason",
    ),
    ("src/cli/staff/register/key.rs", &["BODY_LEFT"], "a reason to revoke a body's key"),
    ("src/cli/staff/engine.rs", &["HOLOS_SERVER", "HOLOS_TOKEN_FILE", "HOLOS_CONFIG"], "settings"),
    ("src/cli/config.rs", &["HOLOS_CONFIG"], "a setting"),
];

fn is_place_of(source: &Source, places: &[(&str, &str)]) -> bool {
    places.iter().any(|(place, _)| source.path.starts_with(place))
}

/// Whether outside of tests, and of places that only read it, the source names this reason.
fn is_given(sources: &[Source], reason: Reason) -> bool {
    let of_ballot = Rejection::ALL.iter().find(|rejection| rejection.in_table() == reason);
    let word = match of_ballot {
        Some(rejection) => format!("Rejection::{rejection:?}"),
        None => format!("Reason::{reason:?}"),
    };
    let gives = |source: &Source| !is_place_of(source, NOT_GIVEN_BY) && names(&source.code, &word);
    sources.iter().any(gives)
}

#[test]
fn every_reason_of_the_table_is_given_by_some_code() {
    let sources = sources();
    let dead: Vec<_> = Reason::ALL.iter().filter(|reason| !is_given(&sources, **reason)).collect();
    assert!(dead.is_empty(), "no code gives {dead:?}: take them from the table");
}

#[test]
fn what_only_http_or_only_staff_hear_is_given_there() {
    for source in sources().iter().filter(|source| !is_place_of(source, NOT_GIVEN_BY)) {
        for reason in Reason::ALL {
            let place = match reason.entry().given {
                Given::Http => "src/http/",
                Given::Staff => "src/grpc/",
                Given::Ballots | Given::Calls | Given::Reads => continue,
            };
            let named = names(&source.code, &format!("Reason::{reason:?}"));
            assert!(!named || source.path.starts_with(place), "{} gives {reason:?}", source.path);
        }
    }
}

/// The string literals of a source, without comments and the tests at its end.
fn literals(text: &str) -> Vec<&str> {
    let end = text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let mut rest = &text[..end];
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            let end = text_end(rest);
            found.push(rest[..end].trim_matches('"'));
            end
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            let end = raw.find("\"#").unwrap_or(raw.len());
            found.push(&raw[..end]);
            (end + 5).min(rest.len())
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').map_or(1, |end| end + 2)
        } else {
            first.len_utf8()
        };
        rest = &rest[skip..];
    }
    found
}

/// Whether it has the form of a reason of two words and more. What ends in an underscore is the prefix
/// of a wire enumeration.
fn looks_like_a_reason(word: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase());
    word.contains('_') && word.split('_').all(part)
}

/// Literals at the edges that are, or look like, a reason; `(path, literal)`.
fn strays<'a>(sources: &'a [Source], edges: &[&str]) -> BTreeSet<(&'a str, &'a str)> {
    let of_edge = |source: &&Source| {
        edges.iter().any(|edge| source.path.starts_with(edge)) && !is_test(&source.path)
    };
    let mut found = BTreeSet::new();
    for source in sources.iter().filter(of_edge) {
        for literal in literals(&source.text) {
            if looks_like_a_reason(literal) || Reason::named(literal).is_some() {
                found.insert((source.path.as_str(), literal));
            }
        }
    }
    found
}

#[test]
fn no_edge_spells_a_reason_out() {
    let sources = sources();
    let strays = strays(&sources, &["src/grpc/", "src/http/", "src/cli/"]);
    let allowed: BTreeSet<_> = OTHER_WORDS
        .iter()
        .flat_map(|(path, words, _)| words.iter().map(|word| (*path, *word)))
        .collect();
    let strange: Vec<_> = strays.difference(&allowed).collect();
    assert!(strange.is_empty(), "not from the table: {strange:?}");
    let unused: Vec<_> = allowed.difference(&strays).collect();
    assert!(unused.is_empty(), "needs no exception: {unused:?}");
}

/// What descriptions of the HTTP API call a reason is one.
#[test]
fn descriptions_name_reasons_of_the_table() {
    let mut seen = BTreeSet::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src/http/public/")) {
        for literal in literals(&source.text).iter().filter(|literal| literal.contains(' ')) {
            let words = literal.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for word in words.filter(|word| looks_like_a_reason(word)) {
                assert!(Reason::named(word).is_some(), "{}: no reason {word}", source.path);
                seen.insert(word.to_owned());
            }
        }
    }
    assert!(seen.contains("RESULTS_NOT_PUBLISHED"), "descriptions were read: {seen:?}");
}

#[test]
fn the_search_for_reasons_finds_what_is_there() {
    let source = |path: &str, code: &str| Source {
        path: path.to_owned(),
        text: code.to_owned(),
        code: code.to_owned(),
    };
    let reason = Reason::OrderSignature;
    let given = |path, code| is_given(&[source(path, code)], reason);
    assert!(given("src/grpc/a.rs", "status(Reason::OrderSignature, [])"));
    assert!(!given("src/grpc/a.rs", "status(Reason::OrderSignatureUsed, [])"));
    assert!(!given("src/grpc/a.rs", "status(CloseReason::OrderSignature, [])"));
    assert!(!given("src/cli/a.rs", "Reason::OrderSignature.name()"));
    let text = "// \"A_B\"\nf(\"C_D\", '\"', \"OVERLOADED\", \"E_\", \"f_G\", r#\"H_I\"#);\n\
                #[cfg(test)]\nmod tests {\n f(\"J_K\") }\n";
    let sources = [source("src/grpc/a.rs", text), source("src/grpc/tests.rs", text)];
    let found: Vec<_> = strays(&sources, &["src/grpc/"]).into_iter().collect();
    let expected = ["C_D", "H_I", "OVERLOADED"].map(|word| ("src/grpc/a.rs", word));
    assert_eq!(found, expected);
}
