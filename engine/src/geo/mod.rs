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
    #[must_use]
    pub fn towards(self, other: Self, fraction: f64) -> Self {
        Self {
            lon: on_earth(self.lon + degrees_east(self.lon, other.lon) * fraction),
            lat: self.lat + (other.lat - self.lat) * fraction,
        }
    }
}

/// Degrees of longitude from one meridian to another by the shorter way round: east is positive, at most 180.
pub(crate) fn degrees_east(from: f64, to: f64) -> f64 {
    on_earth(to - from)
}

/// Longitude that went over the antimeridian once, counted from the other side.
fn on_earth(lon: f64) -> f64 {
    if lon > 180.0 {
        lon - 360.0
    } else if lon < -180.0 {
        lon + 360.0
    } else {
        lon
    }
}

/// South-western and north-eastern corner of a box that holds everything within so many metres of one of the points, which
/// lie on one half of the earth. It ends at the poles. Where it crosses the antimeridian its west is greater than its east
/// (RFC 7946, 5.2).
pub fn bounding_box(points: impl IntoIterator<Item = Point>, margin_metres: f64) -> (Point, Point) {
    let mut points = points.into_iter();
    let Some(first) = points.next() else {
        return (Point::new(180.0, 90.0), Point::new(-180.0, -90.0));
    };
    let (mut low, mut high) = (Point::new(0.0, first.lat), Point::new(0.0, first.lat));
    for point in points {
        let east = degrees_east(first.lon, point.lon);
        low = Point::new(low.lon.min(east), low.lat.min(point.lat));
        high = Point::new(high.lon.max(east), high.lat.max(point.lat));
    }
    let margin = margin_metres / METRES_PER_DEGREE;
    let (south, north) = ((low.lat - margin).max(-90.0), (high.lat + margin).min(90.0));
    // A degree of longitude is shortest where the box is nearest to a pole.
    let shrink = south.abs().max(north.abs()).to_radians().cos().max(0.01);
    let (west, east) = (low.lon - margin / shrink, high.lon + margin / shrink);
    let (west, east) = if east - west < 360.0 {
        (on_earth(first.lon + west), on_earth(first.lon + east))
    } else {
        (-180.0, 180.0)
    };
    (Point::new(west, south), Point::new(east, north))
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
            lon in prop_oneof![-180.0..180.0, 179.9..=180.0, -180.0..=-179.9],
            lat in -84.0..84.0,
            metres in 1.0..20_000.0,
            (east, north) in (-1.0..1.0, -1.0..1.0),
        ) {
            let centre = Point::new(lon, lat);
            let (low, high) = bounding_box([centre], metres);
            let degrees = metres / METRES_PER_DEGREE;
            let east = on_earth(lon + east * degrees / lat.to_radians().cos());
            let near = Point::new(east, lat + north * degrees);
            prop_assume!(centre.distance_metres(near) <= metres);
            let width = on_earth(high.lon - low.lon);
            let inside = degrees_east(low.lon, near.lon);
            prop_assert!((0.0..=width).contains(&inside), "{low:?} {near:?} {high:?}");
            prop_assert!(low.lat <= near.lat && near.lat <= high.lat, "{low:?} {near:?} {high:?}");
        }
    }

    #[test]
    fn a_box_across_the_antimeridian_has_its_west_in_the_east() {
        let (west, east) = (Point::new(179.99, -16.8), Point::new(-179.98, -16.8));
        for ends in [[west, east], [east, west]] {
            let (low, high) = bounding_box(ends, 0.0);
            assert!((low.lon - 179.99).abs() < 1e-9 && (high.lon + 179.98).abs() < 1e-9);
        }
        let (low, high) = bounding_box([west], 2_000.0);
        assert!(low.lon < 179.99 && high.lon < -179.98, "{low:?} {high:?}");
        let middle = west.towards(east, 0.5);
        assert!((middle.lon + 179.995).abs() < 1e-9, "{middle:?}");
        let (metres, _) = Plane::around(west).project(east);
        assert!((metres - west.distance_metres(east)).abs() < 1.0);
    }
}
