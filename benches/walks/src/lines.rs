//! Lines on the map, found by position.

use std::collections::HashMap;

use wildside_engine::Point;
use wildside_engine::geo::Plane;

use crate::measure::between;

/// Width of a square of the grid, in degrees of latitude: about 9 m.
const SQUARE_DEGREES: f64 = 8e-5;

/// A short part of a line, and how far along the line it ends.
type Part = (Point, Point, f64);

/// Samples of lines in a grid of squares, each with how far along its line it is.
#[derive(Debug, Default)]
pub struct Lines {
    squares: HashMap<(i32, i32), Vec<Part>>,
}

impl Lines {
    /// Adds a line that begins so many metres along.
    pub fn add(&mut self, line: &[Point], mut along: f64) {
        for pair in line.windows(2) {
            let metres = pair[0].distance_metres(pair[1]);
            let parts = (metres / 4.0).ceil().max(1.0);
            for i in 0..parts as usize {
                let (from, to) = (i as f64 / parts, (i as f64 + 1.0) / parts);
                let (a, b) = (
                    between(pair[0], pair[1], from),
                    between(pair[0], pair[1], to),
                );
                self.squares
                    .entry(square(a))
                    .or_default()
                    .push((a, b, along + metres * to));
            }
            along += metres;
        }
    }

    /// Test that a line passes within `radius` metres of a point, at a distance along it that `counts`.
    pub fn passes(&self, point: Point, radius: f64, counts: impl Fn(f64) -> bool) -> bool {
        let plane = Plane::around(point);
        let (x, y) = square(point);
        let near = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
        near.filter_map(|square| self.squares.get(&square))
            .flatten()
            .any(|&(a, b, along)| counts(along) && plane.nearest_on(a, b).0 < radius)
    }
}

fn square(point: Point) -> (i32, i32) {
    (
        (point.lon / (2.0 * SQUARE_DEGREES)).floor() as i32,
        (point.lat / SQUARE_DEGREES).floor() as i32,
    )
}
