//! Geometries as PostGIS takes them in binary.

use std::error::Error;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use wildside_engine::Point;

const WITH_SRID: u32 = 0x2000_0000;
const WGS_84: u32 = 4326;

/// A geometry in extended well-known binary, WGS 84.
#[derive(Debug)]
pub(crate) struct Ewkb(Vec<u8>);

impl Ewkb {
    pub(crate) fn point(point: Point) -> Self {
        let mut bytes = header(1);
        push(&mut bytes, point);
        Self(bytes)
    }

    pub(crate) fn line(points: &[Point]) -> Self {
        let mut bytes = header(2);
        bytes.extend((points.len() as u32).to_le_bytes());
        for point in points {
            push(&mut bytes, *point);
        }
        Self(bytes)
    }
}

fn header(kind: u32) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend((kind | WITH_SRID).to_le_bytes());
    bytes.extend(WGS_84.to_le_bytes());
    bytes
}

fn push(bytes: &mut Vec<u8>, point: Point) {
    bytes.extend(point.lon.to_le_bytes());
    bytes.extend(point.lat.to_le_bytes());
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
