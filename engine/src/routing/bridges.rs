//! Bridges of a search graph: links without which it falls apart.

use super::graph::SearchGraph;

impl SearchGraph {
    /// For each link whether it is on no ring (Tarjan 1974), by depth-first search without recursion.
    pub(crate) fn bridges(&self) -> Vec<bool> {
        let mut search = Search {
            graph: self,
            entered: vec![0; self.node_count()],
            low: vec![0; self.node_count()],
            clock: 0,
            found: vec![false; self.links().len()],
        };
        for root in 0..self.node_count() as u32 {
            search.run(root);
        }
        search.found
    }
}

struct Search<'a> {
    graph: &'a SearchGraph,
    /// Order in which each node was first seen, from 1; 0: not yet.
    entered: Vec<u32>,
    /// The earliest node that can be reached from below each node without the link above it.
    low: Vec<u32>,
    clock: u32,
    found: Vec<bool>,
}

impl Search<'_> {
    fn run(&mut self, root: u32) {
        if self.entered[root as usize] > 0 {
            return;
        }
        self.enter(root);
        // A node, the link by which it was reached, and the position of its next arc.
        let mut stack = vec![(root, u32::MAX, 0)];
        while let Some((node, above, next)) = stack.last_mut() {
            let (node, above) = (*node, *above);
            if let Some(arc) = self.graph.arcs(node).get(*next) {
                *next += 1;
                if arc.link == above {
                } else if self.entered[arc.head as usize] > 0 {
                    self.lower(node, self.entered[arc.head as usize]);
                } else {
                    self.enter(arc.head);
                    stack.push((arc.head, arc.link, 0));
                }
            } else {
                stack.pop();
                if let Some(&(parent, ..)) = stack.last() {
                    self.lower(parent, self.low[node as usize]);
                    self.found[above as usize] =
                        self.low[node as usize] > self.entered[parent as usize];
                }
            }
        }
    }

    fn enter(&mut self, node: u32) {
        self.clock += 1;
        self.entered[node as usize] = self.clock;
        self.low[node as usize] = self.clock;
    }

    fn lower(&mut self, node: u32, to: u32) {
        let low = &mut self.low[node as usize];
        *low = (*low).min(to);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::SearchGraph;
    use crate::routing::graph::Link;

    fn link(ends: [u32; 2]) -> Link {
        Link {
            ends,
            cost: 1,
            ticks: 1,
            metres: 1.0,
            dull: 0,
            first_piece: 0,
            piece_count: 0,
        }
    }

    /// Test that one end of a link can be reached from the other without it.
    fn is_on_a_ring(links: &[Link], number: usize) -> bool {
        let [from, to] = links[number].ends;
        let mut seen = vec![from];
        let mut next = 0;
        while let Some(&node) = seen.get(next) {
            next += 1;
            for (other, link) in links.iter().enumerate() {
                if other != number && link.ends.contains(&node) {
                    for head in link.ends {
                        if !seen.contains(&head) {
                            seen.push(head);
                        }
                    }
                }
            }
        }
        seen.contains(&to)
    }

    proptest! {
        #[test]
        fn a_link_is_a_bridge_where_there_is_no_way_round_it(
            nodes in 1_usize..12,
            ends in prop::collection::vec((0_u32..12, 0_u32..12), 0..24),
        ) {
            let node = |number: u32| number % nodes as u32;
            let links: Vec<Link> = ends.iter().map(|&(a, b)| link([node(a), node(b)])).collect();
            let graph = SearchGraph::from_links(1, nodes, links.clone(), std::iter::empty());
            let bridges = graph.bridges();
            for (number, is_bridge) in bridges.into_iter().enumerate() {
                prop_assert_eq!(is_bridge, !is_on_a_ring(&links, number));
            }
        }
    }
}
