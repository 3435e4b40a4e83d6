use proptest::prelude::*;

use super::super::tables::tables;
use super::*;
use crate::poll::{AGE_BANDS, Region};

const ALL: [Breakdown; 3] = Breakdown::ALL;

/// A poll with every breakdown and two groups.
fn split(order: &mut Order) {
    order.breakdowns = ALL.to_vec();
    order.participants.eligibility.groups = ["pupils", "teachers"].map(str::to_owned).to_vec();
    order.participants.eligible_population = Some(5_000);
}

/// So many ballots with this option, and the strata of the voter in each breakdown.
fn add(
    definition: &Definition,
    sums: &mut Sums,
    option: usize,
    strata: [Option<usize>; 3],
    ballots: u64,
) {
    let layout = definition.layout();
    sums.ballots += ballots;
    sums.cells[option] += ballots;
    for (by, stratum) in ALL.into_iter().zip(strata) {
        if let Some(stratum) = stratum {
            sums.cells[layout.breakdown_cell(0, option, by, stratum).unwrap()] += ballots;
        }
    }
}

fn empty(definition: &Definition) -> Sums {
    Sums::zero(definition.layout().len())
}

/// What a table shows agrees with the tally.
fn is_true(definition: &Definition, table: &BreakdownTable, sums: &Sums) {
    let options = &definition.order().questions[0].options;
    let strata = definition.strata(table.by).len();
    let cell = |option: usize, stratum: usize| -> u64 {
        let of = |stratum| {
            let cell = definition.layout().breakdown_cell(0, option, table.by, stratum).unwrap();
            sums.cells[cell]
        };
        match stratum < strata {
            true => of(stratum),
            false => sums.cells[option] - (0..strata).map(of).sum::<u64>(),
        }
    };
    for row in &table.options {
        let option = options.iter().position(|option| option.id == row.id).unwrap();
        for (stratum, count) in row.counts.iter().enumerate() {
            assert!(count.is_none_or(|count| count == cell(option, stratum) && count >= 10));
        }
    }
    for (stratum, column) in table.strata.iter().enumerate() {
        let all = (0..options.len()).map(|option| cell(option, stratum)).sum::<u64>();
        assert!(column.answers.is_none_or(|answers| answers == all));
    }
}

fn names(table: &BreakdownTable) -> Vec<&str> {
    table.strata.iter().map(|stratum| stratum.id.as_str()).collect()
}

#[test]
fn there_is_a_table_for_each_fact_that_the_order_names_in_its_order() {
    let definition = definition(|order| {
        split(order);
        order.breakdowns = vec![Breakdown::Group, Breakdown::Region];
    });
    let mut sums = empty(&definition);
    for option in 0..3 {
        for stratum in 0..2 {
            add(&definition, &mut sums, option, [Some(stratum), None, Some(stratum)], 100);
        }
    }
    let made = tables(&definition, &sums, &[], &[]);
    assert_eq!(
        made.iter().map(|table| table.by).collect::<Vec<_>>(),
        definition.order().breakdowns
    );
    assert_eq!(names(&made[0]), ["pupils", "teachers"]);
    assert_eq!(made[0].options[1].counts, [Some(100), Some(100)], "nothing here is small");
    assert_eq!(made[0].strata[0].answers, Some(300));
    assert_eq!(names(&made[1]), Region::ISO, "also those that nobody is in");
}

#[test]
fn a_column_of_those_who_declined_is_there_when_somebody_is_in_it_and_stays() {
    let definition = definition(split);
    let mut sums = empty(&definition);
    for option in 0..3 {
        for stratum in 0..2 {
            add(&definition, &mut sums, option, [Some(stratum), Some(stratum), Some(stratum)], 100);
        }
    }
    let made = tables(&definition, &sums, &[], &[]);
    assert_eq!(names(&made[0]), Region::ISO);
    assert_eq!(names(&made[1]), AGE_BANDS);
    assert_eq!(names(&made[2]), ["pupils", "teachers"]);

    let mut declined = sums.clone();
    add(&definition, &mut declined, 0, [None; 3], 60);
    let before = tables(&definition, &declined, &[], &[]);
    assert_eq!(names(&before[2]), ["pupils", "teachers", NOT_STATED]);
    for table in &before {
        is_true(&definition, table, &declined);
    }
    // They are taken out again: the column stays, and says nothing of who left it.
    let poll = closed(split);
    let first = signed(published(decided(&poll, &declined, &Standing::default(), &[], false)));
    let after = tables(&definition, &sums, &[(1, declined)], &[first]);
    for table in after.iter().filter(|table| !table.withheld) {
        assert_eq!(names(table).last(), Some(&NOT_STATED), "{:?}", table.by);
        is_true(&definition, table, &sums);
    }
}

#[test]
fn an_option_with_fewer_than_k_answers_is_in_no_table() {
    let definition = definition(split);
    for (few, rows) in [(9, 2), (10, 3)] {
        let mut sums = empty(&definition);
        let column = |stratum: usize| [Some(stratum), Some(stratum), Some(stratum)];
        for stratum in 0..2 {
            add(&definition, &mut sums, 0, column(stratum), 500);
            add(&definition, &mut sums, 1, column(stratum), 700);
        }
        add(&definition, &mut sums, 2, column(0), few);
        for table in tables(&definition, &sums, &[], &[]) {
            assert!(table.withheld || table.options.len() == rows, "{table:?}");
            is_true(&definition, &table, &sums);
        }
    }
}

#[test]
fn a_correction_shows_nothing_that_the_release_before_hid() {
    let definition = definition(split);
    let poll = closed(split);
    let mut before = empty(&definition);
    for option in 0..3 {
        for stratum in 0..6 {
            let ballots = [300, 200, 100, 40, 12, 4][stratum] + 7 * option as u64;
            add(&definition, &mut before, option, [Some(stratum), Some(stratum), None], ballots);
        }
    }
    let first = signed(published(decided(&poll, &before, &Standing::default(), &[], false)));
    let mut after = empty(&definition);
    for option in 0..3 {
        for stratum in 0..6 {
            let ballots = [200, 150, 80, 30, 12, 4][stratum] + 7 * option as u64;
            add(&definition, &mut after, option, [Some(stratum), Some(stratum), None], ballots);
        }
    }
    let standing = Standing { nearest: Some(480), is_corrected: true, tallies: vec![(1, before)] };
    let releases = [first];
    let second = signed(published(decided(&poll, &after, &standing, &releases, false)));
    let pairs = releases[0].statement.breakdowns.iter().zip(&second.statement.breakdowns);
    let mut shown = 0;
    for (old, new) in pairs.filter(|(_, new)| !new.withheld) {
        is_true(&definition, new, &after);
        for row in &new.options {
            let was = old.options.iter().find(|was| was.id == row.id);
            for (at, count) in row.counts.iter().enumerate() {
                let hidden = was.is_none_or(|was| was.counts[at].is_none());
                assert!(!hidden || count.is_none(), "{:?} {} {at}", new.by, row.id);
                shown += usize::from(count.is_some());
            }
        }
    }
    assert!(shown > 0, "the correction shows tables");
}

#[test]
fn a_table_that_would_show_too_few_whatever_is_hidden_is_withheld() {
    let definition = definition(split);
    let mut sums = empty(&definition);
    add(&definition, &mut sums, 0, [Some(1), Some(1), Some(0)], 60);
    let made = tables(&definition, &sums, &[], &[]);
    for table in made {
        let shows = table.options.iter().flat_map(|row| &row.counts).flatten().count();
        assert_eq!(shows, 0, "all chose the same: {table:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_table_of_a_release_is_true_and_verifies(
        ballots in prop::collection::vec(
            (0..3_usize, prop::option::of(0..27_usize), prop::option::of(0..8_usize),
             prop::option::of(0..2_usize), 0..60_u64),
            4..60,
        ),
    ) {
        let poll = closed(split);
        let definition = &poll.definition;
        let mut sums = empty(definition);
        for (option, region, band, group, count) in ballots {
            add(definition, &mut sums, option, [region, band, group], count);
        }
        prop_assume!(sums.ballots >= 50);
        let statement = published(decided(&poll, &sums, &Standing::default(), &[], false));
        for table in &signed(statement).statement.breakdowns {
            is_true(definition, table, &sums);
        }
    }
}
