//! Chooses what to hide: what the rules name, then the cheapest cycles that keep it uncertain.
//!
//! Hiding more never narrows an interval, so an arc that is wide enough stays so, and one pass over
//! what is hidden is enough. After it whatever is not needed is shown again. This is done in a few
//! orders and at a few prices, and the best result is taken; it need not be the best there is.

use std::collections::VecDeque;

use super::network::{Family, Graph, Layers, Push, Way};
use super::reach::{Reach, Target, Wanted};
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

/// One table to be protected, with all that was shown before.
pub(super) struct Search {
    pub(super) k: u64,
    pub(super) graph: Graph,
    pub(super) layers: Layers,
    /// What each earlier release hides.
    pub(super) before: Vec<Vec<bool>>,
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

    pub(super) fn newest(&self) -> usize {
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
