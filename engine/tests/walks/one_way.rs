//! Streets for one direction only: no walk uses one in the other.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wildside_engine::network::Edge;
use wildside_engine::{Poi, Point, Walk, WalkRequest, generate_route};

use crate::world::{at, grid, network, poi, request, street};

/// Metres along a straight street of a position on it; `None`: it is elsewhere.
fn along(edge: &Edge, point: Point) -> Option<f64> {
    let [from, to] = [edge.geometry[0], edge.geometry[1]];
    let (before, after) = (from.distance_metres(point), point.distance_metres(to));
    let is_on_it = before + after - from.distance_metres(to) < 0.01;
    is_on_it.then_some(before)
}

/// Metres that a walk leads over streets against their only direction.
fn against(walk: &Walk, edges: &[Edge]) -> f64 {
    let back = |edge: &Edge, pair: &[Point]| {
        let (from, to) = (along(edge, pair[0])?, along(edge, pair[1])?);
        Some((from - to).max(0.0))
    };
    let one_way = edges.iter().filter(|edge| edge.one_way);
    one_way
        .flat_map(|edge| walk.path.windows(2).filter_map(|pair| back(edge, pair)))
        .sum()
}

fn walked(wish: &WalkRequest, pois: &[Poi], edges: &[Edge]) -> Option<Walk> {
    let deadline = Instant::now() + Duration::from_secs(20);
    generate_route(wish, pois, &network(edges.to_vec()), deadline).ok()
}

/// A street, and a round trail at its end, 200 m by 100 m, for one direction: with the clock or against it.
fn trail(with_the_clock: bool) -> Vec<Edge> {
    let corners = [
        (3, at(500.0, 0.0)),
        (4, at(500.0, 100.0)),
        (5, at(700.0, 100.0)),
        (6, at(700.0, 0.0)),
    ];
    let mut edges = vec![
        street(1, (1, at(0.0, 0.0)), (2, at(300.0, 0.0))),
        street(2, (2, at(300.0, 0.0)), corners[0]),
    ];
    for side in 0..4 {
        let (from, to) = (corners[side], corners[(side + 1) % 4]);
        let (from, to) = if with_the_clock {
            (from, to)
        } else {
            (to, from)
        };
        let mut edge = street(10, from, to);
        edge.one_way = true;
        edges.push(edge);
    }
    edges
}

#[test]
fn a_round_trail_is_walked_in_its_direction() {
    for with_the_clock in [true, false] {
        // Near its beginning, near its end, and half-way.
        for view in [at(500.0, 60.0), at(560.0, 0.0), at(700.0, 90.0)] {
            let edges = trail(with_the_clock);
            let wish = request(at(20.0, 0.0), 45);
            let walk = walked(&wish, &[poi(1, view)], &edges).unwrap();
            assert_eq!(walk.stops.len(), 1, "{view:?}");
            assert!(against(&walk, &edges) < 0.1, "{view:?} {with_the_clock}");
            assert!((1500.0..3700.0).contains(&walk.distance_metres));
            assert!(walk.duration_seconds <= wish.budget_seconds);
        }
    }
}

#[test]
fn a_walk_from_here_to_there_goes_round_a_street_for_the_other_direction() {
    for (way_back, metres) in [(false, 400.0), (true, 600.0)] {
        let mut edges = grid(5);
        for edge in edges.iter_mut().filter(|edge| edge.way_id == 2) {
            edge.one_way = true;
            if way_back {
                edge.geometry.reverse();
                std::mem::swap(&mut edge.from_node, &mut edge.to_node);
            }
        }
        let wish = WalkRequest {
            end: Some(at(400.0, 200.0)),
            ..request(at(0.0, 200.0), 13)
        };
        let walk = walked(&wish, &[poi(1, at(200.0, 203.0))], &edges).unwrap();
        assert!(against(&walk, &edges) < 0.1);
        assert!(
            walk.distance_metres > metres - 5.0,
            "{}",
            walk.distance_metres
        );
        assert!(walk.duration_seconds <= wish.budget_seconds);
    }
}

#[test]
fn where_the_way_back_takes_too_long_the_place_is_left_out() {
    // The trail leads away, and back only by a street that is 4 km long.
    let mut trail = street(1, (1, at(0.0, 0.0)), (2, at(300.0, 0.0)));
    trail.one_way = true;
    let far = (3, at(150.0, 2000.0));
    let edges = [
        trail,
        street(2, (2, at(300.0, 0.0)), far),
        street(3, far, (1, at(0.0, 0.0))),
        street(4, (1, at(0.0, 0.0)), (4, at(-900.0, 0.0))),
    ];
    let pois = [poi(1, at(300.0, 0.0)), poi(2, at(-400.0, 5.0))];
    let short = request(at(-20.0, 0.0), 40);
    let walk = walked(&short, &pois, &edges).unwrap();
    let stops: Vec<_> = walk.stops.iter().map(|stop| stop.poi_id).collect();
    assert_eq!(stops, [2]);
    assert!(against(&walk, &edges) < 0.1);
    let long = WalkRequest {
        budget_seconds: 7200,
        ..short
    };
    let walk = walked(&long, &pois, &edges).unwrap();
    assert!(walk.stops.iter().any(|stop| stop.poi_id == 1));
    assert!(against(&walk, &edges) < 0.1);
}

/// For each street of a grid: two ways, its own direction, or the other.
fn directed(directions: &[u8]) -> Vec<Edge> {
    let mut edges = grid(6);
    for (edge, direction) in edges.iter_mut().zip(directions.iter().cycle()) {
        edge.one_way = *direction > 3;
        if *direction == 5 {
            edge.geometry.reverse();
            std::mem::swap(&mut edge.from_node, &mut edge.to_node);
        }
    }
    edges
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_walk_leads_against_a_street_or_takes_longer_than_it_may(
        directions in prop::collection::vec(0..6_u8, 60),
        places in prop::collection::vec((0.0..500.0_f64, 0..6_i32), 1..12),
        start in (0.0..500.0_f64, 0..6_i32),
        end in prop::option::of((0.0..500.0_f64, 0..6_i32)),
        minutes in 15..90_u32,
        variant in 0..2_u8,
    ) {
        let position = |(east, row): (f64, i32)| at(east, f64::from(row) * 100.0);
        let edges = directed(&directions);
        let numbered = places.into_iter().map(position).zip(1..);
        let pois: Vec<Poi> = numbered.map(|(place, id)| poi(id, place)).collect();
        let mut wish = request(position(start), minutes);
        wish.end = end.map(position);
        wish.choice.variant = variant;
        if let Some(walk) = walked(&wish, &pois, &edges) {
            prop_assert!(walk.duration_seconds <= wish.budget_seconds);
            let metres = against(&walk, &edges);
            prop_assert!(metres < 0.1, "{metres} m");
        }
    }
}
