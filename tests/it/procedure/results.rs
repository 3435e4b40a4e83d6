//! Who sees what of a closed poll: the public, the body that ordered it, organisers.

use holos::ground::limits::CLOSE_GRACE;
use holos::poll::{Order, Phase};
use holos_wire::proto::ballot::Credential;
use holos_wire::proto::{self, CloseReason, PollPhase};

use super::super::support::subject;
use super::calls::decision;
use super::{
    Answered, Backend, OPTIONS, Post, World, fields, reason, reason_of, refused, timed, told,
};

/// A poll by the real procedure, open for a day.
pub fn by_resolution_90(world: &World, reference: &str) -> Order {
    let mut order = timed(reference, world.clock.now(), world.after_minutes(24 * 60));
    order.profile = "resolution-90".to_owned();
    order.participants.eligibility.minimum_age = Some(14);
    order
}

/// Ballots of people who have reached this age.
pub async fn cast_aged(
    world: &mut World,
    poll: &str,
    voters: std::ops::Range<u64>,
    age: u32,
) -> Vec<Answered> {
    let ballots = voters.map(|voter| {
        let claims = Some(proto::StatedClaims { age_over: vec![age], ..Default::default() });
        let subject = subject(voter);
        let stated = proto::VouchedVoter { subject, claims, ..Default::default() };
        let option = format!("o{}", voter as usize % OPTIONS);
        Backend::ballot_with(Some(Credential::Voter(stated)), &[&option])
    });
    world.app.cast_all(poll, ballots.collect()).await.unwrap()
}

async fn count_aged(world: &mut World, poll: &str, voters: std::ops::Range<u64>) {
    let answers = cast_aged(world, poll, voters, 14).await;
    assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
}

fn counts(result: &proto::GetOwnResultResponse) -> Vec<u64> {
    let counts: Vec<_> = result.options.iter().map(|option| option.count).collect();
    assert_eq!(counts.iter().sum::<u64>(), result.total);
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn results_wait_for_the_consent_of_the_body_that_owns_them() {
    let mut world = World::new().await;
    let poll = world.scheduled(&by_resolution_90(&world, "waiting")).await;
    assert_eq!(world.cast(&poll, 0).await, refused("NOT_ELIGIBLE"), "says nothing of an age");
    assert_eq!(cast_aged(&mut world, &poll, 0..1, 13).await, [refused("NOT_ELIGIBLE")]);
    count_aged(&mut world, &poll, 0..30).await;
    let ended = world.end_early(&poll, CloseReason::InitiatorDecision).await.unwrap();
    assert_eq!(
        (ended.phase(), ended.withheld_reason.as_str()),
        (PollPhase::Withheld, "NO_CONSENT")
    );
    let status = world.staff.results(&poll).await.unwrap_err();
    assert_eq!(reason_of(&status), "RESULTS_WITHHELD");
    assert_eq!(told(&status, "withheld_reason"), "NO_CONSENT");
    assert_eq!(reason(world.sheet(&poll, "en").await), "RESULTS_WITHHELD");

    // The owner sees them, and nobody else does.
    assert_eq!(counts(&world.own_result(Post::Initiator, &poll).await.unwrap()), [10, 10, 10]);
    assert_eq!(reason(world.own_result(Post::Stranger, &poll).await), "BODY_FOREIGN");
    for post in [Post::Operator, Post::Auditor, Post::Officer] {
        assert_eq!(reason(world.own_result(post, &poll).await), "ROLE_FORBIDS", "{post:?}");
    }
    assert_eq!(world.entries("result_read").await.len(), 1, "a look is a decision");

    world = world.again().await;
    assert_eq!(world.phase(&poll), Phase::Withheld);
    let published = world.consent(&poll).await.unwrap();
    assert_eq!(published.phase(), PollPhase::Published);
    assert_eq!(published.withheld_reason, "");
    assert_eq!(published.consent.as_ref().unwrap().reference, "letter 7");
    assert_eq!(world.staff.counts(&poll).await, [10, 10, 10]);
    assert_eq!(reason(world.take_consent_back(&poll).await), "RESULTS_RELEASED");
    world = world.again().await;
    assert_eq!(world.get(&poll).await, published);
    assert_eq!(world.staff.counts(&poll).await, [10, 10, 10]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_taken_back_until_the_release() {
    let mut world = World::new().await;
    let mut order = by_resolution_90(&world, "taken-back");
    order.publication.consent = true;
    let poll = world.scheduled(&order).await;
    assert_eq!(world.get(&poll).await.consent.unwrap().reference, "taken-back");
    count_aged(&mut world, &poll, 0..30).await;
    assert_eq!(world.take_consent_back(&poll).await.unwrap().consent, None);
    let ended = world.end_early(&poll, CloseReason::InitiatorDecision).await.unwrap();
    assert_eq!(ended.withheld_reason, "NO_CONSENT");
    world = world.again().await;
    assert_eq!(world.phase(&poll), Phase::Withheld, "the order's word counts no more");
    world.take_consent_back(&poll).await.unwrap();
    assert_eq!(world.consent(&poll).await.unwrap().phase(), PollPhase::Published);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_consents_is_published_at_its_close() {
    let mut world = World::new().await;
    let mut order = by_resolution_90(&world, "consenting");
    order.publication.consent = true;
    let poll = world.scheduled(&order).await;
    count_aged(&mut world, &poll, 0..30).await;
    world.reach(world.after_minutes(24 * 60) + CLOSE_GRACE);
    world.comes_to(&poll, Phase::Published).await;
    assert_eq!(world.staff.counts(&poll).await, [10, 10, 10]);
    assert_eq!(reason(world.take_consent_back(&poll).await), "RESULTS_RELEASED");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_answers_are_shown_to_nobody_whatever_is_consented_to() {
    let mut world = World::new().await;
    let poll = world.scheduled(&by_resolution_90(&world, "few")).await;
    count_aged(&mut world, &poll, 0..9).await;
    let ended = world.end_early(&poll, CloseReason::InitiatorDecision).await.unwrap();
    assert_eq!(ended.withheld_reason, "TOO_FEW_ANSWERS");
    let consented = world.consent(&poll).await.unwrap();
    assert_eq!(consented.phase(), PollPhase::Withheld);
    let status = world.own_result(Post::Initiator, &poll).await.unwrap_err();
    assert_eq!(reason_of(&status), "RESULTS_WITHHELD");
    assert_eq!(told(&status, "withheld_reason"), "TOO_FEW_ANSWERS");
    assert!(world.entries("result_read").await.is_empty(), "nothing was read");
    world = world.again().await;
    assert_eq!(world.phase(&poll), Phase::Withheld);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_poll_runs_the_whole_way_and_is_never_published() {
    let mut world = World::new().await;
    let (opens, closes) = (world.after_minutes(60), world.after_minutes(120));
    let mut order = timed("rehearsal", opens, closes);
    order.test = true;
    order.publication.consent = true;
    let poll = world.scheduled(&order).await;
    world.reach(opens);
    world.comes_to(&poll, Phase::Open).await;
    world.count(&poll, 0..30).await;
    world.suspend(&poll).await.unwrap();
    world.resume(&poll).await.unwrap();
    world.reach(closes + CLOSE_GRACE);
    world.comes_to(&poll, Phase::Withheld).await;
    let closed = world.get(&poll).await;
    assert_eq!(closed.withheld_reason, "TEST_POLL");
    assert!(closed.order.unwrap().test);
    let status = world.staff.results(&poll).await.unwrap_err();
    assert_eq!(told(&status, "withheld_reason"), "TEST_POLL");
    world.consent(&poll).await.unwrap();
    assert_eq!(world.phase(&poll), Phase::Withheld);
    assert_eq!(counts(&world.own_result(Post::Initiator, &poll).await.unwrap()), [10, 10, 10]);
    world.decide(&poll, decision("12-r")).await.unwrap();
    assert_eq!(world.erase(&poll).await.unwrap().phase(), PollPhase::Erased);
    world = world.again().await;
    assert_eq!(reason(world.staff.results(&poll).await), "RESULTS_WITHHELD");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_shown_with_the_poll_and_its_result() {
    let mut world = World::new().await;
    let poll = world.open_poll("decided").await;
    world.count(&poll, 0..30).await;
    assert_eq!(reason(world.decide(&poll, decision("1")).await), "POLL_WRONG_PHASE");
    world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
    let mut bad = decision("12-r");
    bad.address = "http://example.org/12".to_owned();
    assert_eq!(fields(&world.decide(&poll, bad).await.unwrap_err()), ["decision.address"]);
    let mut bad = decision("12-r");
    for date in ["24.10.2026", "2126-10-24"] {
        bad.date = date.to_owned();
        let status = world.decide(&poll, bad.clone()).await.unwrap_err();
        assert_eq!(fields(&status), ["decision.date"], "{date}");
    }

    let (first, second) = (decision("12-r"), decision("13-r"));
    world.decide(&poll, first.clone()).await.unwrap();
    world.decide(&poll, second.clone()).await.unwrap();
    world = world.again().await;
    let both = [first, second];
    assert_eq!(world.get(&poll).await.decisions, both);
    assert_eq!(world.staff.results(&poll).await.unwrap().decisions, both);
    let sheet = world.sheet(&poll, "en").await.unwrap();
    assert!(sheet.contains("24.10.2026 № 13-r: On the day off"), "{sheet}");
    world.erase(&poll).await.unwrap();
    world.decide(&poll, decision("14-r")).await.unwrap();
    assert_eq!(world.staff.results(&poll).await.unwrap().decisions.len(), 3);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organiser_sees_the_turnout_in_crowds() {
    let mut world = World::with(super::START, |config| {
        config.ledger.fold_delay_seconds = 3_600;
    })
    .await;
    let poll = world.open_poll("turnout").await;
    let mut seen = Vec::new();
    for voters in [0..99, 99..100, 100..250] {
        world.count(&poll, voters).await;
        world.running.engine().counting.fold().await.unwrap();
        let request = proto::GetTurnoutRequest { poll_id: poll.clone() };
        let request = world.staff.by(Post::Organiser, request);
        let turnout = world.staff.polls.get_turnout(request).await.unwrap().into_inner();
        assert_eq!(turnout.step, 100);
        seen.push(turnout.at_least);
    }
    // The hundredth alone is too few to be folded: it waits, and nobody sees it come.
    assert_eq!(seen, [0, 0, 200]);
    let request = proto::GetTurnoutRequest { poll_id: poll.clone() };
    let request = world.staff.by(Post::Initiator, request);
    assert_eq!(reason(world.staff.polls.get_turnout(request).await), "ROLE_FORBIDS");
    let order = timed("later", world.after_minutes(60), world.after_minutes(120));
    let later = world.scheduled(&order).await;
    let request = world.staff.by(Post::Organiser, proto::GetTurnoutRequest { poll_id: later });
    assert_eq!(reason(world.staff.polls.get_turnout(request).await), "POLL_WRONG_PHASE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_sheet_says_in_both_languages_what_a_letter_says() {
    let mut world = World::new().await;
    let poll = world.open_poll("sheet-1").await;
    assert_eq!(reason(world.sheet(&poll, "en").await), "RESULTS_NOT_PUBLISHED");
    world.count(&poll, 0..31).await;
    world.clock.advance(jiff::SignedDuration::from_mins(90));
    let ended = world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
    let law = "Постанова Кабінету Міністрів України від 7 лютого 2022 р. № 90";
    let english = ["Total number of answers", "relevance lost", "Should 8 March remain a day off?"];
    let ukrainian =
        ["Усього відповідей", "втрата актуальності", "Чи залишити 8 березня вихідним днем?"];
    for (language, texts) in [("en", english), ("uk", ukrainian)] {
        let sheet = world.sheet(&poll, language).await.unwrap();
        let words = sheet.split_whitespace().collect::<Vec<_>>().join(" ");
        let dates = ["02.11.2026 09:00:00 (+02:00)", "02.11.2026 10:30:00 (+02:00)"];
        for text in texts.into_iter().chain(dates).chain([law, "sheet-1", "43220851", &poll]) {
            assert!(words.contains(text), "{text} is missing in\n{sheet}");
        }
        let total = sheet.lines().find(|line| line.starts_with(texts[0])).unwrap();
        assert!(total.ends_with(" 31"), "{total}");
        let of_options = sheet.lines().filter(|line| line.ends_with(" 10")).count();
        assert_eq!(of_options, 2, "{sheet}");
        assert!(sheet.lines().any(|line| line.ends_with(" 11")), "{sheet}");
        assert!(sheet.contains(&ended.definition_hash), "{sheet}");
        assert!(sheet.lines().all(|line| line.chars().count() <= 80), "{sheet}");
    }
    assert_eq!(fields(&world.sheet(&poll, "ru").await.unwrap_err()), ["language"]);
    world.end().await;
}
