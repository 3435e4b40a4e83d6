//! A stolen key: revoked at once, and all that came under it taken out, while everybody else's
//! ballots stand.

use super::support::home::{kill, wallet};
use super::support::people::Custodian;
use super::support::{Answered, Backend, Home, Post, Staff, order, reason_of};
use holos::count::authenticate::mint::TestIssuer;
use holos::ground::clock::Clock;
use holos::ground::faults::{Fault, Faults, Point};
use holos_wire::proto::{self, RevocationReason};
use tonic::Code;

const OPTIONS: usize = 3;

async fn cast(backend: &mut Backend, poll: &str, voters: std::ops::Range<u64>, option: usize) {
    let ballots = voters.map(|voter| Backend::ballot(voter, option)).collect();
    let answers = backend.cast_all(poll, ballots).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
}

fn refused(reason: &str) -> Answered {
    Answered::Refused(reason.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_secret_is_refused_at_once_also_in_an_open_stream() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut custodian = Custodian::of(&running.addresses).await;
    let poll = staff.open_new(&order("revoked", OPTIONS)).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let mut mirror = Backend::vouched(&running.addresses, "mirror").await;
    let (batches, inbound) = tokio::sync::mpsc::channel(4);
    let request = app.request(tokio_stream::wrappers::ReceiverStream::new(inbound));
    let batch = |voter| proto::StreamBallotsRequest {
        sequence: voter,
        poll_id: poll.clone(),
        ballots: vec![Backend::ballot(voter, 0)],
    };
    batches.send(batch(1)).await.unwrap();
    let mut answers = app.client.stream_ballots(request).await.unwrap().into_inner();
    let first = answers.message().await.unwrap().unwrap();
    assert_eq!(Answered::from(&first.results[0]), Answered::Counted);

    let revoked = custodian.revoke("app", "vouched", RevocationReason::Compromised).await.unwrap();
    assert_eq!((revoked.issuer_id.as_str(), revoked.key_id.as_str()), ("app", "vouched"));

    // The voter who was counted learns nothing either: the key's holder may be the thief.
    for voter in [2, 1] {
        batches.send(batch(voter)).await.unwrap();
        let answer = answers.message().await.unwrap().unwrap();
        assert_eq!(Answered::from(&answer.results[0]), refused("ISSUER_KEY_REVOKED"));
    }
    let status = app.cast(&poll, Backend::ballot(3, 0)).await.unwrap_err();
    assert_eq!(reason_of(&status), "ISSUER_KEY_REVOKED");
    cast(&mut mirror, &poll, 4..5, 1).await;

    // For good: a restart knows it too, and revoking again changes nothing.
    drop((batches, answers));
    kill(running).await;
    let running = home.start().await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let status = app.cast(&poll, Backend::ballot(3, 0)).await.unwrap_err();
    assert_eq!(reason_of(&status), "ISSUER_KEY_REVOKED");
    let mut custodian = Custodian::of(&running.addresses).await;
    let again = custodian.revoke("app", "vouched", RevocationReason::Superseded).await.unwrap();
    assert_eq!(again, revoked);
    assert_eq!(custodian.revocations().await, [revoked]);
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_signing_key_is_refused_while_its_issuers_other_key_goes_on() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let poll = staff.open_new(&order("signed", OPTIONS)).await;
    let mut anybody = Backend::anonymous(&running.addresses).await;
    let mut custodian = Custodian::of(&running.addresses).await;
    let token = |issuer: &TestIssuer, voter: u64| {
        let token = super::support::people::token(issuer, &poll, voter, Clock::system().now());
        Backend::ballot_with(Some(proto::ballot::Credential::Token(token)), &["o0"])
    };
    let (one, two) = (wallet(), super::support::home::second_wallet());
    assert_eq!(anybody.cast(&poll, token(&one, 1)).await.unwrap(), Answered::Counted);
    assert_eq!(anybody.cast(&poll, token(&two, 2)).await.unwrap(), Answered::Counted);
    custodian.revoke("wallet", "k1", RevocationReason::Compromised).await.unwrap();
    let status = anybody.cast(&poll, token(&one, 3)).await.unwrap_err();
    assert_eq!(reason_of(&status), "ISSUER_KEY_REVOKED");
    assert_eq!(anybody.cast(&poll, token(&two, 3)).await.unwrap(), Answered::Counted);
    running.shutdown().await;
    home.assert_sound();
}

/// Folded, carried, and of the open epoch: all of it goes, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn an_excision_leaves_exactly_the_other_issuers_ballots_and_lets_honest_voters_vote_again() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut custodian = Custodian::of(&running.addresses).await;
    let poll = staff.open_new(&order("stuffed", OPTIONS)).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let mut mirror = Backend::vouched(&running.addresses, "mirror").await;
    cast(&mut app, &poll, 0..40, 0).await;
    cast(&mut mirror, &poll, 100..130, 1).await;
    running.engine().counting.fold().await.unwrap();
    cast(&mut app, &poll, 40..44, 0).await;
    running.engine().counting.fold().await.unwrap();
    cast(&mut app, &poll, 44..60, 0).await;
    cast(&mut mirror, &poll, 130..135, 2).await;

    let trusted = custodian.excise(&poll, "app", "vouched").await.unwrap_err();
    assert_eq!(trusted.code(), Code::FailedPrecondition);
    assert_eq!(reason_of(&trusted), "ISSUER_KEY_TRUSTED");
    custodian.revoke("app", "vouched", RevocationReason::Compromised).await.unwrap();
    custodian.excise(&poll, "app", "vouched").await.unwrap();
    // Repeating takes out nothing more.
    custodian.excise(&poll, "app", "vouched").await.unwrap();

    // Voters of every stage come again, by the other issuer; its own are known as before.
    cast(&mut mirror, &poll, 35..50, 2).await;
    let known = mirror.cast(&poll, Backend::ballot(100, 0)).await.unwrap();
    assert_eq!(known, Answered::AlreadyCounted);
    assert_eq!(staff.close(&poll).await.unwrap().phase(), proto::PollPhase::Published);
    assert_eq!(staff.counts(&poll).await, [0, 30, 20]);
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_within_an_excision_is_finished_by_the_restart() {
    for (point, fault) in [
        (Point::Excision, Fault::Persisted),
        (Point::SlotWrite, Fault::Lost),
        (Point::SlotWrite, Fault::Persisted),
        (Point::Fold, Fault::Lost),
        (Point::Fold, Fault::Persisted),
        (Point::SlotErase, Fault::Lost),
    ] {
        let home = Home::new();
        let faults = Faults::none();
        let running = home.try_start(Clock::system(), faults.clone()).await.unwrap();
        let mut staff = Staff::of(&running.addresses).await;
        let mut custodian = Custodian::of(&running.addresses).await;
        let poll = staff.open_new(&order("crash", OPTIONS)).await;
        let mut app = Backend::vouched(&running.addresses, "app").await;
        let mut mirror = Backend::vouched(&running.addresses, "mirror").await;
        cast(&mut app, &poll, 0..20, 0).await;
        cast(&mut mirror, &poll, 20..40, 1).await;
        running.engine().counting.fold().await.unwrap();
        cast(&mut app, &poll, 40..45, 0).await;
        custodian.revoke("app", "vouched", RevocationReason::Compromised).await.unwrap();
        faults.arm(point, fault, 0);
        println!("{fault:?} at {point:?}");
        custodian.excise(&poll, "app", "vouched").await.unwrap_err();
        running.fatal().await;
        kill(running).await;

        let running = home.start().await;
        let mut staff = Staff::of(&running.addresses).await;
        let mut mirror = Backend::vouched(&running.addresses, "mirror").await;
        cast(&mut mirror, &poll, 0..5, 2).await;
        cast(&mut mirror, &poll, 40..45, 2).await;
        staff.close(&poll).await.unwrap();
        assert_eq!(staff.counts(&poll).await, [0, 20, 10]);
        running.shutdown().await;
        home.assert_sound();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_was_not_answered_may_be_sent_again_after_the_restart() {
    for (fault, stands) in [(Fault::Lost, false), (Fault::Persisted, true)] {
        let home = Home::new();
        let faults = Faults::none();
        let running = home.try_start(Clock::system(), faults.clone()).await.unwrap();
        let mut staff = Staff::of(&running.addresses).await;
        let poll = staff.open_new(&order("unanswered", OPTIONS)).await;
        faults.arm(Point::Revocation, fault, 0);
        let mut custodian = Custodian::of(&running.addresses).await;
        let compromised = RevocationReason::Compromised;
        custodian.revoke("app", "vouched", compromised).await.unwrap_err();
        running.fatal().await;
        kill(running).await;
        let running = home.start().await;
        let mut app = Backend::vouched(&running.addresses, "app").await;
        assert_eq!(app.cast(&poll, Backend::ballot(1, 0)).await.is_err(), stands);
        let mut custodian = Custodian::of(&running.addresses).await;
        custodian.revoke("app", "vouched", compromised).await.unwrap();
        assert!(app.cast(&poll, Backend::ballot(2, 0)).await.is_err());
        running.shutdown().await;
        home.assert_sound();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_close_a_group_that_stands_alone_goes_by_a_corrected_release() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut custodian = Custodian::of(&running.addresses).await;
    let poll = staff.open_new(&order("correction", OPTIONS)).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let mut mirror = Backend::vouched(&running.addresses, "mirror").await;
    cast(&mut app, &poll, 0..25, 0).await;
    cast(&mut mirror, &poll, 25..55, 1).await;
    staff.close(&poll).await.unwrap();
    let first = staff.results(&poll).await.unwrap();
    assert_eq!(first.total, 55);

    custodian.revoke("app", "vouched", RevocationReason::Compromised).await.unwrap();
    custodian.excise(&poll, "app", "vouched").await.unwrap();
    assert_eq!(staff.counts(&poll).await, [0, 30, 0]);
    let corrected = staff.results(&poll).await.unwrap().publication;
    let file: serde_json::Value = serde_json::from_slice(&corrected).unwrap();
    let statement = &file["publication"];
    assert_eq!(statement["release"], 2);
    assert_eq!(statement["correction"]["release"], 1);
    let named = blake3::hash(&first.publication).to_hex().to_string();
    assert_eq!(statement["correction"]["hash"], named.as_str());
    running.shutdown().await;
    home.assert_sound();

    // Stays so over a restart.
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    assert_eq!(staff.counts(&poll).await, [0, 30, 0]);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_shows_the_sums_of_a_few_waits_for_two_people() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut custodian = Custodian::of(&running.addresses).await;
    let careful = |reference: &str| {
        let mut order = order(reference, OPTIONS);
        order.publication.minimum_answers = 20;
        order.publication.ballots_apart = Some(20);
        order
    };
    let [few, most] = [careful("few"), careful("most")];
    let few = staff.open_new(&few).await;
    let most = staff.open_new(&most).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let mut mirror = Backend::vouched(&running.addresses, "mirror").await;
    cast(&mut app, &few, 0..12, 0).await;
    cast(&mut mirror, &few, 12..42, 1).await;
    cast(&mut app, &most, 0..30, 0).await;
    cast(&mut mirror, &most, 30..42, 1).await;
    for poll in [&few, &most] {
        staff.close(poll).await.unwrap();
        assert_eq!(staff.results(poll).await.unwrap().total, 42);
    }
    let revoked = custodian.revoke("app", "vouched", RevocationReason::Compromised);
    revoked.await.unwrap();
    // Twelve would be what is left of a subtraction: they are taken out, and what was shown stands.
    let poll = custodian.excise(&few, "app", "vouched").await.unwrap();
    assert_eq!((poll.phase(), poll.held_back), (proto::PollPhase::Published, true));
    assert_eq!(staff.counts(&few).await, [12, 30, 0]);
    // Where too few stay, nothing is published any more.
    custodian.excise(&most, "app", "vouched").await.unwrap();
    let status = staff.results(&most).await.unwrap_err();
    assert_eq!(reason_of(&status), "RESULTS_WITHHELD");
    kill(running).await;
    home.assert_sound();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    assert_eq!(staff.counts(&few).await, [12, 30, 0]);
    assert!(staff.get(&few).await.unwrap().held_back);
    assert_eq!(staff.get(&most).await.unwrap().phase(), proto::PollPhase::Withheld);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_an_excision_and_its_correction_is_finished_by_the_restart() {
    for (point, fault, pass) in [
        (Point::Fold, Fault::Persisted, 0),
        // The second fold writes the corrected release.
        (Point::Fold, Fault::Lost, 1),
        (Point::Fold, Fault::Persisted, 1),
        (Point::PublicEntries, Fault::Lost, 0),
        (Point::PublicEntries, Fault::Persisted, 0),
        (Point::PublicCheckpoint, Fault::Lost, 0),
        (Point::PublicCheckpoint, Fault::Persisted, 0),
        // After the proposal, its confirmation, the decision and the fold.
        (Point::AuditAppend, Fault::Lost, 4),
    ] {
        let home = Home::new();
        let faults = Faults::none();
        let running = home.try_start(Clock::system(), faults.clone()).await.unwrap();
        let mut staff = Staff::of(&running.addresses).await;
        let mut custodian = Custodian::of(&running.addresses).await;
        let poll = staff.open_new(&order("corrected", OPTIONS)).await;
        let mut app = Backend::vouched(&running.addresses, "app").await;
        let mut mirror = Backend::vouched(&running.addresses, "mirror").await;
        cast(&mut app, &poll, 0..25, 0).await;
        cast(&mut mirror, &poll, 25..55, 1).await;
        staff.close(&poll).await.unwrap();
        custodian.revoke("app", "vouched", RevocationReason::Compromised).await.unwrap();
        println!("{fault:?} at {point:?}");
        faults.arm(point, fault, pass);
        custodian.excise(&poll, "app", "vouched").await.unwrap_err();
        running.fatal().await;
        kill(running).await;
        // Between the two the auditor knows that the release before stands for now.
        home.assert_sound();

        let running = home.start().await;
        let mut staff = Staff::of(&running.addresses).await;
        assert_eq!(staff.counts(&poll).await, [0, 30, 0]);
        running.shutdown().await;
        home.assert_sound();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_merged_at_the_close_cannot_be_taken_out_any_more() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut custodian = Custodian::of(&running.addresses).await;
    let poll = staff.open_new(&order("merged", OPTIONS)).await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let mut mirror = Backend::vouched(&running.addresses, "mirror").await;
    cast(&mut app, &poll, 0..3, 0).await;
    cast(&mut mirror, &poll, 25..55, 1).await;
    staff.close(&poll).await.unwrap();
    custodian.revoke("app", "vouched", RevocationReason::Compromised).await.unwrap();
    let merged = custodian.excise(&poll, "app", "vouched").await.unwrap_err();
    assert_eq!(
        (merged.code(), reason_of(&merged)),
        (Code::FailedPrecondition, "GROUP_MERGED".into())
    );
    assert_eq!(staff.counts(&poll).await, [3, 30, 0]);
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_room_is_for_staff_only_and_names_the_field_that_is_wrong() {
    let home = Home::new();
    let running = home.start().await;
    let mut custodian = Custodian::of(&running.addresses).await;
    let request = proto::ListRevocationsRequest {};
    let status = custodian.client.list_revocations(request).await.unwrap_err();
    assert_eq!(reason_of(&status), "STAFF_TOKEN_INVALID");
    for (issuer, key, reference, field) in [
        ("", "k", "r", "issuer_id"),
        ("i", " ", "r", "key_id"),
        ("i", "k", "line\nbreak", "reference"),
        ("i", "k", &"x".repeat(65), "reference"),
        ("a b", "k", "r", "issuer_id"),
        ("i", "k ", "r", "key_id"),
        ("i", "SPKI:00", "r", "key_id"),
        ("i", "spki:00:11", "r", "key_id"),
        ("i", &format!("spki:{}", "AB".repeat(32)), "r", "key_id"),
    ] {
        let request = proto::RevokeIssuerKeyRequest {
            issuer_id: issuer.to_owned(),
            key_id: key.to_owned(),
            reason: RevocationReason::Compromised.into(),
            reference: reference.to_owned(),
        };
        let status =
            custodian.client.revoke_issuer_key(Post::Operator.request(request)).await.unwrap_err();
        assert_eq!(reason_of(&status), "FIELD_INVALID");
        assert!(status.message().starts_with(field), "{}", status.message());
    }
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_brings_no_more_ballots_to_a_poll_than_its_quota() {
    let mut home = Home::new();
    let app = home.config.issuers.iter_mut().find(|issuer| issuer.id == "app").unwrap();
    app.poll_ballots_max = Some(25);
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let polls =
        [staff.open_new(&order("q1", OPTIONS)).await, staff.open_new(&order("q2", OPTIONS)).await];
    let mut app = Backend::vouched(&running.addresses, "app").await;
    cast(&mut app, &polls[0], 0..20, 0).await;
    running.engine().counting.fold().await.unwrap();
    kill(running).await;

    // What was counted before a restart counts.
    let running = home.start().await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let mut mirror = Backend::vouched(&running.addresses, "mirror").await;
    let ballots = (15..30).map(|voter| Backend::ballot(voter, 0)).collect();
    let answers = app.cast_all(&polls[0], ballots).await.unwrap();
    let expected = |n: u64| match n {
        0..5 => Answered::AlreadyCounted,
        5..10 => Answered::Counted,
        _ => refused("QUOTA_EXHAUSTED"),
    };
    assert_eq!(answers, (0..15).map(expected).collect::<Vec<_>>());
    cast(&mut app, &polls[1], 0..25, 0).await;
    cast(&mut mirror, &polls[0], 30..60, 1).await;
    running.shutdown().await;
    home.assert_sound();
}
