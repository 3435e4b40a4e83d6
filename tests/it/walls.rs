//! The walls between the layers, read off the source itself: who may name what, and where time,
//! chance, persons and raw sums may be spoken of.
//!
//! The source is looked at without comments, texts and unit tests. A new exception needs its line
//! and its reason here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A place that may do what others may not, and why.
type Allowed = &'static [(&'static str, &'static str)];

struct Source {
    /// From the repository's root, as `src/engine.rs`.
    path: String,
    text: String,
    /// Without comments, texts and unit tests.
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn sources() -> Vec<Source> {
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let code = if is_test(&path) { String::new() } else { code(&text) };
        Source { path, text, code }
    };
    let sources: Vec<_> = rust_files(&root().join("src")).into_iter().map(read).collect();
    assert!(sources.len() > 50, "the source was found");
    sources
}

/// Files that are unit tests as a whole.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs")
        || path.contains("/tests/")
        || path.starts_with("src/publish/attack/")
        || ["src/http/client.rs", "src/log/testing.rs"].contains(&path)
}

/// The text without comments, string literals and what `#[cfg(test)]` stands over.
fn code(text: &str) -> String {
    let mut lines = Vec::new();
    let mut skipping: Option<&str> = None;
    let mut previous_is_test = false;
    let bare = without_comments_and_texts(text);
    for line in bare.lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        if let Some(end) = skipping {
            // rustfmt puts the closing brace where the item began.
            if line.trim_start().starts_with('}') && indent == end {
                skipping = None;
            }
        } else if line.trim() == "#[cfg(test)]" {
            previous_is_test = true;
        } else if previous_is_test {
            previous_is_test = false;
            if line.trim_end().ends_with('{') {
                skipping = Some(indent);
            }
        } else {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn without_comments_and_texts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            out.push_str("\"\"");
            text_end(rest)
        } else if rest.starts_with("r#\"") {
            out.push_str("\"\"");
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').map_or(1, |end| end + 2)
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = &rest[skip..];
    }
    out
}

/// Bytes of the string literal that `rest` begins with.
fn text_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Whether `code` names `word`: a whole path segment, not part of a longer name.
fn names(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let open_end = word.ends_with("::") || word.ends_with('(') || word.ends_with('!');
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(part);
        let after = code[at + word.len()..].chars().next().is_some_and(part);
        !before && (open_end || !after)
    })
}

/// Which sources name one of these words outside the places that may; and which places may and do
/// not, since an exception that nobody needs is a hole.
fn trespassers(sources: &[Source], words: &[&str], allowed: Allowed) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut used = BTreeSet::new();
    for Source { path, code, .. } in sources {
        for word in words.iter().filter(|word| names(code, word)) {
            match allowed.iter().find(|(place, _)| path.starts_with(place)) {
                Some((place, _)) => {
                    used.insert(*place);
                }
                None => {
                    found.insert(format!("{path} names {word}"));
                }
            }
        }
    }
    let unused = allowed.iter().filter(|(place, _)| !used.contains(place));
    found.extend(unused.map(|(place, _)| format!("{place} needs no exception")));
    found
}

#[test]
fn foreign_crates_stay_behind_their_walls() {
    let walls: &[(&[&str], Allowed)] = &[
        (&["rocksdb"], &[("src/store/", "the edge to disk")]),
        (
            &["tonic", "prost", "prost_types", "tonic_types", "tonic_prost", "tonic_health"],
            &[
                ("src/grpc/", "the gRPC edge"),
                ("src/cli/demo/", "the demo is a gRPC client"),
                ("src/cli/staff/", "staff's verbs are gRPC clients"),
                ("src/cli/issuer/", "and so is a test issuer"),
            ],
        ),
        (&["axum"], &[("src/http/", "the HTTP edge; gRPC takes its router from there")]),
        (
            &["clap", "clap_complete", "comfy_table", "anyhow", "indicatif"],
            &[("src/cli/", "the commands")],
        ),
        (&["schemars"], &[("src/poll/", "the schema of an order is its type's")]),
        (&["chacha20poly1305"], &[("src/keys/", "one place seals")]),
        (&["cryptoki"], &[("src/keys/provider", "keys in a token")]),
        (
            &["rustls", "tokio_rustls"],
            &[
                ("src/service/tls", "TLS of the listeners"),
                ("src/grpc/listen.rs", "their handshakes"),
                ("src/authenticate/fetch.rs", "an issuer's key set at a URL"),
                ("src/cli/staff/", "staff's verbs over TLS"),
            ],
        ),
        (
            &["aws_lc_rs"],
            &[
                ("src/authenticate/", "signatures of tokens"),
                ("src/service/tls", "the provider of TLS"),
                ("src/cli/staff/", "the same, on the other side"),
                ("src/log/public/", "SHA-256 of the public log's tree"),
            ],
        ),
        (&["governor"], &[("src/authenticate/", "rates of issuers and connections")]),
        (&["ed25519_zebra"], &[("src/authenticate/", "signatures of tokens, checked in batches")]),
    ];
    for (words, allowed) in walls {
        assert_eq!(trespassers(&sources(), words, allowed), BTreeSet::new());
    }
}

#[test]
fn time_and_chance_come_from_the_service_layer() {
    let words = ["SystemTime", "Instant::now", "Timestamp::now", "ZonedDateTime::now", "getrandom"];
    let allowed: Allowed = &[
        ("src/service/clock.rs", "the only place that reads the clocks"),
        ("src/service/random.rs", "the only source of randomness"),
    ];
    assert_eq!(trespassers(&sources(), &words, allowed), BTreeSet::new());
    let allowed: Allowed =
        &[("src/authenticate/", "a generator for batch verification, seeded from service::random")];
    assert_eq!(trespassers(&sources(), &["rand"], allowed), BTreeSet::new());
    let words = ["rand::rng", "rand::random", "thread_rng", "new_v4", "now_v7", "OsRng"];
    assert_eq!(trespassers(&sources(), &words, &[]), BTreeSet::new());
}

#[test]
fn persons_are_known_to_the_first_three_steps_only() {
    let allowed: Allowed = &[
        ("src/authenticate/", "makes them"),
        ("src/check.rs", "passes them on; the step after it takes them apart without a name"),
        ("src/deidentify.rs", "the last to see them"),
        ("src/engine/subjects.rs", "asks in a voter's name, and hands the voter to deidentify"),
        ("src/grpc/ballots.rs", "the wire's word for a stated credential, turned into ours"),
        ("src/grpc/subjects.rs", "the same, for a question"),
        ("src/cli/issuer/", "the wire's word, on the other side"),
    ];
    assert_eq!(trespassers(&sources(), &["Voter", "Subject"], allowed), BTreeSet::new());
}

#[test]
fn raw_sums_are_known_to_the_store_the_ledger_and_the_publication_only() {
    let allowed: Allowed = &[
        ("src/store/", "reads and writes them"),
        ("src/ledger/", "adds them"),
        ("src/publish/", "decides what of them may leave"),
    ];
    // The last two are members of what the ledger hands to the publication by way of the engine.
    let words = ["Sums", "Joint", "Tallies", "Cuts", "ByGroup", "tallies", "by_group"];
    assert_eq!(trespassers(&sources(), &words, allowed), BTreeSet::new());
    let allowed: Allowed = &[
        ("src/store/", "reads and writes them"),
        ("src/ledger/", "decides by them"),
        ("src/deidentify.rs", "makes them"),
    ];
    assert_eq!(trespassers(&sources(), &["Tag"], allowed), BTreeSet::new());
}

#[test]
fn the_rules_of_a_poll_know_nothing_of_the_engine() {
    for Source { path, code, .. } in sources() {
        for (at, _) in code.match_indices("crate::") {
            let user: String = code[at + 7..].chars().take_while(|c| c.is_alphanumeric()).collect();
            let inside = |folder: &str| path.starts_with(folder);
            let own = ["outcome", "poll"].contains(&user.as_str());
            assert!(!inside("src/poll/") || own, "{path} uses crate::{user}");
            assert!(path != "src/outcome.rs" || user == "service", "{path} uses crate::{user}");
            let edge = ["grpc", "http", "cli"].contains(&user.as_str());
            let may = ["src/grpc/", "src/http/", "src/cli/", "src/service/server", "src/main.rs"];
            assert!(!edge || may.iter().any(|place| inside(place)), "{path} uses crate::{user}");
            let engine = user == "engine" || user == "publish";
            let below =
                ["src/store/", "src/keys/", "src/authenticate/", "src/log/", "src/check.rs"];
            assert!(!engine || !below.iter().any(|place| inside(place)), "{path} uses {user}");
        }
    }
}

#[test]
fn nothing_unfinished_and_no_unwrap_stands_outside_the_tests() {
    let words = ["todo!", "unimplemented!", "dbg!", "unwrap()", "process::exit", "unsafe"];
    assert_eq!(trespassers(&sources(), &words, &[]), BTreeSet::new());
    let words = ["println!", "eprintln!", "print!", "eprint!"];
    let allowed: Allowed = &[("src/cli/", "what a command says to people, on standard error")];
    assert_eq!(trespassers(&sources(), &words, allowed), BTreeSet::new());
}

#[test]
fn files_stay_small() {
    let all = sources();
    let long = |limit: usize| all.iter().filter(move |file| file.text.lines().count() >= limit);
    let too_long: Vec<_> = long(500).map(|file| &file.path).collect();
    assert!(too_long.is_empty(), "over 500 lines: {too_long:?}");
    assert!(long(400).count() * 10 <= all.len(), "nine in ten files stay under 400 lines");
    for file in rust_files(&root().join("tests")) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines < 500, "{} has {lines} lines", file.display());
    }
}

#[test]
fn the_manifest_forbids_unsafe_code_and_every_dependency_has_a_user() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    // Whole lines of a dependency; the continuation of a list is indented.
    let dependencies = section.lines().filter(|line| !line.starts_with([' ', '#', ']', '}']));
    let sources = sources();
    for dependency in dependencies.filter_map(|line| line.split_once(" = ")) {
        let name = dependency.0.replace('-', "_");
        let used = sources.iter().any(|source| names(&source.code, &name));
        // The generated code of the protocol names this one.
        assert!(used || name == "tonic_prost", "{name} has no user in src/");
    }
}

#[test]
fn nothing_in_the_repository_refers_to_the_place_where_it_was_written() {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    // A source package has no git; then there is nothing to ask.
    let Ok(listed) = listed else { return };
    if !listed.status.success() {
        return;
    }
    let names = String::from_utf8(listed.stdout).unwrap();
    // In two parts, so that this file does not find itself.
    let places =
        [["../", "shared"], ["/ho", "me/"], ["/ro", "ot/"], ["/wo", "rk/"], ["/Use", "rs/"]];
    let places = places.map(|parts| parts.concat());
    for name in names.split_terminator('\0') {
        // Deleted in the working tree, or not text.
        let Ok(text) = fs::read_to_string(root().join(name)) else { continue };
        for place in &places {
            assert!(!text.contains(place), "{name} refers to {place}");
        }
    }
}

#[test]
fn the_search_finds_what_is_there() {
    let text = [
        "use rocksdb::DB; // tonic\n",
        "let a = \"axum\"; let q = '\"'; let b = rand::rng();\n",
        "#[cfg(test)]\nmod tests {\n    fn f() { x.unwrap() }\n}\nfn g() { Voter }\n",
    ]
    .concat();
    let code = code(&text);
    for (word, there) in [
        ("rocksdb", true),
        ("tonic", false),
        ("axum", false),
        ("rand", true),
        ("rng", true),
        ("unwrap()", false),
        ("Voter", true),
        ("Vote", false),
        ("oter", false),
    ] {
        assert_eq!(names(&code, word), there, "{word} in {code}");
    }
    let source = Source { path: "src/grpc/x.rs".into(), text, code };
    let found = trespassers(&[source], &["rocksdb"], &[("src/store/", "")]);
    assert_eq!(found.len(), 2, "the trespasser and the exception that nobody needs");
}
