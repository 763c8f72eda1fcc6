//! Places: what is mapped twice, what is closed, and where walkers come to what is large.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{Pbf, Tags};
use wildside_engine::Point;
use wildside_engine::places::catalogue;
use wildside_ingest::extract::{self, Extract, Place};

const FOOTWAY: Tags<'static> = &[("highway", "footway")];
const METRES: f64 = 111_195.0;

fn read(pbf: &Pbf) -> Extract {
    let (_folder, file) = pbf.write();
    extract::read(&file, None).unwrap()
}

fn position(east: f64, north: f64) -> Point {
    let lat = 60.17 + north / METRES;
    Point::new(24.94 + east / (METRES * 60.17_f64.to_radians().cos()), lat)
}

/// Adds a node so many metres to the east and north.
fn at(pbf: Pbf, id: i64, east: f64, north: f64, tags: Tags<'_>) -> Pbf {
    let point = position(east, north);
    pbf.node(id, point.lon, point.lat, tags)
}

/// Two streets that meet, far in the south.
fn streets() -> Pbf {
    [(1, 0.0), (2, 100.0), (3, 200.0)]
        .iter()
        .fold(Pbf::new(), |pbf, (id, east)| {
            at(pbf, *id, *east, -2000.0, &[])
        })
        .way(1, &[1, 2], FOOTWAY)
        .way(2, &[2, 3], FOOTWAY)
}

/// A rectangle of nodes from `first` on, and the way around them.
fn rectangle(pbf: Pbf, first: i64, [west, south, east, north]: [f64; 4], tags: Tags<'_>) -> Pbf {
    let corners = [(west, south), (east, south), (east, north), (west, north)];
    let pbf = corners
        .iter()
        .zip(first..)
        .fold(pbf, |pbf, ((x, y), id)| at(pbf, id, *x, *y, &[]));
    pbf.way(
        first,
        &[first, first + 1, first + 2, first + 3, first],
        tags,
    )
}

fn kinds(found: &Extract) -> Vec<&str> {
    let kind = |place: &Place| {
        catalogue()
            .kind(place.classification.kind)
            .unwrap()
            .name
            .as_str()
    };
    let mut kinds: Vec<_> = found.places.iter().map(kind).collect();
    kinds.sort_unstable();
    kinds
}

fn themes(place: &Place) -> Vec<&str> {
    let name = |(theme, _): &(_, f32)| catalogue().theme(*theme).unwrap().name.as_str();
    place.classification.themes.iter().map(name).collect()
}

/// How many of two places are left, the second 60 m from the first.
fn left_of(one: Tags<'_>, other: Tags<'_>) -> usize {
    read(&at(at(streets(), 10, 0.0, 0.0, one), 11, 60.0, 0.0, other))
        .places
        .len()
}

#[test]
fn the_same_name_alone_makes_no_two_places_one() {
    let church: Tags<'_> = &[
        ("amenity", "place_of_worship"),
        ("religion", "christian"),
        ("name", "St Mary"),
    ];
    let yard: Tags<'_> = &[("landuse", "cemetery"), ("name", "St Mary")];
    let museum: Tags<'_> = &[("tourism", "museum"), ("name", "Old Mill")];
    let mill: Tags<'_> = &[("man_made", "watermill"), ("name", "Old Mill")];
    assert_eq!(left_of(church, yard), 2);
    assert_eq!(left_of(museum, mill), 2);
    let in_its_yard = rectangle(streets(), 20, [-40.0, -30.0, 40.0, 30.0], yard);
    let found = read(&at(in_its_yard, 10, 0.0, 0.0, church));
    assert_eq!(kinds(&found).len(), 2, "{:?}", kinds(&found));
    assert!(
        !found
            .report
            .skipped
            .contains_key("places mapped twice, and merged")
    );
}

#[test]
fn branches_and_works_of_one_name_stay_apart_and_a_node_in_its_outline_does_not() {
    let cafe: Tags<'_> = &[
        ("amenity", "cafe"),
        ("name", "Corner Café"),
        ("cuisine", "coffee_shop"),
    ];
    assert_eq!(left_of(cafe, cafe), 2);
    let twice_at_once = at(at(streets(), 10, 0.0, 0.0, cafe), 11, 5.0, 0.0, cafe);
    assert_eq!(read(&twice_at_once).places.len(), 1);
    let museum: Tags<'_> = &[("tourism", "museum"), ("name", "Town Museum")];
    let outline = rectangle(streets(), 20, [-30.0, -30.0, 30.0, 30.0], museum);
    let found = read(&at(outline, 10, 10.0, 0.0, museum));
    assert_eq!(found.places.len(), 1);
    assert_eq!(found.report.skipped["places mapped twice, and merged"], 1);
    let elsewhere: Tags<'_> = &[
        ("tourism", "museum"),
        ("name", "Town Museum"),
        ("addr:street", "High Street"),
        ("addr:housenumber", "7"),
    ];
    let there: Tags<'_> = &[
        ("tourism", "museum"),
        ("name", "Town Museum"),
        ("addr:street", "High Street"),
        ("addr:housenumber", "12"),
    ];
    let outline = rectangle(streets(), 20, [-30.0, -30.0, 30.0, 30.0], elsewhere);
    assert_eq!(read(&at(outline, 10, 10.0, 0.0, there)).places.len(), 2);
}

#[test]
fn one_entry_of_wikidata_makes_one_place_with_the_themes_of_both() {
    let church: Tags<'_> = &[
        ("amenity", "place_of_worship"),
        ("religion", "christian"),
        ("name", "St Mary"),
        ("wikidata", "Q1"),
    ];
    let museum: Tags<'_> = &[
        ("tourism", "museum"),
        ("name", "St Mary Museum"),
        ("wikidata", "Q1"),
    ];
    let found = read(&at(
        at(streets(), 10, 0.0, 0.0, church),
        11,
        60.0,
        0.0,
        museum,
    ));
    assert_eq!(found.places.len(), 1);
    let alone = |tags| read(&at(streets(), 10, 0.0, 0.0, tags)).places.remove(0);
    let merged = themes(&found.places[0]);
    for theme in themes(&alone(church)).iter().chain(&themes(&alone(museum))) {
        assert!(merged.contains(theme), "{theme} is not among {merged:?}");
    }
    let other: Tags<'_> = &[
        ("amenity", "place_of_worship"),
        ("religion", "christian"),
        ("name", "St Mary"),
        ("wikidata", "Q2"),
    ];
    assert_eq!(left_of(church, other), 2);
}

#[test]
fn what_is_closed_for_good_or_for_now_is_no_stop() {
    for (hours, places) in [
        ("closed \"renovation until 2029\"", 0),
        ("Mo-Su off \"closed for good\"", 0),
        ("off", 0),
        ("Tu-Su 10:00-18:00; Mo off", 1),
    ] {
        let museum = [
            ("tourism", "museum"),
            ("name", "M"),
            ("opening_hours", hours),
        ];
        let found = read(&at(streets(), 10, 0.0, 0.0, &museum));
        assert_eq!(found.places.len(), places, "{hours}");
    }
}

const LAKE: Tags<'static> = &[
    ("natural", "water"),
    ("water", "lake"),
    ("name", "Mirror Lake"),
];
const PARK: Tags<'static> = &[("leisure", "park"), ("name", "Wide Park")];

#[test]
fn a_lake_is_visited_on_the_path_along_its_shore() {
    let lake = rectangle(streets(), 20, [-300.0, -300.0, 300.0, 300.0], LAKE);
    let path = [
        (30, -400.0, -320.0),
        (31, 0.0, -320.0),
        (32, 400.0, -320.0),
        (33, 400.0, -500.0),
    ];
    let found = read(
        &path
            .iter()
            .fold(lake, |pbf, (id, x, y)| at(pbf, *id, *x, *y, &[]))
            .way(40, &[30, 31, 32], FOOTWAY)
            .way(41, &[32, 33], FOOTWAY),
    );
    let shore = found.places[0].location;
    let path = position(0.0, -320.0);
    assert!((shore.lat - path.lat).abs() * METRES < 1.0, "{shore:?}");
    assert!(shore.distance_metres(path) < 320.0, "{shore:?}");
}

#[test]
fn a_park_is_visited_on_a_way_through_it_nearest_to_its_middle() {
    let park = || rectangle(streets(), 20, [-300.0, -300.0, 300.0, 300.0], PARK);
    let with_path = |north: f64| {
        let path = [(30, -400.0), (31, 400.0)]
            .iter()
            .fold(park(), |pbf, (id, east)| at(pbf, *id, *east, north, &[]));
        at(path, 32, 400.0, 500.0, &[])
            .way(40, &[30, 31], FOOTWAY)
            .way(41, &[31, 32], FOOTWAY)
    };
    let through = read(&with_path(-200.0)).places[0].location;
    assert!(
        through.distance_metres(position(0.0, -200.0)) < 15.0,
        "{through:?}"
    );
    let by_the_middle = read(&with_path(-20.0)).places[0].location;
    assert!(by_the_middle.distance_metres(position(0.0, 0.0)) < 1.0);
    let far = read(&with_path(-500.0)).places[0].location;
    assert!(far.distance_metres(position(0.0, 0.0)) < 1.0, "{far:?}");
}

#[test]
fn a_park_of_several_lines_is_visited_on_a_way_through_it_and_a_fair_one_before_a_dear_one() {
    let nodes = [
        (20, -300.0, -300.0),
        (21, 300.0, -300.0),
        (22, 300.0, 300.0),
        (23, -300.0, 300.0),
        (30, -400.0, -50.0),
        (31, 400.0, -50.0),
        (32, -400.0, 150.0),
        (33, 400.0, 150.0),
    ];
    let park = [
        ("type", "multipolygon"),
        ("leisure", "park"),
        ("name", "Wide Park"),
    ];
    let found = read(
        &nodes
            .iter()
            .fold(streets(), |pbf, (id, x, y)| at(pbf, *id, *x, *y, &[]))
            .way(50, &[20, 21, 22], &[])
            .way(51, &[22, 23, 20], &[])
            .way(40, &[30, 31], &[("highway", "cycleway")])
            .way(41, &[32, 33], FOOTWAY)
            .way(42, &[30, 32], FOOTWAY)
            .relation(60, &[50, 51], &park),
    );
    let visit = found.places[0].location;
    assert!(
        visit.distance_metres(position(0.0, 150.0)) < 15.0,
        "{visit:?}"
    );
}

#[test]
fn the_same_lake_as_node_and_outline_is_one_place_on_its_shore() {
    let lake = rectangle(streets(), 20, [-300.0, -300.0, 300.0, 300.0], LAKE);
    let lake = at(lake, 10, 5.0, 5.0, LAKE);
    let path = [
        (30, -400.0, -320.0),
        (31, 400.0, -320.0),
        (33, 400.0, -500.0),
    ];
    let found = read(
        &path
            .iter()
            .fold(lake, |pbf, (id, x, y)| at(pbf, *id, *x, *y, &[]))
            .way(40, &[30, 31], FOOTWAY)
            .way(41, &[31, 33], FOOTWAY),
    );
    assert_eq!(found.places.len(), 1);
    let visit = found.places[0].location;
    assert!((visit.lat - position(0.0, -320.0).lat).abs() * METRES < 1.0);
}
