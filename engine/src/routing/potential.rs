//! CH potential: exact lower bounds of the cost to one node, computed lazily.

use super::hierarchy::Hierarchy;

/// A cost that is not known yet.
const UNKNOWN: u32 = u32::MAX;

/// Costs of the cheapest ways to one node, found as they are asked for.
///
/// They guide a search to the node: with them it sees little but the way itself, also where links cost more than in the
/// hierarchy, since what is left can't be cheaper (CH potentials: Strasser and Zeitz 2021). The ancestors of a node
/// come first; its own ways up lead only there.
#[derive(Debug, Default)]
pub(super) struct Potential {
    target: Option<u32>,
    /// Cost of each node as far as it is known, by position.
    known: Vec<u32>,
    /// The chain above the node that was asked for last, from the top down to the node.
    chain: Vec<u32>,
    /// The costs of the nodes of the chain.
    costs: Vec<u32>,
    /// Nodes of the next chain that the last one does not hold, from the node up.
    fresh: Vec<u32>,
}

impl Potential {
    /// Forgets what it knows, unless that is about `target` already.
    pub(super) fn aim(&mut self, hierarchy: &Hierarchy<'_>, target: u32) {
        if self.target == Some(target) {
            return;
        }
        self.target = Some(target);
        self.known.clear();
        self.known.resize(hierarchy.len(), UNKNOWN);
        let climb = hierarchy.climb(target);
        (self.chain, self.costs) = climb.into_costs();
        for depth in 0..self.chain.len() {
            let by_way_of_higher = hierarchy.cheapest_up(self.chain[depth], &self.costs);
            self.costs[depth] = self.costs[depth].min(by_way_of_higher);
            self.known[self.chain[depth] as usize] = self.costs[depth];
        }
    }

    /// The cost of the cheapest way from a node of the graph; [`MOST_COST`](super::hierarchy::MOST_COST): there is none.
    pub(super) fn cost_from(&mut self, hierarchy: &Hierarchy<'_>, node_of_graph: u32) -> u32 {
        let node = hierarchy.position(node_of_graph);
        if self.known[node as usize] == UNKNOWN {
            self.follow(hierarchy, node);
        }
        self.known[node as usize]
    }

    /// Makes the chain that above `node`.
    fn follow(&mut self, hierarchy: &Hierarchy<'_>, node: u32) {
        let mut next = Some(node);
        while let Some(here) = next {
            if self.chain.get(hierarchy.depth(here)) == Some(&here) {
                break;
            }
            self.fresh.push(here);
            next = hierarchy.parent(here);
        }
        let shared = next.map_or(0, |here| hierarchy.depth(here) + 1);
        self.chain.truncate(shared);
        self.costs.truncate(shared);
        while let Some(here) = self.fresh.pop() {
            let known = &mut self.known[here as usize];
            if *known == UNKNOWN {
                *known = hierarchy.cheapest_up(here, &self.costs);
            }
            self.chain.push(here);
            self.costs.push(*known);
        }
    }
}
