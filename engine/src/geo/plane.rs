//! Planes that touch the earth, and boxes of positions.

use super::{METRES_PER_DEGREE, Point, degrees_east};

/// Equirectangular projection around one position, in metres; true to a few centimetres within a kilometre.
#[derive(Debug, Clone, Copy)]
pub struct Plane {
    origin: Point,
    metres_per_degree_lon: f64,
}

impl Plane {
    /// The plane that touches the earth at `origin`.
    pub fn around(origin: Point) -> Self {
        let shrink = origin.lat.to_radians().cos().max(1e-6);
        Self {
            origin,
            metres_per_degree_lon: METRES_PER_DEGREE * shrink,
        }
    }

    /// Metres east and north of the origin.
    pub fn project(&self, point: Point) -> (f64, f64) {
        (
            degrees_east(self.origin.lon, point.lon) * self.metres_per_degree_lon,
            (point.lat - self.origin.lat) * METRES_PER_DEGREE,
        )
    }

    /// Nearest position to the origin on the segment from `a` to `b`: its distance in metres, and the share of the segment
    /// (0–1) that lies before it.
    pub fn nearest_on(&self, a: Point, b: Point) -> (f64, f64) {
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

    /// Distance in metres from the origin to a box, whichever way round the earth is shorter; 0 inside it.
    pub(crate) fn distance_to_box(&self, bounds: &Bounds) -> f64 {
        let middle = bounds.min.lon.midpoint(bounds.max.lon);
        let here = middle + degrees_east(middle, self.origin.lon);
        let lon = here.clamp(bounds.min.lon, bounds.max.lon);
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
