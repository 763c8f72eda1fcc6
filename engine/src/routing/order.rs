//! In which order the nodes of a graph are taken out.

use super::graph::SearchGraph;

/// An order of elimination, and what it makes of the graph.
#[derive(Debug)]
pub(super) struct Order {
    /// All nodes, the first to go first.
    pub(super) nodes: Vec<u32>,
    /// The neighbours that each node had when it went, those by way of nodes gone before included.
    pub(super) above: Vec<Vec<u32>>,
}

impl Order {
    /// Takes out first who has the fewest neighbours, about: approximate minimum degree (Amestoy, Davis and Duff 1996).
    ///
    /// Who goes leaves its neighbours joined to each other. They are not joined in pairs but remember the group that they form,
    /// and a group goes when one of its members does, since all others are then members of the new one.
    pub(super) fn of(graph: &SearchGraph) -> Self {
        let mut elimination = Elimination::new(graph);
        elimination.run();
        Self {
            nodes: elimination.order,
            above: elimination.members,
        }
    }

    /// The nodes below each node, the first to go first.
    pub(super) fn below(&self) -> Below {
        let mut first = vec![0_u32; self.nodes.len() + 1];
        for &end in self.above.iter().flatten() {
            first[end as usize + 1] += 1;
        }
        for node in 0..self.nodes.len() {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut nodes = vec![0; first[self.nodes.len()] as usize];
        for &node in &self.nodes {
            for &end in &self.above[node as usize] {
                nodes[next[end as usize] as usize] = node;
                next[end as usize] += 1;
            }
        }
        Below { first, nodes }
    }
}

/// The nodes that have each node above them.
#[derive(Debug)]
pub(super) struct Below {
    first: Vec<u32>,
    nodes: Vec<u32>,
}

impl Below {
    pub(super) fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.nodes[self.first[node] as usize..self.first[node + 1] as usize]
    }
}

struct Elimination {
    order: Vec<u32>,
    /// What is left of each node's own neighbours: those in none of its groups.
    neighbours: Vec<Vec<u32>>,
    /// The groups that each node is in, each named by the node that left it.
    groups: Vec<Vec<u32>>,
    members: Vec<Vec<u32>>,
    is_group: Vec<bool>,
    /// How many neighbours each node has at most; `u32::MAX`: it is gone.
    degree: Vec<u32>,
    /// Nodes that had so many neighbours when they were put here. The last goes first: it lies where nodes have just gone,
    /// which leaves smaller groups than a front that moves everywhere at once.
    waiting: Vec<Vec<u32>>,
    /// No node that is there waits with fewer.
    fewest: usize,
    /// For each node, the last one gone that had it as a neighbour.
    joined_by: Vec<u32>,
    /// For each group, the last node gone that shared members with it, and how many it did not share.
    outside: Vec<(u32, u32)>,
}

impl Elimination {
    fn new(graph: &SearchGraph) -> Self {
        let count = graph.node_count();
        let mut elimination = Self {
            order: Vec::with_capacity(count),
            neighbours: Vec::with_capacity(count),
            groups: vec![Vec::new(); count],
            members: vec![Vec::new(); count],
            is_group: vec![false; count],
            degree: vec![0; count],
            waiting: Vec::new(),
            fewest: 0,
            joined_by: vec![u32::MAX; count],
            outside: vec![(u32::MAX, 0); count],
        };
        for node in 0..count as u32 {
            let heads = graph.arcs(node).iter().map(|arc| arc.head);
            let mut neighbours: Vec<u32> = heads.filter(|&head| head != node).collect();
            neighbours.sort_unstable();
            neighbours.dedup();
            elimination.wait(node, neighbours.len() as u32);
            elimination.neighbours.push(neighbours);
        }
        elimination
    }

    fn run(&mut self) {
        while self.fewest < self.waiting.len() {
            let Some(node) = self.waiting[self.fewest].pop() else {
                self.fewest += 1;
                continue;
            };
            if self.degree[node as usize] == self.fewest as u32 {
                self.take_out(node);
            }
        }
    }

    fn take_out(&mut self, gone: u32) {
        let members = self.neighbours_of(gone);
        self.order.push(gone);
        self.degree[gone as usize] = u32::MAX;
        for &member in &members {
            self.leave_what_is_covered(gone, member);
        }
        for &member in &members {
            let degree = self.degree_of(member, members.len() as u32 - 1);
            self.groups[member as usize].push(gone);
            self.wait(member, degree);
        }
        self.is_group[gone as usize] = true;
        self.members[gone as usize] = members;
    }

    /// The neighbours of a node that is to go, each once; its groups end.
    fn neighbours_of(&mut self, gone: u32) -> Vec<u32> {
        let mut neighbours = std::mem::take(&mut self.neighbours[gone as usize]);
        for &neighbour in &neighbours {
            self.joined_by[neighbour as usize] = gone;
        }
        for group in std::mem::take(&mut self.groups[gone as usize]) {
            if std::mem::take(&mut self.is_group[group as usize]) {
                for &member in &self.members[group as usize] {
                    if member != gone && self.joined_by[member as usize] != gone {
                        self.joined_by[member as usize] = gone;
                        neighbours.push(member);
                    }
                }
            }
        }
        neighbours
    }

    /// Drops of a neighbour of `gone` what the new group covers, and counts the member in its other groups as shared.
    fn leave_what_is_covered(&mut self, gone: u32, member: u32) {
        let joined_by = &self.joined_by;
        self.neighbours[member as usize]
            .retain(|&other| other != gone && joined_by[other as usize] != gone);
        let is_group = &self.is_group;
        self.groups[member as usize].retain(|&group| is_group[group as usize]);
        for &group in &self.groups[member as usize] {
            let outside = &mut self.outside[group as usize];
            if outside.0 != gone {
                *outside = (gone, self.members[group as usize].len() as u32);
            }
            outside.1 -= 1;
        }
    }

    /// How many neighbours a member of a new group has at most: those in two other groups are counted twice.
    fn degree_of(&mut self, member: u32, others: u32) -> u32 {
        let mut degree = self.neighbours[member as usize].len() as u32 + others;
        for &group in &self.groups[member as usize] {
            let outside = self.outside[group as usize].1;
            degree += outside;
            // All its members are in the new group.
            if outside == 0 {
                self.is_group[group as usize] = false;
            }
        }
        degree.min(self.degree[member as usize] + others)
    }

    fn wait(&mut self, node: u32, degree: u32) {
        self.degree[node as usize] = degree;
        self.fewest = self.fewest.min(degree as usize);
        if self.waiting.len() <= degree as usize {
            self.waiting.resize_with(degree as usize + 1, Vec::new);
        }
        self.waiting[degree as usize].push(node);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::Order;
    use crate::routing::graph::{Link, SearchGraph};

    proptest! {
        #[test]
        fn above_are_the_neighbours_of_who_goes_in_this_order(
            nodes in 1_usize..30,
            ways in prop::collection::vec((0_u32..30, 0_u32..30), 0..80),
        ) {
            let link = |(a, b)| Link {
                ends: [a % nodes as u32, b % nodes as u32],
                cost: 1,
                ticks: 1,
                metres: 0.0,
                first_piece: 0,
                piece_count: 0,
            };
            let links: Vec<Link> = ways.into_iter().map(link).collect();
            let mut neighbours = vec![BTreeSet::new(); nodes];
            for [a, b] in links.iter().map(|link| link.ends).filter(|[a, b]| a != b) {
                neighbours[a as usize].insert(b);
                neighbours[b as usize].insert(a);
            }
            let order = Order::of(&SearchGraph::from_links(0, nodes, links, std::iter::empty()));
            prop_assert_eq!(order.nodes.len(), nodes);
            for &node in &order.nodes {
                let left = std::mem::take(&mut neighbours[node as usize]);
                for &neighbour in &left {
                    neighbours[neighbour as usize].extend(&left);
                    neighbours[neighbour as usize].remove(&neighbour);
                    neighbours[neighbour as usize].remove(&node);
                }
                let above: BTreeSet<u32> = order.above[node as usize].iter().copied().collect();
                prop_assert_eq!(above, left);
            }
        }
    }
}
