//! What is read about a person: what the poll needs, and nothing else.

use serde_json::{Value, json};

use super::*;
use crate::poll::{Country, Region};

fn all() -> Needs {
    let groups = vec!["students".to_owned(), "veterans".to_owned()];
    Needs { age: true, region: true, citizenship: true, groups }
}

/// One credential's answer, when the poll needs `needs`.
fn ask(
    authenticator: &Authenticator,
    caller: &Caller,
    occasion: Occasion,
    needs: &Needs,
    credential: Credential,
) -> Result<Voter, Rejection> {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let (conduct, credentials) = (Conduct::new(), vec![credential]);
    let answers =
        authenticator.authenticate(caller, &conduct, occasion, needs, credentials, at(NOW));
    runtime.block_on(answers).pop().unwrap()
}

fn token(needs: &Needs, more: &[(&str, Value)]) -> Result<Voter, Rejection> {
    let token = Credential::Token(signer().mint(&Claims { more, ..claims(&SUBJECT) }));
    ask(&authenticator(), &Caller::Anonymous, Occasion::Poll(POLL), needs, token)
}

fn stated(needs: &Needs, claims: StatedClaims) -> Result<Voter, Rejection> {
    let authenticator = authenticator();
    let caller = authenticator.caller(Some(&format!("Bearer city.{SECRET}")), None).ok().unwrap();
    let subject = Bytes::from_static(&SUBJECT);
    let stated = Credential::Stated(Stated { subject, claims });
    ask(&authenticator, &caller, Occasion::Poll(POLL), needs, stated)
}

fn full() -> Vec<(&'static str, Value)> {
    vec![
        ("age_over_16", true.into()),
        ("age_over_18", true.into()),
        ("age_over_21", false.into()),
        ("birth_year", 1990.into()),
        ("region", "UA-46".into()),
        ("citizenship", "UA".into()),
        ("groups", json!(["veterans", "students", "farmers"])),
    ]
}

#[test]
fn the_needed_claims_are_read_from_a_token() {
    let voter = token(&all(), &full()).ok().unwrap();
    let claims = voter.claims();
    assert_eq!((claims.age_over, claims.birth_year), (Some(18), Some(1990)));
    assert!(claims.region == Region::parse("UA-46") && claims.region.is_some());
    assert!(claims.citizenship == Country::parse("UA") && claims.citizenship.is_some());
    assert_eq!(claims.groups, ["veterans", "students"], "others are dropped");
    assert_eq!(voter.pseudonym_key(), PSEUDONYM_KEY);
}

#[test]
fn a_claim_that_is_not_needed_is_not_read_whatever_it_holds() {
    let mut odd: Vec<_> = full().into_iter().map(|(name, _)| (name, json!([{}]))).collect();
    odd.extend(full());
    let voter = token(&Needs::default(), &odd).ok().unwrap();
    let claims = voter.claims();
    assert!(claims.age_over.is_none() && claims.birth_year.is_none() && claims.groups.is_empty());
    assert!(claims.region.is_none() && claims.citizenship.is_none());
    let needs = Needs { region: true, ..Needs::default() };
    let one = [("age_over_18", 1.into()), ("groups", 2.into()), ("region", "UA-46".into())];
    let voter = token(&needs, &one).ok().unwrap();
    assert!(voter.claims().region.is_some() && voter.claims().age_over.is_none());
}

#[test]
fn an_absent_or_unknown_value_is_none_and_no_error() {
    assert!(token(&all(), &[]).ok().unwrap().claims().region.is_none());
    for (region, country) in [("", ""), ("Lviv", "ua"), ("UA-4", "UKR"), ("UA-466", "U1")] {
        let more = [("region", region.into()), ("citizenship", country.into())];
        let voter = token(&all(), &more).ok().unwrap();
        assert!(voter.claims().region.is_none() && voter.claims().citizenship.is_none());
    }
    for name in ["age_over_0", "age_over_121", "age_over_018", "age_over_", "age_over_1e1"] {
        let voter = token(&all(), &[(name, true.into())]).ok().unwrap();
        assert!(voter.claims().age_over.is_none(), "{name}");
    }
}

#[test]
fn a_needed_claim_of_another_type_or_stood_twice_is_malformed() {
    let wrong = [
        ("age_over_18", json!(1)),
        ("age_over_18", json!("true")),
        ("age_over_120", Value::Null),
        ("birth_year", json!("1990")),
        ("birth_year", json!(1990.5)),
        ("birth_year", json!(1899)),
        ("birth_year", json!(2101)),
        ("birth_year", json!(u64::MAX)),
        ("region", json!(46)),
        ("region", json!(["UA-46"])),
        ("citizenship", json!({})),
        ("groups", json!("students")),
        ("groups", json!([1])),
        ("groups", json!({ "students": true })),
        ("groups", json!(vec!["x"; 33])),
    ];
    for (name, value) in wrong {
        let refused = token(&all(), &[(name, value.clone())]);
        assert_eq!(outcome(&refused), Some(Rejection::TokenMalformed), "{name} {value}");
        assert_eq!(outcome(&token(&Needs::default(), &[(name, value)])), None, "{name}");
    }
    for (name, value) in full() {
        let twice = [(name, value.clone()), (name, value)];
        assert_eq!(outcome(&token(&all(), &twice)), Some(Rejection::TokenMalformed), "{name}");
    }
    let both = [("age_over_1", true.into()), ("age_over_120", true.into())];
    assert_eq!(token(&all(), &both).ok().unwrap().claims().age_over, Some(120));
    assert_eq!(outcome(&token(&all(), &[("groups", json!(vec!["x"; 32]))])), None);
}

#[test]
fn a_connection_states_the_same_claims() {
    let full = || StatedClaims {
        age_over: vec![16, 18],
        birth_year: Some(1990),
        region: "UA-46".into(),
        citizenship: "UA".into(),
        groups: vec!["farmers".into(), "students".into()],
        pseudonym_key: "city-1".into(),
    };
    let voter = stated(&all(), full()).ok().unwrap();
    let claims = voter.claims();
    assert_eq!((claims.age_over, claims.birth_year), (Some(18), Some(1990)));
    assert!(claims.region.is_some() && claims.citizenship.is_some());
    assert_eq!(claims.groups, ["students"]);
    let voter = stated(&Needs::default(), full()).ok().unwrap();
    assert!(voter.claims().age_over.is_none() && voter.claims().groups.is_empty());
}

#[test]
fn a_stated_claim_out_of_bounds_is_refused_where_it_is_needed() {
    let with = |change: fn(&mut StatedClaims)| {
        let mut claims = StatedClaims::default();
        change(&mut claims);
        claims
    };
    let wrong: [fn(&mut StatedClaims); 6] = [
        |claims| claims.age_over = vec![18, 0],
        |claims| claims.age_over = vec![121],
        |claims| claims.age_over = vec![256 + 18],
        |claims| claims.birth_year = Some(1899),
        |claims| claims.birth_year = Some(65_536 + 1990),
        |claims| claims.groups = vec![String::new(); 33],
    ];
    for change in wrong {
        assert_eq!(outcome(&stated(&all(), with(change))), Some(Rejection::ClaimInvalid));
        assert_eq!(outcome(&stated(&Needs::default(), with(change))), None);
    }
    let other = with(|claims| claims.pseudonym_key = "city-2".into());
    assert_eq!(outcome(&stated(&all(), other)), Some(Rejection::PseudonymKey));
}

#[test]
fn for_no_poll_in_particular_a_token_may_name_one_or_none() {
    let any = |text: String| {
        let (caller, needs) = (Caller::Anonymous, Needs::default());
        ask(&authenticator(), &caller, Occasion::AnyPoll, &needs, Credential::Token(text))
    };
    let named = signer().mint(&claims(&SUBJECT));
    assert_eq!(any(named).ok().unwrap().poll(), Some(POLL));
    let subject = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, SUBJECT);
    let payload = |poll: &str| {
        format!(
            r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"{subject}","pkid":"{PSEUDONYM_KEY}",{poll}"iat":{NOW},"exp":{}}}"#,
            NOW + 60
        )
    };
    let raw = |poll| signer().mint_raw(r#"{"alg":"EdDSA","kid":"k1"}"#, &payload(poll));
    assert_eq!(any(raw("")).ok().unwrap().poll(), None);
    assert_eq!(outcome(&any(raw(r#""poll":"x","#))), Some(Rejection::TokenPoll));
    assert_eq!(outcome(&any(raw(r#""poll":null,"#))), Some(Rejection::TokenMalformed));
}

#[test]
fn a_number_names_a_person_only_where_its_issuer_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = |issuer: &TestIssuer, name: &str| {
        let public_key_file = folder.path().join(name);
        fs::write(&public_key_file, issuer.public_key_pem()).unwrap();
        vec![IssuerKeyConfig { kid: "k".into(), public_key_file }]
    };
    let [tax, wallet] = ["tax", "wallet"].map(|id| TestIssuer::new(id, "k", [3; 32]));
    let configs = [
        IssuerConfig {
            keys: file(&tax, "tax"),
            subjects: SubjectKind::Rnokpp,
            ..IssuerConfig::new("tax", "tax", "none")
        },
        IssuerConfig { keys: file(&wallet, "wallet"), ..IssuerConfig::new("wallet", "ua", "p") },
    ];
    let issuers = Issuers::load(&configs).ok().unwrap();
    assert_eq!(issuers.space("tax").unwrap().subjects, SubjectKind::Rnokpp);
    let authenticator =
        Authenticator::start(issuers, AUDIENCE.to_owned(), NonZeroUsize::MIN).unwrap();
    let ask = |issuer: &TestIssuer, (id, key): (&str, &str), subject: &str| {
        let exp = NOW + 60;
        let payload = json!({
            "iss": id, "aud": AUDIENCE, "sub": subject, "poll": POLL.to_string(), "pkid": key,
            "iat": NOW, "exp": exp,
        });
        let token = issuer.mint_raw(r#"{"alg":"EdDSA","kid":"k"}"#, &payload.to_string());
        let (caller, needs) = (Caller::Anonymous, Needs::default());
        ask(&authenticator, &caller, Occasion::Poll(POLL), &needs, Credential::Token(token))
    };
    let voter = ask(&tax, ("tax", "none"), " 1234567899").ok().unwrap();
    assert_eq!((voter.subject().kind(), voter.subject().as_bytes()), (2, &b"1234567899"[..]));
    let subject = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, SUBJECT);
    for wrong in ["1234567890", "", &subject] {
        let refused = ask(&tax, ("tax", "none"), wrong);
        assert_eq!(outcome(&refused), Some(Rejection::SubjectInvalid), "{wrong}");
    }
    let refused = ask(&wallet, ("wallet", "p"), "1234567899");
    assert_eq!(outcome(&refused), Some(Rejection::SubjectInvalid));
    assert_eq!(outcome(&ask(&wallet, ("wallet", "p"), &subject)), None);
}
