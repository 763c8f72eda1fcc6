//! The last look at a walk before it leaves the supervisor: whatever the engine did, nothing impossible is stored.

use wildside_engine::{Poi, Point, Walk, WalkRequest};

/// Names what is impossible about a walk.
pub(crate) fn check(walk: &Walk, request: &WalkRequest, pois: &[Poi]) -> Result<(), &'static str> {
    ensure(walk.path.len() >= 2, "the path has fewer than two points")?;
    ensure(
        walk.path.iter().copied().all(is_position),
        "the path has an impossible coordinate",
    )?;
    ensure(
        are_lengths(&[
            walk.distance_metres,
            walk.stairs_metres,
            walk.repeated_metres,
        ]),
        "a length is impossible",
    )?;
    ensure(walk.score.is_finite(), "the score is no number")?;
    ensure(
        walk.duration_seconds <= request.budget_seconds,
        "the walk exceeds its budget",
    )?;
    check_stops(walk, pois)?;
    check_legs(walk)
}

fn check_stops(walk: &Walk, pois: &[Poi]) -> Result<(), &'static str> {
    let mut free_at = 0;
    for stop in &walk.stops {
        ensure(
            pois.iter().any(|poi| poi.id == stop.poi_id),
            "a stop is not among the candidates",
        )?;
        ensure(
            stop.arrive_after_seconds >= free_at,
            "the stops are not in the order of time",
        )?;
        free_at = stop.arrive_after_seconds.saturating_add(stop.visit_seconds);
    }
    ensure(
        free_at <= walk.duration_seconds,
        "a stop ends after the walk",
    )
}

fn check_legs(walk: &Walk) -> Result<(), &'static str> {
    ensure(
        walk.legs.len() == walk.stops.len() + 1,
        "there is not one leg to each stop and one to the end",
    )?;
    let starts = walk.legs.iter().map(|leg| leg.path_start);
    ensure(
        starts.is_sorted() && walk.legs.iter().all(|leg| leg.path_start < walk.path.len()),
        "the legs do not follow the path",
    )?;
    ensure(
        walk.legs
            .iter()
            .all(|leg| are_lengths(&[leg.distance_metres])),
        "a length is impossible",
    )
}

fn ensure(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn is_position(point: Point) -> bool {
    (-180.0..=180.0).contains(&point.lon) && (-90.0..=90.0).contains(&point.lat)
}

fn are_lengths(metres: &[f64]) -> bool {
    metres
        .iter()
        .all(|metres| metres.is_finite() && *metres >= 0.0)
}
