//! Instructions of walks through small worlds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::world::{at, network, poi, request};
use wildside_engine::network::{Edge, Lit, WayClass};
use wildside_engine::walk::{Maneuver, Step};
use wildside_engine::{Point, generate_route};

type Position = (f64, f64);

/// A way with its nodes, each where its position says; without a name if that is empty.
fn way(name: &str, points: &[Position]) -> Edge {
    let node = |(east, north): Position| (east * 10.0) as i64 * 100_000 + (north * 10.0) as i64;
    let (first, last) = (points[0], points[points.len() - 1]);
    let name = (!name.is_empty()).then(|| Arc::from(name));
    Edge {
        way_id: node(first) * 31 + node(last),
        from_node: node(first),
        to_node: node(last),
        class: if name.is_some() {
            WayClass::Residential
        } else {
            WayClass::Footway
        },
        lit: Lit::Unknown,
        surface: None,
        incline_percent: None,
        price_percent: Edge::FAIR_PRICE,
        hours: None,
        one_way: false,
        name,
        geometry: points
            .iter()
            .map(|&(east, north)| at(east, north))
            .collect(),
    }
}

/// The steps of the way between two positions, there or back.
fn steps(edges: &[Edge], from: Position, to: Position) -> Vec<Step> {
    let position = |(east, north): Position| -> Point { at(east, north) };
    let mut request = request(position(from), 120);
    request.end = Some(position(to));
    let pois = [poi(1, position(to))];
    let network = network(edges.to_vec());
    let deadline = Instant::now() + Duration::from_mins(2);
    let walk = generate_route(&request, &pois, &network, deadline).unwrap();
    let steps = walk.legs[0].steps.clone();
    let metres: f64 = steps.iter().map(|step| step.distance_metres).sum();
    let seconds: u32 = steps.iter().map(|step| step.duration_seconds).sum();
    assert!((metres - walk.legs[0].distance_metres).abs() < 0.5);
    assert!(seconds.abs_diff(walk.legs[0].duration_seconds) <= 1);
    steps
}

fn told(steps: &[Step]) -> Vec<(Maneuver, Option<&str>)> {
    steps
        .iter()
        .map(|step| (step.maneuver, step.street.as_deref()))
        .collect()
}

#[test]
fn a_turn_onto_a_crossing_is_told_with_the_street_behind_it() {
    let world = [
        way("East Street", &[(0.0, 0.0), (100.0, 0.0)]),
        way("East Street", &[(100.0, 0.0), (200.0, 0.0)]),
        way("", &[(100.0, 0.0), (100.0, 10.0)]),
        way("North Street", &[(100.0, 10.0), (100.0, 200.0)]),
        way("Side Street", &[(100.0, 10.0), (0.0, 10.0)]),
    ];
    let there = steps(&world, (5.0, 0.0), (100.0, 190.0));
    assert_eq!(
        told(&there),
        [
            (Maneuver::Depart, Some("East Street")),
            (Maneuver::Left, Some("North Street"))
        ]
    );
    assert!((there[1].distance_metres - 190.0).abs() < 0.5);
    assert_eq!(
        (there[1].bearing_before, there[1].bearing_after),
        (Some(90), Some(0))
    );
    assert_eq!(there[0].bearing_before, None);
    let back = steps(&world, (100.0, 190.0), (5.0, 0.0));
    assert_eq!(
        told(&back),
        [
            (Maneuver::Depart, Some("North Street")),
            (Maneuver::Right, Some("East Street"))
        ]
    );
}

#[test]
fn a_turn_is_told_where_the_street_ends_and_nothing_but_a_crossing_goes_on() {
    let mut stairs = way("", &[(100.0, 40.0), (160.0, 40.0)]);
    stairs.class = WayClass::Steps;
    let world = [
        way("East Street", &[(0.0, 0.0), (100.0, 0.0)]),
        way("", &[(100.0, 0.0), (100.0, 40.0)]),
        stairs,
    ];
    assert_eq!(
        told(&steps(&world, (5.0, 0.0), (155.0, 40.0))),
        [
            (Maneuver::Depart, Some("East Street")),
            (Maneuver::Left, None),
            (Maneuver::Right, None)
        ]
    );
}

#[test]
fn a_street_that_turns_a_corner_at_a_crossroads_is_told() {
    let world = [
        way("Main Street", &[(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)]),
        way("Main Street", &[(100.0, 100.0), (100.0, 200.0)]),
        way("Main Street", &[(100.0, 200.0), (0.0, 200.0)]),
        way("Other Street", &[(100.0, 200.0), (100.0, 300.0)]),
        way("Other Street", &[(100.0, 200.0), (200.0, 200.0)]),
    ];
    // The first corner leaves no choice, the second does.
    assert_eq!(
        told(&steps(&world, (5.0, 0.0), (10.0, 200.0))),
        [
            (Maneuver::Depart, Some("Main Street")),
            (Maneuver::Left, Some("Main Street"))
        ]
    );
}

#[test]
fn a_jog_of_a_metre_is_no_turn() {
    let world = [
        way("First Street", &[(0.0, 0.0), (100.0, 0.0)]),
        way("Second Street", &[(100.0, 0.0), (100.0, 1.0), (200.0, 1.0)]),
        way("Third Street", &[(100.0, 0.0), (100.0, -90.0)]),
    ];
    let there = steps(&world, (5.0, 0.0), (190.0, 1.0));
    let back = steps(&world, (190.0, 1.0), (5.0, 0.0));
    assert_eq!(
        told(&there),
        [
            (Maneuver::Depart, Some("First Street")),
            (Maneuver::Continue, Some("Second Street"))
        ]
    );
    assert_eq!(
        told(&back),
        [
            (Maneuver::Depart, Some("Second Street")),
            (Maneuver::Continue, Some("First Street"))
        ]
    );
}

#[test]
fn staggered_junctions_are_told_as_they_are() {
    let world = [
        way("West Lane", &[(0.0, 0.0), (100.0, 0.0)]),
        way("High Street", &[(100.0, -80.0), (100.0, 0.0)]),
        way("High Street", &[(100.0, 0.0), (100.0, 9.0)]),
        way("High Street", &[(100.0, 9.0), (100.0, 90.0)]),
        way("East Lane", &[(100.0, 9.0), (200.0, 9.0)]),
    ];
    assert_eq!(
        told(&steps(&world, (5.0, 0.0), (190.0, 9.0))),
        [
            (Maneuver::Depart, Some("West Lane")),
            (Maneuver::Left, Some("High Street")),
            (Maneuver::Right, Some("East Lane"))
        ]
    );
}

#[test]
fn two_lefts_at_a_crossing_are_two_and_a_cut_corner_is_one() {
    let crossing = [
        way("", &[(0.0, 0.0), (100.0, 0.0)]),
        way("", &[(100.0, 0.0), (200.0, 0.0)]),
        way("", &[(100.0, 0.0), (100.0, 12.0)]),
        way("", &[(100.0, 12.0), (0.0, 12.0)]),
        way("", &[(100.0, 12.0), (200.0, 12.0)]),
    ];
    assert_eq!(
        told(&steps(&crossing, (50.0, 0.0), (50.0, 12.0))),
        [
            (Maneuver::Depart, None),
            (Maneuver::Left, None),
            (Maneuver::Left, None)
        ]
    );
    let cut = [
        way("Row", &[(0.0, 0.0), (100.0, 0.0)]),
        way("Row", &[(100.0, 0.0), (200.0, 0.0)]),
        way("", &[(100.0, 0.0), (105.0, 5.0)]),
        way("Hill", &[(105.0, 5.0), (105.0, -100.0)]),
        way("Hill", &[(105.0, 5.0), (105.0, 100.0)]),
    ];
    assert_eq!(
        told(&steps(&cut, (5.0, 0.0), (105.0, 90.0))),
        [
            (Maneuver::Depart, Some("Row")),
            (Maneuver::Left, Some("Hill"))
        ]
    );
}

#[test]
fn turns_are_slight_plain_or_sharp() {
    let arm = |degrees: f64| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        (100.0 * sin, 100.0 * cos)
    };
    // From the south, with an arm straight on.
    let world = |degrees: f64| {
        [
            way("Start", &[(0.0, -100.0), (0.0, 0.0)]),
            way("Straight", &[(0.0, 0.0), (0.0, 100.0)]),
            way("Arm", &[(0.0, 0.0), arm(degrees)]),
        ]
    };
    let expected = [
        (-140.0, Maneuver::SharpLeft),
        (-90.0, Maneuver::Left),
        (-35.0, Maneuver::SlightLeft),
        (35.0, Maneuver::SlightRight),
        (90.0, Maneuver::Right),
        (140.0, Maneuver::SharpRight),
    ];
    for (degrees, maneuver) in expected {
        let steps = steps(&world(degrees), (0.0, -90.0), arm(degrees));
        assert_eq!(
            told(&steps),
            [(Maneuver::Depart, Some("Start")), (maneuver, Some("Arm"))],
            "{degrees}"
        );
    }
}

#[test]
fn unnamed_ways_keep_their_turns_and_say_of_what_kind_they_are() {
    let mut stairs = way("", &[(100.0, 0.0), (100.0, 12.0)]);
    stairs.class = WayClass::Steps;
    let world = [
        way("Low Street", &[(0.0, 0.0), (100.0, 0.0)]),
        way("Low Street", &[(100.0, 0.0), (200.0, 0.0)]),
        stairs,
        way("", &[(100.0, 12.0), (200.0, 12.0)]),
        way("", &[(100.0, 12.0), (0.0, 12.0)]),
    ];
    let steps = steps(&world, (5.0, 0.0), (190.0, 12.0));
    assert_eq!(
        told(&steps),
        [
            (Maneuver::Depart, Some("Low Street")),
            (Maneuver::Left, None),
            (Maneuver::Right, None)
        ]
    );
    assert_eq!(
        steps.iter().map(|step| step.way).collect::<Vec<_>>(),
        [WayClass::Residential, WayClass::Steps, WayClass::Footway]
    );
}
