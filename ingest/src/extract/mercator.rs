//! Web mercator, in which the base map is drawn.

use std::f64::consts::{FRAC_PI_4, PI};

use wildside_engine::Point;

/// Metres to the east and to the north of where the equator meets the meridian of Greenwich.
pub type Position = (f64, f64);

const RADIUS: f64 = 6_378_137.0;

/// Spherical mercator; the poles, where it is infinite, are cut off at 89.9°.
pub(crate) fn mercator(point: Point) -> Position {
    let lat = point.lat.clamp(-89.9, 89.9).to_radians();
    let y = RADIUS * (FRAC_PI_4 + lat / 2.0).tan().ln();
    (RADIUS * point.lon * PI / 180.0, y)
}

/// Outlines with more corners are not looked at.
const MOST_CORNERS: usize = 500;

/// True if a ring is surely an area without further work: no two of its sides touch but where one follows the other. The
/// answer may be no for a sound one. `geo`'s validation is exact to the last bit, where PostGIS must agree in spite of rounding.
pub(crate) fn is_simple(ring: &[Position]) -> bool {
    let sides: Vec<_> = ring.windows(2).map(|side| (side[0], side[1])).collect();
    if !(3..=MOST_CORNERS).contains(&sides.len()) || ring.first() != ring.last() {
        return false;
    }
    let last = sides.len() - 1;
    let is_apart = |i: usize, j: usize| {
        let neighbours = j == i + 1 || (i == 0 && j == last);
        if neighbours {
            let (first, second) = if j == i + 1 { (i, j) } else { (j, i) };
            !folds_back(sides[first], sides[second])
        } else {
            !may_touch(sides[i], sides[j])
        }
    };
    (0..=last).all(|i| (i + 1..=last).all(|j| is_apart(i, j)))
}

type Side = (Position, Position);

/// Twice the area of the triangle, positive when it turns left.
fn turn(a: Position, b: Position, c: Position) -> f64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// Square metres below which a triangle is a line: far above what rounding makes of it.
const FLAT: f64 = 1e-4;

/// True if the second side, which follows the first one, runs back along it, or is no side at all.
fn folds_back(first: Side, second: Side) -> bool {
    let (a, b, c) = (first.0, first.1, second.1);
    let along = (b.0 - a.0) * (c.0 - b.0) + (b.1 - a.1) * (c.1 - b.1);
    turn(a, b, c).abs() < FLAT && along <= FLAT
}

fn may_touch(one: Side, other: Side) -> bool {
    let apart =
        |a: (f64, f64), b: (f64, f64)| a.0.max(a.1) < b.0.min(b.1) || b.0.max(b.1) < a.0.min(a.1);
    if apart((one.0.0, one.1.0), (other.0.0, other.1.0))
        || apart((one.0.1, one.1.1), (other.0.1, other.1.1))
    {
        return false;
    }
    let same_side = |line: Side, ends: Side| {
        let (first, second) = (turn(line.0, line.1, ends.0), turn(line.0, line.1, ends.1));
        (first > FLAT && second > FLAT) || (first < -FLAT && second < -FLAT)
    };
    !same_side(one, other) && !same_side(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rings_that_do_not_meet_themselves_are_simple() {
        let square = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0), (0.0, 0.0)];
        assert!(is_simple(&square));
        let shoe = [
            (0.0, 0.0),
            (9.0, 0.0),
            (9.0, 9.0),
            (6.0, 9.0),
            (6.0, 3.0),
            (3.0, 3.0),
            (3.0, 9.0),
            (0.0, 9.0),
            (0.0, 0.0),
        ];
        assert!(is_simple(&shoe));
        let bow = [(0.0, 0.0), (9.0, 9.0), (9.0, 0.0), (0.0, 9.0), (0.0, 0.0)];
        let spike = [
            (0.0, 0.0),
            (9.0, 0.0),
            (20.0, 0.0),
            (9.0, 0.0),
            (9.0, 9.0),
            (0.0, 0.0),
        ];
        let pinched = [
            (0.0, 0.0),
            (5.0, 5.0),
            (9.0, 0.0),
            (9.0, 9.0),
            (5.0, 5.0),
            (0.0, 9.0),
            (0.0, 0.0),
        ];
        let flat = [(0.0, 0.0), (9.0, 0.0), (4.0, 0.0), (0.0, 0.0)];
        let open = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)];
        for broken in [&bow[..], &spike, &pinched, &flat, &open] {
            assert!(!is_simple(broken), "{broken:?}");
        }
    }

    #[test]
    fn a_degree_is_where_it_should_be() {
        let (x, y) = mercator(Point::new(24.94, 60.17));
        assert!((x - 2_776_308.1).abs() < 0.5, "{x}");
        assert!((y - 8_437_665.0).abs() < 100.0, "{y}");
    }
}
