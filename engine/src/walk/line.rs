//! A path by the metre: its direction before and after a point of it.

use crate::geo::{Point, bearing_degrees};

/// A path with the length up to each of its points.
#[derive(Debug)]
pub(super) struct Line<'a> {
    path: &'a [Point],
    metres: Vec<f64>,
    /// Points at which the walker turns round, ascending: no direction is judged across one.
    reversals: Vec<usize>,
}

impl<'a> Line<'a> {
    /// The line of `path`, on which the walker may turn round at the points `breaks` (ascending) and nowhere else.
    pub(super) fn new(path: &'a [Point], breaks: impl Iterator<Item = usize>) -> Self {
        let mut metres = Vec::with_capacity(path.len());
        let mut sum = 0.0;
        for (index, point) in path.iter().enumerate() {
            if index > 0 {
                sum += path[index - 1].distance_metres(*point);
            }
            metres.push(sum);
        }
        Self {
            path,
            metres,
            reversals: breaks.filter(|&at| turns_round(path, at)).collect(),
        }
    }

    /// Metres along the path between two of its points, the first of which comes first.
    pub(super) fn between(&self, from: usize, to: usize) -> f64 {
        self.metres[to] - self.metres[from]
    }

    /// Bearing on which the walker reaches a point, judged by the last `window` metres; `None` at the beginning.
    pub(super) fn bearing_before(&self, at: usize, window: f64) -> Option<f64> {
        let from = self.metres[at] - window;
        let mut first = at;
        while first > 0 && self.metres[first] > from {
            first -= 1;
            if self.reversals.binary_search(&first).is_ok() {
                break;
            }
        }
        (first < at).then(|| bearing_degrees(self.on_segment(first, from), self.path[at]))
    }

    /// Bearing on which the walker leaves a point, judged by the next `window` metres; `None` at the end.
    pub(super) fn bearing_after(&self, at: usize, window: f64) -> Option<f64> {
        let to = self.metres[at] + window;
        let mut last = at;
        while last + 1 < self.path.len() && self.metres[last] < to {
            last += 1;
            if self.reversals.binary_search(&last).is_ok() {
                break;
            }
        }
        (last > at).then(|| bearing_degrees(self.path[at], self.on_segment(last - 1, to)))
    }

    /// Turn at a point in degrees, right positive, judged by so many metres before and after it.
    pub(super) fn turn(&self, at: usize, before: f64, after: f64) -> f64 {
        match (
            self.bearing_before(at, before),
            self.bearing_after(at, after),
        ) {
            (Some(into), Some(out)) => angle(into, out),
            _ => 0.0,
        }
    }

    /// The position `along` metres from the beginning, or the end of the segment that is nearest to it.
    fn on_segment(&self, first: usize, along: f64) -> Point {
        let length = self.between(first, first + 1).max(1e-9);
        let share = ((along - self.metres[first]) / length).clamp(0.0, 1.0);
        self.path[first].towards(self.path[first + 1], share)
    }
}

/// Angle from one bearing to another in degrees, right positive, −180 to 180.
pub(super) fn angle(into: f64, out: f64) -> f64 {
    (out - into + 540.0).rem_euclid(360.0) - 180.0
}

fn turns_round(path: &[Point], at: usize) -> bool {
    if at == 0 || at + 1 >= path.len() {
        return false;
    }
    let into = bearing_degrees(path[at - 1], path[at]);
    angle(into, bearing_degrees(path[at], path[at + 1])).abs() > 150.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many metres east and north.
    fn path(points: &[(f64, f64)]) -> Vec<Point> {
        let degrees = |metres: f64| metres / crate::geo::METRES_PER_DEGREE;
        points
            .iter()
            .map(|&(east, north)| Point::new(degrees(east), degrees(north)))
            .collect()
    }

    #[test]
    fn a_jog_of_a_metre_is_no_turn_and_a_corner_is_one() {
        let path = path(&[
            (0.0, 0.0),
            (50.0, 0.0),
            (50.0, 1.0),
            (100.0, 1.0),
            (100.0, 60.0),
        ]);
        let line = Line::new(&path, std::iter::empty());
        assert!(line.turn(1, 15.0, 15.0).abs() < 5.0);
        assert!(line.turn(1, 15.0, 1.0) < -85.0);
        assert!((line.turn(3, 15.0, 15.0) + 90.0).abs() < 1.0);
        assert!(line.bearing_before(0, 15.0).is_none() && line.bearing_after(4, 15.0).is_none());
    }

    #[test]
    fn no_direction_is_judged_across_a_turn_on_the_spot() {
        let path = path(&[
            (0.0, 0.0),
            (30.0, 0.0),
            (34.0, 0.0),
            (30.0, 0.0),
            (30.0, 50.0),
        ]);
        let line = Line::new(&path, std::iter::once(2));
        assert!((line.turn(3, 15.0, 15.0) - 90.0).abs() < 1.0);
    }
}
