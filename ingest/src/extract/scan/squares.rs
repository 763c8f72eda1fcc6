//! After the third reading: the edges straight across squares, round what stands in them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use osmpbf::Way;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rustc_hash::FxHashSet;
use wildside_engine::network::Edge;
use wildside_engine::places::Tags;

use super::streets::{Streets, add_edges};
use crate::extract::network::Cutter;
use crate::extract::nodes::{Node, NodeStore};
use crate::extract::squares::{Crossings, Obstacle, Square, Step};
use crate::extract::tiles::Tiles;
use crate::extract::walkable::{WalkWay, is_area, is_obstacle, walk_way};

/// Squares, and what stands in them.
pub(super) struct Grounds<'a> {
    squares: &'a [Square],
    tiles: Tiles,
    /// Obstacles with the number of the square they are in.
    obstacles: Mutex<Vec<(usize, Obstacle)>>,
    outlines: Mutex<Vec<Outline>>,
}

impl<'a> Grounds<'a> {
    pub(super) fn new(squares: &'a [Square]) -> Self {
        Self {
            squares,
            tiles: Tiles::new(squares.iter().map(Square::bounds), 0.0),
            obstacles: Mutex::default(),
            outlines: Mutex::default(),
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
            lock(&self.obstacles).extend(around.into_iter().map(obstacle));
        }
    }

    /// Keeps the outline of an area until it is known where it is crossed.
    pub(super) fn keep(&self, way: &Way<'_>, walk: WalkWay, tags: &Tags<'_>) {
        let outline = Outline {
            way_id: way.id(),
            way: walk,
            is_street: walk_way(tags).is_some() && !is_area(tags),
            refs: way.refs().collect(),
        };
        lock(&self.outlines).push(outline);
    }

    /// Hands over the edges across all squares and along their outlines, on all cores.
    pub(super) fn cross(
        self,
        cutter: &Cutter<'_>,
        doors: impl Fn(i64) -> bool + Sync,
        emit: &(dyn Fn(Vec<Edge>) + Sync),
    ) -> Streets {
        let mut in_square: Vec<Vec<Obstacle>> = vec![Vec::new(); self.squares.len()];
        for (square, obstacle) in std::mem::take(&mut *lock(&self.obstacles)) {
            in_square[square].push(obstacle);
        }
        let numbered: Vec<_> = self.squares.iter().zip(&in_square).collect();
        let crossings: Vec<Option<Crossings>> = numbered
            .par_iter()
            .map(|(square, obstacles)| {
                square.crossings(&entries(square, cutter, &doors), obstacles)
            })
            .collect();
        let round = round(&crossings);
        let mut found = Streets::default();
        for (square, crossings) in self.squares.iter().zip(crossings) {
            let too_large = crossings.is_none();
            found
                .report
                .skip("squares too large to be crossed", u64::from(too_large));
            let mut edges = crossings.map_or_else(Vec::new, |crossings| crossings.edges);
            edges.retain(|edge| is_within(edge, cutter));
            cutter.parks.shut(&mut edges, &square.way);
            found.edges += edges.len() as u64;
            emit(edges);
        }
        for outline in std::mem::take(&mut *lock(&self.outlines)) {
            let mut edges = Vec::new();
            let round = if outline.is_street {
                &FxHashSet::default()
            } else {
                &round
            };
            let refs = outline.refs.into_iter();
            let cut = cutter.cut(outline.way_id, &outline.way, Some(round), refs);
            add_edges(cut, cutter, &mut edges, &mut found.report);
            found.edges += edges.len() as u64;
            emit(edges);
        }
        found
    }
}

/// The outline of an area.
struct Outline {
    way_id: i64,
    way: WalkWay,
    /// True if it is a street of its own as well.
    is_street: bool,
    refs: Vec<i64>,
}

/// Steps of outlines that lead round a square, and are on no short way past another.
fn round(crossings: &[Option<Crossings>]) -> FxHashSet<Step> {
    let all = || crossings.iter().flatten();
    let mut round: FxHashSet<Step> = all()
        .flat_map(|found| found.round.iter().copied())
        .collect();
    for step in all().flat_map(|found| &found.direct) {
        round.remove(step);
    }
    round
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
