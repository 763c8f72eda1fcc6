//! Corners of the street network, thinned: enough to draw the boundary of an area around them.

use rustc_hash::FxHashSet;
use wildside_engine::Point;
use wildside_engine::geo::METRES_PER_DEGREE;

/// Degrees from one corner to the next, unless there are too many.
const STEP: f64 = 0.0005;

/// A hull of more corners takes too long.
const MOST: usize = 20_000;

/// Street ends, moved to the nearest crossing of a grid.
#[derive(Debug, Default)]
pub(crate) struct Corners(FxHashSet<(i32, i32)>);

impl Corners {
    pub(crate) fn add(&mut self, at: Point) {
        let snap = |degrees: f64| (degrees / STEP).round() as i32;
        self.0.insert((snap(at.lon), snap(at.lat)));
    }

    /// Longitudes and latitudes of the corners, and the metres by which a street end may be away from the nearest of them.
    pub(crate) fn thinned(mut self) -> (Vec<f64>, Vec<f64>, f64) {
        let mut step = 1;
        while self.0.len() > MOST {
            step *= 2;
            let snap = |at: i32| at.div_euclid(step) * step + step / 2;
            self.0 = self
                .0
                .into_iter()
                .map(|(x, y)| (snap(x), snap(y)))
                .collect();
        }
        let mut corners: Vec<_> = self.0.into_iter().collect();
        corners.sort_unstable();
        let degrees = |at: i32| f64::from(at) * STEP;
        let (lons, lats) = corners
            .iter()
            .map(|(x, y)| (degrees(*x), degrees(*y)))
            .unzip();
        (lons, lats, f64::from(step) * STEP * METRES_PER_DEGREE)
    }
}
