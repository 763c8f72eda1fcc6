//! A stretch of street and what is known about it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::geo::Point;
use crate::hours::WayHours;

/// Lighting at night, as tagged.
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
#[serde(rename_all = "snake_case")]
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
    /// Price of choosing it, in percent of its walking time: [`Self::FAIR_PRICE`], or more where walking is allowed but a last
    /// resort.
    pub price_percent: u16,
    /// Hours at which one may walk there; `None`: at all times.
    pub hours: Option<Arc<WayHours>>,
    /// True if walkers may use it from `from_node` to `to_node` only.
    pub one_way: bool,
    /// Street name, if any.
    pub name: Option<Arc<str>>,
    /// Shape points from `from_node` to `to_node`, at least two.
    pub geometry: Vec<Point>,
}

impl Edge {
    /// Price of a street that is as good as any.
    pub const FAIR_PRICE: u16 = 100;

    /// True if it can be walked at all: it has two shape points or more, each a position on earth.
    pub fn is_sound(&self) -> bool {
        self.geometry.len() >= 2 && self.geometry.iter().all(|point| point.is_valid())
    }

    /// Length along the shape points in metres.
    pub fn length_metres(&self) -> f64 {
        self.geometry
            .windows(2)
            .map(|pair| pair[0].distance_metres(pair[1]))
            .sum()
    }
}
