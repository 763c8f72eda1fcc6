//! Positions to measure times and ways between.

use wildside_engine::Point;

use crate::city::City;

/// Distance that a long walk leads from its start, in metres.
const REACH: f64 = 2500.0;

/// Positions of places that are as far apart as those of one request: evenly drawn from all within reach of the city's middle.
pub fn places_in_reach(city: &City, count: usize) -> Vec<Point> {
    let all = || city.pois.iter().map(|poi| poi.location);
    let total = city.pois.len().max(1) as f64;
    let middle = Point::new(
        all().map(|point| point.lon).sum::<f64>() / total,
        all().map(|point| point.lat).sum::<f64>() / total,
    );
    let in_reach: Vec<Point> = all()
        .filter(|point| point.distance_metres(middle) <= REACH)
        .collect();
    let step = (in_reach.len() / count).max(1);
    in_reach.into_iter().step_by(step).take(count).collect()
}
