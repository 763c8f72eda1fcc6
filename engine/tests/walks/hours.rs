//! Streets that are closed at times.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wildside_engine::hours::WayHours;
use wildside_engine::network::Edge;
use wildside_engine::walk::Choice;
use wildside_engine::{Poi, Point, Walk, WalkRequest, generate_route};

use crate::world::{at, network, poi, request, street};

/// Two streets to a view 400 m to the east: one straight through a park with these hours, and one round it.
fn park(hours: &str) -> (Vec<Edge>, Vec<Poi>) {
    let [gate, view] = [(1, at(0.0, 0.0)), (2, at(400.0, 0.0))];
    let [south, corner] = [(3, at(0.0, -150.0)), (4, at(400.0, -150.0))];
    let mut path = street(10, gate, view);
    path.hours = WayHours::parse(hours).map(Arc::new);
    let round = [(11, gate, south), (12, south, corner), (13, corner, view)];
    let streets = round.map(|(id, from, to)| street(id, from, to));
    let edges = [path].into_iter().chain(streets).collect();
    (edges, vec![poi(1, at(400.0, 5.0))])
}

fn at_time(start: Point, time: &str) -> WalkRequest {
    WalkRequest {
        choice: Choice {
            departure: Some(time.parse().unwrap()),
            ..Choice::default()
        },
        ..request(start, 40)
    }
}

fn walk(hours: &str, start: Point, time: &str) -> Walk {
    let (edges, pois) = park(hours);
    let deadline = Instant::now() + Duration::from_secs(5);
    generate_route(&at_time(start, time), &pois, &network(edges), deadline).unwrap()
}

/// True if a walk passes the middle of the park.
fn is_in_park(walk: &Walk) -> bool {
    let middle = at(200.0, 0.0);
    let near = |pair: &[Point]| pair[0].towards(pair[1], 0.5).distance_metres(middle) < 100.0;
    walk.path.windows(2).any(near)
}

#[test]
fn a_park_is_walked_by_day_and_not_by_night() {
    // Edinburgh, in winter at Greenwich Mean Time.
    for (hours, time, expected) in [
        ("open 08:00-20:00", "2026-12-01T12:00:00Z", true),
        ("open 08:00-20:00", "2026-12-01T23:00:00Z", false),
        ("open 08:00-20:00", "2026-12-01T19:45:00Z", false),
        ("no; yes @ (22:00-06:00)", "2026-12-01T12:00:00Z", false),
        ("no; yes @ (22:00-06:00)", "2026-12-01T23:00:00Z", true),
        ("open sunrise-sunset", "2026-06-21T20:00:00Z", true),
        ("open sunrise-sunset", "2026-12-21T20:00:00Z", false),
    ] {
        let walk = walk(hours, at(0.0, -20.0), time);
        assert_eq!(is_in_park(&walk), expected, "{hours} at {time}");
        assert_eq!(walk.stops.len(), 1);
    }
}

#[test]
fn nobody_begins_on_a_street_that_is_closed() {
    let start = at(100.0, 1.0);
    let by_day = walk("open 08:00-20:00", start, "2026-12-01T12:00:00Z");
    let by_night = walk("open 08:00-20:00", start, "2026-12-01T23:00:00Z");
    assert!(by_day.start.metres < 2.0 && by_night.start.metres > 90.0);
    assert!(!is_in_park(&by_night));
}

#[test]
fn a_walk_tells_for_how_long_it_stays_the_same() {
    let start = at(0.0, -20.0);
    let by_day = walk("open 08:00-20:00", start, "2026-12-01T12:00:00Z");
    assert_eq!(by_day.same_for, Some(8 * 3600 - 40 * 60));
    let (edges, pois) = park("");
    let deadline = Instant::now() + Duration::from_secs(5);
    let time = at_time(start, "2026-12-01T12:00:00Z");
    let without_hours = generate_route(&time, &pois, &network(edges), deadline).unwrap();
    assert_eq!(without_hours.same_for, None);
}

#[test]
fn hours_count_for_nothing_without_a_time() {
    let (edges, pois) = park("open 08:00-08:01");
    let deadline = Instant::now() + Duration::from_secs(5);
    let walk = generate_route(
        &request(at(0.0, -20.0), 40),
        &pois,
        &network(edges),
        deadline,
    );
    assert!(is_in_park(&walk.unwrap()));
}
