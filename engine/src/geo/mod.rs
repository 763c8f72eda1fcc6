//! Positions on the earth, distances between them, and the grids by which they are stored.

mod grid;
mod plane;

use serde::{Deserialize, Serialize};

pub use grid::Square;
pub use plane::Plane;

pub(crate) use plane::Bounds;

/// Mean radius of the earth in metres (IUGG).
const EARTH_RADIUS_METRES: f64 = 6_371_008.8;

/// Metres in one degree of latitude on the sphere of that radius: about 111,195.
pub const METRES_PER_DEGREE: f64 = EARTH_RADIUS_METRES * std::f64::consts::PI / 180.0;

/// A WGS 84 position in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Longitude in degrees, east positive.
    pub lon: f64,
    /// Latitude in degrees, north positive.
    pub lat: f64,
}

impl Point {
    /// A position from longitude and latitude in degrees, in `GeoJSON`'s order.
    pub const fn new(lon: f64, lat: f64) -> Self {
        Self { lon, lat }
    }

    /// True if both coordinates are numbers within ±180° and ±90°.
    pub fn is_valid(self) -> bool {
        self.lon.abs() <= 180.0 && self.lat.abs() <= 90.0
    }

    /// Great-circle distance in metres (haversine).
    pub fn distance_metres(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let half_dlat = (lat2 - lat1) / 2.0;
        let half_dlon = (other.lon - self.lon).to_radians() / 2.0;
        let h = half_dlat.sin().powi(2) + lat1.cos() * lat2.cos() * half_dlon.sin().powi(2);
        2.0 * EARTH_RADIUS_METRES * h.sqrt().min(1.0).asin()
    }

    /// The position at `fraction` of the straight line to `other`: 0 is here, 1 is there.
    pub(crate) fn towards(self, other: Self, fraction: f64) -> Self {
        Self {
            lon: self.lon + (other.lon - self.lon) * fraction,
            lat: self.lat + (other.lat - self.lat) * fraction,
        }
    }
}

/// South-western and north-eastern corner of a box that holds everything within so many metres of one of the points. It
/// ends at the antimeridian and at the poles.
pub fn bounding_box(points: impl IntoIterator<Item = Point>, margin_metres: f64) -> (Point, Point) {
    let none = (Point::new(180.0, 90.0), Point::new(-180.0, -90.0));
    let (low, high) = points.into_iter().fold(none, |(low, high), point| {
        (
            Point::new(low.lon.min(point.lon), low.lat.min(point.lat)),
            Point::new(high.lon.max(point.lon), high.lat.max(point.lat)),
        )
    });
    let margin = margin_metres / METRES_PER_DEGREE;
    let (south, north) = ((low.lat - margin).max(-90.0), (high.lat + margin).min(90.0));
    // A degree of longitude is shortest where the box is nearest to a pole.
    let shrink = south.abs().max(north.abs()).to_radians().cos().max(0.01);
    let (west, east) = (low.lon - margin / shrink, high.lon + margin / shrink);
    (
        Point::new(west.max(-180.0), south),
        Point::new(east.min(180.0), north),
    )
}

/// Compass direction from `a` to `b` in degrees clockwise from north, −180 to 180.
pub(crate) fn bearing_degrees(a: Point, b: Point) -> f64 {
    let (x, y) = Plane::around(a).project(b);
    x.atan2(y).to_degrees()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_box_holds_what_is_within_its_margin(
            lon in -170.0..170.0,
            lat in -84.0..84.0,
            metres in 1.0..20_000.0,
            (east, north) in (-1.0..1.0, -1.0..1.0),
        ) {
            let centre = Point::new(lon, lat);
            let (low, high) = bounding_box([centre], metres);
            let degrees = metres / METRES_PER_DEGREE;
            let near = Point::new(lon + east * degrees / lat.to_radians().cos(), lat + north * degrees);
            prop_assume!(centre.distance_metres(near) <= metres);
            prop_assert!(low.lon <= near.lon && near.lon <= high.lon, "{low:?} {near:?} {high:?}");
            prop_assert!(low.lat <= near.lat && near.lat <= high.lat, "{low:?} {near:?} {high:?}");
        }
    }
}
