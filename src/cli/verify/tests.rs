//! What holds, what does not, and what is said of both. Everything is signed here.

use std::fs;

use clap::Parser;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePublicKey;
use serde_json::Value;

use super::*;
use crate::cli::output::said;
use crate::poll::{
    Breakdown, CloseReason, Crowd, Definition, Floors, Order, PollId, Profiles, Rules,
    WithheldReason,
};
use crate::publish::{
    Bounds, BreakdownTable, Correction, CorrectionReason, OptionRow, OptionTotal, Publication,
    QuestionTotals, ReleaseKind, Statement, StratumTotal,
};
use crate::publog::{PublicEntry, PublicLog, Said};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

/// A folder with `key.pem`, `definition.json`, three releases of one poll, and the public log of
/// them in `log`.
struct Home {
    folder: tempfile::TempDir,
    key: SigningKey,
    definition: Definition,
    releases: Vec<Publication>,
    log: PublicLog,
}

/// Answers for each option, in each of the eight age bands.
const LIVE: u64 = 10;
const FINAL: u64 = 40;
const CORRECTED: u64 = 20;

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::from_bytes(&[7; 32]);
        let definition = definition();
        let log =
            PublicLog::open(&folder.path().join("log"), "polls.example/log", key.clone(), None);
        let home = Self { folder, key, definition, releases: Vec::new(), log: log.unwrap() };
        let pem = home.key.verifying_key().to_public_key_pem(Default::default()).unwrap();
        home.write("key.pem", pem.as_bytes());
        home.write("definition.json", &home.definition.canonical_json());
        home.with_releases()
    }

    fn with_releases(mut self) -> Self {
        let hash = self.definition.hash().to_string();
        let poll = self.definition.poll;
        let defined = PublicEntry {
            format: "holos-log-entry-1".to_owned(),
            poll,
            said: Said::Definition { hash },
        };
        self.append(&defined);
        let live = Statement {
            kind: ReleaseKind::Live,
            closed_at: None,
            close_reason: None,
            breakdowns: Vec::new(),
            ..self.statement(LIVE)
        };
        self.release(live);
        self.release(self.statement(FINAL));
        let wrong = self.releases.last().unwrap();
        let correction = Some(Correction {
            release: 2,
            hash: wrong.hash.clone(),
            reason: CorrectionReason::IssuerKeyExcised,
        });
        self.release(Statement { correction, ..self.statement(CORRECTED) });
        self
    }

    fn append(&self, entry: &PublicEntry) {
        self.log.append(&[entry.canonical_json()]).unwrap();
        self.log.publish().unwrap();
    }

    /// Signs, keeps and logs the next release.
    fn release(&mut self, statement: Statement) {
        let number = u32::try_from(self.releases.len() + 1).unwrap();
        let previous = self.releases.last().map(|last| last.hash.clone());
        let statement = Statement { release: number, previous, ..statement };
        let publication = Publication::sign(statement, &self.key);
        self.write(&format!("{number}.json"), &publication.bytes());
        self.append(&publication.public_entry());
        let entry = publication.public_entry().canonical_json();
        let proof = self.log.prove(self.log.find(&entry).unwrap()).unwrap();
        self.write(&format!("{number}.proof"), proof.as_bytes());
        self.write(&format!("{number}.checkpoint"), self.log.checkpoint().as_bytes());
        self.releases.push(publication);
    }

    fn statement(&self, answers: u64) -> Statement {
        let at = |time: &str| time.parse().unwrap();
        let order = self.definition.order();
        let Crowd { k, ballots_apart } = self.definition.crowd();
        let bands = self.definition.strata(Breakdown::AgeBand);
        let width = bands.len();
        let question = &order.questions[0];
        let options = question.options.iter();
        let count = answers * width as u64;
        let all = options.len() as u64;
        let stratum =
            |id: &&str| StratumTotal { id: (*id).to_owned(), answers: Some(answers * all) };
        let row = |id: &String| OptionRow { id: id.clone(), counts: vec![Some(answers); width] };
        Statement {
            format: "holos-publication-2".to_owned(),
            poll: self.definition.poll,
            release: 1,
            kind: ReleaseKind::Final,
            previous: None,
            definition_hash: self.definition.hash().to_string(),
            title: order.title.clone(),
            initiator: order.initiator.clone(),
            reference: order.reference.clone(),
            legal_ground: order.legal_ground.clone(),
            opened_at: at("2026-12-01T07:00:00Z"),
            closed_at: Some(at("2026-12-08T16:00:00Z")),
            close_reason: Some(CloseReason::AsPlanned),
            as_of: at("2026-12-08T16:00:00Z"),
            correction: None,
            withheld_reason: None,
            published_at: at("2026-12-08T16:00:01Z"),
            bounds: Bounds { k, ballots_apart, minimum_answers: order.publication.minimum_answers },
            total: Some(count * all),
            breakdowns: vec![BreakdownTable {
                question: question.id.clone(),
                by: Breakdown::AgeBand,
                withheld: false,
                strata: bands.iter().map(stratum).collect(),
                options: options.clone().map(|option| row(&option.id)).collect(),
            }],
            questions: vec![QuestionTotals {
                id: question.id.clone(),
                text: question.text.clone(),
                options: options
                    .map(|option| OptionTotal {
                        id: option.id.clone(),
                        label: option.label.clone(),
                        count,
                    })
                    .collect(),
            }],
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn sign(&self, name: &str, statement: Statement) {
        self.write(name, &Publication::sign(statement, &self.key).bytes());
    }

    /// Runs a line whose words with a dot, and `log`, are files of this folder.
    fn run(&self, line: &str) -> (Exit, String) {
        let words = line.split(' ').map(|word| {
            let is_file = word.contains('.') || word == "log";
            let path = self.folder.path().join(word);
            if is_file { path.to_str().unwrap().to_owned() } else { word.to_owned() }
        });
        let line = Line::try_parse_from(std::iter::once("verify".to_owned()).chain(words));
        said::take();
        let exit = run(&line.unwrap().args).unwrap();
        (exit, said::take())
    }

    /// What programs are told, and whether the exit code agrees.
    fn json(&self, line: &str) -> Value {
        let (exit, said) = self.run(&format!("{line} --key key.pem --json"));
        assert_eq!(said.lines().count(), 1, "{said}");
        let value: Value = serde_json::from_str(&said).unwrap();
        let expected = if value["valid"] == true { Exit::Ok } else { Exit::VerificationFailed };
        assert_eq!(exit, expected, "{said}");
        value
    }

    /// The names of the checks that do not hold.
    fn flaws(&self, line: &str) -> Vec<String> {
        let value = self.json(line);
        let checks = value["checks"].as_array().unwrap().iter();
        let failed = checks.filter(|check| check["holds"] == false);
        failed.map(|check| check["check"].as_str().unwrap().to_owned()).collect()
    }
}

fn definition() -> Definition {
    let mut order: Order = toml::from_str(include_str!("../../../deploy/order.toml")).unwrap();
    order.breakdowns = vec![Breakdown::AgeBand];
    let rules = Rules { floors: Floors::default(), profiles: &Profiles::builtin() };
    Definition::new(PollId::from_bytes([3; 16]), order.check(&rules).unwrap())
}

#[test]
fn a_release_is_checked_against_all_that_is_given() {
    let home = Home::new();
    let line = "2.json --key key.pem --previous 1.json --definition definition.json --proof 2.proof \
                --log log --earlier 1.checkpoint";
    let (exit, said) = home.run(line);
    assert_eq!(exit, Exit::Ok, "{said}");
    for expected in [
        "the publication holds\n",
        "ok    signature: signed by the key given (Ed25519)",
        "ok    tables: 1: none lets a hidden number be computed closer than k = 10",
        "ok    definition: its hash is the one that the release names",
        "ok    previous: release 1 is the one that it names by its hash",
        "ok    previous: apart: the totals differ by",
        "ok    proof: the release is entry 2 of the 3 in the public log polls.example/log",
        "ok    log: polls.example/log: its 4 entries make the root",
        "ok    earlier checkpoint: the copy only adds to the log that it is of, which had 2 entries",
        "note  this is release 2 of 3: a later one takes its place",
        "not checked:\n",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    assert!(!said.contains("FAILS"), "{said}");
}

#[test]
fn programs_get_every_check_with_its_outcome() {
    let home = Home::new();
    let value = home.json("3.json --previous 2.json --log log");
    assert_eq!((&value["valid"], &value["release"]), (&true.into(), &3.into()), "{value}");
    assert_eq!(value["hash"], home.releases[2].hash.as_str());
    assert!(value["checks"].as_array().unwrap().iter().all(|check| check["holds"] == true));
    let notes = value["notes"].to_string();
    assert!(notes.contains("no later release of the poll is in this copy"), "{notes}");
    let broken = home.json("1.json --definition 1.json");
    assert!(broken["error"].as_str().unwrap().starts_with("definition: not a definition"));
}

#[test]
fn what_was_not_checked_is_said() {
    let home = Home::new();
    let (_, said) = home.run("3.json --key key.pem");
    for open in ["--definition", "--previous", "--proof, --log", "the key is the publisher's"] {
        assert!(said.split("not checked:").nth(1).unwrap().contains(open), "{open}\n{said}");
    }
}

#[test]
fn a_file_that_was_changed_does_not_hold() {
    let home = Home::new();
    let file = String::from_utf8(home.releases[1].bytes().to_vec()).unwrap();
    home.write("changed.json", file.replacen("\"count\":320", "\"count\":321", 1).as_bytes());
    assert_eq!(home.flaws("changed.json"), ["signature"]);
    home.write("none.json", b"{}");
    assert_eq!(home.flaws("none.json"), ["form"]);
    home.sign("sum.json", Statement { total: Some(1), ..home.statement(FINAL) });
    assert_eq!(home.flaws("sum.json"), ["totals"]);
    let mut small = home.statement(FINAL);
    small.breakdowns[0].options[0].counts[0] = Some(1);
    home.sign("small.json", small);
    assert_eq!(home.flaws("small.json"), ["tables"]);
}

#[test]
fn a_definition_must_be_the_one_that_was_frozen() {
    let home = Home::new();
    let line = |file: &str| format!("{file} --definition definition.json");
    let base = || home.statement(FINAL);
    let bounds = Bounds { k: 11, ..base().bounds };
    home.sign("bounds.json", Statement { bounds, ..base() });
    assert_eq!(home.flaws(&line("bounds.json")), ["definition: bounds"]);
    let title = base().questions[0].options[0].label.clone();
    home.sign("title.json", Statement { title, ..base() });
    assert_eq!(home.flaws(&line("title.json")), ["definition: poll"]);
    let mut label = base();
    label.questions[0].options[0].label = label.title.clone();
    home.sign("label.json", label);
    assert_eq!(home.flaws(&line("label.json")), ["definition: questions"]);
    home.sign("tables.json", Statement { breakdowns: Vec::new(), ..base() });
    assert_eq!(home.flaws(&line("tables.json")), ["definition: tables"]);
    let mut column = base();
    column.breakdowns[0].strata[0].id = "0-13".to_owned();
    home.sign("column.json", column);
    assert_eq!(home.flaws(&line("column.json")), ["definition: tables"]);
    home.sign("hash.json", Statement { definition_hash: "00".repeat(32), ..base() });
    assert_eq!(home.flaws(&line("hash.json")), ["definition"]);
    let spaced = [b" ", home.definition.canonical_json().as_slice()].concat();
    home.write("spaced.json", &spaced);
    assert_eq!(home.flaws("2.json --definition spaced.json"), ["definition"]);
    // This one lets totals be published at the close only.
    assert_eq!(home.flaws(&line("1.json")), ["definition: publication"]);
}

#[test]
fn what_nobody_has_signed_cannot_write_a_verdict_on_the_screen() {
    let home = Home::new();
    home.write("escape.json", br#"{"\u001b[2J\u001b[Hthe publication holds":1}"#);
    let (exit, said) = home.run("escape.json --key key.pem");
    assert!(exit == Exit::VerificationFailed && !said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn the_release_before_must_be_the_one_that_is_named() {
    let home = Home::new();
    assert_eq!(
        home.flaws("3.json --previous 1.json"),
        ["previous", "previous: chain"],
        "release 1 is not the one before release 3"
    );
    home.write("other.json", b"{}");
    assert_eq!(home.flaws("3.json --previous other.json"), ["previous"]);
}

#[test]
fn counts_fall_in_corrections_only_and_live_releases_lie_b_apart() {
    let mut home = Home::new();
    let live = |home: &Home, answers: u64| Statement {
        kind: ReleaseKind::Live,
        closed_at: None,
        close_reason: None,
        breakdowns: Vec::new(),
        ..home.statement(answers)
    };
    home.release(live(&home, CORRECTED - 1));
    let flaws = home.flaws("4.json --previous 3.json");
    assert_eq!(flaws, ["previous: counts", "previous: apart"]);
    home.release(live(&home, CORRECTED));
    assert_eq!(home.flaws("5.json --previous 4.json"), ["previous: apart"]);
    // A final release may lie closer, when two people decided so: a file does not tell.
    home.release(home.statement(CORRECTED + 1));
    let value = home.json("6.json --previous 5.json");
    assert!(value["notes"].to_string().contains("when two people decided so"), "{value}");
}

#[test]
fn a_proof_must_be_of_this_release_under_this_key() {
    let home = Home::new();
    assert_eq!(home.flaws("2.json --proof 1.proof"), ["proof"]);
    home.write("no.proof", b"nothing");
    assert_eq!(home.flaws("2.json --proof no.proof"), ["proof"]);
    let other = SigningKey::from_bytes(&[8; 32]);
    let proof = fs::read_to_string(home.folder.path().join("1.proof")).unwrap();
    let (head, _) = proof.split_once("\n\n").unwrap();
    let folder = home.folder.path().join("foreign");
    let foreign = PublicLog::open(&folder, "polls.example/log", other, None).unwrap();
    let forged = format!("{head}\n\n{}", foreign.checkpoint());
    home.write("forged.proof", forged.as_bytes());
    assert_eq!(home.flaws("1.json --proof forged.proof"), ["proof"]);
}

#[test]
fn a_release_that_the_log_does_not_hold_is_found() {
    let home = Home::new();
    home.sign("unlogged.json", home.statement(FINAL + 1));
    assert_eq!(home.flaws("unlogged.json --log log"), ["log: release"]);
    let defined = Statement { definition_hash: "00".repeat(32), ..home.statement(FINAL) };
    home.sign("undefined.json", defined);
    assert_eq!(home.flaws("undefined.json --log log"), ["log: release", "log: definition"]);
    // Two files under one number: somebody was shown another one.
    let second = Publication::sign(home.statement(FINAL + 1), &home.key);
    home.append(&second.public_entry());
    assert_eq!(home.flaws("2.json --log log"), ["log: releases"]);
}

#[test]
fn the_log_holds_one_definition_of_a_poll_and_the_chain_of_its_releases() {
    let home = Home::new();
    let (poll, previous) = (home.definition.poll, Some("00".repeat(32)));
    home.sign("forked.json", Statement { release: 4, previous, ..home.statement(FINAL + 1) });
    assert_eq!(home.flaws("forked.json --log log"), ["log: release", "log: chain"]);
    let said = Said::Definition { hash: "00".repeat(32) };
    home.append(&PublicEntry { format: "holos-log-entry-1".to_owned(), poll, said });
    assert_eq!(home.flaws("2.json --log log"), ["log: definition"]);
}

#[test]
fn a_log_is_checked_alone_and_against_what_it_was() {
    let home = Home::new();
    let (exit, said) = home.run("--log log --key key.pem --earlier 1.checkpoint");
    assert!(exit == Exit::Ok && said.starts_with("the public log holds\n"), "{said}");
    let folder = home.folder.path().join("another");
    let another = PublicLog::open(&folder, "polls.example/log", home.key.clone(), None).unwrap();
    another.append(&[b"another entry".to_vec()]).unwrap();
    another.publish().unwrap();
    home.write("another.checkpoint", another.checkpoint().as_bytes());
    assert_eq!(home.flaws("--log log --earlier another.checkpoint"), ["earlier checkpoint"]);
    let tile = home.folder.path().join("log/tile/entries/000.p/4");
    let mut bytes = fs::read(&tile).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&tile, bytes).unwrap();
    assert_eq!(home.flaws("2.json --log log"), ["log"]);
}

#[test]
fn a_proof_is_compared_with_the_copy() {
    let home = Home::new();
    let value = home.json("1.json --proof 1.proof --log log");
    assert!(value["checks"].to_string().contains("proof: checkpoint"), "{value}");
    let folder = home.folder.path().join("another");
    let another = PublicLog::open(&folder, "polls.example/log", home.key.clone(), None).unwrap();
    let entry = home.releases[0].public_entry().canonical_json();
    another.append(&[entry]).unwrap();
    another.publish().unwrap();
    home.write("split.proof", another.prove(0).unwrap().as_bytes());
    assert_eq!(home.flaws("1.json --proof split.proof --log log"), ["proof: checkpoint"]);
}

#[test]
fn a_withdrawal_says_what_it_takes_back_and_why() {
    let mut home = Home::new();
    let correction = Correction {
        release: 3,
        hash: home.releases[2].hash.clone(),
        reason: CorrectionReason::IssuerKeyExcised,
    };
    home.release(Statement {
        kind: ReleaseKind::Withdrawal,
        correction: Some(correction.clone()),
        withheld_reason: Some(WithheldReason::TooFewAnswers),
        total: None,
        questions: Vec::new(),
        breakdowns: Vec::new(),
        ..home.statement(FINAL)
    });
    let line = "4.json --key key.pem --previous 3.json --definition definition.json --log log";
    let (exit, said) = home.run(line);
    assert_eq!(exit, Exit::Ok, "{said}");
    for expected in ["a withdrawal: there are no totals", "release 3", "TOO_FEW_ANSWERS"] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    assert!(!said.contains("answers in all"), "{said}");
    // What comes after it takes the place of the release that it took back, and of no other.
    home.release(Statement { correction: Some(correction.clone()), ..home.statement(FINAL) });
    assert!(home.flaws("5.json --previous 4.json --log log").is_empty());
    let other = Correction { release: 2, hash: home.releases[1].hash.clone(), ..correction };
    let (release, previous) = (5, Some(home.releases[3].hash.clone()));
    let correction = Some(other);
    home.sign("o.json", Statement { release, previous, correction, ..home.statement(FINAL) });
    assert_eq!(home.flaws("o.json --previous 4.json"), ["previous: chain"]);
}

#[test]
fn missing_files_and_wrong_lines_have_their_own_codes() {
    let home = Home::new();
    for line in [
        "no.json --key key.pem",
        "2.json --key no.pem",
        "2.json --key key.pem --proof no.proof",
        "2.json --key key.pem --previous no.json",
        "2.json --key key.pem --definition no.json",
        "2.json --key key.pem --log no.log",
        "--log log --key key.pem --earlier no.checkpoint",
    ] {
        assert_eq!(home.run(line).0, Exit::NotFound, "{line}");
    }
    assert_eq!(home.run("2.json --key 1.json").0, Exit::Usage);
    for line in ["--key k", "--proof p --log l --key k", "f --key k --earlier e", "f", ""] {
        assert!(Line::try_parse_from(["verify"].into_iter().chain(line.split(' '))).is_err());
    }
}
