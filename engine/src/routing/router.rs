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

impl Hop {
    /// The same link, walked the other way.
    pub(crate) fn reversed(self) -> Self {
        Self {
            forward: !self.forward,
            ..self
        }
    }
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
        self.spread(from, |node, _| node == to, cost);
        self.label(to).is_reached().then(|| self.trace(from, to))
    }

    /// Finds the cheapest ways from `from`, nearest first, until a node is `last`.
    pub(crate) fn spread(
        &mut self,
        from: u32,
        last: impl Fn(u32, Label) -> bool,
        cost: impl Fn(u32, &Link) -> u32,
    ) {
        self.labels.fill(Label::UNREACHED);
        self.queue.clear();
        self.labels[from as usize] = Label::ZERO;
        self.queue.push(0, from);
        while let Some((key, node)) = self.queue.pop() {
            let label = self.labels[node as usize];
            if last(node, label) {
                return;
            }
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
    }

    /// What the last search found of the way to a node.
    pub(crate) fn label(&self, node: u32) -> Label {
        self.labels[node as usize]
    }

    /// The link by which the last search came to a node that it reached.
    pub(crate) fn via(&self, node: u32) -> u32 {
        self.via[node as usize]
    }

    /// The way to a node that the last search reached from `from`.
    pub(crate) fn trace(&self, from: u32, to: u32) -> Vec<Hop> {
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
