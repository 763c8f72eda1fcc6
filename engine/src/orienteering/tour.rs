//! A tour under construction: a linked list, its cost, and the cheapest insertion of every node that is not on it.

use super::instance::{END, Instance, LANES, START};

/// Says of a node that it is not on the tour, and of the ends that nothing is beyond.
const NONE: u32 = u32::MAX;
/// The extra cost of an insertion that is not known yet.
const UNKNOWN: i32 = i32::MAX;
/// The extra cost kept for nodes that cannot be inserted, being on the tour: no offer is ever lower.
const ON_TOUR: i32 = i32::MIN;
/// Of how many neighbours on the tour both sides are tried when the cheapest insertion of a node is sought.
const TRIED_NEIGHBOURS: usize = 8;
/// With fewer than these the whole tour is searched.
const ENOUGH_NEIGHBOURS: usize = 3;
/// Tours up to this length are always searched whole.
const SHORT_TOUR: usize = 16;

/// A tour from [`START`] to [`END`] as a doubly linked list.
///
/// For each node that is not on it, the tour knows the cheapest place to insert it. A change of the tour updates that only where it must:
/// new edges are offered to all nodes at once in a loop over dense rows, and only nodes whose edge is gone look again.
#[derive(Debug, Clone)]
pub(super) struct Tour {
    next: Vec<u32>,
    prev: Vec<u32>,
    /// Extra cost of the cheapest insertion.
    extra: Vec<i32>,
    /// The edge that this insertion splits; its first node is [`NONE`] for nodes on the tour.
    edge_from: Vec<u32>,
    edge_to: Vec<u32>,
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
            extra: vec![ON_TOUR; stride],
            edge_from: vec![NONE; stride],
            edge_to: vec![NONE; stride],
            cost: instance.time(START, END),
            stops: 0,
        };
        tour.extra[END + 1..instance.nodes()].fill(UNKNOWN);
        tour.link(START, END);
        tour.offer_edge(instance, START, END);
        tour
    }

    /// Takes over another tour of the same instance.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.next.copy_from_slice(&other.next);
        self.prev.copy_from_slice(&other.prev);
        self.extra.copy_from_slice(&other.extra);
        self.edge_from.copy_from_slice(&other.edge_from);
        self.edge_to.copy_from_slice(&other.edge_to);
        self.cost = other.cost;
        self.stops = other.stops;
    }

    /// What the tour costs.
    pub(super) fn cost(&self) -> i32 {
        self.cost
    }

    /// Number of nodes between start and end.
    pub(super) fn stops(&self) -> usize {
        self.stops
    }

    /// Whether a node is on the tour. Start and end always are.
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

    /// Inserts a node where it is cheapest.
    pub(super) fn insert(&mut self, instance: &Instance, node: usize) {
        let (before, behind) = (self.edge_from[node] as usize, self.edge_to[node] as usize);
        self.cost += self.extra[node];
        self.stops += 1;
        self.extra[node] = ON_TOUR;
        self.edge_from[node] = NONE;
        self.link(before, node);
        self.link(node, behind);
        self.look_again_where_cut(instance, before);
        self.offer_edge(instance, before, node);
        self.offer_edge(instance, node, behind);
    }

    /// Takes nodes off the tour, in any order.
    pub(super) fn remove_all(&mut self, instance: &Instance, nodes: &[u32]) {
        for node in nodes.iter().map(|node| *node as usize) {
            let (before, behind) = (self.prev(node), self.next(node));
            self.cost += instance.time(before, behind)
                - instance.time(before, node)
                - instance.time(node, behind);
            self.stops -= 1;
            self.link(before, behind);
            // The link backwards stays: it shows where the gaps are.
            self.next[node] = NONE;
            self.extra[node] = UNKNOWN;
        }
        self.look_again_where_stale(instance);
        let mut last_gap = NONE;
        for node in nodes.iter().map(|node| *node as usize) {
            let gap = self.prev[node];
            if gap != last_gap && self.contains(gap as usize) {
                self.offer_edge(instance, gap as usize, self.next(gap as usize));
                last_gap = gap;
            }
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
            self.link(pair[0] as usize, pair[1] as usize);
        }
        if symmetric {
            self.turn_edges();
        }
        self.look_again_where_stale(instance);
        for i in new {
            self.offer_edge(instance, order[i] as usize, order[i + 1] as usize);
        }
    }

    fn link(&mut self, from: usize, to: usize) {
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
        let edges = self.edge_from.iter_mut().zip(&mut self.edge_to);
        for ((extra, (edge_from, edge_to)), offer) in self.extra.iter_mut().zip(edges).zip(offers) {
            let better = offer < *extra;
            *extra = if better { offer } else { *extra };
            *edge_from = if better { from as u32 } else { *edge_from };
            *edge_to = if better { to as u32 } else { *edge_to };
        }
    }

    /// Lets the nodes look again whose cheapest insertion was after a node that has another next one now.
    fn look_again_where_cut(&mut self, instance: &Instance, before: usize) {
        let before = before as u32;
        for first in (0..instance.stride()).step_by(LANES) {
            let lanes = &self.edge_from[first..first + LANES];
            if lanes.contains(&before) {
                for node in first..first + LANES {
                    if self.edge_from[node] == before {
                        self.look_again(instance, node);
                    }
                }
            }
        }
    }

    /// Lets the nodes look again whose edge is no longer on the tour, and those that have just left it.
    fn look_again_where_stale(&mut self, instance: &Instance) {
        for node in END + 1..instance.nodes() {
            if self.contains(node) {
                continue;
            }
            let from = self.edge_from[node];
            if from == NONE || self.next[from as usize] != self.edge_to[node] {
                self.look_again(instance, node);
            }
        }
    }

    /// After a change of direction, the same edge runs the other way.
    fn turn_edges(&mut self) {
        for (from, to) in self.edge_from.iter_mut().zip(&mut self.edge_to) {
            if *from != NONE && self.next[*from as usize] != *to && self.prev[*from as usize] == *to
            {
                std::mem::swap(from, to);
            }
        }
    }

    /// Finds the cheapest insertion of a node that is not on the tour: beside its nearest neighbours on it, or at either end.
    fn look_again(&mut self, instance: &Instance, node: usize) {
        let mut best = Cheapest {
            node,
            extra: UNKNOWN,
            from: START,
            to: END,
        };
        let mut tried = 0;
        if self.stops > SHORT_TOUR {
            best.offer(instance, START, self.next(START));
            best.offer(instance, self.prev(END), END);
            let near = instance.neighbours(node).iter().map(|near| *near as usize);
            for near in near
                .filter(|near| self.contains(*near))
                .take(TRIED_NEIGHBOURS)
            {
                best.offer(instance, self.prev(near), near);
                best.offer(instance, near, self.next(near));
                tried += 1;
            }
        }
        if tried < ENOUGH_NEIGHBOURS {
            let mut from = START;
            while from != END {
                let to = self.next(from);
                best.offer(instance, from, to);
                from = to;
            }
        }
        self.extra[node] = best.extra;
        self.edge_from[node] = best.from as u32;
        self.edge_to[node] = best.to as u32;
    }
}

/// The cheapest insertion of a node among the edges seen.
struct Cheapest {
    node: usize,
    extra: i32,
    from: usize,
    to: usize,
}

impl Cheapest {
    fn offer(&mut self, instance: &Instance, from: usize, to: usize) {
        let extra =
            instance.time(from, self.node) + instance.time(self.node, to) - instance.time(from, to);
        if extra < self.extra {
            *self = Self {
                node: self.node,
                extra,
                from,
                to,
            };
        }
    }
}
