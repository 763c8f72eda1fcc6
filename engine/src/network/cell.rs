//! One square of the street network, as it is stored and cached.

use std::f64::consts::PI;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::geo::Point;

/// A square of the web-mercator grid at zoom 14 (1.2 km wide at 60° N, 2.4 km at the equator),
/// packed as `x << 14 | y` so that it fits a 32-bit database integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellId(pub u32);

impl CellId {
    /// The zoom of the grid.
    pub const ZOOM: u32 = 14;

    /// The cell that contains `point`. Latitudes beyond web mercator's ±85.05° fall into the outermost row.
    pub fn of(point: Point) -> Self {
        let (x, y) = Self::grid(point);
        Self(x << Self::ZOOM | y)
    }

    /// All cells that touch the box from `south_west` to `north_east`, which must not cross the antimeridian.
    pub fn covering(south_west: Point, north_east: Point) -> Vec<Self> {
        let (x0, y1) = Self::grid(south_west);
        let (x1, y0) = Self::grid(north_east);
        (x0..=x1)
            .flat_map(|x| (y0..=y1).map(move |y| Self(x << Self::ZOOM | y)))
            .collect()
    }

    fn grid(point: Point) -> (u32, u32) {
        let size = f64::from(1_u32 << Self::ZOOM);
        let lat = point.lat.to_radians();
        let x = (point.lon + 180.0) / 360.0 * size;
        let y = (1.0 - lat.tan().asinh() / PI) / 2.0 * size;
        let clamp = |v: f64| v.clamp(0.0, size - 1.0) as u32;
        (clamp(x), clamp(y))
    }
}

/// Whether a street is lit at night, as tagged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lit {
    /// Tagged as lit.
    Yes,
    /// Tagged as unlit.
    No,
    /// Not tagged.
    Unknown,
}

/// The class of a way, from its `highway` tag; stored in the database by [`WayClass::as_str`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WayClass {
    /// `footway`, `pedestrian` squares and sidewalks.
    Footway,
    /// `pedestrian`: a street or square without cars.
    Pedestrian,
    /// `path`, `bridleway`: unpaved or unspecified.
    Path,
    /// `track`.
    Track,
    /// `cycleway` open to pedestrians.
    Cycleway,
    /// `steps`.
    Steps,
    /// `living_street`.
    LivingStreet,
    /// `residential`, `unclassified`, `road`.
    Residential,
    /// `service`.
    Service,
    /// `tertiary` and its links.
    Tertiary,
    /// `secondary` and its links.
    Secondary,
    /// `primary`, `trunk` and their links, where walking is allowed.
    Primary,
    /// Anything else a pedestrian may use: ferries excluded, `corridor`, `platform`, `elevator`.
    Other,
}

/// A stretch of one way between two nodes at which a walker may choose, or at which the way's tags change.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// The OSM way it is part of.
    pub way_id: i64,
    /// OSM node id of the first point.
    pub from_node: i64,
    /// OSM node id of the last point.
    pub to_node: i64,
    /// Class of the way.
    pub class: WayClass,
    /// Light at night.
    pub lit: Lit,
    /// The `surface` tag's value, if any.
    pub surface: Option<Arc<str>>,
    /// Signed incline in percent in the direction of the edge, if tagged as a number.
    pub incline_percent: Option<f32>,
    /// Street name, if any.
    pub name: Option<Arc<str>>,
    /// Shape points from `from_node` to `to_node`, at least two.
    pub geometry: Vec<Point>,
}

/// The edges whose first node lies in one square.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    edges: Vec<Edge>,
}

impl Cell {
    /// A cell from its stored edges.
    pub fn new(edges: Vec<Edge>) -> Self {
        Self { edges }
    }

    /// The edges of the cell.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }
}
