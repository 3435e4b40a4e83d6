//! The attack on totals: differences of any two releases, and every linear combination of them.
//!
//! What the rules promise:
//!
//! 1. Any two sets of ballots that were shown lie 0 or at least B ballots apart, unless two people
//!    decided otherwise. So a difference of two releases is made of at least B ballots; how many it
//!    counts in the balance is no promise, because what was taken out stands against what came.
//! 2. A value falls only in a release that is marked as a correction.
//! 3. What was taken out is in no later release.
//! 4. No linear combination of releases is made of 1 to B - 1 ballots, unless a whole release is (a
//!    closed poll is published from its minimum on, which may lie below B). Ballots that came
//!    between the same two releases and left between the same two are counted together in every
//!    combination, so it is enough to look at such bundles: a combination weighs bundles, and it
//!    leaks when those that it gives any weight hold fewer than B ballots together.

use std::collections::BTreeMap;

use super::field::{Row, reduce, residue};
use super::truth::{Seen, Set};
use super::world::World;
use super::{Finding, statement};

/// All that is found in what was shown of a poll's totals.
pub(super) fn attack(world: &World) -> Vec<Finding> {
    let mut found = Vec::new();
    let shown: Vec<(&Seen, &Set)> =
        world.seen.iter().filter_map(|seen| Some((seen, seen.ballots.as_ref()?))).collect();
    for (second, (later, ballots)) in shown.iter().enumerate() {
        if !ballots.is_disjoint(&later.gone) {
            found.push(Finding::TakenOut { release: second });
        }
        for (first, (_, earlier)) in shown[..second].iter().enumerate() {
            let apart = ballots.symmetric_difference(earlier).count() as u64;
            if (1..world.crowds.apart).contains(&apart) && !later.agreed {
                found.push(Finding::Close { first, second, ballots: apart });
            }
        }
    }
    found.extend(fallen(world));
    let sets: Vec<_> = shown.iter().filter(|(seen, _)| !seen.agreed).map(|(_, set)| *set).collect();
    found.extend(combined(&sets, world.crowds.apart));
    found
}

/// Values that fall where nothing says so.
fn fallen(world: &World) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut before: Option<Vec<u64>> = None;
    let files = world.seen.iter().filter_map(|seen| seen.file.as_ref());
    for (release, file) in files.enumerate() {
        let statement = statement(file);
        let Some(question) = statement.questions.first() else { continue };
        let counts: Vec<_> = question.options.iter().map(|option| option.count).collect();
        let falls = before
            .as_ref()
            .is_some_and(|before| counts.iter().zip(before).any(|(now, then)| now < then));
        if falls && statement.correction.is_none() {
            found.push(Finding::Fell { release });
        }
        before = Some(counts);
    }
    found
}

/// The lightest combination of releases, if it is lighter than B.
fn combined(sets: &[&Set], apart: u64) -> Option<Finding> {
    let bundles = bundles(sets);
    let sizes: Vec<u64> = bundles.values().copied().collect();
    let rows: Vec<Row> = (0..sets.len())
        .map(|release| bundles.keys().map(|held| residue(i64::from(held[release]))).collect())
        .collect();
    // Pivots are taken in large bundles first: a row that is left without any is made of small ones
    // alone. Orders among the small ones change which of them it still holds.
    let smallest = sets.iter().map(|set| set.len() as u64).min()?;
    let apart = apart.min(smallest);
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|bundle| u64::MAX - sizes[*bundle]);
    let small = order.iter().filter(|bundle| sizes[**bundle] < apart).count();
    let large = order.len() - small;
    let mut lightest: Option<u64> = None;
    for turn in 0..small.max(1) {
        let mut turned = order.clone();
        turned[large..].rotate_left(turn);
        for (_, row) in reduce(rows.clone(), &turned) {
            let held = row.iter().zip(&sizes).filter(|(weight, _)| **weight != 0);
            let ballots = held.map(|(_, size)| *size).sum::<u64>();
            lightest = Some(lightest.map_or(ballots, |least| least.min(ballots)));
        }
    }
    let ballots = lightest.filter(|ballots| *ballots < apart)?;
    Some(Finding::Combined { ballots })
}

/// Ballots by the releases that hold them.
fn bundles(sets: &[&Set]) -> BTreeMap<Vec<bool>, u64> {
    let mut bundles = BTreeMap::new();
    let all: Set = sets.iter().copied().flatten().copied().collect();
    for ballot in all {
        let held: Vec<bool> = sets.iter().map(|set| set.contains(&ballot)).collect();
        *bundles.entry(held).or_default() += 1;
    }
    bundles
}
