//! The attacker: random polls are published by the real rules, and everything published of them is
//! taken apart; then again with one rule switched off, where the same attack must succeed.
//!
//! `HOLOS_ATTACK_POLLS` is the number of polls (200), `HOLOS_ATTACK_SEED` the first of their seeds
//! (0). A failure prints the seed of its poll:
//!
//! ```text
//! HOLOS_ATTACK_POLLS=10000 cargo test --release --lib publish::attack
//! HOLOS_ATTACK_SEED=4711 HOLOS_ATTACK_POLLS=1 cargo test --release --lib publish::attack
//! ```

mod bounds;
mod cost;
mod dice;
mod double;
mod field;
mod order;
mod tables;
mod totals;
mod truth;
mod voters;
mod world;

use tables::Wanted;
use world::World;

use super::{Statement, verify};

/// k and B of one poll.
#[derive(Clone, Copy)]
struct Crowds {
    k: u64,
    apart: u64,
}

/// A rule that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Releases lie B ballots apart.
    Apart,
    /// A set of ballots is compared with every one that was shown, not only with the last.
    EveryMark,
    /// Releases are looked at in every combination, not only in pairs.
    Combinations,
    /// A cut that waits is dropped when ballots are taken out.
    CutsGoWithExcisions,
    /// Further cells are hidden until no hidden one can be computed.
    Complementary,
    /// A stratum of one mind is not shown as such.
    Unanimity,
    /// A table is checked together with earlier ones.
    EarlierTables,
    /// Zeros look like any hidden number.
    Zeros,
    /// Options with fewer than k answers are not in the tables.
    SmallOptions,
}

impl Rule {
    const ALL: [Self; 9] = [
        Self::Apart,
        Self::EveryMark,
        Self::Combinations,
        Self::CutsGoWithExcisions,
        Self::Complementary,
        Self::Unanimity,
        Self::EarlierTables,
        Self::Zeros,
        Self::SmallOptions,
    ];

    fn is_of_tables(self) -> bool {
        !matches!(
            self,
            Self::Apart | Self::EveryMark | Self::Combinations | Self::CutsGoWithExcisions
        )
    }
}

/// What an attack brought out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    /// Two releases with too few ballots between them.
    Close { first: usize, second: usize, ballots: u64 },
    /// A combination of releases that is made of too few ballots.
    Combined { ballots: u64 },
    /// A value that falls in a release that corrects nothing.
    Fell { release: usize },
    /// Ballots that had been taken out.
    TakenOut { release: usize },
    /// A number that is not the true one.
    Untrue,
    /// A number below k, shown or had by subtracting.
    BelowK { shown: u64 },
    /// A stratum, or what was taken out of it, that chose the same.
    Unanimous,
    /// Hidden once, shown later.
    Uncovered,
    /// A hidden number that solves.
    Computed { wanted: Wanted },
    /// A hidden number that can be computed too closely.
    Narrow { wanted: Wanted, width: u64, needed: u64 },
}

impl Finding {
    /// Whether this is what comes out where the rule does not hold.
    fn betrays(self, rule: Rule) -> bool {
        match rule {
            Rule::Apart | Rule::EveryMark => matches!(self, Self::Close { .. }),
            Rule::Combinations => matches!(self, Self::Combined { .. }),
            Rule::CutsGoWithExcisions => matches!(self, Self::TakenOut { .. }),
            Rule::Complementary => matches!(self, Self::Computed { .. }),
            Rule::Unanimity => self == Self::Unanimous,
            Rule::EarlierTables => matches!(self, Self::BelowK { shown: 1.. } | Self::Uncovered),
            Rule::Zeros => self == Self::BelowK { shown: 0 },
            Rule::SmallOptions => matches!(self, Self::BelowK { .. }),
        }
    }
}

/// Linear programs a series of tables.
const LOOKS: usize = 12;

fn statement(file: &[u8]) -> Statement {
    let mut file: serde_json::Value = serde_json::from_slice(file).unwrap();
    serde_json::from_value(file["publication"].take()).unwrap()
}

fn attack(world: &World, looks: usize) -> Vec<Finding> {
    let mut found = totals::attack(world);
    found.extend(tables::attack(world, looks));
    found
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn seeds() -> std::ops::Range<u64> {
    let first = number("HOLOS_ATTACK_SEED", 0);
    first..first + number("HOLOS_ATTACK_POLLS", 200)
}

#[test]
fn nothing_comes_out_of_what_is_published() {
    let mut counts = [0_usize; 5];
    for seed in seeds() {
        let world = World::play(seed, None);
        let found = attack(&world, LOOKS);
        assert!(found.is_empty(), "HOLOS_ATTACK_SEED={seed}: {found:?}");
        for file in world.seen.iter().filter_map(|seen| seen.file.as_ref()) {
            let checked = verify(file, &world.key.verifying_key());
            assert!(checked.is_ok(), "HOLOS_ATTACK_SEED={seed}: {:?}", checked.err());
        }
        let tables: usize =
            world.terms.breakdowns.iter().map(|by| tables::series(&world, *by).len()).sum();
        let releases = world.seen.iter().filter(|seen| seen.file.is_some()).count();
        let several = usize::from(releases > 1);
        let agreed = world.seen.iter().filter(|seen| seen.agreed).count();
        let more = [1, releases, several, tables, agreed];
        counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
    }
    let [polls, releases, several, tables, agreed] = counts;
    println!(
        "{polls} polls, {several} with more than one release; {releases} releases, {agreed} of \
         them agreed by two people; {tables} tables"
    );
}

/// Polls until the attack succeeds, most.
const PATIENCE: u64 = 2_000;

#[test]
fn a_rule_that_is_switched_off_is_found_out() {
    for rule in Rule::ALL {
        let succeeds = |seed: &u64| {
            let found = attack(&World::play(*seed, Some(rule)), 0);
            let found = found.into_iter().find(|found| found.betrays(rule));
            if let Some(found) = found {
                println!("without {rule:?}: seed {seed}, {found:?}");
            }
            found.is_some()
        };
        assert!((0..PATIENCE).any(|seed| succeeds(&seed)), "nothing without {rule:?}");
    }
}
