//! Walking times between all places of a request.

use super::Label;
use super::graph::SearchGraph;
use super::overlay::Overlay;
use super::queue::RadixHeap;
use crate::network::TICKS_PER_SECOND;

/// Walking times in whole seconds, rounded up, between numbered places; the same in both directions.
#[derive(Debug, Clone)]
pub struct Matrix {
    places: usize,
    seconds: Vec<u32>,
}

impl Matrix {
    /// The time of a pair that no walk within the budget can hold.
    pub const TOO_FAR: u32 = u32::MAX;

    /// Times between all pairs that fit into a walk of `budget` ticks from place 0 to place `end`.
    ///
    /// One search (Dijkstra 1959) for each place, over half the pairs: places go from the furthest to the nearest, and
    /// each looks only for those after it. A search leaves out the nodes from which the walk's end is out of time, so
    /// all of them stay within the ellipse of the budget, and it ends when its last place is found.
    pub(crate) fn compute(graph: &SearchGraph, budget: u32, end: usize) -> Self {
        let places = graph.places();
        let mut matrix = Self {
            places,
            seconds: vec![Self::TOO_FAR; places * places],
        };
        for place in 0..places {
            matrix.seconds[place * places + place] = 0;
        }
        let overlay = Overlay::of(graph);
        let mut search = Search::new(&overlay, places);
        let [from_start, to_end] = [0, end].map(|place| {
            search.run(
                place as u32,
                usize::MAX,
                |_, ticks| ticks <= budget,
                |_| true,
            );
            search.ticks().collect::<Vec<u32>>()
        });

        let mut order: Vec<usize> = (0..places).collect();
        order.sort_by_key(|&place| (std::cmp::Reverse(from_start[place]), place));
        let mut is_target = vec![true; places];
        for (rank, &place) in order.iter().enumerate() {
            is_target[place] = false;
            let (before, after) = (from_start[place], to_end[place]);
            let fits = |node: u32, ticks: u32| {
                let (to, from) = (to_end[node as usize], from_start[node as usize]);
                let there = before.saturating_add(to);
                let back = after.saturating_add(from);
                ticks.saturating_add(there.min(back)) <= budget
            };
            search.run(place as u32, places - rank - 1, fits, |node| {
                is_target[node as usize]
            });
            for &other in &order[rank + 1..] {
                let label = search.labels[other];
                if label.is_reached() {
                    matrix.set(place, other, label.ticks.div_ceil(TICKS_PER_SECOND));
                }
            }
        }
        matrix
    }

    fn set(&mut self, a: usize, b: usize, seconds: u32) {
        self.seconds[a * self.places + b] = seconds;
        self.seconds[b * self.places + a] = seconds;
    }

    /// Seconds from one place to another; [`Self::TOO_FAR`] where no walk can hold the pair.
    pub fn seconds(&self, from: usize, to: usize) -> u32 {
        self.seconds[from * self.places + to]
    }
}

/// One-to-many search that keeps its memory.
struct Search<'a> {
    overlay: &'a Overlay,
    places: usize,
    labels: Vec<Label>,
    queue: RadixHeap,
}

impl<'a> Search<'a> {
    fn new(overlay: &'a Overlay, places: usize) -> Self {
        Self {
            overlay,
            places,
            labels: vec![Label::UNREACHED; overlay.node_count()],
            queue: RadixHeap::default(),
        }
    }

    fn ticks(&self) -> impl Iterator<Item = u32> {
        self.labels.iter().map(|label| label.ticks)
    }

    /// Searches from `source` through the nodes that `fits` admits until `wanted` targets are found.
    fn run(
        &mut self,
        source: u32,
        mut wanted: usize,
        fits: impl Fn(u32, u32) -> bool,
        is_target: impl Fn(u32) -> bool,
    ) {
        self.labels.fill(Label::UNREACHED);
        self.queue.clear();
        self.labels[source as usize] = Label::ZERO;
        self.queue.push(0, source);
        while wanted > 0
            && let Some((cost, node)) = self.queue.pop()
        {
            let label = self.labels[node as usize];
            if cost > label.cost {
                continue;
            }
            if (node as usize) < self.places && is_target(node) {
                wanted -= 1;
            }
            for way in self.overlay.ways(node) {
                let next = label.plus(way.label.cost, way.label.ticks);
                let known = &mut self.labels[way.head as usize];
                if next.cost < known.cost && fits(way.head, next.ticks) {
                    *known = next;
                    self.queue.push(next.cost, way.head);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Matrix;
    use crate::network::TICKS_PER_SECOND;
    use crate::routing::graph::{Link, SearchGraph};

    fn link(ends: [u32; 2], ticks: u32) -> Link {
        Link {
            ends,
            cost: ticks,
            ticks,
            metres: 0.0,
            first_piece: 0,
            piece_count: 0,
        }
    }

    /// Shortest ticks between all nodes (Floyd 1962).
    fn all_ticks(nodes: usize, links: &[Link]) -> Vec<Vec<u32>> {
        let mut ticks = vec![vec![u32::MAX; nodes]; nodes];
        (0..nodes).for_each(|node| ticks[node][node] = 0);
        for link in links {
            let [a, b] = link.ends.map(|end| end as usize);
            ticks[a][b] = ticks[a][b].min(link.ticks);
            ticks[b][a] = ticks[a][b];
        }
        for via in 0..nodes {
            for from in 0..nodes {
                for to in 0..nodes {
                    let around = ticks[from][via].saturating_add(ticks[via][to]);
                    ticks[from][to] = ticks[from][to].min(around);
                }
            }
        }
        ticks
    }

    proptest! {
        #[test]
        fn times_are_those_of_the_shortest_ways_that_fit(
            nodes in 2_usize..30,
            places in 1_usize..8,
            ends_elsewhere: bool,
            budget in 0_u32..20_000,
            ways in prop::collection::vec((0_u32..30, 0_u32..30, 1_u32..5000), 0..80),
        ) {
            let places = places.min(nodes);
            let links: Vec<Link> = ways
                .into_iter()
                .map(|(a, b, ticks)| link([a % nodes as u32, b % nodes as u32], ticks))
                .filter(|link| link.ends[0] != link.ends[1])
                .collect();
            let end = if ends_elsewhere { places - 1 } else { 0 };
            let ticks = all_ticks(nodes, &links);
            let graph = SearchGraph::from_links(places, nodes, links, std::iter::empty());
            let matrix = Matrix::compute(&graph, budget, end);
            for (a, b) in (0..places).flat_map(|a| (0..places).map(move |b| (a, b))) {
                let walk = |first: usize, last: usize| {
                    ticks[0][first].saturating_add(ticks[a][b]).saturating_add(ticks[last][end])
                };
                let expected = if a == b {
                    0
                } else if walk(a, b).min(walk(b, a)) <= budget {
                    ticks[a][b].div_ceil(TICKS_PER_SECOND)
                } else {
                    Matrix::TOO_FAR
                };
                prop_assert_eq!(matrix.seconds(a, b), expected);
            }
        }
    }
}
