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

#[cfg(test)]
mod tests {
    use wildside_engine::places::KindId;
    use wildside_engine::walk::{Accessibility, Choice, Fit, Leg, Light, Stop};

    use super::*;

    const NEAR: Point = Point::new(-3.19, 55.95);

    fn poi(id: i64) -> Poi {
        Poi {
            id,
            location: NEAR,
            kind: KindId(0),
            themes: Vec::new(),
            popularity: 0.5,
            hours: None,
        }
    }

    fn leg(path_start: usize) -> Leg {
        Leg {
            path_start,
            distance_metres: 100.0,
            duration_seconds: 80,
            steps: Vec::new(),
        }
    }

    fn stop(poi_id: i64, arrive_after_seconds: u32) -> Stop {
        Stop {
            poi_id,
            arrive_after_seconds,
            visit_seconds: 60,
            matches: true,
            reason: None,
            opening: None,
        }
    }

    fn walk() -> Walk {
        Walk {
            path: vec![NEAR; 4],
            distance_metres: 300.0,
            duration_seconds: 360,
            score: 2.0,
            stops: vec![stop(1, 80), stop(2, 220)],
            legs: vec![leg(0), leg(1), leg(2)],
            stairs_metres: 0.0,
            light: Light::default(),
            repeated_metres: 0.0,
            start: wildside_engine::walk::Gap::default(),
            end: wildside_engine::walk::Gap::default(),
            fit: Fit::default(),
            same_for: None,
        }
    }

    fn checked(change: impl Fn(&mut Walk)) -> Result<(), &'static str> {
        let request = WalkRequest {
            start: NEAR,
            end: None,
            budget_seconds: 360,
            themes: Vec::new(),
            popularity_bias: 0.5,
            accessibility: Accessibility::default(),
            choice: Choice::default(),
            seed: 0,
        };
        let mut walk = walk();
        change(&mut walk);
        check(&walk, &request, &[poi(1), poi(2)])
    }

    #[test]
    fn stops_and_legs_must_fit_together() {
        assert_eq!(checked(|_| ()), Ok(()));
        assert_eq!(
            checked(|walk| walk.stops[1].poi_id = 3),
            Err("a stop is not among the candidates")
        );
        assert_eq!(
            checked(|walk| walk.stops[1].arrive_after_seconds = 139),
            Err("the stops are not in the order of time")
        );
        assert_eq!(
            checked(|walk| walk.stops[1].visit_seconds = 141),
            Err("a stop ends after the walk")
        );
        assert_eq!(
            checked(|walk| walk.stops[1].visit_seconds = u32::MAX),
            Err("a stop ends after the walk")
        );
        assert_eq!(
            checked(|walk| walk.legs[2].path_start = 0),
            Err("the legs do not follow the path")
        );
        assert_eq!(
            checked(|walk| walk.legs[2].path_start = 4),
            Err("the legs do not follow the path")
        );
        assert_eq!(
            checked(|walk| walk.legs[0].distance_metres = f64::NAN),
            Err("a length is impossible")
        );
    }
}
