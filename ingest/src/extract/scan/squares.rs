//! After the third reading: the edges straight across squares, round what stands in them.

use std::sync::{Mutex, PoisonError};

use osmpbf::Way;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rustc_hash::FxHashSet;
use wildside_engine::network::Edge;
use wildside_engine::places::Tags;

use super::Batch;
use super::streets::Streets;
use crate::extract::network::Cutter;
use crate::extract::nodes::{Node, NodeStore};
use crate::extract::squares::{Obstacle, Square};
use crate::extract::tiles::Tiles;
use crate::extract::walkable::is_obstacle;

/// Squares, and what stands in them.
pub(super) struct Grounds<'a> {
    squares: &'a [Square],
    tiles: Tiles,
    /// Obstacles with the number of the square they are in.
    obstacles: Mutex<Vec<(usize, Obstacle)>>,
}

impl<'a> Grounds<'a> {
    pub(super) fn new(squares: &'a [Square]) -> Self {
        Self {
            squares,
            tiles: Tiles::new(squares.iter().map(Square::bounds), 0.0),
            obstacles: Mutex::default(),
        }
    }

    /// Notes a way that stands in the way of who crosses a square.
    pub(super) fn see(&self, way: &Way<'_>, tags: &Tags<'_>, nodes: &NodeStore) {
        if self.tiles.is_empty() || !is_obstacle(tags) {
            return;
        }
        // What stands in a square is in it with all its nodes: two tell enough.
        let half = way.raw_refs().len() / 2;
        let tried = way.refs().next().into_iter().chain(way.refs().nth(half));
        let mut around: Vec<usize> = tried
            .filter_map(|id| nodes.get(id))
            .flat_map(|(_, node)| self.tiles.around(node))
            .collect();
        around.sort_unstable();
        around.dedup();
        if around.is_empty() {
            return;
        }
        let located = nodes.of_way(way.refs()).into_iter().flatten();
        let line: Vec<Node> = located.map(|(_, node)| node).collect();
        if line.len() > 1 {
            let obstacle = |square| (square, Obstacle { line: line.clone() });
            let mut all = self
                .obstacles
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            all.extend(around.into_iter().map(obstacle));
        }
    }

    /// Hands over the edges across all squares, on all cores.
    pub(super) fn cross(
        self,
        cutter: &Cutter<'_>,
        doors: impl Fn(i64) -> bool + Sync,
        emit: &(dyn Fn(Batch) + Sync),
    ) -> Streets {
        let mut in_square: Vec<Vec<Obstacle>> = vec![Vec::new(); self.squares.len()];
        let obstacles = self.obstacles.into_inner();
        for (square, obstacle) in obstacles.unwrap_or_else(PoisonError::into_inner) {
            in_square[square].push(obstacle);
        }
        let numbered: Vec<_> = self.squares.iter().zip(&in_square).collect();
        numbered
            .par_iter()
            .map(|(square, obstacles)| {
                let mut found = Streets::default();
                let entries = entries(square, cutter, &doors);
                match square.crossings(&entries, obstacles) {
                    Some(mut edges) => {
                        edges.retain(|edge| is_within(edge, cutter));
                        found.edges = edges.len() as u64;
                        if !edges.is_empty() {
                            emit(Batch::Edges(edges));
                        }
                    }
                    None => found.report.skip("squares too large to be crossed", 1),
                }
                found
            })
            .reduce(Streets::default, Streets::plus)
    }
}

/// The nodes of an outline at which one comes into a square.
fn entries(square: &Square, cutter: &Cutter<'_>, doors: impl Fn(i64) -> bool) -> FxHashSet<i64> {
    let outline = square.rings.iter().flatten().map(|node| node.id);
    let located = outline.filter_map(|id| cutter.nodes.get(id));
    let ways_in =
        located.filter(|(ordinal, node)| cutter.junctions.contains(*ordinal) || doors(node.id));
    ways_in.map(|(_, node)| node.id).collect()
}

fn is_within(edge: &Edge, cutter: &Cutter<'_>) -> bool {
    let inside = |area: &crate::area::Polygon| edge.geometry.iter().all(|at| area.contains(*at));
    cutter.area.is_none_or(inside)
}
