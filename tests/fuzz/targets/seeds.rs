//! Writes the inputs to begin with: `seeds FOLDER` makes a folder in it for each target.
//!
//! They are checked in; a change of the protocol or of a format makes them anew.

use std::path::Path;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use holos::poll::{RevocationReason, Breakdown, CloseReason, ErasureGround, Phase, WithheldReason};
use holos::count::authenticate::mint::TestIssuer;
use holos_wire::proto;
use holos::audit::entry::{Actor, Entry, NO_PREVIOUS, encode};
use holos::audit::{Event, Hash};
use holos::publish::{
    Bounds, BreakdownTable, Correction, CorrectionReason, NOT_STATED, OptionRow, OptionTotal,
    Publication, QuestionTotals, ReleaseKind, Statement, StratumTotal,
};
use holos_fuzz::duty::{BODY, OTHER_BODY, Who};
use holos_fuzz::issuers::{POLL, known, mint};
use holos_fuzz::stand_ins::{
    NOW, NUMBER, OPTIONS, REFERENCE, Slot, ballot, hash_stand_in, order, poll_stand_in, subject,
    token_stand_in,
};
use holos_fuzz::wire::Method;
use jiff::{SignedDuration, Timestamp};
// The coverage that the flags of the build ask for is kept there.
use libfuzzer_sys as _;
use prost::Message;
use prost_types::Timestamp as WireTimestamp;

#[path = "seeds/calls.rs"]
mod calls;

fn main() {
    let root = std::env::args().nth(1).expect("usage: seeds FOLDER");
    let root = Path::new(&root);
    let write = |target: &str, seeds: Vec<(String, Vec<u8>)>| {
        let folder = root.join(target);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        for (name, bytes) in seeds {
            std::fs::write(folder.join(name), bytes).expect("a file can be written");
        }
    };
    write("token", tokens());
    write("jwks", key_sets());
    write("public_key", public_keys());
    write("grpc", calls::calls());
    write("publication", publications());
    write("audit_entry", entries());
    write("order_toml", orders());
    write("config_toml", configs());
    write("region", regions());
}

fn named(name: &str, parts: &[&[u8]]) -> (String, Vec<u8>) {
    (name.to_owned(), parts.concat())
}

/// A byte says how (two bits), for any poll (4), with every need (8); one more by which issuer.
fn tokens() -> Vec<(String, Vec<u8>)> {
    let header = r#"{"alg":"EdDSA","kid":"k1","typ":"JWT"}"#;
    let payload = concat!(
        r#"{"iss":"wallet","aud":["x","holos"],"sub":"BwcHBwcHBwcHBwcHBwcHBw","#,
        r#""poll":"11111111-1111-1111-1111-111111111111","pkid":"citizens-1","#,
        r#""iat":1790000000,"exp":1790000060,"nbf":1790000000"#,
    );
    let person = concat!(
        r#","age_over_18":true,"birth_year":1990,"region":"UA-30","citizenship":"UA","#,
        r#""groups":["students"],"jti":{"a":[1.5e3,"\ud800"]}"#,
    );
    let minted = mint(&known()[0]);
    let signed = |how: u8, more: &str| {
        let text = format!("{header}\0{payload}{more}}}");
        [&[how, 0], text.as_bytes()].concat()
    };
    vec![
        named("bytes", &[&[0], minted.as_bytes()]),
        named("changed-eddsa", &[&[1, 0, 200, 0, 1, b'A']]),
        named("changed-es256", &[&[1, 1, 20, 1, 1, b'A']]),
        named("changed-rs256", &[&[1, 2, 20, 0, 2, 0]]),
        named("changed-taxpayer", &[&[1, 3]]),
        ("signed".to_owned(), signed(2, "")),
        ("signed-any-poll".to_owned(), signed(6, person)),
        ("signed-needs".to_owned(), signed(10, person)),
        named("composed", &[&[3, 0]]),
        named("composed-nbf", &[&[15, 1, 7, 6, 3, 12, 13, 0, 14, 14, 3]]),
        named("composed-taxpayer", &[&[3, 3, 6, 8, 1]]),
    ]
}

fn key_sets() -> Vec<(String, Vec<u8>)> {
    let wallet = TestIssuer::new("wallet", "k1", [42; 32]).jwks();
    let secret = |name: &str| {
        let set = wallet.replacen('{', &format!(r#"{{"{name}":0,"#), 2);
        named(&format!("secret-{name}"), &[set.as_bytes()])
    };
    // Made with the other keys, as their secrets come from the system.
    let es256 = TestIssuer::es256("bank", "p1").jwk();
    let rs256 = TestIssuer::rs256("ministry", "r1", false).jwk();
    let several = serde_json::json!({ "keys": [es256, rs256] }).to_string();
    let odd = concat!(
        r#"{"keys":[{"kty":"oct","kid":"s"},{"kty":"OKP","crv":"Ed25519","kid":"w","use":"sig","#,
        r#""alg":"EdDSA","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"#,
        r#"{"kty":"RSA","kid":"e","alg":"RS256","use":"sig","n":"wQ","e":"AQ","key_ops":["verify"]}]}"#,
    );
    vec![
        named("ed25519", &[wallet.as_bytes()]),
        named("several", &[several.as_bytes()]),
        named("weak", &[odd.as_bytes()]),
        secret("d"),
        secret("k"),
        secret("p"),
        secret("q"),
    ]
}

fn public_keys() -> Vec<(String, Vec<u8>)> {
    let known = known();
    let seed = |at: usize, name: &str| named(name, &[known[at].issuer.public_key_pem().as_bytes()]);
    vec![seed(0, "ed25519"), seed(1, "p256"), seed(2, "rsa")]
}

fn statement() -> Statement {
    let order = order("1/2023", calls::at_first(), 180);
    let question = &order.questions[0];
    let options = question.options.iter().zip([40, 25, 0]).map(|(option, count)| OptionTotal {
        id: option.id.clone(),
        label: option.label.clone(),
        count,
    });
    let at = |time: &str| time.parse().expect("a moment");
    let row = |option: usize, counts: [Option<u64>; 3]| OptionRow {
        id: OPTIONS[option].to_owned(),
        counts: counts.to_vec(),
    };
    let stratum = |id: &str, answers| StratumTotal { id: id.to_owned(), answers };
    let table = BreakdownTable {
        question: question.id.clone(),
        by: Breakdown::Region,
        withheld: false,
        strata: vec![stratum("UA-05", None), stratum("UA-30", None), stratum(NOT_STATED, None)],
        options: vec![row(0, [None, None, Some(12)]), row(1, [None, None, None])],
    };
    Statement {
        format: "holos-publication-2".to_owned(),
        poll: POLL,
        release: 1,
        kind: ReleaseKind::Final,
        previous: None,
        definition_hash: "ab".repeat(32),
        title: order.title.clone(),
        initiator: order.initiator.clone(),
        reference: order.reference.clone(),
        legal_ground: order.legal_ground.clone(),
        opened_at: at("2023-03-06T08:00:00Z"),
        closed_at: Some(at("2023-03-08T08:00:00Z")),
        close_reason: Some(CloseReason::AsPlanned),
        as_of: at("2023-03-08T08:00:00Z"),
        correction: None,
        withheld_reason: None,
        published_at: at("2023-03-08T08:00:01Z"),
        bounds: Bounds { k: 10, ballots_apart: 100, minimum_answers: 10 },
        total: Some(65),
        questions: vec![QuestionTotals {
            id: question.id.clone(),
            text: question.text.clone(),
            options: options.collect(),
        }],
        breakdowns: vec![table],
    }
}

/// Totals of a moment, while the poll goes on.
fn live() -> Statement {
    Statement {
        kind: ReleaseKind::Live,
        closed_at: None,
        close_reason: None,
        breakdowns: Vec::new(),
        ..statement()
    }
}

fn withdrawal() -> Statement {
    let (release, hash) = (1, "cd".repeat(32));
    let reason = CorrectionReason::IssuerKeyExcised;
    Statement {
        release: 2,
        kind: ReleaseKind::Withdrawal,
        previous: Some(hash.clone()),
        correction: Some(Correction { release, hash, reason }),
        withheld_reason: Some(WithheldReason::TooFewAnswers),
        total: None,
        questions: Vec::new(),
        breakdowns: Vec::new(),
        ..statement()
    }
}

fn publications() -> Vec<(String, Vec<u8>)> {
    let key = SigningKey::from_bytes(&[7; 32]);
    let file = |statement| Publication::sign(statement, &key).bytes();
    let json = |statement| serde_json::to_vec(&statement).expect("a statement is JSON");
    vec![
        named("file", &[&[0], &file(statement())]),
        named("file-live", &[&[0], &file(live())]),
        named("file-withdrawal", &[&[0], &file(withdrawal())]),
        named("statement", &[&[1], &json(statement())]),
        named("statement-live", &[&[1], &json(live())]),
        named("statement-withdrawal", &[&[1], &json(withdrawal())]),
        named("changed", &[&[2, 1, 0, 4, 0]]),
        // k is 4; two options by two strata, the cells hidden, the totals shown; nothing false.
        named("table-hidden", &[&[3, 3, 1, 1, 21, 31, 25, 17, 0, 0, 0]]),
        named("table-shown", &[&[3, 3, 1, 1, 20, 30, 24, 16, 0, 0, 0]]),
        named("table-false", &[&[3, 3, 1, 1, 20, 30, 24, 16, 0, 0, 3]]),
        named("table-wide", &[&[3, 2, 2, 2, 21, 31, 25, 17, 9, 12, 41, 33, 14, 1, 1, 1, 0]]),
    ]
}

fn entries() -> Vec<(String, Vec<u8>)> {
    let (poll, hash) = (POLL, Hash::from_bytes([0x22; 32]));
    let (issuer, key_id) = ("spare".to_owned(), "vouched".to_owned());
    let reference = "act 7".to_owned();
    let at = |time: &str| time.parse().expect("a moment");
    let date = |text: &str| text.parse().expect("a date");
    let events = [
        Event::StoreCreated,
        Event::EngineStarted { version: "0.1.0".into() },
        Event::ClockJumped { seconds: -3 },
        Event::OrderFiled {
            poll,
            reference: reference.clone(),
            revision: 1,
            order_hash: hash,
            signed_by: Some("seal-1".to_owned()),
        },
        Event::OrderReturned { poll, revision: 1, reasons: vec!["title: unclear".to_owned()] },
        Event::OrderWithdrawn { poll, revision: 1, before: Phase::Filed },
        Event::PollScheduled {
            poll,
            opens_at: at("2023-03-08T10:00:00Z"),
            closes_at: at("2023-03-09T10:00:00Z"),
        },
        Event::PollOpened { poll, definition_hash: hash },
        Event::PollClosing { poll, reason: CloseReason::RelevanceLost, note: None },
        Event::EpochFolded { epoch: 7, closed: vec![poll] },
        Event::PublicLogGrown { size: 3, root: hash },
        Event::DecisionAttached { poll, reference: reference.clone(), date: date("2023-03-09") },
        Event::IssuerKeyRevoked {
            issuer,
            key_id,
            reason: RevocationReason::Compromised,
            reference: reference.clone(),
        },
        Event::PollErased { poll, ground: ErasureGround::CourtOrder, publication_hash: Some(hash) },
        Event::ActProposed { proposal: 1, act: "erase_poll".to_owned(), poll: None, reference },
        Event::RequestExtended {
            request: 1,
            before: date("2023-03-10"),
            after: date("2023-03-20"),
            reason: "many documents".to_owned(),
        },
        Event::AuditExpired { through: 9, hash, folded_epoch: Some(7) },
    ];
    let key = SigningKey::from_bytes(&[5; 32]);
    let mut seeds = Vec::new();
    for (seq, event) in events.into_iter().enumerate() {
        let at = "2023-03-08T10:00:00.5Z".parse().expect("a moment");
        let by = Actor::staff("o.koval", "operator");
        let entry = Entry { at, by, event, previous: NO_PREVIOUS, seq: seq as u64 };
        seeds.push(named(&format!("line-{seq}"), &[&[0], &encode(&entry, &key)]));
        let json = serde_json::to_vec(&entry).expect("an entry is JSON");
        seeds.push(named(&format!("entry-{seq}"), &[&[1], &json]));
    }
    seeds
}

fn orders() -> Vec<(String, Vec<u8>)> {
    let good = include_str!("../../it/support/order.toml");
    let eligible = concat!(
        "\n[participants.eligibility]\nminimum_age = 18\nregions = [\"UA-30\"]\n",
        "citizenships = [\"UA\"]\ngroups = [\"students\"]\n",
    );
    let space = "subject_space = \"citizens\"";
    let counted = good.replace(space, &format!("{space}\neligible_population = 1000"));
    let rich = format!("breakdowns = [\"region\", \"age-band\"]\n{counted}{eligible}");
    let live = good.replace("mode = \"at-close\"", "mode = \"live\"\nrelease_minutes = 10");
    let strict = good.replace("profile = \"any\"", "profile = \"resolution-90\"");
    assert!(live != good && strict != good);
    assert_eq!(order("", calls::at_first(), 1).questions[0].options.len(), OPTIONS.len());
    let few = good.replace("minimum_answers = 10", "minimum_answers = 9");
    let seed = |name: &str, text: &str| named(name, &[text.as_bytes()]);
    let sample = include_str!("../../../deploy/order.toml");
    vec![
        seed("good", good),
        seed("conditions", &rich),
        seed("few", &few),
        seed("live", &live),
        seed("strict", &strict),
        seed("sample", sample),
    ]
}

fn configs() -> Vec<(String, Vec<u8>)> {
    let sample = include_str!("../../../deploy/holos.toml");
    let small = "data_dir = \"d\"\n[staff]\ntoken_file = \"t\"\n";
    let rich = concat!(
        "data_dir = \"d\"\n[listen]\ningest = \"0.0.0.0:1\"\n[staff]\ntoken_file = \"t\"\n",
        "[ingest.tls]\ncertificate_file = \"c\"\nprivate_key_file = \"k\"\nclient_ca_file = \"a\"\n",
        "client_crl_files = [\"l\"]\n[keys]\npkcs11 = { module = \"m\", token = \"t\", pin_file = \"p\" }\n",
        "[[issuers]]\nid = \"i\"\nsubject_space = \"s\"\npseudonym_key = \"p\"\nsubjects = \"rnokpp\"\n",
        "jwks = { url = \"https://i.example/jwks\", refresh_seconds = 60 }\n",
        "[ledger]\nk = 11\nfold_delay_seconds = 7\nfold_ballots = 1001\ncarry_seconds_max = 8\n",
        "[erasure]\ngrace_seconds = 5\nhold_seconds = 6\n[log]\nformat = \"json\"\n",
        "[publication]\nballots_apart = 20\neligible_population = 50\nlog_origin = \"o.example/log\"\n",
        "[procedure]\nprofile_files = [\"any.toml\"]\nhold_seconds = 7\nexpiry_notice_seconds = 8\n",
        "holidays = [\"2027-01-01\"]\n",
        "[[staff.issuers]]\nid = \"office\"\n",
        "[[staff.issuers.keys]]\nkid = \"k1\"\npublic_key_file = \"o.pem\"\n",
    );
    let seed = |name: &str, text: &str| named(name, &[text.as_bytes()]);
    vec![seed("sample", sample), seed("small", small), seed("rich", rich)]
}

fn regions() -> Vec<(String, Vec<u8>)> {
    let seed = |name: &str, text: &str| named(name, &[text.as_bytes()]);
    vec![
        seed("iso", "UA-30\nUA80000000000093317"),
        seed("within", "UA46060000000042587\nUA46060250000079826"),
        seed("district", "UA80000000000093317\nUA80000000000126643"),
        seed("other", "UA-05\nUA-77"),
    ]
}
