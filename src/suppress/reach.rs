//! What must stay uncertain about a hidden number, and how uncertain it is.

use std::ops::RangeInclusive;

use super::network::{Family, Layers, Push, Way};
use super::pattern::Search;

/// A number that an attacker may want: of release `of`, or of the difference between `of` and the
/// next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Release(usize),
    Difference(usize),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) arc: usize,
    pub(super) wanted: Wanted,
    /// The width that it must have.
    pub(super) needed: u64,
}

/// How far a target moves, with the layers after it was pushed up and down.
pub(super) struct Reach {
    pub(super) width: u64,
    pub(super) used: Vec<bool>,
    pub(super) ends: [Layers; 2],
}

/// What raising an arc by a family does to a target.
#[derive(Clone, Copy, Debug)]
enum Effect {
    Same,
    Opposite,
    MakesRoom,
}

impl Search {
    /// All that must stay uncertain about a hidden arc: its number in every release from the first
    /// that hides it, and in every difference into such a release.
    pub(super) fn targets(&self, hidden: &[bool], arc: usize) -> Vec<Target> {
        let first = self.first(arc);
        debug_assert!(hidden[arc], "only hidden arcs have targets");
        let releases = (first..=self.newest()).map(|of| {
            // Hidden only since ballots were taken out: what was shown before bounds it, so no more
            // can be uncertain than those ballots.
            let whole = match first {
                0 => (of..=self.newest()).map(|layer| self.whole(layer, arc)).sum(),
                first => self.whole(first - 1, arc),
            };
            (Wanted::Release(of), whole)
        });
        let differences = (first.max(1)..=self.newest())
            .map(|into| (Wanted::Difference(into - 1), self.whole(into - 1, arc)));
        releases
            .chain(differences)
            .map(|(wanted, whole)| Target { arc, wanted, needed: self.k.min(whole) })
            .collect()
    }

    /// The first release that hides the arc.
    fn first(&self, arc: usize) -> usize {
        self.before.iter().position(|hidden| hidden[arc]).unwrap_or(self.newest())
    }

    /// What the arc could hold at most: the option's votes in that layer, or all of them.
    pub(super) fn whole(&self, layer: usize, arc: usize) -> u64 {
        let held = &self.layers[layer];
        match arc < self.graph.cells() {
            true => {
                let row = arc / self.graph.columns * self.graph.columns;
                held[row..row + self.graph.columns].iter().sum()
            }
            false => held[self.graph.cells()..].iter().sum(),
        }
    }

    /// How wide a target is by the moves of all families that change it, one after the other: each
    /// leaves a state that agrees with all that was published, so their widths add up.
    pub(super) fn reach(&self, hidden: &[bool], target: Target) -> Reach {
        let families = self.families(target);
        let mut used = vec![false; hidden.len()];
        let mut width = 0;
        let ends = [Way::Raise, Way::Lower].map(|way| {
            let mut layers = self.layers.clone();
            let mut push = |family: Family, way: Way, limit: u64| {
                let newest = family.first == self.newest();
                let open = if newest { hidden } else { &self.before[family.first] };
                let mut moved = vec![false; hidden.len()];
                let push = Push { family, arc: target.arc, way };
                let pushed = self.graph.push(&mut layers, push, limit, open, &mut moved);
                if newest {
                    used.iter_mut().zip(moved).for_each(|(used, moved)| *used |= moved);
                }
                pushed
            };
            for &(family, effect) in &families {
                let limit = target.needed - width;
                match effect {
                    Effect::Same => width += push(family, way, limit),
                    Effect::Opposite => width += push(family, way.back(), limit),
                    Effect::MakesRoom if way == Way::Raise => _ = push(family, way, limit),
                    Effect::MakesRoom => {}
                }
            }
            layers
        });
        Reach { width, used, ends }
    }

    /// The families that change a target; what the newest release alone gives comes last. A
    /// difference grows at the cost of the later release: if that has no votes there to give, it
    /// (and the earlier one with it) must be given some first.
    fn families(&self, target: Target) -> Vec<(Family, Effect)> {
        let first = self.first(target.arc);
        let newest = self.newest();
        let spans = |firsts: RangeInclusive<usize>, lasts: RangeInclusive<usize>, effect| {
            firsts.flat_map(move |first| {
                lasts.clone().map(move |last| (Family { first, last }, effect))
            })
        };
        match target.wanted {
            Wanted::Release(of) => spans(first..=of, of..=newest, Effect::Same).collect(),
            Wanted::Difference(of) => spans(first..=of, of..=of, Effect::Same)
                .chain(spans(first..=of, of + 1..=newest, Effect::MakesRoom))
                .chain(spans(of + 1..=of + 1, of + 1..=newest, Effect::Opposite))
                .collect(),
        }
    }
}
