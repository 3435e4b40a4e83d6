//! Tables as flows: what a hidden number can still be, found by pushing along hidden arcs.
//!
//! Knows nothing of rules or costs of hiding.
//!
//! The cell (o, s) is an arc from option o to stratum s, a column total an arc from s to the root,
//! and a row total an arc from the root to o. What flows into a node flows out of it: a table that
//! adds up is a circulation. Row totals are public, hence fixed; so is every visible arc. A hidden
//! arc may carry any integer from 0 up.
//!
//! Why the bounds are exact: two circulations that agree on the fixed arcs differ by cycles of
//! hidden arcs, each pushed by a whole number (the incidence matrix of a directed graph is totally
//! unimodular: whole capacities make whole extreme points). So the most a hidden arc can be is its
//! value in any one fill plus a maximal flow from its head back to its tail through the residual
//! arcs without it, and the least is its value less a maximal flow the other way; all integers
//! between are taken.
//!
//! With several releases x_1 >= ... >= x_n of one poll the state is a stack of **layers** that are
//! never negative: D_j = x_(j-1) - x_j for each step, and x_n. Release j is the sum of the layers
//! from its own on. A [`Family`] of moves shifts the releases `first..=last` by one cycle, so it
//! adds to the layer `last`, and takes from the layer before `first` where there is one. A cycle of
//! arcs hidden in `first` (and so in all later releases) changes no published number: what is
//! reached is a second history that agrees with everything shown. Such moves may not be all there
//! are: a width that they reach is there, a wider one may be. That errs towards hiding.

pub(super) const UNBOUNDED: u64 = u64::MAX;

/// Which node an arc joins to which: cells row-major, then the column totals.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) rows: usize,
    pub(super) columns: usize,
    links: Vec<Vec<Link>>,
}

/// A way out of a node: along an arc (its number grows) or against it (its number falls).
#[derive(Clone, Copy, Debug)]
struct Link {
    arc: usize,
    way: Way,
    to: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Raise,
    Lower,
}

impl Way {
    pub(super) fn back(self) -> Self {
        match self {
            Self::Raise => Self::Lower,
            Self::Lower => Self::Raise,
        }
    }
}

/// Moves that shift the releases `first..=last` together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) first: usize,
    pub(super) last: usize,
}

/// The layers from the oldest difference to the newest release, each with a number per arc.
pub(super) type Layers = Vec<Vec<u64>>;

/// An arc that is to change by `way`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Push {
    pub(super) family: Family,
    pub(super) arc: usize,
    pub(super) way: Way,
}

impl Graph {
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        let root = rows + columns;
        let mut links = vec![Vec::new(); root + 1];
        let mut join = |arc: usize, tail: usize, head: usize| {
            links[tail].push(Link { arc, way: Way::Raise, to: head });
            links[head].push(Link { arc, way: Way::Lower, to: tail });
        };
        for row in 0..rows {
            for column in 0..columns {
                join(row * columns + column, row, rows + column);
            }
        }
        for column in 0..columns {
            join(rows * columns + column, rows + column, root);
        }
        Self { rows, columns, links }
    }

    pub(super) fn cells(&self) -> usize {
        self.rows * self.columns
    }

    pub(super) fn arcs(&self) -> usize {
        self.cells() + self.columns
    }

    pub(super) fn nodes(&self) -> usize {
        self.links.len()
    }

    pub(super) fn root(&self) -> usize {
        self.rows + self.columns
    }

    fn ends(&self, arc: usize) -> (usize, usize) {
        match arc.checked_sub(self.cells()) {
            Some(column) => (self.rows + column, self.root()),
            None => (arc / self.columns, self.rows + arc % self.columns),
        }
    }

    /// Where the rest of the cycle begins and ends when `arc` changes by `way`.
    fn detour(&self, arc: usize, way: Way) -> (usize, usize) {
        let (tail, head) = self.ends(arc);
        match way {
            Way::Raise => (head, tail),
            Way::Lower => (tail, head),
        }
    }

    /// Pushes until `limit` or nothing more goes; `open` are the arcs that may change, `used`
    /// collects those that did. Shortest ways first, so the number of rounds is bounded by the
    /// size of the graph, not by the counts.
    pub(super) fn push(
        &self,
        layers: &mut Layers,
        push: Push,
        limit: u64,
        open: &[bool],
        used: &mut [bool],
    ) -> u64 {
        let Push { family, arc, way } = push;
        let (from, to) = self.detour(arc, way);
        let mut pushed = 0;
        while pushed < limit {
            let own = room(layers, family, arc, way);
            if own == 0 {
                break;
            }
            let usable = |link: &Link| {
                open[link.arc] && link.arc != arc && room(layers, family, link.arc, link.way) > 0
            };
            let Some(route) = self.route(from, |node| node == to, usable) else { break };
            let tightest = route.iter().map(|&(arc, way)| room(layers, family, arc, way)).min();
            let amount = (limit - pushed).min(own).min(tightest.unwrap_or(UNBOUNDED));
            for (arc, way) in route.into_iter().chain([(arc, way)]) {
                shift(layers, family, arc, way, amount);
                used[arc] = true;
            }
            pushed += amount;
        }
        pushed
    }

    /// The shortest way from a node to one that is `wanted`.
    fn route(
        &self,
        from: usize,
        wanted: impl Fn(usize) -> bool,
        usable: impl Fn(&Link) -> bool,
    ) -> Option<Vec<(usize, Way)>> {
        let mut came: Vec<Option<(usize, Link)>> = vec![None; self.nodes()];
        let mut queue = Vec::with_capacity(self.nodes());
        queue.push(from);
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            if wanted(node) {
                return Some(trace(&came, from, node));
            }
            next += 1;
            for link in &self.links[node] {
                if link.to != from && came[link.to].is_none() && usable(link) {
                    came[link.to] = Some((node, *link));
                    queue.push(link.to);
                }
            }
        }
        None
    }

    /// The cheapest way to close a cycle through the arc that carries at least `amount`: its cost
    /// and its arcs. Any arc may be used, at its cost.
    pub(super) fn cheapest(
        &self,
        layers: &Layers,
        push: Push,
        amount: u64,
        cost: impl Fn(usize) -> u64,
    ) -> Option<(u64, Vec<usize>)> {
        let Push { family, arc, way } = push;
        if room(layers, family, arc, way) < amount {
            return None;
        }
        let (from, to) = self.detour(arc, way);
        let mut came: Vec<Option<(usize, Link)>> = vec![None; self.nodes()];
        let mut distance = vec![u64::MAX; self.nodes()];
        let mut done = vec![false; self.nodes()];
        distance[from] = 0;
        loop {
            let near = (0..self.nodes()).filter(|&node| !done[node] && distance[node] < u64::MAX);
            let node = near.min_by_key(|&node| distance[node])?;
            if node == to {
                let steps = trace(&came, from, to);
                return Some((distance[to], steps.into_iter().map(|(arc, _)| arc).collect()));
            }
            done[node] = true;
            for link in &self.links[node] {
                let reached = distance[node] + cost(link.arc);
                if link.arc != arc
                    && reached < distance[link.to]
                    && room(layers, family, link.arc, link.way) >= amount
                {
                    distance[link.to] = reached;
                    came[link.to] = Some((node, *link));
                }
            }
        }
    }

    /// Moves what each row has too much of over open arcs to the nodes that lack it, from a start at
    /// which the open arcs carry nothing. `Err` names a row that cannot be emptied.
    pub(super) fn fill(
        &self,
        layers: &mut Layers,
        open: &[bool],
        excess: &mut [u64],
        lack: &mut [u64],
    ) -> Result<(), usize> {
        let family = Family { first: 0, last: 0 };
        for (row, excess) in excess.iter_mut().enumerate() {
            while *excess > 0 {
                let usable =
                    |link: &Link| open[link.arc] && room(layers, family, link.arc, link.way) > 0;
                let route = self.route(row, |node| lack[node] > 0, usable).ok_or(row)?;
                let end = self.end(row, &route);
                let tightest = route.iter().map(|&(arc, way)| room(layers, family, arc, way)).min();
                let amount = (*excess).min(lack[end]).min(tightest.unwrap_or(UNBOUNDED));
                for (arc, way) in route {
                    shift(layers, family, arc, way, amount);
                }
                *excess -= amount;
                lack[end] -= amount;
            }
        }
        Ok(())
    }

    fn end(&self, from: usize, route: &[(usize, Way)]) -> usize {
        route.first().map_or(from, |&(arc, way)| match way {
            Way::Raise => self.ends(arc).1,
            Way::Lower => self.ends(arc).0,
        })
    }
}

/// How far one arc can change: up without end unless an older difference gives the votes, down to
/// nothing in the newest layer that is moved.
fn room(layers: &Layers, family: Family, arc: usize, way: Way) -> u64 {
    match way {
        Way::Raise if family.first == 0 => UNBOUNDED,
        Way::Raise => layers[family.first - 1][arc],
        Way::Lower => layers[family.last][arc],
    }
}

fn shift(layers: &mut Layers, family: Family, arc: usize, way: Way, amount: u64) {
    let mut change = |layer: usize, way: Way| match way {
        Way::Raise => layers[layer][arc] += amount,
        Way::Lower => layers[layer][arc] -= amount,
    };
    change(family.last, way);
    if family.first > 0 {
        change(family.first - 1, way.back());
    }
}

/// The way found, from its end to its beginning.
fn trace(came: &[Option<(usize, Link)>], from: usize, to: usize) -> Vec<(usize, Way)> {
    let mut steps = Vec::new();
    let mut node = to;
    while node != from
        && let Some((before, link)) = came[node]
    {
        steps.push((link.arc, link.way));
        node = before;
    }
    steps
}
