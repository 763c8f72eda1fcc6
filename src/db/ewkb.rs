//! Lines in the binary form in which PostGIS stores them (EWKB), read as a whole away from the runtime's threads.
//! `postgis_diesel` decodes where the row arrives, point by point, and reserves room for as many as the line claims to have.

use wildside_engine::Point;

const SRID_FLAG: u32 = 0x2000_0000;
const LINE_STRING: u32 = 2;

/// The points of a two-dimensional line in little-endian EWKB, as `geom::bytea` gives it; `None` if it is something else.
pub(super) fn line_points(bytes: &[u8]) -> Option<Vec<Point>> {
    let (&1, rest) = bytes.split_first()? else {
        return None;
    };
    let (geometry_type, mut rest) = take_u32(rest)?;
    if geometry_type & SRID_FLAG != 0 {
        (_, rest) = take_u32(rest)?;
    }
    if geometry_type & !SRID_FLAG != LINE_STRING {
        return None;
    }
    let (count, coordinates) = take_u32(rest)?;
    let (points, []) = coordinates.as_chunks::<16>() else {
        return None;
    };
    (points.len() == count as usize).then(|| points.iter().map(point).collect())
}

fn take_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*head), rest))
}

fn point(bytes: &[u8; 16]) -> Point {
    let coordinate = |from: usize| {
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[from..from + 8]);
        f64::from_le_bytes(number)
    };
    Point::new(coordinate(0), coordinate(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(srid: Option<u32>, points: &[(f64, f64)]) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend((LINE_STRING | srid.map_or(0, |_| SRID_FLAG)).to_le_bytes());
        bytes.extend(srid.into_iter().flat_map(u32::to_le_bytes));
        bytes.extend((points.len() as u32).to_le_bytes());
        bytes.extend(
            points
                .iter()
                .flat_map(|(lon, lat)| [lon.to_le_bytes(), lat.to_le_bytes()])
                .flatten(),
        );
        bytes
    }

    #[test]
    fn lines_are_read_with_and_without_srid() {
        let points = [(24.9, 60.1), (24.95, 60.15), (25.0, 60.2)];
        for srid in [None, Some(4326)] {
            let read = line_points(&line(srid, &points)).unwrap();
            assert_eq!(read, points.map(|(lon, lat)| Point::new(lon, lat)));
        }
    }

    #[test]
    fn what_is_cut_short_or_no_line_is_refused() {
        let whole = line(Some(4326), &[(1.0, 2.0), (3.0, 4.0)]);
        for length in 0..whole.len() {
            assert_eq!(line_points(&whole[..length]), None, "{length} bytes");
        }
        let mut point = whole.clone();
        point[1] = 1;
        assert_eq!(line_points(&point), None);
    }
}
