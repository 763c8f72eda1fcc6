//! Router: shortest paths between two nodes by A*, one after another on the same buffers.

use super::Label;
use super::graph::{Link, SearchGraph};
use super::hierarchy::{Hierarchy, MOST_COST};
use super::potential::Potential;
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
    hierarchy: &'a Hierarchy<'a>,
    tree: Tree,
    potential: Potential,
}

/// The ways that a search has found.
#[derive(Debug)]
struct Tree {
    labels: Vec<Label>,
    /// The link by which each node was reached.
    via: Vec<u32>,
    queue: RadixHeap,
}

impl<'a> Router<'a> {
    pub(crate) fn new(hierarchy: &'a Hierarchy<'a>) -> Self {
        let nodes = hierarchy.len();
        let tree = Tree {
            labels: vec![Label::UNREACHED; nodes],
            via: vec![u32::MAX; nodes],
            queue: RadixHeap::default(),
        };
        Self {
            hierarchy,
            tree,
            potential: Potential::default(),
        }
    }

    /// The cheapest way from `from` to `to`, where each link costs what `cost` says, its own cost at least; `None`: there
    /// is no way.
    pub(crate) fn way(
        &mut self,
        from: u32,
        to: u32,
        cost: impl Fn(u32, &Link) -> u32,
    ) -> Option<Vec<Hop>> {
        self.way_by(from, to, |hop, link| cost(hop.link, link))
    }

    /// The cheapest way from `from` to `to` that leads against no street for one direction; `None`: there is none.
    pub(crate) fn way_in_direction(&mut self, from: u32, to: u32) -> Option<Vec<Hop>> {
        let graph = self.hierarchy.graph();
        let cost = |hop, link: &Link| {
            if graph.is_against(hop) {
                u32::MAX
            } else {
                link.cost
            }
        };
        self.way_by(from, to, cost)
    }

    fn way_by(&mut self, from: u32, to: u32, cost: impl Fn(Hop, &Link) -> u32) -> Option<Vec<Hop>> {
        let (hierarchy, potential) = (self.hierarchy, &mut self.potential);
        potential.aim(hierarchy, to);
        if potential.cost_from(hierarchy, from) >= MOST_COST {
            return None;
        }
        let left = |node| potential.cost_from(hierarchy, node);
        self.tree
            .grow(hierarchy.graph(), from, |node, _| node == to, cost, left);
        // Out of reach where prices exceed what a label holds.
        self.label(to).is_reached().then(|| self.trace(from, to))
    }

    /// Finds the cheapest ways from `from`, nearest first, until a node is `last`.
    pub(crate) fn spread(
        &mut self,
        from: u32,
        last: impl Fn(u32, Label) -> bool,
        cost: impl Fn(u32, &Link) -> u32,
    ) {
        let cost = |hop: Hop, link: &Link| cost(hop.link, link);
        self.tree
            .grow(self.hierarchy.graph(), from, last, cost, |_| 0);
    }

    /// Label of a node in the last search.
    pub(crate) fn label(&self, node: u32) -> Label {
        self.tree.labels[node as usize]
    }

    /// The link by which the last search came to a node that it reached.
    pub(crate) fn via(&self, node: u32) -> u32 {
        self.tree.via[node as usize]
    }

    /// The way to a node that the last search reached from `from`.
    pub(crate) fn trace(&self, from: u32, to: u32) -> Vec<Hop> {
        let mut hops = Vec::new();
        let mut node = to;
        while node != from {
            let link = self.tree.via[node as usize];
            let [a, b] = self.hierarchy.graph().links[link as usize].ends;
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

impl Tree {
    /// Finds the cheapest ways from `from`, first where the way and what is `left` behind it cost least, until a node is
    /// `last` (A*: Hart, Nilsson and Raphael 1968). What is left never falls by more than a link costs.
    fn grow(
        &mut self,
        graph: &SearchGraph,
        from: u32,
        last: impl Fn(u32, Label) -> bool,
        cost: impl Fn(Hop, &Link) -> u32,
        mut left: impl FnMut(u32) -> u32,
    ) {
        self.labels.fill(Label::UNREACHED);
        self.queue.clear();
        self.labels[from as usize] = Label::ZERO;
        self.queue.push(left(from), from);
        while let Some((key, node)) = self.queue.pop() {
            let label = self.labels[node as usize];
            if last(node, label) {
                return;
            }
            if key > label.cost.saturating_add(left(node)) {
                continue;
            }
            for arc in graph.arcs(node) {
                let link = &graph.links[arc.link as usize];
                let hop = Hop {
                    link: arc.link,
                    forward: link.ends[1] == arc.head,
                };
                let next = label.plus(cost(hop, link), arc.ticks);
                let known = &mut self.labels[arc.head as usize];
                if next.cost < known.cost {
                    *known = next;
                    self.via[arc.head as usize] = arc.link;
                    let key = next.cost.saturating_add(left(arc.head));
                    self.queue.push(key, arc.head);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Hierarchy, Label, Router};
    use crate::routing::graph::{Link, SearchGraph};

    /// Price of a link: little, or more than can be added up.
    fn dearer() -> impl Strategy<Value = u32> {
        prop_oneof![4 => 0_u32..9000, 1 => Just(u32::MAX)]
    }

    proptest! {
        #[test]
        fn a_way_costs_as_little_as_an_unguided_search_finds(
            nodes in 2_usize..40,
            ways in prop::collection::vec((0_u32..40, 0_u32..40, 0_u32..5000, dearer()), 0..120),
            pairs in prop::collection::vec((0_u32..40, 0_u32..40, any::<bool>()), 1..12),
        ) {
            let node = |number: u32| number % nodes as u32;
            let (links, dearer): (Vec<Link>, Vec<u32>) = ways
                .into_iter()
                .filter(|&(a, b, ..)| node(a) != node(b))
                .map(|(a, b, ticks, more)| {
                    let link = Link {
                        ends: [node(a), node(b)],
                        cost: ticks,
                        ticks,
                        metres: 0.0,
                        dull: 0,
                        first_piece: 0,
                        piece_count: 0,
                    };
                    (link, more)
                })
                .unzip();
            let graph = SearchGraph::from_links(1, nodes, links, std::iter::empty());
            let hierarchy = Hierarchy::of(&graph);
            let (mut guided, mut unguided) = (Router::new(&hierarchy), Router::new(&hierarchy));
            for (from, to, is_dearer) in pairs {
                let (from, to) = (node(from), node(to));
                let price = |link: u32, of: &Link| {
                    let more = if is_dearer { dearer[link as usize] } else { 0 };
                    of.cost.saturating_add(more)
                };
                let way = guided.way(from, to, price);
                unguided.spread(from, |_, _| false, price);
                let least = unguided.label(to);
                prop_assert_eq!(way.is_some(), least.is_reached());
                let Some(way) = way else { continue };
                let mut here = from;
                let mut cost = Label::ZERO;
                for hop in way {
                    let link = &graph.links()[hop.link as usize];
                    prop_assert_eq!(link.ends[usize::from(!hop.forward)], here);
                    here = graph.head(hop);
                    cost = cost.plus(price(hop.link, link), link.ticks);
                }
                prop_assert_eq!((here, cost.cost), (to, least.cost));
            }
        }
    }
}
