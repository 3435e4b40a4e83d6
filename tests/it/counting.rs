//! Each person once, and totals to the last vote.

use std::collections::HashMap;

use super::support::home::{PSEUDONYM_KEY, SPACE, wallet};
use super::support::{Answered, Backend, Home, Staff, order, reason_of, subject};
use holos::count::authenticate::mint::Claims;
use holos::ground::clock::Clock;
use holos_wire::proto::ballot::Credential;
use holos_wire::proto::{self, PollPhase};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_is_counted_closed_published_and_sound() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let poll = staff.open_new(&order("one", 3)).await;

    let ballots = (0..300).map(|voter| Backend::ballot(voter, voter as usize % 3)).collect();
    let answers = app.cast_all(&poll, ballots).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == Answered::Counted));
    // The same voters with another choice, one by one and together.
    assert_eq!(app.cast(&poll, Backend::ballot(7, 2)).await.unwrap(), Answered::AlreadyCounted);
    let again = (0..300).map(|voter| Backend::ballot(voter, (voter as usize + 1) % 3)).collect();
    let answers = app.cast_all(&poll, again).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == Answered::AlreadyCounted));

    let early = staff.results(&poll).await.unwrap_err();
    assert_eq!(
        (early.code(), reason_of(&early).as_str()),
        (Code::FailedPrecondition, "RESULTS_NOT_PUBLISHED")
    );
    let closed = staff.close(&poll).await.unwrap();
    assert_eq!(closed.phase(), PollPhase::Published);
    assert_eq!(staff.counts(&poll).await, vec![100, 100, 100]);

    // Counted voters hear so whatever the phase; new ones hear that it is closed.
    assert_eq!(app.cast(&poll, Backend::ballot(7, 2)).await.unwrap(), Answered::AlreadyCounted);
    let late = app.cast(&poll, Backend::ballot(1_000, 0)).await.unwrap_err();
    assert_eq!(reason_of(&late), "POLL_CLOSED");
    running.shutdown().await;
    home.assert_sound();
}

/// Every voter picks an option of a distinct cell in one of many polls: a count above one is a
/// double count, a hole is a lost ballot.
#[tokio::test(flavor = "multi_thread")]
async fn distinct_cells_show_every_lost_and_every_doubled_ballot() {
    const POLLS: u64 = 12;
    let mut home = Home::new();
    home.config.ledger.fold_ballots = 25;
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut polls = Vec::new();
    for n in 0..POLLS {
        polls.push(staff.open_new(&order(&format!("cell-{n}"), 10)).await);
    }
    let mut casters = Vec::new();
    for (n, poll) in polls.iter().enumerate() {
        // Four connections race for the same ten voters, and a third of them come through the other
        // issuer.
        for round in 0..4 {
            let issuer = if round == 3 { "mirror" } else { "app" };
            let mut backend = Backend::vouched(&running.addresses, issuer).await;
            let poll = poll.clone();
            casters.push(tokio::spawn(async move {
                let mut counted = Vec::new();
                for option in 0..10_usize {
                    let voter = n as u64 * 10 + option as u64;
                    let answer = backend.cast(&poll, Backend::ballot(voter, option)).await.unwrap();
                    if answer == Answered::Counted {
                        counted.push((n, option));
                    }
                }
                counted
            }));
        }
    }
    let mut counted: HashMap<(usize, usize), u32> = HashMap::new();
    for caster in casters {
        for cell in caster.await.unwrap() {
            *counted.entry(cell).or_default() += 1;
        }
    }
    assert_eq!(counted.len(), 120);
    assert!(counted.values().all(|times| *times == 1), "one COUNTED a voter");
    for poll in &polls {
        staff.close(poll).await.unwrap();
        assert_eq!(staff.counts(poll).await, vec![1; 10]);
    }
    assert!(running.folds() >= 12);
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_mixed_ballots_of_a_voter_count_once() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let poll = staff.open_new(&order("race", 2)).await;
    let mut racers = Vec::new();
    for connection in 0..16_usize {
        let mut backend = Backend::vouched(&running.addresses, "app").await;
        let poll = poll.clone();
        racers.push(tokio::spawn(async move {
            let ballot = |voter| Backend::ballot(voter, (connection + voter as usize) % 2);
            let ballots: Vec<_> = (0..200).chain(0..200).map(ballot).collect();
            backend.cast_all(&poll, ballots).await.unwrap()
        }));
    }
    let mut counted = 0;
    for racer in racers {
        for answer in racer.await.unwrap() {
            match answer {
                Answered::Counted => counted += 1,
                Answered::AlreadyCounted => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(counted, 200);
    staff.close(&poll).await.unwrap();
    assert_eq!(staff.counts(&poll).await.iter().sum::<u64>(), 200);
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_answers_batches_in_their_order() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let poll = staff.open_new(&order("stream", 2)).await;
    let requests: Vec<_> = (0..100_u64)
        .map(|sequence| proto::StreamBallotsRequest {
            sequence,
            poll_id: poll.clone(),
            ballots: (0..50).map(|n| Backend::ballot(sequence * 40 + n, 1)).collect(),
        })
        .collect();
    let request = app.request(tokio_stream::iter(requests));
    let mut answers = app.client.stream_ballots(request).await.unwrap().into_inner();
    let (mut next, mut counted, mut repeated) = (0, 0, 0);
    while let Some(answer) = answers.message().await.unwrap() {
        assert_eq!(answer.sequence, next);
        next += 1;
        for result in &answer.results {
            match Answered::from(result) {
                Answered::Counted => counted += 1,
                Answered::AlreadyCounted => repeated += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!((next, counted, repeated), (100, 4010, 990));
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_and_a_vouched_ballot_of_one_person_count_once() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let mut anyone = Backend::anonymous(&running.addresses).await;
    let poll = staff.open_new(&order("both", 2)).await;
    let token = |voter| {
        let claims = Claims {
            audience: "holos",
            subject: &subject(voter),
            poll: poll.parse().unwrap(),
            issued_at: Clock::system().now(),
            lifetime_seconds: 60,
            pseudonym_key: PSEUDONYM_KEY,
            more: &[],
        };
        Some(Credential::Token(wallet().mint(&claims)))
    };
    assert_eq!(SPACE, "citizens", "all three issuers give a person the same subject");
    let signed = Backend::ballot_with(token(1), &["o0"]);
    assert_eq!(anyone.cast(&poll, signed).await.unwrap(), Answered::Counted);
    assert_eq!(app.cast(&poll, Backend::ballot(1, 1)).await.unwrap(), Answered::AlreadyCounted);
    assert_eq!(app.cast(&poll, Backend::ballot(2, 1)).await.unwrap(), Answered::Counted);
    let signed = Backend::ballot_with(token(2), &["o0"]);
    assert_eq!(anyone.cast(&poll, signed).await.unwrap(), Answered::AlreadyCounted);
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_new_and_repeated_ballots_have_one_length_for_every_option() {
    use prost::Message;
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let poll = staff.open_new(&order("length", 10)).await;
    let mut lengths = Vec::new();
    for _ in 0..2 {
        for option in 0..10 {
            let message = proto::CastBallotsRequest {
                poll_id: poll.clone(),
                ballots: vec![Backend::ballot(option as u64, option)],
            };
            lengths.push(message.encoded_len());
            let request = app.request(message);
            lengths
                .push(app.client.cast_ballots(request).await.unwrap().into_inner().encoded_len());
        }
    }
    let (first, rest) = lengths.split_at(2);
    assert!(rest.chunks(2).all(|pair| pair == first), "{lengths:?}");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn small_polls_and_silent_ones_are_withheld() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let few = staff.open_new(&order("few", 2)).await;
    let mut silent_order = order("silent", 2);
    silent_order.publication.mode = holos::poll::PublicationMode::Never;
    let silent = staff.open_new(&silent_order).await;
    for voter in 0..9 {
        app.cast(&few, Backend::ballot(voter, 0)).await.unwrap();
    }
    for voter in 0..20 {
        app.cast(&silent, Backend::ballot(voter, 0)).await.unwrap();
    }
    for (poll, why) in [(&few, "TOO_FEW_ANSWERS"), (&silent, "NEVER_PUBLISHED")] {
        let closed = staff.close(poll).await.unwrap();
        assert_eq!((closed.phase(), closed.withheld_reason.as_str()), (PollPhase::Withheld, why));
        assert_eq!(reason_of(&staff.results(poll).await.unwrap_err()), "RESULTS_WITHHELD");
    }
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_survives_a_restart() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let (closed, open) =
        (staff.open_new(&order("a", 2)).await, staff.open_new(&order("b", 2)).await);
    for poll in [&closed, &open] {
        let ballots = (0..100).map(|voter| Backend::ballot(voter, voter as usize % 2)).collect();
        app.cast_all(poll, ballots).await.unwrap();
    }
    staff.close(&closed).await.unwrap();
    let file = staff.results(&closed).await.unwrap().publication;
    running.shutdown().await;
    home.assert_sound();

    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    assert_eq!(staff.results(&closed).await.unwrap().publication, file, "not one byte changed");
    assert_eq!(app.cast(&open, Backend::ballot(5, 0)).await.unwrap(), Answered::AlreadyCounted);
    assert_eq!(app.cast(&closed, Backend::ballot(5, 0)).await.unwrap(), Answered::AlreadyCounted);
    assert_eq!(app.cast(&open, Backend::ballot(500, 0)).await.unwrap(), Answered::Counted);
    staff.close(&open).await.unwrap();
    assert_eq!(staff.counts(&open).await, vec![51, 50]);
    running.shutdown().await;
    home.assert_sound();
}
