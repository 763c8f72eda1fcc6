//! The grid by which the network is stored.

use std::f64::consts::PI;

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

    /// The south-western and the north-eastern corner.
    pub fn corners(self) -> (Point, Point) {
        let (x, y) = (self.0 >> Self::ZOOM, self.0 & ((1 << Self::ZOOM) - 1));
        let size = f64::from(1_u32 << Self::ZOOM);
        let corner = |x: u32, y: u32| {
            let lon = f64::from(x) / size * 360.0 - 180.0;
            let lat = ((1.0 - f64::from(y) / size * 2.0) * PI).sinh().atan();
            Point::new(lon, lat.to_degrees())
        };
        (corner(x, y + 1), corner(x + 1, y))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cell_lies_between_its_corners(lon in -179.9..179.9, lat in -85.0..85.0) {
            let point = Point::new(lon, lat);
            let (low, high) = CellId::of(point).corners();
            prop_assert!(low.lon <= lon && lon <= high.lon, "{low:?} {high:?}");
            prop_assert!(low.lat <= lat + 1e-9 && lat <= high.lat + 1e-9, "{low:?} {high:?}");
            let middle = Point::new(low.lon.midpoint(high.lon), low.lat.midpoint(high.lat));
            prop_assert_eq!(CellId::of(middle), CellId::of(point));
        }
    }
}
