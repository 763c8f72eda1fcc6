//! From ways to edges.

use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashSet;
use wildside_engine::network::{CellId, Edge};

use super::nodes::{Located, Node, NodeStore};
use super::walkable::WalkWay;
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

    fn pass_node(&self, ordinal: usize) {
        let (word, bit) = (ordinal / 64, 1 << (ordinal % 64));
        if self.passed[word].fetch_or(bit, Ordering::Relaxed) & bit != 0 {
            self.shared[word].fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn contains(&self, ordinal: usize) -> bool {
        self.shared[ordinal / 64].load(Ordering::Relaxed) & (1 << (ordinal % 64)) != 0
    }
}

/// A way that touches no other is left out unless it is longer.
const LONELY_METRES: f64 = 1000.0;

/// Cuts one way into edges: at junctions, where it leaves its cell, and where its nodes are missing, outside the area or
/// closed to walkers.
pub(crate) struct Cutter<'a> {
    pub(crate) nodes: &'a NodeStore,
    pub(crate) junctions: &'a Junctions,
    pub(crate) closed: &'a FxHashSet<i64>,
    pub(crate) area: Option<&'a Polygon>,
}

impl Cutter<'_> {
    /// The edges of a way, and how many of its nodes are missing from the file.
    ///
    /// `None`: it is short and touches no other, such as a platform between rails; nobody could walk there.
    pub(crate) fn cut(
        &self,
        way_id: i64,
        way: &WalkWay,
        refs: impl Iterator<Item = i64>,
    ) -> Option<(Vec<Edge>, u64)> {
        let mut touches = false;
        let mut edges = Vec::new();
        let (mut piece, mut missing): (Vec<Node>, u64) = (Vec::new(), 0);
        let (mut refs, mut is_end) = (refs.peekable(), true);
        while let Some(id) = refs.next() {
            is_end |= refs.peek().is_none();
            let ends_here = std::mem::take(&mut is_end);
            let Some((ordinal, node)) = self.nodes.get(id) else {
                missing += 1;
                finish(way_id, way, &mut piece, &mut edges);
                continue;
            };
            let junction = self.junctions.contains(ordinal);
            // A gate where ways meet is that of the way that ends there: the street passes by.
            let shut = self.closed.contains(&id) && (ends_here || !junction);
            if shut || self.area.is_some_and(|area| !area.contains(node.point())) {
                finish(way_id, way, &mut piece, &mut edges);
                continue;
            }
            if piece.last().is_some_and(|last| last.id == id) {
                continue;
            }
            let left_cell = piece
                .first()
                .is_some_and(|first| cell(*first) != cell(node));
            piece.push(node);
            touches |= junction;
            if left_cell || junction {
                finish(way_id, way, &mut piece, &mut edges);
                piece.push(node);
            }
        }
        finish(way_id, way, &mut piece, &mut edges);
        let worthwhile = touches || edges.iter().map(length_metres).sum::<f64>() > LONELY_METRES;
        worthwhile.then_some((edges, missing))
    }
}

fn cell(node: Node) -> CellId {
    CellId::of(node.point())
}

/// Turns the piece into an edge, or into two where it returns to its own beginning, and empties it.
fn finish(way_id: i64, way: &WalkWay, piece: &mut Vec<Node>, edges: &mut Vec<Edge>) {
    let nodes = std::mem::take(piece);
    match nodes.as_slice() {
        [] | [_] => {}
        [first, .., last] if first.id == last.id => {
            let (out, back) = (&nodes[..=nodes.len() / 2], &nodes[nodes.len() / 2..]);
            edges.extend(
                [out, back]
                    .into_iter()
                    .filter(|half| half.len() > 1)
                    .map(|half| edge(way_id, way, half)),
            );
        }
        all => edges.push(edge(way_id, way, all)),
    }
}

fn edge(way_id: i64, way: &WalkWay, nodes: &[Node]) -> Edge {
    Edge {
        way_id,
        from_node: nodes[0].id,
        to_node: nodes[nodes.len() - 1].id,
        class: way.class,
        lit: way.lit,
        surface: way.surface.clone(),
        incline_percent: way.incline_percent,
        name: way.name.clone(),
        geometry: nodes.iter().map(|node| node.point()).collect(),
    }
}

/// Length along the shape points.
pub(crate) fn length_metres(edge: &Edge) -> f64 {
    let steps = edge.geometry.windows(2);
    steps.map(|pair| pair[0].distance_metres(pair[1])).sum()
}
