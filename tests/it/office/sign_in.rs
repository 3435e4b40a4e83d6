//! How staff signs in: by a token of a staff issuer, or by the certificate of the connection.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holos::count::authenticate::mint::TestIssuer;
use holos::ground::clock::Clock;
use holos::net::tls::TlsConfig;
use holos_wire::proto;
use holos_wire::proto::staff_service_client::StaffServiceClient;
use jiff::Timestamp;
use serde_json::{Value, json};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::{Office, assert_refused};
use crate::support::home::{STAFF_TOKEN, office as issuer};
use crate::support::people::bearer;
use crate::support::{Home, Post, reason_of};

#[allow(dead_code, clippy::duplicate_mod, reason = "the unit tests and tls.rs use the rest")]
#[path = "../../../src/net/tls/tests/authority.rs"]
mod authority;
#[allow(dead_code, clippy::duplicate_mod, reason = "the unit tests and tls.rs use the rest")]
#[path = "../../../src/grpc/serve/tests/dial.rs"]
mod dial;

use authority::{Authority, write};
use dial::{Dialled, dial};

const FLAWED: &str = "authorization: not a staff token that holds";

/// A good header, with this change.
fn header(change: impl FnOnce(&mut Value)) -> String {
    let mut header = json!({ "alg": "EdDSA", "kid": "k1", "typ": "JWT" });
    change(&mut header);
    header.to_string()
}

/// Good claims of the auditor at this moment, with this change.
fn claims(now: Timestamp, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({
        "aud": "holos-staff",
        "exp": now.as_second() + 3_600,
        "iat": now.as_second(),
        "iss": "office",
        "sub": Post::Auditor.subject(),
    });
    change(&mut claims);
    claims.to_string()
}

async fn who(line: &Channel, request: Request<()>) -> Result<proto::StaffAccount, Status> {
    let request = request.map(|()| proto::WhoAmIRequest {});
    let told = StaffServiceClient::new(line.clone()).who_am_i(request).await?;
    Ok(told.into_inner().account.unwrap())
}

/// What is wrong with a token, and the token.
fn flawed_tokens(now: Timestamp) -> Vec<(&'static str, String)> {
    let good = |_: &mut Value| {};
    let second = now.as_second();
    let mint = |head: String, body: String| issuer().mint_raw(&head, &body);
    let signed = mint(header(good), claims(now, good));
    let (unsigned, signature) = signed.rsplit_once('.').unwrap();
    let altered = {
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        bytes[0] ^= 1;
        format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(bytes))
    };
    let none = {
        let parts = [header(|it| it["alg"] = "none".into()), claims(now, good)];
        let [head, body] = parts.map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{head}.{body}.")
    };
    // The public key as a secret: whoever knows the one would know the other.
    let hs256 = {
        let mut head = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        head.kid = Some("k1".to_owned());
        let secret = issuer().public_key_pem();
        let secret = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
        let body: Value = serde_json::from_str(&claims(now, good)).unwrap();
        jsonwebtoken::encode(&head, &body, &secret).unwrap()
    };
    let claimed = |change: fn(&mut Value, i64)| {
        mint(header(good), claims(now, |claims| change(claims, second)))
    };
    let headed = |change: fn(&mut Value)| mint(header(change), claims(now, good));
    let other_key = TestIssuer::new("office", "k1", [46; 32]);
    vec![
        ("no token", String::new()),
        ("no JWS", "a.b".to_owned()),
        ("none", none),
        ("HS256 with the public key", hs256),
        ("HS256 in the header of an EdDSA token", headed(|it| it["alg"] = "HS256".into())),
        ("ES256 in the header of an EdDSA token", headed(|it| it["alg"] = "ES256".into())),
        ("another kid", headed(|it| it["kid"] = "k2".into())),
        ("no kid", headed(|it| drop(it.as_object_mut().unwrap().remove("kid")))),
        ("crit", headed(|it| it["crit"] = json!(["b64"]))),
        ("a notice of a logout", headed(|it| it["typ"] = "logout+jwt".into())),
        ("expired", claimed(|it, now| it["exp"] = (now - 10).into())),
        ("of the future", {
            claimed(|it, now| {
                it["iat"] = (now + 600).into();
                it["exp"] = (now + 4_200).into();
            })
        }),
        ("not yet valid", claimed(|it, now| it["nbf"] = (now + 600).into())),
        ("longer than a working day", claimed(|it, now| it["exp"] = (now + 43_201).into())),
        ("for somebody else", claimed(|it, _| it["aud"] = "holos".into())),
        ("for others", claimed(|it, _| it["aud"] = json!(["a", "b"]))),
        ("of another issuer", claimed(|it, _| it["iss"] = "wallet".into())),
        ("without a subject", claimed(|it, _| it["sub"] = "".into())),
        ("under another key", other_key.mint_raw(&header(good), &claims(now, good))),
        ("altered", altered),
        ("cut", signed[..signed.len() - 4].to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_hold_gets_one_answer_whatever_is_wrong_with_it() {
    let office = Office::new().await;
    let now = Clock::system().now();
    let good = issuer().mint_raw(&header(|_| {}), &claims(now, |_| {}));
    assert_eq!(who(&office.line, bearer((), &good)).await.unwrap().role(), Post::Auditor.role());
    let several = claims(now, |it| it["aud"] = json!(["others", "holos-staff"]));
    let several = issuer().mint_raw(&header(|_| {}), &several);
    assert!(who(&office.line, bearer((), &several)).await.is_ok(), "for us among others");
    for (flaw, token) in flawed_tokens(now) {
        let status = who(&office.line, bearer((), &token)).await.expect_err(flaw);
        assert_refused(&status, Code::Unauthenticated, "STAFF_TOKEN_INVALID");
        assert_eq!(status.message(), FLAWED, "{flaw}");
        let part = token.split('.').find(|part| part.len() > 8);
        let bytes = String::from_utf8_lossy(status.details()).into_owned();
        assert!(part.is_none_or(|part| !bytes.contains(part)), "{flaw}: it is not repeated");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bearer_token_is_shown_in_one_header_or_it_is_none() {
    let office = Office::new().await;
    let token = Post::Auditor.token_at(Clock::system().now());
    let shown = |values: &[String]| {
        let mut request = Request::new(());
        for value in values {
            request.metadata_mut().append("authorization", value.parse().unwrap());
        }
        request
    };
    let good = format!("Bearer {token}");
    assert!(who(&office.line, shown(std::slice::from_ref(&good))).await.is_ok());
    for bad in [
        vec![],
        vec![good.clone(), good.clone()],
        vec![good.clone(), format!("Bearer {STAFF_TOKEN}")],
        vec![token.clone()],
        vec![format!("bearer {token}")],
        vec![format!("Basic {token}")],
        vec![format!("Bearer  {token}")],
        vec![format!("Bearer {STAFF_TOKEN}0")],
    ] {
        let status = who(&office.line, shown(&bad)).await.unwrap_err();
        assert_refused(&status, Code::Unauthenticated, "STAFF_TOKEN_INVALID");
        assert_eq!(status.message(), FLAWED);
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_of_somebody_who_is_not_registered_is_not_enough() {
    let office = Office::new().await;
    let body = claims(Clock::system().now(), |it| it["sub"] = "nobody".into());
    let token = issuer().mint_raw(&header(|_| {}), &body);
    let status = who(&office.line, bearer((), &token)).await.unwrap_err();
    assert_refused(&status, Code::Unauthenticated, "STAFF_UNREGISTERED");
    let request = bearer(proto::ListPollsRequest::default(), &token);
    let status = office.polls().list_polls(request).await.unwrap_err();
    assert_refused(&status, Code::Unauthenticated, "STAFF_UNREGISTERED");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staff_issuer_changes_its_key_by_its_file_and_without_a_restart() {
    let office = Office::new().await;
    let now = Clock::system().now();
    let renewed = TestIssuer::new("office", "k1", [45; 32]);
    let (good, claimed) = (header(|_| {}), claims(now, |_| {}));
    let (old, new) = (issuer().mint_raw(&good, &claimed), renewed.mint_raw(&good, &claimed));
    assert!(who(&office.line, bearer((), &old)).await.is_ok());
    let status = who(&office.line, bearer((), &new)).await.unwrap_err();
    assert_eq!(reason_of(&status), "STAFF_TOKEN_INVALID");

    // A file that holds no key changes nothing; whole or not at all, as an operator puts it there.
    let path = office.home.path().join("office.pem");
    let put = |text: &str| {
        std::fs::write(office.home.path().join("office.new"), text).unwrap();
        std::fs::rename(office.home.path().join("office.new"), &path).unwrap();
    };
    put("nothing");
    assert!(who(&office.line, bearer((), &old)).await.is_ok());
    put(&renewed.public_key_pem());
    let seen = async {
        while who(&office.line, bearer((), &new)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seen).await.expect("read again");
    let status = who(&office.line, bearer((), &old)).await.unwrap_err();
    assert_eq!(reason_of(&status), "STAFF_TOKEN_INVALID");
    office.close().await;
}

/// A home whose staff listener takes certificates of this authority.
fn secured(authority: &Authority) -> Home {
    let mut home = Home::new();
    let own = authority.server(1);
    home.config.staff.tls = Some(TlsConfig {
        certificate_file: write(home.path(), "own.pem", &own.certificate_pem),
        private_key_file: write(home.path(), "own.key", &own.key.serialize_pem()),
        client_ca_file: Some(write(home.path(), "ca.pem", &authority.pem())),
        client_crl_files: vec![write(home.path(), "ca.crl", &authority.revoke(&[99]))],
    });
    home
}

/// An auditor who signs in by a certificate of this name.
fn by_certificate(name: &str, undertaking: &str) -> proto::RegisterStaffRequest {
    let account = proto::StaffAccount {
        token_issuer: String::new(),
        token_subject: String::new(),
        certificate_name: name.to_owned(),
        undertaking_reference: undertaking.to_owned(),
        ..Post::Auditor.account()
    };
    proto::RegisterStaffRequest { account: Some(account) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_signs_in_by_its_name_until_it_is_revoked() {
    let authority = Arc::new(Authority::new("root"));
    let home = secured(&authority);
    let running = home.start().await;
    let staff = running.addresses.staff;
    let connect = async |name: &str, serial| -> Dialled {
        dial(staff, &authority, Some(&authority.client(name, serial))).await
    };
    let auditor = connect("auditor.example", 7).await;
    let unknown = connect("unknown.example", 8).await;
    let status = who(&auditor.channel, Request::new(())).await.unwrap_err();
    assert_refused(&status, Code::Unauthenticated, "STAFF_UNREGISTERED");

    let mut desk = StaffServiceClient::new(unknown.channel.clone());
    let request = by_certificate("auditor.example", "u 1");
    desk.register_staff(bearer(request, STAFF_TOKEN)).await.unwrap();
    let account = who(&auditor.channel, Request::new(())).await.unwrap();
    assert_eq!((account.certificate_name.as_str(), account.number), ("auditor.example", 1));
    assert_eq!(account.role(), proto::StaffRole::Auditor);
    let status = who(&unknown.channel, Request::new(())).await.unwrap_err();
    assert_refused(&status, Code::Unauthenticated, "STAFF_UNREGISTERED");
    let request = bearer(by_certificate("auditor.example", "u 2"), STAFF_TOKEN);
    let status = desk.register_staff(request).await.unwrap_err();
    assert_refused(&status, Code::AlreadyExists, "CREDENTIAL_TAKEN");

    // A token decides, also one that does not hold.
    let status = who(&auditor.channel, bearer((), "a.b.c")).await.unwrap_err();
    assert_refused(&status, Code::Unauthenticated, "STAFF_TOKEN_INVALID");
    let account = Some(Post::Officer.account());
    let request = bearer(proto::RegisterStaffRequest { account }, STAFF_TOKEN);
    desk.register_staff(request).await.unwrap();
    let officer = Post::Officer.token_at(Clock::system().now());
    let account = who(&auditor.channel, bearer((), &officer)).await.unwrap();
    assert_eq!(account.role(), proto::StaffRole::DataProtectionOfficer);

    // By the authority's list: within seconds of the file, over the open connection too.
    write(home.path(), "ca.crl", &authority.revoke(&[7]));
    let seen = async {
        loop {
            match who(&auditor.channel, Request::new(())).await {
                Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(status) => return status,
            }
        }
    };
    let status = tokio::time::timeout(Duration::from_secs(30), seen).await.unwrap();
    assert_eq!(reason_of(&status), "CERTIFICATE_UNTRUSTED");
    // Nor does a good token help over that connection.
    let status = who(&auditor.channel, bearer((), &officer)).await.unwrap_err();
    assert_eq!(reason_of(&status), "CERTIFICATE_UNTRUSTED");
    let again = connect("auditor.example", 7).await;
    assert!(who(&again.channel, Request::new(())).await.is_err());
    let renewed = connect("auditor.example", 10).await;
    assert_eq!(who(&renewed.channel, Request::new(())).await.unwrap().number, 1);
    drop((auditor, unknown, again, renewed, desk));
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn access_by_a_certificate_ends_with_the_undertaking() {
    let authority = Authority::new("root");
    let home = secured(&authority);
    let running = home.start().await;
    let identity = authority.client("auditor.example", 7);
    let line = dial(running.addresses.staff, &authority, Some(&identity)).await;
    let mut desk = StaffServiceClient::new(line.channel.clone());
    let request = bearer(by_certificate("auditor.example", "u 1"), STAFF_TOKEN);
    desk.register_staff(request).await.unwrap();
    assert!(who(&line.channel, Request::new(())).await.is_ok());
    let request = proto::WithdrawStaffRequest {
        number: 1,
        reason: proto::WithdrawalReason::Dismissal.into(),
        reference: "order 3".to_owned(),
    };
    desk.withdraw_staff(bearer(request, STAFF_TOKEN)).await.unwrap();
    let status = who(&line.channel, Request::new(())).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "UNDERTAKING_WITHDRAWN");
    let request = bearer(by_certificate("auditor.example", "u 2"), STAFF_TOKEN);
    desk.register_staff(request).await.unwrap();
    assert_eq!(who(&line.channel, Request::new(())).await.unwrap().number, 2);
    drop((line, desk));
    running.shutdown().await;
    home.assert_sound();
}
