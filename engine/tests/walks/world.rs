//! Small street networks made by hand.

use std::sync::Arc;

use uuid::Uuid;
use wildside_engine::network::{Cell, CellId, Edge, Lit, Network, WayClass};
use wildside_engine::places::{KindId, ThemeId};
use wildside_engine::{Poi, Point, WalkRequest, geo};

/// Position so many metres east and north of a fixed one.
pub(crate) fn at(east: f64, north: f64) -> Point {
    // Rounded, since the last digits decide between ways of equal length.
    const METRES_PER_DEGREE: f64 = geo::METRES_PER_DEGREE.round();
    let lat = 55.95 + north / METRES_PER_DEGREE;
    Point::new(
        -3.19 + east / (METRES_PER_DEGREE * 55.95_f64.to_radians().cos()),
        lat,
    )
}

/// A straight residential street between two nodes.
pub(crate) fn street(id: i64, from: (i64, Point), to: (i64, Point)) -> Edge {
    Edge {
        way_id: id,
        from_node: from.0,
        to_node: to.0,
        class: WayClass::Residential,
        lit: Lit::Unknown,
        surface: None,
        incline_percent: None,
        price_percent: Edge::FAIR_PRICE,
        hours: None,
        one_way: false,
        name: Some(Arc::from(format!("Street {id}"))),
        geometry: vec![from.1, to.1],
    }
}

/// `size` × `size` junctions 100 m apart, the first at `at(0, 0)`, node `1000 · row + column`. Streets of one row have
/// the way id `row`, those of one column `500 + column`.
pub(crate) fn grid(size: i64) -> Vec<Edge> {
    let node = |row: i64, column: i64| {
        (
            1000 * row + column,
            at(column as f64 * 100.0, row as f64 * 100.0),
        )
    };
    let rows = (0..size).flat_map(|r| (1..size).map(move |c| (r, (r, c - 1), (r, c))));
    let columns = (0..size).flat_map(|c| (1..size).map(move |r| (500 + c, (r - 1, c), (r, c))));
    rows.chain(columns)
        .map(|(way, a, b)| street(way, node(a.0, a.1), node(b.0, b.1)))
        .collect()
}

/// The edges by cell, as a worker has them.
pub(crate) fn network(edges: Vec<Edge>) -> Network {
    let mut cells = std::collections::BTreeMap::<CellId, Vec<Edge>>::new();
    for (cell, edge) in edges.into_iter().flat_map(Edge::into_cells) {
        cells.entry(cell).or_default().push(edge);
    }
    Network::join(
        cells
            .into_iter()
            .map(|(id, edges)| Arc::new(Cell::at(id, edges)))
            .collect(),
    )
}

/// A theme made of a number.
pub(crate) fn theme(number: u128) -> ThemeId {
    ThemeId(Uuid::from_u128(number))
}

/// A place of theme 1.
pub(crate) fn poi(id: i64, location: Point) -> Poi {
    Poi {
        id,
        location,
        kind: KindId(id as u16 % 40),
        themes: vec![(theme(1), 1.0)],
        popularity: 0.5,
        hours: None,
    }
}

/// A round walk from `start`.
pub(crate) fn request(start: Point, minutes: u32) -> WalkRequest {
    WalkRequest {
        start,
        end: None,
        budget_seconds: minutes * 60,
        themes: vec![],
        popularity_bias: 0.5,
        accessibility: wildside_engine::walk::Accessibility::default(),
        choice: wildside_engine::walk::Choice::default(),
        seed: 1,
    }
}
