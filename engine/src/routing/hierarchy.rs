//! The graph in an order in which any two nodes meet above both.

use std::collections::VecDeque;
use std::ops::Range;

use super::Label;
use super::graph::SearchGraph;

/// Costs above this count as this: the sum of two still fits.
const MOST_COST: u32 = u32::MAX / 2;

/// The cheapest ways from each node up to the nodes above it, which form a chain.
///
/// Nodes are taken out of the graph one after another, those with the fewest neighbours first, and their neighbours joined to
/// each other: a contraction hierarchy without witnesses, which needs no more than the weights (Dibbelt, Strasser and Wagner 2016).
/// The neighbours that a node has when it goes are above it. The cheapest way between two nodes leads up from both to a
/// node above the two.
#[derive(Debug)]
pub(super) struct Hierarchy {
    above: Vec<Above>,
    ways: Vec<Way>,
}

/// What is above a node.
#[derive(Debug, Clone, Default)]
struct Above {
    /// The next node of the chain.
    parent: Option<u32>,
    /// Length of the chain.
    depth: u32,
    /// Where the ways up are in the list of all.
    ways: Range<usize>,
}

/// A way to a node further up, given by how long that node's own chain is.
#[derive(Debug, Clone, Copy)]
struct Way {
    depth: u32,
    label: Label,
}

/// The chain above a node, from the top down to the node itself, and the cheapest ways along it.
#[derive(Debug)]
pub(super) struct Climb {
    nodes: Vec<u32>,
    costs: Vec<u32>,
    ticks: Vec<u32>,
}

impl Hierarchy {
    /// Puts all nodes of a graph in order.
    pub(super) fn of(graph: &SearchGraph) -> Self {
        let mut elimination = Elimination::new(graph);
        elimination.run();
        elimination.finish()
    }

    /// The cheapest ways from a node to all above it.
    pub(super) fn climb(&self, node: u32) -> Climb {
        let length = self.above[node as usize].depth as usize + 1;
        let mut labels = vec![Label::UNREACHED; length];
        let mut nodes = vec![node; length];
        labels[length - 1] = Label::ZERO;
        let mut next = Some(node);
        while let Some(here) = next {
            let above = &self.above[here as usize];
            let label = labels[above.depth as usize];
            nodes[above.depth as usize] = here;
            for way in &self.ways[above.ways.clone()] {
                let further = label.plus(way.label.cost, way.label.ticks);
                let known = &mut labels[way.depth as usize];
                if further.cost < known.cost {
                    *known = further;
                }
            }
            next = above.parent;
        }
        Climb {
            nodes,
            costs: labels
                .iter()
                .map(|label| label.cost.min(MOST_COST))
                .collect(),
            ticks: labels.iter().map(|label| label.ticks).collect(),
        }
    }
}

impl Climb {
    /// Ticks of the cheapest way to the node of another climb; `u32::MAX`: there is none.
    pub(super) fn ticks_to(&self, other: &Self) -> u32 {
        let both = self.nodes.len().min(other.nodes.len());
        let shared = common_prefix(&self.nodes[..both], &other.nodes[..both]);
        let costs = self.costs[..shared].iter().zip(&other.costs[..shared]);
        let costs = costs.map(|(there, back)| there + back);
        let Some(least) = costs.clone().min() else {
            return u32::MAX;
        };
        let meeting = costs.into_iter().position(|cost| cost == least);
        meeting.map_or(u32::MAX, |at| {
            self.ticks[at].saturating_add(other.ticks[at])
        })
    }
}

/// How many nodes two chains share, from the top.
fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    let (mut low, mut high) = (0, a.len());
    while low < high {
        let middle = low.midpoint(high);
        if a[middle] == b[middle] {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

struct Elimination {
    /// The ways that each node had to nodes still there, when it was taken out or now.
    ways: Vec<Vec<(u32, Label)>>,
    /// When each node was taken out; `u32::MAX`: it is still there.
    rank: Vec<u32>,
    order: Vec<u32>,
    /// Nodes that had so many ways when they were put here.
    waiting: Vec<VecDeque<u32>>,
    /// Count of joins, and for each node the last one that found it among a node's ways, and where.
    joins: u32,
    found: Vec<(u32, u32)>,
}

impl Elimination {
    fn new(graph: &SearchGraph) -> Self {
        let nodes = graph.node_count();
        let mut elimination = Self {
            ways: vec![Vec::new(); nodes],
            rank: vec![u32::MAX; nodes],
            order: Vec::with_capacity(nodes),
            waiting: Vec::new(),
            joins: 0,
            found: vec![(0, 0); nodes],
        };
        for link in graph.links() {
            let [a, b] = link.ends;
            let label = Label::ZERO.plus(link.cost, link.ticks);
            elimination.join(a, &[(b, label)], Label::ZERO, u32::MAX);
            elimination.join(b, &[(a, label)], Label::ZERO, u32::MAX);
        }
        for node in 0..nodes as u32 {
            elimination.wait(node);
        }
        elimination
    }

    fn run(&mut self) {
        let mut fewest = 0;
        while fewest < self.waiting.len() {
            let Some(node) = self.waiting[fewest].pop_front() else {
                fewest += 1;
                continue;
            };
            let is_there = self.rank[node as usize] == u32::MAX;
            if is_there && self.ways[node as usize].len() == fewest {
                self.take_out(node);
                // Each neighbour has lost one way.
                fewest = fewest.saturating_sub(1);
            }
        }
    }

    fn take_out(&mut self, node: u32) {
        self.rank[node as usize] = self.order.len() as u32;
        self.order.push(node);
        let ways = std::mem::take(&mut self.ways[node as usize]);
        for &(neighbour, label) in &ways {
            self.join(neighbour, &ways, label, node);
            self.wait(neighbour);
        }
        self.ways[node as usize] = ways;
    }

    /// Joins a node to others that are `label` and then their own way from it, unless there is a cheaper way already.
    /// The way to the node that is `gone` goes, too.
    fn join(&mut self, node: u32, others: &[(u32, Label)], label: Label, gone: u32) {
        self.joins += 1;
        let ways = &mut self.ways[node as usize];
        let mut position = 0;
        while let Some(&(head, _)) = ways.get(position) {
            if head == gone {
                ways.swap_remove(position);
            } else {
                self.found[head as usize] = (self.joins, position as u32);
                position += 1;
            }
        }
        for &(head, rest) in others.iter().filter(|&&(head, _)| head != node) {
            let joined = label.plus(rest.cost, rest.ticks);
            let (join, position) = self.found[head as usize];
            if join != self.joins {
                ways.push((head, joined));
            } else if joined.cost < ways[position as usize].1.cost {
                ways[position as usize].1 = joined;
            }
        }
    }

    fn wait(&mut self, node: u32) {
        let count = self.ways[node as usize].len();
        if self.waiting.len() <= count {
            self.waiting.resize_with(count + 1, VecDeque::new);
        }
        self.waiting[count].push_back(node);
    }

    fn finish(self) -> Hierarchy {
        let mut above = vec![Above::default(); self.ways.len()];
        let mut all_ways = Vec::with_capacity(self.ways.iter().map(Vec::len).sum());
        for &node in self.order.iter().rev() {
            let ways = &self.ways[node as usize];
            let heads = ways.iter().map(|&(head, _)| head);
            let parent = heads.min_by_key(|&head| self.rank[head as usize]);
            let depth_of = |head: u32| above[head as usize].depth;
            let first = all_ways.len();
            all_ways.extend(ways.iter().map(|&(head, label)| Way {
                depth: depth_of(head),
                label,
            }));
            above[node as usize] = Above {
                parent,
                depth: parent.map_or(0, |parent| depth_of(parent) + 1),
                ways: first..all_ways.len(),
            };
        }
        Hierarchy {
            above,
            ways: all_ways,
        }
    }
}
