//! The graph for times alone: most junctions are taken out.

use std::collections::VecDeque;

use super::Label;
use super::graph::SearchGraph;

/// Junctions with more ways than this stay: taking one out would put too many ways in its place.
const MOST_WAYS: usize = 10;

/// A graph with the places of a [`SearchGraph`], few other nodes, and the same cheapest ways between all of them.
///
/// Nodes with few neighbours are taken out one after another, and their neighbours joined to each other: the elimination of
/// contraction hierarchies (Geisberger et al. 2008), without witnesses and only as far as it makes searches faster.
#[derive(Debug)]
pub(super) struct Overlay {
    first_way: Vec<u32>,
    ways: Vec<Way>,
}

/// A way to a neighbour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) head: u32,
    pub(super) label: Label,
}

impl Overlay {
    /// Takes all nodes out of a graph that are worth it; its places keep their numbers.
    pub(super) fn of(graph: &SearchGraph) -> Self {
        let mut elimination = Elimination::new(graph);
        elimination.run();
        elimination.finish()
    }

    pub(super) fn node_count(&self) -> usize {
        self.first_way.len() - 1
    }

    pub(super) fn ways(&self, node: u32) -> &[Way] {
        let node = node as usize;
        &self.ways[self.first_way[node] as usize..self.first_way[node + 1] as usize]
    }
}

struct Elimination {
    places: usize,
    ways: Vec<Vec<Way>>,
    is_out: Vec<bool>,
    /// Nodes that had so many ways when they were put here.
    waiting: [VecDeque<u32>; MOST_WAYS + 1],
}

impl Elimination {
    fn new(graph: &SearchGraph) -> Self {
        let nodes = graph.node_count();
        let mut elimination = Self {
            places: graph.places(),
            ways: vec![Vec::new(); nodes],
            is_out: vec![false; nodes],
            waiting: std::array::from_fn(|_| VecDeque::new()),
        };
        for link in graph.links() {
            let label = Label::ZERO.plus(link.cost, link.ticks);
            elimination.join(link.ends, label);
        }
        for node in 0..nodes as u32 {
            elimination.wait(node);
        }
        elimination
    }

    fn run(&mut self) {
        while let Some(fewest) = self.waiting.iter().position(|nodes| !nodes.is_empty()) {
            if let Some(node) = self.waiting[fewest].pop_front()
                && !self.is_out[node as usize]
                && self.ways[node as usize].len() == fewest
            {
                self.take_out(node);
            }
        }
    }

    fn take_out(&mut self, node: u32) {
        self.is_out[node as usize] = true;
        let ways = std::mem::take(&mut self.ways[node as usize]);
        for way in &ways {
            self.ways[way.head as usize].retain(|back| back.head != node);
        }
        for (position, from) in ways.iter().enumerate() {
            for to in &ways[position + 1..] {
                let label = from.label.plus(to.label.cost, to.label.ticks);
                self.join([from.head, to.head], label);
            }
        }
        for way in ways {
            self.wait(way.head);
        }
    }

    /// Joins two nodes, unless there is a cheaper way between them already.
    fn join(&mut self, [a, b]: [u32; 2], label: Label) {
        for (tail, head) in [(a, b), (b, a)] {
            let ways = &mut self.ways[tail as usize];
            match ways.iter_mut().find(|way| way.head == head) {
                Some(way) if way.label.cost <= label.cost => {}
                Some(way) => way.label = label,
                None => ways.push(Way { head, label }),
            }
        }
    }

    fn wait(&mut self, node: u32) {
        let count = self.ways[node as usize].len();
        if node as usize >= self.places && count <= MOST_WAYS {
            self.waiting[count].push_back(node);
        }
    }

    fn finish(self) -> Overlay {
        let mut numbers = vec![u32::MAX; self.ways.len()];
        let kept = || (0..self.ways.len()).filter(|node| !self.is_out[*node]);
        for (node, number) in kept().zip(0..) {
            numbers[node] = number;
        }
        let mut overlay = Overlay {
            first_way: vec![0],
            ways: Vec::new(),
        };
        for node in kept() {
            overlay.ways.extend(self.ways[node].iter().map(|way| Way {
                head: numbers[way.head as usize],
                ..*way
            }));
            overlay.first_way.push(overlay.ways.len() as u32);
        }
        overlay
    }
}
