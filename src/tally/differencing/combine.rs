//! How few ballots the totals that were shown would tell of, together with further ones: by any
//! linear combination of them, not only by the difference of two.
//!
//! Number the marks 1 to n, the totals in question n + 1, and let a combination take c(i) times the
//! i-th. Let S(j) = c(1) + ... + c(j - 1). A ballot that mark a was the first to show, and that was
//! taken out before mark e (e = n + 2 where it is still there), is in the marks a to e - 1, so the
//! combination holds S(e) - S(a) times its answer. It tells of those ballots for which that is not
//! zero. So take the numbers 1 to n + 2 as the nodes of a graph, and the ballots as its edges, each
//! from its a to its e. What a combination tells of are the edges between nodes of different S. A
//! combination that makes use of the totals in question has S(n + 1) and S(n + 2) apart; and each
//! way of parting the nodes into two sets with n + 1 and n + 2 on different sides is the S of such a
//! combination. Hence the fewest ballots are the least cut between the two nodes, which is the
//! greatest flow.
//!
//! A cut of none means that the totals in question follow from those that were shown: they tell
//! nothing new. The difference to one mark is one of the cuts, so the flow is never larger than the
//! distance to the nearest.

use std::collections::VecDeque;

use super::TakenOut;
use crate::tally::Mark;

/// The fewest ballots, at least one, that combinations of the marks with a poll of so many
/// `ballots` tell of; `None` when such a poll tells nothing new, or nothing was shown.
pub(super) fn fewest(marks: &[Mark], taken_out: &TakenOut, ballots: u64) -> Option<u64> {
    if marks.is_empty() {
        return None;
    }
    let mut graph = Graph::new(marks.len() + 2);
    let (asked, end) = (marks.len(), marks.len() + 1);
    for (group, through) in taken_out {
        let through = usize::from(*through);
        let mut shown = 0;
        for (first, mark) in marks[..through].iter().enumerate() {
            let held = mark.by_group.get(group).copied().unwrap_or(0);
            graph.add(first, through, grown(shown, held));
            shown = held;
        }
    }
    let mut shown = 0;
    for (first, mark) in marks.iter().enumerate() {
        let held = left(first, mark, taken_out);
        graph.add(first, end, grown(shown, held));
        shown = held;
    }
    graph.add(asked, end, grown(shown, ballots));
    Some(graph.flow(asked, end)).filter(|ballots| *ballots > 0)
}

/// The ballots of a mark that are still there.
pub(super) fn left(number: usize, mark: &Mark, taken_out: &TakenOut) -> u64 {
    let is_gone = |group| taken_out.get(group).is_some_and(|through| number < (*through).into());
    mark.by_group.iter().filter(|(group, _)| !is_gone(group)).map(|(_, ballots)| ballots).sum()
}

/// What is folded stays folded until it is taken out.
fn grown(before: u64, now: u64) -> u64 {
    now.checked_sub(before).expect("a mark's ballots are in the poll until they are taken out")
}

/// Nodes, and edges that carry as much in either direction.
struct Graph {
    edges: Vec<Vec<usize>>,
    to: Vec<usize>,
    room: Vec<u64>,
}

impl Graph {
    fn new(nodes: usize) -> Self {
        Self { edges: vec![Vec::new(); nodes], to: Vec::new(), room: Vec::new() }
    }

    /// An edge and, next to it, the same one backwards.
    fn add(&mut self, a: usize, b: usize, room: u64) {
        if room == 0 {
            return;
        }
        for (from, to) in [(a, b), (b, a)] {
            self.edges[from].push(self.to.len());
            self.to.push(to);
            self.room.push(room);
        }
    }

    /// The greatest flow, by shortest paths one after another.
    fn flow(&mut self, from: usize, to: usize) -> u64 {
        let mut flow = 0;
        while let Some(path) = self.path(from, to) {
            let more = path.iter().map(|edge| self.room[*edge]).min().expect("a path has edges");
            for edge in path {
                self.room[edge] -= more;
                self.room[edge ^ 1] += more;
            }
            flow += more;
        }
        flow
    }

    /// The edges of a shortest path with room, from its end to its beginning.
    fn path(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut came_by = vec![None; self.edges.len()];
        let mut waiting = VecDeque::from([from]);
        while let Some(node) = waiting.pop_front() {
            for edge in self.edges[node].iter().copied() {
                let next = self.to[edge];
                if self.room[edge] > 0 && next != from && came_by[next].is_none() {
                    came_by[next] = Some(edge);
                    waiting.push_back(next);
                }
            }
        }
        let mut path = Vec::new();
        let mut node = to;
        while node != from {
            let edge = came_by[node]?;
            path.push(edge);
            node = self.to[edge ^ 1];
        }
        Some(path)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::poll::IssuerKeyId;
    use crate::tally::ByGroup;

    fn key(number: usize) -> IssuerKeyId {
        IssuerKeyId::from_raw(1 + number as u64)
    }

    /// Marks of groups, each group's ballots in turn; a group is there until it is taken out.
    fn marks(grown: &[Vec<u64>], gone: &[Option<u16>]) -> (Vec<Mark>, TakenOut, u64) {
        let taken_out: TakenOut = gone
            .iter()
            .enumerate()
            .filter_map(|(group, through)| Some((key(group), (*through)?)))
            .collect();
        let mut held = vec![0; gone.len()];
        let mut marks = Vec::new();
        for (number, more) in grown.iter().enumerate() {
            for (group, more) in more.iter().enumerate() {
                let there = gone[group].is_none_or(|through| number < through.into());
                held[group] = if there { held[group] + more } else { 0 };
            }
            let by_group: ByGroup = held.iter().enumerate().map(|(g, n)| (key(g), *n)).collect();
            marks.push(Mark { by_group });
        }
        let asked = marks.pop().unwrap();
        let ballots = asked.by_group.values().sum();
        (marks, taken_out, ballots)
    }

    /// The same by trying every way to part the nodes.
    fn brute(marks: &[Mark], taken_out: &TakenOut, ballots: u64) -> Option<u64> {
        let nodes = marks.len() + 2;
        let mut edges = Vec::new();
        for (group, through) in taken_out {
            let mut before = 0;
            for (first, mark) in marks[..usize::from(*through)].iter().enumerate() {
                edges.push((first, usize::from(*through), mark.by_group[group] - before));
                before = mark.by_group[group];
            }
        }
        let mut before = 0;
        for (first, mark) in marks.iter().enumerate() {
            let kept = left(first, mark, taken_out);
            edges.push((first, nodes - 1, kept - before));
            before = kept;
        }
        edges.push((nodes - 2, nodes - 1, ballots - before));
        let apart = |parts: u32, node: usize| parts >> node & 1;
        (0..1_u32 << nodes)
            .filter(|parts| apart(*parts, nodes - 1) != apart(*parts, nodes - 2))
            .map(|parts| {
                let between =
                    |(a, b, _): &&(usize, usize, u64)| apart(parts, *a) != apart(parts, *b);
                edges.iter().filter(between).map(|(_, _, ballots)| ballots).sum()
            })
            .min()
            .filter(|ballots| *ballots > 0)
    }

    proptest! {
        #[test]
        fn the_flow_is_the_least_over_every_combination(
            grown in prop::collection::vec(prop::collection::vec(0_u64..9, 3), 1..7),
            gone in prop::collection::vec(prop::option::of(0_u16..6), 3),
        ) {
            let most = u16::try_from(grown.len() - 1).unwrap();
            let gone: Vec<_> = gone.iter().map(|gone| gone.map(|gone| gone.min(most))).collect();
            let (marks, taken_out, ballots) = marks(&grown, &gone);
            if !marks.is_empty() {
                let expected = brute(&marks, &taken_out, ballots);
                prop_assert_eq!(fewest(&marks, &taken_out, ballots), expected);
            }
        }
    }

    #[test]
    fn three_releases_tell_of_the_few_that_no_two_of_them_tell_of() {
        // The honest voters of a key that is taken out come back under another one, and three more
        // people with them: third - (second - first) is those three.
        let grown = [vec![100, 0], vec![0, 100], vec![0, 3]];
        let (marks, taken_out, ballots) = marks(&grown, &[Some(2), None]);
        assert_eq!(ballots, 103);
        assert_eq!(fewest(&marks, &taken_out, ballots), Some(3));
    }

    #[test]
    fn without_anything_taken_out_it_is_what_has_come_since_the_last() {
        let grown = [vec![50, 50], vec![10, 20], vec![7, 0]];
        let (marks, taken_out, ballots) = marks(&grown, &[None, None]);
        assert_eq!(fewest(&marks, &taken_out, ballots), Some(7));
        assert_eq!(fewest(&marks, &taken_out, ballots - 7), None);
        assert_eq!(fewest(&[], &taken_out, 5), None);
    }
}
