//! The unit of asking: a square small enough for one query and large enough for a walk.

use std::f64::consts::PI;

use crate::geo::Point;

/// A square of the web-mercator grid at zoom 12: 4.9 km wide at 60° N, 9.8 km at the equator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Square(u32);

impl Square {
    const ZOOM: u32 = 12;
    const SIDE: u32 = 1 << Self::ZOOM;

    /// The square around `point`.
    pub fn of(point: Point) -> Self {
        let side = f64::from(Self::SIDE);
        let x = (point.lon + 180.0) / 360.0 * side;
        let y = (1.0 - point.lat.to_radians().tan().asinh() / PI) / 2.0 * side;
        let clamp = |v: f64| v.clamp(0.0, side - 1.0) as u32;
        Self(clamp(x) << Self::ZOOM | clamp(y))
    }

    /// The number under which it is stored: `x << 12 | y`.
    pub const fn id(self) -> i32 {
        // 24 bits: it always fits.
        self.0 as i32
    }

    /// The square with this number.
    pub fn from_id(id: i32) -> Option<Self> {
        u32::try_from(id)
            .ok()
            .filter(|id| id >> (2 * Self::ZOOM) == 0)
            .map(Self)
    }

    /// Its south-west and north-east corners.
    pub fn corners(self) -> (Point, Point) {
        let (x, y) = (self.0 >> Self::ZOOM, self.0 & (Self::SIDE - 1));
        (Self::corner(x, y + 1), Self::corner(x + 1, y))
    }

    fn corner(x: u32, y: u32) -> Point {
        let side = f64::from(Self::SIDE);
        let lat = (PI * (1.0 - 2.0 * f64::from(y) / side)).sinh().atan();
        Point::new(f64::from(x) / side * 360.0 - 180.0, lat.to_degrees())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_around_the_points_that_it_is_of() {
        for point in [
            Point::new(24.94, 60.17),
            Point::new(-3.19, 55.95),
            Point::new(151.2, -33.87),
        ] {
            let square = Square::of(point);
            let (low, high) = square.corners();
            assert!(
                (low.lon..high.lon).contains(&point.lon)
                    && (low.lat..high.lat).contains(&point.lat)
            );
            assert_eq!(Square::from_id(square.id()), Some(square));
        }
        assert_eq!(Square::from_id(-1), None);
        assert_eq!(Square::from_id(1 << 24), None);
    }
}
