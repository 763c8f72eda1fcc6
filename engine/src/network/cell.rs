//! One square of the street network, as it is cached.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::CellId;
use super::appeal::Appeal;
use super::edge::{Edge, WayClass};
use super::index::BoxIndex;
use super::pace::{LightLevel, ticks};
use crate::geo::{Bounds, Point};
use crate::hours::WayHours;

/// The edges of one square ([`Edge::into_cells`]), decoded once and then shared.
///
/// Beside the edges it holds what every request needs of them: walking times, neighbours in compressed sparse rows,
/// and an index by position.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    edges: Vec<Edge>,
    measures: Vec<Measure>,
    /// OSM ids of the nodes, ascending; the position is the node's number within the cell.
    nodes: Vec<i64>,
    /// Nodes that another square may hold too: those of edges that leave the square.
    foreign: Vec<u32>,
    home: Option<CellId>,
    first_arc: Vec<u32>,
    arcs: Vec<CellArc>,
    index: BoxIndex,
    timed: Vec<Timed>,
    /// Edges for one direction only.
    one_way: Vec<u32>,
}

/// Hours, and the edges that have them.
#[derive(Debug, Clone)]
pub(crate) struct Timed {
    pub(crate) hours: Arc<WayHours>,
    pub(crate) edges: Vec<u32>,
}

/// Length, cost, light and appeal of an edge, as routing needs them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) metres: f32,
    pub(crate) ticks: u32,
    pub(crate) stairs: bool,
    pub(crate) light: LightLevel,
    /// Price of choosing it, in percent of its walking time.
    pub(crate) price_percent: u16,
    pub(crate) appeal: Appeal,
    /// Numbers of the end nodes within the cell.
    pub(crate) ends: [u32; 2],
}

/// One direction of an edge, seen from a node of the cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CellArc {
    pub(crate) edge: u32,
    pub(crate) head: u32,
}

impl Cell {
    /// A cell from its stored edges. Edges without two valid shape points are left out, and so are copies of the same
    /// stretch, which areas that overlap bring along. Its square is that of the first edge's first node.
    pub fn new(edges: Vec<Edge>) -> Self {
        let home = edges.iter().find_map(|edge| edge.geometry.first());
        Self::of(home.copied().map(CellId::of), edges)
    }

    /// The cell of a square from its edges, as [`Self::new`].
    pub fn at(square: CellId, edges: Vec<Edge>) -> Self {
        Self::of(Some(square), edges)
    }

    fn of(home: Option<CellId>, mut edges: Vec<Edge>) -> Self {
        let mut seen = FxHashSet::default();
        edges.retain(|edge| {
            edge.is_sound()
                && seen.insert((edge.way_id, edge.from_node, edge.to_node, middle(edge)))
        });
        let nodes = sorted_nodes(&edges);
        let measures: Vec<_> = edges.iter().map(|edge| Measure::of(edge, &nodes)).collect();
        let (first_arc, arcs) = sparse_rows(nodes.len(), &measures);
        let boxes: Vec<_> = edges
            .iter()
            .map(|edge| Bounds::of(edge.geometry.iter().copied()))
            .collect();
        Self {
            foreign: foreign_nodes(&edges, &measures, home),
            index: BoxIndex::new(&boxes),
            timed: by_hours(&edges),
            one_way: one_way(&edges),
            edges,
            measures,
            nodes,
            home,
            first_arc,
            arcs,
        }
    }

    /// The edges of the cell.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    pub(crate) fn measure(&self, edge: u32) -> &Measure {
        &self.measures[edge as usize]
    }

    pub(crate) fn nodes(&self) -> &[i64] {
        &self.nodes
    }

    pub(crate) fn foreign(&self) -> &[u32] {
        &self.foreign
    }

    /// Its square; `None`: the cell is empty.
    pub(crate) fn home(&self) -> Option<CellId> {
        self.home
    }

    pub(crate) fn arcs(&self, node: u32) -> &[CellArc] {
        let node = node as usize;
        &self.arcs[self.first_arc[node] as usize..self.first_arc[node + 1] as usize]
    }

    pub(crate) fn index(&self) -> &BoxIndex {
        &self.index
    }

    pub(crate) fn timed(&self) -> &[Timed] {
        &self.timed
    }

    pub(crate) fn one_way(&self) -> &[u32] {
        &self.one_way
    }
}

impl Measure {
    fn of(edge: &Edge, nodes: &[i64]) -> Self {
        let metres = edge.length_metres();
        let number = |id: i64| nodes.partition_point(|&node| node < id) as u32;
        Self {
            metres: metres as f32,
            ticks: ticks(edge, metres),
            stairs: edge.class == WayClass::Steps,
            light: LightLevel::of(edge),
            price_percent: edge.price_percent.max(Edge::FAIR_PRICE),
            appeal: Appeal::of(edge),
            ends: [number(edge.from_node), number(edge.to_node)],
        }
    }
}

fn by_hours(edges: &[Edge]) -> Vec<Timed> {
    let mut all: Vec<Timed> = Vec::new();
    let mut known: FxHashMap<&str, usize> = FxHashMap::default();
    for (edge, number) in edges.iter().zip(0..) {
        if let Some(hours) = &edge.hours {
            let position = *known.entry(hours.text()).or_insert_with(|| {
                all.push(Timed {
                    hours: Arc::clone(hours),
                    edges: Vec::new(),
                });
                all.len() - 1
            });
            all[position].edges.push(number);
        }
    }
    all
}

fn one_way(edges: &[Edge]) -> Vec<u32> {
    let numbered = edges.iter().zip(0..);
    numbered
        .filter(|(edge, _)| edge.one_way)
        .map(|(_, number)| number)
        .collect()
}

/// Tells apart two stretches of one way between the same two nodes, such as the halves of a ring.
fn middle(edge: &Edge) -> [u64; 2] {
    let point: Point = edge.geometry[edge.geometry.len() / 2];
    [point.lon.to_bits(), point.lat.to_bits()]
}

fn sorted_nodes(edges: &[Edge]) -> Vec<i64> {
    let mut nodes: Vec<i64> = edges
        .iter()
        .flat_map(|edge| [edge.from_node, edge.to_node])
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

fn foreign_nodes(edges: &[Edge], measures: &[Measure], home: Option<CellId>) -> Vec<u32> {
    let ends = edges.iter().zip(measures).flat_map(|(edge, measure)| {
        let last = edge.geometry[edge.geometry.len() - 1];
        [(edge.geometry[0], measure.ends[0]), (last, measure.ends[1])]
    });
    let mut foreign: Vec<u32> = ends
        .filter(|&(point, _)| Some(CellId::of(point)) != home)
        .map(|(_, node)| node)
        .collect();
    foreign.sort_unstable();
    foreign.dedup();
    foreign
}

/// The arcs of both directions, grouped by the node they leave: `first[n]..first[n + 1]` are those of node `n`.
fn sparse_rows(nodes: usize, measures: &[Measure]) -> (Vec<u32>, Vec<CellArc>) {
    let directed = || {
        measures.iter().zip(0..).flat_map(|(measure, edge)| {
            let [a, b] = measure.ends;
            [
                (a, CellArc { edge, head: b }),
                (b, CellArc { edge, head: a }),
            ]
        })
    };
    let mut first = vec![0; nodes + 1];
    for (tail, _) in directed() {
        first[tail as usize + 1] += 1;
    }
    for node in 0..nodes {
        first[node + 1] += first[node];
    }
    let mut next = first.clone();
    let mut arcs = vec![CellArc { edge: 0, head: 0 }; 2 * measures.len()];
    for (tail, arc) in directed() {
        arcs[next[tail as usize] as usize] = arc;
        next[tail as usize] += 1;
    }
    (first, arcs)
}
