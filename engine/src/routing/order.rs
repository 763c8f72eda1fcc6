//! Elimination order of a graph by approximate minimum degree.

use std::ops::Range;

use super::graph::SearchGraph;

/// An elimination order, and the graph filled by it.
///
/// The neighbours that a node has when it is eliminated are above it, those by fill included. They form a chain, so all
/// nodes together form elimination trees. The order is a postorder of these trees: nodes below another go just before it,
/// which gives the same fill as any order in which they go before, and puts side by side what belongs together.
///
/// Nodes are named by their position in the order; 0 goes first.
#[derive(Debug)]
pub(super) struct Order {
    /// The nodes of the graph in order.
    pub(super) nodes: Vec<u32>,
    /// The position of each node of the graph.
    pub(super) positions: Vec<u32>,
    /// For each node, the range of those above it in `members`.
    above: Vec<Range<u32>>,
    members: Vec<u32>,
}

impl Order {
    /// Approximate minimum degree on a quotient graph (Amestoy, Davis and Duff 1996): eliminates first the node with about the
    /// fewest neighbours.
    ///
    /// Elimination joins the neighbours of a node to each other. They are not joined in pairs (fill) but remember the group
    /// that they form (an element), and a group is absorbed when one of its members goes, since all others are then members of
    /// the new one.
    pub(super) fn of(graph: &SearchGraph) -> Self {
        let mut elimination = Elimination::new(graph);
        elimination.run();
        let positions = elimination.postorder();
        let mut nodes = vec![0; positions.len()];
        for (&position, node) in positions.iter().zip(0..) {
            nodes[position as usize] = node;
        }
        let above = |&node: &u32| elimination.above[node as usize].clone();
        let position = |&member: &u32| positions[member as usize];
        Self {
            above: nodes.iter().map(above).collect(),
            members: elimination.members.iter().map(position).collect(),
            nodes,
            positions,
        }
    }

    /// The nodes above a node, in no order.
    pub(super) fn above(&self, node: u32) -> &[u32] {
        let Range { start, end } = self.above[node as usize];
        &self.members[start as usize..end as usize]
    }

    /// The nodes below each node, the first to go first.
    pub(super) fn below(&self) -> Below {
        let count = self.nodes.len();
        let mut first = vec![0_u32; count + 1];
        for &end in (0..count as u32).flat_map(|node| self.above(node)) {
            first[end as usize + 1] += 1;
        }
        for node in 0..count {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut nodes = vec![0; first[count] as usize];
        for node in 0..count as u32 {
            for &end in self.above(node) {
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

/// Quotient graph during elimination: nodes (variables) that are left, and groups (elements) of nodes gone.
struct Elimination {
    order: Vec<u32>,
    nodes: Vec<Node>,
    /// For each node, the groups that it is in, and after them its neighbours in none of these. A list never grows: with each
    /// new group a neighbour goes, or a group.
    lists: Vec<u32>,
    /// For each node gone, the group that it left: its element.
    groups: Vec<Group>,
    /// The members of all groups, one group after another.
    members: Vec<u32>,
    /// For each node gone, the range of its neighbours among the members.
    above: Vec<Range<u32>>,
    /// Buckets by degree: nodes that had so many neighbours when they were put here. The last goes first: it lies where nodes
    /// have just gone, which leaves smaller groups than a front that moves everywhere at once.
    waiting: Vec<Vec<u32>>,
    /// No node that is there waits with fewer.
    fewest: usize,
}

#[derive(Clone, Copy)]
struct Node {
    /// Beginning of its list, its length, and the count of groups that it begins with.
    first: u32,
    length: u32,
    groups: u32,
    /// Upper bound of its degree, or [`GONE`].
    degree: u32,
    /// The last node gone that had it as a neighbour.
    joined_by: u32,
}

const GONE: u32 = u32::MAX;

/// An element of the quotient graph: those that are left of the neighbours of a node gone.
#[derive(Clone, Copy, Default)]
struct Group {
    is_there: bool,
    first: u32,
    end: u32,
    /// The last node gone that shared members with it, and how many it did not share.
    seen_by: u32,
    outside: u32,
}

impl Elimination {
    fn new(graph: &SearchGraph) -> Self {
        let count = graph.node_count();
        let mut elimination = Self {
            order: Vec::with_capacity(count),
            nodes: Vec::with_capacity(count),
            lists: Vec::with_capacity(graph.arcs.len()),
            groups: vec![Group::default(); count],
            members: Vec::with_capacity(graph.arcs.len()),
            above: vec![0..0; count],
            waiting: Vec::new(),
            fewest: 0,
        };
        let mut neighbours = Vec::new();
        for node in 0..count as u32 {
            neighbours.clear();
            neighbours.extend(graph.arcs(node).iter().map(|arc| arc.head));
            neighbours.retain(|&head| head != node);
            neighbours.sort_unstable();
            neighbours.dedup();
            elimination.nodes.push(Node {
                first: elimination.lists.len() as u32,
                length: neighbours.len() as u32,
                groups: 0,
                degree: 0,
                joined_by: GONE,
            });
            elimination.lists.extend(&neighbours);
            elimination.wait(node, neighbours.len() as u32);
        }
        elimination
    }

    fn run(&mut self) {
        while self.fewest < self.waiting.len() {
            let Some(node) = self.waiting[self.fewest].pop() else {
                self.fewest += 1;
                continue;
            };
            if self.nodes[node as usize].degree == self.fewest as u32 {
                self.take_out(node);
            }
        }
    }

    fn take_out(&mut self, gone: u32) {
        let first = self.members.len();
        self.gather_neighbours(gone);
        let end = self.members.len();
        self.note(gone, first, end);
        for at in first..end {
            self.join(self.members[at], gone);
        }
        let mut left = first;
        for at in first..end {
            if self.count_beyond(self.members[at]) == 0 {
                self.members.swap(left, at);
                left += 1;
            }
        }
        // Mass elimination: a node without neighbours but the members goes at once, since all others have more.
        for at in first..left {
            self.note(self.members[at], at + 1, end);
        }
        self.groups[gone as usize] = Group {
            is_there: true,
            first: left as u32,
            end: end as u32,
            seen_by: gone,
            outside: 0,
        };
        for at in left..end {
            let member = self.members[at];
            let beyond = self.nodes[member as usize].degree;
            self.wait(member, beyond + (end - left) as u32 - 1);
        }
    }

    /// Notes that a node has gone, and where its neighbours are.
    fn note(&mut self, gone: u32, first: usize, end: usize) {
        self.order.push(gone);
        self.nodes[gone as usize].degree = GONE;
        self.above[gone as usize] = first as u32..end as u32;
    }

    /// Lists the neighbours of a node that is to go, each once; its groups are absorbed.
    fn gather_neighbours(&mut self, gone: u32) {
        let Node {
            first,
            length,
            groups,
            ..
        } = self.nodes[gone as usize];
        let list = first as usize..(first + length) as usize;
        let (groups, neighbours) = self.lists[list].split_at(groups as usize);
        for &neighbour in neighbours {
            self.nodes[neighbour as usize].joined_by = gone;
        }
        self.nodes[gone as usize].joined_by = gone;
        self.members.extend(neighbours);
        for &group in groups {
            let group = &mut self.groups[group as usize];
            if std::mem::take(&mut group.is_there) {
                for at in group.first..group.end {
                    let member = self.members[at as usize];
                    let joined_by = &mut self.nodes[member as usize].joined_by;
                    if std::mem::replace(joined_by, gone) != gone {
                        self.members.push(member);
                    }
                }
            }
        }
    }

    /// Puts a neighbour of `gone` into its group, drops from the neighbour's list what that covers, and counts it in its other
    /// groups as shared.
    fn join(&mut self, member: u32, gone: u32) {
        let node = self.nodes[member as usize];
        let list = &mut self.lists[node.first as usize..(node.first + node.length) as usize];
        let mut kept = 0;
        for at in 0..node.groups as usize {
            let group = &mut self.groups[list[at] as usize];
            if group.is_there {
                if group.seen_by != gone {
                    group.seen_by = gone;
                    group.outside = group.end - group.first;
                }
                group.outside -= 1;
                list[kept] = list[at];
                kept += 1;
            }
        }
        let groups = kept;
        for at in node.groups as usize..list.len() {
            if self.nodes[list[at] as usize].joined_by != gone {
                list[kept] = list[at];
                kept += 1;
            }
        }
        list[kept] = list[groups];
        list[groups] = gone;
        let node = &mut self.nodes[member as usize];
        node.groups = groups as u32 + 1;
        node.length = kept as u32 + 1;
    }

    /// Approximate external degree of a member of a new group: neighbours in two other groups are counted twice.
    fn count_beyond(&mut self, member: u32) -> u32 {
        let node = &mut self.nodes[member as usize];
        let mut beyond = node.length - node.groups;
        let groups = node.first as usize..(node.first + node.groups) as usize - 1;
        for &group in &self.lists[groups] {
            let group = &mut self.groups[group as usize];
            beyond += group.outside;
            // Aggressive absorption: all its members are in the new group.
            group.is_there &= group.outside > 0;
        }
        node.degree = node.degree.min(beyond);
        node.degree
    }

    fn wait(&mut self, node: u32, degree: u32) {
        self.nodes[node as usize].degree = degree;
        self.fewest = self.fewest.min(degree as usize);
        if self.waiting.len() <= degree as usize {
            self.waiting.resize_with(degree as usize + 1, Vec::new);
        }
        self.waiting[degree as usize].push(node);
    }

    /// The position of each node in a postorder of the elimination trees.
    fn postorder(&self) -> Vec<u32> {
        let parents = self.parents();
        let mut sizes = vec![1; parents.len()];
        for &node in &self.order {
            if let Some(parent) = parents[node as usize] {
                sizes[parent as usize] += sizes[node as usize];
            }
        }
        // From the top down, each node takes the last of the positions that its tree has.
        let mut positions = vec![0; parents.len()];
        let mut ends = vec![0; parents.len()];
        let mut end_of_all = parents.len() as u32;
        for &node in self.order.iter().rev() {
            let end = match parents[node as usize] {
                Some(parent) => &mut ends[parent as usize],
                None => &mut end_of_all,
            };
            let position = *end - 1;
            *end -= sizes[node as usize];
            positions[node as usize] = position;
            ends[node as usize] = position;
        }
        positions
    }

    /// The parent of each node in the elimination tree: the first of those above it to go.
    fn parents(&self) -> Vec<Option<u32>> {
        let mut gone_at = vec![0_u32; self.order.len()];
        for (&node, time) in self.order.iter().zip(0..) {
            gone_at[node as usize] = time;
        }
        let above = |range: &Range<u32>| &self.members[range.start as usize..range.end as usize];
        let first = |above: &[u32]| {
            above
                .iter()
                .copied()
                .min_by_key(|&node| gone_at[node as usize])
        };
        self.above.iter().map(|range| first(above(range))).collect()
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
                dull: 0,
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
            for (&node, position) in order.nodes.iter().zip(0..) {
                let left = std::mem::take(&mut neighbours[node as usize]);
                for &neighbour in &left {
                    neighbours[neighbour as usize].extend(&left);
                    neighbours[neighbour as usize].remove(&neighbour);
                    neighbours[neighbour as usize].remove(&node);
                }
                let above: BTreeSet<u32> = order
                    .above(position)
                    .iter()
                    .map(|&above| order.nodes[above as usize])
                    .collect();
                prop_assert_eq!(above, left);
            }
        }
    }
}
