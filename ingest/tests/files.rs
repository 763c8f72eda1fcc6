//! Files as tools really write them: several versions of one object, negative ids, other forms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::PathBuf;

use support::{Pbf, Tags, write};
use wildside_ingest::extract::{self, Extract, ExtractError, OsmId, find_tags};

const FOOTWAY: Tags<'static> = &[("highway", "footway")];
const MAY: u64 = 1_714_521_600;
const JUNE: u64 = 1_717_200_000;

fn read(pbf: &Pbf) -> Extract {
    let (_folder, file) = pbf.write();
    extract::read(&file, None).unwrap()
}

/// A street of three nodes and an alley, with a viewpoint; the second version of all that differs from the first.
fn corner(pbf: Pbf, name: &str, way: Tags<'_>, gate: Tags<'_>) -> Pbf {
    let view = [("tourism", "viewpoint"), ("name", name)];
    let museum = [
        ("type", "multipolygon"),
        ("tourism", "museum"),
        ("name", name),
    ];
    pbf.node(1, 24.94, 60.17, &[])
        .node(2, 24.941, 60.17, gate)
        .node(3, 24.942, 60.17, &[])
        .node(4, 24.942, 60.171, &[])
        .node(5, 24.9415, 60.1701, &view)
        .way(10, &[1, 2, 3], way)
        .way(11, &[3, 4], FOOTWAY)
        .way(12, &[1, 4, 3, 1], FOOTWAY)
        .relation(20, &[12], &museum)
}

/// Names of places, ways that are walked on, and whether one gets from node 1 to 3 along way 10.
fn told(found: &Extract) -> (Vec<String>, Vec<i64>, bool) {
    let mut names: Vec<_> = found
        .places
        .iter()
        .map(|p| p.classification.name.clone())
        .collect();
    names.sort();
    let mut ways: Vec<_> = found.edges.iter().map(|edge| edge.way_id).collect();
    ways.dedup();
    let through = found
        .edges
        .iter()
        .any(|edge| (edge.way_id, edge.from_node, edge.to_node) == (10, 1, 3));
    (names, ways, through)
}

#[test]
fn of_several_versions_the_newest_counts_wherever_it_is_in_the_file() {
    let private: Tags<'_> = &[("barrier", "gate"), ("access", "private")];
    let closed: Tags<'_> = &[("highway", "footway"), ("access", "no")];
    let new = |pbf: Pbf| corner(pbf.version(2, JUNE), "New", FOOTWAY, &[]);
    let old = |pbf: Pbf| corner(pbf.version(1, MAY), "Old", closed, private);
    let expected = (
        vec!["New".to_owned(), "New".to_owned()],
        vec![10, 11, 12],
        true,
    );
    for pbf in [
        new(old(Pbf::new())),
        old(new(Pbf::new())),
        new(old(Pbf::new()).next_block()),
        old(new(Pbf::new()).next_block()),
        old(new(Pbf::new()).next_block()).backwards(),
    ] {
        for _ in 0..4 {
            let found = read(&pbf);
            assert_eq!(told(&found), expected);
            assert_eq!(
                found.report.skipped["nodes with an id that was there before"],
                5
            );
            assert_eq!(
                found.report.skipped["ways with an id that was there before"],
                3
            );
            assert_eq!(
                found.report.skipped["relations with an id that was there before"],
                1
            );
        }
    }
    let what_was_opened_and_closed = corner(
        corner(Pbf::new().version(1, MAY), "Old", FOOTWAY, &[]).version(2, JUNE),
        "New",
        closed,
        private,
    );
    assert_eq!(told(&read(&what_was_opened_and_closed)).1, [11, 12]);
}

#[test]
fn what_is_there_once_is_the_same_beside_what_is_there_twice() {
    let plain = corner(Pbf::new().version(2, JUNE), "New", FOOTWAY, &[]);
    let twice = corner(Pbf::new().version(2, JUNE), "New", FOOTWAY, &[])
        .next_block()
        .version(1, MAY)
        .node(2, 24.95, 60.18, &[("barrier", "wall")])
        .way(11, &[1, 4], &[("highway", "construction")]);
    let (plain, twice) = (read(&plain), read(&twice));
    assert_eq!(plain.edges, twice.edges);
    assert_eq!(plain.places, twice.places);
}

#[test]
fn explaining_shows_the_newest_version_too() {
    let old_last = corner(
        corner(Pbf::new().version(2, JUNE), "New", FOOTWAY, &[])
            .next_block()
            .version(1, MAY),
        "Old",
        FOOTWAY,
        &[],
    );
    let (_folder, file) = old_last.write();
    for _ in 0..4 {
        let tags = find_tags(&file, OsmId::Node(5)).unwrap().unwrap();
        assert_eq!(tags.get("name"), Some("New"));
    }
    assert!(find_tags(&file, OsmId::Way(5)).unwrap().is_none());
}

#[test]
fn the_age_of_the_data_is_that_of_its_newest_object_unless_the_header_tells_it() {
    let dated = |pbf: Pbf| {
        corner(pbf.version(1, MAY), "A", FOOTWAY, &[])
            .version(3, JUNE)
            .node(9, 24.94, 60.17, &[])
            .version(1, MAY)
            .way(19, &[1, 9], &[])
    };
    assert_eq!(read(&dated(Pbf::new())).timestamp, Some(JUNE as i64));
    let header = dated(Pbf::new().timestamp(JUNE + 7));
    assert_eq!(read(&header).timestamp, Some(JUNE as i64 + 7));
    assert_eq!(read(&corner(Pbf::new(), "A", FOOTWAY, &[])).timestamp, None);
}

#[test]
fn negative_ids_are_ids() {
    let view: Tags<'_> = &[("tourism", "viewpoint"), ("name", "View")];
    let museum: Tags<'_> = &[("tourism", "museum"), ("name", "Museum")];
    let pbf = Pbf::new()
        .node(-1, 24.94, 60.17, &[])
        .node(-2, 24.941, 60.17, &[])
        .node(-3, 24.942, 60.171, &[])
        .node(-4, 24.9411, 60.1702, view)
        .way(-10, &[-1, -2], FOOTWAY)
        .way(-11, &[-2, -3], FOOTWAY)
        .way(-12, &[-1, -2, -3, -1], museum)
        .relation(
            -20,
            &[-12],
            &[
                ("type", "multipolygon"),
                ("leisure", "park"),
                ("name", "Park"),
            ],
        );
    let found = read(&pbf);
    let mut ids: Vec<_> = found.places.iter().map(|place| place.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [-197, -118, -39]);
    assert_eq!(found.edges.len(), 2);
    assert!(found.report.skipped.is_empty(), "{:?}", found.report);
}

#[test]
fn a_relation_with_members_elsewhere_is_counted() {
    let park: Tags<'_> = &[
        ("type", "multipolygon"),
        ("leisure", "park"),
        ("name", "Park"),
    ];
    let pbf = corner(Pbf::new(), "A", FOOTWAY, &[]);
    let found = read(&pbf.relation(30, &[12, 99], park));
    assert_eq!(
        found.report.skipped["relations whose members are not all in the file"],
        1
    );
}

#[test]
fn what_is_no_pbf_is_refused_with_the_command_that_makes_one() {
    for (name, bytes, cure) in [
        (
            "x.osm",
            &b"<?xml version='1.0' encoding='UTF-8'?>\n<osm version='0.6'/>"[..],
            "osmium cat",
        ),
        (
            "x.osc",
            b"<?xml version='1.0' encoding='UTF-8'?>\n<osmChange version='0.6'/>",
            "osmium apply-changes",
        ),
        (
            "x.osm.pbf.gz",
            b"\x1f\x8b\x08\x08\0\0\0\0\0\x03x.osm.pbf\0OSMHeader",
            "gunzip",
        ),
        ("x.osm.bz2", b"BZh91AY&SY", "osmium cat"),
        ("x.o5m", b"\xff\xe0\x04o5m2", "osmium cat"),
        (
            "x.opl",
            b"n1 v1 dV c1 t2020-01-01T00:00:00Z i1 ux T x1 y1\n",
            "osmium cat",
        ),
    ] {
        let (_folder, file) = write(name, bytes);
        let fault = extract::read(&file, None).unwrap_err();
        assert!(matches!(fault, ExtractError::OtherForm { .. }), "{fault}");
        assert!(
            fault.to_string().contains(cure) && fault.to_string().contains(name),
            "{fault}"
        );
    }
    let mut packed = support::blob("OSMHeader", support::LZ4, b"whatever");
    packed.extend(support::blob("OSMData", support::LZ4, b"whatever"));
    let (_folder, file) = write("lz4.osm.pbf", &packed);
    let fault = extract::read(&file, None).unwrap_err().to_string();
    assert!(
        fault.contains("pbf_compression=zlib") && !fault.contains("not an OpenStreetMap"),
        "{fault}"
    );
}

#[test]
fn a_missing_file_is_named_once() {
    let fault = extract::read(&PathBuf::from("nowhere.osm.pbf"), None).unwrap_err();
    let told = format!("{:#}", anyhow::Error::from(fault));
    assert_eq!(told.matches("No such file").count(), 1, "{told}");
}
