//! Cells in which an edge is kept.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::CellId;
use super::edge::Edge;
use crate::geo::{Point, degrees_east};

/// Length above which an edge is kept by the piece in each cell that it passes: a shorter one is whole in the cell of its
/// first node, and known to all who know the streets around the cells that they want.
pub const LONG_EDGE_METRES: f64 = 300.0;

impl Edge {
    /// The edge by cell: whole in the cell of its first node or, if it is long, cut at each border that it crosses.
    pub fn into_cells(self) -> Vec<(CellId, Self)> {
        if self.length_metres() > LONG_EDGE_METRES {
            self.into_pieces()
        } else {
            vec![(CellId::of(self.geometry[0]), self)]
        }
    }

    /// The pieces of the edge by cell, in its direction. Where it crosses a border, both cells get the same node.
    pub fn into_pieces(self) -> Vec<(CellId, Self)> {
        let mut pieces: Vec<(CellId, Vec<Point>)> = Vec::new();
        for pair in self.geometry.windows(2) {
            for (cell, from, to) in straight_pieces(pair[0], pair[1]) {
                match pieces.last_mut() {
                    Some((last, points)) if *last == cell => points.push(to),
                    _ => pieces.push((cell, vec![from, to])),
                }
            }
        }
        let last = pieces.len().saturating_sub(1);
        let cut = |geometry: (usize, (CellId, Vec<Point>))| {
            let (position, (cell, geometry)) = geometry;
            let from_node = match position {
                0 => self.from_node,
                _ => node_at(geometry[0]),
            };
            let to_node = if position == last {
                self.to_node
            } else {
                node_at(geometry[geometry.len() - 1])
            };
            let piece = Self {
                from_node,
                to_node,
                geometry,
                ..self.clone()
            };
            (cell, piece)
        };
        pieces.into_iter().enumerate().map(cut).collect()
    }
}

/// Number of a node that no map has: the same for the same position, and negative.
pub(super) fn node_at(point: Point) -> i64 {
    let mut hasher = DefaultHasher::new();
    (point.lon.to_bits(), point.lat.to_bits()).hash(&mut hasher);
    -1 - (hasher.finish() >> 1).cast_signed()
}

/// A straight line cut at the borders of cells.
fn straight_pieces(from: Point, to: Point) -> Vec<(CellId, Point, Point)> {
    let mut shares = vec![0.0];
    shares.extend(crossings(from, to));
    shares.push(1.0);
    shares.sort_unstable_by(f64::total_cmp);
    shares.dedup();
    let at = |share: f64| match share {
        0.0 => from,
        1.0 => to,
        _ => from.towards(to, share),
    };
    shares
        .windows(2)
        .map(|pair| {
            let cell = CellId::of(from.towards(to, pair[0].midpoint(pair[1])));
            (cell, at(pair[0]), at(pair[1]))
        })
        .collect()
}

/// Shares of a straight line at which it crosses the border of a cell.
fn crossings(from: Point, to: Point) -> impl Iterator<Item = f64> {
    let (low, high) = crate::geo::bounding_box([from, to], 0.0);
    let east = degrees_east(from.lon, to.lon);
    let borders = CellId::covering(low, high)
        .into_iter()
        .flat_map(move |cell| {
            let (south_west, north_east) = cell.corners();
            let to_meridian =
                [south_west.lon, north_east.lon].map(|lon| degrees_east(from.lon, lon) / east);
            let to_parallel =
                [south_west.lat, north_east.lat].map(|lat| (lat - from.lat) / (to.lat - from.lat));
            to_meridian.into_iter().chain(to_parallel)
        });
    // A line along a border divides by nothing and crosses nowhere.
    borders.filter(|share| (f64::EPSILON..1.0).contains(share))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::network::{Lit, WayClass};

    fn edge(geometry: Vec<Point>) -> Edge {
        Edge {
            way_id: 1,
            from_node: 10,
            to_node: 20,
            class: WayClass::Path,
            lit: Lit::Unknown,
            surface: None,
            incline_percent: None,
            price_percent: Edge::FAIR_PRICE,
            hours: None,
            one_way: false,
            name: None,
            geometry,
        }
    }

    #[test]
    fn a_short_edge_is_whole_in_the_cell_of_its_first_node() {
        let (_, corner) = CellId::of(Point::new(7.42, 43.73)).corners();
        let across = edge(vec![
            Point::new(corner.lon - 0.001, corner.lat - 0.001),
            Point::new(corner.lon + 0.001, corner.lat - 0.001),
        ]);
        assert!(across.length_metres() < LONG_EDGE_METRES);
        let home = CellId::of(across.geometry[0]);
        assert_eq!(across.clone().into_cells(), [(home, across)]);
    }

    proptest! {
        #[test]
        fn the_pieces_of_an_edge_are_the_edge(
            lon in prop_oneof![-180.0..180.0, 179.9..=180.0, -180.0..=-179.9],
            lat in -80.0..80.0,
            steps in prop::collection::vec((-0.05..0.05, -0.03..0.03), 1..5),
        ) {
            let mut geometry = vec![Point::new(lon, lat)];
            for (east, north) in steps {
                let last = geometry[geometry.len() - 1];
                geometry.push(last.towards(Point::new(last.lon + east, last.lat + north), 1.0));
            }
            let whole = edge(geometry);
            let pieces = whole.clone().into_pieces();
            prop_assert_eq!((pieces[0].1.from_node, pieces[pieces.len() - 1].1.to_node), (10, 20));
            for pair in pieces.windows(2) {
                prop_assert_eq!(pair[0].1.to_node, pair[1].1.from_node);
                prop_assert!(pair[0].0 != pair[1].0);
                prop_assert!(pair[0].1.to_node < 0);
            }
            let metres: f64 = pieces.iter().map(|(_, piece)| piece.length_metres()).sum();
            prop_assert!((metres - whole.length_metres()).abs() < 1.0, "{metres}");
            for (cell, piece) in &pieces {
                let (low, high) = cell.corners();
                for point in &piece.geometry {
                    prop_assert!(low.lat - 1e-9 <= point.lat && point.lat <= high.lat + 1e-9);
                    prop_assert!(degrees_east(low.lon, point.lon) > -1e-9);
                    prop_assert!(degrees_east(point.lon, high.lon) > -1e-9);
                }
            }
            prop_assert!(pieces.iter().all(|(_, piece)| piece.is_sound()));
        }
    }
}
