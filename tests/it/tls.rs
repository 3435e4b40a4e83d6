//! TLS on a running engine: who gets in, what a ballot meets there, and files that change under it.

use std::path::Path;
use std::time::Duration;

use holos::count::authenticate::PeerCertificate;
use holos::ground::clock::Clock;
use holos::ground::faults::Faults;
use holos::net::tls::TlsConfig;
use holos::process::server::Addresses;
use holos_wire::proto::ballot_service_client::BallotServiceClient;
use holos_wire::proto::poll_service_client::PollServiceClient;
use holos_wire::proto::{self, Outcome};
use tonic::Request;
use tonic_types::StatusExt;

#[allow(dead_code, reason = "the unit tests use the rest")]
#[path = "../../src/net/tls/tests/authority.rs"]
mod authority;
#[allow(dead_code, reason = "the unit tests use the rest")]
#[path = "../../src/grpc/serve/tests/dial.rs"]
mod dial;

use super::support::home::SECRET;
use super::support::people::Custodian;
use super::support::{Backend, Home, Staff, order, reason_of};
use authority::{Authority, Identity, write};
use dial::{Dialled, dial};

/// The files of a listener.
fn files(folder: &Path, authority: &Authority) -> TlsConfig {
    let own = authority.server(1);
    TlsConfig {
        certificate_file: write(folder, "own.pem", &own.certificate_pem),
        private_key_file: write(folder, "own.key", &own.key.serialize_pem()),
        client_ca_file: Some(write(folder, "ca.pem", &authority.pem())),
        client_crl_files: vec![write(folder, "ca.crl", &authority.revoke(&[99]))],
    }
}

/// What becomes of one ballot of a stated voter.
async fn cast(dialled: &Dialled, poll: &str, voter: u64) -> Result<Outcome, tonic::Status> {
    let ballot = Some(Backend::ballot(voter, 0));
    let mut request = Request::new(proto::CastBallotRequest { poll_id: poll.to_owned(), ballot });
    let secret = format!("Bearer app.{SECRET}").parse().unwrap();
    request.metadata_mut().insert("authorization", secret);
    let answer = BallotServiceClient::new(dialled.channel.clone()).cast_ballot(request).await?;
    Ok(answer.into_inner().outcome())
}

/// Whether a client gets nowhere near the service, which would find the poll's id malformed.
async fn refused(addresses: &Addresses, authority: &Authority, identity: &Identity) -> bool {
    let dialled = dial(addresses.ingest, authority, Some(identity)).await;
    cast(&dialled, "", 1).await.unwrap_err().code() != tonic::Code::InvalidArgument
}

#[tokio::test(flavor = "multi_thread")]
async fn ballots_come_over_tls_with_a_client_certificate_and_without() {
    let mut home = Home::new();
    let authority = Authority::new("root");
    home.config.ingest.tls = Some(files(home.path(), &authority));
    let running = home.start().await;
    let addresses = running.addresses;
    let poll = Staff::of(&addresses).await.open_new(&order("tls", 3)).await;

    let app = authority.client("app", 7);
    for (voter, identity) in [(1, None), (2, Some(&app))] {
        let dialled = dial(addresses.ingest, &authority, identity).await;
        assert_eq!(cast(&dialled, &poll, voter).await.unwrap(), Outcome::Counted);
        assert_eq!(cast(&dialled, &poll, voter).await.unwrap(), Outcome::AlreadyCounted);
    }
    assert!(cast(&dial::plain(addresses.ingest).await, &poll, 3).await.is_err());
    assert!(!refused(&addresses, &authority, &app).await);
    assert!(refused(&addresses, &authority, &authority.client("app", 99)).await, "revoked");
    let stranger = Authority::new("root").client("app", 7);
    assert!(refused(&addresses, &authority, &stranger).await, "of another CA");
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_change_hold_within_seconds_and_without_a_restart() {
    let mut home = Home::new();
    let authority = Authority::new("root");
    home.config.ingest.tls = Some(files(home.path(), &authority));
    let running = home.start().await;
    let addresses = running.addresses;
    let poll = Staff::of(&addresses).await.open_new(&order("renewed", 3)).await;
    let old = dial(addresses.ingest, &authority, None).await;
    assert_eq!(cast(&old, &poll, 1).await.unwrap(), Outcome::Counted);

    let renewed = authority.server(2);
    write(home.path(), "own.pem", &renewed.certificate_pem);
    write(home.path(), "own.key", &renewed.key.serialize_pem());
    let app = authority.client("app", 7);
    write(home.path(), "ca.crl", &authority.revoke(&[7]));
    let seen = async {
        loop {
            let dialled = dial(addresses.ingest, &authority, None).await;
            assert_eq!(cast(&dialled, &poll, 1).await.unwrap(), Outcome::AlreadyCounted);
            let shown = dialled.shown() == renewed.certificate;
            if shown && refused(&addresses, &authority, &app).await {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seen).await.expect("read again");
    assert_eq!(cast(&old, &poll, 2).await.unwrap(), Outcome::Counted, "old connections go on");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_shows_a_certificate_before_its_token() {
    let mut home = Home::new();
    let authority = Authority::new("root");
    home.config.staff.tls = Some(files(home.path(), &authority));
    let running = home.start().await;
    let registrar = authority.client("registrar", 7);
    for (identity, told) in [(Some(&registrar), Some("STAFF_UNREGISTERED")), (None, None)] {
        let dialled = dial(running.addresses.staff, &authority, identity).await;
        let request = Staff::request(proto::ListPollsRequest::default());
        let status = PollServiceClient::new(dialled.channel).list_polls(request).await.unwrap_err();
        // Whoever shows no certificate does not come as far as the door.
        assert_eq!(told.is_some(), status.get_details_error_info().is_some(), "{status:?}");
        if let Some(reason) = told {
            assert_eq!(reason_of(&status), reason, "nobody is registered yet");
        }
    }
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_does_not_start_with_tls_that_does_not_serve() {
    let mut home = Home::new();
    let authority = Authority::new("root");
    home.config.staff.tls = Some(files(home.path(), &authority));
    write(home.path(), "ca.crl", "nothing");
    let why = home.try_start(Clock::system(), Faults::none()).await.err().expect("no start");
    assert_eq!(
        why.to_string(),
        "staff.tls.client_crl_files[0]: holds no PEM object of the kind that belongs there"
    );
}

/// A stated voter, without any header: the certificate alone must vouch.
async fn state(
    channel: &tonic::transport::Channel,
    poll: &str,
    voter: u64,
) -> Result<Outcome, String> {
    let ballot = Some(Backend::ballot(voter, 0));
    let request = proto::CastBallotRequest { poll_id: poll.to_owned(), ballot };
    let answer = BallotServiceClient::new(channel.clone()).cast_ballot(request).await;
    answer.map(|answer| answer.into_inner().outcome()).map_err(|status| reason_of(&status))
}

/// A home whose issuer `app` also vouches by certificates of this name.
fn home_with_certificates(authority: &Authority) -> Home {
    let mut home = Home::new();
    home.config.ingest.tls = Some(files(home.path(), authority));
    let app = home.config.issuers.iter_mut().find(|issuer| issuer.id == "app").unwrap();
    app.vouched.as_mut().unwrap().certificate_names = vec!["app.example".to_owned()];
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_vouches_for_the_issuer_it_is_bound_to_and_for_no_other() {
    let authority = Authority::new("root");
    let home = home_with_certificates(&authority);
    let running = home.start().await;
    let addresses = running.addresses;
    let poll = Staff::of(&addresses).await.open_new(&order("bound", 3)).await;
    let app = dial(addresses.ingest, &authority, Some(&authority.client("app.example", 7))).await;
    assert_eq!(state(&app.channel, &poll, 1).await, Ok(Outcome::Counted));
    let unbound =
        dial(addresses.ingest, &authority, Some(&authority.client("who.example", 8))).await;
    let refused = Err("CONNECTION_NOT_VOUCHED".to_owned());
    assert_eq!(state(&unbound.channel, &poll, 2).await, refused);
    // The certificate says app; a header that names another issuer contradicts it.
    let mut request = Request::new(proto::CastBallotRequest::default());
    let header = format!("Bearer mirror.{SECRET}").parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    let status = BallotServiceClient::new(app.channel.clone()).cast_ballot(request).await;
    assert_eq!(reason_of(&status.unwrap_err()), "CALLER_UNKNOWN");
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_client_is_refused_at_once_over_the_connection_it_has_open() {
    let authority = Authority::new("root");
    let home = home_with_certificates(&authority);
    let running = home.start().await;
    let addresses = running.addresses;
    let mut staff = Staff::of(&addresses).await;
    let poll = staff.open_new(&order("stolen", 3)).await;
    let stolen = authority.client("app.example", 7);
    let renewed = authority.client("app.example", 8);
    let key_id = PeerCertificate::parse(&stolen.certificate).unwrap().key_id;
    let thief = dial(addresses.ingest, &authority, Some(&stolen)).await;
    let app = dial(addresses.ingest, &authority, Some(&renewed)).await;
    for voter in 0..20 {
        assert_eq!(state(&thief.channel, &poll, voter).await, Ok(Outcome::Counted));
        assert_eq!(state(&app.channel, &poll, 100 + voter).await, Ok(Outcome::Counted));
    }
    // By the key room: the key of the certificate, at once.
    let mut custodian = Custodian::of(&addresses).await;
    custodian.revoke("app", &key_id, proto::RevocationReason::Compromised).await.unwrap();
    let revoked = Err("ISSUER_KEY_REVOKED".to_owned());
    assert_eq!(state(&thief.channel, &poll, 50).await, revoked);
    assert_eq!(state(&app.channel, &poll, 150).await, Ok(Outcome::Counted));
    custodian.excise(&poll, "app", &key_id).await.unwrap();

    // By the authority's list: within seconds of the file, over the open connection too.
    write(home.path(), "ca.crl", &authority.revoke(&[8]));
    let seen = async {
        loop {
            match state(&app.channel, &poll, 100).await {
                Ok(Outcome::AlreadyCounted) => tokio::time::sleep(Duration::from_millis(50)).await,
                other => return other,
            }
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(30), seen).await.unwrap();
    assert_eq!(answer, Err("CERTIFICATE_UNTRUSTED".to_owned()));
    staff.close(&poll).await.unwrap();
    assert_eq!(staff.counts(&poll).await, [21, 0, 0], "the thief's twenty are out");
    running.shutdown().await;
    home.assert_sound();
}
