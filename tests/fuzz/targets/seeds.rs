//! Writes the inputs to begin with: `seeds FOLDER` makes a folder in it for each target.
//!
//! They are checked in; a change of the protocol or of a format makes them anew.

use std::path::Path;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use holos::authenticate::RevocationReason;
use holos::authenticate::mint::TestIssuer;
use holos::grpc::proto;
use holos::log::entry::{Actor, Entry, NO_PREVIOUS, encode};
use holos::log::{Event, Hash};
use holos::poll::{CloseReason, ErasureGround};
use holos::publish::{OptionTotal, Publication, QuestionTotals, Statement};
use holos_fuzz::issuers::{POLL, known, mint};
use holos_fuzz::stand_ins::{OPTIONS, Slot, ballot, order, poll_stand_in, subject, token_stand_in};
use holos_fuzz::wire::Method;
// The coverage that the flags of the build ask for is kept there.
use libfuzzer_sys as _;
use prost::Message;

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
    write("grpc", calls());
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

/// A byte names the method, one the caller, then the message follows.
fn call(name: &str, method: Method, who: u8, message: &[u8]) -> (String, Vec<u8>) {
    let at = Method::ALL.iter().position(|other| *other == method).expect("one of all");
    let at = u8::try_from(at).expect("a few");
    named(name, &[&[at, who], message])
}

fn calls() -> Vec<(String, Vec<u8>)> {
    [cast_calls(), subject_calls(), poll_calls(), custody_calls()].concat()
}

fn token_ballot(voter: u8, slot: Slot) -> proto::Ballot {
    let token = proto::ballot::Credential::Token(token_stand_in(voter, slot));
    proto::Ballot { credential: Some(token), ..ballot(voter, 0) }
}

/// Of a voter who meets every condition of the demanding poll.
fn claiming_ballot(voter: u8) -> proto::Ballot {
    let claims = proto::StatedClaims {
        age_over: vec![14, 18],
        birth_year: Some(1990),
        region: "UA80000000000093317".to_owned(),
        citizenship: "UA".to_owned(),
        groups: vec!["students".to_owned()],
    };
    let voter = proto::VouchedVoter {
        subject: Bytes::copy_from_slice(&subject(voter)),
        claims: Some(claims),
        pseudonym_key_id: "citizens-1".to_owned(),
    };
    proto::Ballot { credential: Some(proto::ballot::Credential::Voter(voter)), ..ballot(0, 1) }
}

fn cast_calls() -> Vec<(String, Vec<u8>)> {
    let one = |ballot, slot| {
        let poll_id = poll_stand_in(slot);
        proto::CastBallotRequest { poll_id, ballot: Some(ballot) }.encode_to_vec()
    };
    let many = |ballots, slot| {
        proto::CastBallotsRequest { poll_id: poll_stand_in(slot), ballots }.encode_to_vec()
    };
    let batch = |sequence, ballots| {
        let poll_id = poll_stand_in(Slot::Open);
        let message = proto::StreamBallotsRequest { sequence, poll_id, ballots }.encode_to_vec();
        let length = u16::try_from(message.len()).expect("a short batch").to_le_bytes();
        [&length[..], &message].concat()
    };
    let stream =
        [batch(7, vec![ballot(40, 0), ballot(41, 1)]), batch(8, vec![ballot(40, 2)])].concat();
    vec![
        call("cast-stated", Method::CastBallot, 1, &one(ballot(30, 0), Slot::Open)),
        call("cast-token", Method::CastBallot, 0, &one(token_ballot(1, Slot::Open), Slot::Open)),
        call("cast-claims", Method::CastBallot, 2, &one(claiming_ballot(31), Slot::Demanding)),
        call("cast-stranger", Method::CastBallot, 3, &one(ballot(32, 0), Slot::Open)),
        call("cast-closed", Method::CastBallot, 1, &one(ballot(100, 0), Slot::Published)),
        call(
            "cast-many",
            Method::CastBallots,
            1,
            &many(vec![ballot(33, 0), token_ballot(2, Slot::Open), ballot(33, 1)], Slot::Open),
        ),
        call("cast-unopened", Method::CastBallots, 1, &many(vec![ballot(34, 0)], Slot::Newest)),
        call("stream", Method::StreamBallots, 1, &stream),
        call("stream-spare", Method::StreamBallots, 2, &stream),
    ]
}

fn subject_calls() -> Vec<(String, Vec<u8>)> {
    let asker = |credential| Some(proto::Asker { credential: Some(credential) });
    let voter = proto::VouchedVoter {
        subject: Bytes::copy_from_slice(&subject(100)),
        ..Default::default()
    };
    let by_token = asker(proto::asker::Credential::Token(token_stand_in(1, Slot::Open)));
    let by_word = asker(proto::asker::Credential::Voter(voter));
    let asked = |slot, asker| {
        proto::GetParticipationRequest { poll_id: poll_stand_in(slot), asker }.encode_to_vec()
    };
    let notice = proto::GetNoticeRequest { poll_id: poll_stand_in(Slot::Approved) };
    let list = proto::ListEligiblePollsRequest { asker: by_token.clone() };
    vec![
        call("notice", Method::GetNotice, 0, &notice.encode_to_vec()),
        call("participation", Method::GetParticipation, 0, &asked(Slot::Open, by_token)),
        call("participation-word", Method::GetParticipation, 1, &asked(Slot::Published, by_word)),
        call("eligible", Method::ListEligiblePolls, 0, &list.encode_to_vec()),
        call("mechanism", Method::GetProcessingMechanism, 0, &[]),
    ]
}

fn poll_calls() -> Vec<(String, Vec<u8>)> {
    let mut sent = proto::Order::from(&order("from a seed"));
    let plain = proto::CreatePollRequest { order: Some(sent.clone()) }.encode_to_vec();
    "with conditions".clone_into(&mut sent.reference);
    sent.breakdowns = vec![proto::Breakdown::Region.into(), proto::Breakdown::AgeBand.into()];
    let conditions = proto::Eligibility {
        minimum_age: Some(14),
        regions: vec!["UA-05".to_owned(), "UA80000000000093317".to_owned()],
        citizenships: vec!["UA".to_owned()],
        groups: vec!["teachers".to_owned()],
    };
    sent.participants = Some(proto::Participants {
        subject_space: "citizens".to_owned(),
        eligibility: Some(conditions),
        eligible_population: Some(1_000),
    });
    let rich = proto::CreatePollRequest { order: Some(sent) }.encode_to_vec();
    let id = |slot| poll_stand_in(slot);
    let get = proto::GetPollRequest { poll_id: id(Slot::Open) }.encode_to_vec();
    let list = proto::ListPollsRequest { page_size: 2, page_token: id(Slot::Published) };
    let open = proto::OpenPollRequest { poll_id: id(Slot::Newest) }.encode_to_vec();
    let close = |slot| {
        let reason = proto::CloseReason::RelevanceLost.into();
        proto::ClosePollRequest { poll_id: id(slot), reason }.encode_to_vec()
    };
    let results = |slot| proto::GetResultsRequest { poll_id: id(slot) }.encode_to_vec();
    vec![
        call("create", Method::CreatePoll, 1, &plain),
        call("create-conditions", Method::CreatePoll, 1, &rich),
        call("get", Method::GetPoll, 1, &get),
        call("get-nobody", Method::GetPoll, 0, &get),
        call("list", Method::ListPolls, 1, &list.encode_to_vec()),
        call("open", Method::OpenPoll, 1, &open),
        call("close", Method::ClosePoll, 1, &close(Slot::Open)),
        call("close-demanding", Method::ClosePoll, 1, &close(Slot::Demanding)),
        call("results", Method::GetResults, 0, &results(Slot::Published)),
        call("results-withheld", Method::GetResults, 0, &results(Slot::Withheld)),
        call("watch", Method::WatchResults, 0, &results(Slot::Published)),
        call("watch-open", Method::WatchResults, 0, &results(Slot::Open)),
    ]
}

fn custody_calls() -> Vec<(String, Vec<u8>)> {
    let (issuer_id, key_id) = ("spare".to_owned(), "vouched".to_owned());
    let reference = "act 7".to_owned();
    let revoke = proto::RevokeIssuerKeyRequest {
        issuer_id: issuer_id.clone(),
        key_id: key_id.clone(),
        reason: proto::RevocationReason::Compromised.into(),
        reference: reference.clone(),
    };
    let excise = |slot| proto::ExciseIssuerKeyRequest {
        poll_id: poll_stand_in(slot),
        issuer_id: issuer_id.clone(),
        key_id: key_id.clone(),
        reference: reference.clone(),
    };
    let rotate = proto::RotateWrappingKeyRequest { reference: reference.clone() };
    let erase = proto::ErasePollRequest {
        poll_id: poll_stand_in(Slot::Withheld),
        ground: proto::ErasureGround::CourtOrder.into(),
        reference: reference.clone(),
    };
    let confirm = proto::ConfirmErasuresRequest { reference: reference.clone() };
    vec![
        call("revoke", Method::RevokeIssuerKey, 1, &revoke.encode_to_vec()),
        call("revocations", Method::ListRevocations, 1, &[]),
        call("excise", Method::ExciseIssuerKey, 1, &excise(Slot::Published).encode_to_vec()),
        call("excise-open", Method::ExciseIssuerKey, 1, &excise(Slot::Open).encode_to_vec()),
        call("rotate", Method::RotateWrappingKey, 1, &rotate.encode_to_vec()),
        call("erase", Method::ErasePoll, 1, &erase.encode_to_vec()),
        call("confirm", Method::ConfirmErasures, 1, &confirm.encode_to_vec()),
    ]
}

fn statement() -> Statement {
    let order = order("1/2023");
    let question = &order.questions[0];
    let options = question.options.iter().zip([20, 10, 0]).map(|(option, count)| OptionTotal {
        id: option.id.clone(),
        label: option.label.clone(),
        count,
    });
    let at = |time: &str| time.parse().expect("a moment");
    Statement {
        format: "holos-publication-1".to_owned(),
        poll: POLL,
        release: 1,
        definition_hash: "ab".repeat(32),
        title: order.title.clone(),
        initiator: order.initiator.clone(),
        reference: order.reference.clone(),
        legal_ground: order.legal_ground.clone(),
        opened_at: at("2023-03-06T08:00:00Z"),
        closed_at: at("2023-03-08T08:00:00Z"),
        close_reason: CloseReason::AsPlanned,
        correction: None,
        published_at: at("2023-03-08T08:00:01Z"),
        total: 30,
        questions: vec![QuestionTotals {
            id: question.id.clone(),
            text: question.text.clone(),
            options: options.collect(),
        }],
    }
}

fn publications() -> Vec<(String, Vec<u8>)> {
    let statement = statement();
    let file = Publication::sign(statement.clone(), &SigningKey::from_bytes(&[7; 32]));
    let json = serde_json::to_vec(&statement).expect("a statement is JSON");
    vec![
        named("file", &[&[0], &file.bytes()]),
        named("statement", &[&[1], &json]),
        named("changed", &[&[2, 1, 0, 4, 0]]),
    ]
}

fn entries() -> Vec<(String, Vec<u8>)> {
    let (poll, hash) = (POLL, Hash::from_bytes([0x22; 32]));
    let (issuer, key_id) = ("spare".to_owned(), "vouched".to_owned());
    let reference = "act 7".to_owned();
    let events = [
        Event::StoreCreated,
        Event::EngineStarted { version: "0.1.0".into() },
        Event::OrderFiled {
            poll,
            reference: reference.clone(),
            revision: 1,
            order_hash: hash,
            signed_by: None,
        },
        Event::PollOpened { poll, definition_hash: hash },
        Event::EpochFolded { epoch: 7, closed: vec![poll] },
        Event::IssuerKeyRevoked {
            issuer,
            key_id,
            reason: RevocationReason::Compromised,
            reference,
        },
        Event::PollErased { poll, ground: ErasureGround::CourtOrder, publication_hash: Some(hash) },
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
    assert_eq!(order("").questions[0].options.len(), OPTIONS.len());
    let few = good.replace("minimum_answers = 10", "minimum_answers = 9");
    let seed = |name: &str, text: &str| named(name, &[text.as_bytes()]);
    vec![seed("good", good), seed("conditions", &rich), seed("few", &few)]
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
