//! Streets without which the network falls apart.

use std::collections::HashMap;

use wildside_engine::network::Edge;

/// Positions of the edges that are on no ring (Tarjan 1974), by depth-first search without recursion.
pub fn bridges(edges: &[Edge]) -> Vec<usize> {
    let mut numbers = HashMap::new();
    let mut at: Vec<Vec<(usize, usize)>> = Vec::new();
    for (position, edge) in edges.iter().enumerate() {
        let [a, b] = [edge.from_node, edge.to_node].map(|node| {
            *numbers.entry(node).or_insert_with(|| {
                at.push(Vec::new());
                at.len() - 1
            })
        });
        at[a].push((b, position));
        at[b].push((a, position));
    }
    let mut search = Search {
        at: &at,
        entered: vec![0; at.len()],
        low: vec![0; at.len()],
        clock: 0,
        found: vec![],
    };
    for node in 0..at.len() {
        search.run(node);
    }
    search.found
}

struct Search<'a> {
    at: &'a [Vec<(usize, usize)>],
    /// Order in which each node was first seen, from 1; 0: not yet.
    entered: Vec<usize>,
    /// The earliest node that can be reached from below each node without the edge above it.
    low: Vec<usize>,
    clock: usize,
    found: Vec<usize>,
}

impl Search<'_> {
    fn run(&mut self, root: usize) {
        if self.entered[root] > 0 {
            return;
        }
        self.enter(root);
        let mut stack = vec![(root, usize::MAX, 0)];
        while let Some((node, above, next)) = stack.last_mut() {
            let (node, above) = (*node, *above);
            if let Some(&(head, edge)) = self.at[node].get(*next) {
                *next += 1;
                if edge == above {
                } else if self.entered[head] > 0 {
                    self.low[node] = self.low[node].min(self.entered[head]);
                } else {
                    self.enter(head);
                    stack.push((head, edge, 0));
                }
            } else {
                stack.pop();
                if let Some(&(parent, _, _)) = stack.last() {
                    self.low[parent] = self.low[parent].min(self.low[node]);
                    if self.low[node] > self.entered[parent] {
                        self.found.push(above);
                    }
                }
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.clock += 1;
        self.entered[node] = self.clock;
        self.low[node] = self.clock;
    }
}
