//! TLS on a running engine: who gets in, what a ballot meets there, and files that change under it.

use std::path::Path;
use std::time::Duration;

use holos::grpc::proto::ballot_service_client::BallotServiceClient;
use holos::grpc::proto::poll_service_client::PollServiceClient;
use holos::grpc::proto::{self, Outcome};
use holos::service::clock::Clock;
use holos::service::config::Tls;
use holos::service::faults::Faults;
use holos::service::server::Addresses;
use tonic::Request;

#[allow(dead_code, reason = "the unit tests use the rest")]
#[path = "../../src/service/tls/tests/authority.rs"]
mod authority;
#[allow(dead_code, reason = "the unit tests use the rest")]
#[path = "../../src/grpc/serve/tests/dial.rs"]
mod dial;

use super::support::home::SECRET;
use super::support::{Backend, Home, Staff, order};
use authority::{Authority, Identity, write};
use dial::{Dialled, dial};

/// The files of a listener.
fn files(folder: &Path, authority: &Authority) -> Tls {
    let own = authority.server(1);
    Tls {
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
    for (identity, good) in [(Some(&registrar), true), (None, false)] {
        let dialled = dial(running.addresses.staff, &authority, identity).await;
        let request = proto::ListPollsRequest::default();
        let answer =
            PollServiceClient::new(dialled.channel).list_polls(Staff::request(request)).await;
        assert_eq!(answer.is_ok(), good);
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
