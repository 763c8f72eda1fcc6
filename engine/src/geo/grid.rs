//! Squares of the web-mercator grid.

use std::f64::consts::PI;
use std::ops::RangeInclusive;

use super::Point;

/// A square of the web-mercator grid at a zoom of up to 15. At zoom 14 it is 2.4 km wide at the equator and 1.2 km at
/// 60° north; each zoom less doubles that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Square<const ZOOM: u32>(u32);

impl<const ZOOM: u32> Square<ZOOM> {
    /// Columns of the grid, and rows.
    const SIDE: u32 = {
        assert!(ZOOM <= 15, "an id fits a database integer");
        1 << ZOOM
    };

    /// The square around `point`. Latitudes beyond web mercator's ±85.05° fall into the outermost row.
    pub fn of(point: Point) -> Self {
        let (column, row) = Self::column_and_row(point);
        Self::at(column, row)
    }

    /// All squares that touch the box from `south_west` to `north_east`. It crosses the antimeridian where its west is
    /// greater than its east.
    pub fn covering(south_west: Point, north_east: Point) -> Vec<Self> {
        let (columns, rows) = Self::block(south_west, north_east);
        columns
            .flat_map(|column| rows.clone().map(move |row| Self::at(column, row)))
            .collect()
    }

    /// Number of the squares that touch such a box.
    pub fn count(south_west: Point, north_east: Point) -> usize {
        let (columns, rows) = Self::block(south_west, north_east);
        columns.count() * rows.count()
    }

    /// The number under which it is stored: `column << ZOOM | row`, counted from the north-west.
    pub const fn id(self) -> i32 {
        // 30 bits at most: it always fits.
        self.0 as i32
    }

    /// The square with this number.
    pub fn from_id(id: i32) -> Option<Self> {
        let id = u32::try_from(id).ok()?;
        (id >> ZOOM < Self::SIDE).then_some(Self(id))
    }

    /// The south-western and the north-eastern corner.
    pub fn corners(self) -> (Point, Point) {
        let (column, row) = (self.0 >> ZOOM, self.0 & (Self::SIDE - 1));
        (Self::corner(column, row + 1), Self::corner(column + 1, row))
    }

    fn at(column: u32, row: u32) -> Self {
        Self(column << ZOOM | row)
    }

    fn column_and_row(point: Point) -> (u32, u32) {
        let side = f64::from(Self::SIDE);
        let x = (point.lon + 180.0) / 360.0 * side;
        let y = (1.0 - point.lat.to_radians().tan().asinh() / PI) / 2.0 * side;
        let clamp = |v: f64| v.clamp(0.0, side - 1.0) as u32;
        (clamp(x), clamp(y))
    }

    /// Columns and rows that touch a box.
    fn block(
        south_west: Point,
        north_east: Point,
    ) -> (impl Iterator<Item = u32>, RangeInclusive<u32>) {
        let (west, south) = Self::column_and_row(south_west);
        let (east, north) = Self::column_and_row(north_east);
        let crosses = south_west.lon > north_east.lon;
        let (first, beyond) = if crosses {
            (west..Self::SIDE, 0..east + 1)
        } else {
            (west..east + 1, 0..0)
        };
        (first.chain(beyond), north..=south)
    }

    /// The north-western corner of a square.
    fn corner(column: u32, row: u32) -> Point {
        let side = f64::from(Self::SIDE);
        let lat = (PI * (1.0 - 2.0 * f64::from(row) / side)).sinh().atan();
        Point::new(f64::from(column) / side * 360.0 - 180.0, lat.to_degrees())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lies_between_its_corners<const ZOOM: u32>(point: Point) -> Result<(), TestCaseError> {
        let square = Square::<ZOOM>::of(point);
        let (low, high) = square.corners();
        prop_assert!(
            low.lon <= point.lon && point.lon <= high.lon,
            "{low:?} {high:?}"
        );
        prop_assert!(
            low.lat <= point.lat + 1e-9 && point.lat <= high.lat + 1e-9,
            "{low:?} {high:?}"
        );
        let middle = Point::new(low.lon.midpoint(high.lon), low.lat.midpoint(high.lat));
        prop_assert_eq!(Square::of(middle), square);
        prop_assert_eq!(Square::from_id(square.id()), Some(square));
        prop_assert_eq!(Square::covering(middle, middle), [square]);
        Ok(())
    }

    proptest! {
        #[test]
        fn a_square_lies_between_its_corners(lon in -179.9..179.9, lat in -85.0..85.0) {
            let point = Point::new(lon, lat);
            lies_between_its_corners::<9>(point)?;
            lies_between_its_corners::<12>(point)?;
            lies_between_its_corners::<14>(point)?;
            lies_between_its_corners::<15>(point)?;
        }

        #[test]
        fn as_many_squares_are_counted_as_cover_a_box(
            (lon, lat) in (-179.0..178.0, -85.0..84.0),
            (width, height) in (0.0..1.0, 0.0..1.0),
        ) {
            let (low, high) = (Point::new(lon, lat), Point::new(lon + width, lat + height));
            let squares = Square::<12>::covering(low, high);
            prop_assert_eq!(Square::<12>::count(low, high), squares.len());
            prop_assert!(squares.contains(&Square::of(low)) && squares.contains(&Square::of(high)));
        }
    }

    #[test]
    fn squares_cover_a_box_across_the_antimeridian() {
        let (low, high) = (Point::new(179.99, -16.81), Point::new(-179.99, -16.79));
        let squares = Square::<14>::covering(low, high);
        assert_eq!(Square::<14>::count(low, high), squares.len());
        let columns: Vec<i32> = squares.iter().map(|square| square.id() >> 14).collect();
        assert!(
            columns.contains(&16_383) && columns.contains(&0),
            "{columns:?}"
        );
        assert!(squares.len() <= 8, "{columns:?}");
    }

    #[test]
    fn numbers_are_those_that_are_stored() {
        let helsinki = Point::new(24.94, 60.17);
        assert_eq!(Square::<14>::of(helsinki).id(), (9_327 << 14) + 4_742);
        assert_eq!(Square::<12>::of(helsinki).id(), (2_331 << 12) + 1_185);
        assert_eq!(Square::<12>::from_id(-1), None);
        assert_eq!(Square::<12>::from_id(1 << 24), None);
        assert_eq!(Square::<15>::from_id(1 << 30), None);
    }
}
