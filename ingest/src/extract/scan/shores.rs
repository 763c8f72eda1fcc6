//! Where walkers come to a place with an extent: on a way through it, or else where one passes its shore.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use wildside_engine::Point;
use wildside_engine::network::Edge;

use crate::extract::geometry::square_metres;
use crate::extract::nodes::Node;
use crate::extract::plane::{Scale, is_inside};
use crate::extract::tiles::Tiles;

/// A place of fewer square metres is where its middle is.
const LARGE_SQUARE_METRES: f64 = 5_000.0;

/// A place with more corners in its outline is where its middle is: to compare each with all streets around takes long.
const MOST_CORNERS: usize = 10_000;

/// Metres from its outline at which a way still leads to a place.
const NEAR_METRES: f64 = 100.0;

/// Metres from its middle at which a way is near enough to leave the place there.
const AT_THE_MIDDLE_METRES: f64 = 30.0;

/// Metres between the positions on a way that are looked at.
const STEP_METRES: f64 = 20.0;

/// A place with an extent.
#[derive(Debug)]
pub(super) struct Shore {
    /// Id of the place.
    place: i64,
    /// A point inside, at its middle where that is inside.
    middle: Node,
    rings: Vec<Vec<Node>>,
    scale: Scale,
}

impl Shore {
    /// The shore of a place; `None`: it is small, or too large to be looked at.
    pub(super) fn new(place: i64, middle: Point, rings: Vec<Vec<Node>>) -> Option<Self> {
        let points = |ring: &Vec<Node>| ring.iter().copied().map(Node::point).collect::<Vec<_>>();
        let largest = rings
            .iter()
            .map(|ring| square_metres(&points(ring)))
            .fold(0.0, f64::max);
        let corners: usize = rings.iter().map(Vec::len).sum();
        let middle = Node::at(middle)?;
        (largest >= LARGE_SQUARE_METRES && corners <= MOST_CORNERS).then_some(Self {
            place,
            middle,
            rings,
            scale: Scale::at(middle),
        })
    }

    fn bounds(&self) -> [i32; 4] {
        Node::bounds(self.rings.iter().flatten())
    }

    /// How well a position on a way serves to visit the place; `None`: it is too far away, or no better than what is known.
    fn visit_at(&self, at: Node, price_percent: u16, known: Option<&Visit>) -> Option<Visit> {
        let around = self.rings.iter().filter(|ring| is_inside(ring, at)).count();
        let is_outside = around % 2 == 0;
        let is_worse =
            |known: &Visit| (known.price_percent, known.is_outside) < (price_percent, is_outside);
        if known.is_some_and(is_worse) {
            return None;
        }
        let metres = if is_outside {
            let lines = self.rings.iter().flat_map(|ring| ring.windows(2));
            lines
                .map(|line| self.scale.metres_to(line[0], line[1], at))
                .fold(f64::INFINITY, f64::min)
        } else {
            self.scale.metres_between(self.middle, at)
        };
        (!is_outside || metres <= NEAR_METRES).then_some(Visit {
            price_percent,
            is_outside,
            millimetres: (metres * 1000.0) as u64,
            at: (at.lon, at.lat),
        })
    }
}

/// A position from which to visit a place, the best one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Visit {
    price_percent: u16,
    is_outside: bool,
    /// From the middle of the place where it is inside, from the outline where not.
    millimetres: u64,
    at: (i32, i32),
}

/// The places with an extent, and the best position known for each.
pub(super) struct Shores {
    all: Vec<Shore>,
    tiles: Tiles,
    best: Mutex<FxHashMap<usize, Visit>>,
}

impl Shores {
    pub(super) fn new(shores: Vec<Shore>) -> Self {
        Self {
            tiles: Tiles::new(shores.iter().map(Shore::bounds), NEAR_METRES),
            all: shores,
            best: Mutex::default(),
        }
    }

    /// Looks at the ways that were found.
    pub(super) fn see(&self, edges: &[Edge]) {
        let mut best: FxHashMap<usize, Visit> = FxHashMap::default();
        if !self.all.is_empty() {
            for edge in edges {
                self.see_edge(edge, &mut best);
            }
        }
        let known = &mut *self.best.lock().unwrap_or_else(PoisonError::into_inner);
        for (shore, visit) in best {
            improve(known, shore, visit);
        }
    }

    fn see_edge(&self, edge: &Edge, best: &mut FxHashMap<usize, Visit>) {
        for at in positions(&edge.geometry) {
            for shore in self.tiles.around(at) {
                let known = best.get(&shore);
                if let Some(visit) = self.all[shore].visit_at(at, edge.price_percent, known) {
                    improve(best, shore, visit);
                }
            }
        }
    }

    /// New positions by the id of the place, of those that are better visited elsewhere than at their middle.
    pub(super) fn moved(self) -> FxHashMap<i64, Point> {
        let best = self
            .best
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let is_elsewhere = |visit: &Visit| {
            visit.is_outside || visit.millimetres as f64 > AT_THE_MIDDLE_METRES * 1000.0
        };
        best.into_iter()
            .filter(|(_, visit)| is_elsewhere(visit))
            .map(|(shore, visit)| {
                let (lon, lat) = visit.at;
                (self.all[shore].place, Node { id: 0, lon, lat }.point())
            })
            .collect()
    }
}

fn improve(best: &mut FxHashMap<usize, Visit>, shore: usize, visit: Visit) {
    let known = best.entry(shore).or_insert(visit);
    *known = visit.min(*known);
}

/// Positions along a line, its corners and some between them.
fn positions(line: &[Point]) -> impl Iterator<Item = Node> {
    let steps = line.windows(2).flat_map(|pair| {
        let (from, to) = (pair[0], pair[1]);
        let count = (from.distance_metres(to) / STEP_METRES).ceil().max(1.0) as usize;
        (0..count).map(move |step| {
            let share = step as f64 / count as f64;
            Point::new(
                from.lon + (to.lon - from.lon) * share,
                from.lat + (to.lat - from.lat) * share,
            )
        })
    });
    steps.chain(line.last().copied()).filter_map(Node::at)
}
