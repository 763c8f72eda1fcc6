//! Customizable contraction hierarchy of a request's graph: elimination order, shortcuts and their weights.

use std::ops::Range;

use super::graph::{Link, SearchGraph};
use super::order::{Below, Order};

/// Ways that cost as much are none: the sum of two costs still fits.
pub(super) const MOST_COST: u32 = u32::MAX / 2;

/// A customizable contraction hierarchy (Dibbelt, Strasser and Wagner 2016): the cheapest ways from each node up to the
/// nodes above it, which are its ancestors in the elimination tree.
///
/// Nodes are eliminated one after another, and their neighbours joined to each other by shortcuts, without a search for
/// witnesses. The neighbours that a node has when it goes are above it. The cheapest way between two nodes leads up from both
/// to a common ancestor.
#[derive(Debug)]
pub(crate) struct Hierarchy<'a> {
    graph: &'a SearchGraph,
    /// Position of each node of the graph in the elimination order, by which it is named here.
    positions: Vec<u32>,
    above: Vec<Above>,
    /// The ways of each node, the highest first, each given by how long the chain above its end is.
    depths: Vec<u32>,
    weights: Vec<Weight>,
}

/// Upward neighbours of a node.
#[derive(Debug, Clone, Default)]
struct Above {
    /// The parent in the elimination tree, which is the next node of the chain.
    parent: Option<u32>,
    /// Depth in the elimination tree: length of the chain above.
    depth: u32,
    /// Range of the ways up in the list of all.
    ways: Range<usize>,
}

/// Cost and ticks of a way in one number, so that the cheapest is the least and of two as cheap the shortest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Weight(u64);

impl Weight {
    const MOST: Self = Self::new(MOST_COST, MOST_COST);

    const fn new(cost: u32, ticks: u32) -> Self {
        Self((cost as u64) << 32 | ticks as u64)
    }

    fn of(link: &Link) -> Self {
        let cost = link.cost.min(MOST_COST);
        Self::new(cost, link.ticks.min(cost))
    }

    /// Lowers this to the weight of a way and then another, if that is less.
    fn improve(&mut self, way: Self, then: Self) {
        self.0 = self.0.min(way.0 + then.0);
    }

    const fn cost(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// `u32::MAX`: there is no such way.
    fn ticks(self) -> u32 {
        if self == Self::MOST {
            u32::MAX
        } else {
            self.0 as u32
        }
    }
}

/// Upward search space of a node: its ancestors in the elimination tree, from the root down to itself, and the cheapest ways
/// to them.
#[derive(Debug)]
pub(super) struct Climb {
    nodes: Vec<u32>,
    weights: Vec<Weight>,
}

impl<'a> Hierarchy<'a> {
    /// Builds the hierarchy of a graph: order, shortcuts, weights.
    pub(crate) fn of(graph: &'a SearchGraph) -> Self {
        let order = Order::of(graph);
        let below = order.below();
        let mut hierarchy = Self::without_weights(graph, &order, &below);
        hierarchy.weigh(&order, &below);
        hierarchy
    }

    fn without_weights(graph: &'a SearchGraph, order: &Order, below: &Below) -> Self {
        let mut above = vec![Above::default(); order.nodes.len()];
        let mut first = 0;
        for (above, node) in above.iter_mut().zip(0..) {
            above.ways = first..first;
            first += order.above(node).len();
        }
        let mut depths = vec![0; first];
        // From the top down, so the end that a node gets last is the next above it.
        for end in (0..order.nodes.len() as u32).rev() {
            let depth = match above[end as usize].parent {
                Some(parent) => above[parent as usize].depth + 1,
                None => 0,
            };
            above[end as usize].depth = depth;
            for &node in below.of(end) {
                let above = &mut above[node as usize];
                above.parent = Some(end);
                depths[above.ways.end] = depth;
                above.ways.end += 1;
            }
        }
        Self {
            graph,
            positions: order.positions.clone(),
            above,
            depths,
            weights: vec![Weight::MOST; first],
        }
    }

    /// Customization: finds the cheapest ways up from each node, along its own links and by way of each node below it (lower
    /// triangles).
    fn weigh(&mut self, order: &Order, below: &Below) {
        let graph = self.graph;
        // The ways of each node to nodes that are not done yet.
        let mut further: Vec<Range<usize>> =
            self.above.iter().map(|above| above.ways.clone()).collect();
        let deepest = self.above.iter().map(|above| above.depth).max();
        let mut cheapest = vec![Weight::MOST; deepest.unwrap_or(0) as usize + 1];
        for (&node_of_graph, node) in order.nodes.iter().zip(0..) {
            let ways = self.above[node as usize].ways.clone();
            for &depth in &self.depths[ways.clone()] {
                cheapest[depth as usize] = Weight::MOST;
            }
            for arc in graph.arcs(node_of_graph) {
                let head = self.positions[arc.head as usize];
                // A link to a node further down sets a weight that is not read.
                let known = &mut cheapest[self.above[head as usize].depth as usize];
                *known = Weight::of(&graph.links[arc.link as usize]).min(*known);
            }
            for &lower in below.of(node) {
                let ways = &mut further[lower as usize];
                ways.end -= 1;
                let to_node = self.weights[ways.end];
                for (&depth, &weight) in self.depths[ways.clone()]
                    .iter()
                    .zip(&self.weights[ways.clone()])
                {
                    cheapest[depth as usize].improve(to_node, weight);
                }
            }
            for way in ways {
                self.weights[way] = cheapest[self.depths[way] as usize];
            }
        }
    }

    /// The graph that it orders.
    pub(crate) fn graph(&self) -> &'a SearchGraph {
        self.graph
    }

    /// Count of nodes.
    pub(super) fn len(&self) -> usize {
        self.positions.len()
    }

    /// Position of a node of the graph in the elimination order.
    pub(super) fn position(&self, node_of_graph: u32) -> u32 {
        self.positions[node_of_graph as usize]
    }

    /// Depth of a node in the elimination tree: count of the nodes above it.
    pub(super) fn depth(&self, node: u32) -> usize {
        self.above[node as usize].depth as usize
    }

    /// Parent of a node in the elimination tree.
    pub(super) fn parent(&self, node: u32) -> Option<u32> {
        self.above[node as usize].parent
    }

    /// The cost of the cheapest way from a node that leads up first and on from there for what `costs` says of each node
    /// of the chain above, from the top down; [`MOST_COST`]: there is none.
    pub(super) fn cheapest_up(&self, node: u32, costs: &[u32]) -> u32 {
        let ways = self.above[node as usize].ways.clone();
        let (depths, weights) = (&self.depths[ways.clone()], &self.weights[ways]);
        let on = |(&depth, weight): (&u32, &Weight)| weight.cost() + costs[depth as usize];
        depths.iter().zip(weights).map(on).fold(MOST_COST, u32::min)
    }

    /// Upward search: the cheapest ways from a node of the graph to all its ancestors.
    pub(super) fn climb(&self, node_of_graph: u32) -> Climb {
        let node = self.positions[node_of_graph as usize];
        let length = self.above[node as usize].depth as usize + 1;
        let mut cheapest = vec![Weight::MOST; length];
        let mut nodes = vec![node; length];
        cheapest[length - 1] = Weight::new(0, 0);
        let mut next = Some(node);
        while let Some(here) = next {
            let above = &self.above[here as usize];
            let weight = cheapest[above.depth as usize];
            nodes[above.depth as usize] = here;
            let ways = above.ways.clone();
            for (&depth, &way) in self.depths[ways.clone()].iter().zip(&self.weights[ways]) {
                cheapest[depth as usize].improve(weight, way);
            }
            next = above.parent;
        }
        Climb {
            nodes,
            weights: cheapest,
        }
    }
}

impl Climb {
    /// The nodes of the chain, from the top down, and the costs of the ways to them.
    pub(super) fn into_costs(self) -> (Vec<u32>, Vec<u32>) {
        let costs = self.weights.iter().map(|weight| weight.cost()).collect();
        (self.nodes, costs)
    }

    /// Ticks of the cheapest way to the node of another climb; `u32::MAX`: there is none.
    pub(super) fn ticks_to(&self, other: &Self) -> u32 {
        let both = self.nodes.len().min(other.nodes.len());
        let shared = common_prefix(&self.nodes[..both], &other.nodes[..both]);
        let mut cheapest = Weight::MOST;
        for (&there, &back) in self.weights[..shared].iter().zip(&other.weights[..shared]) {
            cheapest.improve(there, back);
        }
        cheapest.ticks()
    }
}

/// Count of the ancestors that two chains share, from the root.
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
