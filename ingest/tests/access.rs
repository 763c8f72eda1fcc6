//! Who may walk where, in small worlds: between two streets lies a way, a gate or a fence.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{Pbf, Tags};
use wildside_ingest::extract::{self, Extract};

const STREET: Tags<'static> = &[("highway", "residential")];
const FOOTWAY: Tags<'static> = &[("highway", "footway")];

fn read(pbf: &Pbf) -> Extract {
    let (_folder, file) = pbf.write();
    extract::read(&file, None).unwrap()
}

/// Nodes 1 to 9 to the east, 50 m apart; streets 100 (nodes 1 to 3) and 200 (nodes 7 to 9), with an alley each.
fn two_streets(tags_of_five: Tags<'_>) -> Pbf {
    let nodes = (1_i32..=9).fold(Pbf::new(), |pbf, id| {
        let tags = if id == 5 { tags_of_five } else { &[] };
        pbf.node(i64::from(id), 24.94 + f64::from(id) * 0.0009, 60.17, tags)
    });
    nodes
        .node(12, 24.9418, 60.171, &[])
        .node(18, 24.9472, 60.171, &[])
        .way(100, &[1, 2, 3], STREET)
        .way(101, &[2, 12], STREET)
        .way(200, &[7, 8, 9], STREET)
        .way(201, &[8, 18], STREET)
}

/// True if one may walk from one node to another.
fn leads(extract: &Extract, from: i64, to: i64) -> bool {
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(&here) = reached.get(next) {
        next += 1;
        for edge in &extract.edges {
            for (tail, head) in [
                (edge.from_node, edge.to_node),
                (edge.to_node, edge.from_node),
            ] {
                if tail == here && !reached.contains(&head) {
                    reached.push(head);
                }
            }
        }
    }
    reached.contains(&to)
}

fn metres_of(extract: &Extract, way: i64) -> f64 {
    let of_way = extract.edges.iter().filter(|edge| edge.way_id == way);
    of_way
        .map(wildside_engine::network::Edge::length_metres)
        .sum()
}

/// The price of the dearest stretch of a way; 0: there is none.
fn price_of(extract: &Extract, way: i64) -> u16 {
    let of_way = extract.edges.iter().filter(|edge| edge.way_id == way);
    of_way.map(|edge| edge.price_percent).max().unwrap_or(0)
}

#[test]
fn what_is_unpleasant_or_partly_open_has_a_price_and_is_no_wall() {
    for (tags, price) in [
        (&[("highway", "cycleway")][..], 200),
        (&[("highway", "trunk")], 400),
        (&[("highway", "primary"), ("sidewalk", "no")], 400),
        (&[("highway", "secondary"), ("foot", "use_sidepath")], 400),
        (&[("highway", "residential"), ("tunnel", "yes")], 200),
        (&[("highway", "footway"), ("access", "customers")], 1000),
        (&[("highway", "footway"), ("access", "yes")], 100),
        (&[("highway", "motorway"), ("foot", "yes")], 400),
    ] {
        let found = read(&two_streets(&[]).way(50, &[3, 4, 5, 6, 7], tags));
        assert!(leads(&found, 1, 9), "{tags:?}");
        assert_eq!(price_of(&found, 50), price, "{tags:?}");
    }
    for tags in [
        &[("highway", "trunk"), ("motorroad", "yes")][..],
        &[("highway", "motorway")],
        &[("highway", "footway"), ("impassable", "yes")],
        &[("highway", "footway"), ("access", "private")],
    ] {
        let found = read(&two_streets(&[]).way(50, &[3, 4, 5, 6, 7], tags));
        assert!(!leads(&found, 1, 9), "{tags:?}");
    }
}

#[test]
fn what_is_closed_shuts_the_way_whether_it_is_a_gate_or_a_door() {
    for tags in [
        &[("barrier", "gate"), ("access", "private")][..],
        &[("entrance", "yes"), ("access", "private")],
        &[("door", "hinged"), ("locked", "yes")],
        &[("highway", "elevator"), ("access", "private")],
        &[("highway", "crossing"), ("foot", "no")],
        &[("access", "no")],
    ] {
        let found = read(&two_streets(tags).way(50, &[3, 4, 5, 6, 7], FOOTWAY));
        assert!(!leads(&found, 1, 9), "{tags:?}");
    }
    for tags in [
        &[("barrier", "gate")][..],
        &[("barrier", "lift_gate"), ("motor_vehicle", "private")],
        &[("entrance", "yes"), ("access", "private"), ("foot", "yes")],
        &[("amenity", "toilets"), ("access", "customers")],
        &[("highway", "bus_stop"), ("access", "no")],
    ] {
        let found = read(&two_streets(tags).way(50, &[3, 4, 5, 6, 7], FOOTWAY));
        assert!(
            leads(&found, 1, 9) && price_of(&found, 50) == 100,
            "{tags:?}"
        );
    }
}

#[test]
fn a_gate_for_customers_makes_the_stretch_dear_and_not_the_street_it_stands_at() {
    let customers = [("barrier", "gate"), ("access", "customers")];
    let found = read(&two_streets(&customers).way(50, &[3, 4, 5, 6, 7], FOOTWAY));
    assert!(leads(&found, 1, 9));
    assert_eq!(price_of(&found, 50), 1000);
    let found = read(
        &two_streets(&customers)
            .node(15, 24.9445, 60.171, &[])
            .way(50, &[3, 4, 5, 6, 7], FOOTWAY)
            .way(51, &[5, 15], FOOTWAY),
    );
    assert_eq!((price_of(&found, 50), price_of(&found, 51)), (100, 1000));
}

#[test]
fn a_gate_shuts_the_passage_and_not_the_lane_before_it() {
    let private = [("barrier", "gate"), ("access", "private")];
    let lane = read(&two_streets(&private).way(50, &[3, 5], STREET));
    assert!(
        (metres_of(&lane, 50) - 100.0).abs() < 1.0,
        "{:?}",
        lane.edges
    );
    let through = read(&two_streets(&private).way(50, &[3, 5, 7], STREET));
    assert!((metres_of(&through, 50) - 200.0).abs() < 1.0);
    assert!(!leads(&through, 1, 9));
    let end_to_end = read(
        &two_streets(&private)
            .way(50, &[3, 5], STREET)
            .way(51, &[5, 7], STREET),
    );
    assert!(!leads(&end_to_end, 1, 9));
    let ids: std::collections::BTreeSet<_> = end_to_end
        .edges
        .iter()
        .flat_map(|edge| {
            [
                (edge.from_node, edge.geometry[0]),
                (edge.to_node, *edge.geometry.last().unwrap()),
            ]
        })
        .map(|(id, at)| (id, at.lon.to_bits(), at.lat.to_bits()))
        .collect();
    let nodes: std::collections::BTreeSet<_> = ids.iter().map(|(id, ..)| id).collect();
    assert_eq!(ids.len(), nodes.len(), "a node is in two places");
}

#[test]
fn gates_and_doors_on_the_outline_of_a_square_leave_the_square_open() {
    let private = [("barrier", "gate"), ("access", "private")];
    for square in [
        &[("highway", "pedestrian"), ("area", "yes")][..],
        &[("highway", "pedestrian"), ("place", "square")],
        &[("man_made", "pier")],
    ] {
        let found = read(
            &two_streets(&private)
                .node(
                    16,
                    24.945,
                    60.169,
                    &[("entrance", "yes"), ("access", "private")],
                )
                .way(50, &[3, 4, 5, 6, 7, 16, 3], square),
        );
        assert!(leads(&found, 1, 9), "{square:?}");
        assert!(metres_of(&found, 50) > 500.0, "{square:?}");
    }
    let outlines = read(
        &two_streets(&private)
            .node(16, 24.945, 60.169, &private)
            .way(50, &[3, 4, 5, 6, 7], &[])
            .way(51, &[7, 16, 3], &[])
            .relation(
                60,
                &[50, 51],
                &[("type", "multipolygon"), ("highway", "pedestrian")],
            ),
    );
    assert!(metres_of(&outlines, 51) > 250.0 && metres_of(&outlines, 50) > 199.0);
    let way_in = read(
        &two_streets(&private)
            .node(15, 24.9445, 60.171, &[])
            .node(16, 24.945, 60.169, &[])
            .way(
                50,
                &[3, 4, 5, 6, 7, 16, 3],
                &[("highway", "pedestrian"), ("area", "yes")],
            )
            .way(51, &[5, 15], FOOTWAY),
    );
    assert!(leads(&way_in, 1, 9) && !leads(&way_in, 1, 15));
}

#[test]
fn a_fence_bars_a_path_unless_there_is_a_gate_or_it_passes_over() {
    let fence = |pbf: Pbf, tags: Tags<'_>| {
        pbf.node(20, 24.9445, 60.1702, &[])
            .node(21, 24.9445, 60.1698, &[])
            .way(60, &[20, 5, 21], tags)
    };
    let wall: Tags<'_> = &[("barrier", "wall")];
    let path = |way: Tags<'_>, node: Tags<'_>, barrier: Tags<'_>| {
        read(&fence(two_streets(node), barrier).way(50, &[3, 4, 5, 6, 7], way))
    };
    assert!(!leads(&path(FOOTWAY, &[], wall), 1, 9));
    assert!(!leads(&path(FOOTWAY, &[], &[("barrier", "fence")]), 1, 9));
    assert!(!leads(&path(FOOTWAY, &[("note", "x")], wall), 1, 9));
    for gate in [&[("barrier", "gate")][..], &[("entrance", "yes")]] {
        assert!(leads(&path(FOOTWAY, gate, wall), 1, 9), "{gate:?}");
    }
    assert!(leads(&path(FOOTWAY, &[], &[("barrier", "kerb")]), 1, 9));
    let below: Tags<'_> = &[("highway", "footway"), ("tunnel", "yes")];
    assert!(leads(&path(below, &[], wall), 1, 9));
    let bridge: Tags<'_> = &[("barrier", "wall"), ("bridge", "yes")];
    assert!(leads(&path(FOOTWAY, &[], bridge), 1, 9));
}

#[test]
fn a_fence_that_ends_at_a_path_or_runs_along_it_bars_nobody() {
    let fence: Tags<'_> = &[("barrier", "fence")];
    let ends = read(
        &two_streets(&[])
            .node(20, 24.9445, 60.1702, &[])
            .way(60, &[20, 5], fence)
            .way(50, &[3, 4, 5, 6, 7], FOOTWAY),
    );
    assert!(leads(&ends, 1, 9));
    let along = read(&two_streets(&[]).way(60, &[3, 4, 5, 6, 7], fence).way(
        50,
        &[3, 4, 5, 6, 7],
        FOOTWAY,
    ));
    assert!(leads(&along, 1, 9));
    let from_both_sides = read(
        &two_streets(&[])
            .node(20, 24.9445, 60.1702, &[])
            .node(21, 24.9445, 60.1698, &[])
            .way(60, &[20, 5], fence)
            .way(61, &[5, 21], fence)
            .way(50, &[3, 4, 5, 6, 7], FOOTWAY),
    );
    assert!(!leads(&from_both_sides, 1, 9));
}

/// Hours of the stretches of a way, as text.
fn hours_of(extract: &Extract, way: i64) -> Vec<Option<&str>> {
    let of_way = extract.edges.iter().filter(|edge| edge.way_id == way);
    of_way
        .map(|edge| edge.hours.as_ref().map(|hours| hours.text()))
        .collect()
}

#[test]
fn what_is_open_at_times_is_a_street_with_hours() {
    for (tags, hours) in [
        (
            &[
                ("highway", "footway"),
                ("access", "no"),
                ("access:conditional", "yes @ (08:00-20:00)"),
            ][..],
            "no; yes @ (08:00-20:00)",
        ),
        (
            &[
                ("highway", "footway"),
                ("foot:conditional", "no @ (22:00-06:00)"),
            ],
            "yes; no @ (22:00-06:00)",
        ),
        (
            &[("highway", "steps"), ("opening_hours", "Apr-Oct")],
            "open Apr-Oct",
        ),
    ] {
        let found = read(&two_streets(&[]).way(50, &[3, 4, 5, 6, 7], tags));
        assert!(leads(&found, 1, 9), "{tags:?}");
        assert_eq!(hours_of(&found, 50), [Some(hours)], "{tags:?}");
        assert_eq!(hours_of(&found, 100), [None, None]);
    }
    let never = [("highway", "footway"), ("foot:conditional", "no")];
    let found = read(&two_streets(&[]).way(50, &[3, 4, 5, 6, 7], &never));
    assert!(!leads(&found, 1, 9));
}

#[test]
fn a_gate_with_hours_gives_them_to_the_way_through_it() {
    let gate = [("barrier", "gate"), ("opening_hours", "08:00-20:00")];
    let found = read(&two_streets(&gate).way(50, &[3, 4, 5, 6, 7], FOOTWAY));
    assert_eq!(hours_of(&found, 50), [Some("open 08:00-20:00")]);
    let beside = read(
        &two_streets(&gate)
            .node(15, 24.9445, 60.171, &[])
            .way(50, &[3, 4, 5, 6, 7], FOOTWAY)
            .way(51, &[5, 15], FOOTWAY),
    );
    assert_eq!(hours_of(&beside, 50), [None, None]);
    assert_eq!(hours_of(&beside, 51), [Some("open 08:00-20:00")]);
    let night = [
        ("highway", "footway"),
        ("foot:conditional", "no @ (22:00-06:00)"),
    ];
    let both = read(&two_streets(&gate).way(50, &[3, 4, 5, 6, 7], &night));
    assert_eq!(
        hours_of(&both, 50),
        [Some("yes; no @ (22:00-06:00)\nopen 08:00-20:00")]
    );
}

#[test]
fn what_lies_in_a_park_has_the_hours_of_the_park() {
    let park = [("leisure", "park"), ("opening_hours", "dawn-dusk")];
    let corners = |pbf: Pbf| {
        pbf.node(21, 24.9432, 60.1695, &[])
            .node(22, 24.9459, 60.1695, &[])
            .node(23, 24.9459, 60.1705, &[])
            .node(24, 24.9432, 60.1705, &[])
    };
    let ring = [21, 22, 23, 24, 21];
    let path = |tags| two_streets(&[]).way(50, &[3, 4, 5, 6, 7], tags);
    let found = read(&corners(path(FOOTWAY)).way(60, &ring, &park));
    assert_eq!(hours_of(&found, 50), [Some("open dawn-dusk")]);
    assert!(hours_of(&found, 100).iter().all(Option::is_none));
    let relation = read(&corners(path(FOOTWAY)).way(60, &ring, &[]).relation(
        70,
        &[60],
        &[
            ("type", "multipolygon"),
            ("landuse", "cemetery"),
            ("opening_hours", "08:00-20:00"),
        ],
    ));
    assert_eq!(hours_of(&relation, 50), [Some("open 08:00-20:00")]);
    for open in [
        &[("highway", "residential")][..],
        &[("highway", "footway"), ("tunnel", "yes")],
        &[("highway", "footway"), ("bridge", "yes")],
    ] {
        let found = read(&corners(path(open)).way(60, &ring, &park));
        assert_eq!(hours_of(&found, 50), [None], "{open:?}");
    }
}

#[test]
fn hours_that_can_not_be_read_leave_all_as_it_is_and_are_counted() {
    let odd = [
        ("barrier", "gate"),
        ("opening_hours", "whenever the keeper is there"),
    ];
    let wet = [
        ("highway", "footway"),
        ("access", "no"),
        ("access:conditional", "yes @ dry"),
    ];
    let found = read(&two_streets(&odd).way(50, &[3, 4, 5, 6, 7], FOOTWAY).way(
        51,
        &[12, 18],
        &wet,
    ));
    assert_eq!(hours_of(&found, 50), [None]);
    assert_eq!(hours_of(&found, 51), []);
    let count = found
        .report
        .skipped
        .get("hours of ways, gates and parks that can't be read");
    assert_eq!(count, Some(&2));
}

/// Ends of the stretches of a way as they may be walked, and whether that is so in this direction only.
fn directions_of(extract: &Extract, way: i64) -> Vec<(i64, i64, bool)> {
    let of_way = extract.edges.iter().filter(|edge| edge.way_id == way);
    of_way
        .map(|edge| (edge.from_node, edge.to_node, edge.one_way))
        .collect()
}

#[test]
fn a_way_for_one_direction_is_drawn_in_it() {
    let steps = |key, value| [("highway", "steps"), ("incline", "30%"), (key, value)];
    for (tags, ends, incline) in [
        (steps("oneway", "yes"), (3, 7, false), 30.0),
        (steps("oneway:foot", "yes"), (3, 7, true), 30.0),
        (steps("oneway:foot", "-1"), (7, 3, true), -30.0),
        (steps("conveying", "forward"), (3, 7, true), 30.0),
        (steps("conveying", "backward"), (7, 3, true), -30.0),
        (steps("foot:forward", "no"), (7, 3, true), -30.0),
    ] {
        let found = read(&two_streets(&[]).way(50, &[3, 4, 5, 6, 7], &tags));
        assert_eq!(directions_of(&found, 50), [ends], "{tags:?}");
        let edge = found.edges.iter().find(|edge| edge.way_id == 50).unwrap();
        assert_eq!(edge.incline_percent, Some(incline), "{tags:?}");
        assert!(edge.geometry[0] != edge.geometry[4] && edge.geometry.len() == 5);
        let is_eastward = edge.geometry[0].lon < edge.geometry[4].lon;
        assert_eq!(is_eastward, ends.0 == 3, "{tags:?}");
    }
    for nowhere in [
        steps("conveying", "yes"),
        [
            ("highway", "steps"),
            ("oneway:foot", "-1"),
            ("conveying", "forward"),
        ],
    ] {
        let found = read(&two_streets(&[]).way(50, &[3, 4, 5, 6, 7], &nowhere));
        assert_eq!(directions_of(&found, 50), [], "{nowhere:?}");
    }
}
