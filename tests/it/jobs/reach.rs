//! Requests in the ledger that no server would accept: they end at once, and nothing is looked up for them.

use std::time::Duration;

use wildside::db::ledger::params::RouteParams;
use wildside_actors::Status;
use wildside_engine::Point;
use wildside_engine::geo::METRES_PER_DEGREE;
use wildside_engine::network::CellId;
use wildside_engine::walk::Accessibility;

use crate::jobs::stage::{RunningWorker, SENATE_SQUARE, Stage, an_hour_from};

#[actix_web::test]
async fn a_walk_that_can_not_be_fails_at_once_without_a_query() {
    let stage = Stage::set_in_helsinki().await;
    stage.database.expect_error("42P01"); // the worker counts the places that are taken away below
    // Whoever asks for places now, which is the first thing that a walk needs, is refused.
    stage.database.sql("ALTER TABLE pois RENAME TO closed");
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    let mut events = stage.listen().await;
    let ask = |start, end, minutes| {
        let accessibility = Accessibility::default();
        RouteParams::new(start, end, minutes, Vec::new(), 0.5, accessibility)
    };
    let monaco = Point::new(7.42, 43.73);
    for (params, cause) in [
        (ask(SENATE_SQUARE, Some(monaco), 180), "gets 13.0 km far"),
        (
            ask(Point::new(179.9, 65.0), Some(Point::new(-179.9, 65.0)), 60),
            "The end is 9.4 km away",
        ),
        (ask(SENATE_SQUARE, None, u32::MAX), "longer than any"),
        (ask(Point::new(1e9, 1e9), None, 60), "not on the earth"),
    ] {
        let request = stage.submit(&params).await;
        events.until_final(request.id).await;
        let ended = stage.find(request.id).await;
        assert_eq!((ended.status, ended.attempt), (Status::Failed, 1));
        assert_eq!(ended.error_code.as_deref(), Some("out_of_reach"));
        let message = ended.error_message.unwrap();
        assert!(message.contains(cause), "{message}");
    }
    stage.database.sql("ALTER TABLE closed RENAME TO pois");
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(request.id, Duration::from_secs(30)).await;
    assert_eq!(ended.status, Status::Complete);
    worker.stop().await;
}

/// Position so many metres east and north of a corner of the grid of cells, near 48° north.
fn at(east: f64, north: f64) -> Point {
    let (corner, _) = CellId::of(Point::new(-19.6, 48.0)).corners();
    Point::new(
        corner.lon + east / METRES_PER_DEGREE / corner.lat.to_radians().cos(),
        corner.lat + north / METRES_PER_DEGREE,
    )
}

/// SQL of a town whose streets are straight lines between numbered nodes, and of its viewpoints.
fn town(streets: &[(i64, i64)], nodes: &[Point], views: &[Point]) -> String {
    let area = "INSERT INTO areas (name, boundary, source_digest) \
        VALUES ('town', ST_Multi(ST_MakeEnvelope(-19.7, 47.9, -19.5, 48.1, 4326)), 'none');";
    let street = |(way, (from, to)): (usize, &(i64, i64))| {
        let (a, b) = (nodes[*from as usize], nodes[*to as usize]);
        let cell = CellId::of(a).id();
        let line = format!(
            "'SRID=4326;LINESTRING({} {}, {} {})'",
            a.lon, a.lat, b.lon, b.lat
        );
        format!(
            "INSERT INTO walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, geom) \
             SELECT id, {way}, 0, {cell}, {from}, {to}, ST_Length({line}::geography), 'footway', false, {line} FROM areas;"
        )
    };
    let view = |(id, Point { lon, lat }): (usize, &Point)| {
        format!(
            "INSERT INTO pois (id, location, name, kind, osm_tags) \
             VALUES ({id}1, 'POINT({lon} {lat})', 'View', 'viewpoint', '{{}}'); \
             INSERT INTO poi_interest_themes (poi_id, theme_id) \
             SELECT {id}1, id FROM interest_themes ORDER BY name LIMIT 1;"
        )
    };
    let streets = streets.iter().enumerate().map(street);
    let views = (1..).zip(views).map(view);
    [area.to_owned()]
        .into_iter()
        .chain(streets)
        .chain(views)
        .collect()
}

#[actix_web::test]
async fn a_way_round_is_known_however_far_it_goes_from_the_places() {
    let stage = Stage::set();
    // Two quays without a corner for two kilometres, and a bridge at their end.
    let nodes = [
        at(50.0, 50.0),
        at(2_050.0, 50.0),
        at(2_050.0, 270.0),
        at(50.0, 270.0),
    ];
    let across = at(60.0, 275.0);
    stage
        .database
        .sql(&town(&[(0, 1), (1, 2), (3, 2)], &nodes, &[across]));
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    for (end, minutes) in [(None, 150), (Some(across), 120)] {
        let params = RouteParams::new(
            nodes[0],
            end,
            minutes,
            Vec::new(),
            0.5,
            Accessibility::default(),
        );
        let request = stage.submit(&params).await;
        let ended = stage.ended(request.id, Duration::from_secs(30)).await;
        assert_eq!(ended.error_code, None);
        assert_eq!(ended.status, Status::Complete);
    }
    worker.stop().await;
}

#[actix_web::test]
async fn a_walk_begins_in_the_middle_of_a_street_whose_ends_are_far_away() {
    let stage = Stage::set();
    // A causeway over five cells, which begins and ends far out of reach of what is in its middle.
    let nodes = [at(-5_000.0, 50.0), at(5_000.0, 150.0)];
    let view = at(300.0, 105.0);
    stage.database.sql(&town(&[(0, 1)], &nodes, &[view]));
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    let params = RouteParams::new(
        at(-200.0, 100.0),
        None,
        30,
        Vec::new(),
        0.5,
        Accessibility::default(),
    );
    let request = stage.submit(&params).await;
    let ended = stage.ended(request.id, Duration::from_secs(30)).await;
    assert_eq!(ended.error_code, None);
    let stops = stage.database.sql("SELECT count(*) FROM route_pois");
    assert_eq!((ended.status, stops.trim()), (Status::Complete, "1"));
    worker.stop().await;
}
