//! Shortest ways between two nodes, one after another on the same buffers.

use super::Label;
use super::graph::{Link, SearchGraph};
use super::queue::RadixHeap;

/// One link of a way, and whether it is walked from its first end to its second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) link: u32,
    pub(crate) forward: bool,
}

/// Runs searches on one graph and keeps the memory in between.
#[derive(Debug)]
pub(crate) struct Router<'a> {
    graph: &'a SearchGraph,
    labels: Vec<Label>,
    /// The link by which each node was reached.
    via: Vec<u32>,
    queue: RadixHeap,
}

impl<'a> Router<'a> {
    pub(crate) fn new(graph: &'a SearchGraph) -> Self {
        let nodes = graph.node_count();
        Self {
            graph,
            labels: vec![Label::UNREACHED; nodes],
            via: vec![u32::MAX; nodes],
            queue: RadixHeap::default(),
        }
    }

    /// The cheapest way from `from` to `to`, where each link costs what `cost` says; `None`: there is no way.
    pub(crate) fn way(
        &mut self,
        from: u32,
        to: u32,
        cost: impl Fn(u32, &Link) -> u32,
    ) -> Option<Vec<Hop>> {
        self.labels.fill(Label::UNREACHED);
        self.queue.clear();
        self.labels[from as usize] = Label::ZERO;
        self.queue.push(0, from);
        while let Some((key, node)) = self.queue.pop() {
            if node == to {
                return Some(self.trace(from, to));
            }
            let label = self.labels[node as usize];
            if key > label.cost {
                continue;
            }
            for arc in self.graph.arcs(node) {
                let next = label.plus(
                    cost(arc.link, &self.graph.links[arc.link as usize]),
                    arc.ticks,
                );
                let known = &mut self.labels[arc.head as usize];
                if next.cost < known.cost {
                    *known = next;
                    self.via[arc.head as usize] = arc.link;
                    self.queue.push(next.cost, arc.head);
                }
            }
        }
        None
    }

    fn trace(&self, from: u32, to: u32) -> Vec<Hop> {
        let mut hops = Vec::new();
        let mut node = to;
        while node != from {
            let link = self.via[node as usize];
            let [a, b] = self.graph.links[link as usize].ends;
            hops.push(Hop {
                link,
                forward: b == node,
            });
            node = if b == node { a } else { b };
        }
        hops.reverse();
        hops
    }
}
