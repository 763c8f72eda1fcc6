//! Streets that are a last resort, and ground from which no street leads on.

use wildside_engine::NoWalk;
use wildside_engine::network::Edge;

use crate::small_worlds::{visit_seconds, walk, walking_seconds};
use crate::world::{at, grid, network, poi, request, street};

/// Two places 400 m apart, a dear street between them and a fair one of so many metres more.
fn dear_and_fair(more: f64) -> Vec<Edge> {
    let (west, east) = ((1, at(0.0, 0.0)), (2, at(400.0, 0.0)));
    let corners = [(3, at(0.0, more / 2.0)), (4, at(400.0, more / 2.0))];
    let mut dear = street(1, west, east);
    dear.price_percent = 400;
    vec![
        dear,
        street(2, west, corners[0]),
        street(3, corners[0], corners[1]),
        street(4, corners[1], east),
        street(5, west, (5, at(-100.0, 0.0))),
        street(6, east, (6, at(500.0, 0.0))),
    ]
}

#[test]
fn a_last_resort_is_walked_only_where_there_is_nothing_better() {
    let pois = [poi(1, at(450.0, 0.0))];
    let mut request = request(at(-50.0, 0.0), 60);
    request.end = Some(at(500.0, 0.0));
    // Time for so many metres, and hardly any to spare.
    let mut metres = |edges, most: f64| {
        request.budget_seconds = walking_seconds(most) + visit_seconds(&pois[0]) + 10;
        walk(&request, &pois, &network(edges))
            .unwrap()
            .distance_metres
    };
    let by_the_fair_one = metres(dear_and_fair(600.0), 1150.0);
    assert!((by_the_fair_one - 1150.0).abs() < 2.0, "{by_the_fair_one}");
    let by_the_dear_one = metres(dear_and_fair(1600.0), 560.0);
    assert!((by_the_dear_one - 550.0).abs() < 2.0, "{by_the_dear_one}");
    let only = dear_and_fair(600.0)
        .into_iter()
        .filter(|edge| edge.way_id != 3)
        .collect();
    assert!((metres(only, 560.0) - 550.0).abs() < 2.0);
}

#[test]
fn a_place_is_seen_from_a_fair_street_that_is_little_further_away() {
    let mut road = street(1, (1, at(0.0, 0.0)), (2, at(400.0, 0.0)));
    road.price_percent = 400;
    let pavement = street(2, (3, at(0.0, 8.0)), (4, at(400.0, 8.0)));
    let edges = vec![
        road,
        pavement,
        street(3, (1, at(0.0, 0.0)), (3, at(0.0, 8.0))),
    ];
    let pois = [poi(1, at(200.0, 1.0))];
    let walk = walk(&request(at(0.0, 5.0), 60), &pois, &network(edges)).unwrap();
    let stop = walk
        .path
        .iter()
        .map(|point| point.distance_metres(at(200.0, 8.0)));
    assert!(stop.fold(f64::INFINITY, f64::min) < 0.5);
}

/// A town, and beside its first street a closed estate that is reached from no street.
fn town_with_estate() -> Vec<Edge> {
    let mut edges = grid(8);
    let corner = |row: i64, column: i64| {
        let north = -30.0 - row as f64 * 20.0;
        (50_000 + 100 * row + column, at(column as f64 * 20.0, north))
    };
    for row in 0..9 {
        for column in 0..9 {
            if column > 0 {
                edges.push(street(
                    700 + row,
                    corner(row, column - 1),
                    corner(row, column),
                ));
            }
            if row > 0 {
                edges.push(street(
                    800 + column,
                    corner(row - 1, column),
                    corner(row, column),
                ));
            }
        }
    }
    edges
}

#[test]
fn a_walk_from_a_closed_estate_begins_on_the_nearest_street_that_leads_somewhere() {
    let streets = network(town_with_estate());
    let in_town = poi(1, at(300.0, 202.0));
    // In the middle of the estate, 110 m from the town.
    let here = request(at(82.0, -110.0), 60);
    let walk_away = walk(&here, std::slice::from_ref(&in_town), &streets).unwrap();
    assert_eq!(walk_away.stops.len(), 1);
    assert!(
        (walk_away.start.metres - 110.0).abs() < 1.0,
        "{walk_away:?}"
    );
    assert!(walk_away.start.passed_over_metres.unwrap() < 5.0);
    assert_eq!(walk_away.end, walk_away.start);
    // Nearest to the town's street already, nothing is passed over.
    let at_the_street = walk(&request(at(82.0, -5.0), 60), &[in_town], &streets).unwrap();
    assert_eq!(at_the_street.start.passed_over_metres, None);
}

#[test]
fn a_walk_to_a_closed_estate_ends_on_the_nearest_street_that_it_reaches() {
    let streets = network(town_with_estate());
    let mut request = request(at(300.0, 300.0), 60);
    request.end = Some(at(82.0, -110.0));
    let pois = [poi(1, at(300.0, 202.0))];
    let walk_there = walk(&request, &pois, &streets).unwrap();
    assert!(
        (walk_there.end.metres - 110.0).abs() < 1.0,
        "{walk_there:?}"
    );
    assert!(walk_there.end.passed_over_metres.unwrap() < 5.0);
    assert!(walk_there.start.metres < 1.0 && walk_there.start.passed_over_metres.is_none());
    // Of two banks, the one that only takes longer is not swapped for the near one.
    let mut edges = grid(3);
    edges.push(street(
        900,
        (9_000, at(0.0, -200.0)),
        (9_001, at(100.0, -200.0)),
    ));
    edges.push(street(
        901,
        (9_000, at(0.0, -200.0)),
        (9_002, at(-5_000.0, -200.0)),
    ));
    edges.push(street(
        902,
        (9_002, at(-5_000.0, -200.0)),
        (0, at(0.0, 0.0)),
    ));
    request.start = at(0.0, 0.0);
    request.end = Some(at(100.0, -195.0));
    let late = walk(&request, &[poi(1, at(100.0, 100.0))], &network(edges));
    assert!(
        matches!(late, Err(NoWalk::BudgetTooSmall { .. })),
        "{late:?}"
    );
}

#[test]
fn an_estate_with_a_walk_of_its_own_is_walked() {
    let streets = network(town_with_estate());
    let pois = [poi(1, at(300.0, 202.0)), poi(2, at(122.0, -150.0))];
    let walk = walk(&request(at(82.0, -110.0), 60), &pois, &streets).unwrap();
    assert_eq!(walk.stops[0].poi_id, 2);
    assert_eq!(walk.start.passed_over_metres, None);
}
