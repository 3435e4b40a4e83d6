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

pub(super) struct Source {
    /// From the repository's root, as `src/engine.rs`.
    pub(super) path: String,
    pub(super) text: String,
    /// Without comments, texts and unit tests.
    pub(super) code: String,
}

pub(super) fn root() -> &'static Path {
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

pub(super) fn sources() -> Vec<Source> {
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
pub(super) fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs")
        || path.contains("/tests/")
        || path.starts_with("src/publish/attack")
        || ["src/http/client.rs", "src/audit/testing.rs", "src/publog/offline_tests.rs"]
            .contains(&path)
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
pub(super) fn text_end(rest: &str) -> usize {
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
pub(super) fn names(code: &str, word: &str) -> bool {
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
        (&["rocksdb"], &[("src/store/rocks.rs", "the one database")]),
        (
            &["tonic", "prost", "prost_types", "tonic_types", "tonic_prost", "tonic_health"],
            &[
                ("src/wire", "messages, their codec and statuses"),
                ("src/grpc", "the gRPC edge"),
                ("src/cli/demo", "the demo is a gRPC client"),
                ("src/cli/staff", "staff's verbs are gRPC clients"),
                ("src/cli/issuer", "and so is a test issuer"),
                ("src/cli/trial", "and so are the voters of a trial"),
            ],
        ),
        (
            &["axum"],
            &[("src/http", "the HTTP edge"), ("src/net.rs", "the router that both edges fill")],
        ),
        (
            &["clap", "clap_complete", "comfy_table", "anyhow", "indicatif"],
            &[("src/cli", "the commands")],
        ),
        (&["schemars"], &[("src/poll", "the schema of an order is its type's")]),
        (&["chacha20poly1305"], &[("src/keys", "one place seals")]),
        (&["cryptoki"], &[("src/keys/provider", "keys in a token")]),
        (
            &["rustls", "tokio_rustls"],
            &[
                ("src/net/tls", "TLS of the listeners"),
                ("src/grpc/listen.rs", "their handshakes"),
                ("src/count/authenticate/fetch.rs", "an issuer's key set at a URL"),
                ("src/cli/staff", "staff's verbs over TLS"),
            ],
        ),
        (
            &["aws_lc_rs"],
            &[
                ("src/jose", "keys of tokens and their signatures"),
                ("src/count/authenticate", "signatures of tokens"),
                ("src/net/tls", "the provider of TLS"),
                ("src/cli/staff", "the same, on the other side"),
                ("src/tlog", "SHA-256 of the public log's tree"),
            ],
        ),
        (&["governor"], &[("src/count/authenticate", "rates of issuers and connections")]),
        (
            &["ed25519_zebra"],
            &[
                ("src/jose", "keys of tokens"),
                ("src/count/authenticate", "signatures of tokens, checked in batches"),
            ],
        ),
    ];
    for (words, allowed) in walls {
        assert_eq!(trespassers(&sources(), words, allowed), BTreeSet::new());
    }
}

#[test]
fn time_and_chance_come_from_the_ground() {
    let words = ["SystemTime", "Instant::now", "Timestamp::now", "ZonedDateTime::now", "getrandom"];
    let allowed: Allowed = &[
        ("src/ground/clock.rs", "the only place that reads the clocks"),
        ("src/ground/random.rs", "the only source of randomness"),
    ];
    assert_eq!(trespassers(&sources(), &words, allowed), BTreeSet::new());
    let allowed: Allowed = &[(
        "src/count/authenticate",
        "a generator for batch verification, seeded from ground::random",
    )];
    assert_eq!(trespassers(&sources(), &["rand"], allowed), BTreeSet::new());
    let words = ["rand::rng", "rand::random", "thread_rng", "new_v4", "now_v7", "OsRng"];
    assert_eq!(trespassers(&sources(), &words, &[]), BTreeSet::new());
}

#[test]
fn persons_are_known_to_the_first_three_steps_only() {
    let allowed: Allowed = &[
        ("src/count/authenticate", "makes them"),
        ("src/count/check.rs", "passes them on; the step after it takes them apart without a name"),
        ("src/count/deidentify.rs", "the last to see them"),
        (
            "src/engine/counting/subjects.rs",
            "asks in a voter's name, and hands the voter to deidentify",
        ),
        ("src/grpc/ballots.rs", "the wire's word for a stated credential, turned into ours"),
        ("src/grpc/subjects.rs", "the same, for a question"),
        ("src/cli/issuer", "the wire's word, on the other side"),
    ];
    assert_eq!(trespassers(&sources(), &["Voter", "Subject"], allowed), BTreeSet::new());
}

#[test]
fn raw_sums_are_known_to_the_store_the_ledger_and_the_publication_only() {
    let allowed: Allowed = &[
        ("src/tally", "what they are"),
        ("src/store", "reads and writes them"),
        ("src/count/ledger", "adds them"),
        ("src/fsck", "adds them up again"),
        ("src/publish", "decides what of them may leave"),
    ];
    // The last two are members of what the ledger hands to the publication by way of the engine.
    let words = ["Sums", "Joint", "Tallies", "Cuts", "ByGroup", "tallies", "by_group"];
    assert_eq!(trespassers(&sources(), &words, allowed), BTreeSet::new());
    let allowed: Allowed = &[
        ("src/tally", "what they are"),
        ("src/store", "reads and writes them"),
        ("src/count/ledger", "decides by them"),
        ("src/count/deidentify.rs", "makes them"),
        ("src/fsck", "counts them"),
    ];
    assert_eq!(trespassers(&sources(), &["Tag"], allowed), BTreeSet::new());
}

/// The floors of the house, from the ground up: a room imports itself and those before it.
const FLOORS: [(&str, &str); 19] = [
    ("outcome", "what becomes of a ballot, and why"),
    ("poll", "the vocabulary: order, procedure, notice, definition, phases; pure"),
    ("ground", "clocks, randomness, bounds, metrics, fault points"),
    ("jose", "keys of those who sign tokens"),
    ("keys", "the key store: what seals, and what is destroyed"),
    ("tally", "sums, tags, cuts and marks; pure, without a database"),
    ("audit", "the private log of decisions"),
    ("publog", "the public log of definitions, releases and erasures"),
    ("store", "rows on disk"),
    ("count", "the way of a ballot: authenticate, check, deidentify, ledger"),
    ("publish", "what of the totals is shown"),
    ("fsck", "the independent auditor"),
    ("staff", "who may do what: accounts, permits, registers' rules"),
    ("engine", "acts of staff and of the clock on polls and registers"),
    ("net", "what all listeners share"),
    ("grpc", "the gRPC edge"),
    ("http", "the HTTP edge"),
    ("process", "what composes the process"),
    ("cli", "the commands"),
];

/// Crates of their own, which the compiler keeps apart: they import no room.
const CRATES: [&str; 4] = ["reasons", "suppress", "tlog", "wire"];

#[test]
fn every_import_runs_downward_and_every_room_has_a_floor() {
    let floor = |room: &str| FLOORS.iter().position(|(name, _)| *name == room);
    let mut seen = BTreeSet::new();
    let mut upward = BTreeSet::new();
    for Source { path, code, .. } in sources() {
        let room = path["src/".len()..].split(['/', '.']).next().unwrap();
        if ["main", "lib"].contains(&room) {
            continue;
        }
        if CRATES.contains(&room) {
            assert!(!names(&code, "holos::"), "{path} imports the house that it is a part of");
            continue;
        }
        let own = floor(room).unwrap_or_else(|| panic!("{path}: the room {room} has no floor"));
        seen.insert(room.to_owned());
        for imported in rooms_named(&code) {
            let other = floor(&imported);
            let other = other.unwrap_or_else(|| panic!("{path} names crate::{imported}"));
            if other > own {
                upward.insert(format!("{path} imports {imported} from above"));
            }
        }
    }
    assert_eq!(upward, BTreeSet::new());
    let floors: BTreeSet<_> = FLOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(seen, floors, "every floor has its room");
}

/// The rooms that follow `crate::`, also in groups: `use crate::{poll, store::Store}`.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut rooms = BTreeSet::new();
    for (at, found) in code.match_indices("crate::") {
        // `$crate` in a macro is the same crate; `my_crate::` would be another.
        if code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + found.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            rooms.insert(word(rest));
            continue;
        };
        let (mut depth, mut start) = (1, true);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => start = true,
                _ if start && !c.is_whitespace() => {
                    rooms.insert(word(&group[i..]));
                    start = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    rooms
}

#[test]
fn rooms_are_found_in_every_shape_of_an_import() {
    let code = "use crate::poll::Poll; use crate::{keys, store::{Row, Store},\n  tally}; \
                fn f() { crate::audit::g(); my_crate::http(); }";
    let rooms: Vec<_> = rooms_named(code).into_iter().collect();
    assert_eq!(rooms, ["audit", "keys", "poll", "store", "tally"]);
}

#[test]
fn nothing_unfinished_and_no_unwrap_stands_outside_the_tests() {
    let words = ["todo!", "unimplemented!", "dbg!", "unwrap()", "process::exit", "unsafe"];
    assert_eq!(trespassers(&sources(), &words, &[]), BTreeSet::new());
    let words = ["println!", "eprintln!", "print!", "eprint!"];
    let allowed: Allowed = &[
        ("src/cli", "what a command says to people, on standard error"),
        ("src/wire/build.rs", "how a build script speaks to cargo"),
    ];
    assert_eq!(trespassers(&sources(), &words, allowed), BTreeSet::new());
}

#[test]
fn a_module_with_children_stands_beside_their_folder() {
    let inside: Vec<_> = sources()
        .into_iter()
        .map(|file| file.path)
        .filter(|path| path.ends_with("/mod.rs"))
        .collect();
    assert!(inside.is_empty(), "one shape of a module, `room.rs` and `room/`: {inside:?}");
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
        assert!(used, "{name} has no user in src/");
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
    let found = trespassers(&[source], &["rocksdb"], &[("src/store", "")]);
    assert_eq!(found.len(), 2, "the trespasser and the exception that nobody needs");
}
