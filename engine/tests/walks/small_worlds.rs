//! Walks through small worlds, each with a known right answer.

use std::time::{Duration, Instant};

use crate::world::{at, grid, network, poi, request, street, theme};
use wildside_engine::network::{DEFAULT_SPEED_METRES_PER_SECOND, Network, WayClass};
use wildside_engine::places::catalogue;
use wildside_engine::walk::Maneuver;
use wildside_engine::{NoWalk, Poi, Walk, WalkRequest, generate_route};

pub(crate) fn walk(request: &WalkRequest, pois: &[Poi], network: &Network) -> Result<Walk, NoWalk> {
    let result = generate_route(
        request,
        pois,
        network,
        Instant::now() + Duration::from_mins(2),
    );
    if let Ok(walk) = &result {
        assert_sound(walk, request);
    }
    result
}

pub(crate) fn walking_seconds(metres: f64) -> u32 {
    (metres / DEFAULT_SPEED_METRES_PER_SECOND) as u32
}

pub(crate) fn visit_seconds(poi: &Poi) -> u32 {
    catalogue().kind(poi.kind).unwrap().visit_seconds
}

/// Invariants of every walk.
fn assert_sound(walk: &Walk, request: &WalkRequest) {
    let legs: u32 = walk.legs.iter().map(|leg| leg.duration_seconds).sum();
    let visits: u32 = walk.stops.iter().map(|stop| stop.visit_seconds).sum();
    assert_eq!(walk.duration_seconds, legs + visits);
    assert!(walk.duration_seconds <= request.budget_seconds);
    assert_eq!(walk.legs.len(), walk.stops.len() + 1);
    assert!(walk.path.iter().all(|point| point.is_valid()));
    let length: f64 = walk
        .path
        .windows(2)
        .map(|pair| pair[0].distance_metres(pair[1]))
        .sum();
    assert!((length - walk.distance_metres).abs() < 1.0);
    let light = walk.light.lit_metres + walk.light.unlit_metres + walk.light.unknown_metres;
    assert!((length - light).abs() < 1.0, "{length} {light}");
    let mut ids: Vec<i64> = walk.stops.iter().map(|stop| stop.poi_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), walk.stops.len(), "no stop twice");
}

#[test]
fn a_round_walk_visits_what_is_near_and_comes_back() {
    let pois = [
        poi(1, at(105.0, 300.0)),
        poi(2, at(400.0, 205.0)),
        poi(3, at(250.0, 5.0)),
    ];
    let walk = walk(&request(at(2.0, 50.0), 60), &pois, &network(grid(6))).unwrap();
    assert_eq!(walk.stops.len(), 3);
    assert!(walk.path[0].distance_metres(at(0.0, 50.0)) < 0.1);
    assert_eq!(walk.path.first(), walk.path.last());
}

#[test]
fn a_walk_may_end_elsewhere() {
    let mut request = request(at(0.0, 0.0), 30);
    request.end = Some(at(500.0, 500.0));
    let pois = [poi(1, at(100.0, 300.0))];
    request.budget_seconds = walking_seconds(1000.0) + visit_seconds(&pois[0]) + 30;
    let walk = walk(&request, &pois, &network(grid(6))).unwrap();
    assert_eq!(walk.stops.len(), 1);
    assert!((walk.distance_metres - 1000.0).abs() < 2.0);
    assert!(walk.path.last().unwrap().distance_metres(at(500.0, 500.0)) < 0.1);
}

#[test]
fn a_start_off_the_network_is_told_how_far_away_the_streets_are() {
    let Err(NoWalk::NoWalkableWayNearby { nearest_metres }) = walk(
        &request(at(-400.0, 0.0), 30),
        &[poi(1, at(0.0, 0.0))],
        &network(grid(3)),
    ) else {
        panic!("a walk from nowhere");
    };
    assert!((nearest_metres.unwrap() - 400.0).abs() < 1.0);
    let nowhere = walk(&request(at(0.0, 0.0), 30), &[], &Network::default());
    assert_eq!(
        nowhere,
        Err(NoWalk::NoWalkableWayNearby {
            nearest_metres: None
        })
    );
}

#[test]
fn a_place_on_an_island_is_no_candidate_and_a_tiny_island_no_start() {
    let mut edges = grid(8);
    edges.push(street(900, (9000, at(35.0, 50.0)), (9001, at(60.0, 50.0))));
    let island = poi(1, at(45.0, 52.0));
    let reachable = poi(2, at(300.0, 100.0));
    let walk = walk(
        &request(at(45.0, 45.0), 60),
        &[island, reachable],
        &network(edges),
    )
    .unwrap();
    assert_eq!(
        walk.stops
            .iter()
            .map(|stop| stop.poi_id)
            .collect::<Vec<_>>(),
        [2]
    );
}

#[test]
fn one_street_is_walked_there_and_back() {
    let edges = vec![street(1, (1, at(0.0, 0.0)), (2, at(400.0, 0.0)))];
    let walk = walk(
        &request(at(0.0, 0.0), 30),
        &[poi(1, at(400.0, 3.0))],
        &network(edges),
    )
    .unwrap();
    assert!((walk.distance_metres - 800.0).abs() < 1.0);
    assert!((walk.repeated_metres - 400.0).abs() < 1.0);
}

#[test]
fn the_way_back_is_another_one_where_there_is_time_for_it() {
    let pois = [poi(1, at(200.0, 105.0))];
    let mut request = request(at(0.0, 100.0), 60);
    request.budget_seconds = walking_seconds(600.0) + visit_seconds(&pois[0]) + 30;
    let walk = walk(&request, &pois, &network(grid(3))).unwrap();
    assert_eq!(walk.stops.len(), 1);
    assert!(walk.repeated_metres < 1.0, "{}", walk.repeated_metres);
    assert!((walk.distance_metres - 600.0).abs() < 2.0);
}

#[test]
fn a_part_of_the_way_back_is_another_one_where_there_is_no_time_for_all_of_it() {
    let node = |number, east, north| (number, at(east, north));
    let (start, middle, end) = (node(1, 0.0, 0.0), node(2, 200.0, 0.0), node(3, 400.0, 0.0));
    let near = node(4, 100.0, 35.0);
    for far in [node(5, 300.0, 300.0), node(5, 300.0, 130.0)] {
        let edges = [
            (start, middle),
            (middle, end),
            (start, near),
            (near, middle),
            (middle, far),
            (far, end),
        ];
        let edges = edges.iter().zip(1..).map(|(&(a, b), id)| street(id, a, b));
        let pois = [poi(1, at(400.0, -3.0))];
        let mut request = request(at(0.0, 0.0), 60);
        request.budget_seconds = walking_seconds(815.0) + visit_seconds(&pois[0]);
        let walk = walk(&request, &pois, &network(edges.collect())).unwrap();
        assert!((walk.repeated_metres - 200.0).abs() < 1.0);
    }
}

#[test]
fn a_stop_on_the_way_round_is_preferred_to_those_at_the_end_of_a_street() {
    let node = |number, east, north| (number, at(east, north));
    let (start, west, south) = (
        node(1, 0.0, 0.0),
        node(2, -350.0, 0.0),
        node(3, 0.0, -350.0),
    );
    let (a, b, c) = (
        node(4, 200.0, 0.0),
        node(5, 200.0, 150.0),
        node(6, 0.0, 150.0),
    );
    let edges = [
        (start, west),
        (start, south),
        (start, a),
        (a, b),
        (b, c),
        (c, start),
    ];
    let edges = (1..).zip(edges).map(|(id, (a, b))| street(id, a, b));
    let like = |popularity, poi| Poi { popularity, ..poi };
    let pois = [
        like(0.56, poi(1, west.1)),
        like(0.55, poi(41, south.1)),
        like(0.5, poi(81, b.1)),
    ];
    let mut request = request(start.1, 60);
    request.popularity_bias = 0.7;
    request.budget_seconds = walking_seconds(730.0) + visit_seconds(&pois[0]);
    let walk = walk(&request, &pois, &network(edges.collect())).unwrap();
    assert_eq!(walk.stops[0].poi_id, 81);
    assert!(walk.repeated_metres < 1.0, "{}", walk.repeated_metres);
}

#[test]
fn a_place_a_little_up_a_side_street_is_visited_from_the_corner() {
    let mut request = request(at(0.0, 100.0), 60);
    request.end = Some(at(300.0, 100.0));
    let up_the_street = |metres| [poi(1, at(102.0, 100.0 + metres))];
    request.budget_seconds = walking_seconds(300.0) + visit_seconds(&up_the_street(0.0)[0]) + 30;
    let near = walk(&request, &up_the_street(12.0), &network(grid(4))).unwrap();
    assert!((near.distance_metres - 300.0).abs() < 1.0);
    assert!(near.repeated_metres < 0.1);
    request.budget_seconds += 60;
    let far = walk(&request, &up_the_street(45.0), &network(grid(4))).unwrap();
    assert!((far.distance_metres - 390.0).abs() < 1.0);
}

#[test]
fn a_place_at_the_start_needs_no_way_and_is_a_line_all_the_same() {
    let mut request = request(at(100.0, 100.0), 60);
    let pois = [poi(1, at(100.0, 100.0))];
    request.budget_seconds = visit_seconds(&pois[0]);
    let walk = walk(&request, &pois, &network(grid(4))).unwrap();
    assert!(walk.distance_metres < 0.1);
    assert!(walk.path.len() >= 2);
}

#[test]
fn of_two_alike_the_one_at_the_street_is_visited() {
    let (near, far) = (poi(40, at(200.0, 104.0)), poi(80, at(250.0, 150.0)));
    let mut short = request(at(0.0, 100.0), 60);
    let both = walk(&short, &[near.clone(), far.clone()], &network(grid(3))).unwrap();
    assert_eq!(both.stops.len(), 2);
    short.budget_seconds = both.stops[0].visit_seconds + 400;
    let one = walk(&short, &[near, far], &network(grid(3))).unwrap();
    assert_eq!(one.stops.len(), 1);
    assert_eq!(one.stops[0].poi_id, 40);
}

#[test]
fn stairs_are_avoided_where_there_is_another_way_and_told_where_not() {
    let mut edges = grid(3);
    for edge in &mut edges {
        // The direct way along row 0 is stairs.
        if edge.way_id == 0 {
            edge.class = WayClass::Steps;
        }
    }
    let pois = [poi(1, at(200.0, 0.0))];
    let mut request = request(at(0.0, 0.0), 60);
    request.end = Some(at(200.0, 20.0));
    let with_stairs = walk(&request, &pois, &network(edges.clone())).unwrap();
    request.accessibility.avoid_stairs = true;
    let without = walk(&request, &pois, &network(edges)).unwrap();
    assert!(without.stairs_metres < 0.01, "{}", without.stairs_metres);
    assert!(
        with_stairs.stairs_metres > 100.0,
        "the stairs are the way without a turn"
    );

    let mut only_way = vec![
        street(1, (1, at(0.0, 0.0)), (2, at(100.0, 0.0))),
        street(2, (2, at(100.0, 0.0)), (3, at(130.0, 0.0))),
        street(3, (3, at(130.0, 0.0)), (4, at(300.0, 0.0))),
    ];
    only_way[1].class = WayClass::Steps;
    request.end = None;
    let forced = walk(&request, &[poi(1, at(300.0, 0.0))], &network(only_way)).unwrap();
    assert!((forced.stairs_metres - 60.0).abs() < 0.5);
}

#[test]
fn what_is_no_number_or_out_of_range_is_refused() {
    let streets = network(grid(3));
    let pois = [poi(1, at(0.0, 0.0))];
    for change in [
        |r: &mut WalkRequest| r.start.lon = f64::NAN,
        |r: &mut WalkRequest| r.start.lat = 91.0,
        |r: &mut WalkRequest| r.end = Some(wildside_engine::Point::new(f64::INFINITY, 0.0)),
        |r: &mut WalkRequest| r.popularity_bias = f64::NAN,
        |r: &mut WalkRequest| r.popularity_bias = 1.01,
        |r: &mut WalkRequest| r.budget_seconds = u32::MAX,
    ] {
        let mut wrong = request(at(0.0, 0.0), 30);
        change(&mut wrong);
        assert!(
            matches!(
                walk(&wrong, &pois, &streets),
                Err(NoWalk::InvalidRequest(_))
            ),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_deadline_that_has_passed_is_told() {
    let late = Instant::now();
    let result = generate_route(
        &request(at(0.0, 0.0), 60),
        &[poi(1, at(100.0, 0.0))],
        &network(grid(3)),
        late,
    );
    assert_eq!(result, Err(NoWalk::DeadlineExceeded));
}

#[test]
fn a_crowd_of_places_is_thinned_and_a_place_given_twice_counts_once() {
    let mut pois: Vec<Poi> = (0..3000)
        .map(|id| poi(id, at((id % 60) as f64 * 25.0, (id / 60) as f64 * 30.0)))
        .collect();
    pois.extend(pois.clone());
    let streets = network(grid(16));
    let there = walk(&request(at(700.0, 700.0), 60), &pois, &streets).unwrap();
    assert!(
        there.duration_seconds > 3420,
        "95 % of an hour is used: {}",
        there.duration_seconds
    );
    pois.reverse();
    let same = walk(&request(at(700.0, 700.0), 60), &pois, &streets).unwrap();
    assert_eq!(there, same, "the order of the places does not matter");
}

#[test]
fn a_crowd_of_places_is_answered_by_the_deadline() {
    let pois: Vec<Poi> = (0..3000)
        .map(|id| poi(id, at((id % 60) as f64 * 25.0, (id / 60) as f64 * 30.0)))
        .collect();
    let streets = network(grid(16));
    let began = Instant::now();
    let deadline = began + Duration::from_millis(200);
    let result = generate_route(&request(at(700.0, 700.0), 180), &pois, &streets, deadline);
    // Others may be using the machine.
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(matches!(result, Ok(_) | Err(NoWalk::DeadlineExceeded)));
}

#[test]
fn a_street_is_whole_across_cells_and_areas_that_overlap() {
    let edges = grid(30);
    let whole = walk(
        &request(at(500.0, 500.0), 120),
        &[poi(1, at(2500.0, 500.0))],
        &network(edges.clone()),
    )
    .unwrap();
    let mut twice = edges.clone();
    twice.extend(edges.clone());
    let doubled = walk(
        &request(at(500.0, 500.0), 120),
        &[poi(1, at(2500.0, 500.0))],
        &network(twice),
    )
    .unwrap();
    assert_eq!(whole, doubled);
    // The same square loaded as two cells, as nothing forbids.
    let (even, odd): (Vec<_>, Vec<_>) = edges
        .into_iter()
        .enumerate()
        .partition(|(position, _)| position % 2 == 0);
    let cell = |part: Vec<(usize, _)>| {
        std::sync::Arc::new(wildside_engine::network::Cell::new(
            part.into_iter().map(|(_, edge)| edge).collect(),
        ))
    };
    let split = Network::join(vec![cell(even), cell(odd)]);
    let joined = walk(
        &request(at(500.0, 500.0), 120),
        &[poi(1, at(2500.0, 500.0))],
        &split,
    )
    .unwrap();
    assert!((joined.distance_metres - whole.distance_metres).abs() < 1.0);
}

#[test]
fn each_chosen_theme_gets_a_stop() {
    let mut pois: Vec<Poi> = (0..40)
        .map(|id| poi(id, at((id % 8) as f64 * 100.0, (id / 8) as f64 * 100.0)))
        .collect();
    pois[39].themes = vec![(theme(2), 0.7)];
    let mut request = request(at(0.0, 0.0), 60);
    request.themes = vec![theme(1), theme(2)];
    let walk = walk(&request, &pois, &network(grid(8))).unwrap();
    assert!(walk.stops.iter().any(|stop| stop.poi_id == 39));
    assert!(walk.stops.len() > 3);
}

#[test]
fn the_way_is_told_by_streets_and_turns() {
    let pois = [poi(1, at(200.0, 200.0))];
    let mut request = request(at(0.0, 20.0), 60);
    request.end = Some(at(220.0, 200.0));
    let mut edges = grid(3);
    edges.retain(|edge| edge.way_id == 500 || edge.way_id == 2);
    edges.push(street(3, (2002, at(200.0, 200.0)), (7, at(300.0, 200.0))));
    let walk = walk(&request, &pois, &network(edges)).unwrap();
    let steps = &walk.legs[0].steps;
    let told: Vec<_> = steps
        .iter()
        .map(|step| (step.maneuver, step.street.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (Maneuver::Depart, Some("Street 500")),
            (Maneuver::Right, Some("Street 2"))
        ]
    );
    assert!(
        (steps[0].distance_metres - 180.0).abs() < 0.5
            && (steps[1].distance_metres - 200.0).abs() < 0.5
    );
    assert!((walk.path[steps[1].path_start]).distance_metres(at(0.0, 200.0)) < 0.1);
}
