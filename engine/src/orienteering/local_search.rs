//! Local search for a shorter order of the same stops: 2-opt and Or-opt on neighbour lists.

use super::instance::Instance;
use super::tour::Tour;

/// Neighbours on the tour that a move may join a node to.
const TRIED_NEIGHBOURS: usize = 6;
/// Longest segment that Or-opt moves.
const LONGEST_SEGMENT: usize = 3;
/// Position of a node that is not on the tour.
const NOWHERE: u32 = u32::MAX;

/// 2-opt (Croes 1958) and Or-opt (Or 1976) with neighbour lists and a queue of nodes whose surroundings have changed
/// (don't-look bits: Bentley 1992). With asymmetric times a move also pays for the segment that it turns round.
#[derive(Debug, Default)]
pub(super) struct LocalSearch {
    order: Vec<u32>,
    position: Vec<u32>,
    /// Prefix sums of what the ways would cost more backwards than forwards; empty if times are symmetric.
    skew: Vec<i32>,
    queue: Vec<u32>,
    queued: Vec<bool>,
}

impl LocalSearch {
    /// Shortens a tour, beginning with the surroundings of some of its nodes; true if it got shorter.
    pub(super) fn shorten(&mut self, instance: &Instance, tour: &mut Tour, around: &[u32]) -> bool {
        self.load(instance, tour);
        self.enqueue(around);
        let mut saved = 0;
        while let Some(node) = self.queue.pop() {
            self.queued[node as usize] = false;
            while let Some(gain) = self.improve_at(instance, node as usize) {
                saved += gain;
            }
        }
        if saved > 0 {
            tour.reorder(instance, &self.order, tour.cost() - saved);
        }
        saved > 0
    }

    fn load(&mut self, instance: &Instance, tour: &Tour) {
        self.order.clear();
        self.order.extend(tour.iter().map(|node| node as u32));
        self.position.clear();
        self.position.resize(instance.nodes(), NOWHERE);
        self.queue.clear();
        self.queued.clear();
        self.queued.resize(instance.nodes(), false);
        self.renumber(instance, 0, self.order.len() - 1);
    }

    fn enqueue(&mut self, nodes: &[u32]) {
        for node in nodes {
            if !self.queued[*node as usize] {
                self.queued[*node as usize] = true;
                self.queue.push(*node);
            }
        }
    }

    /// Makes the first move found that shortens the tour by joining a node to one that is nearer than those beside it; gives by how much.
    fn improve_at(&mut self, instance: &Instance, node: usize) -> Option<i32> {
        let here = self.position[node] as usize;
        let to_next = self
            .order
            .get(here + 1)
            .map_or(0, |next| instance.time(node, *next as usize));
        let from_prev = here
            .checked_sub(1)
            .map_or(0, |prev| instance.time(self.node(prev), node));
        let mut tried = 0;
        for near in instance.neighbours(node) {
            let there = self.position[*near as usize];
            if there == NOWHERE {
                continue;
            }
            let distance = instance.time(node, *near as usize);
            if distance >= to_next.max(from_prev) || tried == TRIED_NEIGHBOURS {
                return None;
            }
            let gain = self.join(
                instance,
                here,
                there as usize,
                [distance < from_prev, distance < to_next],
            );
            if gain.is_some() {
                return gain;
            }
            tried += 1;
        }
        None
    }

    /// Tries the moves that join the nodes at two positions and cut the first from the node before it, or from the one behind it.
    fn join(
        &mut self,
        instance: &Instance,
        here: usize,
        there: usize,
        [cut_before, cut_behind]: [bool; 2],
    ) -> Option<i32> {
        let (low, high) = (here.min(there), here.max(there));
        if cut_behind && let Some(gain) = self.two_opt(instance, low, high) {
            return Some(gain);
        }
        if cut_before
            && low > 0
            && let Some(gain) = self.two_opt(instance, low - 1, high - 1)
        {
            return Some(gain);
        }
        for behind in [there.wrapping_sub(1), there] {
            for length in 1..=LONGEST_SEGMENT {
                if cut_before
                    && let Some(gain) = self.move_segment(instance, here, here + length - 1, behind)
                {
                    return Some(gain);
                }
                if cut_behind
                    && here + 1 >= length
                    && let Some(gain) = self.move_segment(instance, here + 1 - length, here, behind)
                {
                    return Some(gain);
                }
            }
        }
        None
    }

    /// Turns the nodes behind `low` and up to `high` round.
    fn two_opt(&mut self, instance: &Instance, low: usize, high: usize) -> Option<i32> {
        if high + 1 >= self.order.len() {
            return None;
        }
        let [before, first, last, behind] = [low, low + 1, high, high + 1].map(|at| self.node(at));
        let old = instance.time(before, first) + instance.time(last, behind);
        let new = instance.time(before, last) + instance.time(first, behind);
        let gain = old - new - self.turning(low + 1, high);
        if gain <= 0 {
            return None;
        }
        self.turn(instance, low + 1, high);
        self.enqueue(&[before, first, last, behind].map(|node| node as u32));
        Some(gain)
    }

    /// Moves a segment to behind the node at a position, either way round.
    fn move_segment(
        &mut self,
        instance: &Instance,
        first: usize,
        last: usize,
        behind: usize,
    ) -> Option<i32> {
        let elsewhere = behind.wrapping_add(1) < first || behind > last;
        if first == 0 || last + 1 >= self.order.len() || behind > self.order.len() - 2 || !elsewhere
        {
            return None;
        }
        let [before, head, tail, after] =
            [first - 1, first, last, last + 1].map(|at| self.node(at));
        let [from, to] = [behind, behind + 1].map(|at| self.node(at));
        let freed = instance.time(before, head) + instance.time(tail, after)
            - instance.time(before, after)
            + instance.time(from, to);
        let straight = instance.time(from, head) + instance.time(tail, to);
        let turned =
            instance.time(from, tail) + instance.time(head, to) + self.turning(first, last);
        let gain = freed - straight.min(turned);
        if gain <= 0 {
            return None;
        }
        if turned < straight {
            self.order[first..=last].reverse();
        }
        self.shift(instance, first, last, behind);
        self.enqueue(&[before, head, tail, after, from, to].map(|node| node as u32));
        Some(gain)
    }

    fn node(&self, position: usize) -> usize {
        self.order[position] as usize
    }

    /// Extra cost of a segment when it is reversed.
    fn turning(&self, first: usize, last: usize) -> i32 {
        if self.skew.is_empty() {
            0
        } else {
            self.skew[last] - self.skew[first]
        }
    }

    fn turn(&mut self, instance: &Instance, first: usize, last: usize) {
        self.order[first..=last].reverse();
        self.renumber(instance, first, last);
    }

    /// Moves a segment so that it follows the node that is at `behind` now.
    fn shift(&mut self, instance: &Instance, first: usize, last: usize, behind: usize) {
        let length = last + 1 - first;
        if behind > last {
            self.order[first..=behind].rotate_left(length);
            self.renumber(instance, first, behind);
        } else {
            self.order[behind + 1..=last].rotate_right(length);
            self.renumber(instance, behind + 1, last);
        }
    }

    /// Notes the positions of the nodes in a range whose order has changed.
    fn renumber(&mut self, instance: &Instance, first: usize, last: usize) {
        for position in first..=last {
            let node = self.node(position);
            self.position[node] = position as u32;
        }
        if !instance.is_symmetric() {
            self.skew.resize(self.order.len(), 0);
            for position in first.max(1)..self.order.len() {
                let (from, to) = (self.node(position - 1), self.node(position));
                self.skew[position] =
                    self.skew[position - 1] + instance.time(to, from) - instance.time(from, to);
            }
        }
    }
}
