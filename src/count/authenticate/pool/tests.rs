//! How calls share the threads, and what happens at the bounds.

use super::*;
use crate::count::authenticate::Issuers;
use crate::count::authenticate::mint::TestIssuer;
use crate::count::authenticate::tests::{
    ISSUER, NOW, POLL, SUBJECT, at, authenticator, claims, signer,
};
use crate::poll::PollId;
use metrics_exporter_prometheus::PrometheusBuilder;

fn purpose() -> Purpose {
    let occasion = Occasion::Poll(PollId::from_bytes([1; 16]));
    Purpose { occasion, needs: Arc::default(), now: Timestamp::UNIX_EPOCH, suspect: false }
}

fn tokens(count: usize) -> Vec<String> {
    (0..count).map(|at| at.to_string()).collect()
}

fn taken(shared: &Shared) -> usize {
    shared.take().unwrap().iter().map(|chunk| chunk.tokens.0.len()).sum()
}

fn idle_pool() -> VerifyPool {
    VerifyPool { shared: Arc::default(), threads: Vec::new() }
}

fn all_are(answers: &Answers, expected: Rejection) -> bool {
    answers.iter().all(|answer| answer.as_ref().err() == Some(&expected))
}

#[test]
fn a_long_call_is_split_evenly_and_keeps_its_order() {
    for (count, parts) in [(0, 0), (1, 1), (256, 1), (257, 2), (1_000, 4)] {
        let chunks = split(tokens(count));
        assert_eq!(chunks.len(), parts);
        let sizes: Vec<usize> = chunks.iter().map(Vec::len).collect();
        assert!(sizes.iter().max().zip(sizes.iter().min()).is_none_or(|(max, min)| max - min <= 1));
        assert_eq!(chunks.concat(), tokens(count));
    }
}

#[test]
fn a_thread_takes_what_waits_up_to_a_batch() {
    let shared = Shared::default();
    let mut replies = Vec::new();
    for count in [1, 2, 3] {
        replies.push(shared.submit(tokens(count), &purpose()).ok().unwrap());
    }
    assert_eq!(taken(&shared), 6, "small calls are taken together");
    for _ in 0..10 {
        replies.push(shared.submit(tokens(1_000), &purpose()).ok().unwrap());
    }
    let full = taken(&shared);
    assert!(
        (VERIFY_BATCH_SIGNATURES_MAX - CHUNK_TOKENS..=VERIFY_BATCH_SIGNATURES_MAX).contains(&full)
    );
    assert_eq!(shared.lock().tokens_waiting, 10_000 - full);
}

#[test]
fn free_threads_share_a_call() {
    let shared = Shared::default();
    shared.lock().threads_free = 1;
    let _replies = shared.submit(tokens(1_000), &purpose()).ok().unwrap();
    assert_eq!(taken(&shared), 500);
    shared.lock().threads_free -= 1;
    assert_eq!(taken(&shared), 500);
}

#[tokio::test]
async fn a_full_queue_refuses_a_call_whole_and_at_once() {
    let pool = idle_pool();
    let full = pool.shared.submit(tokens(VERIFY_QUEUE_TOKENS_MAX - 1), &purpose()).ok().unwrap();
    let answers = pool.check(tokens(2), &purpose()).await;
    assert!(answers.len() == 2 && all_are(&answers, Rejection::Overloaded));
    let last = pool.shared.submit(tokens(1), &purpose());
    assert!(last.is_ok(), "the last place is given");
    while pool.shared.lock().tokens_waiting > 0 {
        taken(&pool.shared);
    }
    assert!(pool.shared.submit(tokens(2), &purpose()).is_ok(), "and places come back");
    drop(full);
}

#[tokio::test]
async fn who_waits_when_the_pool_stops_hears_so() {
    let pool = idle_pool();
    let purpose = purpose();
    let (answers, ()) =
        tokio::join!(pool.check(tokens(300), &purpose), async { pool.shared.stop() });
    assert!(answers.len() == 300 && all_are(&answers, Rejection::ShuttingDown));
    let answers = pool.check(tokens(1), &purpose).await;
    assert!(all_are(&answers, Rejection::ShuttingDown), "and who comes after it");
}

#[tokio::test]
async fn a_thread_that_dies_leaves_nobody_waiting() {
    let pool = idle_pool();
    let shared = Arc::clone(&pool.shared);
    let dying = async move {
        thread::spawn(move || {
            let _stop = StopOnDrop(&shared);
            panic!("planned by the test");
        })
        .join()
        .unwrap_err();
    };
    let purpose = purpose();
    let (answers, ()) = tokio::join!(pool.check(tokens(2), &purpose), dying);
    assert!(all_are(&answers, Rejection::ShuttingDown));
}

#[tokio::test]
async fn a_caller_that_went_away_costs_no_check_and_stops_nobody() {
    let profile = Arc::new(Profile::new(Issuers::default(), String::new()));
    let pool = idle_pool();
    drop(pool.shared.submit(tokens(3), &purpose()));
    let chunks = pool.shared.take().unwrap();
    answer(chunks, &profile, &mut Reader::new(&profile));
    let pool = VerifyPool::start(&profile, NonZeroUsize::MIN).unwrap();
    drop(pool.shared.submit(tokens(3), &purpose()));
    let answers = pool.check(tokens(1), &purpose()).await;
    assert!(all_are(&answers, Rejection::TokenMalformed));
}

#[test]
fn each_signature_is_counted_by_what_it_came_to_and_each_batch_by_its_size() {
    let door = authenticator();
    let stranger = TestIssuer::new(ISSUER, "k1", [9; 32]);
    let [good, bad] = [signer(), stranger].map(|issuer| issuer.mint(&claims(&SUBJECT)));
    let purpose = Purpose { occasion: Occasion::Poll(POLL), now: at(NOW), ..purpose() };
    let recorder = PrometheusBuilder::new().build_recorder();
    ::metrics::with_local_recorder(&recorder, || {
        for call in [vec![good.clone(), bad, good.clone(), "no token".to_owned()], vec![good]] {
            let shared = Shared::default();
            let _replies = shared.submit(call, &purpose).ok().unwrap();
            answer(shared.take().unwrap(), &door.profile, &mut Reader::new(&door.profile));
        }
        // Nothing to check is no batch.
        let shared = Shared::default();
        let _replies = shared.submit(tokens(2), &purpose).ok().unwrap();
        answer(shared.take().unwrap(), &door.profile, &mut Reader::new(&door.profile));
    });
    let told = recorder.handle().render();
    for line in [
        "holos_signatures_checked_total{result=\"valid\"} 3",
        "holos_signatures_checked_total{result=\"invalid\"} 1",
        "holos_signature_batch_tokens_count 2",
        "holos_signature_batch_tokens_sum 4",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
}

#[test]
fn who_sent_bad_signatures_shares_a_batch_with_nobody_else() {
    let shared = Shared::default();
    let suspect = Purpose { suspect: true, ..purpose() };
    let mut replies = Vec::new();
    for (count, purpose) in [(1, purpose()), (2, suspect.clone()), (300, suspect), (4, purpose())] {
        replies.push(shared.submit(tokens(count), &purpose).ok().unwrap());
    }
    // A call of 300 is two chunks of 150.
    assert_eq!([1, 2, 3, 4].map(|_| taken(&shared)), [1, 152, 150, 4]);
}
