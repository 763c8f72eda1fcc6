//! Points, sizes and rings of ways and relations, on borrowed slices. `geo` wants a polygon of its own for each: a copy of
//! every ring, for centroids and areas of two lines each, and its interior point is never the centroid.

use wildside_engine::{Point, geo};

use super::nodes::Node;
use crate::area::crosses;

/// Metres in one degree of latitude, rounded. Popularity follows from sizes, and walks from popularity: with other last digits
/// a reload would change them.
const METRES_PER_DEGREE: f64 = geo::METRES_PER_DEGREE.round();

/// Representative point of a line or a closed ring: on the line, or inside the ring.
pub(crate) fn representative_point(points: &[Point]) -> Option<Point> {
    if is_ring(points) {
        point_inside(&[points])
    } else {
        middle_of_line(points)
    }
}

/// True if the points enclose something.
pub(crate) fn is_ring(points: &[Point]) -> bool {
    points.len() >= 4 && points.first() == points.last()
}

/// A point inside the rings (holes left out): the centroid where it is inside, else the middle of the widest
/// stretch at its latitude.
pub(crate) fn point_inside(rings: &[&[Point]]) -> Option<Point> {
    let largest = rings
        .iter()
        .max_by(|a, b| area(a).abs().total_cmp(&area(b).abs()))?;
    let centre = centroid(largest)?;
    let edges = || rings.iter().flat_map(|ring| ring.windows(2));
    if edges().filter(|e| crosses(e[0], e[1], centre)).count() % 2 == 1 {
        return Some(centre);
    }
    let mut crossings: Vec<f64> = edges()
        .filter(|e| (e[0].lat > centre.lat) != (e[1].lat > centre.lat))
        .map(|e| (e[1].lon - e[0].lon) * (centre.lat - e[0].lat) / (e[1].lat - e[0].lat) + e[0].lon)
        .collect();
    crossings.sort_by(f64::total_cmp);
    let widest = crossings
        .chunks_exact(2)
        .max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
    Some(Point::new(f64::midpoint(widest[0], widest[1]), centre.lat))
}

/// Size of a ring in square metres, whatever its direction.
pub(crate) fn square_metres(ring: &[Point]) -> f64 {
    let Some(first) = ring.first() else {
        return 0.0;
    };
    area(ring).abs() * METRES_PER_DEGREE.powi(2) * first.lat.to_radians().cos()
}

/// Joins ways that share end nodes to closed rings; what stays open is left out.
pub(crate) fn assemble_rings(mut ways: Vec<Vec<Node>>) -> Vec<Vec<Node>> {
    let mut rings = Vec::new();
    while let Some(mut ring) = ways.pop() {
        while let (Some(first), Some(last)) = (ring.first().copied(), ring.last().copied()) {
            if first.id == last.id && ring.len() >= 4 {
                rings.push(ring);
                break;
            }
            let end = |node: Option<&Node>| node.is_some_and(|node| node.id == last.id);
            let touches = |way: &Vec<Node>| end(way.first()) || end(way.last());
            let Some(next) = ways.iter().position(touches) else {
                break;
            };
            let mut next = ways.swap_remove(next);
            if !end(next.first()) {
                next.reverse();
            }
            ring.extend(next.into_iter().skip(1));
        }
    }
    rings
}

/// Signed area in square degrees (shoelace), relative to the first point for precision.
fn area(ring: &[Point]) -> f64 {
    let Some(origin) = ring.first() else {
        return 0.0;
    };
    ring.windows(2).map(|e| cross(e, *origin)).sum::<f64>() / 2.0
}

fn cross(edge: &[Point], origin: Point) -> f64 {
    let relative = |p: Point| (p.lon - origin.lon, p.lat - origin.lat);
    let ((x0, y0), (x1, y1)) = (relative(edge[0]), relative(edge[1]));
    x0 * y1 - x1 * y0
}

fn centroid(ring: &[Point]) -> Option<Point> {
    let origin = *ring.first()?;
    let doubled = 2.0 * area(ring);
    if doubled.abs() < 1e-15 {
        return Some(origin);
    }
    let (mut lon, mut lat) = (0.0, 0.0);
    for edge in ring.windows(2) {
        let weight = cross(edge, origin);
        lon += (edge[0].lon + edge[1].lon - 2.0 * origin.lon) * weight;
        lat += (edge[0].lat + edge[1].lat - 2.0 * origin.lat) * weight;
    }
    Some(Point::new(
        origin.lon + lon / (3.0 * doubled),
        origin.lat + lat / (3.0 * doubled),
    ))
}

fn middle_of_line(points: &[Point]) -> Option<Point> {
    let length = |pair: &[Point]| pair[0].distance_metres(pair[1]);
    let mut left = points.windows(2).map(length).sum::<f64>() / 2.0;
    for pair in points.windows(2) {
        let step = length(pair);
        if step >= left && step > 0.0 {
            let share = left / step;
            let at = |a: f64, b: f64| a + (b - a) * share;
            return Some(Point::new(
                at(pair[0].lon, pair[1].lon),
                at(pair[0].lat, pair[1].lat),
            ));
        }
        left -= step;
    }
    points.first().copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn points(all: &[(f64, f64)]) -> Vec<Point> {
        all.iter()
            .map(|(lon, lat)| Point::new(*lon, *lat))
            .collect()
    }

    #[test]
    fn a_ring_is_where_its_middle_is_and_a_line_at_half_its_length() {
        let square = points(&[(1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0), (1.0, 1.0)]);
        let middle = representative_point(&square).unwrap();
        assert!((middle.lon - 2.0).abs() < 1e-9 && (middle.lat - 2.0).abs() < 1e-9);
        let line = points(&[(0.0, 0.0), (1.0, 0.0), (4.0, 0.0)]);
        assert!((representative_point(&line).unwrap().lon - 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_horseshoe_is_represented_by_a_point_inside_it() {
        let shoe = points(&[
            (0.0, 0.0),
            (10.0, 0.0),
            (10.0, 10.0),
            (9.0, 10.0),
            (9.0, 1.0),
            (1.0, 1.0),
            (1.0, 10.0),
            (0.0, 10.0),
            (0.0, 0.0),
        ]);
        let inside = representative_point(&shoe).unwrap();
        assert!(
            shoe.windows(2)
                .filter(|e| crosses(e[0], e[1], inside))
                .count()
                % 2
                == 1
        );
    }

    #[test]
    fn sizes_are_in_square_metres() {
        let side = 0.001;
        let square = points(&[
            (24.0, 60.0),
            (24.0 + side, 60.0),
            (24.0 + side, 60.0 + side),
            (24.0, 60.0 + side),
            (24.0, 60.0),
        ]);
        assert!((square_metres(&square) - 111.195 * 111.195 * 0.5).abs() < 5.0);
    }

    #[test]
    fn ways_in_any_direction_make_a_ring_and_an_open_one_makes_none() {
        let way = |ids: &[i64]| {
            ids.iter()
                .map(|id| Node {
                    id: *id,
                    lon: 0,
                    lat: 0,
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(
            assemble_rings(vec![way(&[1, 2, 3]), way(&[1, 5, 4]), way(&[3, 4])]).len(),
            1
        );
        assert!(assemble_rings(vec![way(&[1, 2, 3]), way(&[5, 4])]).is_empty());
        assert_eq!(
            assemble_rings(vec![way(&[1, 2, 3, 1]), way(&[5, 6, 7, 5])]).len(),
            2
        );
    }
}
