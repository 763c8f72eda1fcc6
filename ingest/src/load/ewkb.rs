//! Geometries as PostGIS takes them in binary (EWKB). `geozero` writes them by the same calls, each of which may fail, and
//! brings two parsers of text for them.

use wildside_engine::Point;

use crate::extract::{Position, Spot};

/// A geometry in extended well-known binary.
#[derive(Debug)]
pub(crate) struct Ewkb(pub(crate) Vec<u8>);

const SRID_FLAG: u32 = 0x2000_0000;
const WGS_84: u32 = 4326;
const WEB_MERCATOR: u32 = 3857;

const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_LINE: u32 = 5;
const MULTI_POLYGON: u32 = 6;

impl Ewkb {
    /// A point in WGS 84.
    pub(crate) fn point(point: Point) -> Self {
        Self::new(POINT, WGS_84).position((point.lon, point.lat))
    }

    /// A line in WGS 84.
    pub(crate) fn line(points: &[Point]) -> Self {
        Self::new(LINE, WGS_84).positions(points.iter().map(|point| (point.lon, point.lat)))
    }

    /// A point in web mercator.
    pub(crate) fn mercator_point(position: Position) -> Self {
        Self::new(POINT, WEB_MERCATOR).position(position)
    }

    /// A line in web mercator.
    pub(crate) fn mercator_line(line: &[Position]) -> Self {
        Self::new(LINE, WEB_MERCATOR).positions(line.iter().copied())
    }

    /// An area in web mercator from its only ring, which must not touch itself.
    pub(crate) fn mercator_area(ring: &[Position]) -> Self {
        let start = Self::new(MULTI_POLYGON, WEB_MERCATOR).count(1);
        let ring = ring.iter().copied();
        start.part(POLYGON).count(1).positions(ring)
    }

    /// Several lines in web mercator.
    pub(crate) fn mercator_lines(lines: &[Vec<Position>]) -> Self {
        let start = Self::new(MULTI_LINE, WEB_MERCATOR).count(lines.len());
        let add = |all: Self, line: &Vec<Position>| all.part(LINE).positions(line.iter().copied());
        lines.iter().fold(start, add)
    }

    /// Several lines in web mercator.
    pub(crate) fn spots(lines: &[Vec<Spot>]) -> Self {
        let start = Self::new(MULTI_LINE, WEB_MERCATOR).count(lines.len());
        let positions = |line: &Vec<Spot>| line.clone().into_iter().map(Spot::position);
        let add = |all: Self, line: &Vec<Spot>| all.part(LINE).positions(positions(line));
        lines.iter().fold(start, add)
    }

    fn new(kind: u32, srid: u32) -> Self {
        let mut bytes = vec![1];
        bytes.extend((kind | SRID_FLAG).to_le_bytes());
        bytes.extend(srid.to_le_bytes());
        Self(bytes)
    }

    fn part(mut self, kind: u32) -> Self {
        self.0.push(1);
        self.0.extend(kind.to_le_bytes());
        self
    }

    fn count(mut self, count: usize) -> Self {
        self.0.extend((count as u32).to_le_bytes());
        self
    }

    fn position(mut self, (x, y): Position) -> Self {
        self.0.extend(x.to_le_bytes());
        self.0.extend(y.to_le_bytes());
        self
    }

    fn positions(self, positions: impl ExactSizeIterator<Item = Position>) -> Self {
        let start = self.count(positions.len());
        positions.fold(start, Self::position)
    }
}
