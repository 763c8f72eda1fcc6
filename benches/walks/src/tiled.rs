//! A large city, made of copies of a small one side by side.

use wildside_engine::network::Edge;
use wildside_engine::{Poi, Point};

use crate::city::City;

/// OSM ids of copies are this far apart: beyond all that there are, and small enough for 40 bits.
const IDS_OF_A_COPY: i64 = 1 << 35;
/// Streets across each seam between two copies.
const STREETS_ACROSS: usize = 20;

/// `side` × `side` copies of a city, with streets from each to the next.
pub fn city(name: &str, tile: &City, side: i64) -> City {
    let frame = Frame::of(&tile.edges);
    let mut edges = Vec::new();
    let mut pois = Vec::new();
    for copy in (0..side * side).map(|i| Copy::new(i, side, &frame)) {
        edges.extend(tile.edges.iter().map(|edge| copy.edge(edge)));
        pois.extend(tile.pois.iter().map(|poi| copy.poi(poi)));
    }
    for across in [true, false] {
        for (far, near) in frame.seams(&tile.edges, across) {
            for row in 0..side {
                for column in 1..side {
                    let at = |column| {
                        if across {
                            row * side + column
                        } else {
                            column * side + row
                        }
                    };
                    let ends = [(at(column - 1), &far), (at(column), &near)];
                    edges.push(street(
                        tile,
                        ends.map(|(i, node)| Copy::new(i, side, &frame).node(node)),
                    ));
                }
            }
        }
    }
    City::new(name, edges, pois)
}

/// A street like any other of the city, between two nodes.
fn street(tile: &City, [from, to]: [(i64, Point); 2]) -> Edge {
    Edge {
        from_node: from.0,
        to_node: to.0,
        geometry: vec![from.1, to.1],
        ..tile.edges[0].clone()
    }
}

/// Place of a copy, and the making of its ids.
struct Copy {
    ids: i64,
    east: f64,
    north: f64,
}

impl Copy {
    fn new(number: i64, side: i64, frame: &Frame) -> Self {
        Self {
            ids: number * IDS_OF_A_COPY,
            east: (number % side) as f64 * (frame.high[0] - frame.low[0]),
            north: (number / side) as f64 * (frame.high[1] - frame.low[1]),
        }
    }

    fn point(&self, point: Point) -> Point {
        Point::new(point.lon + self.east, point.lat + self.north)
    }

    fn node(&self, &(id, point): &(i64, Point)) -> (i64, Point) {
        (id + self.ids, self.point(point))
    }

    fn edge(&self, edge: &Edge) -> Edge {
        Edge {
            way_id: edge.way_id + self.ids,
            from_node: edge.from_node + self.ids,
            to_node: edge.to_node + self.ids,
            geometry: edge
                .geometry
                .iter()
                .map(|&point| self.point(point))
                .collect(),
            ..edge.clone()
        }
    }

    fn poi(&self, poi: &Poi) -> Poi {
        Poi {
            id: poi.id + 16 * self.ids,
            location: self.point(poi.location),
            ..poi.clone()
        }
    }
}

/// The bounding box of a city's nodes.
struct Frame {
    low: [f64; 2],
    high: [f64; 2],
}

impl Frame {
    fn of(edges: &[Edge]) -> Self {
        let mut frame = Self {
            low: [f64::MAX; 2],
            high: [f64::MIN; 2],
        };
        for (_, point) in nodes(edges) {
            for (axis, value) in [point.lon, point.lat].into_iter().enumerate() {
                frame.low[axis] = frame.low[axis].min(value);
                frame.high[axis] = frame.high[axis].max(value);
            }
        }
        frame
    }

    /// The outermost nodes of some bands across the city: the furthest east and west if it goes `across`, else north and south.
    fn seams(&self, edges: &[Edge], across: bool) -> Vec<((i64, Point), (i64, Point))> {
        let along = usize::from(across);
        let split = |point: Point| {
            let at = [point.lon, point.lat];
            let share = (at[along] - self.low[along]) / (self.high[along] - self.low[along]);
            (at[1 - along], (share * STREETS_ACROSS as f64) as usize)
        };
        (0..STREETS_ACROSS)
            .filter_map(|band| {
                let in_band = || nodes(edges).filter(|(_, point)| split(*point).1 == band);
                let outermost =
                    |a: &(i64, Point), b: &(i64, Point)| split(a.1).0.total_cmp(&split(b.1).0);
                Some((in_band().max_by(outermost)?, in_band().min_by(outermost)?))
            })
            .collect()
    }
}

/// The ends of all edges.
fn nodes(edges: &[Edge]) -> impl Iterator<Item = (i64, Point)> {
    edges.iter().flat_map(|edge| {
        let last = edge.geometry[edge.geometry.len() - 1];
        [(edge.from_node, edge.geometry[0]), (edge.to_node, last)]
    })
}
