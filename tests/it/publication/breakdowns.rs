//! Breakdown tables of a final release: true where they show a number, and hidden where they must.

use std::collections::BTreeMap;

use holos::poll::{AGE_BANDS, Breakdown, Region};
use holos::publish::NOT_STATED;
use holos_wire::proto::ballot::Credential;
use holos_wire::proto::{self, Ballot, CloseReason};

use super::super::support::subject;
use super::*;

/// One voter: option, region, age band, group; whether breakdowns are declined.
#[derive(Clone, Copy)]
pub struct Voter {
    pub option: usize,
    pub region: usize,
    pub band: usize,
    pub group: usize,
    pub declines: bool,
}

pub const GROUPS: [&str; 3] = ["pupils", "students", "teachers"];
/// A year of birth in each band, in 2026.
const BORN: [i32; 8] = [2010, 2005, 1995, 1985, 1975, 1965, 1955, 1940];

/// Most live in few regions, few are old, and one in fifteen declines.
pub fn voters() -> Vec<Voter> {
    let mut dice = 88_172_645_463_325_252_u64;
    let mut roll = |below: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice % below as u64).unwrap()
    };
    let mut voter = || {
        let spread = roll(27) + 1;
        let (old, wide) = (roll(8) + 1, roll(3) + 1);
        Voter {
            option: [0, 0, 0, 1, 1, 2][roll(6)],
            region: roll(spread),
            band: roll(old),
            group: roll(wide),
            declines: roll(15) == 0,
        }
    };
    let mut voters: Vec<_> = (0..1_500).map(|_| voter()).collect();
    // An option that a handful chose.
    voters.extend((0..7).map(|at| Voter {
        option: 3,
        region: at,
        band: 1,
        group: 0,
        declines: false,
    }));
    voters
}

pub fn ballot(number: usize, voter: Voter) -> Ballot {
    let claims = proto::StatedClaims {
        birth_year: Some(BORN[voter.band]),
        region: Region::ISO[voter.region].to_owned(),
        groups: vec![GROUPS[voter.group].to_owned()],
        ..Default::default()
    };
    let subject = subject(number as u64);
    let stated = proto::VouchedVoter { subject, claims: Some(claims), ..Default::default() };
    let option = format!("o{}", voter.option);
    let ballot = Backend::ballot_with(Some(Credential::Voter(stated)), &[&option]);
    Ballot { decline_breakdowns: voter.declines, ..ballot }
}

/// The stratum that a voter is counted in.
fn stratum(by: Breakdown, voter: Voter) -> &'static str {
    match by {
        _ if voter.declines => NOT_STATED,
        Breakdown::Region => Region::ISO[voter.region],
        Breakdown::AgeBand => AGE_BANDS[voter.band],
        Breakdown::Group => GROUPS[voter.group],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_a_final_release_are_true_and_hide_what_is_small() {
    let mut world = world().await;
    let mut order = careful(&world, "split");
    let template = order.questions[0].options[0].clone();
    let fourth = holos::poll::QuestionOption { id: "o3".to_owned(), ..template };
    order.questions[0].options.push(fourth);
    order.breakdowns = vec![Breakdown::Group, Breakdown::Region, Breakdown::AgeBand];
    order.participants.eligibility.groups = GROUPS.map(str::to_owned).to_vec();
    order.participants.eligible_population = Some(100_000);
    let poll = world.scheduled(&order).await;
    let voters = voters();
    for (first, some) in voters.chunks(500).enumerate() {
        let ballot = |(at, voter): (usize, &Voter)| ballot(first * 500 + at, *voter);
        let ballots = some.iter().enumerate().map(ballot).collect();
        let answers = world.app.cast_all(&poll, ballots).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
        world.fold().await;
    }
    world = world.again().await;
    world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
    let results = world.staff.results(&poll).await.unwrap();
    let exact: Vec<_> = (0..4)
        .map(|option| voters.iter().filter(|voter| voter.option == option).count() as u64)
        .collect();
    assert_eq!(counts(&results), exact, "the question's totals are exact");
    let said = statement(&world, &results);
    let tables: Vec<_> = said.breakdowns.iter().map(|table| table.by).collect();
    assert_eq!(tables, order.breakdowns);

    for (table, wired) in said.breakdowns.iter().zip(&results.breakdowns) {
        assert!(!table.withheld, "{:?}", table.by);
        let mut truth: BTreeMap<(&str, usize), u64> = BTreeMap::new();
        for voter in &voters {
            *truth.entry((stratum(table.by, *voter), voter.option)).or_default() += 1;
        }
        let held = |id: &str, option| truth.get(&(id, option)).copied().unwrap_or(0);
        assert_eq!(table.strata.last().unwrap().id, NOT_STATED);
        let rows: Vec<_> = table.options.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(rows, ["o0", "o1", "o2"], "seven are too few for a row");
        let (mut shown, mut hidden) = (0, 0);
        for (option, row) in table.options.iter().enumerate() {
            for (stratum, count) in table.strata.iter().zip(&row.counts) {
                let held = held(&stratum.id, option);
                assert!(count.is_none_or(|count| count == held && held >= 10), "{held}");
                shown += usize::from(count.is_some());
                hidden += usize::from(count.is_none());
            }
        }
        for stratum in &table.strata {
            let all: u64 = (0..4).map(|option| held(&stratum.id, option)).sum();
            assert!(stratum.answers.is_none_or(|answers| answers == all), "{}", stratum.id);
        }
        println!("{:?}: {shown} shown, {hidden} hidden", table.by);
        assert!(shown > 0, "{:?} is of use", table.by);
        assert!(table.by != Breakdown::Region || hidden > 0, "some regions are small");

        // What travels beside the file is what the file says.
        let cells = |row: &proto::OptionRow| -> Vec<_> {
            row.cells.iter().map(|cell| cell.count).collect()
        };
        assert!(
            wired.options.iter().map(cells).eq(table.options.iter().map(|row| row.counts.clone()))
        );
        let answers =
            wired.strata.iter().map(|held| (held.id.clone(), held.answers.unwrap().count));
        assert!(answers.eq(table.strata.iter().map(|held| (held.id.clone(), held.answers))));
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_release_has_no_tables_and_a_correction_shows_nothing_that_was_hidden() {
    let mut world = world().await;
    let mut order = live_order(&world, "split-and-corrected");
    order.breakdowns = vec![Breakdown::AgeBand];
    let poll = world.scheduled(&order).await;
    let aged = |numbers: std::ops::Range<usize>| -> Vec<Ballot> {
        let voter = |number: usize| Voter {
            option: number % 3,
            region: 0,
            band: [1, 1, 1, 2, 2, 3, 3, 3, 4, 5][number / 3 % 10],
            group: 0,
            declines: number.is_multiple_of(11),
        };
        numbers.map(|number| ballot(number, voter(number))).collect()
    };
    let mut mirror = Backend::vouched(&world.running.addresses, "mirror").await;
    for (by_mirror, ballots) in [(false, aged(0..600)), (true, aged(600..800))] {
        let backend = if by_mirror { &mut mirror } else { &mut world.app };
        let answers = backend.cast_all(&poll, ballots).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Answered::Counted), "{answers:?}");
        world.fold().await;
    }
    world.reach(world.minute(EVERY));
    let live = world.comes_to_release(&poll, 1).await;
    assert_eq!((live.total, live.breakdowns.len()), (600, 0));
    world.end_early(&poll, CloseReason::RelevanceLost).await.unwrap();
    let first = world.comes_to_release(&poll, 2).await;
    let before = statement(&world, &first).breakdowns.remove(0);
    world.excise(&poll, "mirror", "vouched").await;
    // The six hundred of the live release again: they were shown, and tell nothing.
    let second = world.comes_to_release(&poll, 3).await;
    assert_eq!((second.total, second.corrects), (600, 2));
    let after = statement(&world, &second).breakdowns.remove(0);
    for row in &after.options {
        let was = before.options.iter().find(|was| was.id == row.id);
        for (at, count) in row.counts.iter().enumerate() {
            let hidden = before.withheld || was.is_none_or(|was| was.counts[at].is_none());
            assert!(!hidden || count.is_none(), "{} {at}", row.id);
        }
    }
    world.end().await;
}
