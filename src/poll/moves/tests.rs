use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// The table of the machine: a line for each phase that a move leads to.
fn table() -> String {
    let mut table = String::new();
    for phase in Phase::ALL {
        for next in Phase::ALL {
            let moves = Move::ALL.iter().filter(|mv| phase.after(**mv) == Some(next));
            let names: Vec<_> = moves.map(|mv| mv.name()).collect();
            if !names.is_empty() {
                let to = if phase == next { "(stays)" } else { next.name() };
                let line = format!("{:<10} {:<10} {}", phase.name(), to, names.join(", "));
                writeln!(table, "//! {}", line.trim_end()).unwrap();
            }
        }
    }
    table
}

#[test]
fn the_table_in_the_documentation_is_the_machine() {
    let file = include_str!("../moves.rs");
    assert!(file.contains(&format!("//! ```text\n{}//! ```\n", table())), "\n{}", table());
}

#[test]
fn moves_and_phases_have_the_names_of_their_stored_form() {
    for mv in Move::ALL {
        let json = serde_json::to_string(&mv).unwrap();
        assert_eq!(json, format!("\"{}\"", mv.name()));
        assert_eq!(serde_json::from_str::<Move>(&json).unwrap(), mv);
    }
    for phase in Phase::ALL {
        assert_eq!(phase.name().to_uppercase(), phase.wire_name());
        let json = serde_json::to_string(&phase).unwrap();
        assert_eq!(json, format!("\"{}\"", phase.name()));
        assert_eq!(serde_json::from_str::<Phase>(&json).unwrap(), phase);
    }
    assert!(Phase::ALL.is_sorted());
}

#[test]
fn there_are_keys_from_the_opening_to_the_erasure() {
    use Phase::{Erasing, Open, Withheld};
    for phase in Phase::ALL {
        assert_eq!(phase.has_keys(), (Open..=Withheld).contains(&phase), "{}", phase.name());
        for mv in Move::ALL {
            let Some(next) = phase.after(mv) else { continue };
            match (phase.has_keys(), next.has_keys()) {
                (false, true) => assert_eq!(mv, Move::Open, "keys begin once"),
                (true, false) => assert_eq!((mv, next), (Move::Erase, Erasing), "and end once"),
                _ => {}
            }
        }
    }
}

#[test]
fn only_an_order_goes_back_and_only_a_suspension_ends() {
    for phase in Phase::ALL {
        for mv in phase.moves() {
            let next = phase.after(mv).unwrap();
            let back = match mv {
                Move::Return | Move::Withdraw => next == Phase::Draft && phase < Phase::Open,
                Move::Resume => (phase, next) == (Phase::Suspended, Phase::Open),
                Move::Publish => next == Phase::Published,
                _ => next >= phase,
            };
            assert!(back, "{} of {}", mv.name(), phase.name());
        }
    }
}

/// The phases that can follow, in any number of moves.
fn reachable(from: Phase) -> Vec<Phase> {
    let mut found = vec![from];
    let mut next = 0;
    while let Some(phase) = found.get(next).copied() {
        for mv in phase.moves() {
            let after = phase.after(mv).unwrap();
            if !found.contains(&after) {
                found.push(after);
            }
        }
        next += 1;
    }
    found
}

#[test]
fn every_phase_comes_from_a_draft_and_ends_expired() {
    for phase in Phase::ALL {
        assert!(reachable(Phase::Draft).contains(&phase), "{}", phase.name());
        assert!(reachable(phase).contains(&Phase::Expired), "{}", phase.name());
        let on = phase.moves().into_iter().any(|mv| phase.after(mv) != Some(phase));
        assert_eq!(on, phase != Phase::Expired, "{}", phase.name());
    }
    assert_eq!(Phase::Expired.moves(), []);
}

#[test]
fn what_takes_time_is_moved_on_by_the_engine() {
    use Phase::{Closing, Erased, Erasing, Scheduled};
    for phase in [Scheduled, Closing, Erasing, Erased] {
        assert!(phase.moves().into_iter().any(Move::by_engine), "{}", phase.name());
    }
    assert_eq!(
        Move::ALL.into_iter().filter(|mv| mv.by_engine()).map(Move::name).collect::<Vec<_>>(),
        ["OPEN", "CLOSE", "FREEZE", "PUBLISH", "WITHHOLD", "COMPLETE_ERASURE", "EXPIRE"]
    );
}

proptest! {
    #[test]
    fn no_order_of_moves_skips_a_duty(moves in vec(select(&Move::ALL[..]), 0..400)) {
        let mut phase = Phase::Draft;
        let mut made = Vec::new();
        for mv in moves {
            let Some(next) = phase.after(mv) else {
                prop_assert!(!phase.moves().contains(&mv));
                continue;
            };
            prop_assert!(phase.moves().contains(&mv));
            made.push(mv);
            phase = next;
            let last = |wanted: Move| made.iter().rposition(|mv| *mv == wanted);
            if phase.has_keys() {
                prop_assert!(last(Move::File) < last(Move::Approve), "approved after it was filed");
                prop_assert!(last(Move::Approve) < last(Move::Schedule));
                prop_assert!(last(Move::Schedule) < last(Move::Open));
            }
            if phase >= Phase::Closed {
                prop_assert!(last(Move::Open).is_some() && last(Move::Freeze).is_some());
            }
            if phase >= Phase::Erased {
                prop_assert!(last(Move::Publish).max(last(Move::Withhold)) < last(Move::Erase));
                prop_assert!(last(Move::Erase) < last(Move::CompleteErasure));
            }
        }
        let opened = made.iter().filter(|mv| **mv == Move::Open).count();
        prop_assert!(opened <= 1, "a poll opens once");
    }
}
