//! Lines between nodes, compared exactly: positions are whole numbers, and so are the products of their differences.

use super::nodes::Node;

/// A straight line between two nodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    from: Node,
    to: Node,
}

impl Line {
    pub(crate) const fn new(from: Node, to: Node) -> Self {
        Self { from, to }
    }

    pub(crate) fn is_point(&self) -> bool {
        is_same(self.from, self.to)
    }

    /// True if both join the same two positions.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        is_same(self.from, other.from) && is_same(self.to, other.to)
            || is_same(self.from, other.to) && is_same(self.to, other.from)
    }

    /// The position halfway, rounded.
    pub(crate) fn middle(&self) -> Node {
        let half = |a: i32, b: i32| i32::midpoint(a, b);
        Node {
            id: 0,
            lon: half(self.from.lon, self.to.lon),
            lat: half(self.from.lat, self.to.lat),
        }
    }

    /// True if another line crosses this one, or ends on it between its ends.
    pub(crate) fn is_cut_by(&self, other: &Self) -> bool {
        if self.is_apart_from(other) {
            return false;
        }
        let of_other = [other.from, other.to].map(|end| turn(self.from, self.to, end).signum());
        let of_this = [self.from, self.to].map(|end| turn(other.from, other.to, end).signum());
        let crosses = of_other[0] * of_other[1] < 0 && of_this[0] * of_this[1] < 0;
        let touches = |side: i64, end: Node| side == 0 && self.has_between(end);
        crosses || touches(of_other[0], other.from) || touches(of_other[1], other.to)
    }

    /// True if no position can be on both: most lines of a square are told apart by their boxes alone.
    fn is_apart_from(&self, other: &Self) -> bool {
        let (a, b, c, d) = (self.from, self.to, other.from, other.to);
        a.lon.max(b.lon) < c.lon.min(d.lon)
            || c.lon.max(d.lon) < a.lon.min(b.lon)
            || a.lat.max(b.lat) < c.lat.min(d.lat)
            || c.lat.max(d.lat) < a.lat.min(b.lat)
    }

    /// True if a position on the endless line is between the ends, and is neither of them.
    fn has_between(&self, at: Node) -> bool {
        let between = |a: i32, b: i32, at: i32| (a.min(b)..=a.max(b)).contains(&at);
        between(self.from.lon, self.to.lon, at.lon)
            && between(self.from.lat, self.to.lat, at.lat)
            && !is_same(self.from, at)
            && !is_same(self.to, at)
    }
}

fn is_same(a: Node, b: Node) -> bool {
    (a.lon, a.lat) == (b.lon, b.lat)
}

/// Twice the area of a triangle, positive where its corners go round to the left.
pub(crate) fn turn(a: Node, b: Node, c: Node) -> i64 {
    let from_a = |node: Node| {
        (
            i64::from(node.lon) - i64::from(a.lon),
            i64::from(node.lat) - i64::from(a.lat),
        )
    };
    let ((bx, by), (cx, cy)) = (from_a(b), from_a(c));
    bx.wrapping_mul(cy).wrapping_sub(by.wrapping_mul(cx))
}

/// True if a closed ring goes around a position (Shimrat 1962).
pub(crate) fn is_inside(ring: &[Node], at: Node) -> bool {
    let mut is_odd = false;
    for pair in ring.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let is_passed = (a.lat > at.lat) != (b.lat > at.lat);
        if is_passed && (turn(a, b, at) > 0) == (b.lat > a.lat) {
            is_odd = !is_odd;
        }
    }
    is_odd
}

/// Metres to the east and north around one latitude.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    east: f64,
}

impl Scale {
    pub(crate) fn at(node: Node) -> Self {
        Self {
            east: Node::METRES * node.point().lat.to_radians().cos(),
        }
    }

    /// Metres between two positions near each other.
    pub(crate) fn metres_between(self, a: Node, b: Node) -> f64 {
        let (x, y) = self.metres_from(a, b);
        x.hypot(y)
    }

    /// Metres from a line between two positions to one near it.
    pub(crate) fn metres_to(self, from: Node, to: Node, at: Node) -> f64 {
        let ((ax, ay), (bx, by)) = (self.metres_from(at, from), self.metres_from(at, to));
        let (dx, dy) = (bx - ax, by - ay);
        let length = dx * dx + dy * dy;
        let share = if length > 0.0 {
            (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0)
        } else {
            0.0
        };
        (ax + dx * share).hypot(ay + dy * share)
    }

    /// Metres to the east and north of a position.
    fn metres_from(self, origin: Node, node: Node) -> (f64, f64) {
        let units = |a: i32, b: i32| (i64::from(a) - i64::from(b)) as f64;
        (
            units(node.lon, origin.lon) * self.east,
            units(node.lat, origin.lat) * Node::METRES,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(lon: i32, lat: i32) -> Node {
        Node { id: 0, lon, lat }
    }

    fn line(from: (i32, i32), to: (i32, i32)) -> Line {
        Line::new(node(from.0, from.1), node(to.0, to.1))
    }

    #[test]
    fn a_line_is_cut_by_what_crosses_it_and_by_what_ends_on_it() {
        let across = line((0, 0), (10, 10));
        for (other, cut) in [
            (line((0, 10), (10, 0)), true),
            (line((5, 5), (9, 0)), true),
            (line((3, 3), (4, 4)), true),
            (line((0, 0), (10, 0)), false),
            (line((0, 1), (10, 11)), false),
            (line((11, 11), (12, 12)), false),
            (line((0, 10), (4, 5)), false),
        ] {
            assert_eq!(across.is_cut_by(&other), cut, "{other:?}");
        }
    }

    #[test]
    fn inside_is_inside_whichever_way_the_ring_goes_round() {
        let mut ring = vec![
            node(0, 0),
            node(10, 0),
            node(10, 10),
            node(0, 10),
            node(0, 0),
        ];
        for _ in 0..2 {
            assert!(is_inside(&ring, node(5, 5)) && is_inside(&ring, node(1, 9)));
            assert!(!is_inside(&ring, node(15, 5)) && !is_inside(&ring, node(-5, 5)));
            assert!(!is_inside(&ring, node(5, 11)) && !is_inside(&ring, node(5, -1)));
            ring.reverse();
        }
    }

    #[test]
    fn distances_are_in_metres() {
        let at = |lon: f64, lat: f64| node((lon * 1e7) as i32, (lat * 1e7) as i32);
        let (west, east) = (at(24.0, 60.0), at(24.002, 60.0));
        let scale = Scale::at(west);
        assert!((scale.metres_between(west, east) - 111.2).abs() < 0.2);
        assert!((scale.metres_to(west, east, at(24.001, 60.001)) - 111.2).abs() < 0.2);
        assert!((scale.metres_to(west, east, at(24.004, 60.0)) - 111.2).abs() < 0.2);
        assert!((scale.metres_to(west, west, east) - 111.2).abs() < 0.2);
    }
}
