//! What a connection is, what is taken from it again, and how much it may bring.

use std::num::NonZeroU32;

use super::*;

fn certificate(names: &[&str], key: &str) -> PeerCertificate {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    PeerCertificate { names, key_id: format!("spki:{key}") }
}

/// `app` by certificates and a secret, `mirror` by certificates alone, `slow` at two a second.
fn door() -> Authenticator {
    let folder = tempfile::tempdir().unwrap();
    let secret_file = folder.path().join("secret");
    fs::write(&secret_file, SECRET).unwrap();
    fs::set_permissions(&secret_file, fs::Permissions::from_mode(0o600)).unwrap();
    let vouched = |secret: bool, names: &[&str]| {
        Some(VouchedConfig {
            secret_file: secret.then(|| secret_file.clone()),
            certificate_names: names.iter().map(|name| (*name).to_owned()).collect(),
            may_ask: secret,
        })
    };
    let entry = |id| IssuerConfig::new(id, "ua", "p");
    let app = vouched(true, &["app.example", "https://app.example/a"]);
    let configs = [
        IssuerConfig { vouched: app, poll_ballots_max: Some(7), ..entry("app") },
        IssuerConfig { vouched: vouched(false, &["mirror.example"]), ..entry("mirror") },
        IssuerConfig {
            vouched: vouched(true, &[]),
            rate_per_second: NonZeroU32::new(2),
            ..entry("slow")
        },
    ];
    let issuers = Issuers::load(&configs).ok().unwrap();
    Authenticator::start(issuers, AUDIENCE.to_owned(), NonZeroUsize::MIN).unwrap()
}

fn vouched(caller: Result<Caller, Rejection>) -> Result<(String, IssuerKeyId), Rejection> {
    match caller? {
        Caller::Anonymous => Ok((String::new(), IssuerKeyId::REST)),
        Caller::Vouched(issuer) => Ok((issuer.issuer().to_owned(), issuer.issuer_key())),
    }
}

#[test]
fn a_certificate_speaks_for_the_issuer_that_has_its_name() {
    let door = door();
    let ask = |names: &[&str]| vouched(door.caller(None, Some(&certificate(names, "1"))));
    let app = ("app".to_owned(), IssuerKeyId::of("app", "spki:1"));
    assert_eq!(ask(&["app.example"]), Ok(app.clone()));
    assert_eq!(ask(&["other.example", "https://app.example/a", "app.example"]), Ok(app));
    let anonymous = (String::new(), IssuerKeyId::REST);
    assert_eq!(ask(&["other.example"]), Ok(anonymous.clone()));
    assert_eq!(ask(&["APP.example"]), Ok(anonymous.clone()));
    assert_eq!(ask(&[]), Ok(anonymous));
    assert_eq!(ask(&["app.example", "mirror.example"]), Err(Rejection::CallerUnknown));
    let mirror = ("mirror".to_owned(), IssuerKeyId::of("mirror", "spki:1"));
    assert_eq!(ask(&["mirror.example"]), Ok(mirror), "one key may serve two issuers");
}

#[test]
fn the_certificate_decides_and_a_header_must_agree() {
    let door = door();
    let ask = |header: &str, names: &[&str]| {
        vouched(door.caller(Some(header), Some(&certificate(names, "1"))))
    };
    let app = format!("Bearer app.{SECRET}");
    let by_certificate = ("app".to_owned(), IssuerKeyId::of("app", "spki:1"));
    assert_eq!(ask(&app, &["app.example"]), Ok(by_certificate));
    let by_secret = ("app".to_owned(), IssuerKeyId::of("app", "vouched"));
    assert_eq!(ask(&app, &["other.example"]), Ok(by_secret));
    let unknown = Err(Rejection::CallerUnknown);
    assert_eq!(ask(&app, &["mirror.example"]), unknown);
    assert_eq!(ask(&format!("Bearer mirror.{SECRET}"), &["mirror.example"]), unknown);
    assert_eq!(ask(&format!("Bearer app.{SECRET}0"), &["app.example"]), unknown);
}

#[test]
fn who_may_ask_is_said_by_the_configuration() {
    let door = door();
    let may_ask = |caller: Result<Caller, Rejection>| match caller.ok().unwrap() {
        Caller::Vouched(issuer) => issuer.may_ask(),
        Caller::Anonymous => panic!("anonymous"),
    };
    assert!(may_ask(door.caller(None, Some(&certificate(&["app.example"], "1")))));
    assert!(!may_ask(door.caller(None, Some(&certificate(&["mirror.example"], "1")))));
}

#[test]
fn what_is_revoked_is_refused_at_once_by_whatever_way_it_comes() {
    let door = door();
    let header = format!("Bearer app.{SECRET}");
    let [one, two] = ["1", "2"].map(|key| certificate(&["app.example"], key));
    let before = door.caller(None, Some(&one)).ok().unwrap();
    let stated = || vec![Credential::Stated(Stated::of(Bytes::from_static(&SUBJECT)))];
    assert_eq!(outcome(&run(&door, &before, stated())[0]), None);

    door.revoke(IssuerKeyId::of("app", "spki:1"));
    assert!(door.is_revoked(IssuerKeyId::of("app", "spki:1")));
    let revoked = Some(Rejection::IssuerKeyRevoked);
    assert_eq!(door.caller(None, Some(&one)).err(), revoked);
    assert_eq!(door.caller(Some(&header), Some(&one)).err(), revoked, "a header does not mend it");
    let answer = run(&door, &before, stated());
    assert_eq!(outcome(&answer[0]), revoked, "nor that it was resolved before");
    assert!(door.caller(None, Some(&two)).is_ok(), "another certificate is another key");
    assert!(door.caller(Some(&header), None).is_ok());
    door.revoke(IssuerKeyId::of("app", "vouched"));
    assert_eq!(door.caller(Some(&header), None).err(), revoked);

    let tokens_door = authenticator();
    let token = |kid, seed| TestIssuer::new(ISSUER, kid, [seed; 32]).mint(&claims(&SUBJECT));
    let all = [token("k1", 1), token("k2", 2)];
    tokens_door.revoke(IssuerKeyId::of(ISSUER, "k1"));
    let answers = run(&tokens_door, &Caller::Anonymous, tokens(&all));
    assert_eq!(outcome(&answers[0]), revoked);
    assert_eq!(outcome(&answers[1]), None);
    tokens_door.reload().unwrap_err();
    let answers = run(&tokens_door, &Caller::Anonymous, tokens(&all));
    assert_eq!(outcome(&answers[0]), revoked, "a reload brings nothing back");
}

#[test]
fn an_issuer_over_its_rate_is_told_to_wait() {
    let door = door();
    let caller = door.caller(Some(&format!("Bearer slow.{SECRET}")), None).ok().unwrap();
    let stated = |_| Credential::Stated(Stated::of(Bytes::from_static(&SUBJECT)));
    let answers = run(&door, &caller, (0..50).map(stated).collect());
    let refused = answers.iter().filter(|a| outcome(a) == Some(Rejection::RateLimited)).count();
    assert!((40..=48).contains(&refused), "{refused} of 50 are past two a second");
    let other = door.caller(Some(&format!("Bearer app.{SECRET}")), None).ok().unwrap();
    let answers = run(&door, &other, (0..50).map(stated).collect());
    assert!(answers.iter().all(Result::is_ok), "another issuer does not notice");
}

#[test]
fn a_connection_with_too_many_bad_signatures_is_refused_and_the_others_are_not() {
    let door = authenticator();
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let ask = |conduct: &Conduct, texts: &[String]| {
        let (needs, occasion) = (Needs::default(), Occasion::Poll(POLL));
        let (caller, all) = (Caller::Anonymous, tokens(texts));
        runtime.block_on(door.authenticate(&caller, conduct, occasion, &needs, all, at(NOW)))
    };
    let good = signer().mint(&claims(&SUBJECT));
    let bad = TestIssuer::new(ISSUER, "k1", [9; 32]).mint(&claims(&SUBJECT));
    let (honest, liar) = (Conduct::new(), Conduct::new());
    let answers = ask(&liar, &vec![bad.clone(); 32]);
    assert!(answers.iter().all(|a| outcome(a) == Some(Rejection::TokenSignature)));
    assert_eq!(outcome(&ask(&liar, std::slice::from_ref(&good))[0]), None, "within the burst");
    ask(&liar, &vec![bad; 8]);
    let answers = ask(&liar, &[good.clone(), "x".to_owned()]);
    assert!(answers.iter().all(|a| outcome(a) == Some(Rejection::RateLimited)));
    assert_eq!(outcome(&ask(&honest, &[good])[0]), None);
}

#[test]
fn one_voters_altered_tokens_do_not_shut_out_the_backend_that_passes_them_on() {
    let door = authenticator();
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let good = signer().mint(&claims(&SUBJECT));
    let bad = TestIssuer::new(ISSUER, "k1", [9; 32]).mint(&claims(&SUBJECT));
    let (conduct, needs) = (Conduct::new(), Needs::default());
    let batch = [vec![good; 95], vec![bad; 5]].concat();
    for _ in 0..20 {
        let (occasion, all) = (Occasion::Poll(POLL), tokens(&batch));
        let asked = door.authenticate(&Caller::Anonymous, &conduct, occasion, &needs, all, at(NOW));
        let answers = runtime.block_on(asked);
        assert!(answers[..95].iter().all(Result::is_ok));
        let bad = Some(Rejection::TokenSignature);
        assert!(answers[95..].iter().all(|answer| outcome(answer) == bad));
    }
}

#[test]
fn what_a_connection_brings_beyond_its_rate_is_refused_before_it_is_looked_at() {
    let door = authenticator();
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let (conduct, needs) = (Conduct::with_rate(NonZeroU32::new(2)), Needs::default());
    let ask = |all| {
        let occasion = Occasion::Poll(POLL);
        let asked = door.authenticate(&Caller::Anonymous, &conduct, occasion, &needs, all, at(NOW));
        runtime.block_on(asked)
    };
    let good = signer().mint(&claims(&SUBJECT));
    let answers = ask(tokens(&[vec![good; 2], vec!["x".to_owned(); 50]].concat()));
    assert!(answers[..2].iter().all(Result::is_ok));
    assert!(answers[10..].iter().all(|a| outcome(a) == Some(Rejection::RateLimited)));
    let missing = ask((0..50).map(|_| Credential::Missing).collect());
    assert_eq!(outcome(&missing[49]), Some(Rejection::RateLimited), "whatever it is");
}
