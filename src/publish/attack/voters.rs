//! The people of a poll: how they are spread over options, strata and issuer keys.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::order::{Facts, Terms};
use crate::poll::{Breakdown, IssuerKeyId};

/// How people are spread over options, strata and keys.
pub(super) struct Voters {
    options: Vec<u64>,
    strata: [Vec<u64>; 3],
    /// Of a hundred, how many are told apart by nothing.
    decline: u64,
    keys: Vec<u64>,
    /// The issuer changes its key as time goes on.
    rotates: bool,
}

impl Voters {
    pub(super) fn random(dice: &mut Dice, terms: &Terms) -> Self {
        let strata = Breakdown::ALL.map(|by| skewed(dice, terms.strata(by)));
        let issuers = 1 + dice.index(4);
        Self {
            options: skewed(dice, terms.options),
            strata,
            decline: [0, 0, 5, 30][dice.index(4)],
            keys: skewed(dice, issuers),
            rotates: dice.chance(30),
        }
    }

    pub(super) fn voter(&self, dice: &mut Dice) -> (usize, Facts) {
        let option = dice.weighted(&self.options);
        if dice.chance(self.decline) {
            return (option, Facts([None; 3]));
        }
        let facts = [0, 1, 2].map(|fact| Some(dice.weighted(&self.strata[fact])));
        (option, Facts(facts))
    }

    pub(super) fn key(
        &self,
        dice: &mut Dice,
        progress: u64,
        revoked: &BTreeSet<IssuerKeyId>,
    ) -> Option<IssuerKeyId> {
        let length = self.keys.len();
        let weight = |key: usize, weight: u64| {
            let era = at_most(progress) * length / 100;
            let weight = if self.rotates && key != era { 0 } else { weight };
            if revoked.contains(&issuer_key(key)) { 0 } else { weight }
        };
        let weights: Vec<_> =
            self.keys.iter().enumerate().map(|(key, held)| weight(key, *held)).collect();
        (weights.iter().sum::<u64>() > 0).then(|| issuer_key(dice.weighted(&weights)))
    }
}

fn issuer_key(at: usize) -> IssuerKeyId {
    IssuerKeyId::from_raw(at as u64 + 1)
}

/// Weights as people have them: even, or few in most places, or nobody in some.
fn skewed(dice: &mut Dice, length: usize) -> Vec<u64> {
    let kind = dice.below(3);
    let weights: Vec<u64> = (0..length as u64)
        .map(|at| match kind {
            0 => 1 + dice.below(3),
            1 => 60 / (at + 1),
            _ => [0, 1, 1, 2, 30][dice.index(5)],
        })
        .collect();
    if weights.iter().sum::<u64>() == 0 { vec![1; length] } else { weights }
}

fn at_most(percent: u64) -> usize {
    usize::try_from(percent.min(99)).expect("two digits")
}
