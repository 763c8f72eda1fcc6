//! Squares are walked straight across, round what stands in them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeMap;

use support::{Pbf, Tags};
use wildside_ingest::extract::{self, Extract};

const STREET: Tags<'static> = &[("highway", "residential")];
const SQUARE: Tags<'static> = &[
    ("highway", "pedestrian"),
    ("area", "yes"),
    ("name", "Market Square"),
];

fn read(pbf: &Pbf) -> Extract {
    let (_folder, file) = pbf.write();
    extract::read(&file, None).unwrap()
}

/// Position of a point so many metres to the east and north.
fn at(pbf: Pbf, id: i64, east: f64, north: f64, tags: Tags<'_>) -> Pbf {
    const METRES: f64 = 111_195.0;
    let lat = 60.17 + north / METRES;
    pbf.node(
        id,
        24.94 + east / (METRES * 60.17_f64.to_radians().cos()),
        lat,
        tags,
    )
}

fn all_at(pbf: Pbf, nodes: &[(i64, f64, f64)]) -> Pbf {
    nodes.iter().fold(pbf, |pbf, (id, east, north)| {
        at(pbf, *id, *east, *north, &[])
    })
}

/// Corners 1 to 4 of a square of 120 m, 5 in the middle of its west side and 6 of its east side; streets 200 and 300 lead there
/// from 20 and 30, each with an alley.
fn market() -> Pbf {
    let corners = [
        (1, 0.0, 0.0),
        (2, 120.0, 0.0),
        (3, 120.0, 120.0),
        (4, 0.0, 120.0),
        (5, 0.0, 60.0),
        (6, 120.0, 60.0),
        (20, -80.0, 60.0),
        (21, -80.0, 90.0),
        (30, 200.0, 60.0),
        (31, 200.0, 90.0),
    ];
    all_at(Pbf::new(), &corners)
        .way(200, &[20, 5], STREET)
        .way(201, &[20, 21], STREET)
        .way(300, &[6, 30], STREET)
        .way(301, &[30, 31], STREET)
}

const OUTLINE: [i64; 7] = [1, 2, 6, 3, 4, 5, 1];

/// Metres of the shortest way between two nodes (Bellman and Ford).
fn metres(extract: &Extract, from: i64, to: i64) -> f64 {
    let mut known = BTreeMap::from([(from, 0.0)]);
    for _ in 0..extract.edges.len() {
        for edge in &extract.edges {
            for (tail, head) in [
                (edge.from_node, edge.to_node),
                (edge.to_node, edge.from_node),
            ] {
                if let Some(so_far) = known.get(&tail).copied() {
                    let there = so_far + edge.length_metres();
                    let best = known.entry(head).or_insert(f64::INFINITY);
                    *best = best.min(there);
                }
            }
        }
    }
    known.get(&to).copied().unwrap_or(f64::INFINITY)
}

fn assert_metres(extract: &Extract, from: i64, to: i64, expected: f64) {
    let found = metres(extract, from, to);
    assert!(
        (found - expected).abs() < 1.0,
        "{found} m from {from} to {to}, not {expected}"
    );
}

#[test]
fn a_square_is_crossed_straight_between_the_streets_that_end_at_it() {
    let found = read(&market().way(100, &OUTLINE, SQUARE));
    assert_metres(&found, 20, 30, 280.0);
    let across = found.edges.iter().filter(|edge| edge.way_id < 0);
    for edge in across {
        assert_eq!(edge.name.as_deref(), Some("Market Square"));
        assert_eq!((edge.from_node, edge.to_node), (5, 6));
    }
    for tags in [
        &[("highway", "footway"), ("area", "yes")][..],
        &[("highway", "pedestrian"), ("place", "square")],
        &[("railway", "platform")],
    ] {
        assert_metres(&read(&market().way(100, &OUTLINE, tags)), 20, 30, 280.0);
    }
}

#[test]
fn nobody_is_led_round_what_is_crossed_and_what_lies_on_its_outline_is_reached() {
    let found = read(&market().way(100, &OUTLINE, SQUARE));
    let outline: Vec<_> = found
        .edges
        .iter()
        .filter(|edge| edge.way_id == 100)
        .collect();
    let metres: f64 = outline.iter().map(|edge| edge.length_metres()).sum();
    assert!((metres - 480.0).abs() < 2.0, "{metres}");
    let without_lines = Extract {
        edges: outline.into_iter().cloned().collect(),
        ..read(&market().way(100, &OUTLINE, SQUARE))
    };
    assert!(self::metres(&without_lines, 5, 6).is_infinite());
    let straight_side = read(
        &all_at(market(), &[(40, 0.0, -80.0), (41, 120.0, -80.0)])
            .way(400, &[40, 1], STREET)
            .way(401, &[41, 2], STREET)
            .way(402, &[40, 41], STREET)
            .way(100, &OUTLINE, SQUARE),
    );
    let side = straight_side
        .edges
        .iter()
        .find(|edge| (edge.way_id, edge.from_node, edge.to_node) == (100, 1, 2));
    assert!(side.is_some(), "{:?}", straight_side.edges);
}

#[test]
fn a_street_along_a_square_stays_whole() {
    let square = [("type", "multipolygon"), ("highway", "pedestrian")];
    let found = read(
        &market()
            .way(100, &[5, 1, 2, 6], STREET)
            .way(101, &[6, 3, 4, 5], &[])
            .relation(60, &[100, 101], &square),
    );
    let ends = |edge: &&wildside_engine::network::Edge| {
        (edge.way_id, edge.from_node, edge.to_node) == (100, 5, 6)
    };
    assert!(
        found.edges.iter().any(|edge| ends(&edge)),
        "{:?}",
        found.edges
    );
    assert!(
        !found
            .edges
            .iter()
            .any(|edge| (edge.way_id, edge.from_node) == (101, 6) && edge.to_node == 5)
    );
}

#[test]
fn a_round_street_and_a_car_park_are_not_crossed() {
    for tags in [
        &[("highway", "pedestrian")][..],
        &[("highway", "service"), ("area", "yes")],
        &[("highway", "pedestrian"), ("area", "no")],
    ] {
        assert_metres(&read(&market().way(100, &OUTLINE, tags)), 20, 30, 400.0);
    }
    let closed = [
        ("highway", "pedestrian"),
        ("area", "yes"),
        ("access", "private"),
    ];
    let found = read(&market().way(100, &OUTLINE, &closed));
    assert!(metres(&found, 20, 30).is_infinite());
}

#[test]
fn a_square_of_several_lines_is_crossed_round_its_hole() {
    let square = [("type", "multipolygon"), ("highway", "pedestrian")];
    let pond = [
        (41, 40.0, 40.0),
        (42, 80.0, 40.0),
        (43, 80.0, 80.0),
        (44, 40.0, 80.0),
    ];
    let lines = |pbf: Pbf| {
        pbf.way(100, &[5, 1, 2, 6], &[])
            .way(101, &[6, 3, 4, 5], &[])
    };
    let plain = read(&lines(market()).relation(60, &[100, 101], &square));
    assert_metres(&plain, 20, 30, 280.0);
    let with_pond = lines(all_at(market(), &pond))
        .way(102, &[41, 42, 43, 44, 41], &[("natural", "water")])
        .relation(60, &[100, 101, 102], &square);
    let round = 2.0 * 40.0_f64.hypot(20.0) + 40.0;
    assert_metres(&read(&with_pond), 20, 30, 160.0 + round);
}

#[test]
fn what_stands_in_a_square_is_gone_round() {
    let kiosk = [
        (41, 40.0, 40.0),
        (42, 80.0, 40.0),
        (43, 80.0, 80.0),
        (44, 40.0, 80.0),
    ];
    let round = 2.0 * 40.0_f64.hypot(20.0) + 40.0;
    for tags in [
        &[("building", "kiosk")][..],
        &[("amenity", "fountain")],
        &[("natural", "water")],
    ] {
        let square = all_at(market(), &kiosk).way(100, &OUTLINE, SQUARE).way(
            102,
            &[41, 42, 43, 44, 41],
            tags,
        );
        assert_metres(&read(&square), 20, 30, 160.0 + round);
    }
    let canopy = all_at(market(), &kiosk).way(100, &OUTLINE, SQUARE).way(
        102,
        &[41, 42, 43, 44, 41],
        &[("building", "roof")],
    );
    assert_metres(&read(&canopy), 20, 30, 280.0);
    let fence = all_at(market(), &[(41, 60.0, 40.0), (42, 60.0, 90.0)])
        .way(100, &OUTLINE, SQUARE)
        .way(102, &[41, 42], &[("barrier", "fence")]);
    assert_metres(&read(&fence), 20, 30, 160.0 + 2.0 * 60.0_f64.hypot(20.0));
}

#[test]
fn a_square_with_a_bend_is_crossed_round_the_corner() {
    let nodes = [
        (1, 0.0, 0.0),
        (2, 100.0, 0.0),
        (3, 100.0, 40.0),
        (4, 40.0, 40.0),
        (5, 40.0, 100.0),
        (6, 0.0, 100.0),
        (7, 20.0, 100.0),
        (8, 100.0, 20.0),
        (20, 20.0, 180.0),
        (21, 50.0, 180.0),
        (30, 180.0, 20.0),
        (31, 180.0, 50.0),
    ];
    let found = read(
        &all_at(Pbf::new(), &nodes)
            .way(100, &[1, 2, 8, 3, 4, 5, 7, 6, 1], SQUARE)
            .way(200, &[20, 7], STREET)
            .way(201, &[20, 21], STREET)
            .way(300, &[8, 30], STREET)
            .way(301, &[30, 31], STREET),
    );
    assert_metres(&found, 20, 30, 160.0 + 2.0 * 60.0_f64.hypot(20.0));
}

#[test]
fn one_crosses_a_square_to_a_door_on_it() {
    let with_door = at(market(), 7, 120.0, 90.0, &[("entrance", "yes")]);
    let found = read(&with_door.way(100, &[1, 2, 6, 7, 3, 4, 5, 1], SQUARE));
    assert_metres(&found, 5, 7, 120.0_f64.hypot(30.0));
}

#[test]
fn lines_across_a_square_are_few_and_hardly_longer_than_straight_ones() {
    let around: Vec<(i64, f64, f64)> = (0..36)
        .map(|number| {
            let angle = f64::from(number) / 36.0 * std::f64::consts::TAU;
            (
                i64::from(number) + 1,
                100.0 * angle.cos(),
                100.0 * angle.sin(),
            )
        })
        .collect();
    let mut ring: Vec<i64> = (1..=36).collect();
    ring.push(1);
    let mut pbf = all_at(Pbf::new(), &around).way(100, &ring, SQUARE);
    for (id, east, north) in &around {
        pbf = all_at(pbf, &[(id + 100, east * 1.5, north * 1.5)]).way(
            id + 500,
            &[*id, id + 100],
            STREET,
        );
    }
    let found = read(&pbf);
    let across = found.edges.iter().filter(|edge| edge.way_id < 0).count();
    assert!(across < 36 * 35 / 4, "{across}");
    for (a, x, y) in around.iter().step_by(5) {
        for (b, u, v) in around.iter().step_by(7) {
            let straight = (x - u).hypot(y - v);
            let walked = metres(&found, *a, *b);
            assert!(walked <= straight * 1.06 + 6.0, "{walked} for {straight}");
        }
    }
}

#[test]
fn a_square_of_thousands_of_ways_in_is_walked_along_its_outline_and_counted() {
    let around: Vec<(i64, f64, f64)> = (0..1200)
        .map(|number| {
            let angle = f64::from(number) / 1200.0 * std::f64::consts::TAU;
            (
                i64::from(number) + 1,
                500.0 * angle.cos(),
                500.0 * angle.sin(),
            )
        })
        .collect();
    let mut ring: Vec<i64> = (1..=1200).collect();
    ring.push(1);
    let mut pbf = all_at(Pbf::new(), &around).way(10_000, &ring, SQUARE);
    for (id, east, north) in &around {
        pbf = all_at(pbf, &[(id + 2000, east * 1.1, north * 1.1)]).way(
            id + 5000,
            &[*id, id + 2000],
            STREET,
        );
    }
    let found = read(&pbf);
    assert_eq!(found.report.skipped["squares too large to be crossed"], 1);
    assert!(found.edges.iter().all(|edge| edge.way_id >= 0));
    assert_eq!(
        found
            .edges
            .iter()
            .filter(|edge| edge.way_id == 10_000)
            .count(),
        1200
    );
}
