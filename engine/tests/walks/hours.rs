//! Streets and places that are closed at times.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wildside_engine::hours::{Hours, State, WayHours};
use wildside_engine::network::Edge;
use wildside_engine::places::catalogue;
use wildside_engine::walk::Choice;
use wildside_engine::{NoWalk, Poi, Point, Walk, WalkRequest, generate_route};

use crate::world::{at, grid, network, poi, request, street};

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

/// A place of a kind with these hours; empty: nobody knows them.
fn place(id: i64, east: f64, kind: &str, hours: &str) -> Poi {
    Poi {
        kind: catalogue().kind_by_name(kind).unwrap(),
        hours: Some(hours)
            .filter(|hours| !hours.is_empty())
            .map(|hours| Arc::new(Hours::parse(hours).unwrap())),
        ..poi(id, at(east, 305.0))
    }
}

/// The walk on a grid of streets to some of the places, at Greenwich Mean Time.
fn on_the_grid(wish: &WalkRequest, pois: &[Poi]) -> Walk {
    let deadline = Instant::now() + Duration::from_secs(20);
    let walk = generate_route(wish, pois, &network(grid(9)), deadline).unwrap();
    assert!(walk.duration_seconds <= wish.budget_seconds);
    walk
}

fn states(walk: &Walk) -> Vec<(i64, Option<State>)> {
    let state = |stop: &wildside_engine::walk::Stop| {
        (stop.poi_id, stop.opening.map(|opening| opening.state))
    };
    let mut states: Vec<_> = walk.stops.iter().map(state).collect();
    states.sort_unstable_by_key(|(id, _)| *id);
    states
}

#[test]
fn what_is_entered_is_a_stop_while_it_is_open() {
    let pois = [
        place(1, 100.0, "museum", "10:00-18:00"),
        place(2, 200.0, "museum", "10:00-18:00; Tu off"),
        place(3, 300.0, "museum", ""),
        place(4, 400.0, "statue", ""),
        place(5, 500.0, "museum", "10:00-18:00 \"ring the bell\""),
    ];
    let start = at(300.0, 300.0);
    let long = |time| WalkRequest {
        budget_seconds: 10_800,
        ..at_time(start, time)
    };
    let tuesday_noon = on_the_grid(&long("2026-12-01T12:00:00Z"), &pois);
    let (open, unknown) = (Some(State::Open), Some(State::Unknown));
    assert_eq!(
        states(&tuesday_noon),
        [(1, open), (3, unknown), (4, None), (5, unknown)]
    );
    let museum = tuesday_noon.stops.iter().find(|stop| stop.poi_id == 1);
    let until = museum.unwrap().opening.unwrap().until.unwrap();
    assert_eq!(until.to_rfc3339(), "2026-12-01T18:00:00+00:00");
    assert!(tuesday_noon.same_for.unwrap() < 6 * 3600);
    let wednesday = on_the_grid(&long("2026-12-02T12:00:00Z"), &pois);
    assert_eq!(wednesday.stops.len(), 5);
    let night = on_the_grid(&long("2026-12-01T22:00:00Z"), &pois);
    assert_eq!(states(&night), [(3, unknown), (4, None)]);
}

#[test]
fn a_place_that_closes_before_one_comes_there_is_no_stop() {
    // All close twenty minutes after the walk has begun: what comes later is left out.
    let museums = (1..=6).map(|id| place(id, id as f64 * 100.0, "bookshop", "10:00-12:20"));
    let mut pois: Vec<Poi> = museums.collect();
    pois.extend((11..=16).map(|id| place(id, (id - 10) as f64 * 110.0, "statue", "")));
    let wish = WalkRequest {
        budget_seconds: 5400,
        ..at_time(at(100.0, 300.0), "2026-12-01T12:00:00Z")
    };
    let walk = on_the_grid(&wish, &pois);
    assert!(walk.stops.len() >= 4, "{:?}", walk.stops);
    for stop in walk.stops.iter().filter(|stop| stop.poi_id < 10) {
        assert!(
            stop.arrive_after_seconds + stop.visit_seconds <= 1200,
            "{stop:?}"
        );
    }
}

#[test]
fn what_must_be_visited_is_visited_and_said_to_be_closed() {
    let pois = [
        place(1, 100.0, "museum", "10:00-18:00"),
        place(2, 200.0, "statue", ""),
    ];
    let mut wish = WalkRequest {
        budget_seconds: 7200,
        ..at_time(at(100.0, 300.0), "2026-12-01T22:00:00Z")
    };
    wish.choice.include = vec![1];
    let walk = on_the_grid(&wish, &pois);
    assert_eq!(states(&walk), [(1, Some(State::Closed)), (2, None)]);
}

#[test]
fn a_place_that_is_closed_on_arrival_is_no_reason_for_a_walk() {
    let street = network(vec![street(1, (1, at(0.0, 305.0)), (2, at(300.0, 305.0)))]);
    let museum = [place(1, 290.0, "museum", "10:00-12:01")];
    let make = |time| {
        let deadline = Instant::now() + Duration::from_secs(5);
        generate_route(&at_time(at(0.0, 305.0), time), &museum, &street, deadline)
    };
    let before = make("2026-12-01T11:00:00Z").unwrap();
    assert_eq!(states(&before), [(1, Some(State::Open))]);
    // It closes while one is on the way, and there is nothing else.
    let late = make("2026-12-01T12:00:00Z");
    assert!(matches!(late, Err(NoWalk::CutOff { .. })), "{late:?}");
}
