//! From ways to edges.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::{FxHashMap, FxHashSet};
use wildside_engine::hours::WayHours;
use wildside_engine::network::{CellId, Edge};

use super::access::Walk;
use super::elements::OsmId;
use super::hours::{self, Passage};
use super::nodes::{Located, Node, NodeStore};
use super::parks::Parks;
use super::squares::{Step, step};
use super::walkable::{Directions, WalkWay};
use crate::area::Polygon;

/// Junctions: nodes that walkers pass more than once, and where they may choose.
#[derive(Debug)]
pub(crate) struct Junctions {
    passed: Vec<AtomicU64>,
    shared: Vec<AtomicU64>,
}

impl Junctions {
    /// None yet, among so many nodes.
    pub(crate) fn new(nodes: usize) -> Self {
        let bits = || (0..nodes.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Self {
            passed: bits(),
            shared: bits(),
        }
    }

    /// Notes that a way passes these nodes. The node that closes a ring is its first one and counts once.
    pub(crate) fn pass(&self, nodes: &[Located]) {
        for (position, node) in nodes.iter().enumerate() {
            let repeated = position > 0 && nodes[position - 1] == *node;
            let closing = position + 1 == nodes.len() && nodes[0] == *node;
            if let (Some((ordinal, _)), false) = (node, repeated || closing) {
                self.pass_node(*ordinal);
            }
        }
    }

    /// Notes that a barrier runs through these nodes. Where one only ends, it takes a second one to bar the way.
    pub(crate) fn bar(&self, nodes: &[Located]) {
        let is_ring = nodes.first() == nodes.last();
        for (position, node) in nodes.iter().enumerate() {
            let is_end = !is_ring && (position == 0 || position + 1 == nodes.len());
            if let Some((ordinal, _)) = node {
                self.pass_node(*ordinal);
                if !is_end {
                    self.pass_node(*ordinal);
                }
            }
        }
    }

    /// Makes a node one where walkers may choose.
    pub(crate) fn add(&self, ordinal: usize) {
        self.pass_node(ordinal);
        self.pass_node(ordinal);
    }

    fn pass_node(&self, ordinal: usize) {
        let (word, bit) = (ordinal / 64, 1 << (ordinal % 64));
        if self.passed[word].fetch_or(bit, Ordering::Relaxed) & bit != 0 {
            self.shared[word].fetch_or(bit, Ordering::Relaxed);
        }
    }

    pub(crate) fn contains(&self, ordinal: usize) -> bool {
        is_set(&self.shared, ordinal)
    }

    fn touches(&self, ordinal: usize) -> bool {
        is_set(&self.passed, ordinal)
    }
}

fn is_set(bits: &[AtomicU64], ordinal: usize) -> bool {
    bits[ordinal / 64].load(Ordering::Relaxed) & (1 << (ordinal % 64)) != 0
}

/// A way that touches no other is left out unless it is longer.
const LONELY_METRES: f64 = 1000.0;

/// Cuts one way into edges: at junctions, where it leaves its cell, where its nodes are missing, on both sides of the area's border,
/// beyond which nothing is kept, and on both sides of what is closed to walkers.
pub(crate) struct Cutter<'a> {
    pub(crate) nodes: &'a NodeStore,
    pub(crate) junctions: &'a Junctions,
    /// Nodes that fences and walls run through.
    pub(crate) barred: &'a Junctions,
    /// Permissions of the nodes that say something of passing.
    pub(crate) passages: &'a FxHashMap<i64, Passage>,
    pub(crate) parks: &'a Parks,
    pub(crate) area: Option<&'a Polygon>,
}

/// The pieces of one way, as it is cut.
struct Pieces<'a> {
    way_id: i64,
    way: &'a WalkWay,
    /// Steps that lead round what is crossed.
    round: Option<&'a FxHashSet<Step>>,
    nodes: Vec<Node>,
    price_percent: u16,
    hours: Option<Arc<WayHours>>,
    edges: Vec<Edge>,
}

/// One node of a way.
#[derive(Debug, Clone, Copy)]
struct Passed {
    position: usize,
    ordinal: usize,
    node: Node,
    is_end: bool,
}

impl Cutter<'_> {
    /// The edges of a way, and how many of its nodes are missing from the file. An area's outline is walked along whatever
    /// doors and gates are in it, and where it leads `round` what is crossed, only up to what lies on it.
    ///
    /// `None`: it is short and touches no other, such as a platform between rails; nobody could walk there.
    pub(crate) fn cut(
        &self,
        way_id: i64,
        way: &WalkWay,
        round: Option<&FxHashSet<Step>>,
        refs: impl Iterator<Item = i64>,
    ) -> Option<(Vec<Edge>, u64)> {
        let nodes = self.nodes.of_way(refs);
        let missing = nodes.iter().filter(|node| node.is_none()).count() as u64;
        let outside = self.outside(&nodes);
        let mut touches = false;
        let is_outline = round.is_some();
        let mut pieces = Pieces::new(way_id, way, round);
        for (position, located) in nodes.iter().enumerate() {
            let Some((ordinal, node)) = *located else {
                pieces.finish();
                continue;
            };
            let passed = Passed {
                position,
                ordinal,
                node,
                is_end: position == 0 || position + 1 == nodes.len(),
            };
            let around = &outside[position.saturating_sub(1)..outside.len().min(position + 2)];
            let is_at_border = around.contains(&true) && around.contains(&false);
            if position > 0 && outside[position] && outside[position - 1] {
                // What lies between them is no part of the area.
                pieces.finish();
            }
            if outside[position] && !is_at_border {
                continue;
            }
            if !is_outline && self.is_shut(&passed, way, &nodes) {
                pieces.stop_at(&passed);
            } else if pieces.nodes.last().is_none_or(|last| last.id != node.id) {
                let junction = self.junctions.contains(ordinal);
                touches |= junction;
                let passage = self.passage(&passed).filter(|_| !is_outline);
                pieces.pass(node, junction || is_at_border, passage);
            }
        }
        pieces.finish();
        let mut edges = pieces.edges;
        self.parks.shut(&mut edges, way);
        let worthwhile = touches || edges.iter().map(length_metres).sum::<f64>() > LONELY_METRES;
        worthwhile.then_some((edges, missing))
    }

    /// Tells of each node whether it lies outside the area. Where a way crosses the border, what lies between is an edge of its
    /// own: the area beyond has the same, and the way is whole where both are loaded.
    fn outside(&self, nodes: &[Located]) -> Vec<bool> {
        let is_outside = |area: &Polygon, located: &Located| {
            located.is_some_and(|(_, node)| !area.contains(node.point()))
        };
        let side = |located| self.area.is_some_and(|area| is_outside(area, located));
        nodes.iter().map(side).collect()
    }

    /// True if a walker on this way is stopped at a node. A gate where ways meet is that of the way that ends there: the street
    /// passes by.
    fn is_shut(&self, passed: &Passed, way: &WalkWay, nodes: &[Located]) -> bool {
        if !passed.is_end && self.junctions.contains(passed.ordinal) {
            return false;
        }
        match self.passages.get(&passed.node.id) {
            Some(passage) => passage.walk == Walk::No,
            None => {
                self.barred.contains(passed.ordinal)
                    && !way.is_on_another_level
                    && !self.runs_along(passed.position, nodes)
            }
        }
    }

    /// True if the way shares the node before or after with a barrier too, and so follows it.
    fn runs_along(&self, position: usize, nodes: &[Located]) -> bool {
        let before = position.checked_sub(1).and_then(|before| nodes[before]);
        let after = nodes.get(position + 1).copied().flatten();
        [before, after]
            .into_iter()
            .flatten()
            .any(|(ordinal, _)| self.barred.touches(ordinal))
    }

    /// Price and hours of passing a node on this way, if it has any.
    fn passage(&self, passed: &Passed) -> Option<&Passage> {
        let is_passed_by = !passed.is_end && self.junctions.contains(passed.ordinal);
        let passage = self.passages.get(&passed.node.id);
        passage.filter(|passage| !is_passed_by && passage.walk != Walk::No)
    }
}

impl<'a> Pieces<'a> {
    fn new(way_id: i64, way: &'a WalkWay, round: Option<&'a FxHashSet<Step>>) -> Self {
        Self {
            way_id,
            way,
            round,
            nodes: Vec::new(),
            price_percent: way.price_percent,
            hours: way.hours.clone(),
            edges: Vec::new(),
        }
    }

    /// Goes on to a node; at a junction, or in another cell, the piece ends and the next begins.
    fn pass(&mut self, node: Node, junction: bool, passage: Option<&Passage>) {
        let left_cell = self
            .nodes
            .first()
            .is_some_and(|first| cell(*first) != cell(node));
        self.nodes.push(node);
        self.heed(passage);
        if left_cell || junction {
            let is_first = self.nodes.len() == 1;
            self.finish();
            self.nodes.push(node);
            if is_first {
                self.heed(passage);
            }
        }
    }

    fn heed(&mut self, passage: Option<&Passage>) {
        let Some(passage) = passage else {
            return;
        };
        if let Walk::At(price) = passage.walk {
            self.price_percent = self.price_percent.max(price);
        }
        self.hours = hours::both(self.hours.as_ref(), passage.hours.as_ref());
    }

    /// Ends before a closed gate and begins anew behind it: one comes up to it from both sides, and not through.
    fn stop_at(&mut self, passed: &Passed) {
        let side = |id| Node { id, ..passed.node };
        if !self.nodes.is_empty() {
            self.nodes
                .push(side(blind_end(self.way_id, passed.position, 0)));
        }
        self.finish();
        self.nodes
            .push(side(blind_end(self.way_id, passed.position, 1)));
    }

    /// Turns the piece into an edge, or into two where it returns to its own beginning, and empties it.
    fn finish(&mut self) {
        let nodes = std::mem::take(&mut self.nodes);
        match nodes.as_slice() {
            [] | [_] => {}
            [first, .., last] if first.id == last.id => {
                let (out, back) = (&nodes[..=nodes.len() / 2], &nodes[nodes.len() / 2..]);
                for half in [out, back].into_iter().filter(|half| half.len() > 1) {
                    self.edges.push(self.edge(half));
                }
            }
            all if self.leads_round(all) => self.halve(all),
            all => self.edges.push(self.edge(all)),
        }
        self.price_percent = self.way.price_percent;
        self.hours.clone_from(&self.way.hours);
    }

    fn leads_round(&self, nodes: &[Node]) -> bool {
        let is_round = |pair: &[Node]| {
            let step = step(pair[0].id, pair[1].id);
            self.round.is_some_and(|round| round.contains(&step))
        };
        nodes.windows(2).all(is_round)
    }

    /// Turns a piece into two that do not meet: from either end one comes to what lies on it, and not through.
    fn halve(&mut self, nodes: &[Node]) {
        let (position, half) = (self.edges.len(), nodes.len() / 2);
        let mut middle = nodes[half];
        if nodes.len() == 2 {
            middle.lon = i32::midpoint(nodes[0].lon, nodes[1].lon);
            middle.lat = i32::midpoint(nodes[0].lat, nodes[1].lat);
        }
        let end = |side| Node {
            id: blind_end(self.way_id, position, side),
            ..middle
        };
        let rest = if nodes.len() == 2 { half } else { half + 1 };
        let out: Vec<Node> = nodes[..half].iter().copied().chain([end(0)]).collect();
        let back: Vec<Node> = [end(1)]
            .into_iter()
            .chain(nodes[rest..].iter().copied())
            .collect();
        self.edges.extend([self.edge(&out), self.edge(&back)]);
    }

    /// The edge along some nodes; one for one direction is drawn in it. The outline of an area is walked both ways.
    fn edge(&self, nodes: &[Node]) -> Edge {
        let directions = match self.round {
            Some(_) => Directions::Both,
            None => self.way.directions,
        };
        let along = Edge {
            price_percent: self.price_percent,
            hours: self.hours.clone(),
            one_way: directions != Directions::Both,
            ..edge(self.way_id, self.way, nodes)
        };
        if directions == Directions::Backward {
            reversed(along)
        } else {
            along
        }
    }
}

/// An edge along nodes of a way, or straight across an area.
pub(crate) fn edge(way_id: i64, way: &WalkWay, nodes: &[Node]) -> Edge {
    Edge {
        way_id,
        from_node: nodes[0].id,
        to_node: nodes[nodes.len() - 1].id,
        class: way.class,
        lit: way.lit,
        surface: way.surface.clone(),
        incline_percent: way.incline_percent,
        price_percent: way.price_percent,
        hours: way.hours.clone(),
        one_way: false,
        name: way.name.clone(),
        geometry: nodes.iter().map(|node| node.point()).collect(),
    }
}

/// The edge as it is drawn from its end to its beginning.
fn reversed(edge: Edge) -> Edge {
    Edge {
        from_node: edge.to_node,
        to_node: edge.from_node,
        incline_percent: edge.incline_percent.map(|incline| -incline),
        geometry: edge.geometry.iter().rev().copied().collect(),
        ..edge
    }
}

/// First of the ids for what no map has an id for: those of maps are of some forty bits, negative ones too.
const OWN_IDS: i64 = i64::MIN >> 1;

/// Id of the node at which a way ends on one side of a closed gate.
fn blind_end(way_id: i64, position: usize, side: i64) -> i64 {
    OWN_IDS + ((way_id << 18) | (position as i64) << 1 | side)
}

/// Id of the edges across a square, which is not that of its outline.
pub(crate) fn crossing_id(square: OsmId) -> Option<i64> {
    Some(OWN_IDS + square.folded()?)
}

fn cell(node: Node) -> CellId {
    CellId::of(node.point())
}

/// Length along the shape points.
pub(crate) fn length_metres(edge: &Edge) -> f64 {
    let steps = edge.geometry.windows(2);
    steps.map(|pair| pair[0].distance_metres(pair[1])).sum()
}
