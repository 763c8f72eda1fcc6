//! Reach of one position: a Dijkstra search up to a time limit.

use super::queue::RadixHeap;
use super::{Label, Profile};
use crate::network::{EdgeId, Network, NodeId, Snap};

/// The ways from one position to all nodes within a time, along the cheapest way for the profile (Dijkstra 1959).
#[derive(Debug)]
pub(crate) struct Reach {
    origin: Snap,
    labels: Vec<Label>,
    /// The nodes reached, nearest first.
    nodes: Vec<NodeId>,
}

impl Reach {
    /// Explores from `origin` as far as `limit` ticks go.
    pub(crate) fn explore(network: &Network, profile: Profile, origin: Snap, limit: u32) -> Self {
        let mut reach = Self {
            origin,
            labels: vec![Label::UNREACHED; network.node_bound()],
            nodes: Vec::new(),
        };
        let mut queue = RadixHeap::default();
        for (node, label) in from_inside(network, profile, &origin) {
            reach.relax(&mut queue, node, label, limit);
        }
        while let Some((cost, node)) = queue.pop() {
            let label = reach.labels[node as usize];
            if cost > label.cost {
                continue;
            }
            reach.nodes.push(NodeId(node));
            network.for_each_arc(NodeId(node), |_, measure, head| {
                let next = label.plus(profile.whole_cost(measure), profile.ticks(measure));
                reach.relax(&mut queue, head, next, limit);
            });
        }
        reach
    }

    fn relax(&mut self, queue: &mut RadixHeap, node: NodeId, label: Label, limit: u32) {
        let known = &mut self.labels[node.0 as usize];
        if label.cost < known.cost && label.ticks <= limit {
            *known = label;
            queue.push(label.cost, node.0);
        }
    }

    /// The nodes reached, nearest first.
    pub(crate) fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    /// The way to a node.
    pub(crate) fn to_node(&self, node: NodeId) -> Label {
        self.labels[node.0 as usize]
    }

    /// The edges that can be walked on within the limit, each once, by number.
    pub(crate) fn edges(&self, network: &Network) -> Vec<EdgeId> {
        let mut edges = vec![self.origin.edge];
        for &node in &self.nodes {
            network.for_each_arc(node, |edge, _, _| edges.push(edge));
        }
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// True if an edge can be walked on within the limit.
    pub(crate) fn touches(&self, network: &Network, edge: EdgeId) -> bool {
        edge == self.origin.edge
            || network
                .ends(edge)
                .iter()
                .any(|&node| self.to_node(node).is_reached())
    }

    /// The way to a position on a street.
    pub(crate) fn to(&self, network: &Network, profile: Profile, place: &Snap) -> Label {
        let via_ends = from_inside(network, profile, place)
            .map(|(node, rest)| match self.to_node(node) {
                Label::UNREACHED => Label::UNREACHED,
                label => label.plus(rest.cost, rest.ticks),
            })
            .into_iter();
        let along = (place.edge == self.origin.edge).then(|| {
            let measure = network.measure(place.edge);
            let metres = (place.offset - self.origin.offset).abs();
            let ticks = part(profile.ticks(measure), metres, measure.metres);
            Label::ZERO.plus(profile.cost(measure, ticks, metres), ticks)
        });
        via_ends
            .chain(along)
            .min_by_key(|label| label.cost)
            .unwrap_or(Label::UNREACHED)
    }
}

/// The two ends of the edge of a position, and the way to each.
fn from_inside(network: &Network, profile: Profile, place: &Snap) -> [(NodeId, Label); 2] {
    let measure = network.measure(place.edge);
    let [from, to] = network.ends(place.edge);
    let label = |metres: f32| {
        let ticks = part(profile.ticks(measure), metres, measure.metres);
        Label {
            cost: profile.cost(measure, ticks, metres),
            ticks,
        }
    };
    [
        (from, label(place.offset)),
        (to, label(measure.metres - place.offset)),
    ]
}

/// The share of `ticks` that belongs to `metres` of an edge `length` long.
pub(super) fn part(ticks: u32, metres: f32, length: f32) -> u32 {
    if length > 0.0 {
        (f64::from(ticks) * f64::from(metres / length).clamp(0.0, 1.0)).round() as u32
    } else {
        0
    }
}
