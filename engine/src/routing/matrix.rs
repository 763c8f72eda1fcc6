//! Walking times between all places of a request.

use super::Label;
use super::graph::SearchGraph;
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
        let mut search = Search::new(graph);
        search.run(0, places, |_, ticks| ticks <= budget, |_| true);
        let from_start: Vec<u32> = search.ticks().collect();
        search.run(end as u32, places, |_, ticks| ticks <= budget, |_| true);
        let to_end: Vec<u32> = search.ticks().collect();

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
    graph: &'a SearchGraph,
    labels: Vec<Label>,
    queue: RadixHeap,
}

impl<'a> Search<'a> {
    fn new(graph: &'a SearchGraph) -> Self {
        Self {
            graph,
            labels: vec![Label::UNREACHED; graph.node_count()],
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
            if (node as usize) < self.graph.places() && is_target(node) {
                wanted -= 1;
            }
            for arc in self.graph.arcs(node) {
                let next = label.plus(arc.cost, arc.ticks);
                let known = &mut self.labels[arc.head as usize];
                if next.cost < known.cost && fits(arc.head, next.ticks) {
                    *known = next;
                    self.queue.push(next.cost, arc.head);
                }
            }
        }
    }
}
