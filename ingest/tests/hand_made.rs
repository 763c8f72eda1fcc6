//! Files made by hand: what streets become, and what broken or hostile files do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use support::{Pbf, shipped, write};
use wildside_engine::network::{CellId, WayClass};
use wildside_ingest::area::Polygon;
use wildside_ingest::extract::{self, Extract, ExtractError};

const FOOTWAY: support::Tags<'static> = &[("highway", "footway")];

fn read(pbf: &Pbf) -> Extract {
    let (_folder, file) = pbf.write();
    extract::read(&file, None).unwrap()
}

/// A street of nodes 1 to 5 to the east, 50 m apart, and 6 beside it to the north of 3.
fn street() -> Pbf {
    let street = (1_i32..=5).fold(Pbf::new(), |pbf, id| {
        pbf.node(i64::from(id), 24.94 + f64::from(id) * 0.0009, 60.17, &[])
    });
    street.node(6, 24.94 + 3.0 * 0.0009, 60.171, &[])
}

/// Way, first and last node of all edges.
fn ends(extract: &Extract) -> Vec<(i64, i64, i64)> {
    extract
        .edges
        .iter()
        .map(|edge| (edge.way_id, edge.from_node, edge.to_node))
        .collect()
}

#[test]
fn ways_are_cut_where_they_meet() {
    let crossing = street()
        .way(10, &[1, 2, 3, 4, 5], FOOTWAY)
        .way(11, &[3, 6], FOOTWAY);
    let found = read(&crossing);
    assert_eq!(ends(&found), [(10, 1, 3), (10, 3, 5), (11, 3, 6)]);
    assert_eq!(found.edges[0].geometry.len(), 3);
}

#[test]
fn repeated_nodes_are_dropped_and_loops_are_halved() {
    let found = read(
        &street()
            .way(10, &[1, 2, 2, 3, 6, 1], FOOTWAY)
            .way(11, &[1, 5], FOOTWAY),
    );
    for edge in &found.edges {
        assert_ne!(edge.from_node, edge.to_node);
        assert!(edge.geometry.windows(2).all(|pair| pair[0] != pair[1]));
    }
    assert_eq!(ends(&found), [(10, 1, 3), (10, 3, 1), (11, 1, 5)]);
}

#[test]
fn a_long_street_leaves_no_cell_without_an_edge_that_begins_there() {
    let long = (1_i32..=40).fold(Pbf::new(), |pbf, id| {
        pbf.node(i64::from(id), 24.9 + f64::from(id) * 0.003, 60.17, &[])
    });
    let refs: Vec<i64> = (1..=40).collect();
    let found = read(&long.way(10, &refs, FOOTWAY));
    let begins: Vec<_> = found
        .edges
        .iter()
        .map(|edge| CellId::of(edge.geometry[0]))
        .collect();
    for point in found
        .edges
        .iter()
        .flat_map(|edge| &edge.geometry[..edge.geometry.len() - 1])
    {
        assert!(begins.contains(&CellId::of(*point)));
    }
}

#[test]
fn a_missing_node_is_a_gap_and_is_counted() {
    let found = read(
        &street()
            .way(10, &[1, 2, 3, 99, 4, 5], FOOTWAY)
            .way(11, &[3, 6], FOOTWAY),
    );
    assert_eq!(ends(&found), [(10, 1, 3), (10, 4, 5), (11, 3, 6)]);
    assert_eq!(found.report.skipped["nodes missing from ways"], 1);
}

#[test]
fn a_closed_gate_cuts_the_way_that_leads_through_it_and_not_the_street_it_stands_at() {
    let private = [("barrier", "gate"), ("access", "private")];
    let found = read(
        &street()
            .node(7, 24.94 + 3.0 * 0.0009, 60.1705, &private)
            .node(8, 24.94 + 3.0 * 0.0009, 60.172, &[])
            .node(9, 24.94 + 4.5 * 0.0009, 60.17, &private)
            .node(11, 24.94 + 4.5 * 0.0009, 60.171, &[])
            .node(12, 24.94 + 4.5 * 0.0009, 60.172, &[])
            .way(10, &[1, 2, 3, 4, 9, 5], FOOTWAY)
            .way(11, &[3, 7, 6, 8], FOOTWAY)
            .way(12, &[9, 11, 12, 8], FOOTWAY),
    );
    // 0: an end at the gate, where nothing begins.
    let shown = ends(&found)
        .into_iter()
        .map(|(way, from, to)| (way, from.max(0), to.max(0)));
    let expected = [
        (10, 1, 3),
        (10, 3, 9),
        (10, 9, 5),
        (11, 3, 0),
        (11, 0, 8),
        (12, 0, 8),
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn nodes_that_are_nowhere_and_ids_that_come_twice_are_left_out_and_counted() {
    let pbf = street()
        .node(7, 24.94, 95.0, &[("tourism", "viewpoint")])
        .node(8, 200.0, 60.0, &[])
        .node(3, 0.0, 0.0, &[])
        .way(10, &[1, 7, 2, 3], FOOTWAY)
        .way(11, &[3, 6], FOOTWAY)
        .way(12, &[1, 6], FOOTWAY);
    let found = read(&pbf);
    assert_eq!(
        found.report.skipped["nodes that are nowhere on the earth"],
        2
    );
    assert_eq!(
        found.report.skipped["nodes with an id that was there before"],
        1
    );
    assert!(found.places.is_empty());
    assert_eq!(ends(&found), [(10, 2, 3), (11, 3, 6), (12, 1, 6)]);
}

#[test]
fn hostile_text_is_taken_as_text() {
    let name = "Robert'); DROP TABLE pois;--\0\u{202e}\n";
    let found = read(
        &street()
            .node(
                7,
                24.941,
                60.17,
                &[("tourism", "viewpoint"), ("name", name)],
            )
            .way(10, &[1, 3], FOOTWAY)
            .way(11, &[3, 6], FOOTWAY),
    );
    assert_eq!(found.places.len(), 1);
    assert!(!found.places[0].classification.name.contains('\0'));
    assert!(found.places[0].classification.name.contains("DROP TABLE"));
}

#[test]
fn overlong_text_is_left_out_and_counted() {
    let name = "x".repeat(1_000_000);
    let found = read(
        &street()
            .node(
                7,
                24.941,
                60.17,
                &[("tourism", "viewpoint"), ("name", &name)],
            )
            .way(10, &[1, 3], &[("highway", "footway"), ("name", &name)])
            .way(11, &[3, 6], FOOTWAY),
    );
    assert_eq!(found.places[0].classification.name, "Viewpoint");
    assert_eq!(found.edges[0].name, None);
    assert_eq!(found.report.skipped["tags longer than any real one"], 2);
}

#[test]
fn the_order_of_the_elements_does_not_matter() {
    let museum = [
        ("type", "multipolygon"),
        ("tourism", "museum"),
        ("name", "M"),
    ];
    let in_order = street()
        .way(10, &[1, 2, 3, 4, 5], FOOTWAY)
        .way(11, &[3, 6], FOOTWAY)
        .way(12, &[1, 6, 5, 1], &[])
        .relation(30, &[12], &museum);
    let found = read(&in_order);
    let again = read(&in_order.backwards());
    assert_eq!(again.edges, found.edges);
    assert_eq!((again.places.len(), &again.places), (1, &found.places));
}

#[test]
fn ways_may_carry_the_positions_of_their_nodes() {
    let at = |id: i64| (id, 24.94 + id as f64 * 0.0009, 60.17);
    let located = Pbf::new()
        .feature("LocationsOnWays")
        .located_way(10, &[at(1), at(2), at(3), at(4)], FOOTWAY)
        .located_way(11, &[at(3), (6, 24.9427, 60.171)], FOOTWAY);
    let found = read(&located);
    assert_eq!(ends(&found), [(10, 1, 3), (10, 3, 4), (11, 3, 6)]);
    assert!(found.report.skipped.is_empty(), "{:?}", found.report);
}

#[test]
fn a_way_of_millions_of_nodes_is_left_out() {
    let refs: Vec<i64> = (0..10_000_000).map(|i| i % 5 + 1).collect();
    let found = read(
        &street()
            .way(9, &refs, FOOTWAY)
            .way(10, &[1, 2, 3], FOOTWAY)
            .way(11, &[3, 6], FOOTWAY),
    );
    assert!(found.edges.iter().all(|edge| edge.way_id != 9));
    assert_eq!(
        found.report.skipped["ways of more nodes than any real one"],
        1
    );
}

#[test]
fn the_outline_of_a_square_may_be_walked() {
    let square = street()
        .node(7, 24.945, 60.171, &[])
        .way(20, &[3, 6, 7], &[])
        .way(21, &[7, 5, 4, 3], &[])
        .way(10, &[1, 2, 3], FOOTWAY)
        .relation(
            30,
            &[20, 21],
            &[
                ("type", "multipolygon"),
                ("highway", "pedestrian"),
                ("place", "square"),
                ("name", "Torget"),
            ],
        );
    let found = read(&square);
    let classes: Vec<_> = found
        .edges
        .iter()
        .map(|edge| (edge.way_id, edge.class))
        .collect();
    assert!(
        classes.contains(&(20, WayClass::Pedestrian))
            && classes.contains(&(21, WayClass::Pedestrian))
    );
    assert_eq!(found.places[0].id, 303);
    assert!(found.places[0].location.lat > 60.17 && found.places[0].location.lat < 60.171);
}

#[test]
fn a_building_is_where_its_main_entrance_is() {
    let museum: support::Tags<'_> = &[("building", "yes"), ("tourism", "museum"), ("name", "M")];
    let pbf = street()
        .node(7, 24.95, 60.171, &[("entrance", "yes")])
        .node(8, 24.95, 60.172, &[("entrance", "main")])
        .way(20, &[7, 8, 6, 7], museum)
        .way(10, &[1, 3], FOOTWAY)
        .way(11, &[3, 6], FOOTWAY);
    assert_eq!(
        read(&pbf).places[0].location,
        wildside_engine::Point::new(24.95, 60.172)
    );
}

#[test]
fn an_area_cuts_streets_and_places() {
    let (_folder, file) = street()
        .node(
            7,
            24.9428,
            60.1701,
            &[("tourism", "viewpoint"), ("name", "in")],
        )
        .node(
            8,
            24.9600,
            60.1701,
            &[("tourism", "viewpoint"), ("name", "out")],
        )
        .way(10, &[1, 2, 3, 4, 5], FOOTWAY)
        .way(11, &[3, 6], FOOTWAY)
        .write();
    let area = |east: f64| {
        let ring = format!("[[24.9,60.1],[{east},60.1],[{east},60.2],[24.9,60.2],[24.9,60.1]]");
        Polygon::from_geojson(&format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#)).unwrap()
    };
    let found = extract::read(&file, Some(&area(24.9430))).unwrap();
    // The stretch across the border is an edge of its own, which the area beyond has too.
    assert_eq!(ends(&found), [(10, 1, 3), (10, 3, 4), (11, 3, 6)]);
    assert_eq!(found.places.len(), 1);
    assert_eq!(found.places[0].classification.name, "in");
    let nothing = extract::read(&file, Some(&area(24.9001))).unwrap_err();
    assert!(
        matches!(nothing, ExtractError::NoStreets { cut: true, .. }),
        "{nothing}"
    );
}

#[test]
fn a_file_that_is_no_extract_is_refused_with_its_name() {
    for bytes in [
        &b""[..],
        b"nothing of the kind",
        b"\0\0\0\x0fOSMHeader but nothing else",
        &[0xff; 4096],
    ] {
        let (_folder, file) = write("not.osm.pbf", bytes);
        let fault = extract::read(&file, None).unwrap_err();
        assert!(matches!(fault, ExtractError::NotPbf { .. }), "{fault}");
        assert!(fault.to_string().contains("not.osm.pbf"));
    }
    let missing = extract::read("nowhere.osm.pbf".as_ref(), None).unwrap_err();
    assert!(matches!(missing, ExtractError::Io { .. }), "{missing}");
}

#[test]
fn the_history_of_a_map_is_told_from_a_map() {
    let history = street()
        .feature("HistoricalInformation")
        .way(10, &[1, 2], FOOTWAY);
    let (_folder, file) = history.write();
    let fault = extract::read(&file, None).unwrap_err();
    assert!(fault.to_string().contains("osmium time-filter"), "{fault}");
}

#[test]
fn a_compression_that_is_not_known_is_named() {
    let mut bytes = street().bytes();
    bytes.extend(support::blob("OSMData", support::ZSTD, b"whatever"));
    let (_folder, file) = write("zstd.osm.pbf", &bytes);
    let fault = extract::read(&file, None).unwrap_err();
    assert!(fault.to_string().contains("osmium cat"), "{fault}");
}

#[test]
fn a_small_block_that_unfolds_to_twice_the_limit_is_damaged() {
    let mut bomb = ZlibEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    for _ in 0..64 {
        bomb.write_all(&zeros).unwrap();
    }
    let mut bytes = street().bytes();
    bytes.extend(support::blob(
        "OSMData",
        support::ZLIB,
        &bomb.finish().unwrap(),
    ));
    let (_folder, file) = write("bomb.osm.pbf", &bytes);
    let fault = extract::read(&file, None).unwrap_err();
    assert!(matches!(fault, ExtractError::Damaged { .. }), "{fault}");
}

#[test]
fn a_file_that_was_cut_short_is_damaged_wherever_it_was_cut() {
    let whole = std::fs::read(shipped("monaco")).unwrap();
    let length = whole.len();
    for cut in [
        length - 1,
        length - 2,
        length - 3,
        length - 1000,
        length / 2,
        length / 3,
        3000,
    ] {
        let (_folder, file) = write("cut.osm.pbf", &whole[..cut]);
        let fault = extract::read(&file, None).unwrap_err();
        assert!(
            matches!(fault, ExtractError::Damaged { .. }),
            "at {cut}: {fault}"
        );
    }
}

#[test]
fn a_file_whose_bytes_are_wrong_gives_an_error_or_an_extract_and_never_a_panic() {
    let museum = [
        ("type", "multipolygon"),
        ("tourism", "museum"),
        ("name", "M"),
    ];
    let whole = street()
        .node(
            7,
            24.941,
            60.17,
            &[("tourism", "viewpoint"), ("name", "View")],
        )
        .way(10, &[1, 2, 3, 4, 5], FOOTWAY)
        .way(
            11,
            &[3, 6, 1, 3],
            &[("highway", "pedestrian"), ("area", "yes")],
        )
        .relation(30, &[11], &museum)
        .bytes();
    let (_folder, file) = write("flipped.osm.pbf", &whole);
    for at in 0..whole.len() {
        for flip in [0x01, 0x40, 0xff] {
            let mut wrong = whole.clone();
            wrong[at] ^= flip;
            std::fs::write(&file, &wrong).unwrap();
            if let Err(fault) = extract::read(&file, None) {
                assert!(fault.to_string().contains("flipped.osm.pbf"), "{fault}");
            }
        }
    }
}
