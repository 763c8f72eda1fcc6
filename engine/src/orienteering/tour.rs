//! A tour under construction: a linked list, its cost, and the cheapest insertion of every node that is not on it.

use super::instance::{END, Instance, START};

/// Says of a node that it is not on the tour, and of the ends that nothing is beyond.
const NONE: u32 = u32::MAX;
/// The extra cost of an insertion that is not known yet.
const UNKNOWN: i32 = i32::MAX;
/// The extra cost kept for nodes that cannot be inserted, being on the tour: no offer is ever lower.
const ON_TOUR: i32 = i32::MIN;
/// Neighbours on the tour of which both sides are tried when the cheapest insertion of a node is sought.
const TRIED_NEIGHBOURS: usize = 5;
/// With fewer than these the whole tour is searched.
const ENOUGH_NEIGHBOURS: usize = 3;
/// Tours up to this length are always searched whole.
const SHORT_TOUR: usize = 16;

/// A tour from [`START`] to [`END`] as a doubly linked list.
///
/// For each node that is not on it, the tour knows the cheapest insertion, lazily: new edges are offered to all nodes at once, in a loop over
/// dense rows, but a node whose edge is gone keeps its extra cost, which then is a lower bound, until it is asked to confirm it.
/// So only nodes that are about to be inserted ever look for another edge (lazy evaluation as in Minoux 1978).
#[derive(Debug, Clone)]
pub(super) struct Tour {
    next: Vec<u32>,
    prev: Vec<u32>,
    /// Length of the edge to the next node.
    length: Vec<i32>,
    /// Extra cost of the cheapest insertion, or less if the edge that it splits is gone.
    extra: Vec<i32>,
    /// The edge that this insertion splits, or split.
    edge: Vec<Edge>,
    cost: i32,
    stops: usize,
}

impl Tour {
    /// The tour straight from the start to the end.
    pub(super) fn new(instance: &Instance) -> Self {
        let stride = instance.stride();
        let mut tour = Self {
            next: vec![NONE; stride],
            prev: vec![NONE; stride],
            length: vec![0; stride],
            extra: vec![ON_TOUR; stride],
            edge: vec![Edge::new(START, END); stride],
            cost: instance.time(START, END),
            stops: 0,
        };
        tour.extra[END + 1..instance.nodes()].fill(UNKNOWN);
        tour.link(instance, START, END);
        tour.offer_edge(instance, START, END);
        tour
    }

    /// Takes over another tour of the same instance.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.next.copy_from_slice(&other.next);
        self.prev.copy_from_slice(&other.prev);
        self.length.copy_from_slice(&other.length);
        self.extra.copy_from_slice(&other.extra);
        self.edge.copy_from_slice(&other.edge);
        self.cost = other.cost;
        self.stops = other.stops;
    }

    /// Cost of the tour.
    pub(super) fn cost(&self) -> i32 {
        self.cost
    }

    /// Number of nodes between start and end.
    pub(super) fn stops(&self) -> usize {
        self.stops
    }

    /// True if a node is on the tour. Start and end always are.
    pub(super) fn contains(&self, node: usize) -> bool {
        self.extra[node] == ON_TOUR
    }

    /// The node after one on the tour, which is not the end.
    pub(super) fn next(&self, node: usize) -> usize {
        self.next[node] as usize
    }

    /// The node before one on the tour, which is not the start.
    pub(super) fn prev(&self, node: usize) -> usize {
        self.prev[node] as usize
    }

    /// Length of the way from a node on the tour, which is not the end, to the next.
    pub(super) fn length(&self, node: usize) -> i32 {
        self.length[node]
    }

    /// Extra cost of the cheapest insertion of each node; below any other for nodes on the tour.
    pub(super) fn extra(&self) -> &[i32] {
        &self.extra
    }

    /// The nodes from start to end.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(START), |node| (*node != END).then(|| self.next(*node)))
    }

    /// The nodes on the tour that have other ones beside them than they had in an earlier tour.
    pub(super) fn changed_from<'a>(&'a self, earlier: &'a Self) -> impl Iterator<Item = u32> + 'a {
        let moved = |node: &usize| {
            self.next[*node] != earlier.next[*node] || self.prev[*node] != earlier.prev[*node]
        };
        self.iter().filter(moved).map(|node| node as u32)
    }

    /// Looks whether the cheapest insertion of a node that is not on the tour is still possible, and for another one if not.
    /// False if its extra cost has become higher than it was said to be.
    pub(super) fn confirm_insertion(&mut self, instance: &Instance, node: usize) -> bool {
        let (from, to) = self.edge[node].ends();
        if self.next[from] as usize == to {
            return true;
        }
        if instance.is_symmetric() && self.next[to] as usize == from {
            self.edge[node] = Edge::new(to, from);
            return true;
        }
        let bound = self.extra[node];
        self.look_again(instance, node);
        self.extra[node] <= bound
    }

    /// Inserts a node where it is cheapest, which must have been confirmed.
    pub(super) fn insert(&mut self, instance: &Instance, node: usize) {
        let (before, behind) = self.edge[node].ends();
        self.cost += self.extra[node];
        self.stops += 1;
        self.extra[node] = ON_TOUR;
        self.link(instance, before, node);
        self.link(instance, node, behind);
        self.offer_edge(instance, before, node);
        self.offer_edge(instance, node, behind);
    }

    /// Takes nodes off the tour, in any order.
    pub(super) fn remove_all(&mut self, instance: &Instance, nodes: &[u32]) {
        for node in nodes.iter().map(|node| *node as usize) {
            let (before, behind) = (self.prev(node), self.next(node));
            self.cost += instance.time(before, behind) - self.length[before] - self.length[node];
            self.stops -= 1;
            self.link(instance, before, behind);
            // The link backwards stays: it shows where the gaps are.
            self.next[node] = NONE;
            self.extra[node] = UNKNOWN;
        }
        let mut last_gap = NONE;
        for node in nodes.iter().map(|node| *node as usize) {
            let gap = self.prev[node];
            if gap != last_gap && self.contains(gap as usize) {
                self.offer_edge(instance, gap as usize, self.next(gap as usize));
                last_gap = gap;
            }
        }
        for node in nodes {
            self.look_again(instance, *node as usize);
        }
    }

    /// Puts the stops into another order, given with start and end, and says what the tour then costs.
    pub(super) fn reorder(&mut self, instance: &Instance, order: &[u32], cost: i32) {
        self.cost = cost;
        let symmetric = instance.is_symmetric();
        let is_new = |pair: &[u32]| {
            let (from, to) = (pair[0], pair[1]);
            self.next[from as usize] != to && !(symmetric && self.prev[from as usize] == to)
        };
        let new: Vec<usize> = (0..order.len() - 1)
            .filter(|i| is_new(&order[*i..*i + 2]))
            .collect();
        for pair in order.windows(2) {
            self.link(instance, pair[0] as usize, pair[1] as usize);
        }
        for i in new {
            self.offer_edge(instance, order[i] as usize, order[i + 1] as usize);
        }
    }

    fn link(&mut self, instance: &Instance, from: usize, to: usize) {
        self.length[from] = instance.time(from, to);
        self.next[from] = to as u32;
        self.prev[to] = from as u32;
    }

    /// Lets every node know of a new edge.
    fn offer_edge(&mut self, instance: &Instance, from: usize, to: usize) {
        let length = instance.time(from, to);
        let (there, onwards) = (instance.times_from(from), instance.times_to(to));
        let offers = there
            .iter()
            .zip(onwards)
            .map(|(there, onwards)| there + onwards - length);
        let offered = Edge::new(from, to);
        for ((extra, edge), offer) in self.extra.iter_mut().zip(&mut self.edge).zip(offers) {
            let better = offer < *extra;
            *extra = if better { offer } else { *extra };
            *edge = if better { offered } else { *edge };
        }
    }

    /// Finds the cheapest insertion of a node that is not on the tour: beside its nearest neighbours on it, or at either end.
    fn look_again(&mut self, instance: &Instance, node: usize) {
        let (there, onwards) = (instance.times_to(node), instance.times_from(node));
        let mut best = (UNKNOWN, START, END);
        let mut offer = |from: usize, to: usize| {
            let extra = there[from] + onwards[to] - self.length[from];
            if extra < best.0 {
                best = (extra, from, to);
            }
        };
        let mut tried = 0;
        if self.stops > SHORT_TOUR {
            offer(START, self.next(START));
            offer(self.prev(END), END);
            for near in instance.neighbours(node).iter().map(|near| *near as usize) {
                if self.contains(near) {
                    offer(self.prev(near), near);
                    offer(near, self.next(near));
                    tried += 1;
                    if tried == TRIED_NEIGHBOURS {
                        break;
                    }
                }
            }
        }
        if tried < ENOUGH_NEIGHBOURS {
            let mut from = START;
            while from != END {
                let to = self.next(from);
                offer(from, to);
                from = to;
            }
        }
        self.extra[node] = best.0;
        self.edge[node] = Edge::new(best.1, best.2);
    }
}

/// An edge of a tour, packed so that offers stay a matter of two short rows.
#[derive(Debug, Clone, Copy)]
struct Edge(u32);

impl Edge {
    fn new(from: usize, to: usize) -> Self {
        Self((from as u32) << 16 | to as u32)
    }

    fn ends(self) -> (usize, usize) {
        ((self.0 >> 16) as usize, (self.0 & 0xffff) as usize)
    }
}
