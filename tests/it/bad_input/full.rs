//! Too much at once, and an engine that has stopped: refused at once with the advice to come back.

use std::time::Duration;

use bytes::Bytes;
use holos::count::authenticate::{Conduct, Credential, Stated};
use holos::count::check::Paper;
use holos::engine::Ballot;
use holos::ground::clock::Clock;
use holos::ground::faults::{Fault, Faults, Point};
use holos::ground::limits::{QUEUE_BALLOTS_MAX, WATCHERS_MAX};
use holos::outcome::{Outcome, RETRY_OVERLOADED, RETRY_UNKNOWN, Rejection, Verdict};
use holos::poll::{Answer, PollId};
use holos_wire::proto;
use tonic::Code;
use tonic_types::StatusExt;

use super::{calls, told_by_result, told_by_status};
use crate::support::home::SECRET;
use crate::support::{Answered, Backend, Home, Staff, order, reason_of};

/// Ballots that fill the queue to its last place.
pub fn flood(round: u64) -> Vec<Ballot> {
    let ballot = |voter: u64| Ballot {
        credential: Credential::Stated(Stated::of(flood_subject(round, voter))),
        paper: Paper {
            notice_version: 1,
            decline_breakdowns: false,
            answers: vec![Answer { question_id: String::new(), option_ids: vec!["o0".into()] }],
        },
    };
    (0..QUEUE_BALLOTS_MAX as u64).map(ballot).collect()
}

fn flood_subject(round: u64, voter: u64) -> Bytes {
    Bytes::from([round.to_le_bytes(), voter.to_le_bytes()].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_at_once_with_retry_advice_and_a_retry_counts() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let poll = staff.open_new(&order("full", 2)).await;
    let id: PollId = poll.parse().unwrap();
    let caller =
        running.engine().counting.caller(Some(&format!("Bearer app.{SECRET}")), None).unwrap();
    let conduct = Conduct::new();
    let late = || Backend::ballot(1, 1);
    let mut counted = 0;
    // The queue is full for as long as the writer works on the flood, some tenths of a second: a
    // ballot that comes too late for one flood tries the next.
    for round in 1.. {
        assert!(round < 20, "no ballot met a full queue");
        let filling = running.engine().counting.cast(&caller, &conduct, id, flood(round));
        let meeting = async {
            while running.engine().counting.queued() < QUEUE_BALLOTS_MAX {
                tokio::task::yield_now().await;
            }
            let mut unary = app.clone();
            tokio::join!(
                unary.cast(&poll, late()),
                calls::batch(&app, &poll, vec![late()]),
                calls::stream(&app, &poll, vec![late()]),
            )
        };
        let (filled, (unary, batch, stream)) = tokio::join!(filling, meeting);
        assert!(filled.iter().all(|outcome| *outcome == Outcome::Decided(Verdict::Counted)));
        counted += filled.len() as u64;
        let refused = [&batch, &stream].map(|results| results.as_ref().unwrap()[0].clone());
        let all = unary.is_err() && refused.iter().all(|result| result.refusal.is_some());
        if !all {
            continue;
        }
        let status = unary.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(status.message(), Rejection::Overloaded.text());
        let by_results = refused.iter().map(told_by_result);
        for told in by_results.chain([told_by_status(&status)]) {
            assert_eq!((told.reason.as_str(), told.retry), ("OVERLOADED", Some(RETRY_OVERLOADED)));
        }
        break;
    }
    // Sent again until there is room, as the advice says; the flood may be answered a moment before
    // its places are free.
    let again = loop {
        match app.cast(&poll, late()).await {
            Err(status) if reason_of(&status) == "OVERLOADED" => tokio::task::yield_now().await,
            answered => break answered.unwrap(),
        }
    };
    assert!(matches!(again, Answered::Counted | Answered::AlreadyCounted));
    assert_eq!(app.cast(&poll, late()).await.unwrap(), Answered::AlreadyCounted);
    // One more than fits is refused as a whole.
    let mut over = flood(100);
    over.push(flood(101).remove(0));
    let outcomes = running.engine().counting.cast(&caller, &conduct, id, over).await;
    let overloaded = Outcome::Refused(Rejection::Overloaded);
    assert!(outcomes.iter().all(|outcome| *outcome == overloaded));
    staff.close(&poll).await.unwrap();
    assert_eq!(staff.counts(&poll).await, [counted, 1]);
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_write_every_outcome_is_unknown_and_a_restart_knows() {
    let home = Home::new();
    let faults = Faults::none();
    let running = home.try_start(Clock::system(), faults.clone()).await.unwrap();
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let poll = staff.open_new(&order("stopped", 2)).await;
    assert_eq!(app.cast(&poll, Backend::ballot(1, 0)).await.unwrap(), Answered::Counted);
    faults.arm(Point::Commit, Fault::Lost, 0);
    let status = app.cast(&poll, Backend::ballot(2, 0)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.message(), "the outcome is unknown: send the same ballot again");
    let told = told_by_status(&status);
    assert_eq!((told.reason.as_str(), told.retry), ("OUTCOME_UNKNOWN", Some(RETRY_UNKNOWN)));
    let result = &calls::batch(&app, &poll, vec![Backend::ballot(1, 0)]).await.unwrap()[0];
    assert_eq!(result.outcome(), proto::Outcome::Unknown, "not even of one counted before");
    let refusal = result.refusal.as_ref().unwrap();
    assert_eq!(refusal.reason, "OUTCOME_UNKNOWN");
    let delay: Duration = refusal.retry_delay.unwrap().try_into().unwrap();
    assert_eq!(delay, RETRY_UNKNOWN);
    let status = staff.create(&order("later", 2)).await.unwrap_err();
    assert_eq!((status.code(), reason_of(&status)), (Code::Unavailable, "ENGINE_STOPPED".into()));
    running.abort().await;

    let running = home.start().await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    assert_eq!(app.cast(&poll, Backend::ballot(1, 1)).await.unwrap(), Answered::AlreadyCounted);
    assert_eq!(app.cast(&poll, Backend::ballot(2, 0)).await.unwrap(), Answered::Counted);
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_have_a_bound_and_leave_their_places() {
    use holos_wire::proto::results_service_client::ResultsServiceClient;
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let poll = staff.open_new(&order("watched", 2)).await;
    let request = || proto::WatchResultsRequest { poll_id: poll.clone() };
    let connect = || ResultsServiceClient::connect(format!("http://{}", running.addresses.public));
    let mut watching = Vec::new();
    while watching.len() < WATCHERS_MAX {
        let mut client = connect().await.unwrap();
        for _ in 0..64 {
            watching.push(client.watch_results(request()).await.unwrap().into_inner());
        }
    }
    assert_eq!(watching.len(), WATCHERS_MAX);
    let mut late = connect().await.unwrap();
    let status = late.watch_results(request()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(reason_of(&status), "WATCHERS_FULL");
    assert!(status.get_details_error_info().unwrap().metadata.is_empty());
    staff.close(&poll).await.unwrap();
    for mut stream in watching {
        let status = stream.message().await.unwrap_err();
        assert_eq!(reason_of(&status), "RESULTS_WITHHELD", "woken by the close");
    }
    running.shutdown().await;
}
