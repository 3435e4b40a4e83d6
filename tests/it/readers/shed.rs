//! Reads give way to ballots.

use holos::count::authenticate::Conduct;
use holos::ground::limits::SHED_READS_BALLOTS;
use holos::outcome::{Outcome, Verdict};
use holos::poll::PollId;
use holos_wire::proto;
use holos_wire::proto::results_service_client::ResultsServiceClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt;

use super::super::bad_input::full::flood;
use super::super::support::home::SECRET;
use super::super::support::{Home, Staff, order, reason_of};

async fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn while_ballots_wait_reads_are_refused_and_no_ballot_is() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let poll = staff.open_new(&order("shed", 2)).await;
    let id: PollId = poll.parse().unwrap();
    let public = running.addresses.public;
    let endpoint = Channel::from_shared(format!("http://{public}")).unwrap();
    let results = ResultsServiceClient::new(endpoint.connect().await.unwrap());
    let caller =
        running.engine().counting.caller(Some(&format!("Bearer app.{SECRET}")), None).unwrap();
    let conduct = Conduct::new();
    let request = || proto::ListReleasesRequest { poll_id: poll.clone() };
    let (api, page) = (format!("/api/v1/polls/{poll}"), format!("/uk/polls/{poll}"));
    let mut counted = 0;
    // The queue is deep for as long as the writer works on the flood: a read that comes too late for
    // one tries the next.
    for round in 1.. {
        assert!(round < 20, "no read met a deep queue");
        let filling = running.engine().counting.cast(&caller, &conduct, id, flood(round));
        let meeting = async {
            while running.engine().counting.queued() < SHED_READS_BALLOTS {
                tokio::task::yield_now().await;
            }
            let mut results = results.clone();
            tokio::join!(get(public, &api), get(public, &page), results.list_releases(request()))
        };
        let (filled, (api, page, grpc)) = tokio::join!(filling, meeting);
        let all_counted = filled.iter().all(|o| *o == Outcome::Decided(Verdict::Counted));
        assert!(all_counted, "a ballot gave way to a read");
        counted += filled.len() as u64;
        let shed = [&api, &page].iter().all(|answer| answer.starts_with("HTTP/1.1 503"));
        let Some(status) = grpc.err().filter(|_| shed) else { continue };
        assert!(api.contains("retry-after: 5\r\n") && api.contains("READS_SHED"), "{api}");
        assert!(page.contains("retry-after: 5\r\n") && page.contains("lang=\"uk\""), "{page}");
        assert_eq!((status.code(), reason_of(&status)), (Code::Unavailable, "READS_SHED".into()));
        let retry = status.get_details_retry_info().unwrap().retry_delay.unwrap();
        assert_eq!(retry.as_secs(), 5);
        break;
    }
    for path in [&api, &page] {
        assert!(get(public, path).await.starts_with("HTTP/1.1 200"), "{path}");
    }
    let metrics = get(running.addresses.admin, "/metrics").await;
    let shed = metrics.lines().find_map(|line| line.strip_prefix("holos_reads_shed_total "));
    assert!(shed.unwrap().parse::<u64>().unwrap() >= 3, "{metrics}");
    staff.close(&poll).await.unwrap();
    assert_eq!(staff.counts(&poll).await, [counted, 0]);
    running.shutdown().await;
    home.assert_sound();
}
