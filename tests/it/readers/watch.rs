//! Who watches results hears when the watch ends, and may come again.

use holos_wire::proto;
use holos_wire::proto::results_service_client::ResultsServiceClient;
use tonic::Code;
use tonic_types::StatusExt;

use super::super::support::{Home, Staff, order, reason_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_the_engine_and_says_that_it_may_be_taken_up_again() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let poll_id = staff.open_new(&order("watched", 2)).await;
    let address = format!("http://{}", running.addresses.public);
    let mut results = ResultsServiceClient::connect(address).await.unwrap();
    let request = proto::WatchResultsRequest { poll_id };
    let mut watch = results.watch_results(request).await.unwrap().into_inner();
    let (ended, ()) = tokio::join!(watch.message(), running.shutdown());
    let status = ended.expect_err("nothing was released");
    assert_eq!((status.code(), reason_of(&status)), (Code::Unavailable, "WATCH_ENDED".into()));
    assert!(status.get_details_retry_info().is_some(), "{status:?}");
    home.assert_sound();
}
