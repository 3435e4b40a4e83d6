//! Chooses what to hide: what the rules name, then the cheapest cycles that keep it uncertain.
//!
//! Hiding more never narrows an interval, so an arc that is wide enough stays so, and one pass over
//! what is hidden is enough. After it whatever is not needed is shown again. This is done in a few
//! orders and at a few prices, and the best result is taken; it need not be the best there is.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::network::{Family, Graph, Layers, Push, Way};
use super::{Pattern, Shown, Table};

/// Which rules hold. All, outside the tests that show what a missing rule lets out.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Further cells are hidden until no hidden one can be computed.
    pub complementary: bool,
    /// A stratum in which all but a few chose the same is not shown as such.
    pub unanimity: bool,
    /// Earlier releases count.
    pub earlier: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { complementary: true, unanimity: true, earlier: true }
    }
}

/// Chooses what to hide of a table. `None`: no pattern is safe, the whole table is withheld.
///
/// `earlier` are the tables of earlier releases of the poll, oldest first. Each table has in every
/// cell at most as many as the one before (ballots were taken out), and hides what that one hid;
/// where this does not hold the answer is `None`.
///
/// What is shown of a difference between two releases is held to the same rule as a table: a number
/// shown in both is known of the ballots taken out, so there it is at least k of them, or that
/// option lost none. What is hidden keeps an interval of k, or of as many as the option has or lost
/// in all, in every release and in every difference.
pub fn protect(k: u64, table: &Table, earlier: &[Shown]) -> Option<Pattern> {
    protect_with(Rules::default(), k, table, earlier)
}

/// [`protect`] with rules switched off. For tests and benches only: what it lets through is unsafe.
#[doc(hidden)]
pub fn protect_with(rules: Rules, k: u64, table: &Table, earlier: &[Shown]) -> Option<Pattern> {
    let earlier = if rules.earlier { earlier } else { &[] };
    let search = Search::new(rules, k, table, earlier)?;
    if !rules.complementary {
        return Some(search.pattern(search.named()));
    }
    let mut best: Option<(Score, Vec<bool>)> = None;
    for plan in PLANS {
        let hidden = search.run(plan)?;
        let score = search.score(&hidden);
        if best.as_ref().is_none_or(|(least, _)| score < *least) {
            best = Some((score, hidden));
        }
    }
    best.map(|(_, hidden)| search.pattern(hidden))
}

/// Cells and totals hidden, totals hidden, votes in them: fewer is better.
type Score = (usize, usize, u64);

/// In what order hidden arcs are looked at, and what hiding a further one costs.
#[derive(Clone, Copy, Debug)]
struct Plan {
    largest_first: bool,
    /// Price of the first vote's worth of bits, against `PRICE` for any arc.
    bit: u64,
    total: u64,
}

const PRICE: u64 = 1_000;
const PLANS: [Plan; 6] = [
    Plan { largest_first: false, bit: 20, total: 1_100 },
    Plan { largest_first: true, bit: 20, total: 1_100 },
    Plan { largest_first: true, bit: 200, total: 1_100 },
    Plan { largest_first: false, bit: 200, total: 1_100 },
    Plan { largest_first: true, bit: 20, total: 300 },
    Plan { largest_first: false, bit: 20, total: 4_000 },
];

/// A number that an attacker may want: of release `of`, or of the difference between `of` and the
/// next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Release(usize),
    Difference(usize),
}

#[derive(Clone, Copy, Debug)]
struct Target {
    arc: usize,
    wanted: Wanted,
    /// The width that it must have.
    needed: u64,
}

/// How far a target moves, with the layers after it was pushed up and down.
struct Reach {
    width: u64,
    used: Vec<bool>,
    ends: [Layers; 2],
}

/// What raising an arc by a family does to a target.
#[derive(Clone, Copy, Debug)]
enum Effect {
    Same,
    Opposite,
    MakesRoom,
}

struct Search {
    k: u64,
    graph: Graph,
    layers: Layers,
    /// What each earlier release hides.
    before: Vec<Vec<bool>>,
    /// What the rules hide in this one, whatever else is.
    forced: Vec<bool>,
    /// A cell and its column's total that must not both be shown.
    pairs: Vec<(usize, usize)>,
}

impl Search {
    fn new(rules: Rules, k: u64, table: &Table, earlier: &[Shown]) -> Option<Self> {
        let graph = Graph::new(table.rows(), table.columns());
        let fits = |shown: &Shown| {
            shown.table.cells.len() == table.cells.len()
                && shown.table.columns == table.columns
                && shown.pattern.columns == table.columns
                && shown.pattern.hidden.len() == graph.arcs()
        };
        if !earlier.iter().all(fits) {
            return None;
        }
        let before: Vec<Vec<bool>> = earlier.iter().map(|old| old.pattern.hidden.clone()).collect();
        let nested = |pair: &[Vec<bool>]| pair[0].iter().zip(&pair[1]).all(|(old, new)| old <= new);
        if !before.windows(2).all(nested) {
            return None;
        }
        let layers = layers(table, earlier)?;
        let arcs = graph.arcs();
        let mut search =
            Self { k, graph, layers, before, forced: vec![false; arcs], pairs: Vec::new() };
        search.force();
        if rules.unanimity {
            search.pair();
        }
        Some(search)
    }

    fn newest(&self) -> usize {
        self.before.len()
    }

    fn force(&mut self) {
        let newest = self.newest();
        for arc in 0..self.graph.arcs() {
            let small = self.layers[newest][arc] < self.k;
            let hidden_before = self.before.last().is_some_and(|hidden| hidden[arc]);
            // Shown in both, a number tells how many of the ballots taken out it held.
            let tells = newest > 0
                && self.layers[newest - 1][arc] < self.k
                && self.whole(newest - 1, arc) > 0;
            self.forced[arc] = small || hidden_before || tells;
        }
    }

    /// A stratum in which all but fewer than k chose one option says how its voters voted. With a
    /// single option there was nothing to choose.
    fn pair(&mut self) {
        let newest = self.newest();
        if self.graph.rows < 2 {
            return;
        }
        for arc in 0..self.graph.cells() {
            let total = self.graph.cells() + arc % self.graph.columns;
            let unanimous = |layer: usize| {
                let held = &self.layers[layer];
                held[arc] > 0 && held[total] - held[arc] < self.k
            };
            if unanimous(newest) || newest > 0 && unanimous(newest - 1) {
                self.pairs.push((arc, total));
            }
        }
    }

    /// What the rules name before any attacker computes.
    fn named(&self) -> Vec<bool> {
        let mut hidden = self.forced.clone();
        for &(cell, total) in &self.pairs {
            if !hidden[total] {
                hidden[cell] = true;
            }
        }
        hidden
    }

    fn pattern(&self, hidden: Vec<bool>) -> Pattern {
        Pattern { columns: self.graph.columns, hidden }
    }

    fn score(&self, hidden: &[bool]) -> Score {
        let (cells, totals) = hidden.split_at(self.graph.cells());
        let count = |part: &[bool]| part.iter().filter(|&&hidden| hidden).count();
        let votes = cells.iter().zip(&self.layers[self.newest()]).filter(|(hidden, _)| **hidden);
        (
            count(cells) + count(totals),
            count(totals),
            votes.map(|(_, held)| *held).fold(0, u64::saturating_add),
        )
    }

    fn cost(&self, plan: Plan, arc: usize) -> u64 {
        let held = self.layers[self.newest()][arc];
        let bits = u64::from(u64::BITS - held.leading_zeros());
        let price = if arc < self.graph.cells() { PRICE } else { plan.total };
        price + plan.bit * bits
    }

    fn run(&self, plan: Plan) -> Option<Vec<bool>> {
        let mut hidden = self.named();
        let mut arcs: Vec<usize> = (0..hidden.len()).filter(|&arc| hidden[arc]).collect();
        let held = &self.layers[self.newest()];
        arcs.sort_by_key(|&arc| if plan.largest_first { u64::MAX - held[arc] } else { held[arc] });
        let mut waiting = VecDeque::from(arcs);
        let mut proofs = vec![Vec::new(); hidden.len()];
        while let Some(arc) = waiting.pop_front() {
            for target in self.targets(&hidden, arc) {
                let used = self.widen(plan, &mut hidden, target, &mut waiting)?;
                proofs[arc].push((target, used));
            }
        }
        self.show_again(plan, &mut hidden, &mut proofs);
        Some(hidden)
    }

    /// Hides what it takes to make a target wide enough; the arcs of the newest release by which it
    /// is. Only the newest release can still hide more.
    fn widen(
        &self,
        plan: Plan,
        hidden: &mut [bool],
        target: Target,
        waiting: &mut VecDeque<usize>,
    ) -> Option<Vec<bool>> {
        loop {
            let reach = self.reach(hidden, target);
            let missing = target.needed.saturating_sub(reach.width);
            if missing == 0 {
                return Some(reach.used);
            }
            if !self.grows(target.wanted) {
                return None;
            }
            for arc in self.cycle(plan, hidden, target, missing, &reach)? {
                if !hidden[arc] {
                    hidden[arc] = true;
                    waiting.push_back(arc);
                }
            }
        }
    }

    fn grows(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Release(of) => of == self.newest(),
            Wanted::Difference(of) => of + 1 == self.newest(),
        }
    }

    /// The cheapest cycle that gives all that is missing, or failing that half of it, and so on.
    fn cycle(
        &self,
        plan: Plan,
        hidden: &[bool],
        target: Target,
        missing: u64,
        reach: &Reach,
    ) -> Option<Vec<usize>> {
        let arc = target.arc;
        // A difference into the newest release grows when the release falls.
        let ways = match target.wanted {
            Wanted::Release(_) => [Way::Raise, Way::Lower],
            Wanted::Difference(_) => [Way::Lower, Way::Raise],
        };
        let family = Family { first: self.newest(), last: self.newest() };
        let cost = |arc: usize| if hidden[arc] { 0 } else { self.cost(plan, arc) };
        let mut amount = missing;
        while amount > 0 {
            let cycles = ways.into_iter().zip(&reach.ends).filter_map(|(way, layers)| {
                self.graph.cheapest(layers, Push { family, arc, way }, amount, cost)
            });
            if let Some((_, arcs)) = cycles.min_by_key(|(cost, _)| *cost) {
                return Some(arcs);
            }
            amount /= 2;
        }
        None
    }

    /// Shows again what no proof needs, dearest first, until nothing more can be.
    fn show_again(&self, plan: Plan, hidden: &mut [bool], proofs: &mut [Vec<(Target, Vec<bool>)>]) {
        let mut extra: Vec<usize> =
            (0..hidden.len()).filter(|&arc| hidden[arc] && !self.forced[arc]).collect();
        extra.sort_by_key(|&arc| u64::MAX - self.cost(plan, arc));
        let mut shown = true;
        while shown {
            shown = false;
            for &arc in &extra {
                if hidden[arc] && self.show(hidden, proofs, arc) {
                    shown = true;
                }
            }
        }
    }

    /// Shows one arc if all that is hidden stays wide enough.
    fn show(
        &self,
        hidden: &mut [bool],
        proofs: &mut [Vec<(Target, Vec<bool>)>],
        shown: usize,
    ) -> bool {
        hidden[shown] = false;
        let paired = |&(cell, total): &(usize, usize)| {
            (cell == shown || total == shown) && !hidden[cell] && !hidden[total]
        };
        let mut fresh = Vec::new();
        let safe = !self.pairs.iter().any(paired)
            && (0..hidden.len()).filter(|&arc| hidden[arc]).all(|arc| {
                proofs[arc].iter().enumerate().all(|(index, (target, used))| {
                    if !used[shown] {
                        return true;
                    }
                    let reach = self.reach(hidden, *target);
                    let wide = reach.width >= target.needed;
                    fresh.push((arc, index, reach.used));
                    wide
                })
            });
        if !safe {
            hidden[shown] = true;
            return false;
        }
        for (arc, index, used) in fresh {
            proofs[arc][index].1 = used;
        }
        proofs[shown].clear();
        true
    }

    /// All that must stay uncertain about a hidden arc: its number in every release from the first
    /// that hides it, and in every difference into such a release.
    fn targets(&self, hidden: &[bool], arc: usize) -> Vec<Target> {
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
    fn whole(&self, layer: usize, arc: usize) -> u64 {
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
    fn reach(&self, hidden: &[bool], target: Target) -> Reach {
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

/// The differences from the oldest on, then the newest table; `None` if a number grew.
fn layers(table: &Table, earlier: &[Shown]) -> Option<Layers> {
    let tables: Vec<Vec<u64>> =
        earlier.iter().map(|shown| &shown.table).chain([table]).map(Table::arcs).collect();
    let mut layers = Vec::with_capacity(tables.len());
    for pair in tables.windows(2) {
        let taken = pair[0].iter().zip(&pair[1]).map(|(old, new)| old.checked_sub(*new));
        layers.push(taken.collect::<Option<Vec<u64>>>()?);
    }
    layers.extend(tables.into_iter().last());
    Some(layers)
}
