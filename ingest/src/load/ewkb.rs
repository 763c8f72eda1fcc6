//! Geometries as PostGIS takes them in binary.

use std::error::Error;
use std::f64::consts::{FRAC_PI_4, PI};

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use wildside_engine::Point;

use crate::extract::Shape;

/// A geometry in extended well-known binary.
#[derive(Debug)]
pub(crate) struct Ewkb(Vec<u8>);

const SRID_FLAG: u32 = 0x2000_0000;
const WGS_84: u32 = 4326;
const WEB_MERCATOR: u32 = 3857;

const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_LINE: u32 = 5;

impl Ewkb {
    /// A point in WGS 84.
    pub(crate) fn point(point: Point) -> Self {
        let mut bytes = header(POINT, WGS_84);
        push_position(&mut bytes, (point.lon, point.lat));
        Self(bytes)
    }

    /// A line in WGS 84.
    pub(crate) fn line(points: &[Point]) -> Self {
        let mut bytes = header(LINE, WGS_84);
        push_positions(&mut bytes, points, |p| (p.lon, p.lat));
        Self(bytes)
    }

    /// A shape in web mercator; several rings as so many lines, to be built into an area there.
    pub(crate) fn mercator(shape: &Shape) -> Self {
        let start = |kind| header(kind, WEB_MERCATOR);
        let bytes = match shape {
            Shape::Point(point) => {
                let mut bytes = start(POINT);
                push_position(&mut bytes, mercator(point));
                bytes
            }
            Shape::Line(points) => {
                let mut bytes = start(LINE);
                push_positions(&mut bytes, points, mercator);
                bytes
            }
            Shape::Rings(rings) if rings.len() == 1 => {
                let mut bytes = start(POLYGON);
                push_count(&mut bytes, 1);
                push_positions(&mut bytes, &rings[0], mercator);
                bytes
            }
            Shape::Rings(rings) => {
                let mut bytes = start(MULTI_LINE);
                push_count(&mut bytes, rings.len());
                for ring in rings {
                    bytes.push(1);
                    bytes.extend(LINE.to_le_bytes());
                    push_positions(&mut bytes, ring, mercator);
                }
                bytes
            }
        };
        Self(bytes)
    }
}

fn header(kind: u32, srid: u32) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend((kind | SRID_FLAG).to_le_bytes());
    bytes.extend(srid.to_le_bytes());
    bytes
}

fn push_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend((count as u32).to_le_bytes());
}

fn push_position(bytes: &mut Vec<u8>, (x, y): (f64, f64)) {
    bytes.extend(x.to_le_bytes());
    bytes.extend(y.to_le_bytes());
}

fn push_positions(bytes: &mut Vec<u8>, points: &[Point], project: impl Fn(&Point) -> (f64, f64)) {
    push_count(bytes, points.len());
    for point in points {
        push_position(bytes, project(point));
    }
}

/// Spherical mercator, in metres; the poles, where it is infinite, are cut off at 89.9°.
fn mercator(point: &Point) -> (f64, f64) {
    const RADIUS: f64 = 6_378_137.0;
    let lat = point.lat.clamp(-89.9, 89.9).to_radians();
    let y = RADIUS * (FRAC_PI_4 + lat / 2.0).tan().ln();
    (RADIUS * point.lon * PI / 180.0, y)
}

impl ToSql for Ewkb {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        kind.name() == "geometry"
    }

    to_sql_checked!();
}
