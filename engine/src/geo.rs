//! Positions on the earth and distances between them.

use serde::{Deserialize, Serialize};

/// Mean radius of the earth in metres (IUGG).
const EARTH_RADIUS_METRES: f64 = 6_371_008.8;

/// Metres in one degree of latitude on that sphere.
const METRES_PER_DEGREE: f64 = EARTH_RADIUS_METRES * std::f64::consts::PI / 180.0;

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

    /// Whether both coordinates are numbers within ±180° and ±90°.
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

/// A flat map around one position, in metres; true to a few centimetres within a kilometre.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane {
    origin: Point,
    metres_per_degree_lon: f64,
}

impl Plane {
    pub(crate) fn around(origin: Point) -> Self {
        let shrink = origin.lat.to_radians().cos().max(1e-6);
        Self {
            origin,
            metres_per_degree_lon: METRES_PER_DEGREE * shrink,
        }
    }

    /// Metres east and north of the origin.
    pub(crate) fn project(&self, point: Point) -> (f64, f64) {
        (
            (point.lon - self.origin.lon) * self.metres_per_degree_lon,
            (point.lat - self.origin.lat) * METRES_PER_DEGREE,
        )
    }

    /// Distance of the origin from the line `a`–`b`, and how far along it (0–1) the nearest position is.
    pub(crate) fn nearest_on(&self, a: Point, b: Point) -> (f64, f64) {
        let ((ax, ay), (bx, by)) = (self.project(a), self.project(b));
        let (dx, dy) = (bx - ax, by - ay);
        let squared = dx * dx + dy * dy;
        let along = if squared > 0.0 {
            (-(ax * dx + ay * dy) / squared).clamp(0.0, 1.0)
        } else {
            0.0
        };
        ((ax + along * dx).hypot(ay + along * dy), along)
    }

    /// Distance in metres from the origin to a box; 0 inside it.
    pub(crate) fn distance_to_box(&self, bounds: &Bounds) -> f64 {
        let lon = self.origin.lon.clamp(bounds.min.lon, bounds.max.lon);
        let lat = self.origin.lat.clamp(bounds.min.lat, bounds.max.lat);
        let (x, y) = self.project(Point::new(lon, lat));
        x.hypot(y)
    }
}

/// An upright box of positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) min: Point,
    pub(crate) max: Point,
}

impl Bounds {
    /// The box that holds nothing yet: its corners are such that any position widens it.
    const NOTHING: Self = Self {
        min: Point::new(360.0, 180.0),
        max: Point::new(-360.0, -180.0),
    };

    pub(crate) fn of(points: impl IntoIterator<Item = Point>) -> Self {
        points
            .into_iter()
            .fold(Self::NOTHING, |b, p| b.union(&Self { min: p, max: p }))
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            min: Point::new(
                self.min.lon.min(other.min.lon),
                self.min.lat.min(other.min.lat),
            ),
            max: Point::new(
                self.max.lon.max(other.max.lon),
                self.max.lat.max(other.max.lat),
            ),
        }
    }

    pub(crate) fn centre(&self) -> Point {
        self.min.towards(self.max, 0.5)
    }
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
