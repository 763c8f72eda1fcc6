//! Cells joined into one network.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::cell::{Cell, Measure, Timed};
use super::edge::Edge;
use crate::hours::WalkTime;

/// A node of the joined network: `first_node` of its cell plus its number there. A node that several cells hold goes
/// by the number it has in the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(crate) u32);

/// An edge of the joined network: `first_edge` of its cell plus its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EdgeId(pub(crate) u32);

/// The joined cells around a walk. Cheap to clone and to make: the cells are shared, and joining touches only the
/// nodes on their borders.
#[derive(Debug, Clone, Default)]
pub struct Network {
    cells: Vec<Arc<Cell>>,
    /// Number of the first node of each cell, and the count of all at the end.
    first_node: Vec<u32>,
    first_edge: Vec<u32>,
    /// For a node that an earlier cell holds too: the number it goes by.
    canonical: FxHashMap<u32, NodeId>,
    /// For a node that goes by its own number and is in more cells: all its numbers.
    twins: FxHashMap<NodeId, Vec<u32>>,
    /// Edges on which nobody may walk at the time, or which are left out.
    shut: FxHashSet<EdgeId>,
}

impl Network {
    /// Joins cells into one network; a street that crosses a cell border is whole again. The same cell given twice
    /// counts once.
    pub fn join(mut cells: Vec<Arc<Cell>>) -> Self {
        let mut seen = FxHashSet::default();
        cells.retain(|cell| !cell.edges().is_empty() && seen.insert(Arc::as_ptr(cell)));
        let mut network = Self {
            first_node: running_sum(cells.iter().map(|cell| cell.nodes().len())),
            first_edge: running_sum(cells.iter().map(|cell| cell.edges().len())),
            cells,
            ..Self::default()
        };
        network.join_borders();
        network
    }

    /// True if any of its streets has hours.
    pub fn has_hours(&self) -> bool {
        self.cells.iter().any(|cell| !cell.timed().is_empty())
    }

    /// Network without the streets that are closed at some time of a walk of so many seconds: no walk begins, ends or passes
    /// there.
    #[must_use]
    pub fn at(mut self, time: &WalkTime, seconds: u32) -> Self {
        let mut known: FxHashMap<&str, bool> = FxHashMap::default();
        for (cell, first) in self.cells.iter().zip(&self.first_edge) {
            for Timed { hours, edges } in cell.timed() {
                let judge = || hours.is_open(time, seconds);
                if !*known.entry(hours.text()).or_insert_with(judge) {
                    self.shut
                        .extend(edges.iter().map(|edge| EdgeId(first + edge)));
                }
            }
        }
        self
    }

    /// Seconds by which such a walk can begin later and find the same streets open; `None`: it can for a month.
    pub fn same_for(&self, time: &WalkTime, seconds: u32) -> Option<u32> {
        let mut seen = FxHashSet::default();
        let all = self.cells.iter().flat_map(|cell| cell.timed());
        all.filter(|timed| seen.insert(timed.hours.text()))
            .filter_map(|timed| timed.hours.same_for(time, seconds))
            .min()
    }

    /// Streets for one direction only.
    pub(crate) fn one_ways(&self) -> FxHashSet<EdgeId> {
        let cells = self.cells.iter().zip(&self.first_edge);
        cells
            .flat_map(|(cell, first)| cell.one_way().iter().map(move |edge| EdgeId(first + edge)))
            .collect()
    }

    /// Network without some streets: no walk begins, ends or passes there.
    pub(crate) fn without(mut self, edges: impl IntoIterator<Item = EdgeId>) -> Self {
        self.shut.extend(edges);
        self
    }

    pub(crate) fn is_shut(&self, edge: EdgeId) -> bool {
        !self.shut.is_empty() && self.shut.contains(&edge)
    }

    /// True if no street is known here.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells it was joined from, without empty ones.
    pub fn cells(&self) -> &[Arc<Cell>] {
        &self.cells
    }

    /// One more than the greatest node number.
    pub(crate) fn node_bound(&self) -> usize {
        self.first_node.last().map_or(0, |&count| count as usize)
    }

    pub(crate) fn edge(&self, id: EdgeId) -> &Edge {
        let cell = cell_of(&self.first_edge, id.0);
        &self.cells[cell].edges()[(id.0 - self.first_edge[cell]) as usize]
    }

    pub(crate) fn measure(&self, id: EdgeId) -> &Measure {
        let cell = cell_of(&self.first_edge, id.0);
        self.cells[cell].measure(id.0 - self.first_edge[cell])
    }

    /// The nodes at both ends of an edge.
    pub(crate) fn ends(&self, id: EdgeId) -> [NodeId; 2] {
        let cell = cell_of(&self.first_edge, id.0);
        let ends = self.cells[cell].measure(id.0 - self.first_edge[cell]).ends;
        ends.map(|node| self.canonical(self.first_node[cell] + node))
    }

    pub(crate) fn edge_id(&self, cell: usize, edge: u32) -> EdgeId {
        EdgeId(self.first_edge[cell] + edge)
    }

    /// Calls `visit` with each arc that leaves `node`: the edge, what is known of it, and the node at its other end.
    pub(crate) fn for_each_arc(
        &self,
        node: NodeId,
        mut visit: impl FnMut(EdgeId, &Measure, NodeId),
    ) {
        let mut in_one_cell = |number: u32| {
            let index = cell_of(&self.first_node, number);
            let (cell, first) = (&self.cells[index], self.first_node[index]);
            for arc in cell.arcs(number - first) {
                let edge = self.edge_id(index, arc.edge);
                if !self.is_shut(edge) {
                    let head = self.canonical(first + arc.head);
                    visit(edge, cell.measure(arc.edge), head);
                }
            }
        };
        match self.twins.get(&node) {
            Some(numbers) => numbers.iter().copied().for_each(in_one_cell),
            None => in_one_cell(node.0),
        }
    }

    fn canonical(&self, number: u32) -> NodeId {
        self.canonical
            .get(&number)
            .copied()
            .unwrap_or(NodeId(number))
    }

    /// Makes one node of those that share an OSM id. A cell knows which of its nodes lie outside its square; only
    /// those are looked for elsewhere.
    fn join_borders(&mut self) {
        let cells = self.cells.clone();
        let mut cell_at = FxHashMap::default();
        let mut shared: FxHashMap<i64, Vec<u32>> = FxHashMap::default();
        for (index, cell) in cells.iter().enumerate() {
            let first = self.first_node[index];
            let mut share = |node: u32| {
                shared
                    .entry(cell.nodes()[node as usize])
                    .or_default()
                    .push(first + node);
            };
            match cell_at.entry(cell.home()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(index);
                    cell.foreign().iter().copied().for_each(&mut share);
                }
                // A second cell of the same square: all its nodes may be in the first.
                Entry::Occupied(_) => (0..cell.nodes().len() as u32).for_each(&mut share),
            }
        }
        for (osm_id, mut numbers) in shared {
            for &index in cell_at.values() {
                if let Ok(node) = cells[index].nodes().binary_search(&osm_id) {
                    numbers.push(self.first_node[index] + node as u32);
                }
            }
            self.unite(numbers);
        }
    }

    fn unite(&mut self, mut numbers: Vec<u32>) {
        numbers.sort_unstable();
        numbers.dedup();
        let &[first, ref others @ ..] = numbers.as_slice() else {
            return;
        };
        if others.is_empty() {
            return;
        }
        self.canonical
            .extend(others.iter().map(|&number| (number, NodeId(first))));
        self.twins.insert(NodeId(first), numbers);
    }
}

/// Position of the cell that holds a number.
fn cell_of(first: &[u32], number: u32) -> usize {
    first.partition_point(|&start| start <= number) - 1
}

/// 0, then the sum of the first one, two, … counts.
fn running_sum(counts: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut sum = 0;
    std::iter::once(0)
        .chain(counts.map(|count| {
            sum += count as u32;
            sum
        }))
        .collect()
}
