//! A move that a poll's phase does not allow is refused, changes nothing, and hears what is
//! allowed.

use holos::poll::{Move, Phase};
use holos_wire::proto::CloseReason;
use jiff::SignedDuration;
use tonic::{Code, Status};

use super::calls::decision;
use super::{Post, World, reason_of, timed, told};

/// A poll in each phase in which one stays.
async fn in_every_phase(world: &mut World) -> Vec<(Phase, String)> {
    let later = |world: &World, reference: &str| {
        timed(reference, world.after_minutes(60), world.after_minutes(120))
    };
    let mut polls = Vec::new();
    let order = later(world, "draft");
    let filed = world.staff.file(&order).await.unwrap().id;
    world.withdraw(&filed).await.unwrap();
    polls.push((Phase::Draft, filed));
    let order = later(world, "filed");
    polls.push((Phase::Filed, world.staff.file(&order).await.unwrap().id));
    let order = later(world, "approved");
    polls.push((Phase::Approved, world.staff.create(&order).await.unwrap().id));
    let order = later(world, "scheduled");
    polls.push((Phase::Scheduled, world.scheduled(&order).await));
    polls.push((Phase::Open, world.open_poll("open").await));
    let suspended = world.open_poll("suspended").await;
    world.suspend(&suspended).await.unwrap();
    polls.push((Phase::Suspended, suspended));
    for (phase, reference, voters) in [
        (Phase::Published, "published", 0..30),
        (Phase::Withheld, "withheld", 0..3),
        (Phase::Erased, "erased", 0..30),
    ] {
        let poll = world.open_poll(reference).await;
        world.count(&poll, voters).await;
        world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
        if phase == Phase::Erased {
            world.erase(&poll).await.unwrap();
        }
        polls.push((phase, poll));
    }
    for (phase, poll) in &polls {
        assert_eq!(world.phase(poll), *phase);
    }
    polls
}

/// Tries a move, with everything else as it should be.
async fn attempt(world: &mut World, poll: &str, mv: Move) -> Result<(), Status> {
    let held = world.get(poll).await;
    let order = world.running.engine().poll(poll.parse().unwrap()).unwrap();
    let order = order.definition.order().clone();
    let later = world.after_minutes(48 * 60);
    let answer = match mv {
        Move::Correct | Move::File => world.correct(poll, &order, mv == Move::Correct).await,
        Move::Return => world.give_back(poll).await,
        Move::Withdraw => world.withdraw(poll).await,
        Move::Approve => world.approve(Post::SecondOrganiser, poll, &held.order_hash).await,
        Move::Schedule => world.staff.open(poll).await,
        Move::Suspend => world.suspend(poll).await,
        Move::Resume => world.resume(poll).await,
        Move::Extend => world.extend(poll, later).await,
        Move::EndEarly => world.end_early(poll, CloseReason::RelevanceLost).await,
        Move::GiveConsent => world.consent(poll).await,
        Move::WithdrawConsent => world.take_consent_back(poll).await,
        Move::AttachDecision => world.decide(poll, decision("12-r")).await,
        Move::Erase => world.erase(poll).await,
        Move::Open
        | Move::Close
        | Move::Freeze
        | Move::Publish
        | Move::Withhold
        | Move::CompleteErasure
        | Move::Expire => unreachable!("nobody asks the engine for these"),
    };
    answer.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_illegal_move_is_refused_with_the_legal_ones() {
    let mut world = World::new().await;
    let polls = in_every_phase(&mut world).await;
    for (phase, poll) in &polls {
        let names: Vec<_> = phase.moves_of_people().into_iter().map(Move::name).collect();
        let before = world.get(poll).await;
        assert_eq!(before.moves, names);
        let illegal =
            Move::ALL.into_iter().filter(|mv| !mv.by_engine() && phase.after(*mv).is_none());
        for mv in illegal {
            let answer = attempt(&mut world, poll, mv).await;
            match (mv, phase) {
                // To repeat it is harmless.
                (Move::EndEarly, Phase::Published | Phase::Withheld | Phase::Erased) => {
                    assert!(answer.is_ok(), "{mv:?} in {phase:?}: {answer:?}");
                }
                (Move::WithdrawConsent, Phase::Published | Phase::Erased) => {
                    assert_eq!(reason_of(&answer.unwrap_err()), "RESULTS_RELEASED");
                }
                _ => {
                    let status = answer.unwrap_err();
                    assert_eq!(status.code(), Code::FailedPrecondition, "{mv:?} in {phase:?}");
                    assert_eq!(reason_of(&status), "POLL_WRONG_PHASE", "{mv:?} in {phase:?}");
                    assert_eq!(told(&status, "moves"), names.join(","), "{mv:?} in {phase:?}");
                    let wire_name = format!("POLL_PHASE_{}", phase.wire_name());
                    assert_eq!(told(&status, "phase"), wire_name, "{mv:?}");
                }
            }
            assert_eq!(world.get(poll).await, before, "{mv:?} in {phase:?} changed the poll");
        }
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_legal_move_is_made() {
    // First those that leave a poll where it is, each once, then one way on from each phase.
    let mut world = World::new().await;
    let polls = in_every_phase(&mut world).await;
    for (phase, poll) in &polls {
        let staying =
            phase.moves_of_people().into_iter().filter(|mv| phase.after(*mv) == Some(*phase));
        for mv in staying.filter(|mv| !mv.by_engine()) {
            world.clock.advance(SignedDuration::from_secs(1));
            let answer = attempt(&mut world, poll, mv).await;
            assert!(answer.is_ok(), "{mv:?} in {phase:?}: {answer:?}");
            assert_eq!(world.phase(poll), *phase, "{mv:?}");
        }
    }
    let leaving = [
        (Phase::Draft, Move::File, Phase::Filed),
        (Phase::Filed, Move::Approve, Phase::Approved),
        (Phase::Approved, Move::Schedule, Phase::Scheduled),
        (Phase::Scheduled, Move::Withdraw, Phase::Draft),
        (Phase::Open, Move::Suspend, Phase::Suspended),
        (Phase::Suspended, Move::Resume, Phase::Open),
        (Phase::Published, Move::Erase, Phase::Erased),
        (Phase::Withheld, Move::Erase, Phase::Erased),
    ];
    for (phase, mv, next) in leaving {
        let (_, poll) = polls.iter().find(|(held, _)| *held == phase).unwrap();
        let answer = attempt(&mut world, poll, mv).await;
        assert!(answer.is_ok(), "{mv:?} in {phase:?}: {answer:?}");
        assert_eq!(world.phase(poll), next, "{mv:?} in {phase:?}");
    }
    world.end().await;
}
